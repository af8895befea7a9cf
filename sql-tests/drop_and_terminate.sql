-- DROP forgets a stream or table, TERMINATE stops a query. The topic stays unless DELETE TOPIC is said.

--@test: DROP leaves the topic, DELETE TOPIC does not
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=1);
DROP STREAM a;
DROP STREAM b DELETE TOPIC;
ASSERT TOPIC a;
ASSERT NOT EXISTS TOPIC b;
SELECT * FROM a EMIT CHANGES;
--! A does not exist

--@test: dropping what a query made stops the query too
CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 'a', 1);
DROP STREAM o;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 'b', 2);
EXPECT TOPIC O;
--> {"key":"a","value":{"V":1},"timestamp":1}
CREATE STREAM again AS SELECT * FROM s;
DROP STREAM again DELETE TOPIC;
ASSERT NOT EXISTS TOPIC AGAIN;

--@test: IF EXISTS
DROP STREAM IF EXISTS nothing;
DROP TABLE IF EXISTS nothing DELETE TOPIC;

--@test: TERMINATE stops a query and leaves its result
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
TERMINATE CSAS_O_1;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 2);
EXPECT TOPIC O;
--> {"key":1,"value":{"V":1},"timestamp":1}
ASSERT STREAM o (id INT KEY, v INT) WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON');

--@test: TERMINATE ALL
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
TERMINATE ALL;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
EXPECT TOPIC O;
-->
SHOW QUERIES;
--> {"@type":"queries","statementText":"SHOW QUERIES;","queries":[],"warnings":[]}

--@test: PAUSE and RESUME: nothing is lost in between
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
PAUSE CSAS_O_1;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 2);
EXPECT TOPIC O;
--> {"key":1,"value":{"V":1},"timestamp":1}
RESUME CSAS_O_1;
EXPECT TOPIC O;
--> {"key":2,"value":{"V":2},"timestamp":2}

--@test: a name can be used again
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
DROP TABLE t DELETE TOPIC;
CREATE TABLE t AS SELECT id, SUM(v) + 100 AS total FROM s GROUP BY id;
SELECT * FROM t;
--> [1,101]
EXPECT TOPIC T;
--> {"key":1,"value":{"TOTAL":101},"timestamp":1}

--@test: errors
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
DROP STREAM s;
--! Cannot drop S: queries use it
DROP STREAM t;
--! 'T' is a table, not a stream
DROP TABLE missing;
--! There is no stream or table named 'MISSING'
TERMINATE CSAS_NOTHING_5;
--! There is no query with the id 'CSAS_NOTHING_5'
PAUSE CSAS_NOTHING_5;
--! There is no query with the id 'CSAS_NOTHING_5'
CREATE STREAM u AS SELECT * FROM s;
CREATE STREAM w AS SELECT * FROM u;
DROP STREAM u;
--! Cannot drop U: queries use it
