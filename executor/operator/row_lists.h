/* row_lists.h - rows kept by key: a hash table of lists in front of a store.
 *
 * A row is kept as its bytes (row_codec.h), in the order of its coming, with its time and a count
 * for the owner's use (an outer join's matches). Adding a row reads nothing: a key that is not in
 * memory gets a list that is not complete; row_lists_complete reads the rest when it matters. So
 * lists that are only added to leave memory soon, those that are read stay.
 *
 * At a barrier the rows of a key that came since the last one are written together, in entries of
 * about a kilobyte. An entry with a row that has changed or gone is written again; one whose rows
 * have all gone is deleted. So a key's rows cost as many entries as there were barriers they came
 * in, and a row that comes and goes between two costs none.
 *
 * Store: 1, key, id of the first row: when the newest came, then each row's id, time, count and
 * bytes. 0: the next id.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_ROW_LISTS_H
#define SLUICE_EXECUTOR_OPERATOR_ROW_LISTS_H

#include "base/pool.h"
#include "executor/operator/evicted_keys.h"
#include "executor/operator/operator.h"
#include "executor/operator/row_keys.h"
#include "executor/operator/sweep.h"

typedef struct kept_row kept_row;
struct kept_row {
    kept_row *next;
    group *owner;
    int64_t id, rowtime, touched_ms;
    uint32_t hash, length; /* hash: of rows that may be taken back */
    int32_t count;
    uint32_t place; /* in its entry: that has the id less this; ROW_UNSAVED: in none */
    bool is_dirty;  /* saved, and changed since */
    char bytes[];
};

#define ROW_UNSAVED UINT32_MAX

/* A group's state. */
typedef struct row_list {
    kept_row *first, *last, *unsaved; /* unsaved: the first one; all behind it are */
    int64_t count;
    bool is_complete; /* nothing of it is in the store only */
    bool has_dirty;   /* rows */
} row_list;

typedef struct row_lists {
    operator* owner;
    const plan_node *input;
    const sql_type **types;
    store *store;
    row_keys keys;
    group_table groups;
    pool rows;
    bool is_lasting; /* somebody will read the store */
    bool takes_back; /* the input has rows that are taken back */
    bool has_ended;  /* see row_lists_end */
    evicted_keys evicted;
    int64_t next_id, saved_id, cache_bytes, ttl_ms, now_ms;
    int64_t reads, added; /* lists that were found, rows that came; of late */
    int64_t sweep_bytes;  /* what nobody reads leaves memory at so many */
    group **dirty;
    int64_t dirty_count, dirty_capacity;
    buffer key, value, row;
    sweep swept;
} row_lists;

/* Of that input's rows, by these columns. `suffix` tells the owner's stores apart. Rows that are
 * older than ttl_ms by the wall clock (now_ms, which the owner sets) are forgotten; 0: none is. */
bool row_lists_open(row_lists *l, operator* owner, int input, const int *columns, int count,
    const char *suffix, int64_t ttl_ms, error *e);
void row_lists_close(row_lists *l);

static inline row_list *row_list_of(group *g) {
    return (row_list *)g->state;
}

/* The list of a key, complete; NULL: there are no rows. */
group *row_lists_find(row_lists *l, const group_key *key);
/* The same for adding: not NULL, perhaps not complete. */
group *row_lists_make(row_lists *l, const group_key *key);
void row_lists_complete(row_lists *l, group *g);

/* Reads all rows back, for owners that keep all in memory: from now on they are. `added` is told
 * each one. False: a stored row cannot be read. */
bool row_lists_load_all(
    row_lists *l, void (*added)(void *context, group *g, kept_row *r), void *context);

kept_row *row_lists_add(row_lists *l, group *g, const batch *in, int64_t row, int32_t count);
/* The last row of a complete list that equals this one; NULL: none does. */
kept_row *row_lists_equal(row_lists *l, group *g, const batch *in, int64_t row);
void row_lists_remove(row_lists *l, kept_row *r);
/* Its count has changed. */
void row_lists_mark(row_lists *l, kept_row *r);
/* The rows of a complete list are as young as one that comes now. */
void row_lists_touch(row_lists *l, group *g);
/* Appends a row to as many columns as the input has. */
void row_lists_output(row_lists *l, const kept_row *r, column *const *to);
/* Nobody will look for these rows any more: they leave memory at once, the store by and by. From
 * now on none may be added or looked for. */
void row_lists_end(row_lists *l);
/* Forgets the keys that have no rows, for owners that keep all in memory. */
void row_lists_drop_empty(row_lists *l);

/* Writes what changed, and keeps memory below its bound. At barriers. */
void row_lists_save(row_lists *l);

#endif
