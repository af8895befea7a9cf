/* SELECT DISTINCT: of rows that are equal in all columns (and, where they have a key, in
 * their windows), one.
 *
 * Of a stream the first one passes; with a time to live also one that comes when its like has not
 * been seen for longer than that, in event time. Of a table that changes (-1 old, +1 new) a row
 * comes when the first of its like comes and goes when the last one goes.
 *
 * Store: the row's columns as a key; value: the latest rowtime (streams) or how many there are
 * (tables). Rows past their time to live leave by sweeps: each barrier walks on through twice as
 * many rows as came. Cost: one lookup and at most one write a row. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/state/row_codec.h"

enum { SWEEP_ROWS_LEAST = 256 };

typedef struct distinct_operator {
    operator base;
    store *store;
    batch_builder *out;
    int32_t *rows;
    int64_t capacity;
    buffer key, value, swept;
    int64_t latest_ms, came;
} distinct_operator;

static bool distinct_open(operator* self, error *e) {
    distinct_operator *d = (distinct_operator *)self;
    d->out = node_batch_builder(self->node);
    d->latest_ms = INT64_MIN;
    d->store = task_store(self->task, self->node, NULL, e);
    return d->store != NULL;
}

static void put(distinct_operator *d, int64_t value) {
    buffer_clear(&d->value);
    row_key_append_int64(&d->value, value);
    store_put(d->store, buffer_slice(&d->key), buffer_slice(&d->value));
}

static bool is_first(distinct_operator *d, const batch *rows, int64_t row, slice seen) {
    int64_t ttl_ms = d->base.node->expire.ttl_ms, time_ms = rows->rowtime[row];
    if (rows->change[row] != CHANGE_INSERT)
        return false;
    if (time_ms > d->latest_ms)
        d->latest_ms = time_ms;
    int64_t seen_ms = seen.data ? row_key_read_int64(&seen) : INT64_MIN;
    bool first = !seen.data || (ttl_ms && seen_ms < time_ms - ttl_ms);
    if (first || (ttl_ms && time_ms > seen_ms))
        put(d, time_ms);
    return first;
}

static bool is_first_or_last(distinct_operator *d, const batch *rows, int64_t row, slice seen) {
    int64_t before = seen.data ? row_key_read_int64(&seen) : 0;
    int64_t after = before + rows->change[row];
    if (after > 0)
        put(d, after);
    else if (before > 0)
        store_delete(d->store, buffer_slice(&d->key));
    return (before > 0) != (after > 0);
}

static bool passes(distinct_operator *d, const batch *rows, int64_t row) {
    buffer_clear(&d->key);
    row_key_append(&d->key, rows->columns, rows->column_count, row);
    if (rows->window_start && d->base.node->key_count) { /* part of the key */
        row_key_append_int64(&d->key, rows->window_start[row]);
        row_key_append_int64(&d->key, rows->window_end[row]);
    }
    slice seen = store_get(d->store, buffer_slice(&d->key));
    return d->base.node->mode == CHANGELOG_RETRACT ? is_first_or_last(d, rows, row, seen)
                                                   : is_first(d, rows, row, seen);
}

static void distinct_batch(operator* self, int input, const batch *rows) {
    distinct_operator *d = (distinct_operator *)self;
    (void)input;
    if (rows->rows > d->capacity) {
        d->capacity = rows->rows;
        d->rows = memory_resize(d->rows, sizeof(int32_t) * (size_t)d->capacity);
    }
    int64_t kept = 0;
    for (int64_t row = 0; row < rows->rows; row++)
        if (passes(d, rows, row))
            d->rows[kept++] = (int32_t)row;
    d->came += rows->rows;
    bool retracts = self->node->mode == CHANGELOG_RETRACT;
    for (int64_t first = 0, end; first < kept; first = end) {
        end = retracts ? operator_pairs_end(rows, d->rows, first, kept) : kept;
        batch_builder_clear(d->out);
        batch_builder_append_gather(d->out, rows, d->rows + first, end - first);
        operator_emit(self, batch_builder_view(d->out));
    }
}

static bool distinct_barrier(operator* self, error *e) {
    distinct_operator *d = (distinct_operator *)self;
    int64_t ttl_ms = self->node->expire.ttl_ms;
    (void)e;
    if (!ttl_ms || d->latest_ms == INT64_MIN)
        return true;
    slice key, value;
    bool more = true;
    store_cursor *c = store_cursor_open(d->store, buffer_slice(&d->swept), (slice){NULL, 0});
    for (int64_t left = 2 * d->came + SWEEP_ROWS_LEAST;
         left > 0 && (more = store_cursor_next(c, &key, &value)); left--) {
        buffer_clear(&d->swept);
        buffer_append(&d->swept, key);
        if (row_key_read_int64(&value) < d->latest_ms - ttl_ms)
            store_delete(d->store, buffer_slice(&d->swept));
        buffer_append_byte(&d->swept, 0); /* the walk goes on behind this key */
    }
    store_cursor_close(c);
    if (!more)
        buffer_clear(&d->swept);
    d->came = 0;
    return true;
}

static void distinct_close(operator* self) {
    distinct_operator *d = (distinct_operator *)self;
    batch_builder_destroy(d->out);
    memory_free(d->rows);
    buffer_free(&d->key);
    buffer_free(&d->value);
    buffer_free(&d->swept);
    memory_free(d);
}

static const operator_class distinct_class = {
    .name = "distinct",
    .open = distinct_open,
    .batch = distinct_batch,
    .barrier = distinct_barrier,
    .close = distinct_close,
};

operator* distinct_operator_create(const plan_node *node, task *t) {
    distinct_operator *d = MEMORY_NEW(distinct_operator);
    d->base = (operator){.class = &distinct_class, .node = node, .task = t};
    return &d->base;
}
