/* All bits of a key are in one block, so a question costs one cache miss: the hash's high half
 * chooses the block, five times nine bits of the hash multiplied by an odd constant choose bits. */
#include "base/bloom_filter.h"

#include "base/memory.h"

enum { BLOCK_BITS = 512, BLOCK_WORDS = BLOCK_BITS / 64, BITS_OF_KEY = 5, BITS_FOR_KEY = 8 };

bloom_filter *bloom_filter_create(int64_t capacity) {
    bloom_filter *f = MEMORY_NEW(bloom_filter);
    f->capacity = capacity;
    f->block_count = (uint64_t)capacity * BITS_FOR_KEY / BLOCK_BITS + 1;
    f->blocks = memory_allocate_zero(sizeof *f->blocks * BLOCK_WORDS * f->block_count);
    return f;
}

void bloom_filter_destroy(bloom_filter *f) {
    if (!f)
        return;
    memory_free(f->blocks);
    memory_free(f);
}

static uint64_t *block_of(const bloom_filter *f, uint64_t hash) {
    return f->blocks + BLOCK_WORDS * ((hash >> 32) * f->block_count >> 32);
}

static uint64_t bits_of(uint64_t hash) {
    return (hash * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - 9 * BITS_OF_KEY);
}

void bloom_filter_add(bloom_filter *f, uint64_t hash) {
    uint64_t *block = block_of(f, hash), bits = bits_of(hash);
    bool is_new = false;
    for (int i = 0; i < BITS_OF_KEY; i++, bits >>= 9) {
        uint64_t *word = &block[bits >> 6 & 7], bit = UINT64_C(1) << (bits & 63);
        is_new |= !(*word & bit);
        *word |= bit;
    }
    f->count += is_new;
}

bool bloom_filter_may_have(const bloom_filter *f, uint64_t hash) {
    const uint64_t *block = block_of(f, hash);
    uint64_t bits = bits_of(hash);
    for (int i = 0; i < BITS_OF_KEY; i++, bits >>= 9)
        if (!(block[bits >> 6 & 7] >> (bits & 63) & 1))
            return false;
    return true;
}
