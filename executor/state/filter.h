/* filter.h - a Bloom filter: tells of most keys that are not in a store that they are not. Private
 * to executor/state.
 *
 * A key that was added is always found; of others one in about forty. One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_STATE_FILTER_H
#define SLUICE_EXECUTOR_STATE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct filter {
    uint64_t *blocks; /* of 512 bits: a cache line */
    uint64_t block_count;
    int64_t count, capacity; /* of keys; added again they hardly count */
} filter;

/* For so many keys: eight bits each. */
filter *filter_create(int64_t capacity);
void filter_destroy(filter *f); /* NULL is allowed */
/* By the hash of the key. */
void filter_add(filter *f, uint64_t hash);
bool filter_may_have(const filter *f, uint64_t hash);

#endif
