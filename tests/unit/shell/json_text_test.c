/* JSON as text: members, elements, strings, and objects cut out of a stream at any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shell/json_text.h"

static void expect_slice(slice found, const char *wanted) {
    if (!slice_is(found, wanted))
        fail_msg("expected %s, got %.*s", wanted, SLICE_ARG(found));
}

static void members_are_found(void **state) {
    slice object = SLICE_LITERAL(
        " {\"a\" : 1, \"b\":{\"a\":[1,2]},\"c\":\"x,}\\\"\", \"d\" : [ {} , 2 ] , \"e\":null}");
    (void)state;
    expect_slice(json_text_find(object, "a"), "1");
    expect_slice(json_text_find(object, "b"), "{\"a\":[1,2]}");
    expect_slice(json_text_find(object, "c"), "\"x,}\\\"\"");
    expect_slice(json_text_find(object, "d"), "[ {} , 2 ]");
    expect_slice(json_text_find(object, "e"), "null");
    assert_null(json_text_find(object, "f").data);
    assert_null(json_text_find(SLICE_LITERAL("[1]"), "a").data);
    assert_null(json_text_find(SLICE_LITERAL(""), "a").data);
    assert_null(json_text_find(SLICE_LITERAL("{\"a"), "b").data);
}

static void elements_keep_their_text(void **state) {
    slice array = SLICE_LITERAL("[1.10, \"a,b\" ,null,[1,[2]],{\"x\":\"]\"}]"), element;
    const char *wanted[] = {"1.10", "\"a,b\"", "null", "[1,[2]]", "{\"x\":\"]\"}"};
    size_t at = 0;
    int count = 0;
    (void)state;
    while (json_text_next(array, &at, &element))
        expect_slice(element, wanted[count++]);
    assert_int_equal(count, 5);
    at = 0;
    assert_false(json_text_next(SLICE_LITERAL("[]"), &at, &element));
    at = 0;
    assert_false(json_text_next(SLICE_LITERAL("7"), &at, &element));
}

static void expect_plain(const char *json, const char *wanted) {
    buffer out = {0};
    json_text_append_plain(&out, slice_of(json));
    expect_slice(buffer_slice(&out), wanted);
    buffer_free(&out);
}

static void strings_lose_their_escapes(void **state) {
    (void)state;
    expect_plain("\"a\\\"b\\\\c\\/\\n\\t\"", "a\"b\\c/\n\t");
    expect_plain("\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_plain("\"\"", "");
    expect_plain("1.50", "1.50");
    expect_plain("{\"a\":\"\\n\"}", "{\"a\":\"\\n\"}");
}

static bool gather(void *context, slice object) {
    buffer *out = context;
    buffer_append(out, object);
    buffer_append_byte(out, ';');
    return out->length < 60;
}

static void objects_are_cut_out_wherever_pieces_end(void **state) {
    static const char stream[] = "[{\"h\":\"[{\\\"\"},\n{\"r\":[1,{\"x\":\"}\"}]} , {} ]\n";
    static const char wanted[] = "{\"h\":\"[{\\\"\"};{\"r\":[1,{\"x\":\"}\"}]};{};";
    (void)state;
    for (size_t step = 1; step < sizeof stream; step++) {
        json_splitter s = {0};
        buffer out = {0};
        for (size_t at = 0; at < sizeof stream - 1; at += step) {
            size_t left = sizeof stream - 1 - at;
            json_splitter_take(
                &s, slice_make(stream + at, left < step ? left : step), gather, &out);
        }
        expect_slice(buffer_slice(&out), wanted);
        buffer_free(&out);
        buffer_free(&s.object);
    }
}

static void splitting_can_be_ended(void **state) {
    json_splitter s = {0};
    buffer out = {0};
    (void)state;
    for (int i = 0; i < 58; i++)
        buffer_append_byte(&out, '.');
    assert_false(json_splitter_take(&s, SLICE_LITERAL("{}{}"), gather, &out));
    assert_int_equal(out.length, 61);
    buffer_free(&out);
    buffer_free(&s.object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(elements_keep_their_text),
        cmocka_unit_test(strings_lose_their_escapes),
        cmocka_unit_test(objects_are_cut_out_wherever_pieces_end),
        cmocka_unit_test(splitting_can_be_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
