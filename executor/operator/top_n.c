/* The first rows of each partition in some order: ROW_NUMBER() ... WHERE rank <= N.
 *
 * A partition's rows are a sorted array of entries, each with its place in the order as bytes
 * (order_keys.h); equal places are in the order of their coming. Of rows that are never taken back
 * only the first N are kept: one that is not among them costs a comparison and leaves nothing, and
 * one that is takes the number of the row that leaves, and so its place in the store. Of others all
 * are. Beside the array stands what was given of it the last time: a change is the
 * difference of both, given at the barrier or, with a result a row, behind each row.
 *
 * With windows the rows are given when the window closes, once: each window has a table of
 * partitions of its own.
 *
 * With a time to live a partition that has not changed for so long, by the wall clock, is
 * forgotten, and nobody is told: when it is touched again, or by a sweep at the barrier.
 *
 * Store: 1, [window's end,] partition, number: id, time, length of the place, place, row. 0: the
 * next id; the watermark.
 * 2, partition: when it changed.
 */
#include "executor/operator/top_n.h"

#include "base/memory.h"
#include "executor/operator/order_keys.h"

enum { EMIT_ROWS = 4096, CACHE_BYTES = 64 << 20 };

/* Ids count down from here where of rows in the same place the last one is first. */
static const int64_t NEWEST_LAST_ID = INT64_MAX / 2;

/* ---- partitions ---- */

static void append_group(group ***list, int64_t *count, int64_t *capacity, group *g) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 1024;
        *list = memory_resize(*list, sizeof **list * (size_t)*capacity);
    }
    (*list)[(*count)++] = g;
}

static void mark(top_n *op, group *g) {
    top_n_rows_of(g)->changed_ms = op->now_ms;
    if (!g->is_dirty && op->is_lasting)
        append_group(&op->dirty, &op->dirty_count, &op->dirty_capacity, g);
    g->is_dirty = true;
    if (!g->is_changed && !op->is_windowed)
        append_group(&op->changed, &op->changed_count, &op->changed_capacity, g);
    g->is_changed = true;
}

top_n_window *top_n_window_of(top_n *op, int64_t end) {
    int64_t low = op->window_count;
    while (low > 0 && op->windows[low - 1]->end > end)
        low--;
    if (low > 0 && op->windows[low - 1]->end == end)
        return op->windows[low - 1];
    if (op->window_count == op->window_capacity) {
        op->window_capacity = op->window_capacity ? op->window_capacity * 2 : 16;
        op->windows = memory_resize(op->windows, sizeof *op->windows * (size_t)op->window_capacity);
    }
    memmove(op->windows + low + 1, op->windows + low,
        sizeof *op->windows * (size_t)(op->window_count - low));
    op->window_count++;
    top_n_window *w = MEMORY_NEW(top_n_window);
    w->end = end;
    group_table_open(&w->partitions, op->keys.form, sizeof(top_n_rows));
    return op->windows[low] = w;
}

group *top_n_partition_of(top_n *op, top_n_window *w, group_key *key, group_table **table) {
    *table = w ? &w->partitions : &op->partitions;
    if (w) {
        key->window_start = w->end;
        key->hash = group_hash_window(key->hash, w->end);
    }
    group *g = group_table_find(*table, key);
    if (!g) {
        g = group_table_add(*table, key);
        if (w)
            append_group(&w->order, &w->count, &w->capacity, g);
        else
            top_n_load(op, *table, g);
        top_n_load_change(op, g);
    }
    g->is_used = true;
    top_n_forget_expired(op, *table, g);
    return g;
}

/* ---- results ---- */

static void output(top_n *op, const top_n_entry *e, int64_t rank, int8_t change) {
    batch_builder_add_row(op->out, e->rowtime, change);
    slice bytes = slice_make(e->bytes + e->place_length, e->length);
    if (!row_value_read(&bytes, op->types, op->out->columns, op->columns)) {
        top_n_fail_damaged(op);
        for (int i = 0; i < op->columns; i++)
            column_append_null(op->out->columns[i]);
    }
    if (op->base.node->top_n.has_rank)
        column_append_int64(op->out->columns[op->columns], rank);
}

static void emit_out(top_n *op) {
    operator_emit(&op->base, batch_builder_view(op->out));
    batch_builder_clear(op->out);
}

static bool same_row(const top_n_entry *a, const top_n_entry *b) {
    return a == b || slice_equal(slice_make(a->bytes + a->place_length, a->length),
                         slice_make(b->bytes + b->place_length, b->length));
}

static void emit_ranks(top_n *op, const top_n_rows *p, int32_t count) {
    int32_t most = count > p->shown_count ? count : p->shown_count;
    for (int32_t i = 0; i < most; i++) {
        const top_n_entry *old = i < p->shown_count ? p->shown[i] : NULL;
        const top_n_entry *new = i < count ? p->rows[op->from - 1 + i] : NULL;
        if (old && new &&same_row(old, new))
            continue;
        if (old)
            output(op, old, op->from + i, CHANGE_DELETE);
        if (new)
            output(op, new, op->from + i, CHANGE_INSERT);
    }
}

/* Without ranks only who is among them matters. One that leaves is followed by one that comes. */
static void emit_members(top_n *op, const top_n_rows *p, int32_t count) {
    top_n_entry *const *now = p->rows + op->from - 1;
    for (int32_t i = 0; i < count; i++)
        now[i]->is_stamped = true;
    int32_t next = 0;
    for (int32_t i = 0; i < p->shown_count; i++) {
        if (p->shown[i]->is_stamped)
            continue;
        while (next < count && now[next]->is_shown)
            next++;
        output(op, p->shown[i], 0, CHANGE_DELETE);
        if (next < count)
            output(op, now[next++], 0, CHANGE_INSERT);
    }
    for (; next < count; next++)
        if (!now[next]->is_shown)
            output(op, now[next], 0, CHANGE_INSERT);
    for (int32_t i = 0; i < count; i++)
        now[i]->is_stamped = false;
}

static void emit_partition(top_n *op, group *g) {
    top_n_rows *p = top_n_rows_of(g);
    int64_t until = p->count < op->to ? p->count : op->to;
    int32_t count = until >= op->from ? (int32_t)(until - op->from + 1) : 0;
    if (op->base.node->top_n.has_rank)
        emit_ranks(op, p, count);
    else
        emit_members(op, p, count);
    top_n_hide(op, p);
    top_n_show(op, p);
    g->is_changed = false;
    bool ends_alone = op->out->rows && op->out->change[op->out->rows - 1] == CHANGE_DELETE;
    if (op->out->rows >= EMIT_ROWS || ends_alone)
        emit_out(op);
}

static void emit_changed(top_n *op) {
    for (int64_t i = 0; i < op->changed_count; i++) {
        top_n_prefetch(op->changed, i, op->changed_count);
        emit_partition(op, op->changed[i]);
    }
    op->changed_count = 0;
    emit_out(op);
}

/* ---- rows ---- */

static void add_row(top_n *op, group_table *table, group *g, const batch *in, int64_t row) {
    top_n_rows *p = top_n_rows_of(g);
    bool bounded = top_n_keeps_first_only(op), newest_first = op->base.node->top_n.newest_first;
    if (bounded && p->count >= op->to &&
        slice_compare(buffer_slice(&op->place), top_n_place_of(p->rows[op->to - 1])) >=
            newest_first)
        return;
    buffer_clear(&op->row);
    row_value_append(&op->row, in->columns, op->columns, row);
    top_n_entry *e = top_n_make_entry(op, buffer_slice(&op->place), buffer_slice(&op->row),
        in->rowtime[row], newest_first ? NEWEST_LAST_ID - op->next_id : op->next_id);
    op->next_id++;
    mark(op, g);
    if (bounded && p->count < op->to)
        e->slot = (uint32_t)p->count;
    if (bounded && p->count == op->to) {
        top_n_entry *last = p->rows[p->count - 1];
        e->slot = last->slot;
        e->is_stored = last->is_stored;
        last->is_stored = false;
        top_n_take_out(op, table, g, p->count - 1);
    }
    top_n_insert(op, table, g, top_n_find_place(p, buffer_slice(&op->place), newest_first), e);
}

static void remove_row(top_n *op, group_table *table, group *g, const batch *in, int64_t row) {
    top_n_rows *p = top_n_rows_of(g);
    buffer_clear(&op->row);
    row_value_append(&op->row, in->columns, op->columns, row);
    for (int32_t at = top_n_find_place(p, buffer_slice(&op->place), true); at < p->count; at++) {
        const top_n_entry *e = p->rows[at];
        if (!slice_equal(top_n_place_of(e), buffer_slice(&op->place)))
            return;
        if (slice_equal(
                slice_make(e->bytes + e->place_length, e->length), buffer_slice(&op->row))) {
            mark(op, g);
            top_n_take_out(op, table, g, at);
            return;
        }
    }
}

static void release_watermark(top_n *op) {
    if (op->holds_watermark)
        operator_emit_watermark(&op->base, op->held_watermark);
    op->holds_watermark = false;
}

static void give_results(top_n *op) {
    if (op->changed_count)
        emit_changed(op);
    release_watermark(op);
    op->held_rows = 0;
}

/* False: its window has closed, or it has none. */
static bool find_window(top_n *op, const batch *in, int64_t row, top_n_window **w) {
    const column *ends = in->columns[op->base.node->top_n.window_end];
    if (column_is_null(ends, row))
        return false;
    int64_t end = ends->int64s[row];
    if (end - 1 <= op->watermark_ms) {
        late_row why = {.stream_time_ms = op->watermark_ms,
            .window_start_ms = INT64_MIN,
            .window_end_ms = end,
            .reason = "the row's window has closed"};
        task_late_row(op->base.task, op->base.node, in, row, NULL, &why);
        return false;
    }
    if (!*w || (*w)->end != end)
        *w = top_n_window_of(op, end);
    return true;
}

static void top_batch(operator* self, int input, const batch *in) {
    top_n *op = (top_n *)self;
    const plan_node *node = self->node;
    (void)input;
    if (op->to < op->from)
        return; /* no rank is between its bounds */
    if (op->ttl_ms)
        op->now_ms = clock_now_ms(task_clock(self->task));
    op->swept.came += in->rows;
    row_keys_bind(&op->keys, in);
    top_n_window *w = NULL;
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] == CHANGE_EMPTY || (op->is_windowed && !find_window(op, in, row, &w)))
            continue;
        if (!op->is_windowed)
            group_table_prefetch_ahead(&op->partitions, op->keys.hashes, row, in->rows);
        group_key key = row_keys_get(&op->keys, row);
        group_table *table;
        group *g = top_n_partition_of(op, w, &key, &table);
        buffer_clear(&op->place);
        order_key_append(node->top_n.order, node->top_n.order_count, in, row, &op->place);
        bool replaced = op->retracts && in->change[row] == CHANGE_DELETE && row + 1 < in->rows &&
                        in->change[row + 1] == CHANGE_INSERT;
        if (in->change[row] == CHANGE_INSERT)
            add_row(op, table, g, in, row);
        else
            remove_row(op, table, g, in, row);
        if (++op->held_rows >= op->result_rows && !replaced && !op->is_windowed)
            give_results(op);
    }
}

/* ---- windows that close ---- */

static void drop_window(top_n *op, top_n_window *w) {
    for (int64_t i = 0; i < w->count; i++) {
        const top_n_rows *p = top_n_rows_of(w->order[i]);
        for (int32_t r = 0; r < p->count; r++)
            if (p->rows[r]->is_stored)
                store_delete(op->store, top_n_stored_at(op, w->order[i], p->rows[r]));
    }
    group_table_close(&w->partitions, top_n_free_partition, op);
    memory_free(w->order);
    memory_free(w);
}

/* Their partitions must not be saved any more. */
static void clean_dirty(top_n *op, int64_t watermark_ms) {
    int64_t kept = 0;
    for (int64_t i = 0; i < op->dirty_count; i++)
        if (op->dirty[i]->key.window_start - 1 > watermark_ms)
            op->dirty[kept++] = op->dirty[i];
    op->dirty_count = kept;
}

static void close_windows(top_n *op, int64_t watermark_ms) {
    if (watermark_ms <= op->watermark_ms)
        return;
    op->watermark_ms = watermark_ms;
    int64_t closed = 0;
    while (closed < op->window_count && op->windows[closed]->end - 1 <= watermark_ms)
        closed++;
    if (closed == 0)
        return;
    clean_dirty(op, watermark_ms);
    for (int64_t i = 0; i < closed; i++) {
        for (int64_t k = 0; k < op->windows[i]->count; k++)
            emit_partition(op, op->windows[i]->order[k]);
        emit_out(op);
        drop_window(op, op->windows[i]);
    }
    op->window_count -= closed;
    memmove(op->windows, op->windows + closed, sizeof *op->windows * (size_t)op->window_count);
}

static void top_watermark(operator* self, int input, int64_t watermark_ms) {
    top_n *op = (top_n *)self;
    (void)input;
    if (op->is_windowed && watermark_ms != WATERMARK_IDLE)
        close_windows(op, watermark_ms);
    op->held_watermark = watermark_ms;
    op->holds_watermark = true;
    if (op->changed_count == 0)
        release_watermark(op);
}

/* ---- the operator ---- */

static bool top_barrier(operator* self, error *e) {
    top_n *op = (top_n *)self;
    (void)e;
    if (op->changed_count)
        emit_changed(op);
    op->held_rows = 0;
    if (op->is_lasting) {
        top_n_save(op);
        if (op->ttl_ms)
            top_n_sweep_expired(op);
        top_n_shrink(op);
    }
    release_watermark(op);
    return true;
}

static bool top_open(operator* self, error *e) {
    top_n *op = (top_n *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    op->columns = input->column_count;
    op->types = memory_allocate(sizeof *op->types * ((size_t)op->columns + 1));
    for (int i = 0; i < op->columns; i++)
        op->types[i] = input->columns[i].type;
    row_keys_open(&op->keys, input, node->top_n.partition, node->top_n.partition_count);
    group_table_open(&op->partitions, op->keys.form, sizeof(top_n_rows));
    op->out = node_batch_builder(node);
    op->watermark_ms = INT64_MIN;
    op->store = task_store(self->task, node, NULL, e);
    if (!op->store)
        return false;
    op->is_lasting = store_is_lasting(op->store);
    evicted_keys_open(&op->evicted, store_count(op->store) > 0);
    slice saved = store_get(op->store, SLICE_LITERAL("\0"));
    if (saved.data && saved.length == 16) {
        op->next_id = row_key_read_int64(&saved);
        op->watermark_ms = row_key_read_int64(&saved);
    }
    op->saved_id = op->next_id;
    op->saved_watermark_ms = op->watermark_ms;
    return !op->is_windowed || top_n_load_windows(op, e);
}

static void top_close(operator* self) {
    top_n *op = (top_n *)self;
    if (op->partitions.cells)
        group_table_close(&op->partitions, NULL, NULL);
    for (int64_t i = 0; i < op->window_count; i++) {
        group_table_close(&op->windows[i]->partitions, NULL, NULL);
        memory_free(op->windows[i]->order);
        memory_free(op->windows[i]);
    }
    memory_free(op->windows);
    pool_clear(&op->blocks);
    evicted_keys_close(&op->evicted);
    row_keys_close(&op->keys);
    memory_free(op->types);
    memory_free(op->dirty);
    memory_free(op->changed);
    batch_builder_destroy(op->out);
    buffer_free(&op->place);
    buffer_free(&op->row);
    buffer_free(&op->key);
    buffer_free(&op->touched);
    sweep_close(&op->swept);
    memory_free(op);
}

static const operator_class top_class = {
    .name = "top n",
    .open = top_open,
    .batch = top_batch,
    .watermark = top_watermark,
    .barrier = top_barrier,
    .close = top_close,
};

operator* top_n_operator_create(const plan_node *node, task *t) {
    top_n *op = MEMORY_NEW(top_n);
    op->base = (operator){.class = &top_class, .node = node, .task = t};
    op->retracts = node->inputs[0]->mode == CHANGELOG_RETRACT;
    op->is_windowed = node->top_n.window_end >= 0;
    op->ttl_ms = op->is_windowed ? 0 : node->top_n.ttl_ms;
    op->result_rows = node->top_n.result_rows ? node->top_n.result_rows : INT64_MAX;
    if (task_results_per_row(t))
        op->result_rows = 1;
    op->from = node->top_n.from > 0 ? node->top_n.from : 1;
    op->to = node->top_n.to < 0 || node->top_n.to > INT32_MAX ? INT32_MAX : node->top_n.to;
    op->cache_bytes = CACHE_BYTES;
    return &op->base;
}

void top_n_operator_limit_cache(operator* self, int64_t bytes) {
    ((top_n *)self)->cache_bytes = bytes;
}
