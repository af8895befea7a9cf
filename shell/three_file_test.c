#include "shell/three_file_test.h"

#include <stdio.h>

#include "parser/parser.h"
#include "server/json_out.h"
#include "shell/commands.h"

static void append_statements(buffer *out, slice sql) {
    json_name(out, "statements");
    json_open(out, '[');
    for (size_t at = 0;;) {
        parser_piece piece = parser_split(sql, at);
        if (piece.end == PARSER_PIECE_EMPTY)
            break;
        json_text(out, piece.text);
        if (piece.end == PARSER_PIECE_INCOMPLETE)
            break;
        at = piece.next;
    }
    json_shut(out, ']');
}

/* The array called `name` of a JSON file, as it is written there. */
static bool append_records(arena *a, buffer *out, const char *name, const char *path) {
    slice text;
    error e = {0};
    if (!read_file_or_complain(a, path, &text))
        return false;
    const json_node *records = json_tree_member(json_tree_read(a, text, &e), name);
    if (!records || records->kind != JSON_KIND_ARRAY) {
        fprintf(stderr, "sluice test: %s: %s\n", path,
            error_is_set(&e) ? e.message : "the array of records is missing");
        return false;
    }
    json_name(out, name);
    json_raw(out, records->text);
    return true;
}

const json_node *three_file_test_read(
    arena *a, const char *statements, const char *input, const char *output) {
    slice sql;
    error e = {0};
    buffer text = {0};
    if (!read_file_or_complain(a, statements, &sql))
        return NULL;
    json_open(&text, '{');
    json_text_member(&text, "name", slice_of(statements));
    append_statements(&text, sql);
    bool ok = (!input || append_records(a, &text, "inputs", input)) &&
              append_records(a, &text, "outputs", output);
    json_shut(&text, '}');
    const json_node *test = ok ? json_tree_read(a, arena_copy(a, buffer_slice(&text)), &e) : NULL;
    buffer_free(&text);
    return test;
}
