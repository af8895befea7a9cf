/* A walk of all committed entries goes store by store, in the order of their names and partitions,
 * so that stores that come meanwhile do not disturb it. Each part has a snapshot of its own. */
#include <stdlib.h>

#include "base/memory.h"
#include "executor/state/state_private.h"

typedef struct walk_part {
    state_walk *walk;
    int64_t bytes_left;
    bool (*visit)(void *context, const state_change *entry, error *e);
    void *context;
    bool has_failed;
    error *e;
} walk_part;

static slice name_of(const state_walk *w) {
    return buffer_slice(&w->store);
}

static bool visit_entry(void *context, slice key, slice value) {
    walk_part *p = context;
    state_change entry = {name_of(p->walk), p->walk->partition, key, value};
    if (!p->visit(p->context, &entry, p->e)) {
        p->has_failed = true;
        return false;
    }
    p->bytes_left -= (int64_t)(key.length + value.length);
    if (p->bytes_left > 0)
        return true;
    buffer_clear(&p->walk->from); /* the next key that there can be */
    buffer_append(&p->walk->from, key);
    buffer_append_byte(&p->walk->from, 0);

    return false;
}

static int compare_places(const void *a, const void *b) {
    const store_place *x = a, *y = b;
    int order = slice_compare(x->name, y->name);
    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

static bool walk_store(walk_part *p, state_snapshot *snapshot) {
    state_walk *w = p->walk;
    if (!state_snapshot_scan(snapshot, name_of(w), w->partition, buffer_slice(&w->from),
            (slice){NULL, 0}, visit_entry, p) &&
        !p->has_failed) {
        p->has_failed = true;
        error_set(p->e, ERROR_IO, "the store %.*s cannot be read", SLICE_ARG(name_of(w)));
    }
    return !p->has_failed && p->bytes_left > 0;
}

static void enter_store(state_walk *w, const store_place *place) {
    buffer_clear(&w->store);
    buffer_append(&w->store, place->name);
    w->partition = place->partition;
    buffer_clear(&w->from);
}

bool state_walk_on(state *s, state_walk *w, int64_t bytes,
    bool (*visit)(void *context, const state_change *entry, error *e), void *context, error *e) {
    walk_part part = {w, bytes, visit, context, false, e};
    state_snapshot *snapshot = state_snapshot_open(s, e);
    if (!snapshot)
        return false;
    arena *a = arena_create();
    int count;
    store_place *places = state_snapshot_stores(snapshot, a, &count);
    qsort(places, (size_t)count, sizeof *places, compare_places);
    bool goes_on = true;
    for (int i = 0; i < count && goes_on; i++) {
        if (i && compare_places(&places[i - 1], &places[i]) == 0)
            continue;
        store_place here = {name_of(w), w->partition};
        int order = w->has_begun ? compare_places(&places[i], &here) : 1;
        if (order < 0)
            continue;
        if (order > 0)
            enter_store(w, &places[i]);
        w->has_begun = true;
        goes_on = walk_store(&part, snapshot);
    }
    w->has_ended = goes_on;
    arena_destroy(a);
    state_snapshot_close(snapshot);
    return !part.has_failed;
}

void state_walk_free(state_walk *w) {
    buffer_free(&w->store);
    buffer_free(&w->from);
    *w = (state_walk){0};
}
