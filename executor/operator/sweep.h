/* sweep.h - looking through a store for what has outlived its time to live, a part at each barrier.
 *
 * A barrier looks at twice as many entries as rows came since the last one, and a few more: so all
 * of a store is looked at again and again, at a cost that is in proportion to what the query does.
 * What is touched in between its owner finds expired by itself.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_SWEEP_H
#define SLUICE_EXECUTOR_OPERATOR_SWEEP_H

#include "base/buffer.h"
#include "executor/state/state.h"

/* All zero: at the beginning. */
typedef struct sweep {
    int64_t came; /* rows since the last time; the owner counts */
    buffer at;    /* where to go on; empty: at the beginning */
} sweep;

/* Visits the next entries from `first` on and before `end` (the NULL slice: no bound). The visitor
 * may delete the entry. */
void sweep_run(sweep *s, store *st, slice first, slice end,
    void (*visit)(void *context, slice key, slice value), void *context);
void sweep_close(sweep *s);

#endif
