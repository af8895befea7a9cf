/* EMIT FINAL: a windowed table's rows are held until their window closes and then given once.
 *
 * Rows are kept in the order of their windows (start, key; sessions: end, start, key), so closing
 * is a walk from the front. A window closes when stream time, the latest rowtime seen, reaches its
 * end plus grace; a session when stream time is past its end plus gap plus grace. A delete takes
 * the held row away and is never given itself. Where results are coalesced, the last rows of all
 * keys come at the barrier, so windows close there, after them.
 *
 * One rule holds only where every row gives its results at once (with the cache switched off): a
 * window that has fallen out of its retention when it is to be given is not given. ksqlDB looks for
 * closed windows in a store that has already expired them when stream time jumps. Coalesced results
 * are never lost in that way.
 *
 * Cost: a write a row, a read and a delete a window. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"

#define DAY_MS INT64_C(86400000)

enum { TAG_CLOCK = 0, TAG_ROW = 1, PLACE_BYTES = 1 + 8 + 8 };

typedef struct final_operator {
    operator base;
    join_side side;
    join_output out;
    store *store;
    buffer place, key, value;
    plan_window window;
    bool per_row;
    int64_t stream_time_ms; /* INT64_MIN: no row yet */
    bool clock_changed;
    int64_t oldest_ms; /* no held row has an earlier leading time; INT64_MIN: not known */
} final_operator;

static const char clock_key[] = {TAG_CLOCK};

/* The windows are those of the aggregation this stands on. */
static plan_window window_of(const plan_node *node) {
    while (node->kind != PLAN_AGGREGATE && node->input_count)
        node = node->inputs[0];
    return node->kind == PLAN_AGGREGATE ? node->aggregate.window : (plan_window){0};
}

static bool final_open(operator* self, error *e) {
    final_operator *f = (final_operator *)self;
    join_side_open(&f->side, self->node, 0);
    f->side.first_column = 0;
    join_output_open(&f->out, self);
    f->window = window_of(self->node);
    f->per_row = task_results_per_row(self->task);
    f->oldest_ms = f->stream_time_ms = INT64_MIN;
    f->store = task_store(self->task, self->node, NULL, e);
    if (!f->store)
        return false;
    slice clock = store_get(f->store, slice_make(clock_key, 1));
    if (clock.length == sizeof(int64_t))
        f->stream_time_ms = row_key_read_int64(&clock);
    return true;
}

static bool is_session(const final_operator *f) {
    return f->base.node->window == WINDOW_SESSION;
}

/* ---- held rows: [1][leading time][other time][key, window], the leading time being the start, or
 * of a session its end ---- */

static void hold_row(final_operator *f, const batch *rows, int64_t row) {
    buffer_clear(&f->key);
    if (!join_key_append(&f->side, rows, row, &f->key))
        return;
    int64_t start_ms = rows->window_start[row], end_ms = rows->window_end[row];
    int64_t leading_ms = is_session(f) ? end_ms : start_ms;
    buffer_clear(&f->place);
    buffer_append_byte(&f->place, TAG_ROW);
    row_key_append_int64(&f->place, leading_ms);
    row_key_append_int64(&f->place, is_session(f) ? start_ms : end_ms);
    buffer_append(&f->place, buffer_slice(&f->key));
    if (rows->change[row] != CHANGE_INSERT) {
        store_delete(f->store, buffer_slice(&f->place));
        return;
    }
    buffer_clear(&f->value);
    join_value_append(&f->side, rows, row, &f->value);
    store_put(f->store, buffer_slice(&f->place), buffer_slice(&f->value));
    if (leading_ms < f->oldest_ms)
        f->oldest_ms = leading_ms;
}

/* Rows with a leading time up to this one are final. */
static int64_t closed_to(const final_operator *f) {
    int64_t wait_ms = f->base.node->final.grace_ms + f->window.size_ms + (is_session(f) ? 1 : 0);
    int64_t bound;
    return __builtin_sub_overflow(f->stream_time_ms, wait_ms, &bound) ? INT64_MIN : bound;
}

/* Windows that start before this have fallen out of their retention. */
static int64_t retained_from(const final_operator *f) {
    if (!f->per_row || is_session(f) || f->window.kind == WINDOW_NONE ||
        f->stream_time_ms == INT64_MIN)
        return INT64_MIN;
    int64_t step_ms = f->window.kind == WINDOW_HOPPING ? f->window.advance_ms : f->window.size_ms;
    int64_t latest_start_ms = f->stream_time_ms - f->stream_time_ms % step_ms;
    int64_t retention_ms = f->window.size_ms + f->base.node->final.grace_ms;
    if (f->window.retention_ms > retention_ms && f->window.retention_ms != DAY_MS)
        retention_ms = f->window.retention_ms; /* not the default */
    return latest_start_ms - retention_ms;
}

static void give_row(final_operator *f, slice place, slice value) {
    slice key = slice_make(place.data + PLACE_BYTES, place.length - PLACE_BYTES);
    slice times = slice_make(place.data + 1, 2 * sizeof(int64_t));
    int64_t leading_ms = row_key_read_int64(&times), other_ms = row_key_read_int64(&times);
    join_output_start(&f->out, join_value_rowtime(&value), CHANGE_INSERT);
    if (is_session(f))
        join_output_window(&f->out, other_ms, leading_ms);
    else
        join_output_window(&f->out, leading_ms, other_ms);
    join_output_stored(&f->out, &f->side, key, value);
    join_output_ended(&f->out);
}

static void emit_closed(final_operator *f, int64_t retained_ms) {
    int64_t last_ms = closed_to(f);
    if (f->stream_time_ms == INT64_MIN || f->oldest_ms > last_ms)
        return;
    slice place, value;
    buffer_clear(
        &f->place); /* not at the front: there are the rows deleted since the last commit */
    buffer_append_byte(&f->place, TAG_ROW);
    row_key_append_int64(&f->place, f->oldest_ms);
    f->oldest_ms = INT64_MAX;
    store_cursor *c = store_cursor_open(f->store, buffer_slice(&f->place), (slice){NULL, 0});
    while (store_cursor_next(c, &place, &value)) {
        slice times = slice_make(place.data + 1, 2 * sizeof(int64_t));
        int64_t leading_ms = row_key_read_int64(&times);
        if (leading_ms > last_ms) {
            f->oldest_ms = leading_ms;
            break;
        }
        if (leading_ms >= retained_ms)
            give_row(f, place, value);
        store_delete(f->store, place);
    }
    store_cursor_close(c);
}

static void final_batch(operator* self, int input, const batch *rows) {
    final_operator *f = (final_operator *)self;
    (void)input;
    for (int64_t row = 0; row < rows->rows; row++) {
        if (rows->rowtime[row] > f->stream_time_ms) {
            f->stream_time_ms = rows->rowtime[row];
            f->clock_changed = true;
        }
        hold_row(f, rows, row);
        if (f->per_row)
            emit_closed(f, retained_from(f));
    }
    join_output_emit(&f->out);
}

static void final_watermark(operator* self, int input, int64_t watermark_ms) {
    final_operator *f = (final_operator *)self;
    (void)input;
    if (watermark_ms > f->stream_time_ms) {
        f->stream_time_ms = watermark_ms;
        f->clock_changed = true;
    }
    emit_closed(f, INT64_MIN); /* time that only passed takes no window away */
    join_output_emit(&f->out);
    operator_emit_watermark(self, watermark_ms);
}

static bool final_barrier(operator* self, error *e) {
    final_operator *f = (final_operator *)self;
    (void)e;
    emit_closed(f, retained_from(f));
    join_output_emit(&f->out);
    if (f->clock_changed) {
        buffer_clear(&f->value);
        row_key_append_int64(&f->value, f->stream_time_ms);
        store_put(f->store, slice_make(clock_key, 1), buffer_slice(&f->value));
    }
    f->clock_changed = false;
    return true;
}

static void final_close(operator* self) {
    final_operator *f = (final_operator *)self;
    join_side_close(&f->side);
    join_output_close(&f->out);
    buffer_free(&f->place);
    buffer_free(&f->key);
    buffer_free(&f->value);
    memory_free(f);
}

static const operator_class final_class = {
    .name = "final",
    .open = final_open,
    .batch = final_batch,
    .watermark = final_watermark,
    .barrier = final_barrier,
    .close = final_close,
};

operator* final_operator_create(const plan_node *node, task *t) {
    final_operator *f = MEMORY_NEW(final_operator);
    f->base = (operator){.class = &final_class, .node = node, .task = t};
    return &f->base;
}
