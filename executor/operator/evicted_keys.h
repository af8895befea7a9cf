/* evicted_keys.h - which keys an operator may have in its store only: a Bloom filter of a megabyte.
 *
 * An operator that keeps the newest of its state in memory would have to ask its store for every
 * key that it has not seen lately, and most of these are new. The filter is made when something
 * leaves memory for the first time; a store that had entries when it was opened has it not, and any
 * key may be there.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_EVICTED_KEYS_H
#define SLUICE_EXECUTOR_OPERATOR_EVICTED_KEYS_H

#include "base/bloom_filter.h"

enum { EVICTED_KEYS_CAPACITY = 1 << 20 };

/* All zero: nothing is in the store only. */
typedef struct evicted_keys {
    bool any;
    bloom_filter *keys; /* NULL, with `any`: any key may be */
} evicted_keys;

/* What is in the store of a query that starts is in nobody's memory. */
static inline void evicted_keys_open(evicted_keys *k, bool store_has_entries) {
    *k = (evicted_keys){.any = store_has_entries};
}

static inline void evicted_keys_close(evicted_keys *k) {
    bloom_filter_destroy(k->keys);
    *k = (evicted_keys){0};
}

/* Before keys leave. */
static inline void evicted_keys_begin(evicted_keys *k) {
    if (!k->any)
        k->keys = bloom_filter_create(EVICTED_KEYS_CAPACITY);
    k->any = true;
}

static inline void evicted_keys_note(evicted_keys *k, uint64_t hash) {
    if (k->keys)
        bloom_filter_add(k->keys, hash);
}

static inline bool evicted_keys_may_have(const evicted_keys *k, uint64_t hash) {
    return k->keys ? bloom_filter_may_have(k->keys, hash) : k->any;
}

#endif
