#include "executor/operator/join_row.h"

#include "base/memory.h"

enum { EMIT_ROWS = 4096 };

void join_side_open(join_side *side, const plan_node *join, int input) {
    const plan_node *node = join->inputs[input];
    *side = (join_side){.node = node,
        .key_count = node->key_count,
        .value_count = node->column_count - node->key_count,
        .first_column = join->key_count + (input ? join->inputs[0]->column_count : 0),
        .unstored = -1,
        .windowed = node->window != WINDOW_NONE};
    side->value_types = memory_allocate(sizeof(sql_type *) * (size_t)side->value_count);
    side->values = memory_allocate(sizeof(column *) * (size_t)side->value_count);
    for (int i = 0; i < side->value_count; i++)
        side->value_types[i] = node->columns[side->key_count + i].type;
}

void join_side_close(join_side *side) {
    memory_free(side->value_types);
    memory_free(side->values);
}

bool join_key_append(const join_side *side, const batch *rows, int64_t row, buffer *key) {
    for (int i = 0; i < side->key_count; i++)
        if (!rows->columns[i] || column_is_null(rows->columns[i], row))
            return false;
    row_key_append(key, rows->columns, side->key_count, row);
    if (side->windowed) {
        row_key_append_int64(key, rows->window_start[row]);
        row_key_append_int64(key, rows->window_end[row]);
    }
    return true;
}

void join_value_append(const join_side *side, const batch *rows, int64_t row, buffer *value) {
    row_key_append_int64(value, rows->rowtime[row]);
    join_columns_append(side, rows, row, value);
}

void join_columns_append(const join_side *side, const batch *rows, int64_t row, buffer *to) {
    column *const *columns = rows->columns + side->key_count;
    if (side->unstored >= 0) {
        memcpy(side->values, columns, sizeof(column *) * (size_t)side->value_count);
        side->values[side->unstored - side->key_count] = NULL;
        columns = side->values;
    }
    row_value_append(to, columns, side->value_count, row);
}

int64_t join_value_rowtime(slice *value) {
    return row_key_read_int64(value);
}

bool join_same_key(const join_side *side, const batch *rows, int64_t a, int64_t b) {
    if (side->windowed && (rows->window_start[a] != rows->window_start[b] ||
                              rows->window_end[a] != rows->window_end[b]))
        return false;
    for (int i = 0; i < side->key_count; i++)
        if (!column_rows_equal(rows->columns[i], a, rows->columns[i], b))
            return false;
    return true;
}

/* ---- keys ---- */

void join_keys_clear(join_keys *keys) {
    keys->count = 0;
    keys->starts[0] = 0;
    buffer_clear(&keys->bytes);
}

void join_keys_add(join_keys *keys, bool is_missing) {
    int i = keys->count++;
    if (is_missing)
        keys->bytes.length = keys->starts[i];
    keys->missing[i] = is_missing;
    keys->starts[i + 1] = keys->bytes.length;
    keys->hashes[i] = is_missing ? 0 : slice_hash(join_keys_at(keys, i));
}

void join_keys_make(join_keys *keys, const join_side *side, const batch *rows, int64_t first) {
    join_keys_clear(keys);
    for (int64_t row = first; row < rows->rows && keys->count < JOIN_ROWS_AHEAD; row++)
        join_keys_add(keys, !join_key_append(side, rows, row, &keys->bytes));
}

void join_keys_fetch(const join_keys *keys, const store *from) {
    for (int step = 0; step < STORE_FETCH_STEPS; step++)
        for (int i = 0; i < keys->count; i++)
            if (!keys->missing[i])
                store_fetch(from, keys->hashes[i], step);
}

/* ---- output ---- */

void join_output_open(join_output *out, operator* self) {
    *out = (join_output){.self = self, .rows = node_batch_builder(self->node)};
}

void join_output_close(join_output *out) {
    batch_builder_destroy(out->rows);
    memory_free(out->picked);
}

void join_output_start(join_output *out, int64_t rowtime, int8_t change) {
    batch_builder_add_row(out->rows, rowtime, change);
}

void join_output_window(join_output *out, int64_t start_ms, int64_t end_ms) {
    out->rows->window_start[out->rows->rows - 1] = start_ms;
    out->rows->window_end[out->rows->rows - 1] = end_ms;
}

static void append_from(column *to, const column *from, int64_t row) {
    if (from)
        column_append_row(to, from, row);
    else
        column_append_null(to);
}

void join_output_key(join_output *out, const join_side *side, const batch *rows, int64_t row) {
    for (int i = 0; i < side->key_count; i++)
        append_from(out->rows->columns[i], rows->columns[i], row);
    if (out->rows->has_window)
        join_output_window(out, rows->window_start[row], rows->window_end[row]);
}

void join_output_fail(join_output *out) {
    error e = {0};
    error_set(&e, ERROR_DATA, "a stored row of the store %.*s cannot be read",
        SLICE_ARG(out->self->node->store));
    error_hint(&e, "Drop the query and create it again: its state is built up anew.");
    task_fail(out->self->task, &e);
}

static void fail_damaged(join_output *out, column **columns, int count) {
    join_output_fail(out);
    for (int i = 0; i < count; i++)
        column_append_null(columns[i]);
}

void join_output_stored_key(join_output *out, const join_side *side, slice key) {
    if (!row_key_read(&key, out->rows->columns, side->key_count))
        fail_damaged(out, out->rows->columns, side->key_count);
    else if (out->rows->has_window && key.length >= 16) {
        int64_t start_ms = row_key_read_int64(&key);
        join_output_window(out, start_ms, row_key_read_int64(&key));
    }
}

void join_output_row(join_output *out, const join_side *side, const batch *rows, int64_t row) {
    column **to = out->rows->columns + side->first_column;
    for (int i = 0; i < side->node->column_count; i++)
        append_from(to[i], rows->columns[i], row);
}

void join_output_stored(join_output *out, const join_side *side, slice key, slice value) {
    column **to = out->rows->columns + side->first_column;
    if (!row_key_read(&key, to, side->key_count))
        fail_damaged(out, to, side->key_count);
    join_output_columns(out, side, value);
}

void join_output_columns(join_output *out, const join_side *side, slice columns) {
    column **to = out->rows->columns + side->first_column + side->key_count;
    if (!row_value_read(&columns, side->value_types, to, side->value_count))
        fail_damaged(out, to, side->value_count);
}

void join_output_nulls(join_output *out, const join_side *side) {
    column **to = out->rows->columns + side->first_column;
    for (int i = 0; i < side->node->column_count; i++)
        column_append_null(to[i]);
}

/* ---- many rows ---- */

void join_output_begin(
    join_output *out, const join_side *own, const join_side *other, const batch *rows) {
    out->own = own;
    out->other = other;
    out->picked_from = rows;
}

void join_output_pick(join_output *out, int64_t row, bool matched) {
    if (out->picked_count && matched != out->picked_matched)
        join_output_settle(out);
    if (out->picked_count == out->picked_capacity) {
        out->picked_capacity = out->picked_capacity ? out->picked_capacity * 2 : 64;
        out->picked = memory_resize(out->picked, sizeof(int32_t) * (size_t)out->picked_capacity);
    }
    int64_t count = out->picked_count;
    out->picked_run = !count || (out->picked_run && out->picked[count - 1] + 1 == row);
    out->picked[out->picked_count++] = (int32_t)row;
    out->picked_matched = matched;
    const batch *rows = out->picked_from;
    if (out->rows->has_window)
        join_output_window(out, rows->window_start[row], rows->window_end[row]);
}

static void gather(join_output *out, column **to, int count) {
    for (int i = 0; i < count; i++) {
        const column *from = out->picked_from->columns[i];
        if (from && out->picked_run)
            column_append_rows(to[i], from, out->picked[0], out->picked_count);
        else if (from)
            column_append_gather(to[i], from, out->picked, out->picked_count);
        else
            column_append_nulls(to[i], out->picked_count);
    }
}

void join_output_settle(join_output *out) {
    if (!out->picked_count)
        return;
    column **to = out->rows->columns;
    const join_side *other = out->other;
    gather(out, to, out->own->key_count);
    gather(out, to + out->own->first_column, out->own->node->column_count);
    if (out->picked_matched)
        gather(out, to + other->first_column, other->key_count);
    for (int i = 0; !out->picked_matched && i < other->node->column_count; i++)
        column_append_nulls(to[other->first_column + i], out->picked_count);
    out->picked_count = 0;
}

void join_output_emit(join_output *out) {
    join_output_settle(out);
    operator_emit(out->self, batch_builder_view(out->rows));
    batch_builder_clear(out->rows);
}

void join_output_ended(join_output *out) {
    int64_t rows = out->rows->rows;
    bool deleted = out->self->node->mode == CHANGELOG_RETRACT && rows > 0 &&
                   out->rows->change[rows - 1] == CHANGE_DELETE;
    if (rows >= EMIT_ROWS || deleted)
        join_output_emit(out);
}
