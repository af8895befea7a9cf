/* What each aggregate function gives: its values, nulls, rows that leave, sessions that merge, and
 * that its state survives being saved.
 */
#include "tests/unit/executor/aggregate_fixture.h"

static column *integer(int32_t value) {
    column *c = column_create(&SQL_TYPE_INTEGER);
    column_append_int32(c, value);
    return c;
}

static column *boolean(bool value) {
    column *c = column_create(&SQL_TYPE_BOOLEAN);
    column_append_boolean(c, value);
    return c;
}

/* Each row of V gives a result; the rows are spread over restarts, so state is saved and read in
 * between. */
static void check_rows(
    aggregate_fixture *f, const char *const *rows, const char *const *expected, int count) {
    fixture_open(f);
    for (int i = 0; i < count; i++) {
        feed(f, rows[i]);
        buffer_append_byte(&f->task.results, 0);
        /* "+1 RESULT @0" */
        char *result = f->task.results.data + 3;
        char *end = strrchr(result, '@');
        assert_non_null(end);
        end[-1] = 0;
        assert_string_equal(result, expected[i]);
        buffer_clear(&f->task.results);
        if (i % 2)
            restart(f);
    }
    fixture_close(f);
}

#define CHECK(f, rows, expected)                                                                   \
    do {                                                                                           \
        assert_int_equal(sizeof(rows) / sizeof *(rows), sizeof(expected) / sizeof *(expected));    \
        check_rows(f, rows, expected, sizeof(rows) / sizeof *(rows));                              \
    } while (0)
#define TEXTS(...) ((const char *const[]){__VA_ARGS__})

static aggregate_fixture *over(const sql_type *type, const char *name, int columns) {
    aggregate_fixture *f = fixture_make(NULL, type, type);
    fixture_add(f, name, columns, 0, NULL);
    return f;
}

static aggregate_fixture *with(
    const sql_type *type, const char *name, int columns, int count, column *a, column *b) {
    aggregate_fixture *f = fixture_make(NULL, type, NULL);
    column *constants[] = {a, b};
    fixture_add(f, name, columns, count, constants);
    return f;
}

static aggregate_fixture *over_table(aggregate_fixture *f) {
    fixture_over_table(f);
    return f;
}

/* Sessions of `gap` 10 at 0 and 15 that the row at 8 joins; the result after it. */
static void check_merge(aggregate_fixture *f, const char *rows, const char *expected) {
    fixture_window(f, (plan_window){WINDOW_SESSION, .size_ms = 10, .grace_ms = 100});
    fixture_open(f);
    feed(f, rows);
    restart(f);
    buffer_clear(&f->task.results);
    feed(f, "1 _ _ @8");
    buffer_append_byte(&f->task.results, 0);
    char *last = strrchr(f->task.results.data, '+');
    assert_non_null(last);
    char *end = strrchr(last, '@');
    assert_non_null(end);
    end[-1] = 0;
    assert_string_equal(last + 3, expected);
    fixture_close(f);
}

static const sql_type decimal_4_1 = {.base = SQL_DECIMAL, .precision = 4, .scale = 1};
static const sql_type text_array = {.base = SQL_ARRAY, .element = &SQL_TYPE_VARCHAR};
static const sql_type integer_array = {.base = SQL_ARRAY, .element = &SQL_TYPE_INTEGER};

/* What is free of order gives one result for rows in three orders, saved after each second row. */
static void check_order_free(const sql_type *type, const char *name, const char *const rows[3]) {
    static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    char first[64] = "";
    for (int o = 0; o < 3; o++) {
        aggregate_fixture *f = over(type, name, 1);
        assert_true(f->aggregates[0].function->aggregate->is_order_free);
        assert_true(f->aggregates[0].function->aggregate->can_merge);
        fixture_open(f);
        for (int i = 0; i < 3; i++) {
            buffer_clear(&f->task.results);
            feed(f, rows[orders[o][i]]);
            if (i == 1)
                restart(f);
        }
        buffer_append_byte(&f->task.results, 0);
        if (o == 0)
            snprintf(first, sizeof first, "%s", f->task.results.data);
        assert_string_equal(f->task.results.data, first);
        fixture_close(f);
    }
}

static void order_does_not_matter(void **unused) {
    check_order_free(NULL, "COUNT", TEXTS("1 1", "1 _", "1 2"));
    check_order_free(&SQL_TYPE_INTEGER, "SUM", TEXTS("1 2147483647", "1 7", "1 -2147483648"));
    check_order_free(&SQL_TYPE_BIGINT, "AVG", TEXTS("1 9223372036854775807", "1 3", "1 5"));
    check_order_free(&SQL_TYPE_DOUBLE, "MAX", TEXTS("1 -0.0", "1 0.0", "1 -0.0"));
    check_order_free(&SQL_TYPE_DOUBLE, "MIN", TEXTS("1 0.0", "1 nan", "1 -0.0"));
    check_order_free(&decimal_4_1, "MAX", TEXTS("1 1.5", "1 _", "1 2.5"));
    check_order_free(&SQL_TYPE_VARCHAR, "MIN", TEXTS("1 b", "1 a", "1 ab"));
}

/* Adding doubles in another order may round otherwise, and what is refused depends on the sum so
 * far. */
static void order_matters(void **unused) {
    static const char *const names[] = {"SUM", "AVG"};
    for (int i = 0; i < 2; i++) {
        aggregate_fixture *f = over(&SQL_TYPE_DOUBLE, names[i], 1);
        assert_false(f->aggregates[0].function->aggregate->is_order_free);
        fixture_open(f);
        fixture_close(f);
    }
    aggregate_fixture *f = over(&decimal_4_1, "SUM", 1);
    assert_false(f->aggregates[0].function->aggregate->is_order_free);
    fixture_open(f);
    fixture_close(f);
}

/* ---- COUNT, SUM, AVG ---- */

static void count_of_rows_and_of_values(void **unused) {
    CHECK(over(NULL, "COUNT", 0), TEXTS("1 5", "1 _", "1 7"), TEXTS("1", "2", "3"));
    CHECK(over(NULL, "COUNT", 1), TEXTS("1 5", "1 _", "1 7"), TEXTS("1", "1", "2"));
    CHECK(over(&text_array, "COUNT", 1), TEXTS("1 _", "1 a,b"), TEXTS("0", "1"));
    CHECK(over_table(over(NULL, "COUNT", 1)), TEXTS("1 5", "1 _", "- 1 _", "- 1 5"),
        TEXTS("1", "1", "1", "0"));
    check_merge(over(NULL, "COUNT", 0), "1 1 @0; 1 1 @15", "3");
}

static void sum_keeps_the_type(void **unused) {
    CHECK(over(&SQL_TYPE_INTEGER, "SUM", 1), TEXTS("1 5", "1 _", "1 -7"), TEXTS("5", "5", "-2"));
    CHECK(over(&SQL_TYPE_BIGINT, "SUM", 1), TEXTS("1 5000000000", "1 1"),
        TEXTS("5000000000", "5000000001"));
    CHECK(over(&SQL_TYPE_DOUBLE, "SUM", 1), TEXTS("1 0.5", "1 0.25"), TEXTS("0.5", "0.75"));
    CHECK(over(&decimal_4_1, "SUM", 1), TEXTS("1 0.5", "1 10.1"), TEXTS("0.5", "10.6"));
    CHECK(over(&SQL_TYPE_INTEGER, "SUM", 1), TEXTS("1 _"), TEXTS("0"));
}

/* Integers wrap around; so a sum can go over the edge and come back. */
static void integer_sums_wrap_around(void **unused) {
    CHECK(over(&SQL_TYPE_INTEGER, "SUM", 1), TEXTS("1 2147483647", "1 1", "1 -1"),
        TEXTS("2147483647", "-2147483648", "2147483647"));
    CHECK(over(&SQL_TYPE_BIGINT, "SUM", 1), TEXTS("1 9223372036854775807", "1 1"),
        TEXTS("9223372036854775807", "-9223372036854775808"));
}

/* A DECIMAL that would not fit is not added, gives no result and is reported. */
static void decimal_sums_refuse_to_overflow(void **unused) {
    aggregate_fixture *f = over(&decimal_4_1, "SUM", 1);
    fixture_open(f);
    feed(f, "1 999.0; 1 0.9; 1 0.1; 1 -0.9");
    expect(f, "+1 999.0 @0; +1 999.9 @0; +1 999.0 @0");
    assert_non_null(strstr(f->task.reported, "DECIMAL(4, 1)"));
    fixture_close(f);
}

static void sums_of_a_table(void **unused) {
    CHECK(over_table(over(&SQL_TYPE_INTEGER, "SUM", 1)), TEXTS("1 5", "1 6", "- 1 5"),
        TEXTS("5", "11", "6"));
    CHECK(over_table(over(&decimal_4_1, "SUM", 1)), TEXTS("1 5.5", "- 1 5.5"), TEXTS("5.5", "0.0"));
    CHECK(
        over_table(over(&SQL_TYPE_DOUBLE, "SUM", 1)), TEXTS("1 5.5", "- 1 5.5"), TEXTS("5.5", "0"));
    check_merge(over(&decimal_4_1, "SUM", 1), "1 1.5 @0; 1 2.0 @15", "3.5");
    check_merge(over(&SQL_TYPE_INTEGER, "SUM", 1), "1 1 @0; 1 2 @15", "3");
    check_merge(over(&SQL_TYPE_DOUBLE, "SUM", 1), "1 1 @0; 1 2 @15", "3");
}

static void sum_of_arrays(void **unused) {
    CHECK(over(&integer_array, "SUM_LIST", 1), TEXTS("1 1,2", "1 _", "1 4,_,5"),
        TEXTS("3", "3", "12"));
    CHECK(over_table(over(&integer_array, "SUM_LIST", 1)), TEXTS("1 1,2", "- 1 1,2"),
        TEXTS("3", "0"));
}

static void average_of_values(void **unused) {
    CHECK(over(&SQL_TYPE_INTEGER, "AVG", 1), TEXTS("1 _", "1 1", "1 2"), TEXTS("0", "1", "1.5"));
    CHECK(over(&SQL_TYPE_DOUBLE, "AVG", 1), TEXTS("1 1.5", "1 2"), TEXTS("1.5", "1.75"));
    CHECK(over_table(over(NULL, "AVG", 1)), TEXTS("1 1", "1 4", "- 1 1", "- 1 4"),
        TEXTS("1", "2.5", "4", "0"));
    check_merge(over(NULL, "AVG", 1), "1 1 @0; 1 2 @15", "1.5");
    check_merge(over(&SQL_TYPE_DOUBLE, "AVG", 1), "1 1 @0; 1 2 @15", "1.5");
}

/* ---- MIN, MAX, TOPK ---- */

static void smallest_and_largest(void **unused) {
    CHECK(over(&SQL_TYPE_INTEGER, "MAX", 1), TEXTS("1 _", "1 -5", "1 7", "1 6"),
        TEXTS("null", "-5", "7", "7"));
    CHECK(over(&SQL_TYPE_BIGINT, "MIN", 1), TEXTS("1 _", "1 5", "1 7", "1 -6"),
        TEXTS("null", "5", "5", "-6"));
    CHECK(over(&SQL_TYPE_DOUBLE, "MAX", 1), TEXTS("1 1.5", "1 nan", "1 2"),
        TEXTS("1.5", "nan", "nan"));
    CHECK(over(&SQL_TYPE_DOUBLE, "MIN", 1), TEXTS("1 nan", "1 2"), TEXTS("nan", "2"));
    CHECK(over(&decimal_4_1, "MIN", 1), TEXTS("1 1.5", "1 -2.5"), TEXTS("1.5", "-2.5"));
    CHECK(over(&SQL_TYPE_VARCHAR, "MAX", 1), TEXTS("1 _", "1 b", "1 a", "1 bb"),
        TEXTS("null", "b", "b", "bb"));
    CHECK(over(&SQL_TYPE_BYTES, "MIN", 1), TEXTS("1 b", "1 abc"), TEXTS("b", "abc"));
    CHECK(over(&SQL_TYPE_DATE, "MAX", 1), TEXTS("1 5", "1 7"), TEXTS("5", "7"));
    CHECK(over(&SQL_TYPE_TIMESTAMP, "MIN", 1), TEXTS("1 5", "1 4"), TEXTS("5", "4"));
    check_merge(over(&SQL_TYPE_VARCHAR, "MAX", 1), "1 a @0; 1 z @15", "z");
    check_merge(over(NULL, "MIN", 1), "1 9 @0; 1 3 @15", "3");
}

static void top_values(void **unused) {
    CHECK(with(NULL, "TOPK", 1, 1, integer(3), NULL),
        TEXTS("1 0", "1 100", "1 99", "1 7", "1 _", "1 100"),
        TEXTS("[0]", "[100,0]", "[100,99,0]", "[100,99,7]", "[100,99,7]", "[100,100,99]"));
    CHECK(with(NULL, "TOPKDISTINCT", 1, 1, integer(2), NULL),
        TEXTS("1 0", "1 100", "1 100", "1 99", "1 0"),
        TEXTS("[0]", "[100,0]", "[100,0]", "[100,99]", "[100,99]"));
    CHECK(with(&SQL_TYPE_VARCHAR, "TOPK", 1, 1, integer(2), NULL), TEXTS("1 a", "1 c", "1 b"),
        TEXTS("[a]", "[c,a]", "[c,b]"));
    check_merge(with(NULL, "TOPK", 1, 1, integer(2), NULL), "1 1 @0; 1 3 @0; 1 2 @15", "[3,2]");
}

/* Equal values stay in the order they came, whatever is in the other columns. */
static void top_values_with_other_columns(void **unused) {
    CHECK(with(NULL, "TOPK", 2, 1, integer(2), NULL), TEXTS("1 5 1", "1 5 _", "1 _ 3", "1 9 4"),
        TEXTS("[(5/1)]", "[(5/1),(5/null)]", "[(5/1),(5/null)]", "[(9/4),(5/1)]"));
}

static void top_needs_a_number(void **unused) {
    aggregate_fixture *f = with(NULL, "TOPK", 1, 1, integer(0), NULL);
    assert_false(fixture_try_open(f));
    assert_non_null(strstr(f->problem.message, "1 or more"));
    fixture_close(f);
}

/* ---- COLLECT_LIST, COLLECT_SET, HISTOGRAM, ATTR ---- */

static void collected_lists(void **unused) {
    CHECK(over(NULL, "COLLECT_LIST", 1), TEXTS("1 5", "1 _", "1 5"),
        TEXTS("[5]", "[5,null]", "[5,null,5]"));
    CHECK(over(&text_array, "COLLECT_LIST", 1), TEXTS("1 a,b", "1 c"),
        TEXTS("[[a,b]]", "[[a,b],[c]]"));
    CHECK(over_table(over(NULL, "COLLECT_LIST", 1)), TEXTS("1 5", "1 6", "1 5", "- 1 5", "- 1 9"),
        TEXTS("[5]", "[5,6]", "[5,6,5]", "[5,6]", "[5,6]"));
    check_merge(over(NULL, "COLLECT_LIST", 1), "1 1 @0; 1 2 @15", "[1,2,null]");
}

static void collected_sets(void **unused) {
    CHECK(over(NULL, "COLLECT_SET", 1), TEXTS("1 5", "1 _", "1 5", "1 _", "1 4"),
        TEXTS("[5]", "[5,null]", "[5,null]", "[5,null]", "[5,null,4]"));
    CHECK(over(&text_array, "COLLECT_SET", 1), TEXTS("1 a,b", "1 a,b", "1 b,a"),
        TEXTS("[[a,b]]", "[[a,b]]", "[[a,b],[b,a]]"));
    check_merge(over(NULL, "COLLECT_SET", 1), "1 1 @0; 1 2 @15; 1 1 @15", "[1,2,null]");
}

static void collections_stop_at_the_limit(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "COLLECT_LIST", 1, 0, NULL)->element_limit = 2;
    fixture_add(f, "COLLECT_SET", 1, 0, NULL)->element_limit = 1;
    fixture_open(f);
    feed(f, "1 5; 1 5; 1 6");
    expect(f, "+1 [5] [5] @0; +1 [5,5] [5] @0; +1 [5,5] [5] @0");
    fixture_close(f);
}

/* The default limit is 1000; large sets are searched by hash. */
static void large_sets(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "COLLECT_SET", 1, 0, NULL);
    fixture_add(f, "COUNT_DISTINCT", 1, 0, NULL);
    fixture_open(f);
    batch_builder_clear(f->rows);
    for (int64_t i = 0; i < 3000; i++) {
        batch_builder_add_row(f->rows, 0, CHANGE_INSERT);
        column_append_int64(f->rows->columns[0], 1);
        column_append_int64(f->rows->columns[1], i % 1500);
        column_append_null(f->rows->columns[2]);
    }
    f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
    restart(f);
    buffer_append_byte(&f->task.results, 0);
    assert_non_null(strstr(f->task.results.data, "+1 [0,1,2,"));
    assert_non_null(strstr(f->task.results.data, ",998,999] 1500 @0"));
    fixture_close(f);
}

static void histogram_counts_texts(void **unused) {
    CHECK(over(&SQL_TYPE_VARCHAR, "HISTOGRAM", 1), TEXTS("1 a", "1 b", "1 _", "1 a"),
        TEXTS("[a:1]", "[a:1,b:1]", "[a:1,b:1]", "[a:2,b:1]"));
    CHECK(over_table(over(&SQL_TYPE_VARCHAR, "HISTOGRAM", 1)),
        TEXTS("1 a", "1 b", "1 b", "- 1 a", "- 1 b"),
        TEXTS("[a:1]", "[a:1,b:1]", "[a:1,b:2]", "[b:2]", "[b:1]"));
    check_merge(over(&SQL_TYPE_VARCHAR, "HISTOGRAM", 1), "1 a @0; 1 a @15; 1 b @15", "[a:2,b:1]");
}

static void attribute_of_a_group(void **unused) {
    CHECK(over_table(over(&SQL_TYPE_VARCHAR, "ATTR", 1)),
        TEXTS("1 x", "1 x", "1 y", "- 1 x", "- 1 y", "- 1 x"),
        TEXTS("x", "x", "null", "null", "x", "null"));
    check_merge(over(&SQL_TYPE_VARCHAR, "ATTR", 1), "1 a @0; 1 b @15", "null");
}

/* ---- EARLIEST_BY_OFFSET, LATEST_BY_OFFSET ---- */

static void earliest_value(void **unused) {
    CHECK(over(NULL, "EARLIEST_BY_OFFSET", 1), TEXTS("1 _", "1 5", "1 6"), TEXTS("null", "5", "5"));
    CHECK(with(NULL, "EARLIEST_BY_OFFSET", 1, 1, boolean(false), NULL), TEXTS("1 _", "1 5"),
        TEXTS("null", "null"));
    CHECK(with(NULL, "EARLIEST_BY_OFFSET", 1, 1, integer(2), NULL),
        TEXTS("1 1", "1 _", "1 2", "1 3"), TEXTS("[1]", "[1]", "[1,2]", "[1,2]"));
    CHECK(with(NULL, "EARLIEST_BY_OFFSET", 1, 2, integer(2), boolean(false)),
        TEXTS("1 1", "1 _", "1 2"), TEXTS("[1]", "[1,null]", "[1,null]"));
}

static void latest_value(void **unused) {
    CHECK(over(NULL, "LATEST_BY_OFFSET", 1), TEXTS("1 5", "1 6", "1 _"), TEXTS("5", "6", "6"));
    CHECK(over(&text_array, "LATEST_BY_OFFSET", 1), TEXTS("1 a,b", "1 cdefghijkl", "1 x"),
        TEXTS("[a,b]", "[cdefghijkl]", "[x]"));
    CHECK(over(&SQL_TYPE_VARCHAR, "LATEST_BY_OFFSET", 1), TEXTS("1 short", "1 much_longer", "1 s"),
        TEXTS("short", "much_longer", "s"));
    CHECK(over(&SQL_TYPE_BOOLEAN, "LATEST_BY_OFFSET", 1), TEXTS("1 true", "1 false"),
        TEXTS("true", "false"));
    CHECK(over(&decimal_4_1, "LATEST_BY_OFFSET", 1), TEXTS("1 1.5", "1 2.5"), TEXTS("1.5", "2.5"));
    CHECK(over(&SQL_TYPE_DOUBLE, "LATEST_BY_OFFSET", 1), TEXTS("1 1.5", "1 2.5"),
        TEXTS("1.5", "2.5"));
    CHECK(over(&SQL_TYPE_DATE, "LATEST_BY_OFFSET", 1), TEXTS("1 1", "1 2"), TEXTS("1", "2"));
    CHECK(with(NULL, "LATEST_BY_OFFSET", 1, 1, boolean(false), NULL), TEXTS("1 5", "1 _"),
        TEXTS("5", "null"));
    CHECK(with(NULL, "LATEST_BY_OFFSET", 1, 1, integer(2), NULL), TEXTS("1 1", "1 _", "1 2", "1 3"),
        TEXTS("[1]", "[1]", "[1,2]", "[2,3]"));
}

/* Which session came first is told by its rows, not by its times, also after a restart. */
static void sessions_merge_by_arrival(void **unused) {
    check_merge(over(NULL, "EARLIEST_BY_OFFSET", 1), "1 15 @15; 1 0 @0", "15");
    check_merge(over(NULL, "LATEST_BY_OFFSET", 1), "1 15 @15; 1 0 @0", "0");
    check_merge(over(&SQL_TYPE_VARCHAR, "LATEST_BY_OFFSET", 1), "1 a @0; 1 bcd @15", "bcd");
    check_merge(with(NULL, "LATEST_BY_OFFSET", 1, 1, integer(2), NULL),
        "1 15 @15; 1 0 @0; 1 16 @16", "[0,16]");
    check_merge(with(NULL, "EARLIEST_BY_OFFSET", 1, 1, integer(2), NULL),
        "1 15 @15; 1 0 @0; 1 16 @16", "[15,0]");
}

static void offset_functions_check_their_options(void **unused) {
    aggregate_fixture *f = with(NULL, "LATEST_BY_OFFSET", 1, 1, integer(-1), NULL);
    assert_false(fixture_try_open(f));
    assert_non_null(strstr(f->problem.message, "LATEST_BY_OFFSET"));
    fixture_close(f);
}

/* ---- statistics ---- */

static void deviation_of_values(void **unused) {
    CHECK(over(&SQL_TYPE_INTEGER, "STDDEV_SAMP", 1), TEXTS("1 2", "1 _", "1 4", "1 9"),
        TEXTS("0", "0", "2", "13"));
    CHECK(over(NULL, "STDDEV_SAMPLE", 1), TEXTS("1 2", "1 4", "1 9"),
        TEXTS("0", "1.41421356237", "3.60555127546"));
    CHECK(over_table(over(&SQL_TYPE_DOUBLE, "STDDEV_SAMP", 1)), TEXTS("1 2", "1 4", "1 9", "- 1 9"),
        TEXTS("0", "2", "13", "2"));
    check_merge(over(NULL, "STDDEV_SAMP", 1), "1 2 @0; 1 4 @15; 1 9 @16", "13");
}

static void correlation_of_columns(void **unused) {
    CHECK(over(&SQL_TYPE_DOUBLE, "CORRELATION", 2), TEXTS("1 1 2", "1 2 _", "1 2 4", "1 3 5"),
        TEXTS("nan", "nan", "1", "0.981980506062"));
    CHECK(over_table(over(NULL, "CORRELATION", 2)), TEXTS("1 1 2", "1 2 4", "1 3 5", "- 1 3 5"),
        TEXTS("nan", "1", "0.981980506062", "1"));
    check_merge(over(NULL, "CORRELATION", 2), "1 1 2 @0; 1 2 4 @15; 1 3 5 @15", "0.981980506062");
}

/* ---- COUNT_DISTINCT ---- */

static void different_values(void **unused) {
    CHECK(over(&SQL_TYPE_VARCHAR, "COUNT_DISTINCT", 1), TEXTS("1 a", "1 b", "1 _", "1 a"),
        TEXTS("1", "2", "2", "2"));
    check_merge(over(NULL, "COUNT_DISTINCT", 1), "1 1 @0; 1 1 @15; 1 2 @16", "2");
}

/* Beyond 32768 different values the count is an estimate, and stays one when saved. */
static void very_many_different_values(void **unused) {
    aggregate_fixture *f = over(NULL, "COUNT_DISTINCT", 1);
    f->task.results_per_row = false;
    fixture_open(f);
    for (int64_t i = 0; i < 200000;) {
        batch_builder_clear(f->rows);
        for (int k = 0; k < 5000; k++, i++) {
            batch_builder_add_row(f->rows, 0, CHANGE_INSERT);
            column_append_int64(f->rows->columns[0], 1);
            column_append_int64(f->rows->columns[1], i);
            column_append_null(f->rows->columns[2]);
        }
        f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
        if (i == 100000)
            restart(f);
    }
    buffer_clear(&f->task.results);
    barrier(f);
    buffer_append_byte(&f->task.results, 0);
    long long count = atoll(f->task.results.data + 3);
    assert_in_range(count, 194000, 206000);
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(order_matters),
        cmocka_unit_test(count_of_rows_and_of_values),
        cmocka_unit_test(sum_keeps_the_type),
        cmocka_unit_test(integer_sums_wrap_around),
        cmocka_unit_test(decimal_sums_refuse_to_overflow),
        cmocka_unit_test(sums_of_a_table),
        cmocka_unit_test(sum_of_arrays),
        cmocka_unit_test(average_of_values),
        cmocka_unit_test(smallest_and_largest),
        cmocka_unit_test(top_values),
        cmocka_unit_test(top_values_with_other_columns),
        cmocka_unit_test(top_needs_a_number),
        cmocka_unit_test(collected_lists),
        cmocka_unit_test(collected_sets),
        cmocka_unit_test(collections_stop_at_the_limit),
        cmocka_unit_test(large_sets),
        cmocka_unit_test(histogram_counts_texts),
        cmocka_unit_test(attribute_of_a_group),
        cmocka_unit_test(earliest_value),
        cmocka_unit_test(latest_value),
        cmocka_unit_test(sessions_merge_by_arrival),
        cmocka_unit_test(offset_functions_check_their_options),
        cmocka_unit_test(deviation_of_values),
        cmocka_unit_test(correlation_of_columns),
        cmocka_unit_test(different_values),
        cmocka_unit_test(very_many_different_values),
    };
    return cmocka_run_group_tests_name("aggregate functions", tests, begin, NULL);
}
