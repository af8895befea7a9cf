-- WINDOW HOPPING makes windows that overlap: one starts every ADVANCE BY and lasts SIZE, so a record counts in
-- SIZE / ADVANCE BY of them.

--@test: a record counts in every window that is open at its time
CREATE STREAM bids (ticker STRING KEY, price DOUBLE) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON');
CREATE TABLE lows AS
  SELECT ticker, MIN(price) AS low, COUNT(*) AS n FROM bids
  WINDOW HOPPING (SIZE 3 SECONDS, ADVANCE BY 1 SECOND) GROUP BY ticker;
INSERT INTO bids (ROWTIME, ticker, price) VALUES (2500, 'X', 10.0);
INSERT INTO bids (ROWTIME, ticker, price) VALUES (3500, 'X', 8.0);
EXPECT TOPIC LOWS;
--> {"window":{"start":0,"end":3000,"type":"time"},"key":"X","value":{"LOW":10.0,"N":1},"timestamp":2500}
--> {"window":{"start":1000,"end":4000,"type":"time"},"key":"X","value":{"LOW":10.0,"N":1},"timestamp":2500}
--> {"window":{"start":2000,"end":5000,"type":"time"},"key":"X","value":{"LOW":10.0,"N":1},"timestamp":2500}
--> {"window":{"start":1000,"end":4000,"type":"time"},"key":"X","value":{"LOW":8.0,"N":2},"timestamp":3500}
--> {"window":{"start":2000,"end":5000,"type":"time"},"key":"X","value":{"LOW":8.0,"N":2},"timestamp":3500}
--> {"window":{"start":3000,"end":6000,"type":"time"},"key":"X","value":{"LOW":8.0,"N":1},"timestamp":3500}
SELECT * FROM lows WHERE ticker = 'X';
--> ["X",0,3000,10.0,1]
--> ["X",1000,4000,8.0,2]
--> ["X",2000,5000,8.0,2]
--> ["X",3000,6000,8.0,1]

--@test: the first windows begin at 0
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
SELECT * FROM t;
--> [1,0,10000,1]

--@test: grace is counted for each window
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (6000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (12500, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (7000, 1, 1);
SELECT k, WINDOWSTART, n FROM t;
--> [1,0,1]
--> [1,10000,1]
--> [1,5000,3]

--@test: windows with gaps between them are refused, equal sizes are tumbling windows
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE same AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (12000, 1, 1);
SELECT * FROM same;
--> [1,10000,20000,1]
CREATE TABLE gaps AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 20 SECONDS) GROUP BY k;
--! The window must advance by more than zero and at most its size

--@test: a pull query picks windows by their bounds
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (7000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (13000, 1, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (21000, 1, 3);
SELECT WINDOWSTART, WINDOWEND, total FROM t WHERE k = 1 AND WINDOWSTART >= 5000 AND WINDOWSTART <= 10000;
--> [10000,20000,2]
--> [5000,15000,3]
SELECT WINDOWSTART, total FROM t WHERE k = 1 AND WINDOWEND > 20000;
--> [15000,3]
--> [20000,3]
SELECT WINDOWSTART, total FROM t WHERE k = 1 AND WINDOWSTART = '1970-01-01T00:00:10';
--> [10000,2]

--@test: hopping windows overlap
CREATE STREAM bids (ticker STRING KEY, price DOUBLE) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON');
CREATE TABLE lows AS
  SELECT ticker, MIN(price) AS low FROM bids
  WINDOW HOPPING (SIZE 2 SECONDS, ADVANCE BY 1 SECOND) GROUP BY ticker;
INSERT INTO bids (ROWTIME, ticker, price) VALUES (1500, 'X', 10.0);
INSERT INTO bids (ROWTIME, ticker, price) VALUES (2500, 'X', 8.0);
EXPECT TOPIC LOWS;
--> {"window":{"start":0,"end":2000,"type":"time"},"key":"X","value":{"LOW":10.0},"timestamp":1500}
--> {"window":{"start":1000,"end":3000,"type":"time"},"key":"X","value":{"LOW":10.0},"timestamp":1500}
--> {"window":{"start":1000,"end":3000,"type":"time"},"key":"X","value":{"LOW":8.0},"timestamp":2500}
--> {"window":{"start":2000,"end":4000,"type":"time"},"key":"X","value":{"LOW":8.0},"timestamp":2500}

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS) GROUP BY k;
--! Unexpected ): expected ','
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (ADVANCE BY 10 SECONDS) GROUP BY k;
--! Unexpected ADVANCE: expected SIZE
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 0 SECONDS) GROUP BY k;
--! The window must advance by more than zero and at most its size
