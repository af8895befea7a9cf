-- CREATE STREAM gives a topic a name and a schema, so that SQL can read it. It copies nothing: the records
-- stay where they are, and each query reads them for itself.

--@test: a stream over a topic
-- KEY marks the columns that stand in the record's key; the others stand in its value. Names without quotes
-- are in upper case, and fields of JSON are found whatever their case.
CREATE STREAM clicks (user_id STRING KEY, url STRING, took_ms INT)
  WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
PRODUCE TO clicks KEY 'ann' VALUE '{"url":"/home","took_ms":120}' TIMESTAMP 1000;
PRODUCE TO clicks KEY 'bob' VALUE '{"TOOK_MS":80,"URL":"/cart"}' TIMESTAMP 2000;
SELECT * FROM clicks EMIT CHANGES LIMIT 2;
--> ["ann","/home",120]
--> ["bob","/cart",80]

--@test: a stream without a key
CREATE STREAM readings (celsius DOUBLE) WITH (KAFKA_TOPIC='readings', VALUE_FORMAT='JSON');
PRODUCE TO readings VALUE '{"CELSIUS":21.5}' TIMESTAMP 1;
PRODUCE TO readings KEY 'ignored' VALUE '{"CELSIUS":22}' TIMESTAMP 2;
SELECT * FROM readings EMIT CHANGES LIMIT 2;
--> [21.5]
--> [22.0]

--@test: every type a column can have
CREATE STREAM everything (
    id INT KEY, yes BOOLEAN, whole INT, big BIGINT, real DOUBLE, money DECIMAL(8, 2), name STRING, raw BYTES,
    day DATE, clock TIME, instant TIMESTAMP,
    list ARRAY<INT>, dictionary MAP<STRING, DOUBLE>, record STRUCT<a INT, b ARRAY<STRING>>)
  WITH (KAFKA_TOPIC='everything', VALUE_FORMAT='JSON');
ASSERT STREAM everything (
    id INT KEY, yes BOOLEAN, whole INTEGER, big BIGINT, real DOUBLE, money DECIMAL(8, 2), name VARCHAR, raw BYTES,
    day DATE, clock TIME, instant TIMESTAMP,
    list ARRAY<INT>, dictionary MAP<STRING, DOUBLE>, record STRUCT<a INT, b ARRAY<STRING>>)
  WITH (KAFKA_TOPIC='everything', VALUE_FORMAT='JSON');
PRODUCE TO everything KEY INT 1 TIMESTAMP 1 VALUE
  '{"YES":true,"WHOLE":7,"BIG":9007199254740993,"REAL":0.1,"MONEY":12.30,"NAME":"n","RAW":"AAEC","DAY":19723,
    "CLOCK":3723000,"INSTANT":1700000000000,"LIST":[1,null,3],"DICTIONARY":{"x":1.5},"RECORD":{"A":1,"B":["p","q"]}}';
SELECT * FROM everything EMIT CHANGES LIMIT 1;
--> [1,true,7,9007199254740993,0.1,12.30,"n","AAEC","2024-01-01","01:02:03","2023-11-14T22:13:20.000",[1,null,3],{"x":1.5},{"A":1,"B":["p","q"]}]
CREATE STREAM copy AS SELECT * FROM everything;
EXPECT TOPIC COPY;
--> {"key":1,"value":{"YES":true,"WHOLE":7,"BIG":9007199254740993,"REAL":0.1,"MONEY":12.30,"NAME":"n","RAW":"AAEC","DAY":19723,"CLOCK":3723000,"INSTANT":1700000000000,"LIST":[1,null,3],"DICTIONARY":{"x":1.5},"RECORD":{"A":1,"B":["p","q"]}},"timestamp":1}

--@test: quotes keep a name as it is written
CREATE STREAM `Mixed Case` (`the id` INT KEY, `select` STRING, plain STRING)
  WITH (KAFKA_TOPIC='mixed', VALUE_FORMAT='JSON');
CREATE STREAM out AS SELECT `the id`, `select` AS `Select`, plain FROM `Mixed Case`;
PRODUCE TO mixed KEY INT 1 VALUE '{"select":"s","PLAIN":"p"}' TIMESTAMP 5;
EXPECT TOPIC OUT;
--> {"key":1,"value":{"Select":"s","PLAIN":"p"},"timestamp":5}

--@test: the topic is made when the statement says how
CREATE STREAM fresh (id INT KEY, v STRING) WITH (KAFKA_TOPIC='fresh', VALUE_FORMAT='JSON', PARTITIONS=3);
ASSERT TOPIC fresh WITH (PARTITIONS=3);
INSERT INTO fresh (ROWTIME, id, v) VALUES (10, 1, 'a');
ASSERT VALUES fresh (ROWTIME, id, v) VALUES (10, 1, 'a');

--@test: records that were there before are read from the start
CREATE STREAM first_reader (id INT KEY, v INT) WITH (KAFKA_TOPIC='numbers', VALUE_FORMAT='JSON');
INSERT INTO first_reader (ROWTIME, id, v) VALUES (1, 1, 10);
INSERT INTO first_reader (ROWTIME, id, v) VALUES (2, 2, 20);
CREATE STREAM second_reader (id INT KEY, v STRING) WITH (KAFKA_TOPIC='numbers', VALUE_FORMAT='JSON');
CREATE STREAM late AS SELECT * FROM second_reader;
EXPECT TOPIC LATE;
--> {"key":1,"value":{"V":"10"},"timestamp":1}
--> {"key":2,"value":{"V":"20"},"timestamp":2}

--@test: 'latest' reads only what comes
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 10);
SET 'auto.offset.reset' = 'latest';
CREATE STREAM new_ones AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 20);
EXPECT TOPIC NEW_ONES;
--> {"key":2,"value":{"V":20},"timestamp":2}

--@test: what a record carries beside its columns
-- ROWTIME, ROWPARTITION and ROWOFFSET can be selected by name; they are not part of `*`.
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1500, 1, 10);
SELECT ROWTIME, ROWPARTITION, ROWOFFSET, id FROM s EMIT CHANGES LIMIT 1;
--> [1500,0,0,1]

--@test: headers as one column, or one header as a column
CREATE STREAM all_of_them (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS)
  WITH (KAFKA_TOPIC='h', VALUE_FORMAT='JSON');
CREATE STREAM one_of_them (id INT KEY, v INT, trace BYTES HEADER('trace')) WITH (KAFKA_TOPIC='h', VALUE_FORMAT='JSON');
PRODUCE TO h KEY INT 1 VALUE '{"V":1}' TIMESTAMP 1 HEADER 'trace' 'abc' HEADER 'n' X'01';
PRODUCE TO h KEY INT 2 VALUE '{"V":2}' TIMESTAMP 2;
SELECT id, h FROM all_of_them EMIT CHANGES LIMIT 2;
--> [1,[{"KEY":"trace","VALUE":"YWJj"},{"KEY":"n","VALUE":"AQ=="}]]
--> [2,[]]
SELECT id, FROM_BYTES(trace, 'utf8') AS trace FROM one_of_them EMIT CHANGES LIMIT 2;
--> [1,"abc"]
--> [2,null]

--@test: IF NOT EXISTS leaves a stream as it is, OR REPLACE adds columns to it
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM IF NOT EXISTS s (id INT KEY, b INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ASSERT STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, a INT, b INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
ASSERT STREAM s (id INT KEY, a INT, b INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');

--@test: a source stream cannot be written to
CREATE SOURCE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (id, a) VALUES (1, 1);
--! Cannot insert values into read-only stream: S

--@test: errors
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Cannot add stream 'S': A stream with the same name already exists
CREATE STREAM twice (id INT KEY, a INT, a STRING) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Duplicate column name: `A`
CREATE STREAM no_topic (id INT KEY, a INT) WITH (VALUE_FORMAT='JSON');
--! The statement is missing the 'KAFKA_TOPIC' property in its WITH clause
CREATE STREAM no_format (id INT KEY, a INT) WITH (KAFKA_TOPIC='x');
--! The statement is missing the 'VALUE_FORMAT' property in its WITH clause
CREATE STREAM odd_format (id INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSN');
--! Unknown format: JSN
CREATE STREAM odd_property (id INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITION=1);
--! Invalid property in the WITH clause: PARTITION
CREATE STREAM odd_type (id INT KEY, a INTEGR) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Cannot resolve unknown type: INTEGR
CREATE STREAM odd_key (id INT PRIMARY KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Column `ID` is a 'PRIMARY KEY' column of a stream
CREATE STREAM odd_name (rowtime INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! 'ROWTIME' is a reserved column name: every row has it already
CREATE STREAM no_columns WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! The statement does not define any columns
CREATE STREAM map_key (id MAP<STRING, INT> KEY, a INT) WITH (KAFKA_TOPIC='x', KEY_FORMAT='JSON', VALUE_FORMAT='JSON');
--! Key column `ID` has the type MAP<STRING, INTEGER>: keys that are or contain a MAP are not supported, because equal maps may be written differently
CREATE STREAM wrong_partitions (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=7);
--! The topic 's' exists with 1 partitions, but PARTITIONS is 7
CREATE OR REPLACE STREAM s (id INT KEY, a STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Cannot upgrade data source `S`: the column `A` would be changed
CREATE OR REPLACE TABLE s (id INT PRIMARY KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Cannot upgrade data source `S`: a stream cannot become a table, nor a table a stream
CREATE STREM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Unexpected STREM: expected OR, TYPE, TABLE, STREAM, SOURCE or SINK
CREATE STREAM s (id INT KEY, a INT WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Unexpected WITH: expected ')', '(', ',', PRIMARY, KEY, HEADERS or HEADER
