-- Push and pull queries.

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

--@test: pull queries by key, by keys, by range and over everything
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s VALUES (1, 10);
INSERT INTO s VALUES (2, 20);
INSERT INTO s VALUES (3, 30);
INSERT INTO s VALUES (1, 1);
SELECT * FROM t WHERE k = 1;
--> [1,11]
SELECT * FROM t WHERE k IN (2, 3, 4);
--> [2,20]
--> [3,30]
SELECT * FROM t WHERE k > 1;
--> [2,20]
--> [3,30]
SELECT total FROM t;
--> [11]
--> [20]
--> [30]
SELECT k, total * 2 AS double_total FROM t WHERE total < 15;
--> [1,22]
SELECT k FROM t WHERE k = 99;
-->

--@test: a pull query can order, limit and group
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s VALUES (1, 10);
INSERT INTO s VALUES (2, 30);
INSERT INTO s VALUES (3, 20);
SELECT k, total FROM t ORDER BY total DESC LIMIT 2;
--> [2,30]
--> [3,20]

--@test: a pull query over a stream reads it to its end
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1, 10);
INSERT INTO s VALUES (2, 20);
SELECT v FROM s WHERE k = 2;
--> [20]

--@test: a source table can be asked
CREATE SOURCE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}';
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"anna"}';
PRODUCE TO users KEY INT 2 VALUE '{"NAME":"bob"}';
PRODUCE TO users KEY INT 2;
SELECT * FROM users;
--> [1,"anna"]
INSERT INTO users VALUES (3, 'x');
--! Cannot insert values into read-only table: USERS

--@test: PRINT shows a topic
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 5, 1);
PRINT 's' FROM BEGINNING LIMIT 1;
EXPECT ROWS;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: 5, value: {"V":1}, partition: 0

--@test: a plain table cannot be asked
CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
SELECT * FROM t WHERE k = 1;
--! The table `T` cannot be asked: its rows are kept nowhere
