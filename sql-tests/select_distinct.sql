-- SELECT DISTINCT gives rows that are equal in all selected columns once. Of a stream the first one comes; the result is
-- a stream. With sluice.state.ttl.ms a row comes again when its like has not been seen for that long.

--@test: the first of equal rows
CREATE STREAM visits (id INT KEY, city STRING, page STRING) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON');
CREATE STREAM firsts AS SELECT DISTINCT id, city FROM visits;
INSERT INTO visits (ROWTIME, id, city, page) VALUES (1, 1, 'Rome', '/a');
INSERT INTO visits (ROWTIME, id, city, page) VALUES (2, 1, 'Rome', '/b');
INSERT INTO visits (ROWTIME, id, city, page) VALUES (3, 1, 'Oslo', '/b');
INSERT INTO visits (ROWTIME, id, page) VALUES (4, 1, '/b');
RESTART;
INSERT INTO visits (ROWTIME, id, page) VALUES (5, 1, '/c');
INSERT INTO visits (ROWTIME, id, city, page) VALUES (6, 1, 'Rome', '/c');
INSERT INTO visits (ROWTIME, id, city, page) VALUES (7, 2, 'Rome', '/c');
EXPECT TOPIC FIRSTS;
--> {"key":1,"value":{"CITY":"Rome"},"timestamp":1}
--> {"key":1,"value":{"CITY":"Oslo"},"timestamp":3}
--> {"key":1,"value":{"CITY":null},"timestamp":4}
--> {"key":2,"value":{"CITY":"Rome"},"timestamp":7}

--@test: by another key, over several partitions
CREATE STREAM visits (id INT KEY, city STRING) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE STREAM cities WITH (PARTITIONS=1) AS SELECT DISTINCT city, UCASE(city) AS name FROM visits PARTITION BY city;
INSERT INTO visits (ROWTIME, id, city) VALUES (1, 1, 'Rome');
INSERT INTO visits (ROWTIME, id, city) VALUES (2, 2, 'Rome');
INSERT INTO visits (ROWTIME, id, city) VALUES (3, 3, 'Rome');
INSERT INTO visits (ROWTIME, id, city) VALUES (4, 4, 'Oslo');
EXPECT TOPIC CITIES;
--> {"key":"Rome","value":{"NAME":"ROME"},"timestamp":1}
--> {"key":"Oslo","value":{"NAME":"OSLO"},"timestamp":4}

--@test: a row comes again when its like is forgotten: the same event within 10 seconds is a duplicate
SET 'sluice.state.ttl.ms' = '10000';
CREATE STREAM events (id INT KEY, v INT) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON');
CREATE STREAM once AS SELECT DISTINCT * FROM events;
INSERT INTO events (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO events (ROWTIME, id, v) VALUES (9000, 1, 1);
INSERT INTO events (ROWTIME, id, v) VALUES (19000, 1, 1);
INSERT INTO events (ROWTIME, id, v) VALUES (29001, 1, 1);
EXPECT TOPIC ONCE;
--> {"key":1,"value":{"V":1},"timestamp":1000}
--> {"key":1,"value":{"V":1},"timestamp":29001}

--@test: push and pull queries
-- Rows that are the same are one also when they come from different partitions.
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE t AS SELECT k, MAX(v) AS v FROM s GROUP BY k;
SELECT DISTINCT v FROM s EMIT CHANGES;
-->
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 5);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 2, 5);
EXPECT ROWS;
--> [5]
INSERT INTO s (ROWTIME, k, v) VALUES (3, 3, 7);
EXPECT ROWS;
--> [7]
SELECT DISTINCT v FROM t;
--> [5]
--> [7]

--@test: of a table that changes, a row goes when the last of its like goes
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE t AS SELECT k, MAX(v) AS v FROM s GROUP BY k;
SELECT DISTINCT v FROM t EMIT CHANGES;
-->
INSERT INTO s (ROWTIME, k, v) VALUES (1, 1, 5);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 2, 5);
EXPECT ROWS;
--> [5]
INSERT INTO s (ROWTIME, k, v) VALUES (4, 1, 8);
EXPECT ROWS;
--> [8]
INSERT INTO s (ROWTIME, k, v) VALUES (5, 2, 8);
EXPECT ROWS;
--> deleted [5]

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT DISTINCT k, COUNT(*) AS n FROM s GROUP BY k;
--! SELECT DISTINCT cannot have a GROUP BY
CREATE TABLE t AS SELECT DISTINCT k, v FROM s;
--! The SELECT gives a STREAM, but the statement creates a TABLE
