-- A slip of the pen gets a guess at what was meant.

--@test: the words of statements
SELCT 1 FROM s EMIT CHANGES;
--! Did you mean SELECT instead of SELCT?
CRATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Did you mean CREATE instead of CRATE?
DESRIBE s;
--! Did you mean DESCRIBE instead of DESRIBE?
SHOW TOPIC;
--! Did you mean TOPICS instead of TOPIC?
SHOW STREEMS;
--! Did you mean STREAMS instead of STREEMS?

--@test: types, formats, properties
CREATE STREAM s (id INTT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Did you mean INT?
CREATE STREAM s (id INT KEY, v MAP<STRNG, BIGINT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Did you mean STRING?
CREATE STREAM s (id INT KEY, home address) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! SHOW TYPES lists the types that CREATE TYPE has made.
CREATE TYPE address AS STRUCT<street STRING>;
CREATE STREAM s (id INT KEY, home adress) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
--! Did you mean ADDRESS?
CREATE STREAM t (id INT KEY, home address) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
SELECT CAST(home AS addres) FROM t EMIT CHANGES;
--! Did you mean ADDRESS?
SELECT CAST(home AS addres) AS h, COUNT(*) FROM t GROUP BY home EMIT CHANGES;
--! Did you mean ADDRESS?
CREATE TABLE u (id INT PRIMARY KEY, w INT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE v AS SELECT * FROM u;
SELECT id FROM v ORDER BY CAST(id AS addres);
--! Did you mean ADDRESS?
DROP TYPE addresses;
--! Did you mean ADDRESS?
DROP TYPE planet;
--! SHOW TYPES lists them.
CREATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSOM');
--! Did you mean JSON? The formats are AVRO
CREATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMT='JSON');
--! Did you mean VALUE_FORMAT?
CREATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', COLOUR='red');
--! The properties are KAFKA_TOPIC
SET 'auto.offset.rest' = 'latest';
--! Did you mean 'auto.offset.reset'?

--@test: sources, columns, functions
CREATE STREAM orders (id INT KEY, amount INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT * FROM order EMIT CHANGES;
--! Did you mean ORDERS?
DESCRIBE ordres;
--! Did you mean 'ORDERS'?
SELECT amuont FROM orders EMIT CHANGES;
--! Did you mean AMOUNT?
SELECT UCAS('a') FROM orders EMIT CHANGES;
--! Did you mean UCASE?
DESCRIBE FUNCTION UCAS;
--! Did you mean 'UCASE'?

--@test: connectors are Kafka Connect's
CREATE SINK CONNECTOR files WITH ('connector.class'='FileStreamSink', 'topics'='s', 'file'='out');
--! give the connector's properties to its REST API
DESCRIBE CONNECTOR files;
--! Sluice has no Kafka Connect
DROP CONNECTOR IF EXISTS files;
--! Sluice has no Kafka Connect
SHOW CONNECTORS;
--> {"@type":"connector_list","statementText":"SHOW CONNECTORS;","connectors":[],"warnings":[]}
