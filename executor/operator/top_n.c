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
#include "base/memory.h"
#include "base/pool.h"
#include "base/varint.h"
#include "executor/operator/evicted_keys.h"
#include "executor/operator/operators.h"
#include "executor/operator/order_keys.h"
#include "executor/operator/row_keys.h"
#include "executor/operator/sweep.h"

enum { EMIT_ROWS = 4096, CACHE_BYTES = 64 << 20, TAG_ROW = 1, TAG_CHANGED = 2 };

/* Ids count down from here where of rows in the same place the last one is first. */
static const int64_t NEWEST_LAST_ID = INT64_MAX / 2;

typedef struct entry {
    int64_t id, rowtime;
    uint32_t place_length, length; /* of the bytes: place, row */
    uint32_t slot;                 /* its number, where only the first rows are kept */
    bool is_kept, is_shown, is_stamped;
    bool is_saved, is_stored; /* is_stored: the store has something under its number */
    char bytes[];
} entry;

/* The arrays of partitions with one row are `first` and `first_shown`. */
typedef struct partition_rows {
    entry **rows, **shown;
    entry *first, *first_shown;
    int32_t count, capacity, shown_count, shown_capacity;
    int64_t changed_ms; /* wall clock; with a time to live */
} partition_rows;

typedef struct top_window {
    int64_t end;
    group_table partitions;
    group **order;
    int64_t count, capacity;
} top_window;

typedef struct top_n {
    operator base;
    store *store;
    row_keys keys;
    const sql_type **types;
    int columns;
    pool blocks; /* entries, and the arrays of them */
    bool is_lasting, retracts, is_windowed;
    evicted_keys evicted;
    int64_t from, to; /* to: INT32_MAX without a bound */
    group_table partitions;
    top_window **windows; /* by end */
    int64_t window_count, window_capacity, watermark_ms;
    int64_t next_id, saved_id, saved_watermark_ms, cache_bytes;
    int64_t result_rows, held_rows; /* results are held back of so many */
    group **dirty, **changed;
    int64_t dirty_count, dirty_capacity, changed_count, changed_capacity;
    int64_t held_watermark;
    bool holds_watermark;
    batch_builder *out;
    buffer place, row, key;
    int64_t ttl_ms, now_ms;
    buffer touched;
    sweep swept;
} top_n;

static inline partition_rows *rows_of(group *g) {
    return (partition_rows *)g->state;
}

/* ---- entries ---- */

static inline slice place_of(const entry *e) {
    return slice_make(e->bytes, e->place_length);
}

static inline size_t block_bytes(size_t place, size_t row) {
    return offsetof(entry, bytes) + place + row;
}

static entry *make_entry(top_n *op, slice place, slice row, int64_t rowtime, int64_t id) {
    entry *e = pool_allocate(&op->blocks, block_bytes(place.length, row.length));
    *e = (entry){.id = id,
        .rowtime = rowtime,
        .place_length = (uint32_t)place.length,
        .length = (uint32_t)row.length};
    memcpy(e->bytes, place.data, place.length);
    memcpy(e->bytes + place.length, row.data, row.length);
    return e;
}

static size_t entry_bytes(const entry *e) {
    return block_bytes(e->place_length, e->length);
}

static void release(top_n *op, entry *e) {
    if (!e->is_kept && !e->is_shown)
        pool_release(&op->blocks, e, entry_bytes(e));
}

static bool keeps_first_only(const top_n *op) {
    return !op->retracts && op->to < INT32_MAX;
}

/* An array of entries with room for more: twice as much as before, or what is needed. */
static entry **grow_entries(
    top_n *op, entry **old, entry **first, int32_t *capacity, int32_t needed) {
    if (!*capacity && needed == 1) {
        *capacity = 1;
        return first;
    }
    int32_t most = *capacity ? *capacity * 2 : 2;
    if (most < needed)
        most = needed;
    entry **larger = pool_allocate(&op->blocks, sizeof *larger * (size_t)most);
    if (*capacity)
        memcpy(larger, old, sizeof *larger * (size_t)*capacity);
    if (*capacity > 1)
        pool_release(&op->blocks, old, sizeof *old * (size_t)*capacity);
    *capacity = most;
    return larger;
}

static slice stored_at(top_n *op, const group *g, const entry *e) {
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, TAG_ROW);
    if (op->is_windowed)
        row_key_append_int64(&op->key, g->key.window_start);
    row_keys_append(&op->keys, &g->key, &op->key);
    if (e)
        row_key_append_int64(&op->key, keeps_first_only(op) ? e->slot : e->id);
    return buffer_slice(&op->key);
}

static void append_group(group ***list, int64_t *count, int64_t *capacity, group *g) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 1024;
        *list = memory_resize(*list, sizeof **list * (size_t)*capacity);
    }
    (*list)[(*count)++] = g;
}

static void mark(top_n *op, group *g) {
    rows_of(g)->changed_ms = op->now_ms;
    if (!g->is_dirty && op->is_lasting)
        append_group(&op->dirty, &op->dirty_count, &op->dirty_capacity, g);
    g->is_dirty = true;
    if (!g->is_changed && !op->is_windowed)
        append_group(&op->changed, &op->changed_count, &op->changed_capacity, g);
    g->is_changed = true;
}

static void insert(top_n *op, group_table *table, group *g, int32_t at, entry *e) {
    partition_rows *p = rows_of(g);
    if (p->count == p->capacity)
        p->rows = grow_entries(op, p->rows, &p->first, &p->capacity, p->count + 1);
    memmove(p->rows + at + 1, p->rows + at, sizeof *p->rows * (size_t)(p->count - at));
    p->rows[at] = e;
    p->count++;
    e->is_kept = true;
    group_table_count_heap(table, g, (int64_t)entry_bytes(e));
}

static void take_out(top_n *op, group_table *table, group *g, int32_t at) {
    partition_rows *p = rows_of(g);
    entry *e = p->rows[at];
    p->count--;
    memmove(p->rows + at, p->rows + at + 1, sizeof *p->rows * (size_t)(p->count - at));
    e->is_kept = false;
    if (e->is_stored)
        store_delete(op->store, stored_at(op, g, e));
    group_table_count_heap(table, g, -(int64_t)entry_bytes(e));
    release(op, e);
}

/* The first entry behind this place (or, with `before`, not in front of it). */
static int32_t find_place(const partition_rows *p, slice place, bool before) {
    int32_t low = 0, high = p->count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        int order = slice_compare(place_of(p->rows[middle]), place);
        if (order < 0 || (order == 0 && !before))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- partitions ---- */

static void show(top_n *op, partition_rows *p) {
    int64_t until = p->count < op->to ? p->count : op->to;
    int32_t count = until >= op->from ? (int32_t)(until - op->from + 1) : 0;
    if (count > p->shown_capacity)
        p->shown = grow_entries(op, p->shown, &p->first_shown, &p->shown_capacity, count);
    for (int32_t i = 0; i < count; i++) {
        p->shown[i] = p->rows[op->from - 1 + i];
        p->shown[i]->is_shown = true;
    }
    p->shown_count = count;
}

/* An entry from what the store has under its number; NULL: it is damaged. */
static entry *read_entry(top_n *op, int64_t number, slice value) {
    uint64_t length;
    if (value.length < 16)
        return NULL;
    int64_t id = row_key_read_int64(&value), rowtime = row_key_read_int64(&value);
    const char *end = value.data + value.length, *at = varint_read(value.data, end, &length);
    if (!at || length > (uint64_t)(end - at))
        return NULL;
    slice row = slice_make(at + length, (size_t)(end - at) - length);
    entry *e = make_entry(op, slice_make(at, length), row, rowtime, id);
    e->slot = (uint32_t)number;
    e->is_saved = e->is_stored = true;
    return e;
}

/* Among the others, by its place and then its id. */
static void insert_loaded(top_n *op, group_table *table, group *g, entry *e) {
    const partition_rows *p = rows_of(g);
    int32_t at = p->count;
    for (; at > 0; at--) {
        int order = slice_compare(place_of(p->rows[at - 1]), place_of(e));
        if (order < 0 || (order == 0 && p->rows[at - 1]->id < e->id))
            break;
    }
    insert(op, table, g, at, e);
}

static void fail_damaged(top_n *op) {
    error problem = {0};
    error_set(&problem, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
        SLICE_ARG(op->base.node->store));
    error_hint(&problem, "Drop the query and create it again: its state is built up anew.");
    task_fail(op->base.task, &problem);
}

static void load(top_n *op, group_table *table, group *g) {
    if (!evicted_keys_may_have(&op->evicted, g->key.hash))
        return;
    size_t prefix = stored_at(op, g, NULL).length;
    buffer_clear(&op->row);
    buffer_append(&op->row, buffer_slice(&op->key));
    row_key_append_int64(&op->row, INT64_MAX);
    slice key, value;
    store_cursor *c = store_cursor_open(op->store, buffer_slice(&op->key), buffer_slice(&op->row));
    while (store_cursor_next(c, &key, &value)) {
        if (key.length != prefix + 8)
            continue; /* of a longer key */
        slice number = slice_make(key.data + prefix, 8);
        entry *e = read_entry(op, row_key_read_int64(&number), value);
        if (e)
            insert_loaded(op, table, g, e);
        else
            fail_damaged(op);
    }
    store_cursor_close(c);
    show(op, rows_of(g));
}

/* ---- time to live ---- */

static slice changed_at(top_n *op, const group *g) {
    buffer_clear(&op->touched);
    buffer_append_byte(&op->touched, TAG_CHANGED);
    row_keys_append(&op->keys, &g->key, &op->touched);
    return buffer_slice(&op->touched);
}

static void load_change(top_n *op, group *g) {
    slice saved = op->ttl_ms ? store_get(op->store, changed_at(op, g)) : (slice){0};
    rows_of(g)->changed_ms = saved.length == 8 ? row_key_read_int64(&saved) : op->now_ms;
}

static void save_change(top_n *op, group *g) {
    if (!op->ttl_ms)
        return;
    buffer_clear(&op->row);
    row_key_append_int64(&op->row, rows_of(g)->changed_ms);
    store_put(op->store, changed_at(op, g), buffer_slice(&op->row));
}

static void forget_expired(top_n *op, group_table *table, group *g) {
    partition_rows *p = rows_of(g);
    if (!op->ttl_ms || g->is_changed || op->now_ms - p->changed_ms < op->ttl_ms)
        return;
    while (p->count > 0)
        take_out(op, table, g, p->count - 1);
    for (int32_t i = 0; i < p->shown_count; i++) {
        p->shown[i]->is_shown = false;
        release(op, p->shown[i]);
    }
    p->shown_count = 0;
}

/* The rows of a partition, from its key in the store: 2, partition. */
static void delete_rows(top_n *op, slice changed) {
    slice key, value;
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, TAG_ROW);
    buffer_append(&op->key, slice_make(changed.data + 1, changed.length - 1));
    buffer_clear(&op->row);
    buffer_append(&op->row, buffer_slice(&op->key));
    row_key_append_int64(&op->row, INT64_MAX);
    store_cursor *c = store_cursor_open(op->store, buffer_slice(&op->key), buffer_slice(&op->row));
    while (store_cursor_next(c, &key, &value)) {
        buffer_clear(&op->place);
        buffer_append(&op->place, key);
        store_delete(op->store, buffer_slice(&op->place));
    }
    store_cursor_close(c);
}

static void sweep_partition(void *context, slice changed, slice value) {
    top_n *op = context;
    if (value.length != 8 || op->now_ms - row_key_read_int64(&value) < op->ttl_ms)
        return;
    delete_rows(op, changed);
    store_delete(op->store, changed);
}

static void sweep_expired(top_n *op) {
    static const char first[] = {TAG_CHANGED}, end[] = {TAG_CHANGED + 1};
    op->now_ms = clock_now_ms(task_clock(op->base.task));
    sweep_run(&op->swept, op->store, slice_make(first, 1), slice_make(end, 1), sweep_partition, op);
}

/* Gives its memory back. */
static void free_partition(void *context, group *g) {
    top_n *op = context;
    partition_rows *p = rows_of(g);
    for (int32_t i = 0; i < p->shown_count; i++) {
        p->shown[i]->is_shown = false;
        release(op, p->shown[i]);
    }
    for (int32_t i = 0; i < p->count; i++)
        pool_release(&op->blocks, p->rows[i], entry_bytes(p->rows[i]));
    if (p->capacity > 1)
        pool_release(&op->blocks, p->rows, sizeof *p->rows * (size_t)p->capacity);
    if (p->shown_capacity > 1)
        pool_release(&op->blocks, p->shown, sizeof *p->shown * (size_t)p->shown_capacity);
}

static top_window *window_of(top_n *op, int64_t end) {
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
    top_window *w = MEMORY_NEW(top_window);
    w->end = end;
    group_table_open(&w->partitions, op->keys.form, sizeof(partition_rows));
    return op->windows[low] = w;
}

static group *partition_of(top_n *op, top_window *w, group_key *key, group_table **table) {
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
            load(op, *table, g);
        load_change(op, g);
    }
    g->is_used = true;
    forget_expired(op, *table, g);
    return g;
}

/* ---- results ---- */

static void output(top_n *op, const entry *e, int64_t rank, int8_t change) {
    batch_builder_add_row(op->out, e->rowtime, change);
    slice bytes = slice_make(e->bytes + e->place_length, e->length);
    if (!row_value_read(&bytes, op->types, op->out->columns, op->columns)) {
        fail_damaged(op);
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

static bool same_row(const entry *a, const entry *b) {
    return a == b || slice_equal(slice_make(a->bytes + a->place_length, a->length),
                         slice_make(b->bytes + b->place_length, b->length));
}

static void emit_ranks(top_n *op, const partition_rows *p, int32_t count) {
    int32_t most = count > p->shown_count ? count : p->shown_count;
    for (int32_t i = 0; i < most; i++) {
        const entry *old = i < p->shown_count ? p->shown[i] : NULL;
        const entry *new = i < count ? p->rows[op->from - 1 + i] : NULL;
        if (old && new &&same_row(old, new))
            continue;
        if (old)
            output(op, old, op->from + i, CHANGE_DELETE);
        if (new)
            output(op, new, op->from + i, CHANGE_INSERT);
    }
}

/* Without ranks only who is among them matters. One that leaves is followed by one that comes. */
static void emit_members(top_n *op, const partition_rows *p, int32_t count) {
    entry *const *now = p->rows + op->from - 1;
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
    partition_rows *p = rows_of(g);
    int64_t until = p->count < op->to ? p->count : op->to;
    int32_t count = until >= op->from ? (int32_t)(until - op->from + 1) : 0;
    if (op->base.node->top_n.has_rank)
        emit_ranks(op, p, count);
    else
        emit_members(op, p, count);
    for (int32_t i = 0; i < p->shown_count; i++) {
        p->shown[i]->is_shown = false;
        release(op, p->shown[i]);
    }
    show(op, p);
    g->is_changed = false;
    bool ends_alone = op->out->rows && op->out->change[op->out->rows - 1] == CHANGE_DELETE;
    if (op->out->rows >= EMIT_ROWS || ends_alone)
        emit_out(op);
}

/* Partitions that come up soon, then their rows. */
static inline void prefetch(group *const *groups, int64_t at, int64_t count) {
    if (at + 16 < count)
        __builtin_prefetch(groups[at + 16]->state);
    if (at + 8 < count && rows_of(groups[at + 8])->count)
        __builtin_prefetch(rows_of(groups[at + 8])->rows[0]);
}

static void emit_changed(top_n *op) {
    for (int64_t i = 0; i < op->changed_count; i++) {
        prefetch(op->changed, i, op->changed_count);
        emit_partition(op, op->changed[i]);
    }
    op->changed_count = 0;
    emit_out(op);
}

/* ---- rows ---- */

static void add_row(top_n *op, group_table *table, group *g, const batch *in, int64_t row) {
    partition_rows *p = rows_of(g);
    bool bounded = keeps_first_only(op), newest_first = op->base.node->top_n.newest_first;
    if (bounded && p->count >= op->to &&
        slice_compare(buffer_slice(&op->place), place_of(p->rows[op->to - 1])) >= newest_first)
        return;
    buffer_clear(&op->row);
    row_value_append(&op->row, in->columns, op->columns, row);
    entry *e = make_entry(op, buffer_slice(&op->place), buffer_slice(&op->row), in->rowtime[row],
        newest_first ? NEWEST_LAST_ID - op->next_id : op->next_id);
    op->next_id++;
    mark(op, g);
    if (bounded && p->count < op->to)
        e->slot = (uint32_t)p->count;
    if (bounded && p->count == op->to) {
        entry *last = p->rows[p->count - 1];
        e->slot = last->slot;
        e->is_stored = last->is_stored;
        last->is_stored = false;
        take_out(op, table, g, p->count - 1);
    }
    insert(op, table, g, find_place(p, buffer_slice(&op->place), newest_first), e);
}

static void remove_row(top_n *op, group_table *table, group *g, const batch *in, int64_t row) {
    partition_rows *p = rows_of(g);
    buffer_clear(&op->row);
    row_value_append(&op->row, in->columns, op->columns, row);
    for (int32_t at = find_place(p, buffer_slice(&op->place), true); at < p->count; at++) {
        const entry *e = p->rows[at];
        if (!slice_equal(place_of(e), buffer_slice(&op->place)))
            return;
        if (slice_equal(
                slice_make(e->bytes + e->place_length, e->length), buffer_slice(&op->row))) {
            mark(op, g);
            take_out(op, table, g, at);
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
static bool find_window(top_n *op, const batch *in, int64_t row, top_window **w) {
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
        *w = window_of(op, end);
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
    top_window *w = NULL;
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] == CHANGE_EMPTY || (op->is_windowed && !find_window(op, in, row, &w)))
            continue;
        if (!op->is_windowed && row + 16 < in->rows) {
            group_table_prefetch(&op->partitions, op->keys.hashes[row + 16]);
            group_table_prefetch_group(&op->partitions, op->keys.hashes[row + 8]);
        }
        group_key key = row_keys_get(&op->keys, row);
        group_table *table;
        group *g = partition_of(op, w, &key, &table);
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

static void drop_window(top_n *op, top_window *w) {
    for (int64_t i = 0; i < w->count; i++) {
        const partition_rows *p = rows_of(w->order[i]);
        for (int32_t r = 0; r < p->count; r++)
            if (p->rows[r]->is_stored)
                store_delete(op->store, stored_at(op, w->order[i], p->rows[r]));
    }
    group_table_close(&w->partitions, free_partition, op);
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

/* ---- state ---- */

static void save_partition(top_n *op, group *g) {
    partition_rows *p = rows_of(g);
    for (int32_t i = 0; i < p->count; i++) {
        entry *e = p->rows[i];
        if (e->is_saved)
            continue;
        buffer_clear(&op->row);
        row_key_append_int64(&op->row, e->id);
        row_key_append_int64(&op->row, e->rowtime);
        varint_append(&op->row, e->place_length);
        buffer_append_bytes(&op->row, e->bytes, e->place_length + e->length);
        store_save(op->store, stored_at(op, g, e), buffer_slice(&op->row), op->ttl_ms != 0);
        e->is_saved = e->is_stored = true;
    }
    save_change(op, g);
    g->is_dirty = false;
}

typedef struct eviction {
    top_n *op;
    bool all;
} eviction;

static bool leaves_memory(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used;
    g->is_used = false;
    if (leaves && rows_of(g)->count)
        evicted_keys_note(&e->op->evicted, g->key.hash);
    if (leaves)
        free_partition(e->op, g);
    return leaves;
}

/* Partitions that were not used since the last time leave memory; when that is not enough, all. */
static void shrink(top_n *op) {
    if (op->is_windowed || op->partitions.bytes <= op->cache_bytes)
        return;
    eviction e = {.op = op};
    evicted_keys_begin(&op->evicted);
    group_table_sweep(&op->partitions, leaves_memory, &e);
    e.all = true;
    if (op->partitions.bytes > op->cache_bytes / 4 * 3)
        group_table_sweep(&op->partitions, leaves_memory, &e);
}

static void save(top_n *op) {
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch(op->dirty, i, op->dirty_count);
        save_partition(op, op->dirty[i]);
    }
    op->dirty_count = 0;
    if (op->next_id == op->saved_id && op->watermark_ms == op->saved_watermark_ms)
        return;
    buffer_clear(&op->row);
    row_key_append_int64(&op->row, op->next_id);
    row_key_append_int64(&op->row, op->watermark_ms);
    store_put(op->store, SLICE_LITERAL("\0"), buffer_slice(&op->row));
    op->saved_id = op->next_id;
    op->saved_watermark_ms = op->watermark_ms;
}

static bool top_barrier(operator* self, error *e) {
    top_n *op = (top_n *)self;
    (void)e;
    if (op->changed_count)
        emit_changed(op);
    op->held_rows = 0;
    if (op->is_lasting) {
        save(op);
        if (op->ttl_ms)
            sweep_expired(op);
        shrink(op);
    }
    release_watermark(op);
    return true;
}

/* Windows are read back at the start, because their end is not asked for by key. */
static bool load_windows(top_n *op, error *e) {
    static const char first[] = {TAG_ROW};
    slice key, value;
    bool ok = true;
    store_cursor *c = store_cursor_open(op->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value)) {
        group_key of;
        key = slice_make(key.data + 1, key.length - 1);
        ok = key.length >= 16 && value.length >= 8;
        int64_t end = ok ? row_key_read_int64(&key) : 0;
        ok = ok && row_keys_read(&op->keys, &key, &of) && key.length == 8;
        entry *made = ok ? read_entry(op, row_key_read_int64(&key), value) : NULL;
        ok = made != NULL;
        if (!ok)
            break;
        group_table *table;
        group *g = partition_of(op, window_of(op, end), &of, &table);
        insert_loaded(op, table, g, made);
    }
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "The saved state of a window of %.*s cannot be read.",
                     SLICE_ARG(op->base.node->store));
}

static bool top_open(operator* self, error *e) {
    top_n *op = (top_n *)self;
    const plan_node *node = self->node, *input = node->inputs[0];
    op->columns = input->column_count;
    op->types = memory_allocate(sizeof *op->types * ((size_t)op->columns + 1));
    for (int i = 0; i < op->columns; i++)
        op->types[i] = input->columns[i].type;
    row_keys_open(&op->keys, input, node->top_n.partition, node->top_n.partition_count);
    group_table_open(&op->partitions, op->keys.form, sizeof(partition_rows));
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
    return !op->is_windowed || load_windows(op, e);
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
