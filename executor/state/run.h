/* run.h - what one or several commits changed in one store, sorted, one change a key. Private to
 * executor/state.
 *
 * A run never changes once it is made, so any thread may read it while it is held.
 */
#ifndef SLUICE_EXECUTOR_STATE_RUN_H
#define SLUICE_EXECUTOR_STATE_RUN_H

#include "base/memory.h"
#include "executor/state/unread.h"

typedef struct run {
    unread changes;
    uint32_t *slots; /* of the hash table, when somebody has looked something up; see run_look_up */
    size_t slot_count;
    void *map; /* of the file that has the changes and their list (spill.h); NULL: they are in
                  memory */
    size_t map_bytes;
    int holders;
} run;

/* Of all changes, which it takes: `u` is empty then. The last one of a key counts. */
run *run_make(unread *u);
/* Of changes in a map, the list of them in front, which it takes; `bytes` of it are used. */
run *run_mapped(void *map, size_t map_bytes, size_t bytes, size_t count);
/* Of two neighbours. */
run *run_merge(const run *older, const run *newer);
void run_hold(run *r);
void run_let_go(run *r); /* frees what nobody holds */
int64_t run_bytes(const run *r);
/* Of all changes that the process has in memory. */
int64_t run_memory_bytes(void);

/* Changes stand in memory as they came: who reads them in order says so a little ahead. */
static inline void run_prefetch(const run *r, size_t at) {
    if (at + 8 < r->changes.count)
        memory_prefetch(r->changes.changes[at + 8]);
}

/* NULL when the run says nothing about the key. */
const unread_change *run_find(const run *r, slice key);
/* The same by a hash table, which the first call makes: for the owner's thread only. */
const unread_change *run_look_up(run *r, slice key, uint64_t hash);

/* The first change at `from` or behind it with a key >= `key`, soon where that is near; the count
 * of changes: none. */
size_t run_seek(const run *r, size_t from, slice key);

/* Committed ones of a store; and with those that are not committed yet. */
enum {
    RUNS_AT_MOST = 32,
    RUNS_PREPARED_AT_MOST = 18,
    RUNS_READ_AT_MOST = RUNS_AT_MOST + RUNS_PREPARED_AT_MOST
};

/* Walks over neighbours, given from the oldest to the newest: the newest change of each key. */

typedef struct run_walk {
    run *const *runs;
    int count;
    size_t at[RUNS_READ_AT_MOST];
} run_walk;

void run_walk_start(run_walk *w, run *const *runs, int count, slice from);
/* NULL at the end. */
const unread_change *run_walk_next(run_walk *w);

#endif
