-- Headers of Kafka records: columns that read them, and the way they go through queries. What comes of a record carries the
-- record's headers: through projections, repartitions, joins and aggregates.

--@test: columns over headers
CREATE STREAM s (k INT KEY, v INT, all_of_them ARRAY<STRUCT<key STRING, value BYTES>> HEADERS)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM one (k INT KEY, v INT, who BYTES HEADER('who')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
PRODUCE TO s KEY INT 1 VALUE '{"v":1}' TIMESTAMP 10 HEADER 'who' 'ann' HEADER 'who' 'bob';
PRODUCE TO s KEY INT 2 VALUE '{"v":2}' TIMESTAMP 20;
SELECT k, ARRAY_LENGTH(all_of_them) AS n, FROM_BYTES(all_of_them[1]->value, 'utf8') AS first FROM s EMIT CHANGES;
--> [1,2,"ann"]
--> [2,0,null]
SELECT k, FROM_BYTES(who, 'utf8') AS who FROM one EMIT CHANGES;
--> [1,"bob"]
--> [2,null]

--@test: headers go on, whether a column reads them or not
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT v, k FROM s WHERE v > 0 PARTITION BY v;
PRODUCE TO s KEY INT 1 VALUE '{"v":5}' TIMESTAMP 10 HEADER 'trace' 'abc';
PRODUCE TO s KEY INT 2 VALUE '{"v":0}' TIMESTAMP 20 HEADER 'trace' 'left out';
PRODUCE TO s KEY INT 3 VALUE '{"v":7}' TIMESTAMP 30;
EXPECT TOPIC O;
--> {"key":5,"value":{"K":1},"timestamp":10,"headers":[{"KEY":"trace","VALUE":"YWJj"}]}
--> {"key":7,"value":{"K":3},"timestamp":30}

--@test: a joined row has the headers of the record that completed it
CREATE STREAM l (k INT KEY, a INT) WITH (KAFKA_TOPIC='l', VALUE_FORMAT='JSON');
CREATE STREAM r (k INT KEY, b INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT l.k AS k, a, b FROM l JOIN r WITHIN 1 HOUR ON l.k = r.k;
PRODUCE TO l KEY INT 1 VALUE '{"a":1}' TIMESTAMP 10 HEADER 'from' 'left';
PRODUCE TO r KEY INT 1 VALUE '{"b":2}' TIMESTAMP 20 HEADER 'from' 'right';
EXPECT TOPIC O;
--> {"key":1,"value":{"A":1,"B":2},"timestamp":20,"headers":[{"KEY":"from","VALUE":"cmlnaHQ="}]}

--@test: joins of tables, by key and by foreign key
CREATE TABLE l (k INT PRIMARY KEY, f INT) WITH (KAFKA_TOPIC='l', VALUE_FORMAT='JSON');
CREATE TABLE r (k INT PRIMARY KEY, b INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON');
CREATE TABLE by_key AS SELECT l.k AS k, f, b FROM l JOIN r ON l.k = r.k;
CREATE TABLE by_foreign_key AS SELECT l.k AS k, f, b FROM l JOIN r ON l.f = r.k;
PRODUCE TO l KEY INT 1 VALUE '{"f":1}' TIMESTAMP 10 HEADER 'from' 'left';
PRODUCE TO r KEY INT 1 VALUE '{"b":2}' TIMESTAMP 20 HEADER 'from' 'right';
PRODUCE TO l KEY INT 1 VALUE NULL TIMESTAMP 30 HEADER 'from' 'left';
EXPECT TOPIC BY_KEY;
--> {"key":1,"value":{"F":1,"B":2},"timestamp":20,"headers":[{"KEY":"from","VALUE":"cmlnaHQ="}]}
--> {"key":1,"value":null,"timestamp":30,"headers":[{"KEY":"from","VALUE":"bGVmdA=="}]}
EXPECT TOPIC BY_FOREIGN_KEY;
--> {"key":1,"value":{"F":1,"B":2},"timestamp":20,"headers":[{"KEY":"from","VALUE":"cmlnaHQ="}]}
--> {"key":1,"value":null,"timestamp":30,"headers":[{"KEY":"from","VALUE":"bGVmdA=="}]}

--@test: an aggregate's result has the headers of the record that changed it
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE TABLE w AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS) GROUP BY k;
PRODUCE TO s KEY INT 1 VALUE '{"v":1}' TIMESTAMP 10 HEADER 'n' 'one';
PRODUCE TO s KEY INT 1 VALUE '{"v":1}' TIMESTAMP 10;
EXPECT TOPIC T;
--> {"key":1,"value":{"N":1},"timestamp":10,"headers":[{"KEY":"n","VALUE":"b25l"}]}
--> {"key":1,"value":{"N":2},"timestamp":10}
EXPECT TOPIC W;
--> {"window":{"start":10,"end":10,"type":"session"},"key":1,"value":{"N":1},"timestamp":10,"headers":[{"KEY":"n","VALUE":"b25l"}]}
--> {"window":{"start":10,"end":10,"type":"session"},"key":1,"value":{"N":2},"timestamp":10}

--@test: results that are held back until a commit come of many records and carry no headers
SET 'cache.max.bytes.buffering' = '1000000';
CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
PRODUCE TO s KEY INT 1 VALUE '{"v":1}' TIMESTAMP 10 HEADER 'n' 'one';
EXPECT TOPIC T;
--> {"key":1,"value":{"N":1},"timestamp":10}

--@test: errors
CREATE STREAM s (k INT KEY, h STRING HEADERS) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
--! HEADERS
CREATE STREAM s (k INT KEY, v INT, h BYTES HEADER('a')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
INSERT INTO s (k, v, h) VALUES (1, 1, TO_BYTES('x', 'utf8'));
--! Cannot insert into HEADER columns: H
