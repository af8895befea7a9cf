-- Formats: how the bytes of keys and values become columns. VALUE_FORMAT and KEY_FORMAT (or FORMAT for
-- both) are JSON, DELIMITED or KAFKA here. A record that cannot be read is left out and reported to the processing log;
-- the records around it are not touched by that.

--@test: JSON is lenient where nothing is lost
-- Numbers may be texts, texts may be anything, unknown fields are skipped, missing ones are NULL.
CREATE STREAM s (id INT KEY, n INT, d DOUBLE, t STRING, b BOOLEAN) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"N":"12","D":"1.5","T":42,"B":true,"UNKNOWN":[1,{}]}' TIMESTAMP 1;
PRODUCE TO s KEY INT 2 VALUE '{"N":null,"T":{"a":[1,2]}}' TIMESTAMP 2;
PRODUCE TO s KEY INT 3 VALUE '{}' TIMESTAMP 3;
PRODUCE TO s KEY INT 4 VALUE '{"T":"\u00e4 \"quoted\" \ud83d\ude00 \n"}' TIMESTAMP 4;
EXPECT TOPIC O;
--> {"key":1,"value":{"N":12,"D":1.5,"T":"42","B":true},"timestamp":1}
--> {"key":2,"value":{"N":null,"D":null,"T":"{\"a\":[1,2]}","B":null},"timestamp":2}
--> {"key":3,"value":{"N":null,"D":null,"T":null,"B":null},"timestamp":3}
--> {"key":4,"value":{"N":null,"D":null,"T":"ä \"quoted\" 😀 \n","B":null},"timestamp":4}

--@test: a bad record leaves its neighbours alone
CREATE STREAM s (id INT KEY, n INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"N":1}' TIMESTAMP 1;
PRODUCE TO s KEY INT 2 VALUE 'this is no JSON' TIMESTAMP 2;
PRODUCE TO s KEY INT 3 VALUE '{"N":"three"}' TIMESTAMP 3;
PRODUCE TO s KEY INT 4 VALUE '{"N":4' TIMESTAMP 4;
PRODUCE TO s KEY INT 5 VALUE '' TIMESTAMP 5;
PRODUCE TO s KEY X'0102' VALUE '{"N":6}' TIMESTAMP 6;
PRODUCE TO s KEY INT 7 VALUE '{"N":99999999999}' TIMESTAMP 7;
PRODUCE TO s KEY INT 8 VALUE '{"N":8}' TIMESTAMP 8;
EXPECT TOPIC O;
--> {"key":1,"value":{"N":1},"timestamp":1}
--> {"key":8,"value":{"N":8},"timestamp":8}

--@test: nulls of streams
-- A record without a value passes through a projection as it is; no filter lets it through. A null key is a NULL key column.
CREATE STREAM s (id INT KEY, n INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
CREATE STREAM filtered AS SELECT * FROM s WHERE true;
PRODUCE TO s KEY INT 1 TIMESTAMP 1;
PRODUCE TO s VALUE '{"N":2}' TIMESTAMP 2;
PRODUCE TO s KEY INT 3 VALUE '{"N":null}' TIMESTAMP 3;
EXPECT TOPIC O;
--> {"key":1,"value":null,"timestamp":1}
--> {"key":null,"value":{"N":2},"timestamp":2}
--> {"key":3,"value":{"N":null},"timestamp":3}
EXPECT TOPIC FILTERED;
--> {"key":null,"value":{"N":2},"timestamp":2}
--> {"key":3,"value":{"N":null},"timestamp":3}

--@test: DELIMITED lines
CREATE STREAM s (id STRING KEY, a INT, b STRING, c DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED');
CREATE STREAM o WITH (VALUE_FORMAT='JSON') AS SELECT * FROM s;
PRODUCE TO s KEY 'k1' VALUE '1,plain,1.5' TIMESTAMP 1;
PRODUCE TO s KEY 'k2' VALUE '2,"quoted, with ""comma""",2.5' TIMESTAMP 2;
PRODUCE TO s KEY 'k3' VALUE ',,' TIMESTAMP 3;
PRODUCE TO s KEY 'k4' VALUE '4,too few' TIMESTAMP 4;
PRODUCE TO s KEY 'k5' VALUE '5,too,5.5,many' TIMESTAMP 5;
PRODUCE TO s KEY 'k6' VALUE 'six,not a number,6' TIMESTAMP 6;
PRODUCE TO s KEY 'k7' VALUE '7,last,7.5' TIMESTAMP 7;
EXPECT TOPIC O;
--> {"key":"k1","value":{"A":1,"B":"plain","C":1.5},"timestamp":1}
--> {"key":"k2","value":{"A":2,"B":"quoted, with \"comma\"","C":2.5},"timestamp":2}
--> {"key":"k3","value":{"A":null,"B":null,"C":null},"timestamp":3}
--> {"key":"k7","value":{"A":7,"B":"last","C":7.5},"timestamp":7}

--@test: DELIMITED with another delimiter, and what is quoted in the output
CREATE STREAM s (id STRING KEY, a INT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='|');
CREATE STREAM tabs WITH (VALUE_DELIMITER='TAB') AS SELECT * FROM s;
CREATE STREAM commas WITH (VALUE_DELIMITER=',') AS SELECT * FROM s;
PRODUCE TO s KEY 'k' VALUE '1|a, b' TIMESTAMP 1;
PRODUCE TO s KEY 'k' VALUE '2|' TIMESTAMP 2;
EXPECT TOPIC TABS;
--> {"key":"k","value":"1\ta, b","timestamp":1}
--> {"key":"k","value":"2\t","timestamp":2}
EXPECT TOPIC COMMAS;
--> {"key":"k","value":"1,\"a, b\"","timestamp":1}
--> {"key":"k","value":"2,","timestamp":2}

--@test: KAFKA is one value as Kafka's own serializers write it
CREATE STREAM ints (k BIGINT KEY, v INT) WITH (KAFKA_TOPIC='ints', FORMAT='KAFKA');
CREATE STREAM doubles (k STRING KEY, v DOUBLE) WITH (KAFKA_TOPIC='doubles', FORMAT='KAFKA');
CREATE STREAM ints_json WITH (VALUE_FORMAT='JSON') AS SELECT * FROM ints;
CREATE STREAM doubles_json WITH (VALUE_FORMAT='JSON') AS SELECT * FROM doubles;
CREATE STREAM ints_kafka AS SELECT k, v + 1 AS v FROM ints;
PRODUCE TO ints KEY BIGINT 5000000000 VALUE INT 7 TIMESTAMP 1;
PRODUCE TO ints KEY BIGINT 1 VALUE X'00' TIMESTAMP 2;
PRODUCE TO ints KEY BIGINT 2 VALUE INT -2 TIMESTAMP 3;
PRODUCE TO doubles KEY 'k' VALUE DOUBLE 2.25 TIMESTAMP 4;
EXPECT TOPIC INTS_JSON;
--> {"key":5000000000,"value":{"V":7},"timestamp":1}
--> {"key":2,"value":{"V":-2},"timestamp":3}
EXPECT TOPIC INTS_KAFKA;
--> {"key":5000000000,"value":8,"timestamp":1}
--> {"key":2,"value":-1,"timestamp":3}
EXPECT TOPIC DOUBLES_JSON;
--> {"key":"k","value":{"V":2.25},"timestamp":4}

--@test: a single column in JSON, in an object or bare
CREATE STREAM wrapped (v INT) WITH (KAFKA_TOPIC='wrapped', VALUE_FORMAT='JSON');
CREATE STREAM bare WITH (WRAP_SINGLE_VALUE=false) AS SELECT * FROM wrapped;
PRODUCE TO wrapped VALUE '{"V":1}' TIMESTAMP 1;
EXPECT TOPIC BARE;
--> {"key":null,"value":1,"timestamp":1}
CREATE STREAM from_bare (v INT) WITH (KAFKA_TOPIC='BARE', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false);
CREATE STREAM again AS SELECT v * 10 AS v FROM from_bare;
EXPECT TOPIC AGAIN;
--> {"key":null,"value":{"V":10},"timestamp":1}

--@test: keys in each format
CREATE STREAM s (a INT, b STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM json_key WITH (KEY_FORMAT='JSON') AS SELECT a, b, v FROM s PARTITION BY a, b;
CREATE STREAM delimited_key WITH (KEY_FORMAT='DELIMITED') AS SELECT a, b, v FROM s PARTITION BY a, b;
CREATE STREAM kafka_key AS SELECT a, b, v FROM s PARTITION BY b;
CREATE STREAM no_key WITH (KEY_FORMAT='NONE') AS SELECT a, b, v FROM s;
PRODUCE TO s VALUE '{"A":1,"B":"x","V":10}' TIMESTAMP 1;
EXPECT TOPIC JSON_KEY;
--> {"key":{"A":1,"B":"x"},"value":{"V":10},"timestamp":1}
EXPECT TOPIC DELIMITED_KEY;
--> {"key":"1,x","value":{"V":10},"timestamp":1}
EXPECT TOPIC KAFKA_KEY;
--> {"key":"x","value":{"A":1,"V":10},"timestamp":1}
EXPECT TOPIC NO_KEY;
--> {"key":null,"value":{"A":1,"B":"x","V":10},"timestamp":1}

--@test: nested values
CREATE STREAM s (id INT KEY, address STRUCT<street STRING, numbers ARRAY<INT>>, tags MAP<STRING, INT>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, address->street AS street, address->numbers[1] AS first, tags['x'] AS x, tags FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"ADDRESS":{"STREET":"High","NUMBERS":[4,6]},"TAGS":{"x":1,"y":null}}' TIMESTAMP 1;
PRODUCE TO s KEY INT 2 VALUE '{"ADDRESS":null,"TAGS":{}}' TIMESTAMP 2;
EXPECT TOPIC O;
--> {"key":1,"value":{"STREET":"High","FIRST":4,"X":1,"TAGS":{"x":1,"y":null}},"timestamp":1}
--> {"key":2,"value":{"STREET":null,"FIRST":null,"X":null,"TAGS":{}},"timestamp":2}

--@test: numbers keep their digits
CREATE STREAM s (id INT KEY, money DECIMAL(20, 4), d DOUBLE, b BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"MONEY":1234567890123456.7891,"D":1e300,"B":-9223372036854775808}' TIMESTAMP 1;
PRODUCE TO s KEY INT 2 VALUE '{"MONEY":1,"D":0.1,"B":9223372036854775807}' TIMESTAMP 2;
EXPECT TOPIC O;
--> {"key":1,"value":{"MONEY":1234567890123456.7891,"D":1.0E300,"B":-9223372036854775808},"timestamp":1}
--> {"key":2,"value":{"MONEY":1.0000,"D":0.1,"B":9223372036854775807},"timestamp":2}

--@test: PROTOBUF tells nulls from zeros when asked to, and what is made of it does too
CREATE STREAM s (k INT KEY, i INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM optional WITH (VALUE_FORMAT='PROTOBUF', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL') AS SELECT * FROM s;
CREATE STREAM wrapped WITH (VALUE_FORMAT='PROTOBUF_NOSR', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='WRAPPER') AS SELECT * FROM s;
CREATE STREAM plain WITH (VALUE_FORMAT='PROTOBUF') AS SELECT * FROM s;
CREATE STREAM copy AS SELECT * FROM optional;
PRODUCE TO s KEY INT 1 VALUE '{"i":null}' TIMESTAMP 1;
PRODUCE TO s KEY INT 2 VALUE '{"i":0,"t":""}' TIMESTAMP 2;
EXPECT TOPIC COPY;
--> {"key":1,"value":{"I":null,"T":null},"timestamp":1}
--> {"key":2,"value":{"I":0,"T":""},"timestamp":2}
EXPECT TOPIC WRAPPED;
--> {"key":1,"value":{"I":null,"T":null},"timestamp":1}
--> {"key":2,"value":{"I":0,"T":""},"timestamp":2}
EXPECT TOPIC PLAIN;
--> {"key":1,"value":{"I":0,"T":""},"timestamp":1}
--> {"key":2,"value":{"I":0,"T":""},"timestamp":2}
RESTART;
PRODUCE TO s KEY INT 3 VALUE '{"t":"x"}' TIMESTAMP 3;
EXPECT TOPIC COPY;
--> {"key":3,"value":{"I":null,"T":"x"},"timestamp":3}

--@test: an object in a STRING column is its text, members in their order
CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
PRODUCE TO s KEY INT 1 VALUE '{"v": {"b": 1, "a": {"d": [1.50, "x"], "c": null}, "b": 2}}' TIMESTAMP 1;
SELECT v FROM s EMIT CHANGES;
--> ["{\"b\":2,\"a\":{\"d\":[1.50,\"x\"],\"c\":null}}"]

--@test: errors
CREATE STREAM two (k INT KEY, a INT, b INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='KAFKA');
--! The 'KAFKA' format only supports a single field. There are 2 value columns
CREATE STREAM nested (k INT KEY, a ARRAY<INT>) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='DELIMITED');
--! The 'DELIMITED' format does not support the type ARRAY<INTEGER>, column: `A`
CREATE STREAM nested (k INT KEY, a ARRAY<INT>) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='KAFKA');
--! The 'KAFKA' format does not support the type ARRAY<INTEGER>, column: `A`
CREATE STREAM two_keys (k INT KEY, l INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! The 'KAFKA' format only supports a single field. There are 2 key columns
CREATE STREAM delimiter (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='<>');
--! The property VALUE_DELIMITER needs a single character, 'TAB' or 'SPACE'
CREATE STREAM delimiter (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', VALUE_DELIMITER=',');
--! JSON does not support the property VALUE_DELIMITER: only DELIMITED has a delimiter
CREATE STREAM both_said (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', FORMAT='JSON', VALUE_FORMAT='JSON');
--! Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats
CREATE STREAM wrapping (k INT KEY, a INT, b INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false);
--! 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas; there are 2 value columns
CREATE STREAM none_key (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', KEY_FORMAT='NONE', VALUE_FORMAT='JSON');
--! The 'NONE' format can only be used when no columns are defined. There is the key column `K`
CREATE STREAM s (k INT KEY, i INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL');
--! JSON does not support the property VALUE_PROTOBUF_NULLABLE_REPRESENTATION: only PROTOBUF and PROTOBUF_NOSR have one
CREATE STREAM s (k INT KEY, i INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='PROTOBUF', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='MAYBE');
--! The property VALUE_PROTOBUF_NULLABLE_REPRESENTATION needs 'OPTIONAL' or 'WRAPPER'
