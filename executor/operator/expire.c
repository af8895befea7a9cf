/* A table's keys are deleted when nothing has touched them for the time to live, counted in event
 * time: when stream time, the latest rowtime seen, is past the key's latest rowtime by more than
 * that. What follows sees an ordinary delete, so joins, aggregates and materialized tables take
 * their rows back, and a sink writes a tombstone. Before a row is passed on, everything that has
 * expired at its time is deleted, so batches and commits are never visible. A row that is itself
 * older than the time to live is left out, unless its key has been touched since.
 *
 * Store: [1][key] its latest rowtime; [2][time][key] one entry a key, at a time at which the key
 * was touched. An entry is not moved when its key is touched again, but when its time has come: so
 * a change costs one lookup and one write, and each key one more pair of writes in a time to live.
 */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/state/row_codec.h"

enum { TAG_CLOCK = 0, TAG_KEY = 1, TAG_AGE = 2 };

typedef struct expire_operator {
    operator base;
    store *store;
    batch_builder *out;
    buffer key, age, next;
    int64_t stream_time_ms;
    int64_t oldest_ms; /* no entry is older; INT64_MIN: not known */
    bool clock_changed;
} expire_operator;

static const char clock_key[] = {TAG_CLOCK};

static bool expire_open(operator* self, error *e) {
    expire_operator *x = (expire_operator *)self;
    x->out = node_batch_builder(self->node);
    x->stream_time_ms = x->oldest_ms = INT64_MIN;
    x->store = task_store(self->task, self->node, NULL, e);
    if (!x->store)
        return false;
    slice clock = store_get(x->store, slice_make(clock_key, 1));
    if (clock.length == sizeof(int64_t))
        x->stream_time_ms = row_key_read_int64(&clock);
    return true;
}

/* What is older has expired. */
static int64_t horizon(const expire_operator *x) {
    int64_t at;
    return x->stream_time_ms == INT64_MIN ||
                   __builtin_sub_overflow(x->stream_time_ms, x->base.node->expire.ttl_ms, &at)
               ? INT64_MIN
               : at;
}

static bool read_key(expire_operator *x, const batch *rows, int64_t row) {
    buffer_clear(&x->key);
    buffer_append_byte(&x->key, TAG_KEY);
    for (int i = 0; i < x->base.node->key_count; i++)
        if (!rows->columns[i] || column_is_null(rows->columns[i], row))
            return false;
    row_key_append(&x->key, rows->columns, x->base.node->key_count, row);
    if (rows->window_start) {
        row_key_append_int64(&x->key, rows->window_start[row]);
        row_key_append_int64(&x->key, rows->window_end[row]);
    }
    return true;
}

static void age_bound(buffer *to, int64_t time_ms) {
    buffer_clear(to);
    buffer_append_byte(to, TAG_AGE);
    row_key_append_int64(to, time_ms);
}

/* `key` is without its tag. */
static void put_age(expire_operator *x, slice key, int64_t time_ms) {
    age_bound(&x->next, time_ms);
    buffer_append(&x->next, key);
    store_put(x->store, buffer_slice(&x->next), (slice){"", 0});
    if (time_ms < x->oldest_ms)
        x->oldest_ms = time_ms;
}

/* The key's latest rowtime; INT64_MIN: it is not there. */
static int64_t touched_at(expire_operator *x) {
    slice value = store_get(x->store, buffer_slice(&x->key));
    return value.length == sizeof(int64_t) ? row_key_read_int64(&value) : INT64_MIN;
}

static void output_delete(expire_operator *x, slice key, int64_t time_ms) {
    const plan_node *node = x->base.node;
    int64_t row = batch_builder_add_row(x->out, time_ms, CHANGE_DELETE);
    bool ok = row_key_read(&key, x->out->columns, node->key_count);
    assert(ok);
    (void)ok;
    if (x->out->has_window) {
        x->out->window_start[row] = row_key_read_int64(&key);
        x->out->window_end[row] = row_key_read_int64(&key);
    }
    for (int i = node->key_count; i < node->column_count; i++)
        column_append_null(x->out->columns[i]);
    if (x->out->headers)
        column_append_null(x->out->headers);
}

/* One entry whose time has come: the key is gone, was touched later, or expires now. */
static void visit_entry(expire_operator *x, int64_t bound_ms) {
    slice entry = buffer_slice(&x->age);
    slice key = slice_make(entry.data + 9, entry.length - 9);
    buffer_clear(&x->key);
    buffer_append_byte(&x->key, TAG_KEY);
    buffer_append(&x->key, key);
    int64_t time_ms = touched_at(x);
    store_delete(x->store, entry);
    if (time_ms >= bound_ms) {
        put_age(x, key, time_ms);
    } else if (time_ms != INT64_MIN) {
        store_delete(x->store, buffer_slice(&x->key));
        output_delete(x, key, time_ms + x->base.node->expire.ttl_ms);
    }
}

/* Deletes what has expired. True when there was something. */
static bool expire_keys(expire_operator *x) {
    int64_t bound_ms = horizon(x), before = x->out->rows;
    if (bound_ms == INT64_MIN || x->oldest_ms >= bound_ms)
        return false;
    slice entry, value;
    age_bound(&x->age, x->oldest_ms);
    x->oldest_ms = INT64_MAX;
    store_cursor *c = store_cursor_open(x->store, buffer_slice(&x->age), (slice){NULL, 0});
    while (store_cursor_next(c, &entry, &value)) {
        slice time = slice_make(entry.data + 1, sizeof(int64_t));
        int64_t time_ms = row_key_read_int64(&time);
        if (time_ms >= bound_ms) {
            if (time_ms < x->oldest_ms)
                x->oldest_ms = time_ms;
            break;
        }
        buffer_clear(&x->age);
        buffer_append(&x->age, entry);
        visit_entry(x, bound_ms);
    }
    store_cursor_close(c);
    return x->out->rows > before;
}

/* Remembers a row's key. False when the row is to be left out. */
static bool touch(expire_operator *x, const batch *rows, int64_t row) {
    slice tagged = buffer_slice(&x->key), key = slice_make(tagged.data + 1, tagged.length - 1);
    int64_t before_ms = touched_at(x), time_ms = rows->rowtime[row];
    if (rows->change[row] != CHANGE_INSERT) {
        if (before_ms != INT64_MIN)
            store_delete(x->store, tagged);
        return true;
    }
    if (before_ms > time_ms)
        time_ms = before_ms;
    if (time_ms < horizon(x))
        return false;
    if (time_ms == before_ms)
        return true;
    buffer_clear(&x->age);
    row_key_append_int64(&x->age, time_ms);
    store_put(x->store, tagged, buffer_slice(&x->age));
    if (before_ms == INT64_MIN)
        put_age(x, key, time_ms);
    return true;
}

static void advance(expire_operator *x, int64_t time_ms) {
    if (time_ms <= x->stream_time_ms)
        return;
    x->stream_time_ms = time_ms;
    x->clock_changed = true;
}

static void expire_batch(operator* self, int input, const batch *rows) {
    expire_operator *x = (expire_operator *)self;
    int64_t first = 0; /* rows before it have been copied or left out */
    (void)input;
    batch_builder_clear(x->out);
    for (int64_t row = 0; row < rows->rows; row++) {
        advance(x, rows->rowtime[row]);
        int64_t bound_ms = horizon(x);
        if (bound_ms > x->oldest_ms) {
            batch_builder_append_rows(x->out, rows, first, row - first);
            first = row;
            expire_keys(x);
        }
        if (read_key(x, rows, row) && touch(x, rows, row))
            continue;
        batch_builder_append_rows(x->out, rows, first, row - first);
        first = row + 1;
    }
    if (first == 0 && x->out->rows == 0) {
        operator_emit(self, rows);
        return;
    }
    batch_builder_append_rows(x->out, rows, first, rows->rows - first);
    operator_emit(self, batch_builder_view(x->out));
}

static void expire_watermark(operator* self, int input, int64_t watermark_ms) {
    expire_operator *x = (expire_operator *)self;
    (void)input;
    advance(x, watermark_ms);
    batch_builder_clear(x->out);
    if (expire_keys(x))
        operator_emit(self, batch_builder_view(x->out));
    operator_emit_watermark(self, watermark_ms);
}

static bool expire_barrier(operator* self, error *e) {
    expire_operator *x = (expire_operator *)self;
    (void)e;
    if (x->clock_changed) {
        buffer_clear(&x->age);
        row_key_append_int64(&x->age, x->stream_time_ms);
        store_put(x->store, slice_make(clock_key, 1), buffer_slice(&x->age));
    }
    x->clock_changed = false;
    return true;
}

static void expire_close(operator* self) {
    expire_operator *x = (expire_operator *)self;
    batch_builder_destroy(x->out);
    buffer_free(&x->key);
    buffer_free(&x->age);
    buffer_free(&x->next);
    memory_free(x);
}

static const operator_class expire_class = {
    .name = "expire",
    .open = expire_open,
    .batch = expire_batch,
    .watermark = expire_watermark,
    .barrier = expire_barrier,
    .close = expire_close,
};

operator* expire_operator_create(const plan_node *node, task *t) {
    expire_operator *x = MEMORY_NEW(expire_operator);
    x->base = (operator){.class = &expire_class, .node = node, .task = t};
    return &x->base;
}
