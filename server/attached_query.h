/* attached_query.h - push queries that listen to a running query instead of reading its topic
 * again. Private to server/.
 *
 * ksqlDB calls them scalable push queries (ksql.query.push.v2.enabled). The plan is the ordinary
 * one; its records come from a tap on the query that makes the source.
 */
#ifndef SLUICE_SERVER_ATTACHED_QUERY_H
#define SLUICE_SERVER_ATTACHED_QUERY_H

#include "server/active_query.h"

/* A tap for the plan of a push query; NULL when it must read its topic: it is switched off, or the
 * source is not made by exactly one query, or the plan needs more than the record (its offset, or
 * state). `property` as for planner_options. */
struct query_tap *attached_query_tap(
    instance *i, const plan *p, slice (*property)(void *context, slice name), void *context);
/* Feeds the query, which has been opened stepped and has a tap, until either ends. */
bool attached_query_start(active_query *q, error *e);

#endif
