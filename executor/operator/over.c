/* OVER: each row with aggregates of the rows up to it in its partition.
 *
 * By event time rows wait until the watermark has passed them (time_buffer.h) and are taken in
 * order. A partition has one block of aggregates, over the rows of its frame: a row that comes is
 * added, rows that fall out of a bounded frame are taken back (kernels that cannot are wrapped:
 * calls.h). With RANGE rows of the same time see each other.
 *
 * State: the rows of bounded frames (row_lists.h), from which the block is computed again when it
 * is not in memory; of frames without a bound the block: key, slots.
 *
 * With a time to live a partition that has had no row for so long, by the wall clock, is forgotten,
 * frame and block: when a row comes again, or by a sweep at the barrier.
 *
 * Store: 1, key: with a time to live, when the partition had its last row; the block of a frame
 * without a bound. 0: the watermark.
 */
#include "base/memory.h"
#include "executor/operator/calls.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_lists.h"
#include "executor/operator/time_buffer.h"

enum { EMIT_ROWS = 4096, CACHE_BYTES = 64 << 20 };

typedef struct over_operator {
    operator base;
    const plan_frame *frame;
    bool by_event_time, bounded, store_has_more;
    time_buffer waiting;
    row_lists rows; /* of bounded frames */
    row_keys keys;
    calls calls;
    store *store; /* blocks, without a bound */
    group_table blocks;
    int64_t watermark_ms, saved_watermark_ms;
    group **dirty;
    int64_t dirty_count, dirty_capacity, capacity;
    int32_t *picked;
    void **slots;
    column **results;
    batch_builder *ordered, *leaving;
    column **out_columns;
    int64_t ttl_ms, now_ms;
    sweep swept;
    buffer key, value;
} over_operator;

/* Behind the aggregates of a block. */
static inline int64_t *touched_of(const over_operator *o, group *g) {
    return (int64_t *)(g->state + o->calls.aggregates.bytes);
}

static void fail_damaged(over_operator *o) {
    error e = {0};
    error_set(&e, ERROR_DATA, "The saved state of a partition of %.*s cannot be read.",
        SLICE_ARG(o->base.node->store));
    task_fail(o->base.task, &e);
}

/* ---- blocks ---- */

static void step_kept(over_operator *o, const kept_row *r, int8_t change, void *block) {
    static const int32_t first[] = {0};
    batch_builder_clear(o->leaving);
    batch_builder_add_row(o->leaving, r->rowtime, change);
    row_lists_output(&o->rows, r, o->leaving->columns);
    const batch *in = batch_builder_view(o->leaving);
    calls_bind(&o->calls, in);
    calls_step(&o->calls, in, first, &block, 1);
}

static slice place_of(over_operator *o, const group_key *key) {
    buffer_clear(&o->key);
    buffer_append_byte(&o->key, 1);
    row_keys_append(&o->keys, key, &o->key);
    return buffer_slice(&o->key);
}

static bool has_expired(const over_operator *o, int64_t touched_ms) {
    return o->ttl_ms && o->now_ms - touched_ms >= o->ttl_ms;
}

static void forget_frame(over_operator *o, const group_key *key) {
    group *frame = o->bounded ? row_lists_find(&o->rows, key) : NULL;
    while (frame && row_list_of(frame)->first)
        row_lists_remove(&o->rows, row_list_of(frame)->first);
}

static void load_block(over_operator *o, group *g) {
    slice saved = {0};
    aggregate_slots_start(&o->calls.aggregates, g->state);
    *touched_of(o, g) = o->now_ms;
    if (o->store_has_more && (!o->bounded || o->ttl_ms))
        saved = store_get(o->store, place_of(o, &g->key));
    if (saved.data && o->ttl_ms && saved.length >= 8)
        *touched_of(o, g) = row_key_read_int64(&saved);
    if (has_expired(o, *touched_of(o, g)))
        return; /* block_of forgets it */
    if (saved.data && !o->bounded && !aggregate_slots_load(&o->calls.aggregates, g->state, &saved))
        fail_damaged(o);
    group *frame = o->bounded ? row_lists_find(&o->rows, &g->key) : NULL;
    for (kept_row *r = frame ? row_list_of(frame)->first : NULL; r; r = r->next)
        step_kept(o, r, CHANGE_INSERT, g->state);
}

/* As if the partition had never been. */
static void forget(over_operator *o, group *g) {
    aggregate_slots_destroy(&o->calls.aggregates, g->state);
    memset(g->state, 0, o->calls.aggregates.bytes);
    aggregate_slots_start(&o->calls.aggregates, g->state);
    forget_frame(o, &g->key);
}

static group *block_of(over_operator *o, const group_key *key) {
    group *g = group_table_find(&o->blocks, key);
    if (!g) {
        g = group_table_add(&o->blocks, key);
        load_block(o, g);
    }
    g->is_used = true;
    if (has_expired(o, *touched_of(o, g)))
        forget(o, g);
    *touched_of(o, g) = o->now_ms;
    if (!g->is_dirty && (!o->bounded || o->ttl_ms)) {
        if (o->dirty_count == o->dirty_capacity) {
            o->dirty_capacity = o->dirty_capacity ? o->dirty_capacity * 2 : 1024;
            o->dirty = memory_resize(o->dirty, sizeof *o->dirty * (size_t)o->dirty_capacity);
        }
        o->dirty[o->dirty_count++] = g;
        g->is_dirty = true;
    }
    return g;
}

/* Rows that are not in the frame of a row at `time` any more. */
static void leave_frame(over_operator *o, group *frame, void *block, int64_t time) {
    row_list *list = row_list_of(frame);
    while (list->first && (o->frame->is_range ? list->first->rowtime < time - o->frame->preceding
                                              : list->count > o->frame->preceding)) {
        step_kept(o, list->first, CHANGE_DELETE, block);
        row_lists_remove(&o->rows, list->first);
    }
}

/* ---- rows in order ---- */

static void reserve(over_operator *o, int64_t count) {
    if (count <= o->capacity)
        return;
    o->capacity = count;
    o->picked = memory_resize(o->picked, sizeof *o->picked * (size_t)count);
    o->slots = memory_resize(o->slots, sizeof *o->slots * (size_t)count);
}

/* Rows [first, until) enter their frames at once, then each gets its results. */
static void take_peers(over_operator *o, const batch *in, int64_t first, int64_t until) {
    for (int64_t row = first; row < until; row++) {
        group_key key = row_keys_get(&o->keys, row);
        o->picked[row - first] = (int32_t)row;
        o->slots[row - first] = block_of(o, &key)->state;
        if (!o->bounded)
            continue;
        group *frame = row_lists_make(&o->rows, &key);
        row_lists_complete(&o->rows, frame);
        leave_frame(o, frame, o->slots[row - first], in->rowtime[row]);
        row_lists_add(&o->rows, frame, in, row, 0);
    }
    if (o->bounded)
        calls_bind(&o->calls, in); /* rows that left were bound meanwhile */
    calls_step(&o->calls, in, o->picked, o->slots, until - first);
    for (int64_t row = first; row < until; row++)
        aggregate_slots_result(&o->calls.aggregates, o->slots[row - first], o->results);
}

static void take_rows(over_operator *o, const batch *in) {
    if (in->rows == 0)
        return;
    o->swept.came += in->rows;
    if (o->ttl_ms)
        o->now_ms = clock_now_ms(task_clock(o->base.task));
    reserve(o, in->rows);
    row_keys_bind(&o->keys, in);
    calls_bind(&o->calls, in);
    for (int c = 0; c < o->calls.count; c++)
        column_clear(o->results[c]);
    for (int64_t first = 0, until; first < in->rows; first = until) {
        until = first + 1;
        while (o->frame->is_range && until < in->rows && in->rowtime[until] == in->rowtime[first])
            until++;
        take_peers(o, in, first, until);
    }
    batch out = *in;
    for (int c = 0; c < in->column_count; c++)
        o->out_columns[c] = in->columns[c];
    for (int c = 0; c < o->calls.count; c++)
        o->out_columns[in->column_count + c] = o->results[c];
    out.column_count = o->base.node->column_count;
    out.columns = o->out_columns;
    operator_emit(&o->base, &out);
}

static void over_batch(operator* self, int input, const batch *in) {
    over_operator *o = (over_operator *)self;
    (void)input;
    if (o->by_event_time) {
        time_buffer_add_batch(&o->waiting, in, o->watermark_ms);
        return;
    }
    int64_t now_ms = clock_now_ms(task_clock(self->task));
    batch_builder_clear(o->ordered);
    batch_builder_append_rows(o->ordered, in, 0, in->rows);
    for (int64_t row = 0; row < in->rows; row++)
        o->ordered->rowtime[row] = now_ms;
    take_rows(o, batch_builder_view(o->ordered));
}

/* Rows of one time must not be cut in two: RANGE lets them see each other. */
static void release_rows(over_operator *o, int64_t watermark_ms) {
    for (;;) {
        batch_builder_clear(o->ordered);
        if (!time_buffer_take(&o->waiting, watermark_ms, o->ordered, EMIT_ROWS))
            return;
        int64_t last = o->ordered->rowtime[o->ordered->rows - 1];
        if (o->frame->is_range && last <= watermark_ms)
            time_buffer_take(&o->waiting, last, o->ordered, INT64_MAX);
        take_rows(o, batch_builder_view(o->ordered));
    }
}

static void over_watermark(operator* self, int input, int64_t watermark_ms) {
    over_operator *o = (over_operator *)self;
    (void)input;
    if (o->by_event_time && watermark_ms != WATERMARK_IDLE && watermark_ms > o->watermark_ms) {
        o->watermark_ms = watermark_ms;
        release_rows(o, watermark_ms);
    }
    operator_emit_watermark(self, watermark_ms);
}

/* ---- state ---- */

static bool leaves_memory(void *context, group *g) {
    over_operator *o = context;
    bool leaves = !g->is_used || o->blocks.bytes > CACHE_BYTES;
    g->is_used = false;
    if (leaves)
        aggregate_slots_destroy(&o->calls.aggregates, g->state);
    return leaves;
}

/* Blocks in memory are found expired when a row comes. */
static void sweep_partition(void *context, slice key, slice value) {
    over_operator *o = context;
    slice rest = slice_make(key.data + 1, key.length - 1);
    group_key of;
    if (value.length < 8 || !has_expired(o, row_key_read_int64(&value)))
        return;
    if (o->bounded && row_keys_read(&o->keys, &rest, &of))
        forget_frame(o, &of);
    store_delete(o->store, key);
}

static void sweep_expired(over_operator *o) {
    o->now_ms = clock_now_ms(task_clock(o->base.task));
    sweep_run(&o->swept, o->store, SLICE_LITERAL("\1"), SLICE_LITERAL("\2"), sweep_partition, o);
}

static bool over_barrier(operator* self, error *e) {
    over_operator *o = (over_operator *)self;
    (void)e;
    if (o->by_event_time)
        time_buffer_save(&o->waiting);
    for (int64_t i = 0; i < o->dirty_count; i++) {
        buffer_clear(&o->value);
        if (o->ttl_ms)
            row_key_append_int64(&o->value, *touched_of(o, o->dirty[i]));
        if (!o->bounded)
            aggregate_slots_save(&o->calls.aggregates, o->dirty[i]->state, &o->value);
        store_put(o->store, place_of(o, &o->dirty[i]->key), buffer_slice(&o->value));
        o->dirty[i]->is_dirty = false;
    }
    o->dirty_count = 0;
    if (o->ttl_ms)
        sweep_expired(o);
    if (o->bounded)
        row_lists_save(&o->rows);
    if (o->watermark_ms != o->saved_watermark_ms) {
        buffer_clear(&o->value);
        row_key_append_int64(&o->value, o->watermark_ms);
        store_put(o->store, SLICE_LITERAL("\0"), buffer_slice(&o->value));
        o->saved_watermark_ms = o->watermark_ms;
    }
    if (o->blocks.bytes > CACHE_BYTES) {
        o->store_has_more = true;
        group_table_sweep(&o->blocks, leaves_memory, o);
    }
    return true;
}

static bool over_open(operator* self, error *e) {
    over_operator *o = (over_operator *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    o->frame = &node->over.frame;
    o->bounded = !o->frame->is_unbounded;
    o->by_event_time = node->over.time >= 0;
    o->ttl_ms = node->over.ttl_ms;
    o->watermark_ms = o->saved_watermark_ms = INT64_MIN;
    o->ordered = node_batch_builder(input);
    o->leaving = node_batch_builder(input);
    o->out_columns = memory_allocate_zero(sizeof(column *) * ((size_t)node->column_count + 1));
    row_keys_open(&o->keys, input, node->over.partition, node->over.partition_count);
    calls_options options = {.undoes = o->bounded};
    if (!calls_open(&o->calls, self, node->over.calls, node->over.call_count, &options, e))
        return false;
    o->results = memory_allocate_zero(sizeof(column *) * ((size_t)o->calls.count + 1));
    for (int c = 0; c < o->calls.count; c++)
        o->results[c] = column_create(o->calls.aggregates.instances[c].result);
    group_table_open(&o->blocks, o->keys.form, o->calls.aggregates.bytes + sizeof(int64_t));
    o->store = task_store(self->task, node, NULL, e);
    if (!o->store)
        return false;
    o->store_has_more = store_count(o->store) > 0;
    slice saved = store_get(o->store, SLICE_LITERAL("\0"));
    if (saved.data && saved.length == 8)
        o->watermark_ms = o->saved_watermark_ms = row_key_read_int64(&saved);
    if (o->bounded && !row_lists_open(&o->rows, self, 0, node->over.partition,
                          node->over.partition_count, "-Rows", 0, e))
        return false;
    return !o->by_event_time ||
           time_buffer_open(&o->waiting, self, 0, node->over.time, NULL, 0, "-Waiting", e);
}

static void drop_block(void *context, group *g) {
    over_operator *o = context;
    aggregate_slots_destroy(&o->calls.aggregates, g->state);
}

static void over_close(operator* self) {
    over_operator *o = (over_operator *)self;
    if (o->blocks.cells)
        group_table_close(&o->blocks, drop_block, o);
    for (int c = 0; o->results && c < o->calls.count; c++)
        column_destroy(o->results[c]);
    time_buffer_close(&o->waiting);
    row_lists_close(&o->rows);
    row_keys_close(&o->keys);
    sweep_close(&o->swept);
    calls_close(&o->calls);
    void *blocks[] = {o->results, o->dirty, o->picked, o->slots, o->out_columns};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    batch_builder_destroy(o->ordered);
    batch_builder_destroy(o->leaving);
    buffer_free(&o->key);
    buffer_free(&o->value);
    memory_free(o);
}

static const operator_class over_class = {
    .name = "over",
    .open = over_open,
    .batch = over_batch,
    .watermark = over_watermark,
    .barrier = over_barrier,
    .close = over_close,
};

operator* over_operator_create(const plan_node *node, task *t) {
    over_operator *o = MEMORY_NEW(over_operator);
    o->base = (operator){.class = &over_class, .node = node, .task = t};
    return &o->base;
}
