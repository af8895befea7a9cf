/* owned.h - literals to be destroyed with whatever uses them. Private to the planner. */
#ifndef SLUICE_PLANNER_OWNED_H
#define SLUICE_PLANNER_OWNED_H

#include "base/column.h"

struct plan_owned {
    column *column;
    struct plan_owned *next;
};

/* The list's links live in the arena; the columns are freed by owned_free. */
void owned_add(struct plan_owned **list, arena *a, column *c);
void owned_free(struct plan_owned *list);

#endif
