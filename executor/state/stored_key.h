/* stored_key.h - keys as LMDB takes them: 1 to 511 bytes, in the same order. Private to
 * executor/state.
 *
 * - Up to 495 bytes a key is stored as it is, except that keys of nothing but zero bytes (the empty
 *   one among them) get one more zero byte.
 * - A longer key is stored as its first 495 bytes and 16 bytes of hash; the value then starts with
 * the whole key's length (4 bytes) and the whole key. Such keys with equal prefixes stand together
 * but unordered: whoever walks sorts each such group.
 */
#ifndef SLUICE_EXECUTOR_STATE_STORED_KEY_H
#define SLUICE_EXECUTOR_STATE_STORED_KEY_H

#include <lmdb.h>

#include "base/slice.h"

enum { STORED_KEY_PREFIX = 495, STORED_KEY_LONG = 511 };

/* The stored form; `room` is used when it differs from the key. */
MDB_val stored_key_make(slice key, char room[STORED_KEY_LONG]);
static inline bool stored_key_is_long(size_t stored_length) {
    return stored_length == STORED_KEY_LONG;
}
/* Whole key and value of an entry as stored. False when it is damaged. */
bool stored_key_read(MDB_val stored_key, MDB_val stored_value, slice *key, slice *value);

/* mdb_dbi_open, with a comparison of keys that is LMDB's own order and takes less time. */
int stored_database_open(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi);

/* Puts or (NULL data) deletes, through a cursor of a write transaction. `flags`: 0 or MDB_APPEND.
 * Returns LMDB's code; deleting what is not there is fine. */
int stored_put(MDB_cursor *to, slice key, slice value, unsigned flags);
/* The NULL slice when absent; `code` is LMDB's, 0 also when absent. */
slice stored_get(MDB_txn *txn, MDB_dbi dbi, slice key, int *code);
/* The same through a cursor, for which a key on the page where it stands is near. */
slice stored_get_near(MDB_cursor *at, slice key, int *code);

/* Walks a named database in the order of the whole keys. */
typedef struct stored_pair {
    slice key, value;
} stored_pair;

typedef struct stored_walk {
    MDB_cursor *cursor; /* the caller's */
    stored_pair *group; /* long keys with one prefix, sorted */
    size_t group_count, group_next, group_capacity;
    bool at_entry; /* the cursor stands on an entry that was not given yet */
    bool ended;    /* there is none behind the group */
    int code;      /* LMDB's, when a walk ended for another reason than the end */
} stored_walk;

void stored_walk_start(stored_walk *w, slice from);
bool stored_walk_next(stored_walk *w, stored_pair *pair);
void stored_walk_free(stored_walk *w);

#endif
