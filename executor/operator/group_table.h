/* group_table.h - the groups of an aggregation that are in memory.
 *
 * A group is its key, its window start (0 when there are no time windows) and a block of state
 * behind the struct that the operator lays out. The table is an open-addressing hash table of
 * pointers to groups; groups do not move, so a pointer stays valid until group_table_sweep drops
 * the group. Finding a group allocates nothing; adding one allocates it with its key in one block.
 *
 * Keys have one of four forms: an integer of 64 or 32 bits, bytes, or (any other key) the
 * memcomparable encoding of its columns. One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_GROUP_TABLE_H
#define SLUICE_EXECUTOR_OPERATOR_GROUP_TABLE_H

#include "base/column.h"
#include "base/memory.h"
#include "base/pool.h"

typedef enum group_key_form {
    GROUP_KEY_INT64,
    GROUP_KEY_INT32,
    GROUP_KEY_BYTES,   /* one VARCHAR or BYTES column */
    GROUP_KEY_ENCODED, /* as row_key_append writes it */
} group_key_form;

/* The form for these key columns' types. */
group_key_form group_key_form_of(const sql_type *const *types, int count);

typedef struct group_key {
    uint64_t hash;
    int64_t window_start;
    union {
        slice bytes; /* GROUP_KEY_BYTES, GROUP_KEY_ENCODED */
        struct {
            int64_t integer; /* GROUP_KEY_INT* */
            char ordered[8]; /* for who sorts: bytes in the order of integers; else unused */
        };
    };
} group_key;

typedef struct group {
    group_key key; /* bytes are the group's own */
    int64_t rowtime;
    uint32_t changed_place; /* of the results before the changes, counted from 1; 0: none */
    uint32_t emitted_entry; /* the last one of the batch at hand, counted from 1; 0: none */
    uint32_t block_bytes;   /* of this group's allocation */
    uint32_t heap_bytes; /* held outside it, as its owner estimates; see group_table_count_heap */
    bool is_dirty;       /* differs from the store */
    bool is_changed;     /* has a result that was not emitted */
    bool is_used;        /* since the last sweep */
    bool is_delta;       /* what the store has is to be merged into it */
    _Alignas(16) char state[];
} group;

typedef struct group_cell {
    uint64_t hash;
    group *group; /* NULL: free */
} group_cell;

typedef struct group_table {
    group_cell *cells;
    uint64_t mask; /* cells - 1 */
    int64_t count;
    int64_t bytes; /* of all groups, cells included */
    pool blocks;   /* the groups */
    group_key_form form;
    size_t state_bytes;
} group_table;

void group_table_open(group_table *table, group_key_form form, size_t state_bytes);
/* Frees the groups; `drop` (may be NULL) is told each one first. */
void group_table_close(group_table *table, void (*drop)(void *context, group *g), void *context);

/* Hashes of rows of a key column; `hashes[i]` belongs to rows[i]. Not for GROUP_KEY_ENCODED. */
void group_table_hash(const group_table *table, const column *key, const int32_t *rows,
    int64_t count, uint64_t *hashes);
uint64_t group_hash_bytes(slice bytes);
/* The hash of a key in a window, from that of the key alone. */
static inline uint64_t group_hash_window(uint64_t hash, int64_t window_start) {
    uint64_t h = hash ^ ((uint64_t)window_start * UINT64_C(0x9E3779B97F4A7C15));
    return h ^ h >> 32;
}

static inline void group_table_prefetch(const group_table *table, uint64_t hash) {
    memory_prefetch(&table->cells[hash & table->mask]);
}
/* A little later: the group that is probably the one, or NULL. */
static inline const group *group_table_guess(const group_table *table, uint64_t hash) {
    return table->cells[hash & table->mask].group;
}

/* While groups are looked for one after the other, by hashes that are known: what the ones behind
 * `i` will look at. */
static inline void group_table_prefetch_ahead(
    const group_table *table, const uint64_t *hashes, int64_t i, int64_t count) {
    if (i + 16 >= count)
        return;
    group_table_prefetch(table, hashes[i + 16]);
    memory_prefetch(group_table_guess(table, hashes[i + 8]));
}

static inline bool group_key_equal(const group_table *table, const group *g, const group_key *key) {
    if (g->key.window_start != key->window_start)
        return false;
    if (table->form <= GROUP_KEY_INT32)
        return g->key.integer == key->integer;
    return slice_equal(g->key.bytes, key->bytes);
}

/* NULL when it is not in memory. */
static inline group *group_table_find(const group_table *table, const group_key *key) {
    for (uint64_t at = key->hash & table->mask;; at = (at + 1) & table->mask) {
        const group_cell *cell = &table->cells[at];
        if (!cell->group)
            return NULL;
        if (cell->hash == key->hash && group_key_equal(table, cell->group, key))
            return cell->group;
    }
}

/* A group holds so many bytes more (or less) outside its block. */
static inline void group_table_count_heap(group_table *table, group *g, int64_t change) {
    g->heap_bytes = (uint32_t)((int64_t)g->heap_bytes + change);
    table->bytes += change;
}

/* A new group, which must not be there yet. Its state is zeroed. */
group *group_table_add(group_table *table, const group_key *key);
/* Drops all groups; `drop` (may be NULL) is told each one first. Their memory is kept for others.
 */
void group_table_empty(group_table *table, void (*drop)(void *context, group *g), void *context);
/* Drops the groups for which `leaves` is true. */
void group_table_sweep(group_table *table, bool (*leaves)(void *context, group *g), void *context);

#endif
