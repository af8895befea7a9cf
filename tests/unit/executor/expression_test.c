/* What expressions mean, operator by operator. Each line is SQL and the value it gives as JSON. */
#include "expression_support.h"

static void arithmetic(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"1 + 2", "3"}, {"2 * 3 + 4", "10"}, {"7 / 2", "3"}, {"-7 / 2", "-3"},
        {"-7 % 3", "-1"}, {"2147483647 + 1", "-2147483648"}, {"2147483648 + 1", "2147483649"},
        {"1 + 1.5", "2.5"}, {"1.50 + 1.5", "3.00"}, {"1.5 * 1.5", "2.25"},
        {"10.10 / 2.00", "5.050000"}, {"1 / 3.0", "0.333333"}, {"7.5 % 2", "1.5"},
        {"1e0 / 0", "\"Infinity\""}, {"0e0 / 0", "\"NaN\""}, {"5e0 % 3", "2.0"}, {"-(1 + 1)", "-2"},
        {"-(1.25)", "-1.25"}, {"'a' + 'b'", "\"ab\""}, {"'a' || 'b'", "\"ab\""});
    EXPECT(&w, {"1 + 'a'", "! (1 + 'a'): the operator + does not take INTEGER and STRING."},
        {"1 + true", "! (1 + true): the operator + does not take INTEGER and BOOLEAN."});
    world_close(&w);
}

static void division_by_zero_fails_the_row(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[10, 20, NULL]");
    world_add_column(&w, "B", "ARRAY[0, 5, 5]");
    assert_string_equal(world_run(&w, "A / B"), "null 4 null");
    assert_string_equal(world_log_text(&w), "0: Division by zero");
    /* A failure makes the whole expression null, and is reported once. */
    assert_string_equal(world_run(&w, "(A / B) + (A / B)"), "null 8 null");
    assert_string_equal(world_log_text(&w), "0: Division by zero");
    assert_string_equal(world_run(&w, "(A / B) IS NULL"), "null false null");
    /* A branch that is not taken cannot fail. */
    assert_string_equal(world_run(&w, "CASE WHEN B = 0 THEN -1 ELSE A / B END"), "-1 4 null");
    assert_string_equal(world_log_text(&w), "");
    assert_string_equal(world_run(&w, "B <> 0 AND A / B > 3"), "false true null");
    assert_string_equal(world_log_text(&w), "");
    assert_string_equal(world_run(&w, "B = 0 OR A / B > 3"), "true true null");
    /* Elements of constructors fail alone. */
    assert_string_equal(world_run(&w, "ARRAY[A / B, 1]"), "[null,1] [4,1] [null,1]");
    assert_string_equal(world_log_text(&w), "0: Division by zero");
    world_close(&w);
}

static void comparison(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"1 < 2", "true"}, {"1 = 1.0", "true"}, {"1 = 1e0", "true"}, {"1.10 = 1.1", "true"},
        {"2147483648 > 1", "true"}, {"'a' < 'b'", "true"}, {"'b' <= 'a'", "false"},
        {"true = false", "false"}, {"CAST(NULL AS INT) = 1", "false"},
        {"CAST(NULL AS INT) <> 1", "false"}, {"NOT (CAST(NULL AS INT) = 1)", "true"},
        {"CAST(NULL AS INT) IS DISTINCT FROM 1", "true"},
        {"CAST(NULL AS INT) IS NOT DISTINCT FROM CAST(NULL AS INT)", "true"},
        {"1 IS NOT DISTINCT FROM 1", "true"}, {"CAST('2020-01-01' AS DATE) = '2020-01-01'", "true"},
        {"CAST('2020-01-01' AS DATE) < CAST('2020-01-01T01:00' AS TIMESTAMP)", "true"},
        {"'09:15' > CAST('09:14' AS TIME)", "true"}, {"ARRAY[1,2] = ARRAY[1,2]", "true"},
        {"STRUCT(A:=1) = STRUCT(A:=2)", "false"},
        {"MAP('a':=1, 'b':=2) = MAP('b':=2, 'a':=1)", "true"});
    EXPECT(&w, {"1 = 'x'", "! Cannot compare 1 (INTEGER) to 'x' (STRING) with =."},
        {"ARRAY[1] < ARRAY[2]",
            "! Cannot compare ARRAY[1] (ARRAY<INTEGER>) to ARRAY[2] (ARRAY<INTEGER>) with <."},
        {"true < false", "! Cannot compare true (BOOLEAN) to false (BOOLEAN) with <."},
        {"1 = NULL", "! Nothing compares to NULL with =."});
    world_close(&w);
}

static void logic_has_three_values(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[true, true, true, false, false, false, NULL, NULL, NULL]");
    world_add_column(&w, "B", "ARRAY[true, false, NULL, true, false, NULL, true, false, NULL]");
    EXPECT(&w, {"A AND B", "true false null false false false null false null"},
        {"A OR B", "true true true true false null true null null"},
        {"NOT A", "false false false true true true null null null"},
        {"A IS NULL", "false false false false false false true true true"},
        {"A IS NOT NULL", "true true true true true true false false false"});
    EXPECT(&w, {"A AND 1", "! A condition must be BOOLEAN, but 1 is INTEGER."});
    world_close(&w);
}

static void between_in_like(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"2 BETWEEN 1 AND 3", "true"}, {"2 NOT BETWEEN 1 AND 3", "false"},
        {"'b' BETWEEN 'a' AND 'c'", "true"}, {"CAST(NULL AS INT) BETWEEN 1 AND 2", "false"},
        {"2 IN (1, 2.0, '3')", "true"}, {"2147483648 IN (1, '2147483648')", "true"},
        {"CAST(NULL AS INT) IN (1, NULL)", "false"}, {"3 NOT IN (1, 2)", "true"},
        {"'10.30' IN (true, 10, 10.30)", "true"}, {"true IN ('f', 'Y')", "true"},
        {"STRUCT(A:=1) IN (STRUCT(A:=2), STRUCT(A:='1'))", "true"},
        {"CAST('2020-02-02' AS DATE) IN ('2020-02-02')", "true"});
    EXPECT(&w, {"1 IN (2, 'x')", "! 'x' cannot be read as INTEGER."},
        {"ARRAY[1] IN (ARRAY['10', 'not 10'])", "! 'not 10' cannot be read as INTEGER."},
        {"1 IN (true)", "! true is BOOLEAN where INTEGER is needed."});
    EXPECT(&w, {"'this' LIKE '%hi%'", "true"}, {"'this' LIKE 'th_s'", "true"},
        {"'this' LIKE 'this'", "true"}, {"'this' LIKE 'thi'", "false"}, {"'' LIKE '%'", "true"},
        {"'' LIKE ''", "true"}, {"'a%c' LIKE 'a!%c' ESCAPE '!'", "true"},
        {"'abc' LIKE 'a!%c' ESCAPE '!'", "false"}, {"'caf\u00e9' LIKE 'caf_'", "true"},
        {"'abab' LIKE '%ab'", "true"}, {"'aXbXc' LIKE 'a%b%c'", "true"},
        {"'ab' LIKE 'a%b%b'", "false"}, {"'a' NOT LIKE 'b%'", "true"},
        {"CAST(NULL AS STRING) LIKE '%'", "false"}, {"'mississippi' LIKE '%iss%ip%'", "true"});
    EXPECT(&w, {"1 LIKE '1'", "! LIKE compares STRINGs, but this is INTEGER."});
    world_close(&w);
}

static void cases(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "N", "ARRAY[1, 2, 3, NULL]");
    EXPECT(&w,
        {"CASE WHEN N = 1 THEN 'one' WHEN N = 2 THEN NULL ELSE 'many' END",
            "\"one\" null \"many\" \"many\""},
        {"CASE WHEN N < 3 THEN N * 10 END", "10 20 null null"},
        {"CASE N WHEN 1 THEN 'a' WHEN 3 THEN 'c' END", "\"a\" null \"c\" null"},
        {"CASE WHEN N = 1 THEN 1 ELSE 2.5 END", "1.0 2.5 2.5 2.5"});
    EXPECT(&w,
        {"CASE WHEN N = 1 THEN 'a' ELSE 5 END",
            "! All results of a CASE must have one type, but there are STRING and INTEGER."},
        {"CASE WHEN N = 1 THEN NULL END", "! All results of the CASE are NULL."});
    world_close(&w);
}

static void casts(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST(2147483648 AS INT)", "-2147483648"}, {"CAST(' 12 ' AS INT)", "12"},
        {"CAST(1.99 AS INT)", "1"}, {"CAST(-1.99e0 AS INT)", "-1"},
        {"CAST(1e300 AS INT)", "2147483647"}, {"CAST(1 AS STRING)", "\"1\""},
        {"CAST(1e7 AS STRING)", "\"1.0E7\""}, {"CAST(0.1e0 AS STRING)", "\"0.1\""},
        {"CAST(10.50 AS STRING)", "\"10.50\""}, {"CAST(true AS STRING)", "\"true\""},
        {"CAST('yes' AS BOOLEAN)", "true"}, {"CAST('nope' AS BOOLEAN)", "false"},
        {"CAST('1.5' AS DOUBLE)", "1.5"}, {"CAST('1.255' AS DECIMAL(5,2))", "1.26"},
        {"CAST(10 AS DECIMAL(4,2))", "10.00"}, {"CAST(0.99e0 AS DECIMAL(2,1))", "1.0"},
        {"CAST('2020-02-29' AS DATE)", "\"2020-02-29\""},
        {"CAST('1970-01' AS DATE)", "\"1970-01-01\""}, {"CAST('00:01' AS TIME)", "\"00:01\""},
        {"CAST(CAST('00:00:05' AS TIME) AS STRING)", "\"00:00:05\""},
        {"CAST('2022-04-28T21:44:47.943Z' AS TIMESTAMP)", "\"2022-04-28T21:44:47.943\""},
        {"CAST('2022-04-28T21:44:47+01:00' AS TIMESTAMP)", "\"2022-04-28T20:44:47.000\""},
        {"CAST(CAST('2022-04-28T21:44:47' AS TIMESTAMP) AS DATE)", "\"2022-04-28\""},
        {"CAST(CAST('2022-04-28T21:44:47' AS TIMESTAMP) AS TIME)", "\"21:44:47\""},
        {"CAST(CAST('2022-04-28' AS DATE) AS TIMESTAMP)", "\"2022-04-28T00:00:00.000\""},
        {"CAST(ARRAY[1, 3, 2147483648] AS ARRAY<INT>)", "[1,3,-2147483648]"},
        {"CAST(MAP('this':=1) AS STRING)", "\"{this=1}\""},
        {"CAST(STRUCT(F0:=1, `f1`:=3) AS STRING)", "\"Struct{F0=1,f1=3}\""},
        {"CAST(ARRAY[1, NULL] AS STRING)", "\"[1, null]\""},
        {"CAST(STRUCT(F0:=1, F1:='x') AS STRUCT<F0 STRING, F3 STRING>)",
            "{\"F0\":\"1\",\"F3\":null}"},
        {"CAST(NULL AS MAP<STRING, INT>)", "null"});
    EXPECT(&w,
        {"CAST('x' AS MAP<STRING, INT>)",
            "! Cast of STRING to MAP<STRING, INTEGER> is not supported."},
        {"CAST(1 AS BOOLEAN)", "! Cast of INTEGER to BOOLEAN is not supported."},
        {"CAST(1 AS DECIMAL(2,3))",
            "! DECIMAL precision must be >= scale, and the scale not negative: DECIMAL(2,3)"});
    world_add_column(&w, "S", "ARRAY['1', 'x', NULL, '99999999999']");
    assert_string_equal(world_run(&w, "CAST(S AS INT)"), "1 null null null");
    assert_string_equal(world_log_text(&w),
        "1: 'x' cannot be cast to INTEGER; 3: '99999999999' cannot be cast to INTEGER");
    assert_string_equal(world_run(&w, "CAST(S AS DECIMAL(3,1))"), "1.0 null null null");
    world_close(&w);
}

static void nested_values(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"ARRAY[1, 2, 3][2]", "2"}, {"ARRAY[1, 2, 3][-1]", "3"}, {"ARRAY[1][0]", "null"},
        {"ARRAY[1][5]", "null"}, {"MAP('a':=1)['a']", "1"}, {"MAP('a':=1)['b']", "null"},
        {"STRUCT(A:=1, B:='x')->B", "\"x\""}, {"ARRAY[1, 2.5]", "[1.0,2.5]"},
        {"ARRAY[NULL, STRUCT(X:=1), STRUCT(Y:=2)]",
            "[null,{\"X\":1,\"Y\":null},{\"X\":null,\"Y\":2}]"},
        {"MAP('a':=1, 'a':=2)", "{\"a\":2}"}, {"STRUCT()", "{}"},
        {"ARRAY[ARRAY[1], ARRAY[2, 3]][2][1]", "2"});
    EXPECT(&w,
        {"ARRAY[]", "! Array constructor cannot be empty. Please supply at least one element."},
        {"ARRAY[1, 'not a number']", "! 'not a number' cannot be read as INTEGER."},
        {"ARRAY[NULL]", "! Cannot construct an array with all NULL elements."},
        {"MAP('a':=NULL)", "! Cannot construct a map with all NULL values."},
        {"STRUCT(A:=1, A:=2)", "! Duplicate field names found in STRUCT: 'A'."},
        {"STRUCT(A:=1)->B", "! Could not find field 'B' in STRUCT(A:=1)."},
        {"(1)->B", "! 1 is INTEGER and has no fields; -> needs a STRUCT."},
        {"(1)[1]", "! INTEGER cannot be subscripted with INTEGER."});
    world_add_column(&w, "A", "ARRAY[STRUCT(X:=STRUCT(Y:=1)), NULL, STRUCT(X:=STRUCT(Y:=3))]");
    EXPECT(&w, {"A->X->Y", "1 null 3"}, {"A->X", "{\"Y\":1} null {\"Y\":3}"});
    world_close(&w);
}

static void names(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "AMOUNT", "ARRAY[1, 2]");
    EXPECT(&w, {"amount + 1", "2 3"}, {"T.AMOUNT", "1 2"}, {"7", "7 7"});
    EXPECT(&w, {"AMUONT", "! column 'AMUONT' cannot be resolved."},
        {"U.AMOUNT", "! 'U' is not a valid stream/table name or alias."},
        {"LENN('x')", "! There is no function called 'LENN'."},
        {"LEN(1)", "! Function 'LEN' does not accept parameters (INTEGER)."},
        {"LEN()", "! Function 'LEN' does not accept parameters ()."});
    error e = {0};
    assert_null(world_analyze(&w, "1 + AMUONT", &e));
    assert_string_equal(e.hint, "Did you mean AMOUNT?");
    assert_int_equal(e.span.offset, 4);
    assert_int_equal(e.span.length, 6);
    error_clear(&e);
    assert_null(world_analyze(&w, "LENN('x')", &e));
    assert_string_equal(e.hint, "Did you mean LEN?");
    error_clear(&e);
    assert_null(world_analyze(&w, "LEN(1)", &e));
    assert_string_equal(
        e.hint, "It can be called as LEN(STRING) -> INTEGER, LEN(BYTES) -> INTEGER.");
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arithmetic),
        cmocka_unit_test(division_by_zero_fails_the_row), cmocka_unit_test(comparison),
        cmocka_unit_test(logic_has_three_values), cmocka_unit_test(between_in_like),
        cmocka_unit_test(cases), cmocka_unit_test(casts), cmocka_unit_test(nested_values),
        cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
