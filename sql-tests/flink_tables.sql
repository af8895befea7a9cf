-- Flink's tables over topics: keys, metadata, changes, and what is wrong with a table.

--@test: keys of a kafka table are fields of it; in the value, too, unless that is said
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, name STRING, v DOUBLE) WITH ('connector' = 'kafka', 'topic' = 't', 'key.format' = 'json', 'key.fields' = 'id', 'value.format' = 'json');
INSERT INTO T VALUES (1, 'a', 2.5);
EXPECT TOPIC t;
--> {"key":{"id":1},"value":{"id":1,"name":"a","v":2.5},"timestamp":1000}
SELECT * FROM T;
EXPECT ROWS;
--> [1,"a",2.5]
CREATE TABLE E (k_id INT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'e', 'key.format' = 'json', 'key.fields' = 'k_id', 'key.fields-prefix' = 'k_', 'value.format' = 'csv', 'value.fields-include' = 'EXCEPT_KEY');
INSERT INTO E VALUES (1, 'a,b');
EXPECT TOPIC e;
--> {"key":{"id":1},"value":{"name":"a,b"},"timestamp":1000}
SELECT * FROM E;
EXPECT ROWS;
--> [1,"a,b"]

--@test: an upsert-kafka table has its PRIMARY KEY in key and value; a record without a value deletes
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, name STRING, v DOUBLE, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO T VALUES (1, 'a', 2.5);
EXPECT TOPIC t;
--> {"key":{"id":1},"value":{"id":1,"name":"a","v":2.5},"timestamp":1000}
SELECT * FROM T;
EXPECT ROWS;
--> [1,"a",2.5]
PRODUCE TO t KEY '{"id":1}' VALUE NULL;
EXPECT ROWS;
--> deleted [1,"a",2.5]

--@test: metadata columns tell of the record; timestamp and headers can be written
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers', `partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA, tt STRING METADATA FROM 'timestamp-type', topic STRING METADATA, le INT METADATA FROM 'leader-epoch') WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE U (id INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers') WITH ('connector' = 'kafka', 'topic' = 'u', 'format' = 'json');
INSERT INTO U SELECT id + 1, ts + INTERVAL '1' SECOND, h FROM T;
PRODUCE TO t VALUE '{"id":1}' TIMESTAMP 5000 HEADER 'x' 'abc' HEADER 'y' X'00';
SELECT * FROM T;
EXPECT ROWS;
--> [1,"1970-01-01T00:00:05.000",{"x":"YWJj","y":"AA=="},0,0,"CreateTime","t",null]
EXPECT TOPIC u;
--> {"key":null,"value":{"id":2},"timestamp":6000,"headers":[{"KEY":"x","VALUE":"YWJj"},{"KEY":"y","VALUE":"AA=="}]}

--@test: debezium-json is a changelog: updates take the old row back
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'debezium-json');
CREATE TABLE U (name STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 'u', 'format' = 'debezium-json');
INSERT INTO U SELECT name, COUNT(*) FROM T GROUP BY name;
PRODUCE TO t VALUE '{"before":null,"after":{"id":1,"name":"a"},"op":"c","ts_ms":1}';
PRODUCE TO t VALUE '{"before":null,"after":{"id":2,"name":"b"},"op":"r","ts_ms":1}';
PRODUCE TO t VALUE '{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"},"op":"u","ts_ms":1}';
PRODUCE TO t VALUE 'nonsense';
PRODUCE TO t VALUE '{"before":{"id":2,"name":"b"},"after":null,"op":"d","ts_ms":1}';
SELECT * FROM T;
EXPECT ROWS;
--> [1,"a"]
--> [2,"b"]
--> deleted [1,"a"]
--> [1,"b"]
--> deleted [2,"b"]
EXPECT TOPIC u;
--> {"key":null,"value":{"before":null,"after":{"name":"a","n":1},"op":"c"},"timestamp":1000}
--> {"key":null,"value":{"before":null,"after":{"name":"b","n":1},"op":"c"},"timestamp":1000}
--> {"key":null,"value":{"before":{"name":"a","n":1},"after":null,"op":"d"},"timestamp":1000}
--> {"key":null,"value":{"before":{"name":"b","n":1},"after":null,"op":"d"},"timestamp":1000}
--> {"key":null,"value":{"before":null,"after":{"name":"b","n":2},"op":"c"},"timestamp":1000}
--> {"key":null,"value":{"before":{"name":"b","n":2},"after":null,"op":"d"},"timestamp":1000}
--> {"key":null,"value":{"before":null,"after":{"name":"b","n":1},"op":"c"},"timestamp":1000}

--@test: what a table cannot have is told where it stands
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'jsn');
--! Did you mean json?
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topc' = 't', 'format' = 'json');
--! Tables of connector 'kafka' have no option 'topc'
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'csv', 'csv.ignore-parse-error' = 'true');
--! Did you mean 'csv.ignore-parse-errors'?
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'csv', 'json.ignore-parse-errors' = 'true');
--! Tables of connector 'kafka' have no option 'json.ignore-parse-errors'
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'scan.startup.mode' = 'earliest');
--! It can be one of 'earliest-offset'
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'scan.startup.mode' = 'timestamp');
--! 'scan.startup.mode' = 'timestamp' needs the option 'scan.startup.timestamp-millis'
CREATE TABLE T (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'key.fields' = 'id');
--! 'key.fields' needs the option 'key.format', too
CREATE TABLE T (id INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
--! A table of connector kafka and format json has no PRIMARY KEY: its rows are only added
CREATE TABLE T (id INT, x INT METADATA FROM 'ofset') WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
--! Did you mean 'offset'?
CREATE TABLE T (m MAP<INT,INT>) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
--! The format json cannot carry the column `m` of type MAP<INTEGER, INTEGER>: the keys of a MAP must be STRING
CREATE TABLE T (m MAP<INT,INT>) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'csv');
--! The format csv cannot carry the column `m` of type MAP<INTEGER, INTEGER>: it has scalars, and ARRAYs and ROWs of these
CREATE TABLE T (a INT, b INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw');
--! The format raw has one column; the table has 2
CREATE TABLE T (a INT) WITH ('connector' = 'filesytem', 'path' = 't', 'format' = 'json');
--! Did you mean filesystem?
CREATE TABLE T (a INT) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json', 'source.monitor-interval' = 'often');
--! 'source.monitor-interval' cannot be 'often'
CREATE TABLE T (a INT) WITH ('connector' = 'blackhole', 'path' = 't');
--! Tables of connector 'blackhole' have no option 'path'

--@test: the end of a bounded table stays where it was when its job began
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE old_orders (id INT) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE corrections (id INT) WITH ('connector' = 'kafka', 'topic' = 'corrections', 'format' = 'json');
CREATE TABLE seen (id INT) WITH ('connector' = 'kafka', 'topic' = 'seen', 'format' = 'json');
INSERT INTO old_orders VALUES (1), (2);
INSERT INTO corrections VALUES (10);
INSERT INTO seen SELECT id FROM old_orders UNION ALL SELECT id FROM corrections;
INSERT INTO old_orders VALUES (3);
RESTART;
SET 'sluice.sql.dialect' = 'flink';
INSERT INTO old_orders VALUES (4);
INSERT INTO corrections VALUES (20);
SELECT id FROM seen /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ ORDER BY id LIMIT 9;
--> [1]
--> [2]
--> [10]
--> [20]

--@test: a job needs its topics, and does not wait for them
CREATE STREAM made (a INT) WITH (KAFKA_TOPIC='gone', VALUE_FORMAT='JSON', PARTITIONS=1);
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 'gone', 'format' = 'json');
CREATE TABLE o (a INT) WITH ('connector' = 'print');
SET 'sluice.sql.dialect' = 'ksql';
DROP STREAM made DELETE TOPIC;
SET 'sluice.sql.dialect' = 'flink';
INSERT INTO o SELECT * FROM t;
--! The table 't' is to be read from the topic 'gone', which does not exist
