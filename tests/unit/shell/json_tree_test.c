/* JSON trees keep what was written; what is no JSON is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shell/json_tree.h"

static void test_values_keep_their_text(void **state) {
    arena *a = arena_create();
    error e = {0};
    const json_node *root = json_tree_read(a,
        SLICE_LITERAL(
            "{\"n\": 1.10, \"big\": 12345678901234567890, \"s\": \"a\\u00e9\\n\\ud83d\\ude00\","
            " \"list\": [1, null, true], \"o\": {\"x\": {}}}"),
        &e);
    assert_non_null(root);
    assert_int_equal(root->count, 5);
    assert_true(slice_is(json_tree_member(root, "n")->text, "1.10"));
    assert_true(slice_is(json_tree_member(root, "big")->text, "12345678901234567890"));
    assert_true(slice_is(json_tree_string(root, "s"), "a\xc3\xa9\n\xf0\x9f\x98\x80"));
    const json_node *list = json_tree_member(root, "list");
    assert_true(slice_is(list->text, "[1, null, true]"));
    assert_int_equal(list->count, 3);
    assert_true(json_tree_is_null(list->first->next));
    assert_int_equal(json_tree_integer(root, "absent", 7), 7);
    assert_null(json_tree_member(json_tree_member(root, "o"), "y"));
    arena_destroy(a);
}

static void test_broken_texts_are_refused(void **state) {
    static const char *const broken[] = {"", "{", "[1,", "[1 2]", "{\"a\" 1}", "{a: 1}", "\"abc",
        "nul", "1 2", "[1,]x", "{\"a\":}", "\"\\"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        arena *a = arena_create();
        error e = {0};
        assert_null(json_tree_read(a, slice_of(broken[i]), &e));
        assert_int_equal(e.code, ERROR_DATA);
        arena_destroy(a);
    }
}

static void test_nesting_is_bounded(void **state) {
    arena *a = arena_create();
    error e = {0};
    buffer deep = {0};
    for (int i = 0; i < 100000; i++)
        buffer_append_byte(&deep, '[');
    assert_null(json_tree_read(a, buffer_slice(&deep), &e));
    buffer_free(&deep);
    arena_destroy(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values_keep_their_text),
        cmocka_unit_test(test_broken_texts_are_refused), cmocka_unit_test(test_nesting_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
