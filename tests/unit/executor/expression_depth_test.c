/* As deep as the parser lets an expression be, everything behind it can go: the planner, the
 * compiler, EXPLAIN. What is deeper is the parser's to refuse (parser_error_test.c). */
#include <stdio.h>

#include "expression_support.h"

enum { ROOM = 1 << 20 };

static char text[ROOM];

/* head, then part `count` times, then the middle, then tail `count` times. */
static const char *nested(
    const char *head, const char *part, int count, const char *middle, const char *tail) {
    size_t length = 0;
    text[0] = 0;
    length += (size_t)snprintf(text, ROOM, "%s", head);
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, ROOM - length, "%s", part);
    length += (size_t)snprintf(text + length, ROOM - length, "%s", middle);
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, ROOM - length, "%s", tail);
    return text;
}

static void expect(const char *sql, const char *result) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "I", "ARRAY[1, 2]");
    world_add_column(&w, "V", "ARRAY['x', null]");
    assert_string_equal(world_run(&w, sql), result);
    error e = {0};
    buffer out = {0};
    static const slice names[] = {{"I", 1}, {"V", 1}};
    expression_format(world_analyze(&w, sql, &e), names, &out);
    assert_true(out.length > 0);
    buffer_free(&out);
    world_close(&w);
}

static void chains_of_operators(void **state) {
    expect(nested("I", " + I", PARSER_CHAIN_LIMIT, "", ""), "10001 20002");
    expect(nested("I", " - I", PARSER_CHAIN_LIMIT, "", ""), "-9999 -19998");
    expect(nested("LEN(V", " || V", 1900, ")", ""), "1901 0");
    expect(nested("V = 'x'", " OR I > I", 30000, "", ""), "true false");
    expect(nested("V = 'x'", " AND I = I", 30000, "", ""), "true false");
}

static void nestings(void **state) {
    int deep = PARSER_DEPTH_LIMIT - 5;
    expect(nested("", "ABS(", deep, "I", ")"), "1 2");
    expect(nested("", "NOT ", deep, "I > 1", ""), "true false");
    expect(nested("", "CASE WHEN I > 0 THEN ", deep, "I", " END"), "1 2");
    expect(nested("", "CAST(", deep, "I", " AS INT)"), "1 2");
    expect(nested("", "-(", deep, "I", ")"), "-1 -2");
    expect(nested("", "ARRAY[", 100, "I", "][1]"), "1 2");
    expect(nested("", "STRUCT(a := ", 100, "I", ")->a"), "1 2");
    expect(nested("", "REDUCE(ARRAY[1], I, (s, x) => ", 100, "I", ")"), "1 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_of_operators),
        cmocka_unit_test(nestings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
