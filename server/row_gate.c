#include "server/row_gate.h"

#include "base/memory.h"

struct row_gate {
    const plan_node *node;
    bool *keys;          /* NULL: rows without a key are seen */
    arena *arena;        /* the kept columns' types: they outlive the plan */
    batch_builder *kept; /* made when something is left out for the first time */
    int32_t *rows;
    int64_t capacity;
};

row_gate *row_gate_create(const plan_node *node, const bool *keys) {
    row_gate *gate = MEMORY_NEW(row_gate);
    gate->node = node;
    gate->arena = arena_create();
    for (int i = 0; keys && i < node->column_count; i++) {
        if (keys[i] && !gate->keys)
            gate->keys = ARENA_ARRAY(gate->arena, bool, node->column_count);
        if (keys[i])
            gate->keys[i] = true;
    }
    return gate;
}

void row_gate_free(row_gate *gate) {
    if (!gate)
        return;
    batch_builder_destroy(gate->kept);
    arena_destroy(gate->arena);
    memory_free(gate->rows);
    memory_free(gate);
}

static bool has_no_key(const row_gate *gate, const batch *rows, int64_t row) {
    for (int i = 0; i < gate->node->column_count; i++)
        if (gate->keys[i] && !column_is_null(rows->columns[i], row))
            return false;
    return true;
}

static bool is_seen(const row_gate *gate, const batch *rows, int64_t row) {
    const plan_node *node = gate->node;
    if (rows->change[row] == CHANGE_EMPTY || (gate->keys && has_no_key(gate, rows, row)))
        return false;
    bool replaced = rows->change[row] == CHANGE_DELETE && row + 1 < rows->rows &&
                    rows->change[row + 1] == CHANGE_INSERT &&
                    batch_rows_share_key(rows, node->key_count, row, row + 1);
    return !replaced;
}

static batch_builder *make_builder(arena *a, const plan_node *node, const batch *rows) {
    const sql_type **types = ARENA_ARRAY(a, const sql_type *, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        types[i] = sql_type_copy(a, node->columns[i].type);
    return batch_builder_create(
        types, node->column_count, false, rows->window_start != NULL, false);
}

const batch *row_gate_pass(row_gate *gate, const batch *rows) {
    int64_t kept = 0;
    if (rows->rows > gate->capacity) {
        gate->capacity = rows->rows;
        gate->rows = memory_resize(gate->rows, sizeof *gate->rows * (size_t)gate->capacity);
    }
    for (int64_t row = 0; row < rows->rows; row++)
        if (is_seen(gate, rows, row))
            gate->rows[kept++] = (int32_t)row;
    if (kept == rows->rows)
        return rows;
    if (!gate->kept)
        gate->kept = make_builder(gate->arena, gate->node, rows);
    batch_builder_clear(gate->kept);
    batch_builder_append_gather(gate->kept, rows, gate->rows, kept);
    return batch_builder_view(gate->kept);
}
