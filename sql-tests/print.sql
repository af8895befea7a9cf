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

--@test: errors
CREATE STREAM clicks (id STRING KEY, v INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
PRINT click FROM BEGINNING;
--! There is no topic named 'click'
PRINT CLICKS FROM BEGINNING;
--! There is no topic named 'CLICKS'
PRINT clicks FROM START;
--! Unexpected START: expected BEGINNING
