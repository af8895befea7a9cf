-- DELETE FROM table WHERE key = value: the row leaves by a record without a value. The key must be whole.

--@test: a row of a table over a topic is deleted
CREATE TABLE items (item STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='items', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE SOURCE TABLE kept (item STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='items', VALUE_FORMAT='JSON');
CREATE TABLE names AS SELECT name, COUNT(*) AS n FROM items GROUP BY name;
INSERT INTO items (item, name) VALUES ('t', 'tea');
INSERT INTO items (item, name) VALUES ('c', 'coffee');
DELETE FROM items WHERE item = 't';
SELECT * FROM kept;
--> ["c","coffee"]
SELECT * FROM names WHERE n > 0;
--> ["coffee",1]
DELETE FROM items WHERE item = 'never there';
SELECT * FROM kept;
--> ["c","coffee"]
DELETE FROM items WHERE CONCAT('', 'c') = items.item;
SELECT * FROM kept;
-->
INSERT INTO items (item, name) VALUES ('t', 'tea again');
SELECT * FROM kept;
--> ["t","tea again"]
RESTART;
SELECT * FROM kept;
--> ["t","tea again"]

--@test: it is a record with the key, now, and no value
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
INSERT INTO t (id, v) VALUES (1, 10);
INSERT INTO t (id, v) VALUES (1, NULL);
ADVANCE TIME TO 5000;
DELETE FROM t WHERE id = 1;
EXPECT TOPIC t;
--> {"key":1,"value":{"V":10},"timestamp":1000}
--> {"key":1,"value":{"V":null},"timestamp":1000}
--> {"key":1,"value":null,"timestamp":5000}

--@test: a key of several columns, and of other types
CREATE TABLE t (a INT PRIMARY KEY, b STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=1);
CREATE TABLE d (k DECIMAL(4, 2) PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='d', FORMAT='JSON', PARTITIONS=1);
DELETE FROM t WHERE b = 'x' AND a = 1;
EXPECT TOPIC t;
--> {"key":{"A":1,"B":"x"},"value":null,"timestamp":1000}
DELETE FROM d WHERE k = 1.5;
EXPECT TOPIC d;
--> {"key":1.50,"value":null,"timestamp":1000}

--@test: words of the statement are still names
CREATE TABLE delete (delete INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
DELETE FROM delete WHERE delete = 1;
EXPECT TOPIC t;
--> {"key":1,"value":null,"timestamp":1000}

--@test: errors
CREATE TABLE t (a INT PRIMARY KEY, b STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=1);
CREATE SOURCE TABLE kept (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='k', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE w (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', PARTITIONS=1, WINDOW_TYPE='SESSION');
CREATE TABLE made AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
DELETE FROM made WHERE id = 1;
--! Cannot delete from the table MADE, which the query CTAS_MADE_2 fills
DELETE FROM kept WHERE k = 1;
--! Cannot delete from the read-only table KEPT
DELETE FROM s WHERE id = 1;
--! DELETE is for tables, and S is a stream
DELETE FROM w WHERE id = 1;
--! Cannot delete from the windowed table W
DELETE FROM tt WHERE a = 1;
--! Unknown table: `TT`
DELETE FROM t;
--! DELETE takes one row, by its whole key: WHERE A = ... AND B = ...
DELETE FROM t WHERE a = 1;
--! WHERE of DELETE lacks the key column B
DELETE FROM t WHERE a = 1 AND v = 2;
--! V is not a key column of T
DELETE FROM t WHERE a = 1 AND c = 2;
--! Column name C does not exist in T
DELETE FROM t WHERE a = 1 AND a = 2 AND b = 'x';
--! The key column A is compared twice
DELETE FROM t WHERE a > 1 AND b = 'x';
--! DELETE can only compare key columns with constants, by = and AND
DELETE FROM t WHERE a = 1 OR b = 'x';
--! DELETE can only compare key columns with constants, by = and AND
DELETE FROM t WHERE a = v AND b = 'x';
--! DELETE can only compare key columns with constants, by = and AND
DELETE FROM t WHERE a = NULL AND b = 'x';
--! The key column A cannot be null
DELETE FROM t WHERE a = 1 AND b = CAST(NULL AS STRING);
--! The primary key 'B' of table T needs a value
DELETE FROM t WHERE a = 'one' AND b = 'x';
--! 'one' cannot be read as INTEGER
DELETE t WHERE a = 1;
--! expected FROM
