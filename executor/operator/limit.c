/* Passes `limit` rows after the first `offset`, then none. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct limit_operator {
    operator base;
    int64_t to_skip, left; /* left -1: no limit */
    batch_builder *out;
} limit_operator;

static bool limit_open(operator* self, error *e) {
    limit_operator *l = (limit_operator *)self;
    const plan_node *node = self->node;
    (void)e;
    l->out = node_batch_builder(node);
    l->to_skip = node->limit.offset;
    l->left = node->limit.limit;
    return true;
}

static void limit_batch(operator* self, int input, const batch *rows) {
    limit_operator *l = (limit_operator *)self;
    (void)input;
    int64_t first = l->to_skip < rows->rows ? l->to_skip : rows->rows;
    int64_t count = rows->rows - first;
    l->to_skip -= first;
    if (l->left >= 0 && count > l->left)
        count = l->left;
    if (l->left >= 0)
        l->left -= count;
    if (count == rows->rows) {
        operator_emit(self, rows);
    } else if (count > 0) {
        batch_builder_clear(l->out);
        batch_builder_append_rows(l->out, rows, first, count);
        operator_emit(self, batch_builder_view(l->out));
    }
}

static void limit_close(operator* self) {
    batch_builder_destroy(((limit_operator *)self)->out);
    memory_free(self);
}

static const operator_class limit_class = {
    .name = "limit",
    .open = limit_open,
    .batch = limit_batch,
    .close = limit_close,
};

operator* limit_operator_create(const plan_node *node, task *t) {
    limit_operator *l = MEMORY_NEW(limit_operator);
    l->base = (operator){.class = &limit_class, .node = node, .task = t};
    return &l->base;
}
