/* A snapshot of a state on disk is the view of its runs and an LMDB read transaction that begins
 * while that view is the newest (committed.h says why both are one moment). A state in memory has
 * none beneath, so what is committed is copied: such states are small. All snapshots between two
 * commits share one copy, so that a lookup costs a copy after each commit only. */
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/state/state_private.h"

typedef struct memory_store {
    slice name;
    int32_t partition;
    stored_pair *pairs; /* sorted */
    size_t count;
} memory_store;

struct memory_copy {
    arena *arena;
    memory_store *stores;
    int store_count;
    int holders; /* under the memory lock; the state is one of them until it commits */
};

struct state_snapshot {
    state *owner;
    MDB_txn *txn;
    state_view *view;
    memory_copy *copy; /* in memory */
};

/* ---- in memory ---- */

static int compare_pairs(const void *a, const void *b) {
    return slice_compare(((const stored_pair *)a)->key, ((const stored_pair *)b)->key);
}

static bool committed_value(const overlay_entry *e, slice *value) {
    *value = e->state == OVERLAY_CLEAN ? overlay_value(e) : slice_make(e->saved, e->saved_length);
    return value->data != NULL;
}

static void copy_store(arena *a, memory_store *to, const store *from) {
    to->name = arena_copy(a, from->name);
    to->partition = from->partition;
    to->pairs = ARENA_ARRAY(a, stored_pair, from->changes.count);
    for (size_t i = 0; i < from->changes.slot_count; i++) {
        const overlay_entry *e = from->changes.slots[i].entry;
        slice value;
        if (e && committed_value(e, &value))
            to->pairs[to->count++] =
                (stored_pair){arena_copy(a, overlay_key(e)), arena_copy(a, value)};
    }
    if (to->count)
        qsort(to->pairs, to->count, sizeof *to->pairs, compare_pairs);
}

static memory_copy *copy_memory(state *s) {
    arena *a = arena_create();
    memory_copy *copy = ARENA_NEW(a, memory_copy);
    copy->arena = a;
    copy->holders = 1;
    copy->store_count = s->store_count - 1;
    copy->stores = ARENA_ARRAY(a, memory_store, copy->store_count);
    for (int i = 0; i < copy->store_count; i++)
        copy_store(a, &copy->stores[i], s->stores[i + 1]);
    return copy;
}

static memory_copy *hold_copy(state *s) {
    state_memory_lock(s);
    if (!s->copy)
        s->copy = copy_memory(s);
    memory_copy *copy = s->copy;
    copy->holders++;
    state_memory_unlock(s);
    return copy;
}

/* The memory lock is held. */
static void let_go(memory_copy *copy) {
    if (--copy->holders == 0)
        arena_destroy(copy->arena);
}

void state_forget_copy(state *s) {
    if (s->copy)
        let_go(s->copy);
    s->copy = NULL;
}

static const memory_store *find_memory(
    const state_snapshot *snapshot, slice name, int32_t partition) {
    const memory_copy *copy = snapshot->copy;
    for (int i = 0; i < copy->store_count; i++)
        if (copy->stores[i].partition == partition && slice_equal(copy->stores[i].name, name))
            return &copy->stores[i];
    return NULL;
}

/* The first pair with a key >= `from`. */
static size_t lower_bound(const memory_store *st, slice from) {
    size_t low = 0, high = st->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (slice_compare(st->pairs[middle].key, from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- both ---- */

static int open_reader(state *s, state_snapshot *snapshot) {
    MDB_env *env = s->environment.env;
    pthread_mutex_lock(&s->view_mutex);
    int code = env ? mdb_txn_begin(env, NULL, MDB_RDONLY, &snapshot->txn) : EIO;
    snapshot->view = code == 0 ? s->view : NULL;
    if (snapshot->view)
        __atomic_add_fetch(&snapshot->view->holders, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&s->view_mutex);
    return code;
}

state_snapshot *state_snapshot_open(state *s, error *e) {
    state_snapshot *snapshot = MEMORY_NEW(state_snapshot);
    snapshot->owner = s;
    if (s->in_memory) {
        snapshot->copy = hold_copy(s);
        return snapshot;
    }
    environment *environment = &s->environment;
    environment_enter(environment);
    int code = open_reader(s, snapshot);
    if (code == 0)
        return snapshot;
    environment_leave(environment);
    environment_error(e, environment, "read", code);
    memory_free(snapshot);
    return NULL;
}

static int compare_states(const void *a, const void *b) {
    uintptr_t x = (uintptr_t) * (state *const *)a, y = (uintptr_t) * (state *const *)b;
    return (x > y) - (x < y);
}

/* All are locked, in an order that is the same for everybody, before the first is read: who opens
 * snapshots waits for nobody that waits for one of these states. */
bool state_snapshots_open(state *const *states, int count, state_snapshot **snapshots, error *e) {
    if (count == 1)
        return (snapshots[0] = state_snapshot_open(states[0], e)) != NULL;
    state **ordered = memory_allocate(sizeof(state *) * (size_t)count);
    memcpy(ordered, states, sizeof(state *) * (size_t)count);
    qsort(ordered, (size_t)count, sizeof(state *), compare_states);
    for (int i = 0; i < count; i++)
        pthread_mutex_lock(&ordered[i]->commit_mutex);
    int opened = 0;
    while (opened < count && (snapshots[opened] = state_snapshot_open(states[opened], e)))
        opened++;
    for (int i = count - 1; i >= 0; i--)
        pthread_mutex_unlock(&ordered[i]->commit_mutex);
    memory_free(ordered);
    for (int i = 0; i < opened && opened < count; i++)
        state_snapshot_close(snapshots[i]);
    return opened == count;
}

void state_snapshot_close(state_snapshot *snapshot) {
    if (!snapshot)
        return;
    if (snapshot->copy) {
        state_memory_lock(snapshot->owner);
        let_go(snapshot->copy);
        state_memory_unlock(snapshot->owner);
    }
    if (snapshot->txn) {
        mdb_txn_abort(snapshot->txn);
        environment_leave(&snapshot->owner->environment);
    }
    state_view_let_go(snapshot->view);
    memory_free(snapshot);
}

static bool find_database(state_snapshot *snapshot, slice name, int32_t partition, MDB_dbi *dbi) {
    buffer database = {0};
    buffer_format(&database, "%.*s/%d%c", SLICE_ARG(name), partition, 0);
    bool found = environment_find(&snapshot->owner->environment, database.data, dbi);
    buffer_free(&database);
    return found;
}

slice state_snapshot_get(state_snapshot *snapshot, slice store_name, int32_t partition, slice key) {
    slice none = {NULL, 0};
    if (!snapshot->txn) {
        const memory_store *st = find_memory(snapshot, store_name, partition);
        size_t at = st ? lower_bound(st, key) : 0;
        return st && at < st->count && slice_equal(st->pairs[at].key, key) ? st->pairs[at].value
                                                                           : none;
    }
    const view_store *runs = state_view_find(snapshot->view, store_name, partition);
    for (int i = runs ? runs->run_count - 1 : -1; i >= 0; i--) {
        const unread_change *c = run_find(runs->runs[i], key);
        if (c)
            return unread_value(c);
    }
    MDB_dbi dbi;
    int code;
    if (!find_database(snapshot, store_name, partition, &dbi))
        return none;
    return stored_get(
        snapshot->txn, dbi, key, &code); /* EINVAL: the database is younger than we are */
}

bool state_snapshot_scan(state_snapshot *snapshot, slice store_name, int32_t partition, slice from,
    slice to, bool (*visit)(void *context, slice key, slice value), void *context) {
    if (!snapshot->txn) {
        const memory_store *st = find_memory(snapshot, store_name, partition);
        for (size_t i = st ? lower_bound(st, from) : 0; st && i < st->count; i++)
            if ((to.data && slice_compare(st->pairs[i].key, to) >= 0) ||
                !visit(context, st->pairs[i].key, st->pairs[i].value))
                return true;
        return true;
    }
    const view_store *runs = state_view_find(snapshot->view, store_name, partition);
    MDB_dbi dbi;
    committed_walk walk = {0};
    if (!find_database(snapshot, store_name, partition, &dbi) ||
        mdb_cursor_open(snapshot->txn, dbi, &walk.stored.cursor) != 0)
        walk.stored.cursor = NULL; /* it is younger than we are, or has none */
    committed_walk_start(&walk, runs ? runs->runs : NULL, runs ? runs->run_count : 0, from);
    slice key, value;
    while (committed_walk_next(&walk, &key, &value))
        if ((to.data && slice_compare(key, to) >= 0) || !visit(context, key, value))
            break;
    committed_walk_free(&walk);
    if (walk.stored.cursor)
        mdb_cursor_close(walk.stored.cursor);
    return walk.stored.code == 0;
}

/* ---- stores ---- */

/* That of the facts has no partition. */
static bool split_database(slice database, store_place *place) {
    const char *slash = memrchr(database.data, '/', database.length);
    if (!slash)
        return false;
    place->name = slice_make(database.data, (size_t)(slash - database.data));
    place->partition = (int32_t)strtol(slash + 1, NULL, 10);
    return true;
}

static int list_databases(environment *environment, arena *a, store_place *places) {
    int count = 0;
    for (int i = 0; i < environment->database_count; i++)
        if (split_database(slice_of(environment->databases[i].name), &places[count])) {
            places[count].name = arena_copy(a, places[count].name);
            count++;
        }
    return count;
}

store_place *state_snapshot_stores(state_snapshot *snapshot, arena *a, int *count) {
    if (!snapshot->txn) {
        store_place *places = ARENA_ARRAY(a, store_place, snapshot->copy->store_count);
        for (*count = 0; *count < snapshot->copy->store_count; ++*count)
            places[*count] = (store_place){
                snapshot->copy->stores[*count].name, snapshot->copy->stores[*count].partition};
        return places;
    }
    const state_view *view = snapshot->view;
    environment *environment = &snapshot->owner->environment;
    pthread_mutex_lock(&environment->mutex);
    store_place *places =
        ARENA_ARRAY(a, store_place, environment->database_count + (view ? view->count : 0));
    *count = list_databases(environment, a, places);
    pthread_mutex_unlock(&environment->mutex);
    for (int i = 0; view && i < view->count; i++)
        places[(*count)++] = (store_place){view->stores[i].name, view->stores[i].partition};
    return places;
}

/* ---- sizes ---- */

/* NAME or NAME-..., which is one of the stores of an operator that has several. */
static bool belongs_to(slice store, slice name) {
    return slice_starts_with(store, name) &&
           (store.length == name.length || store.data[name.length] == '-');
}

static void add_memory(const store *st, store_size *size) {
    for (size_t i = 0; i < st->changes.slot_count; i++) {
        const overlay_entry *e = st->changes.slots[i].entry;
        slice value;
        if (!e || !committed_value(e, &value))
            continue;
        size->entries++;
        size->bytes += (int64_t)(overlay_key(e).length + value.length);
    }
}

static void add_database(MDB_txn *txn, MDB_dbi dbi, store_size *size) {
    MDB_stat stat;
    if (mdb_stat(txn, dbi, &stat) != 0) /* younger than the transaction */
        return;
    size->entries += (int64_t)stat.ms_entries;
    size->bytes += (int64_t)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
                   stat.ms_psize;
}

static void add_databases(state_snapshot *snapshot, slice name, store_size *size) {
    environment *environment = &snapshot->owner->environment;
    pthread_mutex_lock(&environment->mutex);
    for (int i = 0; i < environment->database_count; i++) {
        store_place place;
        if (split_database(slice_of(environment->databases[i].name), &place) &&
            belongs_to(place.name, name))
            add_database(snapshot->txn, environment->databases[i].dbi, size);
    }
    pthread_mutex_unlock(&environment->mutex);
}

static void add_runs(state_snapshot *snapshot, slice name, store_size *size) {
    for (int i = 0; snapshot->view && i < snapshot->view->count; i++) {
        const view_store *st = &snapshot->view->stores[i];
        if (!belongs_to(st->name, name))
            continue;
        MDB_dbi dbi = 0;
        bool found = find_database(snapshot, st->name, st->partition, &dbi);
        committed_count(
            st->runs, st->run_count, snapshot->txn, dbi, found, &size->entries, &size->bytes);
    }
}

static void measure_disk(state *s, slice name, store_size *size) {
    error ignored = {0};
    state_snapshot *snapshot = state_snapshot_open(s, &ignored);
    if (!snapshot)
        return;
    add_databases(snapshot, name, size);
    add_runs(snapshot, name, size);
    state_snapshot_close(snapshot);
}

store_size state_measure(state *s, slice name) {
    store_size size = {0};
    if (!s->in_memory) {
        measure_disk(s, name, &size);
        return size;
    }
    state_memory_lock(s);
    for (int i = 1; i < s->store_count; i++)
        if (belongs_to(s->stores[i]->name, name))
            add_memory(s->stores[i], &size);
    state_memory_unlock(s);
    return size;
}
