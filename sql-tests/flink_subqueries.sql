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
SELECT name, (SELECT price FROM bids WHERE item = id AND price <> 20) AS other FROM items;
--> ["pan",null]
--> ["cup",10]
--> ["pot",5]
SELECT name, (SELECT price FROM bids WHERE item = 3) AS third FROM items;
--> ["cup",1]
--> ["pot",1]
--> ["pan",1]
SELECT name, (SELECT price FROM bids WHERE item = 7) AS none FROM items WHERE id = 1;
--> ["cup",null]
SELECT name, (SELECT MAX(price) FROM bids WHERE price > id) AS best FROM items;
--! A subquery names columns of the query around it in equalities only, joined by AND
SELECT name, (SELECT COUNT(*) * 100 + MAX(price) FROM bids WHERE item = id) AS both FROM items;
--> ["pan",null]
--> ["cup",220]
--> ["pot",105]
SELECT name, (SELECT CASE WHEN COUNT(*) > 1 THEN 'many' ELSE 'few' END FROM bids WHERE item = id) AS offers FROM items;
--> ["pan","few"]
--> ["cup","many"]
--> ["pot","few"]
SELECT name, (SELECT item, price FROM bids) AS best FROM items;
--! A subquery that stands for a value has one column, not 2

--@test: subqueries above and inside of aggregates
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5), (3, 1)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (2, 'pot'), (4, 'pan')) AS t (id, name);
SELECT item, SUM(price) AS total FROM bids GROUP BY item HAVING SUM(price) > (SELECT AVG(price) FROM bids);
--> [1,30]
SELECT item, SUM(price) - (SELECT MIN(price) FROM bids) AS more FROM bids GROUP BY item;
--> [1,29]
--> [2,4]
--> [3,0]
SELECT item, (SELECT name FROM items WHERE id = item) AS name, COUNT(*) AS n FROM bids GROUP BY item;
--> [3,null,1]
--> [1,"cup",2]
--> [2,"pot",1]
SELECT SUM(price - (SELECT MIN(price) FROM bids)) AS above FROM bids;
--> [32]
SELECT item FROM bids GROUP BY item HAVING item IN (SELECT id FROM items);
--! A subquery cannot stand here

--@test: a subquery that is a value and has several rows
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5), (3, 1)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 'cup'), (2, 'pot')) AS t (id, name);
SELECT name, (SELECT price FROM bids WHERE item = id) AS price FROM items;
--> ["cup",null]
--> ["pot",5]

--@test: comparisons with ANY, SOME and ALL
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW bids AS SELECT * FROM (VALUES (1, 10), (1, 20), (2, 5), (3, 1)) AS t (item, price);
CREATE TEMPORARY VIEW items AS SELECT * FROM (VALUES (1, 12), (2, 30), (4, 2)) AS t (id, stock);
SELECT id FROM items WHERE stock > ANY (SELECT price FROM bids WHERE item = 1);
--> [1]
--> [2]
SELECT id FROM items WHERE stock > ALL (SELECT price FROM bids);
--> [2]
SELECT id, stock >= SOME (SELECT price FROM bids WHERE item = id) AS s, stock <> ALL (SELECT 12) AS n FROM items;
--> [4,false,true]
--> [2,true,true]
--> [1,true,false]
SELECT id FROM items WHERE stock < ANY (5, 20);
--> [1]
--> [4]
SELECT id, stock > ALL (SELECT price FROM bids WHERE FALSE) AS a, stock > ANY (SELECT CAST(NULL AS INT)) AS b FROM items WHERE id = 1;
--> [1,true,null]
SELECT id FROM items WHERE stock > ANY (SELECT item, price FROM bids);
--! ANY and ALL compare with queries of one column
SELECT id FROM items WHERE (id, stock) > ANY (SELECT price FROM bids);
--! ANY and ALL compare with queries of one column
SELECT id FROM items WHERE ANY (SELECT price FROM bids) < stock;
--! Unexpected (

--@test: NATURAL JOIN and USING
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW a AS SELECT * FROM (VALUES ('x', 1), ('y', 2)) AS t (k, m);
CREATE TEMPORARY VIEW b AS SELECT * FROM (VALUES (10, 'x'), (30, 'z')) AS t (n, k);
SELECT * FROM a NATURAL JOIN b;
--> ["x",1,10]
SELECT * FROM a NATURAL LEFT JOIN b;
--> ["y",2,null]
--> ["x",1,10]
SELECT * FROM a FULL JOIN b USING (k);
--> ["y",2,null]
--> ["x",1,10]
--> ["z",null,30]
SELECT k, a.k AS ak, b.k AS bk FROM a RIGHT JOIN b USING (k);
--> ["x","x","x"]
--> ["z",null,"z"]
SELECT k, m, n, o FROM a JOIN b USING (k) JOIN (VALUES ('x', TRUE)) AS c (k, o) USING (k);
--> ["x",1,10,true]
SELECT * FROM (SELECT m FROM a) NATURAL JOIN (SELECT n FROM b) WHERE m = 1;
--> [1,10]
--> [1,30]
SELECT * FROM a JOIN b USING (m);
--! Column 'm' is not on both sides of the join
SELECT * FROM a JOIN b USING (k, k);
--> ["x",1,10]
SELECT * FROM a NATURAL JOIN b ON TRUE;
--! Unexpected ON

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
