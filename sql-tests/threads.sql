-- Several threads for one query: num.stream.threads. Results are those of one thread.

--@test: what goes to other partitions and what stays
SET 'num.stream.threads' = '3';
CREATE STREAM orders (id INT KEY, item STRING, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE STREAM large AS SELECT id, amount FROM orders WHERE amount > 3;
CREATE TABLE totals AS SELECT item, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY item;
CREATE TABLE sizes AS SELECT n, COUNT(*) AS items, SUM(total) AS total FROM totals GROUP BY n HAVING COUNT(*) > 0;
INSERT INTO orders (ROWTIME, id, item, amount) VALUES (1, 1, 'pen', 1), (2, 2, 'ink', 2), (3, 3, 'pen', 3), (4, 4, 'cup', 4),
  (5, 5, 'ink', 5), (6, 6, 'pen', 6), (7, 7, 'cup', 7), (8, 8, 'mug', 8);
SELECT * FROM totals;
--> ["pen",3,10]
--> ["ink",2,7]
--> ["cup",2,11]
--> ["mug",1,8]
SELECT * FROM sizes;
--> [3,1,10]
--> [2,2,18]
--> [1,1,8]
SELECT id FROM large ORDER BY id;
--> [4]
--> [5]
--> [6]
--> [7]
--> [8]
RESTART;
INSERT INTO orders (ROWTIME, id, item, amount) VALUES (9, 9, 'mug', 1);
SELECT * FROM totals WHERE item = 'mug';
--> ["mug",2,9]

--@test: a join of sides that both move
SET 'num.stream.threads' = '2';
CREATE STREAM orders (id INT KEY, item STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE STREAM parcels (number INT KEY, item STRING) WITH (KAFKA_TOPIC='parcels', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE STREAM sent AS SELECT o.item AS item, o.id AS id, p.number AS number FROM orders o
  JOIN parcels p WITHIN 10 SECONDS ON o.item = p.item;
INSERT INTO orders (ROWTIME, id, item) VALUES (1000, 1, 'pen'), (2000, 2, 'ink'), (3000, 3, 'cup');
INSERT INTO parcels (ROWTIME, number, item) VALUES (1500, 1, 'ink'), (2500, 2, 'cup'), (20000, 3, 'pen');
SELECT item, id, number FROM sent;
--> ["ink",2,1]
--> ["cup",3,2]

--@test: errors
SET 'num.stream.threads' = '0';
--! 'num.stream.threads' must be a number from 1 to 64, not '0'
SET 'ksql.streams.num.stream.threads' = 'many';
--! 'num.stream.threads' must be a number from 1 to 64, not 'many'
