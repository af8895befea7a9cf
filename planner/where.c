/* where.c - WHERE: a FILTER over the relation. */
#include "planner/planning.h"

bool plan_where(planning *b, relation *r) {
    if (!b->query->where)
        return true;
    expression_scope scope = planning_scope(b, r, "WHERE");
    const expression *predicate = expression_analyze_condition(&scope, b->query->where, b->e);
    if (!predicate)
        return false;
    plan_node *filter = planning_node(b, PLAN_FILTER, r->node);
    filter->filter.predicate = predicate;
    r->node = filter;
    return true;
}
