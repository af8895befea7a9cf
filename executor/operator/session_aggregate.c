/* GROUP BY with SESSION windows: each key's rows that are not further apart than the gap.
 *
 * A session is [first row, last row + gap]; sessions that touch are one. A key's sessions are a
 * list by their starts, rarely more than one long. A row extends its session, and joins it with the
 * next where they now touch. Ends are in a heap, one entry a session: an entry that comes up while
 * its session has grown goes back in. A session closes when the watermark has reached its last
 * millisecond; a row that would make a session that has closed is late.
 *
 * Store: 0: the watermark; 1, key, start: end and the calls' slots. All of it is read back at the
 * start; what opens and closes between two barriers never gets there.
 */
#include "base/memory.h"
#include "executor/operator/calls.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_keys.h"
#include "executor/state/row_codec.h"

enum { EMIT_ROWS = 4096, TAG_SESSION = 1 };

typedef struct open_session open_session;
struct open_session {
    int64_t start, end, saved_start;
    open_session *next; /* of the key, by start; or of the free ones */
    group *group;       /* NULL: it has closed, or joined another */
    bool is_saved, is_dirty, in_heap;
    _Alignas(16) char block[];
};

typedef struct heap_entry {
    int64_t end;
    open_session *session;
} heap_entry;

typedef struct session_aggregate {
    operator base;
    const plan_time_window *window;
    store *store;
    row_keys keys;
    calls calls;
    group_table groups; /* state: the first session */
    int64_t watermark_ms, saved_watermark_ms, empty;
    heap_entry *heap;
    int64_t heap_count, heap_capacity;
    open_session **dirty;
    int64_t dirty_count, dirty_capacity;
    open_session *free;

    int64_t capacity;
    int32_t *rows;
    void **blocks;
    batch_builder *out;
    buffer key, value;
} session_aggregate;

static inline open_session **first_of(group *g) {
    return (open_session **)g->state;
}

/* ---- the heap ---- */

static void heap_push(session_aggregate *op, open_session *s) {
    if (op->heap_count == op->heap_capacity) {
        op->heap_capacity = op->heap_capacity ? op->heap_capacity * 2 : 1024;
        op->heap = memory_resize(op->heap, sizeof *op->heap * (size_t)op->heap_capacity);
    }
    int64_t at = op->heap_count++;
    for (; at > 0 && op->heap[(at - 1) / 2].end > s->end; at = (at - 1) / 2)
        op->heap[at] = op->heap[(at - 1) / 2];
    op->heap[at] = (heap_entry){s->end, s};
    s->in_heap = true;
}

static open_session *heap_pop(session_aggregate *op) {
    open_session *top = op->heap[0].session;
    heap_entry last = op->heap[--op->heap_count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < op->heap_count; at = child) {
        if (child + 1 < op->heap_count && op->heap[child + 1].end < op->heap[child].end)
            child++;
        if (op->heap[child].end >= last.end)
            break;
        op->heap[at] = op->heap[child];
    }
    op->heap[at] = last;
    top->in_heap = false;
    return top;
}

/* ---- sessions ---- */

static open_session *make_session(session_aggregate *op, group *g, int64_t start, int64_t end) {
    open_session *s = op->free;
    size_t bytes = sizeof *s + op->calls.aggregates.bytes;
    if (s)
        op->free = s->next;
    else
        s = memory_allocate(bytes);
    memset(s, 0, bytes);
    s->start = start;
    s->end = end;
    s->group = g;
    aggregate_slots_start(&op->calls.aggregates, s->block);
    return s;
}

/* A session that is over, once nobody points to it. */
static void give_back(session_aggregate *op, open_session *s) {
    if (s->group || s->in_heap || s->is_dirty)
        return;
    s->next = op->free;
    op->free = s;
}

static slice place_of(session_aggregate *op, const group *g, int64_t start) {
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, TAG_SESSION);
    row_keys_append(&op->keys, &g->key, &op->key);
    row_key_append_int64(&op->key, start);
    return buffer_slice(&op->key);
}

/* Takes it out of its list, and what it holds away. */
static void end_session(session_aggregate *op, open_session *s) {
    open_session **at = first_of(s->group);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    op->empty += !*first_of(s->group);
    if (s->is_saved)
        store_delete(op->store, place_of(op, s->group, s->saved_start));
    aggregate_slots_destroy(&op->calls.aggregates, s->block);
    s->group = NULL;
    give_back(op, s);
}

static void mark_dirty(session_aggregate *op, open_session *s) {
    if (s->is_dirty)
        return;
    s->is_dirty = true;
    if (op->dirty_count == op->dirty_capacity) {
        op->dirty_capacity = op->dirty_capacity ? op->dirty_capacity * 2 : 1024;
        op->dirty = memory_resize(op->dirty, sizeof *op->dirty * (size_t)op->dirty_capacity);
    }
    op->dirty[op->dirty_count++] = s;
}

/* ---- rows ---- */

typedef struct pending_rows {
    const batch *in;
    int64_t count;
} pending_rows;

static void step(session_aggregate *op, pending_rows *p) {
    if (p->count)
        calls_step(&op->calls, p->in, op->rows, op->blocks, p->count);
    p->count = 0;
}

static void join_next(session_aggregate *op, open_session *s, pending_rows *p) {
    while (s->next && s->next->start <= s->end) {
        open_session *next = s->next;
        step(op, p);
        aggregate_slots_merge(&op->calls.aggregates, s->block, next->block);
        if (next->end > s->end)
            s->end = next->end;
        end_session(op, next);
    }
}

/* The session of a row at `time`; NULL: it is late. */
static open_session *session_for(session_aggregate *op, group *g, int64_t time, pending_rows *p) {
    int64_t end = time + op->window->size_ms;
    open_session **at = first_of(g);
    while (*at && (*at)->end < time)
        at = &(*at)->next;
    open_session *s = *at;
    if (!s || s->start > end) {
        if (end - 1 <= op->watermark_ms)
            return NULL;
        open_session *made = make_session(op, g, time, end);
        made->next = s;
        *at = made;
        heap_push(op, made);
        return made;
    }
    if (time < s->start)
        s->start = time;
    if (end > s->end) {
        s->end = end;
        join_next(op, s, p);
    }
    return s;
}

static void drop_late(session_aggregate *op, const batch *in, int64_t row, int64_t time) {
    late_row why = {.stream_time_ms = op->watermark_ms,
        .window_start_ms = time,
        .window_end_ms = time + op->window->size_ms,
        .reason = "the row's session has closed"};
    task_late_row(op->base.task, op->base.node, in, row, NULL, &why);
}

static void advance(session_aggregate *op, int64_t watermark_ms);

static void session_batch(operator* self, int input, const batch *in) {
    session_aggregate *op = (session_aggregate *)self;
    bool processing_time = op->window->processing_time;
    int64_t now_ms = 0;
    (void)input;
    if (processing_time) {
        now_ms = clock_now_ms(task_clock(self->task));
        advance(op, now_ms - 1);
    }
    if (in->rows > op->capacity) {
        op->capacity = in->rows;
        op->rows = memory_resize(op->rows, sizeof *op->rows * (size_t)in->rows);
        op->blocks = memory_resize(op->blocks, sizeof *op->blocks * (size_t)in->rows);
    }
    row_keys_bind(&op->keys, in);
    calls_bind(&op->calls, in);
    pending_rows pending = {.in = in};
    const column *times = processing_time ? NULL : in->columns[op->window->time];
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] != CHANGE_INSERT || (times && column_is_null(times, row)))
            continue;
        group_table_prefetch_ahead(&op->groups, op->keys.hashes, row, in->rows);
        int64_t time = times ? times->int64s[row] : now_ms;
        group_key key = row_keys_get(&op->keys, row);
        group *g = group_table_find(&op->groups, &key);
        if (!g) {
            g = group_table_add(&op->groups, &key);
            op->empty++;
        }
        op->empty -= !*first_of(g);
        open_session *s = session_for(op, g, time, &pending);
        if (!s) {
            op->empty += !*first_of(g);
            drop_late(op, in, row, time);
            continue;
        }
        mark_dirty(op, s);
        op->rows[pending.count] = (int32_t)row;
        op->blocks[pending.count++] = s->block;
    }
    step(op, &pending);
}

/* ---- sessions that close ---- */

static void output_session(session_aggregate *op, const open_session *s) {
    column **columns = op->out->columns;
    int keys = op->keys.count, calls = op->calls.count;
    batch_builder_add_row(op->out, s->end - 1, CHANGE_INSERT);
    row_keys_output(&op->keys, &s->group->key, columns);
    aggregate_slots_result(&op->calls.aggregates, s->block, columns + keys);
    column_append_int64(columns[keys + calls], s->start);
    column_append_int64(columns[keys + calls + 1], s->end);
    column_append_int64(columns[keys + calls + 2], s->end - 1);
}

static void emit_out(session_aggregate *op) {
    operator_emit(&op->base, batch_builder_view(op->out));
    batch_builder_clear(op->out);
}

static void advance(session_aggregate *op, int64_t watermark_ms) {
    if (watermark_ms <= op->watermark_ms)
        return;
    op->watermark_ms = watermark_ms;
    while (op->heap_count && op->heap[0].end - 1 <= watermark_ms) {
        open_session *s = heap_pop(op);
        if (!s->group) {
            give_back(op, s);
        } else if (s->end - 1 > watermark_ms) {
            heap_push(op, s);
        } else {
            output_session(op, s);
            end_session(op, s);
            if (op->out->rows >= EMIT_ROWS)
                emit_out(op);
        }
    }
    emit_out(op);
}

static void session_watermark(operator* self, int input, int64_t watermark_ms) {
    session_aggregate *op = (session_aggregate *)self;
    (void)input;
    if (watermark_ms != WATERMARK_IDLE &&
        (!op->window->processing_time || watermark_ms == INT64_MAX))
        advance(op, watermark_ms);
    operator_emit_watermark(self, watermark_ms);
}

static void session_timer(operator* self, int64_t now_ms) {
    session_aggregate *op = (session_aggregate *)self;
    if (op->window->processing_time)
        advance(op, now_ms - 1);
}

/* ---- state ---- */

static void save_session(session_aggregate *op, open_session *s) {
    s->is_dirty = false;
    if (!s->group) {
        give_back(op, s);
        return;
    }
    if (s->is_saved && s->saved_start != s->start)
        store_delete(op->store, place_of(op, s->group, s->saved_start));
    buffer_clear(&op->value);
    row_key_append_int64(&op->value, s->end);
    aggregate_slots_save(&op->calls.aggregates, s->block, &op->value);
    store_put(op->store, place_of(op, s->group, s->start), buffer_slice(&op->value));
    s->is_saved = true;
    s->saved_start = s->start;
}

static bool is_empty(void *context, group *g) {
    return !*first_of(g);
}

static bool session_barrier(operator* self, error *e) {
    session_aggregate *op = (session_aggregate *)self;
    (void)e;
    for (int64_t i = 0; i < op->dirty_count; i++)
        save_session(op, op->dirty[i]);
    op->dirty_count = 0;
    if (op->watermark_ms != op->saved_watermark_ms) {
        buffer_clear(&op->value);
        row_key_append_int64(&op->value, op->watermark_ms);
        store_put(op->store, SLICE_LITERAL("\0"), buffer_slice(&op->value));
        op->saved_watermark_ms = op->watermark_ms;
    }
    if (op->empty > op->groups.count / 2 + 1024) {
        group_table_sweep(&op->groups, is_empty, NULL);
        op->empty = 0;
    }
    return true;
}

static bool load_session(session_aggregate *op, slice key, slice value) {
    group_key of;
    key = slice_make(key.data + 1, key.length - 1);
    if (!row_keys_read(&op->keys, &key, &of) || key.length != 8 || value.length < 8)
        return false;
    int64_t start = row_key_read_int64(&key), end = row_key_read_int64(&value);
    group *g = group_table_find(&op->groups, &of);
    if (!g)
        g = group_table_add(&op->groups, &of);
    open_session *s = make_session(op, g, start, end), **at = first_of(g);
    while (*at)
        at = &(*at)->next; /* they come in order */
    *at = s;
    s->is_saved = true;
    s->saved_start = start;
    heap_push(op, s);
    return aggregate_slots_load(&op->calls.aggregates, s->block, &value);
}

static bool load_all(session_aggregate *op, error *e) {
    slice saved = store_get(op->store, SLICE_LITERAL("\0")), key, value;
    if (saved.data && saved.length == 8)
        op->watermark_ms = op->saved_watermark_ms = row_key_read_int64(&saved);
    static const char first[] = {TAG_SESSION};
    bool ok = true;
    store_cursor *c = store_cursor_open(op->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value))
        ok = load_session(op, key, value);
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "The saved state of a session of %.*s cannot be read.",
                     SLICE_ARG(op->base.node->store));
}

/* ---- opening and closing ---- */

static bool session_open(operator* self, error *e) {
    session_aggregate *op = (session_aggregate *)self;
    const plan_node *node = self->node;
    calls_options options = {.merges = true};
    row_keys_open(&op->keys, node->inputs[0], node->group.groups, node->group.group_count);
    if (!calls_open(&op->calls, self, node->group.calls, node->group.call_count, &options, e))
        return false;
    group_table_open(&op->groups, op->keys.form, sizeof(open_session *));
    op->out = node_batch_builder(node);
    op->watermark_ms = op->saved_watermark_ms = INT64_MIN;
    op->store = task_store(self->task, node, NULL, e);
    return op->store && load_all(op, e);
}

static void session_close(operator* self) {
    session_aggregate *op = (session_aggregate *)self;
    for (int64_t i = 0; i < op->dirty_count; i++) {
        op->dirty[i]->is_dirty = false;
        give_back(op, op->dirty[i]);
    }
    while (op->heap_count) {
        open_session *s = heap_pop(op);
        if (s->group)
            aggregate_slots_destroy(&op->calls.aggregates, s->block);
        s->group = NULL;
        give_back(op, s);
    }
    for (open_session *s; (s = op->free);) {
        op->free = s->next;
        memory_free(s);
    }
    group_table_close(&op->groups, NULL, NULL);
    calls_close(&op->calls);
    row_keys_close(&op->keys);
    memory_free(op->heap);
    memory_free(op->dirty);
    memory_free(op->rows);
    memory_free(op->blocks);
    batch_builder_destroy(op->out);
    buffer_free(&op->key);
    buffer_free(&op->value);
    memory_free(op);
}

static const operator_class session_class = {
    .name = "session aggregate",
    .open = session_open,
    .batch = session_batch,
    .watermark = session_watermark,
    .timer = session_timer,
    .barrier = session_barrier,
    .close = session_close,
};

operator* session_aggregate_operator_create(const plan_node *node, task *t) {
    session_aggregate *op = MEMORY_NEW(session_aggregate);
    op->base = (operator){.class = &session_class, .node = node, .task = t};
    op->window = &node->group.window;
    return &op->base;
}
