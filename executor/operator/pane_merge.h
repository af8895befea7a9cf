/* pane_merge.h - the aggregates of windows from those of their panes. Private to executor/operator.
 *
 * A pane is a piece of time with a state of its own; a window is some panes that follow each other.
 * Windows are asked for from the oldest to the newest, so panes come in behind and leave in front,
 * and nothing can be taken out of a merged state again. The answer is the one known from queues
 * that tell their minimum: two stacks. The older panes are in front, each merged with all that
 * follow it there; the newer ones are one merged state behind. A window is then a merge of two.
 * When the front is used up all panes go there. So a pane is merged about three times, however many
 * windows it is in. Merging must not depend on the order of rows (aggregate_kernel.is_order_free).
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_PANE_MERGE_H
#define SLUICE_EXECUTOR_OPERATOR_PANE_MERGE_H

#include "executor/operator/aggregate_slots.h"

typedef struct pane {
    int64_t start;
    int64_t rowtime;     /* the largest; INT64_MIN: no row yet */
    uint32_t heap_bytes; /* of its slots, estimated when it was saved */
    bool is_dirty;       /* differs from the store */
    bool is_new;         /* its windows have not been given since it changed */
    _Alignas(16) char slots[];
} pane;

/* Panes stand one behind the other, so many bytes each. */
static inline size_t pane_bytes(const aggregate_slots *aggregates) {
    return sizeof(pane) + aggregates->bytes;
}

typedef struct pane_merge pane_merge;

/* The aggregates are laid out, and outlive it. */
pane_merge *pane_merge_open(const aggregate_slots *aggregates);
void pane_merge_close(pane_merge *m); /* NULL is allowed */
/* Windows of these panes are asked for from now on. They stay where and as they are meanwhile. */
void pane_merge_begin(pane_merge *m, const char *panes);
/* The panes from..to, one at least, as one: its rowtime and slots. Neither bound has gone back
 * since the beginning. Valid until the next call. */
const pane *pane_merge_window(pane_merge *m, int32_t from, int32_t to);

#endif
