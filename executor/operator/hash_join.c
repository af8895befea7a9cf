/* The join of a pull query: two bounded inputs, each row of which comes once.
 *
 * All rows of the right input are there before the first of the left one (engine_pull): they are
 * collected, and chained by the hash of their join key. Each left row then gives a row with every
 * right row of its key, and with nulls where there is none (LEFT, FULL). The barrier gives the
 * right rows that no left row met (RIGHT, FULL). Null keys meet nothing. Where both inputs are
 * windowed, rows meet within one window. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"
#include "executor/task.h"

enum { LEFT = 0, RIGHT = 1 };

typedef struct hash_join_operator {
    operator base;
    join_side sides[2];
    join_output out;
    batch_builder *right;
    const batch *rows; /* of `right`, when all are there; else NULL */
    uint64_t *hashes;
    int32_t *next;  /* of the chain; -1: the last */
    int32_t *heads; /* -1: empty */
    bool *met;
    int64_t head_count; /* a power of two */
    bool by_window;
} hash_join_operator;

static bool join_open(operator* self, error *e) {
    hash_join_operator *j = (hash_join_operator *)self;
    (void)e;
    for (int i = 0; i < 2; i++) {
        join_side_open(&j->sides[i], self->node, i);
        j->sides[i].key_count = self->node->key_count; /* of the join, not of the table */
    }
    join_output_open(&j->out, self);
    j->right = node_batch_builder(self->node->inputs[RIGHT]);
    j->by_window = self->node->window != WINDOW_NONE;
    return true;
}

static bool has_key(const hash_join_operator *j, const batch *rows, int64_t row) {
    for (int k = 0; k < j->base.node->key_count; k++)
        if (!rows->columns[k] || column_is_null(rows->columns[k], row))
            return false;
    return true;
}

static uint64_t hash_key(const hash_join_operator *j, const batch *rows, int64_t row) {
    uint64_t hash = j->by_window ? (uint64_t)rows->window_start[row] : 0;
    for (int k = 0; k < j->base.node->key_count; k++)
        hash = (hash ^ column_row_hash(rows->columns[k], row)) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

static bool same_key(const hash_join_operator *j, const batch *left, int64_t l, int64_t r) {
    if (j->by_window && (left->window_start[l] != j->rows->window_start[r] ||
                            left->window_end[l] != j->rows->window_end[r]))
        return false;
    for (int k = 0; k < j->base.node->key_count; k++)
        if (!column_rows_equal(left->columns[k], l, j->rows->columns[k], r))
            return false;
    return true;
}

/* From the last row to the first, so that a chain has its rows in their order. */
static void build(hash_join_operator *j) {
    j->rows = batch_builder_view(j->right);
    int64_t count = j->rows->rows;
    for (j->head_count = 16; j->head_count < count; j->head_count *= 2)
        ;
    j->heads = memory_allocate(sizeof *j->heads * (size_t)j->head_count);
    memset(j->heads, -1, sizeof *j->heads * (size_t)j->head_count);
    j->hashes = memory_allocate(sizeof *j->hashes * (size_t)(count + 1));
    j->next = memory_allocate(sizeof *j->next * (size_t)(count + 1));
    j->met = memory_allocate(sizeof *j->met * (size_t)(count + 1));
    memset(j->met, 0, sizeof *j->met * (size_t)(count + 1));
    for (int64_t row = count - 1; row >= 0; row--) {
        if (!has_key(j, j->rows, row))
            continue;
        j->hashes[row] = hash_key(j, j->rows, row);
        int32_t *head = &j->heads[j->hashes[row] & (uint64_t)(j->head_count - 1)];
        j->next[row] = *head;
        *head = (int32_t)row;
    }
}

static void give(hash_join_operator *j, const batch *left, int64_t l, int64_t r) {
    int64_t time_ms = left ? left->rowtime[l] : j->rows->rowtime[r];
    if (r >= 0 && j->rows->rowtime[r] > time_ms)
        time_ms = j->rows->rowtime[r];
    join_output_start(&j->out, time_ms, CHANGE_INSERT);
    if (left)
        join_output_key(&j->out, &j->sides[LEFT], left, l);
    else
        join_output_key(&j->out, &j->sides[RIGHT], j->rows, r);
    if (left)
        join_output_row(&j->out, &j->sides[LEFT], left, l);
    else
        join_output_nulls(&j->out, &j->sides[LEFT]);
    if (r >= 0)
        join_output_row(&j->out, &j->sides[RIGHT], j->rows, r);
    else
        join_output_nulls(&j->out, &j->sides[RIGHT]);
    join_output_ended(&j->out);
}

static void join_left(hash_join_operator *j, const batch *rows, int64_t row) {
    join_kind kind = j->base.node->join.kind;
    bool met = false;
    if (has_key(j, rows, row)) {
        uint64_t hash = hash_key(j, rows, row);
        int32_t r = j->heads[hash & (uint64_t)(j->head_count - 1)];
        for (; r >= 0; r = j->next[r])
            if (j->hashes[r] == hash && same_key(j, rows, row, r)) {
                j->met[r] = met = true;
                give(j, rows, row, r);
            }
    }
    if (!met && (kind == JOIN_LEFT || kind == JOIN_FULL))
        give(j, rows, row, -1);
}

static void join_batch(operator* self, int input, const batch *rows) {
    hash_join_operator *j = (hash_join_operator *)self;
    if (input == RIGHT) {
        assert(!j->rows);
        batch_builder_append_rows(j->right, rows, 0, rows->rows);
        return;
    }
    if (!j->rows)
        build(j);
    for (int64_t row = 0; row < rows->rows && !self->task->query->output_closed; row++)
        join_left(j, rows, row);
    join_output_emit(&j->out);
}

static bool join_barrier(operator* self, error *e) {
    hash_join_operator *j = (hash_join_operator *)self;
    join_kind kind = self->node->join.kind;
    (void)e;
    if (!j->rows)
        build(j);
    for (int64_t r = 0; r < j->rows->rows && (kind == JOIN_RIGHT || kind == JOIN_FULL); r++)
        if (!j->met[r])
            give(j, NULL, 0, r);
    join_output_emit(&j->out);
    return true;
}

static void join_close(operator* self) {
    hash_join_operator *j = (hash_join_operator *)self;
    for (int i = 0; i < 2; i++)
        join_side_close(&j->sides[i]);
    join_output_close(&j->out);
    batch_builder_destroy(j->right);
    memory_free(j->hashes);
    memory_free(j->next);
    memory_free(j->heads);
    memory_free(j->met);
    memory_free(j);
}

static const operator_class hash_join_class = {
    .name = "hash join",
    .open = join_open,
    .batch = join_batch,
    .barrier = join_barrier,
    .close = join_close,
};

operator* hash_join_operator_create(const plan_node *node, task *t) {
    hash_join_operator *j = MEMORY_NEW(hash_join_operator);
    j->base = (operator){.class = &hash_join_class, .node = node, .task = t};
    return &j->base;
}
