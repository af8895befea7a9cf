-- INSERT INTO ... VALUES: columns, defaults, conversions, refusals.

--@test: columns in any order, the others are null
CREATE STREAM s (k STRING KEY, a INT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (b, ROWTIME, k) VALUES ('x', 77, 'key');
INSERT INTO s (a) VALUES (1);
EXPECT TOPIC s;
--> {"key":"key","value":{"A":null,"B":"x"},"timestamp":77}
--> {"key":null,"value":{"A":1,"B":null},"timestamp":1000}

--@test: the wall clock gives the time of inserts that say none
CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ADVANCE TIME TO 1000;
INSERT INTO s VALUES ('a', 1);
ADVANCE TIME BY 2 SECONDS;
INSERT INTO s VALUES ('b', 2);
EXPECT TOPIC s;
--> {"key":"a","value":{"A":1},"timestamp":1000}
--> {"key":"b","value":{"A":2},"timestamp":3000}

--@test: values are converted to their columns
CREATE STREAM s (k INT KEY, l BIGINT, d DOUBLE, m DECIMAL(6, 2), day DATE, t TIME, ts TIMESTAMP, b BYTES)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1, 2, 3, 4.5, '2020-01-31', '10:30:00', '2020-01-31T10:30:00', 'IQ==');
SELECT * FROM s;
--> [1,2,3.0,4.50,"2020-01-31","10:30:00","2020-01-31T10:30:00.000","IQ=="]

--@test: nested values
CREATE STREAM s (k INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, st STRUCT<x INT, y STRING>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1, ARRAY[1, 2], MAP('one' := 1), STRUCT(x := 5, y := 'five'));
SELECT * FROM s;
--> [1,[1,2],{"one":1},{"X":5,"Y":"five"}]

--@test: what cannot be inserted
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
INSERT INTO s VALUES (1);
--! Expected number columns and values to match: there are 2 columns and 1 values
INSERT INTO s VALUES (1, 'two');
--! 'two' cannot be read as INTEGER.
INSERT INTO s (k, w) VALUES (1, 2);
--! Column name W does not exist in S
INSERT INTO t (v) VALUES (1);
--! A value for the primary key column `K` is required
INSERT INTO nowhere VALUES (1, 2);
--! Unknown stream or table: `NOWHERE`
