/* join_rows.h - the rows that a windowed join keeps, in memory: by key, in the order of time.
 *
 * Time is cut into slices. Rows of one key, input and slice stand in packs (join_pack.h). They come
 * in about the order of time, and packs leave in the order in which they were begun: when all rows
 * of one have expired, or when an input has more than its share of memory. Rows of a key from
 * join_rows_since() on are here; what is older is the owner's to find in its store. What the store
 * does not have yet is told to the owner at barriers and before it leaves.
 *
 * Both inputs share one table of keys, so a row finds its place and its partners with one lookup.
 * One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_JOIN_ROWS_H
#define SLUICE_EXECUTOR_OPERATOR_JOIN_ROWS_H

#include "base/slice.h"

typedef struct join_rows join_rows;
typedef struct join_run join_run; /* the rows of a key, of both inputs */

/* Takes a pack of rows into the store. The slice they are in starts at `slice_start_ms`; the last
 * row is from `last_ms`. */
typedef void (*join_rows_save_function)(
    void *context, int input, slice key, int64_t slice_start_ms, int64_t last_ms, slice pack);

/* `slice_ms`: how long a slice is. `share`: bytes of memory for each input's rows. */
join_rows *join_rows_create(
    int64_t slice_ms, int64_t share, join_rows_save_function save, void *context);
void join_rows_destroy(join_rows *r); /* NULL is allowed. Nothing is saved */

/* For a start with a store that has rows: only later ones will be here. */
void join_rows_begin(join_rows *r, int input, int64_t since_ms);

/* The run of a key, made when `makes`; NULL: there is none. Valid until the next call of expire.
 * `hash` is the key's slice_hash. */
join_run *join_rows_find(join_rows *r, slice key, uint64_t hash, bool makes);
/* Calls ahead of find for a key that make it cheaper: first for a key that is some rows away, then,
 * a few rows nearer, with the next step. */
enum { JOIN_ROWS_FETCH_STEPS = 3 };
void join_rows_fetch(const join_rows *r, uint64_t hash, int step);

/* Rows of that input and run (NULL: of a key without one) before this time are not here and must
 * not be added. At first INT64_MIN. */
int64_t join_rows_since(const join_rows *r, const join_run *run, int input);
/* Adds a row behind those of the same time. */
void join_rows_add(join_rows *r, join_run *run, int input, int64_t time_ms, slice row);

/* Walks the rows of one input of a run, from a time on and up to another. Nothing may be added
 * meanwhile. */
typedef struct join_walk {
    const join_run *run;
    const char *at, *end; /* in the pack */
    int64_t slice_start_ms, from_ms, to_ms;
    uint32_t pack;
    int input;
} join_walk;

void join_walk_start(join_walk *w, const join_run *run, int input, int64_t from_ms, int64_t to_ms);
bool join_walk_next(join_walk *w, int64_t *time_ms, slice *row);

/* Saves what is not saved. */
void join_rows_save(join_rows *r);
/* Drops packs of that input whose rows are all older than `kept_ms`, saved or not, and those above
 * its share, which are saved. */
void join_rows_expire(join_rows *r, int input, int64_t kept_ms);

#endif
