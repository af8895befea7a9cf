/* Colors of SQL: written here as <kind:text>. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "shell/highlight.h"

/* Escape sequences become < and >. */
static void make_readable(slice text, buffer *out) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '\033') {
            buffer_append_byte(out, text.data[i]);
            continue;
        }
        buffer_append_byte(out, text.data[i + 2] == '0' ? '>' : '<');
        while (text.data[i] != 'm')
            i++;
    }
}

static void expect_state(const char *sql, highlight_state *state, const char *wanted) {
    buffer out = {0}, shown = {0};
    highlight_append(&out, slice_of(sql), state);
    make_readable(buffer_slice(&out), &shown);
    if (!slice_is(buffer_slice(&shown), wanted))
        fail_msg("expected %s, got %.*s", wanted, SLICE_ARG(buffer_slice(&shown)));
    buffer_free(&out);
    buffer_free(&shown);
}

static void expect(const char *sql, const char *wanted) {
    highlight_state state = {0};
    expect_state(sql, &state, wanted);
}

static void words_and_texts_have_colors(void **state) {
    (void)state;
    expect("", "");
    expect("select v from s;", "<select> v <from> s;");
    expect("len(a) a.b", "<len>(a) a.b");
    expect("a = 1.5 + b2", "a = <1.5> + b2");
    expect("'it''s' x", "<'it'><'s'> x");
    expect("`from` x", "`from` x");
    expect("'a ${b} c' ${d}", "<'a ><${b}>< c'> <${d}>");
    expect("-- select\nx", "<-- select>\nx");
    expect("/* a */ b /* c", "</* a */> b </* c>");
}

static void half_a_text_goes_on_in_the_next_line(void **state) {
    highlight_state open = {0};
    (void)state;
    expect_state("'from", &open, "<'from>");
    expect_state("from' from", &open, "<from'> <from>");
    expect_state("/* a", &open, "</* a>");
    expect_state("from", &open, "<from>");
    expect_state("*/ a", &open, "<*/> a");
    expect_state("`a", &open, "`a");
    expect_state("from` ${", &open, "from` <${>");
    expect_state("'", &open, "<'>");
    expect_state("${", &open, "<${>");
    assert_int_equal(open.quote, '\'');
}

static void errors_have_a_place(void **state) {
    buffer out = {0}, shown = {0};
    (void)state;
    highlight_error(&out, SLICE_LITERAL("No X\n  line 1:\n  FROM x\n       ^\n  hint: Y."));
    make_readable(buffer_slice(&out), &shown);
    assert_true(
        slice_is(buffer_slice(&shown), "<No X>\n  line 1:\n  <FROM> x\n<       ^>\n<  hint: Y.>"));
    buffer_free(&out);
    buffer_free(&shown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_texts_have_colors),
        cmocka_unit_test(half_a_text_goes_on_in_the_next_line),
        cmocka_unit_test(errors_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
