#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static bool set_list(
    error *e, error_code code, source_span span, const char *format, va_list arguments) {
    if (e->code != ERROR_NONE)
        return false;
    e->code = code;
    e->span = span;
    e->detail[0] = e->hint[0] = 0;
    vsnprintf(e->message, sizeof e->message, format, arguments);
    return false;
}

bool error_set(error *e, error_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_list(e, code, SPAN_NONE, format, arguments);
    va_end(arguments);
    return false;
}

bool error_at(error *e, error_code code, source_span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_list(e, code, span, format, arguments);
    va_end(arguments);
    return false;
}

bool error_detail(error *e, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->detail, sizeof e->detail, format, arguments);
    va_end(arguments);
    return false;
}

bool error_hint(error *e, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->hint, sizeof e->hint, format, arguments);
    va_end(arguments);
    return false;
}

void error_clear(error *e) {
    e->code = ERROR_NONE;
    e->span = SPAN_NONE;
    e->message[0] = e->detail[0] = e->hint[0] = 0;
}

static void render_caret(source_span span, slice sql, buffer *out) {
    size_t at = (size_t)span.offset < sql.length ? (size_t)span.offset : sql.length;
    size_t start = at, end = at, line = 1;
    for (size_t i = 0; i < at; i++)
        line += sql.data[i] == '\n';
    while (start > 0 && sql.data[start - 1] != '\n')
        start--;
    while (end < sql.length && sql.data[end] != '\n')
        end++;
    buffer_format(out, "\n  line %zu, column %zu:\n  %.*s\n  ", line, at - start + 1,
        (int)(end - start), sql.data + start);
    for (size_t i = start; i < at; i++)
        buffer_append_byte(out, sql.data[i] == '\t' ? '\t' : ' ');
    buffer_append_byte(out, '^');
    for (int32_t i = 1; i < span.length && at + (size_t)i < end; i++)
        buffer_append_byte(out, '~');
}

void error_render(const error *e, slice sql, buffer *out) {
    buffer_append_text(out, e->message);
    if (e->span.offset >= 0 && sql.data)
        render_caret(e->span, sql, out);
    if (e->detail[0])
        buffer_format(out, "\n  detail: %s", e->detail);
    if (e->hint[0])
        buffer_format(out, "\n  hint: %s", e->hint);
}
