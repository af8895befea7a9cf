#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_append(buffer *out, slice bytes) {
    buffer_reserve(out, (bytes.length + 2) / 3 * 4);
    char *to = out->data + out->length;
    const unsigned char *from = (const unsigned char *)bytes.data;
    size_t left = bytes.length;
    for (; left >= 3; left -= 3, from += 3, to += 4) {
        uint32_t group = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
        for (int i = 0; i < 4; i++)
            to[i] = alphabet[group >> (18 - 6 * i) & 63];
    }
    if (left) {
        uint32_t group = (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0);
        to[0] = alphabet[group >> 18];
        to[1] = alphabet[group >> 12 & 63];
        to[2] = left == 2 ? alphabet[group >> 6 & 63] : '=';
        to[3] = '=';
        to += 4;
    }
    out->length = (size_t)(to - out->data);
}

static int digit_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

bool base64_decode(slice text, char *to, size_t *length) {
    size_t padding = 0, count = 0;
    while (padding < 2 && text.length && text.data[text.length - 1] == '=') {
        text.length--;
        padding++;
    }
    if (text.length % 4 == 1 || (padding && (text.length + padding) % 4 != 0))
        return false;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = digit_of(text.data[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[count++] = (char)(bits >> held & 255);
        }
    }
    *length = count;
    return true;
}
