/* join_condition.h - a join while it is planned: its ON taken apart, its sides, and the names of
 * its rows. Private to the planner. */
#ifndef SLUICE_PLANNER_JOIN_CONDITION_H
#define SLUICE_PLANNER_JOIN_CONDITION_H

#include "planner/planning.h"

/* One equality of ON. */
typedef struct join_pair {
    const ast_expression *ast;
    const ast_expression *left_ast, *right_ast;
    const expression *left, *right; /* each over the node of its side */
} join_pair;

typedef struct join_condition {
    join_pair *pairs;
    int count;
} join_condition;

typedef struct joining {
    planning *b;
    relation *left, *right;
    const ast_join *ast;
    join_condition on;
    bool left_table, right_table;
    bool foreign_key;
    bool bounded; /* of a pull query: rows meet by any equality */
    bool last;
} joining;

/* ON must compare something of one source on the left with something of the right one, in one
 * equality or several with AND. */
bool join_condition_read(planning *b, const relation *left, const relation *right,
    const ast_join *join, join_condition *out);

/* Whether the relation's key column k is that expression. */
bool join_key_is(const relation *r, int k, const expression *e);
/* Whether the relation is keyed by its side of ON: its expressions in order. */
bool join_is_keyed(const relation *r, const join_condition *on, bool left);

/* ---- join_names.c ---- */

/* Names of the joined row: its keys, then the columns of both sides, whose nodes have become wider
 * by so many columns in front. */
void join_name_row(joining *j, relation *out, int left_shift, int right_shift);

#endif
