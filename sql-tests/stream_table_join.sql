-- A stream joined with a table: each record of the stream looks up the row its key has in the table at that
-- moment. Changes of the table alone give nothing.

--@test: a record finds the row of its time
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM inner_join AS SELECT v.user_id, u.name, v.page FROM views v JOIN users u ON v.user_id = u.id;
CREATE STREAM left_join AS SELECT v.user_id, u.name, v.page FROM views v LEFT JOIN users u ON v.user_id = u.id;
INSERT INTO views (ROWTIME, user_id, page) VALUES (1, 1, '/early');
INSERT INTO users (ROWTIME, id, name) VALUES (2, 1, 'ann');
INSERT INTO views (ROWTIME, user_id, page) VALUES (3, 1, '/home');
INSERT INTO users (ROWTIME, id, name) VALUES (4, 1, 'anna');
INSERT INTO views (ROWTIME, user_id, page) VALUES (5, 1, '/cart');
INSERT INTO views (ROWTIME, user_id, page) VALUES (6, 2, '/home');
PRODUCE TO users KEY INT 1 TIMESTAMP 7;
INSERT INTO views (ROWTIME, user_id, page) VALUES (8, 1, '/gone');
EXPECT TOPIC INNER_JOIN;
--> {"key":1,"value":{"NAME":"ann","PAGE":"/home"},"timestamp":3}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/cart"},"timestamp":5}
EXPECT TOPIC LEFT_JOIN;
--> {"key":1,"value":{"NAME":null,"PAGE":"/early"},"timestamp":1}
--> {"key":1,"value":{"NAME":"ann","PAGE":"/home"},"timestamp":3}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/cart"},"timestamp":5}
--> {"key":2,"value":{"NAME":null,"PAGE":"/home"},"timestamp":6}
--> {"key":1,"value":{"NAME":null,"PAGE":"/gone"},"timestamp":8}

--@test: records that are there already are joined by their timestamps
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
INSERT INTO views (ROWTIME, user_id, page) VALUES (10, 1, '/a');
INSERT INTO views (ROWTIME, user_id, page) VALUES (30, 1, '/b');
INSERT INTO views (ROWTIME, user_id, page) VALUES (50, 1, '/c');
INSERT INTO users (ROWTIME, id, name) VALUES (20, 1, 'ann');
INSERT INTO users (ROWTIME, id, name) VALUES (40, 1, 'anna');
CREATE STREAM joined AS SELECT v.user_id, u.name, v.page FROM views v LEFT JOIN users u ON v.user_id = u.id;
EXPECT TOPIC JOINED;
--> {"key":1,"value":{"NAME":null,"PAGE":"/a"},"timestamp":10}
--> {"key":1,"value":{"NAME":"ann","PAGE":"/b"},"timestamp":30}
--> {"key":1,"value":{"NAME":"anna","PAGE":"/c"},"timestamp":50}

--@test: joined by a value: the stream is repartitioned first
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM orders (id INT KEY, buyer INT, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM joined AS SELECT o.buyer, o.id, u.name, o.amount FROM orders o LEFT JOIN users u ON o.buyer = u.id;
INSERT INTO users (ROWTIME, id, name) VALUES (1, 7, 'ann');
INSERT INTO orders (ROWTIME, id, buyer, amount) VALUES (2, 100, 7, 5);
INSERT INTO orders (ROWTIME, id, buyer, amount) VALUES (3, 101, NULL, 5);
EXPECT TOPIC JOINED;
--> {"key":7,"value":{"O_ID":100,"NAME":"ann","AMOUNT":5},"timestamp":2}

--@test: with a table that a query makes
CREATE STREAM logins (name STRING KEY, ok BOOLEAN) WITH (KAFKA_TOPIC='logins', VALUE_FORMAT='JSON');
CREATE TABLE counts AS SELECT name, COUNT(*) AS n FROM logins GROUP BY name;
CREATE STREAM actions (name STRING KEY, what STRING) WITH (KAFKA_TOPIC='actions', VALUE_FORMAT='JSON');
CREATE STREAM joined AS SELECT a.name, a.what, c.n FROM actions a JOIN counts c ON a.name = c.name;
INSERT INTO logins (ROWTIME, name, ok) VALUES (1, 'ann', true);
INSERT INTO logins (ROWTIME, name, ok) VALUES (2, 'ann', true);
INSERT INTO actions (ROWTIME, name, what) VALUES (3, 'ann', 'read');
EXPECT TOPIC JOINED;
--> {"key":"ann","value":{"WHAT":"read","N":2},"timestamp":3}

--@test: with several tables, and a filter over both
CREATE TABLE users (id INT PRIMARY KEY, name STRING, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE limits (id INT PRIMARY KEY, most INT) WITH (KAFKA_TOPIC='limits', VALUE_FORMAT='JSON');
CREATE STREAM orders (buyer INT KEY, amount INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM joined AS
  SELECT o.buyer, u.name, o.amount - l.most AS over
  FROM orders o JOIN users u ON o.buyer = u.id JOIN limits l ON o.buyer = l.id
  WHERE o.amount > l.most AND u.region = 'eu';
INSERT INTO users (ROWTIME, id, name, region) VALUES (1, 7, 'ann', 'eu');
INSERT INTO limits (ROWTIME, id, most) VALUES (2, 7, 100);
INSERT INTO orders (ROWTIME, buyer, amount) VALUES (3, 7, 120);
INSERT INTO orders (ROWTIME, buyer, amount) VALUES (4, 7, 80);
EXPECT TOPIC JOINED;
--> {"key":7,"value":{"NAME":"ann","OVER":20},"timestamp":3}

--@test: * gives the columns of both sides with the names of their sources before them
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM joined AS SELECT * FROM views v JOIN users u ON v.user_id = u.id;
INSERT INTO users (ROWTIME, id, name) VALUES (1, 7, 'ann');
INSERT INTO views (ROWTIME, user_id, page) VALUES (2, 7, '/a');
EXPECT TOPIC JOINED;
--> {"key":7,"value":{"V_PAGE":"/a","U_ID":7,"U_NAME":"ann"},"timestamp":2}

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

--@test: a record of the table without a key changes nothing, but what is behind it waits for its time
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (k INT PRIMARY KEY, w INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
PRODUCE TO t KEY NULL VALUE '{"w":0}' TIMESTAMP 100;
PRODUCE TO t KEY INT 1 VALUE '{"w":1}' TIMESTAMP 5;
PRODUCE TO s KEY INT 1 VALUE '{"v":50}' TIMESTAMP 50;
PRODUCE TO s KEY INT 1 VALUE '{"v":150}' TIMESTAMP 150;
CREATE STREAM o AS SELECT s.k AS k, v, w FROM s LEFT JOIN t ON s.k = t.k;
EXPECT TOPIC O;
--> {"key":1,"value":{"V":50,"W":null},"timestamp":50}
--> {"key":1,"value":{"V":150,"W":1},"timestamp":150}

--@test: errors
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE STREAM views (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='views', VALUE_FORMAT='JSON');
CREATE STREAM wide (user_id INT KEY, page STRING) WITH (KAFKA_TOPIC='wide', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE STREAM j AS SELECT v.user_id, u.name FROM views v RIGHT JOIN users u ON v.user_id = u.id;
--! Invalid join type: a RIGHT OUTER join of a stream with a table is not supported
CREATE STREAM j AS SELECT v.user_id, u.name FROM views v FULL OUTER JOIN users u ON v.user_id = u.id;
--! Invalid join type: a FULL OUTER join of a stream with a table is not supported
CREATE STREAM j AS SELECT v.user_id, u.name FROM views v JOIN users u WITHIN 1 SECOND ON v.user_id = u.id;
--! WITHIN is only for joins of two streams
CREATE STREAM j AS SELECT v.page, u.id FROM views v JOIN users u ON v.page = u.name;
--! Invalid join condition: a stream-table join must be on the table's primary key
CREATE STREAM j AS SELECT v.page, u.id FROM views v JOIN users u ON v.page = u.id;
--! Invalid join condition: types don't match. Got V.PAGE{STRING} = U.ID{INTEGER}
CREATE STREAM j AS SELECT u.name, v.page FROM views v JOIN users u ON v.user_id = u.id;
--! Key missing from projection: the query used to build `J` must include the join expression V.USER_ID or U.ID in its projection
CREATE STREAM j AS SELECT u.id, v.page FROM users u JOIN views v ON v.user_id = u.id;
--! Invalid join order: a table cannot be joined with a stream, only a stream with a table
CREATE STREAM j AS SELECT v.user_id FROM views v JOIN users u ON v.user_id > u.id;
--! A join needs one equality in ON
CREATE STREAM j AS SELECT v.user_id, name FROM wide v JOIN users u ON v.user_id = u.id;
--! Can't join `V` with `U` since the number of partitions don't match: `V` has 3, `U` has 1
CREATE STREAM j AS SELECT v.user_id FROM views v JOIN users v ON v.user_id = v.id;
--! Two sources of the join are called 'V'
