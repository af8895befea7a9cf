/* bloom_filter.h - a set of keys that may err: it tells of most keys that were not added that they
 * were not. All bits of a key are in one cache line (Putze, Sanders, Singler: "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007).
 *
 * A key that was added is always found; of others one in about forty, or more of them when more
 * than the capacity were added. A question costs one cache miss. One thread at a time.
 */
#ifndef SLUICE_BASE_BLOOM_FILTER_H
#define SLUICE_BASE_BLOOM_FILTER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bloom_filter {
    uint64_t *blocks; /* of 512 bits: a cache line */
    uint64_t block_count;
    int64_t count, capacity; /* of keys; added again they hardly count */
} bloom_filter;

/* For so many keys: eight bits each. */
bloom_filter *bloom_filter_create(int64_t capacity);
void bloom_filter_destroy(bloom_filter *f); /* NULL is allowed */
/* By the key's hash, all of whose bits must depend on all of the key. */
void bloom_filter_add(bloom_filter *f, uint64_t hash);
bool bloom_filter_may_have(const bloom_filter *f, uint64_t hash);

#endif
