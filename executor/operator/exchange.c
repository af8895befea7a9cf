/* Rows move to the partition of their key, in memory. On one thread a push to another task's
 * operator is a call; on several the rows wait for that task's turn in the same round (round.h). So
 * an exchange is always empty at a barrier. The
 * partition is that of the key's bytes in the exchange's key format, as a repartition topic's would
 * be, so that rows meet those of a topic with the same key; a query may have more tasks than the
 * exchange has partitions.
 *
 * Watermarks are passed on within the partition, but for an exchange without a key, which gathers
 * all rows in one task: there the least watermark counts of the partitions that its sources have.
 */
#include "base/memory.h"
#include "executor/operator/watermark_gather.h"
#include "executor/task.h"

typedef struct exchange_operator {
    operator base;
    operator* const * targets;
    int32_t target_count;
    int target_input;
    format_column *key_columns;
    format_schema schema;
    format_encoder *encoder;
    buffer bytes;
    size_t *ends;
    uint8_t *status;
    int64_t capacity;
    int32_t **rows; /* by target: row indexes */
    int64_t *row_counts;
    batch_builder *part;
    watermark_input *inputs; /* by producing task; of partition 0's exchange, for all of them */
    watermark_gather watermarks;
} exchange_operator;

void exchange_operator_connect(operator* self, operator* const * targets, int32_t count,
    int input) {
    exchange_operator *x = (exchange_operator *)self;
    int32_t partitions = self->node->exchange.partitions;
    x->targets = targets;
    x->target_count = partitions > 0 && partitions < count ? partitions : count;
    x->target_input = input;
}

static bool gathers(const plan_node *node) {
    return node->key_count == 0 && node->exchange.partitions == 1;
}

/* Whether rows come to that task from a source below. */
static bool has_partition(const running_query *q, const plan_node *node, int32_t partition) {
    for (int i = 0; i < node->input_count; i++)
        if (has_partition(q, node->inputs[i], partition))
            return true;
    if (node->kind != PLAN_SOURCE)
        return false;
    if (q->options.stepped)
        return partition == 0;
    for (int i = 0; i < q->assignment_count; i++)
        if (q->plan->sources[q->assignments[i].source] == node &&
            q->assignments[i].partition == partition)
            return true;
    return false;
}

static void open_gather(exchange_operator *x) {
    const running_query *q = x->base.task->query;
    if (task_partition(x->base.task) != 0)
        return;
    x->inputs = memory_allocate(sizeof(watermark_input) * (size_t)q->partitions);
    watermark_gather_open(&x->watermarks, x->inputs, q->partitions);
    for (int32_t p = 0; p < q->partitions; p++)
        x->inputs[p].is_absent = !has_partition(q, x->base.node, p);
}

static bool exchange_open(operator* self, error *e) {
    exchange_operator *x = (exchange_operator *)self;
    const plan_node *node = self->node;
    if (gathers(node))
        open_gather(x);
    if (x->target_count == 1 || node->key_count == 0)
        return true;
    x->key_columns = memory_allocate(sizeof(format_column) * (size_t)node->key_count);
    for (int i = 0; i < node->key_count; i++)
        x->key_columns[i] = (format_column){node->columns[i].name, node->columns[i].type};
    x->part = node_batch_builder(node);
    x->schema = (format_schema){.columns = x->key_columns,
        .count = node->key_count,
        .wrapped = node->key_count > 1,
        .is_key = true};
    x->rows = memory_allocate_zero(sizeof(int32_t *) * (size_t)x->target_count);
    x->row_counts = memory_allocate_zero(sizeof(int64_t) * (size_t)x->target_count);
    const format *format = format_find(node->exchange.key_format);
    format_options options = {
        .subject = node->exchange.topic, .registry = self->task->query->engine->options.registry};
    x->encoder = format ? format->open_encoder(&x->schema, &options, e) : NULL;
    return x->encoder != NULL ||
           error_set(e, ERROR_STATEMENT, "The key of an exchange cannot be written as '%.*s'.",
               SLICE_ARG(node->exchange.key_format));
}

static void reserve(exchange_operator *x, int64_t count) {
    if (count <= x->capacity)
        return;
    x->capacity = count;
    x->ends = memory_resize(x->ends, sizeof(size_t) * (size_t)count);
    x->status = memory_resize(x->status, (size_t)count);
    for (int32_t i = 0; i < x->target_count; i++)
        x->rows[i] = memory_resize(x->rows[i], sizeof(int32_t) * (size_t)count);
}

static void send(exchange_operator *x, int32_t target, const batch *rows) {
    operator* to = x->targets[target];
    operator_count(&x->base.rows_out, rows->rows);
    if (round_parts(&x->base, to))
        round_pass_rows(&x->base, to, x->target_input, rows, NULL, rows->rows);
    else
        operator_deliver(to, x->target_input, rows);
}

static void send_part(exchange_operator *x, int32_t target, const batch *rows) {
    const int32_t *picked = x->rows[target];
    int64_t count = x->row_counts[target];
    bool retracts = x->base.node->mode == CHANGELOG_RETRACT;
    for (int64_t first = 0, end; first < count; first = end) {
        end = retracts ? operator_pairs_end(rows, picked, first, count) : count;
        if (round_parts(&x->base, x->targets[target])) {
            operator_count(&x->base.rows_out, end - first);
            round_pass_rows(
                &x->base, x->targets[target], x->target_input, rows, picked + first, end - first);
            continue;
        }
        batch_builder_clear(x->part);
        batch_builder_append_gather(x->part, rows, picked + first, end - first);
        send(x, target, batch_builder_view(x->part));
    }
}

static void exchange_batch(operator* self, int input, const batch *rows) {
    exchange_operator *x = (exchange_operator *)self;
    (void)input;
    if (!x->encoder) {
        send(x, 0, rows);
        return;
    }
    reserve(x, rows->rows);
    buffer_clear(&x->bytes);
    memset(x->status, FORMAT_OK, (size_t)rows->rows);
    x->encoder->format->encode(
        x->encoder, rows->columns, 0, rows->rows, NULL, &x->bytes, x->ends, x->status, NULL);
    memset(x->row_counts, 0, sizeof(int64_t) * (size_t)x->target_count);
    for (int64_t i = 0; i < rows->rows; i++) {
        size_t from = i ? x->ends[i - 1] : 0;
        slice key = slice_make(x->bytes.data ? x->bytes.data + from : "", x->ends[i] - from);
        int32_t target = x->status[i] == FORMAT_OK ? topic_partition_of(key, x->target_count) : 0;
        x->rows[target][x->row_counts[target]++] = (int32_t)i;
    }
    for (int32_t t = 0; t < x->target_count; t++) {
        if (x->row_counts[t] == rows->rows)
            send(x, t, rows);
        else
            send_part(x, t, rows);
    }
}

/* For the gathering task, to which the first exchange is connected. */
static void gather_watermark(const work *w) {
    exchange_operator *first = w->object;
    int64_t combined;
    if (watermark_gather_update(&first->watermarks, (int)w->count, w->number, &combined))
        operator_deliver_watermark(w->at, first->base.next_input, combined);
}

static void exchange_watermark(operator* self, int input, int64_t watermark_ms) {
    (void)input;
    if (!gathers(self->node)) {
        operator_emit_watermark(self, watermark_ms);
        return;
    }
    operator* first = self->task->query->instances[self->node->id].operators[0];
    work w = {.run = gather_watermark,
        .at = first->next,
        .number = watermark_ms,
        .count = task_partition(self->task),
        .object = first};
    if (round_parts(self, first->next))
        round_pass(self, &w);
    else
        gather_watermark(&w);
}

static void exchange_close(operator* self) {
    exchange_operator *x = (exchange_operator *)self;
    memory_free(x->inputs);
    if (x->encoder)
        x->encoder->format->close_encoder(x->encoder);
    for (int32_t i = 0; x->rows && i < x->target_count; i++)
        memory_free(x->rows[i]);
    memory_free(x->rows);
    memory_free(x->row_counts);
    memory_free(x->key_columns);
    memory_free(x->ends);
    memory_free(x->status);
    buffer_free(&x->bytes);
    batch_builder_destroy(x->part);
    memory_free(x);
}

static const operator_class exchange_class = {
    .name = "exchange",
    .open = exchange_open,
    .batch = exchange_batch,
    .watermark = exchange_watermark,
    .close = exchange_close,
};

operator* exchange_operator_create(const plan_node *node, task *t) {
    exchange_operator *x = MEMORY_NEW(exchange_operator);
    x->base = (operator){.class = &exchange_class, .node = node, .task = t};
    return &x->base;
}
