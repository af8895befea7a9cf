/* Where the cursor stands, by the words before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shell/sql_place.h"

static void expect(const char *before, sql_place_kind kind) {
    arena *a = arena_create();
    sql_place place = sql_place_find(a, slice_of(before), SLICE_LITERAL(""));
    if (place.kind != kind)
        fail_msg("%s: expected %d, got %d", before, kind, place.kind);
    arena_destroy(a);
}

static void expect_qualifier(const char *before, sql_place_kind kind, const char *qualifier) {
    arena *a = arena_create();
    sql_place place = sql_place_find(a, slice_of(before), SLICE_LITERAL(""));
    assert_int_equal(place.kind, kind);
    assert_true(slice_is(place.qualifier, qualifier));
    arena_destroy(a);
}

static void the_words_before_the_cursor_decide(void **state) {
    (void)state;
    expect("", SQL_PLACE_START);
    expect("-- only a comment\n", SQL_PLACE_START);
    expect("SELECT * FROM ", SQL_PLACE_SOURCE);
    expect("SELECT * FROM a JOIN ", SQL_PLACE_SOURCE);
    expect("drop table ", SQL_PLACE_SOURCE);
    expect("DROP TYPE ", SQL_PLACE_TYPE_NAME);
    expect("PRINT ", SQL_PLACE_TOPIC);
    expect("PRINT 'a-", SQL_PLACE_TOPIC);
    expect("TERMINATE ", SQL_PLACE_QUERY);
    expect("EXPLAIN ANALYZE ", SQL_PLACE_EXPLAIN);
    expect("DESCRIBE FUNCTION ", SQL_PLACE_FUNCTION);
    expect("SET 'auto.", SQL_PLACE_SETTING);
    expect("SET 'a' = '", SQL_PLACE_NEW_NAME);
    expect("RUN SCRIPT '", SQL_PLACE_FILE);
    expect("\\", SQL_PLACE_BACKSLASH);
    expect("\\d ", SQL_PLACE_SOURCE);
    expect("SHOW ", SQL_PLACE_BEHIND);
    expect("CREATE OR ", SQL_PLACE_BEHIND);
    expect("SELECT * FROM a WHERE b OR ", SQL_PLACE_EXPRESSION);
}

static void then_the_clause(void **state) {
    (void)state;
    expect("SELECT a, ", SQL_PLACE_EXPRESSION);
    expect("SELECT * FROM a WHERE ", SQL_PLACE_EXPRESSION);
    expect("SELECT * FROM a WHERE x IN (SELECT b FROM c) AND ", SQL_PLACE_EXPRESSION);
    expect("SELECT * FROM a ", SQL_PLACE_KEYWORD);
    expect("SELECT COUNT(*) FROM a GROUP BY ", SQL_PLACE_EXPRESSION);
    expect("SELECT 'text with FROM ", SQL_PLACE_NEW_NAME);
    expect("SELECT /* FROM */ ", SQL_PLACE_EXPRESSION);
}

static void definitions_have_names_and_types(void **state) {
    (void)state;
    expect("CREATE STREAM s (", SQL_PLACE_NEW_NAME);
    expect("CREATE STREAM s (a ", SQL_PLACE_TYPE);
    expect("CREATE STREAM s (a INT, b ", SQL_PLACE_TYPE);
    expect("CREATE STREAM s (a MAP<", SQL_PLACE_TYPE);
    expect("CREATE STREAM s (a STRUCT<b ", SQL_PLACE_TYPE);
    expect("CREATE TYPE t AS ", SQL_PLACE_TYPE);
    expect("SELECT CAST(a AS ", SQL_PLACE_TYPE);
    expect("CREATE STREAM s (a INT) WITH (", SQL_PLACE_WITH);
    expect("CREATE STREAM s (a INT) WITH (FORMAT = 'JSON', ", SQL_PLACE_WITH);
    expect_qualifier("CREATE STREAM s (a INT) WITH (FORMAT = '", SQL_PLACE_VALUE, "FORMAT");
    expect_qualifier("INSERT INTO s (a, ", SQL_PLACE_COLUMN, "s");
    expect("INSERT INTO s (a) VALUES (", SQL_PLACE_EXPRESSION);
}

static void paths_lead_to_a_field(void **state) {
    (void)state;
    arena *a = arena_create();
    sql_place place = sql_place_find(
        a, SLICE_LITERAL("SELECT x.`m`['k'][1]->b->"), SLICE_LITERAL(" FROM t AS x"));
    assert_int_equal(place.kind, SQL_PLACE_FIELD);
    assert_true(slice_is(place.qualifier, "x"));
    assert_int_equal(place.path_length, 2);
    assert_true(slice_is(place.path[0], "m"));
    assert_true(slice_is(place.path[1], "b"));
    assert_int_equal(place.source_count, 1);
    assert_true(slice_is(place.sources[0].name, "t"));
    assert_true(slice_is(place.sources[0].alias, "x"));
    place = sql_place_find(a, SLICE_LITERAL("SELECT ]->"), SLICE_LITERAL(""));
    assert_int_equal(place.kind, SQL_PLACE_FIELD);
    assert_int_equal(place.path_length, 0);
    arena_destroy(a);
}

static void quotes_that_are_open_are_told(void **state) {
    (void)state;
    arena *a = arena_create();
    sql_place place = sql_place_find(a, SLICE_LITERAL("SELECT `a b "), SLICE_LITERAL(""));
    assert_int_equal(place.kind, SQL_PLACE_EXPRESSION);
    assert_int_equal(place.quote, '`');
    assert_true(slice_is(place.typed, "a b "));
    place = sql_place_find(a, SLICE_LITERAL("SELECT 'it''s', "), SLICE_LITERAL(""));
    assert_int_equal(place.quote, 0);
    arena_destroy(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_before_the_cursor_decide),
        cmocka_unit_test(then_the_clause),
        cmocka_unit_test(definitions_have_names_and_types),
        cmocka_unit_test(paths_lead_to_a_field),
        cmocka_unit_test(quotes_that_are_open_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
