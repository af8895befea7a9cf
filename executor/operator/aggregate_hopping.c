/* The groups of HOPPING windows, found by one lookup a row.
 *
 * A row is in several windows of its key, each a group of its own, and the next rows of the key are
 * in nearly the same ones. So each key has a ring of pointers to the groups of its windows that
 * rows were in last: window n has place n modulo the ring's size, and a ring is as large as the
 * windows of a row are many. What is not in the ring is looked for in the group table. When groups
 * of closed windows leave the table they leave the rings, and a ring without any leaves too; when
 * others leave, all rings are forgotten.
 */
#include "base/memory.h"
#include "executor/operator/aggregate.h"

enum { RING_MOST = 64, AHEAD = 24 };

void aggregate_rings_open(aggregate_operator *op) {
    const plan_window *w = &op->window;
    int64_t windows =
        w->kind == WINDOW_HOPPING ? (w->size_ms + w->advance_ms - 1) / w->advance_ms : 1;
    if (windows < 2 || windows > RING_MOST)
        return;
    op->ring_size = 2;
    while (op->ring_size < windows)
        op->ring_size *= 2;
    group_table_open(&op->rings, op->groups.form, sizeof(group *) * (size_t)op->ring_size);
}

void aggregate_rings_close(aggregate_operator *op) {
    if (op->ring_size)
        group_table_close(&op->rings, NULL, NULL);
}

void aggregate_rings_forget(aggregate_operator *op) {
    if (!op->ring_size || !op->rings.count)
        return;
    aggregate_rings_close(op);
    aggregate_rings_open(op);
}

typedef struct closing_rings {
    int64_t ring_size, last_start;
} closing_rings;

static bool ring_is_over(void *context, group *ring) {
    const closing_rings *closing = context;
    group **places = (group **)(void *)ring->state;
    bool is_empty = true;
    for (int64_t i = 0; i < closing->ring_size; i++) {
        if (places[i] && places[i]->key.window_start <= closing->last_start)
            places[i] = NULL;
        is_empty &= !places[i];
    }
    return is_empty;
}

void aggregate_rings_forget_closed(aggregate_operator *op, int64_t last_start) {
    if (op->ring_size)
        group_table_sweep(&op->rings, ring_is_over, &(closing_rings){op->ring_size, last_start});
}

static group *find_ring(aggregate_operator *op, const group_key *key) {
    group *ring = group_table_find(&op->rings, key);
    return ring ? ring : group_table_add(&op->rings, key);
}

/* The rings stand in the second half of op->slots meanwhile, the places in them in the first. */
void aggregate_find_rings(aggregate_operator *op, const batch *in, int64_t count) {
    bool prefetches = op->rings.form != GROUP_KEY_ENCODED;
    int64_t advance = op->window.advance_ms;
    if (prefetches)
        group_table_hash(&op->rings, in->columns[0], op->rows, count, op->hashes);
    group *ring = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || op->rows[i] != op->rows[i - 1]) {
            if (prefetches && i + 2 * AHEAD < count) {
                group_table_prefetch(&op->rings, op->hashes[i + 2 * AHEAD]);
                memory_prefetch(group_table_guess(&op->rings, op->hashes[i + AHEAD]));
            }
            group_key key = aggregate_row_key(op, in, i);
            ring = find_ring(op, &key);
        }
        int64_t place = op->starts[i] / advance & (op->ring_size - 1);
        op->slots[i] = (group **)(void *)ring->state + place;
        op->slots[op->capacity + i] = ring;
    }
}

/* What entry i will look at is asked for in time: its place, the group there, and if that is
 * another window's, where the table has the one that is meant. */
static inline void prefetch_places(const aggregate_operator *op, int64_t i, int64_t count) {
    if (i + 2 * AHEAD < count)
        memory_prefetch(op->slots[i + 2 * AHEAD]);
    if (i + AHEAD < count)
        memory_prefetch(*(group **)op->slots[i + AHEAD]);
    if (i + AHEAD / 2 >= count)
        return;
    const group *there = *(group **)op->slots[i + AHEAD / 2];
    const group *ring = op->slots[op->capacity + i + AHEAD / 2];
    int64_t start = op->starts[i + AHEAD / 2];
    if (!there || there->key.window_start != start)
        group_table_prefetch(&op->groups, group_hash_window(ring->key.hash, start));
}

group *aggregate_ring_group(aggregate_operator *op, int64_t i, int64_t count) {
    prefetch_places(op, i, count);
    group **place = op->slots[i];
    int64_t start = op->starts[i];
    if (*place && (*place)->key.window_start == start)
        return *place;
    group_key key = ((const group *)op->slots[op->capacity + i])->key;
    key.window_start = start;
    key.hash = group_hash_window(key.hash, start);
    return *place = aggregate_find_group(op, &key);
}
