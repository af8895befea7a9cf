/* RECORDS: the records of rows leave their columns, where they came as the last one, and go beside
 * the batch to an operator that drops late rows (executor/late.h), or nowhere. */
#include "base/memory.h"
#include "executor/operator/operators.h"

static void records_batch(operator* self, int input, const batch *rows) {
    const plan_node *node = self->node;
    batch out = *rows;
    (void)input;
    assert(rows->column_count == node->column_count + 1);
    out.column_count = node->column_count;
    out.records = node->records.for_late ? rows->columns[node->column_count] : NULL;
    operator_emit(self, &out);
}

static void records_close(operator* self) {
    memory_free(self);
}

static const operator_class records_class = {
    .name = "records",
    .batch = records_batch,
    .close = records_close,
};

operator* records_operator_create(const plan_node *node, task *t) {
    operator* self = MEMORY_NEW(operator);
    *self = (operator){.class = &records_class, .node = node, .task = t};
    return self;
}
