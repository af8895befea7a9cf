/* The rows of a materialized table at one moment: the source of a pull query.
 *
 * A lookup by key is a get (or, for windowed tables, a walk over the windows of that key) in each
 * partition; without keys the whole table is walked, or (BY_JOIN) the join asks for the keys it
 * wants. Rows are emitted in batches. */
#include "base/memory.h"
#include "executor/operator/table_row.h"
#include "executor/task.h"

enum { SCAN_BATCH_ROWS = 1024 };

typedef struct scan_operator {
    operator base;
    const sql_type **value_types;
    batch_builder *out;
    bool windowed;
    state_snapshot *snapshot; /* of the view */
    int32_t partitions;
} scan_operator;

static bool scan_open(operator* self, error *e) {
    scan_operator *s = (scan_operator *)self;
    const plan_node *node = self->node;
    (void)e;
    const sql_type **types = memory_allocate(sizeof(sql_type *) * (size_t)node->column_count);
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    s->windowed = node->window != WINDOW_NONE;
    s->out =
        batch_builder_create(types, node->column_count, node->needs_source, s->windowed, false);
    s->value_types = types;
    return true;
}

static bool in_bounds(const plan_node *node, int64_t start, int64_t end) {
    return start >= node->scan.start_from_ms && start <= node->scan.start_to_ms &&
           end >= node->scan.end_from_ms && end <= node->scan.end_to_ms;
}

/* One stored row becomes a row of the batch. */
static bool visit(void *context, slice key, slice value) {
    scan_operator *s = context;
    const plan_node *node = s->base.node;
    int64_t start = 0, end = 0;
    if (s->windowed) {
        if (key.length < 16)
            return true;
        slice bounds = slice_make(key.data + key.length - 16, 16);
        start = row_key_read_int64(&bounds);
        end = row_key_read_int64(&bounds);
        if (!in_bounds(node, start, end))
            return true;
    }
    int64_t row = batch_builder_add_row(s->out, row_key_read_int64(&value), CHANGE_INSERT);
    if (s->windowed) {
        s->out->window_start[row] = start;
        s->out->window_end[row] = end;
    }
    bool ok = row_key_read(&key, s->out->columns, node->key_count) &&
              row_value_read(&value, s->value_types + node->key_count,
                  s->out->columns + node->key_count, node->column_count - node->key_count);
    assert(ok);
    (void)ok;
    if (s->out->rows == SCAN_BATCH_ROWS) {
        operator_emit(&s->base, batch_builder_view(s->out));
        batch_builder_clear(s->out);
    }
    return !s->base.task->query->output_closed;
}

/* Walks the windows of one key; keys that merely begin with the same bytes are not there, because
 * the memcomparable form of a key is never a prefix of another's. */
static void look_up_windows(scan_operator *s, int32_t partition, slice key) {
    const plan_node *node = s->base.node;
    buffer from = {0}, to = {0};
    buffer_append(&from, key);
    row_key_append_int64(&from, node->scan.start_from_ms);
    buffer_append(&to, key);
    row_key_append_int64(&to, node->scan.start_to_ms);
    for (int i = 0; i < 9; i++)
        buffer_append_byte(&to, (char)0xff); /* past every end */
    state_snapshot_scan(s->snapshot, node->scan.table_store, partition, buffer_slice(&from),
        buffer_slice(&to), visit, s);
    buffer_free(&from);
    buffer_free(&to);
}

static void look_up(scan_operator *s, column *const *keys, int64_t count) {
    const plan_node *node = s->base.node;
    buffer key = {0};
    for (int64_t i = 0; i < count; i++) {
        buffer_clear(&key);
        row_key_append(&key, keys, node->key_count, i);
        for (int32_t p = 0; p < s->partitions; p++) {
            if (s->windowed) {
                look_up_windows(s, p, buffer_slice(&key));
                continue;
            }
            slice value =
                state_snapshot_get(s->snapshot, node->scan.table_store, p, buffer_slice(&key));
            if (value.data)
                visit(s, buffer_slice(&key), value);
        }
    }
    buffer_free(&key);
}

static void walk(scan_operator *s) {
    for (int32_t p = 0; p < s->partitions; p++)
        state_snapshot_scan(s->snapshot, s->base.node->scan.table_store, p, SLICE_LITERAL(""),
            (slice){NULL, 0}, visit, s);
}

void scan_operator_set_view(operator* self, state_snapshot *snapshot, int32_t partitions) {
    scan_operator *s = (scan_operator *)self;
    s->snapshot = snapshot;
    s->partitions = partitions;
}

void scan_operator_look_up(operator* self, column *const *keys, int64_t count) {
    scan_operator *s = (scan_operator *)self;
    operator* asking = query_time_to(self->task, self);
    batch_builder_clear(s->out);
    look_up(s, keys, count);
    operator_emit(self, batch_builder_view(s->out));
    query_time_to(self->task, asking);
}

void scan_operator_run(operator* self) {
    scan_operator *s = (scan_operator *)self;
    const plan_node *node = self->node;
    batch_builder_clear(s->out);
    if (node->scan.keys)
        look_up(s, node->scan.keys, node->scan.lookup_count);
    else
        walk(s);
    operator_emit(self, batch_builder_view(s->out));
}

static void scan_close(operator* self) {
    scan_operator *s = (scan_operator *)self;
    batch_builder_destroy(s->out);
    memory_free(s->value_types);
    memory_free(s);
}

static const operator_class scan_class = {
    .name = "scan",
    .open = scan_open,
    .close = scan_close,
};

operator* scan_operator_create(const plan_node *node, task *t) {
    scan_operator *s = MEMORY_NEW(scan_operator);
    s->base = (operator){.class = &scan_class, .node = node, .task = t};
    return &s->base;
}
