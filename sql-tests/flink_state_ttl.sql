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

--@test: OVER begins anew, with frames that have a bound and without, also after a restart
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE bids (item INT, price INT, at AS PROCTIME()) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE sums (item INT, total INT, last INT) WITH ('connector' = 'kafka', 'topic' = 'sums', 'format' = 'json');
INSERT INTO sums SELECT item, SUM(price) OVER (PARTITION BY item ORDER BY at),
  SUM(price) OVER (PARTITION BY item ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM bids;
INSERT INTO bids VALUES (1, 5), (2, 7);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (2, 1);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 1), (2, 1);
SELECT * FROM sums /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1,5,5]
--> [2,7,7]
--> [2,8,8]
--> [1,1,1]
--> [2,9,2]
RESTART;
SET 'sluice.sql.dialect' = 'flink';
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 2);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 3), (2, 3);
SELECT * FROM sums /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ WHERE last > 2 AND total < 9;
--> [1,5,5]
--> [2,7,7]
--> [2,8,8]
--> [1,3,3]
--> [1,6,5]
--> [2,3,3]

--@test: OVER by event time counts from when the rows went on
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE bids (item INT, price INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE sums (item INT, total INT, last INT) WITH ('connector' = 'kafka', 'topic' = 'sums', 'format' = 'json');
INSERT INTO sums SELECT item, SUM(price) OVER (PARTITION BY item ORDER BY at),
  SUM(price) OVER (PARTITION BY item ORDER BY at RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) FROM bids;
INSERT INTO bids VALUES (1, 5, TIMESTAMP '2024-01-01 00:00:01'), (2, 7, TIMESTAMP '2024-01-01 00:00:02');
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (2, 1, TIMESTAMP '2024-01-01 00:00:03');
ADVANCE TIME BY 6 SECONDS;
INSERT INTO bids VALUES (1, 1, TIMESTAMP '2024-01-01 00:00:04'), (2, 1, TIMESTAMP '2024-01-01 00:00:05');
SELECT * FROM sums /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1,5,5]
--> [2,7,7]
--> [2,8,8]
--> [1,1,1]
--> [2,9,9]

--@test: a table's rows that nothing has touched are new again
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE prices (item INT, price INT, PRIMARY KEY (item) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'prices', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE changes (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'changes', 'format' = 'debezium-json');
CREATE TABLE records (op STRING, after ROW<item INT, price INT>) WITH ('connector' = 'kafka', 'topic' = 'changes', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO prices VALUES (1, 5), (2, 7);
INSERT INTO changes SELECT item, price FROM prices;
ADVANCE TIME BY 6 SECONDS;
INSERT INTO prices VALUES (2, 8);
ADVANCE TIME BY 6 SECONDS;
INSERT INTO prices VALUES (1, 6), (2, 9);
SELECT op, after FROM records;
--> ["c",{"item":1,"price":5}]
--> ["c",{"item":2,"price":7}]
--> ["d",null]
--> ["c",{"item":2,"price":8}]
--> ["c",{"item":1,"price":6}]
--> ["d",null]
--> ["c",{"item":2,"price":9}]

--@test: a join with versions forgets those of keys that no row asks for
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE rates (currency STRING, rate INT, since TIMESTAMP(3), WATERMARK FOR since AS since, PRIMARY KEY (currency) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'rates', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE orders (id INT, currency STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');
CREATE TABLE priced (id INT, rate INT) WITH ('connector' = 'kafka', 'topic' = 'priced', 'format' = 'json');
INSERT INTO rates VALUES ('EUR', 110, TIMESTAMP '2024-01-01 00:00:01'), ('USD', 100, TIMESTAMP '2024-01-01 00:00:01'), ('XXX', 0, TIMESTAMP '2024-01-02 00:00:00');
INSERT INTO priced SELECT id, rate FROM orders LEFT JOIN rates FOR SYSTEM_TIME AS OF orders.at ON orders.currency = rates.currency;
INSERT INTO orders VALUES (1, 'EUR', TIMESTAMP '2024-01-01 00:00:05'), (2, 'USD', TIMESTAMP '2024-01-01 00:00:05');
ADVANCE TIME BY 6 SECONDS;
INSERT INTO orders VALUES (3, 'EUR', TIMESTAMP '2024-01-01 00:00:06');
ADVANCE TIME BY 6 SECONDS;
INSERT INTO orders VALUES (4, 'EUR', TIMESTAMP '2024-01-01 00:00:07'), (5, 'USD', TIMESTAMP '2024-01-01 00:00:07');
SELECT * FROM priced /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1,110]
--> [2,100]
--> [3,110]
--> [4,110]
--> [5,null]

--@test: each side of a join may have a time of its own
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.state.ttl' = '1 h';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE items (id INT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'items', 'format' = 'json');
CREATE TABLE named (name STRING, price INT) WITH ('connector' = 'kafka', 'topic' = 'named', 'format' = 'json');
INSERT INTO bids VALUES (1, 50);
INSERT INTO items VALUES (9, 'hat');
INSERT INTO named SELECT /*+ STATE_TTL('b' = '10 s', 'items' = '0 s') */ name, price FROM bids AS b JOIN items ON item = id;
ADVANCE TIME BY 12 SECONDS;
INSERT INTO items VALUES (1, 'cup');
ADVANCE TIME BY 2 HOURS;
INSERT INTO bids VALUES (9, 60), (1, 70);
SELECT * FROM named /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> ["hat",60]
--> ["cup",70]

--@test: the hint names what FROM names
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (item INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
SELECT /*+ STATE_TTL('bid' = '1 d') */ item, COUNT(*) FROM bids GROUP BY item;
--! STATE_TTL names 'bid', which FROM does not
SELECT /*+ STATE_TTL('bids' = '1 d') */ b.item, COUNT(*) FROM bids AS b GROUP BY b.item;
--! Name a table, view or alias of this SELECT's FROM
