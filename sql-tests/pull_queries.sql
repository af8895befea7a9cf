-- A SELECT without EMIT gives the rows that are there now, and ends. Tables that a query makes can be asked.

--@test: by key
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 10);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'b', 20);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (4, 'c', NULL);
SELECT * FROM t WHERE k = 'a';
--> ["a",2,11]
SELECT total FROM t WHERE k = 'nobody';
-->
SELECT k, n FROM t WHERE k IN ('a', 'c', 'x');
--> ["a",2]
--> ["c",1]
SELECT k FROM t WHERE k = 'a' OR k = 'b';
--> ["a"]
--> ["b"]
SELECT k FROM t WHERE 'b' = k;
--> ["b"]

--@test: by a range of keys, by other columns, everything
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, -5, 50);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 1, 10);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 2, 20);
INSERT INTO s (ROWTIME, k, v) VALUES (4, 300, NULL);
SELECT k FROM t WHERE k > 0;
--> [1]
--> [2]
--> [300]
SELECT k FROM t WHERE k >= -5 AND k < 2;
--> [-5]
--> [1]
SELECT k FROM t WHERE k BETWEEN 1 AND 300 AND total IS NOT NULL;
--> [1]
--> [2]
--> [300]
SELECT * FROM t WHERE total >= 20;
--> [-5,50]
--> [2,20]
SELECT * FROM t WHERE k <> 1;
--> [-5,50]
--> [2,20]
--> [300,0]
SELECT * FROM t;
--> [-5,50]
--> [1,10]
--> [2,20]
--> [300,0]

--@test: expressions, ORDER BY, LIMIT
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 10);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'b', 30);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'c', 20);
INSERT INTO s (ROWTIME, k, v) VALUES (4, 'd', 20);
SELECT UCASE(k) AS name, total / 10 AS tens FROM t ORDER BY tens DESC, name;
--> ["B",3]
--> ["C",2]
--> ["D",2]
--> ["A",1]
SELECT k FROM t ORDER BY k LIMIT 2;
--> ["a"]
--> ["b"]
SELECT k, total FROM t ORDER BY total DESC LIMIT 1;
--> ["b",30]

--@test: grouping the rows of a table
CREATE STREAM s (k STRING KEY, city STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, LATEST_BY_OFFSET(city) AS city, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, city, v) VALUES (1, 'a', 'rome', 10);
INSERT INTO s (ROWTIME, k, city, v) VALUES (2, 'b', 'oslo', 30);
INSERT INTO s (ROWTIME, k, city, v) VALUES (3, 'c', 'rome', 20);
SELECT city, COUNT(*) AS n, SUM(total) AS total FROM t GROUP BY city ORDER BY city;
--> ["oslo",1,30]
--> ["rome",2,30]

--@test: windows, by their bounds as numbers or as texts
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1577836800000, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (1577836860000, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (1577836920000, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (1577836920001, 'b', 1);
SELECT * FROM t WHERE k = 'a';
--> ["a",1577836800000,1577836860000,1]
--> ["a",1577836860000,1577836920000,1]
--> ["a",1577836920000,1577836980000,1]
SELECT WINDOWSTART FROM t WHERE k = 'a' AND WINDOWSTART = 1577836860000;
--> [1577836860000]
SELECT WINDOWSTART FROM t WHERE k = 'a' AND WINDOWSTART >= '2020-01-01T00:01:00';
--> [1577836860000]
--> [1577836920000]
SELECT WINDOWSTART FROM t WHERE k = 'a' AND '2020-01-01T00:00:30' < WINDOWSTART AND WINDOWEND <= '2020-01-01T00:02:00+0000';
--> [1577836860000]
SELECT k, n FROM t WHERE WINDOWSTART = '2020-01-01T00:02';
--> ["a",1]
--> ["b",1]

--@test: of a stream, from its first to its last record
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 10);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 2, 20);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 1, 30);
SELECT * FROM s;
--> [1,10]
--> [1,30]
--> [2,20]
SELECT v FROM s WHERE k = 1;
--> [10]
--> [30]
SELECT v FROM s LIMIT 2;
--> [10]
--> [20]

--@test: a key of several columns
CREATE STREAM s (a INT, b STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t WITH (KEY_FORMAT='JSON') AS SELECT a, b, SUM(v) AS total FROM s GROUP BY a, b;
INSERT INTO s (ROWTIME, a, b, v) VALUES (1, 1, 'x', 10);
INSERT INTO s (ROWTIME, a, b, v) VALUES (2, 1, 'y', 20);
INSERT INTO s (ROWTIME, a, b, v) VALUES (3, 2, 'x', 40);
SELECT total FROM t WHERE a = 1 AND b = 'y';
--> [20]
SELECT total FROM t WHERE a = 1;
--> [10]
--> [20]
SELECT b, total FROM t WHERE b = 'x';
--> ["x",10]
--> ["x",40]

--@test: ROWTIME
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (5, 'a', 10);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'a', 10);
SELECT k, ROWTIME FROM t WHERE k = 'a';
--> ["a",5]

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

--@test: a plain table cannot be asked
CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
SELECT * FROM t WHERE k = 1;
--! The table `T` cannot be asked: its rows are kept nowhere

--@test: keys and window bounds to look up may be computed
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE TABLE w AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 11, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 4, 1);
EXPLAIN SELECT * FROM t WHERE k = 10 + 1;
--> SINK results: `K` INTEGER, `N` BIGINT
--> PROJECT K, N
--> SCAN T (materialized by CTAS_T_1), 1 key lookup
EXPLAIN SELECT * FROM t WHERE k IN (5 * 2 + 1, ABS(-3), CAST('4' AS INT));
--> SINK results: `K` INTEGER, `N` BIGINT
--> PROJECT K, N
--> SCAN T (materialized by CTAS_T_1), 3 key lookups
SELECT * FROM t WHERE k = 10 + 1;
--> [11,1]
SELECT * FROM t WHERE k IN (5 * 2 + 1, ABS(-3), CAST('4' AS INT));
--> [11,1]
--> [4,1]
SELECT * FROM w WHERE k = 22 / 2 AND WINDOWSTART >= 500 + 500 AND WINDOWEND < '1970-01-01T00:00:03';
--> [11,1000,2000,1]
EXPLAIN SELECT * FROM w WHERE k = 22 / 2 AND WINDOWSTART >= 500 + 500;
--> SINK results: `K` INTEGER, `WINDOWSTART` BIGINT, `WINDOWEND` BIGINT, `N` BIGINT [TUMBLING]
--> PROJECT K, WINDOWSTART AS `WINDOWSTART`, WINDOWEND AS `WINDOWEND`, N [TUMBLING]
--> SCAN W (materialized by CTAS_W_2), 1 key lookup, WINDOWSTART >= 1000 [TUMBLING]
SELECT * FROM t WHERE k = 1 / 0;
-->
SELECT * FROM t WHERE k = CAST(NULL AS INT);
-->

--@test: errors
CREATE TABLE topic_only (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
SELECT * FROM topic_only WHERE id = 1;
--! The table `TOPIC_ONLY` cannot be asked: its rows are kept nowhere
SELECT * FROM t WHERE k = 1;
--! Cannot compare K (STRING) to 1 (INTEGER) with =.
SELECT * FROM t WHERE nn = 1;
--! WHERE column 'NN' cannot be resolved.
SELECT * FROM t WHERE WINDOWSTART = 1;
--! WHERE column 'WINDOWSTART' cannot be resolved.
SELECT * FROM t WHERE k = 'a' GROUP BY k;
--! The SELECT column N is not part of GROUP BY
SELECT * FROM tt;
--! TT does not exist
SELECT UCASE(k) AS name FROM t ORDER BY nn;
--! ORDER BY column 'NN' cannot be resolved.
SELECT * FROM t LIMIT -1;
--! Unexpected -: expected a whole number
SELECT n FROM t WINDOW TUMBLING (SIZE 1 SECOND);
--! WINDOW requires a GROUP BY clause

--@test: a table in PROTOBUF, which does not tell nulls from zeros, answers zeros
CREATE STREAM s (k STRING KEY, name STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t WITH (VALUE_FORMAT='PROTOBUF') AS SELECT k, LATEST_BY_OFFSET(name, false) AS name, LATEST_BY_OFFSET(v, false) AS v FROM s GROUP BY k;
INSERT INTO s (k) VALUES ('a');
SELECT * FROM t WHERE v = 0;
--> ["a","",0]

--@test: a table in PROTOBUF that tells nulls from zeros answers nulls, of lists only empty ones
CREATE STREAM s (k STRING KEY, v INT, l ARRAY<INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t WITH (VALUE_FORMAT='PROTOBUF', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL') AS
  SELECT k, LATEST_BY_OFFSET(v, false) AS v, LATEST_BY_OFFSET(l, false) AS l FROM s GROUP BY k;
CREATE TABLE u WITH (VALUE_FORMAT='PROTOBUF', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='WRAPPER') AS
  SELECT k, LATEST_BY_OFFSET(v, false) AS v, LATEST_BY_OFFSET(l, false) AS l FROM s GROUP BY k;
INSERT INTO s (k) VALUES ('a');
SELECT * FROM t;
--> ["a",null,[]]
SELECT * FROM u;
--> ["a",null,[]]
EXPECT TOPIC T;
--> {"key":"a","value":{"V":null,"L":[]},"timestamp":1000}

--@test: keys between ORs are looked up like those of IN, and constants may be computed
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT k, SUM(v) AS v FROM s GROUP BY k;
INSERT INTO s (k, v) VALUES (11, 1), (12, 2), (13, 3), (14, 4);
EXPLAIN SELECT v FROM t WHERE (k = 10 + 1 OR 12 = k OR k IN (11, 7 * 2)) AND v < 4;
--> SINK results: `V` INTEGER
--> PROJECT V
--> FILTER (V < 4)
--> SCAN T (materialized by CTAS_T_1), 3 key lookups
EXPLAIN SELECT v FROM t WHERE k = 11 OR v = 2;
--> SINK results: `V` INTEGER
--> PROJECT V
--> FILTER ((K = 11) OR (V = 2))
--> SCAN T (materialized by CTAS_T_1)
SELECT v FROM t WHERE (k = 10 + 1 OR 12 = k OR k IN (11, 7 * 2)) AND v < 4;
--> [1]
--> [2]
SELECT v FROM t WHERE k = 11 OR v = 2;
--> [1]
--> [2]
SET 'ksql.query.pull.table.scan.enabled' = 'false';
SELECT v FROM t WHERE k = 11 OR k = 13;
--> [1]
--> [3]
SELECT v FROM t WHERE k = 11 OR v = 2;
--! ksql.query.pull.table.scan.enabled forbids

--@test: a table's rows are made of its groups: HAVING, functions, keys of several columns, and groups that shrink
CREATE TABLE owners (id INT PRIMARY KEY, city STRING, kind STRING, age INT) WITH (KAFKA_TOPIC='owners', VALUE_FORMAT='JSON');
CREATE TABLE cities WITH (KEY_FORMAT='JSON') AS
  SELECT city, kind, AS_VALUE(city) AS place, UCASE(kind) + '!' AS loud, COUNT(*) AS n, SUM(age) / COUNT(*) AS mean
  FROM owners GROUP BY city, kind HAVING COUNT(*) > 1;
INSERT INTO owners (ROWTIME, id, city, kind, age) VALUES (1, 1, 'Bern', 'cat', 30);
INSERT INTO owners (ROWTIME, id, city, kind, age) VALUES (2, 2, 'Bern', 'cat', 40);
INSERT INTO owners (ROWTIME, id, city, kind, age) VALUES (3, 3, 'Bern', 'dog', 50);
SELECT * FROM cities;
--> ["Bern","cat","Bern","CAT!",2,35]
SELECT n FROM cities WHERE city = 'Bern' AND kind = 'dog';
-->
RESTART;
INSERT INTO owners (ROWTIME, id, city, kind, age) VALUES (4, 2, 'Bern', 'dog', 41);
SELECT kind, n, mean, ROWTIME FROM cities WHERE city = 'Bern' AND kind = 'dog';
--> ["dog",2,45,4]
SELECT kind FROM cities;
--> ["dog"]
