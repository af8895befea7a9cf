-- table.exec.mini-batch.*: how long results that change are held back. What is left of them in the end is always the same.

--@test: without mini-batches each row gives its change
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE totals (item INT, total INT) WITH ('connector' = 'kafka', 'topic' = 'totals', 'format' = 'debezium-json');
CREATE TABLE best (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'best', 'format' = 'debezium-json');
INSERT INTO bids VALUES (1, 5), (1, 7), (2, 1);
SET 'table.exec.mini-batch.enabled' = 'false';
INSERT INTO totals SELECT item, SUM(price) FROM bids GROUP BY item;
INSERT INTO best SELECT item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bids) WHERE n = 1;
CREATE TABLE changes (op STRING, before ROW<total INT, price INT>, after ROW<total INT, price INT>)
  WITH ('connector' = 'kafka', 'topic' = 'totals', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT op, COALESCE(after.total, before.total) AS total FROM changes;
--> ["c",5]
--> ["d",5]
--> ["c",12]
--> ["c",1]
SELECT op, COALESCE(after.price, before.price) AS price FROM changes /*+ OPTIONS('topic' = 'best') */;
--> ["c",5]
--> ["d",5]
--> ["c",7]
--> ["c",1]

--@test: with them they come together, in batches of so many rows
SET 'sluice.sql.dialect' = 'flink';
SET 'cache.max.bytes.buffering' = '10000000'; -- not the 0 of these documents
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE totals (item INT, total INT) WITH ('connector' = 'kafka', 'topic' = 'totals', 'format' = 'debezium-json');
CREATE TABLE best (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'best', 'format' = 'debezium-json');
INSERT INTO bids VALUES (1, 5), (1, 7), (1, 9), (2, 1), (1, 10);
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 h';
SET 'table.exec.mini-batch.size' = '3';
INSERT INTO totals SELECT item, SUM(price) FROM bids GROUP BY item;
INSERT INTO best SELECT item, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bids) WHERE n = 1;
CREATE TABLE changes (op STRING, before ROW<total INT, price INT>, after ROW<total INT, price INT>)
  WITH ('connector' = 'kafka', 'topic' = 'totals', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT op, COALESCE(after.total, before.total) AS total FROM changes;
--> ["c",21]
--> ["c",1]
--> ["d",21]
--> ["c",31]
SELECT op, COALESCE(after.price, before.price) AS price FROM changes /*+ OPTIONS('topic' = 'best') */;
--> ["c",9]
--> ["c",1]
--> ["d",9]
--> ["c",10]

--@test: a job writes within the latency that is allowed
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (item INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE counts (item INT, c BIGINT) WITH ('connector' = 'print');
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = 'soon';
INSERT INTO counts SELECT item, COUNT(*) FROM bids GROUP BY item;
--! 'table.exec.mini-batch.allow-latency' is 'soon', which is no duration
SET 'table.exec.mini-batch.allow-latency' = '2 s';
SET 'table.exec.mini-batch.size' = '-1';
INSERT INTO counts SELECT item, COUNT(*) FROM bids GROUP BY item;
--! 'table.exec.mini-batch.size' must be a number of rows, 1 or more, not '-1'
SET 'table.exec.mini-batch.enabled' = 'perhaps';
INSERT INTO counts SELECT item, COUNT(*) FROM bids GROUP BY item;
--! 'table.exec.mini-batch.enabled' must be 'true' or 'false', not 'perhaps'

--@test: settings that are times say so
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (item INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
SET 'table.exec.state.ttl' = '1 fortnight';
SELECT item, COUNT(*) FROM bids GROUP BY item;
--! 'table.exec.state.ttl' is '1 fortnight', which is no duration
