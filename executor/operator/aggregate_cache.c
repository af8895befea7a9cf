/* Groups that stay in memory behind a barrier, and those that leave it.
 *
 * When they take too much memory, first those leave that no row has asked for lately. With far more
 * groups than memory has room for, and rows that ask for any of them, hardly one is asked for again
 * in time: then keeping some costs more than it saves, and all leave together, which is nearly free
 * and leaves room that the next ones fill from front to back. Now and then some are kept, to see
 * whether rows have come to ask for them.
 */
#include "executor/operator/aggregate.h"

/* Fewer than one of so many changed groups was there before: all leave, after so many barriers. */
enum { WORTH_KEEPING = 8, PASSING_BARRIERS = 16 };

typedef struct eviction {
    aggregate_operator *op;
    bool all; /* also groups that were used since the last sweep */
    int64_t to_free;
} eviction;

void aggregate_drop_state(void *context, group *g) {
    aggregate_operator *op = context;
    if (op->window.kind == WINDOW_SESSION)
        aggregate_session_drop(op, g);
    else if (op->pane_ms)
        aggregate_panes_drop(op, g);
    else
        aggregate_slots_destroy(&op->aggregates, g->state);
}

static bool evict_group(void *context, group *g) {
    eviction *e = context;
    if (e->to_free <= 0 || (g->is_used && !e->all)) {
        g->is_used = false;
        return false;
    }
    assert(!g->is_dirty && !g->is_changed);
    e->to_free -= (int64_t)g->block_bytes + g->heap_bytes;
    aggregate_drop_state(e->op, g);
    return true;
}

/* Down to three quarters of the bound: first what was not used since the last time, then anything.
 */
static void evict_some(aggregate_operator *op) {
    eviction e = {.op = op, .to_free = op->groups.bytes - op->cache_bytes / 4 * 3};
    group_table_sweep(&op->groups, evict_group, &e);
    if (e.to_free > 0) {
        e.all = true;
        group_table_sweep(&op->groups, evict_group, &e);
    }
}

static void drop_all(aggregate_operator *op) {
    bool hold_memory = aggregate_slots_hold_memory(&op->aggregates);
    group_table_empty(&op->groups, hold_memory ? aggregate_drop_state : NULL, op);
    op->passing_left--;
}

/* Of the groups that the barrier has saved, those that were not added since the last one. */
static bool few_were_kept_for_use(const aggregate_operator *op) {
    int64_t added = op->groups.count - op->kept_count;
    return op->kept_count && (op->saved_count - added) * WORTH_KEEPING < op->saved_count;
}

void aggregate_shrink_cache(aggregate_operator *op) {
    if (op->groups.bytes > op->cache_bytes) {
        op->store_has_groups = true;
        aggregate_rings_forget(op);
        if (op->takes_deltas && few_were_kept_for_use(op))
            op->passing_left = PASSING_BARRIERS;
        if (op->passing_left)
            drop_all(op);
        else
            evict_some(op);
    }
    op->kept_count = op->groups.count;
}

void aggregate_operator_limit_cache(operator* self, int64_t bytes) {
    ((aggregate_operator *)self)->cache_bytes = bytes;
}
