/* pull_join.h - key lookups below the joins of a pull query. Private to the planner. */
#ifndef SLUICE_PLANNER_PULL_JOIN_H
#define SLUICE_PLANNER_PULL_JOIN_H

#include "planner/planning.h"

/* Gives each SCAN of the joined relation the keys and bounds that WHERE and ON imply for its
 * table, and says which are looked up by the join behind them. WHERE must stay as a filter above
 * the joins, and have been analyzed. */
void pull_join_narrow(planning *b, const relation *r);

#endif
