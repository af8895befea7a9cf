-- GROUP BY turns a stream into a table: one row a key, brought up to date by each record.

--@test: a row for each key, changed by each record
CREATE STREAM sales (shop STRING KEY, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
CREATE TABLE totals AS SELECT shop, COUNT(*) AS n, SUM(amount) AS total FROM sales GROUP BY shop;
INSERT INTO sales (ROWTIME, shop, amount) VALUES (10, 'north', 4);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (20, 'south', 9);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (30, 'north', 1);
EXPECT TOPIC TOTALS;
--> {"key":"north","value":{"N":1,"TOTAL":4},"timestamp":10}
--> {"key":"south","value":{"N":1,"TOTAL":9},"timestamp":20}
--> {"key":"north","value":{"N":2,"TOTAL":5},"timestamp":30}
SELECT * FROM totals;
--> ["north",2,5]
--> ["south",1,9]

--@test: the usual aggregates, and what they do with NULLs
CREATE STREAM s (k STRING KEY, v INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS rows, COUNT(v) AS with_value, SUM(v) AS sum, MIN(v) AS min, MAX(v) AS max, AVG(v) AS avg,
    COUNT_DISTINCT(t) AS kinds, COLLECT_LIST(v) AS list, COLLECT_SET(t) AS set, EARLIEST_BY_OFFSET(t) AS first, LATEST_BY_OFFSET(t) AS last
  FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v, t) VALUES (1, 'a', NULL, NULL);
SELECT * FROM o;
--> ["a",1,0,0,null,null,0.0,0,[null],[null],null,null]
INSERT INTO s (ROWTIME, k, v, t) VALUES (2, 'a', 4, 'x');
INSERT INTO s (ROWTIME, k, v, t) VALUES (3, 'a', 1, 'y');
INSERT INTO s (ROWTIME, k, v, t) VALUES (4, 'a', 4, 'x');
INSERT INTO s (ROWTIME, k, v, t) VALUES (5, 'a', NULL, NULL);
SELECT * FROM o;
--> ["a",5,3,9,1,4,3.0,2,[null,4,1,4,null],[null,"x","y"],"x","x"]

--@test: the types that aggregates give
CREATE STREAM s (k INT KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(6, 2), t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, SUM(i) AS si, SUM(b) AS sb, SUM(d) AS sd, SUM(m) AS sm, AVG(i) AS ai, COUNT(*) AS n, MAX(t) AS mt FROM s GROUP BY k;
ASSERT TABLE o (k INT PRIMARY KEY, si INT, sb BIGINT, sd DOUBLE, sm DECIMAL(6, 2), ai DOUBLE, n BIGINT, mt STRING)
  WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, i, b, d, m, t) VALUES (1, 1, 1, 10, 0.5, 1.25, 'a');
INSERT INTO s (ROWTIME, k, i, b, d, m, t) VALUES (2, 1, 2, 20, 0.25, 2.50, 'b');
SELECT * FROM o;
--> [1,3,30,0.75,3.75,1.5,2,"b"]

--@test: more aggregates: the newest few, the largest few, histograms, standard deviation
CREATE STREAM s (k INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, LATEST_BY_OFFSET(v, 2) AS newest, EARLIEST_BY_OFFSET(v, 2) AS oldest,
    TOPK(v, 2) AS top, TOPKDISTINCT(v, 2) AS top_distinct, HISTOGRAM(t) AS histogram, STDDEV_SAMP(v) AS deviation FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v, t) VALUES (1, 1, 5, 'x');
INSERT INTO s (ROWTIME, k, v, t) VALUES (2, 1, 5, 'y');
INSERT INTO s (ROWTIME, k, v, t) VALUES (3, 1, 2, 'x');
SELECT * FROM o;
--> [1,[5,2],[5,5],[5,5],[5,2],{"x":2,"y":1},3.0]

--@test: grouping by a value, by an expression, by several
CREATE STREAM s (id INT KEY, city STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE by_value AS SELECT city, COUNT(*) AS n FROM s GROUP BY city;
CREATE TABLE by_expression AS SELECT LEN(city) AS length, COUNT(*) AS n FROM s GROUP BY LEN(city);
CREATE TABLE by_both WITH (KEY_FORMAT='JSON') AS SELECT city, v, COUNT(*) AS n FROM s GROUP BY city, v;
INSERT INTO s (ROWTIME, id, city, v) VALUES (1, 1, 'rome', 1);
INSERT INTO s (ROWTIME, id, city, v) VALUES (2, 2, 'oslo', 1);
INSERT INTO s (ROWTIME, id, city, v) VALUES (3, 3, 'rome', 1);
SELECT * FROM by_value;
--> ["oslo",1]
--> ["rome",2]
SELECT * FROM by_expression;
--> [4,3]
SELECT * FROM by_both;
--> ["oslo",1,1]
--> ["rome",1,2]
EXPECT TOPIC BY_BOTH;
--> {"key":{"CITY":"rome","V":1},"value":{"N":1},"timestamp":1}
--> {"key":{"CITY":"oslo","V":1},"value":{"N":1},"timestamp":2}
--> {"key":{"CITY":"rome","V":1},"value":{"N":2},"timestamp":3}

--@test: rows whose group is NULL are left out
CREATE STREAM s (id INT KEY, city STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT city, COUNT(*) AS n FROM s GROUP BY city;
INSERT INTO s (ROWTIME, id, city, v) VALUES (1, 1, NULL, 1);
INSERT INTO s (ROWTIME, id, city, v) VALUES (2, 2, 'oslo', 1);
SELECT * FROM o;
--> ["oslo",1]

--@test: WHERE before, HAVING after
-- A row that HAVING no longer lets through is taken away with a tombstone.
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, SUM(v) AS total FROM s WHERE v <> 0 GROUP BY k HAVING SUM(v) > 10;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 6);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'a', 0);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'a', 6);
INSERT INTO s (ROWTIME, k, v) VALUES (4, 'a', -5);
INSERT INTO s (ROWTIME, k, v) VALUES (5, 'a', 50);
EXPECT TOPIC O;
--> {"key":"a","value":{"TOTAL":12},"timestamp":3}
--> {"key":"a","value":null,"timestamp":4}
--> {"key":"a","value":{"TOTAL":57},"timestamp":5}
SELECT * FROM o;
--> ["a",57]

--@test: expressions around and inside aggregates
CREATE STREAM s (k STRING KEY, price DOUBLE, pieces INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, SUM(price * pieces) / COUNT(*) AS mean_order, UCASE(k) AS loud,
    CASE WHEN COUNT(*) > 1 THEN 'many' ELSE 'one' END AS how_many FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, price, pieces) VALUES (1, 'a', 2.5, 2);
INSERT INTO s (ROWTIME, k, price, pieces) VALUES (2, 'a', 1.0, 1);
SELECT * FROM o;
--> ["a",3.0,"A","many"]

--@test: sums beyond the range of their type
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT k, SUM(v) AS total, SUM(CAST(v AS BIGINT)) AS big FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 2147483647);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 1, 1);
SELECT * FROM o;
--> [1,-2147483648,2147483648]

--@test: an aggregate over an aggregate
CREATE STREAM s (person STRING KEY, city STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE latest AS SELECT person, LATEST_BY_OFFSET(city) AS city FROM s GROUP BY person;
CREATE TABLE inhabitants AS SELECT city, COUNT(*) AS n FROM latest GROUP BY city;
INSERT INTO s (ROWTIME, person, city) VALUES (1, 'ann', 'rome');
INSERT INTO s (ROWTIME, person, city) VALUES (2, 'bob', 'rome');
INSERT INTO s (ROWTIME, person, city) VALUES (3, 'ann', 'oslo');
SELECT * FROM inhabitants;
--> ["oslo",1]
--> ["rome",1]

--@test: coalesced results: with a cache a key's changes within one commit give one record
SET 'cache.max.bytes.buffering' = '10000000';
SET 'commit.interval.ms' = '600000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 2, 10);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 1, 2);
CREATE TABLE o AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
SELECT * FROM o;
--> [1,3]
--> [2,10]

--@test: errors
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT id, v, COUNT(*) AS n FROM s GROUP BY id;
--! The SELECT column V is not part of GROUP BY
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY id;
--! Key missing from projection: the query used to build `O` must include the grouping expression ID in its projection
CREATE STREAM o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
--! The SELECT gives a TABLE, but the statement creates a STREAM
CREATE TABLE o AS SELECT id, SUM(t) AS n FROM s GROUP BY id;
--! Function 'SUM' does not accept parameters (STRING).
CREATE TABLE o AS SELECT id, SUM(COUNT(*)) AS n FROM s GROUP BY id;
--! Aggregate functions cannot be nested: COUNT inside SUM
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WHERE COUNT(*) > 1 GROUP BY id;
--! The aggregate function COUNT cannot be used in WHERE.
CREATE TABLE o AS SELECT id, v FROM s HAVING v > 1;
--! HAVING requires a GROUP BY clause
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING v > 1;
--! The HAVING column V is not part of GROUP BY
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id, v;
--! Key missing from projection: the query used to build `O` must include the grouping expression V in its projection
CREATE TABLE o AS SELECT id, v FROM s GROUP BY id, v;
--! GROUP BY requires aggregate functions in either the SELECT or HAVING clause
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s;
--! Use of the aggregate function COUNT requires a GROUP BY clause
