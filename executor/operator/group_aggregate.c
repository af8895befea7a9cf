/* GROUP BY without windows: groups whose results change.
 *
 * For a batch: find the group of each row; then run each call once over all rows. DISTINCT calls
 * see the rows that bring a new value only (distinct_sets.h). What a group's result was before its
 * first change is remembered, so that a change is given as the old row and the new one, and one
 * that changed nothing is not given at all. Results come at the barrier, one change a group; or,
 * with a result a row, whenever a group is about to change a second time; or when so many rows have
 * come as the node says.
 *
 * Where rows are taken back, a group counts its rows; without rows it is deleted. NULL is a key.
 *
 * Store: 0: the next group's id and the number of rows seen; 1, key: id, rows, when it was touched
 * last (wall clock, for the time to live), then the calls' slots. Groups in memory are kept below a
 * bound; the rest are read back when they are needed.
 */
#include "base/memory.h"
#include "executor/operator/distinct_sets.h"
#include "executor/operator/operators.h"
#include "executor/operator/sweep.h"
#include "executor/state/row_codec.h"

enum { EMIT_ROWS = 4096, CACHE_BYTES = 64 << 20 };
enum { TAG_CLOCK = 0, TAG_GROUP = 1 };

/* In front of the calls' slots. */
typedef struct group_head {
    int64_t id, rows, touched_ms;
    bool is_saved;
} group_head;

enum { HEAD_BYTES = (sizeof(group_head) + 15) & ~15 };

typedef struct group_aggregate {
    operator base;
    store *store;
    row_keys keys;
    calls calls;
    distinct_sets distinct;
    group_table groups;
    bool undoes, results_per_row, store_has_groups;
    int64_t cache_bytes, ttl_ms, now_ms;
    int64_t result_rows, held_rows;  /* results are held back of so many */
    int64_t next_id, saved_id, dead; /* dead: groups in memory that have no rows */
    int64_t held_watermark;
    bool holds_watermark;

    group **dirty, **changed; /* differ from the store; have a result to give */
    int64_t dirty_count, dirty_capacity, changed_count, changed_capacity;
    column **before, **after; /* results by call */

    int64_t capacity;
    int32_t *rows;
    void **blocks;
    int64_t *ids;
    int32_t *plain; /* calls that are not DISTINCT */
    int plain_count;

    batch_builder *out;
    buffer key, value;
    sweep swept;
} group_aggregate;

static inline group_head *head_of(group *g) {
    return (group_head *)g->state;
}

static inline void *block_of(group *g) {
    return g->state + HEAD_BYTES;
}

/* ---- groups ---- */

static slice place_of(group_aggregate *op, const group_key *key) {
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, TAG_GROUP);
    row_keys_append(&op->keys, key, &op->key);
    return buffer_slice(&op->key);
}

static void fail_damaged(group_aggregate *op) {
    error e = {0};
    error_set(&e, ERROR_DATA, "The saved state of a group of %.*s cannot be read.",
        SLICE_ARG(op->base.node->store));
    error_hint(&e, "Drop the query and create it again: its state is built up anew.");
    task_fail(op->base.task, &e);
}

static bool take(slice *bytes, void *to, size_t length) {
    if (bytes->length < length)
        return false;
    memcpy(to, bytes->data, length);
    *bytes = slice_make(bytes->data + length, bytes->length - length);
    return true;
}

static void load(group_aggregate *op, group *g) {
    group_head *head = head_of(g);
    aggregate_slots_start(&op->calls.aggregates, block_of(g));
    slice saved = {0};
    if (op->store_has_groups)
        saved = store_get(op->store, place_of(op, &g->key));
    if (!saved.data) {
        head->id = op->next_id++;
        return;
    }
    head->is_saved = true;
    if (!take(&saved, &head->id, 8) || !take(&saved, &head->rows, 8) ||
        !take(&saved, &head->touched_ms, 8) || !take(&saved, &g->rowtime, 8) ||
        !aggregate_slots_load(&op->calls.aggregates, block_of(g), &saved))
        fail_damaged(op);
}

/* As if it had never been: its rows are forgotten. */
static void reset(group_aggregate *op, group *g) {
    distinct_sets_forget(&op->distinct, head_of(g)->id);
    aggregate_slots_destroy(&op->calls.aggregates, block_of(g));
    memset(block_of(g), 0, op->calls.aggregates.bytes);
    aggregate_slots_start(&op->calls.aggregates, block_of(g));
    head_of(g)->rows = 0;
    head_of(g)->id = op->next_id++;
}

static group *find(group_aggregate *op, const group_key *key) {
    group *g = group_table_find(&op->groups, key);
    if (!g) {
        g = group_table_add(&op->groups, key);
        load(op, g);
    }
    g->is_used = true;
    group_head *head = head_of(g);
    if (op->ttl_ms) {
        if (head->rows && !g->is_changed && op->now_ms - head->touched_ms >= op->ttl_ms)
            reset(op, g);
        head->touched_ms = op->now_ms;
    }
    return g;
}

static void append_group(group ***list, int64_t *count, int64_t *capacity, group *g) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 1024;
        *list = memory_resize(*list, sizeof **list * (size_t)*capacity);
    }
    (*list)[(*count)++] = g;
}

/* The first change since the last result. */
static void mark_changed(group_aggregate *op, group *g) {
    g->is_changed = true;
    g->changed_place = 0;
    append_group(&op->changed, &op->changed_count, &op->changed_capacity, g);
    if (head_of(g)->rows) {
        aggregate_slots_result(&op->calls.aggregates, block_of(g), op->before);
        column_append_boolean(op->before[op->calls.count], true);
        g->changed_place = (uint32_t)op->before[op->calls.count]->length;
    }
    if (!g->is_dirty) {
        g->is_dirty = true;
        append_group(&op->dirty, &op->dirty_count, &op->dirty_capacity, g);
    }
}

/* ---- results ---- */

static bool result_changed(const group_aggregate *op, int64_t old, int64_t new) {
    for (int c = 0; c < op->calls.count; c++)
        if (!column_rows_equal(op->before[c], old, op->after[c], new))
            return true;
    return false;
}

static void output_row(
    group_aggregate *op, const group *g, int8_t change, column *const *results, int64_t row) {
    batch_builder_add_row(op->out, g->rowtime, change);
    row_keys_output(&op->keys, &g->key, op->out->columns);
    for (int c = 0; c < op->calls.count; c++)
        column_append_row(op->out->columns[op->keys.count + c], results[c], row);
}

static void emit_out(group_aggregate *op) {
    operator_emit(&op->base, batch_builder_view(op->out));
    batch_builder_clear(op->out);
}

static void emit_changed(group_aggregate *op) {
    for (int c = 0; c < op->calls.count; c++)
        column_clear(op->after[c]);
    int64_t results = 0;
    for (int64_t i = 0; i < op->changed_count; i++) {
        group *g = op->changed[i];
        bool has = head_of(g)->rows > 0;
        if (has)
            aggregate_slots_result(&op->calls.aggregates, block_of(g), op->after);
        bool same = has && g->changed_place && !result_changed(op, g->changed_place - 1, results);
        if (g->changed_place && !same)
            output_row(op, g, CHANGE_DELETE, op->before, g->changed_place - 1);
        if (has && !same)
            output_row(op, g, CHANGE_INSERT, op->after, results);
        results += has;
        if (!has && g->changed_place && op->out->rows)
            emit_out(op); /* a -1 that stands for itself ends its batch */
        g->is_changed = false;
        op->dead += !has;
        if (op->out->rows >= EMIT_ROWS)
            emit_out(op);
    }
    emit_out(op);
    op->changed_count = 0;
    for (int c = 0; c <= op->calls.count; c++)
        column_clear(op->before[c]);
}

/* ---- batches ---- */

static void reserve(group_aggregate *op, int64_t count) {
    if (count <= op->capacity)
        return;
    op->capacity = count;
    op->rows = memory_resize(op->rows, sizeof *op->rows * (size_t)count);
    op->blocks = memory_resize(op->blocks, sizeof *op->blocks * (size_t)count);
    op->ids = memory_resize(op->ids, sizeof *op->ids * (size_t)count);
}

static void step(group_aggregate *op, const batch *in, int64_t count) {
    if (op->distinct.count == 0) {
        calls_step(&op->calls, in, op->rows, op->blocks, count);
        return;
    }
    distinct_sets_step(&op->distinct, in, op->rows, op->ids, op->blocks, count);
    for (int i = 0; i < op->plain_count; i++)
        calls_step_plain(&op->calls, op->plain[i], in, op->rows, op->blocks, count);
    op->calls.sequence += count;
}

/* How far the results of rows from `first` on may be held back together. */
static int64_t portion_end(const group_aggregate *op, const batch *in, int64_t first) {
    if (op->result_rows <= 1 || in->rows - first <= op->result_rows - op->held_rows)
        return in->rows;
    int64_t end = first + op->result_rows - op->held_rows;
    bool splits = in->change[end] == CHANGE_INSERT && in->change[end - 1] == CHANGE_DELETE;
    return splits ? end + 1 : end;
}

/* Takes rows [first, end), in portions in which each group changes once, or all of them. Returns
 * where it stopped. */
static int64_t take_rows(group_aggregate *op, const batch *in, int64_t first, int64_t end) {
    int64_t count = 0, row = first;
    for (; row < end; row++) {
        if (in->change[row] == CHANGE_EMPTY)
            continue;
        group_table_prefetch_ahead(&op->groups, op->keys.hashes, row, in->rows);
        group_key key = row_keys_get(&op->keys, row);
        group *g = find(op, &key);
        group_head *head = head_of(g);
        if (in->change[row] == CHANGE_DELETE && head->rows == 0)
            continue; /* of a group that is forgotten */
        bool replaces =
            row > 0 && in->change[row] == CHANGE_INSERT && in->change[row - 1] == CHANGE_DELETE;
        if (op->results_per_row && g->is_changed && !replaces)
            break;
        if (!g->is_changed)
            mark_changed(op, g);
        head->rows += in->change[row];
        if (in->rowtime[row] > g->rowtime)
            g->rowtime = in->rowtime[row];
        op->rows[count] = (int32_t)row;
        op->ids[count] = head->id;
        op->blocks[count++] = block_of(g);
    }
    if (count)
        step(op, in, count);
    return row;
}

static void release_watermark(group_aggregate *op) {
    if (op->holds_watermark)
        operator_emit_watermark(&op->base, op->held_watermark);
    op->holds_watermark = false;
}

static void give_results(group_aggregate *op) {
    emit_changed(op);
    release_watermark(op);
    op->held_rows = 0;
}

static void group_batch(operator* self, int input, const batch *in) {
    group_aggregate *op = (group_aggregate *)self;
    (void)input;
    reserve(op, in->rows);
    op->swept.came += in->rows;
    if (op->ttl_ms)
        op->now_ms = clock_now_ms(task_clock(self->task));
    row_keys_bind(&op->keys, in);
    calls_bind(&op->calls, in);
    for (int64_t row = 0, first; (first = row) < in->rows;) {
        row = take_rows(op, in, first, portion_end(op, in, first));
        op->held_rows += row - first;
        if (op->results_per_row || (op->result_rows && op->held_rows >= op->result_rows))
            give_results(op);
    }
}

/* It must not overtake results that are held back. */
static void group_watermark(operator* self, int input, int64_t watermark_ms) {
    group_aggregate *op = (group_aggregate *)self;
    (void)input;
    op->held_watermark = watermark_ms;
    op->holds_watermark = true;
    if (op->changed_count == 0)
        release_watermark(op);
}

/* ---- saving ---- */

static void save(group_aggregate *op) {
    for (int64_t i = 0; i < op->dirty_count; i++) {
        group *g = op->dirty[i];
        group_head *head = head_of(g);
        slice place = place_of(op, &g->key);
        g->is_dirty = false;
        if (head->rows <= 0) {
            if (head->is_saved)
                store_delete(op->store, place);
            head->is_saved = false;
            continue;
        }
        buffer_clear(&op->value);
        buffer_append_bytes(&op->value, &head->id, 8);
        buffer_append_bytes(&op->value, &head->rows, 8);
        buffer_append_bytes(&op->value, &head->touched_ms, 8);
        buffer_append_bytes(&op->value, &g->rowtime, 8);
        aggregate_slots_save(&op->calls.aggregates, block_of(g), &op->value);
        store_save(op->store, place, buffer_slice(&op->value), op->ttl_ms != 0);
        head->is_saved = true;
        size_t plain = 32 + op->calls.aggregates.bytes;
        int64_t heap = op->value.length > plain ? (int64_t)op->value.length * 2 : 0;
        group_table_count_heap(&op->groups, g, heap - (int64_t)g->heap_bytes);
    }
    op->dirty_count = 0;
    if (op->next_id == op->saved_id && op->swept.came == 0)
        return;
    op->saved_id = op->next_id;
    buffer_clear(&op->value);
    buffer_append_bytes(&op->value, &op->next_id, 8);
    buffer_append_bytes(&op->value, &op->calls.sequence, 8);
    store_put(op->store, SLICE_LITERAL("\0"), buffer_slice(&op->value));
}

typedef struct eviction {
    group_aggregate *op;
    bool all;
} eviction;

static void drop_group(void *context, group *g) {
    group_aggregate *op = context;
    aggregate_slots_destroy(&op->calls.aggregates, block_of(g));
}

static bool leaves_memory(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used || head_of(g)->rows <= 0;
    g->is_used = false;
    if (leaves)
        drop_group(e->op, g);
    return leaves;
}

static void shrink(group_aggregate *op) {
    int64_t bytes = op->groups.bytes + distinct_sets_bytes(&op->distinct);
    bool full = bytes > op->cache_bytes;
    if (!full && op->dead < op->groups.count / 2 + 1024)
        return;
    eviction e = {.op = op};
    op->store_has_groups = true;
    op->dead = 0;
    group_table_sweep(&op->groups, leaves_memory, &e);
    if (!full)
        return;
    distinct_sets_shrink(&op->distinct, false);
    if (op->groups.bytes + distinct_sets_bytes(&op->distinct) > op->cache_bytes / 4 * 3) {
        e.all = true;
        group_table_sweep(&op->groups, leaves_memory, &e);
        distinct_sets_shrink(&op->distinct, true);
    }
}

/* Those in memory see it themselves when they are touched. */
static void sweep_group(void *context, slice key, slice value) {
    group_aggregate *op = context;
    int64_t head[3];
    if (!take(&value, head, sizeof head) || op->now_ms - head[2] < op->ttl_ms)
        return;
    distinct_sets_forget(&op->distinct, head[0]);
    store_delete(op->store, key);
}

static void sweep_expired(group_aggregate *op) {
    static const char first[] = {TAG_GROUP}, end[] = {TAG_GROUP + 1};
    op->now_ms = clock_now_ms(task_clock(op->base.task));
    sweep_run(&op->swept, op->store, slice_make(first, 1), slice_make(end, 1), sweep_group, op);
}

static bool group_barrier(operator* self, error *e) {
    group_aggregate *op = (group_aggregate *)self;
    (void)e;
    if (op->changed_count)
        emit_changed(op);
    op->held_rows = 0;
    distinct_sets_save(&op->distinct);
    save(op);
    if (op->ttl_ms)
        sweep_expired(op);
    op->swept.came = 0;
    shrink(op);
    release_watermark(op);
    return true;
}

/* ---- opening and closing ---- */

static column **make_results(const group_aggregate *op) {
    column **columns = memory_allocate_zero(sizeof(column *) * ((size_t)op->calls.count + 1));
    for (int c = 0; c < op->calls.count; c++)
        columns[c] = column_create(op->calls.aggregates.instances[c].result);
    columns[op->calls.count] = column_create(&SQL_TYPE_BOOLEAN); /* counts the rows */
    return columns;
}

static bool group_open(operator* self, error *e) {
    group_aggregate *op = (group_aggregate *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    op->undoes = input->mode == CHANGELOG_RETRACT;
    calls_options options = {.undoes = op->undoes, .stored_distinct = true};
    row_keys_open(&op->keys, input, node->group.groups, node->group.group_count);
    if (!calls_open(&op->calls, self, node->group.calls, node->group.call_count, &options, e))
        return false;
    group_table_open(&op->groups, op->keys.form, HEAD_BYTES + op->calls.aggregates.bytes);
    op->before = make_results(op);
    op->after = make_results(op);
    op->plain = memory_allocate(sizeof *op->plain * ((size_t)op->calls.count + 1));
    for (int c = 0; c < op->calls.count; c++)
        if (!op->calls.list[c].distinct)
            op->plain[op->plain_count++] = c;
    op->out = node_batch_builder(node);
    op->store = task_store(self->task, node, NULL, e);
    if (!op->store)
        return false;
    op->store_has_groups = store_count(op->store) > 0;
    distinct_sets_open(&op->distinct, &op->calls, input, op->store, op->undoes, op->ttl_ms != 0);
    slice saved = store_get(op->store, SLICE_LITERAL("\0"));
    if (saved.data && take(&saved, &op->next_id, 8))
        take(&saved, &op->calls.sequence, 8);
    op->saved_id = op->next_id;
    return true;
}

static void destroy_results(const group_aggregate *op, column **columns) {
    for (int c = 0; columns && c <= op->calls.count; c++)
        column_destroy(columns[c]);
    memory_free(columns);
}

static void group_close(operator* self) {
    group_aggregate *op = (group_aggregate *)self;
    group_table_close(&op->groups, drop_group, op);
    distinct_sets_close(&op->distinct);
    destroy_results(op, op->before);
    destroy_results(op, op->after);
    calls_close(&op->calls);
    row_keys_close(&op->keys);
    void *blocks[] = {op->dirty, op->changed, op->rows, op->blocks, op->ids, op->plain};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    batch_builder_destroy(op->out);
    buffer_free(&op->key);
    buffer_free(&op->value);
    sweep_close(&op->swept);
    memory_free(op);
}

static const operator_class group_class = {
    .name = "group aggregate",
    .open = group_open,
    .batch = group_batch,
    .watermark = group_watermark,
    .barrier = group_barrier,
    .close = group_close,
};

operator* group_aggregate_operator_create(const plan_node *node, task *t) {
    group_aggregate *op = MEMORY_NEW(group_aggregate);
    op->base = (operator){.class = &group_class, .node = node, .task = t};
    op->ttl_ms = node->group.ttl_ms;
    op->result_rows = node->group.result_rows;
    op->results_per_row = task_results_per_row(t) || op->result_rows == 1;
    op->cache_bytes = CACHE_BYTES;
    return &op->base;
}

void group_aggregate_operator_limit_cache(operator* self, int64_t bytes) {
    ((group_aggregate *)self)->cache_bytes = bytes;
}
