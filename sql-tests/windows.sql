-- Windows: tumbling, hopping, session; grace, late records, final results.

--@test: tumbling windows
CREATE STREAM clicks (user_id STRING KEY, n INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE TABLE per_minute AS
  SELECT user_id, COUNT(*) AS n FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY user_id;
INSERT INTO clicks (ROWTIME, user_id, n) VALUES (1000, 'ann', 1);
INSERT INTO clicks (ROWTIME, user_id, n) VALUES (59999, 'ann', 1);
INSERT INTO clicks (ROWTIME, user_id, n) VALUES (60000, 'ann', 1);
ASSERT VALUES per_minute (WINDOWSTART, WINDOWEND, user_id, n) VALUES (0, 60000, 'ann', 1);
ASSERT VALUES per_minute (WINDOWSTART, WINDOWEND, user_id, n) VALUES (0, 60000, 'ann', 2);
ASSERT VALUES per_minute (WINDOWSTART, WINDOWEND, user_id, n) VALUES (60000, 120000, 'ann', 1);
SELECT * FROM per_minute WHERE user_id = 'ann';
--> ["ann",0,60000,2]
--> ["ann",60000,120000,1]
SELECT user_id, n FROM per_minute WHERE user_id = 'ann' AND WINDOWSTART >= 60000;
--> ["ann",1]

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

--@test: sessions grow, merge and close
CREATE STREAM taps (id INT KEY, v INT) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS
  SELECT id, COUNT(*) AS n FROM taps WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (500, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (16000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (8000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (40000, 1, 0);
EXPECT TOPIC SESSIONS;
--> {"window":{"start":500,"end":500,"type":"session"},"key":1,"value":{"N":1},"timestamp":500}
--> {"window":{"start":16000,"end":16000,"type":"session"},"key":1,"value":{"N":1},"timestamp":16000}
--> {"window":{"start":500,"end":500,"type":"session"},"key":1,"value":null,"timestamp":500}
--> {"window":{"start":16000,"end":16000,"type":"session"},"key":1,"value":null,"timestamp":16000}
--> {"window":{"start":500,"end":16000,"type":"session"},"key":1,"value":{"N":3},"timestamp":16000}
--> {"window":{"start":40000,"end":40000,"type":"session"},"key":1,"value":{"N":1},"timestamp":40000}
SELECT id, n, WINDOWSTART, WINDOWEND FROM sessions WHERE id = 1;
--> [1,1,40000,40000]
--> [1,3,500,16000]

--@test: late records count within the grace period and are dropped after it
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE counts AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (14000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (16000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
EXPECT TOPIC COUNTS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":1},"timestamp":1000}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"N":1},"timestamp":14000}
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":2},"timestamp":2000}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"N":2},"timestamp":16000}

--@test: EMIT FINAL gives one result when the window closes
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 10);
EXPECT TOPIC FINALS;
-->
INSERT INTO s (ROWTIME, k, v) VALUES (10000, 1, 100);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":11},"timestamp":2000}

--@test: a windowed table's changes as a stream again
CREATE STREAM logins (name STRING KEY, ok BOOLEAN) WITH (KAFKA_TOPIC='logins', VALUE_FORMAT='JSON');
CREATE TABLE attempts AS
  SELECT name, COUNT(*) AS n FROM logins WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name;
CREATE STREAM alerts AS SELECT name, n FROM CHANGES(attempts) WHERE n = 3;
INSERT INTO logins (ROWTIME, name, ok) VALUES (1, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (2, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (3, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (4, 'bob', true);
EXPECT TOPIC ALERTS;
--> {"key":"eve","value":{"N":3},"timestamp":3}
