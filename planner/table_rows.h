/* table_rows.h - where a table's rows are kept. Private to the planner.
 *
 * A row of a table that aggregates without windows is its group's aggregates, filtered by HAVING
 * and projected: whoever asks for it can do that with the group that the aggregate has saved. So
 * such a table needs no store, and no changelog, of its own. All other tables have one, and so have
 * those whose projection would give something else when it is done again.
 */
#ifndef SLUICE_PLANNER_TABLE_ROWS_H
#define SLUICE_PLANNER_TABLE_ROWS_H

#include "planner/plan.h"

/* Decides it for the sinks among a plan's nodes, when all of these are there. */
void table_rows_place(plan_node *const *nodes, int count);

#endif
