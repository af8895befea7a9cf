-- GROUP BY without windows: each record updates the row of its key.

--@test: the usual aggregates
CREATE STREAM sales (shop STRING KEY, item STRING, amount INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
CREATE TABLE stats AS
  SELECT shop, COUNT(*) AS n, SUM(amount) AS total, MIN(amount) AS least, MAX(amount) AS most, AVG(amount) AS mean,
         COUNT_DISTINCT(item) AS kinds, COLLECT_LIST(amount) AS amounts, LATEST_BY_OFFSET(item) AS last_item
  FROM sales GROUP BY shop;
INSERT INTO sales VALUES ('north', 'tea', 4);
INSERT INTO sales VALUES ('south', 'tea', 9);
INSERT INTO sales VALUES ('north', 'milk', 1);
INSERT INTO sales VALUES ('north', 'tea', 7);
EXPECT TOPIC STATS;
--> {"key":"north","value":{"N":1,"TOTAL":4,"LEAST":4,"MOST":4,"MEAN":4.0,"KINDS":1,"AMOUNTS":[4],"LAST_ITEM":"tea"},"timestamp":1000}
--> {"key":"south","value":{"N":1,"TOTAL":9,"LEAST":9,"MOST":9,"MEAN":9.0,"KINDS":1,"AMOUNTS":[9],"LAST_ITEM":"tea"},"timestamp":1000}
--> {"key":"north","value":{"N":2,"TOTAL":5,"LEAST":1,"MOST":4,"MEAN":2.5,"KINDS":2,"AMOUNTS":[4,1],"LAST_ITEM":"milk"},"timestamp":1000}
--> {"key":"north","value":{"N":3,"TOTAL":12,"LEAST":1,"MOST":7,"MEAN":4.0,"KINDS":2,"AMOUNTS":[4,1,7],"LAST_ITEM":"tea"},"timestamp":1000}
SELECT * FROM stats WHERE shop = 'north';
--> ["north",3,12,1,7,4.0,2,[4,1,7],"tea"]

--@test: HAVING shows and takes back rows
CREATE STREAM pings (host STRING KEY, ok BOOLEAN) WITH (KAFKA_TOPIC='pings', VALUE_FORMAT='JSON');
CREATE TABLE busy AS SELECT host, COUNT(*) AS n FROM pings GROUP BY host HAVING COUNT(*) > 1;
INSERT INTO pings VALUES ('a', true);
INSERT INTO pings VALUES ('b', true);
INSERT INTO pings VALUES ('a', true);
EXPECT TOPIC BUSY;
--> {"key":"a","value":{"N":2},"timestamp":1000}
SELECT * FROM busy;
--> ["a",2]

--@test: grouping by an expression goes through an exchange
CREATE STREAM words (line STRING) WITH (KAFKA_TOPIC='words', VALUE_FORMAT='JSON');
CREATE TABLE lengths AS SELECT LEN(line) AS length, COUNT(*) AS n FROM words GROUP BY LEN(line);
INSERT INTO words VALUES ('one');
INSERT INTO words VALUES ('three');
INSERT INTO words VALUES ('two');
SELECT * FROM lengths;
--> [3,2]
--> [5,1]

--@test: several keys
CREATE STREAM hits (host STRING, path STRING, ms INT) WITH (KAFKA_TOPIC='hits', VALUE_FORMAT='JSON');
CREATE TABLE per_page WITH (KEY_FORMAT='JSON') AS
  SELECT host, path, MAX(ms) AS slowest FROM hits GROUP BY host, path;
INSERT INTO hits VALUES ('h1', '/a', 10);
INSERT INTO hits VALUES ('h1', '/b', 20);
INSERT INTO hits VALUES ('h1', '/a', 30);
EXPECT TOPIC PER_PAGE;
--> {"key":{"HOST":"h1","PATH":"/a"},"value":{"SLOWEST":10},"timestamp":1000}
--> {"key":{"HOST":"h1","PATH":"/b"},"value":{"SLOWEST":20},"timestamp":1000}
--> {"key":{"HOST":"h1","PATH":"/a"},"value":{"SLOWEST":30},"timestamp":1000}

--@test: an aggregate over a table follows its updates and deletions
CREATE TABLE users (id INT PRIMARY KEY, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE per_region AS SELECT region, COUNT(*) AS n FROM users GROUP BY region;
INSERT INTO users VALUES (1, 'eu');
INSERT INTO users VALUES (2, 'eu');
INSERT INTO users VALUES (1, 'us');
PRODUCE TO users KEY INT 2;
SELECT * FROM per_region;
--> ["eu",0]
--> ["us",1]

--@test: coalesced results come once a commit
SET 'cache.max.bytes.buffering' = '10000000';
SET 'commit.interval.ms' = '60000';
CREATE STREAM ticks (k INT KEY, v INT) WITH (KAFKA_TOPIC='ticks', VALUE_FORMAT='JSON');
INSERT INTO ticks VALUES (1, 1);
INSERT INTO ticks VALUES (1, 2);
INSERT INTO ticks VALUES (1, 3);
CREATE TABLE sums AS SELECT k, SUM(v) AS total FROM ticks GROUP BY k;
EXPECT TOPIC SUMS;
--> {"key":1,"value":{"TOTAL":6},"timestamp":1000}
