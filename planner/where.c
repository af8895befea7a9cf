/* where.c - WHERE: a FILTER over the relation.
 *
 * A table's row that no longer matches must leave the result, one that never did must not. So the
 * filter is told old rows with new ones. GROUP BY also needs the old rows that pass; elsewhere the
 * result is an upsert table again. */
#include "planner/planning.h"

bool plan_where(planning *b, relation *r) {
    if (!b->query->where)
        return true;
    expression_scope scope = planning_scope(b, r, "WHERE");
    const expression *predicate = expression_analyze_condition(&scope, b->query->where, b->e);
    if (!predicate)
        return false;
    bool table = r->node->mode != CHANGELOG_APPEND;
    plan_node *input = planning_retract(b, r->node, SLICE_LITERAL("Where-Normalize"));
    plan_node *filter = planning_node(b, PLAN_FILTER, input);
    filter->filter.predicate = predicate;
    if (table && !b->query->has_group_by)
        filter->mode = CHANGELOG_UPSERT;
    r->node = filter;
    return true;
}
