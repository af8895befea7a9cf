/* aggregate_wrap.h - kernels around kernels, for what a kernel cannot do by itself.
 *
 * Each takes a prepared instance and makes it the wrapper's: the slot grows, everything else is as
 * of any kernel. The wrapper is released like any instance, by its kernel's `release`.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_AGGREGATE_WRAP_H
#define SLUICE_EXECUTOR_FUNCTION_AGGREGATE_WRAP_H

#include "executor/function/aggregate.h"

/* Each value of the (one) argument counts once, as long as any row has it. */
void aggregate_wrap_distinct(aggregate_instance *instance);
/* MIN or MAX that can take a row back: keeps all values in order. */
void aggregate_wrap_extreme(aggregate_instance *instance, bool is_max);
/* Any aggregate that can take a row back: keeps all rows, and steps over them for a result. */
void aggregate_wrap_replay(aggregate_instance *instance);
/* Of any instance, wrapped or not. */
void aggregate_release(aggregate_instance *instance);

#endif
