/* group_rows.h - the rows of a table whose rows are not kept, made of the groups of its aggregate
 * (planner/table_rows.h). Private to executor/operator.
 *
 * The query's own plan says how: the results of a group's aggregates, then each filter and each
 * projection between the aggregate and the sink. Nothing of the running query is touched, so any
 * thread may do it; one at a time with the same group_rows.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_GROUP_ROWS_H
#define SLUICE_EXECUTOR_OPERATOR_GROUP_ROWS_H

#include "executor/operator/operator.h"

typedef struct group_rows group_rows;

/* The table's sink in a query's plan; NULL when it has none whose rows are made of groups. */
const plan_node *group_rows_sink(const plan *owner);
/* The plan must outlive it. NULL with the error when an expression cannot be compiled. */
group_rows *group_rows_open(const plan_node *sink, error *e);
void group_rows_close(group_rows *r); /* NULL is allowed */

/* The store with the groups, what comes before a row's key in it, and what is behind all keys. They
 * live as long as `r`. */
slice group_rows_store(const group_rows *r);
slice group_rows_prefix(const group_rows *r);
slice group_rows_end(const group_rows *r);
/* Adds the group with that key (without the prefix) and stored value. False: it cannot be read. */
bool group_rows_add(group_rows *r, slice key, slice value);
int64_t group_rows_count(const group_rows *r);
/* The rows of the groups added so far, which are forgotten: the table's key columns, then its value
 * columns, in the order of its declaration. Valid until the next call. */
const batch *group_rows_take(group_rows *r);

#endif
