-- A SELECT with EMIT CHANGES stays open and gives rows as they come. With LIMIT it ends by itself.

--@test: rows of a stream, those that are there and those that come
CREATE STREAM s (id INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 'early');
SELECT * FROM s EMIT CHANGES;
--> [1,"early"]
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 'later');
INSERT INTO s (ROWTIME, id, v) VALUES (3, 3, NULL);
EXPECT ROWS;
--> [2,"later"]
--> [3,null]

--@test: LIMIT
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 10);
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 20);
INSERT INTO s (ROWTIME, id, v) VALUES (3, 3, 30);
SELECT id, v * 2 AS twice FROM s WHERE v > 10 EMIT CHANGES LIMIT 1;
--> [2,40]
INSERT INTO s (ROWTIME, id, v) VALUES (4, 4, 40);
EXPECT ROWS;
-->
SELECT id FROM s EMIT CHANGES LIMIT 0;
-->

--@test: changes of a table
-- A table that a query makes shows each change; rows that are taken away are marked.
CREATE TABLE t (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE europe AS SELECT * FROM t WHERE region = 'eu';
INSERT INTO t (ROWTIME, id, region) VALUES (1, 1, 'eu');
SELECT * FROM europe EMIT CHANGES;
--> [1,"eu"]
INSERT INTO t (ROWTIME, id, region) VALUES (2, 2, 'eu');
INSERT INTO t (ROWTIME, id, region) VALUES (3, 1, 'us');
EXPECT ROWS;
--> [2,"eu"]
--> deleted [1,null]

--@test: it can group, window and join by itself
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE names (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='names', VALUE_FORMAT='JSON');
INSERT INTO names (ROWTIME, id, name) VALUES (1, 1, 'ann');
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 2);
INSERT INTO s (ROWTIME, id, v) VALUES (12000, 1, 4);
SELECT id, SUM(v) AS total FROM s GROUP BY id EMIT CHANGES;
--> [1,1]
--> [1,3]
--> [1,7]
SELECT id, WINDOWSTART, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id EMIT CHANGES;
--> [1,0,1]
--> [1,0,3]
--> [1,10000,4]
SELECT s.id, name, v FROM s JOIN names ON s.id = names.id EMIT CHANGES;
--> [1,"ann",1]
--> [1,"ann",2]
--> [1,"ann",4]

--@test: a windowed table
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
SELECT * FROM t EMIT CHANGES;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 1);
EXPECT ROWS;
--> [1,0,10000,1]
--> [1,10000,20000,1]

--@test: EMIT FINAL in a push query
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT id, WINDOWSTART, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 1);
EXPECT ROWS;
--> [1,0,2]

--@test: from the latest record on
SET 'auto.offset.reset' = 'latest';
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 10);
SELECT * FROM s EMIT CHANGES;
-->
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 20);
EXPECT ROWS;
--> [2,20]

--@test: a push query gives rows as they come
CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1, 'early');
SELECT k, v FROM s EMIT CHANGES;
INSERT INTO s VALUES (2, 'later');
EXPECT ROWS;
--> [1,"early"]
--> [2,"later"]
INSERT INTO s VALUES (3, 'last');
INSERT INTO s VALUES (3, 'of all');
EXPECT ROWS;
--> [3,"last"]
--> [3,"of all"]

--@test: LIMIT ends a push query
CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT * FROM s EMIT CHANGES LIMIT 2;
INSERT INTO s VALUES (1, 'a');
INSERT INTO s VALUES (2, 'b');
INSERT INTO s VALUES (3, 'c');
EXPECT ROWS;
--> [1,"a"]
--> [2,"b"]

--@test: a push query over a table shows changes
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
SELECT * FROM t EMIT CHANGES;
INSERT INTO s VALUES (1, 1);
INSERT INTO s VALUES (1, 1);
EXPECT ROWS;
--> [1,1]
--> [1,2]

--@test: a push query can aggregate by itself
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT v, COUNT(*) AS n FROM s GROUP BY v EMIT CHANGES;
INSERT INTO s VALUES (1, 7);
INSERT INTO s VALUES (2, 7);
EXPECT ROWS;
--> [7,1]
--> [7,2]

--@test: errors
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT * FROM missing EMIT CHANGES;
--! MISSING does not exist
SELECT nothing FROM s EMIT CHANGES;
--! SELECT column 'NOTHING' cannot be resolved.
SELECT * FROM s EMIT CHANGES LIMIT -1;
--! Unexpected -: expected a whole number
SELECT * FROM s EMIT CHANGES LIMIT many;
--! Unexpected many: expected a whole number
SELECT * FROM s EMIT SOMETIMES;
--! Unexpected SOMETIMES: expected FINAL or CHANGES
