/* The join of a pull query: two bounded inputs, each row of which comes once.
 *
 * All rows of the right input are there before the first of the left one (engine_pull): they are
 * collected, and chained by the hash of their join key. Each left row then gives a row with every
 * right row of its key, and with nulls where there is none (LEFT, FULL). The barrier gives the
 * right rows that no left row met (RIGHT, FULL). Null keys meet nothing. Where both inputs are
 * windowed, rows meet within one window.
 *
 * An input that is a scan BY_JOIN is not walked: it is asked for the keys that the other one has.
 * On the right that is done for each batch of left rows, whose right rows are then forgotten; on
 * the left once, when all right rows are there (hash_join_ask_left). */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"
#include "executor/task.h"

enum { LEFT = 0, RIGHT = 1 };

/* Rows by the hash of their key; `capacity` rows at most. */
typedef struct key_chains {
    uint64_t *hashes;
    int32_t *next;      /* of the chain; -1: the last */
    int32_t *heads;     /* -1: empty */
    int64_t head_count; /* a power of two */
} key_chains;

typedef struct hash_join_operator {
    operator base;
    join_side sides[2];
    join_output out;
    batch_builder *right;
    const batch *rows; /* of `right`, when all are there; else NULL */
    key_chains chains; /* of these rows */
    bool *met;
    bool by_window;
    key_chains asked; /* rows with keys to look up, each key once */
    column **keys;    /* these keys; NULL: neither side is BY_JOIN */
} hash_join_operator;

static bool is_by_join(const plan_node *node, int side) {
    return node->inputs[side]->kind == PLAN_SCAN && node->inputs[side]->scan.by_join;
}

/* ---- keys ---- */

static void chains_start(key_chains *c, int64_t capacity) {
    for (c->head_count = 16; c->head_count < capacity; c->head_count *= 2)
        ;
    c->heads = memory_resize(c->heads, sizeof *c->heads * (size_t)c->head_count);
    memset(c->heads, -1, sizeof *c->heads * (size_t)c->head_count);
    c->hashes = memory_resize(c->hashes, sizeof *c->hashes * (size_t)(capacity + 1));
    c->next = memory_resize(c->next, sizeof *c->next * (size_t)(capacity + 1));
}

static int32_t chains_first(const key_chains *c, uint64_t hash) {
    return c->heads[hash & (uint64_t)(c->head_count - 1)];
}

static void chains_add(key_chains *c, int64_t row, uint64_t hash) {
    int32_t *head = &c->heads[hash & (uint64_t)(c->head_count - 1)];
    c->hashes[row] = hash;
    c->next[row] = *head;
    *head = (int32_t)row;
}

static void chains_free(key_chains *c) {
    memory_free(c->hashes);
    memory_free(c->next);
    memory_free(c->heads);
}

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
    if (is_by_join(self->node, LEFT) || is_by_join(self->node, RIGHT)) {
        j->keys = memory_allocate(sizeof(column *) * (size_t)self->node->key_count);
        for (int k = 0; k < self->node->key_count; k++)
            j->keys[k] = column_create(self->node->columns[k].type);
    }
    return true;
}

static bool has_key(const hash_join_operator *j, const batch *rows, int64_t row) {
    for (int k = 0; k < j->base.node->key_count; k++)
        if (!rows->columns[k] || column_is_null(rows->columns[k], row))
            return false;
    return true;
}

static uint64_t hash_key(const hash_join_operator *j, const batch *rows, int64_t row) {
    uint64_t hash = 0;
    for (int k = 0; k < j->base.node->key_count; k++)
        hash = (hash ^ column_row_hash(rows->columns[k], row)) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

/* Of what rows must have in common to meet. */
static uint64_t hash_row(const hash_join_operator *j, const batch *rows, int64_t row) {
    uint64_t window = j->by_window ? (uint64_t)rows->window_start[row] : 0;
    return hash_key(j, rows, row) ^ (window * 0x9E3779B97F4A7C15u) >> 17;
}

static bool same_key(
    const hash_join_operator *j, const batch *a, int64_t row, const batch *b, int64_t other) {
    for (int k = 0; k < j->base.node->key_count; k++)
        if (!column_rows_equal(a->columns[k], row, b->columns[k], other))
            return false;
    return true;
}

static bool same_window(const hash_join_operator *j, const batch *left, int64_t l, int64_t r) {
    return !j->by_window || (left->window_start[l] == j->rows->window_start[r] &&
                                left->window_end[l] == j->rows->window_end[r]);
}

/* From the last row to the first, so that a chain has its rows in their order. */
static void build(hash_join_operator *j) {
    j->rows = batch_builder_view(j->right);
    int64_t count = j->rows->rows;
    chains_start(&j->chains, count);
    j->met = memory_resize(j->met, sizeof *j->met * (size_t)(count + 1));
    memset(j->met, 0, sizeof *j->met * (size_t)(count + 1));
    for (int64_t row = count - 1; row >= 0; row--)
        if (has_key(j, j->rows, row))
            chains_add(&j->chains, row, hash_row(j, j->rows, row));
}

/* ---- asking a scan ---- */

/* Looks up the keys of `rows`, each once; what is found comes as rows of that input. */
static void ask(hash_join_operator *j, int side, const batch *rows) {
    const plan_node *scan = j->base.node->inputs[side];
    chains_start(&j->asked, rows->rows);
    for (int k = 0; k < j->base.node->key_count; k++)
        column_clear(j->keys[k]);
    for (int64_t row = 0; row < rows->rows; row++) {
        if (!has_key(j, rows, row))
            continue;
        uint64_t hash = hash_key(j, rows, row);
        int32_t known = chains_first(&j->asked, hash);
        while (
            known >= 0 && !(j->asked.hashes[known] == hash && same_key(j, rows, row, rows, known)))
            known = j->asked.next[known];
        if (known >= 0)
            continue;
        chains_add(&j->asked, row, hash);
        for (int k = 0; k < j->base.node->key_count; k++)
            column_append_row(j->keys[k], rows->columns[k], row);
    }
    scan_operator_look_up(
        j->base.task->query->instances[scan->id].operators[0], j->keys, j->keys[0]->length);
}

void hash_join_ask_left(operator* self) {
    hash_join_operator *j = (hash_join_operator *)self;
    if (!j->rows)
        build(j);
    ask(j, LEFT, j->rows);
}

/* ---- rows ---- */

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
        uint64_t hash = hash_row(j, rows, row);
        int32_t r = chains_first(&j->chains, hash);
        for (; r >= 0; r = j->chains.next[r])
            if (j->chains.hashes[r] == hash && same_window(j, rows, row, r) &&
                same_key(j, rows, row, j->rows, r)) {
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
    if (is_by_join(self->node, RIGHT)) {
        j->rows = NULL;
        batch_builder_clear(j->right);
        ask(j, RIGHT, rows);
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
    for (int k = 0; j->keys && k < self->node->key_count; k++)
        column_destroy(j->keys[k]);
    memory_free(j->keys);
    chains_free(&j->chains);
    chains_free(&j->asked);
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
