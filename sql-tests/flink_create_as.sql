-- CREATE TABLE ... AS, LIKE, INSERT into some columns or a partition, and hints.

--@test: a table made of a query
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset')
  AS SELECT k, UPPER(v) AS `the v`, ARRAY[k] AS l FROM (VALUES (1, 'a'), (2, 'b')) AS t (k, v);
SELECT * FROM made;
--> [1,"A",[1]]
--> [2,"B",[2]]
DESCRIBE made;
--> {"@type":"result_table","statementText":"DESCRIBE made;","columns":["name","type","null","key","extras","watermark"],"rows":[["k","INT","TRUE","","",""],["the v","STRING","TRUE","","",""],["l","ARRAY<INT>","TRUE","","",""]],"warnings":[]}
RESTART;
SET 'sluice.sql.dialect' = 'flink';
SELECT * FROM made;
--> [1,"A",[1]]
--> [2,"B",[2]]
CREATE TABLE IF NOT EXISTS made WITH ('connector' = 'print') AS SELECT 1 AS a;
--> The table `made` exists already.
CREATE TABLE totals (PRIMARY KEY (k) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'totals', 'key.format' = 'json', 'value.format' = 'json')
  AS SELECT k, COUNT(*) AS c FROM made GROUP BY k;
SELECT k, c FROM totals;
--> [1,1]
--> [2,1]

--@test: without the query there is no table
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json') AS SELECT k FROM nowhere;
--! Object 'nowhere' not found
CREATE TABLE made WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json') AS SELECT COUNT(*) AS c FROM (VALUES 1) AS t (a);
--! Table sink 'made' doesn't support consuming update and delete changes, which the query gives
SHOW TABLES;
--> {"@type":"result_table","statementText":"SHOW TABLES;","columns":["table name"],"rows":[],"warnings":[]}

--@test: INSERT into some columns, into a partition, and where it is refused
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (a INT, b STRING, c DATE) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset');
INSERT INTO made (c, a) SELECT DATE '2024-02-29', 1;
INSERT INTO made PARTITION (b = 'x') SELECT 2, CAST(NULL AS DATE);
INSERT INTO made PARTITION (b = 'y', c = '2024-03-01') VALUES (3), (4);
SELECT * FROM made;
--> [1,null,"2024-02-29"]
--> [2,"x",null]
--> [3,"y","2024-03-01"]
--> [4,"y","2024-03-01"]
INSERT INTO made PARTITION (d = 1) SELECT 1, 'x', DATE '2024-02-29';
--! Table made has no column 'd' that can be written
INSERT INTO made PARTITION (b = 'x') SELECT 2;
--! Column types of query result and sink for 'made' do not match: 1 columns of the query for 2 of the table
INSERT OVERWRITE made SELECT 1, 'x', DATE '2024-02-29';
--! Streaming mode does not support INSERT OVERWRITE
CREATE TABLE shown (a INT) WITH ('connector' = 'blackhole');
INSERT INTO shown VALUES (1), (2);

--@test: hints
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (a INT) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json');
INSERT INTO made VALUES (1), (2), (2);
SELECT COUNT(*) AS c FROM made /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [3]
SELECT x.a, y.a AS b FROM made /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ AS x
  JOIN made /*+ OPTIONS('scan.bounded.mode' = 'latest-offset', 'scan.startup.mode' = 'latest-offset') */ AS y ON x.a = y.a;
-->
SELECT /*+ STATE_TTL('made' = '1 d') */ a, COUNT(*) AS c FROM made /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ GROUP BY a;
--> [1,1]
--> [2,2]
SELECT /*+ BROADCAST(made) */ COUNT(*) AS c FROM made /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
--> [3]
SELECT a FROM made /*+ OPTIONS('scan.bounded.mode' = 'tomorrow') */;
--! 'scan.bounded.mode' cannot be 'tomorrow'
SELECT a FROM made /*+ INDEX(a) */;
--! There is no hint INDEX behind a table
SELECT /*+ STATE_TTL('made' = 'long') */ COUNT(*) AS c FROM made;
--! The time of 'made' is no duration
SELECT /*+ FAST */ COUNT(*) AS c FROM made;
--! There is no hint FAST behind SELECT
WITH w AS (SELECT 1 AS a) SELECT * FROM w /*+ OPTIONS('a' = 'b') */;
--! A common table has no options

--@test: LIKE
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE first_one (a INT, ts TIMESTAMP(3), b AS a + 1, WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT ENFORCED)
  WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE second_one (c STRING) WITH ('number-of-rows' = '2') LIKE first_one (OVERWRITING OPTIONS);
DESCRIBE second_one;
--> {"@type":"result_table","statementText":"DESCRIBE second_one;","columns":["name","type","null","key","extras","watermark"],"rows":[["a","INT","FALSE","PRI","",""],["ts","TIMESTAMP(3)","TRUE","","","ts"],["b","","TRUE","","AS a + 1",""],["c","STRING","TRUE","","",""]],"warnings":[]}
CREATE TABLE third_one WITH ('connector' = 'blackhole') LIKE first_one (EXCLUDING TRIGGERS);
--! TRIGGERS is nothing LIKE copies
CREATE TABLE fourth_one WITH ('connector' = 'blackhole') LIKE first_one (EXCLUDING ALL);
DESCRIBE fourth_one;
--> {"@type":"result_table","statementText":"DESCRIBE fourth_one;","columns":["name","type","null","key","extras","watermark"],"rows":[["a","INT","FALSE","","",""],["ts","TIMESTAMP(3)","TRUE","","",""]],"warnings":[]}
CREATE TABLE fifth_one WITH ('connector' = 'blackhole') LIKE first_one (EXCLUDING OPTIONS EXCLUDING WATERMARKS EXCLUDING GENERATED EXCLUDING CONSTRAINTS);
DESCRIBE fifth_one;
--> {"@type":"result_table","statementText":"DESCRIBE fifth_one;","columns":["name","type","null","key","extras","watermark"],"rows":[["a","INT","FALSE","","",""],["ts","TIMESTAMP(3)","TRUE","","",""]],"warnings":[]}
CREATE TABLE sixth_one WITH ('number-of-rows' = '2') LIKE first_one;
CREATE TABLE sixth_too WITH ('number-of-rows' = '2') LIKE first_one (INCLUDING OPTIONS);
--! The option 'number-of-rows' is that of the other table, too
CREATE TABLE seventh_one (a BIGINT) WITH ('connector' = 'blackhole') LIKE first_one;
--! The table has two columns `a`
CREATE TABLE other LIKE nothing;
--! There is no table 'nothing'
