-- Joins: stream with table, stream with stream, table with table.

--@test: a stream is enriched with a table
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM named AS SELECT v.user_id, u.name, v.page FROM views v LEFT JOIN users u ON v.user_id = u.id;
CREATE STREAM known AS SELECT v.user_id, u.name, v.page FROM views v JOIN users u ON v.user_id = u.id;
INSERT INTO users (ROWTIME, id, name) VALUES (0, 1, 'ann');
INSERT INTO views (ROWTIME, user_id, page) VALUES (1, 1, '/home');
INSERT INTO views (ROWTIME, user_id, page) VALUES (2, 2, '/home');
INSERT INTO users (ROWTIME, id, name) VALUES (3, 1, 'anna');
INSERT INTO views (ROWTIME, user_id, page) VALUES (4, 1, '/cart');
EXPECT TOPIC NAMED;
--> {"key":1,"value":{"NAME":"ann","PAGE":"/home"},"timestamp":1}
--> {"key":2,"value":{"NAME":null,"PAGE":"/home"},"timestamp":2}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/cart"},"timestamp":4}
EXPECT TOPIC KNOWN;
--> {"key":1,"value":{"NAME":"ann","PAGE":"/home"},"timestamp":1}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/cart"},"timestamp":4}

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

--@test: two tables
CREATE TABLE prices (id INT PRIMARY KEY, price INT) WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON');
CREATE TABLE stock (id INT PRIMARY KEY, pieces INT) WITH (KAFKA_TOPIC='stock', VALUE_FORMAT='JSON');
CREATE TABLE worth AS
  SELECT p.id AS id, p.price * s.pieces AS worth FROM prices p JOIN stock s ON p.id = s.id;
INSERT INTO prices VALUES (1, 10);
INSERT INTO stock VALUES (1, 5);
INSERT INTO prices VALUES (1, 20);
PRODUCE TO stock KEY INT 1;
EXPECT TOPIC WORTH;
--> {"key":1,"value":{"WORTH":50},"timestamp":1000}
--> {"key":1,"value":{"WORTH":100},"timestamp":1000}
--> {"key":1,"value":null,"timestamp":1000}

--@test: a join condition must be about both sides
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM j AS SELECT a.id, b.v FROM a JOIN b ON a.id = b.id;
--! A join of two streams needs a WITHIN clause
