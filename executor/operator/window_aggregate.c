/* GROUP BY with windows: a row for each group of a window when the window closes, and never again.
 *
 * Windows share slices: pieces of time that each lie wholly inside or outside of any window
 * (TUMBLE: the window; HOP: the common divisor of size and slide; CUMULATE: the step). A row goes
 * into its one slice, whose groups are a hash table of their own; when a window closes, its slices'
 * groups are merged (HOP: into a table for the occasion; CUMULATE: into the window's first slice,
 * for good). A slice is dropped with its last window. Windows that the input brings along are
 * slices as they are. SESSION windows are in session_aggregate.c.
 *
 * A window has closed when the watermark has reached its last millisecond. A row whose windows have
 * all closed is late: it is counted and dropped.
 *
 * Store: 0: the watermark; 1, slice's start and end, key: rowtime and the calls' slots. Only slices
 * that live over a barrier ever get there; all of them are read back at the start.
 */
#include "base/memory.h"
#include "executor/operator/calls.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_keys.h"
#include "executor/operator/time_windows.h"
#include "executor/state/row_codec.h"

enum { EMIT_ROWS = 4096, TAG_SLICE = 1 };

typedef struct slice_groups {
    int64_t start, end;
    group_table groups;
    group **order; /* in the order of their coming */
    int64_t count, capacity;
    bool is_dirty, is_saved;
} slice_groups;

typedef struct window_aggregate {
    operator base;
    const plan_time_window *window;
    store *store;
    row_keys keys;
    calls calls;
    int64_t unit_ms, watermark_ms, saved_watermark_ms;
    slice_groups **slices; /* by end, then start */
    int64_t slice_count, slice_capacity;
    slice_groups *last;

    int64_t capacity;
    int32_t *rows;
    void **blocks;
    batch_builder *out;
    buffer key, value;
} window_aggregate;

/* ---- slices ---- */

static void drop_group(void *context, group *g) {
    window_aggregate *op = context;
    aggregate_slots_destroy(&op->calls.aggregates, g->state);
}

static slice slice_bound(buffer *out, int64_t start, int64_t end, bool behind) {
    buffer_clear(out);
    buffer_append_byte(out, TAG_SLICE);
    row_key_append_int64(out, start);
    row_key_append_int64(out, behind ? end + 1 : end);
    return buffer_slice(out);
}

static void free_slice(window_aggregate *op, slice_groups *s) {
    group_table_close(&s->groups, drop_group, op);
    memory_free(s->order);
    memory_free(s);
}

static void drop_slice(window_aggregate *op, int64_t at) {
    slice_groups *s = op->slices[at];
    if (s->is_saved)
        store_delete_range(op->store, slice_bound(&op->key, s->start, s->end, false),
            slice_bound(&op->value, s->start, s->end, true));
    if (op->last == s)
        op->last = NULL;
    free_slice(op, s);
    op->slice_count--;
    memmove(
        op->slices + at, op->slices + at + 1, sizeof *op->slices * (size_t)(op->slice_count - at));
}

static slice_groups *make_slice(window_aggregate *op, int64_t start, int64_t end) {
    slice_groups *s = MEMORY_NEW(slice_groups);
    s->start = start;
    s->end = end;
    group_table_open(&s->groups, op->keys.form, op->calls.aggregates.bytes);
    return s;
}

static slice_groups *find_slice(window_aggregate *op, int64_t start, int64_t end) {
    int64_t low = 0, high = op->slice_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        const slice_groups *s = op->slices[middle];
        if (s->end < end || (s->end == end && s->start < start))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < op->slice_count && op->slices[low]->end == end && op->slices[low]->start == start)
        return op->slices[low];
    if (op->slice_count == op->slice_capacity) {
        op->slice_capacity = op->slice_capacity ? op->slice_capacity * 2 : 16;
        op->slices = memory_resize(op->slices, sizeof *op->slices * (size_t)op->slice_capacity);
    }
    memmove(op->slices + low + 1, op->slices + low,
        sizeof *op->slices * (size_t)(op->slice_count - low));
    op->slice_count++;
    return op->slices[low] = make_slice(op, start, end);
}

static group *add_group(window_aggregate *op, slice_groups *s, const group_key *key) {
    group *g = group_table_add(&s->groups, key);
    aggregate_slots_start(&op->calls.aggregates, g->state);
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 64;
        s->order = memory_resize(s->order, sizeof *s->order * (size_t)s->capacity);
    }
    s->order[s->count++] = g;
    return g;
}

/* ---- rows ---- */

static void drop_late(window_aggregate *op, const batch *in, int64_t row, int64_t end) {
    late_row why = {.stream_time_ms = op->watermark_ms,
        .window_start_ms = INT64_MIN,
        .window_end_ms = end,
        .reason = "all windows of the row have closed"};
    task_late_row(op->base.task, op->base.node, in, row, NULL, &why);
}

/* The slice of a row; NULL: the row is late or has no time. */
static slice_groups *slice_of_row(
    window_aggregate *op, const batch *in, int64_t row, int64_t now_ms) {
    const plan_time_window *w = op->window;
    if (w->function == PLAN_WINDOW_ATTACHED) {
        const column *starts = in->columns[w->start], *ends = in->columns[w->end];
        if (column_is_null(starts, row) || column_is_null(ends, row))
            return NULL;
        int64_t start = starts->int64s[row], end = ends->int64s[row];
        if (op->last && op->last->start == start && op->last->end == end)
            return op->last;
        if (end - 1 <= op->watermark_ms) {
            drop_late(op, in, row, end);
            return NULL;
        }
        return op->last = find_slice(op, start, end);
    }
    int64_t time = now_ms;
    if (!w->processing_time) {
        if (column_is_null(in->columns[w->time], row))
            return NULL;
        time = in->columns[w->time]->int64s[row];
    }
    if (op->last && time >= op->last->start && time < op->last->end)
        return op->last;
    int64_t end = time_windows_last_end(w, time);
    if (time >= end)
        return NULL; /* between windows that are shorter than their slide */
    if (end - 1 <= op->watermark_ms) {
        drop_late(op, in, row, end);
        return NULL;
    }
    int64_t start = time_windows_floor(time, op->unit_ms, w->offset_ms);
    return op->last = find_slice(op, start, start + op->unit_ms);
}

static void reserve(window_aggregate *op, int64_t count) {
    if (count <= op->capacity)
        return;
    op->capacity = count;
    op->rows = memory_resize(op->rows, sizeof *op->rows * (size_t)count);
    op->blocks = memory_resize(op->blocks, sizeof *op->blocks * (size_t)count);
}

static void advance(window_aggregate *op, int64_t watermark_ms);

static void window_batch(operator* self, int input, const batch *in) {
    window_aggregate *op = (window_aggregate *)self;
    (void)input;
    int64_t now_ms = 0, count = 0;
    if (op->window->processing_time && op->window->function != PLAN_WINDOW_ATTACHED) {
        now_ms = clock_now_ms(task_clock(self->task));
        advance(op, now_ms - 1);
        now_ms = op->watermark_ms >= now_ms ? op->watermark_ms + 1 : now_ms;
    }
    reserve(op, in->rows);
    row_keys_bind(&op->keys, in);
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] != CHANGE_INSERT)
            continue;
        slice_groups *s = slice_of_row(op, in, row, now_ms);
        if (!s)
            continue;
        group_table_prefetch_ahead(&s->groups, op->keys.hashes, row, in->rows);
        group_key key = row_keys_get(&op->keys, row);
        group *g = group_table_find(&s->groups, &key);
        if (!g)
            g = add_group(op, s, &key);
        g->is_dirty = true;
        s->is_dirty = true;
        op->rows[count] = (int32_t)row;
        op->blocks[count++] = g->state;
    }
    if (!count)
        return;
    calls_bind(&op->calls, in);
    calls_step(&op->calls, in, op->rows, op->blocks, count);
}

/* ---- windows that close ---- */

static void merge_into(window_aggregate *op, slice_groups *to, const slice_groups *from) {
    for (int64_t i = 0; i < from->count; i++) {
        if (i + 8 < from->count)
            group_table_prefetch(&to->groups, from->order[i + 8]->key.hash);
        group *g = group_table_find(&to->groups, &from->order[i]->key);
        if (!g)
            g = add_group(op, to, &from->order[i]->key);
        g->is_dirty = true;
        aggregate_slots_merge(&op->calls.aggregates, g->state, from->order[i]->state);
    }
    to->is_dirty = true;
}

static void emit_groups(window_aggregate *op, const slice_groups *s, int64_t start, int64_t end) {
    int keys = op->keys.count, calls = op->calls.count;
    column **columns = op->out->columns;
    for (int64_t first = 0; first < s->count; first += EMIT_ROWS) {
        int64_t until = s->count - first < EMIT_ROWS ? s->count : first + EMIT_ROWS;
        batch_builder_clear(op->out);
        for (int64_t i = first; i < until; i++) {
            batch_builder_add_row(op->out, end - 1, CHANGE_INSERT);
            row_keys_output(&op->keys, &s->order[i]->key, columns);
            aggregate_slots_result(&op->calls.aggregates, s->order[i]->state, columns + keys);
            column_append_int64(columns[keys + calls], start);
            column_append_int64(columns[keys + calls + 1], end);
            column_append_int64(columns[keys + calls + 2], end - 1);
        }
        operator_emit(&op->base, batch_builder_view(op->out));
    }
}

static void fire_hop(window_aggregate *op, int64_t start, int64_t end) {
    slice_groups *only = NULL, *merged = NULL;
    for (int64_t i = 0; i < op->slice_count && op->slices[i]->end <= end; i++) {
        slice_groups *s = op->slices[i];
        if (s->start < start)
            continue;
        if (only && !merged) {
            merged = make_slice(op, start, end);
            merge_into(op, merged, only);
        }
        if (merged)
            merge_into(op, merged, s);
        only = s;
    }
    if (only)
        emit_groups(op, merged ? merged : only, start, end);
    if (merged)
        free_slice(op, merged);
}

static void fire_cumulate(window_aggregate *op, int64_t start, int64_t end) {
    slice_groups *first = find_slice(op, start, start + op->unit_ms);
    for (int64_t i = 0; i < op->slice_count && op->slices[i]->end <= end;) {
        slice_groups *s = op->slices[i];
        if (s == first || s->start < start) {
            i++;
            continue;
        }
        merge_into(op, first, s);
        drop_slice(op, i);
    }
    emit_groups(op, first, start, end);
}

/* The first window that `s` is in and that ends behind `closed`: [start, end). */
static void next_window(const window_aggregate *op, const slice_groups *s, int64_t closed,
    int64_t *start, int64_t *end) {
    if (op->window->function == PLAN_WINDOW_ATTACHED) {
        *start = s->start;
        *end = s->end;
        return;
    }
    time_windows_first(op->window, s->start, start, end);
    while (*end - 1 <= closed && time_windows_next(op->window, s->start, start, end))
        ;
}

static int64_t last_end(const window_aggregate *op, const slice_groups *s) {
    return op->window->function == PLAN_WINDOW_ATTACHED
               ? s->end
               : time_windows_last_end(op->window, s->start);
}

static void advance(window_aggregate *op, int64_t watermark_ms) {
    int64_t closed = op->watermark_ms;
    if (watermark_ms <= closed)
        return;
    while (op->slice_count) {
        int64_t start, end;
        next_window(op, op->slices[0], closed, &start, &end);
        if (end - 1 > watermark_ms)
            break;
        if (op->window->function == PLAN_WINDOW_CUMULATE)
            fire_cumulate(op, start, end);
        else if (op->window->function == PLAN_WINDOW_HOP)
            fire_hop(op, start, end);
        else
            emit_groups(op, op->slices[0], start, end);
        if (op->window->function == PLAN_WINDOW_ATTACHED) {
            drop_slice(op, 0);
            continue; /* others may end at the same time */
        }
        closed = end - 1;
        while (op->slice_count && last_end(op, op->slices[0]) - 1 <= closed)
            drop_slice(op, 0);
    }
    op->watermark_ms = watermark_ms;
}

static void window_watermark(operator* self, int input, int64_t watermark_ms) {
    window_aggregate *op = (window_aggregate *)self;
    (void)input;
    bool processing_time =
        op->window->processing_time && op->window->function != PLAN_WINDOW_ATTACHED;
    if (watermark_ms != WATERMARK_IDLE && (!processing_time || watermark_ms == INT64_MAX))
        advance(op, watermark_ms);
    operator_emit_watermark(self, watermark_ms);
}

static void window_timer(operator* self, int64_t now_ms) {
    window_aggregate *op = (window_aggregate *)self;
    if (op->window->processing_time)
        advance(op, now_ms - 1);
}

/* ---- state ---- */

static void save_slice(window_aggregate *op, slice_groups *s) {
    for (int64_t i = 0; i < s->count; i++) {
        group *g = s->order[i];
        if (!g->is_dirty)
            continue;
        g->is_dirty = false;
        slice_bound(&op->key, s->start, s->end, false);
        row_keys_append(&op->keys, &g->key, &op->key);
        buffer_clear(&op->value);
        aggregate_slots_save(&op->calls.aggregates, g->state, &op->value);
        store_put(op->store, buffer_slice(&op->key), buffer_slice(&op->value));
    }
    s->is_dirty = false;
    s->is_saved = true;
}

static bool window_barrier(operator* self, error *e) {
    window_aggregate *op = (window_aggregate *)self;
    (void)e;
    for (int64_t i = 0; i < op->slice_count; i++)
        if (op->slices[i]->is_dirty)
            save_slice(op, op->slices[i]);
    if (op->watermark_ms != op->saved_watermark_ms) {
        buffer_clear(&op->value);
        row_key_append_int64(&op->value, op->watermark_ms);
        store_put(op->store, SLICE_LITERAL("\0"), buffer_slice(&op->value));
        op->saved_watermark_ms = op->watermark_ms;
    }
    return true;
}

static bool load_group(window_aggregate *op, slice key, slice value) {
    key = slice_make(key.data + 1, key.length - 1);
    if (key.length < 16)
        return false;
    int64_t start = row_key_read_int64(&key), end = row_key_read_int64(&key);
    group_key group_of_key;
    if (!row_keys_read(&op->keys, &key, &group_of_key))
        return false;
    slice_groups *s = find_slice(op, start, end);
    s->is_saved = true;
    return aggregate_slots_load(
        &op->calls.aggregates, add_group(op, s, &group_of_key)->state, &value);
}

static bool load_all(window_aggregate *op, error *e) {
    slice saved = store_get(op->store, SLICE_LITERAL("\0")), key, value;
    if (saved.data && saved.length == 8)
        op->watermark_ms = op->saved_watermark_ms = row_key_read_int64(&saved);
    static const char first[] = {TAG_SLICE};
    bool ok = true;
    store_cursor *c = store_cursor_open(op->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value))
        ok = load_group(op, key, value);
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "The saved state of a window of %.*s cannot be read.",
                     SLICE_ARG(op->base.node->store));
}

/* ---- opening and closing ---- */

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool window_open(operator* self, error *e) {
    window_aggregate *op = (window_aggregate *)self;
    const plan_node *node = self->node;
    const plan_time_window *w = op->window;
    op->unit_ms = w->function == PLAN_WINDOW_HOP        ? common_divisor(w->size_ms, w->step_ms)
                  : w->function == PLAN_WINDOW_CUMULATE ? w->step_ms
                                                        : w->size_ms;
    bool merges = w->function == PLAN_WINDOW_HOP || w->function == PLAN_WINDOW_CUMULATE;
    calls_options options = {.merges = merges};
    row_keys_open(&op->keys, node->inputs[0], node->group.groups, node->group.group_count);
    if (!calls_open(&op->calls, self, node->group.calls, node->group.call_count, &options, e))
        return false;
    op->out = node_batch_builder(node);
    op->watermark_ms = op->saved_watermark_ms = INT64_MIN;
    op->store = task_store(self->task, node, NULL, e);
    return op->store && load_all(op, e);
}

static void window_close(operator* self) {
    window_aggregate *op = (window_aggregate *)self;
    for (int64_t i = 0; i < op->slice_count; i++)
        free_slice(op, op->slices[i]);
    memory_free(op->slices);
    calls_close(&op->calls);
    row_keys_close(&op->keys);
    memory_free(op->rows);
    memory_free(op->blocks);
    batch_builder_destroy(op->out);
    buffer_free(&op->key);
    buffer_free(&op->value);
    memory_free(op);
}

static const operator_class window_class = {
    .name = "window aggregate",
    .open = window_open,
    .batch = window_batch,
    .watermark = window_watermark,
    .timer = window_timer,
    .barrier = window_barrier,
    .close = window_close,
};

operator* window_aggregate_operator_create(const plan_node *node, task *t) {
    if (node->group.window.function == PLAN_WINDOW_SESSION)
        return session_aggregate_operator_create(node, t);
    window_aggregate *op = MEMORY_NEW(window_aggregate);
    op->base = (operator){.class = &window_class, .node = node, .task = t};
    op->window = &node->group.window;
    return &op->base;
}
