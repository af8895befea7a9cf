-- table.exec.state.ttl: state that has not changed for that long is forgotten, and nobody is told.

--@test: a group begins anew
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE totals (item INT, total INT, PRIMARY KEY (item) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'totals', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO bids VALUES (1, 5), (2, 7);
INSERT INTO totals SELECT item, SUM(price) FROM bids GROUP BY item;
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (2, 1);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 1), (2, 1);
SELECT * FROM totals /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1,1]
--> [2,9]

--@test: a Top-N begins anew, also after a restart
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE best (item INT, price INT, PRIMARY KEY (item) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'best', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO bids VALUES (1, 50), (2, 70), (3, 90);
INSERT INTO best SELECT item, price FROM
  (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS n FROM bids) WHERE n = 1;
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 10), (2, 80), (3, 10);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 20), (2, 20);
SELECT * FROM best /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [3,90]
--> [2,80]
--> [1,20]
RESTART;
SET 'sluice.sql.dialect' = 'flink';
INSERT INTO bids VALUES (3, 5), (1, 15), (2, 25);
SELECT * FROM best /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [2,80]
--> [1,20]
--> [3,5]

--@test: a join forgets what it has waited for too long
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE items (id INT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'items', 'format' = 'json');
CREATE TABLE named (name STRING, price INT) WITH ('connector' = 'kafka', 'topic' = 'named', 'format' = 'json');
INSERT INTO bids VALUES (1, 50), (2, 70);
INSERT INTO items VALUES (9, 'hat');
INSERT INTO named SELECT name, price FROM bids JOIN items ON item = id;
ADVANCE TIME BY 6 SECONDS;
INSERT INTO items VALUES (1, 'cup');
ADVANCE TIME BY 6 SECONDS;
INSERT INTO items VALUES (2, 'pot');
INSERT INTO bids VALUES (1, 60);
SELECT * FROM named /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> ["cup",50]
--> ["cup",60]
