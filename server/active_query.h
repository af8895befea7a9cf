/* active_query.h - queries that give rows to somebody: push queries and PRINT. Private to server/.
 *
 * An active query is in its instance's list from its making to its close. Whoever is not its holder
 * looks at it, asks it to end (TERMINATE) or stops it (the instance at its end) under the list's
 * lock; its holder takes it off the list first and then closes it.
 */
#ifndef SLUICE_SERVER_ACTIVE_QUERY_H
#define SLUICE_SERVER_ACTIVE_QUERY_H

#include "server/instance_parts.h"
#include "server/session.h"

struct active_query {
    instance *instance;
    active_query *next;
    arena *arena;
    query_header header;
    slice sql;
    session_stream stream;
    running_query *running; /* NULL: PRINT, or stopped */
    pthread_t thread;       /* PRINT's */
    bool has_thread;
    int64_t limit, given;
    bool is_full;             /* no more rows are wanted */
    struct query_tap *tap;    /* where its records come from; NULL: its topic */
    struct row_gate *gate;    /* a push query's; NULL: every row is let through */
    struct final_rows *final; /* rows are given at the end; NULL: at once */
    atomic_bool stop;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool ended;
    int64_t asked, answered; /* to catch up, of PRINT */
};

/* Makes one, in the instance's list. */
active_query *active_query_create(
    instance *i, slice query_id, slice sql, const session_stream *stream);
/* What runs for a push query, and where it listens (NULL: nowhere; closed with it): given once it
 * does. */
void active_query_runs(active_query *q, running_query *running, struct query_tap *tap);
/* How it ended, when without an error: LIMIT or CLOSED. */
query_end_kind active_query_end_kind(const active_query *q);
/* Says the end to the stream, once, and wakes who waits. */
void active_query_ended(active_query *q, query_end_kind kind, const error *e);
/* Stops all (the instance closes). Their holders still close them. */
void active_query_stop_all(instance *i);
/* Visits each under the list's lock. */
void active_query_visit(
    instance *i, void (*visit)(void *context, const active_query *q), void *context);

#endif
