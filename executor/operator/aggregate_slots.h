/* aggregate_slots.h - the states of several aggregates as one block, each in a slot of its own.
 * Private to executor/operator.
 *
 * Functions other than open, add, lay_out and close may be called by any number of threads, each
 * with blocks of its own. A block is `bytes` long, aligned to 16; whoever has it starts it before
 * anything else and destroys it in the end.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_AGGREGATE_SLOTS_H
#define SLUICE_EXECUTOR_OPERATOR_AGGREGATE_SLOTS_H

#include "executor/function/aggregate.h"
#include "planner/plan.h"

typedef struct aggregate_slots {
    aggregate_instance *instances;
    int count;              /* of those that were added */
    size_t *offsets, bytes; /* of a block; bytes is a multiple of 16 */
} aggregate_slots;

/* For so many aggregates at most. */
void aggregate_slots_open(aggregate_slots *s, int most);
/* One whose arguments are these columns of `input`; their types are filled in. It is to be prepared
 * (aggregate_prepare), and is released by close whether or not it was. */
aggregate_instance *aggregate_slots_add(aggregate_slots *s, const aggregate_instance *declared,
    const plan_node *input, const int *arguments);
/* When all were added: where they stand in a block. */
void aggregate_slots_lay_out(aggregate_slots *s);
void aggregate_slots_close(aggregate_slots *s); /* a zeroed one is allowed */

void aggregate_slots_start(const aggregate_slots *s, void *block);
/* Whether destroying a block does anything. */
bool aggregate_slots_hold_memory(const aggregate_slots *s);
void aggregate_slots_destroy(const aggregate_slots *s, void *block);
void aggregate_slots_merge(const aggregate_slots *s, void *block, const void *later);
void aggregate_slots_save(const aggregate_slots *s, const void *block, buffer *out);
/* Into a block that was started; takes its bytes off the front. False: they are damaged. */
bool aggregate_slots_load(const aggregate_slots *s, void *block, slice *bytes);
/* Appends a result to each of `columns`. */
void aggregate_slots_result(const aggregate_slots *s, const void *block, column *const *columns);

#endif
