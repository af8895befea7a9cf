/* The rows of partitions in the store: reading them when they are asked for, saving what changed,
 * and forgetting what has not been touched for its time to live or for want of room in memory.
 */
#include "base/memory.h"
#include "base/varint.h"
#include "executor/operator/top_n.h"
#include "executor/state/row_codec.h"

enum { TAG_ROW = 1, TAG_CHANGED = 2 };

slice top_n_stored_at(top_n *op, const group *g, const top_n_entry *e) {
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, TAG_ROW);
    if (op->is_windowed)
        row_key_append_int64(&op->key, g->key.window_start);
    row_keys_append(&op->keys, &g->key, &op->key);
    if (e)
        row_key_append_int64(&op->key, top_n_keeps_first_only(op) ? e->slot : e->id);
    return buffer_slice(&op->key);
}

/* ---- reading ---- */

/* An entry from what the store has under its number; NULL: it is damaged. */
static top_n_entry *top_n_read_entry(top_n *op, int64_t number, slice value) {
    uint64_t length;
    if (value.length < 16)
        return NULL;
    int64_t id = row_key_read_int64(&value), rowtime = row_key_read_int64(&value);
    const char *end = value.data + value.length, *at = varint_read(value.data, end, &length);
    if (!at || length > (uint64_t)(end - at))
        return NULL;
    slice row = slice_make(at + length, (size_t)(end - at) - length);
    top_n_entry *e = top_n_make_entry(op, slice_make(at, length), row, rowtime, id);
    e->slot = (uint32_t)number;
    e->is_saved = e->is_stored = true;
    return e;
}

void top_n_fail_damaged(top_n *op) {
    error problem = {0};
    error_set(&problem, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
        SLICE_ARG(op->base.node->store));
    error_hint(&problem, "Drop the query and create it again: its state is built up anew.");
    task_fail(op->base.task, &problem);
}

void top_n_load(top_n *op, group_table *table, group *g) {
    if (!evicted_keys_may_have(&op->evicted, g->key.hash))
        return;
    size_t prefix = top_n_stored_at(op, g, NULL).length;
    buffer_clear(&op->row);
    buffer_append(&op->row, buffer_slice(&op->key));
    row_key_append_int64(&op->row, INT64_MAX);
    slice key, value;
    store_cursor *c = store_cursor_open(op->store, buffer_slice(&op->key), buffer_slice(&op->row));
    while (store_cursor_next(c, &key, &value)) {
        if (key.length != prefix + 8)
            continue; /* of a longer key */
        slice number = slice_make(key.data + prefix, 8);
        top_n_entry *e = top_n_read_entry(op, row_key_read_int64(&number), value);
        if (e)
            top_n_insert_loaded(op, table, g, e);
        else
            top_n_fail_damaged(op);
    }
    store_cursor_close(c);
    top_n_show(op, top_n_rows_of(g));
}

/* ---- time to live ---- */

static slice changed_at(top_n *op, const group *g) {
    buffer_clear(&op->touched);
    buffer_append_byte(&op->touched, TAG_CHANGED);
    row_keys_append(&op->keys, &g->key, &op->touched);
    return buffer_slice(&op->touched);
}

void top_n_load_change(top_n *op, group *g) {
    slice saved = op->ttl_ms ? store_get(op->store, changed_at(op, g)) : (slice){0};
    top_n_rows_of(g)->changed_ms = saved.length == 8 ? row_key_read_int64(&saved) : op->now_ms;
}

static void save_change(top_n *op, group *g) {
    if (!op->ttl_ms)
        return;
    buffer_clear(&op->row);
    row_key_append_int64(&op->row, top_n_rows_of(g)->changed_ms);
    store_put(op->store, changed_at(op, g), buffer_slice(&op->row));
}

void top_n_forget_expired(top_n *op, group_table *table, group *g) {
    top_n_rows *p = top_n_rows_of(g);
    if (!op->ttl_ms || g->is_changed || op->now_ms - p->changed_ms < op->ttl_ms)
        return;
    while (p->count > 0)
        top_n_take_out(op, table, g, p->count - 1);
    top_n_hide(op, p);
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

void top_n_sweep_expired(top_n *op) {
    static const char first[] = {TAG_CHANGED}, end[] = {TAG_CHANGED + 1};
    op->now_ms = clock_now_ms(task_clock(op->base.task));
    sweep_run(&op->swept, op->store, slice_make(first, 1), slice_make(end, 1), sweep_partition, op);
}

/* ---- saving ---- */

static void save_partition(top_n *op, group *g) {
    top_n_rows *p = top_n_rows_of(g);
    for (int32_t i = 0; i < p->count; i++) {
        top_n_entry *e = p->rows[i];
        if (e->is_saved)
            continue;
        buffer_clear(&op->row);
        row_key_append_int64(&op->row, e->id);
        row_key_append_int64(&op->row, e->rowtime);
        varint_append(&op->row, e->place_length);
        buffer_append_bytes(&op->row, e->bytes, e->place_length + e->length);
        store_save(op->store, top_n_stored_at(op, g, e), buffer_slice(&op->row), op->ttl_ms != 0);
        e->is_saved = e->is_stored = true;
    }
    save_change(op, g);
    g->is_dirty = false;
}

void top_n_save(top_n *op) {
    for (int64_t i = 0; i < op->dirty_count; i++) {
        top_n_prefetch(op->dirty, i, op->dirty_count);
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

/* ---- leaving memory ---- */

typedef struct eviction {
    top_n *op;
    bool all;
} eviction;

static bool leaves_memory(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used;
    g->is_used = false;
    if (leaves && top_n_rows_of(g)->count)
        evicted_keys_note(&e->op->evicted, g->key.hash);
    if (leaves)
        top_n_free_partition(e->op, g);
    return leaves;
}

/* Partitions that were not used since the last time leave memory; when that is not enough, all. */
void top_n_shrink(top_n *op) {
    if (op->is_windowed || op->partitions.bytes <= op->cache_bytes)
        return;
    eviction e = {.op = op};
    evicted_keys_begin(&op->evicted);
    group_table_sweep(&op->partitions, leaves_memory, &e);
    e.all = true;
    if (op->partitions.bytes > op->cache_bytes / 4 * 3)
        group_table_sweep(&op->partitions, leaves_memory, &e);
}

/* ---- at the start ---- */

/* Windows are read back at the start, because their end is not asked for by key. */
bool top_n_load_windows(top_n *op, error *e) {
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
        top_n_entry *made = ok ? top_n_read_entry(op, row_key_read_int64(&key), value) : NULL;
        ok = made != NULL;
        if (!ok)
            break;
        group_table *table;
        group *g = top_n_partition_of(op, top_n_window_of(op, end), &of, &table);
        top_n_insert_loaded(op, table, g, made);
    }
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "The saved state of a window of %.*s cannot be read.",
                     SLICE_ARG(op->base.node->store));
}
