/* Statements people really write: those of the conformance cases, where they are at hand. Each one
 * parses unless its case says that it must be refused; its canonical text parses again and is then
 * its own canonical text. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "base/memory.h"
#include "parser_testing.h"

#define CASES "../shared/conformance"

static int parsed, refused;

static slice canonical(slice sql, error *e) {
    ast_statement *s = parser_parse_statement(test_arena, sql, e);
    return s ? ast_format_statement(test_arena, s) : (slice){0};
}

static void check(slice sql, bool may_fail, const char *where) {
    error e;
    slice once = canonical(sql, &e);
    if (!once.data && !may_fail)
        fail_msg("%s: %.*s\n  %s", where, SLICE_ARG(sql), e.message);
    if (!once.data) {
        assert_true(e.message[0] && e.span.offset >= 0);
        refused++;
        return;
    }
    slice twice = canonical(once, &e);
    if (!twice.data)
        fail_msg("%s: %.*s\n  %s", where, SLICE_ARG(once), e.message);
    if (!slice_equal(once, twice))
        fail_msg("%s:\n  %.*s\n  %.*s", where, SLICE_ARG(once), SLICE_ARG(twice));
    parsed++;
}

static void check_case(json_t *test, const char *where) {
    bool may_fail =
        json_object_get(test, "expectedException") || json_object_get(test, "expectedError");
    size_t i;
    json_t *text;
    json_array_foreach(json_object_get(test, "statements"), i, text) {
        check(slice_make(json_string_value(text), json_string_length(text)), may_fail, where);
        arena_reset(test_arena);
    }
}

static void check_json(const char *path) {
    json_t *file = json_load_file(path, 0, NULL);
    assert_non_null(file);
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(file, "tests"), i, test)
        check_case(test, json_string_value(json_object_get(test, "name")));
    json_decref(file);
}

static slice read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer text = {0};
    size_t got;
    do {
        buffer_reserve(&text, 65536);
        got = fread(text.data + text.length, 1, 65536, file);
        text.length += got;
    } while (got > 0);
    fclose(file);
    return buffer_slice(&text);
}

static void check_sql(const char *path) {
    slice sql = read_file(path);
    size_t next = 0;
    for (;;) {
        parser_piece piece = parser_split(sql, next);
        if (piece.end != PARSER_PIECE_STATEMENT)
            break;
        check(piece.text, false, path);
        next = piece.next;
        arena_reset(test_arena);
    }
    memory_free((char *)sql.data);
}

/* Calls the function for each file of the folder with that ending; false when there is no folder.
 */
static bool for_each_file(const char *folder, const char *ending, void (*visit)(const char *path)) {
    DIR *directory = opendir(folder);
    if (!directory)
        return false;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!slice_ends_with(slice_of(entry->d_name), slice_of(ending)))
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        visit(path);
    }
    closedir(directory);
    return true;
}

static void statements_of_the_cases_survive_the_round_trip(void **state) {
    if (!for_each_file(CASES "/query", ".json", check_json)) {
        print_message("SKIPPED: the conformance cases are not at " CASES "\n");
        skip();
    }
    for_each_file(CASES "/rest", ".json", check_json);
    for_each_file(CASES "/sql-tests", ".sql", check_sql);
    print_message("%d statements parsed, %d refused as they should be\n", parsed, refused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(statements_of_the_cases_survive_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
