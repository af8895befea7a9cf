/* json_scan.h - finding the ends of strings and of numbers many bytes at a time. Private to the
 * JSON files.
 *
 * Strings are looked at sixteen bytes at a time (SSE2, which every x86-64 processor has) or eight
 * (others), digits eight at a time. Nothing outside the text is ever read: its last bytes are read
 * together with those before them. JSON_SCAN_PORTABLE chooses what processors without SSE2 run.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_SCAN_H
#define SLUICE_EXECUTOR_FORMAT_JSON_SCAN_H

#if defined(__SSE2__) && !defined(JSON_SCAN_PORTABLE)
#include <emmintrin.h>
#endif

#include "base/slice.h"

#define JSON_BYTES(byte) (0x0101010101010101u * (byte))

/* ---- strings ---- */

/* Bytes that end a run of ordinary text: a quote, a backslash, a control character. */
static inline bool json_is_special(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

#if defined(__SSE2__) && !defined(JSON_SCAN_PORTABLE)

enum { JSON_STEP = 16 };

/* A bit for each byte: which are special, and which are not ASCII. */
static inline uint32_t json_marks(const char *at, uint32_t *high) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    *high = (uint32_t)_mm_movemask_epi8(bytes);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

#else

enum { JSON_STEP = 8 };

/* The high bit of each byte that is zero. */
static inline uint64_t json_zero_bytes(uint64_t word) {
    return ~(((word & JSON_BYTES(0x7F)) + JSON_BYTES(0x7F)) | word | JSON_BYTES(0x7F));
}

/* Gathers the high bits of the bytes, the first byte's in bit 0. */
static inline uint32_t json_gather(uint64_t high_bits) {
    return (uint32_t)((high_bits >> 7) * 0x0102040810204080u >> 56);
}

static inline uint32_t json_marks(const char *at, uint32_t *high) {
    uint64_t word;
    memcpy(&word, at, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    *high = json_gather(word & JSON_BYTES(0x80));
    return json_gather(json_zero_bytes(word & JSON_BYTES(0xE0)) |
                       json_zero_bytes(word ^ JSON_BYTES('"')) |
                       json_zero_bytes(word ^ JSON_BYTES('\\')));
}

#endif

/* The first special byte in at..end, or end. All bytes from `first` on may be read. `beyond_ascii`
 * becomes nonzero when a byte passed is not ASCII. */
static inline const char *json_scan(
    const char *first, const char *at, const char *end, uint32_t *beyond_ascii) {
    uint32_t special, high;
    for (; end - at >= JSON_STEP; at += JSON_STEP) {
        special = json_marks(at, &high);
        if (special) {
            *beyond_ascii |= high & (special ^ (special - 1)) & ~special;
            return at + __builtin_ctz(special);
        }
        *beyond_ascii |= high;
    }
    if (at < end && end - first >= JSON_STEP) {
        int64_t seen = JSON_STEP - (end - at); /* bytes of the last step that were passed before */
        special = json_marks(end - JSON_STEP, &high) >> seen;
        high >>= seen;
        if (special) {
            *beyond_ascii |= high & (special ^ (special - 1)) & ~special;
            return at + __builtin_ctz(special);
        }
        *beyond_ascii |= high;
        return end;
    }
    while (at < end && !json_is_special((unsigned char)*at))
        *beyond_ascii |= (unsigned char)*at++ & 0x80;
    return at;
}

/* ---- digits ---- */

/* The eight bytes at `at`, the first one lowest, zeros behind the end. */
static inline uint64_t json_word(const char *first, const char *at, const char *end) {
    uint64_t word = 0;
    int64_t left = end - at;
    if (left >= 8)
        memcpy(&word, at, 8);
    else if (left > 0 && end - first >= 8)
        memcpy(&word, end - 8, 8);
    else if (left > 0)
        memcpy(&word, at, (size_t)left);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return left < 8 && left > 0 && end - first >= 8 ? word >> 8 * (8 - left) : word;
}

/* How many of the eight bytes are digits before the first one that is not. */
static inline int json_count_digits(uint64_t word) {
    uint64_t values = word ^ JSON_BYTES('0');
    /* Nothing is carried out of a digit, so the first other byte is right. */
    uint64_t other = ((values + JSON_BYTES(0x76)) | values) & JSON_BYTES(0x80);
    return other ? __builtin_ctzll(other) >> 3 : 8;
}

/* The number that the first `count` bytes, 1 to 8 digits, make. */
static inline uint64_t json_digits_value(uint64_t word, int count) {
    uint64_t pairs = (word ^ JSON_BYTES('0')) << 8 * (8 - count); /* with zeros in front */
    pairs = pairs * 10 + (pairs >> 8);
    uint64_t first_and_third = (pairs & 0x000000FF000000FFu) * 0x000F424000000064u;
    uint64_t others = (pairs >> 16 & 0x000000FF000000FFu) * 0x0000271000000001u;
    return (first_and_third + others) >> 32;
}

#endif
