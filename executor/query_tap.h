/* query_tap.h - listening to what a running query writes, without reading its topic again.
 *
 * A tap gets the records that a query has committed to its sink since the tap was opened, in order.
 * What waits in it is bounded: a listener that falls behind has overrun, and gets no more. Records
 * that others write into the same topic are not heard.
 *
 * Threads: one takes, any may wake; the query's thread fills it and never waits.
 */
#ifndef SLUICE_EXECUTOR_QUERY_TAP_H
#define SLUICE_EXECUTOR_QUERY_TAP_H

#include "executor/engine.h"

typedef struct query_tap query_tap;

typedef enum query_tap_state {
    QUERY_TAP_RECORDS,
    QUERY_TAP_ENDED,   /* the query has been stopped */
    QUERY_TAP_OVERRUN, /* the listener was too slow */
    QUERY_TAP_WOKEN,
} query_tap_state;

/* NULL: no such query runs. */
query_tap *query_tap_open(engine *g, slice query_id);
/* Waits for the next records, which are valid until the next call. */
query_tap_state query_tap_take(query_tap *tap, const topic_record **records, int64_t *count);
/* Makes query_tap_take return WOKEN, now and from now on. */
void query_tap_wake(query_tap *tap);
void query_tap_close(query_tap *tap); /* NULL is allowed */

/* ---- for the query's thread ---- */

/* Records have been encoded; they are heard when their commit has succeeded. */
void query_tap_note(running_query *q, const topic_record *records, int64_t count);
/* At a barrier: they belong to the commit that begins. */
void query_tap_prepare(running_query *q);
void query_tap_commit(running_query *q);
void query_tap_abort(running_query *q);
/* The query stops: its taps end. */
void query_tap_end(running_query *q);

#endif
