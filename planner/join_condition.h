/* join_condition.h - the ON of a join, taken apart. Private to the planner. */
#ifndef SLUICE_PLANNER_JOIN_CONDITION_H
#define SLUICE_PLANNER_JOIN_CONDITION_H

#include "planner/planning.h"

typedef struct join_condition {
    const ast_expression *ast;
    const ast_expression *left_ast, *right_ast;
    const expression *left, *right; /* each over the node of its side */
} join_condition;

/* ON must compare something of one source on the left with something of the right one. */
bool join_condition_read(planning *b, const relation *left, const relation *right,
    const ast_join *join, join_condition *out);

#endif
