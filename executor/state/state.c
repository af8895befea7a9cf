/* Reads look into the overlay, then into LMDB as of the last commit. A flush hands the dirty
 * entries to the changelog; the LMDB transaction itself is made by state_commit, in key order, so
 * that it is short and a full map can be answered by growing it and starting over. Whatever fails
 * before its end leaves the committed state and the overlay as they were: the commit can be tried
 * again, or rolled back. */
#include "executor/state/state_private.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "executor/workers.h"

/* Clean entries are kept as a read cache up to this size. */
enum { CACHE_BYTES = 16 << 20 };

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

static void note_file_bytes(state *s) {
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
    s->in_memory = !directory.data;
    if (!s->in_memory) {
        if (!environment_open(&s->environment, directory, e)) {
            pthread_mutex_destroy(&s->memory_mutex);
            pthread_mutex_destroy(&s->commit_mutex);
            memory_free(s);
            return NULL;
        }
        note_file_bytes(s);
    }
    add_store(s, SLICE_LITERAL(FACTS), 0, true);
    return s;
}

void state_close(state *s) {
    if (!s)
        return;
    state_end_readers(s);
    for (int i = 0; i < s->store_count; i++) {
        store *st = s->stores[i];
        store_cursor_free_all(st);
        overlay_destroy(&st->changes);
        unread_clear(&st->unread);
        memory_free(st->database);
        memory_free(st);
    }
    memory_free(s->stores);
    if (!s->in_memory)
        environment_close(&s->environment);
    state_forget_copy(s);
    pthread_mutex_destroy(&s->memory_mutex);
    pthread_mutex_destroy(&s->commit_mutex);
    memory_free(s);
}

bool state_remove(slice directory, error *e) {
    static const char *const files[] = {"data.mdb", "lock.mdb", ""};
    for (int i = 0; i < 3; i++) {
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

slice store_get(store *st, slice key) {
    overlay_entry *e = overlay_find(&st->changes, key);
    if (e)
        return overlay_value(e);
    MDB_txn *reader = store_reader(st);
    if (!reader)
        return (slice){NULL, 0};
    int code;
    slice value = stored_get(reader, st->dbi, key, &code);
    if (code != 0)
        state_fail(st->owner, code);
    return value;
}

int64_t store_count(store *st) {
    if (!store_reader(st))
        return (int64_t)st->changes.live;
    int64_t gone = (int64_t)(st->changes.count - st->changes.live);
    return st->persisted_count > gone ? st->persisted_count - gone : 0;
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

/* In memory there is nothing beneath the overlay that they could go to. */
static void change_unread(store *st, slice key, slice value) {
    if (st->owner->in_memory)
        change(st, key, value, OVERLAY_DIRTY);
    else
        unread_add(&st->unread, key, value);
}

void store_put_unread(store *st, slice key, slice value) {
    assert(value.data);
    change_unread(st, key, value);
}

void store_delete_unread(store *st, slice key) {
    change_unread(st, key, (slice){NULL, 0});
}

void store_drop_unread(store *st, bool (*leaves)(void *context, slice key), void *context) {
    for (size_t i = st->unread.flushed; i < st->unread.count; i++) {
        unread_change *c = st->unread.changes[i];
        c->is_deleted |= leaves(context, unread_key(c));
    }
}

void state_put_fact(state *s, slice name, slice value) {
    store_put(s->stores[0], name, value);
}

slice state_fact(state *s, slice name) {
    return store_get(s->stores[0], name);
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
    for (size_t i = st->unread.flushed; i < st->unread.count; i++) {
        const unread_change *c = st->unread.changes[i];
        state_change one = {st->name, st->partition, unread_key(c), unread_value(c)};
        if (!changed(context, &one, e))
            return false;
    }
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

static void sort_part(void *context, int index) {
    store *st = ((state *)context)->stores[index];
    if (st->changes.flushed.count)
        overlay_sort_flushed(&st->changes);
    assert(st->unread.flushed == st->unread.count);
    unread_sort(&st->unread);
}

static void commit_part(void *context, int index) {
    store *st = ((state *)context)->stores[index];
    overlay_commit(&st->changes);
    if (st->unread.count && st->changes.count) /* they may hide what was written */
        overlay_evict(&st->changes, true);
    unread_clear(&st->unread);
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

static bool reopen(state *s, int databases, error *e) {
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

static bool has_changes(const store *st) {
    return st->changes.flushed.count || st->unread.flushed;
}

/* In the order of keys a cursor mostly stays on its page. */
static int write_changes(store *st, MDB_cursor *to) {
    int code = 0;
    for (size_t i = 0; i < st->changes.flushed.count && code == 0; i++) {
        const overlay_entry *entry = st->changes.flushed.entries[i];
        if (entry->state == OVERLAY_FLUSHED)
            code = stored_put(to, overlay_key(entry), overlay_value(entry));
    }
    for (size_t i = 0; i < st->unread.count && code == 0; i++)
        code =
            stored_put(to, unread_key(st->unread.changes[i]), unread_value(st->unread.changes[i]));
    return code;
}

static int write_store(store *st, MDB_txn *txn) {
    int code = 0;
    MDB_cursor *to;
    if (!has_changes(st))
        return 0;
    if (!st->persisted)
        code = mdb_dbi_open(txn, st->database, MDB_CREATE, &st->dbi);
    if (code == 0)
        code = mdb_cursor_open(txn, st->dbi, &to);
    if (code != 0)
        return code;
    code = write_changes(st, to);
    mdb_cursor_close(to);
    return code;
}

static int write_all(state *s) {
    MDB_txn *txn;
    int code = mdb_txn_begin(s->environment.env, NULL, 0, &txn);
    if (code != 0)
        return code;
    for (int i = 0; i < s->store_count && code == 0; i++)
        code = write_store(s->stores[i], txn);
    if (code == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static void note_databases(state *s) {
    for (int i = 0; i < s->store_count; i++) {
        store *st = s->stores[i];
        if (st->persisted || !has_changes(st))
            continue;
        environment_add(&s->environment, st->database, st->dbi);
        st->persisted = true;
    }
}

static void evict(state *s) {
    for_each_store(s, evict_walked_part);
    if (state_overlay_bytes(s) > CACHE_BYTES)
        for_each_store(s, evict_cold_part);
    if (state_overlay_bytes(s) > CACHE_BYTES)
        for_each_store(s, evict_all_part);
}

static bool persist(state *s, error *e) {
    int needed = s->store_count + s->environment.database_count;
    bool room = needed <= (int)s->environment.max_databases;
    if ((s->must_reopen || !room) && !reopen(s, needed, e))
        return false;
    state_reset_readers(s);
    for_each_store(s, sort_part);
    for (;;) {
        int code = write_all(s);
        if (code == 0)
            break;
        if (code == MDB_MAP_FULL) {
            if (!environment_grow(&s->environment, e))
                return false;
            continue;
        }
        s->must_reopen = true;
        return environment_error(e, &s->environment, "commit", code);
    }
    note_databases(s);
    note_file_bytes(s);
    environment_trim(&s->environment);
    return true;
}

bool state_commit(state *s, error *e) {
    if (take_failure(s, e))
        return false;
    state_memory_lock(s);
    overlay_mark_flushed(&s->stores[0]->changes);
    state_memory_unlock(s);
    size_t changes = 0;
    for (int i = 0; i < s->store_count; i++)
        changes += s->stores[i]->changes.flushed.count + s->stores[i]->unread.flushed;
    if (!changes)
        return true;
    pthread_mutex_lock(&s->commit_mutex);
    bool persisted = s->in_memory || persist(s, e);
    if (persisted) {
        state_memory_lock(s);
        for_each_store(s, commit_part);
        state_forget_copy(s);
        state_memory_unlock(s);
    }
    pthread_mutex_unlock(&s->commit_mutex);
    if (!persisted)
        return false;
    s->epoch++;
    if (!s->in_memory)
        evict(s);
    return true;
}

void state_rollback(state *s) {
    state_memory_lock(s);
    for (int i = 0; i < s->store_count; i++) {
        overlay_rollback(&s->stores[i]->changes);
        unread_clear(&s->stores[i]->unread);
    }
    state_memory_unlock(s);
    error_clear(&s->failure);
    error ignored = {0};
    if (!s->in_memory && s->must_reopen)
        reopen(s, s->store_count, &ignored); /* commit tries again */
    s->epoch++;
}

int64_t state_overlay_bytes(const state *s) {
    int64_t bytes = 0;
    for (int i = 0; i < s->store_count; i++)
        bytes += s->stores[i]->changes.bytes + s->stores[i]->unread.bytes +
                 (int64_t)(s->stores[i]->changes.slot_count * sizeof(overlay_slot));
    return bytes;
}

int64_t state_file_bytes(const state *s) {
    return __atomic_load_n(&s->file_bytes, __ATOMIC_RELAXED);
}
