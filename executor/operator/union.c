/* UNION ALL: both inputs' rows, as they come. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/watermark_gather.h"

typedef struct union_operator {
    operator base;
    watermark_input inputs[2];
    watermark_gather watermarks;
} union_operator;

static void union_batch(operator* self, int input, const batch *rows) {
    (void)input;
    operator_emit(self, rows);
}

static void union_watermark(operator* self, int input, int64_t watermark_ms) {
    union_operator *u = (union_operator *)self;
    int64_t combined;
    if (watermark_gather_update(&u->watermarks, input, watermark_ms, &combined))
        operator_emit_watermark(self, combined);
}

static void union_close(operator* self) {
    memory_free(self);
}

static const operator_class union_class = {
    .name = "union",
    .batch = union_batch,
    .watermark = union_watermark,
    .close = union_close,
};

operator* union_operator_create(const plan_node *node, task *t) {
    union_operator *u = MEMORY_NEW(union_operator);
    u->base = (operator){.class = &union_class, .node = node, .task = t};
    watermark_gather_open(&u->watermarks, u->inputs, node->input_count);
    return &u->base;
}
