-- WINDOW TUMBLING cuts time into windows of one size, side by side. The result is a table with a row for each
-- key and window; WINDOWSTART and WINDOWEND say which, in milliseconds since 1970.

--@test: one row a key and window
CREATE STREAM clicks (user_id STRING KEY, page STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE TABLE per_minute AS
  SELECT user_id, COUNT(*) AS n FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY user_id;
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (1000, 'ann', '/a');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (59999, 'ann', '/b');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (59999, 'bob', '/b');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (60000, 'ann', '/c');
EXPECT TOPIC PER_MINUTE;
--> {"window":{"start":0,"end":60000,"type":"time"},"key":"ann","value":{"N":1},"timestamp":1000}
--> {"window":{"start":0,"end":60000,"type":"time"},"key":"ann","value":{"N":2},"timestamp":59999}
--> {"window":{"start":0,"end":60000,"type":"time"},"key":"bob","value":{"N":1},"timestamp":59999}
--> {"window":{"start":60000,"end":120000,"type":"time"},"key":"ann","value":{"N":1},"timestamp":60000}
SELECT * FROM per_minute;
--> ["ann",0,60000,2]
--> ["ann",60000,120000,1]
--> ["bob",0,60000,1]

--@test: the window bounds can be columns
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, WINDOWSTART AS from_ms, WINDOWEND AS to_ms, SUM(v) AS total,
         FORMAT_TIMESTAMP(FROM_UNIXTIME(WINDOWSTART), 'HH:mm:ss') AS began
  FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (12345, 1, 5);
INSERT INTO s (ROWTIME, k, v) VALUES (19999, 1, 6);
EXPECT TOPIC T;
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"FROM_MS":10000,"TO_MS":20000,"TOTAL":5,"BEGAN":"00:00:10"},"timestamp":12345}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"FROM_MS":10000,"TO_MS":20000,"TOTAL":11,"BEGAN":"00:00:10"},"timestamp":19999}

--@test: a late record goes to its own window
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COLLECT_LIST(v) AS vs FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (11000, 1, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 3);
SELECT k, WINDOWSTART, vs FROM t;
--> [1,0,[1,3]]
--> [1,10000,[2]]
EXPECT TOPIC T;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"VS":[1]},"timestamp":1000}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"VS":[2]},"timestamp":11000}
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"VS":[1,3]},"timestamp":2000}

--@test: GRACE PERIOD says how late a record may be
-- Time is the largest timestamp seen so far. A window that ended more than the grace period ago takes nothing more.
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (14999, 1, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 3);
INSERT INTO s (ROWTIME, k, v) VALUES (15000, 1, 4);
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 5);
SELECT k, WINDOWSTART, n FROM t;
--> [1,0,2]
--> [1,10000,2]

--@test: without GRACE PERIOD a record may be a day late
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (86399999, 1, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 3);
INSERT INTO s (ROWTIME, k, v) VALUES (86400000, 1, 4);
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 5);
SELECT k, WINDOWSTART, n FROM t;
--> [1,0,2]
--> [1,82800000,1]
--> [1,86400000,1]

--@test: RETENTION says how long windows can be asked for
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s
  WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 30 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (11000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (25000, 1, 1);
SELECT WINDOWSTART, n FROM t WHERE k = 1;
--> [0,1]
--> [10000,1]
--> [20000,1]

--@test: HAVING over windows
CREATE STREAM calls (number STRING KEY, s INT) WITH (KAFKA_TOPIC='calls', VALUE_FORMAT='JSON');
CREATE TABLE too_many AS
  SELECT number, COUNT(*) AS n FROM calls WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY number HAVING COUNT(*) > 2;
INSERT INTO calls (ROWTIME, number, s) VALUES (1000, '112', 1);
INSERT INTO calls (ROWTIME, number, s) VALUES (2000, '112', 1);
INSERT INTO calls (ROWTIME, number, s) VALUES (3000, '112', 1);
INSERT INTO calls (ROWTIME, number, s) VALUES (61000, '112', 1);
EXPECT TOPIC TOO_MANY;
--> {"window":{"start":0,"end":60000,"type":"time"},"key":"112","value":{"N":3},"timestamp":3000}

--@test: a windowed topic can be read back as a windowed table or stream
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 'x', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (12000, 'x', 2);
CREATE STREAM back (k STRING KEY, total INT)
  WITH (KAFKA_TOPIC='T', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');
SELECT k, WINDOWSTART, WINDOWEND, total FROM back EMIT CHANGES LIMIT 2;
--> ["x",0,10000,1]
--> ["x",10000,20000,2]

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

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY k;
--! The window's size must be positive
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 PARSECS) GROUP BY k;
--! PARSECS is not a unit for a duration
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLNG (SIZE 10 SECONDS) GROUP BY k;
--! Unexpected TUMBLNG: expected OFFSET, LIMIT, EMIT, ORDER, HAVING, PARTITION, GROUP, WHERE ...
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, ADVANCE BY 1 SECOND) GROUP BY k;
--! Unexpected ADVANCE: expected RETENTION or GRACE
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 5 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;
--! The RETENTION of a window must be at least its size and grace period: 10000 ms
CREATE STREAM t AS SELECT k, v FROM s WINDOW TUMBLING (SIZE 10 SECONDS);
--! WINDOW requires a GROUP BY clause
CREATE STREAM t AS SELECT k, v, WINDOWSTART AS w FROM s;
--! SELECT column 'WINDOWSTART' cannot be resolved.
CREATE STREAM t (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING');
--! TUMBLING and HOPPING windows need 'WINDOW_SIZE'

--@test: windows past their retention leave the table
CREATE STREAM taps (id INT KEY, v INT) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE counts AS
  SELECT id, COUNT(*) AS n FROM taps
  WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 10 MINUTES, GRACE PERIOD 1 MINUTE) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (60000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (120000, 1, 0);
SELECT * FROM counts;
--> [1,60000,120000,1]
--> [1,120000,180000,1]
INSERT INTO taps (ROWTIME, id, v) VALUES (900000, 1, 0);
SELECT * FROM counts;
--> [1,900000,960000,1]

--@test: persistent queries do not read windowed tables, but their changes
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE TABLE u AS SELECT * FROM t;
--! Persistent queries cannot read the windowed table `T`: nothing would end its windows
CREATE TABLE x (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION');
CREATE TABLE u AS SELECT v, COUNT(*) AS n FROM x GROUP BY v;
--! Persistent queries cannot read the windowed table `X`: nothing would end its windows
CREATE STREAM c AS SELECT k, n, WINDOWSTART AS w FROM CHANGES(t);
SELECT * FROM t EMIT CHANGES;
