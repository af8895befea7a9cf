-- The formats of Flink's tables, with their options.

--@test: csv has quotes, escapes, nulls, comments and nested fields of the table's choice
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, name STRING, tags ARRAY<STRING>, r ROW<a INT, b STRING>, at TIMESTAMP(3), d DECIMAL(10,2)) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'csv', 'csv.field-delimiter' = '|', 'csv.null-literal' = 'n/a', 'csv.allow-comments' = 'true', 'csv.quote-character' = '''', 'csv.escape-character' = '\');
CREATE TABLE U (id INT, name STRING, tags ARRAY<STRING>, r ROW<a INT, b STRING>, at TIMESTAMP_LTZ(3), d DECIMAL(10,2)) WITH ('connector' = 'kafka', 'topic' = 'u', 'format' = 'csv', 'csv.array-element-delimiter' = ':');
INSERT INTO U SELECT id, name, tags, r, CAST(at AS TIMESTAMP_LTZ(3)), d FROM T;
PRODUCE TO t VALUE '1|it|x;y|7;z|2024-02-29 12:00:00.5|1.5';
PRODUCE TO t VALUE '# a comment';
PRODUCE TO t VALUE '2|''a|b''|n/a|n/a|n/a|n/a';
PRODUCE TO t VALUE '3|a\|b||;|2024-02-29 12:00:00|3';
PRODUCE TO t VALUE 'x|bad|n/a|n/a|n/a|n/a';
PRODUCE TO t VALUE '4';
PRODUCE TO t VALUE '5|a,"b|n/a|1;x|n/a|n/a';
SELECT * FROM T;
EXPECT ROWS;
--> [1,"it",["x","y"],{"a":7,"b":"z"},"2024-02-29T12:00:00.500",1.50]
--> [2,"a|b",null,null,null,null]
--> [3,"a|b",[],{"a":null,"b":""},"2024-02-29T12:00:00.000",3.00]
--> [5,"a,\"b",null,{"a":1,"b":"x"},null,null]
CREATE TABLE S (line STRING) WITH ('connector' = 'kafka', 'topic' = 'u', 'format' = 'raw');
SELECT * FROM S;
EXPECT ROWS;
--> ["1,it,x:y,7:z,2024-02-29 12:00:00.5Z,1.50"]
--> ["2,a|b,,,,"]
--> ["3,a|b,,:,2024-02-29 12:00:00Z,3.00"]
--> ["5,\"a,\"\"b\",,1:x,,"]

--@test: csv that ignores errors has nulls instead
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, name STRING, v DOUBLE) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true');
PRODUCE TO t VALUE 'x,a,1';
PRODUCE TO t VALUE '1';
PRODUCE TO t VALUE '2,,';
PRODUCE TO t VALUE '1,2,3,4';
SELECT * FROM T;
EXPECT ROWS;
--> [null,"a",1.0]
--> [1,null,null]
--> [2,"",null]

--@test: json that ignores errors has nulls; one that misses fields is left out where that is asked for
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id INT, b BOOLEAN, d DECIMAL(5,2), r ROW<x INT, y STRING>, at TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'json.ignore-parse-errors' = 'true');
CREATE TABLE F (id INT, b BOOLEAN) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'json.fail-on-missing-field' = 'true');
CREATE TABLE U (id INT, r ROW<x INT, y STRING>, at TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'topic' = 'u', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601', 'json.encode.ignore-null-fields' = 'true');
INSERT INTO U SELECT id, r, at FROM T;
PRODUCE TO t VALUE '{"id":1,"b":"true","d":1.005,"r":{"x":"q","y":"z"},"at":"2024-02-29 12:00:00.5Z"}';
PRODUCE TO t VALUE '{"id":"x","b":1,"d":123456,"r":[],"at":"soon"}';
PRODUCE TO t VALUE '{"id":3}';
PRODUCE TO t VALUE '{"id":';
SELECT * FROM T;
EXPECT ROWS;
--> [1,true,1.01,{"x":null,"y":"z"},"2024-02-29T12:00:00.500"]
--> [null,null,null,null,null]
--> [3,null,null,null,null]
SELECT * FROM F;
EXPECT ROWS;
--> [1,true]
EXPECT TOPIC u;
--> {"key":null,"value":{"id":1,"r":{"x":null,"y":"z"},"at":"2024-02-29T12:00:00.5Z"},"timestamp":1000}
--> {"key":null,"value":{},"timestamp":1000}
--> {"key":null,"value":{"id":3},"timestamp":1000}

--@test: raw is one column: numbers in a byte order, texts in a charset
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (n SMALLINT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw', 'raw.endianness' = 'little-endian');
CREATE TABLE L (s STRING) WITH ('connector' = 'kafka', 'topic' = 'l', 'format' = 'raw', 'raw.charset' = 'ISO-8859-1');
CREATE TABLE M (s STRING) WITH ('connector' = 'kafka', 'topic' = 'm', 'format' = 'raw', 'raw.charset' = 'UTF-16LE');
INSERT INTO M SELECT s FROM L;
PRODUCE TO t VALUE X'0100';
PRODUCE TO t VALUE X'ffff';
PRODUCE TO t VALUE X'ffffff';
PRODUCE TO l VALUE X'e9';
SELECT * FROM T;
EXPECT ROWS;
--> [1]
--> [-1]
SELECT * FROM L;
EXPECT ROWS;
--> ["é"]
SELECT * FROM M;
EXPECT ROWS;
--> ["é"]

--@test: avro has the schema of the table, avro-confluent that of the registry
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE T (id BIGINT NOT NULL, name STRING, f FLOAT, m MAP<STRING, INT>, a ARRAY<STRING>, r ROW<x INT, y ROW<z STRING>>, at TIMESTAMP(3), us TIMESTAMP, d DECIMAL(10,2), dt DATE) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'avro');
CREATE TABLE C (id BIGINT NOT NULL, name STRING, f FLOAT, m MAP<STRING, INT>, a ARRAY<STRING>, r ROW<x INT, y ROW<z STRING>>, at TIMESTAMP(3), us TIMESTAMP, d DECIMAL(10,2), dt DATE) WITH ('connector' = 'kafka', 'topic' = 'c', 'format' = 'avro-confluent', 'avro-confluent.url' = 'http://nowhere');
CREATE TABLE J (id BIGINT NOT NULL, name STRING, f FLOAT, m MAP<STRING, INT>, a ARRAY<STRING>, r ROW<x INT, y ROW<z STRING>>, at TIMESTAMP(3), us TIMESTAMP, d DECIMAL(10,2), dt DATE) WITH ('connector' = 'kafka', 'topic' = 'j', 'format' = 'json');
INSERT INTO T SELECT * FROM J;
INSERT INTO C SELECT * FROM J;
PRODUCE TO j VALUE '{"id":1,"name":"a","f":0.5,"m":{"k":1},"a":["x",null],"r":{"x":1,"y":{"z":"q"}},"at":"2024-02-29 12:00:00.5","us":"2024-02-29 12:00:00.5","d":1.25,"dt":"2024-02-29"}';
PRODUCE TO j VALUE '{"id":2}';
PRODUCE TO t VALUE X'ff';
SELECT * FROM T;
EXPECT ROWS;
--> [1,"a",0.5,{"k":1},["x",null],{"x":1,"y":{"z":"q"}},"2024-02-29T12:00:00.500","2024-02-29T12:00:00.500",1.25,"2024-02-29"]
--> [2,null,null,null,null,null,null,null,null,null]
SELECT * FROM C;
EXPECT ROWS;
--> [1,"a",0.5,{"k":1},["x",null],{"x":1,"y":{"z":"q"}},"2024-02-29T12:00:00.500","2024-02-29T12:00:00.500",1.25,"2024-02-29"]
--> [2,null,null,null,null,null,null,null,null,null]
CREATE TABLE B (b BYTES) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw');
SELECT * FROM B;
EXPECT ROWS;
--> ["AgICYQIAAAA/AgICawICAAIEAgJ4AAACAgICAgJxAujf4su+YwLAxLz7/6CJBgICfQKMtQI="]
--> ["BAAAAAAAAAAAAA=="]
--> ["/w=="]
