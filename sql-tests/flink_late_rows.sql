-- Rows that come when all their windows have closed are dropped and counted. A job may send their records to a topic instead.

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
