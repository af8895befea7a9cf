-- ORDER BY of a pull query takes what SELECT could have named: columns, expressions, aggregates, positions.

--@test: expressions over the source, whether they are selected or not
CREATE STREAM s (id INT KEY, item STRING, price INT, qty INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(item) AS item, LATEST_BY_OFFSET(price) AS price, LATEST_BY_OFFSET(qty) AS qty FROM s GROUP BY id;
INSERT INTO s (ROWTIME, id, item, price, qty) VALUES (40, 1, 'tea', 3, 5);
INSERT INTO s (ROWTIME, id, item, price, qty) VALUES (30, 2, 'ink', 9, 1);
INSERT INTO s (ROWTIME, id, item, price, qty) VALUES (20, 3, 'pen', 2, 20);
INSERT INTO s (ROWTIME, id, item, price, qty) VALUES (10, 4, 'cup', 4, 5);
SELECT item FROM t ORDER BY price * qty DESC;
--> ["pen"]
--> ["cup"]
--> ["tea"]
--> ["ink"]
SELECT item FROM t ORDER BY qty DESC, price LIMIT 2 OFFSET 1;
--> ["tea"]
--> ["cup"]
SELECT t.item FROM t ORDER BY t.price;
--> ["pen"]
--> ["tea"]
--> ["cup"]
--> ["ink"]
SELECT item FROM t ORDER BY ROWTIME;
--> ["cup"]
--> ["pen"]
--> ["ink"]
--> ["tea"]
SELECT item FROM t WHERE id IN (1, 2, 3) ORDER BY CASE WHEN item = 'pen' THEN 0 ELSE 1 END, UCASE(item);
--> ["pen"]
--> ["ink"]
--> ["tea"]
EXPLAIN SELECT item FROM t ORDER BY price * qty DESC, item;
--> SINK results: `ITEM` STRING
--> PROJECT ITEM
--> SORT by `(PRICE * QTY)` DESC, `ITEM`
--> PROJECT ITEM, (PRICE * QTY) AS `(PRICE * QTY)`
--> SCAN T (materialized by CTAS_T_1)

--@test: a name alone means the result's column, inside of an expression first the source's
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(a) AS a FROM s GROUP BY id;
INSERT INTO s (id, a) VALUES (1, 30);
INSERT INTO s (id, a) VALUES (2, 20);
INSERT INTO s (id, a) VALUES (3, 10);
SELECT id, 0 - a AS a FROM t ORDER BY a;
--> [1,-30]
--> [2,-20]
--> [3,-10]
SELECT id, 0 - a AS a FROM t ORDER BY a + 0;
--> [3,-10]
--> [2,-20]
--> [1,-30]
SELECT id, a / 10 AS tens FROM t ORDER BY tens * 2;
--> [3,1]
--> [2,2]
--> [1,3]

--@test: positions
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(a) AS a FROM s GROUP BY id;
INSERT INTO s (id, a) VALUES (1, 5);
INSERT INTO s (id, a) VALUES (2, 5);
INSERT INTO s (id, a) VALUES (3, 1);
SELECT * FROM t ORDER BY 2 DESC, 1 DESC;
--> [2,5]
--> [1,5]
--> [3,1]

--@test: aggregates, with HAVING
CREATE STREAM s (id INT KEY, city STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(city) AS city, SUM(v) AS total FROM s GROUP BY id;
INSERT INTO s (id, city, v) VALUES (1, 'rome', 10);
INSERT INTO s (id, city, v) VALUES (2, 'oslo', 90);
INSERT INTO s (id, city, v) VALUES (3, 'rome', 20);
INSERT INTO s (id, city, v) VALUES (4, 'bern', 5);
INSERT INTO s (id, city, v) VALUES (5, 'rome', 1);
INSERT INTO s (id, city, v) VALUES (6, 'bern', 5);
SELECT city FROM t GROUP BY city ORDER BY COUNT(*) DESC;
--> ["rome"]
--> ["bern"]
--> ["oslo"]
SELECT city, COUNT(*) AS n FROM t GROUP BY city ORDER BY SUM(total) / COUNT(*) DESC LIMIT 2;
--> ["oslo",1]
--> ["rome",3]
SELECT city, COUNT(*) AS n FROM t GROUP BY city HAVING COUNT(*) > 1 ORDER BY n, city;
--> ["bern",2]
--> ["rome",3]
SELECT city FROM t GROUP BY city HAVING SUM(total) > 10 ORDER BY city DESC;
--> ["rome"]
--> ["oslo"]
SELECT UCASE(city) AS name, MAX(total) AS most FROM t GROUP BY city HAVING MAX(total) < 50 ORDER BY LEN(city), city;
--> ["BERN",5]
--> ["ROME",20]
SELECT COUNT(*) AS n, SUM(total) AS total FROM t ORDER BY n;
--> [6,131]

--@test: nulls are less than every value, unless NULLS FIRST or NULLS LAST says where they go
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(a, false) AS a FROM s GROUP BY id;
INSERT INTO s (id, a) VALUES (1, 10);
INSERT INTO s (id, a) VALUES (2, NULL);
INSERT INTO s (id, a) VALUES (3, -10);
SELECT id FROM t ORDER BY a;
--> [2]
--> [3]
--> [1]
SELECT id FROM t ORDER BY a DESC;
--> [1]
--> [3]
--> [2]
SELECT id FROM t ORDER BY a NULLS LAST;
--> [3]
--> [1]
--> [2]
SELECT id FROM t ORDER BY a DESC NULLS FIRST;
--> [2]
--> [1]
--> [3]

--@test: DISTINCT rows in order
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(a) AS a, LATEST_BY_OFFSET(b) AS b FROM s GROUP BY id;
INSERT INTO s (id, a, b) VALUES (1, 1, 'x');
INSERT INTO s (id, a, b) VALUES (2, 2, 'y');
INSERT INTO s (id, a, b) VALUES (3, 1, 'x');
INSERT INTO s (id, a, b) VALUES (4, 1, 'z');
SELECT DISTINCT a FROM t ORDER BY a DESC;
--> [2]
--> [1]
SELECT DISTINCT b, a + 1 AS c FROM t ORDER BY a + 1, b DESC LIMIT 2;
--> ["z",2]
--> ["x",2]
SELECT DISTINCT a FROM s ORDER BY 1;
--> [1]
--> [2]

--@test: the records of a stream, too
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
INSERT INTO s (id, a) VALUES (1, 10);
INSERT INTO s (id, a) VALUES (2, 30);
INSERT INTO s (id, a) VALUES (3, 20);
SELECT id FROM s ORDER BY a DESC LIMIT 2;
--> [2]
--> [3]

--@test: errors
CREATE STREAM s (id INT KEY, a INT, m MAP<STRING, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(a) AS a, COUNT(*) AS n FROM s GROUP BY id;
SELECT id FROM t ORDER BY 2;
--! ORDER BY position 2 is not in the SELECT list
SELECT id, a FROM t ORDER BY 0;
--! Its columns are numbered from 1 to 2.
SELECT id FROM t ORDER BY aa;
--! ORDER BY column 'AA' cannot be resolved.
SELECT id FROM t ORDER BY a + 'x' * 2;
--! the operator * does not take STRING and INTEGER
SELECT DISTINCT a FROM t ORDER BY n;
--! ORDER BY of a SELECT DISTINCT needs a column of the result
SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY n;
--! The ORDER BY column N is not part of GROUP BY
SELECT id FROM t ORDER BY COUNT(*);
--! The aggregate function COUNT cannot be used in ORDER BY.
SELECT id FROM s ORDER BY m;
--! ORDER BY cannot order values of the type MAP<STRING, INTEGER>
SELECT id FROM t HAVING a > 1;
--! HAVING requires a GROUP BY clause
SELECT id FROM s ORDER BY a EMIT CHANGES;
--! ORDER BY needs an end of the rows: it is for pull queries, without EMIT
SELECT DISTINCT a, COUNT(*) FROM t GROUP BY a;
--! SELECT DISTINCT cannot have a GROUP BY
