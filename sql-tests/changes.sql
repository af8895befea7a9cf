-- FROM CHANGES(table) is the stream of a table's new rows: what the table's topic receives, without the
-- tombstones. It is how a rule over a table gives events.

--@test: each new row of a table is a record
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
CREATE STREAM all_changes AS SELECT * FROM CHANGES(t);
CREATE STREAM large AS SELECT k, total FROM CHANGES(t) WHERE total > 10;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 6);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'b', 20);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'a', 6);
EXPECT TOPIC ALL_CHANGES;
--> {"key":"a","value":{"TOTAL":6},"timestamp":1}
--> {"key":"b","value":{"TOTAL":20},"timestamp":2}
--> {"key":"a","value":{"TOTAL":12},"timestamp":3}
EXPECT TOPIC LARGE;
--> {"key":"b","value":{"TOTAL":20},"timestamp":2}
--> {"key":"a","value":{"TOTAL":12},"timestamp":3}

--@test: rows that a table loses are not among them
CREATE TABLE users (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE europe AS SELECT * FROM users WHERE region = 'eu';
CREATE STREAM arrivals AS SELECT * FROM CHANGES(europe);
INSERT INTO users (ROWTIME, id, region) VALUES (1, 1, 'eu');
INSERT INTO users (ROWTIME, id, region) VALUES (2, 1, 'us');
INSERT INTO users (ROWTIME, id, region) VALUES (3, 1, 'eu');
PRODUCE TO users KEY INT 1 TIMESTAMP 4;
EXPECT TOPIC ARRIVALS;
--> {"key":1,"value":{"REGION":"eu"},"timestamp":1}
--> {"key":1,"value":{"REGION":"eu"},"timestamp":3}

--@test: of a windowed table the window is part of the row
CREATE STREAM logins (name STRING KEY, ok BOOLEAN) WITH (KAFKA_TOPIC='logins', VALUE_FORMAT='JSON');
CREATE TABLE attempts AS
  SELECT name, COUNT(*) AS n FROM logins WINDOW TUMBLING (SIZE 1 MINUTE) WHERE NOT ok GROUP BY name;
CREATE STREAM alerts AS
  SELECT name, WINDOWSTART AS since_ms, n FROM CHANGES(attempts) WHERE n = 3;
INSERT INTO logins (ROWTIME, name, ok) VALUES (1000, 'ann', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (2000, 'ann', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (3000, 'ann', true);
INSERT INTO logins (ROWTIME, name, ok) VALUES (4000, 'ann', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (61000, 'ann', false);
EXPECT TOPIC ALERTS;
--> {"key":"ann","value":{"SINCE_MS":0,"N":3},"timestamp":4000}

--@test: and grouped again: how often did a total change
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, MAX(v) AS most FROM s GROUP BY k;
CREATE TABLE how_often AS SELECT k, COUNT(*) AS n FROM CHANGES(t) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'a', 2);
INSERT INTO s (ROWTIME, k, v) VALUES (3, 'b', 2);
SELECT * FROM how_often;
--> ["a",2]
--> ["b",1]

--@test: in a push query
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
SELECT * FROM CHANGES(t) EMIT CHANGES;
INSERT INTO s (ROWTIME, k, v) VALUES (1, 'a', 6);
INSERT INTO s (ROWTIME, k, v) VALUES (2, 'a', 6);
EXPECT ROWS;
--> ["a",6]
--> ["a",12]

--@test: a windowed table's changes as a stream again
CREATE STREAM logins (name STRING KEY, ok BOOLEAN) WITH (KAFKA_TOPIC='logins', VALUE_FORMAT='JSON');
CREATE TABLE attempts AS
  SELECT name, COUNT(*) AS n FROM logins WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY name;
CREATE STREAM alerts AS SELECT name, n FROM CHANGES(attempts) WHERE n = 3;
INSERT INTO logins (ROWTIME, name, ok) VALUES (1, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (2, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (3, 'eve', false);
INSERT INTO logins (ROWTIME, name, ok) VALUES (4, 'bob', true);
EXPECT TOPIC ALERTS;
--> {"key":"eve","value":{"N":3},"timestamp":3}

--@test: errors
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
CREATE STREAM o AS SELECT * FROM CHANGES(s);
--! CHANGES(S) needs a table
CREATE STREAM o AS SELECT * FROM CHANGES(missing);
--! MISSING does not exist
CREATE TABLE o AS SELECT * FROM CHANGES(t);
--! The SELECT gives a STREAM, but the statement creates a TABLE
CREATE STREAM o AS SELECT * FROM t;
--! The SELECT gives a TABLE, but the statement creates a STREAM
