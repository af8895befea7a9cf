-- Every overload of the aggregate functions, for each type they take.

--@test: the smallest, the largest and the top values of every type
CREATE STREAM v (id INT KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(4, 2), s STRING, y BYTES, da DATE, ti TIME, ts TIMESTAMP)
  WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON');
CREATE TABLE least AS SELECT id, MIN(i) AS i, MIN(b) AS b, MIN(d) AS d, MIN(m) AS m, MIN(s) AS s, MIN(y) AS y, MIN(da) AS da,
  MIN(ti) AS ti, MIN(ts) AS ts FROM v GROUP BY id;
CREATE TABLE most AS SELECT id, MAX(i) AS i, MAX(b) AS b, MAX(d) AS d, MAX(m) AS m, MAX(s) AS s, MAX(y) AS y, MAX(da) AS da,
  MAX(ti) AS ti, MAX(ts) AS ts FROM v GROUP BY id;
CREATE TABLE top AS SELECT id, TOPK(i, 2) AS i, TOPK(b, 2) AS b, TOPK(d, 2) AS d, TOPK(m, 2) AS m, TOPK(s, 2) AS s, TOPK(y, 2) AS y,
  TOPK(da, 2) AS da, TOPK(ti, 2) AS ti, TOPK(ts, 2) AS ts FROM v GROUP BY id;
CREATE TABLE distinct_top AS SELECT id, TOPKDISTINCT(i, 2) AS i, TOPKDISTINCT(b, 2) AS b, TOPKDISTINCT(d, 2) AS d, TOPKDISTINCT(m, 2) AS m,
  TOPKDISTINCT(s, 2) AS s, TOPKDISTINCT(y, 2) AS y, TOPKDISTINCT(da, 2) AS da, TOPKDISTINCT(ti, 2) AS ti, TOPKDISTINCT(ts, 2) AS ts
  FROM v GROUP BY id;
INSERT INTO v VALUES (1, 2, 20, 2.5e0, 2.25, 'b', 'Yg==', '2020-01-02', '02:00', '2020-01-02T00:00');
INSERT INTO v VALUES (1, 3, 30, 3.5e0, 3.25, 'c', 'Yw==', '2020-01-03', '03:00', '2020-01-03T00:00');
INSERT INTO v (id) VALUES (1);
INSERT INTO v VALUES (1, 3, 30, 3.5e0, 3.25, 'c', 'Yw==', '2020-01-03', '03:00', '2020-01-03T00:00');
INSERT INTO v VALUES (1, 1, 10, 1.5e0, 1.25, 'a', 'YQ==', '2020-01-01', '01:00', '2020-01-01T00:00');
SELECT * FROM least;
--> [1,1,10,1.5,1.25,"a","YQ==","2020-01-01","01:00:00","2020-01-01T00:00:00.000"]
SELECT * FROM most;
--> [1,3,30,3.5,3.25,"c","Yw==","2020-01-03","03:00:00","2020-01-03T00:00:00.000"]
SELECT * FROM top;
--> [1,[3,3],[30,30],[3.5,3.5],[3.25,3.25],["c","c"],["Yw==","Yw=="],["2020-01-03","2020-01-03"],["03:00:00","03:00:00"],["2020-01-03T00:00:00.000","2020-01-03T00:00:00.000"]]
SELECT * FROM distinct_top;
--> [1,[3,2],[30,20],[3.5,2.5],[3.25,2.25],["c","b"],["Yw==","Yg=="],["2020-01-03","2020-01-02"],["03:00:00","02:00:00"],["2020-01-03T00:00:00.000","2020-01-02T00:00:00.000"]]

--@test: sums, averages and statistics of every number
CREATE STREAM v (id INT KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(4, 2), ai ARRAY<INT>, ab ARRAY<BIGINT>, ad ARRAY<DOUBLE>)
  WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON');
CREATE TABLE sums AS SELECT id, SUM(i) AS i, SUM(b) AS b, SUM(d) AS d, SUM(m) AS m, SUM_LIST(ai) AS ai, SUM_LIST(ab) AS ab, SUM_LIST(ad) AS ad,
  AVG(i) AS mi, AVG(b) AS mb, AVG(d) AS md, AVG(m) AS mm FROM v GROUP BY id;
CREATE TABLE statistics AS SELECT id, STDDEV_SAMP(i) AS vi, STDDEV_SAMP(b) AS vb, STDDEV_SAMP(d) AS vd, STDDEV_SAMPLE(i) AS si,
  STDDEV_SAMPLE(b) AS sb, STDDEV_SAMPLE(d) AS sd, CORRELATION(i, i) AS ci, CORRELATION(b, b) AS cb, CORRELATION(d, d) AS cd,
  COUNT_DISTINCT(i) AS n FROM v GROUP BY id;
INSERT INTO v VALUES (1, 1, 10, 1.5e0, 1.25, ARRAY[1, NULL], ARRAY[10], ARRAY[0.5e0]);
INSERT INTO v VALUES (1, 2, 20, 2.5e0, 2.25, ARRAY[2, 3], ARRAY[20], ARRAY[1.5e0]);
INSERT INTO v VALUES (1, 6, 60, 6.5e0, 6.25, NULL, NULL, NULL);
INSERT INTO v (id) VALUES (1);
SELECT * FROM sums;
--> [1,9,90,10.5,9.75,6,30,2.0,3.0,30.0,3.5,3.25]
SELECT * FROM statistics;
--> [1,7.0,700.0,7.0,2.6457513110645907,26.457513110645905,2.6457513110645907,1.0,1.0,1.0,3]

--@test: values by offset and collections
CREATE STREAM v (id INT KEY, s STRING, st STRUCT<a INT>) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON');
CREATE TABLE first AS SELECT id, EARLIEST_BY_OFFSET(s) AS one, EARLIEST_BY_OFFSET(s, false) AS with_null, EARLIEST_BY_OFFSET(s, 2) AS two,
  EARLIEST_BY_OFFSET(s, 2, false) AS two_with_null, EARLIEST_BY_OFFSET(st) AS st FROM v GROUP BY id;
CREATE TABLE last AS SELECT id, LATEST_BY_OFFSET(s) AS one, LATEST_BY_OFFSET(s, false) AS with_null, LATEST_BY_OFFSET(s, 2) AS two,
  LATEST_BY_OFFSET(s, 2, false) AS two_with_null, LATEST_BY_OFFSET(st, 1) AS st FROM v GROUP BY id;
CREATE TABLE collected AS SELECT id, COLLECT_LIST(s) AS list, COLLECT_SET(s) AS distinct_list, COLLECT_LIST(st) AS structs,
  HISTOGRAM(s) AS counts, COUNT(s) AS n, ATTR(id) AS the_one, TOPK(s, st, 1) AS top FROM v GROUP BY id;
INSERT INTO v VALUES (1, NULL, STRUCT(a := 1));
INSERT INTO v VALUES (1, 'x', NULL);
INSERT INTO v VALUES (1, 'y', STRUCT(a := 3));
INSERT INTO v VALUES (1, 'x', STRUCT(a := 4));
INSERT INTO v VALUES (1, NULL, STRUCT(a := 5));
SELECT * FROM first;
--> [1,"x",null,["x","y"],[null,"x"],{"A":1}]
SELECT * FROM last;
--> [1,"x",null,["y","x"],["x",null],[{"A":5}]]
SELECT * FROM collected;
--> [1,[null,"x","y","x",null],[null,"x","y"],[{"A":1},null,{"A":3},{"A":4},{"A":5}],{"x":2,"y":1},3,1,[{"sort_col":"y","col0":{"A":3}}]]

--@test: what aggregates do not take
CREATE STREAM v (id INT KEY, s STRING, o BOOLEAN) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON');
SELECT SUM(s) FROM v GROUP BY id EMIT CHANGES;
--! Function 'SUM' does not accept parameters (STRING).
SELECT MAX(o) FROM v GROUP BY id EMIT CHANGES;
--! Function 'MAX' does not accept parameters (BOOLEAN).
SELECT LATEST_BY_OFFSET(s, 0) FROM v GROUP BY id EMIT CHANGES;
--! LATEST_BY_OFFSET needs a number of values that is 1 or more.
SELECT TOPK(s, CAST(s AS INT)) FROM v GROUP BY id EMIT CHANGES;
--! TOPK
