-- CREATE TABLE reads a topic as a table: each record is the newest row of its key, and a record without a
-- value (a tombstone) takes the row away.

--@test: the newest record of a key is its row
CREATE TABLE users (id INT PRIMARY KEY, name STRING, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE live AS SELECT * FROM users;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann","REGION":"eu"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"NAME":"bob","REGION":"us"}' TIMESTAMP 2;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"anna","REGION":"eu"}' TIMESTAMP 3;
SELECT * FROM live;
--> [1,"anna","eu"]
--> [2,"bob","us"]
PRODUCE TO users KEY INT 2 TIMESTAMP 4;
SELECT * FROM live;
--> [1,"anna","eu"]
EXPECT TOPIC LIVE;
--> {"key":1,"value":{"NAME":"ann","REGION":"eu"},"timestamp":1}
--> {"key":2,"value":{"NAME":"bob","REGION":"us"},"timestamp":2}
--> {"key":1,"value":{"NAME":"anna","REGION":"eu"},"timestamp":3}
--> {"key":2,"value":null,"timestamp":4}

--@test: a SOURCE TABLE can be queried without another table over it
CREATE SOURCE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 2 VALUE '{"NAME":"bob"}' TIMESTAMP 2;
SELECT * FROM users WHERE id = 2;
--> [2,"bob"]

--@test: the primary key can have several columns
CREATE TABLE stock (shop STRING PRIMARY KEY, item STRING PRIMARY KEY, pieces INT)
  WITH (KAFKA_TOPIC='stock', KEY_FORMAT='JSON', VALUE_FORMAT='JSON');
CREATE TABLE live AS SELECT * FROM stock;
PRODUCE TO stock KEY '{"SHOP":"north","ITEM":"tea"}' VALUE '{"PIECES":5}' TIMESTAMP 1;
PRODUCE TO stock KEY '{"SHOP":"north","ITEM":"milk"}' VALUE '{"PIECES":9}' TIMESTAMP 2;
PRODUCE TO stock KEY '{"SHOP":"north","ITEM":"tea"}' VALUE '{"PIECES":4}' TIMESTAMP 3;
SELECT * FROM live;
--> ["north","milk",9]
--> ["north","tea",4]
SELECT pieces FROM live WHERE shop = 'north' AND item = 'tea';
--> [4]

--@test: a record without a key is left out
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE live AS SELECT * FROM users;
PRODUCE TO users VALUE '{"NAME":"nobody"}' TIMESTAMP 1;
PRODUCE TO users KEY INT 1 VALUE '{"NAME":"ann"}' TIMESTAMP 2;
EXPECT TOPIC LIVE;
--> {"key":1,"value":{"NAME":"ann"},"timestamp":2}

--@test: tombstones of a key that has no row do nothing
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE TABLE live AS SELECT * FROM users;
PRODUCE TO users KEY INT 1 TIMESTAMP 1;
SELECT * FROM live;
-->

--@test: OR REPLACE
CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
CREATE OR REPLACE TABLE users (id INT PRIMARY KEY, name STRING, region STRING)
  WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');
ASSERT TABLE users (id INT PRIMARY KEY, name STRING, region STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='JSON');

--@test: errors
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
--! Cannot add table 'T': A table with the same name already exists
CREATE TABLE no_key (id INT, v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Tables require a PRIMARY KEY
CREATE TABLE stream_key (id INT KEY, v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');
--! Column `ID` is a 'KEY' column of a table
CREATE STREAM wrong_kind AS SELECT * FROM t;
--! The SELECT gives a TABLE, but the statement creates a STREAM
CREATE TABLE nothing AS SELECT * FROM missing;
--! MISSING does not exist
SELECT * FROM t;
--! The table `T` cannot be asked: its rows are kept nowhere
