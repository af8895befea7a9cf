-- PRINT shows the records of a topic as they are, without any stream over it.

--@test: keys and values, with a guess at their formats
ADVANCE TIME TO 1000;
CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
PRODUCE TO s KEY 'a' VALUE '{"V":1}' TIMESTAMP 1000;
PRODUCE TO s KEY 'b' VALUE '{"V":2}' TIMESTAMP 2000;
PRINT s FROM BEGINNING LIMIT 2;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: a, value: {"V":1}, partition: 0
--> rowtime: 1970/01/01 00:00:02.000 Z, key: b, value: {"V":2}, partition: 0

--@test: texts, numbers, nulls and bytes
CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
PRODUCE TO s KEY INT 7 VALUE 'a,b,c' TIMESTAMP 1000;
PRODUCE TO s VALUE 'x' TIMESTAMP 2000;
PRODUCE TO s KEY INT 8 TIMESTAMP 3000;
PRINT s FROM BEGINNING LIMIT 3;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: 7, value: a,b,c, partition: 0
--> rowtime: 1970/01/01 00:00:02.000 Z, key: <null>, value: x, partition: 0
--> rowtime: 1970/01/01 00:00:03.000 Z, key: 8, value: <null>, partition: 0

--@test: every second record
CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
PRODUCE TO s KEY 'a' VALUE '{"V":1}' TIMESTAMP 1000;
PRODUCE TO s KEY 'b' VALUE '{"V":2}' TIMESTAMP 2000;
PRODUCE TO s KEY 'c' VALUE '{"V":3}' TIMESTAMP 3000;
PRINT s FROM BEGINNING INTERVAL 2 LIMIT 2;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: a, value: {"V":1}, partition: 0
--> rowtime: 1970/01/01 00:00:03.000 Z, key: c, value: {"V":3}, partition: 0

--@test: a payload with a schema is shown as what the schema says
CREATE STREAM s (id INT KEY, `name` STRING, tags ARRAY<STRING>) WITH (KAFKA_TOPIC='s', KEY_FORMAT='AVRO', VALUE_FORMAT='AVRO');
CREATE STREAM p (id INT KEY, price DECIMAL(6, 2)) WITH (KAFKA_TOPIC='p', VALUE_FORMAT='PROTOBUF');
INSERT INTO s (ROWTIME, id, `name`, tags) VALUES (1000, 1, 'ann', ARRAY['x', 'y']);
INSERT INTO p (ROWTIME, id, price) VALUES (1000, 2, 1.50);
PRINT s FROM BEGINNING LIMIT 1;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: 1, value: {"name": "ann", "TAGS": ["x","y"]}, partition: 0
PRINT p FROM BEGINNING LIMIT 1;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: 2, value: {"PRICE": 1.50}, partition: 0

--@test: windows stand behind the key
CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE hours AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;
CREATE TABLE visits AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (1 MINUTE) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (3600000, 'a', 1);
INSERT INTO s (ROWTIME, id, v) VALUES (3601000, 'a', 1);
PRINT HOURS FROM BEGINNING LIMIT 2;
--> rowtime: 1970/01/01 01:00:00.000 Z, key: [a@3600000/7200000], value: {"N":1}, partition: 0
--> rowtime: 1970/01/01 01:00:01.000 Z, key: [a@3600000/7200000], value: {"N":2}, partition: 0
PRINT VISITS FROM BEGINNING LIMIT 3;
--> rowtime: 1970/01/01 01:00:00.000 Z, key: [a@3600000/3600000], value: {"N":1}, partition: 0
--> rowtime: 1970/01/01 01:00:00.000 Z, key: [a@3600000/3600000], value: <null>, partition: 0
--> rowtime: 1970/01/01 01:00:01.000 Z, key: [a@3600000/3601000], value: {"N":2}, partition: 0

--@test: PRINT shows a topic
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 5, 1);
PRINT 's' FROM BEGINNING LIMIT 1;
EXPECT ROWS;
--> rowtime: 1970/01/01 00:00:01.000 Z, key: 5, value: {"V":1}, partition: 0

--@test: errors
CREATE STREAM clicks (id STRING KEY, v INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
PRINT click FROM BEGINNING;
--! There is no topic named 'click'
PRINT CLICKS FROM BEGINNING;
--! There is no topic named 'CLICKS'
PRINT clicks FROM START;
--! Unexpected START: expected BEGINNING
