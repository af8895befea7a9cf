/* Runs are walked one by one from front to back, and leave memory when they have been. */
#include "executor/state/pending.h"

#include "executor/state/spill.h"

enum { PENDING_BYTES = 4 << 20 };

void pending_take(store *st) {
    if (st->unread.bytes < PENDING_BYTES || st->is_looked_up || st->unread.flushed ||
        st->pending_count == PENDING_AT_MOST)
        return;
    st->pending[st->pending_count++] =
        spill_when_much(run_make(&st->unread), st->owner->environment.directory);
}

void pending_drop(store *st, bool (*leaves)(void *context, slice key), void *context) {
    for (int i = st->pending_flushed; i < st->pending_count; i++) {
        const unread *changes = &st->pending[i]->changes;
        for (size_t j = 0; j < changes->count; j++) {
            const unread_change *c = changes->changes[j];
            if (unread_value(c).data && leaves(context, unread_key(c)))
                unread_add(&st->unread, unread_key(c), (slice){NULL, 0});
        }
        spill_trim(st->pending[i]);
    }
}

bool pending_flush(
    store *st, bool (*changed)(void *, const state_change *, error *), void *context, error *e) {
    for (int i = st->pending_flushed; i < st->pending_count; i++) {
        if (!store_flush_unread(st, &st->pending[i]->changes, 0, changed, context, e))
            return false;
        spill_trim(st->pending[i]);
    }
    return true;
}

void pending_forget(store *st) {
    for (int i = 0; i < st->pending_count; i++)
        run_let_go(st->pending[i]);
    st->pending_count = st->pending_flushed = 0;
}
