-- Sessions that speak Flink SQL: tables with connectors, jobs that end when their input does, results that change.

--@test: results that change are an upsert topic's records, also after a restart
CREATE STREAM bids (auction BIGINT KEY, price BIGINT) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
INSERT INTO bids (ROWTIME, auction, price) VALUES (1000, 1, 10);
INSERT INTO bids (ROWTIME, auction, price) VALUES (2000, 2, 20);
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Offers (`PRICE` BIGINT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE Best (tens BIGINT, price BIGINT, offers BIGINT, PRIMARY KEY (tens) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'best', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO Best SELECT `PRICE` / 100, MAX(`PRICE`), COUNT(*) FROM Offers GROUP BY `PRICE` / 100;
EXPECT TOPIC best;
--> {"key":{"tens":0},"value":{"tens":0,"price":10,"offers":1},"timestamp":1000}
--> {"key":{"tens":0},"value":{"tens":0,"price":20,"offers":2},"timestamp":2000}
RESTART;
SET 'sluice.sql.dialect' = 'ksql';
INSERT INTO bids (ROWTIME, auction, price) VALUES (3000, 1, 15);
INSERT INTO bids (ROWTIME, auction, price) VALUES (4000, 1, 110);
EXPECT TOPIC best;
--> {"key":{"tens":0},"value":{"tens":0,"price":20,"offers":3},"timestamp":3000}
--> {"key":{"tens":1},"value":{"tens":1,"price":110,"offers":1},"timestamp":4000}

--@test: names keep their case, and both dialects see the same topics
CREATE STREAM bids (auction BIGINT KEY, price BIGINT) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
INSERT INTO bids (auction, price) VALUES (1, 10);
INSERT INTO bids (auction, price) VALUES (1, 30);
INSERT INTO bids (auction, price) VALUES (2, 20);
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Offers (`PRICE` BIGINT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT `PRICE` * 2 AS doubled FROM Offers WHERE `PRICE` > 15;
EXPECT ROWS;
--> [60]
--> [40]

--@test: a window gives its result when the watermark passes its end
CREATE STREAM bids (id BIGINT KEY, price BIGINT, at VARCHAR) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
INSERT INTO bids (ROWTIME, id, price, at) VALUES (1, 1, 10, '2024-02-29 12:00:01');
INSERT INTO bids (ROWTIME, id, price, at) VALUES (2, 1, 30, '2024-02-29 12:00:09.999');
INSERT INTO bids (ROWTIME, id, price, at) VALUES (3, 1, 20, '2024-02-29 12:00:11');
INSERT INTO bids (ROWTIME, id, price, at) VALUES (4, 1, 50, '2024-02-29 12:00:05');
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Offers (`PRICE` BIGINT, `AT` TIMESTAMP(3), WATERMARK FOR `AT` AS `AT` - INTERVAL '2' SECOND)
  WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
SELECT window_start, MAX(`PRICE`) AS best, COUNT(*) AS offers
  FROM TABLE(TUMBLE(TABLE Offers, DESCRIPTOR(`AT`), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
EXPECT ROWS;
-->
SET 'sluice.sql.dialect' = 'ksql';
INSERT INTO bids (ROWTIME, id, price, at) VALUES (5, 1, 40, '2024-02-29 12:00:12');
EXPECT ROWS;
--> ["2024-02-29T12:00:00.000",50,3]

--@test: a query over bounded tables gives the rows there are at the end
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '6',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '6');
SELECT n FROM (SELECT n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 2) ORDER BY n DESC) AS place FROM Numbers) WHERE place = 1;
EXPECT ROWS;
--> [5]
--> [6]

--@test: VALUES are records at once
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Users (id BIGINT, name STRING, since TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'users', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO Users VALUES (1, 'Ann', TIMESTAMP '2024-02-29 12:00:00'), (2, 'Bob', NULL);
INSERT INTO Users (name, id) VALUES ('Cy', 3);
SELECT id, name, since FROM Users;
EXPECT ROWS;
--> [1,"Ann","2024-02-29T12:00:00.000"]
--> [2,"Bob",null]
--> [3,"Cy",null]
INSERT INTO Users (nick, id) VALUES ('Di', 4);
--! Column name nick does not exist
INSERT INTO Users VALUES (4, 'Di');
--! there are 3 columns and 2 values
CREATE TABLE Shown (id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO Shown VALUES (1);

--@test: EXPLAIN shows the plan
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE Shown (n INT) WITH ('connector' = 'print');
EXPLAIN SELECT COUNT(*) AS c FROM Numbers WHERE n > 1;
--> SINK results: `c` BIGINT
--> PROJECT $agg0 AS `c`
--> GROUP AGGREGATE: COUNT(*)
--> EXCHANGE all partitions into one
--> PROJECT
--> FILTER (n > 1)
--> SOURCE Numbers (topic datagen:{"number-of-rows": 1, "fields": [{"name": "n", "type": "INTEGER", "kind": "random"}]}, NONE/JSON): `n` INTEGER
EXPLAIN INSERT INTO Shown SELECT n FROM Numbers;
--> SINK stream Shown (topic print:Shown, NONE/JSON): `n` INTEGER
--> EXCHANGE all partitions into one
--> SOURCE Numbers (topic datagen:{"number-of-rows": 1, "fields": [{"name": "n", "type": "INTEGER", "kind": "random"}]}, NONE/JSON): `n` INTEGER
EXPLAIN ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN, PLAN_ADVICE SELECT 1 AS one;
--> SINK results: `one` INTEGER
--> EXCHANGE all partitions into one
--> PROJECT 1 AS `one`
--> SOURCE $values (topic datagen:{"number-of-rows": 1, "fields": []}, NONE/JSON):
EXPLAIN CREATE TABLE Others WITH ('connector' = 'print') AS SELECT 1 AS one;
--> SINK results: `one` INTEGER
--> EXCHANGE all partitions into one
--> PROJECT 1 AS `one`
--> SOURCE $values (topic datagen:{"number-of-rows": 1, "fields": []}, NONE/JSON):
EXPLAIN STATEMENT SET BEGIN INSERT INTO Shown SELECT n FROM Numbers; INSERT INTO Shown SELECT n + 1 FROM Numbers; END;
--> SINK stream Shown (topic print:Shown, NONE/JSON): `n` INTEGER
--> EXCHANGE all partitions into one
--> SOURCE Numbers (topic datagen:{"number-of-rows": 1, "fields": [{"name": "n", "type": "INTEGER", "kind": "random"}]}, NONE/JSON): `n` INTEGER
--> SINK stream Shown (topic print:Shown, NONE/JSON): `n` INTEGER
--> EXCHANGE all partitions into one
--> PROJECT (n + 1) AS `n`
--> SOURCE Numbers (topic datagen:{"number-of-rows": 1, "fields": [{"name": "n", "type": "INTEGER", "kind": "random"}]}, NONE/JSON): `n` INTEGER

--@test: what EXPLAIN does not explain
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
EXPLAIN DROP TABLE Numbers;
--! EXPLAIN is for statements that run a query
EXPLAIN SET 'a' = 'b';
--! EXPLAIN is for statements that run a query
EXPLAIN COSTS SELECT 1;
--! Unexpected COSTS: expected a statement such as SELECT, CREATE or INSERT
EXPLAIN STATEMENT SET BEGIN INSERT INTO Missing SELECT n FROM Numbers; END;
--! Cannot find table 'Missing'
EXPLAIN ANALYZE STATEMENT SET BEGIN INSERT INTO Numbers SELECT 1; END;
--! EXPLAIN ANALYZE is for SELECT

--@test: a sink that takes new rows only refuses a query whose results change
--@expected.error: STATEMENT
--@expected.message: doesn't support consuming update and delete changes
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE Totals (total BIGINT) WITH ('connector' = 'kafka', 'topic' = 'totals', 'format' = 'json');
INSERT INTO Totals SELECT COUNT(*) FROM Numbers;

--@test: a table by a name in another case
--@expected.error: statement
--@expected.message: Object 'numbers' not found
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE Numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
SELECT n FROM numbers;

--@test: a connector that is not there
--@expected.error: statement
--@expected.message: There is no connector 'elasticsearch-7'
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE t (a INT) WITH ('connector' = 'elasticsearch-7');

--@test: Flink's settings are for its sessions only
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '1 h';
SET 'sluice.sql.dialect' = 'ksql';
SET 'table.exec.mini-batch.size' = '5';
--! There is no property 'table.exec.mini-batch.size'

--@test: columns with one name are told apart; the last row by processing time is the one that came last
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE events (k STRING, n INT, at AS PROCTIME()) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO events VALUES ('a', 1), ('b', 2), ('a', 3), ('a', 4);
CREATE TABLE pairs WITH ('connector' = 'kafka', 'topic' = 'pairs', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset')
  AS SELECT l.n, r.n FROM (SELECT k, n FROM events) l JOIN (SELECT k, n FROM events) r ON l.k = r.k AND r.n = l.n + 1;
EXPECT TOPIC pairs;
--> {"key":null,"value":{"n":3,"n0":4},"timestamp":1000}
SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at DESC) AS place FROM events) WHERE place = 1;
EXPECT ROWS;
--> ["a",4]
--> ["b",2]
SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at) AS place FROM events) WHERE place = 1;
EXPECT ROWS;
--> ["a",1]
--> ["b",2]
