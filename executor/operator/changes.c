/* A table's changes as a stream: each new row of a key is an event of its own; rows that leave are
 * not. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct changes_operator {
    operator base;
    batch_builder *out;
    int32_t *rows;
    int64_t capacity;
} changes_operator;

static bool changes_open(operator* self, error *e) {
    changes_operator *c = (changes_operator *)self;
    const plan_node *node = self->node;
    (void)e;
    c->out = node_batch_builder(node);
    return true;
}

static void changes_batch(operator* self, int input, const batch *rows) {
    changes_operator *c = (changes_operator *)self;
    (void)input;
    if (rows->rows > c->capacity) {
        c->capacity = rows->rows;
        c->rows = memory_resize(c->rows, sizeof(int32_t) * (size_t)c->capacity);
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < rows->rows; i++)
        if (rows->change[i] == CHANGE_INSERT)
            c->rows[kept++] = (int32_t)i;
    if (kept == rows->rows) {
        operator_emit(self, rows);
        return;
    }
    batch_builder_clear(c->out);
    batch_builder_append_gather(c->out, rows, c->rows, kept);
    operator_emit(self, batch_builder_view(c->out));
}

static void changes_close(operator* self) {
    changes_operator *c = (changes_operator *)self;
    batch_builder_destroy(c->out);
    memory_free(c->rows);
    memory_free(c);
}

static const operator_class changes_class = {
    .name = "changes",
    .open = changes_open,
    .batch = changes_batch,
    .close = changes_close,
};

operator* changes_operator_create(const plan_node *node, task *t) {
    changes_operator *c = MEMORY_NEW(changes_operator);
    c->base = (operator){.class = &changes_class, .node = node, .task = t};
    return &c->base;
}
