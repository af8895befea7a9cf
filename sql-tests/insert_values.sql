-- INSERT INTO ... VALUES writes a record to the topic of a stream or table.

--@test: all columns in their order, or some by name
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ADVANCE TIME TO 5000;
INSERT INTO s VALUES (1, 10, 'x');
INSERT INTO s (b, id) VALUES ('y', 2);
INSERT INTO s (a) VALUES (30);
EXPECT TOPIC s;
--> {"key":1,"value":{"A":10,"B":"x"},"timestamp":5000}
--> {"key":2,"value":{"A":null,"B":"y"},"timestamp":5000}
--> {"key":null,"value":{"A":30,"B":null},"timestamp":5000}

--@test: the time of a record is now, or ROWTIME
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ADVANCE TIME TO 5000;
INSERT INTO s VALUES (1, 1);
ADVANCE TIME BY 2 SECONDS;
INSERT INTO s VALUES (2, 2);
INSERT INTO s (ROWTIME, id, a) VALUES (1234, 3, 3);
EXPECT TOPIC s;
--> {"key":1,"value":{"A":1},"timestamp":5000}
--> {"key":2,"value":{"A":2},"timestamp":7000}
--> {"key":3,"value":{"A":3},"timestamp":1234}

--@test: values are expressions
CREATE STREAM s (id INT KEY, big BIGINT, real DOUBLE, money DECIMAL(8, 2), t STRING, yes BOOLEAN, at TIMESTAMP, day DATE)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, big, real, money, t, yes, at, day)
  VALUES (1, 1 + 1, 2 * 3000000000, 1, 1.5, UCASE('it''s') + '!', true, '2020-01-01T00:00:00', '2020-01-02');
EXPECT TOPIC s;
--> {"key":2,"value":{"BIG":6000000000,"REAL":1.0,"MONEY":1.50,"T":"IT'S!","YES":true,"AT":1577836800000,"DAY":18263},"timestamp":1}

--@test: arrays, maps and structs
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, DOUBLE>, r STRUCT<f INT, g STRING>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, a, m, r) VALUES (1, 1, ARRAY[1, 2], MAP('x' := 1.5), STRUCT(f := 7, g := 'g'));
EXPECT TOPIC s;
--> {"key":1,"value":{"A":[1,2],"M":{"x":1.5},"R":{"F":7,"G":"g"}},"timestamp":1}

--@test: into a table, each insert replaces the row of its key
CREATE TABLE t (id INT PRIMARY KEY, a INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE live AS SELECT * FROM t;
INSERT INTO t (ROWTIME, id, a) VALUES (1, 1, 10);
INSERT INTO t (ROWTIME, id, a) VALUES (2, 1, 20);
SELECT * FROM live;
--> [1,20]

--@test: in the formats of the source
CREATE STREAM d (id INT KEY, a INT, b STRING) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='DELIMITED');
CREATE STREAM k (id BIGINT KEY, a INT) WITH (KAFKA_TOPIC='k', VALUE_FORMAT='KAFKA');
INSERT INTO d (ROWTIME, id, a, b) VALUES (1, 1, 10, 'with, comma');
INSERT INTO k (ROWTIME, id, a) VALUES (1, 1, 10);
EXPECT TOPIC d;
--> {"key":1,"value":"10,\"with, comma\"","timestamp":1}
EXPECT TOPIC k;
--> {"key":1,"value":10,"timestamp":1}

--@test: errors
CREATE STREAM s (id INT KEY, a INT, d DECIMAL(4, 2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, a INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO missing VALUES (1, 1);
--! Unknown stream or table: `MISSING`
INSERT INTO s VALUES (1, 1);
--! Expected number columns and values to match: there are 3 columns and 2 values
INSERT INTO s (id, a) VALUES (1, 1, 1);
--! Expected number columns and values to match: there are 2 columns and 3 values
INSERT INTO s (id, aa) VALUES (1, 1);
--! Column name AA does not exist in S
INSERT INTO s (id, id) VALUES (1, 1);
--! Column ID is given twice
INSERT INTO s (id, a) VALUES (1, 'one');
--! 'one' cannot be read as INTEGER.
INSERT INTO s (id, a) VALUES (1, 99999999999);
--! 99999999999 is BIGINT where INTEGER is needed.
INSERT INTO s (id, d) VALUES (1, 123.456);
--! 123.456 is DECIMAL(6, 3) where DECIMAL(4, 2) is needed.
INSERT INTO t (a) VALUES (1);
--! A value for the primary key column `ID` is required
INSERT INTO s (id, a) VALUES (1, b);
--! VALUES column 'B' cannot be resolved.
INSERT INTO s (ROWPARTITION, id) VALUES (1, 1);
--! Inserting into column `ROWPARTITION` is not allowed
