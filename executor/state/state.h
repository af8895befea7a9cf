/* state.h - what operators remember, in LMDB behind one interface.
 *
 * A `state` is one LMDB environment: that of one query. In it each operator has a `store` for each
 * partition it runs: an ordered map of bytes. Writes go to an in-memory write-back overlay; reads
 * see the overlay over what is committed. At a barrier state_flush hands every change to the
 * changelog, and state_commit makes it visible together with the positions it corresponds to. What
 * is committed goes to LMDB later, on another thread: after ten seconds, or when there is much of
 * it, or when the state is closed. LMDB can therefore only be behind the changelog: whoever opens
 * it finds the facts of some commit, and of what was changed after that one as much as there was
 * time to write. state_apply replays the rest; applying again what is there already is harmless.
 *
 * A state without a directory keeps everything in memory (transient queries, tests).
 *
 * Commit in memory too: only then are deleted entries really gone.
 *
 * Threads: a state and its stores belong to one thread at a time, except state_snapshot_open and
 * everything on a snapshot, which any thread may use at any time. Different stores may be read and
 * written by different threads at once, as long as all of them stand still during any call on the
 * state itself. A snapshot keeps the writer waiting in one case only: when the map is full and must
 * grow. So a thread must not commit while it holds a snapshot of the same state.
 *
 * Errors: ERROR_IO (disk full, I/O), ERROR_LIMIT.
 */
#ifndef SLUICE_EXECUTOR_STATE_STATE_H
#define SLUICE_EXECUTOR_STATE_STATE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

typedef struct state state;
typedef struct workers workers;
typedef struct store store;
typedef struct store_cursor store_cursor;
typedef struct store_ascent store_ascent;
typedef struct state_snapshot state_snapshot;

/* Opens (makes) the environment in `directory`; the NULL slice: in memory. */
state *state_open(slice directory, error *e);
/* Drops what is not committed and writes what is. NULL is allowed. */
void state_close(state *s);
/* Nobody will open it again: closing it writes nothing. */
void state_set_dropped(state *s);
/* From now on commits do on these threads, store by store, what needs no transaction: sorting and
 * tidying up. They must outlive it; NULL: no longer. */
void state_use_workers(state *s, workers *w);
/* Says that nobody will open its stores anew, as those of a query that cannot be recovered: what
 * operators have in memory they need not write. Before they are opened. */
void state_set_passing(state *s);
/* Removes everything in a closed state's directory. */
bool state_remove(slice directory, error *e);

/* The store of that name and partition, made when absent; the state owns it. The same call gives
 * the same store again. */
store *state_store(state *s, slice name, int32_t partition, error *e);

/* Whether it may be opened anew; see state_set_passing. */
bool store_is_lasting(const store *st);

/* The value of a key, at any alignment; the NULL slice when it has none. Valid until the next call
 * on this state. */
slice store_get(store *st, slice key);
/* The same when the key's slice_hash is known; and calls ahead of it, some keys before their turn,
 * that have what it will look at fetched into the caches, a step at a time. */
slice store_get_hashed(store *st, slice key, uint64_t hash);
enum { STORE_FETCH_STEPS = 2 };
void store_fetch(const store *st, uint64_t hash, int step);
/* Gets of many keys in their order, each of which goes on where the last one was found. Each key is
 * >= the last one. Until it closes the state is not flushed (but store_flush_early may be called),
 * committed or rolled back. */
store_ascent *store_ascent_open(store *st);
slice store_ascent_get(store_ascent *a, slice key);
void store_ascent_close(store_ascent *a);
void store_put(store *st, slice key, slice value);
void store_delete(store *st, slice key);
/* The same for changes that nobody reads before the commit (reads may or may not see them), which
 * makes them much cheaper: what an operator has in memory of its own and saves at a barrier. They
 * come behind all other changes of the commit. A key may come more than once. */
void store_put_unread(store *st, slice key, slice value);
/* One or the other: `is_read` when somebody may look for it, or walk over it as sweeps do, before
 * the commit. */
static inline void store_save(store *st, slice key, slice value, bool is_read) {
    if (is_read)
        store_put(st, key, value);
    else
        store_put_unread(st, key, value);
}
void store_delete_unread(store *st, slice key);
/* Before the flush: unread puts whose keys leave become deletes. */
void store_drop_unread(store *st, bool (*leaves)(void *context, slice key), void *context);

/* Walks keys in bytewise order, from >= `from` (inclusive) to < `to` (exclusive; the NULL slice: to
 * the end). The store may be changed while walking; changed keys may or may not be seen. */
store_cursor *store_cursor_open(store *st, slice from, slice to);
bool store_cursor_next(
    store_cursor *c, slice *key, slice *value); /* valid until the next call on this state */
void store_cursor_close(store_cursor *c);
/* Deletes all keys in [from, to). */
void store_delete_range(store *st, slice from, slice to);
/* Keys in the store, roughly (for metrics). */
int64_t store_count(store *st);
/* In all stores that are open. */
int64_t state_count(state *s);

/* Small facts that are committed with the state (positions, stream time). Not changelogged. */
void state_put_fact(state *s, slice name, slice value);
slice state_fact(state *s, slice name); /* the NULL slice when absent; valid until the next call */
/* The same as it is on disk, where it may be that of an earlier commit. */
slice state_persisted_fact(state *s, slice name);

typedef struct state_change {
    slice store; /* its name */
    int32_t partition;
    slice key;
    slice value; /* NULL data: deleted */
} state_change;

/* Gives every change since the last flush to `changed` (one a key, the last, but for unread ones),
 * to be written by the next commit; their bytes stay where they are until it returns. False when
 * `changed` or a read since then failed. */
bool state_flush(state *s, bool (*changed)(void *context, const state_change *change, error *e),
    void *context, error *e);
/* The same ahead of it with the unread changes of one store so far, for who writes them elsewhere
 * while more are made. The flush leaves them out. After a read that failed nothing is given: they
 * may be wrong, and the flush will say so. */
bool store_flush_early(store *st,
    bool (*changed)(void *context, const state_change *change, error *e), void *context, error *e);
/* What has been flushed is going to be committed, and more may be changed meanwhile: the next
 * state_commit commits that and the facts, and nothing that came later. Until then there is no
 * flush, and reads see all of it. Of a state in memory nothing is known to be going to be
 * committed: it stands still between flush and commit. */
void state_prepare(state *s);
/* Makes flushed changes and facts visible to new snapshots. Fails when what was committed before
 * cannot be written. */
bool state_commit(state *s, error *e);
/* Whoever commits for a while calls this now and then, so that the last commits are written, too.
 */
bool state_persist_when_due(state *s, error *e);
/* Another bound than 80 MB for what is committed and not written yet. With more, commits wait. */
void state_limit_waiting(state *s, int64_t bytes);
/* Writes all that is committed, and waits until it is durable. */
bool state_persist(state *s, error *e);
/* Forgets everything since the last commit (recovery). Stores and cursors stay usable. */
void state_rollback(state *s);
/* Replays one changelog entry (visible to reads at once, not handed to `changed` again). */
void state_apply(state *s, const state_change *change);
/* Heap bytes of changes and of the overlay; of what is committed and not in LMDB; and bytes of the
 * LMDB file. */
int64_t state_overlay_bytes(const state *s);
int64_t state_waiting_bytes(const state *s);
int64_t state_file_bytes(const state *s);

typedef struct store_size {
    int64_t entries;
    int64_t bytes; /* on disk: of its pages; in memory: of keys and values */
} store_size;
/* What is committed of the stores NAME and NAME-..., of all partitions. For any thread. */
store_size state_measure(state *s, slice name);

/* A moment of the committed state. Never blocks the writer. Close it soon: the file grows
 * meanwhile. */
state_snapshot *state_snapshot_open(state *s, error *e);
/* Snapshots of several states, each given once, at one moment: none of them commits between the
 * first and the last. A single one does not wait; of several, commits that are under way are waited
 * for. On failure none is open. */
bool state_snapshots_open(state *const *states, int count, state_snapshot **snapshots, error *e);
void state_snapshot_close(state_snapshot *snapshot);
/* Valid until the snapshot closes. */
slice state_snapshot_get(state_snapshot *snapshot, slice store_name, int32_t partition, slice key);
/* Walks [from, to) of one partition of a store; returns false from `visit` to stop. False when
 * reading failed. */
bool state_snapshot_scan(state_snapshot *snapshot, slice store_name, int32_t partition, slice from,
    slice to, bool (*visit)(void *context, slice key, slice value), void *context);

/* A place on the way through all that is committed. Zeroed: the beginning. */
typedef struct state_walk {
    buffer store; /* its name */
    int32_t partition;
    buffer from; /* the key */
    bool has_begun, has_ended;
} state_walk;

/* Goes on for at least so many bytes of keys and values, or to the end, over the entries as the
 * last commit left them. Entries that change between two calls are seen before or after. The
 * owner's thread. False when reading or `visit` failed. */
bool state_walk_on(state *s, state_walk *w, int64_t bytes,
    bool (*visit)(void *context, const state_change *entry, error *e), void *context, error *e);
void state_walk_free(state_walk *w); /* it may begin again */

#endif
