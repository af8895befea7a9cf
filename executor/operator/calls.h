/* calls.h - the aggregate calls of a relational operator, their states in one block
 * (aggregate_slots.h).
 *
 * What plan_call adds to a kernel is done here: a filter leaves rows out, DISTINCT lets each value
 * count once, and calls whose kernel cannot take a row back are wrapped where rows are taken back:
 * MIN and MAX keep their values in order, others keep all values and are computed anew.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_CALLS_H
#define SLUICE_EXECUTOR_OPERATOR_CALLS_H

#include "executor/operator/aggregate_slots.h"
#include "executor/operator/operator.h"

typedef struct calls_options {
    bool undoes;          /* rows are taken back */
    bool merges;          /* blocks are merged */
    bool stored_distinct; /* somebody else sees to DISTINCT (distinct_sets.h) */
} calls_options;

typedef struct calls {
    operator* owner;
    const plan_call *list;
    int count;
    aggregate_slots aggregates;
    const column **arguments, ***argument_sets;
    int64_t sequence; /* rows seen */
    int64_t capacity;
    int32_t *rows;
    void **slots;
} calls;

bool calls_open(calls *c, operator* owner, const plan_call *list, int count,
    const calls_options *options, error *e);
void calls_close(calls *c);

/* Takes the arguments out of a batch. */
void calls_bind(calls *c, const batch *in);
/* Applies rows of the bound batch, blocks[i] to rows[i]. */
void calls_step(calls *c, const batch *in, const int32_t *rows, void *const *blocks, int64_t count);
/* The same for one call; the second without looking at its filter. */
void calls_step_plain(
    calls *c, int call, const batch *in, const int32_t *rows, void *const *blocks, int64_t count);
void calls_step_one(
    calls *c, int call, const batch *in, const int32_t *rows, void *const *blocks, int64_t count);
/* Whether the call counts the row. */
static inline bool calls_filter_passes(const calls *c, int call, const batch *in, int64_t row) {
    int filter = c->list[call].filter;
    if (filter < 0)
        return true;
    const column *condition = in->columns[filter];
    return !column_is_null(condition, row) && condition->booleans[row];
}

#endif
