-- What a crash may do: processing.guarantee. Without a crash both give the same.

--@test: at least once: a table and a stream
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SET 'processing.guarantee' = 'at_least_once';
CREATE STREAM large WITH (KAFKA_TOPIC='large') AS SELECT * FROM s WHERE a > 1;
CREATE TABLE counted WITH (KAFKA_TOPIC='counted') AS SELECT id, COUNT(*) AS n, SUM(a) AS total FROM s GROUP BY id;
INSERT INTO s (ROWTIME, id, a) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, id, a) VALUES (2, 1, 2);
INSERT INTO s (ROWTIME, id, a) VALUES (3, 2, 3);
EXPECT TOPIC large;
--> {"key":1,"value":{"A":2},"timestamp":2}
--> {"key":2,"value":{"A":3},"timestamp":3}
SELECT * FROM counted;
--> [1,2,3]
--> [2,1,3]
RESTART;
INSERT INTO s (ROWTIME, id, a) VALUES (4, 2, 5);
SELECT * FROM counted;
--> [1,2,3]
--> [2,2,8]

--@test: errors
SET 'processing.guarantee' = 'at_most_once';
--! 'processing.guarantee' cannot be 'at_most_once'
