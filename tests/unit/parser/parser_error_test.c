/* What is refused, and with which words: a message must say where, what, and what to do instead. */
#include "base/memory.h"
#include "parser_testing.h"

static error refused(const char *sql) {
    error e;
    if (parser_parse_statement(test_arena, slice_of(sql), &e))
        fail_msg("parsed, but should not have: %s", sql);
    return e;
}

/* The statement is refused at `place` (its first occurrence) with that message and hint. */
static void assert_refused(
    const char *sql, const char *place, const char *message, const char *hint) {
    error e = refused(sql);
    assert_int_equal(e.code, ERROR_SYNTAX);
    assert_string_equal(e.message, message);
    assert_string_equal(e.hint, hint);
    assert_int_equal(e.span.offset, strstr(sql, place) - sql);
}

static void a_misspelt_keyword_is_guessed(void **state) {
    assert_refused("SELCT * FROM t", "SELCT",
        "Unexpected SELCT: expected a statement such as SELECT, CREATE or INSERT",
        "Did you mean SELECT instead of SELCT?");
    assert_refused("SELECT * FORM t", "FORM", "Unexpected FORM: expected FROM or ','",
        "Did you mean FROM instead of FORM?");
    assert_refused("CREATE STEAM s (a INT)", "STEAM",
        "Unexpected STEAM: expected OR, TYPE, TABLE, STREAM, SOURCE or SINK",
        "Did you mean STREAM instead of STEAM?");
    assert_refused("SELECT a FROM s EMIT CHAGNES", "CHAGNES",
        "Unexpected CHAGNES: expected FINAL or CHANGES",
        "Did you mean CHANGES instead of CHAGNES?");
}

static void a_misspelt_keyword_that_passed_for_an_alias_is_guessed_too(void **state) {
    assert_refused("SELECT a FORM t", "t", "Unexpected t: expected FROM or ','",
        "Did you mean FROM instead of FORM?");
}

static void a_reserved_word_as_a_name_wants_quotes(void **state) {
    assert_refused("CREATE STREAM s (from INT)", "from", "Unexpected from: expected a name",
        "from is a reserved word; to use it as a name write `from`");
}

static void a_statement_that_ends_too_early(void **state) {
    error e = refused("SELECT a FROM s WHERE  ;");
    assert_string_equal(e.message, "The statement ends too early: expected an expression");
    assert_int_equal(e.span.offset, 21); /* right behind WHERE */
    e = refused("");
    assert_string_equal(e.message,
        "The statement ends too early: expected a statement such as SELECT, CREATE or INSERT");
}

static void text_behind_the_statement(void **state) {
    error e = refused("SHOW STREAMS; SHOW TABLES;");
    assert_string_equal(e.message, "Unexpected text behind the end of the statement");
    assert_int_equal(e.span.offset, 14);
}

static void text_that_never_ends(void **state) {
    assert_refused(
        "SELECT 'abc FROM s", "'abc", "The string that starts here has no closing quote", "");
    assert_refused(
        "SELECT `abc FROM s", "`abc", "The quoted name that starts here has no closing quote", "");
    assert_refused(
        "SELECT /* abc FROM s", "/*", "The comment that starts here has no closing */", "");
}

static void characters_without_meaning(void **state) {
    assert_refused("SELECT a # b FROM s", "#", "The character # has no meaning here", "");
    assert_refused(
        "SELECT \xc3\xa4 FROM s", "\xc3\xa4", "The character \xc3\xa4 has no meaning here", "");
}

static void durations(void **state) {
    assert_refused("SELECT 1 FROM s WINDOW TUMBLING (SIZE 5 MINUTS)", "MINUTS",
        "MINUTS is not a unit for a duration",
        "Use MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS or WEEKS.");
    assert_refused("SELECT 1 FROM s WINDOW SESSION (1 MONTH)", "MONTH",
        "MONTH is not a unit for a duration",
        "Use MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS or WEEKS.");
    assert_refused("SELECT 1 FROM s WINDOW SESSION (9000000000000000000 DAYS)",
        "9000000000000000000 DAYS", "The duration is too long", "");
    assert_refused(
        "SELECT 1 FROM s WINDOW SESSION (1 DAY, GRACE PERIOD 1 DAY, GRACE PERIOD 2 DAYS)",
        "GRACE PERIOD 2", "GRACE is given twice", "");
}

static void types(void **state) {
    assert_refused("CREATE STREAM s (a DECIMAL)", "DECIMAL",
        "DECIMAL needs a precision and a scale",
        "Write DECIMAL(precision, scale), for example DECIMAL(10, 2).");
    assert_refused(
        "CREATE STREAM s (a INT(3))", "INT(3)", "The type INT takes no numbers in parentheses", "");
    assert_refused("CREATE STREAM s (a MAP<STRING, NULL>)", "NULL",
        "Unexpected NULL: expected a type",
        "NULL is a reserved word; to use it as a name write `NULL`");
}

static void create_as_takes_no_columns(void **state) {
    assert_refused("CREATE STREAM s (a INT) AS SELECT * FROM t", "a INT",
        "CREATE STREAM ... AS SELECT takes its columns from the query",
        "Leave the column list out; name the columns with AS in the SELECT.");
    assert_refused("CREATE SOURCE TABLE s AS SELECT * FROM t", "CREATE",
        "CREATE SOURCE TABLE reads a topic and cannot be made AS SELECT", "");
}

static void small_refusals(void **state) {
    refused("SELECT * FROM s WHERE a IN ()");
    refused("SELECT * FROM s PARTITION BY a AND b");
    refused("SELECT * FROM s GROUP BY a, (b, c)");
    refused("SELECT * FROM s LIMIT -1");
    refused("SELECT * FROM s LIMIT 2.5");
    refused("SELECT * FROM f(x)");
    refused("SELECT a = b = c FROM s");
    refused("SELECT `` FROM s");
    refused("EXPLAIN EXPLAIN SHOW STREAMS");
    refused("INSERT INTO s VALUES");
    refused("CREATE STREAM s ()");
    refused("CREATE STREAM s (a INT) WITH ()");
    refused("SET a.b = 'c'");
    refused("SELECT ${x} FROM s");
}

/* ---- depth ---- */

static const char *repeated(const char *head, const char *part, int count, const char *tail) {
    buffer text = {0};
    buffer_append_text(&text, head);
    for (int i = 0; i < count; i++)
        buffer_append_text(&text, part);
    buffer_append_text(&text, tail);
    slice copy = arena_copy(test_arena, buffer_slice(&text));
    buffer_free(&text);
    return copy.data;
}

static void assert_too_deep(const char *head, const char *part, const char *tail) {
    error e = refused(repeated(head, part, 20000, tail));
    assert_int_equal(e.code, ERROR_LIMIT);
    assert_string_equal(e.message, "The statement is nested too deeply");
    assert_true(e.span.offset >= (int32_t)strlen(head) && e.hint[0]);
}

static void nesting_has_a_limit(void **state) {
    assert_too_deep("SELECT ", "(", "1 FROM s");
    assert_too_deep("SELECT ", "f(a, x => ", "1 FROM s");
}

static void chains_have_a_limit(void **state) {
    assert_too_deep("SELECT 1 ", "+ 1 ", "FROM s");
    assert_too_deep("SELECT a ", "|| a ", "FROM s");
    assert_too_deep("SELECT ", "1 + (", "1 FROM s");
    assert_too_deep("SELECT 1 FROM s WHERE ", "NOT ", "a");
    assert_too_deep("SELECT ", "f(", "1 FROM s");
    assert_too_deep("SELECT ", "- ", "a FROM s");
    assert_too_deep("SELECT ", "CASE WHEN ", "a FROM s");
    assert_too_deep("SELECT a", "[1]", " FROM s");
    assert_too_deep("SELECT a", "->b", " FROM s");
    assert_too_deep("CREATE STREAM s (a ", "ARRAY<", "INT)");
}

static void what_is_within_the_limit_parses(void **state) {
    error e;
    const char *chain = repeated("1", " + 1", PARSER_CHAIN_LIMIT, "");
    assert_non_null(parser_parse_expression(test_arena, slice_of(chain), &e));
    const char *longer = repeated("1", " + 1", PARSER_CHAIN_LIMIT + 1, "");
    assert_null(parser_parse_expression(test_arena, slice_of(longer), &e));
    const char *nested = repeated("", "NOT ", PARSER_DEPTH_LIMIT, "a");
    assert_non_null(parser_parse_expression(test_arena, slice_of(nested), &e));
    const char *list = repeated("a IN (1", ", 1", 10000, ")");
    assert_non_null(parser_parse_expression(test_arena, slice_of(list), &e));
}

/* As a person sees it, a chain is flat: it may be as long as it likes. */
static void conditions_may_go_on_and_on(void **state) {
    const char *chain = repeated("a = 1", " OR a = 2 AND b", 20000, "");
    slice once = ast_format_expression(test_arena, expression(chain));
    slice twice = ast_format_expression(test_arena, expression(once.data));
    assert_true(slice_equal(once, twice));
}

static void an_error_shows_its_line(void **state) {
    const char *sql = "SELECT *\nFORM t";
    error e = refused(sql);
    buffer text = {0};
    error_render(&e, slice_of(sql), &text);
    assert_slice(buffer_slice(&text), "Unexpected FORM: expected FROM or ','\n"
                                      "  line 2, column 1:\n"
                                      "  FORM t\n"
                                      "  ^~~~\n"
                                      "  hint: Did you mean FROM instead of FORM?");
    buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(a_misspelt_keyword_is_guessed),
        parser_unit_test(a_misspelt_keyword_that_passed_for_an_alias_is_guessed_too),
        parser_unit_test(a_reserved_word_as_a_name_wants_quotes),
        parser_unit_test(a_statement_that_ends_too_early),
        parser_unit_test(text_behind_the_statement),
        parser_unit_test(text_that_never_ends),
        parser_unit_test(characters_without_meaning),
        parser_unit_test(durations),
        parser_unit_test(types),
        parser_unit_test(create_as_takes_no_columns),
        parser_unit_test(small_refusals),
        parser_unit_test(nesting_has_a_limit),
        parser_unit_test(chains_have_a_limit),
        parser_unit_test(what_is_within_the_limit_parses),
        parser_unit_test(conditions_may_go_on_and_on),
        parser_unit_test(an_error_shows_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
