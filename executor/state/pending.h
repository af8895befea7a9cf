/* pending.h - unread changes of a commit to come that are too many to stand in memory until then.
 * Private to executor/state.
 *
 * They become sorted runs, in files where that can be. Other changes are older than the pending
 * ones, those in `unread` newer. A store belongs to one thread at a time.
 */
#ifndef SLUICE_EXECUTOR_STATE_PENDING_H
#define SLUICE_EXECUTOR_STATE_PENDING_H

#include "executor/state/state_private.h"

/* When there are many unread changes they become a pending run. */
void pending_take(store *st);
/* Deletes behind those whose keys leave; see store_drop_unread. */
void pending_drop(store *st, bool (*leaves)(void *context, slice key), void *context);
/* Hands them to the changelog, as state_flush does. */
bool pending_flush(
    store *st, bool (*changed)(void *, const state_change *, error *), void *context, error *e);
void pending_forget(store *st);

#endif
