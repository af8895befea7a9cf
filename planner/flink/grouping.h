/* grouping.h - a GROUP BY while it is planned. Private to this folder.
 *
 * Functions that give a bool or an expression give false or NULL with the error set.
 */
#ifndef SLUICE_PLANNER_FLINK_GROUPING_H
#define SLUICE_PLANNER_FLINK_GROUPING_H

#include "planner/flink/lowering.h"

typedef struct grouping {
    lowering *l;
    const rows *in;
    const typing *outer;
    typing over_input;
    expression_list groups;            /* without those of the windows */
    const ast_expression **group_asts; /* of GROUP BY, the windows' included */
    const expression **group_values;
    int *group_columns; /* place among `groups`; -1 - role: of the window */
    int item_count;
    expression_list needed; /* groups, then arguments */
    plan_call *calls;
    int call_count, call_capacity;
    bool windowed;
    plan_time_window window;
    const row_window *row_window;
    const ast_expression *group_window; /* TUMBLE(...) of GROUP BY; NULL: none */
    /* GROUPING SETS: bit i of sets[s]: item i is in set s. The set's number is a grouping column.
     */
    uint64_t *sets;
    int set_count, set_column;
    /* Subqueries that are values above the aggregate, and where they are once they are joined. */
    scalar_subquery *subqueries;
    int subquery_count;
    computed_columns joined;
    computed_columns below; /* and those inside the arguments of aggregates: columns of the input */
} grouping;

/* Reads the elements of GROUP BY and their sets. */
bool grouping_read(grouping *g, const flink_select *select);
/* Gives each item its place among the grouping columns, or among those of the windows. */
void grouping_place(grouping *g);
/* With several sets: the input once for each of them. */
bool grouping_expand_sets(grouping *g, rows *in);
/* Names the aggregate's columns after the columns that are grouped by, for subqueries. */
void grouping_name(const grouping *g, rows *made);
/* Joins the subqueries that are values in arguments of aggregates to the input. */
bool grouping_join_arguments(grouping *g, const ast_expression *above, rows *in);
/* Lowers the other subqueries that are values in the expression above the aggregate. They may name
 * the columns that are grouped by. */
bool grouping_lower_subqueries(grouping *g, const ast_expression *above);

/* The aggregate's column of an item of GROUP BY. */
const expression *grouping_column(grouping *g, int item);
/* Offered every node of the expressions above (typing): what is a column of the aggregate becomes
 * it. */
const expression *grouping_replace(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e);

#endif
