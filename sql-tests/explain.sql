-- EXPLAIN shows the plan of a query, without running it, or of one that runs.

--@test: a filter and a projection
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN SELECT id, v * 2 AS twice FROM s WHERE v > 10 EMIT CHANGES;
--> SINK results: `ID` INTEGER, `TWICE` INTEGER
--> PROJECT ID, (V * 2) AS `TWICE`
--> FILTER (V > 10)
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER

--@test: grouping by the key needs no exchange, by another column it does
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN SELECT id, COUNT(*) AS n FROM s GROUP BY id EMIT CHANGES;
--> SINK results: `ID` INTEGER, `N` BIGINT
--> PROJECT ID, KSQL_AGG_VARIABLE_0 AS `N`
--> AGGREGATE by `ID`: COUNT()
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY
EXPLAIN SELECT t, COUNT(*) AS n FROM s GROUP BY t EMIT CHANGES;
--> SINK results: `T` STRING, `N` BIGINT
--> PROJECT T, KSQL_AGG_VARIABLE_0 AS `N`
--> AGGREGATE by `T`: COUNT()
--> EXCHANGE by `T` (topic EXPLAINED-Aggregate-GroupBy-repartition, 1 partitions, KAFKA)
--> PROJECT T KEY
--> SOURCE S (topic s, KAFKA/JSON): `T` STRING
EXPLAIN SELECT id, SUM(v) AS total FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY id EMIT FINAL;
--> SINK results: `ID` INTEGER, `TOTAL` INTEGER [HOPPING]
--> PROJECT ID, KSQL_AGG_VARIABLE_0 AS `TOTAL` [HOPPING]
--> FINAL grace 0 ms [HOPPING]
--> AGGREGATE HOPPING size 10000 ms advance 5000 ms grace 0 ms retention 86400000 ms; in panes; by `ID`: SUM(`KSQL_ARG_0`)
--> PROJECT ID KEY, V AS `KSQL_ARG_0`
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER

--@test: joins
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
EXPLAIN SELECT s.id, name, v FROM s LEFT JOIN t ON s.id = t.id EMIT CHANGES;
--> SINK results: `S_ID` INTEGER, `NAME` STRING, `V` INTEGER
--> PROJECT ID AS `S_ID`, NAME, V
--> STREAM-TABLE JOIN LEFT on key of type INTEGER
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER
--> SOURCE T (topic t, KAFKA/JSON): `ID` INTEGER KEY, `NAME` STRING
EXPLAIN SELECT s.id, s.v, r.v FROM s JOIN r WITHIN 10 SECONDS ON s.id = r.id EMIT CHANGES;
--> SINK results: `S_ID` INTEGER, `S_V` INTEGER, `R_V` INTEGER
--> PROJECT ID AS `S_ID`, V AS `S_V`, V AS `R_V`
--> STREAM JOIN INNER within 10000 ms before, 10000 ms after on key of type INTEGER
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER
--> SOURCE R (topic r, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER

--@test: a statement, and a query that runs
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN CREATE STREAM o AS SELECT id, v FROM s;
--> SINK stream O (topic O, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER
CREATE STREAM o AS SELECT id, v FROM s;
EXPLAIN CSAS_O_1;
--> SINK stream O (topic O, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER
--> SOURCE S (topic s, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER

--@test: errors
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN SELECT nothing FROM s EMIT CHANGES;
--! SELECT column 'NOTHING' cannot be resolved.
EXPLAIN CSAS_NOTHING_1;
--! There is no query with the id 'CSAS_NOTHING_1'
EXPLAIN SHOW STREAMS;
--! EXPLAIN is for statements that run a query
