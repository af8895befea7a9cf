/* A cursor merges two ordered walks, the overlay's and that of what is committed: the smaller key
 * is next, the overlay's entry hides the other with the same key, and deleted ones are passed over.
 * After a commit or a rollback both walks start again behind the last key given. Closed cursors are
 * kept with their store for the next open, so that opening one allocates nothing. */
#include "base/memory.h"
#include "executor/state/state_private.h"

struct store_cursor {
    store *store;
    store_cursor *next; /* in the store's list */
    bool in_use, bounded;
    uint64_t epoch;
    buffer after; /* where to start again: a key not given yet is >= this */
    buffer to;
    overlay_entry *changed;
    committed_walk walk;
    MDB_cursor *reading; /* the walk's, when there is something in LMDB */
    bool has_stored;
    stored_pair stored;
};

static void advance_stored(store_cursor *c) {
    c->has_stored = committed_walk_next(&c->walk, &c->stored.key, &c->stored.value);
    if (c->walk.stored.code != 0)
        state_fail(c->store->owner, c->walk.stored.code);
}

static void seek(store_cursor *c) {
    store *st = c->store;
    c->epoch = st->owner->epoch;
    c->changed = overlay_seek(&st->changes, buffer_slice(&c->after));
    c->has_stored = false;
    MDB_txn *reader = store_reader(st);
    int code = !reader      ? 0
               : c->reading ? mdb_cursor_renew(reader, c->reading)
                            : mdb_cursor_open(reader, st->dbi, &c->reading);
    if (code != 0) {
        state_fail(st->owner, code);
        return;
    }
    c->walk.stored.cursor = reader ? c->reading : NULL;
    committed_walk_start(&c->walk, st->runs, st->run_count, buffer_slice(&c->after));
    advance_stored(c);
}

store_cursor *store_cursor_open(store *st, slice from, slice to) {
    store_cursor *c = st->cursors;
    while (c && c->in_use)
        c = c->next;
    if (!c) {
        c = MEMORY_NEW(store_cursor);
        c->store = st;
        c->next = st->cursors;
        st->cursors = c;
    }
    c->in_use = true;
    c->bounded = to.data != NULL;
    buffer_clear(&c->after);
    buffer_append(&c->after, from);
    buffer_clear(&c->to);
    buffer_append(&c->to, to);
    seek(c);
    return c;
}

/* The next entry of the merge, deleted ones included; `value` is NULL for those. */
static bool merge_next(store_cursor *c, slice *key, slice *value) {
    int order = c->changed && c->has_stored ? slice_compare(overlay_key(c->changed), c->stored.key)
                                            : (c->changed ? -1 : 1);
    if (order > 0) {
        if (!c->has_stored)
            return false;
        *key = c->stored.key;
        *value = c->stored.value;
        advance_stored(c);
        return true;
    }
    *key = overlay_key(c->changed);
    *value = overlay_value(c->changed);
    c->changed = c->changed->next[0];
    if (order == 0)
        advance_stored(c);
    return true;
}

bool store_cursor_next(store_cursor *c, slice *key, slice *value) {
    if (c->epoch != c->store->owner->epoch)
        seek(c);
    for (;;) {
        if (!merge_next(c, key, value))
            return false;
        if (c->bounded && slice_compare(*key, buffer_slice(&c->to)) >= 0) {
            c->changed = NULL;
            c->has_stored = false;
            return false;
        }
        if (!value->data)
            continue;
        buffer_clear(&c->after);
        buffer_append(&c->after, *key);
        buffer_append_byte(&c->after, 0); /* the smallest key behind it */
        return true;
    }
}

void store_cursor_close(store_cursor *c) {
    c->in_use = false;
}

void store_delete_range(store *st, slice from, slice to) {
    store_cursor *c = store_cursor_open(st, from, to);
    slice key, value;
    while (store_cursor_next(c, &key, &value))
        store_delete(st, key);
    store_cursor_close(c);
}

void store_cursor_detach_all(store *st) {
    for (store_cursor *c = st->cursors; c; c = c->next) {
        if (c->reading)
            mdb_cursor_close(c->reading);
        c->reading = c->walk.stored.cursor = NULL;
        c->has_stored = false;
    }
}

void store_cursor_free_all(store *st) {
    store_cursor_detach_all(st);
    while (st->cursors) {
        store_cursor *c = st->cursors;
        st->cursors = c->next;
        committed_walk_free(&c->walk);
        buffer_free(&c->after);
        buffer_free(&c->to);
        memory_free(c);
    }
}
