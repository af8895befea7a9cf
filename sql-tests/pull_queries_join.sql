-- A pull query may join tables whose rows are kept: each is read once, as it is at this moment.

--@test: by the key and by another column
CREATE STREAM sales (id INT KEY, item STRING, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE labels (item STRING PRIMARY KEY, label STRING) WITH (KAFKA_TOPIC='labels', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE SOURCE TABLE kept (item STRING PRIMARY KEY, label STRING) WITH (KAFKA_TOPIC='labels', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE totals AS SELECT item, SUM(amount) AS total FROM sales GROUP BY item;
CREATE TABLE latest AS SELECT id, LATEST_BY_OFFSET(item) AS item FROM sales GROUP BY id;
INSERT INTO labels (item, label) VALUES ('tea', 'old name');
INSERT INTO labels (item, label) VALUES ('tea', 'Tea');
INSERT INTO labels (item, label) VALUES ('ink', 'Ink');
INSERT INTO sales (ROWTIME, id, item, amount) VALUES (1, 1, 'tea', 3);
INSERT INTO sales (ROWTIME, id, item, amount) VALUES (2, 2, 'pen', 2);
INSERT INTO sales (ROWTIME, id, item, amount) VALUES (3, 3, 'tea', 4);
SELECT t.item AS item, label, total FROM totals t JOIN kept k ON t.item = k.item;
--> ["tea","Tea",7]
SELECT t.item AS item, label, total FROM totals t LEFT JOIN kept k ON t.item = k.item ORDER BY item;
--> ["pen",null,2]
--> ["tea","Tea",7]
SELECT id, label FROM latest l LEFT JOIN kept k ON l.item = k.item WHERE id > 1 ORDER BY id;
--> [2,null]
--> [3,"Tea"]
SELECT label, COUNT(*) AS n FROM latest l JOIN kept k ON l.item = k.item GROUP BY label;
--> ["Tea",2]
SELECT id, label, total FROM latest l JOIN kept k ON l.item = k.item JOIN totals t ON l.item = t.item ORDER BY id LIMIT 1 OFFSET 1;
--> [3,"Tea",7]

--@test: errors
CREATE STREAM sales (id INT KEY, item STRING) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE labels (item STRING PRIMARY KEY, label STRING) WITH (KAFKA_TOPIC='labels', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE totals AS SELECT item, COUNT(*) AS n FROM sales GROUP BY item;
CREATE TABLE more AS SELECT item, COUNT(*) AS n FROM sales GROUP BY item;
SELECT * FROM totals t JOIN labels l ON t.item = l.item;
--! The table `LABELS` cannot be asked: its rows are kept nowhere
SELECT * FROM sales s JOIN totals t ON s.item = t.item;
--! Pull queries join tables only, and SALES is a stream
SELECT * FROM totals t FULL OUTER JOIN more m ON t.item = m.item;
-->

--@test: a key compared in two ways is looked up, unless scans are forbidden
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO s (k, v) VALUES ('a', 1);
SELECT * FROM t WHERE k = 'a' AND k IN ('a', 'b');
--> ["a",1]
SET 'ksql.query.pull.table.scan.enabled' = 'false';
SELECT * FROM t WHERE k = 'a' AND k IN ('a', 'b');
--! The query must read the whole table, which ksql.query.pull.table.scan.enabled forbids
