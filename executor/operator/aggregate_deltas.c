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

enum { AHEAD = 8, WRITTEN_AT_ONCE = 1024 };

void aggregate_deltas_open(aggregate_operator *op) {
    op->takes_deltas = op->window.kind == WINDOW_NONE && !op->ttl_ms && !op->results_per_row &&
                       !op->emits_old && !op->input_retracts;
    for (int a = 0; a < op->aggregates.count; a++)
        op->takes_deltas &= op->aggregates.instances[a].kernel->is_order_free;
}

void aggregate_delta_begin(aggregate_operator *op, group *g) {
    g->is_delta = true;
    op->has_deltas = true;
}

/* ---- the order of keys ---- */

/* Groups are sorted by what their places in the store are in the order of. */
static slice bytes_of_key(const void *g) {
    return ((const group *)g)->key.bytes;
}

static slice integer_of_key(const void *g) {
    return slice_make(((const group *)g)->key.ordered, sizeof(int64_t));
}

static void note_order(group_key *key) {
    uint64_t bits = __builtin_bswap64((uint64_t)key->integer ^ UINT64_C(1) << 63);
    memcpy(key->ordered, &bits, sizeof bits);
}

static group **changed_in_order(aggregate_operator *op) {
    size_t count = (size_t)op->dirty_count;
    bool are_integers = op->groups.form <= GROUP_KEY_INT32;
    group **all = memory_allocate(sizeof *all * count);
    memcpy(all, op->dirty, sizeof *all * count);
    for (size_t i = 0; are_integers && i < count; i++)
        note_order(&all[i]->key);
    key_sort((void **)all, count, are_integers ? integer_of_key : bytes_of_key);
    return all;
}

static void prefetch(group *const *all, int64_t count, int64_t i) {
    if (i + AHEAD >= count)
        return;
    const char *next = (const char *)all[i + AHEAD];
    for (int line = 0; line < 3; line++)
        memory_prefetch(next + 64 * line);
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
    group **all = changed_in_order(op);
    void *scratch = memory_allocate(op->aggregates.bytes + 1);
    store_ascent *stored = store_ascent_open(op->store);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch(all, op->dirty_count, i);
        group *g = all[i];
        slice place = aggregate_group_place(op, &g->key);
        if (g->is_delta)
            complete(op, g, store_ascent_get(stored, place), scratch);
        aggregate_save_group(op, g, place);
        if (i % WRITTEN_AT_ONCE == 0)
            task_write_changes(op->base.task, op->store);
    }
    store_ascent_close(stored);
    memory_free(scratch);
    memory_free(all);
}
