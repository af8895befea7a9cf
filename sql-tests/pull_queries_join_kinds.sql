-- Pull queries join tables, windowed ones too, by any equalities and with any kind of join.

--@test: INNER, LEFT, RIGHT and FULL
CREATE STREAM a (id INT KEY, x STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM b (id INT KEY, y STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE l AS SELECT id, LATEST_BY_OFFSET(x) AS x FROM a GROUP BY id;
CREATE TABLE r AS SELECT id, LATEST_BY_OFFSET(y) AS y FROM b GROUP BY id;
INSERT INTO a (id, x) VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO b (id, y) VALUES (2, 'zwei'), (3, 'drei'), (4, 'vier');
SELECT x, y FROM l JOIN r ON l.id = r.id;
--> ["two","zwei"]
--> ["three","drei"]
SELECT x, y FROM l LEFT JOIN r ON l.id = r.id;
--> ["one",null]
--> ["two","zwei"]
--> ["three","drei"]
SELECT x, y FROM l RIGHT JOIN r ON l.id = r.id;
--> ["two","zwei"]
--> ["three","drei"]
--> [null,"vier"]
SELECT * FROM l FULL OUTER JOIN r ON l.id = r.id;
--> [1,"one",null,null]
--> [2,"two",2,"zwei"]
--> [3,"three",3,"drei"]
--> [null,null,4,"vier"]
SELECT COALESCE(l.id, r.id) AS id FROM l FULL JOIN r ON l.id = r.id WHERE x IS NULL OR y IS NULL ORDER BY id;
--> [1]
--> [4]
SELECT x, y FROM l FULL JOIN r ON l.id = r.id ORDER BY y DESC NULLS LAST, x LIMIT 2;
--> ["two","zwei"]
--> [null,"vier"]

--@test: by columns that are no key, each row with every row that has the same
CREATE STREAM a (id INT KEY, city STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(city, false) AS city FROM a GROUP BY id;
INSERT INTO a (id, city) VALUES (1, 'rome'), (2, 'oslo'), (3, 'rome'), (4, NULL), (5, NULL);
SELECT p.id, q.id FROM t p JOIN t q ON p.city = q.city WHERE p.id <> q.id;
--> [1,3]
--> [3,1]
SELECT p.id, q.id FROM t p FULL JOIN t q ON p.city = q.city AND p.id = q.id;
--> [1,1]
--> [2,2]
--> [3,3]
--> [4,null]
--> [5,null]
--> [null,4]
--> [null,5]
SELECT p.id, q.id FROM t p RIGHT JOIN t q ON p.id = q.id + 3;
--> [4,1]
--> [5,2]
--> [null,3]
--> [null,4]
--> [null,5]
SELECT COUNT(*) AS pairs FROM t p JOIN t q ON UCASE(p.city) = UCASE(q.city);
--> [5]

--@test: three tables; what an outer join left out meets nothing
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM c (id INT KEY, v INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE x AS SELECT id, SUM(v) AS v FROM a GROUP BY id;
CREATE TABLE y AS SELECT id, SUM(v) AS v FROM b GROUP BY id;
CREATE TABLE z AS SELECT id, SUM(v) AS v FROM c GROUP BY id;
INSERT INTO a (id, v) VALUES (1, 10), (2, 20);
INSERT INTO b (id, v) VALUES (2, 200), (3, 300);
INSERT INTO c (id, v) VALUES (1, 1000), (2, 2000), (3, 3000);
SELECT x.v, y.v, z.v FROM x LEFT JOIN y ON x.id = y.id LEFT JOIN z ON y.id = z.id;
--> [10,null,null]
--> [20,200,2000]
SELECT x.v, y.v, z.v FROM x FULL JOIN y ON x.id = y.id RIGHT JOIN z ON y.id = z.id;
--> [20,200,2000]
--> [null,300,3000]
--> [null,null,1000]
SELECT x.v, y.v, z.v FROM x FULL JOIN y ON x.id = y.id FULL JOIN z ON x.id = z.id WHERE z.id = 2;
--> [20,200,2000]

--@test: keys in WHERE are looked up, also in the tables that ON makes them equal with
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE x AS SELECT id, SUM(v) AS v FROM a GROUP BY id;
CREATE TABLE y AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;
CREATE TABLE z AS SELECT v, COUNT(*) AS n FROM a GROUP BY v;
INSERT INTO a (id, v) VALUES (1, 10), (2, 20), (3, 30);
EXPLAIN SELECT x.v, y.n FROM x JOIN y ON x.id = y.id WHERE x.id = 2;
--> SINK results: `V` INTEGER, `N` BIGINT
--> PROJECT V, N
--> FILTER (ID = 2)
--> HASH JOIN INNER on key of type INTEGER
--> SCAN X (materialized by CTAS_X_1), 1 key lookup
--> SCAN Y (materialized by CTAS_Y_2), 1 key lookup
EXPLAIN SELECT x.v AS v, z.n FROM x LEFT JOIN z ON x.v = z.v WHERE x.id IN (1, 2);
--> SINK results: `V` INTEGER, `N` BIGINT
--> PROJECT V, N
--> FILTER (ID IN (1, 2))
--> HASH JOIN LEFT on key of type INTEGER
--> PROJECT V AS `KSQL_JOIN_KEY` KEY, ID, V
--> SCAN X (materialized by CTAS_X_1), 2 key lookups
--> SCAN Z (materialized by CTAS_Z_3), key lookups by the join
SELECT x.v, y.n FROM x JOIN y ON x.id = y.id WHERE x.id = 2;
--> [20,1]
SELECT x.v, y.n FROM x FULL JOIN y ON x.id = y.id WHERE 1 = y.id;
--> [10,1]
SELECT x.v, y.n FROM x LEFT JOIN y ON x.id = y.id WHERE y.id IN (2, 3, 9) AND x.v > 20;
--> [30,1]
SELECT x.v, y.n, z.n FROM x JOIN y ON x.id = y.id LEFT JOIN z ON x.v = z.v WHERE y.id = 3;
--> [30,1,1]
SELECT x.v FROM x LEFT JOIN y ON x.id = y.id WHERE x.id = 2 OR y.id = 3;
--> [20]
--> [30]
SET 'ksql.query.pull.table.scan.enabled' = 'false';
SELECT x.v, y.n FROM x JOIN y ON x.id = y.id WHERE x.id = 2;
--> [20,1]
SELECT x.v, y.n FROM x JOIN y ON x.id = y.id;
--! The join reads the whole table X, which ksql.query.pull.table.scan.enabled forbids
SELECT x.v, z.n FROM x JOIN z ON x.v = z.v WHERE x.id = 2;
--> [20,1]
SELECT x.v, z.n FROM x FULL JOIN z ON x.v = z.v WHERE x.id = 2;
--! The join reads the whole table Z, which ksql.query.pull.table.scan.enabled forbids

--@test: a table joined by its key to few rows is looked up by their keys, on either side
CREATE STREAM a (id INT KEY, city STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM b (city STRING KEY, n INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE people AS SELECT id, LATEST_BY_OFFSET(city, false) AS city FROM a GROUP BY id;
CREATE TABLE cities AS SELECT city, LATEST_BY_OFFSET(n) AS n FROM b GROUP BY city;
CREATE TABLE days AS SELECT city, COUNT(*) AS c FROM b WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY city;
INSERT INTO a (id, city) VALUES (1, 'rome'), (2, 'oslo'), (3, 'rome'), (4, NULL), (5, 'bonn');
INSERT INTO b (ROWTIME, city, n) VALUES (1000, 'oslo', 7), (1000, 'rome', 28), (2000, 'rome', 29), (1000, 'kyiv', 29);
EXPLAIN SELECT p.id, c.n FROM people p JOIN cities c ON p.city = c.city WHERE p.id IN (1, 2);
--> SINK results: `ID` INTEGER, `N` INTEGER
--> PROJECT ID, N
--> FILTER (ID IN (1, 2))
--> HASH JOIN INNER on key of type STRING
--> PROJECT CITY AS `KSQL_JOIN_KEY` KEY, ID
--> SCAN PEOPLE (materialized by CTAS_PEOPLE_1), 2 key lookups
--> SCAN CITIES (materialized by CTAS_CITIES_2), key lookups by the join
SELECT p.id, c.n FROM people p LEFT JOIN cities c ON p.city = c.city WHERE p.id IN (5, 4, 3, 2, 1, 0);
--> [5,null]
--> [4,null]
--> [3,29]
--> [2,7]
--> [1,29]
SELECT p.id, c.n FROM cities c JOIN people p ON p.city = c.city WHERE p.id IN (1, 3, 4, 5);
--> [1,29]
--> [3,29]
SELECT p.id, c.n FROM cities c RIGHT JOIN people p ON p.city = c.city WHERE p.id IN (1, 3, 4, 5);
--> [1,29]
--> [3,29]
--> [4,null]
--> [5,null]
SELECT p.id, d.c, d.WINDOWSTART AS at FROM people p JOIN days d ON p.city = d.city WHERE p.id IN (1, 2, 3) ORDER BY p.id, at;
--> [1,1,1000]
--> [1,1,2000]
--> [2,1,1000]
--> [3,1,1000]
--> [3,1,2000]
SELECT p.id, c.n, q.id FROM people p JOIN cities c ON p.city = c.city JOIN people q ON c.n = q.id + 26 WHERE p.id = 1;
--> [1,29,3]
EXPLAIN SELECT p.id FROM people p JOIN cities c ON p.city = c.city LEFT JOIN days d ON c.city = d.city WHERE p.id = 1;
--> SINK results: `ID` INTEGER
--> PROJECT ID
--> FILTER (ID = 1)
--> HASH JOIN LEFT on key of type STRING
--> PROJECT CITY AS `KSQL_JOIN_KEY` KEY, ID
--> HASH JOIN INNER on key of type STRING
--> PROJECT CITY AS `KSQL_JOIN_KEY` KEY, ID
--> SCAN PEOPLE (materialized by CTAS_PEOPLE_1), 1 key lookup
--> SCAN CITIES (materialized by CTAS_CITIES_2), key lookups by the join
--> SCAN DAYS (materialized by CTAS_DAYS_3), key lookups by the join [TUMBLING]

--@test: windowed tables meet within a window; each window meets a table without
CREATE STREAM a (k STRING KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM b (k STRING KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE x AS SELECT k, SUM(v) AS v FROM a WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE TABLE y AS SELECT k, SUM(v) AS v FROM b WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE TABLE plain AS SELECT k, SUM(v) AS total FROM a GROUP BY k;
INSERT INTO a (ROWTIME, k, v) VALUES (1000, 'p', 1);
INSERT INTO a (ROWTIME, k, v) VALUES (2000, 'p', 2);
INSERT INTO a (ROWTIME, k, v) VALUES (2000, 'q', 4);
INSERT INTO b (ROWTIME, k, v) VALUES (2500, 'p', 10);
INSERT INTO b (ROWTIME, k, v) VALUES (3500, 'p', 20);
SELECT x.k, x.WINDOWSTART AS s, x.v, y.v FROM x JOIN y ON x.k = y.k;
--> ["p",2000,2,10]
SELECT x.k, x.WINDOWSTART AS s, x.v, y.v, y.WINDOWSTART AS t FROM x FULL JOIN y ON x.k = y.k;
--> ["p",1000,1,null,null]
--> ["p",2000,2,10,2000]
--> ["q",2000,4,null,null]
--> [null,null,null,20,3000]
SELECT x.k, x.WINDOWSTART AS s, x.v, total FROM x JOIN plain ON x.k = plain.k WHERE x.k = 'p' AND x.WINDOWSTART >= 2000;
--> ["p",2000,2,3]
SELECT total, x.v FROM plain LEFT JOIN x ON x.k = plain.k ORDER BY x.v DESC;
--> [4,4]
--> [3,2]
--> [3,1]

--@test: errors
CREATE STREAM a (k STRING KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE x AS SELECT k, SUM(v) AS v FROM a WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE TABLE y AS SELECT k, SUM(v) AS v FROM a WINDOW TUMBLING (SIZE 2 SECONDS) GROUP BY k;
CREATE TABLE z AS SELECT k, SUM(v) AS v FROM a GROUP BY k;
SELECT * FROM x JOIN y ON x.k = y.k;
--! Incompatible windowed sources: their window sizes differ
SELECT * FROM z JOIN z ON z.k = z.k;
--! Two sources of the join are called 'Z'
SELECT * FROM z JOIN x ON z.k > x.k;
--! A join needs one equality in ON
SELECT * FROM z JOIN x ON z.k = x.v;
--! Invalid join condition: types don't match
SELECT * FROM a JOIN z ON a.k = z.k;
--! Pull queries join tables only, and A is a stream
SELECT z.v FROM z JOIN x ON z.k = x.k WHERE v = 1;
--! V
