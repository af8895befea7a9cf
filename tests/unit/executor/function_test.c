/* Functions, by theme; and every function's own example. */
#include "expression_support.h"

/* The manual's examples are true. */
static void examples(void **state) {
    expression_world w;
    world_open(&w);
    int count;
    const function_descriptor *const *all = function_all(&count);
    int shown = 0;
    for (int i = 0; i < count; i++) {
        const function_descriptor *f = all[i];
        assert_true(f->summary && *f->summary && f->category);
        if (f->kind != FUNCTION_SCALAR)
            continue;
        if (!f->example)
            fail_msg("%s has no example", f->name);
        const char *result = world_run(&w, f->example);
        if (strcmp(result, f->example_result) != 0)
            fail_msg("%s\n  gave     %s\n  expected %s", f->example, result, f->example_result);
        shown++;
    }
    assert_true(shown > 20);
    world_close(&w);
}

static void strings(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"LEN('caf\u00e9')", "4"}, {"LEN('\U0001F600')", "2"},
        {"LEN(TO_BYTES('caf\u00e9', 'utf8'))", "5"}, {"UCASE('stra\u00dfe')", "\"STRASSE\""},
        {"LCASE('\u00c4')", "\"\u00e4\""},
        {"INITCAP('the   Quick br0wn fOx')", "\"The   Quick Br0wn Fox\""},
        {"SUBSTRING('stream', -3)", "\"eam\""}, {"SUBSTRING('short', 6)", "\"\""},
        {"SUBSTRING('stream', 0, 2)", "\"st\""}, {"SUBSTRING('stream', NULL)", "null"},
        {"SUBSTRING('stream', 1, 99)", "\"stream\""},
        {"CONCAT(TO_BYTES('a', 'utf8'), NULL)", "\"YQ==\""},
        {"CONCAT_WS(CAST(NULL AS STRING), 'a')", "null"},
        {"INSTR('CORPORATE FLOOR', 'OR', 3, 2)", "14"}, {"INSTR('CORPORATE FLOOR', 'OR', -3)", "5"},
        {"INSTR('CORPORATE FLOOR', 'OR', -3, 2)", "2"},
        {"INSTR('CORPORATE FLOOR', 'MISSING')", "0"}, {"REPLACE('aaa', 'a', 'bb')", "\"bbbbbb\""},
        {"CHR('\\u597d')", "\"\u597d\""}, {"CHR('\\ud820\\udeb8')", "\"\U000182b8\""},
        {"CHR(-1)", "null"}, {"CHR('bogus')", "null"}, {"CHR('\\u004b\\u0053x')", "\"KSx\""},
        {"CHR('\\ud820')", "null"},
        {"INITCAP('\u00dfa \u01c6b\u2003c')", "\"\u00dfa \u01c5b\u2003C\""},
        {"LPAD('foo', 2, 'x')", "\"fo\""}, {"LPAD('foo', -1, 'x')", "null"},
        {"LPAD('foo', 5, '')", "null"}, {"LPAD('foo', 5, '\xb0')", "null"},
        {"RPAD('', 7, 'Bar')", "\"BarBarB\""},
        {"LPAD(TO_BYTES('yes', 'utf8'), 8, TO_BYTES('no', 'utf8')) = TO_BYTES('nononyes', 'utf8')",
            "true"},
        {"MASK('My Test $123', '*', NULL, '1', NULL)", "\"*y *est $111\""},
        {"SPLIT('', ',')", "[\"\"]"}, {"SPLIT('abc', '')", "[\"a\",\"b\",\"c\"]"},
        {"SPLIT('.abc$$', '$$')", "[\".abc\",\"\"]"},
        {"SPLIT_TO_MAP('a=1;a=2;b', ';', '=')", "{\"a\":\"2\"}"}, {"ELT(0, 'a')", "null"},
        {"FIELD(CAST(NULL AS STRING), 'a')", "0"}, {"TRIM('\t x \n')", "\"x\""});
    world_close(&w);
}

static void numbers(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"ABS(-2147483647)", "2147483647"}, {"ABS(-3.20)", "3.20"}, {"ROUND(10.5e0)", "11"},
        {"ROUND(-10.5e0)", "-10"}, {"ROUND(1.005e0, 2)", "1.01"}, {"ROUND(-2.675e0, 2)", "-2.67"},
        {"ROUND(1.23456789e-20, 25)", "1.23457E-20"}, {"ROUND(1.5e0, -400)", "0.0"},
        {"ROUND(-0.04e0, 1)", "0.0"}, {"ROUND(0e0 / 0, 2)", "\"NaN\""}, {"ROUND(-1.5)", "-1"},
        {"ROUND(-1.51)", "-2"}, {"ROUND(2.5)", "3"},
        {"ROUND(12345678987654321.2345678987654321, 10)", "12345678987654321.2345678988000000"},
        {"ROUND(12345678987654321.2345678987654321, -2)", "12345678987654300.0000000000000000"},
        {"ROUND(12345678987654321.2345678987654321)", "12345678987654321"},
        {"TRUNC(12345.67e0, -3)", "12000.0"}, {"TRUNC(-1.99)", "-1"}, {"FLOOR(-1)", "-1"},
        {"CEIL(1.5e0)", "2.0"}, {"SIGN(0.0e0)", "0"}, {"LN(0)", "\"-Infinity\""},
        {"LN(-1)", "\"NaN\""}, {"LN(2)", "0.6931471805599453"}, {"LOG(13)", "2.5649493574615367"},
        {"LOG(15, 13)", "0.9471572411831843"}, {"LOG(1, 5)", "\"NaN\""},
        {"SQRT(2)", "1.4142135623730951"}, {"SQRT(-1)", "\"NaN\""}, {"ASIN(2)", "\"NaN\""},
        {"POWER(10, 400)", "\"Infinity\""},
        {"GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122)", "8634.659796579544"},
        {"GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, 'MI')", "5365.659729188262"},
        {"GEO_DISTANCE(51.5257, -0.1122, -33.9323, 18.4197, 'KM')", "9673.40421197142"},
        {"GREATEST(1, 2147483648)", "2147483648"}, {"LEAST(1, 0.5, 2e0)", "0.5"},
        {"GREATEST(CAST('2022-01-01' AS DATE), NULL, '2022-06-14')", "\"2022-06-14\""},
        {"LEAST(NULL, NULL, 'hello')", "\"hello\""}, {"COALESCE(NULL, 1.50)", "1.50"});
    EXPECT(&w, {"GREATEST(NULL, NULL)", "! All arguments are NULL, so the type is not known."},
        {"LEAST()", "! Function 'LEAST' does not accept parameters ()."},
        {"GEO_DISTANCE(1, 1, 'foo', 0)", "! Function 'GEO_DISTANCE' does not accept parameters "
                                         "(INTEGER, INTEGER, STRING, INTEGER)."},
        {"COALESCE(NULL, NULL)",
            "! The result type of function 'COALESCE' cannot be told from NULL arguments."});
    assert_string_equal(world_run(&w, "GEO_DISTANCE(91, 0, 0, 0)"), "null");
    assert_string_equal(
        world_log_text(&w), "0: GEO_DISTANCE: A latitude lies between -90 and 90 degrees");
    world_close(&w);
}

static void encodings(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"ENCODE('\u0395\u03bb', 'ascii', 'hex')", "\"3f3f\""},
        {"ENCODE('zpXOuw==', 'base64', 'utf8')", "\"\u0395\u03bb\""},
        {"ENCODE('zpU=', 'base64', 'ascii')", "\"\ufffd\ufffd\""},
        {"ENCODE('0x4b', 'hex', 'utf8')", "\"K\""}, {"ENCODE('x', 'ebcdic', 'hex')", "null"},
        {"MD5('r1')", "\"7c92cf1eee8d99cc85f8355a3d6e4b86\""},
        {"INT_FROM_BYTES(TO_BYTES('e5070000', 'hex'), 'LITTLE_ENDIAN')", "2021"},
        {"UUID() = UUID()", "false"},
        {"UUID(TO_BYTES('000102030405060708090a0b0c0d0e0f', 'hex'))",
            "\"00010203-0405-0607-0809-0a0b0c0d0e0f\""});
    assert_string_equal(world_run(&w, "ENCODE('x', 'ebcdic', 'hex')"), "null");
    assert_string_equal(
        world_log_text(&w), "0: ENCODE: Unknown encoding 'ebcdic': use hex, utf8, ascii or base64");
    world_close(&w);
}

static void urls(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"URL_DECODE_PARAM('%3Ffoo+%24bar')", "\"?foo $bar\""},
        {"URL_EXTRACT_HOST('http://test@confluent.io:8080')", "\"confluent.io\""},
        {"URL_EXTRACT_PORT('http://test@confluent.io')", "null"},
        {"URL_EXTRACT_PORT('http://test@confluent.io:8080/nested?q')", "8080"},
        {"URL_EXTRACT_PROTOCOL('www.confluent.io')", "null"},
        {"URL_EXTRACT_QUERY('http://www.test.com?query#fragment')", "\"query\""},
        {"URL_EXTRACT_QUERY('http://test@confluent.io:8080/path')", "null"},
        {"URL_EXTRACT_PATH('http://test.com')", "\"\""},
        {"URL_EXTRACT_PATH('http://te st.com/x')", "null"},
        {"URL_EXTRACT_PARAMETER('http://www.test.com/?one=a&two=url%20encoded', 'two')",
            "\"url encoded\""},
        {"URL_EXTRACT_PARAMETER('http://www.test.com/?one=a&three', 'three')", "null"},
        {"URL_EXTRACT_PARAMETER('http://test.com/?a%20b=1+2&c=3', 'a b')", "\"1+2\""},
        {"URL_EXTRACT_HOST('http://not_a_host.com:80')", "null"},
        {"URL_EXTRACT_PORT('http://not_a_host.com:80')", "null"},
        {"URL_EXTRACT_HOST('http://[::1]:80/')", "\"[::1]\""},
        {"URL_EXTRACT_HOST('http://10.0.0.1/')", "\"10.0.0.1\""},
        {"URL_EXTRACT_HOST('http://test.com./')", "\"test.com.\""},
        {"URL_DECODE_PARAM('%ff')", "\"\ufffd\""},
        {"URL_EXTRACT_FRAGMENT('http://test.com')", "null"}, {"URL_DECODE_PARAM('%zz')", "null"},
        {"URL_ENCODE_PARAM('?foo $bar')", "\"%3Ffoo+%24bar\""});
    world_close(&w);
}

static void regular_expressions(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"REGEXP_EXTRACT('test.', 'some_test_string')", "\"test_\""},
        {"REGEXP_EXTRACT('test.', 'anothertest')", "null"},
        {"REGEXP_EXTRACT('(a)', 'a', 2)", "null"},
        {"REGEXP_EXTRACT_ALL('(\\w+) (\\w*)', 'apurva mehta agavra ', 2)", "[\"mehta\",\"\"]"},
        {"REGEXP_EXTRACT_ALL('x', 'abc')", "[]"},
        {"REGEXP_REPLACE('ab', '(a)(b)', '$2$1')", "\"ba\""},
        {"REGEXP_REPLACE('abc', '', '-')", "\"-a-b-c-\""},
        {"REGEXP_SPLIT_TO_ARRAY('zxy', '(ab|cd)')", "[\"zxy\"]"},
        {"REGEXP_REPLACE('ab', '(?<first>a)', '[${first}]')", "\"[a]b\""},
        {"REGEXP_REPLACE('a', 'a', '\\$1\\\\')", "\"$1\\\\\""},
        {"REGEXP_REPLACE('a', 'a', '$1')", "null"}, {"REGEXP_REPLACE('a', 'a', '${b}')", "null"},
        {"REGEXP_SPLIT_TO_ARRAY('abc', '')", "[\"a\",\"b\",\"c\"]"},
        {"REGEXP_SPLIT_TO_ARRAY('aXbX', 'X*')", "[\"a\",\"\",\"b\"]"},
        {"REGEXP_SPLIT_TO_ARRAY('aXbX', 'X')", "[\"a\",\"b\",\"\"]"},
        {"REGEXP_SPLIT_TO_ARRAY('aB1', '(?=B)')", "[\"a\",\"B1\"]"},
        {"REGEXP_SPLIT_TO_ARRAY('ab cd', '\\b')", "[\"ab\",\" \",\"cd\"]"});
    /* What Java writes in another way than PCRE2. */
    EXPECT(&w, {"REGEXP_EXTRACT_ALL('[a-z&&[^aeiou]]', 'bead')", "[\"b\",\"d\"]"},
        {"REGEXP_EXTRACT_ALL('[a-c[x-z]]', 'aqz')", "[\"a\",\"z\"]"},
        {"REGEXP_EXTRACT_ALL('[^a-c[x-z]]', 'aqz')", "[\"q\"]"},
        {"REGEXP_EXTRACT_ALL('[^a-z&&[def]]', 'ae')", "[\"a\"]"},
        {"REGEXP_EXTRACT_ALL('\\p{Lower}+|\\P{Alpha}', 'abC1')", "[\"ab\",\"1\"]"},
        {"REGEXP_EXTRACT_ALL('[\\p{Upper}\\p{Digit}]+', 'abC1')", "[\"C1\"]"},
        {"REGEXP_EXTRACT_ALL('\\p{IsGreek}+', 'a\u03b1\u03b2')", "[\"\u03b1\u03b2\"]"},
        {"REGEXP_EXTRACT_ALL('\\p{script=Greek}+|\\p{javaUpperCase}', 'A\u03b1')",
            "[\"A\",\"\u03b1\"]"},
        {"REGEXP_EXTRACT_ALL('\\u0041|\\0102|\\x43', 'ABCD')", "[\"A\",\"B\",\"C\"]"},
        {"REGEXP_EXTRACT_ALL('[\\Q[]\\E]', 'a[b]')", "[\"[\",\"]\"]"},
        {"REGEXP_EXTRACT('(?du)a++b', 'aab')", "\"aab\""},
        {"REGEXP_EXTRACT('\\w+', '\u00e9t\u00e9')", "\"t\""});
    assert_string_equal(world_run(&w, "REGEXP_EXTRACT('(a+)+c', LPAD('bc', 3000, 'a'))"), "null");
    assert_non_null(strstr(world_log_text(&w), "REGEXP_EXTRACT: Matching was given up: "));
    assert_string_equal(world_run(&w, "REGEXP_EXTRACT('(', 'x')"), "null");
    assert_string_equal(world_log_text(&w),
        "0: REGEXP_EXTRACT: The regular expression '(' is malformed: missing closing parenthesis");
    world_close(&w);
}

static void arrays_and_maps(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"ARRAY_LENGTH(CAST(NULL AS ARRAY<INT>))", "null"},
        {"ARRAY_CONTAINS(ARRAY[1, NULL], NULL)", "true"},
        {"ARRAY_CONTAINS(CAST(NULL AS ARRAY<INT>), 1)", "false"},
        {"ARRAY_CONTAINS(ARRAY[2147483648], 1)", "false"},
        {"ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>), ARRAY[1])", "[1]"},
        {"ARRAY_JOIN(ARRAY[true, NULL, false], '')", "\"truenullfalse\""},
        {"ARRAY_JOIN(ARRAY[1, 2], NULL)", "\"12\""}, {"ARRAY_JOIN(ARRAY[1.5, 2])", "\"1.5,2.0\""},
        {"ARRAY_MAX(ARRAY['Foo', 'Bar', NULL, 'baz'])", "\"baz\""},
        {"ARRAY_MIN(ARRAY[false, NULL, true])", "false"},
        {"ARRAY_REMOVE(ARRAY['a', NULL], NULL)", "[\"a\"]"},
        {"ARRAY_SORT(ARRAY[1, NULL, 3, 2], 'desc')", "[3,2,1,null]"},
        {"ARRAY_DISTINCT(ARRAY[ARRAY['a'], ARRAY['a'], NULL])", "[[\"a\"],null]"},
        {"ARRAY_DISTINCT(ARRAY[MAP('a':=1), MAP('a':=1)])", "[{\"a\":1}]"},
        {"ARRAY_UNION(ARRAY[1], CAST(NULL AS ARRAY<INT>))", "null"},
        {"SLICE(ARRAY[1, 2, 3], NULL, 2)", "[1,2]"}, {"SLICE(ARRAY[1], 3, 4)", "null"},
        {"GENERATE_SERIES(3, 0)", "[3,2,1,0]"}, {"GENERATE_SERIES(1, 9, -1)", "null"},
        {"GENERATE_SERIES(0, 2147483648, 2147483647)", "[0,2147483647]"},
        {"AS_MAP(ARRAY['a', 'b', 'a'], ARRAY[1, 2, 3])", "{\"b\":2,\"a\":3}"},
        {"MAP_UNION(CAST(NULL AS MAP<STRING, INT>), MAP('a':=1))", "{\"a\":1}"},
        {"ENTRIES(MAP('a':=1), false)[1]->V", "1"});
    EXPECT(&w,
        {"ARRAY_MAX(ARRAY[ARRAY[1]])", "! ARRAY_MAX or ARRAY_MIN takes an ARRAY of simple values, "
                                       "not of ARRAY, MAP or STRUCT."},
        {"ARRAY_LENGTH(1)", "! Function 'ARRAY_LENGTH' does not accept parameters (INTEGER)."});
    world_close(&w);
}

static void lambdas(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "N", "ARRAY[ARRAY[3, 6], ARRAY[5, NULL], NULL, ARRAY[1]]");
    world_add_column(&w, "K", "ARRAY[10, 20, 30, 0]");
    EXPECT(&w, {"TRANSFORM(N, x => x + 5)", "[8,11] null null [6]"},
        {"TRANSFORM(N, x => x + K)", "[13,16] null null [1]"},
        {"TRANSFORM(N, x => 7)", "[7,7] [7,7] null [7]"},
        {"TRANSFORM(N, x => IFNULL(x, K))", "[3,6] [5,20] null [1]"},
        {"TRANSFORM(N, x => CASE WHEN x > 4 THEN 'big' ELSE 'small' END)",
            "[\"small\",\"big\"] [\"big\",\"small\"] null [\"small\"]"},
        {"FILTER(N, x => x > 4)", "[6] [5] null []"},
        {"REDUCE(N, 2, (s, x) => s + x)", "11 null 2 3"},
        {"REDUCE(N, K, (s, x) => s + COALESCE(x, 0))", "19 25 30 1"},
        {"REDUCE(N, CAST(NULL AS INT), (s, x) => s + x)", "null null null null"},
        {"TRANSFORM(N, x => TRANSFORM(N, y => x * y))", "[[9,18],[18,36]] [null,null] null [[1]]"},
        {"TRANSFORM(ARRAY[1, 2], x => x + K)", "[11,12] [21,22] [31,32] [1,2]"},
        {"TRANSFORM(MAP('a':=1, 'b':=2), (k, v) => UCASE(k), (k, v) => v * 2)[ELT(1, 'B')]",
            "4 4 4 4"},
        {"FILTER(MAP('a':=1, 'b':=2), (k, v) => v > 1)", "{\"b\":2} {\"b\":2} {\"b\":2} {\"b\":2}"},
        {"REDUCE(MAP('abc':=3, 'abcd':=2), 0, (s, k, v) => CASE WHEN LEN(k) > 3 THEN s + v ELSE s "
         "- v END)",
            "-1 -1 -1 -1"},
        {"TRANSFORM(N, x => 10 / (x - 3))", "null null null [-5]"});
    assert_string_equal(world_run(&w, "TRANSFORM(N, x => 10 / (x - 3))"), "null null null [-5]");
    assert_string_equal(world_log_text(&w), "0: Division by zero");
    EXPECT(&w,
        {"TRANSFORM(N, (x, y) => x)", "! Function 'TRANSFORM' does not accept parameters "
                                      "(ARRAY<INTEGER>, LAMBDA with 2 parameters)."},
        {"FILTER(N, x => x + 1)",
            "! The lambda given to function 'FILTER' must return BOOLEAN, but it returns INTEGER."},
        {"REDUCE(N, 0, (s, x) => 'a')",
            "! The lambda given to function 'REDUCE' must return INTEGER, but it returns STRING."},
        {"TRANSFORM(N, x => y)", "! column 'Y' cannot be resolved."});
    world_close(&w);
}

static void json(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"EXTRACTJSONFIELD('{\"a\": [1.23450, {\"b\": \"x\"}]}', '$.a[0]')", "\"1.23450\""},
        {"EXTRACTJSONFIELD('{\"a\": [1, {\"b\" : \"x\"}]}', '$.a[1]')",
            "\"{\\\"b\\\":\\\"x\\\"}\""},
        {"EXTRACTJSONFIELD('{\"a\": [1, 2]}', '$.a[-1]')", "null"},
        {"EXTRACTJSONFIELD('{\"@type\": \"U\"}}', '$.@type')", "\"U\""},
        {"EXTRACTJSONFIELD('{\"a b\": 1}', '$[''a b'']')", "\"1\""},
        {"EXTRACTJSONFIELD('not json', '$.a')", "null"},
        {"EXTRACTJSONFIELD('{\"a\":\"\\u00e9\\n\"}', '$.a')", "\"\u00e9\\n\""},
        {"IS_JSON_STRING('\"abc\"')", "true"}, {"IS_JSON_STRING('')", "false"},
        {"IS_JSON_STRING(NULL)", "false"}, {"JSON_ARRAY_LENGTH('{}')", "null"},
        {"JSON_ARRAY_CONTAINS('[\"Pink\", null]', 'Pink')", "true"},
        {"JSON_ARRAY_CONTAINS('[1.5, 2]', 1.5)", "true"}, {"JSON_ARRAY_CONTAINS('{}', 1)", "false"},
        {"JSON_CONCAT('{\"a\": {\"5\": 6}}', '{\"a\": {\"3\": 4}}')",
            "\"{\\\"a\\\":{\\\"3\\\":4}}\""},
        {"JSON_CONCAT('[1, [2]]', '[[[3]], [[[4]]]]')", "\"[1,[2],[[3]],[[[4]]]]\""},
        {"JSON_CONCAT('[]', '[]')", "\"[]\""},
        {"JSON_CONCAT('[1, 2]', '{\"a\": 1}')", "\"[1,2,{\\\"a\\\":1}]\""},
        {"JSON_CONCAT('null', 'null')", "\"[null,null]\""}, {"JSON_CONCAT('1', '')", "null"},
        {"JSON_KEYS('[]')", "null"}, {"JSON_KEYS('{}')", "[]"}, {"JSON_ITEMS('[]')", "[]"},
        {"JSON_RECORDS('{\"a\": {\"b\": 1}}')", "{\"a\":\"{\\\"b\\\":1}\"}"},
        {"TO_JSON_STRING(STRUCT(id := 1, name := 'A'))",
            "\"{\\\"ID\\\":1,\\\"NAME\\\":\\\"A\\\"}\""},
        {"TO_JSON_STRING(CAST('13:25' AS TIME))", "\"\\\"13:25\\\"\""},
        {"TO_JSON_STRING(CAST(NULL AS INT))", "\"null\""});
    world_close(&w);
}

static void dates(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"DATESUB(HOURS, 1, FROM_DAYS(9))", "\"1970-01-09\""},
        {"DATEADD(HOURS, 25, FROM_DAYS(9))", "\"1970-01-11\""},
        {"CONVERT_TZ(PARSE_TIMESTAMP('2020-03-08 08:00', 'yyyy-MM-dd HH:mm'), 'America/New_York', "
         "'UTC')",
            "\"2020-03-08T12:00:00.000\""},
        {"CONVERT_TZ(FROM_UNIXTIME(0), '+02:00', '-01:30')", "\"1969-12-31T20:30:00.000\""},
        {"DATEADD(DAYS, -5, FROM_DAYS(2))", "\"1969-12-29\""},
        {"DATEADD(MONTHS, 1, CAST('2024-01-31' AS DATE))", "\"2024-02-29\""},
        {"DATEADD(YEARS, -1, '2024-02-29')", "\"2023-02-28\""},
        {"DATESUB(HOURS, 25, FROM_DAYS(1))", "\"1970-01-01\""},
        {"TIMEADD(MILLISECONDS, -5, CAST('00:00:00.002' AS TIME))", "\"23:59:59.997\""},
        {"TIMESTAMPADD(MILLISECONDS, CAST(NULL AS INT), FROM_UNIXTIME(5))", "null"},
        {"TIMESTAMPSUB(DAYS, 1, FROM_UNIXTIME(0))", "\"1969-12-31T00:00:00.000\""},
        {"UNIX_DATE() > 19000", "true"}, {"UNIX_TIMESTAMP() > 1700000000000", "true"},
        {"CONVERT_TZ(FROM_UNIXTIME(100), 'America/Los_Angeles', 'America/New_York')",
            "\"1970-01-01T03:00:00.100\""},
        {"CONVERT_TZ(FROM_UNIXTIME(0), '+05:30', 'UTC')", "\"1969-12-31T18:30:00.000\""},
        {"CONVERT_TZ(FROM_UNIXTIME(0), 'Nowhere/Land', 'UTC')", "null"},
        {"CONVERT_TZ(CAST('2050-07-01T12:00' AS TIMESTAMP), 'UTC', 'Europe/London')",
            "\"2050-07-01T13:00:00.000\""},
        {"CONVERT_TZ(CAST('2050-12-01T12:00' AS TIMESTAMP), 'UTC', 'Australia/Sydney')",
            "\"2050-12-01T23:00:00.000\""});
    EXPECT(&w, {"DATEADD(DAYZ, 1, FROM_DAYS(0))", "! column 'DAYZ' cannot be resolved."},
        {"DATEADD('DAYS', 1, FROM_DAYS(0))",
            "! Function 'DATEADD' does not accept parameters (STRING, INTEGER, DATE)."});
    world_close(&w);
}

/* Overloads that no other test here calls: the same function for other types, or with fewer
 * arguments. */
static void other_overloads(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"ABS(-2147483648)", "-2147483648"}, {"ABS(-2147483649)", "2147483649"},
        {"ABS(-1.5e0)", "1.5"}, {"CEIL(-7)", "-7"}, {"CEIL(2147483648)", "2147483648"},
        {"FLOOR(2147483648)", "2147483648"}, {"FLOOR(-1.5e0)", "-2.0"}, {"ROUND(-7)", "-7"},
        {"SIGN(-2147483649)", "-1"}, {"TRUNC(-7)", "-7"}, {"TRUNC(2147483648)", "2147483648"},
        {"TRUNC(-1.99e0)", "-1"},
        {"GENERATE_SERIES(2147483648, 2147483650)", "[2147483648,2147483649,2147483650]"},
        {"GENERATE_SERIES(2147483649, 2147483648)", "[2147483649,2147483648]"},
        {"JSON_ARRAY_CONTAINS('[1, 2147483648]', 2147483648)", "true"},
        {"JSON_ARRAY_CONTAINS('[1, \"true\", false]', true)", "false"},
        {"BIGINT_FROM_BYTES(TO_BYTES('0100000000000000', 'hex'), 'LITTLE_ENDIAN')", "1"},
        {"DOUBLE_FROM_BYTES(TO_BYTES('000000000000f03f', 'hex'), 'little_endian')", "1.0"},
        {"INT_FROM_BYTES(TO_BYTES('01', 'hex'))", "null"},
        {"INT_FROM_BYTES(TO_BYTES('00000001', 'hex'), 'MIDDLE')", "null"},
        {"MASK_LEFT('My Test $123', 4, '*', NULL, '1', NULL)", "\"*y *est $123\""},
        {"MASK_RIGHT('My Test $123', 5, '*', NULL, '1', '.')", "\"My Test..111\""},
        {"MASK_KEEP_LEFT('My Test $123', 4, '*', NULL, '1', '.')", "\"My Test..111\""},
        {"MASK_KEEP_RIGHT('My Test $123', 4, '*', 'x', '1', '.')", "\"*x.*xxx.$123\""},
        {"MASK_LEFT('abc', -1)", "null"}, {"MASK_LEFT('abc', 9)", "\"xxx\""},
        {"SHA256(TO_BYTES('', 'utf8'))",
            "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""},
        {"PARSE_TIMESTAMP('2020-05-11 12', 'yyyy-MM-dd HH', '+02:00')",
            "\"2020-05-11T10:00:00.000\""},
        {"PARSE_TIMESTAMP('2020-05-11', 'yyyy-MM-dd', 'Mars/Base')", "null"},
        {"STRINGTOTIMESTAMP('1970-01-01 01', 'yyyy-MM-dd HH', '+01:00')", "0"},
        {"TIMESTAMPTOSTRING(0, 'HH:mm z')", "\"00:00 UTC\""},
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH:mm z')", "\"00:00 GMT\""});
    /* BYTES, shown in hex. */
    EXPECT(&w, {"FROM_BYTES(SUBSTRING(TO_BYTES('010203', 'hex'), -2), 'hex')", "\"0203\""},
        {"FROM_BYTES(SUBSTRING(TO_BYTES('010203', 'hex'), 2, 1), 'hex')", "\"02\""},
        {"FROM_BYTES(RPAD(TO_BYTES('01', 'hex'), 4, TO_BYTES('0203', 'hex')), 'hex')",
            "\"01020302\""},
        {"FROM_BYTES(CONCAT_WS(TO_BYTES('00', 'hex'), TO_BYTES('01', 'hex'), NULL, "
         "TO_BYTES('02', 'hex')), 'hex')",
            "\"010002\""},
        {"TRANSFORM(SPLIT(TO_BYTES('010002', 'hex'), TO_BYTES('00', 'hex')), b => FROM_BYTES(b, "
         "'hex'))",
            "[\"01\",\"02\"]"});
    world_close(&w);
}

/* The tests above have called every overload of every scalar function. */
static void every_overload_is_called(void **state) {
    int count, missing = 0;
    const function_descriptor *const *all = function_all(&count);
    for (int i = 0; i < count; i++)
        for (int n = 0; all[i]->kind == FUNCTION_SCALAR && n < all[i]->overload_count; n++)
            if (!world_has_called(&all[i]->overloads[n])) {
                print_error("no test calls %s%s\n", all[i]->name, all[i]->overloads[n].signature);
                missing++;
            }
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(strings),
        cmocka_unit_test(numbers), cmocka_unit_test(encodings), cmocka_unit_test(urls),
        cmocka_unit_test(regular_expressions), cmocka_unit_test(arrays_and_maps),
        cmocka_unit_test(lambdas), cmocka_unit_test(json), cmocka_unit_test(dates),
        cmocka_unit_test(other_overloads), cmocka_unit_test(every_overload_is_called)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
