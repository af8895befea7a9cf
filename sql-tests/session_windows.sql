-- WINDOW SESSION puts the records of a key into one window as long as less than a gap lies between them. A record
-- between two sessions joins them to one: the old rows get tombstones.

--@test: sessions grow
CREATE STREAM taps (id INT KEY, v INT) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS SELECT id, COUNT(*) AS n FROM taps WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (1000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (11000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (21001, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (5000, 2, 0);
EXPECT TOPIC SESSIONS;
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":{"N":1},"timestamp":1000}
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":null,"timestamp":1000}
--> {"window":{"start":1000,"end":11000,"type":"session"},"key":1,"value":{"N":2},"timestamp":11000}
--> {"window":{"start":21001,"end":21001,"type":"session"},"key":1,"value":{"N":1},"timestamp":21001}
--> {"window":{"start":5000,"end":5000,"type":"session"},"key":2,"value":{"N":1},"timestamp":5000}
SELECT * FROM sessions;
--> [1,1000,11000,2]
--> [1,21001,21001,1]
--> [2,5000,5000,1]

--@test: a record between two sessions merges them
CREATE STREAM taps (id INT KEY, v STRING) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS
  SELECT id, COUNT(*) AS n, COLLECT_LIST(v) AS events, WINDOWEND - WINDOWSTART AS lasted_ms
  FROM taps WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO taps (ROWTIME, id, v) VALUES (17000, 1, 'b');
INSERT INTO taps (ROWTIME, id, v) VALUES (9000, 1, 'c');
EXPECT TOPIC SESSIONS;
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":{"N":1,"EVENTS":["a"],"LASTED_MS":0},"timestamp":1000}
--> {"window":{"start":17000,"end":17000,"type":"session"},"key":1,"value":{"N":1,"EVENTS":["b"],"LASTED_MS":0},"timestamp":17000}
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":null,"timestamp":1000}
--> {"window":{"start":17000,"end":17000,"type":"session"},"key":1,"value":null,"timestamp":17000}
--> {"window":{"start":1000,"end":17000,"type":"session"},"key":1,"value":{"N":3,"EVENTS":["a","b","c"],"LASTED_MS":16000},"timestamp":17000}
SELECT * FROM sessions WHERE id = 1;
--> [1,1000,17000,3,["a","b","c"],16000]

--@test: a record before a session moves its start
CREATE STREAM taps (id INT KEY, v INT) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS SELECT id, SUM(v) AS total FROM taps WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (15000, 1, 1);
INSERT INTO taps (ROWTIME, id, v) VALUES (8000, 1, 2);
INSERT INTO taps (ROWTIME, id, v) VALUES (10000, 1, 4);
EXPECT TOPIC SESSIONS;
--> {"window":{"start":15000,"end":15000,"type":"session"},"key":1,"value":{"TOTAL":1},"timestamp":15000}
--> {"window":{"start":15000,"end":15000,"type":"session"},"key":1,"value":null,"timestamp":15000}
--> {"window":{"start":8000,"end":15000,"type":"session"},"key":1,"value":{"TOTAL":3},"timestamp":15000}
--> {"window":{"start":8000,"end":15000,"type":"session"},"key":1,"value":null,"timestamp":15000}
--> {"window":{"start":8000,"end":15000,"type":"session"},"key":1,"value":{"TOTAL":7},"timestamp":15000}

--@test: late records
CREATE STREAM taps (id INT KEY, v INT) WITH (KAFKA_TOPIC='taps', VALUE_FORMAT='JSON');
CREATE TABLE sessions AS
  SELECT id, COUNT(*) AS n FROM taps 
    WINDOW SESSION (10 SECONDS, RETENTION 1 HOUR, GRACE PERIOD 5 SECONDS) GROUP BY id;
INSERT INTO taps (ROWTIME, id, v) VALUES (1000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (60000, 2, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (2000, 1, 0);
INSERT INTO taps (ROWTIME, id, v) VALUES (56000, 1, 0);
SELECT * FROM sessions;
--> [1,1000,1000,1]
--> [1,56000,56000,1]
--> [2,60000,60000,1]

--@test: aggregates of sessions that merge
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, MIN(v) AS least, MAX(v) AS most, AVG(v) AS mean, COUNT_DISTINCT(v) AS kinds,
         EARLIEST_BY_OFFSET(v) AS first, LATEST_BY_OFFSET(v) AS last
  FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 'x', 5);
INSERT INTO s (ROWTIME, k, v) VALUES (18000, 'x', 3);
INSERT INTO s (ROWTIME, k, v) VALUES (10000, 'x', 5);
SELECT * FROM t WHERE k = 'x';
--> ["x",1000,18000,3,5,4.333333333333333,2,5,5]

--@test: HAVING over sessions
CREATE STREAM s (k STRING KEY, country STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE travellers AS
  SELECT k, COLLECT_SET(country) AS countries FROM s WINDOW SESSION (1 HOUR) GROUP BY k HAVING COUNT_DISTINCT(country) > 1;
INSERT INTO s (ROWTIME, k, country) VALUES (1000, 'u1', 'US');
INSERT INTO s (ROWTIME, k, country) VALUES (2000, 'u2', 'US');
INSERT INTO s (ROWTIME, k, country) VALUES (3000, 'u1', 'UK');
INSERT INTO s (ROWTIME, k, country) VALUES (4000, 'u2', 'US');
EXPECT TOPIC TRAVELLERS;
--> {"window":{"start":1000,"end":3000,"type":"session"},"key":"u1","value":{"COUNTRIES":["US","UK"]},"timestamp":3000}

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

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (0 SECONDS) GROUP BY k;
--! The window's gap must be positive
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (SIZE 10 SECONDS) GROUP BY k;
--! Unexpected SIZE: expected a whole number
CREATE TABLE t AS SELECT k, LATEST_BY_OFFSET(v) AS n FROM s WINDOW SESSION GROUP BY k;
--! Unexpected GROUP: expected '('
