-- A row that comes after its window has closed is dropped and counted. A query can instead send such records to a topic:
-- as they came, with headers behind their own that say which query, which operator, which window and why.

--@test: late records of a window
SET 'sluice.late.rows.topic' = 'late_orders';
CREATE STREAM orders (customer STRING KEY, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE TABLE sold AS
  SELECT customer, SUM(amount) AS total FROM orders
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY customer;
INSERT INTO orders (ROWTIME, customer, amount) VALUES (1000, 'ann', 1);
INSERT INTO orders (ROWTIME, customer, amount) VALUES (14999, 'ann', 10);
INSERT INTO orders (ROWTIME, customer, amount) VALUES (2000, 'ann', 100);
INSERT INTO orders (ROWTIME, customer, amount) VALUES (15000, 'ann', 1000);
PRODUCE TO orders KEY 'bob' VALUE '{"AMOUNT":7}' TIMESTAMP 3000 HEADER 'trace' 'a1';
CREATE STREAM late_orders (customer STRING KEY, amount INT, reason BYTES HEADER('sluice.late.reason'))
  WITH (KAFKA_TOPIC='late_orders', VALUE_FORMAT='JSON');
ASSERT VALUES late_orders (ROWTIME, customer, amount) VALUES (3000, 'bob', 7);
SELECT * FROM sold WHERE customer = 'bob';
-->

--@test: the topic can be read as a stream, headers and all
SET 'sluice.late.rows.topic' = 'late_orders';
CREATE STREAM orders (customer STRING KEY, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE TABLE sold AS
  SELECT customer, SUM(amount) AS total FROM orders
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY customer;
CREATE STREAM late_orders (customer STRING KEY, amount INT, trace BYTES HEADER('trace'), query BYTES HEADER('sluice.late.query'),
    operator BYTES HEADER('sluice.late.operator'), reason BYTES HEADER('sluice.late.reason'),
    stream_time BYTES HEADER('sluice.late.stream.time'), window_start BYTES HEADER('sluice.late.window.start'),
    window_end BYTES HEADER('sluice.late.window.end'), from_topic BYTES HEADER('sluice.late.topic'),
    from_partition BYTES HEADER('sluice.late.partition'), from_offset BYTES HEADER('sluice.late.offset'))
  WITH (KAFKA_TOPIC='late_orders', VALUE_FORMAT='JSON');
SELECT customer, amount, FROM_BYTES(trace, 'utf8'), FROM_BYTES(query, 'utf8'), FROM_BYTES(operator, 'utf8'), FROM_BYTES(reason, 'utf8'),
    CAST(FROM_BYTES(stream_time, 'utf8') AS BIGINT), FROM_BYTES(window_start, 'utf8'), FROM_BYTES(window_end, 'utf8'),
    FROM_BYTES(from_topic, 'utf8'), FROM_BYTES(from_partition, 'utf8'), FROM_BYTES(from_offset, 'utf8')
  FROM late_orders EMIT CHANGES;
INSERT INTO orders (ROWTIME, customer, amount) VALUES (15000, 'ann', 1000);
PRODUCE TO orders KEY 'bob' VALUE '{"AMOUNT":7}' TIMESTAMP 3000 HEADER 'trace' 'a1';
EXPECT ROWS;
--> ["bob",7,"a1","CTAS_SOLD_1","aggregate","stream time has passed the window's end and grace period",15000,"0","10000","orders","0","1"]

--@test: within the grace period a row is not late
SET 'sluice.late.rows.topic' = 'late_orders';
CREATE STREAM orders (customer STRING KEY, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE TABLE sold AS
  SELECT customer, SUM(amount) AS total FROM orders
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY customer;
INSERT INTO orders (ROWTIME, customer, amount) VALUES (14999, 'ann', 10);
INSERT INTO orders (ROWTIME, customer, amount) VALUES (2000, 'ann', 100);
EXPECT TOPIC late_orders;
-->
ASSERT VALUES sold (WINDOWSTART, customer, total) VALUES (10000, 'ann', 10);
ASSERT VALUES sold (WINDOWSTART, customer, total) VALUES (0, 'ann', 100);

--@test: a row in several windows is late when all of them have closed
SET 'sluice.late.rows.topic' = 'late_s';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s
  WINDOW HOPPING (SIZE 20 SECONDS, ADVANCE BY 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;
CREATE STREAM late_s (k INT KEY, v INT) WITH (KAFKA_TOPIC='late_s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (25000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (12000, 1, 2);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 3);
ASSERT VALUES late_s (ROWTIME, k, v) VALUES (2000, 1, 3);
SELECT k, n FROM t WHERE WINDOWSTART = 10000;
--> [1,2]

--@test: sessions, grouped by something else than the key
SET 'sluice.late.rows.topic' = 'late_s';
CREATE STREAM s (k INT KEY, who STRING, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE t AS SELECT who, COUNT(*) AS n FROM s
  WINDOW SESSION (10 SECONDS, GRACE PERIOD 0 SECONDS) WHERE v > 0 GROUP BY who;
CREATE STREAM late_s (k INT KEY, who STRING, v INT) WITH (KAFKA_TOPIC='late_s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, who, v) VALUES (100000, 1, 'ann', 1);
INSERT INTO s (ROWTIME, k, who, v) VALUES (1000, 2, 'ann', 2);
INSERT INTO s (ROWTIME, k, who, v) VALUES (1000, 3, 'ann', 0);
ASSERT VALUES late_s (ROWTIME, k, who, v) VALUES (1000, 2, 'ann', 2);
EXPECT TOPIC late_s;
-->

--@test: a stream join sends what it cannot keep
-- The row still meets what is there already.
SET 'sluice.late.rows.topic' = 'late';
CREATE STREAM a (id INT KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS
  SELECT a.id, a.v AS left_v, b.v AS right_v FROM a JOIN b WITHIN 5 SECONDS GRACE PERIOD 10 SECONDS ON a.id = b.id;
CREATE STREAM late (id INT KEY, v STRING, operator BYTES HEADER('sluice.late.operator'), topic BYTES HEADER('sluice.late.topic'))
  WITH (KAFKA_TOPIC='late', VALUE_FORMAT='JSON');
SELECT id, v, FROM_BYTES(operator, 'utf8'), FROM_BYTES(topic, 'utf8') FROM late EMIT CHANGES;
INSERT INTO a (ROWTIME, id, v) VALUES (60000, 1, 'a1');
INSERT INTO b (ROWTIME, id, v) VALUES (60000, 2, 'b1');
INSERT INTO b (ROWTIME, id, v) VALUES (11000, 1, 'too late');
EXPECT ROWS;
--> [1,"too late","stream join","b"]

--@test: windows over a join send the left record
SET 'sluice.late.rows.topic' = 'late';
CREATE STREAM clicks (id INT KEY, page STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT u.name, COUNT(*) AS n FROM clicks c JOIN users u ON c.id = u.id
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY u.name;
CREATE STREAM late (id INT KEY, page STRING) WITH (KAFKA_TOPIC='late', VALUE_FORMAT='JSON');
INSERT INTO users (ROWTIME, id, name) VALUES (1, 1, 'ann');
INSERT INTO clicks (ROWTIME, id, page) VALUES (30000, 1, '/a');
INSERT INTO clicks (ROWTIME, id, page) VALUES (5000, 1, '/late');
ASSERT VALUES late (ROWTIME, id, page) VALUES (5000, 1, '/late');

--@test: after a restart every late record is there once
SET 'sluice.late.rows.topic' = 'late_s';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;
CREATE STREAM late_s (k INT KEY, v INT) WITH (KAFKA_TOPIC='late_s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, k, v) VALUES (50000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 2);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 3);
ASSERT VALUES late_s (ROWTIME, k, v) VALUES (1000, 1, 2);
ASSERT VALUES late_s (ROWTIME, k, v) VALUES (2000, 1, 3);
EXPECT TOPIC late_s;
-->

--@test: without the property late rows are only counted
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k;
INSERT INTO s (ROWTIME, k, v) VALUES (50000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 2);
SELECT k, n FROM t WHERE WINDOWSTART = 0;
-->

--@test: EXPLAIN says where they go
SET 'sluice.late.rows.topic' = 'late_s';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
EXPLAIN CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
--> SINK table T (topic T, KAFKA/JSON): `K` INTEGER KEY, `N` BIGINT [TUMBLING]
--> PROJECT K KEY, KSQL_AGG_VARIABLE_0 AS `N` [TUMBLING]
--> AGGREGATE TUMBLING size 10000 ms grace 86390000 ms retention 86400000 ms; by `K`: COUNT(), late rows -> topic late_s
--> PROJECT K KEY, KSQL_RECORD AS `KSQL_ARG_0`
--> SOURCE S (topic s, KAFKA/JSON): `K` INTEGER KEY, `KSQL_RECORD` BYTES

--@test: errors
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SET 'sluice.late.rows.topic' = 's';
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
--! 'sluice.late.rows.topic' is 's', which the query itself reads
SET 'sluice.late.rows.topic' = 'T';
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY k;
--! Late rows need a topic of their own.
