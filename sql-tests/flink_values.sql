-- Rows without a table: SELECT without FROM, VALUES, and UNNEST, which makes rows of arrays and maps.

--@test: one row, several rows
SET 'sluice.sql.dialect' = 'flink';
SELECT 1 AS a, 'x' AS b;
--> [1,"x"]
VALUES (1, 2.5), (2, 3);
--> [1,2.5]
--> [2,3.0]
SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) AS t (x, y) WHERE x > 1;
--> [2,"b"]
--> [3,null]
SELECT SUM(x) AS s FROM (VALUES 1, 2, 3) AS t (x);
--> [6]
SELECT COUNT(*) AS c FROM (VALUES 1, 2) AS a (x), (VALUES 3, 4, 5) AS b (y);
--> [6]
WITH t (x) AS (VALUES 1, 2) SELECT x, x * 10 AS tens FROM t ORDER BY x DESC LIMIT 1;
--> [2,20]

--@test: a job over VALUES runs once
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (x INT, y STRING) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO made SELECT x + 1, y FROM (VALUES (1, 'a'), (2, NULL)) AS t (x, y);
SELECT x, y FROM made;
--> [2,"a"]
--> [3,null]
RESTART;
SET 'sluice.sql.dialect' = 'flink';
SELECT x, y FROM made;
--> [2,"a"]
--> [3,null]

--@test: rows of VALUES that do not fit together
SET 'sluice.sql.dialect' = 'flink';
VALUES (1), (1, 2);
--! The rows of VALUES have different numbers of columns: 1 and 2
VALUES (1), (DATE '2024-01-01');
--! Column 1 of VALUES is INTEGER in one row and DATE in another
SELECT * FROM (VALUES 1, 2) AS t (x, y);
--! 2 column names are given for 1 columns

--@test: UNNEST of arrays and maps
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW lists AS SELECT * FROM (VALUES
  (1, ARRAY['a', 'b'], MAP['k', 1, 'l', 2], ARRAY[ROW(1, 'x'), ROW(2, 'y')]),
  (2, ARRAY['c'], MAP['m', 3], ARRAY[ROW(3, 'z')])) AS t (id, list, map, pairs);
SELECT id, e FROM lists CROSS JOIN UNNEST(list) AS u (e);
--> [1,"a"]
--> [1,"b"]
--> [2,"c"]
SELECT id, e, n FROM lists CROSS JOIN UNNEST(list) WITH ORDINALITY AS u (e, n) WHERE n > 1;
--> [1,"b",2]
SELECT id, k, v FROM lists, UNNEST(map) AS u (k, v);
--> [1,"k",1]
--> [1,"l",2]
--> [2,"m",3]
SELECT id, n, t FROM lists CROSS JOIN UNNEST(pairs) AS u (n, t);
--> [1,1,"x"]
--> [1,2,"y"]
--> [2,3,"z"]
SELECT id, u.e FROM lists LEFT JOIN UNNEST(list) AS u (e) ON TRUE WHERE id = 2;
--> [2,"c"]
SELECT * FROM UNNEST(ARRAY[1, 2, 3]) AS t (n);
--> [1]
--> [2]
--> [3]
SELECT id, w FROM lists, LATERAL TABLE(EXPLODE(list)) AS u (w) WHERE id = 1;
--> [1,"a"]
--> [1,"b"]

--@test: LEFT JOIN keeps rows whose array has nothing
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW lists AS SELECT * FROM (VALUES (1, ARRAY[7, 8]), (2, CAST(NULL AS ARRAY<INT>))) AS t (id, list);
SELECT id, e, n FROM lists LEFT JOIN UNNEST(list) WITH ORDINALITY AS u (e, n) ON TRUE;
--> [1,7,1]
--> [1,8,2]
--> [2,null,null]
SELECT id, e FROM lists CROSS JOIN UNNEST(list) AS u (e);
--> [1,7]
--> [1,8]

--@test: what cannot be taken apart
SET 'sluice.sql.dialect' = 'flink';
SELECT * FROM UNNEST(1) AS t (n);
--! UNNEST needs an ARRAY or a MAP, and this is INTEGER
SELECT * FROM UNNEST(ARRAY[1, 2]) AS t (a, b);
--! 2 column names are given for 1 columns
SELECT * FROM (VALUES ARRAY[1]) AS t (l), LATERAL TABLE(NOTHING(l)) AS u (x);
--! There is no table function NOTHING
SELECT * FROM (VALUES ARRAY[1]) AS t (l) LEFT JOIN UNNEST(l) AS u (x) ON x > 1;
--! UNNEST and table functions are joined by CROSS JOIN, JOIN ... ON, or LEFT JOIN ... ON TRUE

--@test: what is compared with NULL is NULL, and so is its negation
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW v AS SELECT * FROM (VALUES (1, 'a'), (2, NULL), (CAST(NULL AS INT), 'c')) AS t (n, s);
SELECT n = 1 AS eq, n <> 1 AS ne, NOT n > 1 AS le, n IN (1, 3) AS i, n IN (1, NULL) AS u, s LIKE 'a%' AS l, n BETWEEN 1 AND 5 AS b FROM v;
--> [true,false,true,true,true,true,true]
--> [false,true,false,false,null,null,true]
--> [null,null,null,null,null,false,null]
SELECT n FROM v WHERE NOT n = 1;
--> [2]
SELECT s FROM v WHERE NOT (n = 1 AND s = 'a');
--> [null]
--> ["c"]
SELECT s FROM v WHERE NOT (n = 1 OR s = 'x');
EXPECT ROWS;
SELECT n FROM v WHERE n NOT IN (1, NULL);
EXPECT ROWS;
SELECT n FROM v WHERE (n = 1) IS UNKNOWN;
--> [null]
SELECT n IS DISTINCT FROM 1 AS d, n = NULL AS e FROM v WHERE n IS NULL;
--> [true,null]
