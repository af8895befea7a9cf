/* The rows of a materialized table at one moment: the source of a pull query.
 *
 * A lookup by key is a get (or, for windowed tables, a walk over the windows of that key) in each
 * partition; without keys the whole table is walked, or (BY_JOIN) the join asks for the keys it
 * wants. Rows are emitted in batches. A table that has no store of its own is made of its query's
 * groups (group_rows.h). */
#include "base/memory.h"
#include "executor/operator/group_rows.h"
#include "executor/operator/table_row.h"
#include "executor/task.h"

enum { SCAN_BATCH_ROWS = 1024 };

typedef struct scan_operator {
    operator base;
    const sql_type **value_types;
    batch_builder *out;
    bool windowed;
    state_snapshot *snapshot; /* of the view; NULL: there is none */
    int32_t partitions;
    group_rows *groups; /* of the view; NULL: the table has a store */
    slice store;        /* of the rows, or of the groups */
    buffer key;
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

static void give_groups(scan_operator *s) {
    if (s->groups)
        operator_emit(&s->base, group_rows_take(s->groups));
}

/* One stored group becomes a row, or none. */
static bool visit_group(void *context, slice key, slice value) {
    scan_operator *s = context;
    size_t prefix = group_rows_prefix(s->groups).length;
    if (!group_rows_add(s->groups, slice_make(key.data + prefix, key.length - prefix), value)) {
        error e = {0};
        error_set(&e, ERROR_DATA, "The saved state of a group of %.*s cannot be read.",
            SLICE_ARG(s->store));
        task_fail(s->base.task, &e);
        return false;
    }
    if (group_rows_count(s->groups) == SCAN_BATCH_ROWS)
        give_groups(s);
    return !s->base.task->query->output_closed;
}

/* One stored row becomes a row of the batch. */
static bool visit_row(void *context, slice key, slice value) {
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
    state_snapshot_scan(
        s->snapshot, s->store, partition, buffer_slice(&from), buffer_slice(&to), visit_row, s);
    buffer_free(&from);
    buffer_free(&to);
}

static void look_up(scan_operator *s, column *const *keys, int64_t count) {
    const plan_node *node = s->base.node;
    slice prefix = s->groups ? group_rows_prefix(s->groups) : (slice){"", 0};
    for (int64_t i = 0; i < count; i++) {
        buffer_clear(&s->key);
        buffer_append(&s->key, prefix);
        row_key_append(&s->key, keys, node->key_count, i);
        slice key = buffer_slice(&s->key);
        for (int32_t p = 0; p < s->partitions; p++) {
            if (s->windowed) {
                look_up_windows(s, p, key);
                continue;
            }
            slice value = state_snapshot_get(s->snapshot, s->store, p, key);
            if (value.data)
                (s->groups ? visit_group : visit_row)(s, key, value);
        }
    }
}

static void walk(scan_operator *s) {
    slice from = SLICE_LITERAL(""), to = {NULL, 0};
    if (s->groups) {
        from = group_rows_prefix(s->groups);
        to = group_rows_end(s->groups);
    }
    for (int32_t p = 0; p < s->partitions; p++)
        state_snapshot_scan(
            s->snapshot, s->store, p, from, to, s->groups ? visit_group : visit_row, s);
}

void scan_operator_set_view(operator* self, const query_view *view) {
    scan_operator *s = (scan_operator *)self;
    error e = {0};
    group_rows_close(s->groups);
    s->groups = NULL;
    s->snapshot = NULL;
    const plan_node *sink = view ? group_rows_sink(view->query->plan) : NULL;
    if (sink && !(s->groups = group_rows_open(sink, &e))) {
        task_fail(self->task, &e);
        return;
    }
    s->store = s->groups ? group_rows_store(s->groups) : self->node->scan.table_store;
    s->snapshot = view ? view->snapshot : NULL;
    s->partitions = view ? view->partitions : 0;
}

void scan_operator_look_up(operator* self, column *const *keys, int64_t count) {
    scan_operator *s = (scan_operator *)self;
    operator* asking = query_time_to(self->task, self);
    batch_builder_clear(s->out);
    look_up(s, keys, count);
    give_groups(s);
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
    give_groups(s);
    operator_emit(self, batch_builder_view(s->out));
}

static void scan_close(operator* self) {
    scan_operator *s = (scan_operator *)self;
    batch_builder_destroy(s->out);
    group_rows_close(s->groups);
    buffer_free(&s->key);
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
