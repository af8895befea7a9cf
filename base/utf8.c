#include "base/utf8.h"

/* Bytes of the well-formed sequence at `at`, or 0; ASCII must have been handled. */
static size_t sequence_length(const unsigned char *at, const unsigned char *end) {
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; bounds of the second */
        unsigned char length;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2},
        {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (*at < forms[i].first || *at > forms[i].last)
            continue;
        if (end - at < forms[i].length || at[1] < forms[i].low || at[1] > forms[i].high)
            return 0;
        for (int byte = 2; byte < forms[i].length; byte++)
            if ((at[byte] & 0xC0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Skips ASCII, eight bytes at a time, then four: keys are often short. */
static const unsigned char *skip_ascii(const unsigned char *at, const unsigned char *end) {
    uint64_t word;
    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if (word & 0x8080808080808080u)
            break;
    }
    uint32_t half;
    if (end - at >= 4) {
        memcpy(&half, at, 4);
        at += half & 0x80808080u ? 0 : 4;
    }
    while (at < end && *at < 0x80)
        at++;
    return at;
}

bool utf8_valid(slice text) {
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.length;
    while ((at = skip_ascii(at, end)) < end) {
        size_t length = sequence_length(at, end);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

void utf8_append_repaired(buffer *out, slice text) {
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.length;
    const unsigned char *good = at;
    while ((at = skip_ascii(at, end)) < end) {
        size_t length = sequence_length(at, end);
        if (length) {
            at += length;
            continue;
        }
        buffer_append_bytes(out, good, (size_t)(at - good));
        buffer_append_text(out, "\xEF\xBF\xBD");
        at++;
        while (at < end && (*at & 0xC0) == 0x80)
            at++;
        good = at;
    }
    buffer_append_bytes(out, good, (size_t)(end - good));
}

size_t utf8_write(char *to, uint32_t code_point) {
    if (code_point < 0x80) {
        to[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        to[0] = (char)(0xC0 | code_point >> 6);
        to[1] = (char)(0x80 | (code_point & 63));
        return 2;
    }
    if (code_point < 0x10000) {
        to[0] = (char)(0xE0 | code_point >> 12);
        to[1] = (char)(0x80 | (code_point >> 6 & 63));
        to[2] = (char)(0x80 | (code_point & 63));
        return 3;
    }
    to[0] = (char)(0xF0 | code_point >> 18);
    to[1] = (char)(0x80 | (code_point >> 12 & 63));
    to[2] = (char)(0x80 | (code_point >> 6 & 63));
    to[3] = (char)(0x80 | (code_point & 63));
    return 4;
}

bool utf8_is_one(slice text, uint32_t *code_point) {
    static const unsigned char head_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *code_point = 0;
    if (text.length < 1 || text.length > 4 || !utf8_valid(text))
        return false;
    *code_point = (unsigned char)text.data[0] & head_bits[text.length];
    for (size_t i = 1; i < text.length; i++) {
        if ((text.data[i] & 0xC0) != 0x80)
            return false; /* the next character */
        *code_point = *code_point << 6 | ((unsigned char)text.data[i] & 0x3F);
    }
    return true;
}
