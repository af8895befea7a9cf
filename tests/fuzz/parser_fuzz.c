/* parser_fuzz.c - whatever the text, the parser neither crashes nor contradicts itself.
 *
 * What is checked beside memory safety: a refusal has a message; a statement that parses prints to
 * a text that parses, and that prints to itself; the pieces a text is cut into cover every
 * statement.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parser/ast_format.h"
#include "parser/lexer.h"
#include "parser/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what, slice text) {
    if (condition)
        return;
    fprintf(stderr, "%s:\n%.*s\n", what, SLICE_ARG(text));
    abort();
}

static bool lookup(void *context, slice name, slice *value) {
    *value = name;
    return name.length % 2 == 0;
}

static void check_round_trip(arena *a, const ast_statement *statement) {
    error e;
    slice once = ast_format_statement(a, statement);
    ast_statement *again = parser_parse_statement_in(a, statement->dialect, once, &e);
    /* Printing adds parentheses, and the grammar's stack is what bounds those. */
    require(again || e.code == ERROR_LIMIT, e.message, once);
    if (again)
        require(slice_equal(ast_format_statement(a, again), once), "prints differently", once);
}

static void check_script(arena *a, parser_dialect dialect, slice text) {
    error e;
    ast_script script;
    if (!parser_parse_script_in(a, dialect, text, &script, &e)) {
        require(e.code != ERROR_NONE && e.message[0], "refused without a message", text);
        return;
    }
    for (int i = 0; i < script.count; i++)
        check_round_trip(a, script.items[i]);
    int pieces = 0;
    parser_piece piece = {0};
    do {
        piece = parser_split(text, piece.next);
        pieces += piece.end != PARSER_PIECE_EMPTY;
    } while (piece.end == PARSER_PIECE_STATEMENT);
    require(pieces == script.count, "is cut differently than it parses", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    error e;
    arena *a = arena_create();
    /* A copy of its own size, so that reading past the end is seen. */
    char *copy = memory_allocate(size);
    memcpy(copy, data, size);
    slice text = slice_make(copy, size), substituted;
    ast_column_list columns;
    check_script(a, PARSER_KSQL, text);
    check_script(a, PARSER_FLINK, text);
    parser_substitute(a, text, lookup, NULL, &substituted, &e);
    parser_parse_schema(a, text, &columns, &e);
    parser_parse_type(a, text, &e);
    parser_parse_expression(a, text, &e);
    parser_parse_type_in(a, PARSER_FLINK, text, &e);
    parser_parse_expression_in(a, PARSER_FLINK, text, &e);
    memory_free(copy);
    arena_destroy(a);
    return 0;
}
