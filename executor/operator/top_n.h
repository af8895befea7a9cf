/* top_n.h - what the files of the Top-N operator share. Private to this folder.
 *
 * top_n.c has the operator, top_n_rows.c a partition's rows in memory, top_n_store.c the same rows
 * in the store.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_TOP_N_H
#define SLUICE_EXECUTOR_OPERATOR_TOP_N_H

#include "base/memory.h"
#include "base/pool.h"
#include "executor/operator/evicted_keys.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_keys.h"
#include "executor/operator/sweep.h"

typedef struct top_n_entry {
    int64_t id, rowtime;
    uint32_t place_length, length; /* of the bytes: place, row */
    uint32_t slot;                 /* its number, where only the first rows are kept */
    bool is_kept, is_shown, is_stamped;
    bool is_saved, is_stored; /* is_stored: the store has something under its number */
    char bytes[];
} top_n_entry;

/* The arrays of partitions with one row are `first` and `first_shown`. */
typedef struct top_n_rows {
    top_n_entry **rows, **shown;
    top_n_entry *first, *first_shown;
    int32_t count, capacity, shown_count, shown_capacity;
    int64_t changed_ms; /* wall clock; with a time to live */
} top_n_rows;

typedef struct top_n_window {
    int64_t end;
    group_table partitions;
    group **order;
    int64_t count, capacity;
} top_n_window;

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
    top_n_window **windows; /* by end */
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

static inline top_n_rows *top_n_rows_of(group *g) {
    return (top_n_rows *)g->state;
}

static inline slice top_n_place_of(const top_n_entry *e) {
    return slice_make(e->bytes, e->place_length);
}

static inline bool top_n_keeps_first_only(const top_n *op) {
    return !op->retracts && op->to < INT32_MAX;
}

/* Partitions that come up soon, then their rows. */
static inline void top_n_prefetch(group *const *groups, int64_t at, int64_t count) {
    if (at + 16 < count)
        memory_prefetch(groups[at + 16]->state);
    if (at + 8 < count && top_n_rows_of(groups[at + 8])->count)
        memory_prefetch(top_n_rows_of(groups[at + 8])->rows[0]);
}

/* ---- a partition's rows in memory ---- */

/* Copies the place and the row. It belongs to the partition it is inserted into. */
top_n_entry *top_n_make_entry(top_n *op, slice place, slice row, int64_t rowtime, int64_t id);
void top_n_insert(top_n *op, group_table *table, group *g, int32_t at, top_n_entry *e);
/* Among the others, by its place and then its id. */
void top_n_insert_loaded(top_n *op, group_table *table, group *g, top_n_entry *e);
/* Also from the store. */
void top_n_take_out(top_n *op, group_table *table, group *g, int32_t at);
/* The first entry behind this place (or, with `before`, not in front of it). */
int32_t top_n_find_place(const top_n_rows *p, slice place, bool before);
/* Remembers the rows between the bounds as those that were given. */
void top_n_show(top_n *op, top_n_rows *p);
/* And forgets which were given. */
void top_n_hide(top_n *op, top_n_rows *p);
/* Gives its memory back; for group_table_close. */
void top_n_free_partition(void *context, group *g);

/* ---- the same rows in the store ---- */

/* The key of an entry, or what the keys of a partition begin with; valid until the next call. */
slice top_n_stored_at(top_n *op, const group *g, const top_n_entry *e);
/* A row that cannot be read: the task ends with that error. */
void top_n_fail_damaged(top_n *op);
/* Reads the rows of a partition that is new in memory. */
void top_n_load(top_n *op, group_table *table, group *g);
/* When it last changed; with a time to live. */
void top_n_load_change(top_n *op, group *g);
void top_n_forget_expired(top_n *op, group_table *table, group *g);
/* Deletes some of the partitions that nobody has touched for so long. At a barrier. */
void top_n_sweep_expired(top_n *op);
/* Everything that has changed. At a barrier. */
void top_n_save(top_n *op);
/* Partitions leave memory when there are too many; after `top_n_save`. */
void top_n_shrink(top_n *op);
bool top_n_load_windows(top_n *op, error *e);

/* ---- partitions (top_n.c) ---- */

/* The window that ends then; made when there is none. */
top_n_window *top_n_window_of(top_n *op, int64_t end);
/* The partition of this key, read from the store when it is not in memory. `w`: NULL without
 * windows. */
group *top_n_partition_of(top_n *op, top_n_window *w, group_key *key, group_table **table);

#endif
