/* join_pack.h - rows of a windowed join, packed: those of one key within one slice of time stand
 * one behind the other, in the order of time, those of the same time as they came. In memory and in
 * the store alike, so that saving is copying.
 *
 * A row is: its time since the slice's start, its length (varints), its bytes.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_JOIN_PACK_H
#define SLUICE_EXECUTOR_OPERATOR_JOIN_PACK_H

#include "base/varint.h"

/* Time since the start of the slice that the time is in. */
static inline uint64_t join_pack_since(int64_t time_ms, int64_t slice_ms) {
    int64_t since = time_ms % slice_ms;
    return (uint64_t)(since < 0 ? since + slice_ms : since);
}

static inline size_t join_pack_varint_bytes(uint64_t value) {
    return value < 0x80 ? 1 : (size_t)(70 - __builtin_clzll(value)) / 7;
}

static inline size_t join_pack_row_bytes(uint64_t since, size_t length) {
    return join_pack_varint_bytes(since) + join_pack_varint_bytes(length) + length;
}

/* Writes a row; there is room for join_pack_row_bytes. */
static inline void join_pack_write(char *to, uint64_t since, slice row) {
    to = varint_write(to, since);
    to = varint_write(to, row.length);
    if (row.length)
        memcpy(to, row.data, row.length);
}

/* The row at `at` of a pack that ends at `end`; returns the place of the next one, NULL when the
 * bytes are damaged. */
static inline const char *join_pack_read(
    const char *at, const char *end, uint64_t *since, slice *row) {
    uint64_t length;
    at = varint_read(at, end, since);
    at = at ? varint_read(at, end, &length) : NULL;
    if (!at || length > (uint64_t)(end - at))
        return NULL;
    *row = slice_make(at, (size_t)length);
    return at + length;
}

#endif
