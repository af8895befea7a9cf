/* Reads look into the overlay, then into the runs of what is committed, the newest first, then into
 * LMDB. A flush hands the dirty entries to the changelog; a commit makes a sorted run of them, for
 * each store; runs go to LMDB later (persist.c). What fails leaves the committed state and the
 * overlay as they were: the commit can be tried again, or rolled back. */
#include "executor/state/state_private.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "executor/state/pending.h"
#include "executor/state/spill.h"
#include "executor/workers.h"

/* Clean entries are kept as a read cache up to this size. */
enum { CACHE_BYTES = 16 << 20 };
enum { FILTER_KEYS = 1 << 16, FILTER_MISSES = 1 << 14 };
enum { MERGED_BYTES = 16 << 20, MERGED_FILE_BYTES = 4 << 20, WAITING_BYTES = 80 << 20 };

#define FACTS "facts"

/* ---- open and close ---- */

static store *add_store(state *s, slice name, int32_t partition, bool local) {
    store *st = MEMORY_NEW(store);
    buffer database = {0};
    buffer_append(&database, name);
    if (!local)
        buffer_format(&database, "/%d", partition);
    buffer_append_byte(&database, 0);
    *st = (store){.owner = s,
        .database = database.data,
        .name = {database.data, name.length},
        .partition = partition,
        .local = local};
    overlay_initialize(&st->changes, s->in_memory);
    if (!s->in_memory)
        st->persisted = environment_find(&s->environment, st->database, &st->dbi);
    state_memory_lock(s);
    s->stores = memory_resize(s->stores, sizeof st * (size_t)(s->store_count + 1));
    s->stores[s->store_count++] = st;
    state_memory_unlock(s);
    return st;
}

void state_note_file_bytes(state *s) {
    MDB_envinfo info;
    MDB_stat page;
    if (mdb_env_info(s->environment.env, &info) == 0 &&
        mdb_env_stat(s->environment.env, &page) == 0)
        __atomic_store_n(
            &s->file_bytes, (int64_t)(info.me_last_pgno + 1) * page.ms_psize, __ATOMIC_RELAXED);
}

state *state_open(slice directory, error *e) {
    state *s = MEMORY_NEW(state);
    pthread_mutex_init(&s->memory_mutex, NULL);
    pthread_mutex_init(&s->commit_mutex, NULL);
    pthread_mutex_init(&s->view_mutex, NULL);
    s->in_memory = !directory.data;
    s->waiting_limit = WAITING_BYTES;
    if (!s->in_memory) {
        if (!environment_open(&s->environment, directory, e)) {
            pthread_mutex_destroy(&s->memory_mutex);
            pthread_mutex_destroy(&s->commit_mutex);
            pthread_mutex_destroy(&s->view_mutex);
            memory_free(s);
            return NULL;
        }
        state_note_file_bytes(s);
    }
    add_store(s, SLICE_LITERAL(FACTS), 0, true);
    return s;
}

void state_close(state *s) {
    if (!s)
        return;
    error e = {0};
    if (!s->is_dropped && !state_persist(s, &e))
        log_warn("%s", e.message);
    persist_abandon(s);
    state_end_readers(s);
    for (int i = 0; i < s->store_count; i++) {
        store *st = s->stores[i];
        store_cursor_free_all(st);
        overlay_destroy(&st->changes);
        unread_clear(&st->unread);
        pending_forget(st);
        bloom_filter_destroy(st->filter);
        for (int j = 0; j < st->run_count; j++)
            run_let_go(st->runs[j]);
        memory_free(st->database);
        memory_free(st);
    }
    memory_free(s->stores);
    if (!s->in_memory)
        environment_close(&s->environment);
    state_forget_copy(s);
    state_view_let_go(s->view);
    pthread_mutex_destroy(&s->view_mutex);
    pthread_mutex_destroy(&s->memory_mutex);
    pthread_mutex_destroy(&s->commit_mutex);
    memory_free(s);
}

bool state_remove(slice directory, error *e) {
    static const char *const files[] = {"data.mdb", "lock.mdb", SPILL_FILE, ""};
    for (int i = 0; i < 4; i++) {
        buffer path = {0};
        buffer_format(
            &path, "%.*s%s%s%c", SLICE_ARG(directory), files[i][0] ? "/" : "", files[i], 0);
        int result = files[i][0] ? unlink(path.data) : rmdir(path.data);
        if (result != 0 && errno != ENOENT)
            error_set(e, ERROR_IO, "cannot remove %s: %s", path.data, strerror(errno));
        buffer_free(&path);
        if (error_is_set(e))
            return false;
    }
    return true;
}

store *state_store(state *s, slice name, int32_t partition, error *e) {
    for (int i = 1; i < s->store_count; i++)
        if (s->stores[i]->partition == partition && slice_equal(s->stores[i]->name, name))
            return s->stores[i];
    if (name.length > 400) {
        error_set(
            e, ERROR_LIMIT, "the name of the store %.*s is longer than 400 bytes", SLICE_ARG(name));
        return NULL;
    }
    return add_store(s, name, partition, false);
}

void state_set_passing(state *s) {
    s->is_passing = true;
}

void state_set_dropped(state *s) {
    s->is_dropped = true;
}

bool store_is_lasting(const store *st) {
    return !st->owner->is_passing;
}

/* ---- reading ---- */

void state_fail(state *s, int code) {
    pthread_mutex_lock(&s->memory_mutex); /* stores may fail on several threads */
    s->must_reopen = true;
    environment_error(&s->failure, &s->environment, "read", code);
    pthread_mutex_unlock(&s->memory_mutex);
}

MDB_txn *store_reader(store *st) {
    if (!st->persisted)
        return NULL;
    if (!st->reading) {
        state *s = st->owner;
        MDB_stat stat;
        int code = !s->environment.env ? EIO
                   : st->reader        ? mdb_txn_renew(st->reader)
                                : mdb_txn_begin(s->environment.env, NULL, MDB_RDONLY, &st->reader);
        if (code != 0) {
            state_fail(s, code);
            return NULL;
        }
        st->reading = true;
        st->persisted_count =
            mdb_stat(st->reader, st->dbi, &stat) == 0 ? (int64_t)stat.ms_entries : 1;
    }
    return st->persisted_count ? st->reader : NULL;
}

/* As many as there may be at most. */
static int64_t committed_at_most(store *st) {
    int64_t entries = store_reader(st) ? st->persisted_count : 0;
    for (int i = 0; i < st->run_count; i++)
        entries += (int64_t)st->runs[i]->changes.count;
    return entries;
}

/* Of all committed keys, with room for twice as many to come. */
static void make_filter(store *st) {
    bloom_filter *f = bloom_filter_create(3 * committed_at_most(st) + FILTER_KEYS);
    MDB_txn *reader = store_reader(st);
    committed_walk walk = {0};
    int code = reader ? mdb_cursor_open(reader, st->dbi, &walk.stored.cursor) : 0;
    slice key, value;
    if (code == 0) {
        committed_walk_start(&walk, st->runs, st->run_count, (slice){"", 0});
        while (committed_walk_next(&walk, &key, &value))
            bloom_filter_add(f, slice_hash(key));
        code = walk.stored.code;
        committed_walk_free(&walk);
    }
    if (walk.stored.cursor)
        mdb_cursor_close(walk.stored.cursor);
    if (code == 0) {
        st->filter = f;
    } else {
        bloom_filter_destroy(f);
        state_fail(st->owner, code);
    }
}

/* A filter is worth the walk that makes it when a quarter as many keys were looked for in vain. */
static void note_miss(store *st) {
    if (st->filter || ++st->misses % FILTER_MISSES || st->misses * 4 < committed_at_most(st))
        return;
    st->misses = 0;
    make_filter(st);
}

/* A full one has been of use, so a larger one takes its place: there are three times as many keys
 * at each walk. The run is one of the store's. */
static void add_to_filter(store *st, const run *r) {
    for (size_t i = 0; st->filter && i < r->changes.count; i++) {
        run_prefetch(r, i);
        if (unread_value(r->changes.changes[i]).data)
            bloom_filter_add(st->filter, slice_hash(unread_key(r->changes.changes[i])));
    }
    if (!st->filter || st->filter->count <= st->filter->capacity)
        return;
    bloom_filter_destroy(st->filter);
    st->filter = NULL;
    make_filter(st);
}

static slice find_in_lmdb(store *st, slice key) {
    MDB_txn *reader = store_reader(st);
    if (!reader)
        return (slice){NULL, 0};
    int code;
    slice value = stored_get(reader, st->dbi, key, &code);
    if (code != 0)
        state_fail(st->owner, code);
    else if (!value.data)
        note_miss(st);
    else
        st->is_searched = true;
    return value;
}

slice store_get(store *st, slice key) {
    return store_get_hashed(st, key, slice_hash(key));
}

void store_fetch(const store *st, uint64_t hash, int step) {
    overlay_fetch(&st->changes, hash, step);
}

slice store_get_hashed(store *st, slice key, uint64_t hash) {
    overlay_entry *e = overlay_find_hashed(&st->changes, key, hash);
    if (e)
        return overlay_value(e);
    if (st->filter && !bloom_filter_may_have(st->filter, hash))
        return (slice){NULL, 0};
    st->is_looked_up |= st->run_count > 0;
    for (int i = st->run_count - 1; i >= 0; i--) {
        const unread_change *c = run_look_up(st->runs[i], key, hash);
        if (c)
            return unread_value(c);
    }
    return find_in_lmdb(st, key);
}

int64_t store_count(store *st) {
    if (st->owner->in_memory)
        return (int64_t)st->changes.live;
    MDB_txn *reader = store_reader(st);
    if (!reader && !st->run_count)
        return (int64_t)st->changes.live;
    int64_t entries = reader ? st->persisted_count : 0, bytes = 0;
    committed_count(st->runs, st->run_count, reader, st->dbi, reader != NULL, &entries, &bytes);
    return entries > 0 ? entries : 0;
}

int64_t state_count(state *s) {
    int64_t count = 0;
    for (int i = 1; i < s->store_count; i++)
        count += store_count(s->stores[i]);
    return count;
}

/* ---- writing ---- */

static void change(store *st, slice key, slice value, uint8_t to) {
    state_memory_lock(st->owner);
    overlay_set(&st->changes, key, value, to);
    state_memory_unlock(st->owner);
}

void store_put(store *st, slice key, slice value) {
    assert(value.data);
    change(st, key, value, OVERLAY_DIRTY);
}

void store_delete(store *st, slice key) {
    change(st, key, (slice){NULL, 0}, OVERLAY_DIRTY);
}

static void add_unread(store *st, slice key, slice value) {
    unread_add(&st->unread, key, value);
    pending_take(st);
}

/* In memory there is nothing beneath the overlay that they could go to. */
static void change_unread(store *st, slice key, slice value) {
    if (st->owner->in_memory)
        change(st, key, value, OVERLAY_DIRTY);
    else
        add_unread(st, key, value);
}

void store_put_unread(store *st, slice key, slice value) {
    assert(value.data);
    change_unread(st, key, value);
}

void store_delete_unread(store *st, slice key) {
    change_unread(st, key, (slice){NULL, 0});
}

void store_drop_unread(store *st, bool (*leaves)(void *context, slice key), void *context) {
    pending_drop(st, leaves, context);
    for (size_t i = st->unread.flushed; i < st->unread.count; i++) {
        unread_change *c = st->unread.changes[i];
        if (leaves(context, unread_key(c)))
            unread_delete(c);
    }
}

void state_put_fact(state *s, slice name, slice value) {
    store_put(s->stores[0], name, value);
}

slice state_fact(state *s, slice name) {
    return store_get(s->stores[0], name);
}

slice state_persisted_fact(state *s, slice name) {
    MDB_txn *reader = store_reader(s->stores[0]);
    int code;
    return reader ? stored_get(reader, s->stores[0]->dbi, name, &code) : (slice){NULL, 0};
}

void state_apply(state *s, const state_change *entry) {
    error ignored = {0};
    store *st = state_store(s, entry->store, entry->partition, &ignored);
    if (st)
        change(st, entry->key, entry->value, OVERLAY_FLUSHED);
}

/* ---- flush ---- */

static bool take_failure(state *s, error *e) {
    if (!error_is_set(&s->failure))
        return false;
    *e = s->failure;
    error_clear(&s->failure);
    return true;
}

bool store_flush_unread(const store *st, const unread *changes, size_t from,
    bool (*changed)(void *, const state_change *, error *), void *context, error *e) {
    for (size_t i = from; i < changes->count; i++) {
        const unread_change *c = changes->changes[i];
        state_change one = {st->name, st->partition, unread_key(c), unread_value(c)};
        if (!changed(context, &one, e))
            return false;
    }
    return true;
}

static bool flush_store(
    store *st, bool (*changed)(void *, const state_change *, error *), void *context, error *e) {
    for (size_t i = 0; i < st->changes.dirty.count; i++) {
        const overlay_entry *entry = st->changes.dirty.entries[i];
        if (entry->state != OVERLAY_DIRTY)
            continue;
        state_change one = {st->name, st->partition, overlay_key(entry), overlay_value(entry)};
        if (!changed(context, &one, e))
            return false;
    }
    if (!pending_flush(st, changed, context, e))
        return false;
    return store_flush_unread(st, &st->unread, st->unread.flushed, changed, context, e);
}

bool store_flush_early(store *st,
    bool (*changed)(void *context, const state_change *change, error *e), void *context, error *e) {
    state *s = st->owner;
    pthread_mutex_lock(&s->memory_mutex);
    bool has_failed = error_is_set(&s->failure);
    pthread_mutex_unlock(&s->memory_mutex);
    if (has_failed)
        return true;
    if (!store_flush_unread(st, &st->unread, st->unread.flushed, changed, context, e))
        return false;
    st->unread.flushed = st->unread.count;
    return true;
}

bool state_flush(state *s, bool (*changed)(void *context, const state_change *change, error *e),
    void *context, error *e) {
    if (take_failure(s, e))
        return false;
    for (int i = 1; i < s->store_count && changed; i++)
        if (!flush_store(s->stores[i], changed, context, e))
            return false;
    state_memory_lock(s);
    for (int i = 1; i < s->store_count; i++) {
        overlay_mark_flushed(&s->stores[i]->changes);
        s->stores[i]->pending_flushed = s->stores[i]->pending_count;
        s->stores[i]->unread.flushed = s->stores[i]->unread.count;
    }
    state_memory_unlock(s);
    return true;
}

/* ---- commit ---- */

void state_use_workers(state *s, workers *w) {
    s->workers = w;
}

static void for_each_store(state *s, void (*part)(void *context, int index)) {
    if (s->workers)
        workers_run(s->workers, s->store_count, part, s);
    for (int i = 0; i < s->store_count && !s->workers; i++)
        part(s, i);
}

/* Stores that are walked keep no clean entries: they would only make the walks' search longer, and
 * LMDB is as fast. */
static void evict_walked_part(void *context, int index) {
    overlay *changes = &((state *)context)->stores[index]->changes;
    if (changes->is_walked)
        overlay_evict(changes, true);
}

static void evict_cold_part(void *context, int index) {
    overlay_evict(&((state *)context)->stores[index]->changes, false);
}

static void evict_all_part(void *context, int index) {
    overlay_evict(&((state *)context)->stores[index]->changes, true);
}

void state_reset_readers(state *s) {
    for (int i = 0; i < s->store_count; i++) {
        if (s->stores[i]->reading)
            mdb_txn_reset(s->stores[i]->reader);
        s->stores[i]->reading = false;
    }
    s->epoch++;
}

void state_end_readers(state *s) {
    for (int i = 0; i < s->store_count; i++) {
        store_cursor_detach_all(s->stores[i]);
        if (s->stores[i]->reader)
            mdb_txn_abort(s->stores[i]->reader);
        s->stores[i]->reader = NULL;
        s->stores[i]->reading = false;
    }
    s->epoch++;
}

bool state_reopen(state *s, int databases, error *e) {
    state_end_readers(s);
    if (!environment_reopen(&s->environment, databases, e))
        return false;
    for (int i = 0; i < s->store_count; i++) {
        store *st = s->stores[i];
        st->persisted = environment_find(&s->environment, st->database, &st->dbi);
    }
    s->must_reopen = false;
    return true;
}

static void evict(state *s) {
    for_each_store(s, evict_walked_part);
    if (state_overlay_bytes(s) > CACHE_BYTES)
        for_each_store(s, evict_cold_part);
    if (state_overlay_bytes(s) > CACHE_BYTES)
        for_each_store(s, evict_all_part);
}

/* Keys that are searched for are found sooner in memory. */
static run *settle(const store *st, run *r) {
    return st->is_looked_up ? r : spill_when_much(r, st->owner->environment.directory);
}

/* Where there are many runs, or the last ones are about as large, they become one: so there are
 * never more than a few for each power of two. Large ones stay as they are, since that costs less
 * than it saves. */
static void merge_runs(store *st) {
    while (st->run_count - st->written_runs >= 2) {
        run *older = st->runs[st->run_count - 2], *newer = st->runs[st->run_count - 1];
        bool is_like =
            older->changes.count <= 2 * newer->changes.count &&
            run_bytes(older) + run_bytes(newer) <= (newer->map ? MERGED_FILE_BYTES : MERGED_BYTES);
        if (!is_like && st->run_count < RUNS_AT_MOST)
            return;
        st->runs[--st->run_count - 1] = settle(st, run_merge(older, newer));
        run_let_go(older);
        run_let_go(newer);
    }
}

/* The run is the newest. */
static void prepare_run(store *st, run *r) {
    assert(st->prepared_runs < RUNS_PREPARED_AT_MOST);
    st->runs[st->run_count++] = r;
    st->prepared_runs++;
    add_to_filter(st, r);
}

static void prepare_pending_runs(store *st) {
    for (int i = 0; i < st->pending_count; i++)
        prepare_run(st, st->pending[i]);
    st->pending_count = st->pending_flushed = 0;
}

static void commit_part(void *context, int index) {
    store *st = ((state *)context)->stores[index];
    int prepared = st->prepared_runs;
    st->run_count -= prepared;
    st->prepared_runs = 0;
    for (run **next = st->runs + st->run_count, **end = next + prepared, *r; next < end; next++) {
        r = *next;
        assert(st->run_count < RUNS_AT_MOST);
        st->runs[st->run_count++] = r;
        merge_runs(st);
    }
}

static void forget_prepared(state *s) {
    for (int i = 0; i < s->store_count; i++) {
        store *st = s->stores[i];
        for (; st->prepared_runs; st->prepared_runs--)
            run_let_go(st->runs[--st->run_count]);
        if (s->is_prepared) /* entries may be those of such runs */
            overlay_evict(&st->changes, true);
    }
    s->is_prepared = false;
}

/* The flushed changes of a store become runs, mostly one. */
static void prepare_part(void *context, int index) {
    store *st = ((state *)context)->stores[index];
    unread all = {0};
    for (size_t i = 0; i < st->changes.flushed.count; i++) {
        const overlay_entry *entry = st->changes.flushed.entries[i];
        if (entry->state == OVERLAY_FLUSHED)
            unread_add(&all, overlay_key(entry), overlay_value(entry));
    }
    assert(st->unread.flushed == st->unread.count);
    bool may_hide = st->unread.count || st->pending_count;
    if (st->pending_count) {
        if (all.count)
            prepare_run(st, settle(st, run_make(&all)));
        prepare_pending_runs(st);
    }
    unread_join(&all, &st->unread);
    overlay_commit(&st->changes);
    if (may_hide && st->changes.count) /* they may hide what was written */
        overlay_evict(&st->changes, true);
    if (all.count)
        prepare_run(st, settle(st, run_make(&all)));
}

static void prepare_store_part(void *context, int index) {
    if (index > 0) /* facts are those of the commit */
        prepare_part(context, index);
}

static void memory_part(void *context, int index) {
    overlay_commit(&((state *)context)->stores[index]->changes);
}

void state_publish(state *s) {
    state_view *v = state_view_make(s->store_count), *old;
    int64_t bytes = 0, written = 0;
    for (int i = 0; i < s->store_count; i++) {
        const store *st = s->stores[i];
        int runs = store_committed_runs(st);
        for (int j = 0; j < runs; j++)
            bytes += run_bytes(st->runs[j]);
        for (int j = 0; j < st->written_runs; j++)
            written += run_bytes(st->runs[j]);
        if (runs && !st->local)
            state_view_add(v, st->name, st->partition, st->runs, runs);
    }
    if (s->waiting_bytes == 0)
        s->waiting_since_ms = clock_monotonic_ms();
    s->run_bytes = bytes;
    s->waiting_bytes = bytes - written;
    pthread_mutex_lock(&s->view_mutex);
    old = s->view;
    s->view = v;
    pthread_mutex_unlock(&s->view_mutex);
    state_view_let_go(old);
    s->epoch++;
}

static void commit_memory(state *s) {
    pthread_mutex_lock(&s->commit_mutex);
    state_memory_lock(s);
    for_each_store(s, memory_part);
    state_forget_copy(s);
    state_memory_unlock(s);
    pthread_mutex_unlock(&s->commit_mutex);
    s->epoch++;
}

static void commit_runs(state *s) {
    for_each_store(s, commit_part);
    pthread_mutex_lock(&s->commit_mutex);
    state_publish(s);
    pthread_mutex_unlock(&s->commit_mutex);
}

void state_prepare(state *s) {
    if (s->in_memory || s->is_prepared)
        return;
    state_reset_readers(s);
    for_each_store(s, prepare_store_part);
    s->is_prepared = true;
    evict(s);
}

static bool has_prepared(const state *s) {
    for (int i = 0; i < s->store_count; i++)
        if (s->stores[i]->prepared_runs)
            return true;
    return false;
}

static bool has_flushed(const state *s) {
    for (int i = 0; i < s->store_count; i++)
        if (s->stores[i]->changes.flushed.count)
            return true;
    return false;
}

bool state_commit(state *s, error *e) {
    if (take_failure(s, e) || (!s->in_memory && !persist_collect(s, e)))
        return false;
    state_memory_lock(s);
    overlay_mark_flushed(&s->stores[0]->changes);
    state_memory_unlock(s);
    if (s->in_memory) {
        if (has_flushed(s))
            commit_memory(s);
        return true;
    }
    state_prepare(s);
    prepare_part(s, 0);
    if (has_prepared(s))
        commit_runs(s);
    s->is_prepared = false;
    return persist_start_when_due(s, e);
}

void state_rollback(state *s) {
    forget_prepared(s);
    state_memory_lock(s);
    for (int i = 0; i < s->store_count; i++) {
        overlay_rollback(&s->stores[i]->changes);
        unread_clear(&s->stores[i]->unread);
        pending_forget(s->stores[i]);
    }
    state_memory_unlock(s);
    error_clear(&s->failure);
    s->epoch++;
    error ignored = {0};
    if (s->in_memory || !s->must_reopen)
        return;
    persist_abandon(s);
    state_reopen(s, s->store_count, &ignored); /* who writes next tries again */
}

int64_t state_overlay_bytes(const state *s) {
    int64_t bytes = 0;
    for (int i = 0; i < s->store_count; i++)
        bytes += s->stores[i]->changes.bytes + s->stores[i]->unread.bytes +
                 (int64_t)(s->stores[i]->changes.slot_count * sizeof(overlay_slot));
    return bytes;
}

void state_limit_waiting(state *s, int64_t bytes) {
    s->waiting_limit = bytes;
}

int64_t state_waiting_bytes(const state *s) {
    return s->run_bytes;
}

int64_t state_file_bytes(const state *s) {
    return __atomic_load_n(&s->file_bytes, __ATOMIC_RELAXED);
}
