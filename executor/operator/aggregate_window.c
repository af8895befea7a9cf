/* TUMBLING and HOPPING windows.
 *
 * A row at time t is in the windows that start at the multiples of `advance` in (t - size, t]; none
 * starts before 0. Stream time is the largest rowtime seen so far, the row itself included. A
 * window is closed once its end <= stream time - grace: rows no longer enter it. It is kept for
 * pull queries and late readers until its start <= stream time - retention.
 */
#include "base/memory.h"
#include "executor/operator/aggregate.h"

static int64_t first_start(const plan_window *w, int64_t advance, int64_t time) {
    int64_t earliest = time - w->size_ms + advance;
    return earliest > 0 ? earliest / advance * advance : 0;
}

static inline int64_t advance_of(const plan_window *w) {
    return w->kind == WINDOW_HOPPING ? w->advance_ms : w->size_ms;
}

static void drop_late(aggregate_operator *op, const batch *in, int64_t row) {
    const plan_window *w = &op->window;
    int64_t advance = advance_of(w), start = in->rowtime[row] / advance * advance;
    late_row why = {.stream_time_ms = op->stream_time,
        .window_start_ms = start,
        .window_end_ms = start + w->size_ms,
        .reason = "stream time has passed the window's end and grace period"};
    task_late_row(op->base.task, op->base.node, in, row, op->base.node->aggregate.records, &why);
}

/* Entries are written behind the rows they come from, then moved to the front. */
int64_t aggregate_expand_windows(aggregate_operator *op, const batch *in, int64_t count) {
    const plan_window *w = &op->window;
    int64_t advance = advance_of(w);
    int64_t windows_per_row = (w->size_ms + advance - 1) / advance;
    aggregate_reserve(op, count * (windows_per_row + 1));
    int32_t *rows = op->rows + count;
    int64_t entries = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t row = op->rows[i];
        int64_t time = in->rowtime[row];
        if (time > op->stream_time) {
            op->stream_time = time;
            op->has_new_time = true;
        }
        int64_t closed = op->stream_time - w->grace_ms, entered = entries;
        for (int64_t start = first_start(w, advance, time); start <= time; start += advance) {
            if (start + w->size_ms <= closed)
                continue;
            rows[entries] = row;
            op->starts[entries++] = start;
        }
        if (entries == entered)
            drop_late(op, in, row);
    }
    memmove(op->rows, rows, sizeof(int32_t) * (size_t)entries);
    return entries;
}

typedef struct window_expiry {
    aggregate_operator *op;
    int64_t last_start;
} window_expiry;

static bool window_is_over(void *context, group *g) {
    window_expiry *expiry = context;
    if (g->key.window_start > expiry->last_start)
        return false;
    aggregate_slots_destroy(expiry->op, g->state);
    return true;
}

static void drop_windows(aggregate_operator *op, int64_t last_start) {
    aggregate_rings_forget(op);
    group_table_sweep(&op->groups, window_is_over, &(window_expiry){op, last_start});
}

int64_t aggregate_expired_start(const aggregate_operator *op) {
    if (op->window.kind == WINDOW_NONE || op->stream_time == INT64_MIN)
        return INT64_MIN;
    int64_t last_start = op->stream_time - op->window.retention_ms;
    return last_start < 0 ? INT64_MIN : last_start;
}

static void delete_saved(aggregate_operator *op, int64_t last_start) {
    buffer from = {0}, to = {0};
    aggregate_store_bound(&from, STORE_TAG_GROUP, INT64_MIN);
    aggregate_store_bound(&to, STORE_TAG_GROUP, last_start + 1);
    slice key, value;
    store_cursor *saved = store_cursor_open(op->store, buffer_slice(&from), buffer_slice(&to));
    while (store_cursor_next(saved, &key, &value))
        store_delete_unread(op->store, key);
    store_cursor_close(saved);
    buffer_free(&from);
    buffer_free(&to);
}

/* No row enters a closed window any more, so its group need not be in memory. */
static void forget_closed(aggregate_operator *op, int64_t advance) {
    int64_t last_start = op->stream_time - op->window.grace_ms - op->window.size_ms;
    if (last_start < 0 || last_start / advance * advance <= op->closed_to)
        return;
    op->closed_to = last_start / advance * advance;
    drop_windows(op, last_start);
}

void aggregate_expire_windows(aggregate_operator *op) {
    int64_t advance = advance_of(&op->window), last_start = aggregate_expired_start(op);
    if (op->stream_time != INT64_MIN)
        forget_closed(op, advance);
    if (last_start == INT64_MIN || last_start / advance * advance <= op->expired_to)
        return;
    op->expired_to = last_start / advance * advance;
    drop_windows(op, last_start);
    delete_saved(op, last_start);
}
