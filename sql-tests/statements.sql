-- Statements about what exists: SHOW, DESCRIBE, EXPLAIN, DROP, TERMINATE, PAUSE, types, variables.

--@test: IF NOT EXISTS and OR REPLACE
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Cannot add stream 'S': A stream with the same name already exists
CREATE STREAM IF NOT EXISTS s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE OR REPLACE STREAM s (k INT KEY, v INT, w STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ASSERT STREAM s (k INT KEY, v INT, w STRING) WITH (KAFKA_TOPIC='s');
CREATE OR REPLACE STREAM s (k INT KEY, w STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Cannot upgrade data source `S`: the column `V` would be lost

--@test: a query that is replaced goes on where the old one stood
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM big AS SELECT k, v FROM s WHERE v > 10;
INSERT INTO s VALUES (1, 5);
INSERT INTO s VALUES (2, 15);
CREATE OR REPLACE STREAM big AS SELECT k, v, v * 2 AS w FROM s WHERE v > 3;
INSERT INTO s VALUES (3, 4);
EXPECT TOPIC BIG;
--> {"key":2,"value":{"V":15},"timestamp":1000}
--> {"key":3,"value":{"V":4,"W":8},"timestamp":1000}

--@test: DROP is refused while queries need the source
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s;
DROP STREAM s;
--! Cannot drop S: queries use it
DROP TABLE s;
--! 'S' is a stream, not a table
DROP STREAM t DELETE TOPIC;
ASSERT NOT EXISTS TOPIC T;
DROP STREAM s;
ASSERT TOPIC s;
DROP STREAM s;
--! There is no stream or table named 'S'
DROP STREAM IF EXISTS s;

--@test: TERMINATE ends the query and keeps what it made
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s;
INSERT INTO s VALUES (1, 1);
TERMINATE csas_t_1;
INSERT INTO s VALUES (2, 2);
EXPECT TOPIC T;
--> {"key":1,"value":{"V":1},"timestamp":1000}
TERMINATE csas_t_1;
--! There is no query with the id 'CSAS_T_1'

--@test: PAUSE and RESUME
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s;
INSERT INTO s VALUES (1, 1);
PAUSE csas_t_1;
INSERT INTO s VALUES (2, 2);
EXPECT TOPIC T;
--> {"key":1,"value":{"V":1},"timestamp":1000}
RESUME csas_t_1;
EXPECT TOPIC T;
--> {"key":2,"value":{"V":2},"timestamp":1000}

--@test: custom types
CREATE TYPE address AS STRUCT<street STRING, zip INT>;
CREATE STREAM people (id INT KEY, home address) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON');
CREATE STREAM zips AS SELECT id, home->zip AS zip FROM people;
INSERT INTO people VALUES (1, STRUCT(street := 'Main', zip := 123));
EXPECT TOPIC ZIPS;
--> {"key":1,"value":{"ZIP":123},"timestamp":1000}
CREATE TYPE address AS STRUCT<street STRING>;
--! Cannot create the type 'ADDRESS': a type with that name exists already
DROP TYPE address;
DROP TYPE address;
--! There is no type named 'ADDRESS'
DROP TYPE IF EXISTS address;

--@test: variables
DEFINE topic = 'numbers';
DEFINE least = '10';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='${topic}', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s WHERE v >= ${least};
INSERT INTO s VALUES (1, 9);
INSERT INTO s VALUES (2, 10);
EXPECT TOPIC T;
--> {"key":2,"value":{"V":10},"timestamp":1000}
UNDEFINE least;
SELECT * FROM s WHERE v = ${least} EMIT CHANGES;
--! There is no variable called least

--@test: properties
SET 'auto.offset.reset' = 'sometimes';
--! 'auto.offset.reset' cannot be 'sometimes'
SET 'auto.offset.rest' = 'latest';
--! There is no property 'auto.offset.rest'
SET 'auto.offset.reset' = 'latest';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1, 1);
SELECT * FROM s EMIT CHANGES;
-->
UNSET 'auto.offset.reset';
SELECT * FROM s EMIT CHANGES;
--> [1,1]

--@test: ALTER adds columns
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ALTER STREAM s ADD COLUMN w STRING;
INSERT INTO s VALUES (1, 1, 'x');
SELECT * FROM s;
--> [1,1,"x"]
ALTER STREAM s ADD COLUMN w STRING;
--! Cannot add column `W`: `S` has a column of that name

--@test: SHOW and DESCRIBE
CREATE STREAM s (k INT KEY, v STRUCT<a INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
SHOW STREAMS;
SHOW TABLES;
SHOW TOPICS;
DESCRIBE s;
DESCRIBE x;
--! There is no stream or table named 'X'

--@test: EXPLAIN shows the plan
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN SELECT k, v + 1 AS w FROM s WHERE v > 3 EMIT CHANGES;
EXPLAIN DROP STREAM s;
--! EXPLAIN is for statements that run a query
