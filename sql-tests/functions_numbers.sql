-- Arithmetic and its edges: integers wrap around, DECIMALs are exact, a division by zero is its row's null.

--@test: the types of results
CREATE STREAM n (id INT KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(4, 2)) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON');
CREATE STREAM r AS SELECT id, i + b AS ib, i + m AS im, b * m AS bm, m / i AS mi, m % 2 AS mm, d + m AS dm, -i AS negative FROM n;
ASSERT STREAM r (id INT KEY, ib BIGINT, im DECIMAL(13, 2), bm DECIMAL(24, 2), mi DECIMAL(15, 13), mm DECIMAL(4, 2), dm DOUBLE,
  negative INT) WITH (KAFKA_TOPIC='R', VALUE_FORMAT='JSON');
INSERT INTO n VALUES (1, 3, 4, 0.5e0, 10.25);
INSERT INTO n VALUES (2, 0, 4, 0.5e0, 10.25);
INSERT INTO n VALUES (3, 2147483647, NULL, NULL, NULL);
EXPECT TOPIC R;
--> {"key":1,"value":{"IB":7,"IM":13.25,"BM":41.00,"MI":3.4166666666667,"MM":0.25,"DM":10.75,"NEGATIVE":-3},"timestamp":1000}
--> {"key":2,"value":{"IB":4,"IM":10.25,"BM":41.00,"MI":null,"MM":0.25,"DM":10.75,"NEGATIVE":0},"timestamp":1000}
--> {"key":3,"value":{"IB":null,"IM":null,"BM":null,"MI":null,"MM":null,"DM":null,"NEGATIVE":-2147483647},"timestamp":1000}

--@test: integers wrap around
CREATE STREAM n (id INT KEY, i INT, b BIGINT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON');
CREATE STREAM r AS SELECT id, i + 1 AS i, b + 1 AS b, ABS(i) AS a FROM n;
INSERT INTO n VALUES (1, 2147483647, 9223372036854775807);
EXPECT TOPIC R;
--> {"key":1,"value":{"I":-2147483648,"B":-9223372036854775808,"A":2147483647},"timestamp":1000}

--@test: rounding
CREATE STREAM n (id INT KEY, d DOUBLE, m DECIMAL(6, 3)) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON');
CREATE STREAM r AS SELECT id, ROUND(d) AS d0, ROUND(d, 2) AS d2, TRUNC(d, 2) AS t2, ROUND(m) AS m0, ROUND(m, 1) AS m1,
  CEIL(m) AS up, FLOOR(m) AS down FROM n;
INSERT INTO n VALUES (1, 2.675e0, 2.550);
INSERT INTO n VALUES (2, -2.675e0, -2.550);
INSERT INTO n VALUES (3, 1.5e0, 1.500);
EXPECT TOPIC R;
--> {"key":1,"value":{"D0":3,"D2":2.68,"T2":2.67,"M0":3,"M1":2.600,"UP":3.000,"DOWN":2.000},"timestamp":1000}
--> {"key":2,"value":{"D0":-3,"D2":-2.67,"T2":-2.67,"M0":-3,"M1":-2.500,"UP":-2.000,"DOWN":-3.000},"timestamp":1000}
--> {"key":3,"value":{"D0":2,"D2":1.5,"T2":1.5,"M0":2,"M1":1.500,"UP":2.000,"DOWN":1.000},"timestamp":1000}

--@test: an aggregate of nothing, or of *, is one of ROWTIME
CREATE STREAM n (id INT KEY, i INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, AVG(*) AS mean, MAX() AS last, COUNT(*) AS n FROM n GROUP BY id;
INSERT INTO n (ROWTIME, id, i) VALUES (10, 1, 5);
INSERT INTO n (ROWTIME, id, i) VALUES (30, 1, 5);
SELECT * FROM t;
--> [1,20.0,30,2]

--@test: numbers and texts do not mix
CREATE STREAM n (id INT KEY, i INT, s STRING) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON');
SELECT i + s FROM n EMIT CHANGES;
--! the operator + does not take INTEGER and STRING
SELECT i = s FROM n EMIT CHANGES;
--! Cannot compare I (INTEGER) to S (STRING) with =.
SELECT TOPK(i, 0) FROM n GROUP BY id EMIT CHANGES;
--! TOPK needs a number of values that is 1 or more.
