/* The rows of one partition in memory: a sorted array of entries, and what was given of it. */
#include "base/memory.h"
#include "executor/operator/top_n.h"

/* ---- entries ---- */

static inline size_t block_bytes(size_t place, size_t row) {
    return offsetof(top_n_entry, bytes) + place + row;
}

top_n_entry *top_n_make_entry(top_n *op, slice place, slice row, int64_t rowtime, int64_t id) {
    top_n_entry *e = pool_allocate(&op->blocks, block_bytes(place.length, row.length));
    *e = (top_n_entry){.id = id,
        .rowtime = rowtime,
        .place_length = (uint32_t)place.length,
        .length = (uint32_t)row.length};
    memcpy(e->bytes, place.data, place.length);
    memcpy(e->bytes + place.length, row.data, row.length);
    return e;
}

static size_t entry_bytes(const top_n_entry *e) {
    return block_bytes(e->place_length, e->length);
}

static void release(top_n *op, top_n_entry *e) {
    if (!e->is_kept && !e->is_shown)
        pool_release(&op->blocks, e, entry_bytes(e));
}

/* An array of entries with room for more: twice as much as before, or what is needed. */
static top_n_entry **grow_entries(
    top_n *op, top_n_entry **old, top_n_entry **first, int32_t *capacity, int32_t needed) {
    if (!*capacity && needed == 1) {
        *capacity = 1;
        return first;
    }
    int32_t most = *capacity ? *capacity * 2 : 2;
    if (most < needed)
        most = needed;
    top_n_entry **larger = pool_allocate(&op->blocks, sizeof *larger * (size_t)most);
    if (*capacity)
        memcpy(larger, old, sizeof *larger * (size_t)*capacity);
    if (*capacity > 1)
        pool_release(&op->blocks, old, sizeof *old * (size_t)*capacity);
    *capacity = most;
    return larger;
}

/* ---- rows in order ---- */

void top_n_insert(top_n *op, group_table *table, group *g, int32_t at, top_n_entry *e) {
    top_n_rows *p = top_n_rows_of(g);
    if (p->count == p->capacity)
        p->rows = grow_entries(op, p->rows, &p->first, &p->capacity, p->count + 1);
    memmove(p->rows + at + 1, p->rows + at, sizeof *p->rows * (size_t)(p->count - at));
    p->rows[at] = e;
    p->count++;
    e->is_kept = true;
    group_table_count_heap(table, g, (int64_t)entry_bytes(e));
}

void top_n_take_out(top_n *op, group_table *table, group *g, int32_t at) {
    top_n_rows *p = top_n_rows_of(g);
    top_n_entry *e = p->rows[at];
    p->count--;
    memmove(p->rows + at, p->rows + at + 1, sizeof *p->rows * (size_t)(p->count - at));
    e->is_kept = false;
    if (e->is_stored)
        store_delete(op->store, top_n_stored_at(op, g, e));
    group_table_count_heap(table, g, -(int64_t)entry_bytes(e));
    release(op, e);
}

void top_n_insert_loaded(top_n *op, group_table *table, group *g, top_n_entry *e) {
    const top_n_rows *p = top_n_rows_of(g);
    int32_t at = p->count;
    for (; at > 0; at--) {
        int order = slice_compare(top_n_place_of(p->rows[at - 1]), top_n_place_of(e));
        if (order < 0 || (order == 0 && p->rows[at - 1]->id < e->id))
            break;
    }
    top_n_insert(op, table, g, at, e);
}

int32_t top_n_find_place(const top_n_rows *p, slice place, bool before) {
    int32_t low = 0, high = p->count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        int order = slice_compare(top_n_place_of(p->rows[middle]), place);
        if (order < 0 || (order == 0 && !before))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- what was given ---- */

void top_n_show(top_n *op, top_n_rows *p) {
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

void top_n_hide(top_n *op, top_n_rows *p) {
    for (int32_t i = 0; i < p->shown_count; i++) {
        p->shown[i]->is_shown = false;
        release(op, p->shown[i]);
    }
    p->shown_count = 0;
}

void top_n_free_partition(void *context, group *g) {
    top_n *op = context;
    top_n_rows *p = top_n_rows_of(g);
    top_n_hide(op, p);
    for (int32_t i = 0; i < p->count; i++)
        pool_release(&op->blocks, p->rows[i], entry_bytes(p->rows[i]));
    if (p->capacity > 1)
        pool_release(&op->blocks, p->rows, sizeof *p->rows * (size_t)p->capacity);
    if (p->shown_capacity > 1)
        pool_release(&op->blocks, p->shown, sizeof *p->shown * (size_t)p->shown_capacity);
}
