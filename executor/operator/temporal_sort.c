/* ORDER BY time: rows wait until the watermark has passed them, and go on in order. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/time_buffer.h"

enum { EMIT_ROWS = 4096 };

typedef struct temporal_sort {
    operator base;
    time_buffer waiting;
    int64_t watermark_ms;
    batch_builder *out;
} temporal_sort;

static bool sort_open(operator* self, error *e) {
    temporal_sort *s = (temporal_sort *)self;
    s->out = node_batch_builder(self->node);
    s->watermark_ms = INT64_MIN;
    return time_buffer_open(&s->waiting, self, 0, self->node->temporal_sort.time,
        self->node->temporal_sort.order, self->node->temporal_sort.order_count, NULL, e);
}

static void sort_batch(operator* self, int input, const batch *in) {
    temporal_sort *s = (temporal_sort *)self;
    (void)input;
    time_buffer_add_batch(&s->waiting, in, s->watermark_ms);
}

static void sort_watermark(operator* self, int input, int64_t watermark_ms) {
    temporal_sort *s = (temporal_sort *)self;
    (void)input;
    if (watermark_ms != WATERMARK_IDLE && watermark_ms > s->watermark_ms) {
        s->watermark_ms = watermark_ms;
        while (batch_builder_clear(s->out),
            time_buffer_take(&s->waiting, watermark_ms, s->out, EMIT_ROWS))
            operator_emit(self, batch_builder_view(s->out));
    }
    operator_emit_watermark(self, watermark_ms);
}

static bool sort_barrier(operator* self, error *e) {
    (void)e;
    time_buffer_save(&((temporal_sort *)self)->waiting);
    return true;
}

static void sort_close(operator* self) {
    temporal_sort *s = (temporal_sort *)self;
    time_buffer_close(&s->waiting);
    batch_builder_destroy(s->out);
    memory_free(s);
}

static const operator_class sort_class = {
    .name = "temporal sort",
    .open = sort_open,
    .batch = sort_batch,
    .watermark = sort_watermark,
    .barrier = sort_barrier,
    .close = sort_close,
};

operator* temporal_sort_operator_create(const plan_node *node, task *t) {
    temporal_sort *s = MEMORY_NEW(temporal_sort);
    s->base = (operator){.class = &sort_class, .node = node, .task = t};
    return &s->base;
}
