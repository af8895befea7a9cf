-- Streams over topics and streams from streams: projection, expressions, filters, keys, formats.

--@test: a stream keeps the columns and the key of another
CREATE STREAM clicks (user_id STRING KEY, url STRING, ms INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');
CREATE STREAM copy AS SELECT * FROM clicks;
INSERT INTO clicks (ROWTIME, user_id, url, ms) VALUES (10, 'ann', '/home', 120);
ASSERT VALUES copy (ROWTIME, user_id, url, ms) VALUES (10, 'ann', '/home', 120);
ASSERT STREAM copy (user_id STRING KEY, url STRING, ms INT) WITH (KAFKA_TOPIC='COPY', VALUE_FORMAT='JSON');

--@test: expressions and filters
CREATE STREAM orders (id INT KEY, price DOUBLE, quantity INT, note STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON');
CREATE STREAM large AS
  SELECT id, price * quantity AS amount, UCASE(note) AS note,
         CASE WHEN quantity > 10 THEN 'bulk' ELSE 'single' END AS kind
  FROM orders WHERE price * quantity > 100 AND note IS NOT NULL;
INSERT INTO orders VALUES (1, 9.5, 2, 'small');
INSERT INTO orders VALUES (2, 60.0, 2, 'gift');
INSERT INTO orders VALUES (3, 20.0, 20, NULL);
INSERT INTO orders VALUES (4, 10.0, 12, 'stock');
EXPECT TOPIC LARGE;
--> {"key":2,"value":{"AMOUNT":120.0,"NOTE":"GIFT","KIND":"single"},"timestamp":1000}
--> {"key":4,"value":{"AMOUNT":120.0,"NOTE":"STOCK","KIND":"bulk"},"timestamp":1000}

--@test: PARTITION BY makes a value the key
CREATE STREAM visits (session INT KEY, page STRING, user_id INT) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON');
CREATE STREAM by_user AS SELECT user_id, session, page FROM visits PARTITION BY user_id;
INSERT INTO visits VALUES (1, '/a', 7);
INSERT INTO visits VALUES (2, '/b', 8);
EXPECT TOPIC BY_USER;
--> {"key":7,"value":{"SESSION":1,"PAGE":"/a"},"timestamp":1000}
--> {"key":8,"value":{"SESSION":2,"PAGE":"/b"},"timestamp":1000}

--@test: EXPLODE makes a row of each element
CREATE STREAM baskets (id INT KEY, items ARRAY<STRING>) WITH (KAFKA_TOPIC='baskets', VALUE_FORMAT='JSON');
CREATE STREAM items AS SELECT id, EXPLODE(items) AS item FROM baskets;
PRODUCE TO baskets KEY INT 1 VALUE '{"ITEMS":["milk","bread"]}' TIMESTAMP 5;
PRODUCE TO baskets KEY INT 2 VALUE '{"ITEMS":[]}' TIMESTAMP 6;
PRODUCE TO baskets KEY INT 3 VALUE '{"ITEMS":["tea"]}' TIMESTAMP 7;
EXPECT TOPIC ITEMS;
--> {"key":1,"value":{"ITEM":"milk"},"timestamp":5}
--> {"key":1,"value":{"ITEM":"bread"},"timestamp":5}
--> {"key":3,"value":{"ITEM":"tea"},"timestamp":7}

--@test: one stream written in one format and read in another
CREATE STREAM readings (sensor STRING KEY, celsius DOUBLE, at BIGINT) WITH (KAFKA_TOPIC='readings', VALUE_FORMAT='DELIMITED');
CREATE STREAM as_json WITH (VALUE_FORMAT='JSON') AS SELECT * FROM readings;
CREATE STREAM as_pipes WITH (VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='|') AS SELECT * FROM as_json;
PRODUCE TO readings KEY 's1' VALUE '21.5,1000' TIMESTAMP 1000;
EXPECT TOPIC AS_JSON;
--> {"key":"s1","value":{"CELSIUS":21.5,"AT":1000},"timestamp":1000}
EXPECT TOPIC AS_PIPES;
--> {"key":"s1","value":"21.5|1000","timestamp":1000}

--@test: a column gives the event time
CREATE STREAM events (id INT KEY, happened BIGINT) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON', TIMESTAMP='happened');
CREATE STREAM out AS SELECT id, ROWTIME AS at FROM events;
PRODUCE TO events KEY INT 1 VALUE '{"HAPPENED":777}' TIMESTAMP 5;
EXPECT TOPIC OUT;
--> {"key":1,"value":{"AT":777},"timestamp":777}

--@test: a text gives the event time
CREATE STREAM events (id INT KEY, happened STRING) WITH (KAFKA_TOPIC='events', VALUE_FORMAT='JSON',
  TIMESTAMP='happened', TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss');
CREATE STREAM out AS SELECT id, ROWTIME AS at FROM events;
PRODUCE TO events KEY INT 1 VALUE '{"HAPPENED":"1970-01-01 00:01:00"}' TIMESTAMP 5;
EXPECT TOPIC OUT;
--> {"key":1,"value":{"AT":60000},"timestamp":60000}

--@test: a bad record is left out and its neighbours are not
CREATE STREAM numbers (id INT KEY, n INT) WITH (KAFKA_TOPIC='numbers', VALUE_FORMAT='JSON');
CREATE STREAM twice AS SELECT id, n * 2 AS n FROM numbers;
PRODUCE TO numbers KEY INT 1 VALUE '{"N":1}';
PRODUCE TO numbers KEY INT 2 VALUE 'not json';
PRODUCE TO numbers KEY INT 3 VALUE '{"N":3}';
EXPECT TOPIC TWICE;
--> {"key":1,"value":{"N":2},"timestamp":1000}
--> {"key":3,"value":{"N":6},"timestamp":1000}

--@test: headers are columns
CREATE STREAM h (id INT KEY, v INT, trace BYTES HEADER('trace')) WITH (KAFKA_TOPIC='h', VALUE_FORMAT='JSON');
CREATE STREAM traced AS SELECT id, FROM_BYTES(trace, 'utf8') AS trace FROM h;
PRODUCE TO h KEY INT 1 VALUE '{"V":1}' HEADER 'trace' 'abc';
PRODUCE TO h KEY INT 2 VALUE '{"V":1}';
EXPECT TOPIC TRACED;
--> {"key":1,"value":{"TRACE":"abc"},"timestamp":1000,"headers":[{"KEY":"trace","VALUE":"YWJj"}]}
--> {"key":2,"value":{"TRACE":null},"timestamp":1000}

--@test: INSERT INTO SELECT joins two streams in one
CREATE STREAM east (id INT KEY, v STRING) WITH (KAFKA_TOPIC='east', VALUE_FORMAT='JSON');
CREATE STREAM west (id INT KEY, v STRING) WITH (KAFKA_TOPIC='west', VALUE_FORMAT='JSON');
CREATE STREAM both_sides AS SELECT * FROM east;
INSERT INTO both_sides SELECT * FROM west;
INSERT INTO east VALUES (1, 'e');
INSERT INTO west VALUES (2, 'w');
ASSERT VALUES both_sides (id, v) VALUES (1, 'e');
ASSERT VALUES both_sides (id, v) VALUES (2, 'w');
