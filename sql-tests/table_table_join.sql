-- Two tables joined are a table: it changes when either side changes.

--@test: inner join
CREATE TABLE prices (id INT PRIMARY KEY, price INT) WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON');
CREATE TABLE stock (id INT PRIMARY KEY, pieces INT) WITH (KAFKA_TOPIC='stock', VALUE_FORMAT='JSON');
CREATE TABLE worth AS SELECT p.id AS id, p.price * s.pieces AS worth FROM prices p JOIN stock s ON p.id = s.id;
INSERT INTO prices (ROWTIME, id, price) VALUES (1, 1, 10);
INSERT INTO stock (ROWTIME, id, pieces) VALUES (2, 1, 5);
INSERT INTO prices (ROWTIME, id, price) VALUES (3, 1, 20);
INSERT INTO stock (ROWTIME, id, pieces) VALUES (4, 2, 7);
PRODUCE TO stock KEY INT 1 TIMESTAMP 5;
EXPECT TOPIC WORTH;
--> {"key":1,"value":{"WORTH":50},"timestamp":2}
--> {"key":1,"value":{"WORTH":100},"timestamp":3}
--> {"key":1,"value":null,"timestamp":5}
SELECT * FROM worth;
-->

--@test: left join
CREATE TABLE a (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE b (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE j AS SELECT a.id, a.v AS av, b.v AS bv FROM a LEFT JOIN b ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1, 1, 'a1');
INSERT INTO b (ROWTIME, id, v) VALUES (2, 1, 'b1');
PRODUCE TO b KEY INT 1 TIMESTAMP 3;
INSERT INTO b (ROWTIME, id, v) VALUES (4, 2, 'b2');
PRODUCE TO a KEY INT 1 TIMESTAMP 5;
EXPECT TOPIC J;
--> {"key":1,"value":{"AV":"a1","BV":null},"timestamp":1}
--> {"key":1,"value":{"AV":"a1","BV":"b1"},"timestamp":2}
--> {"key":1,"value":{"AV":"a1","BV":null},"timestamp":3}
--> {"key":1,"value":null,"timestamp":5}

--@test: full outer join
CREATE TABLE a (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE b (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE j AS SELECT ROWKEY AS id, a.v AS av, b.v AS bv FROM a FULL OUTER JOIN b ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1, 1, 'a1');
INSERT INTO b (ROWTIME, id, v) VALUES (2, 2, 'b2');
INSERT INTO b (ROWTIME, id, v) VALUES (3, 1, 'b1');
PRODUCE TO a KEY INT 1 TIMESTAMP 4;
PRODUCE TO b KEY INT 1 TIMESTAMP 5;
EXPECT TOPIC J;
--> {"key":1,"value":{"AV":"a1","BV":null},"timestamp":1}
--> {"key":2,"value":{"AV":null,"BV":"b2"},"timestamp":2}
--> {"key":1,"value":{"AV":"a1","BV":"b1"},"timestamp":3}
--> {"key":1,"value":{"AV":null,"BV":"b1"},"timestamp":4}
--> {"key":1,"value":null,"timestamp":5}

--@test: by a foreign key
CREATE TABLE employees (id INT PRIMARY KEY, name STRING, department INT) WITH (KAFKA_TOPIC='employees', VALUE_FORMAT='JSON');
CREATE TABLE departments (id INT PRIMARY KEY, title STRING) WITH (KAFKA_TOPIC='departments', VALUE_FORMAT='JSON');
CREATE TABLE staff AS
  SELECT e.id, e.name, d.title FROM employees e JOIN departments d ON e.department = d.id;
INSERT INTO employees (ROWTIME, id, name, department) VALUES (1, 1, 'ann', 10);
INSERT INTO employees (ROWTIME, id, name, department) VALUES (2, 2, 'bob', 10);
INSERT INTO departments (ROWTIME, id, title) VALUES (3, 10, 'sales');
SELECT * FROM staff;
--> [1,"ann","sales"]
--> [2,"bob","sales"]
INSERT INTO departments (ROWTIME, id, title) VALUES (4, 10, 'Sales');
INSERT INTO employees (ROWTIME, id, name, department) VALUES (5, 2, 'bob', 20);
SELECT * FROM staff;
--> [1,"ann","Sales"]

--@test: two tables
CREATE TABLE prices (id INT PRIMARY KEY, price INT) WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON');
CREATE TABLE stock (id INT PRIMARY KEY, pieces INT) WITH (KAFKA_TOPIC='stock', VALUE_FORMAT='JSON');
CREATE TABLE worth AS
  SELECT p.id AS id, p.price * s.pieces AS worth FROM prices p JOIN stock s ON p.id = s.id;
INSERT INTO prices VALUES (1, 10);
INSERT INTO stock VALUES (1, 5);
INSERT INTO prices VALUES (1, 20);
PRODUCE TO stock KEY INT 1;
EXPECT TOPIC WORTH;
--> {"key":1,"value":{"WORTH":50},"timestamp":1000}
--> {"key":1,"value":{"WORTH":100},"timestamp":1000}
--> {"key":1,"value":null,"timestamp":1000}

--@test: errors
CREATE TABLE a (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE b (id INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE j AS SELECT a.id, b.v FROM a JOIN b WITHIN 1 SECOND ON a.id = b.id;
--! WITHIN is only for joins of two streams
CREATE TABLE j AS SELECT a.id, b.v FROM a JOIN b ON a.v = b.v;
--! Invalid join condition: a table-table join must be on the primary key of the right table
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b ON a.id = b.id;
--! The SELECT gives a TABLE, but the statement creates a STREAM
CREATE TABLE j AS SELECT a.v, b.v AS bv FROM a JOIN b ON a.id = b.id;
--! Key missing from projection: the query used to build `J` must include the join expression A.ID or B.ID in its projection
