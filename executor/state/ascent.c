/* Keys that come in their order have near neighbours: in a run the next one is a few steps further
 * on, in LMDB mostly on the same page, whose way from the root is known. So nothing needs a hash
 * table or a Bloom filter, and memory and file are read from front to back. */
#include "base/memory.h"
#include "executor/state/state_private.h"

struct store_ascent {
    store *store;
    MDB_cursor *stored;           /* NULL: there is nothing in LMDB */
    size_t at[RUNS_READ_AT_MOST]; /* by run: changes in front of it have smaller keys */
};

store_ascent *store_ascent_open(store *st) {
    store_ascent *a = MEMORY_NEW(store_ascent);
    a->store = st;
    MDB_txn *reader = store_reader(st);
    int code = reader ? mdb_cursor_open(reader, st->dbi, &a->stored) : 0;
    if (code != 0)
        state_fail(st->owner, code);
    st->is_looked_up |= st->run_count > 0;
    st->is_searched |= a->stored != NULL;
    return a;
}

void store_ascent_close(store_ascent *a) {
    if (a->stored)
        mdb_cursor_close(a->stored);
    memory_free(a);
}

/* NULL: the runs say nothing about the key. */
static const unread_change *find_in_runs(store_ascent *a, slice key) {
    for (int i = a->store->run_count - 1; i >= 0; i--) {
        const run *r = a->store->runs[i];
        size_t at = a->at[i] = run_seek(r, a->at[i], key);
        if (at < r->changes.count && slice_equal(unread_key(r->changes.changes[at]), key))
            return r->changes.changes[at];
    }
    return NULL;
}

slice store_ascent_get(store_ascent *a, slice key) {
    const overlay_entry *e = overlay_find(&a->store->changes, key);
    if (e)
        return overlay_value(e);
    const unread_change *c = find_in_runs(a, key);
    if (c)
        return unread_value(c);
    if (!a->stored)
        return (slice){NULL, 0};
    int code;
    slice value = stored_get_near(a->stored, key, &code);
    if (code != 0)
        state_fail(a->store->owner, code);
    return value;
}
