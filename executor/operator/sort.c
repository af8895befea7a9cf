/* ORDER BY of a bounded plan: collects all rows, and emits them sorted at the barrier that ends it.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "executor/task.h"

typedef struct sort_operator {
    operator base;
    batch_builder *collected, *sorted;
} sort_operator;

static bool sort_open(operator* self, error *e) {
    sort_operator *s = (sort_operator *)self;
    (void)e;
    s->collected = node_batch_builder(self->node);
    s->sorted = node_batch_builder(self->node);
    return true;
}

static void sort_batch(operator* self, int input, const batch *rows) {
    (void)input;
    batch_builder_append_rows(((sort_operator *)self)->collected, rows, 0, rows->rows);
}

static int compare_rows(const void *a, const void *b, void *context) {
    const sort_operator *s = context;
    const plan_node *node = s->base.node;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    for (int i = 0; i < node->sort.count; i++) {
        const column *c = s->collected->columns[node->sort.columns[i]];
        bool null_x = column_is_null(c, x), null_y = column_is_null(c, y);
        if (null_x != null_y)
            return null_x == node->sort.nulls_first[i] ? -1 : 1;
        int order = column_rows_compare(c, x, c, y);
        if (order)
            return node->sort.descending[i] ? -order : order;
    }
    return (x > y) - (x < y); /* stable */
}

static bool sort_barrier(operator* self, error *e) {
    sort_operator *s = (sort_operator *)self;
    (void)e;
    int64_t count = s->collected->rows;
    int32_t *rows = memory_allocate(sizeof(int32_t) * (size_t)count);
    for (int64_t i = 0; i < count; i++)
        rows[i] = (int32_t)i;
    qsort_r(rows, (size_t)count, sizeof(int32_t), compare_rows, s);
    batch_builder_clear(s->sorted);
    batch_builder_append_gather(s->sorted, batch_builder_view(s->collected), rows, count);
    batch_builder_clear(s->collected);
    memory_free(rows);
    operator_emit(self, batch_builder_view(s->sorted));
    return true;
}

static void sort_close(operator* self) {
    sort_operator *s = (sort_operator *)self;
    batch_builder_destroy(s->collected);
    batch_builder_destroy(s->sorted);
    memory_free(s);
}

static const operator_class sort_class = {
    .name = "sort",
    .open = sort_open,
    .batch = sort_batch,
    .barrier = sort_barrier,
    .close = sort_close,
};

operator* sort_operator_create(const plan_node *node, task *t) {
    sort_operator *s = MEMORY_NEW(sort_operator);
    s->base = (operator){.class = &sort_class, .node = node, .task = t};
    return &s->base;
}
