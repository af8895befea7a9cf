/* state_private.h - what the files of executor/state share. */
#ifndef SLUICE_EXECUTOR_STATE_STATE_PRIVATE_H
#define SLUICE_EXECUTOR_STATE_STATE_PRIVATE_H

#include "base/bloom_filter.h"
#include "executor/state/committed.h"
#include "executor/state/environment.h"
#include "executor/state/overlay.h"
#include "executor/state/persist.h"
#include "executor/state/state.h"
#include "executor/state/stored_key.h"
#include "executor/state/unread.h"

/* Changes before and behind the pending ones are a run each. */
enum { PENDING_AT_MOST = RUNS_PREPARED_AT_MOST - 2 };

struct store {
    state *owner;
    char *database; /* NAME/PARTITION */
    slice name;     /* the first part of it */
    int32_t partition;
    bool local; /* facts: committed, but no part of the changelog */
    overlay changes;
    run *pending[PENDING_AT_MOST]; /* changes behind those; see pending.h */
    int pending_count, pending_flushed;
    unread unread; /* and behind those */
    /* What is committed, or about to be: runs, from the oldest to the newest, over a database,
     * which a store has once something was written to it. */
    run *runs[RUNS_READ_AT_MOST];
    int run_count;
    int prepared_runs; /* of them are not committed yet, the newest ones */
    int written_runs;  /* of them are being written, the oldest ones */
    bool persisted;
    bool is_looked_up; /* runs were searched for keys, in no order */
    bool is_searched;  /* and the database has had some of them */
    bloom_filter
        *filter;    /* of all committed keys, those deleted since it was made among them; or NULL */
    int64_t misses; /* keys that were looked for in vain since there is none */
    MDB_dbi dbi;
    MDB_txn *reader; /* reset at a commit and when runs were written */
    bool reading;    /* it is not reset */
    int64_t persisted_count;
    store_cursor *cursors; /* all of them, in use or not */
};

/* What is committed in memory, for snapshots (snapshot.c). */
typedef struct memory_copy memory_copy;

struct state {
    bool in_memory;
    bool is_passing; /* see state_set_passing */
    environment environment;
    bool must_reopen; /* the environment failed in a way that only reopening heals */
    bool is_prepared; /* see state_prepare */
    store **stores;   /* the first one holds the facts */
    int store_count;
    workers *workers;   /* NULL: there are none */
    uint64_t epoch;     /* rises when committed entries or the overlays' entries may have moved */
    error failure;      /* a read that failed, for the next call that can say so */
    int64_t file_bytes; /* atomic */
    persist_job *job;   /* NULL: nothing is being written */
    int64_t searched_bytes;       /* of databases that are searched, when the last job was done */
    int64_t run_bytes;            /* of all stores */
    int64_t waiting_limit;        /* of the former */
    int64_t waiting_bytes;        /* of runs that are not being written; the oldest one waits */
    int64_t waiting_since_ms;     /* since then, on the monotonic clock */
    bool is_dropped;              /* see state_set_dropped */
    pthread_mutex_t view_mutex;   /* guards the pointer to the view */
    state_view *view;             /* the last commit's; NULL: there are no runs */
    pthread_mutex_t commit_mutex; /* held while a commit becomes visible */
    pthread_mutex_t
        memory_mutex;  /* guards the failure; in memory, the overlays against snapshots */
    memory_copy *copy; /* of the last commit, when somebody has looked at it; else NULL */
};

static inline int store_committed_runs(const store *st) {
    return st->run_count - st->prepared_runs;
}

/* What snapshots have copied is out of date. The memory lock is held. */
void state_forget_copy(state *s);
/* Gives new snapshots the runs as they are now. */
void state_publish(state *s);
void state_note_file_bytes(state *s);
/* With room for so many databases. No job is under way. */
bool state_reopen(state *s, int databases, error *e);
/* A read transaction on what is in LMDB; NULL when that is nothing. */
MDB_txn *store_reader(store *st);
void state_fail(state *s, int code);
/* Hands changes to the changelog, those from the place `from` on. */
bool store_flush_unread(const store *st, const unread *changes, size_t from,
    bool (*changed)(void *, const state_change *, error *), void *context, error *e);
/* Resets the read transactions, so that the next read sees the next commit. */
void state_reset_readers(state *s);
/* Ends them, and what depends on them. */
void state_end_readers(state *s);
void store_cursor_free_all(store *st);
void store_cursor_detach_all(store *st);

typedef struct store_place {
    slice name;
    int32_t partition;
} store_place;

/* All stores that a snapshot has, in no order, some of them twice, in the arena. */
store_place *state_snapshot_stores(state_snapshot *snapshot, arena *a, int *count);

static inline void state_memory_lock(state *s) {
    if (s->in_memory)
        pthread_mutex_lock(&s->memory_mutex);
}
static inline void state_memory_unlock(state *s) {
    if (s->in_memory)
        pthread_mutex_unlock(&s->memory_mutex);
}

#endif
