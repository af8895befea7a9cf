/* plan_analysis.h - EXPLAIN ANALYZE: a plan with what its operators have done. Private to server/.
 */
#ifndef SLUICE_SERVER_PLAN_ANALYSIS_H
#define SLUICE_SERVER_PLAN_ANALYSIS_H

#include "executor/engine.h"

typedef struct plan_analysis {
    node_metrics *nodes; /* by node id */
    int64_t commits, commit_time_ns, rows_late, rows_failed;
    int64_t lag; /* records of its sources not yet processed; -1: not known */
} plan_analysis;

/* What a query has done so far; its nodes live in `a`. */
void plan_analysis_of(running_query *query, arena *a, plan_analysis *analysis);
/* For a person: the plan's tree, and before each operator its rows in and out, its time and state.
 */
void plan_analysis_format(const plan *p, const plan_analysis *analysis, buffer *out);
/* The same as the member "analysis" of an open JSON object. */
void plan_analysis_append(const plan *p, const plan_analysis *analysis, buffer *out);

#endif
