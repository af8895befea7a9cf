/* unread.h - changes of one store that nobody reads before the commit. Private to executor/state.
 *
 * They are kept in the order of their coming, a key as often as it comes; the last one counts.
 */
#ifndef SLUICE_EXECUTOR_STATE_UNREAD_H
#define SLUICE_EXECUTOR_STATE_UNREAD_H

#include "base/slice.h"

#define UNREAD_DELETED UINT32_MAX

typedef struct unread_change {
    uint32_t key_length, value_length; /* UNREAD_DELETED: it has none */
    char bytes[];                      /* the key, then the value */
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
    if (c->value_length == UNREAD_DELETED)
        return (slice){NULL, 0};
    return slice_make(c->bytes + c->key_length, c->value_length);
}

/* What a change takes, so that those behind it are aligned. */
static inline size_t unread_change_bytes(const unread_change *c) {
    size_t value = c->value_length == UNREAD_DELETED ? 0 : c->value_length;
    return (sizeof *c + c->key_length + value + 3) & ~(size_t)3;
}

void unread_add(unread *u, slice key, slice value);
/* Changes of `from` come behind those of `u`; `from` is empty then. */
void unread_join(unread *u, unread *from);
/* Puts the changes in the order of their keys; those of one key stay in their order. */
void unread_sort(unread *u);
/* Gives back what is not used of the list. */
void unread_shrink(unread *u);
void unread_clear(unread *u); /* and frees all memory */

#endif
