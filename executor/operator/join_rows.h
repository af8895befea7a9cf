/* join_rows.h - the rows that a windowed join keeps, in memory: by key, in the order of time.
 *
 * A row is its stored bytes. Rows come in about the order of time and leave in the order of their
 * coming, a block at a time: when all of a block's rows have expired, or when an input has more
 * than its share of memory. Everything from join_rows_since() on is here; what is older is the
 * owner's to find in its store. Rows that the store does not have yet are told to the owner at
 * barriers, and before they leave.
 *
 * Both inputs share one table of keys, so a row finds its place and its partners with one lookup.
 * One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_JOIN_ROWS_H
#define SLUICE_EXECUTOR_OPERATOR_JOIN_ROWS_H

#include "base/slice.h"

typedef struct join_rows join_rows;
typedef struct join_run join_run; /* the rows of a key, of both inputs */

/* Takes a row into the store. */
typedef void (*join_rows_save_function)(
    void *context, int input, slice key, int64_t time_ms, int64_t sequence, slice value);

/* `share`: bytes of memory for each input's rows. */
join_rows *join_rows_create(int64_t share, join_rows_save_function save, void *context);
void join_rows_destroy(join_rows *r); /* NULL is allowed. Nothing is saved */

/* Rows of that input before this time are not here and must not be added. At first INT64_MIN. */
int64_t join_rows_since(const join_rows *r, int input);
/* For a start with a store that has rows: only later ones will be here. */
void join_rows_begin(join_rows *r, int input, int64_t since_ms);

/* The run of a key, made when `makes`; NULL: there is none. Valid until the next call of expire. */
join_run *join_rows_find(join_rows *r, slice key, bool makes);
/* Adds a row behind those of the same time. */
void join_rows_add(
    join_rows *r, join_run *run, int input, int64_t time_ms, int64_t sequence, slice value);
/* Walks the rows of one input from a time on: the place of the first; the next one's value, or the
 * NULL slice behind `to_ms`. Nothing may be added meanwhile. */
int64_t join_run_seek(const join_run *run, int input, int64_t from_ms);
slice join_run_next(const join_run *run, int input, int64_t *place, int64_t to_ms);

/* Saves what is not saved. */
void join_rows_save(join_rows *r);
/* Drops blocks of that input whose rows are all older than `kept_ms`, saved or not, and those above
 * its share, which are saved. */
void join_rows_expire(join_rows *r, int input, int64_t kept_ms);

#endif
