/* Rows of the left input with the right one's row of the same key as it was at the row's time, or
 * as it is now.
 *
 * By event time the right rows are versions, each from its time on until the next one of its key; a
 * row that is taken back ends its version. A left row waits until the watermark has passed it; then
 * the last version that is not later is its own. Versions that no left row can ask for any more are
 * forgotten when their key is looked at. A left row that comes behind the watermark is late: it
 * meets what is still there, and is dropped when that is nothing and it is not an outer one.
 *
 * By processing time a left row meets all rows that its key has at that moment. A right input that
 * ends is a table to look things up in: left rows wait until all of it is there.
 *
 * With a time to live the rows of a key that no row of either side has touched for so long, by the
 * wall clock, are forgotten; not those of an input that ends.
 *
 * A left row is taken back like it came: the versions it asks for are still the same by event time;
 * by processing time it meets what is there now. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_lists.h"
#include "executor/operator/time_buffer.h"
#include "executor/operator/watermark_gather.h"

enum { EMIT_ROWS = 4096 };

typedef struct temporal_join {
    operator base;
    row_keys left_keys;
    row_lists right;
    time_buffer waiting; /* event time: left rows */
    row_lists held;      /* processing time: left rows, until the right input has ended */
    bool by_event_time, holds;
    int64_t held_watermark_ms; /* INT64_MIN: none; must not overtake rows that are held */
    program *condition;
    watermark_input watermark_inputs[2];
    watermark_gather watermarks;
    batch_builder *left, *out;
    int32_t *rows, *passed;
    const kept_row **others; /* NULL: none */
    int64_t capacity;
} temporal_join;

static void reserve(temporal_join *j, int64_t count) {
    if (count <= j->capacity)
        return;
    j->capacity = count * 2;
    size_t n = (size_t)j->capacity;
    j->rows = memory_resize(j->rows, sizeof *j->rows * n);
    j->passed = memory_resize(j->passed, sizeof *j->passed * n);
    j->others = memory_resize(j->others, sizeof *j->others * n);
}

static void output(temporal_join *j, const batch *in, int64_t row, const kept_row *other) {
    int left = j->base.node->inputs[0]->column_count;
    column **columns = j->out->columns;
    batch_builder_add_row(j->out, in->rowtime[row], in->change[row]);
    for (int c = 0; c < left; c++) {
        if (in->columns[c])
            column_append_row(columns[c], in->columns[c], row);
        else
            column_append_null(columns[c]);
    }
    if (other)
        row_lists_output(&j->right, other, columns + left);
    else
        for (int c = left; c < j->out->column_count; c++)
            column_append_null(columns[c]);
}

static void emit_out(temporal_join *j) {
    operator_emit(&j->base, batch_builder_view(j->out));
    batch_builder_clear(j->out);
}

/* With a condition each row's candidates are looked at by themselves. */
static int64_t pass_condition(temporal_join *j, const batch *in, int64_t row, int64_t count) {
    if (!j->condition || count == 0)
        return count;
    emit_out(j);
    for (int64_t i = 0; i < count; i++)
        output(j, in, row, j->others[i]);
    int64_t passed = program_filter(j->condition, batch_builder_view(j->out), j->passed,
        task_program_report(j->base.task, j->base.node));
    batch_builder_clear(j->out);
    for (int64_t i = 0; i < passed; i++)
        j->others[i] = j->others[j->passed[i]];
    return passed;
}

/* ---- versions ---- */

static int64_t version_at(temporal_join *j, group *g, int64_t time) {
    const kept_row *best = NULL;
    for (const kept_row *r = row_list_of(g)->first; r; r = r->next)
        if (r->rowtime <= time && (!best || r->rowtime >= best->rowtime))
            best = r;
    j->others[0] = best;
    return best && best->count > 0;
}

/* All but the one that is valid at the watermark, and later ones. */
static void forget_versions(temporal_join *j, group *g, int64_t watermark_ms) {
    const kept_row *valid = NULL;
    for (const kept_row *r = row_list_of(g)->first; r; r = r->next)
        if (r->rowtime <= watermark_ms && (!valid || r->rowtime >= valid->rowtime))
            valid = r;
    for (kept_row *r = row_list_of(g)->first, *next; r; r = next) {
        next = r->next;
        if (r->rowtime <= watermark_ms && (r != valid || r->count < 0))
            row_lists_remove(&j->right, r);
    }
}

/* ---- left rows ---- */

static int64_t find_matches(temporal_join *j, int64_t row, int64_t time) {
    if (row_keys_has_null(&j->left_keys, row))
        return 0;
    group_key key = row_keys_get(&j->left_keys, row);
    group *g = row_lists_find(&j->right, &key);
    if (!g)
        return 0;
    if (j->right.ttl_ms)
        row_lists_touch(&j->right, g);
    reserve(j, row_list_of(g)->count);
    if (j->by_event_time)
        return version_at(j, g, time);
    int64_t count = 0;
    for (const kept_row *r = row_list_of(g)->first; r; r = r->next)
        j->others[count++] = r;
    return count;
}

/* False: it has no match and is dropped. The keys are bound. */
static bool join_row(temporal_join *j, const batch *in, int64_t row, int64_t time) {
    int64_t count = pass_condition(j, in, row, find_matches(j, row, time));
    for (int64_t i = 0; i < count; i++)
        output(j, in, row, j->others[i]);
    bool is_outer = j->base.node->temporal_join.kind == JOIN_LEFT;
    if (count == 0 && is_outer)
        output(j, in, row, NULL);
    if (j->out->rows >= EMIT_ROWS)
        emit_out(j);
    return count > 0 || is_outer;
}

static void join_left(temporal_join *j, const batch *in) {
    row_keys_bind(&j->left_keys, in);
    for (int64_t row = 0; row < in->rows; row++)
        if (in->change[row] != CHANGE_EMPTY)
            join_row(j, in, row, in->rowtime[row]);
    emit_out(j);
}

static void join_late(temporal_join *j, const batch *in, int64_t row, int64_t time) {
    if (join_row(j, in, row, time) || in->change[row] != CHANGE_INSERT)
        return;
    late_row why = {.stream_time_ms = j->watermarks.emitted,
        .window_start_ms = INT64_MIN,
        .window_end_ms = INT64_MIN,
        .reason = "the watermark has passed the row's time, and no version is left for it"};
    task_late_row(j->base.task, j->base.node, in, row, NULL, &why);
}

/* Left rows without a time have no version. */
static void wait_left(temporal_join *j, const batch *in) {
    const column *times = in->columns[j->base.node->temporal_join.left_time];
    bool is_bound = false;
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] == CHANGE_EMPTY)
            continue;
        if (column_is_null(times, row)) {
            if (j->base.node->temporal_join.kind == JOIN_LEFT)
                output(j, in, row, NULL);
        } else if (times->int64s[row] > j->watermarks.emitted) {
            time_buffer_add(&j->waiting, in, row);
        } else {
            if (!is_bound)
                row_keys_bind(&j->left_keys, in);
            is_bound = true;
            join_late(j, in, row, times->int64s[row]);
        }
    }
    emit_out(j);
}

static group *held_rows(temporal_join *j) {
    return row_lists_make(
        &j->held, &(group_key){.hash = group_hash_bytes(SLICE_LITERAL("")), .bytes = {"", 0}});
}

static void hold_left(temporal_join *j, const batch *in) {
    group *g = held_rows(j);
    for (int64_t row = 0; row < in->rows; row++)
        if (in->change[row] != CHANGE_EMPTY)
            row_lists_add(&j->held, g, in, row, in->change[row]);
}

static void release_left(temporal_join *j) {
    group *g = held_rows(j);
    j->holds = false;
    row_lists_complete(&j->held, g);
    while (row_list_of(g)->first) {
        batch_builder_clear(j->left);
        for (int i = 0; i < EMIT_ROWS && row_list_of(g)->first; i++) {
            kept_row *r = row_list_of(g)->first;
            batch_builder_add_row(j->left, r->rowtime, (int8_t)r->count);
            row_lists_output(&j->held, r, j->left->columns);
            row_lists_remove(&j->held, r);
        }
        join_left(j, batch_builder_view(j->left));
    }
}

/* ---- right rows ---- */

/* An old row whose new one of the same key follows is no version of its own. */
static bool is_replaced(const temporal_join *j, const batch *in, int64_t row) {
    if (row + 1 >= in->rows || in->change[row] != CHANGE_DELETE ||
        in->change[row + 1] != CHANGE_INSERT)
        return false;
    for (int k = 0; k < j->right.keys.count; k++)
        if (!column_rows_equal(j->right.keys.bound[k], row, j->right.keys.bound[k], row + 1))
            return false;
    return true;
}

static void add_version(temporal_join *j, group *g, const batch *in, int64_t row) {
    const column *times = in->columns[j->base.node->temporal_join.right_time];
    if (column_is_null(times, row) || is_replaced(j, in, row))
        return;
    row_lists_complete(&j->right, g);
    forget_versions(j, g, j->watermarks.emitted);
    kept_row *r = row_lists_add(&j->right, g, in, row, in->change[row]);
    r->rowtime = times->int64s[row];
}

static void join_right(temporal_join *j, const batch *in) {
    row_keys_bind(&j->right.keys, in);
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] == CHANGE_EMPTY || row_keys_has_null(&j->right.keys, row))
            continue;
        group_key key = row_keys_get(&j->right.keys, row);
        group *old = j->right.ttl_ms ? row_lists_find(&j->right, &key) : NULL;
        if (old)
            row_lists_touch(&j->right, old);
        group *g = row_lists_make(&j->right, &key);
        if (j->by_event_time) {
            add_version(j, g, in, row);
        } else if (in->change[row] == CHANGE_INSERT) {
            row_lists_add(&j->right, g, in, row, 1);
        } else {
            row_lists_complete(&j->right, g);
            kept_row *r = row_lists_equal(&j->right, g, in, row);
            if (r)
                row_lists_remove(&j->right, r);
        }
    }
}

static void read_clock(temporal_join *j) {
    if (j->right.ttl_ms)
        j->right.now_ms = clock_now_ms(task_clock(j->base.task));
}

static void temporal_batch(operator* self, int input, const batch *in) {
    temporal_join *j = (temporal_join *)self;
    reserve(j, 16);
    read_clock(j);
    if (input == 1)
        join_right(j, in);
    else if (j->by_event_time)
        wait_left(j, in);
    else if (j->holds)
        hold_left(j, in);
    else
        join_left(j, in);
}

static void temporal_watermark(operator* self, int input, int64_t watermark_ms) {
    temporal_join *j = (temporal_join *)self;
    int64_t combined;
    read_clock(j);
    if (!j->by_event_time) {
        if (input == 1 && watermark_ms == INT64_MAX && j->holds) {
            release_left(j);
            if (j->held_watermark_ms > INT64_MIN)
                operator_emit_watermark(self, j->held_watermark_ms);
        }
        if (input == 0 && j->holds)
            j->held_watermark_ms = watermark_ms;
        else if (input == 0) /* the table tells no time, it is looked up */
            operator_emit_watermark(self, watermark_ms);
        return;
    }
    if (!watermark_gather_update(&j->watermarks, input, watermark_ms, &combined))
        return;
    while (
        combined != WATERMARK_IDLE &&
        (batch_builder_clear(j->left), time_buffer_take(&j->waiting, combined, j->left, EMIT_ROWS)))
        join_left(j, batch_builder_view(j->left));
    operator_emit_watermark(self, combined);
}

static bool temporal_barrier(operator* self, error *e) {
    temporal_join *j = (temporal_join *)self;
    (void)e;
    read_clock(j);
    row_lists_save(&j->right);
    if (j->by_event_time)
        time_buffer_save(&j->waiting);
    else
        row_lists_save(&j->held);
    return true;
}

/* Whether all that the node reads ends. */
static bool is_bounded(const plan_node *node) {
    if (node->kind == PLAN_SOURCE)
        return node->source.source->flink && node->source.source->flink->is_bounded;
    for (int i = 0; i < node->input_count; i++)
        if (!is_bounded(node->inputs[i]))
            return false;
    return node->input_count > 0;
}

static bool temporal_open(operator* self, error *e) {
    temporal_join *j = (temporal_join *)self;
    const plan_node *node = self->node;
    int keys = node->temporal_join.key_count;
    bool ends = is_bounded(node->inputs[1]);
    int64_t ttl_ms = ends ? 0 : node->temporal_join.ttl_ms;
    j->held_watermark_ms = INT64_MIN;
    j->by_event_time = node->temporal_join.left_time >= 0;
    j->holds = !j->by_event_time && ends;
    watermark_gather_open(&j->watermarks, j->watermark_inputs, 2);
    j->out = node_batch_builder(node);
    j->left = node_batch_builder(node->inputs[0]);
    row_keys_open(&j->left_keys, node->inputs[0], node->temporal_join.left_keys, keys);
    if (!row_lists_open(
            &j->right, self, 1, node->temporal_join.right_keys, keys, "-Right", ttl_ms, e))
        return false;
    bool ok = j->by_event_time ? time_buffer_open(&j->waiting, self, 0,
                                     node->temporal_join.left_time, NULL, 0, "-Left", e)
                               : row_lists_open(&j->held, self, 0, NULL, 0, "-Left", 0, e);
    if (!ok || !node->temporal_join.condition)
        return ok;
    j->condition = program_compile(&node->temporal_join.condition, 1, e);
    return j->condition != NULL;
}

static void temporal_close(operator* self) {
    temporal_join *j = (temporal_join *)self;
    row_keys_close(&j->left_keys);
    row_lists_close(&j->right);
    row_lists_close(&j->held);
    time_buffer_close(&j->waiting);
    program_destroy(j->condition);
    batch_builder_destroy(j->left);
    batch_builder_destroy(j->out);
    memory_free(j->rows);
    memory_free(j->passed);
    memory_free(j->others);
    memory_free(j);
}

static const operator_class temporal_class = {
    .name = "temporal join",
    .open = temporal_open,
    .batch = temporal_batch,
    .watermark = temporal_watermark,
    .barrier = temporal_barrier,
    .close = temporal_close,
};

operator* temporal_join_operator_create(const plan_node *node, task *t) {
    temporal_join *j = MEMORY_NEW(temporal_join);
    j->base = (operator){.class = &temporal_class, .node = node, .task = t};
    return &j->base;
}
