/* pull_lookup.h - what of a pull query's WHERE the store can answer. Private to the planner. */
#ifndef SLUICE_PLANNER_PULL_LOOKUP_H
#define SLUICE_PLANNER_PULL_LOOKUP_H

#include "planner/planning.h"

/* Fills the keys and bounds of a SCAN from a predicate over it. Gives what is left to be filtered,
 * NULL when nothing is. `constant_keys` and `key_range` say whether WHERE ties every key column to
 * constants, or bounds one, also where the planner cannot compute them. */
const expression *pull_lookup_read(planning *b, plan_node *scan, const expression *predicate,
    bool *constant_keys, bool *key_range);

#endif
