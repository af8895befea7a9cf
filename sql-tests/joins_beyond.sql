-- Joins that ksqlDB refuses: of a source with itself, on several columns, by several foreign keys in one statement.

--@test: a stream with itself: pairs of events of one user
CREATE STREAM clicks (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE STREAM steps AS
  SELECT a.user_id, a.page AS from_page, b.page AS to_page
  FROM clicks a JOIN clicks b WITHIN (0 SECONDS, 10 SECONDS) ON a.user_id = b.user_id
  WHERE a.page <> b.page;
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (1000, 1, '/home');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (2000, 1, '/tea');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (2500, 2, '/home');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (3000, 1, '/cart');
INSERT INTO clicks (ROWTIME, user_id, page) VALUES (60000, 1, '/home');
EXPECT TOPIC STEPS;
--> {"key":1,"value":{"FROM_PAGE":"/home","TO_PAGE":"/tea"},"timestamp":2000}
--> {"key":1,"value":{"FROM_PAGE":"/home","TO_PAGE":"/cart"},"timestamp":3000}
--> {"key":1,"value":{"FROM_PAGE":"/tea","TO_PAGE":"/cart"},"timestamp":3000}

--@test: after a restart a stream joined with itself goes on where it was
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM pairs AS SELECT a.k, a.v AS x, b.v AS y FROM s a JOIN s b WITHIN 1 HOUR ON a.k = b.k WHERE a.v < b.v;
INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 2);
RESTART;
INSERT INTO s (ROWTIME, k, v) VALUES (3000, 1, 3);
EXPECT TOPIC PAIRS;
--> {"key":1,"value":{"X":1,"Y":2},"timestamp":2000}
--> {"key":1,"value":{"X":1,"Y":3},"timestamp":3000}
--> {"key":1,"value":{"X":2,"Y":3},"timestamp":3000}

--@test: a table with itself: each employee beside the boss
CREATE TABLE employees (id INT PRIMARY KEY, name STRING, boss INT) WITH (KAFKA_TOPIC='employees', VALUE_FORMAT='JSON');
CREATE TABLE reports AS SELECT e.id, e.name, b.name AS boss FROM employees e LEFT JOIN employees b ON e.boss = b.id;
INSERT INTO employees (ROWTIME, id, name) VALUES (1, 1, 'eve');
INSERT INTO employees (ROWTIME, id, name, boss) VALUES (2, 2, 'ann', 1);
INSERT INTO employees (ROWTIME, id, name, boss) VALUES (3, 3, 'bob', 2);
SELECT * FROM reports;
--> [1,"eve",null]
--> [2,"ann","eve"]
--> [3,"bob","ann"]
INSERT INTO employees (ROWTIME, id, name) VALUES (4, 1, 'Eva');
SELECT * FROM reports;
--> [1,"Eva",null]
--> [2,"ann","Eva"]
--> [3,"bob","ann"]

--@test: two streams on two columns
CREATE STREAM offers (shop STRING, item STRING, price INT) WITH (KAFKA_TOPIC='offers', VALUE_FORMAT='JSON', KEY_FORMAT='JSON', PARTITIONS=3);
CREATE STREAM wishes (who STRING KEY, item STRING, shop STRING) WITH (KAFKA_TOPIC='wishes', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM deals WITH (KEY_FORMAT='JSON', PARTITIONS=1) AS
  SELECT o.shop AS shop, o.item AS item, o.price, w.who FROM offers o JOIN wishes w WITHIN 1 MINUTE ON w.item = o.item AND o.shop = w.shop;
INSERT INTO offers (ROWTIME, shop, item, price) VALUES (1000, 'A', 'tea', 3);
INSERT INTO offers (ROWTIME, shop, item, price) VALUES (1000, 'B', 'tea', 4);
INSERT INTO wishes (ROWTIME, who, item, shop) VALUES (2000, 'ann', 'tea', 'B');
INSERT INTO wishes (ROWTIME, who, item, shop) VALUES (2000, 'bob', 'milk', 'A');
INSERT INTO wishes (ROWTIME, who, item) VALUES (2000, 'cat', 'tea');
EXPECT TOPIC DEALS;
--> {"key":{"ITEM":"tea","SHOP":"B"},"value":{"PRICE":4,"WHO":"ann"},"timestamp":2000}

--@test: a stream with a table that has a key of two columns
-- The order in ON does not matter: the table's key decides.
CREATE TABLE prices (shop STRING PRIMARY KEY, item STRING PRIMARY KEY, price INT)
  WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON', KEY_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM orders (id INT KEY, item STRING, shop STRING, n INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM bills WITH (PARTITIONS=1, KEY_FORMAT='JSON') AS
  SELECT p.shop AS shop, p.item AS item, o.id, o.n * p.price AS total FROM orders o LEFT JOIN prices p ON o.item = p.item AND p.shop = o.shop;
INSERT INTO prices (ROWTIME, shop, item, price) VALUES (1, 'A', 'tea', 3);
INSERT INTO orders (ROWTIME, id, item, shop, n) VALUES (2, 1, 'tea', 'A', 2);
INSERT INTO orders (ROWTIME, id, item, shop, n) VALUES (3, 2, 'tea', 'B', 2);
EXPECT TOPIC BILLS;
--> {"key":{"SHOP":"A","ITEM":"tea"},"value":{"ID":1,"TOTAL":6},"timestamp":2}
--> {"key":{"SHOP":"B","ITEM":"tea"},"value":{"ID":2,"TOTAL":null},"timestamp":3}

--@test: tables with keys of two columns, in either order
CREATE TABLE a (x INT PRIMARY KEY, y INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', KEY_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE b (y INT PRIMARY KEY, x INT PRIMARY KEY, w STRING) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', KEY_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE j AS SELECT a.x, a.y, v, w FROM a JOIN b ON a.x = b.x AND a.y = b.y;
INSERT INTO a (ROWTIME, x, y, v) VALUES (1, 1, 2, 'a');
INSERT INTO b (ROWTIME, x, y, w) VALUES (2, 1, 2, 'b');
INSERT INTO b (ROWTIME, x, y, w) VALUES (3, 2, 1, 'other');
SELECT * FROM j;
--> [2,1,"a","b"]
PRODUCE TO a KEY '{"X":1,"Y":2}' TIMESTAMP 4;
SELECT * FROM j;
-->

--@test: a foreign key of two columns
CREATE TABLE lines (id INT PRIMARY KEY, shop STRING, item STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='JSON');
CREATE TABLE prices (shop STRING PRIMARY KEY, item STRING PRIMARY KEY, price INT)
  WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
CREATE TABLE priced AS SELECT l.id, p.price FROM lines l JOIN prices p ON l.item = p.item AND l.shop = p.shop;
INSERT INTO lines (ROWTIME, id, shop, item) VALUES (1, 1, 'A', 'tea');
INSERT INTO lines (ROWTIME, id, shop, item) VALUES (2, 2, 'B', 'tea');
INSERT INTO prices (ROWTIME, shop, item, price) VALUES (3, 'A', 'tea', 3);
SELECT * FROM priced;
--> [1,3]
INSERT INTO prices (ROWTIME, shop, item, price) VALUES (4, 'A', 'tea', 5);
INSERT INTO prices (ROWTIME, shop, item, price) VALUES (5, 'B', 'tea', 6);
SELECT * FROM priced;
--> [1,5]
--> [2,6]

--@test: several foreign keys in one statement
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, product INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE customers (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='customers', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE products (id INT PRIMARY KEY, title STRING, maker INT) WITH (KAFKA_TOPIC='products', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE TABLE makers (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='makers', VALUE_FORMAT='JSON');
CREATE TABLE notes (id INT PRIMARY KEY, note STRING) WITH (KAFKA_TOPIC='notes', VALUE_FORMAT='JSON', PARTITIONS=5);
CREATE TABLE wide AS
  SELECT o.id, c.name AS customer, p.title, m.name AS maker, n.note
  FROM orders o
  JOIN customers c ON o.customer = c.id
  JOIN products p ON o.product = p.id
  LEFT JOIN makers m ON p.maker = m.id
  LEFT JOIN notes n ON o.id = n.id;
INSERT INTO customers (ROWTIME, id, name) VALUES (1, 1, 'ann');
INSERT INTO products (ROWTIME, id, title, maker) VALUES (2, 7, 'tea', 70);
INSERT INTO orders (ROWTIME, id, customer, product) VALUES (3, 100, 1, 7);
INSERT INTO orders (ROWTIME, id, customer, product) VALUES (4, 101, 1, 8);
SELECT * FROM wide;
--> [100,"ann","tea",null,null]
INSERT INTO makers (ROWTIME, id, name) VALUES (5, 70, 'Acme');
INSERT INTO notes (ROWTIME, id, note) VALUES (6, 100, 'gift');
INSERT INTO notes (ROWTIME, id, note) VALUES (6, 101, 'late');
INSERT INTO products (ROWTIME, id, title, maker) VALUES (7, 8, 'milk', 70);
SELECT * FROM wide;
--> [100,"ann","tea","Acme","gift"]
--> [101,"ann","milk","Acme","late"]
INSERT INTO customers (ROWTIME, id, name) VALUES (8, 1, 'Anna');
PRODUCE TO products KEY INT 7 TIMESTAMP 9;
RESTART;
SELECT * FROM wide;
--> [101,"Anna","milk","Acme","late"]

--@test: sources whose keys have other formats meet, too
-- The partition of a key is made of its bytes, so the rows of one side move.
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (KAFKA_TOPIC='t', KEY_FORMAT='JSON', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE STREAM j AS SELECT s.id, v, w FROM s JOIN t ON s.id = t.id;
INSERT INTO t (ROWTIME, id, w) VALUES (1, 1, 10);
INSERT INTO t (ROWTIME, id, w) VALUES (1, 2, 20);
INSERT INTO t (ROWTIME, id, w) VALUES (1, 3, 30);
INSERT INTO s (ROWTIME, id, v) VALUES (2, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (3, 2, 2);
INSERT INTO s (ROWTIME, id, v) VALUES (4, 3, 3);
EXPECT TOPIC J;
--> {"key":1,"value":{"V":1,"W":10},"timestamp":2}
--> {"key":2,"value":{"V":2,"W":20},"timestamp":3}
--> {"key":3,"value":{"V":3,"W":30},"timestamp":4}

--@test: a stream with a table on an expression
CREATE STREAM s (id INT KEY, code STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE t (code STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM j AS SELECT t.code, s.id, t.name FROM s JOIN t ON UCASE(TRIM(s.code)) = t.code;
INSERT INTO t (ROWTIME, code, name) VALUES (1, 'DE', 'Germany');
INSERT INTO s (ROWTIME, id, code) VALUES (2, 1, ' de');
EXPECT TOPIC J;
--> {"key":"DE","value":{"ID":1,"NAME":"Germany"},"timestamp":2}

--@test: windowed streams joined
CREATE STREAM a (id INT KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', WINDOW_TYPE='Tumbling', WINDOW_SIZE='10 SECONDS');
CREATE STREAM b (id INT KEY, v INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', WINDOW_TYPE='Tumbling', WINDOW_SIZE='10 SECONDS');
CREATE STREAM j AS SELECT a.id, a.v AS av, b.v AS bv FROM a JOIN b WITHIN 1 MINUTE ON a.id = b.id;
PRODUCE TO a KEY X'000000010000000000002710' VALUE '{"V":1}' TIMESTAMP 12000;
PRODUCE TO b KEY X'000000010000000000004E20' VALUE '{"V":2}' TIMESTAMP 20000;
PRODUCE TO b KEY X'000000010000000000002710' VALUE '{"V":3}' TIMESTAMP 13000;
EXPECT TOPIC J;
--> {"window":{"start":10000,"end":20000,"type":"time"},"key":1,"value":{"AV":1,"BV":3},"timestamp":13000}

--@test: errors
CREATE STREAM s (a INT KEY, b INT, c STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (x INT PRIMARY KEY, y INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
CREATE STREAM j AS SELECT s.a, v FROM s JOIN t ON s.a = t.x;
--! Invalid join condition: a stream-table join must be on the table's primary key
CREATE STREAM j AS SELECT s.a, v FROM s JOIN t ON s.a = t.x AND s.c = t.y;
--! Invalid join condition: types don't match. Got S.C{STRING} = T.Y{INTEGER}
CREATE STREAM j AS SELECT s.a, v FROM s JOIN t ON s.a = t.x AND s.b > t.y;
--! A join needs one equality in ON
CREATE STREAM j WITH (KEY_FORMAT='JSON') AS SELECT s.a, v FROM s JOIN t ON s.a = t.x AND s.b = t.y;
--! must include the join expression S.B or T.Y in its projection
CREATE STREAM j AS SELECT x.a FROM s x JOIN s x WITHIN 1 HOUR ON x.a = x.b;
--! Give one of them another name: S AS other.
