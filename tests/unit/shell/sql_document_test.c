/* Documents are cut into tests, and the lines below a statement into what is expected of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shell/sql_document.h"

static void test_tests_and_their_directives(void **state) {
    arena *a = arena_create();
    sql_test *tests;
    int count;
    sql_document_read(a,
        SLICE_LITERAL("-- before\nSELECT 0;\n--@test: first one\nSELECT 1;\n\n"
                      "--@test: second\n--@expected.error: kind\n--@expected.message: some words\n"
                      "SELECT 2;\n"),
        &tests, &count);
    assert_int_equal(count, 2);
    assert_true(slice_is(tests[0].name, "first one"));
    assert_true(slice_is(tests[0].body, "SELECT 1;\n\n"));
    assert_int_equal(tests[0].line, 4);
    assert_null(tests[0].expected_error.data);
    assert_true(slice_is(tests[1].expected_error, "kind"));
    assert_true(slice_is(tests[1].expected_message, "some words"));
    assert_int_equal(tests[1].line, 7);
    arena_destroy(a);
}

static void test_expected_lines(void **state) {
    arena *a = arena_create();
    slice body = SLICE_LITERAL("SELECT 1; -- a remark\n--> [1]\n  --> [2]\nSELECT 2;\n--! no\n"
                               "SELECT 3;\n-->\nSELECT 4;\n\n--> [4]\n");
    sql_expectation rows = sql_document_expectation(a, body, 9);
    assert_true(rows.has_rows);
    assert_int_equal(rows.row_count, 2);
    assert_true(slice_is(rows.rows[1], "[2]"));
    assert_true(slice_starts_with(slice_make(body.data + rows.end, 9), SLICE_LITERAL("SELECT 2;")));

    sql_expectation error = sql_document_expectation(a, body, rows.end + 9);
    assert_false(error.has_rows);
    assert_true(slice_is(error.error, "no"));

    sql_expectation none = sql_document_expectation(a, body, error.end + 9);
    assert_true(none.has_rows);
    assert_int_equal(none.row_count, 0);

    /* Not directly below: not meant. */
    sql_expectation nothing = sql_document_expectation(a, body, none.end + 9);
    assert_false(nothing.has_rows);
    assert_int_equal(nothing.start, nothing.end);
    assert_int_equal(sql_document_line(body, rows.end), 3);
    arena_destroy(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tests_and_their_directives), cmocka_unit_test(test_expected_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
