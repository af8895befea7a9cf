/* Cuts the text into words, quoted texts, comments and the rest, and gives each its color. */
#include "shell/highlight.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser/parser.h"

static const char KEYWORD[] = "1;34", FUNCTION[] = "36", TYPE[] = "35", TEXT[] = "32",
                  NUMBER[] = "33", COMMENT[] = "90", VARIABLE[] = "1;33", WRONG[] = "31",
                  PLACE[] = "1;31", HINT[] = "36";

bool highlight_wanted(void) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(none && none[0]) && terminal && strcmp(terminal, "dumb") != 0;
}

static void append_colored(buffer *out, const char *color, slice text) {
    if (color && text.length)
        buffer_format(out, "\033[%sm", color);
    buffer_append(out, text);
    if (color && text.length)
        buffer_append_text(out, "\033[0m");
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word_byte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' ||
           (c & 0x80);
}

/* ---- words ---- */

static bool is_type(slice word) {
    static const char *const types[] = {"ARRAY", "BIGINT", "BOOLEAN", "BYTES", "DATE", "DECIMAL",
        "DOUBLE", "INT", "INTEGER", "MAP", "STRING", "STRUCT", "TIME", "TIMESTAMP", "VARCHAR"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_is_ignore_case(word, types[i]))
            return true;
    return false;
}

static bool is_keyword(slice word) {
    for (int i = 0; parser_keyword_at(i); i++)
        if (slice_is_ignore_case(word, parser_keyword_at(i)->text))
            return true;
    return false;
}

/* `next` is the character behind the word. */
static const char *color_of_word(slice word, char next) {
    if (is_digit(word.data[0]))
        return NUMBER;
    if (is_type(word))
        return TYPE;
    if (is_keyword(word))
        return KEYWORD;
    return next == '(' ? FUNCTION : NULL;
}

/* ---- pieces: each gives the place behind it ---- */

/* Where `what` stands at or after `from`; the text's length when it does not. */
static size_t find(slice text, size_t from, const char *what) {
    const char *at = from < text.length
                         ? memmem(text.data + from, text.length - from, what, strlen(what))
                         : NULL;
    return at ? (size_t)(at - text.data) : text.length;
}

/* The place behind it, or the text's end. */
static size_t find_end(slice text, size_t from, const char *what) {
    size_t at = find(text, from, what);
    return at < text.length ? at + strlen(what) : at;
}

static bool begins(slice text, size_t at, const char *what) {
    size_t length = strlen(what);
    return text.length - at >= length && memcmp(text.data + at, what, length) == 0;
}

static size_t word_end(slice text, size_t at) {
    bool number = is_digit(text.data[at]);
    while (at < text.length && (is_word_byte(text.data[at]) || (number && text.data[at] == '.')))
        at++;
    return at;
}

/* From inside of a quoted text; variables stand out there too. */
static size_t append_quoted(
    buffer *out, slice text, size_t at, size_t inside, char quote, highlight_state *state) {
    size_t close = find(text, inside, (const char[]){quote, 0});
    size_t end = close < text.length ? close + 1 : close;
    slice quoted = slice_make(text.data, end);
    state->quote = close < text.length ? 0 : quote;
    while (at < end) {
        size_t variable = find(quoted, at, "${"), behind = find_end(quoted, variable, "}");
        append_colored(out, quote == '\'' ? TEXT : NULL, slice_make(text.data + at, variable - at));
        append_colored(out, VARIABLE, slice_make(text.data + variable, behind - variable));
        at = behind;
    }
    return end;
}

static size_t append_piece(buffer *out, slice text, size_t at, highlight_state *state) {
    size_t end = at + 1;
    const char *color = NULL;
    if (state->quote)
        return append_quoted(out, text, at, at, state->quote, state);
    if (state->comment || begins(text, at, "/*")) {
        size_t inside = state->comment ? at : at + 2;
        state->comment = find(text, inside, "*/") == text.length;
        end = find_end(text, inside, "*/");
        color = COMMENT;
    } else if (begins(text, at, "--")) {
        end = find(text, at, "\n");
        color = COMMENT;
    } else if (begins(text, at, "${")) {
        end = find_end(text, at, "}");
        color = VARIABLE;
    } else if (text.data[at] == '\'' || text.data[at] == '`') {
        return append_quoted(out, text, at, at + 1, text.data[at], state);
    } else if (is_word_byte(text.data[at])) {
        end = word_end(text, at);
        color = color_of_word(
            slice_make(text.data + at, end - at), end < text.length ? text.data[end] : 0);
    }
    append_colored(out, color, slice_make(text.data + at, end - at));
    return end;
}

void highlight_append(buffer *out, slice text, highlight_state *state) {
    for (size_t at = 0; at < text.length;)
        at = append_piece(out, text, at, state);
}

void highlight_sql(buffer *out, slice text, bool on) {
    highlight_state state = {0};
    if (on)
        highlight_append(out, text, &state);
    else
        buffer_append(out, text);
}

/* ---- errors ---- */

static bool points(slice line) {
    line = slice_trim(line);
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] != '^' && line.data[i] != '~')
            return false;
    return line.length > 0;
}

static slice line_at(slice text, size_t at) {
    at = at < text.length ? at : text.length;
    return slice_make(text.data + at, find(text, at, "\n") - at);
}

void highlight_error(buffer *out, slice text) {
    bool first = true;
    for (size_t at = 0; at < text.length;) {
        slice line = line_at(text, at);
        size_t next = at + line.length + 1;
        if (first)
            append_colored(out, WRONG, line);
        else if (points(line))
            append_colored(out, PLACE, line);
        else if (slice_starts_with(slice_trim(line), SLICE_LITERAL("hint:")))
            append_colored(out, HINT, line);
        else
            highlight_sql(out, line, points(line_at(text, next)));
        if (next <= text.length)
            buffer_append_byte(out, '\n');
        first = false;
        at = next;
    }
}
