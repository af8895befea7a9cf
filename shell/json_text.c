#include "shell/json_text.h"

#include "base/number.h"
#include "base/utf8.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_blanks(slice text, size_t at) {
    while (at < text.length && is_blank(text.data[at]))
        at++;
    return at;
}

static size_t skip_string(slice text, size_t at) {
    for (at++; at < text.length && text.data[at] != '"'; at++)
        if (text.data[at] == '\\')
            at++;
    return at < text.length ? at + 1 : text.length;
}

/* From the first to behind the last byte of a value. */
static size_t skip_value(slice text, size_t at) {
    int depth = 0;
    while (at < text.length) {
        char c = text.data[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (!depth)
                return at;
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth)
            depth--;
        else if (!depth && (c == ',' || c == '}' || c == ']' || is_blank(c)))
            return at;
        at++;
        if (!depth && (c == '}' || c == ']'))
            return at;
    }
    return at;
}

/* The value at *at, and behind it to the next element's place. */
static slice take_value(slice text, size_t *at) {
    size_t start = skip_blanks(text, *at), end = skip_value(text, start);
    *at = skip_blanks(text, end);
    return slice_make(text.data + start, end - start);
}

slice json_text_find(slice object, const char *name) {
    size_t at = skip_blanks(object, 0);
    if (at == object.length || object.data[at] != '{')
        return (slice){NULL, 0};
    at = skip_blanks(object, at + 1);
    while (at < object.length && object.data[at] == '"') {
        slice key = take_value(object, &at);
        if (at == object.length || object.data[at] != ':')
            break;
        at++;
        slice value = take_value(object, &at);
        if (key.length >= 2 && slice_is(slice_make(key.data + 1, key.length - 2), name))
            return value;
        if (at < object.length && object.data[at] == ',')
            at = skip_blanks(object, at + 1);
    }
    return (slice){NULL, 0};
}

bool json_text_next(slice array, size_t *at, slice *element) {
    size_t i = skip_blanks(array, *at);
    if (i == array.length || (array.data[i] != '[' && array.data[i] != ','))
        return false;
    i = skip_blanks(array, i + 1);
    if (i == array.length || array.data[i] == ']')
        return false;
    *element = take_value(array, &i);
    *at = i;
    return true;
}

/* ---- strings ---- */

static uint32_t read_hex(slice text, size_t at) {
    uint32_t value = 0;
    for (size_t i = at; i < at + 4 && i < text.length; i++) {
        int digit = number_hex_digit(text.data[i]);
        value = value << 4 | (uint32_t)(digit < 0 ? 0 : digit);
    }
    return value;
}

/* \uXXXX at `at` (the 'u'), with its second half where it is a pair; gives the bytes taken. */
static size_t append_code(buffer *out, slice text, size_t at) {
    uint32_t code = read_hex(text, at + 1);
    size_t taken = 5;
    if (code >= 0xD800 && code < 0xDC00 && at + 10 < text.length && text.data[at + 5] == '\\') {
        code = 0x10000 + ((code - 0xD800) << 10) + (read_hex(text, at + 7) & 0x3FF);
        taken = 11;
    }
    char bytes[4];
    buffer_append_bytes(out, bytes, utf8_write(bytes, code));
    return taken;
}

void json_text_append_plain(buffer *out, slice value) {
    static const char escapes[] = "n\nt\tr\rb\bf\f";
    if (value.length < 2 || value.data[0] != '"') {
        buffer_append(out, value);
        return;
    }
    slice text = slice_make(value.data + 1, value.length - 2);
    for (size_t i = 0; i < text.length;) {
        if (text.data[i] != '\\' || i + 1 == text.length) {
            buffer_append_byte(out, text.data[i++]);
            continue;
        }
        char c = text.data[++i];
        if (c == 'u') {
            i += append_code(out, text, i);
            continue;
        }
        const char *escape = c ? strchr("ntrbf", c) : NULL;
        buffer_append_byte(out, escape ? strchr(escapes, c)[1] : c);
        i++;
    }
}

/* ---- splitting ---- */

static void follow(json_splitter *s, char c) {
    if (s->in_string) {
        if (s->escaped)
            s->escaped = false;
        else if (c == '\\')
            s->escaped = true;
        else if (c == '"')
            s->in_string = false;
        return;
    }
    if (c == '"')
        s->in_string = true;
    else if (c == '{' || (c == '[' && s->depth))
        s->depth++;
    else if ((c == '}' || c == ']') && s->depth)
        s->depth--;
}

bool json_splitter_take(
    json_splitter *s, slice bytes, bool (*found)(void *context, slice object), void *context) {
    for (size_t i = 0; i < bytes.length; i++) {
        bool inside = s->depth > 0;
        follow(s, bytes.data[i]);
        if (!inside && !s->depth) { /* brackets and commas between objects */
            s->in_string = false;
            continue;
        }
        buffer_append_byte(&s->object, bytes.data[i]);
        if (s->depth)
            continue;
        bool more = found(context, buffer_slice(&s->object));
        buffer_clear(&s->object);
        if (!more)
            return false;
    }
    return true;
}
