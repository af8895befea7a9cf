/* The last row of each key, where changes of a key may overtake each other on their way.
 *
 * All rows that were added under a key and not taken back are kept, in the order of their coming;
 * the last one counts. A row that is added replaces it; when it is taken back the one before it
 * comes again. With nothing left the key is deleted. Rows that are taken back but were never the
 * last change nothing. With a time to live a key that has not changed for so long is forgotten. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_lists.h"

typedef struct upsert_operator {
    operator base;
    row_lists rows;
    batch_builder *out;
} upsert_operator;

static bool upsert_open(operator* self, error *e) {
    upsert_operator *u = (upsert_operator *)self;
    u->out = node_batch_builder(self->node);
    return row_lists_open(&u->rows, self, 0, self->node->upsert.keys, self->node->upsert.key_count,
        NULL, self->node->upsert.ttl_ms, e);
}

static void output(upsert_operator *u, const kept_row *r, int8_t change) {
    batch_builder_add_row(u->out, r->rowtime, change);
    row_lists_output(&u->rows, r, u->out->columns);
}

static void emit_out(upsert_operator *u) {
    operator_emit(&u->base, batch_builder_view(u->out));
    batch_builder_clear(u->out);
}

static void add_row(upsert_operator *u, const batch *in, int64_t row, const group_key *key) {
    group *g = row_lists_make(&u->rows, key);
    row_lists_complete(&u->rows, g);
    if (row_list_of(g)->last)
        output(u, row_list_of(g)->last, CHANGE_DELETE);
    output(u, row_lists_add(&u->rows, g, in, row, 0), CHANGE_INSERT);
}

/* A deletion that stands for itself ends its batch. */
static void take_row(upsert_operator *u, const batch *in, int64_t row, const group_key *key) {
    group *g = row_lists_find(&u->rows, key);
    kept_row *r = g ? row_lists_equal(&u->rows, g, in, row) : NULL;
    if (!r)
        return;
    bool was_last = r == row_list_of(g)->last;
    if (was_last)
        output(u, r, CHANGE_DELETE);
    row_lists_remove(&u->rows, r);
    if (was_last && row_list_of(g)->last)
        output(u, row_list_of(g)->last, CHANGE_INSERT);
    else if (was_last)
        emit_out(u);
}

/* An old row whose new one follows, of the same key, is replaced by it. */
static bool is_replaced(const upsert_operator *u, const batch *in, int64_t row) {
    if (row + 1 >= in->rows || in->change[row] != CHANGE_DELETE ||
        in->change[row + 1] != CHANGE_INSERT)
        return false;
    for (int k = 0; k < u->rows.keys.count; k++)
        if (!column_rows_equal(u->rows.keys.bound[k], row, u->rows.keys.bound[k], row + 1))
            return false;
    return true;
}

static void replace_row(upsert_operator *u, const batch *in, int64_t row, const group_key *key) {
    group *g = row_lists_make(&u->rows, key);
    row_lists_complete(&u->rows, g);
    kept_row *last = row_list_of(g)->last, *old = row_lists_equal(&u->rows, g, in, row);
    if (last)
        output(u, last, CHANGE_DELETE);
    if (old)
        row_lists_remove(&u->rows, old);
    output(u, row_lists_add(&u->rows, g, in, row + 1, 0), CHANGE_INSERT);
}

static void touch(upsert_operator *u, const group_key *key) {
    group *g = row_lists_find(&u->rows, key);
    if (g)
        row_lists_touch(&u->rows, g);
}

static void upsert_batch(operator* self, int input, const batch *in) {
    upsert_operator *u = (upsert_operator *)self;
    (void)input;
    if (u->rows.ttl_ms)
        u->rows.now_ms = clock_now_ms(task_clock(self->task));
    row_keys_bind(&u->rows.keys, in);
    for (int64_t row = 0; row < in->rows; row++) {
        group_key key = row_keys_get(&u->rows.keys, row);
        if (u->rows.ttl_ms)
            row_lists_find(&u->rows, &key); /* forgets what is too old */
        if (is_replaced(u, in, row))
            replace_row(u, in, row++, &key);
        else if (in->change[row] == CHANGE_INSERT)
            add_row(u, in, row, &key);
        else if (in->change[row] == CHANGE_DELETE)
            take_row(u, in, row, &key);
        if (u->rows.ttl_ms)
            touch(u, &key);
    }
    emit_out(u);
}

static bool upsert_barrier(operator* self, error *e) {
    row_lists *rows = &((upsert_operator *)self)->rows;
    (void)e;
    if (rows->ttl_ms)
        rows->now_ms = clock_now_ms(task_clock(self->task));
    row_lists_save(rows);
    return true;
}

static void upsert_close(operator* self) {
    upsert_operator *u = (upsert_operator *)self;
    row_lists_close(&u->rows);
    batch_builder_destroy(u->out);
    memory_free(u);
}

static const operator_class upsert_class = {
    .name = "upsert",
    .open = upsert_open,
    .batch = upsert_batch,
    .barrier = upsert_barrier,
    .close = upsert_close,
};

operator* upsert_operator_create(const plan_node *node, task *t) {
    upsert_operator *u = MEMORY_NEW(upsert_operator);
    u->base = (operator){.class = &upsert_class, .node = node, .task = t};
    return &u->base;
}
