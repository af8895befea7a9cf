/* committed.h - the committed entries of a state on disk: runs of changes over LMDB. Private to
 * executor/state.
 *
 * A view is what had been committed and not been written to LMDB at one moment, of all stores. It
 * never changes. A read transaction that began while the view was the state's current one has
 * beneath it all that the view does not; whatever else the transaction sees, the view hides.
 */
#ifndef SLUICE_EXECUTOR_STATE_COMMITTED_H
#define SLUICE_EXECUTOR_STATE_COMMITTED_H

#include "executor/state/run.h"
#include "executor/state/stored_key.h"

typedef struct view_store {
    slice name; /* the store's own memory */
    int32_t partition;
    run **runs; /* from the oldest to the newest */
    int run_count;
} view_store;

typedef struct state_view {
    view_store *stores; /* those that have runs */
    int count;
    int holders;
} state_view;

/* With room for so many stores, which are then added. */
state_view *state_view_make(int stores);
void state_view_add(state_view *v, slice name, int32_t partition, run *const *runs, int run_count);
void state_view_let_go(state_view *v); /* NULL is allowed */
/* NULL: it has no runs of that store. */
const view_store *state_view_find(const state_view *v, slice name, int32_t partition);

/* Walks entries in the order of their keys. */
typedef struct committed_walk {
    run_walk changes;
    const unread_change *change;
    stored_walk stored;
    bool has_stored;
    stored_pair pair;
} committed_walk;

/* The walk's `stored.cursor` is the caller's; NULL: there is nothing in LMDB. A walk may be started
 * again. */
void committed_walk_start(committed_walk *w, run *const *runs, int count, slice from);
/* False at the end, and when LMDB fails: then `stored.code` is its code. */
bool committed_walk_next(committed_walk *w, slice *key, slice *value);
void committed_walk_free(committed_walk *w); /* but for the cursor */

/* How many entries, and bytes of keys and values, runs add to those of a database; has_database:
 * there is one. Of many changes only a sample is looked at. */
void committed_count(run *const *runs, int count, MDB_txn *txn, MDB_dbi dbi, bool has_database,
    int64_t *entries, int64_t *bytes);

#endif
