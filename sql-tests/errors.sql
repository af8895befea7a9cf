-- Errors say what is wrong, point at the place, and where they can, say what to do instead.

--@test: a caret points at the place
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT id,
       amuont
  FROM s EMIT CHANGES;
--! line 2, column 8
SELECT id FROM s WHERE LCASE(id) = 'a' EMIT CHANGES;
--! line 1, column 24
CREATE STREAM o AS SELECT id, v
  FROM s
  WHERE v = 'one';
--! line 3, column 9

--@test: names that are nearly right
CREATE STREAM orders (id INT KEY, amount INT, buyer STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE TABLE totals AS SELECT id, SUM(amount) AS total FROM orders GROUP BY id;
SELECT amuont FROM orders EMIT CHANGES;
--! Did you mean AMOUNT?
SELECT * FROM ordres EMIT CHANGES;
--! Did you mean ORDERS?
SELECT UCSE(buyer) FROM orders EMIT CHANGES;
--! Did you mean UCASE?
SELECT SUBSTRNG(buyer, 1) FROM orders EMIT CHANGES;
--! Did you mean SUBSTRING?
SELECT * FROM total;
--! Did you mean TOTALS?
INSERT INTO orders (id, amont) VALUES (1, 1);
--! Its columns are `ID` INTEGER KEY, `AMOUNT` INTEGER, `BUYER` STRING.
INSERT INTO order VALUES (1, 1, 'x');
--! Did you mean "ORDERS"?
DROP STREAM ordrs;
--! Did you mean 'ORDERS'?
DROP TABLE totls;
--! Did you mean 'TOTALS'?
DESCRIBE oders;
--! Did you mean 'ORDERS'?
DESCRIBE FUNCTION UCSAE;
--! Did you mean 'UCASE'?
PRINT order FROM BEGINNING;
--! SHOW TOPICS lists the topics there are; their names are case-sensitive.
SET 'auto.offset.rset' = 'latest';
--! Did you mean 'auto.offset.reset'?
TERMINATE CTAS_TOTAL_1;
--! SHOW QUERIES lists the queries there are.
CREATE STREAM x (id INT KEY, v INT) WITH (KAFKA_TOPC='x', VALUE_FORMAT='JSON');
--! Did you mean KAFKA_TOPIC?
CREATE STREAM x (id INT KEY, v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSN');
--! The formats are AVRO, DELIMITED, JSON
CREATE STREAM x (id INT KEY, v INTGER) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Cannot resolve unknown type: INTGER
CREATE STREAM r (id INT KEY, a STRUCT<street STRING>) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
SELECT a->sreet FROM r EMIT CHANGES;
--! It is STRUCT<`STREET` STRING>.

--@test: keywords that are nearly right
CREATE STREM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Did you mean STREAM instead of STREM?
SELCT * FROM s;
--! Did you mean SELECT instead of SELCT?
SELECT * FORM s;
--! Did you mean FROM instead of FORM?
SELECT * FROM s EMIT CHANGE;
--! Did you mean CHANGES instead of CHANGE?
SELECT * FROM s GRUOP BY id EMIT CHANGES;
--! Did you mean GROUP instead of GRUOP?
SHOW STREMS;
--! Did you mean STREAMS instead of STREMS?

--@test: a text that does not end
--@expected.error: syntax
--@expected.message: The string that starts here has no closing quote
SELECT 'abc FROM s;

--@test: a quoted name that does not end
--@expected.error: syntax
--@expected.message: The quoted name that starts here has no closing quote
SELECT `abc FROM s;

--@test: other slips
SELECT (1 + 2 FROM s;
--! Unexpected FROM: expected an operator or ')'
SELECT * FROM s WHERE;
--! The statement ends too early: expected an expression
SELECT * FROM;
--! The statement ends too early: expected a name
CREATE STREAM s (id INT KEY v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Unexpected v: expected ')' or ','
SELECT # FROM s;
--! The character # has no meaning here
CREATE STREAM values (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! values is a reserved word; to use it as a name write `values`

--@test: types
CREATE STREAM s (id INT KEY, name STRING, n INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT name + n FROM s EMIT CHANGES;
--! (NAME + N): the operator + does not take STRING and INTEGER.
SELECT * FROM s WHERE name EMIT CHANGES;
--! A condition must be BOOLEAN, but NAME is STRING.
SELECT LEN(n) FROM s EMIT CHANGES;
--! Function 'LEN' does not accept parameters (INTEGER).
SELECT CAST(ARRAY[1] AS INT) FROM s EMIT CHANGES;
--! Cast of ARRAY<INTEGER> to INTEGER is not supported.

--@test: WITH
CREATE STREAM s (k INT KEY, v INT) WITH (VALUE_FORMAT='JSON');
--! The statement is missing the 'KAFKA_TOPIC' property in its WITH clause
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='XML');
--! Unknown format: XML
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMT='JSON');
--! Invalid property in the WITH clause: VALUE_FORMT
CREATE STREAM s (k INT KEY, v ARRAY<INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED');
--! The 'DELIMITED' format does not support the type ARRAY<INTEGER>, column: `V`
CREATE TABLE t (k INT, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--! Tables require a PRIMARY KEY

--@test: streams and tables
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, v FROM s;
--! The SELECT gives a STREAM, but the statement creates a TABLE
CREATE STREAM a AS SELECT k, COUNT(*) FROM s GROUP BY k;
--! The SELECT gives a TABLE, but the statement creates a STREAM
CREATE TABLE t AS SELECT k, v, COUNT(*) FROM s GROUP BY k;
--! The SELECT column V is not part of GROUP BY
CREATE STREAM d AS SELECT * FROM s LIMIT 3;
--! LIMIT is not supported in a query that runs for ever
CREATE STREAM o AS SELECT k, k AS k2, v AS k2 FROM s;
--! The projection contains a key column more than once: `K` and `K2`

--@test: a statement that fails leaves nothing behind
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, w FROM s;
--! Did you mean V?
ASSERT NOT EXISTS TOPIC O;
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
EXPECT TOPIC O;
--> {"key":1,"value":{"V":1},"timestamp":1}
