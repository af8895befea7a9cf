/* Records of one partition of a topic become rows. With several sources in a query the rows go to
 * its merge first, which emits them from here in order of time. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct source_operator {
    operator base;
    record_decoder *decoder;
} source_operator;

static bool source_open(operator* self, error *e) {
    source_operator *s = (source_operator *)self;
    const plan_node *node = self->node;
    record_decoder_options options = {
        .source_columns = node->source.source_columns,
        .column_count = node->column_count,
        .wanted = node->source.wanted,
        .needs_source = node->needs_source || self->task->query->plan->source_count > 1,
        .needs_headers = node->needs_headers,
        .keeps_null_keys =
            self->task->query->plan->source_count > 1 && !self->task->query->options.stepped,
        .registry = self->task->query->engine->options.registry,
    };
    s->decoder = record_decoder_open(node->source.source, &options, e);
    return s->decoder != NULL;
}

void source_operator_note(operator* self, const batch *rows, int64_t records) {
    operator_count(&self->rows_in, records);
    running_query *q = self->task->query;
    q->rows_in += records;
    int64_t before = q->stream_time_ms, latest = before;
    for (int64_t i = 0; i < rows->rows; i++)
        if (rows->rowtime[i] > latest)
            latest = rows->rowtime[i];
    while (latest > before && !atomic_compare_exchange_weak(&q->stream_time_ms, &before, latest)) {
    }
}

const batch *source_operator_decode(operator* self, const topic_record *records, int64_t count) {
    source_operator *s = (source_operator *)self;
    task_program_report(self->task, self->node);
    const batch *rows =
        record_decode(s->decoder, records, count, &self->task->reports[self->node->id].record);
    source_operator_note(self, rows, count);
    return rows;
}

static void source_close(operator* self) {
    record_decoder_close(((source_operator *)self)->decoder);
    memory_free(self);
}

static const operator_class source_class = {
    .name = "source",
    .open = source_open,
    .close = source_close,
};

operator* source_operator_create(const plan_node *node, task *t) {
    source_operator *s = MEMORY_NEW(source_operator);
    s->base = (operator){.class = &source_class, .node = node, .task = t};
    return &s->base;
}
