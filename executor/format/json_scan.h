/* json_scan.h - finding the end of strings eight bytes at a time. Private to the JSON files.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_SCAN_H
#define SLUICE_EXECUTOR_FORMAT_JSON_SCAN_H

#include "base/slice.h"

#define JSON_BYTES(byte) (0x0101010101010101u * (byte))

/* The high bit of each byte that is zero (and perhaps of bytes behind the first such one). */
static inline uint64_t json_zero_bytes(uint64_t word) {
    return (word - JSON_BYTES(0x01)) & ~word & JSON_BYTES(0x80);
}

/* Marks the bytes that end a run of ordinary text: a quote, a backslash, a control character. */
static inline uint64_t json_special_bytes(uint64_t word) {
    uint64_t control = (word - JSON_BYTES(0x20)) & ~word & JSON_BYTES(0x80);
    return control | json_zero_bytes(word ^ JSON_BYTES('"')) |
           json_zero_bytes(word ^ JSON_BYTES('\\'));
}

static inline bool json_is_special(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

/* The first special byte in at..end, or end. `seen` gathers the bits of all bytes passed, so that
 * its high bits tell whether the run was ASCII. */
static inline const char *json_scan(const char *at, const char *end, uint64_t *seen) {
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t special = json_special_bytes(word);
        if (special) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            int index = __builtin_ctzll(special) >> 3;
            if (index)
                *seen |= word & (~UINT64_C(0) >> (64 - 8 * index));
            return at + index;
#else
            break;
#endif
        }
        *seen |= word;
        at += 8;
    }
    while (at < end && !json_is_special((unsigned char)*at))
        *seen |= (unsigned char)*at++;
    return at;
}

static inline bool json_seen_ascii(uint64_t seen) {
    return !(seen & JSON_BYTES(0x80));
}

#endif
