/* varint.h - integers in as many bytes as they need: seven bits a byte, lowest first. */
#ifndef SLUICE_BASE_VARINT_H
#define SLUICE_BASE_VARINT_H

#include "base/buffer.h"

enum { VARINT_MAX_BYTES = 10 };

static inline char *varint_write(char *at, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* The place behind the integer, or NULL when it does not end before `end`. */
static inline const char *varint_read(const char *at, const char *end, uint64_t *value) {
    uint64_t sum = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = (uint8_t)*at++;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = sum;
            return at;
        }
    }
    return NULL;
}

/* Small negative numbers become small too. */
static inline uint64_t zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}
static inline int64_t unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline void varint_append(buffer *out, uint64_t value) {
    char bytes[VARINT_MAX_BYTES];
    buffer_append_bytes(out, bytes, (size_t)(varint_write(bytes, value) - bytes));
}

#endif
