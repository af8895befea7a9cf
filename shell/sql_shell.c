#include "shell/sql_shell.h"

#include "base/clock.h"
#include "base/memory.h"
#include "parser/parser.h"
#include "shell/commands.h"

enum { SCRIPT_DEPTH_MOST = 10 };

void sql_shell_complain(const sql_shell *s, int line, slice message) {
    buffer text = {0};
    if (s->source)
        buffer_format(&text, "%s:%d: ", s->source, line);
    buffer_append(&text, message);
    output_error((output *)&s->output, buffer_slice(&text));
    buffer_free(&text);
}

/* ---- what the shell keeps itself ---- */

static slice literal_text(const ast_literal *value) {
    if (value->kind == AST_LITERAL_BOOLEAN)
        return value->boolean ? SLICE_LITERAL("true") : SLICE_LITERAL("false");
    return value->text.data ? value->text : SLICE_LITERAL("");
}

static bool speaks_flink(const sql_shell *s) {
    slice dialect = property_list_get(&s->properties, SLICE_LITERAL("sluice.sql.dialect"));
    return property_dialect(dialect) == PARSER_FLINK;
}

static bool set_property(sql_shell *s, slice text, const ast_statement *statement, int line) {
    const ast_property *property = &statement->property;
    slice value = literal_text(&property->value);
    if (!sql_request_check(s, text, line))
        return false;
    property_list_set(&s->properties, property_plain_name(property->name.text), value);
    output_messagef(&s->output,
        "Successfully changed local property '%.*s' to '%.*s'. Use the %s command to revert "
        "your change.",
        SLICE_ARG(property->name.text), SLICE_ARG(value), speaks_flink(s) ? "RESET" : "UNSET");
    return true;
}

/* RESET of the Flink dialect, of one property or of all; the dialect stays. */
static bool reset_properties(sql_shell *s, const ast_statement *statement) {
    slice name = statement->property.name.text;
    if (name.length) {
        property_list_set(&s->properties, property_plain_name(name), (slice){NULL, 0});
        output_messagef(&s->output, "'%.*s' is back at its default.", SLICE_ARG(name));
        return true;
    }
    for (int i = s->properties.count - 1; i >= 0; i--)
        if (strcmp(s->properties.items[i].name, "sluice.sql.dialect") != 0)
            property_list_set(
                &s->properties, slice_of(s->properties.items[i].name), (slice){NULL, 0});
    output_messagef(&s->output, "All properties are back at their defaults.");
    return true;
}

static bool unset_property(sql_shell *s, const ast_statement *statement, int line) {
    slice name = property_plain_name(statement->property.name.text);
    slice old = property_list_get(&s->properties, name);
    if (!old.data) {
        buffer text = {0};
        buffer_format(&text, "Cannot unset '%.*s': it has not been set.", SLICE_ARG(name));
        sql_shell_complain(s, line, buffer_slice(&text));
        buffer_free(&text);
        return false;
    }
    output_messagef(&s->output, "Successfully unset local property '%.*s' (value was '%.*s').",
        SLICE_ARG(name), SLICE_ARG(old));
    property_list_set(&s->properties, name, (slice){NULL, 0});
    return true;
}

static bool define_variable(sql_shell *s, const ast_statement *statement) {
    slice name = statement->property.name.text;
    if (statement->kind == AST_STATEMENT_DEFINE)
        property_list_set(&s->variables, name, literal_text(&statement->property.value));
    else if (property_list_get(&s->variables, name).data)
        property_list_set(&s->variables, name, (slice){NULL, 0});
    else
        output_messagef(&s->output, "There was no variable '%.*s'.", SLICE_ARG(name));
    return true;
}

static bool run_script(sql_shell *s, const ast_statement *statement, int line) {
    if (s->script_depth == SCRIPT_DEPTH_MOST) {
        sql_shell_complain(s, line, SLICE_LITERAL("Scripts run each other too deep."));
        return false;
    }
    char *path = memory_copy_text(statement->run_script.path);
    bool ok = sql_shell_run_file(s, path);
    memory_free(path);
    return ok;
}

/* ---- one statement ---- */

static bool find_variable(void *context, slice name, slice *value) {
    const sql_shell *s = context;
    *value = property_list_get(&s->variables, name);
    return value->data != NULL;
}

/* NULL when it cannot be read here: then the server judges it. */
static const ast_statement *understand(sql_shell *s, arena *a, slice text) {
    error ignored = {0};
    slice filled;
    if (!parser_substitute(a, text, find_variable, s, &filled, &ignored))
        return NULL;
    slice dialect = property_list_get(&s->properties, SLICE_LITERAL("sluice.sql.dialect"));
    return parser_parse_statement_in(a, property_dialect(dialect), filled, &ignored);
}

static slice first_word(slice text) {
    size_t end = 0;
    while (end < text.length && ((text.data[end] | 32) >= 'a' && (text.data[end] | 32) <= 'z'))
        end++;
    return slice_make(text.data, end);
}

static bool looks_like_query(slice text) {
    slice word = first_word(text);
    return slice_is_ignore_case(word, "SELECT") || slice_is_ignore_case(word, "PRINT") ||
           slice_is_ignore_case(word, "WITH");
}

/* A query that ends by itself. In the Flink dialect a SELECT without EMIT goes on. */
static bool is_bounded(const sql_shell *s, const ast_statement *statement) {
    slice dialect = property_list_get(&s->properties, SLICE_LITERAL("sluice.sql.dialect"));
    return statement->kind == AST_STATEMENT_QUERY && statement->query->emit == AST_EMIT_NONE &&
           !slice_is_ignore_case(dialect, "flink");
}

static bool dispatch(sql_shell *s, slice text, const ast_statement *statement, int line) {
    if (!statement)
        return looks_like_query(text) ? sql_request_query(s, text, true, line)
                                      : sql_request_statement(s, text, line);
    switch (statement->kind) {
    case AST_STATEMENT_SET:
        return set_property(s, text, statement, line);
    case AST_STATEMENT_UNSET:
        if (statement->dialect == PARSER_FLINK)
            return reset_properties(s, statement);
        return unset_property(s, statement, line);
    case AST_STATEMENT_DEFINE:
    case AST_STATEMENT_UNDEFINE:
        return define_variable(s, statement);
    case AST_STATEMENT_RUN_SCRIPT:
        return run_script(s, statement, line);
    case AST_STATEMENT_QUERY:
    case AST_STATEMENT_FLINK_QUERY:
    case AST_STATEMENT_PRINT:
        return sql_request_query(s, text, is_bounded(s, statement), line);
    default:
        return sql_request_statement(s, text, line);
    }
}

bool sql_shell_execute(sql_shell *s, slice statement, int line) {
    bool ok = true;
    if (local_command(s, statement, &ok))
        return ok;
    int64_t began_ns = clock_monotonic_ns();
    buffer_clear(&s->last_statement);
    buffer_append(&s->last_statement, statement);
    arena *a = arena_create();
    s->sent++;
    ok = dispatch(s, statement, understand(s, a, statement), line);
    arena_destroy(a);
    if (s->timing)
        output_messagef(
            &s->output, "Time: %.3f ms", (double)(clock_monotonic_ns() - began_ns) / 1e6);
    return ok;
}

/* ---- lines ---- */

static int lines_in(slice text) {
    int count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == '\n';
    return count;
}

void sql_input_clear(sql_input *input) {
    input->line += lines_in(buffer_slice(&input->pending));
    buffer_clear(&input->pending);
    input->open_string = false;
}

static int line_of(const sql_input *input, slice text) {
    return input->line + 1 +
           lines_in(slice_make(input->pending.data, (size_t)(text.data - input->pending.data)));
}

/* With its semicolon. */
static void remember(sql_shell *s, const sql_input *input, const parser_piece *piece) {
    const char *end = input->pending.data + piece->next;
    if (s->editor)
        line_editor_remember(
            s->editor, slice_make(piece->text.data, (size_t)(end - piece->text.data)));
}

static int count_statements(slice text) {
    int count = 0;
    size_t at = 0;
    for (parser_piece piece; (piece = parser_split(text, at)).end != PARSER_PIECE_EMPTY;) {
        count++;
        at = piece.next;
        if (piece.end == PARSER_PIECE_INCOMPLETE)
            break;
    }
    return count;
}

/* [3/12] CREATE STREAM ... */
static void show_progress(sql_shell *s, sql_input *input, slice statement) {
    enum { WIDTH_MOST = 70 };
    if (!input->statements)
        return;
    const char *end = memchr(statement.data, '\n', statement.length);
    slice line = end ? slice_make(statement.data, (size_t)(end - statement.data)) : statement;
    arena *a = arena_create();
    output_progress(&s->output, arena_format(a, "[%d/%d] %.*s", ++input->done, input->statements,
                                    SLICE_ARG(text_cut(a, line, WIDTH_MOST))));
    arena_destroy(a);
}

/* Executes the complete statements of what is pending and keeps the rest. */
static bool execute_pending(sql_shell *s, sql_input *input, bool is_end) {
    size_t at = 0;
    bool ok = true;
    while (ok && !s->exiting) {
        parser_piece piece = parser_split(buffer_slice(&input->pending), at);
        input->open_string = piece.open_string || piece.open_comment;
        if (piece.end == PARSER_PIECE_INCOMPLETE && !is_end)
            break;
        at = piece.next;
        if (piece.end == PARSER_PIECE_EMPTY)
            break;
        remember(s, input, &piece);
        show_progress(s, input, piece.text);
        ok = sql_shell_execute(s, piece.text, line_of(input, piece.text));
        if (piece.end == PARSER_PIECE_INCOMPLETE)
            break;
    }
    input->line += lines_in(slice_make(input->pending.data, at));
    if (at)
        memmove(input->pending.data, input->pending.data + at, input->pending.length - at);
    input->pending.length -= at;
    return ok;
}

/* A command of the shell's own on a line by itself, which needs no semicolon. */
static bool feed_command(sql_shell *s, slice line, bool *ok) {
    slice text = slice_trim(line);
    if (text.length && text.data[text.length - 1] == ';')
        text = slice_trim(slice_make(text.data, text.length - 1));
    if (!text.length || memchr(text.data, ';', text.length) || !local_command(s, text, ok))
        return false;
    if (s->editor)
        line_editor_remember(s->editor, line);
    return true;
}

bool sql_shell_feed(sql_shell *s, sql_input *input, slice line) {
    bool ok = true;
    if (!slice_trim(buffer_slice(&input->pending)).length && feed_command(s, line, &ok)) {
        input->line++;
        return ok;
    }
    buffer_append(&input->pending, line);
    buffer_append_byte(&input->pending, '\n');
    ok = execute_pending(s, input, false);
    if (!ok || !slice_trim(buffer_slice(&input->pending)).length)
        sql_input_clear(input); /* what stood behind a statement that failed is given up */
    return ok;
}

bool sql_shell_feed_end(sql_shell *s, sql_input *input) {
    bool ok = execute_pending(s, input, true);
    buffer_free(&input->pending);
    return ok;
}

/* ---- scripts ---- */

bool sql_shell_run_text(sql_shell *s, slice text, const char *source) {
    const char *outer = s->source;
    line_editor *editor = s->editor;
    sql_input input = {0};
    s->source = source;
    s->editor = NULL; /* a script's statements are not in the history */
    s->script_depth++;
    buffer_append(&input.pending, text);
    if (source)
        input.statements = count_statements(text);
    bool ok = execute_pending(s, &input, true);
    output_progress(&s->output, SLICE_LITERAL(""));
    buffer_free(&input.pending);
    s->script_depth--;
    s->editor = editor;
    s->source = outer;
    return ok;
}

bool sql_shell_run_file(sql_shell *s, const char *path) {
    arena *a = arena_create();
    slice text;
    bool ok = read_file_or_complain(a, path, &text) &&
              sql_shell_run_text(s, text, strcmp(path, "-") == 0 ? "standard input" : path);
    arena_destroy(a);
    return ok;
}
