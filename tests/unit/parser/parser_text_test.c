/* What is done with a text before it is parsed: cutting, variables, words. */
#include "parser_testing.h"

/* ---- parser_split ---- */

static void a_text_is_cut_at_its_semicolons(void **state) {
    slice sql = slice_of("SHOW STREAMS; -- one;\n SELECT ';' FROM `a;b` /* ; */;;  garbage ( [ ;");
    parser_piece piece = parser_split(sql, 0);
    assert_int_equal(piece.end, PARSER_PIECE_STATEMENT);
    assert_slice(piece.text, "SHOW STREAMS");
    piece = parser_split(sql, piece.next);
    assert_slice(piece.text, "SELECT ';' FROM `a;b`");
    piece = parser_split(sql, piece.next);
    assert_slice(piece.text, "garbage ( [");
    piece = parser_split(sql, piece.next);
    assert_int_equal(piece.end, PARSER_PIECE_EMPTY);
}

static void a_shell_asks_for_more_while_a_statement_is_incomplete(void **state) {
    assert_int_equal(parser_split(slice_of("SELECT a"), 0).end, PARSER_PIECE_INCOMPLETE);
    parser_piece piece = parser_split(slice_of("SELECT 'a; "), 0);
    assert_int_equal(piece.end, PARSER_PIECE_INCOMPLETE);
    assert_true(piece.open_string);
    piece = parser_split(slice_of("SELECT /* a; "), 0);
    assert_int_equal(piece.end, PARSER_PIECE_INCOMPLETE);
    assert_true(piece.open_comment);
    assert_int_equal(parser_split(slice_of("  -- a;"), 0).end, PARSER_PIECE_EMPTY);
    assert_int_equal(parser_split(slice_of(""), 0).end, PARSER_PIECE_EMPTY);
    assert_int_equal(parser_split(slice_of(NULL), 0).end, PARSER_PIECE_EMPTY);
}

/* ---- parser_substitute ---- */

static bool lookup(void *context, slice name, slice *value) {
    if (slice_is(name, "format"))
        *value = slice_of("JSON");
    else if (slice_is(name, "quote"))
        *value = slice_of("a'b`c");
    else
        return false;
    return true;
}

static void assert_substituted(const char *sql, const char *expected) {
    slice out;
    error e;
    assert_true(parser_substitute(test_arena, slice_of(sql), lookup, NULL, &out, &e));
    assert_slice(out, expected);
}

static void variables_are_replaced_in_and_outside_of_strings(void **state) {
    assert_substituted("a ${format} '${format}' `x${format}y`", "a JSON 'JSON' `xJSONy`");
    assert_substituted("${format}_x", "JSON_x");
    assert_substituted("nothing to do", "nothing to do");
}

static void a_value_cannot_end_the_string_it_is_put_into(void **state) {
    assert_substituted("'${quote}'", "'a''b`c'");
    assert_substituted("`${quote}`", "`a'b``c`");
    assert_substituted("${quote}", "a'b`c");
}

static void two_dollars_keep_the_reference(void **state) {
    assert_substituted("'$${format}' $${format} '$$'", "'${format}' ${format} '$$'");
}

static void comments_and_unknown_variables_in_strings_stay(void **state) {
    assert_substituted("a -- ${format}\n/* ${format} */ b", "a -- ${format}\n/* ${format} */ b");
    assert_substituted("'${unknown}' '${' '${}' '${1}'", "'${unknown}' '${' '${}' '${1}'");
}

static void an_unknown_variable_is_an_error_at_its_place(void **state) {
    slice out;
    error e;
    assert_false(
        parser_substitute(test_arena, slice_of("SELECT ${a} FROM s"), lookup, NULL, &out, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_int_equal(e.span.offset, 7);
    assert_string_equal(e.message, "There is no variable called a");
}

/* ---- words ---- */

/* Whether the word is taken as a column, a source, an alias and a function's name. */
static bool is_usable_as_name(const char *word) {
    error e;
    slice sql =
        arena_format(test_arena, "SELECT %s, %s + 1 AS %s FROM %s WHERE a", word, word, word, word);
    return parser_parse_statement(test_arena, sql, &e) != NULL;
}

static void keywords_are_sorted_and_reserved_as_they_say(void **state) {
    const parser_keyword *last = NULL, *keyword;
    for (int i = 0; (keyword = parser_keyword_at(i)); i++) {
        assert_true(!last || strcmp(last->text, keyword->text) < 0);
        if (is_usable_as_name(keyword->text) == keyword->reserved)
            fail_msg("%s is %sreserved", keyword->text, keyword->reserved ? "not " : "");
        last = keyword;
    }
    assert_non_null(last);
}

static void names_are_quoted_when_they_must_be(void **state) {
    assert_false(parser_name_needs_quotes(slice_of("FOO_1")));
    assert_false(parser_name_needs_quotes(slice_of("ID")));
    assert_true(parser_name_needs_quotes(slice_of("foo")));
    assert_true(parser_name_needs_quotes(slice_of("1A")));
    assert_true(parser_name_needs_quotes(slice_of("A-B")));
    assert_true(parser_name_needs_quotes(slice_of("SELECT")));
    assert_true(parser_name_needs_quotes(slice_of("")));
    assert_slice(ast_format_name(test_arena, slice_of("a`b")), "`a``b`");
    assert_slice(ast_format_string(test_arena, slice_of("a'b")), "'a''b'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(a_text_is_cut_at_its_semicolons),
        parser_unit_test(a_shell_asks_for_more_while_a_statement_is_incomplete),
        parser_unit_test(variables_are_replaced_in_and_outside_of_strings),
        parser_unit_test(a_value_cannot_end_the_string_it_is_put_into),
        parser_unit_test(two_dollars_keep_the_reference),
        parser_unit_test(comments_and_unknown_variables_in_strings_stay),
        parser_unit_test(an_unknown_variable_is_an_error_at_its_place),
        parser_unit_test(keywords_are_sorted_and_reserved_as_they_say),
        parser_unit_test(names_are_quoted_when_they_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
