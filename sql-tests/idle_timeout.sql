-- Stream time goes on with the records, so the last windows of a source that falls silent would never close. With an
-- idle time-out a partition that has brought nothing for that long no longer counts, and when all are silent, stream
-- time goes on with the wall clock. It is off (0) by default.

--@test: a window of a silent source closes by the wall clock
SET 'sluice.idle.timeout.ms' = '5000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (4000, 1, 10);
ADVANCE TIME BY 4999 MILLISECONDS;
EXPECT TOPIC FINALS;
-->
-- Idle now: 5 seconds after the record of 4000 it is 9000 for the stream, and the window is still open.
ADVANCE TIME BY 1 MILLISECONDS;
EXPECT TOPIC FINALS;
-->
ADVANCE TIME BY 1 SECOND;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":11},"timestamp":4000}
-- What comes for it afterwards is late, as it would be after a record of another window.
INSERT INTO s (ROWTIME, k, v) VALUES (5000, 1, 100);
INSERT INTO s (ROWTIME, k, v) VALUES (15000, 1, 1000);
ADVANCE TIME BY 1 MINUTE;
EXPECT TOPIC FINALS;
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"TOTAL":1000},"timestamp":15000}

--@test: without a time-out the window waits for the next record
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
ADVANCE TIME BY 1 DAY;
EXPECT TOPIC FINALS;
-->

--@test: coalesced results close in the same way
SET 'sluice.idle.timeout.ms' = '5000';
SET 'cache.max.bytes.buffering' = '10000000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
ADVANCE TIME BY 7 SECONDS;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":1},"timestamp":3000}

--@test: a long silence takes no window away
-- All three windows are given, although time has gone on far beyond the day for which windows are kept.
SET 'sluice.idle.timeout.ms' = '5000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 30 SECONDS, ADVANCE BY 10 SECONDS, GRACE PERIOD 0 SECONDS)
  GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (25000, 1, 1);
ADVANCE TIME BY 3 DAYS;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":30000,"type":"time"},"key":1,"value":{"N":1},"timestamp":25000}
--> {"window":{"start":10000,"end":40000,"type":"time"},"key":1,"value":{"N":1},"timestamp":25000}
--> {"window":{"start":20000,"end":50000,"type":"time"},"key":1,"value":{"N":1},"timestamp":25000}

--@test: sessions end in silence
SET 'sluice.idle.timeout.ms' = '1000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (8000, 1, 1);
ADVANCE TIME BY 10 SECONDS;
EXPECT TOPIC FINALS;
-->
ADVANCE TIME BY 1 MILLISECONDS;
EXPECT TOPIC FINALS;
--> {"window":{"start":1000,"end":8000,"type":"session"},"key":1,"value":{"N":2},"timestamp":8000}

--@test: an outer join of two streams gives its rows without a match
SET 'sluice.idle.timeout.ms' = '5000';
CREATE STREAM orders (id INT KEY, v STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM payments (id INT KEY, v STRING) WITH (KAFKA_TOPIC='payments', VALUE_FORMAT='JSON');
CREATE STREAM paid AS
  SELECT o.id, o.v AS ordered, p.v AS paid FROM orders o
  LEFT JOIN payments p WITHIN 10 SECONDS GRACE PERIOD 2 SECONDS ON o.id = p.id;
INSERT INTO orders (ROWTIME, id, v) VALUES (1000, 1, 'o1');
ADVANCE TIME BY 12 SECONDS;
EXPECT TOPIC PAID;
-->
ADVANCE TIME BY 1 MILLISECONDS;
EXPECT TOPIC PAID;
--> {"key":1,"value":{"ORDERED":"o1","PAID":null},"timestamp":1000}

--@test: an idle partition follows the active ones
-- The key of each record decides its partition. Once key 1's partition has been silent for 5 seconds, it goes on with
-- the time of key 2's.
SET 'sluice.idle.timeout.ms' = '5000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE finals AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
PRODUCE TO s KEY INT 1 VALUE '{"V":1}' TIMESTAMP 1000 PARTITION 0;
PRODUCE TO s KEY INT 2 VALUE '{"V":1}' TIMESTAMP 1000 PARTITION 1;
ADVANCE TIME BY 4 SECONDS;
PRODUCE TO s KEY INT 2 VALUE '{"V":1}' TIMESTAMP 12000 PARTITION 1;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":2,"value":{"N":1},"timestamp":1000}
ADVANCE TIME BY 1 SECOND;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":1},"timestamp":1000}

--@test: after a restart silence is counted again, and nothing is given twice
SET 'sluice.idle.timeout.ms' = '5000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE finals AS
  SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
ADVANCE TIME BY 7 SECONDS;
EXPECT TOPIC FINALS;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"TOTAL":1},"timestamp":3000}
INSERT INTO s (ROWTIME, k, v) VALUES (11000, 1, 2);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (4000, 1, 50);
ADVANCE TIME BY 9 SECONDS;
EXPECT TOPIC FINALS;
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"TOTAL":2},"timestamp":11000}
RESTART;
ADVANCE TIME BY 1 HOUR;
EXPECT TOPIC FINALS;
-->

--@test: errors
SET 'sluice.idle.timeout.ms' = 'soon';
--! 'sluice.idle.timeout.ms' must be a number, not 'soon'
