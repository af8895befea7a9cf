-- ALTER TABLE: another name, other options.

--@test: renamed and with other options, also after a restart
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (a INT) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json');
INSERT INTO made VALUES (1), (2);
ALTER TABLE made SET ('scan.bounded.mode' = 'latest-offset', 'format' = 'json');
SELECT COUNT(*) AS c FROM made;
--> [2]
ALTER TABLE made RENAME TO `the one`;
SHOW TABLES;
--> {"@type":"result_table","statementText":"SHOW TABLES;","columns":["table name"],"rows":[["the one"]],"warnings":[]}
RESTART;
SET 'sluice.sql.dialect' = 'flink';
SHOW CREATE TABLE `the one`;
--> {"@type":"result_table","statementText":"SHOW CREATE TABLE `the one`;","columns":["result"],"rows":[["CREATE TABLE `the one` (a INT) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json', 'scan.bounded.mode' = 'latest-offset')"]],"warnings":[]}
SELECT a FROM `the one`;
--> [1]
--> [2]
ALTER TABLE `the one` RESET ('scan.bounded.mode');
SHOW CREATE TABLE `the one`;
--> {"@type":"result_table","statementText":"SHOW CREATE TABLE `the one`;","columns":["result"],"rows":[["CREATE TABLE `the one` (a INT) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json')"]],"warnings":[]}

--@test: what ALTER TABLE refuses
SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE made (a INT) WITH ('connector' = 'kafka', 'topic' = 'made', 'format' = 'json');
INSERT INTO made VALUES (1);
CREATE TABLE other (a INT) WITH ('connector' = 'blackhole');
ALTER TABLE nothing RENAME TO something;
--! There is no table named 'nothing'
ALTER TABLE made RENAME TO other;
--! There is a table or view 'other' already
ALTER TABLE made SET ('scan.bounded.mode' = 'soon');
--! 'scan.bounded.mode' cannot be 'soon'
ALTER TABLE made RESET ('topic-pattern');
--! The table has no option 'topic-pattern' of its own
ALTER TABLE made RESET ('format');
--! The table has no option 'format'
INSERT INTO other SELECT a FROM made;
ALTER TABLE made SET ('scan.bounded.mode' = 'latest-offset');
--! The table 'made' is in use by the job INSERT_other_1
