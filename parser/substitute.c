/* What is done to a text before it is parsed: cutting it into statements, and putting the values of
 * variables into it. Both look at tokens only. */
#include <ctype.h>

#include "parser/grammar.h"
#include "parser/lexer.h"
#include "parser/parser.h"

/* ---- cutting ---- */

static bool starts_with(const token *first, int count, const char *const *words, int expected) {
    if (count < expected)
        return false;
    for (int i = 0; i < expected; i++)
        if (!slice_is_ignore_case(first[i].text, words[i]))
            return false;
    return true;
}

/* EXECUTE STATEMENT SET BEGIN ...; ...; END of the Flink dialect holds statements, semicolons
 * included; EXPLAIN may go without EXECUTE. No statement of ksqlDB starts with these words. */
static bool opens_set(const token *first, int count) {
    static const char *const EXECUTE[] = {"EXECUTE", "STATEMENT", "SET", "BEGIN"};
    static const char *const BEGIN[] = {"BEGIN", "STATEMENT", "SET"};
    return starts_with(first, count, EXECUTE, 4) || starts_with(first, count, EXECUTE + 1, 3) ||
           starts_with(first, count, BEGIN, 3);
}

/* What may stand before a set that is explained. */
static bool is_of_explain(slice word) {
    static const char *const WORDS[] = {"EXPLAIN", "PLAN", "FOR", "ANALYZE", "CHANGELOG_MODE",
        "ESTIMATED_COST", "JSON_EXECUTION_PLAN", "PLAN_ADVICE", ","};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (slice_is_ignore_case(word, WORDS[i]))
            return true;
    return false;
}

void statement_extent_add(statement_extent *x, const token *t) {
    if (t->code == TOKEN_END) {
        x->ended = true;
    } else if (t->code == TK_SEMICOLON) {
        x->ended = x->saw_end || !opens_set(x->first, x->count);
        x->after_semicolon = true;
    } else {
        if (x->count < 4 && (x->count > 0 || !is_of_explain(t->text)))
            x->first[x->count++] = *t;
        x->saw_end = x->after_semicolon && slice_is_ignore_case(t->text, "END");
        x->after_semicolon = false;
    }
}

/* Behind the last token there are comments only; a hint of Flink's is one of them. */
static size_t end_with_hints(slice sql, size_t last, size_t end) {
    static const char HINT[] = "/*+";
    while (end > last && memchr(" \t\r\n", sql.data[end - 1], 4))
        end--;
    bool has_hint = end - last >= 5 && memmem(sql.data + last, end - last, HINT, 3) &&
                    memcmp(sql.data + end - 2, "*/", 2) == 0;
    return has_hint ? end : last;
}

parser_piece parser_split(slice sql, size_t start) {
    lexer l = {.sql = sql, .position = start};
    statement_extent extent = {0};
    token t = lexer_next(&l);
    while (t.code == TK_SEMICOLON)
        t = lexer_next(&l);
    size_t first = (size_t)t.offset, last = first;
    parser_piece piece = {.end = PARSER_PIECE_EMPTY};
    for (statement_extent_add(&extent, &t); !extent.ended; statement_extent_add(&extent, &t)) {
        last = (size_t)t.offset + t.text.length;
        piece.end = PARSER_PIECE_INCOMPLETE;
        piece.open_string |= t.code == TOKEN_OPEN_STRING || t.code == TOKEN_OPEN_NAME;
        piece.open_comment |= t.code == TOKEN_OPEN_COMMENT;
        t = lexer_next(&l);
    }
    if (t.code == TK_SEMICOLON)
        piece.end = PARSER_PIECE_STATEMENT;
    if (piece.end != PARSER_PIECE_EMPTY)
        last = end_with_hints(sql, last, (size_t)t.offset);
    piece.text = slice_make(sql.data ? sql.data + first : "", last - first);
    piece.next = l.position;
    return piece;
}

/* ---- substituting ---- */

typedef struct substitution {
    slice sql;
    parser_variable_lookup *lookup;
    void *context;
    buffer out;
    error *error;
} substitution;

/* The length of the ${name} at the start of the text, or 0. */
static size_t reference_length(slice text) {
    if (text.length < 4 || text.data[0] != '$' || text.data[1] != '{')
        return 0;
    size_t i = 2;
    while (i < text.length && (isalnum((unsigned char)text.data[i]) || text.data[i] == '_'))
        i++;
    bool named = i > 2 && !isdigit((unsigned char)text.data[2]);
    return named && i < text.length && text.data[i] == '}' ? i + 1 : 0;
}

static slice reference_name(slice reference) {
    return slice_make(reference.data + 2, reference.length - 3);
}

static void append_doubling(buffer *out, slice value, char quote) {
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == quote)
            buffer_append_byte(out, quote);
        buffer_append_byte(out, value.data[i]);
    }
}

static slice rest_of(slice text, size_t start) {
    return slice_make(text.data + start, text.length - start);
}

/* A string or quoted name. */
static void substitute_quoted(substitution *s, slice text) {
    char quote = text.data[0];
    size_t i = 0;
    while (i < text.length) {
        bool escaped = text.data[i] == '$' && reference_length(rest_of(text, i + 1));
        size_t length = reference_length(rest_of(text, escaped ? i + 1 : i));
        slice reference = slice_make(text.data + i + escaped, length), value;
        if (!length)
            buffer_append_byte(&s->out, text.data[i++]);
        else if (!escaped && s->lookup(s->context, reference_name(reference), &value))
            append_doubling(&s->out, value, quote);
        else
            buffer_append(&s->out, reference);
        if (length)
            i += escaped + length;
    }
}

static void substitute_bare(substitution *s, const token *t) {
    slice value, name = reference_name(t->text);
    if (s->lookup(s->context, name, &value)) {
        buffer_append(&s->out, value);
        return;
    }
    error_at(s->error, ERROR_NOT_FOUND, (source_span){t->offset, (int32_t)t->text.length},
        "There is no variable called %.*s", SLICE_ARG(name));
    error_hint(s->error, "Define it first: DEFINE %.*s = 'value';", SLICE_ARG(name));
}

/* Whether the token is a lone $ in front of a variable: $${name}. */
static bool escapes_variable(const token *t, slice sql) {
    size_t behind = (size_t)t->offset + t->text.length;
    return t->code == TOKEN_UNKNOWN && slice_is(t->text, "$") &&
           reference_length(rest_of(sql, behind)) > 0;
}

static void substitute_all(substitution *s) {
    lexer l = {.sql = s->sql};
    size_t copied = 0;
    for (token t = lexer_next(&l); t.code != TOKEN_END; t = lexer_next(&l)) {
        size_t start = (size_t)t.offset;
        buffer_append(&s->out, slice_make(s->sql.data + copied, start - copied));
        copied = start + t.text.length;
        char first = t.text.data[0];
        if (t.code == TOKEN_VARIABLE) {
            substitute_bare(s, &t);
        } else if (escapes_variable(&t, s->sql)) {
            t = lexer_next(&l);
            copied += t.text.length;
            buffer_append(&s->out, t.text);
        } else if (first == '\'' || first == '`' || first == '"') {
            substitute_quoted(s, t.text);
        } else {
            buffer_append(&s->out, t.text);
        }
    }
    buffer_append(&s->out, rest_of(s->sql, copied));
}

static bool mentions_variables(slice sql) {
    for (size_t i = 0; i + 1 < sql.length; i++)
        if (sql.data[i] == '$' && sql.data[i + 1] == '{')
            return true;
    return false;
}

bool parser_substitute(
    arena *a, slice sql, parser_variable_lookup *lookup, void *context, slice *out, error *e) {
    error_clear(e);
    *out = sql;
    if (!mentions_variables(sql))
        return true;
    substitution s = {.sql = sql, .lookup = lookup, .context = context, .error = e};
    substitute_all(&s);
    *out = arena_copy(a, buffer_slice(&s.out));
    buffer_free(&s.out);
    return !error_is_set(e);
}
