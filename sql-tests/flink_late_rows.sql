-- Rows that come when what they belong to has gone by (windows have closed, rows of their time have gone on in order) are dropped and counted.
-- A job may send their records to a topic instead.

--@test: late rows go to a topic
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_offers';
CREATE TABLE offers (id INT, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'kafka', 'topic' = 'offers', 'format' = 'json');
INSERT INTO offers VALUES (1, 5, TIMESTAMP '2024-01-01 00:00:01');
CREATE TABLE counted (s TIMESTAMP(3), c BIGINT) WITH ('connector' = 'kafka', 'topic' = 'counted', 'format' = 'json');
INSERT INTO counted SELECT window_start, COUNT(*)
  FROM TABLE(TUMBLE(TABLE offers, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE price > 0 GROUP BY window_start, window_end;
INSERT INTO offers VALUES (2, 6, TIMESTAMP '2024-01-01 00:00:12');
INSERT INTO offers VALUES (3, 7, TIMESTAMP '2024-01-01 00:00:03');
RESTART;
SET 'sluice.sql.dialect' = 'flink';
INSERT INTO offers VALUES (4, 8, TIMESTAMP '2024-01-01 00:00:04'), (5, 0, TIMESTAMP '2024-01-01 00:00:05');
INSERT INTO offers VALUES (6, 9, TIMESTAMP '2024-01-01 00:00:25');
SELECT s, c FROM counted /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> ["2024-01-01T00:00:00.000",1]
--> ["2024-01-01T00:00:10.000",1]
CREATE TABLE late (id INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'late_offers', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT * FROM late;
--> [3,7]
--> [4,8]

--@test: late sessions
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_offers';
CREATE TABLE offers (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'offers', 'format' = 'json');
INSERT INTO offers VALUES (1, TIMESTAMP '2024-01-01 00:00:01');
CREATE TABLE counted (c BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counted SELECT COUNT(*) FROM offers GROUP BY SESSION(ts, INTERVAL '5' SECOND);
INSERT INTO offers VALUES (2, TIMESTAMP '2024-01-01 00:00:22');
INSERT INTO offers VALUES (3, TIMESTAMP '2024-01-01 00:00:03');
CREATE TABLE late (id INT) WITH ('connector' = 'kafka', 'topic' = 'late_offers', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT * FROM late;
--> [3]

--@test: the topic must be another one
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'offers';
CREATE TABLE offers (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'offers', 'format' = 'json');
CREATE TABLE counted (c BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO counted SELECT COUNT(*) FROM offers GROUP BY TUMBLE(ts, INTERVAL '5' SECOND);
--! 'sluice.late.rows.topic' is 'offers', which the query itself reads

--@test: rows of interval joins that can meet nothing any more go to a topic
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_rows';
CREATE TABLE orders (id INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');
CREATE TABLE payments (order_id INT, paid_at TIMESTAMP(3), WATERMARK FOR paid_at AS paid_at) WITH ('connector' = 'kafka', 'topic' = 'payments', 'format' = 'json');
CREATE TABLE paid (id INT) WITH ('connector' = 'kafka', 'topic' = 'paid', 'format' = 'json');
INSERT INTO paid SELECT id FROM orders, payments WHERE id = order_id AND paid_at BETWEEN at AND at + INTERVAL '10' SECOND;
INSERT INTO orders VALUES (1, TIMESTAMP '2024-01-01 00:00:01'), (2, TIMESTAMP '2024-01-01 00:00:40');
INSERT INTO payments VALUES (1, TIMESTAMP '2024-01-01 00:00:05'), (2, TIMESTAMP '2024-01-01 00:00:42');
INSERT INTO orders VALUES (3, TIMESTAMP '2024-01-01 00:00:03'), (2, TIMESTAMP '2024-01-01 00:00:35');
INSERT INTO payments VALUES (4, TIMESTAMP '2024-01-01 00:00:04');
SELECT * FROM paid /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1]
--> [2]
--> [2]
CREATE TABLE late (id INT, order_id INT) WITH ('connector' = 'kafka', 'topic' = 'late_rows', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT COALESCE(id, order_id) AS id FROM late;
--> [3]
--> [4]

--@test: of window joins, and of a table that is read twice
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_rows';
CREATE TABLE events (kind STRING, id INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');
CREATE VIEW orders AS SELECT id, at FROM events WHERE kind = 'order';
CREATE VIEW payments AS SELECT id, at FROM events WHERE kind = 'payment';
CREATE TABLE paid (id INT) WITH ('connector' = 'kafka', 'topic' = 'paid', 'format' = 'json');
INSERT INTO paid SELECT o.id FROM
  (SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(at), INTERVAL '10' SECOND))) o
  JOIN (SELECT * FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(at), INTERVAL '10' SECOND))) p
  ON o.id = p.id AND o.window_start = p.window_start AND o.window_end = p.window_end;
INSERT INTO events VALUES ('order', 1, TIMESTAMP '2024-01-01 00:00:01'), ('payment', 1, TIMESTAMP '2024-01-01 00:00:02'), ('order', 2, TIMESTAMP '2024-01-01 00:00:31');
INSERT INTO events VALUES ('order', 3, TIMESTAMP '2024-01-01 00:00:03'), ('payment', 4, TIMESTAMP '2024-01-01 00:00:04'), ('refund', 5, TIMESTAMP '2024-01-01 00:00:04');
SELECT * FROM paid /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1]
CREATE TABLE late (kind STRING, id INT) WITH ('connector' = 'kafka', 'topic' = 'late_rows', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT * FROM late;
--> ["order",3]
--> ["payment",4]

--@test: of Top-N within windows
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_rows';
CREATE TABLE offers (id INT, price INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'offers', 'format' = 'json');
CREATE TABLE best (id INT) WITH ('connector' = 'kafka', 'topic' = 'best', 'format' = 'json');
INSERT INTO best SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS n
  FROM TABLE(TUMBLE(TABLE offers, DESCRIPTOR(at), INTERVAL '10' SECOND))) WHERE n <= 1;
INSERT INTO offers VALUES (1, 5, TIMESTAMP '2024-01-01 00:00:01'), (2, 7, TIMESTAMP '2024-01-01 00:00:02');
INSERT INTO offers VALUES (3, 9, TIMESTAMP '2024-01-01 00:00:31');
INSERT INTO offers VALUES (4, 8, TIMESTAMP '2024-01-01 00:00:03');
SELECT * FROM best /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [2]
CREATE TABLE late (id INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'late_rows', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT * FROM late;
--> [4,8]

--@test: of OVER, ORDER BY time and patterns, which take rows in the order of time
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE prices (id INT, price INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'prices', 'format' = 'json');
CREATE TABLE sums (id INT, total INT) WITH ('connector' = 'blackhole');
CREATE TABLE sorted (id INT) WITH ('connector' = 'blackhole');
CREATE TABLE falls (id INT) WITH ('connector' = 'blackhole');
SET 'sluice.late.rows.topic' = 'late_over';
INSERT INTO sums SELECT id, SUM(price) OVER (ORDER BY at) FROM prices;
SET 'sluice.late.rows.topic' = 'late_sorted';
INSERT INTO sorted SELECT id FROM prices ORDER BY at;
SET 'sluice.late.rows.topic' = 'late_matched';
INSERT INTO falls SELECT id FROM prices MATCH_RECOGNIZE (ORDER BY at MEASURES LAST(B.id) AS id
  PATTERN (A B) DEFINE B AS B.price < A.price);
INSERT INTO prices VALUES (1, 5, TIMESTAMP '2024-01-01 00:00:05');
INSERT INTO prices VALUES (2, 7, TIMESTAMP '2024-01-01 00:00:02');
CREATE TABLE late_over (id INT, price INT) WITH ('connector' = 'kafka', 'topic' = 'late_over', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE late_sorted WITH ('topic' = 'late_sorted') LIKE late_over;
CREATE TABLE late_matched WITH ('topic' = 'late_matched') LIKE late_over;
SELECT * FROM late_over;
--> [2,7]
SELECT * FROM late_sorted;
--> [2,7]
SELECT * FROM late_matched;
--> [2,7]

--@test: of joins with versions, when none is left for the row
SET 'sluice.sql.dialect' = 'flink';
SET 'sluice.late.rows.topic' = 'late_rows';
CREATE TABLE orders (id INT, currency STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');
CREATE TABLE rates (currency STRING, rate INT, since TIMESTAMP(3), WATERMARK FOR since AS since, PRIMARY KEY (currency) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'rates', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE priced (id INT, rate INT) WITH ('connector' = 'kafka', 'topic' = 'priced', 'format' = 'json');
INSERT INTO rates VALUES ('EUR', 110, TIMESTAMP '2024-01-01 00:00:01');
INSERT INTO rates VALUES ('EUR', 115, TIMESTAMP '2024-01-01 00:00:20');
INSERT INTO priced SELECT id, rate FROM orders JOIN rates FOR SYSTEM_TIME AS OF orders.at ON orders.currency = rates.currency;
INSERT INTO orders VALUES (1, 'EUR', TIMESTAMP '2024-01-01 00:00:05'), (2, 'EUR', TIMESTAMP '2024-01-01 00:00:25');
INSERT INTO rates VALUES ('EUR', 120, TIMESTAMP '2024-01-01 00:00:40');
INSERT INTO orders VALUES (3, 'USD', TIMESTAMP '2024-01-01 00:00:06');
SELECT * FROM priced /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [1,110]
--> [2,115]
CREATE TABLE late (id INT) WITH ('connector' = 'kafka', 'topic' = 'late_rows', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
SELECT * FROM late;
--> [3]
