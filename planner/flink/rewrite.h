/* rewrite.h - the rewrites of a Flink query's plan, one rule a file. A plan is a tree here: each
 * takes the root and gives the new one. */
#ifndef SLUICE_PLANNER_FLINK_REWRITE_H
#define SLUICE_PLANNER_FLINK_REWRITE_H

#include "planner/flink/lowering.h"

plan_node *flink_push_filters(lowering *l, plan_node *root);
/* Projections are put together and below exchanges. */
plan_node *flink_merge_projects(lowering *l, plan_node *root);
/* Windows are put into the aggregate above them. */
bool flink_merge_windows(lowering *l, plan_node *root);
/* What a filter says a column equals is known above it. */
void flink_simplify(lowering *l, plan_node *root);
/* Equal parts become one with several consumers: the plan is no tree any more. */
void flink_share(lowering *l, plan_node *root);
void flink_split_exchanges(lowering *l);
/* Sources decode the fields of ROWs that somebody reads. */
void flink_narrow_rows(lowering *l, plan_node *root);
/* Joins let rows go that nothing to come will match. Columns must stay where they are. */
void flink_bound_joins(lowering *l);

/* With a topic for late rows, operators that drop them are given the records of their rows; last.
 * What it makes has no place among the nodes yet. */
bool flink_keep_records(lowering *l);

#endif
