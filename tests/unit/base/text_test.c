/* Slices, buffers, arenas, types and errors: the small things everything is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/type.h"

static void numbers_are_whole_slices(void **state) {
    (void)state;
    int64_t number;
    double real;
    assert_true(slice_to_int64(SLICE_LITERAL("-9223372036854775808"), &number));
    assert_true(number == INT64_MIN);
    assert_false(slice_to_int64(SLICE_LITERAL("9223372036854775808"), &number));
    assert_false(slice_to_int64(SLICE_LITERAL("12x"), &number));
    assert_false(slice_to_int64(SLICE_LITERAL(""), &number));
    assert_true(slice_to_double(SLICE_LITERAL("1.5e3"), &real));
    assert_true(real == 1500);
    assert_false(slice_to_double(SLICE_LITERAL("1.5e3 "), &real));
}

static void json_strings_are_escaped(void **state) {
    (void)state;
    buffer b = {0};
    buffer_append_json_string(&b, SLICE_LITERAL("a\"b\\c\n\x01\xc3\xa9"));
    assert_true(slice_is(buffer_slice(&b), "\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\""));
    buffer_free(&b);
}

/* An arena's memory is zeroed and stays where it is until the arena is reset. */
static void arenas_give_zeroed_memory(void **state) {
    (void)state;
    arena *a = arena_create();
    for (size_t bytes = 1; bytes < 100000; bytes *= 3) {
        char *memory = arena_allocate(a, bytes);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0x5a, bytes);
    }
    slice text = arena_format(a, "%s-%d", "x", 7);
    assert_true(slice_is(text, "x-7"));
    assert_true(slice_is(arena_upper(a, text), "X-7"));
    arena_destroy(a);
}

static void types_print_as_describe_does(void **state) {
    (void)state;
    arena *a = arena_create();
    sql_field fields[] = {{SLICE_LITERAL("A"), &SQL_TYPE_INTEGER},
        {SLICE_LITERAL("b"), sql_type_array(a, sql_type_decimal(a, 4, 2))}};
    const sql_type *type = sql_type_map(a, &SQL_TYPE_VARCHAR, sql_type_struct(a, fields, 2));
    assert_true(slice_is(
        sql_type_name(a, type), "MAP<STRING, STRUCT<`A` INTEGER, `b` ARRAY<DECIMAL(4, 2)>>>"));
    assert_true(sql_type_equal(type, sql_type_copy(a, type)));
    assert_false(sql_type_equal(type, &SQL_TYPE_VARCHAR));
    arena_destroy(a);
}

/* An error says where, what and what to do; the first one set is the one that is told. */
static void errors_point_at_their_place(void **state) {
    (void)state;
    error e = {0};
    slice sql = SLICE_LITERAL("SELECT a,\n  colour FROM t;");
    error_at(&e, ERROR_STATEMENT, (source_span){12, 6}, "There is no column 'COLOUR'.");
    error_hint(&e, "Did you mean 'COLOR'?");
    error_set(&e, ERROR_IO, "This came later.");
    buffer text = {0};
    error_render(&e, sql, &text);
    assert_true(slice_is(buffer_slice(&text), "There is no column 'COLOUR'.\n"
                                              "  line 2, column 3:\n"
                                              "    colour FROM t;\n"
                                              "    ^~~~~~\n"
                                              "  hint: Did you mean 'COLOR'?"));
    buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_whole_slices),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(arenas_give_zeroed_memory),
        cmocka_unit_test(types_print_as_describe_does),
        cmocka_unit_test(errors_point_at_their_place),
    };
    return cmocka_run_group_tests_name("text and errors", tests, NULL, NULL);
}
