/* replace_query.h - whether CREATE OR REPLACE may put one query in the place of another. Private to
 * server/.
 *
 * The new query goes on where the old one stood and with its state. So what the state holds must
 * mean the same to both: filters and projections may change freely in a query without state; an
 * aggregation keeps its keys, its aggregates and the columns that it reads; joins and windowed
 * aggregations cannot change.
 */
#ifndef SLUICE_SERVER_REPLACE_QUERY_H
#define SLUICE_SERVER_REPLACE_QUERY_H

#include "planner/plan.h"

/* The columns of `before` stand unchanged and in the same order at the head of `after`'s. */
bool replace_check_columns(
    const source_descriptor *before, const source_descriptor *after, source_span span, error *e);
bool replace_check_plan(const plan *before, const plan *after, source_span span, error *e);

#endif
