/* evicted_keys.h - which keys an operator may have in its store only: a Bloom filter of a megabyte.
 *
 * An operator that keeps the newest of its state in memory would have to ask its store for every
 * key that it has not seen lately, and most of these are new. The filter is made when something
 * leaves memory for the first time; a store that had entries when it was opened has it not, and any
 * key may be there.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_EVICTED_KEYS_H
#define SLUICE_EXECUTOR_OPERATOR_EVICTED_KEYS_H

#include "base/memory.h"

enum { EVICTED_KEYS_BITS = 23 };

/* All zero: nothing is in the store only. */
typedef struct evicted_keys {
    bool any;
    uint64_t *bits; /* NULL, with `any`: any key may be */
} evicted_keys;

/* What is in the store of a query that starts is in nobody's memory. */
static inline void evicted_keys_open(evicted_keys *k, bool store_has_entries) {
    *k = (evicted_keys){.any = store_has_entries};
}

static inline void evicted_keys_close(evicted_keys *k) {
    memory_free(k->bits);
    *k = (evicted_keys){0};
}

static inline uint64_t evicted_keys_bit(uint64_t hash, int which) {
    uint64_t mixed = hash * UINT64_C(0x9E3779B97F4A7C15);
    return (which ? mixed >> 20 : mixed >> 41) & ((UINT64_C(1) << EVICTED_KEYS_BITS) - 1);
}

/* Before keys leave. */
static inline void evicted_keys_begin(evicted_keys *k) {
    if (!k->any)
        k->bits = memory_allocate_zero((size_t)1 << (EVICTED_KEYS_BITS - 3));
    k->any = true;
}

static inline void evicted_keys_note(evicted_keys *k, uint64_t hash) {
    for (int i = 0; k->bits && i < 2; i++) {
        uint64_t bit = evicted_keys_bit(hash, i);
        k->bits[bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
}

static inline bool evicted_keys_may_have(const evicted_keys *k, uint64_t hash) {
    if (!k->any || !k->bits)
        return k->any;
    for (int i = 0; i < 2; i++) {
        uint64_t bit = evicted_keys_bit(hash, i);
        if (!(k->bits[bit >> 6] >> (bit & 63) & 1))
            return false;
    }
    return true;
}

#endif
