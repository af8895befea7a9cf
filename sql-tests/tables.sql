-- Tables from tables: each change of a row gives a change of the result, so the result is always what the
-- query would give over the table as it is now.

--@test: a projection follows updates and tombstones
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE loud AS SELECT id, UCASE(name) AS name FROM users;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"anna"}' TIMESTAMP 2;
PRODUCE TO users KEY INT 1 TIMESTAMP 3;
EXPECT TOPIC LOUD;
--> {"key":1,"value":{"NAME":"ANN"},"timestamp":1}
--> {"key":1,"value":{"NAME":"ANNA"},"timestamp":2}
--> {"key":1,"value":null,"timestamp":3}
SELECT * FROM loud;
-->

--@test: a filter takes back rows that no longer pass
CREATE TABLE users (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE europeans AS SELECT * FROM users WHERE region = 'eu';
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"eu"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"REGION":"us"}' TIMESTAMP 2;
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"us"}' TIMESTAMP 3;
PRODUCE TO users KEY INT 2 VALUE '{"REGION":"eu"}' TIMESTAMP 4;
PRODUCE TO users KEY INT 2 TIMESTAMP 5;
EXPECT TOPIC EUROPEANS;
--> {"key":1,"value":{"REGION":"eu"},"timestamp":1}
--> {"key":1,"value":null,"timestamp":3}
--> {"key":2,"value":{"REGION":"eu"},"timestamp":4}
--> {"key":2,"value":null,"timestamp":5}

--@test: aggregates over a table undo what went away
CREATE TABLE users (id INT PRIMARY KEY, region STRING, age INT) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE regions AS SELECT region, COUNT(*) AS n, SUM(age) AS years, AVG(age) AS mean FROM users GROUP BY region;
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"eu","AGE":30}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"REGION":"eu","AGE":50}' TIMESTAMP 2;
SELECT * FROM regions;
--> ["eu",2,80,40.0]
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"us","AGE":31}' TIMESTAMP 3;
SELECT * FROM regions;
--> ["eu",1,50,50.0]
--> ["us",1,31,31.0]
PRODUCE TO users KEY INT 2 TIMESTAMP 4;
SELECT * FROM regions;
--> ["eu",0,0,0.0]
--> ["us",1,31,31.0]
EXPECT TOPIC REGIONS;
--> {"key":"eu","value":{"N":1,"YEARS":30,"MEAN":30.0},"timestamp":1}
--> {"key":"eu","value":{"N":2,"YEARS":80,"MEAN":40.0},"timestamp":2}
--> {"key":"eu","value":{"N":1,"YEARS":50,"MEAN":50.0},"timestamp":3}
--> {"key":"us","value":{"N":1,"YEARS":31,"MEAN":31.0},"timestamp":3}
--> {"key":"eu","value":{"N":0,"YEARS":0,"MEAN":0.0},"timestamp":4}

--@test: COLLECT_LIST over a table forgets values too
CREATE TABLE users (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE regions AS SELECT region, COLLECT_LIST(id) AS ids FROM users GROUP BY region;
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"eu"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"REGION":"eu"}' TIMESTAMP 2;
PRODUCE TO users KEY INT 1 VALUE '{"REGION":"us"}' TIMESTAMP 3;
SELECT * FROM regions;
--> ["eu",[2]]
--> ["us",[1]]

--@test: a chain of tables
CREATE STREAM sales (shop STRING KEY, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
CREATE TABLE totals AS SELECT shop, SUM(amount) AS total FROM sales GROUP BY shop;
CREATE TABLE rich AS SELECT * FROM totals WHERE total >= 10;
CREATE TABLE by_size AS SELECT total / 10 AS tens, COUNT(*) AS shops FROM rich GROUP BY total / 10;
INSERT INTO sales (ROWTIME, shop, amount) VALUES (1, 'a', 12);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (2, 'b', 15);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (3, 'a', 10);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (4, 'b', -10);
SELECT * FROM totals;
--> ["a",22]
--> ["b",5]
SELECT * FROM rich;
--> ["a",22]
SELECT * FROM by_size;
--> [1,0]
--> [2,1]

--@test: a join of aggregates
CREATE STREAM sales (shop STRING KEY, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
CREATE STREAM returns (shop STRING KEY, amount INT) WITH (KAFKA_TOPIC='returns', VALUE_FORMAT='JSON');
CREATE TABLE sold AS SELECT shop, SUM(amount) AS total FROM sales GROUP BY shop;
CREATE TABLE returned AS SELECT shop, SUM(amount) AS total FROM returns GROUP BY shop;
CREATE TABLE net AS SELECT s.shop AS shop, s.total - COALESCE(r.total, 0) AS total FROM sold s LEFT JOIN returned r ON s.shop = r.shop;
INSERT INTO sales (ROWTIME, shop, amount) VALUES (1, 'a', 100);
INSERT INTO returns (ROWTIME, shop, amount) VALUES (2, 'a', 30);
INSERT INTO sales (ROWTIME, shop, amount) VALUES (3, 'b', 5);
SELECT * FROM net;
--> ["a",70]
--> ["b",5]

--@test: errors
CREATE TABLE users (id INT PRIMARY KEY, region STRING, age INT) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM s AS SELECT * FROM users;
--! The SELECT gives a TABLE, but the statement creates a STREAM
CREATE TABLE t AS SELECT region, MIN(age) AS youngest FROM users GROUP BY region;
--! The aggregate function MIN cannot be applied to a table, only to a stream
CREATE TABLE t AS SELECT region, COUNT_DISTINCT(age) AS youngest FROM users GROUP BY region;
--! The aggregate function COUNT_DISTINCT cannot be applied to a table, only to a stream
CREATE TABLE t AS SELECT region FROM users;
--! Key missing from projection: the query used to build `T` must include the key column ID in its projection
CREATE TABLE t AS SELECT region, COUNT(*) AS n FROM users WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY region;
--! WINDOW is for streams, not for tables
