-- SET gives a property to the statements that follow, DEFINE a text to a variable.

--@test: a property holds from its SET on
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
SET 'auto.offset.reset' = 'latest';
CREATE STREAM new_ones AS SELECT * FROM s;
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM all_of_them AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (2, 2, 2);
EXPECT TOPIC NEW_ONES;
--> {"key":2,"value":{"V":2},"timestamp":2}
EXPECT TOPIC ALL_OF_THEM;
--> {"key":1,"value":{"V":1},"timestamp":1}
--> {"key":2,"value":{"V":2},"timestamp":2}

--@test: UNSET takes it back
-- Without a SET, coalescing of results and the time between commits are the engine's own.
SET 'cache.max.bytes.buffering' = '10000000';
UNSET 'cache.max.bytes.buffering';
CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2, 1, 2);
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s GROUP BY id;
EXPECT TOPIC T;
--> {"key":1,"value":{"TOTAL":1},"timestamp":1}
--> {"key":1,"value":{"TOTAL":3},"timestamp":2}

--@test: a variable is replaced wherever it stands
DEFINE name = 'orders';
DEFINE least = '10';
DEFINE format = 'JSON';
CREATE STREAM ${name} (id INT KEY, amount INT) WITH (KAFKA_TOPIC='${name}_topic', VALUE_FORMAT='${format}');
CREATE STREAM large_${name} AS SELECT * FROM ${name} WHERE amount >= ${least};
INSERT INTO ${name} (ROWTIME, id, amount) VALUES (1, 1, 9);
INSERT INTO ${name} (ROWTIME, id, amount) VALUES (2, 2, ${least});
ASSERT STREAM orders (id INT KEY, amount INT) WITH (KAFKA_TOPIC='orders_topic', VALUE_FORMAT='JSON');
EXPECT TOPIC LARGE_ORDERS;
--> {"key":2,"value":{"AMOUNT":10},"timestamp":2}

--@test: DEFINE again changes it, UNDEFINE takes it away
DEFINE who = 'ann';
DEFINE who = 'bob';
CREATE STREAM s (id INT KEY, name STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, name) VALUES (1, 1, '${who}');
EXPECT TOPIC s;
--> {"key":1,"value":{"NAME":"bob"},"timestamp":1}
SHOW VARIABLES;
--> {"@type":"variables","statementText":"SHOW VARIABLES;","variables":[{"name":"who","value":"bob"}],"warnings":[]}
UNDEFINE who;
UNDEFINE nobody;
SHOW VARIABLES;
--> {"@type":"variables","statementText":"SHOW VARIABLES;","variables":[],"warnings":[]}

--@test: $${name} stands for itself
DEFINE who = 'ann';
CREATE STREAM s (id INT KEY, name STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
INSERT INTO s (ROWTIME, id, name) VALUES (1, 1, '$${who}');
EXPECT TOPIC s;
--> {"key":1,"value":{"NAME":"${who}"},"timestamp":1}

--@test: errors
SET 'auto.offset.reset' = 'sometimes';
--! 'auto.offset.reset' cannot be 'sometimes'
SET 'ksql.no.such.property' = '1';
--! There is no property 'ksql.no.such.property'
UNSET 'auto.offset.rest';
--! Did you mean 'auto.offset.reset'?
SET 'commit.interval.ms' = 'often';
--! 'commit.interval.ms' must be a number, not 'often'
SET auto.offset.reset = 'latest';
--! Unexpected .: expected '='
DEFINE 1x = 'a';
--! '1x' cannot be the name of a variable
