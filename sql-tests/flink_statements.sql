-- What a session of Flink SQL can ask for, and tables over generated rows and several topics.

--@test: there is one catalog with one database
SET 'sluice.sql.dialect' = 'flink';
USE CATALOG default_catalog;
USE default_database;
USE default_catalog.default_database;
USE elsewhere;
--! There is no database elsewhere
USE CATALOG elsewhere;
--! There is no catalog elsewhere
SHOW CURRENT CATALOG;
--> {"@type":"result_table","statementText":"SHOW CURRENT CATALOG;","columns":["current catalog name"],"rows":[["default_catalog"]],"warnings":[]}
SHOW CURRENT DATABASE;
--> {"@type":"result_table","statementText":"SHOW CURRENT DATABASE;","columns":["current database name"],"rows":[["default_database"]],"warnings":[]}

--@test: SHOW lists names, and those that are LIKE a pattern
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE bids (id INT NOT NULL, price DECIMAL(10, 2), note VARCHAR(20), at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, twice AS price * 2)
  WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json');
CREATE TABLE blinks (id INT) WITH ('connector' = 'blackhole');
CREATE VIEW dear AS SELECT id, price FROM bids WHERE price > 10;
SHOW TABLES LIKE 'b_d%';
--> {"@type":"result_table","statementText":"SHOW TABLES LIKE 'b_d%';","columns":["table name"],"rows":[["bids"]],"warnings":[]}
SHOW TABLES FROM default_database NOT LIKE 'b_d%';
--> {"@type":"result_table","statementText":"SHOW TABLES FROM default_database NOT LIKE 'b_d%';","columns":["table name"],"rows":[["blinks"],["dear"]],"warnings":[]}
SHOW VIEWS;
--> {"@type":"result_table","statementText":"SHOW VIEWS;","columns":["view name"],"rows":[["dear"]],"warnings":[]}
SHOW COLUMNS FROM bids LIKE 'n%';
--> {"@type":"result_table","statementText":"SHOW COLUMNS FROM bids LIKE 'n%';","columns":["name","type","null","key","extras","watermark"],"rows":[["note","VARCHAR(20)","TRUE","","",""]],"warnings":[]}
DESCRIBE bids;
--> {"@type":"result_table","statementText":"DESCRIBE bids;","columns":["name","type","null","key","extras","watermark"],"rows":[["id","INT","FALSE","","",""],["price","DECIMAL(10, 2)","TRUE","","",""],["note","VARCHAR(20)","TRUE","","",""],["at","TIMESTAMP_LTZ(3)","TRUE","","METADATA FROM 'timestamp' VIRTUAL",""],["twice","","TRUE","","AS price * 2",""]],"warnings":[]}
DESC dear;
--> {"@type":"result_table","statementText":"DESC dear;","columns":["name","type","null","key","extras","watermark"],"rows":[["id","INT","TRUE","","",""],["price","DECIMAL(10, 2)","TRUE","","",""]],"warnings":[]}
SHOW COLUMNS FROM bid;
--! Did you mean 'bids'?
SHOW USER FUNCTIONS;
--> {"@type":"result_table","statementText":"SHOW USER FUNCTIONS;","columns":["function name"],"rows":[],"warnings":[]}
SHOW JOBS;
--> {"@type":"result_table","statementText":"SHOW JOBS;","columns":["job id","job name","status","sink"],"rows":[],"warnings":[]}
SHOW JARS;
--> {"@type":"result_table","statementText":"SHOW JARS;","columns":["jars"],"rows":[],"warnings":[]}
ADD JAR '/tmp/functions.jar';

--@test: settings are listed, and come back to their defaults
SET 'sluice.sql.dialect' = 'flink';
SET 'table.exec.mini-batch.enabled' = 'true';
RESET 'table.exec.mini-batch.enabled';
RESET 'pipeline.name';
RESET;
SHOW TABLES;
--> {"@type":"result_table","statementText":"SHOW TABLES;","columns":["table name"],"rows":[],"warnings":[]}

--@test: a table over several topics reads all of them and writes none
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE a (n INT) WITH ('connector' = 'kafka', 'topic' = 'a', 'format' = 'json');
CREATE TABLE b (n INT) WITH ('connector' = 'kafka', 'topic' = 'b', 'format' = 'json');
CREATE TABLE both_of_them (n INT, topic STRING METADATA) WITH ('connector' = 'kafka', 'topic' = 'a; b', 'format' = 'json');
CREATE TABLE sums (topic STRING, n INT, PRIMARY KEY (topic) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'sums', 'key.format' = 'raw', 'value.format' = 'csv', 'value.fields-include' = 'EXCEPT_KEY');
INSERT INTO sums SELECT topic, SUM(n) FROM both_of_them GROUP BY topic;
INSERT INTO a VALUES (1), (2);
INSERT INTO b VALUES (10);
RESTART;
INSERT INTO b VALUES (20);
SELECT * FROM sums WHERE n > 2;
EXPECT ROWS;
--> ["a",3]
--> ["b",10]
--> deleted ["b",10]
--> ["b",30]
INSERT INTO both_of_them SELECT n FROM a;
--! The table both_of_them has several topics and can only be read

--@test: datagen makes values of every type
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (id INT, s VARCHAR(5), r ROW<x INT, y STRING>, a ARRAY<INT>, m MAP<STRING, INT>, b BYTES, d DECIMAL(10, 3), t TIMESTAMP(3))
  WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.id.kind' = 'sequence', 'fields.id.start' = '5', 'fields.id.end' = '9',
    'fields.r.x.min' = '7', 'fields.r.x.max' = '7', 'fields.r.y.length' = '0', 'fields.a.length' = '2', 'fields.a.element.min' = '1',
    'fields.a.element.max' = '1', 'fields.m.length' = '1', 'fields.b.length' = '4', 'fields.d.min' = '3', 'fields.d.max' = '3', 'fields.t.max-past' = '1 d');
SELECT id, r, a, CARDINALITY(m) AS m, b IS NOT NULL AS b, d, t IS NOT NULL AS t FROM made;
--> [5,{"x":7,"y":""},[1,1],1,true,3.000,true]
--> [6,{"x":7,"y":""},[1,1],1,true,3.000,true]
CREATE TABLE wrong (id INT) WITH ('connector' = 'datagen', 'fields.it.min' = '1');
--! It is fields.COLUMN.OPTION, of a column of the table.
CREATE TABLE wrong (id INT) WITH ('connector' = 'datagen', 'fields.id.kind' = 'serial');
--! It can be 'random' or 'sequence'.
CREATE TABLE wrong (id INT) WITH ('connector' = 'datagen', 'fields.id.min' = 'low');
--! 'fields.id.min' cannot be 'low'
CREATE TABLE wrong (id TIMESTAMP(3)) WITH ('connector' = 'datagen', 'fields.id.max-past' = 'long');
--! 'fields.id.max-past' cannot be 'long'
