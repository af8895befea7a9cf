/* Keeps the rows for which the predicate is true.
 *
 * Streams: rows without a value are left out. Tables: a row that does not match leaves the table,
 * so it becomes a delete of its key; whether the key was ever there is not known to an upsert
 * table, and does not matter to one. A retract table's old and new rows each pass by themselves;
 * where the result is to be an upsert table, an old row whose new one passes too is left out, so
 * that a row leaves only when it was there. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct filter_operator {
    operator base;
    program *predicate;
    int32_t *rows;
    int64_t capacity;
    batch_builder *out;
    bool *matched;
} filter_operator;

static bool filter_open(operator* self, error *e) {
    filter_operator *f = (filter_operator *)self;
    const plan_node *node = self->node;
    f->predicate = program_compile(&node->filter.predicate, 1, e);
    f->out = node_batch_builder(node);
    return f->predicate != NULL;
}

/* Upsert tables: rows that do not match become deletes with key columns only. */
static void emit_upserts(filter_operator *f, const batch *rows, int64_t matches) {
    const plan_node *node = f->base.node;
    memset(f->matched, 0, (size_t)rows->rows);
    for (int64_t i = 0; i < matches; i++)
        f->matched[f->rows[i]] = true;
    batch_builder_clear(f->out);
    for (int64_t row = 0; row < rows->rows; row++) {
        bool keeps = f->matched[row] && rows->change[row] == CHANGE_INSERT;
        int64_t to = batch_builder_copy_system(f->out, rows, row);
        f->out->change[to] = keeps ? CHANGE_INSERT : CHANGE_DELETE;
        for (int i = 0; i < node->column_count; i++) {
            if (rows->columns[i] && (keeps || i < node->key_count))
                column_append_row(f->out->columns[i], rows->columns[i], row);
            else
                column_append_null(f->out->columns[i]);
        }
    }
    operator_emit(&f->base, batch_builder_view(f->out));
}

/* Whether matching row i is the old row of matching row i + 1. */
static bool is_replaced(const filter_operator *f, const batch *rows, int64_t i, int64_t matches) {
    const plan_node *node = f->base.node;
    int64_t row = f->rows[i];
    return node->mode == CHANGELOG_UPSERT && node->inputs[0]->mode == CHANGELOG_RETRACT &&
           i + 1 < matches && f->rows[i + 1] == row + 1 && rows->change[row] == CHANGE_DELETE &&
           rows->change[row + 1] == CHANGE_INSERT &&
           batch_rows_share_key(rows, node->key_count, row, row + 1);
}

static void filter_batch(operator* self, int input, const batch *rows) {
    filter_operator *f = (filter_operator *)self;
    (void)input;
    if (rows->rows > f->capacity) {
        f->capacity = rows->rows;
        f->rows = memory_resize(f->rows, sizeof(int32_t) * (size_t)f->capacity);
        f->matched = memory_resize(f->matched, (size_t)f->capacity);
    }
    int64_t matches =
        program_filter(f->predicate, rows, f->rows, task_program_report(self->task, self->node));
    if (self->node->mode == CHANGELOG_UPSERT && self->node->inputs[0]->mode == CHANGELOG_UPSERT) {
        emit_upserts(f, rows, matches);
        return;
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < matches; i++)
        if (rows->change[f->rows[i]] != CHANGE_EMPTY && !is_replaced(f, rows, i, matches))
            f->rows[kept++] = f->rows[i];
    if (kept == rows->rows) {
        operator_emit(self, rows);
        return;
    }
    bool retracts = self->node->mode == CHANGELOG_RETRACT;
    for (int64_t first = 0, end; first < kept; first = end) {
        end = retracts ? operator_pairs_end(rows, f->rows, first, kept) : kept;
        batch_builder_clear(f->out);
        batch_builder_append_gather(f->out, rows, f->rows + first, end - first);
        operator_emit(self, batch_builder_view(f->out));
    }
}

static void filter_close(operator* self) {
    filter_operator *f = (filter_operator *)self;
    program_destroy(f->predicate);
    batch_builder_destroy(f->out);
    memory_free(f->rows);
    memory_free(f->matched);
    memory_free(f);
}

static const operator_class filter_class = {
    .name = "filter",
    .open = filter_open,
    .batch = filter_batch,
    .close = filter_close,
};

operator* filter_operator_create(const plan_node *node, task *t) {
    filter_operator *f = MEMORY_NEW(filter_operator);
    f->base = (operator){.class = &filter_class, .node = node, .task = t};
    return &f->base;
}
