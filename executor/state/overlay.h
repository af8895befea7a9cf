/* overlay.h - the changed (and recently used) entries of one store, in memory. Private to
 * executor/state.
 *
 * Point lookups go through a hash table. The first ordered walk also links the entries into a skip
 * list; later ones bring it up to date. So stores that are only looked up never pay for order, and
 * many changes between two walks are sorted at once. An entry without a value hides what is
 * committed under its key.
 *
 * An entry is clean (equal to what is committed), dirty (changed), or flushed (changed, and handed
 * to the changelog). Entries are only taken out by commit, rollback and evict: until then pointers
 * to them stay valid. With `keeps_committed` there is nothing beneath: the overlay itself remembers
 * what a changed entry's committed value was.
 */
#ifndef SLUICE_EXECUTOR_STATE_OVERLAY_H
#define SLUICE_EXECUTOR_STATE_OVERLAY_H

#include "base/slice.h"

enum { OVERLAY_CLEAN, OVERLAY_DIRTY, OVERLAY_FLUSHED };

typedef struct overlay_entry overlay_entry;

struct overlay_entry {
    uint64_t hash;
    char
        *value; /* NULL: deleted. Behind the key, or memory of its own once it outgrew that place */
    char *saved; /* the committed value of a changed entry, where it is kept; NULL: none */
    uint32_t key_length, value_length, value_capacity, saved_length;
    uint32_t generation; /* when it was last used */
    uint8_t state, height;
    bool own_value;        /* value memory is its own */
    bool in_flushed;       /* listed in overlay.flushed */
    overlay_entry *next[]; /* `height` of them, then the key's bytes, then room for the value */
};

typedef struct overlay_slot {
    uint64_t hash;
    overlay_entry *entry;
} overlay_slot;

typedef struct overlay_list {
    overlay_entry **entries;
    size_t count, capacity;
} overlay_list;

enum { OVERLAY_MAX_HEIGHT = 12 };

typedef struct overlay {
    overlay_slot *slots;
    size_t slot_count, count, live; /* live: entries with a value */
    overlay_list dirty,
        flushed;           /* in the order of their first change; may hold entries no longer so */
    overlay_list unlinked; /* entries that the ordered list does not have yet */
    overlay_entry *head[OVERLAY_MAX_HEIGHT];
    bool ordered, keeps_committed;
    bool is_walked; /* was walked at some time */
    uint32_t generation, random;
    int64_t bytes;
} overlay;

void overlay_initialize(overlay *o, bool keeps_committed);
void overlay_destroy(overlay *o);

static inline slice overlay_key(const overlay_entry *e) {
    return slice_make((const char *)&e->next[e->height], e->key_length);
}
/* The NULL slice when deleted. */
static inline slice overlay_value(const overlay_entry *e) {
    return slice_make(e->value, e->value ? e->value_length : 0);
}

overlay_entry *overlay_find(overlay *o, slice key);
overlay_entry *overlay_find_hashed(overlay *o, slice key, uint64_t hash);
/* Has the slot (step 0), then its entry (step 1) fetched into the caches. */
void overlay_fetch(const overlay *o, uint64_t hash, int step);
/* Sets a key's value (NULL data: deletes it). `state` is OVERLAY_DIRTY or OVERLAY_FLUSHED. */
void overlay_set(overlay *o, slice key, slice value, uint8_t state);
/* The first entry with a key >= `from`, NULL when there is none; then follow next[0]. */
overlay_entry *overlay_seek(overlay *o, slice from);

/* Dirty entries become flushed. */
void overlay_mark_flushed(overlay *o);
/* Flushed entries become clean; those without a value are taken out. */
void overlay_commit(overlay *o);
/* Changed entries get their committed value back or are taken out. */
void overlay_rollback(overlay *o);
/* Takes out clean entries: those not used lately, or all of them. */
void overlay_evict(overlay *o, bool all);

#endif
