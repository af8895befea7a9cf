-- Flink's scalar functions, by theme: what each gives.

--@test: comparisons and logic
SET 'sluice.sql.dialect' = 'flink';
SELECT 1 = 1 AND 2 <> 3;
--> [true]
SELECT NULL IS NULL;
--> [true]
SELECT 1 IS DISTINCT FROM 2;
--> [true]
SELECT 'a' LIKE 'a%';
--> [true]
SELECT 'a' SIMILAR TO 'a|b';
--> [true]
SELECT 1 BETWEEN 0 AND 2;
--> [true]
SELECT 2 BETWEEN SYMMETRIC 3 AND 1;
--> [true]
SELECT 1 IN (1,2);
--> [true]
SELECT TRUE IS NOT FALSE;
--> [true]

--@test: numbers
SET 'sluice.sql.dialect' = 'flink';
SELECT POWER(2, 3);
--> [8.0]
SELECT ABS(-1);
--> [1]
SELECT SQRT(4);
--> [2.0]
SELECT LN(10);
--> [2.302585092994046]
SELECT LOG10(100);
--> [2.0]
SELECT LOG2(8);
--> [3.0]
SELECT LOG(8);
--> [2.0794415416798357]
SELECT LOG(2, 8);
--> [3.0]
SELECT EXP(1);
--> [2.718281828459045]
SELECT CEIL(1.5);
--> [2.0]
SELECT CEILING(1.5);
--> [2.0]
SELECT FLOOR(1.5);
--> [1.0]
SELECT SIN(1);
--> [0.8414709848078965]
SELECT SINH(1);
--> [1.1752011936438014]
SELECT COS(1);
--> [0.5403023058681398]
SELECT TAN(1);
--> [1.5574077246549023]
SELECT TANH(1);
--> [0.7615941559557649]
SELECT COT(1);
--> [0.6420926159343306]
SELECT ASIN(1);
--> [1.5707963267948966]
SELECT ACOS(1);
--> [0.0]
SELECT ATAN(1);
--> [0.7853981633974483]
SELECT ATAN2(1, 2);
--> [0.4636476090008061]
SELECT COSH(1);
--> [1.5430806348152437]
SELECT DEGREES(1);
--> [57.29577951308232]
SELECT RADIANS(1);
--> [0.017453292519943295]
SELECT SIGN(-2);
--> [-1]
SELECT ROUND(1.2345, 2);
--> [1.23]
SELECT PI();
--> [3.141592653589793]
SELECT E();
--> [2.718281828459045]
SELECT RAND() < 1;
--> [true]
SELECT RAND(1) < 1;
--> [true]
SELECT RAND_INTEGER(5) < 5;
--> [true]
SELECT RAND_INTEGER(1, 5) < 5;
--> [true]
SELECT CHAR_LENGTH(UUID());
--> [36]
SELECT BIN(4);
--> ["100"]
SELECT HEX(20);
--> ["14"]
SELECT HEX('hello');
--> ["68656C6C6F"]
SELECT UNHEX('68656C6C6F');
--> ["aGVsbG8="]
SELECT TRUNCATE(42.324, 2);
--> [42.32]
SELECT TRUNCATE(42.324);
--> [42]
SELECT MOD(5, 2);
--> [1]
SELECT 5 % 2;
--> [1]

--@test: texts
SET 'sluice.sql.dialect' = 'flink';
SELECT 'a' || 'b';
--> ["ab"]
SELECT CHAR_LENGTH('abc');
--> [3]
SELECT CHARACTER_LENGTH('abc');
--> [3]
SELECT UPPER('abc');
--> ["ABC"]
SELECT LOWER('ABC');
--> ["abc"]
SELECT POSITION('b' IN 'abc');
--> [2]
SELECT TRIM(BOTH 'x' FROM 'xax');
--> ["a"]
SELECT TRIM('  a ');
--> ["a"]
SELECT LTRIM(' a');
--> ["a"]
SELECT RTRIM('a ');
--> ["a"]
SELECT LTRIM('aab', 'a');
--> ["b"]
SELECT BTRIM('xax', 'x');
--> ["a"]
SELECT REPEAT('ab', 2);
--> ["abab"]
SELECT REGEXP_REPLACE('foobar', 'oo|ar', '');
--> ["fb"]
SELECT OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6);
--> ["xxxxxxxxx"]
SELECT OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6 FOR 2);
--> ["xxxxxxxxxst"]
SELECT SUBSTRING('abcd' FROM 2 FOR 2);
--> ["bc"]
SELECT SUBSTRING('abcd', 2);
--> ["bcd"]
SELECT SUBSTR('abcd', 2, 1);
--> ["b"]
SELECT REPLACE('hello world', 'world', 'flink');
--> ["hello flink"]
SELECT REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2);
--> ["bar"]
SELECT REGEXP_EXTRACT_ALL('a1b2', '([0-9])');
--> [["1","2"]]
SELECT REGEXP_COUNT('a1b2', '[0-9]');
--> [2]
SELECT REGEXP_INSTR('a1b2', '[0-9]');
--> [2]
SELECT REGEXP_SUBSTR('a1b2', '[0-9]');
--> ["1"]
SELECT REGEXP('abc', 'b');
--> [true]
SELECT TRANSLATE('abc', 'ab', 'xy');
--> ["xyc"]
SELECT INITCAP('hello world');
--> ["Hello World"]
SELECT CONCAT('a', 'b', 'c');
--> ["abc"]
SELECT CONCAT_WS('-', 'a', NULL, 'b');
--> ["a-b"]
SELECT LPAD('hi', 4, '?');
--> ["??hi"]
SELECT RPAD('hi', 4, '?');
--> ["hi??"]
SELECT FROM_BASE64('aGVsbG8=');
--> ["hello"]
SELECT TO_BASE64('hello');
--> ["aGVsbG8="]
SELECT ASCII('a');
--> [97]
SELECT CHR(97);
--> ["a"]
SELECT DECODE(ENCODE('a', 'UTF-8'), 'UTF-8');
--> ["a"]
SELECT INSTR('abc', 'b');
--> [2]
SELECT LEFT('abc', 2);
--> ["ab"]
SELECT RIGHT('abc', 2);
--> ["bc"]
SELECT LOCATE('b', 'abc');
--> [2]
SELECT LOCATE('b', 'abcb', 3);
--> [4]
SELECT URL_DECODE('a%20b');
--> ["a b"]
SELECT URL_ENCODE('a b');
--> ["a+b"]
SELECT PARSE_URL('http://facebook.com/path?query=1', 'HOST');
--> ["facebook.com"]
SELECT PARSE_URL('http://facebook.com/path?query=1', 'QUERY', 'query');
--> ["1"]
SELECT REVERSE('abc');
--> ["cba"]
SELECT SPLIT_INDEX('a,b,c', ',', 1);
--> ["b"]
SELECT STR_TO_MAP('k1=v1,k2=v2');
--> [{"k1":"v1","k2":"v2"}]
SELECT STR_TO_MAP('k1:v1;k2:v2', ';', ':');
--> [{"k1":"v1","k2":"v2"}]
SELECT ELT(2, 'a', 'b');
--> ["b"]
SELECT STARTSWITH('abc', 'a');
--> [true]
SELECT ENDSWITH('abc', 'c');
--> [true]
SELECT IS_ALPHA('abc');
--> [true]
SELECT IS_DECIMAL('12');
--> [true]
SELECT IS_DIGIT('12');
--> [true]

--@test: times
SET 'sluice.sql.dialect' = 'flink';
SELECT DATE '2024-02-29';
--> ["2024-02-29"]
SELECT TIME '10:00:00';
--> ["10:00:00"]
SELECT TIMESTAMP '2024-02-29 10:00:00';
--> ["2024-02-29T10:00:00.000"]
SELECT INTERVAL '10' SECOND IS NULL;
--> [false]
SELECT CURRENT_DATE IS NULL;
--> [false]
SELECT CURRENT_TIME IS NULL;
--> [false]
SELECT LOCALTIME IS NULL;
--> [false]
SELECT LOCALTIMESTAMP IS NULL;
--> [false]
SELECT CURRENT_TIMESTAMP IS NULL;
--> [false]
SELECT NOW() IS NULL;
--> [false]
SELECT CURRENT_ROW_TIMESTAMP() IS NULL;
--> [false]
SELECT EXTRACT(DAY FROM DATE '2006-06-05');
--> [5]
SELECT EXTRACT(EPOCH FROM TIMESTAMP '2006-06-05 00:00:00');
--> [1149465600]
SELECT EXTRACT(MILLISECOND FROM TIMESTAMP '2006-06-05 00:00:00.123');
--> [123]
SELECT EXTRACT(ISODOW FROM DATE '2006-06-05');
--> [1]
SELECT EXTRACT(CENTURY FROM DATE '2006-06-05');
--> [21]
SELECT EXTRACT(DECADE FROM DATE '2006-06-05');
--> [200]
SELECT EXTRACT(HOUR FROM TIME '10:01:02');
--> [10]
SELECT YEAR(DATE '1994-09-27');
--> [1994]
SELECT QUARTER(DATE '1994-09-27');
--> [3]
SELECT MONTH(DATE '1994-09-27');
--> [9]
SELECT WEEK(DATE '1994-09-27');
--> [39]
SELECT DAYOFYEAR(DATE '1994-09-27');
--> [270]
SELECT DAYOFMONTH(DATE '1994-09-27');
--> [27]
SELECT DAYOFWEEK(DATE '1994-09-27');
--> [3]
SELECT HOUR(TIMESTAMP '1994-09-27 13:14:15');
--> [13]
SELECT HOUR(TIME '13:14:15');
--> [13]
SELECT MINUTE(TIMESTAMP '1994-09-27 13:14:15');
--> [14]
SELECT SECOND(TIMESTAMP '1994-09-27 13:14:15');
--> [15]
SELECT FLOOR(TIME '12:44:31' TO MINUTE);
--> ["12:44:00"]
SELECT FLOOR(TIMESTAMP '1994-09-27 13:14:15' TO HOUR);
--> ["1994-09-27T13:00:00.000"]
SELECT CEIL(TIMESTAMP '1994-09-27 13:14:15' TO DAY);
--> ["1994-09-28T00:00:00.000"]
SELECT FLOOR(DATE '1994-09-27' TO MONTH);
--> ["1994-09-01"]
SELECT (TIME '2:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '3:30:00', INTERVAL '2' HOUR);
--> [true]
SELECT (TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-02 00:00:00') OVERLAPS (TIMESTAMP '2024-01-03 00:00:00', TIMESTAMP '2024-01-04 00:00:00');
--> [false]
SELECT DATE_FORMAT(TIMESTAMP '2024-02-29 10:00:00', 'yyyy-MM-dd HH:mm');
--> ["2024-02-29 10:00"]
SELECT DATE_FORMAT('2024-02-29 10:00:00', 'yyyyMMdd');
--> ["20240229"]
SELECT TIMESTAMPADD(DAY, 1, TIMESTAMP '2024-02-29 10:00:00');
--> ["2024-03-01T10:00:00.000"]
SELECT TIMESTAMPADD(MONTH, 1, DATE '2024-02-29');
--> ["2024-03-29"]
SELECT TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00');
--> [1]
SELECT TIMESTAMPDIFF(DAY, DATE '2003-01-02', DATE '2003-01-05');
--> [3]
SELECT CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles');
--> ["1969-12-31 16:00:00"]
SELECT FROM_UNIXTIME(44);
--> ["1970-01-01 00:00:44"]
SELECT FROM_UNIXTIME(44, 'yyyy');
--> ["1970"]
SELECT UNIX_TIMESTAMP() > 1;
--> [true]
SELECT UNIX_TIMESTAMP('1970-01-01 00:00:44');
--> [44]
SELECT UNIX_TIMESTAMP('1970', 'yyyy');
--> [0]
SELECT TO_DATE('2024-02-29');
--> ["2024-02-29"]
SELECT TO_DATE('29.02.2024', 'dd.MM.yyyy');
--> ["2024-02-29"]
SELECT TO_TIMESTAMP('2024-02-29 10:00:00');
--> ["2024-02-29T10:00:00.000"]
SELECT TO_TIMESTAMP('29.02.2024', 'dd.MM.yyyy');
--> ["2024-02-29T00:00:00.000"]
SELECT TO_TIMESTAMP_LTZ(1000, 0);
--> ["1970-01-01T00:16:40.000"]
SELECT TO_TIMESTAMP_LTZ(1000, 3);
--> ["1970-01-01T00:00:01.000"]
SELECT TO_TIMESTAMP_LTZ('2024-02-29 10:00:00');
--> ["2024-02-29T10:00:00.000"]
SELECT DATE '2024-02-29' + INTERVAL '1' DAY;
--> ["2024-03-01"]
SELECT TIMESTAMP '2024-02-29 10:00:00' - INTERVAL '1' MONTH;
--> ["2024-01-29T10:00:00.000"]
SELECT TIME '10:00:00' + INTERVAL '1' HOUR;
--> ["11:00:00"]

--@test: conditions, conversions, collections
SET 'sluice.sql.dialect' = 'flink';
SELECT CASE 1 WHEN 1 THEN 'a' ELSE 'b' END;
--> ["a"]
SELECT NULLIF(5, 5);
--> [null]
SELECT COALESCE(NULL, 5);
--> [5]
SELECT IF(5 > 3, 5, 3);
--> [5]
SELECT IFNULL(NULL, 5);
--> [5]
SELECT GREATEST(1, 2, 3);
--> [3]
SELECT LEAST(1, 2, 3);
--> [1]
SELECT GREATEST(1, NULL);
--> [null]
SELECT CAST('42' AS INT);
--> [42]
SELECT TRY_CAST('non-number' AS INT);
--> [null]
SELECT COALESCE(TRY_CAST('non-number' AS INT), 0);
--> [0]
SELECT TYPEOF(1);
--> ["INTEGER"]
SELECT CARDINALITY(ARRAY[1,2]);
--> [2]
SELECT CARDINALITY(MAP['a', 1]);
--> [1]
SELECT ARRAY[1,2][1];
--> [1]
SELECT (ARRAY[1,2])[2], (ARRAY[1,2] = ARRAY[1,2]);
--> [2,true]
SELECT ARRAY[(1,2),(3,4)], CARDINALITY(MAP['a', (1,2)]);
--> [[{"EXPR$0":1,"EXPR$1":2},{"EXPR$0":3,"EXPR$1":4}],1]
SELECT ELEMENT(ARRAY[1]);
--> [1]
SELECT MAP['a', 1]['a'];
--> [1]
SELECT MAP_KEYS(MAP['a', 1]);
--> [["a"]]
SELECT MAP_VALUES(MAP['a', 1]);
--> [[1]]
SELECT MAP_ENTRIES(MAP['a', 1]);
--> [[{"K":"a","V":1}]]
SELECT MAP_UNION(MAP['a', 1], MAP['b', 2]);
--> [{"a":1,"b":2}]
SELECT MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1]);
--> [{"a":1}]
SELECT ARRAY_CONTAINS(ARRAY[1,2], 2);
--> [true]
SELECT ARRAY_DISTINCT(ARRAY[1,1]);
--> [[1]]
SELECT ARRAY_POSITION(ARRAY[1,2], 2);
--> [2]
SELECT ARRAY_REMOVE(ARRAY[1,2,2], 2);
--> [[1]]
SELECT ARRAY_REVERSE(ARRAY[1,2]);
--> [[2,1]]
SELECT ARRAY_SLICE(ARRAY[1,2,3,4], 2, 3);
--> [[2,3]]
SELECT ARRAY_SLICE(ARRAY[1,2,3,4], -2);
--> [[3,4]]
SELECT ARRAY_SORT(ARRAY[3,1,2]);
--> [[1,2,3]]
SELECT ARRAY_SORT(ARRAY[3,1,2], FALSE);
--> [[3,2,1]]
SELECT ARRAY_UNION(ARRAY[1,2], ARRAY[2,3]);
--> [[1,2,3]]
SELECT ARRAY_CONCAT(ARRAY[1], ARRAY[2], ARRAY[3]);
--> [[1,2,3]]
SELECT ARRAY_EXCEPT(ARRAY[1,2], ARRAY[2]);
--> [[1]]
SELECT ARRAY_INTERSECT(ARRAY[1,2], ARRAY[2]);
--> [[2]]
SELECT ARRAY_MAX(ARRAY[1,2]);
--> [2]
SELECT ARRAY_MIN(ARRAY[1,2]);
--> [1]
SELECT ARRAY_JOIN(ARRAY['a', NULL, 'b'], '-');
--> ["a-b"]
SELECT ARRAY_JOIN(ARRAY['a', NULL, 'b'], '-', '?');
--> ["a-?-b"]
SELECT ARRAY_APPEND(ARRAY[1], 2);
--> [[1,2]]
SELECT ARRAY_PREPEND(ARRAY[1], 2);
--> [[2,1]]

--@test: casts as Flink's
SET 'sluice.sql.dialect' = 'flink';
SELECT CAST(ARRAY[1, NULL] AS STRING), CAST(ROW(TRUE, 'a') AS STRING), CAST(MAP['k', TIMESTAMP '2024-01-01 00:00:00'] AS STRING);
--> ["[1, NULL]","(TRUE, a)","{k=2024-01-01 00:00:00}"]
SELECT CAST('12.7' AS INT), CAST(' -3 ' AS BIGINT), CAST('no' AS BOOLEAN), CAST('1' AS BOOLEAN), CAST('2024-02-29 10:00:00' AS DATE), CAST(CAST('a' AS BYTES) AS STRING);
--> [12,-3,false,true,"2024-02-29","a"]
SELECT CAST('abc' AS VARCHAR(2)), CAST('abc' AS CHAR(5)) || '|', CAST(12345 AS CHAR(3)), CAST('abc' AS VARCHAR(9));
--> ["ab","abc  |","123","abc"]
SELECT TRY_CAST('maybe' AS BOOLEAN), TRY_CAST('99999999999' AS INT), TRY_CAST('x' AS TIMESTAMP(3)), CAST('' AS INT);
--> [null,null,null,null]

--@test: texts and numbers at the edges
SET 'sluice.sql.dialect' = 'flink';
SELECT SUBSTRING('hello', -3, 2), SUBSTRING('hello', -9), SUBSTRING('hello', 2, -1), LOCATE('l', 'hello', 4), LOCATE('', 'hello'), POSITION('x' IN 'hello');
--> ["ll","",null,4,1,0]
SELECT OVERLAY('abcdef' PLACING 'X' FROM 3 FOR 2), OVERLAY('abcdef' PLACING 'X' FROM 9), CHR(353), ASCII('\u00e9'), INITCAP('foo-bar x1y');
--> ["abXef","abcdef","a",92,"Foo-Bar X1y"]
SELECT REGEXP_REPLACE('foobar', '(o+)', '<$1>'), REGEXP('a', ''), PARSE_URL('http://u:p@h:80/p?q=1', 'AUTHORITY'), PARSE_URL('http://u:p@h:80/p?q=1', 'USERINFO');
--> ["f<$1>bar",false,"u:p@h:80","u:p"]
SELECT ROUND(-0.05, 1), ROUND(2.5e0), SIGN(-1.5), FLOOR(-2.5), CEIL(2.10), TRUNCATE(1234.567, -2);
--> [-0.1,3.0,-1.0,-3,3,1200]

--@test: JSON
SET 'sluice.sql.dialect' = 'flink';
SELECT JSON_EXISTS('{"a": true}', '$.a');
--> [true]
SELECT JSON_VALUE('{"a": true}', '$.a');
--> ["true"]
SELECT JSON_VALUE('{"a": 1}', '$.a' RETURNING INT);
--> [1]
SELECT JSON_VALUE('{"a": 1}', 'lax $.b' DEFAULT 5 ON EMPTY);
--> ["5"]
SELECT JSON_VALUE('{"a": 1}', '$.b' DEFAULT 'nothing' ON EMPTY DEFAULT 'failed' ON ERROR);
--> ["failed"]
SELECT JSON_VALUE('{"a": 1}', '$.b' RETURNING INT DEFAULT 7 ON ERROR);
--> [7]
SELECT JSON_QUERY('{"a": 1}', '$.a' EMPTY OBJECT ON ERROR);
--> ["{}"]
SELECT JSON_EXISTS('nope', '$.a' UNKNOWN ON ERROR), '[1]' IS JSON ARRAY, '1' IS NOT JSON OBJECT;
--> [null,true,true]
SELECT JSON_OBJECT('b': 1, KEY 'a' VALUE JSON_ARRAY(1, 'x', NULL), 'c' VALUE ROW(1) NULL ON NULL);
--> ["{\"a\":[1,\"x\"],\"b\":1,\"c\":{\"EXPR$0\":1}}"]
SELECT JSON_OBJECT('a': CAST(NULL AS INT)), JSON_OBJECT('a': CAST(NULL AS INT) ABSENT ON NULL), JSON_ARRAY(1, CAST(NULL AS INT) NULL ON NULL), JSON_OBJECT(), JSON_ARRAY();
--> ["{\"a\":null}","{}","[1,null]","{}","[]"]
SELECT JSON_OBJECT(1: 2);
--! The keys of JSON_OBJECT are STRINGs
SELECT JSON_OBJECT('a', 2);
--! Unexpected ,
SELECT JSON_VALUE('{"a": 1}', 'lax $.a' NULL ON EMPTY NULL ON ERROR);
--> ["1"]
SELECT JSON_QUERY('{"a": {"b": 1}}', '$.a');
--> ["{\"b\":1}"]
SELECT JSON_QUERY('{"a": [1, 2]}', '$.a' WITH WRAPPER);
--> ["[[1,2]]"]
SELECT JSON_STRING(1);
--> ["1"]
SELECT JSON_ARRAY(1, 'a');
--> ["[1,\"a\"]"]
SELECT JSON_QUOTE('a"b');
--> ["\"a\\\"b\""]
SELECT JSON_UNQUOTE('"abc"');
--> ["abc"]
SELECT '{"a":1}' IS JSON;
--> [true]
SELECT 'x' IS NOT JSON;
--> [true]

--@test: hashes, rows, casts, arithmetic
SET 'sluice.sql.dialect' = 'flink';
SELECT MD5('a');
--> ["0cc175b9c0f1b6a831c399e269772661"]
SELECT SHA1('a');
--> ["86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"]
SELECT SHA256('a');
--> ["ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"]
SELECT SHA2('a', 256);
--> ["ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"]
SELECT ROW(1, 'a');
--> [{"EXPR$0":1,"EXPR$1":"a"}]
SELECT (1, 'a') = (1, 'a');
--> [true]
SELECT CAST(1.5 AS DECIMAL(10, 3));
--> [1.500]
SELECT CAST(TIMESTAMP '2024-02-29 10:00:00' AS DATE);
--> ["2024-02-29"]
SELECT CAST(TIMESTAMP '2024-02-29 10:00:00' AS TIME);
--> ["10:00:00"]
SELECT CAST(DATE '2024-02-29' AS STRING);
--> ["2024-02-29"]
SELECT CAST(TRUE AS STRING);
--> ["TRUE"]
SELECT CAST(1 AS STRING);
--> ["1"]
SELECT CAST(ROW(1, 'a') AS ROW<x BIGINT, y STRING>);
--> [{"x":1,"y":"a"}]
SELECT CAST(ARRAY[1,2] AS STRING);
--> ["[1, 2]"]
SELECT CAST('true' AS BOOLEAN);
--> [true]
SELECT CAST(5.7 AS INT);
--> [5]
SELECT 7 / 2;
--> [3]
SELECT 7.0 / 2;
--> [3.500000000000]
SELECT -7 / 2;
--> [-3]
SELECT 1e0 / 0;
--> ["Infinity"]
SELECT '5' + 3;
--> [8.0]
SELECT 1 + 1.5;
--> [2.5]
SELECT NOT TRUE;
--> [false]
SELECT TRUE OR NULL;
--> [true]
SELECT PROCTIME() IS NULL;
--> [false]

--@test: NULL arguments
SET 'sluice.sql.dialect' = 'flink';
CREATE TEMPORARY VIEW nothing AS SELECT * FROM (VALUES (CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS ARRAY<INT>))) AS t (s, n, t, a);
SELECT LTRIM(s), HEX(n), STR_TO_MAP(s), JSON_VALUE(s, '$.a'), JSON_EXISTS(s, '$'), ARRAY_APPEND(a, 1), CARDINALITY(a), OVERLAY(s PLACING 'x' FROM 1) FROM nothing;
--> [null,null,null,null,null,null,null,null]
SELECT GREATEST(n, 1), TO_DATE(s), YEAR(t), TRY_CAST(s AS INT), FROM_UNIXTIME(n), s IS JSON, REGEXP(s, 'a'), COALESCE(n, 3) FROM nothing;
--> [null,null,null,null,null,false,null,3]

--@test: what cannot be computed is NULL for its row only, and TRY_CAST goes on with it
SET 'sluice.sql.dialect' = 'flink';
SELECT s, TRY_CAST(s AS INT) AS n, COALESCE(TRY_CAST(s AS INT), -1) AS m, TRY_CAST(s AS DATE) IS NULL AS no_date FROM (VALUES '1', 'x', '2024-02-29', '99999999999') AS t (s);
--> ["1",1,1,true]
--> ["x",null,-1,true]
--> ["2024-02-29",null,-1,false]
--> ["99999999999",null,-1,true]

--@test: calls that are refused
SET 'sluice.sql.dialect' = 'flink';
SELECT LOWR('A');
--! There is no function LOWR
SELECT LTRIM(1, 2, 3);
--! Function 'LTRIM' does not accept parameters (INTEGER, INTEGER, INTEGER).
SELECT CURRENT_WATERMARK(LOCALTIMESTAMP);
--! CURRENT_WATERMARK is not supported
SELECT 1 OVERLAPS 2;
--! OVERLAPS takes two periods: (start, end) OVERLAPS (start, end)
SELECT CAST(ROW(1) AS ROW<a INT, b INT>);
--! Cast function cannot convert value of type STRUCT<`EXPR$0` INTEGER> to type STRUCT<`a` INTEGER, `b` INTEGER>
SELECT EXTRACT(FORTNIGHT FROM DATE '2024-02-29');
--! A unit like SECOND is needed here

--@test: shorthands that stand for an operand several times grow with each level
SET 'sluice.sql.dialect' = 'flink';
SELECT CAST((CAST((1 BETWEEN SYMMETRIC 2 AND 0) AS INT) BETWEEN SYMMETRIC 2 AND 1) AS INT);
--> [1]
SELECT CAST((CAST((CAST((CAST((CAST((CAST((CAST((CAST((1 BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT) BETWEEN SYMMETRIC 0 AND 2) AS INT);
--! The statement's expressions are too large
SELECT OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY(OVERLAY('a', 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2), 'x', 1, 2);
--! The statement's expressions are too large
