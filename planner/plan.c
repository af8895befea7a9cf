/* plan.c - the life of a plan: it owns its arena and, since columns live on the heap, a list of the
 * literals in its expressions. */
#include "planner/plan.h"
#include "planner/owned.h"

void owned_add(struct plan_owned **list, arena *a, column *c) {
    struct plan_owned *owned = ARENA_NEW(a, struct plan_owned);
    owned->column = c;
    owned->next = *list;
    *list = owned;
}

void owned_free(struct plan_owned *list) {
    for (; list; list = list->next)
        column_destroy(list->column);
}

column *plan_own_column(plan *p, column *c) {
    owned_add(&p->owned, p->arena, c);
    return c;
}

void plan_destroy(plan *p) {
    if (!p)
        return;
    arena *a = p->arena; /* the plan itself lives there */
    owned_free(p->owned);
    arena_destroy(a);
}
