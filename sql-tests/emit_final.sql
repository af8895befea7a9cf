-- EMIT FINAL gives one record a window, when it can no longer change: once time has passed its end and the grace
-- period. Time goes on only with the records.
-- With results coalesced, as they are by default, no window is lost. With a result for each record, as in these
-- tests, a window that has also fallen out of its retention when time jumps over it is not given, as in ksqlDB.

--@test: one result a window
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (9999, 1, 10);
EXPECT TOPIC FINALS;
-->
INSERT INTO s (ROWTIME, k, v) VALUES (10000, 1, 100);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":11},"timestamp":9999}
INSERT INTO s (ROWTIME, k, v) VALUES (20000, 2, 1000);
EXPECT TOPIC FINALS;
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"TOTAL":100},"timestamp":10000}

--@test: late records within the grace period are in it
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (14000, 1, 10);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 100);
EXPECT TOPIC FINALS;
-->
INSERT INTO s (ROWTIME, k, v) VALUES (15000, 1, 1000);
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 10000);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":101},"timestamp":2000}

--@test: hopping windows, each at its own end
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s
  WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (6000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (11000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (16000, 1, 1);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":1},"timestamp":6000}
--> {"window":{"start":5000,"end":15000,"type":"time"},"key":1,"value":{"N":2},"timestamp":11000}

--@test: sessions
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (8000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (30000, 2, 1);
EXPECT TOPIC FINALS;
--> {"window":{"start":1000,"end":8000,"type":"session"},"key":1,"value":{"N":2},"timestamp":8000}

--@test: HAVING is asked once, at the end
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k
  HAVING COUNT(*) = 2 EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 2, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (4000, 3, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (5000, 3, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (6000, 3, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (10000, 9, 1);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":2},"timestamp":2000}

--@test: coalesced results: a jump in time loses no window
SET 'cache.max.bytes.buffering' = '10000000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (90000, 1, 1);
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":1},"timestamp":1000}

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

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k EMIT FINAL;
--! EMIT FINAL is only supported for windowed aggregations
CREATE STREAM t AS SELECT * FROM s EMIT FINAL;
--! EMIT FINAL is only supported for windowed aggregations
SELECT * FROM s EMIT FINALLY;
--! Unexpected FINALLY: expected FINAL or CHANGES
