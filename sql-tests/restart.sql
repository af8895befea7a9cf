-- A restart in the middle of anything: queries go on where they were, nothing is lost and nothing is doubled.

--@test: a stateless query
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, v * 2 AS v FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 10);
RESTART;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 20);
RESTART;
RESTART;
INSERT INTO s (ROWTIME, id, v) VALUES (3, 3, 30);
EXPECT TOPIC O;
--> {"key":1,"value":{"V":20},"timestamp":1}
--> {"key":2,"value":{"V":40},"timestamp":2}
--> {"key":3,"value":{"V":60},"timestamp":3}

--@test: an aggregate
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n, SUM(v) AS total, AVG(v) AS mean, COUNT_DISTINCT(v) AS kinds, COLLECT_LIST(v) AS list,
         MAX(v) AS most, LATEST_BY_OFFSET(v) AS last, TOPK(v, 2) AS top, HISTOGRAM(k) AS histogram
  FROM s GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 10);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'b', 20);
RESTART;
SELECT k, n, total FROM t;
--> ["a",1,10]
--> ["b",1,20]
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'a', 5);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (4, 'a', 10);
SELECT * FROM t;
--> ["a",3,25,8.333333333333334,2,[10,5,10],10,10,[10,10],{"a":3}]
--> ["b",1,20,20.0,1,[20],20,20,[20],{"b":1}]
EXPECT TOPIC T;
--> {"key":"a","value":{"N":1,"TOTAL":10,"MEAN":10.0,"KINDS":1,"LIST":[10],"MOST":10,"LAST":10,"TOP":[10],"HISTOGRAM":{"a":1}},"timestamp":1}
--> {"key":"b","value":{"N":1,"TOTAL":20,"MEAN":20.0,"KINDS":1,"LIST":[20],"MOST":20,"LAST":20,"TOP":[20],"HISTOGRAM":{"b":1}},"timestamp":2}
--> {"key":"a","value":{"N":2,"TOTAL":15,"MEAN":7.5,"KINDS":2,"LIST":[10,5],"MOST":10,"LAST":5,"TOP":[10,5],"HISTOGRAM":{"a":2}},"timestamp":3}
--> {"key":"a","value":{"N":3,"TOTAL":25,"MEAN":8.333333333333334,"KINDS":2,"LIST":[10,5,10],"MOST":10,"LAST":10,"TOP":[10,10],"HISTOGRAM":{"a":3}},"timestamp":4}

--@test: windows, their late records and their clock
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (14000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (16000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 1);
SELECT k, WINDOWSTART, n FROM t;
--> [1,0,2]
--> [1,10000,2]
EXPECT TOPIC T;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":1},"timestamp":1000}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"N":1},"timestamp":14000}
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":2},"timestamp":2000}
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"N":2},"timestamp":16000}

--@test: sessions
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (18000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (9000, 1, 1);
EXPECT TOPIC T;
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":{"N":1},"timestamp":1000}
--> {"window":{"start":18000,"end":18000,"type":"session"},"key":1,"value":{"N":1},"timestamp":18000}
--> {"window":{"start":1000,"end":1000,"type":"session"},"key":1,"value":null,"timestamp":1000}
--> {"window":{"start":18000,"end":18000,"type":"session"},"key":1,"value":null,"timestamp":18000}
--> {"window":{"start":1000,"end":18000,"type":"session"},"key":1,"value":{"N":3},"timestamp":18000}
SELECT * FROM t;
--> [1,1000,18000,3]

--@test: results that wait for the end of their window
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS
  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (10000, 1, 1);
RESTART;
EXPECT TOPIC T;
--> {"window":{"start":0,"end":10000,"type":"time"},"key":1,"value":{"N":2},"timestamp":2000}

--@test: a stream joined with a table
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT v.id, name, page FROM views v LEFT JOIN users u ON v.id = u.id;
INSERT INTO users (ROWTIME, id, name) VALUES (1, 1, 'ann');
RESTART;
INSERT INTO views (ROWTIME, id, page) VALUES (2, 1, '/a');
RESTART;
INSERT INTO users (ROWTIME, id, name) VALUES (3, 1, 'anna');
INSERT INTO views (ROWTIME, id, page) VALUES (4, 1, '/b');
EXPECT TOPIC O;
--> {"key":1,"value":{"NAME":"ann","PAGE":"/a"},"timestamp":2}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/b"},"timestamp":4}

--@test: two streams joined, and the rows that found no match
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM o AS
  SELECT a.id, a.v AS av, b.v AS bv FROM a LEFT JOIN b WITHIN 10 SECONDS GRACE PERIOD 0 SECONDS ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO a (ROWTIME, id, v) VALUES (2000, 2, 2);
RESTART;
INSERT INTO b (ROWTIME, id, v) VALUES (3000, 1, 10);
RESTART;
INSERT INTO a (ROWTIME, id, v) VALUES (30000, 3, 3);
RESTART;
EXPECT TOPIC O;
--> {"key":1,"value":{"AV":1,"BV":10},"timestamp":3000}
--> {"key":2,"value":{"AV":2,"BV":null},"timestamp":2000}

--@test: two tables joined
CREATE TABLE a (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE b (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE o AS SELECT a.id AS id, a.v + b.v AS v FROM a JOIN b ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1, 1, 1);
RESTART;
INSERT INTO b (ROWTIME, id, v) VALUES (2, 1, 10);
RESTART;
INSERT INTO a (ROWTIME, id, v) VALUES (3, 1, 100);
SELECT * FROM o;
--> [1,110]
EXPECT TOPIC O;
--> {"key":1,"value":{"V":11},"timestamp":2}
--> {"key":1,"value":{"V":110},"timestamp":3}

--@test: an aggregate over a table
CREATE TABLE users (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE regions AS SELECT region, COUNT(*) AS n FROM users GROUP BY region;
INSERT INTO users (ROWTIME, id, region) VALUES (1, 1, 'eu');
INSERT INTO users (ROWTIME, id, region) VALUES (2, 2, 'eu');
RESTART;
INSERT INTO users (ROWTIME, id, region) VALUES (3, 1, 'us');
RESTART;
PRODUCE TO users KEY INT 2 TIMESTAMP 4;
SELECT * FROM regions;
--> ["eu",0]
--> ["us",1]

--@test: a chain of queries
CREATE STREAM s (id INT KEY, k STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM by_k AS SELECT * FROM s PARTITION BY k;
CREATE TABLE counts AS SELECT k, COUNT(*) AS n FROM by_k GROUP BY k;
CREATE STREAM alerts AS SELECT k, n FROM CHANGES(counts) WHERE n >= 2;
INSERT INTO s (ROWTIME, id, k) VALUES (1, 1, 'a');
RESTART;
INSERT INTO s (ROWTIME, id, k) VALUES (2, 2, 'a');
RESTART;
INSERT INTO s (ROWTIME, id, k) VALUES (3, 3, 'a');
EXPECT TOPIC ALERTS;
--> {"key":"a","value":{"N":2},"timestamp":2}
--> {"key":"a","value":{"N":3},"timestamp":3}

--@test: streams, tables, types, variables and what was dropped
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM gone (id INT KEY, v INT) WITH (KAFKA_TOPIC='gone', VALUE_FORMAT='JSON');
CREATE TYPE address AS STRUCT<street STRING, number INT>;
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM gone;
RESTART;
CREATE STREAM with_type (id INT KEY, a address) WITH (KAFKA_TOPIC='with_type', VALUE_FORMAT='JSON');
ASSERT STREAM with_type (id INT KEY, a STRUCT<street STRING, number INT>) WITH (KAFKA_TOPIC='with_type', VALUE_FORMAT='JSON');
ASSERT STREAM o (id INT KEY, v INT) WITH (KAFKA_TOPIC='O', VALUE_FORMAT='JSON');
SELECT * FROM gone EMIT CHANGES;
--! GONE does not exist

--@test: a query that was terminated stays so
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
TERMINATE ALL;
RESTART;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
EXPECT TOPIC O;
-->

--@test: types, properties of queries and paused queries
CREATE TYPE pair AS STRUCT<a INT, b INT>;
SET 'auto.offset.reset' = 'latest';
CREATE STREAM s (k INT KEY, p pair) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT k, p->a AS a FROM s;
PAUSE csas_t_1;
RESTART;
INSERT INTO s VALUES (1, STRUCT(a := 1, b := 2));
EXPECT TOPIC T;
-->
RESUME csas_t_1;
CREATE STREAM s2 (k INT KEY, p pair) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON');

--@test: dropped is dropped
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM t AS SELECT * FROM s;
DROP STREAM t DELETE TOPIC;
RESTART;
DESCRIBE t;
--! There is no stream or table named 'T'
CREATE STREAM t AS SELECT * FROM s;
INSERT INTO s VALUES (1, 1);
EXPECT TOPIC T;
--> {"key":1,"value":{"V":1},"timestamp":1000}
