-- Tables made of tables: a change takes back what the old row gave, through any number of steps.

--@test: filters, joins and aggregates over aggregates
CREATE STREAM sales (id INT KEY, shop STRING, item STRING, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE shops (shop STRING PRIMARY KEY, city STRING) WITH (KAFKA_TOPIC='shops', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE per_shop AS SELECT shop, SUM(amount) AS total FROM sales GROUP BY shop;
CREATE TABLE placed AS SELECT p.shop AS shop, p.total, s.city FROM per_shop p JOIN shops s ON p.shop = s.shop;
CREATE TABLE per_city AS SELECT city, COUNT(*) AS shops, SUM(total) AS total, AVG(total) AS mean FROM placed GROUP BY city;
CREATE TABLE big AS SELECT city, total FROM per_city WHERE total > 100;
CREATE TABLE sizes AS SELECT 'all' AS what, COUNT(*) AS cities, SUM(total) AS total FROM big GROUP BY 'all';
INSERT INTO shops (ROWTIME, shop, city) VALUES (1, 'A', 'Rome'), (1, 'B', 'Rome'), (1, 'C', 'Oslo');
INSERT INTO sales (ROWTIME, id, shop, amount) VALUES (2, 1, 'A', 90), (3, 2, 'B', 20), (4, 3, 'C', 150);
SELECT * FROM per_city;
--> ["Rome",2,110,55.0]
--> ["Oslo",1,150,150.0]
SELECT * FROM sizes;
--> ["all",2,260]
INSERT INTO shops (ROWTIME, shop, city) VALUES (5, 'B', 'Oslo');
SELECT * FROM per_city;
--> ["Rome",1,90,90.0]
--> ["Oslo",2,170,85.0]
SELECT * FROM big;
--> ["Oslo",170]
RESTART;
PRODUCE TO shops KEY 'C' TIMESTAMP 6;
SELECT * FROM per_city;
--> ["Rome",1,90,90.0]
--> ["Oslo",1,20,20.0]
SELECT * FROM big;
-->
SELECT * FROM sizes;
--> ["all",0,0]

--@test: HAVING takes a group back that no longer passes
CREATE TABLE accounts (id INT PRIMARY KEY, owner STRING, amount INT) WITH (KAFKA_TOPIC='accounts', VALUE_FORMAT='JSON');
CREATE TABLE rich AS SELECT owner, SUM(amount) AS total FROM accounts GROUP BY owner HAVING SUM(amount) >= 100;
INSERT INTO accounts (ROWTIME, id, owner, amount) VALUES (1, 1, 'ann', 60);
INSERT INTO accounts (ROWTIME, id, owner, amount) VALUES (2, 2, 'ann', 50);
INSERT INTO accounts (ROWTIME, id, owner, amount) VALUES (3, 2, 'ann', 30);
INSERT INTO accounts (ROWTIME, id, owner, amount) VALUES (4, 3, 'bob', 100);
PRODUCE TO accounts KEY INT 3 TIMESTAMP 5;
EXPECT TOPIC RICH;
--> {"key":"ann","value":{"TOTAL":110},"timestamp":2}
--> {"key":"ann","value":null,"timestamp":3}
--> {"key":"bob","value":{"TOTAL":100},"timestamp":4}
--> {"key":"bob","value":null,"timestamp":5}

--@test: every aggregate that can take a row back does
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE a AS SELECT g, COUNT(*) AS n, COUNT(v) AS present, SUM(v) AS total, AVG(v) AS mean, COLLECT_LIST(v) AS all_v,
  HISTOGRAM(CAST(v AS STRING)) AS h FROM t GROUP BY g;
INSERT INTO t (ROWTIME, id, g, v) VALUES (1, 1, 'x', 1), (2, 2, 'x', 3), (3, 3, 'x', 3);
INSERT INTO t (ROWTIME, id, g, v) VALUES (4, 2, 'y', 5);
INSERT INTO t (ROWTIME, id, g) VALUES (5, 3, 'x');
SELECT * FROM a;
--> ["x",2,1,1,1.0,[1,null],{"1":1}]
--> ["y",1,1,5,5.0,[5],{"5":1}]

--@test: a source table: pull queries, tombstones, restart
CREATE SOURCE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE names AS SELECT name, COUNT(*) AS n FROM users GROUP BY name;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"NAME":"ann"}' TIMESTAMP 2;
RESTART;
PRODUCE TO users KEY INT 2 TIMESTAMP 3;
PRODUCE TO users KEY INT 3 VALUE '{"NAME":"cat"}' TIMESTAMP 4;
SELECT * FROM users;
--> [1,"ann"]
--> [3,"cat"]
SELECT * FROM names;
--> ["ann",1]
--> ["cat",1]
INSERT INTO users (id, name) VALUES (9, 'eve');
--! Cannot insert values into read-only table: USERS

--@test: a table's changes as a stream again, and a stream of them grouped anew
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
CREATE STREAM changes AS SELECT k, total FROM CHANGES(t) EMIT CHANGES;
CREATE TABLE tops AS SELECT k, MAX(total) AS highest, COUNT(*) AS changes FROM CHANGES(t) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 5), (2, 1, 4), (3, 1, -6);
EXPECT TOPIC CHANGES;
--> {"key":1,"value":{"TOTAL":5},"timestamp":1}
--> {"key":1,"value":{"TOTAL":9},"timestamp":2}
--> {"key":1,"value":{"TOTAL":3},"timestamp":3}
SELECT * FROM tops;
--> [1,9,3]

--@test: errors
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE a AS SELECT g, MAX(v) AS m FROM t GROUP BY g;
--! Read FROM CHANGES(table) to aggregate all changes.
CREATE STREAM c AS SELECT * FROM t;
--! read FROM CHANGES(table) to make a stream
