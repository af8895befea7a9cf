/* packed.h - plain values in few bytes: small numbers, flags and what lies between them are mostly
 * zeros. Eight bytes become one that says how many of them are not zeros at the end, and these.
 * What is a whole number and nothing else is a varint (varint.h); here a DOUBLE, too, takes a byte
 * more at most, and nobody has to know what stands where. */
#ifndef SLUICE_BASE_PACKED_H
#define SLUICE_BASE_PACKED_H

#include "base/buffer.h"

enum { PACKED_WORD = 8 };

/* `length` bytes take an eighth more at most. */
static inline void packed_append(buffer *out, const void *values, size_t length) {
    size_t most = (length + PACKED_WORD - 1) / PACKED_WORD * (PACKED_WORD + 1);
    if (out->capacity - out->length < most)
        buffer_reserve(out, most);
    char *at = out->data + out->length;
    for (size_t from = 0; from < length; from += PACKED_WORD) {
        uint64_t word = 0;
        size_t left = length - from;
        memcpy(&word, (const char *)values + from, left < PACKED_WORD ? left : PACKED_WORD);
        int used = word ? PACKED_WORD - __builtin_clzll(word) / 8 : 0;
        *at = (char)used;
        memcpy(at + 1, &word, PACKED_WORD);
        at += 1 + used;
    }
    out->length = (size_t)(at - out->data);
}

/* Takes that many bytes off the front of what was packed; false when they are not there. */
static inline bool packed_take(slice *packed, void *values, size_t length) {
    const char *at = packed->data, *end = at + packed->length;
    for (size_t to = 0; to < length; to += PACKED_WORD) {
        if (at == end || (uint8_t)*at > PACKED_WORD || end - at - 1 < *at)
            return false;
        int used = *at++;
        uint64_t word = 0;
        if (end - at >= PACKED_WORD) {
            memcpy(&word, at, PACKED_WORD);
            word &= used ? UINT64_MAX >> (PACKED_WORD - used) * 8 : 0;
        } else
            memcpy(&word, at, (size_t)used);
        at += used;
        size_t left = length - to;
        memcpy((char *)values + to, &word, left < PACKED_WORD ? left : PACKED_WORD);
    }
    *packed = slice_make(at, (size_t)(end - at));
    return true;
}

#endif
