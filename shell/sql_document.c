#include "shell/sql_document.h"

static slice rest_of(slice text, size_t from) {
    return slice_make(text.data + from, text.length - from);
}

/* The line at `from` without its end; *next is where the following one starts. */
static slice line_at(slice text, size_t from, size_t *next) {
    size_t end = from;
    while (end < text.length && text.data[end] != '\n')
        end++;
    *next = end < text.length ? end + 1 : end;
    return slice_make(text.data + from, end - from);
}

static bool take_prefix(slice line, const char *prefix, slice *rest) {
    slice trimmed = slice_trim(line), start = slice_of(prefix);
    if (!slice_starts_with(trimmed, start))
        return false;
    *rest = slice_trim(rest_of(trimmed, start.length));
    return true;
}

static void end_test(sql_test *test, slice text, size_t at) {
    test->body.length = (size_t)(text.data + at - test->body.data);
}

void sql_document_read(arena *a, slice text, sql_test **tests, int *count) {
    int capacity = 1, line_number = 0;
    size_t next = 0;
    slice rest;
    for (size_t at = 0; at < text.length; at = next)
        capacity += take_prefix(line_at(text, at, &next), "--@test:", &rest);
    *tests = ARENA_ARRAY(a, sql_test, capacity);
    *count = 0;
    for (size_t at = 0; at < text.length; at = next) {
        slice line = line_at(text, at, &next);
        line_number++;
        sql_test *test = *count ? &(*tests)[*count - 1] : NULL;
        if (take_prefix(line, "--@test:", &rest)) {
            if (test)
                end_test(test, text, at);
            (*tests)[(*count)++] =
                (sql_test){.name = rest, .body = rest_of(text, next), .line = line_number + 1};
        } else if (test && take_prefix(line, "--@expected.error:", &rest))
            test->expected_error = rest;
        else if (test && take_prefix(line, "--@expected.message:", &rest))
            test->expected_message = rest;
    }
}

static bool is_marked(slice line, slice *text, bool *error) {
    *error = take_prefix(line, "--!", text);
    return *error || take_prefix(line, "-->", text);
}

sql_expectation sql_document_expectation(arena *a, slice body, size_t position) {
    sql_expectation found = {0};
    size_t next;
    line_at(body, position, &next); /* the rest of the statement's own line */
    found.start = found.end = next;
    slice text;
    bool error;
    int lines = 0;
    for (size_t at = next; at < body.length && is_marked(line_at(body, at, &next), &text, &error);
         at = next)
        lines++;
    found.rows = ARENA_ARRAY(a, slice, lines + 1);
    for (size_t at = found.start; lines > 0; lines--, at = next) {
        is_marked(line_at(body, at, &next), &text, &error);
        if (error)
            found.error = text;
        else if (text.length)
            found.rows[found.row_count++] = text;
        found.has_rows |= !error;
        found.end = next;
    }
    return found;
}

int sql_document_line(slice body, size_t position) {
    int line = 0;
    for (size_t i = 0; i < position && i < body.length; i++)
        line += body.data[i] == '\n';
    return line;
}
