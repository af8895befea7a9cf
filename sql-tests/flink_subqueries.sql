-- Queries inside queries, and set operations.

--@test: UNION, INTERSECT, EXCEPT, with and without ALL
SET 'sluice.sql.dialect' = 'flink';
SELECT 1 AS n UNION ALL SELECT 1;
--> [1]
--> [1]
SELECT 1 AS n UNION SELECT 1 UNION SELECT 2;
--> [1]
--> [2]
VALUES 1, 1, 1, 2, 3 INTERSECT VALUES 1, 1, 3, 4;
--> [1]
--> [3]
VALUES 1, 1, 1, 2, 3 INTERSECT ALL VALUES 1, 1, 3, 4;
--> [1]
--> [1]
--> [3]
VALUES 1, 1, 1, 2, 3 EXCEPT VALUES 1, 3, 4;
--> [2]
VALUES 1, 1, 1, 2, 3 EXCEPT ALL VALUES 1, 3, 4;
--> [1]
--> [1]
--> [2]
VALUES (1, NULL), (1, NULL) EXCEPT ALL VALUES (1, NULL);
--> [1,null]
SELECT a FROM (SELECT 1 AS a UNION SELECT 2 UNION SELECT 3) AS t WHERE a IN (SELECT 2 UNION ALL SELECT 3);
--> [2]
--> [3]
SELECT 1 UNION SELECT 1, 2;
--! Column count mismatch in a set operation: 1 and 2

--@test: subqueries as values
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5), (3, 1)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (2, 'pot'), (4, 'pan')) AS t (id, name);
SELECT name, (SELECT MAX(price) FROM bids) AS best FROM items;
--> ["cup",20]
--> ["pot",20]
--> ["pan",20]
SELECT name, (SELECT MAX(price) FROM bids WHERE bids.item = items.id) AS best FROM items;
--> ["pan",null]
--> ["cup",20]
--> ["pot",5]
SELECT name, (SELECT COUNT(*) FROM bids WHERE item = id) AS offers FROM items;
--> ["pan",0]
--> ["cup",2]
--> ["pot",1]
SELECT name FROM items WHERE 10 < (SELECT SUM(price) FROM bids WHERE item = id AND price > 1);
--> ["cup"]
SELECT name, (SELECT price FROM bids WHERE item = id ORDER BY price DESC LIMIT 1) AS best FROM items;
--> ["pan",null]
--> ["cup",20]
--> ["pot",5]
SELECT name, (SELECT price FROM bids WHERE item = id) AS best FROM items;
--! A subquery that stands for a value must not have more than one row
SELECT name, (SELECT MAX(price) FROM bids WHERE price > id) AS best FROM items;
--! A subquery names columns of the query around it in equalities only, joined by AND
SELECT name, (SELECT COUNT(*) + 1 FROM bids WHERE item = id) AS offers FROM items;
--! COUNT in a subquery that names outer columns stands alone
SELECT name, (SELECT item, price FROM bids) AS best FROM items;
--! A subquery that stands for a value has one column, not 2

--@test: EXISTS and IN
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5), (3, 1)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (2, 'pot'), (4, 'pan')) AS t (id, name);
SELECT name FROM items WHERE EXISTS (SELECT 1 FROM bids WHERE item = id AND price > 5);
--> ["cup"]
SELECT name FROM items WHERE NOT EXISTS (SELECT 1 FROM bids WHERE item = id);
--> ["pan"]
SELECT name FROM items WHERE EXISTS (SELECT 1 FROM bids WHERE item = id AND price > id * 5);
--> ["cup"]
SELECT name FROM items WHERE EXISTS (SELECT item FROM bids WHERE item = id GROUP BY item HAVING COUNT(*) > 1);
--> ["cup"]
SELECT name FROM items WHERE id IN (SELECT item FROM bids);
--> ["cup"]
--> ["pot"]
SELECT name FROM items WHERE id NOT IN (SELECT item FROM bids);
--> ["pan"]
SELECT name FROM items WHERE (id, 10) IN (SELECT item, price FROM bids);
--> ["cup"]
SELECT name FROM items WHERE (id, 10) NOT IN (SELECT item, price FROM bids);
--> ["pot"]
--> ["pan"]
SELECT name FROM items WHERE id IN (SELECT item, price FROM bids);
--! IN needs a subquery of 1 column, not 2

--@test: NOT IN with a NULL in it is never true, and a NULL is in nothing but the empty set
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES 1, 2, NULL) AS t (id);
SELECT id FROM items WHERE id NOT IN (SELECT x FROM (VALUES 1, NULL) AS t (x));
-->
SELECT id FROM items WHERE id NOT IN (SELECT x FROM (VALUES 1, 7) AS t (x));
--> [2]
SELECT id FROM items WHERE id NOT IN (SELECT x FROM (VALUES 1, 7) AS t (x) WHERE x > 100);
--> [1]
--> [2]
--> [null]

--@test: LATERAL subqueries
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (1, 30), (2, 5)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (2, 'pot'), (4, 'pan')) AS t (id, name);
SELECT name, price FROM items, LATERAL (SELECT price FROM bids WHERE item = id ORDER BY price DESC LIMIT 2);
--> ["cup",30]
--> ["cup",20]
--> ["pot",5]
SELECT name, best, offers FROM items LEFT JOIN LATERAL (SELECT MAX(price) AS best, COUNT(*) AS offers FROM bids WHERE item = id) AS b ON TRUE;
--> ["pan",null,0]
--> ["cup",30,3]
--> ["pot",5,1]
SELECT * FROM items CROSS JOIN LATERAL (SELECT price FROM bids WHERE item = id AND price > 10) AS b (p);
--> [1,"cup",20]
--> [1,"cup",30]

--@test: EXISTS and IN as values
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (4, 'pan'), (CAST(NULL AS INT), 'pot')) AS t (id, name);
SELECT name FROM items WHERE id IN (SELECT item FROM bids) OR name = 'pan' ORDER BY name LIMIT 9;
--> ["cup"]
--> ["pan"]
SELECT name, id IN (SELECT item FROM bids) AS i, id NOT IN (SELECT item FROM bids) AS n, EXISTS (SELECT 1 FROM bids WHERE item = id) AS e FROM items ORDER BY name LIMIT 9;
--> ["cup",true,false,true]
--> ["pan",false,true,false]
--> ["pot",null,null,false]
SELECT name, 2 IN (SELECT id FROM items) AS i FROM items WHERE id = 4;
--> ["pan",null]
SELECT (id, 1) IN (SELECT item, price FROM bids) FROM items;
--! IN with several columns is a condition of WHERE, joined by AND
