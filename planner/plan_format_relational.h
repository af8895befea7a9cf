/* plan_format_relational.h - the relational operators' part of EXPLAIN. Private to the planner. */
#ifndef SLUICE_PLANNER_PLAN_FORMAT_RELATIONAL_H
#define SLUICE_PLANNER_PLAN_FORMAT_RELATIONAL_H

#include "planner/plan.h"

/* Appends what the node does, behind the name of its kind. Nothing for nodes of other kinds. */
void plan_format_relational(const plan *p, const plan_node *node, buffer *out);

#endif
