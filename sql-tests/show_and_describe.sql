-- SHOW lists what there is, DESCRIBE says what something is like.

--@test: streams and tables
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM d (id STRING KEY, v INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='DELIMITED');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
SHOW STREAMS;
--> {"@type":"streams","statementText":"SHOW STREAMS;","streams":[{"type":"STREAM","name":"D","topic":"d","keyFormat":"KAFKA","valueFormat":"DELIMITED","format":"DELIMITED","isWindowed":false},{"type":"STREAM","name":"S","topic":"s","keyFormat":"KAFKA","valueFormat":"JSON","format":"JSON","isWindowed":false}],"warnings":[]}
SHOW TABLES;
--> {"@type":"tables","statementText":"SHOW TABLES;","tables":[{"type":"TABLE","name":"T","topic":"T","keyFormat":"KAFKA","valueFormat":"JSON","format":"JSON","isWindowed":false}],"warnings":[]}
LIST STREAMS;
--> {"@type":"streams","statementText":"LIST STREAMS;","streams":[{"type":"STREAM","name":"D","topic":"d","keyFormat":"KAFKA","valueFormat":"DELIMITED","format":"DELIMITED","isWindowed":false},{"type":"STREAM","name":"S","topic":"s","keyFormat":"KAFKA","valueFormat":"JSON","format":"JSON","isWindowed":false}],"warnings":[]}

--@test: DESCRIBE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, DOUBLE>, r STRUCT<x INT, y DECIMAL(4, 2)>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
DESCRIBE s;
--> {"@type":"sourceDescription","statementText":"DESCRIBE s;","sourceDescription":{"name":"S","windowType":null,"readQueries":[],"writeQueries":[],"fields":[{"name":"ID","schema":{"type":"INTEGER","fields":null,"memberSchema":null},"type":"KEY"},{"name":"A","schema":{"type":"ARRAY","fields":null,"memberSchema":{"type":"INTEGER","fields":null,"memberSchema":null}}},{"name":"M","schema":{"type":"MAP","fields":null,"memberSchema":{"type":"DOUBLE","fields":null,"memberSchema":null}}},{"name":"R","schema":{"type":"STRUCT","fields":[{"name":"X","schema":{"type":"INTEGER","fields":null,"memberSchema":null}},{"name":"Y","schema":{"type":"DECIMAL","fields":null,"memberSchema":null,"parameters":{"precision":4,"scale":2}}}],"memberSchema":null}}],"type":"STREAM","timestamp":"","statistics":"","errorStats":"","extended":false,"keyFormat":"KAFKA","valueFormat":"JSON","format":"JSON","topic":"s","partitions":0,"replication":0,"statement":"CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, DOUBLE>, r STRUCT<x INT, y DECIMAL(4, 2)>)\n  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');","queryOffsetSummaries":[],"sourceConstraints":[],"clusterStatistics":[],"clusterErrorStats":[]},"warnings":[]}

--@test: DESCRIBE knows who writes and who reads
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;
DESCRIBE t;
--> {"@type":"sourceDescription","statementText":"DESCRIBE t;","sourceDescription":{"name":"T","windowType":"TUMBLING","readQueries":[],"writeQueries":[{"queryString":"CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;","sinks":["T"],"sinkKafkaTopics":["T"],"id":"CTAS_T_1","statusCount":{"RUNNING":1},"queryType":"PERSISTENT","state":"RUNNING"}],"fields":[{"name":"ID","schema":{"type":"INTEGER","fields":null,"memberSchema":null},"type":"KEY"},{"name":"N","schema":{"type":"BIGINT","fields":null,"memberSchema":null}}],"type":"TABLE","timestamp":"","statistics":"","errorStats":"","extended":false,"keyFormat":"KAFKA","valueFormat":"JSON","format":"JSON","topic":"T","partitions":0,"replication":0,"statement":"CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;","queryOffsetSummaries":[],"sourceConstraints":[],"clusterStatistics":[],"clusterErrorStats":[]},"warnings":[]}

--@test: queries
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s;
SHOW QUERIES;
--> {"@type":"queries","statementText":"SHOW QUERIES;","queries":[{"queryString":"CREATE STREAM o AS SELECT * FROM s;","sinks":["O"],"sinkKafkaTopics":["O"],"id":"CSAS_O_1","statusCount":{"RUNNING":1},"queryType":"PERSISTENT","state":"RUNNING"}],"warnings":[]}

--@test: types
CREATE TYPE address AS STRUCT<street STRING, number INT>;
SHOW TYPES;
--> {"@type":"type_list","statementText":"SHOW TYPES;","types":{"ADDRESS":{"type":"STRUCT","fields":[{"name":"STREET","schema":{"type":"STRING","fields":null,"memberSchema":null}},{"name":"NUMBER","schema":{"type":"INTEGER","fields":null,"memberSchema":null}}],"memberSchema":null}},"warnings":[]}
CREATE STREAM s (id INT KEY, home address) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, home->street AS street FROM s;
PRODUCE TO s KEY INT 1 VALUE '{"HOME":{"STREET":"High","NUMBER":1}}' TIMESTAMP 1;
EXPECT TOPIC O;
--> {"key":1,"value":{"STREET":"High"},"timestamp":1}
DROP TYPE address;
SHOW TYPES;
--> {"@type":"type_list","statementText":"SHOW TYPES;","types":{},"warnings":[]}

--@test: a function
DESCRIBE FUNCTION UCASE;
--> {"@type":"describe_function","statementText":"DESCRIBE FUNCTION UCASE;","name":"UCASE","description":"The text in upper case.","author":"Sluice","version":"","path":"internal","functions":[{"arguments":[{"name":"","type":"STRING","description":"","isVariadic":false}],"returnType":"STRING","description":""}],"type":"SCALAR","example":"UCASE('Open gate')","exampleResult":"\"OPEN GATE\"","warnings":[]}

--@test: errors
DESCRIBE missing;
--! There is no stream or table named 'MISSING'
DESCRIBE FUNCTION missing;
--! There is no function named 'MISSING'
SHOW STREEMS;
--! Unexpected STREEMS: expected VARIABLES, TYPES, TOPICS, TABLES, STREAMS, SOURCE, SINK, QUERIES ...
DROP TYPE missing;
--! There is no type named 'MISSING'
CREATE TYPE t AS STRUCT<a INT>;
CREATE TYPE t AS STRUCT<a INT>;
--! Cannot create the type 'T': a type with that name exists already
