/* Tables joined on their primary keys.
 *
 * Both inputs are kept by key. A change of one side looks up the other:
 *
 *   new result = join(new row, other row)   if the kind of join gives one
 *   old result = join(old row, other row)
 *
 * INNER gives results only where the other side has a row. LEFT (RIGHT, mirrored) gives one
 * wherever the left side has a row, FULL wherever either has. A change that leaves no result
 * deletes the key; a delete that finds neither an old row nor a row on the other side gives
 * nothing. The result's time is the later of both rows' times. Cost: two lookups and one write a
 * row; what is in memory of a key is fetched into the caches some rows ahead. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"

typedef struct table_join_operator {
    operator base;
    join_side sides[2];
    store *stores[2];
    join_output out;
    join_keys keys;
    buffer value, old;
    int64_t watermarks[2];
} table_join_operator;

static bool join_open(operator* self, error *e) {
    table_join_operator *j = (table_join_operator *)self;
    static const char *const suffixes[2] = {"-Left", "-Right"};
    for (int i = 0; i < 2; i++) {
        join_side_open(&j->sides[i], self->node, i);
        j->stores[i] = task_store(self->task, self->node, suffixes[i], e);
        j->watermarks[i] = INT64_MIN;
    }
    join_output_open(&j->out, self);
    return j->stores[0] && j->stores[1];
}

/* The input whose rows each have a result of their own: LEFT 0, RIGHT 1. */
static bool is_preserved(const table_join_operator *j, int input) {
    join_kind kind = j->base.node->join.kind;
    return kind == JOIN_FULL || kind == (input == 0 ? JOIN_LEFT : JOIN_RIGHT);
}

/* One side's columns from its stored row; `value` NULL: it has none. */
static void output_side(table_join_operator *j, int input, slice key, slice value) {
    if (!value.data) {
        join_output_nulls(&j->out, &j->sides[input]);
        return;
    }
    join_value_rowtime(&value);
    join_output_stored(&j->out, &j->sides[input], key, value);
}

typedef struct change_of_row {
    int input;
    slice key;
    slice now, old, other; /* stored rows; NULL: none */
    int64_t rowtime;
} change_of_row;

static void output_result(
    table_join_operator *j, const change_of_row *c, slice own, int8_t change) {
    join_output_start(&j->out, c->rowtime, change);
    join_output_stored_key(&j->out, &j->sides[c->input], c->key);
    output_side(j, 0, c->key, c->input == 0 ? own : c->other);
    output_side(j, 1, c->key, c->input == 1 ? own : c->other);
}

static void output_delete(table_join_operator *j, const change_of_row *c) {
    join_output_start(&j->out, c->rowtime, CHANGE_DELETE);
    join_output_stored_key(&j->out, &j->sides[c->input], c->key);
    join_output_nulls(&j->out, &j->sides[0]);
    join_output_nulls(&j->out, &j->sides[1]);
}

/* Has a row `own` of that input a result together with `other`? Either may be missing. */
static bool has_result(const table_join_operator *j, int input, slice own, slice other) {
    if (own.data && other.data)
        return true;
    return own.data ? is_preserved(j, input) : other.data && is_preserved(j, !input);
}

static void output_change(table_join_operator *j, const change_of_row *c) {
    bool possible = c->other.data || (is_preserved(j, c->input) && (c->now.data || c->old.data));
    if (!possible)
        return;
    bool has_new = has_result(j, c->input, c->now, c->other);
    if (j->base.node->mode == CHANGELOG_RETRACT) {
        if (has_result(j, c->input, c->old, c->other))
            output_result(j, c, c->old, CHANGE_DELETE);
        if (has_new)
            output_result(j, c, c->now, CHANGE_INSERT);
    } else if (has_new) {
        output_result(j, c, c->now, CHANGE_INSERT);
    } else {
        output_delete(j, c);
    }
    join_output_ended(&j->out);
}

/* Keeps a value that the next call on the state would take away. The NULL slice stays NULL. */
static slice keep(buffer *to, slice value) {
    if (!value.data)
        return value;
    buffer_clear(to);
    buffer_append(to, value);
    return buffer_slice(to);
}

static void join_row(table_join_operator *j, int input, const batch *rows, int64_t row, int which) {
    const join_side *side = &j->sides[input];
    uint64_t hash = j->keys.hashes[which];
    change_of_row c = {.input = input, .key = join_keys_at(&j->keys, which)};
    c.old = store_get_hashed(j->stores[input], c.key, hash);
    if (j->base.node->mode ==
        CHANGELOG_RETRACT) /* otherwise it only matters whether there was one */
        c.old = keep(&j->old, c.old);
    if (rows->change[row] == CHANGE_INSERT) {
        buffer_clear(&j->value);
        join_value_append(side, rows, row, &j->value);
        c.now = buffer_slice(&j->value);
        store_put(j->stores[input], c.key, c.now);
    } else if (c.old.data) {
        store_delete(j->stores[input], c.key);
    }
    c.other = store_get_hashed(j->stores[!input], c.key, hash);
    c.rowtime = rows->rowtime[row];
    slice other = c.other;
    int64_t other_rowtime = other.data ? join_value_rowtime(&other) : c.rowtime;
    if (other_rowtime > c.rowtime)
        c.rowtime = other_rowtime;
    output_change(j, &c);
}

/* A row that is replaced by the next one in the batch: both are one change. */
static bool is_replaced(const join_side *side, const batch *rows, int64_t row) {
    return side->node->mode == CHANGELOG_RETRACT && rows->change[row] == CHANGE_DELETE &&
           row + 1 < rows->rows && rows->change[row + 1] == CHANGE_INSERT &&
           join_same_key(side, rows, row, row + 1);
}

static void look_ahead(table_join_operator *j, int input, const batch *rows, int64_t first) {
    join_keys_make(&j->keys, &j->sides[input], rows, first);
    for (int i = 0; i < 2; i++)
        join_keys_fetch(&j->keys, j->stores[i]);
}

static void join_batch(operator* self, int input, const batch *rows) {
    table_join_operator *j = (table_join_operator *)self;
    for (int64_t row = 0; row < rows->rows; row++) {
        int which = (int)(row % JOIN_ROWS_AHEAD);
        if (which == 0)
            look_ahead(j, input, rows, row);
        batch_builder_caused_by(j->out.rows, rows, row);
        if (!j->keys.missing[which] && !is_replaced(&j->sides[input], rows, row))
            join_row(j, input, rows, row, which);
    }
    batch_builder_caused_by(j->out.rows, NULL, 0);
    join_output_emit(&j->out);
}

static void join_watermark(operator* self, int input, int64_t watermark_ms) {
    table_join_operator *j = (table_join_operator *)self;
    j->watermarks[input] = watermark_ms;
    int64_t least = j->watermarks[j->watermarks[1] < j->watermarks[0]];
    if (least > INT64_MIN)
        operator_emit_watermark(self, least);
}

static void join_close(operator* self) {
    table_join_operator *j = (table_join_operator *)self;
    for (int i = 0; i < 2; i++)
        join_side_close(&j->sides[i]);
    join_output_close(&j->out);
    buffer_free(&j->keys.bytes);
    buffer_free(&j->value);
    buffer_free(&j->old);
    memory_free(j);
}

static const operator_class table_join_class = {
    .name = "table join",
    .open = join_open,
    .batch = join_batch,
    .watermark = join_watermark,
    .close = join_close,
};

operator* table_join_operator_create(const plan_node *node, task *t) {
    table_join_operator *j = MEMORY_NEW(table_join_operator);
    j->base = (operator){.class = &table_join_class, .node = node, .task = t};
    return &j->base;
}
