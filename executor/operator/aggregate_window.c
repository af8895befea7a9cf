/* TUMBLING and HOPPING windows.
 *
 * A row at time t is in the windows that start at the multiples of `advance` in (t - size, t]; none
 * starts before 0. Stream time is the largest rowtime seen so far, the row itself included. A
 * window is closed once its end <= stream time - grace: rows no longer enter it. Then nobody needs
 * its group: the next barrier forgets it, in memory and in the store, and where groups have become
 * many the window's last result is given before that. (HOPPING windows may be made of panes
 * instead: aggregate_panes.c.) Its retention is that of the table the results go to (sink.c).
 */
#include "base/memory.h"
#include "executor/operator/aggregate.h"

enum { CLOSE_BYTES_LEAST = 4 << 20, DELETES_LEAST = 16384 };

static int64_t first_start(const plan_window *w, int64_t advance, int64_t time) {
    int64_t earliest = time - w->size_ms + advance;
    return earliest > 0 ? earliest / advance * advance : 0;
}

static inline int64_t advance_of(const plan_window *w) {
    return w->kind == WINDOW_HOPPING ? w->advance_ms : w->size_ms;
}

void aggregate_drop_late(aggregate_operator *op, const batch *in, int64_t row) {
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
            aggregate_drop_late(op, in, row);
    }
    memmove(op->rows, rows, sizeof(int32_t) * (size_t)entries);
    return entries;
}

/* ---- windows that have closed ---- */

int64_t aggregate_closed_start(const aggregate_operator *op) {
    const plan_window *w = &op->window;
    if (w->kind == WINDOW_NONE || op->stream_time == INT64_MIN)
        return INT64_MIN;
    int64_t last_start = op->stream_time - w->grace_ms - w->size_ms;
    return last_start < 0 ? INT64_MIN : last_start / advance_of(w) * advance_of(w);
}

static bool window_is_over(void *context, group *g) {
    closing_windows *closing = context;
    if (g->key.window_start > closing->last_start)
        return false;
    aggregate_slots_destroy(&closing->op->aggregates, g->state);
    return true;
}

/* No row enters a closed window any more, so its group need not be in memory. */
static void drop_groups(aggregate_operator *op, int64_t last_start) {
    aggregate_rings_forget_closed(op, last_start);
    group_table_sweep(&op->groups, op->pane_ms ? aggregate_panes_are_over : window_is_over,
        &(closing_windows){op, last_start});
    op->closed_to = last_start;
    op->open_bytes = op->groups.bytes;
}

static void emit_leaving(aggregate_operator *op, int64_t count) {
    if (!op->results_per_row && count)
        aggregate_emit_groups(op, op->leaving, count);
}

/* Takes closed windows off the list of changed groups, in its order, and emits them. */
static void emit_closed(aggregate_operator *op, int64_t last_start) {
    int64_t kept = 0, leaving = 0;
    if (!op->leaving)
        op->leaving = memory_allocate(sizeof *op->leaving * AGGREGATE_EMIT_ROWS);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        group *g = op->dirty[i];
        if (g->key.window_start > last_start) {
            op->dirty[kept++] = g;
            continue;
        }
        op->leaving[leaving++] = g;
        if (leaving == AGGREGATE_EMIT_ROWS) {
            emit_leaving(op, leaving);
            leaving = 0;
        }
    }
    emit_leaving(op, leaving);
    op->dirty_count = kept;
}

/* A sweep looks at every group, so it waits until they are a quarter more than it left last. */
void aggregate_give_closed(aggregate_operator *op) {
    int64_t grown = op->groups.bytes - op->open_bytes;
    if (grown < CLOSE_BYTES_LEAST || grown < op->open_bytes / 4)
        return;
    int64_t last_start = aggregate_closed_start(op);
    if (last_start <= op->closed_to)
        return;
    if (op->pane_ms)
        aggregate_panes_give_closed(op, last_start);
    else
        emit_closed(op, last_start);
    drop_groups(op, last_start);
}

/* What earlier commits have saved of closed windows. About as many leave at a barrier as come,
 * twice as many where some have been left behind. True when none are left. */
static bool delete_saved(aggregate_operator *op, int64_t last_start) {
    buffer from = {0}, to = {0};
    aggregate_store_bound(&from, STORE_TAG_GROUP, INT64_MIN);
    aggregate_store_bound(&to, STORE_TAG_GROUP, last_start + 1);
    int64_t left = 2 * op->saved_count + DELETES_LEAST;
    slice key, value;
    bool found = true;
    store_cursor *saved = store_cursor_open(op->store, buffer_slice(&from), buffer_slice(&to));
    while (left-- > 0 && (found = store_cursor_next(saved, &key, &value)))
        store_delete_unread(op->store, key);
    store_cursor_close(saved);
    buffer_free(&from);
    buffer_free(&to);
    return !found;
}

void aggregate_forget_closed(aggregate_operator *op) {
    int64_t last_start = aggregate_closed_start(op);
    if (last_start > op->closed_to)
        drop_groups(op, last_start);
    if (last_start > op->expired_to && delete_saved(op, last_start))
        op->expired_to = last_start;
}
