/* The end of a query: rows become records of the sink's topic, rows of its materialized table, or
 * go to the query's callback.
 *
 * A table's change is -1 old, +1 new side by side. For an upsert topic the pair is one record: a -1
 * directly in front of a +1 of the same key is left out, and only a -1 that stands alone becomes a
 * tombstone.
 *
 * Windows past their retention leave the materialized table by sweeps: each barrier walks on
 * through a part of the table, twice as many rows as came in since the last, and a new pass begins
 * when time has moved on by an eighth of the retention. So a table holds a small multiple of its
 * live windows at most, for a cost in proportion to what is written. */
#include "base/memory.h"
#include "executor/operator/print_rows.h"
#include "executor/operator/table_absent.h"
#include "executor/operator/table_row.h"
#include "executor/task.h"

enum { ENCODED_ROWS = 512 };

typedef struct sink_operator {
    operator base;
    record_encoder *encoder;
    print_rows *printer; /* of a table of connector print */
    int32_t partitions;  /* of the sink topic */
    store *table;
    int *key_inputs, *value_inputs; /* the table's columns, in its order */
    int key_count, value_count;
    column **keys, **values;
    column **filled;             /* values with zeros for nulls; NULL: nulls are kept */
    const source_format *format; /* of values */
    buffer key, value;
    int64_t retention_ms;  /* of windows; -1: rows stay */
    int64_t latest_ms;     /* rowtime of the rows so far */
    int64_t pass_began_ms; /* latest_ms when the sweep's pass began */
    int64_t came;          /* rows since the last sweep */
    bool is_coalesced;     /* between two commits a key has one row, mostly */
    bool is_sweeping;
    buffer swept; /* where the pass goes on */
    batch_builder *folded;
    int32_t *rows;
    int64_t capacity;
} sink_operator;

static int input_named(const plan_node *input, slice name) {
    for (int i = 0; i < input->column_count; i++)
        if (slice_equal(input->columns[i].name, name))
            return i;
    return -1;
}

static void map_table_columns(
    sink_operator *s, const source_descriptor *sink, const plan_node *input) {
    size_t bytes = sizeof(int) * (size_t)sink->column_count;
    s->key_inputs = memory_allocate(bytes);
    s->value_inputs = memory_allocate(bytes);
    s->keys = memory_allocate_zero(sizeof(column *) * (size_t)sink->column_count);
    s->values = memory_allocate_zero(sizeof(column *) * (size_t)sink->column_count);
    s->format = &sink->value_format;
    if (table_absent_matters(s->format))
        s->filled = memory_allocate_zero(sizeof(column *) * (size_t)sink->column_count);
    for (int i = 0; i < sink->column_count; i++) {
        int from = input_named(input, sink->columns[i].name);
        if (sink->columns[i].role == COLUMN_KEY)
            s->key_inputs[s->key_count++] = from;
        else if (sink->columns[i].role == COLUMN_VALUE)
            s->value_inputs[s->value_count++] = from;
    }
}

/* A projection that passes the key on as it is. */
static bool passes_key_on(const plan_node *project) {
    for (int i = 0; i < project->key_count; i++) {
        const expression *e = project->project.expressions[i];
        if (e->kind != EXPRESSION_COLUMN || e->index != i)
            return false;
    }
    return project->key_count == project->inputs[0]->key_count;
}

/* Whether rows still have the key that their source's records had. */
static bool has_source_key(const plan_node *node) {
    while ((node->kind == PLAN_PROJECT && passes_key_on(node)) || node->kind == PLAN_FILTER ||
           node->kind == PLAN_TABLE_FUNCTION || node->kind == PLAN_EXPIRE ||
           node->kind == PLAN_DISTINCT)
        node = node->inputs[0];
    return node->kind == PLAN_SOURCE;
}

static bool open_topic(
    sink_operator *s, const source_descriptor *sink, const plan_node *input, error *e) {
    engine *g = s->base.task->query->engine;
    if (sink->flink && slice_is(sink->flink->connector, "blackhole"))
        return true; /* rows are counted, and that is all */
    if (sink->flink && slice_is(sink->flink->connector, "print")) {
        s->printer = print_rows_open(sink);
        return true;
    }
    s->encoder = record_encoder_open(
        sink, input->columns, input->column_count, has_source_key(input), g->options.registry, e);
    if (!s->encoder)
        return false;
    return topic_count_partitions(g->options.topics, sink->topic, &s->partitions, e);
}

/* The windows that reach the sink; NULL when they are not windows of this query. */
static const plan_window *find_windows(const plan_node *node) {
    for (; node->input_count == 1; node = node->inputs[0])
        if (node->kind == PLAN_AGGREGATE)
            return node->aggregate.window.kind == WINDOW_NONE ? NULL : &node->aggregate.window;
    return NULL;
}

/* Rows of windows come at barriers, or, of closed windows, once (aggregate_window.c). */
static void open_windows(sink_operator *s, const plan_node *input) {
    const plan_window *windows = input->window == WINDOW_NONE ? NULL : find_windows(input);
    s->retention_ms = windows ? windows->retention_ms : -1;
    s->is_coalesced = windows && !task_results_per_row(s->base.task);
}

static bool sink_open(operator* self, error *e) {
    sink_operator *s = (sink_operator *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    const source_descriptor *sink = node->sink.sink;
    if (!sink)
        return true;
    bool takes_changes =
        sink->flink && (!slice_ends_with(sink->flink->connector, SLICE_LITERAL("kafka")) ||
                           slice_is(sink->value_format.name, "DEBEZIUM_JSON"));
    if (input->mode == CHANGELOG_RETRACT && !takes_changes)
        s->folded = node_batch_builder(input);
    if (!sink->is_source && !open_topic(s, sink, input, e))
        return false; /* CREATE SOURCE TABLE only materializes */
    if (!node->sink.table_store.data)
        return true;
    map_table_columns(s, sink, input);
    open_windows(s, input);
    s->latest_ms = s->pass_began_ms = INT64_MIN;
    s->table = state_store(
        self->task->query->state, node->sink.table_store, task_partition(self->task), e);
    return s->table != NULL;
}

static const batch *fold(sink_operator *s, const batch *rows) {
    if (rows->rows > s->capacity) {
        s->capacity = rows->rows;
        s->rows = memory_resize(s->rows, sizeof(int32_t) * (size_t)s->capacity);
    }
    int key_count = s->base.node->inputs[0]->key_count;
    int64_t kept = 0;
    for (int64_t i = 0; i < rows->rows; i++) {
        bool replaced = rows->change[i] == CHANGE_DELETE && i + 1 < rows->rows &&
                        rows->change[i + 1] == CHANGE_INSERT &&
                        batch_rows_share_key(rows, key_count, i, i + 1);
        if (!replaced)
            s->rows[kept++] = (int32_t)i;
    }
    if (kept == rows->rows)
        return rows;
    batch_builder_clear(s->folded);
    batch_builder_append_gather(s->folded, rows, s->rows, kept);
    return batch_builder_view(s->folded);
}

/* What comes at a barrier has one row a key, mostly; at other times the store folds them. */
static void change_table(sink_operator *s, bool stays) {
    slice key = buffer_slice(&s->key), value = stays ? buffer_slice(&s->value) : (slice){NULL, 0};
    bool unread = s->is_coalesced || s->base.task->query->at_barrier;
    if (stays)
        (unread ? store_put_unread : store_put)(s->table, key, value);
    else
        (unread ? store_delete_unread : store_delete)(s->table, key);
}

static void materialize(sink_operator *s, const batch *rows) {
    bool windowed = s->base.node->inputs[0]->window != WINDOW_NONE;
    for (int i = 0; i < s->key_count; i++)
        s->keys[i] = rows->columns[s->key_inputs[i]];
    for (int i = 0; i < s->value_count; i++) {
        s->values[i] = rows->columns[s->value_inputs[i]];
        if (s->filled)
            s->values[i] = table_absent_fill(s->format, s->values[i], &s->filled[i]);
    }
    s->came += rows->rows;
    for (int64_t row = 0; row < rows->rows; row++) {
        if (rows->rowtime[row] > s->latest_ms)
            s->latest_ms = rows->rowtime[row];
        buffer_clear(&s->key);
        table_row_key(&s->key, s->keys, s->key_count, windowed, rows, row);
        bool stays = rows->change[row] == CHANGE_INSERT;
        buffer_clear(&s->value);
        if (stays)
            table_row_value(&s->value, s->values, s->value_count, rows, row);
        change_table(s, stays);
    }
}

/* The bounds stand at the end of a windowed table's key (table_row.h). */
static bool is_expired(void *context, slice key) {
    const sink_operator *s = context;
    if (key.length < 16)
        return false;
    slice bounds = slice_make(key.data + key.length - 16, 16);
    int64_t start = row_key_read_int64(&bounds), end = row_key_read_int64(&bounds);
    if (s->base.node->inputs[0]->window == WINDOW_SESSION)
        return end < s->latest_ms - s->retention_ms;
    return start <= s->latest_ms - s->retention_ms;
}

enum { SWEEP_ROWS_LEAST = 256 };

static void sweep(sink_operator *s) {
    slice key, value;
    store_cursor *cursor = store_cursor_open(s->table, buffer_slice(&s->swept), (slice){NULL, 0});
    int64_t left = 2 * s->came + SWEEP_ROWS_LEAST;
    while (left-- > 0 && (s->is_sweeping = store_cursor_next(cursor, &key, &value))) {
        buffer_clear(&s->swept);
        buffer_append(&s->swept, key);
        if (is_expired(s, key))
            store_delete_unread(s->table, buffer_slice(&s->swept));
        buffer_append_byte(&s->swept, 0); /* the walk goes on behind this key */
    }
    store_cursor_close(cursor);
    s->came = 0;
}

static bool sink_barrier(operator* self, error *e) {
    sink_operator *s = (sink_operator *)self;
    (void)e;
    if (!s->table || s->retention_ms < 0 || s->latest_ms == INT64_MIN)
        return true;
    store_drop_unread(s->table, is_expired, s); /* the sweep does not see them */
    if (!s->is_sweeping) {
        if (s->pass_began_ms != INT64_MIN && s->latest_ms - s->pass_began_ms <= s->retention_ms / 8)
            return true;
        s->is_sweeping = true;
        s->pass_began_ms = s->latest_ms;
        buffer_clear(&s->swept);
    }
    sweep(s);
    return true;
}

/* Rows of a push query, cut at its LIMIT. */
static void give_to_callback(sink_operator *s, const batch *rows) {
    running_query *q = s->base.task->query;
    if (q->output_closed || !q->output.rows)
        return;
    batch part = *rows;
    if (q->limit_left >= 0 && part.rows > q->limit_left)
        part.rows = q->limit_left;
    if (part.rows && !q->output.rows(q->output.context, s->base.node->inputs[0], &part))
        q->output_closed = true;
    q->rows_out += part.rows;
    operator_count(&s->base.rows_out, part.rows);
    if (q->limit_left >= 0) {
        q->limit_left -= part.rows;
        if (q->limit_left == 0)
            q->output_closed = true;
    }
}

/* A part at a time: what is encoded stays in the caches, and a query keeps little memory for it. */
static void write_records(sink_operator *s, const batch *rows) {
    task *t = s->base.task;
    const plan_node *node = s->base.node;
    task_program_report(t, node);
    for (int64_t first = 0; first < rows->rows; first += ENCODED_ROWS) {
        int64_t left = rows->rows - first;
        const topic_record *records;
        int64_t count =
            record_encode(s->encoder, rows, first, left < ENCODED_ROWS ? left : ENCODED_ROWS,
                s->partitions, &records, &t->reports[node->id].record);
        task_write(t, node->sink.sink->topic, records, count, true);
    }
}

static void print(sink_operator *s, const batch *rows) {
    int64_t count;
    const topic_record *records = print_rows_write(s->printer, rows, &count);
    task_write(s->base.task, s->base.node->sink.sink->topic, records, count, false);
}

static void sink_batch(operator* self, int input, const batch *rows) {
    sink_operator *s = (sink_operator *)self;
    running_query *q = self->task->query;
    (void)input;
    if (!self->node->sink.sink) {
        give_to_callback(s, rows);
        return;
    }
    if (s->folded)
        rows = fold(s, rows);
    if (s->encoder)
        write_records(s, rows);
    if (s->printer)
        print(s, rows);
    if (s->table)
        materialize(s, rows);
    q->rows_out += rows->rows;
    operator_count(&self->rows_out, rows->rows);
}

static void sink_close(operator* self) {
    sink_operator *s = (sink_operator *)self;
    record_encoder_close(s->encoder);
    print_rows_close(s->printer);
    batch_builder_destroy(s->folded);
    memory_free(s->key_inputs);
    memory_free(s->value_inputs);
    memory_free(s->keys);
    memory_free(s->values);
    for (int i = 0; s->filled && i < s->value_count; i++)
        column_destroy(s->filled[i]);
    memory_free(s->filled);
    memory_free(s->rows);
    buffer_free(&s->key);
    buffer_free(&s->value);
    buffer_free(&s->swept);
    memory_free(s);
}

static const operator_class sink_class = {
    .name = "sink",
    .open = sink_open,
    .batch = sink_batch,
    .barrier = sink_barrier,
    .close = sink_close,
};

operator* sink_operator_create(const plan_node *node, task *t) {
    sink_operator *s = MEMORY_NEW(sink_operator);
    s->base = (operator){.class = &sink_class, .node = node, .task = t};
    return &s->base;
}
