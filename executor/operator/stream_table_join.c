/* Each stream row is joined with the table's row of that moment.
 *
 * The table (input 1) is kept by key; its changes give no results. A stream row (input 0) without
 * key or value is dropped; without a match it is dropped by INNER and kept with nulls by LEFT.
 * Results have the stream row's time. Cost: one lookup a stream row, whose key is fetched into the
 * caches some rows ahead, one write a table row. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"

typedef struct stream_table_join_operator {
    operator base;
    join_side stream, table;
    join_output out;
    store *store;
    buffer key, value;
    join_keys keys; /* of the stream */
} stream_table_join_operator;

static bool join_open(operator* self, error *e) {
    stream_table_join_operator *j = (stream_table_join_operator *)self;
    join_side_open(&j->stream, self->node, 0);
    join_side_open(&j->table, self->node, 1);
    join_output_open(&j->out, self);
    j->store = task_store(self->task, self->node, "-Table", e);
    return j->store != NULL;
}

static void table_batch(stream_table_join_operator *j, const batch *rows) {
    for (int64_t row = 0; row < rows->rows; row++) {
        buffer_clear(&j->key);
        if (!join_key_append(&j->table, rows, row, &j->key))
            continue;
        if (rows->change[row] != CHANGE_INSERT) {
            bool replaced = row + 1 < rows->rows && rows->change[row + 1] == CHANGE_INSERT &&
                            join_same_key(&j->table, rows, row, row + 1);
            if (!replaced)
                store_delete(j->store, buffer_slice(&j->key));
            continue;
        }
        buffer_clear(&j->value);
        join_value_append(&j->table, rows, row, &j->value);
        store_put(j->store, buffer_slice(&j->key), buffer_slice(&j->value));
    }
}

/* A row of the table that was older than its time to live when the stream's row happened. The table
 * deletes it by itself only when its own time goes on. */
static bool is_forgotten(const stream_table_join_operator *j, slice value, int64_t time_ms) {
    int64_t ttl_ms = j->base.node->join.ttl_ms;
    return ttl_ms && join_value_rowtime(&value) < time_ms - ttl_ms;
}

/* The result of one stream row, if it has one. */
static void join_row(
    stream_table_join_operator *j, const batch *rows, int64_t row, slice key, uint64_t hash) {
    slice value = store_get_hashed(j->store, key, hash);
    bool matches = value.data && !is_forgotten(j, value, rows->rowtime[row]);
    if (!matches && j->base.node->join.kind == JOIN_INNER)
        return;
    batch_builder_copy_system(j->out.rows, rows, row);
    join_output_pick(&j->out, row, matches);
    if (!matches)
        return;
    join_value_rowtime(&value);
    join_output_columns(&j->out, &j->table, value);
}

static void stream_batch(stream_table_join_operator *j, const batch *rows) {
    const join_keys *keys = &j->keys;
    join_output_begin(&j->out, &j->stream, &j->table, rows);
    for (int64_t first = 0; first < rows->rows; first += JOIN_ROWS_AHEAD) {
        join_keys_make(&j->keys, &j->stream, rows, first);
        join_keys_fetch(keys, j->store);
        for (int i = 0; i < keys->count; i++)
            if (!keys->missing[i] && rows->change[first + i] == CHANGE_INSERT)
                join_row(j, rows, first + i, join_keys_at(keys, i), keys->hashes[i]);
    }
    join_output_emit(&j->out);
}

static void join_batch(operator* self, int input, const batch *rows) {
    stream_table_join_operator *j = (stream_table_join_operator *)self;
    if (input == 1)
        table_batch(j, rows);
    else
        stream_batch(j, rows);
}

/* Only the stream gives rows, so only its time counts. */
static void join_watermark(operator* self, int input, int64_t watermark_ms) {
    if (input == 0)
        operator_emit_watermark(self, watermark_ms);
}

static void join_close(operator* self) {
    stream_table_join_operator *j = (stream_table_join_operator *)self;
    join_side_close(&j->stream);
    join_side_close(&j->table);
    join_output_close(&j->out);
    buffer_free(&j->key);
    buffer_free(&j->value);
    buffer_free(&j->keys.bytes);
    memory_free(j);
}

static const operator_class stream_table_join_class = {
    .name = "stream-table join",
    .open = join_open,
    .batch = join_batch,
    .watermark = join_watermark,
    .close = join_close,
};

operator* stream_table_join_operator_create(const plan_node *node, task *t) {
    stream_table_join_operator *j = MEMORY_NEW(stream_table_join_operator);
    j->base = (operator){.class = &stream_table_join_class, .node = node, .task = t};
    return &j->base;
}
