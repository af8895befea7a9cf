-- Dates, times and timestamps as text. Patterns are those of Java's DateTimeFormatter. A row that does not follow its
-- pattern gives null, and a line in the processing log; its neighbours are unaffected.

--@test: texts become timestamps, also those with a zone of their own
CREATE STREAM logs (id INT KEY, at STRING) WITH (KAFKA_TOPIC='logs', VALUE_FORMAT='JSON');
CREATE STREAM read AS SELECT id, PARSE_TIMESTAMP(at, 'yyyy-MM-dd HH:mm[:ss][ zzz]', 'Europe/Paris') AS at FROM logs;
INSERT INTO logs VALUES (1, '2020-07-01 12:00');
INSERT INTO logs VALUES (2, '2020-07-01 12:00:30 PDT');
INSERT INTO logs VALUES (3, '2020-02-31 12:00');
INSERT INTO logs VALUES (4, 'yesterday');
INSERT INTO logs VALUES (5, '2020-07-01 24:00');
EXPECT TOPIC READ;
--> {"key":1,"value":{"AT":1593597600000},"timestamp":1000}
--> {"key":2,"value":{"AT":1593630030000},"timestamp":1000}
--> {"key":3,"value":{"AT":1582974000000},"timestamp":1000}
--> {"key":4,"value":{"AT":null},"timestamp":1000}
--> {"key":5,"value":{"AT":1593640800000},"timestamp":1000}

--@test: timestamps become texts
CREATE STREAM logs (id INT KEY, at TIMESTAMP) WITH (KAFKA_TOPIC='logs', VALUE_FORMAT='JSON');
CREATE STREAM shown AS SELECT id, FORMAT_TIMESTAMP(at, 'EEE, d MMM yyyy HH:mm:ss.SSS') AS plain,
  FORMAT_TIMESTAMP(at, 'YYYY-''W''ww h a z', 'America/New_York') AS there FROM logs;
INSERT INTO logs VALUES (1, '2020-12-29T13:05:06.007');
INSERT INTO logs VALUES (2, NULL);
EXPECT TOPIC SHOWN;
--> {"key":1,"value":{"PLAIN":"Tue, 29 Dec 2020 13:05:06.007","THERE":"2021-W01 8 AM EST"},"timestamp":1000}
--> {"key":2,"value":{"PLAIN":null,"THERE":null},"timestamp":1000}

--@test: the pattern may be another one for each row, and a malformed one hurts its row only
CREATE STREAM days (id INT KEY, day STRING, pattern STRING) WITH (KAFKA_TOPIC='days', VALUE_FORMAT='JSON');
CREATE STREAM read AS SELECT id, PARSE_DATE(day, pattern) AS day, PARSE_TIME(day, pattern) AS clock FROM days;
INSERT INTO days VALUES (1, '31/12/2020', 'dd/MM/yyyy');
INSERT INTO days VALUES (2, '20201231', 'yyyyMMdd');
INSERT INTO days VALUES (3, '31 Dec 20', 'd MMM yy');
INSERT INTO days VALUES (4, '12:30', 'HH:mm');
INSERT INTO days VALUES (5, '2020', 'bogus');
EXPECT TOPIC READ;
--> {"key":1,"value":{"DAY":18627,"CLOCK":null},"timestamp":1000}
--> {"key":2,"value":{"DAY":18627,"CLOCK":null},"timestamp":1000}
--> {"key":3,"value":{"DAY":18627,"CLOCK":null},"timestamp":1000}
--> {"key":4,"value":{"DAY":null,"CLOCK":45000000},"timestamp":1000}
--> {"key":5,"value":{"DAY":null,"CLOCK":null},"timestamp":1000}

--@test: what patterns cannot be
CREATE STREAM logs (id INT KEY, at TIMESTAMP) WITH (KAFKA_TOPIC='logs', VALUE_FORMAT='JSON');
SELECT FORMAT_TIMESTAMP(at) FROM logs EMIT CHANGES;
--! It can be called as FORMAT_TIMESTAMP(TIMESTAMP, STRING) -> STRING
SELECT DATEADD('DAYS', 1, CAST(at AS DATE)) FROM logs EMIT CHANGES;
--! Function 'DATEADD' does not accept parameters (STRING, INTEGER, DATE).

--@test: times at the ends of the calendar
CREATE STREAM s (id INT KEY, n INT, last BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM a AS SELECT id, TIMESTAMPADD(YEARS, n, FROM_UNIXTIME(0)) AS added, DATEADD(YEARS, n, FROM_DAYS(0)) AS day,
    FORMAT_TIMESTAMP(FROM_UNIXTIME(last), 'yyyy', 'Europe/Berlin') AS year,
    CONVERT_TZ(FROM_UNIXTIME(last), 'UTC', 'Europe/Berlin') AS berlin FROM s;
INSERT INTO s VALUES (1, 2147483647, 9223372036854775807);
ASSERT VALUES a (id, added, day, year, berlin) VALUES (1, NULL, NULL, '+292278994', NULL);
