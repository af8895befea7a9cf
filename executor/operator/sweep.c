#include "executor/operator/sweep.h"

enum { LEAST_ENTRIES = 256 };

void sweep_run(sweep *s, store *st, slice first, slice end,
    void (*visit)(void *context, slice key, slice value), void *context) {
    slice key, value;
    bool more = true;
    store_cursor *c = store_cursor_open(st, s->at.length ? buffer_slice(&s->at) : first, end);
    for (int64_t left = 2 * s->came + LEAST_ENTRIES;
         left > 0 && (more = store_cursor_next(c, &key, &value)); left--) {
        buffer_clear(&s->at);
        buffer_append(&s->at, key);
        visit(context, buffer_slice(&s->at), value);
        buffer_append_byte(&s->at, 0); /* right behind it */
    }
    store_cursor_close(c);
    if (!more)
        buffer_clear(&s->at);
    s->came = 0;
}

void sweep_close(sweep *s) {
    buffer_free(&s->at);
}
