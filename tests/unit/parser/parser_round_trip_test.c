/* Statements people really write: those of the conformance cases and of ksqlDB's manual, where they
 * are at hand. Each one parses unless its case says that it must be refused; its canonical text
 * says the same names, literals and keywords in the same order, parses again and is then its own
 * canonical text. */
#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "base/memory.h"
#include "parser/lexer.h"
#include "parser_testing.h"

#define CASES "../shared/conformance"
#define MANUAL "../shared/reference/ksqldb"

enum { MANUAL_STATEMENTS = 462 }; /* as many parsed when this was written */

static int parsed, refused, sketches;

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

/* ---- one statement ---- */

static bool is_one_of(slice word, const char *const *words) {
    for (; *words; words++)
        if (slice_is(word, *words))
            return true;
    return false;
}

static const char *const DROPPED[] = {"AS", "INNER", "OUTER", "COLUMN", NULL};
static const char *const UNITS[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS", NULL};
static const char *const SYNONYMS[][2] = {
    {"INT", "INTEGER"}, {"VARCHAR", "STRING"}, {"LIST", "SHOW"}, {"SAMPLE", "INTERVAL"}};

/* A word as the canonical text writes it; the NULL slice for one that it leaves out. */
static slice usual_word(slice word) {
    word = arena_upper(test_arena, word);
    if (is_one_of(word, DROPPED))
        return (slice){0};
    for (size_t i = 0; i < sizeof SYNONYMS / sizeof *SYNONYMS; i++)
        if (slice_is(word, SYNONYMS[i][0]))
            return slice_of(SYNONYMS[i][1]);
    return is_one_of(word, UNITS) ? slice_make(word.data, word.length - 1) : word;
}

/* The names, literals and keywords of a statement, one a line: what no canonical text may lose. */
static slice words_of(slice sql) {
    buffer words = {0};
    lexer l = {.sql = sql};
    for (token t = lexer_next(&l); t.code != TOKEN_END; t = lexer_next(&l)) {
        char first = t.text.data[0];
        if (first == '`' || first == '"' || first == '\'')
            t.text = slice_make(t.text.data + 1, t.text.length - 2);
        else if (isalpha((unsigned char)first) || first == '_' || isdigit((unsigned char)first))
            t.text = usual_word(t.text);
        else
            continue;
        buffer_append(&words, t.text);
        buffer_append_text(&words, t.text.data ? "\n" : "");
    }
    slice text = arena_copy(test_arena, buffer_slice(&words));
    buffer_free(&words);
    return text;
}

static slice canonical(slice sql, error *e) {
    ast_statement *s = parser_parse_statement(test_arena, sql, e);
    return s ? ast_format_statement(test_arena, s) : (slice){0};
}

static void check_canonical(slice sql, slice once, const char *where) {
    error e;
    slice twice = canonical(once, &e);
    if (!twice.data)
        fail_msg("%s: %.*s\n  %s", where, SLICE_ARG(once), e.message);
    if (!slice_equal(once, twice))
        fail_msg("%s:\n  %.*s\n  %.*s", where, SLICE_ARG(once), SLICE_ARG(twice));
    if (!slice_equal(words_of(sql), words_of(once)))
        fail_msg("%s: words are lost\n  %.*s\n  %.*s", where, SLICE_ARG(sql), SLICE_ARG(once));
    parsed++;
}

static void check(slice sql, bool may_fail, const char *where) {
    error e;
    slice once = canonical(sql, &e);
    if (once.data) {
        check_canonical(sql, once, where);
    } else {
        if (!may_fail)
            fail_msg("%s: %.*s\n  %s", where, SLICE_ARG(sql), e.message);
        assert_true(e.message[0] && e.span.offset >= 0);
        refused++;
    }
    arena_reset(test_arena);
}

/* ---- the conformance cases ---- */

static void check_case(json_t *test, const char *where) {
    bool may_fail =
        json_object_get(test, "expectedException") || json_object_get(test, "expectedError");
    size_t i;
    json_t *text;
    json_array_foreach(json_object_get(test, "statements"), i, text)
        check(slice_make(json_string_value(text), json_string_length(text)), may_fail, where);
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

static void check_sql(const char *path) {
    slice sql = read_file(path);
    size_t next = 0;
    for (;;) {
        parser_piece piece = parser_split(sql, next);
        if (piece.end != PARSER_PIECE_STATEMENT)
            break;
        check(piece.text, false, path);
        next = piece.next;
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

/* ---- the manual ---- */

/* The manual shows grammar in the same kind of block as statements: [optional] and (optional)?
 * parts, <things> and {choices} to fill in, alternatives | and dots for what goes on. */
static bool is_sketch(slice text) {
    static const char *const SIGNS[] = {"...", "[", "<", "{", "|", ")?", "window_expression"};
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (memmem(text.data, text.length, SIGNS[i], strlen(SIGNS[i])))
            return true;
    return false;
}

static slice without_prompt(slice text) {
    slice prompt = SLICE_LITERAL("ksql> ");
    return slice_starts_with(text, prompt)
               ? slice_make(text.data + prompt.length, text.length - prompt.length)
               : text;
}

/* What neither parses nor is a sketch is another database's, what a statement prints, a part of a
 * statement, or a slip of the manual's: a comma forgotten, a typographic quote. */
static void check_block(slice block, const char *path) {
    parser_piece piece = {0};
    while ((piece = parser_split(block, piece.next)).end != PARSER_PIECE_EMPTY) {
        error e;
        slice sql = without_prompt(piece.text), once = canonical(sql, &e);
        if (once.data)
            check_canonical(sql, once, path);
        else if (is_sketch(sql))
            sketches++;
        else
            refused++;
        arena_reset(test_arena);
        if (piece.end == PARSER_PIECE_INCOMPLETE)
            return;
    }
}

/* The blocks between ```sql and ```, of which a line may be indented. */
static void check_page(const char *path) {
    slice page = read_file(path);
    const char *at = page.data, *end = page.data + page.length;
    while ((at = memmem(at, (size_t)(end - at), "```sql", 6))) {
        const char *start = memchr(at, '\n', (size_t)(end - at));
        const char *stop = memmem(start, (size_t)(end - start), "```", 3);
        if (!stop)
            fail_msg("%s: a block has no end", path);
        check_block(slice_make(start, (size_t)(stop - start)), path);
        at = stop + 3;
    }
    memory_free((char *)page.data);
}

static bool walk_pages(const char *folder) {
    DIR *directory = opendir(folder);
    if (!directory)
        return false;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            walk_pages(path);
        else if (slice_ends_with(slice_of(entry->d_name), SLICE_LITERAL(".md")))
            check_page(path);
    }
    closedir(directory);
    return true;
}

static void statements_of_the_manual_survive_the_round_trip(void **state) {
    parsed = refused = sketches = 0;
    if (!walk_pages(MANUAL)) {
        print_message("SKIPPED: the manual is not at " MANUAL "\n");
        skip();
    }
    print_message(
        "%d statements of the manual parsed; skipped: %d sketches of grammar, %d others\n", parsed,
        sketches, refused);
    assert_true(parsed >= MANUAL_STATEMENTS);
}

static void statements_of_the_cases_survive_the_round_trip(void **state) {
    if (!for_each_file(CASES "/query", ".json", check_json)) {
        print_message("SKIPPED: the conformance cases are not at " CASES "\n");
        skip();
    }
    for_each_file(CASES "/rest", ".json", check_json);
    for_each_file(CASES "/sql-tests", ".sql", check_sql);
    print_message(
        "%d statements of the cases parsed, %d refused as they should be\n", parsed, refused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(statements_of_the_cases_survive_the_round_trip),
        parser_unit_test(statements_of_the_manual_survive_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
