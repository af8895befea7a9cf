#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

void buffer_free(buffer *b) {
    memory_free(b->data);
    *b = (buffer){0};
}

void buffer_reserve(buffer *b, size_t bytes) {
    if (b->capacity - b->length >= bytes)
        return;
    size_t capacity = b->capacity ? b->capacity * 2 : 64;
    while (capacity - b->length < bytes)
        capacity *= 2;
    b->data = memory_resize(b->data, capacity);
    b->capacity = capacity;
}

void buffer_append(buffer *b, slice bytes) {
    if (bytes.length == 0)
        return;
    buffer_reserve(b, bytes.length);
    memcpy(b->data + b->length, bytes.data, bytes.length);
    b->length += bytes.length;
}

void buffer_format(buffer *b, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    buffer_reserve(b, (size_t)length + 1);
    vsnprintf(b->data + b->length, (size_t)length + 1, format, arguments);
    b->length += (size_t)length;
    va_end(arguments);
}

void buffer_append_json_string(buffer *b, slice text) {
    static const char hex[] = "0123456789abcdef";
    buffer_reserve(b, text.length + 2);
    buffer_append_byte(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(b, slice_make(text.data + from, i - from));
        from = i + 1;
        buffer_append_byte(b, '\\');
        switch (c) {
        case '"':
        case '\\':
            buffer_append_byte(b, (char)c);
            break;
        case '\n':
            buffer_append_byte(b, 'n');
            break;
        case '\r':
            buffer_append_byte(b, 'r');
            break;
        case '\t':
            buffer_append_byte(b, 't');
            break;
        case '\b':
            buffer_append_byte(b, 'b');
            break;
        case '\f':
            buffer_append_byte(b, 'f');
            break;
        default:
            buffer_append_text(b, "u00");
            buffer_append_byte(b, hex[c >> 4]);
            buffer_append_byte(b, hex[c & 15]);
        }
    }
    buffer_append(b, slice_make(text.data + from, text.length - from));
    buffer_append_byte(b, '"');
}
