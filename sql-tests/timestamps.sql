-- The time of a record. It is the record's own timestamp, or, with TIMESTAMP, the value of a column: that
-- time rules windows, joins and the timestamps of what is written.

--@test: a BIGINT column gives the event time, in milliseconds
CREATE STREAM s (id INT KEY, at BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at');
CREATE STREAM o AS SELECT id, ROWTIME AS t FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"AT":777}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"T":777},"timestamp":777}

--@test: so does a TIMESTAMP column
CREATE STREAM s (id INT KEY, at TIMESTAMP) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at');
CREATE STREAM o AS SELECT id, at FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"AT":1700000000000}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"AT":1700000000000},"timestamp":1700000000000}

--@test: and a text, with its pattern
CREATE STREAM s (id INT KEY, at STRING)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at', TIMESTAMP_FORMAT='yyyy-MM-dd''T''HH:mm:ssX');
CREATE STREAM o AS SELECT id, at FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"AT":"2023-11-14T22:13:20Z"}' TIMESTAMP 5;
PRODUCE TO s KEY INT 2 VALUE '{"AT":"2023-11-14T23:13:21+01"}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"AT":"2023-11-14T22:13:20Z"},"timestamp":1700000000000}
--> {"key":2,"value":{"AT":"2023-11-14T23:13:21+01"},"timestamp":1700000001000}

--@test: a row whose time cannot be read is left out
CREATE STREAM s (id INT KEY, at STRING)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at', TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss');
CREATE STREAM o AS SELECT id, at FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"AT":"2020-01-01 00:00:00"}' TIMESTAMP 5;
PRODUCE TO s KEY INT 2 VALUE '{"AT":"yesterday"}' TIMESTAMP 5;
PRODUCE TO s KEY INT 3 VALUE '{"AT":null}' TIMESTAMP 5;
PRODUCE TO s KEY INT 4 VALUE '{"AT":"2020-01-01 00:00:01"}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"AT":"2020-01-01 00:00:00"},"timestamp":1577836800000}
--> {"key":4,"value":{"AT":"2020-01-01 00:00:01"},"timestamp":1577836801000}

--@test: the output has a time column of its own
CREATE STREAM s (id INT KEY, sent BIGINT, seen BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='sent');
CREATE STREAM o WITH (TIMESTAMP='seen') AS SELECT id, seen, ROWTIME AS read_at FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"SENT":100,"SEEN":200}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"SEEN":200,"READ_AT":100},"timestamp":200}
CREATE STREAM p AS SELECT id, ROWTIME AS t FROM o;
EXPECT TOPIC P;
--> {"key":1,"value":{"T":200},"timestamp":200}

--@test: windows go by the event time
CREATE STREAM s (id INT KEY, at BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY id;
PRODUCE TO s KEY INT 1 VALUE '{"AT":1500}' TIMESTAMP 9000000;
PRODUCE TO s KEY INT 1 VALUE '{"AT":1600}' TIMESTAMP 5;
SELECT id, WINDOWSTART, n FROM t WHERE id = 1;
--> [1,1000,2]

--@test: comparing ROWTIME with a text
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE ROWTIME >= '2020-01-01T00:00:00';
INSERT INTO s (ROWTIME, id, v) VALUES (1577836799999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1577836800000, 2, 2);
EXPECT TOPIC O;
--> {"key":2,"value":{"V":2},"timestamp":1577836800000}

--@test: dates and times as texts and back
CREATE STREAM s (id INT KEY, at BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id,
    FORMAT_TIMESTAMP(FROM_UNIXTIME(at), 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC') AS utc,
    FORMAT_TIMESTAMP(FROM_UNIXTIME(at), 'HH:mm', 'Europe/Berlin') AS berlin,
    PARSE_TIMESTAMP('2020-02-29 12:00', 'yyyy-MM-dd HH:mm') AS leap,
    PARSE_DATE('29.02.2020', 'dd.MM.yyyy') AS day,
    UNIX_TIMESTAMP(FROM_UNIXTIME(at)) AS ms
  FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"AT":1700000000123}' TIMESTAMP 5;
EXPECT TOPIC O;
--> {"key":1,"value":{"UTC":"2023-11-14 22:13:20.123","BERLIN":"23:13","LEAP":1582977600000,"DAY":18321,"MS":1700000000123},"timestamp":5}

--@test: a record without a usable timestamp is left out, or stops the query where that is asked for
CREATE STREAM s (k INT KEY, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='t', TIMESTAMP_FORMAT='yyyy-MM-dd');
CREATE STREAM lenient AS SELECT k, t FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"t":"soon"}' TIMESTAMP 5;
PRODUCE TO s KEY INT 2 VALUE '{"t":"1970-01-02"}' TIMESTAMP 5;
EXPECT TOPIC LENIENT;
--> {"key":2,"value":{"T":"1970-01-02"},"timestamp":86400000}
SET 'ksql.timestamp.throw.on.invalid' = 'true';
CREATE STREAM strict AS SELECT k, t FROM s;
--! The record has no usable timestamp in its TIMESTAMP column.

--@test: errors
CREATE STREAM missing (id INT KEY, at BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='att');
--! The TIMESTAMP column `ATT` does not exist in `MISSING`
CREATE STREAM wrong_type (id INT KEY, at DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at');
--! The TIMESTAMP column `AT` must be a BIGINT (milliseconds), a TIMESTAMP, or a STRING with TIMESTAMP_FORMAT
CREATE STREAM text_alone (id INT KEY, at STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='at');
--! The TIMESTAMP column `AT` is a STRING, so its format must be known

--@test: a pattern that cannot be read is refused at once
CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='v', TIMESTAMP_FORMAT='yyyy-bb QQQ{');
--! TIMESTAMP_FORMAT 'yyyy-bb QQQ{' cannot be used: 2 of the letter b mean nothing
CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o WITH (TIMESTAMP='v', TIMESTAMP_FORMAT='yyyy-bb QQQ{') AS SELECT * FROM s;
--! TIMESTAMP_FORMAT 'yyyy-bb QQQ{' cannot be used: 2 of the letter b mean nothing
