/* Keeps the last row of each key, so that what follows is told the old row with the new one: an
 * upsert becomes -1 old, +1 new, or only +1 when the key is new; a delete becomes -1 old, or
 * nothing when there was none. A row equal to the old one passes like any other. Rows without a key
 * are dropped. Both rows of a pair have the new row's time. Cost: one lookup and one write a row.
 *
 * With a time to live a key that no row has touched for so long, by the wall clock, is forgotten:
 * the next row of it is new.
 *
 * Store: key: with a time to live, when it was touched last; the row.
 */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/sweep.h"
#include "executor/state/row_codec.h"

typedef struct normalize_operator {
    operator base;
    store *store;
    batch_builder *out;
    const sql_type **value_types; /* of the columns behind the key */
    int value_count;
    int64_t ttl_ms, now_ms;
    sweep swept;
    buffer key, value;
} normalize_operator;

static bool normalize_open(operator* self, error *e) {
    normalize_operator *n = (normalize_operator *)self;
    const plan_node *node = self->node;
    n->out = node_batch_builder(node);
    n->ttl_ms = node->normalize.ttl_ms;
    n->value_count = node->column_count - node->key_count;
    n->value_types = memory_allocate(sizeof(sql_type *) * (size_t)n->value_count);
    for (int i = 0; i < n->value_count; i++)
        n->value_types[i] = node->columns[node->key_count + i].type;
    n->store = task_store(self->task, node, NULL, e);
    return n->store != NULL;
}

static bool read_key(normalize_operator *n, const batch *rows, int64_t row) {
    buffer_clear(&n->key);
    for (int i = 0; i < n->base.node->key_count; i++)
        if (!rows->columns[i] || column_is_null(rows->columns[i], row))
            return false;
    row_key_append(&n->key, rows->columns, n->base.node->key_count, row);
    if (rows->window_start) {
        row_key_append_int64(&n->key, rows->window_start[row]);
        row_key_append_int64(&n->key, rows->window_end[row]);
    }
    return true;
}

static void emit_old(normalize_operator *n, const batch *rows, int64_t row, slice old) {
    const plan_node *node = n->base.node;
    int64_t to = batch_builder_copy_system(n->out, rows, row);
    n->out->change[to] = CHANGE_DELETE;
    for (int i = 0; i < node->key_count; i++)
        column_append_row(n->out->columns[i], rows->columns[i], row);
    if (row_value_read(&old, n->value_types, n->out->columns + node->key_count, n->value_count))
        return;
    error e = {0};
    error_set(
        &e, ERROR_DATA, "a stored row of the store %.*s cannot be read", SLICE_ARG(node->store));
    task_fail(n->base.task, &e);
    for (int i = node->key_count; i < node->column_count; i++)
        column_append_null(n->out->columns[i]);
}

/* A delete and a new row behind it are not one update. */
static void end_delete(normalize_operator *n) {
    int64_t last = n->out->rows - 1;
    if (last < 0 || n->out->change[last] != CHANGE_DELETE)
        return;
    operator_emit(&n->base, batch_builder_view(n->out));
    batch_builder_clear(n->out);
}

static bool has_expired(const normalize_operator *n, slice *stored) {
    return stored->length < 8 || n->now_ms - row_key_read_int64(stored) >= n->ttl_ms;
}

/* The old row; the NULL slice: there is none. */
static slice find_old(normalize_operator *n) {
    slice old = store_get(n->store, buffer_slice(&n->key));
    return n->ttl_ms && old.data && has_expired(n, &old) ? (slice){NULL, 0} : old;
}

static void forget_expired(void *context, slice key, slice value) {
    normalize_operator *n = context;
    if (has_expired(n, &value))
        store_delete(n->store, key);
}

static void normalize_row(normalize_operator *n, const batch *rows, int64_t row) {
    const plan_node *node = n->base.node;
    if (!read_key(n, rows, row))
        return;
    slice key = buffer_slice(&n->key), old = find_old(n);
    if (old.data)
        emit_old(n, rows, row, old);
    else
        end_delete(n);
    if (rows->change[row] != CHANGE_INSERT) {
        if (old.data)
            store_delete(n->store, key);
        return;
    }
    batch_builder_append_rows(n->out, rows, row, 1);
    buffer_clear(&n->value);
    if (n->ttl_ms)
        row_key_append_int64(&n->value, n->now_ms);
    row_value_append(&n->value, rows->columns + node->key_count, n->value_count, row);
    store_put(n->store, key, buffer_slice(&n->value));
}

static void normalize_batch(operator* self, int input, const batch *rows) {
    normalize_operator *n = (normalize_operator *)self;
    (void)input;
    n->swept.came += rows->rows;
    if (n->ttl_ms)
        n->now_ms = clock_now_ms(task_clock(self->task));
    batch_builder_clear(n->out);
    for (int64_t row = 0; row < rows->rows; row++)
        normalize_row(n, rows, row);
    operator_emit(self, batch_builder_view(n->out));
}

static bool normalize_barrier(operator* self, error *e) {
    normalize_operator *n = (normalize_operator *)self;
    (void)e;
    if (!n->ttl_ms)
        return true;
    n->now_ms = clock_now_ms(task_clock(self->task));
    sweep_run(&n->swept, n->store, (slice){NULL, 0}, (slice){NULL, 0}, forget_expired, n);
    return true;
}

static void normalize_close(operator* self) {
    normalize_operator *n = (normalize_operator *)self;
    batch_builder_destroy(n->out);
    memory_free(n->value_types);
    sweep_close(&n->swept);
    buffer_free(&n->key);
    buffer_free(&n->value);
    memory_free(n);
}

static const operator_class normalize_class = {
    .name = "normalize",
    .open = normalize_open,
    .batch = normalize_batch,
    .barrier = normalize_barrier,
    .close = normalize_close,
};

operator* normalize_operator_create(const plan_node *node, task *t) {
    normalize_operator *n = MEMORY_NEW(normalize_operator);
    n->base = (operator){.class = &normalize_class, .node = node, .task = t};
    return &n->base;
}
