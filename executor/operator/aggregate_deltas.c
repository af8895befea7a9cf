/* Groups of which only the changes are in memory.
 *
 * When a row comes whose group is not in memory, its aggregates need not know yet what the store
 * has of the group, if the order of rows does not matter to them. So the group begins empty, as a
 * delta, and rows are added to it. The barrier brings all changed groups in the order of their
 * keys, reads what the store has of the deltas, merges it into them, and saves the groups. Reads
 * and writes thus go through the store once from front to back, instead of to a place at random for
 * each row: with millions of groups, memory and pages are waited for several times less. Results
 * are emitted behind that, in the order of first changes, as always.
 *
 * Whoever must know a group's state at once takes no deltas: old rows and results for each row
 * show it, a row that is taken back needs a group that exists, a time to live begins with the first
 * row, and windows have their own ways.
 */
#include "executor/operator/aggregate.h"

#include "base/memory.h"
#include "executor/state/key_sort.h"

enum { AHEAD = 8 };

/* A changed group, and its place in the store. */
typedef struct delta {
    group *group;
    size_t length;
    char place[];
} delta;

void aggregate_deltas_open(aggregate_operator *op) {
    op->takes_deltas = op->window.kind == WINDOW_NONE && !op->ttl_ms && !op->results_per_row &&
                       !op->emits_old && !op->input_retracts;
    for (int a = 0; a < op->aggregates.count; a++)
        op->takes_deltas &= op->aggregates.instances[a].kernel->is_order_free;
    if (op->takes_deltas)
        op->deltas = arena_create();
}

void aggregate_deltas_close(aggregate_operator *op) {
    arena_destroy(op->deltas);
}

void aggregate_delta_begin(aggregate_operator *op, group *g) {
    g->is_delta = true;
    op->has_deltas = true;
}

/* ---- the order of keys ---- */

static delta *make_delta(aggregate_operator *op, group *g) {
    slice place = aggregate_group_place(op, &g->key);
    delta *d = arena_allocate(op->deltas, sizeof *d + place.length);
    *d = (delta){g, place.length};
    memcpy(d->place, place.data, place.length);
    return d;
}

static slice place_of(const void *thing) {
    const delta *d = thing;
    return slice_make(d->place, d->length);
}

static delta **changed_in_order(aggregate_operator *op) {
    delta **all = memory_allocate(sizeof *all * (size_t)op->dirty_count);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        __builtin_prefetch(op->dirty[i + AHEAD < op->dirty_count ? i + AHEAD : i]);
        all[i] = make_delta(op, op->dirty[i]);
    }
    key_sort((void **)all, (size_t)op->dirty_count, place_of);
    return all;
}

static void prefetch(delta *const *all, int64_t count, int64_t i) {
    if (i + 2 * AHEAD < count)
        __builtin_prefetch(all[i + 2 * AHEAD]);
    if (i + AHEAD >= count)
        return;
    __builtin_prefetch(all[i + AHEAD]->group);
    __builtin_prefetch(all[i + AHEAD]->group->state);
}

/* ---- making deltas whole ---- */

/* The aggregates do not mind which of two states comes later. */
static void complete(aggregate_operator *op, group *g, slice saved, void *scratch) {
    int64_t rowtime = INT64_MIN;
    g->is_delta = false;
    if (!saved.data)
        return;
    memset(scratch, 0, op->aggregates.bytes);
    aggregate_slots_start(&op->aggregates, scratch);
    aggregate_load_state(op, saved, &rowtime, scratch);
    aggregate_slots_merge(&op->aggregates, g->state, scratch);
    if (rowtime > g->rowtime)
        g->rowtime = rowtime;
    aggregate_slots_destroy(&op->aggregates, scratch);
}

void aggregate_deltas_save(aggregate_operator *op) {
    delta **all = changed_in_order(op);
    void *scratch = memory_allocate(op->aggregates.bytes + 1);
    store_ascent *stored = store_ascent_open(op->store);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch(all, op->dirty_count, i);
        group *g = all[i]->group;
        if (g->is_delta)
            complete(op, g, store_ascent_get(stored, place_of(all[i])), scratch);
        aggregate_save_group(op, g);
    }
    store_ascent_close(stored);
    memory_free(scratch);
    memory_free(all);
    arena_reset(op->deltas);
}
