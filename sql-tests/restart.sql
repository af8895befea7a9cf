-- What is there after a restart: sources, queries, state, positions.

--@test: a query goes on where it stood
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM doubled AS SELECT k, v * 2 AS v FROM s;
INSERT INTO s VALUES (1, 1);
RESTART;
INSERT INTO s VALUES (2, 2);
ASSERT VALUES doubled (k, v) VALUES (1, 2);
ASSERT VALUES doubled (k, v) VALUES (2, 4);
EXPECT TOPIC DOUBLED;
-->

--@test: aggregates keep their state
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE sums AS SELECT k, SUM(v) AS total, COLLECT_LIST(v) AS list FROM s GROUP BY k;
INSERT INTO s VALUES (1, 10);
INSERT INTO s VALUES (2, 20);
RESTART;
SELECT * FROM sums;
--> [1,10,[10]]
--> [2,20,[20]]
INSERT INTO s VALUES (1, 1);
SELECT * FROM sums WHERE k = 1;
--> [1,11,[10,1]]
EXPECT TOPIC SUMS;
--> {"key":1,"value":{"TOTAL":10,"LIST":[10]},"timestamp":0}
--> {"key":2,"value":{"TOTAL":20,"LIST":[20]},"timestamp":0}
--> {"key":1,"value":{"TOTAL":11,"LIST":[10,1]},"timestamp":0}

--@test: windows, joins and sessions keep their state
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE users (k INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE per_minute AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY k;
CREATE TABLE sessions AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;
CREATE STREAM named AS SELECT s.k, u.name, s.v FROM s JOIN users u ON s.k = u.k;
INSERT INTO users (ROWTIME, k, name) VALUES (0, 1, 'ann');
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 2);
SELECT k, n FROM per_minute WHERE k = 1;
--> [1,2]
SELECT k, n, WINDOWSTART, WINDOWEND FROM sessions WHERE k = 1;
--> [1,2,1000,2000]
EXPECT TOPIC NAMED;
--> {"key":1,"value":{"NAME":"ann","V":1},"timestamp":1000}
--> {"key":1,"value":{"NAME":"ann","V":2},"timestamp":2000}

--@test: types, properties of queries and paused queries
CREATE TYPE pair AS STRUCT<a INT, b INT>;
SET 'auto.offset.reset' = 'latest';
CREATE STREAM s (k INT KEY, p pair) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT k, p->a AS a FROM s;
PAUSE csas_t_1;
RESTART;
INSERT INTO s VALUES (1, STRUCT(a := 1, b := 2));
EXPECT TOPIC T;
-->
RESUME csas_t_1;
CREATE STREAM s2 (k INT KEY, p pair) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON');

--@test: dropped is dropped
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s;
DROP STREAM t DELETE TOPIC;
RESTART;
DESCRIBE t;
--! There is no stream or table named 'T'
CREATE STREAM t AS SELECT * FROM s;
INSERT INTO s VALUES (1, 1);
EXPECT TOPIC T;
--> {"key":1,"value":{"V":1},"timestamp":0}
