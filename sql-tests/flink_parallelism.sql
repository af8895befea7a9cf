-- parallelism.default and table.exec.resource.default-parallelism: how many threads a job may have. Results do not depend on them.

--@test: as many tasks as there are partitions, on several threads
CREATE STREAM made (item STRING, price INT) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', PARTITIONS=4);
SET 'sluice.sql.dialect' = 'flink';
SET 'parallelism.default' = '2';
CREATE TABLE bids (item STRING, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE totals (item STRING, n BIGINT, total INT, PRIMARY KEY (item) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'totals', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO totals SELECT item, COUNT(*), SUM(price) FROM bids WHERE price > 1 GROUP BY item;
INSERT INTO bids VALUES ('pen', 1), ('ink', 2), ('pen', 3), ('cup', 4), ('ink', 5), ('pen', 6);
SELECT * FROM totals /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ ORDER BY total LIMIT 9;
--> ["cup",1,4]
--> ["ink",2,7]
--> ["pen",2,9]
SET 'table.exec.resource.default-parallelism' = '3';
CREATE TABLE large (item STRING, price INT) WITH ('connector' = 'kafka', 'topic' = 'large', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO large SELECT * FROM bids WHERE price > 5;
SELECT * FROM large;
--> ["pen",6]

--@test: numbers that are none
SET 'sluice.sql.dialect' = 'flink';
SET 'parallelism.default' = 'many';
--! 'parallelism.default' must be a number from 1 on, not 'many'
SET 'table.exec.resource.default-parallelism' = '0';
--! 'table.exec.resource.default-parallelism' must be a number from 1 on, not '0'
SET 'table.exec.resource.default-parallelism' = '-1';
