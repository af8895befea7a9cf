/* state_layout.h - what a query's state looks like, in words. Private to the planner.
 *
 * Two plans with the same words can use each other's state and positions: they read the same topics
 * and keep the same things. Filters, projections and the columns of the sink do not count.
 */
#ifndef SLUICE_PLANNER_STATE_LAYOUT_H
#define SLUICE_PLANNER_STATE_LAYOUT_H

#include "planner/plan.h"

void state_layout_append(const plan *p, buffer *out);

#endif
