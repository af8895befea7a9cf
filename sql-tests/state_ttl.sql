-- What a query remembers for ever can be given a time to live: groups without windows and rows of tables that nothing has
-- touched for that long, in event time, are forgotten. Windows have their retention for that.

--@test: a group that nothing touches is forgotten, with a tombstone
SET 'sluice.state.ttl.ms' = '10000';
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 'b', 2);
INSERT INTO s (ROWTIME, k, v) VALUES (5000, 'a', 3);
INSERT INTO s (ROWTIME, k, v) VALUES (12000, 'c', 4);
EXPECT TOPIC T;
--> {"key":"a","value":{"N":1,"TOTAL":1},"timestamp":1000}
--> {"key":"b","value":{"N":1,"TOTAL":2},"timestamp":2000}
--> {"key":"a","value":{"N":2,"TOTAL":4},"timestamp":5000}
--> {"key":"c","value":{"N":1,"TOTAL":4},"timestamp":12000}
INSERT INTO s (ROWTIME, k, v) VALUES (12001, 'c', 4);
EXPECT TOPIC T;
--> {"key":"b","value":null,"timestamp":12000}
--> {"key":"c","value":{"N":2,"TOTAL":8},"timestamp":12001}
SELECT * FROM t;
--> ["a",2,4]
--> ["c",2,8]
-- A row that comes back begins anew.
INSERT INTO s (ROWTIME, k, v) VALUES (14000, 'b', 100);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (20000, 'd', 1);
SELECT * FROM t;
--> ["b",1,100]
--> ["c",2,8]
--> ["d",1,1]

--@test: coalesced results forget in the same way
SET 'sluice.state.ttl.ms' = '10000';
SET 'cache.max.bytes.buffering' = '10000000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1), (2000, 2, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (30000, 2, 20);
SELECT * FROM t;
--> [2,20]
INSERT INTO s (ROWTIME, k, v) VALUES (31000, 1, 5);
INSERT INTO s (ROWTIME, k, v) VALUES (60000, 3, 7);
SELECT * FROM t;
--> [3,7]

--@test: an aggregate over that table takes the forgotten row back
SET 'sluice.state.ttl.ms' = '10000';
CREATE STREAM s (k INT KEY, city STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE latest AS SELECT k, LATEST_BY_OFFSET(city) AS city FROM s GROUP BY k;
CREATE TABLE cities AS SELECT city, COUNT(*) AS n FROM latest GROUP BY city;
INSERT INTO s (ROWTIME, k, city) VALUES (1000, 1, 'Rome');
INSERT INTO s (ROWTIME, k, city) VALUES (2000, 2, 'Rome');
INSERT INTO s (ROWTIME, k, city) VALUES (11500, 3, 'Oslo');
SELECT * FROM cities;
--> ["Rome",1]
--> ["Oslo",1]

--@test: rows of a table
-- The table's own event time counts. What it forgets leaves whatever was made of it.
SET 'sluice.state.ttl.ms' = '10000';
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE copies AS SELECT * FROM users;
INSERT INTO users (ROWTIME, id, name) VALUES (1000, 1, 'ann');
INSERT INTO users (ROWTIME, id, name) VALUES (2000, 2, 'bob');
INSERT INTO users (ROWTIME, id, name) VALUES (8000, 1, 'anna');
INSERT INTO users (ROWTIME, id, name) VALUES (15000, 3, 'cat');
-- A row that is too old already is not taken; for a key that has been touched since, it is.
INSERT INTO users (ROWTIME, id, name) VALUES (3000, 4, 'old');
INSERT INTO users (ROWTIME, id, name) VALUES (3000, 1, 'again');
EXPECT TOPIC COPIES;
--> {"key":1,"value":{"NAME":"ann"},"timestamp":1000}
--> {"key":2,"value":{"NAME":"bob"},"timestamp":2000}
--> {"key":1,"value":{"NAME":"anna"},"timestamp":8000}
--> {"key":2,"value":null,"timestamp":12000}
--> {"key":3,"value":{"NAME":"cat"},"timestamp":15000}
--> {"key":1,"value":{"NAME":"again"},"timestamp":3000}
RESTART;
PRODUCE TO users KEY INT 3 TIMESTAMP 16000;
INSERT INTO users (ROWTIME, id, name) VALUES (18001, 5, 'eve');
SELECT * FROM copies;
--> [5,"eve"]

--@test: CREATE SOURCE TABLE
SET 'sluice.state.ttl.ms' = '10000';
CREATE SOURCE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}' TIMESTAMP 1000;
PRODUCE TO users KEY INT 2 VALUE '{"NAME":"bob"}' TIMESTAMP 12000;
SELECT * FROM users;
--> [2,"bob"]

--@test: a join of tables
SET 'sluice.state.ttl.ms' = '10000';
CREATE TABLE a (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE b (id INT PRIMARY KEY, w INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE j AS SELECT a.id, v, w FROM a LEFT JOIN b ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO b (ROWTIME, id, w) VALUES (1000, 1, 10);
INSERT INTO b (ROWTIME, id, w) VALUES (20000, 2, 20);
SELECT * FROM j;
--> [1,1,null]
INSERT INTO a (ROWTIME, id, v) VALUES (20000, 2, 2);
SELECT * FROM j;
--> [2,2,20]

--@test: a stream meets no forgotten row, by the stream's own time
SET 'sluice.state.ttl.ms' = '10000';
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM j AS SELECT s.id, v, w FROM s LEFT JOIN t ON s.id = t.id;
INSERT INTO t (ROWTIME, id, w) VALUES (1000, 1, 10);
INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (11001, 1, 2);
EXPECT TOPIC J;
--> {"key":1,"value":{"V":1,"W":10},"timestamp":11000}
--> {"key":1,"value":{"V":2,"W":null},"timestamp":11001}

--@test: with an idle time-out what is silent is forgotten, too
SET 'sluice.state.ttl.ms' = '10000';
SET 'sluice.idle.timeout.ms' = '1000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
ADVANCE TIME BY 10 SECONDS;
SELECT * FROM t;
--> [1,1]
ADVANCE TIME BY 1 MILLISECONDS;
SELECT * FROM t;
-->

--@test: errors
SET 'sluice.state.ttl.ms' = 'a while';
--! 'sluice.state.ttl.ms' must be a number, not 'a while'
