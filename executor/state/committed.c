#include "executor/state/committed.h"

#include "base/memory.h"

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

enum { COUNTED_AT_MOST = 10000 };

void committed_count(run *const *runs, int count, MDB_txn *txn, MDB_dbi dbi, bool has_database,
    int64_t *entries, int64_t *bytes) {
    int64_t changes = 0, number = 0;
    for (int i = 0; i < count; i++)
        changes += (int64_t)runs[i]->changes.count;
    int64_t step = changes / COUNTED_AT_MOST + 1;
    run_walk walk;
    run_walk_start(&walk, runs, count, (slice){"", 0});
    for (const unread_change *c; (c = run_walk_next(&walk)) != NULL;) {
        if (number++ % step)
            continue;
        int code = 0;
        slice key = unread_key(c), value = unread_value(c);
        bool is_stored = has_database && stored_get(txn, dbi, key, &code).data;
        if (value.data && !is_stored) {
            *entries += step;
            *bytes += step * (int64_t)(key.length + value.length);
        }
        if (!value.data && is_stored)
            *entries -= step;
    }
}
