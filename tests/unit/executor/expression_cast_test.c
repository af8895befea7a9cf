/* CAST: every type to every other, and what becomes of the values at the edges. */
#include "expression_support.h"

typedef struct cast_type {
    const char *name, *value;
} cast_type;

static const cast_type types[] = {{"BOOLEAN", "true"}, {"INTEGER", "1"}, {"BIGINT", "2147483648"},
    {"DOUBLE", "1e0"}, {"DECIMAL(4, 2)", "1.25"}, {"STRING", "'1'"},
    {"BYTES", "TO_BYTES('a', 'utf8')"}, {"DATE", "FROM_DAYS(0)"}, {"TIME", "PARSE_TIME('1', 'H')"},
    {"TIMESTAMP", "FROM_UNIXTIME(0)"}, {"ARRAY<STRING>", "ARRAY[1]"},
    {"MAP<STRING, STRING>", "MAP('a' := 1)"}, {"STRUCT<A STRING>", "STRUCT(A := 1)"}};

/* A row a source, a column a target, in that order: x exists, . does not. */
static const char *const matrix[] = {
    "x....x.......", /* BOOLEAN */
    ".xxxxx.......", /* INTEGER */
    ".xxxxx.......", /* BIGINT */
    ".xxxxx.......", /* DOUBLE */
    ".xxxxx.......", /* DECIMAL */
    "xxxxxx.xxx...", /* STRING */
    "......x......", /* BYTES */
    ".....x.x.x...", /* DATE */
    ".....x..x....", /* TIME */
    ".....x.xxx...", /* TIMESTAMP */
    ".....x....x..", /* ARRAY */
    ".....x.....x.", /* MAP */
    ".....x......x", /* STRUCT */
};

static void which_casts_exist(void **state) {
    enum { TYPES = sizeof types / sizeof *types };
    expression_world w;
    world_open(&w);
    for (int from = 0; from < TYPES; from++)
        for (int to = 0; to < TYPES; to++) {
            slice sql = arena_format(w.arena, "CAST(%s AS %s)", types[from].value, types[to].name);
            const char *result = world_run(&w, sql.data);
            bool refused = *result == '!';
            if (refused != (matrix[from][to] == '.'))
                fail_msg("%s gave %s", sql.data, result);
            if (refused && !strstr(result, "is not supported."))
                fail_msg("%s is refused with %s", sql.data, result);
        }
    world_close(&w);
}

static void nulls_stay_nulls(void **state) {
    expression_world w;
    world_open(&w);
    for (size_t to = 0; to < sizeof types / sizeof *types; to++) {
        slice sql = arena_format(w.arena, "CAST(NULL AS %s)", types[to].name);
        assert_string_equal(world_run(&w, sql.data), "null");
        sql = arena_format(w.arena, "CAST(CAST(NULLIF(%s, %s) AS STRING) AS STRING)",
            types[to].value, types[to].value);
        if (strcmp(types[to].name, "BYTES") != 0)
            assert_string_equal(world_run(&w, sql.data), "null");
    }
    world_close(&w);
}

/* As Java converts: doubles saturate, integers and decimals keep their low bits, fractions are cut.
 */
static void numbers_to_integers(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST(2147483648 AS INTEGER)", "-2147483648"}, {"CAST(4294967297 AS INTEGER)", "1"},
        {"CAST(1.99e0 AS INTEGER)", "1"}, {"CAST(-1.99e0 AS BIGINT)", "-1"},
        {"CAST(1e300 AS INTEGER)", "2147483647"}, {"CAST(-1e300 AS INTEGER)", "-2147483648"},
        {"CAST(1e300 AS BIGINT)", "9223372036854775807"},
        {"CAST(-1e300 AS BIGINT)", "-9223372036854775808"}, {"CAST(0e0 / 0 AS INTEGER)", "0"},
        {"CAST(1.99 AS INTEGER)", "1"}, {"CAST(-1.99 AS BIGINT)", "-1"},
        {"CAST(2147483648.5 AS INTEGER)", "-2147483648"},
        {"CAST(18446744073709551617.0 AS BIGINT)", "1"});
    world_close(&w);
}

/* To a DECIMAL, halves are rounded away from zero, and what does not fit is an error. */
static void numbers_to_decimals_and_doubles(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST(12 AS DECIMAL(4, 2))", "12.00"}, {"CAST(100 AS DECIMAL(4, 2))", "null"},
        {"CAST(9223372036854775807 AS DECIMAL(19, 0))", "9223372036854775807"},
        {"CAST(1.005 AS DECIMAL(3, 2))", "1.01"}, {"CAST(-1.005 AS DECIMAL(3, 2))", "-1.01"},
        {"CAST(9.995 AS DECIMAL(3, 2))", "null"}, {"CAST(9.994 AS DECIMAL(3, 2))", "9.99"},
        {"CAST(1.005e0 AS DECIMAL(3, 2))", "1.01"}, {"CAST(1e-7 AS DECIMAL(3, 2))", "0.00"},
        {"CAST(1e10 AS DECIMAL(38, 10))", "10000000000.0000000000"},
        {"CAST(1e300 AS DECIMAL(38, 0))", "null"}, {"CAST(1e0 / 0 AS DECIMAL(38, 0))", "null"},
        {"CAST(1 AS DOUBLE)", "1.0"}, {"CAST(9007199254740993 AS DOUBLE)", "9.007199254740992E15"},
        {"CAST(0.1 AS DOUBLE)", "0.1"},
        {"CAST(12345678901234567890.12345 AS DOUBLE)", "1.2345678901234567E19"});
    assert_string_equal(world_run(&w, "CAST(100 AS DECIMAL(4, 2))"), "null");
    assert_string_equal(world_log_text(&w), "0: '100' is too large for DECIMAL(4, 2)");
    world_close(&w);
}

static void texts_to_numbers(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST('12' AS INTEGER)", "12"}, {"CAST(' -12 ' AS INTEGER)", "-12"},
        {"CAST('+12' AS BIGINT)", "12"}, {"CAST('2147483648' AS INTEGER)", "null"},
        {"CAST('9223372036854775807' AS BIGINT)", "9223372036854775807"},
        {"CAST('9223372036854775808' AS BIGINT)", "null"}, {"CAST('1.0' AS INTEGER)", "null"},
        {"CAST('1e3' AS INTEGER)", "null"}, {"CAST('0x1' AS INTEGER)", "null"},
        {"CAST('' AS INTEGER)", "null"}, {"CAST('1 2' AS INTEGER)", "null"},
        {"CAST('1e3' AS DOUBLE)", "1000.0"}, {"CAST(' .5 ' AS DOUBLE)", "0.5"},
        {"CAST('5.' AS DOUBLE)", "5.0"}, {"CAST('1e400' AS DOUBLE)", "\"Infinity\""},
        {"CAST('4.9e-324' AS DOUBLE)", "4.9E-324"}, {"CAST('x' AS DOUBLE)", "null"},
        {"CAST('1.005' AS DECIMAL(3, 2))", "1.01"}, {"CAST('1e1' AS DECIMAL(4, 2))", "10.00"},
        {"CAST('100' AS DECIMAL(4, 2))", "null"}, {"CAST('x' AS DECIMAL(4, 2))", "null"});
    assert_string_equal(world_run(&w, "CAST('12a' AS INTEGER)"), "null");
    assert_string_equal(world_log_text(&w), "0: '12a' cannot be cast to INTEGER");
    world_close(&w);
}

static void texts_to_other_types(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST('true' AS BOOLEAN)", "true"}, {"CAST('TRUE' AS BOOLEAN)", "true"},
        {"CAST('yes' AS BOOLEAN)", "true"}, {"CAST('false' AS BOOLEAN)", "false"},
        {"CAST('1' AS BOOLEAN)", "false"}, {"CAST('' AS BOOLEAN)", "false"},
        {"CAST('2020-02-29' AS DATE)", "\"2020-02-29\""},
        {"CAST('2020-02' AS DATE)", "\"2020-02-01\""}, {"CAST('2020-02-30' AS DATE)", "null"},
        {"CAST('2020-02-29T10:00' AS DATE)", "null"},
        {"CAST('-0044-03-15' AS DATE)", "\"-0044-03-15\""}, {"CAST('foo' AS DATE)", "null"},
        {"CAST('10:20:30.456' AS TIME)", "\"10:20:30.456\""},
        {"CAST('10:20' AS TIME)", "\"10:20\""}, {"CAST('10' AS TIME)", "\"10:00\""},
        {"CAST('24:00' AS TIME)", "null"},
        {"CAST('2020-02-29T10:20:30.456' AS TIMESTAMP)", "\"2020-02-29T10:20:30.456\""},
        {"CAST('2020-02-29' AS TIMESTAMP)", "\"2020-02-29T00:00:00.000\""},
        {"CAST('2020' AS TIMESTAMP)", "\"2020-01-01T00:00:00.000\""},
        {"CAST('2020-02-29T10:20:30+01:00' AS TIMESTAMP)", "\"2020-02-29T09:20:30.000\""},
        {"CAST('2020-02-29T10:20:30.123456789Z' AS TIMESTAMP)", "\"2020-02-29T10:20:30.123\""},
        {"CAST('2020-02-29T10:20:30+0100' AS TIMESTAMP)", "\"2020-02-29T09:20:30.000\""},
        {"CAST('2020-2-9T1:2:3+1:0' AS TIMESTAMP)", "\"2020-02-09T00:02:03.000\""},
        {"CAST('2020-02-29T10:20:30+19:00' AS TIMESTAMP)", "null"},
        {"CAST('29.02.2020' AS TIMESTAMP)", "null"});
    world_close(&w);
}

static void values_to_texts(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST(true AS STRING)", "\"true\""}, {"CAST(-5 AS STRING)", "\"-5\""},
        {"CAST(1e0 AS STRING)", "\"1.0\""}, {"CAST(1e7 AS STRING)", "\"1.0E7\""},
        {"CAST(1.5e-4 AS STRING)", "\"1.5E-4\""}, {"CAST(0.001e0 AS STRING)", "\"0.001\""},
        {"CAST(9999999e0 AS STRING)", "\"9999999.0\""}, {"CAST(-0e0 AS STRING)", "\"-0.0\""},
        {"CAST(0e0 / 0 AS STRING)", "\"NaN\""}, {"CAST(-1e0 / 0 AS STRING)", "\"-Infinity\""},
        {"CAST(1.50 AS STRING)", "\"1.50\""},
        {"CAST(CAST(0 AS DECIMAL(9, 7)) AS STRING)", "\"0.0000000\""},
        {"CAST(FROM_DAYS(-1) AS STRING)", "\"1969-12-31\""},
        {"CAST(PARSE_TIME('1', 'H') AS STRING)", "\"01:00\""},
        {"CAST(FROM_UNIXTIME(1) AS STRING)", "\"1970-01-01T00:00:00.001\""},
        {"CAST(ARRAY[1, NULL] AS STRING)", "\"[1, null]\""},
        {"CAST(MAP('a' := 1.5, 'b' := NULL) AS STRING)", "\"{a=1.5, b=null}\""},
        {"CAST(STRUCT(A := 1, `b` := ARRAY['x']) AS STRING)", "\"Struct{A=1,b=[x]}\""});
    world_close(&w);
}

static void times_and_nested(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"CAST(FROM_UNIXTIME(-1) AS DATE)", "\"1969-12-31\""},
        {"CAST(FROM_UNIXTIME(-1) AS TIME)", "\"23:59:59.999\""},
        {"CAST(FROM_DAYS(1) AS TIMESTAMP)", "\"1970-01-02T00:00:00.000\""},
        {"CAST(ARRAY['1', NULL] AS ARRAY<INTEGER>)", "[1,null]"},
        {"CAST(MAP('1' := 1.99e0) AS MAP<INTEGER, BIGINT>)", "{\"1\":1}"},
        {"CAST(STRUCT(A := 1, B := 2) AS STRUCT<A STRING, C INTEGER>)", "{\"A\":\"1\",\"C\":null}"},
        {"CAST(ARRAY['1', 'x'] AS ARRAY<INTEGER>)", "null"});
    EXPECT(&w,
        {"CAST(ARRAY[true] AS ARRAY<INTEGER>)",
            "! Cast of ARRAY<BOOLEAN> to ARRAY<INTEGER> is not supported."},
        {"CAST(1 AS DECIMAL(2, 3))", "! DECIMAL precision must be >= scale, and the scale not "
                                     "negative: DECIMAL(2,3)"},
        {"CAST(1 AS NOTHING)", "! Cannot resolve unknown type: NOTHING"});
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(which_casts_exist),
        cmocka_unit_test(nulls_stay_nulls), cmocka_unit_test(numbers_to_integers),
        cmocka_unit_test(numbers_to_decimals_and_doubles), cmocka_unit_test(texts_to_numbers),
        cmocka_unit_test(texts_to_other_types), cmocka_unit_test(values_to_texts),
        cmocka_unit_test(times_and_nested)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
