#include "executor/state/committed.h"

#include "base/memory.h"
#include "executor/state/spill.h"

/* ---- views ---- */

state_view *state_view_make(int stores) {
    state_view *v = MEMORY_NEW(state_view);
    v->stores = memory_allocate(sizeof *v->stores * (size_t)(stores + 1));
    v->holders = 1;
    return v;
}

void state_view_add(state_view *v, slice name, int32_t partition, run *const *runs, int run_count) {
    size_t bytes = sizeof *runs * (size_t)run_count;
    view_store *to = &v->stores[v->count++];
    *to = (view_store){name, partition, memory_allocate(bytes), run_count};
    memcpy(to->runs, runs, bytes);
    for (int i = 0; i < run_count; i++)
        run_hold(runs[i]);
}

void state_view_let_go(state_view *v) {
    if (!v || __atomic_sub_fetch(&v->holders, 1, __ATOMIC_ACQ_REL))
        return;
    for (int i = 0; i < v->count; i++) {
        for (int j = 0; j < v->stores[i].run_count; j++)
            run_let_go(v->stores[i].runs[j]);
        memory_free(v->stores[i].runs);
    }
    memory_free(v->stores);
    memory_free(v);
}

const view_store *state_view_find(const state_view *v, slice name, int32_t partition) {
    for (int i = 0; v && i < v->count; i++)
        if (v->stores[i].partition == partition && slice_equal(v->stores[i].name, name))
            return &v->stores[i];
    return NULL;
}

/* ---- walking ---- */

static void advance_stored(committed_walk *w) {
    w->has_stored = stored_walk_next(&w->stored, &w->pair);
}

void committed_walk_start(committed_walk *w, run *const *runs, int count, slice from) {
    run_walk_start(&w->changes, runs, count, from);
    w->change = run_walk_next(&w->changes);
    w->has_stored = false;
    w->stored.code = 0;
    if (!w->stored.cursor)
        return;
    stored_walk_start(&w->stored, from);
    advance_stored(w);
}

bool committed_walk_next(committed_walk *w, slice *key, slice *value) {
    while (w->change && w->stored.code == 0) {
        const unread_change *c = w->change;
        int order = w->has_stored ? slice_compare(unread_key(c), w->pair.key) : -1;
        if (order > 0)
            break;
        if (order == 0)
            advance_stored(w);
        w->change = run_walk_next(&w->changes);
        *key = unread_key(c);
        *value = unread_value(c);
        if (value->data)
            return true;
    }
    if (!w->has_stored)
        return false;
    *key = w->pair.key;
    *value = w->pair.value;
    advance_stored(w);
    return true;
}

void committed_walk_free(committed_walk *w) {
    stored_walk_free(&w->stored);
}

/* ---- counting ---- */

/* Of many changes some neighbours are looked at, then some further on: what stands beside them
 * comes into memory with them anyway. */
enum { COUNTED_AT_MOST = 2048, STRETCH = 128 };

typedef struct counting {
    run *const *runs;
    int count;
    MDB_txn *txn; /* NULL: there is no database */
    MDB_dbi dbi;
    int64_t entries, bytes;
} counting;

static bool is_hidden(const counting *c, int by_newer_than, slice key) {
    for (int i = by_newer_than + 1; i < c->count; i++)
        if (run_find(c->runs[i], key))
            return true;
    return false;
}

static void count_change(counting *c, int of_run, const unread_change *change) {
    int code = 0;
    slice key = unread_key(change), value = unread_value(change);
    if (is_hidden(c, of_run, key))
        return;
    bool is_stored = c->txn && stored_get(c->txn, c->dbi, key, &code).data;
    if (value.data && !is_stored) {
        c->entries++;
        c->bytes += (int64_t)(key.length + value.length);
    }
    if (!value.data && is_stored)
        c->entries--;
}

/* Of stretches one in `step`. Returns how many changes were looked at. */
static int64_t count_stretches(counting *c, int of_run, size_t step) {
    const unread *changes = &c->runs[of_run]->changes;
    int64_t looked_at = 0;
    for (size_t first = 0; first < changes->count; first += STRETCH * step)
        for (size_t at = first; at < first + STRETCH && at < changes->count; at++, looked_at++)
            count_change(c, of_run, changes->changes[at]);
    spill_trim(c->runs[of_run]);
    return looked_at;
}

void committed_count(run *const *runs, int count, MDB_txn *txn, MDB_dbi dbi, bool has_database,
    int64_t *entries, int64_t *bytes) {
    counting c = {.runs = runs, .count = count, .txn = has_database ? txn : NULL, .dbi = dbi};
    size_t changes = 0;
    for (int i = 0; i < count; i++)
        changes += runs[i]->changes.count;
    for (int i = 0; i < count; i++) {
        c.entries = c.bytes = 0;
        int64_t looked_at = count_stretches(&c, i, changes / COUNTED_AT_MOST + 1);
        double weight = looked_at ? (double)runs[i]->changes.count / (double)looked_at : 0;
        *entries += (int64_t)((double)c.entries * weight);
        *bytes += (int64_t)((double)c.bytes * weight);
    }
}
