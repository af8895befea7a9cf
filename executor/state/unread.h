/* unread.h - changes of one store that nobody reads before the commit. Private to executor/state.
 *
 * They are kept in the order of their coming, a key as often as it comes; the last one counts.
 */
#ifndef SLUICE_EXECUTOR_STATE_UNREAD_H
#define SLUICE_EXECUTOR_STATE_UNREAD_H

#include "base/slice.h"

typedef struct unread_change {
    uint32_t key_length, value_length;
    bool is_deleted;
    char bytes[]; /* the key, then the value */
} unread_change;

typedef struct unread_block unread_block;

typedef struct unread {
    unread_block *first, *last;
    unread_change **changes;
    size_t count, capacity;
    size_t flushed; /* of them were handed to the changelog */
    int64_t bytes;
} unread;

static inline slice unread_key(const unread_change *c) {
    return slice_make(c->bytes, c->key_length);
}
/* The NULL slice when deleted. */
static inline slice unread_value(const unread_change *c) {
    return c->is_deleted ? (slice){NULL, 0} : slice_make(c->bytes + c->key_length, c->value_length);
}

void unread_add(unread *u, slice key, slice value);
/* Puts the changes in the order of their keys; those of one key stay in their order. */
void unread_sort(unread *u);
void unread_clear(unread *u); /* and frees all memory */

#endif
