/* join_stored.h - the rows that a windowed join keeps, in the store of one input.
 *
 * An entry is a pack (join_pack.h): rows of one key and slice that were saved together. A segment
 * is a number of slices, as long as the window of a row at least: so a row looks into two of them
 * at most, what is written lies together, and rows expire by whole segments, some at each barrier.
 * Keys: [1][segment][key][start of the slice][sequence].
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_JOIN_STORED_H
#define SLUICE_EXECUTOR_OPERATOR_JOIN_STORED_H

#include "base/buffer.h"
#include "executor/state/state.h"

enum { JOIN_STORED_TAG = 1 };

typedef struct join_stored_row {
    int64_t time_ms;
    int64_t order; /* in which they were saved */
    size_t at, length;
} join_stored_row;

typedef struct join_stored {
    store *store;
    int64_t slice_ms;
    int slices;              /* of a segment */
    int64_t expired_segment; /* segments up to this one are empty */
    buffer expired;          /* and so is everything before this key */
    buffer from, to;
    /* What a read has found of the slice at hand. */
    buffer bytes;
    join_stored_row *rows;
    int64_t count, capacity;
} join_stored;

/* `window_ms`: before and after; `retention_ms`: how long rows are kept. */
void join_stored_open(join_stored *s, store *store, int64_t window_ms, int64_t retention_ms);
void join_stored_close(join_stored *s);

/* Saves a pack behind those of the same key and slice that have a lower sequence. `unread`: nobody
 * reads it before the commit. */
void join_stored_put(
    join_stored *s, slice key, int64_t slice_start_ms, int64_t sequence, slice pack, bool unread);
/* Saves one row by itself. */
void join_stored_put_row(join_stored *s, slice key, int64_t time_ms, int64_t sequence, slice row);

/* Visits a key's rows of these times, in the order of time, those of the same time as they were
 * saved. False when something there is damaged. */
typedef void (*join_stored_visitor)(void *context, int64_t time_ms, slice row);
bool join_stored_read(join_stored *s, slice key, int64_t from_ms, int64_t to_ms,
    join_stored_visitor visit, void *context);

/* Deletes packs of segments that are older than `kept_ms` as a whole, at most `budget` of them. At
 * a barrier. */
void join_stored_expire(join_stored *s, int64_t kept_ms, int64_t budget);

#endif
