/* Bytes are looked at once; ASCII texts need no decoding because every byte is a unit. */
#include "executor/function/text.h"

int64_t text_units(slice text) {
    int64_t units = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        units += (byte & 0xC0) != 0x80;
        units += byte >= 0xF0;
    }
    return units;
}

size_t text_offset(slice text, int64_t unit) {
    size_t at = 0;
    while (at < text.length && unit > 0) {
        size_t bytes = text_character_bytes(text, at);
        unit -= bytes == 4 ? 2 : 1;
        at += bytes;
    }
    return at;
}

uint32_t text_code_point(slice text, size_t *bytes) {
    unsigned char first = (unsigned char)*text.data;
    size_t length = text_character_bytes(text, 0);
    *bytes = length;
    uint32_t code_point = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | ((unsigned char)text.data[i] & 0x3F);
    return code_point;
}

int64_t text_find(slice text, slice wanted, size_t from) {
    if (from > text.length)
        return -1;
    if (wanted.length == 0)
        return (int64_t)from;
    const char *found = memmem(text.data + from, text.length - from, wanted.data, wanted.length);
    return found ? found - text.data : -1;
}
