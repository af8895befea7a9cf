/* pull_order.h - ORDER BY of pull queries. Private to the planner. */
#ifndef SLUICE_PLANNER_PULL_ORDER_H
#define SLUICE_PLANNER_PULL_ORDER_H

#include "planner/planning.h"

/* Reads ORDER BY over the scope in which SELECT was analyzed. What the result does not have is
 * added to the list's end, to be taken off again. Does nothing for other queries. False on error.
 */
bool pull_order_read(planning *b, const expression_scope *select, select_list *list);
/* The SORT of what was read, and the PROJECT that takes the added columns off. */
void pull_order_plan(planning *b, relation *r);

#endif
