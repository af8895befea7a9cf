/* window_panes.h - where HOPPING windows are made of panes. Private to the planner.
 *
 * Windows that overlap share pieces of time as long as their advance. Where the order in which rows
 * are added up does not matter, a row is added to its one piece, and the windows' results are
 * merged from these; other aggregates (a SUM of DOUBLEs, COLLECT_LIST) are added up in each window
 * by itself, so that results are those of adding row after row.
 */
#ifndef SLUICE_PLANNER_WINDOW_PANES_H
#define SLUICE_PLANNER_WINDOW_PANES_H

#include "planner/planner.h"

/* Decides it for the aggregates among a plan's nodes, when all of these are there. None are where
 * `options` (may be NULL) does not say what aggregates can. */
void window_panes_place(plan_node *const *nodes, int count, const planner_options *options);

#endif
