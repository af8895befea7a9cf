-- Flink SQL where operators meet: what is a window behind joins and grouping sets, ranks that cannot be, time over a restart.

--@test: an outer join of windows gives rows of which only one side has a window
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at)
  WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE asks (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at)
  WITH ('connector' = 'kafka', 'topic' = 'asks', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO bids VALUES (1, TIMESTAMP '2024-02-29 12:00:01'), (2, TIMESTAMP '2024-02-29 12:00:02');
INSERT INTO asks VALUES (2, TIMESTAMP '2024-02-29 12:00:03'), (3, TIMESTAMP '2024-02-29 12:00:04');
SELECT DISTINCT l.id AS bid, r.id AS ask, l.window_start AS from_l, r.window_start AS from_r
  FROM (SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(at), INTERVAL '10' SECOND))) l
  FULL JOIN (SELECT * FROM TABLE(TUMBLE(TABLE asks, DESCRIPTOR(at), INTERVAL '10' SECOND))) r
  ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.id = r.id;
EXPECT ROWS;
--> [2,2,"2024-02-29T12:00:00.000","2024-02-29T12:00:00.000"]
--> [1,null,"2024-02-29T12:00:00.000",null]
--> [null,3,null,"2024-02-29T12:00:00.000"]

--@test: windows that a grouping set leaves out are columns like others
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at)
  WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO bids VALUES (1, TIMESTAMP '2024-02-29 12:00:01'), (2, TIMESTAMP '2024-02-29 12:00:12');
SELECT window_start AS s, window_end AS e, SUM(id) AS ids
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY ROLLUP (window_start, window_end);
EXPECT ROWS;
--> ["2024-02-29T12:00:00.000","2024-02-29T12:00:10.000",1]
--> ["2024-02-29T12:00:00.000",null,1]
--> [null,null,3]
--> ["2024-02-29T12:00:10.000","2024-02-29T12:00:20.000",2]
--> ["2024-02-29T12:00:10.000",null,2]

--@test: no row has a rank below one
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO bids VALUES (1), (2);
SELECT id FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM bids) WHERE place <= 2 AND place < 0;
EXPECT ROWS;
-->

--@test: how far the time of a table has come is known over a restart
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE asks (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'kafka', 'topic' = 'asks', 'format' = 'json');
CREATE TABLE lonely (id BIGINT, at TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 'lonely', 'format' = 'json');
INSERT INTO lonely SELECT l.id, l.at FROM bids l LEFT JOIN asks r
  ON l.id = r.id AND r.at BETWEEN l.at AND l.at + INTERVAL '5' SECOND WHERE r.id IS NULL;
INSERT INTO asks VALUES (9, TIMESTAMP '2024-02-29 13:00:00');
EXPECT TOPIC lonely;
-->
RESTART;
INSERT INTO bids VALUES (1, TIMESTAMP '2024-02-29 12:00:01'), (2, TIMESTAMP '2024-02-29 13:00:00');
EXPECT TOPIC lonely;
--> {"key":null,"value":{"id":1,"at":"2024-02-29 12:00:01"},"timestamp":1709208001000}

--@test: all columns of a primary key are the record's key, in its order
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (a BIGINT, b BIGINT, v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE sums (a BIGINT, b BIGINT, total BIGINT, PRIMARY KEY (b, a) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'sums', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO sums SELECT a, b, SUM(v) FROM bids GROUP BY a, b;
INSERT INTO bids VALUES (1, 2, 3), (1, 3, 4), (1, 2, 5);
SELECT a, b, total FROM sums;
EXPECT ROWS;
--> [1,2,3]
--> [1,3,4]
--> deleted [1,2,3]
--> [1,2,8]

--@test: unions that have a table in common read what any of them needs
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE one (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'one', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE two (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'two', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE three (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'three', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO one VALUES (1, 'x');
INSERT INTO two VALUES (2, 'y');
INSERT INTO three VALUES (3, 'x');
CREATE VIEW first_two AS SELECT * FROM one UNION ALL SELECT * FROM two;
CREATE VIEW last_two AS SELECT * FROM two UNION ALL SELECT * FROM three;
SELECT SUM(a) AS total, COUNT(*) AS n FROM first_two WHERE b IN (SELECT b FROM last_two);
EXPECT ROWS;
--> [3,2]
