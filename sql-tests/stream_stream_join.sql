-- Two streams joined: records with equal keys meet when their times are no further apart than WITHIN says.

--@test: each pair within the time is a row
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM searches (user_id INT KEY, words STRING) WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');
CREATE STREAM pairs AS
  SELECT v.user_id, v.page, s.words FROM views v JOIN searches s WITHIN 1 SECOND ON v.user_id = s.user_id;
INSERT INTO views (ROWTIME, user_id, page) VALUES (1000, 1, '/a');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (2000, 1, 'tea');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (2001, 1, 'milk');
INSERT INTO views (ROWTIME, user_id, page) VALUES (2500, 1, '/b');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (2500, 2, 'other user');
EXPECT TOPIC PAIRS;
--> {"key":1,"value":{"PAGE":"/a","WORDS":"tea"},"timestamp":2000}
--> {"key":1,"value":{"PAGE":"/b","WORDS":"tea"},"timestamp":2500}
--> {"key":1,"value":{"PAGE":"/b","WORDS":"milk"},"timestamp":2500}

--@test: WITHIN (before, after) is not the same on both sides
-- Searches up to 5 seconds before the view, and up to 1 second after it.
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM searches (user_id INT KEY, words STRING) WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');
CREATE STREAM pairs AS
  SELECT v.user_id, v.page, s.words FROM views v JOIN searches s WITHIN (5 SECONDS, 1 SECOND) ON v.user_id = s.user_id;
INSERT INTO searches (ROWTIME, user_id, words) VALUES (4999, 1, 'too early');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (5000, 1, 'before');
INSERT INTO views (ROWTIME, user_id, page) VALUES (10000, 1, '/a');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (11000, 1, 'after');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (11001, 1, 'too late');
EXPECT TOPIC PAIRS;
--> {"key":1,"value":{"PAGE":"/a","WORDS":"before"},"timestamp":10000}
--> {"key":1,"value":{"PAGE":"/a","WORDS":"after"},"timestamp":11000}

--@test: a left join gives a row without a match when its time has passed
CREATE STREAM orders (id INT KEY, v STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM payments (id INT KEY, v STRING) WITH (KAFKA_TOPIC='payments', VALUE_FORMAT='JSON');
CREATE STREAM paid AS
  SELECT o.id, o.v AS ordered, p.v AS paid FROM orders o
  LEFT JOIN payments p WITHIN 10 SECONDS GRACE PERIOD 2 SECONDS ON o.id = p.id;
INSERT INTO orders (ROWTIME, id, v) VALUES (1000, 1, 'o1');
INSERT INTO orders (ROWTIME, id, v) VALUES (2000, 2, 'o2');
INSERT INTO payments (ROWTIME, id, v) VALUES (3000, 2, 'p2');
EXPECT TOPIC PAID;
--> {"key":2,"value":{"ORDERED":"o2","PAID":"p2"},"timestamp":3000}
INSERT INTO orders (ROWTIME, id, v) VALUES (12000, 3, 'o3');
EXPECT TOPIC PAID;
-->
INSERT INTO orders (ROWTIME, id, v) VALUES (30000, 4, 'o4');
EXPECT TOPIC PAID;
--> {"key":1,"value":{"ORDERED":"o1","PAID":null},"timestamp":1000}
--> {"key":3,"value":{"ORDERED":"o3","PAID":null},"timestamp":12000}

--@test: the grace period lets late records in
CREATE STREAM a (id INT KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS
  SELECT a.id, a.v AS left_v, b.v AS right_v FROM a JOIN b WITHIN 5 SECONDS GRACE PERIOD 10 SECONDS ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (10000, 1, 'a1');
INSERT INTO a (ROWTIME, id, v) VALUES (24000, 9, 'time goes on');
INSERT INTO b (ROWTIME, id, v) VALUES (11000, 1, 'late');
INSERT INTO a (ROWTIME, id, v) VALUES (60000, 9, 'time goes on');
INSERT INTO b (ROWTIME, id, v) VALUES (11000, 1, 'too late');
EXPECT TOPIC J;
--> {"key":1,"value":{"LEFT_V":"a1","RIGHT_V":"late"},"timestamp":11000}

--@test: full outer join
CREATE STREAM a (id INT KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS
  SELECT ROWKEY AS id, a.v AS left_v, b.v AS right_v
  FROM a FULL OUTER JOIN b WITHIN 5 SECONDS GRACE PERIOD 0 SECONDS ON a.id = b.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1000, 1, 'only a');
INSERT INTO b (ROWTIME, id, v) VALUES (2000, 2, 'only b');
INSERT INTO a (ROWTIME, id, v) VALUES (3000, 3, 'a3');
INSERT INTO b (ROWTIME, id, v) VALUES (4000, 3, 'b3');
INSERT INTO a (ROWTIME, id, v) VALUES (20000, 9, 'time goes on');
EXPECT TOPIC J;
--> {"key":3,"value":{"LEFT_V":"a3","RIGHT_V":"b3"},"timestamp":4000}
--> {"key":1,"value":{"LEFT_V":"only a","RIGHT_V":null},"timestamp":1000}
--> {"key":2,"value":{"LEFT_V":null,"RIGHT_V":"only b"},"timestamp":2000}

--@test: at the same time exactly
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
CREATE STREAM pairs AS SELECT s.id, s.v AS first, r.v AS second FROM s JOIN r WITHIN 0 SECONDS ON s.id = r.id;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO r (ROWTIME, id, v) VALUES (1001, 1, 2);
INSERT INTO r (ROWTIME, id, v) VALUES (1000, 1, 3);
EXPECT TOPIC PAIRS;
--> {"key":1,"value":{"FIRST":1,"SECOND":3},"timestamp":1000}

--@test: three streams
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM c (id INT KEY, v INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON');
CREATE STREAM j AS
  SELECT a.id, a.v + b.v + c.v AS total
  FROM a JOIN b WITHIN 10 SECONDS ON a.id = b.id JOIN c WITHIN 10 SECONDS ON a.id = c.id;
INSERT INTO a (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO b (ROWTIME, id, v) VALUES (2000, 1, 20);
INSERT INTO c (ROWTIME, id, v) VALUES (3000, 1, 300);
EXPECT TOPIC J;
--> {"key":1,"value":{"TOTAL":321},"timestamp":3000}

--@test: NULL keys meet nobody
CREATE STREAM a (k STRING, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (k STRING, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS SELECT a.k, a.v AS av, b.v AS bv FROM a JOIN b WITHIN 10 SECONDS ON a.k = b.k;
INSERT INTO a (ROWTIME, k, v) VALUES (1000, NULL, 1);
INSERT INTO b (ROWTIME, k, v) VALUES (1000, NULL, 2);
INSERT INTO a (ROWTIME, k, v) VALUES (1000, 'x', 3);
INSERT INTO b (ROWTIME, k, v) VALUES (1000, 'x', 4);
EXPECT TOPIC J;
--> {"key":"x","value":{"AV":3,"BV":4},"timestamp":1000}

--@test: two streams within a time
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM searches (user_id INT KEY, words STRING) WITH (KAFKA_TOPIC='searches', VALUE_FORMAT='JSON');
CREATE STREAM both_done AS
  SELECT v.user_id, v.page, s.words FROM views v JOIN searches s WITHIN 1 SECOND ON v.user_id = s.user_id;
INSERT INTO views (ROWTIME, user_id, page) VALUES (1000, 1, '/a');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (1900, 1, 'tea');
INSERT INTO searches (ROWTIME, user_id, words) VALUES (2100, 1, 'milk');
INSERT INTO views (ROWTIME, user_id, page) VALUES (2500, 1, '/b');
EXPECT TOPIC BOTH_DONE;
--> {"key":1,"value":{"PAGE":"/a","WORDS":"tea"},"timestamp":1900}
--> {"key":1,"value":{"PAGE":"/b","WORDS":"tea"},"timestamp":2500}
--> {"key":1,"value":{"PAGE":"/b","WORDS":"milk"},"timestamp":2500}

--@test: a left join of streams gives rows without a match when the window has passed
CREATE STREAM orders (id INT KEY, v STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM payments (id INT KEY, v STRING) WITH (KAFKA_TOPIC='payments', VALUE_FORMAT='JSON');
CREATE STREAM paid AS
  SELECT o.id, o.v AS ordered, p.v AS paid FROM orders o
  LEFT JOIN payments p WITHIN 10 SECONDS GRACE PERIOD 0 SECONDS ON o.id = p.id;
INSERT INTO orders (ROWTIME, id, v) VALUES (100, 1, 'o1');
INSERT INTO orders (ROWTIME, id, v) VALUES (1000, 2, 'o2');
INSERT INTO payments (ROWTIME, id, v) VALUES (2000, 2, 'p2');
INSERT INTO orders (ROWTIME, id, v) VALUES (30000, 3, 'o3');
EXPECT TOPIC PAID;
--> {"key":2,"value":{"ORDERED":"o2","PAID":"p2"},"timestamp":2000}
--> {"key":1,"value":{"ORDERED":"o1","PAID":null},"timestamp":100}

--@test: a join condition must be about both sides
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b ON a.id = b.id;
--! A join of two streams needs a WITHIN clause

--@test: errors
CREATE STREAM a (id INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT, t STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b ON a.id = b.id;
--! A join of two streams needs a WITHIN clause
CREATE STREAM j AS SELECT id, v FROM a JOIN a WITHIN 1 SECOND ON a.id = a.id;
--! Two sources of the join are called 'A'
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b WITHIN 1 SECOND ON a.id = b.t;
--! Invalid join condition: types don't match. Got A.ID{INTEGER} = B.T{STRING}
CREATE STREAM j AS SELECT a.id, v FROM a JOIN b WITHIN 1 SECOND ON a.id = b.id;
--! Column 'V' is ambiguous. Could be A.V or B.V.
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b WITHIN 1 SECOND ON a.id = a.v;
--! Invalid comparison expression 'A.V' in join '(A.ID = A.V)'
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b WITHIN 1 SECOND;
--! The statement ends too early: expected ON or GRACE
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN c WITHIN 1 SECOND ON a.id = c.id;
--! C does not exist
CREATE TABLE j AS SELECT a.id, b.v FROM a JOIN b WITHIN 1 SECOND ON a.id = b.id;
--! The SELECT gives a STREAM, but the statement creates a TABLE
