/* The reader's place and complaints, brackets, and strings. Numbers are in json_number.c, scalar
 * values in json_value.c, arrays, maps and objects in json_nested.c.
 *
 * Each read_* function starts at the first byte of its value and leaves `at` behind it.
 */
#include "executor/format/json_reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/number.h"
#include "base/utf8.h"
#include "executor/format/json_token.h"

/* ---- place and complaints ---- */

void json_reader_start(json_reader *r, slice text) {
    if (text.length >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = slice_make(text.data + 3, text.length - 3); /* a byte order mark */
    r->start = r->at = text.data;
    r->end = text.data + text.length;
    r->depth = 0;
    r->path[0] = r->message[0] = 0;
}

void json_reader_finish(json_reader *r) {
    buffer_free(&r->scratch);
}

bool json_fail(json_reader *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->message, sizeof r->message, format, arguments);
    va_end(arguments);
    return false;
}

/* Paths that grow too long lose their end. */
static void prepend_path(json_reader *r, const char *step) {
    size_t added = strlen(step), kept = strlen(r->path), room = sizeof r->path - 1;
    if (added > room)
        added = room;
    if (kept > room - added)
        kept = room - added;
    memmove(r->path + added, r->path, kept);
    memcpy(r->path, step, added);
    r->path[added + kept] = 0;
}

void json_fail_in_field(json_reader *r, slice name) {
    char step[80];
    snprintf(step, sizeof step, ".%.*s", (int)(name.length < 70 ? name.length : 70), name.data);
    prepend_path(r, step);
}

void json_fail_in_element(json_reader *r, int64_t index) {
    char step[32];
    snprintf(step, sizeof step, "[%lld]", (long long)index);
    prepend_path(r, step);
}

void json_reader_complaint(const json_reader *r, buffer *out) {
    buffer_format(out, "%s at $%s (byte %lld)", r->message, r->path, (long long)(r->at - r->start));
}

/* ---- between values ---- */

int json_peek(json_reader *r) {
    r->at = json_skip_space(r, r->at);
    return r->at < r->end ? (unsigned char)*r->at : -1;
}

bool json_take_null(json_reader *r) {
    if (r->end - r->at < 4 || memcmp(r->at, "null", 4) != 0)
        return false;
    r->at += 4;
    return true;
}

bool json_enter(json_reader *r) {
    r->at++;
    if (++r->depth > JSON_MAX_DEPTH)
        return json_fail(r, "values are nested more than %d deep", JSON_MAX_DEPTH);
    r->at = json_skip_space(r, r->at);
    return true;
}

bool json_read_end(json_reader *r) {
    if (r->at == r->end || json_is_space(*r->at) || r->at[-1] == '}' || r->at[-1] == ']' ||
        r->at[-1] == '"')
        return true;
    return json_fail_here(r, "the end");
}

/* ---- strings ---- */

static bool read_hex(json_reader *r, const char *at, uint32_t *value) {
    if (r->end - at < 4)
        return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = number_hex_digit(at[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

/* \uXXXX, or two of them for a surrogate pair; `at` is behind the u. A surrogate without its
 * other half becomes U+FFFD. Gives the bytes read, 0 for bad digits. */
static size_t read_unicode_escape(json_reader *r, const char *at, uint32_t *code_point) {
    uint32_t low;
    if (!read_hex(r, at, code_point))
        return 0;
    if (*code_point < 0xD800 || *code_point > 0xDFFF)
        return 4;
    bool pair = *code_point < 0xDC00 && r->end - at >= 10 && at[4] == '\\' && at[5] == 'u' &&
                read_hex(r, at + 6, &low) && low >= 0xDC00 && low <= 0xDFFF;
    if (!pair) {
        *code_point = 0xFFFD;
        return 4;
    }
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

static bool append_escape(json_reader *r, buffer *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    r->at++;
    if (r->at >= r->end)
        return json_fail_here(r, "an escape");
    if (*r->at == 'u') {
        uint32_t code_point;
        size_t read = read_unicode_escape(r, r->at + 1, &code_point);
        if (!read)
            return json_fail(r, "\\u without four hexadecimal digits");
        r->at += 1 + read;
        buffer_reserve(out, 4);
        out->length += utf8_write(out->data + out->length, code_point);
        return true;
    }
    const char *found = *r->at ? strchr(from, *r->at) : NULL;
    if (!found)
        return json_fail_here(r, "an escape");
    r->at++;
    buffer_append_byte(out, to[found - from]);
    return true;
}

/* The rest of a string with escapes, into the scratch memory; `from` is its first byte. */
static bool read_escaped(json_reader *r, const char *from, uint32_t *beyond_ascii) {
    buffer *out = &r->scratch;
    buffer_clear(out);
    buffer_append_bytes(out, from, (size_t)(r->at - from));
    for (;;) {
        if (r->at >= r->end || (unsigned char)*r->at < 0x20)
            return json_fail_here(r, "the end of a string");
        if (*r->at == '"')
            return true;
        if (!append_escape(r, out))
            return false;
        const char *run = r->at;
        r->at = json_scan(r->start, run, r->end, beyond_ascii);
        buffer_append_bytes(out, run, (size_t)(r->at - run));
    }
}

bool json_read_string(json_reader *r, slice *text) {
    uint32_t beyond_ascii = 0;
    const char *from = r->at + 1;
    r->at = json_scan(r->start, from, r->end, &beyond_ascii);
    if (r->at < r->end && *r->at == '"') {
        *text = slice_make(from, (size_t)(r->at - from));
    } else {
        if (!read_escaped(r, from, &beyond_ascii))
            return false;
        *text = buffer_slice(&r->scratch);
    }
    if (beyond_ascii && !utf8_valid(*text))
        return json_fail(r, "a string that is not UTF-8");
    r->at++;
    return true;
}
