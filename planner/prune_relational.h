/* prune_relational.h - what rewrite_prune_columns asks about the relational operators: which
 * columns of their inputs they read, and how they look when those have moved. Private to the
 * planner. */
#ifndef SLUICE_PLANNER_PRUNE_RELATIONAL_H
#define SLUICE_PLANNER_PRUNE_RELATIONAL_H

#include "planner/planning.h"

/* Marks what the node reads of its inputs (`right` is NULL where there is one only) to give the
 * columns marked in `output`. False when the node is none of those known here. */
bool prune_relational_mark(const plan_node *node, const bool *output, bool *left, bool *right);
/* Renumbers what the node reads: column i of an input is moved[i] now, -1 where it is gone;
 * `widths` are the inputs' old numbers of columns. Fills `keep` for the node's own columns. */
bool prune_relational_move(
    planning *b, plan_node *node, const int *const moved[2], const int widths[2], bool *keep);
/* A copy of the expression with its columns moved (rewrite_prune_columns.c). */
const expression *prune_move_columns(planning *b, const expression *e, const int *moved);

#endif
