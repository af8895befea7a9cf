-- INSERT INTO ... SELECT keeps writing the rows of a query into a stream that is there already: so several
-- queries can feed one stream.

--@test: two streams into one
CREATE STREAM online (id INT KEY, amount INT) WITH (KAFKA_TOPIC='online', VALUE_FORMAT='JSON');
CREATE STREAM shops (id INT KEY, amount INT) WITH (KAFKA_TOPIC='shops', VALUE_FORMAT='JSON');
CREATE STREAM sales (id INT KEY, origin STRING, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=1);
INSERT INTO sales SELECT id, 'online' AS origin, amount FROM online;
INSERT INTO sales SELECT id, 'shop' AS origin, amount FROM shops WHERE amount > 0;
INSERT INTO online (ROWTIME, id, amount) VALUES (1, 1, 10);
INSERT INTO shops (ROWTIME, id, amount) VALUES (2, 2, 20);
INSERT INTO shops (ROWTIME, id, amount) VALUES (3, 3, 0);
INSERT INTO online (ROWTIME, id, amount) VALUES (4, 4, 40);
EXPECT TOPIC sales;
--> {"key":1,"value":{"ORIGIN":"online","AMOUNT":10},"timestamp":1}
--> {"key":2,"value":{"ORIGIN":"shop","AMOUNT":20},"timestamp":2}
--> {"key":4,"value":{"ORIGIN":"online","AMOUNT":40},"timestamp":4}

--@test: into a stream that a query made
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM both_of_them AS SELECT * FROM a;
INSERT INTO both_of_them SELECT * FROM b;
INSERT INTO a (ROWTIME, id, v) VALUES (1, 1, 1);
INSERT INTO b (ROWTIME, id, v) VALUES (2, 2, 2);
EXPECT TOPIC BOTH_OF_THEM;
--> {"key":1,"value":{"V":1},"timestamp":1}
--> {"key":2,"value":{"V":2},"timestamp":2}

--@test: the key of the target
CREATE STREAM s (id INT KEY, name STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o (name STRING KEY, id INT) WITH (KAFKA_TOPIC='o', VALUE_FORMAT='DELIMITED', PARTITIONS=1);
INSERT INTO o SELECT name, id FROM s PARTITION BY name;
INSERT INTO s (ROWTIME, id, name) VALUES (1, 1, 'ann');
EXPECT TOPIC o;
--> {"key":"ann","value":"1","timestamp":1}

--@test: changes of a table into a stream
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE STREAM alerts (k STRING KEY, n BIGINT) WITH (KAFKA_TOPIC='alerts', VALUE_FORMAT='JSON', PARTITIONS=1);
INSERT INTO alerts SELECT k, n FROM CHANGES(t) WHERE n = 2;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'x', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'x', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'x', 1);
EXPECT TOPIC alerts;
--> {"key":"x","value":{"N":2},"timestamp":2}

--@test: errors
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o (id INT KEY, v STRING) WITH (KAFKA_TOPIC='o', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO o SELECT * FROM s;
--! Incompatible schema between the result and `O`
INSERT INTO missing SELECT * FROM s;
--! MISSING does not exist
INSERT INTO t SELECT id, v FROM s;
--! INSERT INTO ... SELECT can only insert into a stream. T is a table
INSERT INTO o SELECT id FROM s;
--! The projection contains no value columns
INSERT INTO o SELECT id, COUNT(*) AS n FROM s GROUP BY id;
--! The SELECT gives a TABLE, which cannot be inserted into a stream

--@test: a stream cannot be inserted into itself
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM r (k INT KEY, v INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
INSERT INTO s SELECT * FROM s;
--! A query cannot insert into `S`, which it reads: it would never come to an end
INSERT INTO s SELECT r.k AS k, s.v AS v FROM r JOIN s WITHIN 1 HOUR ON r.k = s.k;
--! A query cannot insert into `S`, which it reads: it would never come to an end
