-- SELECT: which columns, computed how, of which rows. CREATE STREAM ... AS SELECT keeps doing it for
-- every record that comes.

--@test: columns by name, renamed, and all of them
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM every_column AS SELECT * FROM s;
CREATE STREAM some AS SELECT id, b AS text FROM s;
CREATE STREAM more AS SELECT *, a + 1 AS next FROM s;
CREATE STREAM qualified AS SELECT x.id, x.a FROM s AS x;
INSERT INTO s (ROWTIME, id, a, b) VALUES (10, 1, 5, 'five');
EXPECT TOPIC EVERY_COLUMN;
--> {"key":1,"value":{"A":5,"B":"five"},"timestamp":10}
EXPECT TOPIC SOME;
--> {"key":1,"value":{"TEXT":"five"},"timestamp":10}
EXPECT TOPIC MORE;
--> {"key":1,"value":{"A":5,"B":"five","NEXT":6},"timestamp":10}
EXPECT TOPIC QUALIFIED;
--> {"key":1,"value":{"A":5},"timestamp":10}

--@test: a key renamed stays the key, and can be copied into the value
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM renamed AS SELECT id AS number, a FROM s;
CREATE STREAM copied AS SELECT id, AS_VALUE(id) AS id_again, a FROM s;
INSERT INTO s (ROWTIME, id, a) VALUES (10, 1, 5);
ASSERT STREAM renamed (number INT KEY, a INT) WITH (KAFKA_TOPIC='RENAMED', VALUE_FORMAT='JSON');
EXPECT TOPIC RENAMED;
--> {"key":1,"value":{"A":5},"timestamp":10}
EXPECT TOPIC COPIED;
--> {"key":1,"value":{"ID_AGAIN":1,"A":5},"timestamp":10}

--@test: WHERE keeps the rows for which it is true: not those for which it is NULL
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE a > 1 AND a <= 5;
INSERT INTO s (ROWTIME, id, a) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, id, a) VALUES (2, 2, 2);
INSERT INTO s (ROWTIME, id, a) VALUES (3, 3, NULL);
INSERT INTO s (ROWTIME, id, a) VALUES (4, 4, 5);
INSERT INTO s (ROWTIME, id, a) VALUES (5, 5, 6);
EXPECT TOPIC O;
--> {"key":2,"value":{"A":2},"timestamp":2}
--> {"key":4,"value":{"A":5},"timestamp":4}

--@test: comparing
CREATE STREAM s (id INT KEY, a INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id,
    a BETWEEN 2 AND 4 AS between_both, a NOT BETWEEN 2 AND 4 AS outside, a IN (1, 3) AS listed, a NOT IN (1, 3) AS unlisted,
    t LIKE 'a%' AS starts, t LIKE '_b%' AS second, t LIKE '%50!%' ESCAPE '!' AS percent,
    a IS NULL AS absent, a IS NOT NULL AS present,
    a IS DISTINCT FROM 3 AS other, t <> 'abc' AS not_abc
  FROM s;
INSERT INTO s (ROWTIME, id, a, t) VALUES (1, 1, 3, 'abc');
INSERT INTO s (ROWTIME, id, a, t) VALUES (2, 2, 5, '50%');
INSERT INTO s (ROWTIME, id, a, t) VALUES (3, 3, NULL, NULL);
EXPECT TOPIC O;
--> {"key":1,"value":{"BETWEEN_BOTH":true,"OUTSIDE":false,"LISTED":true,"UNLISTED":false,"STARTS":true,"SECOND":true,"PERCENT":false,"ABSENT":false,"PRESENT":true,"OTHER":false,"NOT_ABC":false},"timestamp":1}
--> {"key":2,"value":{"BETWEEN_BOTH":false,"OUTSIDE":true,"LISTED":false,"UNLISTED":true,"STARTS":false,"SECOND":false,"PERCENT":true,"ABSENT":false,"PRESENT":true,"OTHER":true,"NOT_ABC":true},"timestamp":2}
--> {"key":3,"value":{"BETWEEN_BOTH":false,"OUTSIDE":true,"LISTED":false,"UNLISTED":true,"STARTS":false,"SECOND":false,"PERCENT":false,"ABSENT":true,"PRESENT":false,"OTHER":true,"NOT_ABC":false},"timestamp":3}

--@test: arithmetic
-- Whole numbers divide to whole numbers; a row whose expression fails gets NULL there and keeps its other columns.
CREATE STREAM s (id INT KEY, a INT, b INT, d DOUBLE, m DECIMAL(6, 2)) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, a + b AS sum, a - b AS difference, a * b AS product, a / b AS quotient, a % b AS remainder,
    -a AS negative, a / d AS real, m * 2 AS twice, m + m AS double_money, m / 3 AS third FROM s;
INSERT INTO s (ROWTIME, id, a, b, d, m) VALUES (1, 1, 7, 2, 2.0, 10.50);
INSERT INTO s (ROWTIME, id, a, b, d, m) VALUES (2, 2, 7, 0, 0.0, 0.01);
INSERT INTO s (ROWTIME, id, a, b, d, m) VALUES (3, 3, NULL, 2, 2.0, NULL);
INSERT INTO s (ROWTIME, id, a, b, d, m) VALUES (4, 4, 2147483647, 1, 1.0, 9999.99);
EXPECT TOPIC O;
--> {"key":1,"value":{"SUM":9,"DIFFERENCE":5,"PRODUCT":14,"QUOTIENT":3,"REMAINDER":1,"NEGATIVE":-7,"REAL":3.5,"TWICE":21.00,"DOUBLE_MONEY":21.00,"THIRD":3.5000000000000},"timestamp":1}
--> {"key":2,"value":{"SUM":7,"DIFFERENCE":7,"PRODUCT":0,"QUOTIENT":null,"REMAINDER":null,"NEGATIVE":-7,"REAL":"Infinity","TWICE":0.02,"DOUBLE_MONEY":0.02,"THIRD":0.0033333333333},"timestamp":2}
--> {"key":3,"value":{"SUM":null,"DIFFERENCE":null,"PRODUCT":null,"QUOTIENT":null,"REMAINDER":null,"NEGATIVE":null,"REAL":null,"TWICE":null,"DOUBLE_MONEY":null,"THIRD":null},"timestamp":3}
--> {"key":4,"value":{"SUM":-2147483648,"DIFFERENCE":2147483646,"PRODUCT":2147483647,"QUOTIENT":2147483647,"REMAINDER":0,"NEGATIVE":-2147483647,"REAL":2.147483647E9,"TWICE":19999.98,"DOUBLE_MONEY":19999.98,"THIRD":3333.3300000000000},"timestamp":4}

--@test: CASE
CREATE STREAM s (id INT KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id,
    CASE WHEN a < 10 THEN 'small' WHEN a < 100 THEN 'medium' ELSE 'large' END AS size,
    CASE a WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS word
  FROM s;
INSERT INTO s (ROWTIME, id, a) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, id, a) VALUES (2, 2, 50);
INSERT INTO s (ROWTIME, id, a) VALUES (3, 3, 500);
INSERT INTO s (ROWTIME, id, a) VALUES (4, 4, NULL);
EXPECT TOPIC O;
--> {"key":1,"value":{"SIZE":"small","WORD":"one"},"timestamp":1}
--> {"key":2,"value":{"SIZE":"medium","WORD":null},"timestamp":2}
--> {"key":3,"value":{"SIZE":"large","WORD":null},"timestamp":3}
--> {"key":4,"value":{"SIZE":"large","WORD":null},"timestamp":4}

--@test: CAST
CREATE STREAM s (id INT KEY, t STRING, d DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, CAST(t AS INT) AS whole, CAST(d AS INT) AS cut, CAST(d AS STRING) AS text,
    CAST(d AS DECIMAL(5, 1)) AS money, CAST(id AS BIGINT) AS big FROM s;
INSERT INTO s (ROWTIME, id, t, d) VALUES (1, 1, '42', 2.75);
INSERT INTO s (ROWTIME, id, t, d) VALUES (2, 2, 'no', -2.75);
EXPECT TOPIC O;
--> {"key":1,"value":{"WHOLE":42,"CUT":2,"TEXT":"2.75","MONEY":2.8,"BIG":1},"timestamp":1}
--> {"key":2,"value":{"WHOLE":null,"CUT":-2,"TEXT":"-2.75","MONEY":-2.8,"BIG":2},"timestamp":2}

--@test: texts
CREATE STREAM s (id INT KEY, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, UCASE(t) AS upper, LEN(t) AS length, t + '!' AS louder, CONCAT(t, '-', t) AS doubled,
    SUBSTRING(t, 2, 3) AS part, TRIM(t) AS trimmed, REPLACE(t, 'l', 'L') AS replaced, SPLIT(t, 'l') AS pieces
  FROM s;
INSERT INTO s (ROWTIME, id, t) VALUES (1, 1, ' hello ');
INSERT INTO s (ROWTIME, id, t) VALUES (2, 2, 'äöü€');
EXPECT TOPIC O;
--> {"key":1,"value":{"UPPER":" HELLO ","LENGTH":7,"LOUDER":" hello !","DOUBLED":" hello - hello ","PART":"hel","TRIMMED":"hello","REPLACED":" heLLo ","PIECES":[" he","","o "]},"timestamp":1}
--> {"key":2,"value":{"UPPER":"ÄÖÜ€","LENGTH":4,"LOUDER":"äöü€!","DOUBLED":"äöü€-äöü€","PART":"öü€","TRIMMED":"äöü€","REPLACED":"äöü€","PIECES":["äöü€"]},"timestamp":2}

--@test: structs, arrays, maps and lambdas
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, a[1] AS first, a[-1] AS last, a[9] AS none, m['x'] AS x,
    ARRAY[id, 2] AS made, MAP('k' := id) AS made_map, STRUCT(f := id, g := 'g') AS made_struct,
    TRANSFORM(a, e => e * 10) AS tens, FILTER(a, e => e > 1) AS large, REDUCE(a, 0, (sum, e) => sum + e) AS total
  FROM s;
INSERT INTO s (ROWTIME, id, a, m) VALUES (1, 1, ARRAY[1, 2, 3], MAP('x' := 7));
EXPECT TOPIC O;
--> {"key":1,"value":{"FIRST":1,"LAST":3,"NONE":null,"X":7,"MADE":[1,2],"MADE_MAP":{"k":1},"MADE_STRUCT":{"F":1,"G":"g"},"TENS":[10,20,30],"LARGE":[2,3],"TOTAL":6},"timestamp":1}

--@test: NULLs: COALESCE, IFNULL, NULLIF
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, COALESCE(a, b, 0) AS first, IFNULL(a, -1) AS or_minus, NULLIF(a, b) AS unless_same, a + b AS sum FROM s;
INSERT INTO s (ROWTIME, id, a, b) VALUES (1, 1, NULL, 2);
INSERT INTO s (ROWTIME, id, a, b) VALUES (2, 2, 3, 3);
INSERT INTO s (ROWTIME, id, a, b) VALUES (3, 3, NULL, NULL);
EXPECT TOPIC O;
--> {"key":1,"value":{"FIRST":2,"OR_MINUS":-1,"UNLESS_SAME":null,"SUM":null},"timestamp":1}
--> {"key":2,"value":{"FIRST":3,"OR_MINUS":3,"UNLESS_SAME":null,"SUM":6},"timestamp":2}
--> {"key":3,"value":{"FIRST":0,"OR_MINUS":-1,"UNLESS_SAME":null,"SUM":null},"timestamp":3}

--@test: AND, OR and NOT with NULLs
CREATE STREAM s (id INT KEY, p BOOLEAN, q BOOLEAN) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, p AND q AS both_true, p OR q AS either, NOT p AS negated FROM s;
INSERT INTO s (ROWTIME, id, p, q) VALUES (1, 1, true, NULL);
INSERT INTO s (ROWTIME, id, p, q) VALUES (2, 2, false, NULL);
INSERT INTO s (ROWTIME, id, p, q) VALUES (3, 3, true, false);
EXPECT TOPIC O;
--> {"key":1,"value":{"BOTH_TRUE":null,"EITHER":true,"NEGATED":false},"timestamp":1}
--> {"key":2,"value":{"BOTH_TRUE":false,"EITHER":null,"NEGATED":true},"timestamp":2}
--> {"key":3,"value":{"BOTH_TRUE":false,"EITHER":true,"NEGATED":false},"timestamp":3}

--@test: with the new planner the key is what is selected of it, in that order
SET 'ksql.new.query.planner.enabled' = 'true';
CREATE STREAM s (a INT KEY, b INT KEY, v INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
CREATE STREAM ba AS SELECT b, v, a FROM s;
CREATE STREAM no_key AS SELECT v FROM s;
CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON');
CREATE TABLE no_primary_key AS SELECT v FROM t;
--! Key missing from projection
INSERT INTO s (ROWTIME, a, b, v) VALUES (1, 1, 2, 3);
EXPECT TOPIC BA;
--> {"key":{"B":2,"A":1},"value":{"V":3},"timestamp":1}
EXPECT TOPIC NO_KEY;
--> {"key":null,"value":{"V":3},"timestamp":1}

--@test: errors
CREATE STREAM s (id INT KEY, amount INT, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT id, amuont FROM s;
--! SELECT column 'AMUONT' cannot be resolved.
CREATE STREAM o AS SELECT id, UPCASE(t) AS t FROM s;
--! There is no function called 'UPCASE'.
CREATE STREAM o AS SELECT id, UCASE(amount) AS t FROM s;
--! Function 'UCASE' does not accept parameters (INTEGER).
CREATE STREAM o AS SELECT id, t * 2 AS t FROM s;
--! (T * 2): the operator * does not take STRING and INTEGER.
CREATE STREAM o AS SELECT * FROM s WHERE amount;
--! A condition must be BOOLEAN, but AMOUNT is INTEGER.
CREATE STREAM o AS SELECT * FROM s WHERE amount > 'many';
--! Cannot compare AMOUNT (INTEGER) to 'many' (STRING) with >.
CREATE STREAM o AS SELECT amount FROM s;
--! Key missing from projection: the query used to build `O` must include the key column ID in its projection
CREATE STREAM o AS SELECT id, amount, t AS amount FROM s;
--! Two columns of the result have the same name: `AMOUNT`
CREATE STREAM o AS SELECT id, CASE WHEN amount > 1 THEN 'x' ELSE 1 END AS c FROM s;
--! All results of a CASE must have one type, but there are STRING and INTEGER.
CREATE STREAM o AS SELECT id, z.amount FROM s AS y;
--! 'Z' is not a valid stream/table name or alias.
CREATE STREAM o AS SELECT id, COUNT(*) AS n FROM s;
--! Use of the aggregate function COUNT requires a GROUP BY clause
CREATE STREAM o AS SELECT id, CAST(amount AS ARRAY<INT>) AS c FROM s;
--! Cast of INTEGER to ARRAY<INTEGER> is not supported.
CREATE STREAM o AS SELECT id, SUBSTRING(t) AS c FROM s;
--! Function 'SUBSTRING' does not accept parameters (STRING).
CREATE STREAM o AS SELECT id, t->field AS c FROM s;
--! T is STRING and has no fields; -> needs a STRUCT.
CREATE STREAM s AS SELECT * FROM s;
--! Cannot add stream 'S': A stream with the same name already exists
