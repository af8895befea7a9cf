/* unread.h - changes of one store that nobody reads before the commit. Private to executor/state.
 *
 * They are kept in the order of their coming, a key as often as it comes; the last one counts.
 */
#ifndef SLUICE_EXECUTOR_STATE_UNREAD_H
#define SLUICE_EXECUTOR_STATE_UNREAD_H

#include "base/slice.h"

/* Instead of the length of a key: the change is long. Instead of that of a value: it deletes. */
enum { UNREAD_LONG = 255, UNREAD_DELETES = 255 };

/* There may be millions, most of them short. A long one has its lengths in `bytes`, four bytes
 * each, in front of the key. */
typedef struct unread_change {
    uint8_t key_length, value_length;
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

static inline uint32_t unread_long_length(const unread_change *c, int which) {
    uint32_t length;
    memcpy(&length, c->bytes + which * (int)sizeof length, sizeof length);
    return length;
}

static inline slice unread_key(const unread_change *c) {
    if (c->key_length != UNREAD_LONG)
        return slice_make(c->bytes, c->key_length);
    return slice_make(c->bytes + 2 * sizeof(uint32_t), unread_long_length(c, 0));
}

/* The NULL slice when deleted. */
static inline slice unread_value(const unread_change *c) {
    slice key = unread_key(c);
    if (c->value_length == UNREAD_DELETES)
        return (slice){NULL, 0};
    bool is_long = c->key_length == UNREAD_LONG;
    return slice_make(key.data + key.length, is_long ? unread_long_length(c, 1) : c->value_length);
}

/* It has no value any more. */
static inline void unread_delete(unread_change *c) {
    c->value_length = UNREAD_DELETES;
}

/* What a change takes. */
static inline size_t unread_change_bytes(const unread_change *c) {
    slice key = unread_key(c);
    return (size_t)(key.data + key.length - (const char *)c) + unread_value(c).length;
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
