-- What is said when something is wrong: what, where, and what to do instead.

--@test: syntax
SELEC * FROM s;
--! Unexpected SELEC: expected a statement such as SELECT, CREATE or INSERT
CREATE STREAM s (k INT KEY v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Unexpected v: expected ')' or ','
SELECT * FROM s WHERE;
--! The statement ends too early: expected an expression

--@test: names
CREATE STREAM orders (id INT KEY, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
SELECT * FROM order EMIT CHANGES;
--! Did you mean
SELECT amuont FROM orders EMIT CHANGES;
--! SELECT column 'AMUONT' cannot be resolved.
SELECT SUMM(amount) FROM orders EMIT CHANGES;
--! There is no function called 'SUMM'.
CREATE STREAM o AS SELECT id, id AS id2, amount AS id2 FROM orders;
--! The projection contains a key column more than once: `ID` and `ID2`

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
