-- EXPLODE makes a row of each element of an array. A record without elements gives no row.

--@test: one row an element
CREATE STREAM baskets (id INT KEY, buyer STRING, items ARRAY<STRING>) WITH (KAFKA_TOPIC='baskets', VALUE_FORMAT='JSON');
CREATE STREAM items AS SELECT id, buyer, EXPLODE(items) AS item FROM baskets;
PRODUCE TO baskets KEY INT 1 VALUE '{"BUYER":"ann","ITEMS":["milk","bread"]}' TIMESTAMP 5;
PRODUCE TO baskets KEY INT 2 VALUE '{"BUYER":"bob","ITEMS":[]}' TIMESTAMP 6;
PRODUCE TO baskets KEY INT 3 VALUE '{"BUYER":"cid","ITEMS":null}' TIMESTAMP 7;
PRODUCE TO baskets KEY INT 4 VALUE '{"BUYER":"dan","ITEMS":[null,"tea"]}' TIMESTAMP 8;
EXPECT TOPIC ITEMS;
--> {"key":1,"value":{"BUYER":"ann","ITEM":"milk"},"timestamp":5}
--> {"key":1,"value":{"BUYER":"ann","ITEM":"bread"},"timestamp":5}
--> {"key":4,"value":{"BUYER":"dan","ITEM":null},"timestamp":8}
--> {"key":4,"value":{"BUYER":"dan","ITEM":"tea"},"timestamp":8}

--@test: words of a text, counted
CREATE STREAM lines (line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='JSON');
CREATE STREAM words AS SELECT EXPLODE(REGEXP_SPLIT_TO_ARRAY(LCASE(line), '\W+')) AS word FROM lines;
CREATE TABLE counts AS SELECT word, COUNT(*) AS n FROM words GROUP BY word;
INSERT INTO lines (ROWTIME, line) VALUES (1, 'To be, or not to be');
SELECT * FROM counts;
--> ["be",2]
--> ["not",1]
--> ["or",1]
--> ["to",2]

--@test: several at once: the shorter ones are filled up with NULL
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x, EXPLODE(b) AS y FROM s;
INSERT INTO s (ROWTIME, id, a, b) VALUES (1, 1, ARRAY[1, 2, 3], ARRAY['p']);
EXPECT TOPIC O;
--> {"key":1,"value":{"X":1,"Y":"p"},"timestamp":1}
--> {"key":1,"value":{"X":2,"Y":null},"timestamp":1}
--> {"key":1,"value":{"X":3,"Y":null},"timestamp":1}

--@test: an expression around it, structs in it, and a filter before it
CREATE STREAM orders (id INT KEY, ok BOOLEAN, items ARRAY<STRUCT<name STRING, pieces INT>>)
  WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(items)->name AS name, EXPLODE(items)->pieces * 2 AS twice FROM orders WHERE ok;
PRODUCE TO orders KEY INT 1 VALUE '{"OK":true,"ITEMS":[{"NAME":"a","PIECES":1},{"NAME":"b","PIECES":2}]}' TIMESTAMP 1;
PRODUCE TO orders KEY INT 2 VALUE '{"OK":false,"ITEMS":[{"NAME":"c","PIECES":1}]}' TIMESTAMP 2;
EXPECT TOPIC O;
--> {"key":1,"value":{"NAME":"a","TWICE":2},"timestamp":1}
--> {"key":1,"value":{"NAME":"b","TWICE":4},"timestamp":1}

--@test: CUBE_EXPLODE gives all combinations
CREATE STREAM s (id INT KEY, a STRING, b INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(ARRAY[a, CAST(b AS STRING)]) AS pair FROM s;
INSERT INTO s (ROWTIME, id, a, b) VALUES (1, 1, 'x', 7);
EXPECT TOPIC O;
--> {"key":1,"value":{"PAIR":[null,null]},"timestamp":1}
--> {"key":1,"value":{"PAIR":[null,"7"]},"timestamp":1}
--> {"key":1,"value":{"PAIR":["x",null]},"timestamp":1}
--> {"key":1,"value":{"PAIR":["x","7"]},"timestamp":1}

--@test: errors
CREATE STREAM s (id INT KEY, a ARRAY<INT>, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, a ARRAY<INT>) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(v) AS x FROM s;
--! Function 'EXPLODE' does not accept parameters (INTEGER).
CREATE STREAM o AS SELECT id, EXPLODE(EXPLODE(a)) AS x FROM s;
--! A table function cannot be called on the result of another table function
CREATE STREAM o AS SELECT id FROM s WHERE EXPLODE(a) = 1;
--! The table function EXPLODE can only be used in SELECT, by itself or in an expression.
CREATE TABLE o AS SELECT id, EXPLODE(a) AS x FROM t;
--! Table functions such as EXPLODE work on streams, not on tables
CREATE TABLE o AS SELECT id, EXPLODE(a) AS x, COUNT(*) AS n FROM s GROUP BY id;
--! The table function EXPLODE in SELECT is not part of GROUP BY
