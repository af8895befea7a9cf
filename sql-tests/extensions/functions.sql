-- Functions from shared libraries: the manual's example (docs/examples/udf/shop.c) and one that uses every type
-- (tests/extension/types.c). Run with --extension and the directory where both were built.

--@test: scalar functions of the manual's example
CREATE STREAM s (id INT KEY, price DECIMAL(10, 2), percent INT, names ARRAY<STRING>, first STRING, last STRING)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT id, TAXED(price, percent), INITIALS(first, last), LAST_OF(names) FROM s EMIT CHANGES;
INSERT INTO s VALUES (1, 19.90, 7, ARRAY['a', 'b'], 'Ada', 'Lovelace');
INSERT INTO s (id, first) VALUES (2, 'Grace');
EXPECT ROWS;
--> [1,21.29,"AL","b"]
--> [2,null,"G",null]

--@test: an argument is cast to what the signature says, and DECIMALs need room
CREATE STREAM s (id INT KEY, n INT, wide DECIMAL(20, 5)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT TAXED(wide, n) FROM s EMIT CHANGES;
--! Function 'TAXED' does not accept parameters (DECIMAL(20, 5), INTEGER).
SELECT TAXED(CAST(wide AS DECIMAL(10, 2)), n) FROM s EMIT CHANGES;
INSERT INTO s VALUES (1, 10, 1.23456);
EXPECT ROWS;
--> [1.35]

--@test: what a function fails is null, and the query goes on
CREATE STREAM s (id INT KEY, percent INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, TAXED(1.00, percent) AS taxed FROM s;
INSERT INTO s (ROWTIME, id, percent) VALUES (1, 1, -5);
INSERT INTO s (ROWTIME, id, percent) VALUES (2, 2, 5);
EXPECT TOPIC O;
--> {"key":1,"value":{"TAXED":null},"timestamp":1}
--> {"key":2,"value":{"TAXED":1.05},"timestamp":2}

--@test: an aggregate over a stream, its nulls, and its constant argument
CREATE STREAM votes (id INT KEY, town STRING, yes BOOLEAN, name STRING) WITH (KAFKA_TOPIC='votes', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT town, PERCENT_TRUE(yes) AS percent, LONGEST(name, 2) AS names FROM votes GROUP BY town;
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (1, 1, 'Ulm', true, 'Eve');
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (2, 2, 'Ulm', false, 'Adam');
INSERT INTO votes (ROWTIME, id, town) VALUES (3, 3, 'Ulm');
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (4, 4, 'Ulm', true, 'Adelheid');
INSERT INTO votes (ROWTIME, id, town) VALUES (5, 5, 'Bonn');
EXPECT TOPIC T;
--> {"key":"Ulm","value":{"PERCENT":100.0,"NAMES":["Eve"]},"timestamp":1}
--> {"key":"Ulm","value":{"PERCENT":50.0,"NAMES":["Adam","Eve"]},"timestamp":2}
--> {"key":"Ulm","value":{"PERCENT":50.0,"NAMES":["Adam","Eve"]},"timestamp":3}
--> {"key":"Ulm","value":{"PERCENT":66.66666666666667,"NAMES":["Adelheid","Adam"]},"timestamp":4}
--> {"key":"Bonn","value":{"PERCENT":null,"NAMES":null},"timestamp":5}

--@test: its state is there again after a restart
CREATE STREAM votes (id INT KEY, town STRING, yes BOOLEAN, name STRING) WITH (KAFKA_TOPIC='votes', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT town, PERCENT_TRUE(yes) AS percent, LONGEST(name, 2) AS names FROM votes GROUP BY town;
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (1, 1, 'Ulm', true, 'Eve');
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (2, 2, 'Ulm', true, 'Adam');
RESTART;
INSERT INTO votes (ROWTIME, id, town, yes, name) VALUES (3, 3, 'Ulm', false, 'Adelheid');
SELECT * FROM t WHERE town = 'Ulm';
--> ["Ulm",66.66666666666667,["Adelheid","Adam"]]

--@test: over a table an aggregate takes rows back; one without undo is refused there
CREATE TABLE people (id INT PRIMARY KEY, town STRING, adult BOOLEAN) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT town, PERCENT_TRUE(adult) AS adults FROM people GROUP BY town;
INSERT INTO people (ROWTIME, id, town, adult) VALUES (1, 1, 'Ulm', true);
INSERT INTO people (ROWTIME, id, town, adult) VALUES (2, 2, 'Ulm', false);
INSERT INTO people (ROWTIME, id, town, adult) VALUES (3, 2, 'Bonn', true);
SELECT * FROM t;
--> ["Ulm",100.0]
--> ["Bonn",100.0]
CREATE TABLE u AS SELECT town, LONGEST(town, 1) AS names FROM people GROUP BY town;
--! cannot be applied to a table, only to a stream

--@test: in SESSION windows states are merged; an aggregate without merge is refused there
CREATE STREAM votes (id INT KEY, yes BOOLEAN, name STRING) WITH (KAFKA_TOPIC='votes', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, PERCENT_TRUE(yes) AS percent FROM votes WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO votes (ROWTIME, id, yes) VALUES (1, 1, true);
INSERT INTO votes (ROWTIME, id, yes) VALUES (15000, 1, false);
INSERT INTO votes (ROWTIME, id, yes) VALUES (8000, 1, true);
SELECT id, WINDOWSTART, WINDOWEND, percent FROM t WHERE id = 1;
--> [1,1,15000,66.66666666666667]
CREATE TABLE u AS SELECT id, LONGEST(name, 1) AS names FROM votes WINDOW SESSION (10 SECONDS) GROUP BY id;
--! cannot be used with SESSION windows

--@test: the constant of an aggregate must be a literal
CREATE STREAM s (id INT KEY, name STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, LONGEST(name, id) AS names FROM s GROUP BY id;
--! must be a literal

--@test: a table function gives structs, whose fields are columns
CREATE STREAM lines (id INT KEY, line STRING) WITH (KAFKA_TOPIC='lines', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, WORDS(line)->place AS place, WORDS(line)->word AS word FROM lines;
INSERT INTO lines (ROWTIME, id, line) VALUES (1, 1, 'to  be');
INSERT INTO lines (ROWTIME, id, line) VALUES (2, 2, '');
INSERT INTO lines (ROWTIME, id) VALUES (3, 3);
INSERT INTO lines (ROWTIME, id, line) VALUES (4, 4, 'or');
EXPECT TOPIC O;
--> {"key":1,"value":{"PLACE":1,"WORD":"to"},"timestamp":1}
--> {"key":1,"value":{"PLACE":2,"WORD":"be"},"timestamp":1}
--> {"key":4,"value":{"PLACE":1,"WORD":"or"},"timestamp":4}

--@test: values of every type, taken apart and put together again
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, c DECIMAL(20, 3), t STRING, y BYTES, da DATE, ti TIME,
    ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, ARRAY<DECIMAL(4, 1)>>, r STRUCT<x INT, y STRUCT<z STRING>, w ARRAY<STRING>>)
  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, REBUILT(b) AS b, REBUILT(i) AS i, REBUILT(l) AS l, REBUILT(d) AS d, REBUILT(c) AS c,
  REBUILT(t) AS t, REBUILT(y) AS y, REBUILT(da) AS da, REBUILT(ti) AS ti, REBUILT(ts) AS ts, REBUILT(a) AS a, REBUILT(m) AS m,
  REBUILT(r) AS r FROM s;
CREATE STREAM kinds AS SELECT id, KIND_OF(c) AS c, KIND_OF(m) AS m, KIND_OF(r) AS r, NEGATED(c) AS n, LABELLED(i) AS label FROM s;
INSERT INTO s (ROWTIME, id, b, i, l, d, c, t, y, da, ti, ts, a, m, r) VALUES (1, 1, true, -7, 9876543210, 1.5e0, -1234567890123.456, 'é',
  TO_BYTES('00ff', 'hex'), '2024-02-29', '23:59:59', '2024-02-29T12:00:00.123', ARRAY[1, NULL, 3], MAP('k' := ARRAY[1.5, 2.0]),
  STRUCT(x := 1, y := STRUCT(z := 'in'), w := ARRAY['p', NULL]));
EXPECT TOPIC O;
--> {"key":1,"value":{"B":true,"I":-7,"L":9876543210,"D":1.5,"C":-1234567890123.456,"T":"é","Y":"AP8=","DA":19782,"TI":86399000,"TS":1709208000123,"A":[1,null,3],"M":{"k":[1.5,2.0]},"R":{"X":1,"Y":{"Z":"in"},"W":["p",null]}},"timestamp":1}
EXPECT TOPIC KINDS;
--> {"key":1,"value":{"C":"DECIMAL(20, 3)","M":"MAP of VARCHAR to ARRAY of DECIMAL(4, 1)","R":"STRUCT of X INT, Y STRUCT of Z VARCHAR, W ARRAY of VARCHAR","N":1234567890123.456,"LABEL":"value -7.0"},"timestamp":1}

--@test: an aggregate whose state has a type variable
CREATE STREAM s (id INT KEY, d DATE, r STRUCT<x INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, MIDDLE(d) AS d, MIDDLE(r) AS r FROM s GROUP BY id;
INSERT INTO s (id, d, r) VALUES (1, '2024-01-01', STRUCT(x := 1));
INSERT INTO s (id, d, r) VALUES (1, '2024-01-02', STRUCT(x := 2));
INSERT INTO s (id, d) VALUES (1, '2024-01-03');
SELECT * FROM t WHERE id = 1;
--> [1,"2024-01-02",{"X":2}]

--@test: a row that a step fails does not count
CREATE STREAM s (id INT KEY, n BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t AS SELECT id, GROWN(n) AS n FROM s GROUP BY id;
INSERT INTO s (id, n) VALUES (1, 5);
INSERT INTO s (id, n) VALUES (1, -1);
INSERT INTO s (id, n) VALUES (1, 6);
SELECT * FROM t WHERE id = 1;
--> [1,11]

--@test: a volatile function is computed for each row
CREATE STREAM s (id INT KEY, n BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT COUNTER(), COUNTER() FROM s EMIT CHANGES;
INSERT INTO s (id, n) VALUES (1, 5);
EXPECT ROWS;
--> [1,2]

--@test: a library's mistakes fail their row and nothing else
CREATE STREAM s (id INT KEY, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
SELECT id, READS_WRONG_TYPE(t), PUTS_WRONG_TYPE(t), PUTS_TWICE(t), READS_TOO_FAR(t), NEVER_ENDS(t), PUTS_BAD_TEXT(t) FROM s EMIT CHANGES;
INSERT INTO s (id, t) VALUES (1, 'x');
INSERT INTO s (id, t) VALUES (2, 'y');
EXPECT ROWS;
--> [1,null,null,null,null,null,null]
--> [2,null,null,null,null,null,null]
CREATE STREAM o AS SELECT id, FAILS_AFTER_ROWS(t) AS n FROM s;
EXPECT TOPIC O;
-->
