/* Tables of text: widths of characters, wrapping, alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shell/text_table.h"

static void widths_are_those_of_the_screen(void **state) {
    (void)state;
    assert_int_equal(text_width(SLICE_LITERAL("abc")), 3);
    assert_int_equal(text_width(SLICE_LITERAL("\xc3\xbc")), 1);                 /* u umlaut */
    assert_int_equal(text_width(SLICE_LITERAL("\xe6\x97\xa5\xe6\x9c\xac")), 4); /* two wide ones */
    assert_int_equal(text_width(SLICE_LITERAL("e\xcc\x81")), 1);                /* e, accent */
    assert_int_equal(text_width(SLICE_LITERAL("\xff")), 1);                     /* not UTF-8 */
    assert_int_equal(text_width(SLICE_LITERAL("")), 0);
}

static void data_cannot_command_the_terminal(void **state) {
    buffer out = {0};
    (void)state;
    text_append_visible(&out, SLICE_LITERAL("a\x1b[31m\tb\r\n\xc2\x9b"
                                            "c\x7f \xc3\xbc\xc2"));
    assert_true(slice_is(buffer_slice(&out), "a\\x1B[31m\\tb\\r\n\\x9Bc\\x7F \xc3\xbc\xc2"));
    buffer_free(&out);
}

static void expect_table(text_table *t, int width, const char *wanted) {
    buffer out = {0};
    const table_style style = {.form = TABLE_COLUMNS, .line_width = width};
    text_table_write(t, &style, 1, &out);
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, wanted);
    buffer_free(&out);
    text_table_destroy(t);
}

static text_table *sample(void) {
    text_table *t = text_table_create(2, (const char *const[]){"Name", "N"});
    text_table_align_right(t, 1);
    text_table_add_text(t, "one two three");
    text_table_add_text(t, "7");
    text_table_add_text(t, "\xe6\x97\xa5\nline");
    text_table_add_text(t, "1234");
    return t;
}

static void columns_are_as_wide_as_what_is_in_them(void **state) {
    (void)state;
    expect_table(sample(), 0,
        " Name          | N\n"
        "---------------+------\n"
        " one two three |    7\n"
        " \xe6\x97\xa5            | 1234\n"
        " line          |\n");
}

static void what_does_not_fit_goes_on_in_the_next_line(void **state) {
    (void)state;
    expect_table(sample(), 17,
        " Name    | N\n"
        "---------+------\n"
        " one two |    7\n"
        "  three  |\n"
        " \xe6\x97\xa5      | 1234\n"
        " line    |\n");
}

static void a_table_without_rows_is_its_head(void **state) {
    (void)state;
    expect_table(text_table_create(2, (const char *const[]){"A", "B"}), 80,
        " A | B\n"
        "---+---\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_those_of_the_screen),
        cmocka_unit_test(data_cannot_command_the_terminal),
        cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
        cmocka_unit_test(what_does_not_fit_goes_on_in_the_next_line),
        cmocka_unit_test(a_table_without_rows_is_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
