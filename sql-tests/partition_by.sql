-- PARTITION BY makes other columns the key of a stream: each record goes to the partition of its new key.

--@test: a value becomes the key
CREATE STREAM visits (session INT KEY, page STRING, user_id INT) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON');
CREATE STREAM by_user AS SELECT * FROM visits PARTITION BY user_id;
INSERT INTO visits (ROWTIME, session, page, user_id) VALUES (10, 1, '/a', 7);
INSERT INTO visits (ROWTIME, session, page, user_id) VALUES (20, 2, '/b', 8);
INSERT INTO visits (ROWTIME, session, page, user_id) VALUES (30, 3, '/c', NULL);
ASSERT STREAM by_user (user_id INT KEY, page STRING, session INT) WITH (KAFKA_TOPIC='BY_USER', VALUE_FORMAT='JSON');
EXPECT TOPIC BY_USER;
--> {"key":7,"value":{"PAGE":"/a","SESSION":1},"timestamp":10}
--> {"key":8,"value":{"PAGE":"/b","SESSION":2},"timestamp":20}
--> {"key":null,"value":{"PAGE":"/c","SESSION":3},"timestamp":30}

--@test: an expression becomes the key
CREATE STREAM s (id INT KEY, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT UCASE(t) AS shout, id FROM s PARTITION BY UCASE(t);
CREATE STREAM unnamed AS SELECT * FROM s PARTITION BY LEN(t);
INSERT INTO s (ROWTIME, id, t) VALUES (10, 1, 'hey');
EXPECT TOPIC O;
--> {"key":"HEY","value":{"ID":1},"timestamp":10}
EXPECT TOPIC UNNAMED;
--> {"key":3,"value":{"T":"hey","ID":1},"timestamp":10}
ASSERT STREAM unnamed (KSQL_COL_0 INT KEY, t STRING, id INT) WITH (KAFKA_TOPIC='UNNAMED', VALUE_FORMAT='JSON');

--@test: several columns become the key
CREATE STREAM s (a INT, b STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o WITH (KEY_FORMAT='JSON') AS SELECT * FROM s PARTITION BY a, b;
INSERT INTO s (ROWTIME, a, b, v) VALUES (10, 1, 'x', 5);
EXPECT TOPIC O;
--> {"key":{"A":1,"B":"x"},"value":{"V":5},"timestamp":10}

--@test: no key at all
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY NULL;
INSERT INTO s (ROWTIME, id, v) VALUES (10, 1, 5);
EXPECT TOPIC O;
--> {"key":null,"value":{"V":5,"ID":1},"timestamp":10}

--@test: a field of a struct becomes the key
CREATE STREAM s (id INT KEY, u STRUCT<name STRING, age INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT u->name AS name, id FROM s PARTITION BY u->name;
PRODUCE TO s KEY INT 1 VALUE '{"U":{"NAME":"ann","AGE":5}}' TIMESTAMP 10;
EXPECT TOPIC O;
--> {"key":"ann","value":{"ID":1},"timestamp":10}

--@test: records of one key stay in order and in one partition
CREATE STREAM s (id INT KEY, k STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE STREAM o WITH (PARTITIONS=2) AS SELECT k, id FROM s PARTITION BY k;
INSERT INTO s (ROWTIME, id, k) VALUES (1, 1, 'x');
INSERT INTO s (ROWTIME, id, k) VALUES (2, 2, 'x');
INSERT INTO s (ROWTIME, id, k) VALUES (3, 3, 'x');
CREATE TABLE places AS SELECT k, COLLECT_LIST(id) AS ids, COUNT_DISTINCT(ROWPARTITION) AS partitions FROM o GROUP BY k;
SELECT * FROM places;
--> ["x",[1,2,3],1]

--@test: a record without a value has no new key, unless the key is made of the old one
CREATE STREAM s (k INT KEY, a INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
CREATE STREAM by_value AS SELECT * FROM s PARTITION BY (a IS NULL);
CREATE STREAM by_key AS SELECT * FROM s PARTITION BY (k IS NULL);
PRODUCE TO s KEY '1' VALUE NULL TIMESTAMP 1;
PRODUCE TO s KEY '2' VALUE '{"a":null}' TIMESTAMP 2;
EXPECT TOPIC BY_VALUE;
--> {"key":null,"value":null,"timestamp":1}
--> {"key":true,"value":{"A":null,"K":2},"timestamp":2}
EXPECT TOPIC BY_KEY;
--> {"key":false,"value":null,"timestamp":1}
--> {"key":false,"value":{"A":null,"K":2},"timestamp":2}

--@test: several key columns that are all null are a key of nulls, but a key that nobody gave stays null
CREATE STREAM s (a INT KEY, b INT KEY, v INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
CREATE STREAM same AS SELECT * FROM s;
CREATE STREAM swapped AS SELECT b, a, v FROM s PARTITION BY b, a;
PRODUCE TO s KEY '{"A":1,"B":null}' VALUE '{"v":1}' TIMESTAMP 1;
PRODUCE TO s KEY NULL VALUE '{"v":2}' TIMESTAMP 2;
EXPECT TOPIC SAME;
--> {"key":{"A":1,"B":null},"value":{"V":1},"timestamp":1}
--> {"key":null,"value":{"V":2},"timestamp":2}
EXPECT TOPIC SWAPPED;
--> {"key":{"B":null,"A":1},"value":{"V":1},"timestamp":1}
--> {"key":{"B":null,"A":null},"value":{"V":2},"timestamp":2}

--@test: errors
CREATE STREAM s (id INT KEY, v INT, m MAP<STRING, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY vv;
--! PARTITION BY column 'VV' cannot be resolved.
CREATE STREAM o AS SELECT id FROM s PARTITION BY v;
--! Key missing from projection: the query used to build `O` must include the partitioning expression V in its projection
CREATE STREAM o WITH (KEY_FORMAT='JSON') AS SELECT * FROM s PARTITION BY m;
--! Key column `M` has the type MAP<STRING, INTEGER>: keys that are or contain a MAP are not supported, because equal maps may be written differently
CREATE TABLE o AS SELECT * FROM t PARTITION BY v;
--! PARTITION BY is only for streams
CREATE STREAM o AS SELECT * FROM s PARTITION BY id, v;
--! The 'KAFKA' format only supports a single field. There are 2 key columns
CREATE STREAM o AS SELECT id, COUNT(*) AS n FROM s PARTITION BY v GROUP BY id;
--! Unexpected GROUP: expected an operator, OFFSET, LIMIT, EMIT, ORDER, HAVING, '(', ',' ...
CREATE STREAM o AS SELECT * FROM s PARTITION BY COUNT(*);
--! The aggregate function COUNT cannot be used in PARTITION BY.
