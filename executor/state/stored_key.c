#include "executor/state/stored_key.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"

static bool is_zeros(const char *data, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (data[i])
            return false;
    return true;
}

MDB_val stored_key_make(slice key, char room[STORED_KEY_LONG]) {
    if (key.length > STORED_KEY_PREFIX) {
        memcpy(room, key.data, STORED_KEY_PREFIX);
        XXH128_canonical_t hash;
        XXH128_canonicalFromHash(&hash, XXH3_128bits(key.data, key.length));
        memcpy(room + STORED_KEY_PREFIX, hash.digest, sizeof hash.digest);
        return (MDB_val){STORED_KEY_LONG, room};
    }
    if (is_zeros(key.data, key.length)) {
        memset(room, 0, key.length + 1);
        return (MDB_val){key.length + 1, room};
    }
    return (MDB_val){key.length, (void *)(uintptr_t)key.data};
}

bool stored_key_read(MDB_val stored_key, MDB_val stored_value, slice *key, slice *value) {
    *key = slice_make(stored_key.mv_data, stored_key.mv_size);
    *value = slice_make(stored_value.mv_data, stored_value.mv_size);
    if (!stored_key_is_long(key->length)) {
        if (is_zeros(key->data, key->length))
            key->length--;
        return true;
    }
    uint32_t length;
    if (value->length < sizeof length)
        return false;
    memcpy(&length, value->data, sizeof length);
    if (value->length - sizeof length < length)
        return false;
    *key = slice_make(value->data + sizeof length, length);
    *value = slice_make(key->data + length, value->length - sizeof length - length);
    return true;
}

static int compare_keys(const MDB_val *a, const MDB_val *b) {
    return slice_compare(slice_make(a->mv_data, a->mv_size), slice_make(b->mv_data, b->mv_size));
}

int stored_database_open(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi) {
    int code = mdb_dbi_open(txn, name, flags, dbi);
    return code ? code : mdb_set_compare(txn, *dbi, compare_keys);
}

static int delete_at(MDB_cursor *to, MDB_val *stored_key) {
    int code = mdb_cursor_get(to, stored_key, NULL, MDB_SET);
    if (code == 0)
        code = mdb_cursor_del(to, 0);
    return code == MDB_NOTFOUND ? 0 : code;
}

int stored_put(MDB_cursor *to, slice key, slice value, unsigned flags) {
    char room[STORED_KEY_LONG];
    MDB_val stored_key = stored_key_make(key, room);
    if (!value.data)
        return delete_at(to, &stored_key);
    if (!stored_key_is_long(stored_key.mv_size)) {
        MDB_val stored_value = {value.length, (void *)(uintptr_t)value.data};
        return mdb_cursor_put(to, &stored_key, &stored_value, flags);
    }
    uint32_t length = (uint32_t)key.length;
    MDB_val stored_value = {sizeof length + key.length + value.length, NULL};
    int code = mdb_cursor_put(to, &stored_key, &stored_value, MDB_RESERVE | flags);
    if (code == 0) {
        char *place = stored_value.mv_data;
        memcpy(place, &length, sizeof length);
        memcpy(place + sizeof length, key.data, key.length);
        memcpy(place + sizeof length + key.length, value.data, value.length);
    }
    return code;
}

/* What was found under the stored key of `key`; `code` is that of the search. */
static slice value_found(slice key, MDB_val stored_key, MDB_val stored_value, int *code) {
    if (*code != 0) {
        if (*code == MDB_NOTFOUND)
            *code = 0;
        return (slice){NULL, 0};
    }
    slice whole, value;
    if (!stored_key_read(stored_key, stored_value, &whole, &value)) {
        *code = MDB_CORRUPTED;
        return (slice){NULL, 0};
    }
    if (stored_key_is_long(stored_key.mv_size) && !slice_equal(whole, key))
        return (slice){NULL, 0};
    return value;
}

slice stored_get(MDB_txn *txn, MDB_dbi dbi, slice key, int *code) {
    char room[STORED_KEY_LONG];
    MDB_val stored_key = stored_key_make(key, room), stored_value;
    *code = mdb_get(txn, dbi, &stored_key, &stored_value);
    return value_found(key, stored_key, stored_value, code);
}

slice stored_get_near(MDB_cursor *at, slice key, int *code) {
    char room[STORED_KEY_LONG];
    MDB_val stored_key = stored_key_make(key, room), stored_value;
    *code = mdb_cursor_get(at, &stored_key, &stored_value, MDB_SET);
    return value_found(key, stored_key, stored_value, code);
}

/* ---- walking ---- */

static bool step(stored_walk *w, MDB_val *key, MDB_val *value, MDB_cursor_op operation) {
    int code = mdb_cursor_get(w->cursor, key, value, operation);
    if (code != 0 && code != MDB_NOTFOUND)
        w->code = code;
    w->at_entry = code == 0;
    w->ended = code != 0;
    return w->at_entry;
}

void stored_walk_start(stored_walk *w, slice from) {
    w->group_count = w->group_next = 0;
    w->code = 0;
    char room[STORED_KEY_LONG];
    slice start = from;
    if (start.length > STORED_KEY_PREFIX) /* the first of its group; smaller keys are passed over */
        start.length = STORED_KEY_PREFIX;
    MDB_val key = stored_key_make(start, room), value;
    if (!step(w, &key, &value, MDB_SET_RANGE) || from.length <= STORED_KEY_PREFIX)
        return;
    stored_pair pair;
    do {
        if (!stored_walk_next(w, &pair))
            return;
    } while (slice_compare(pair.key, from) < 0);
    if (w->group_count)
        w->group_next--;
    else
        w->at_entry = true;
}

static int compare_pairs(const void *a, const void *b) {
    return slice_compare(((const stored_pair *)a)->key, ((const stored_pair *)b)->key);
}

static void group_add(stored_walk *w, stored_pair pair) {
    if (w->group_count == w->group_capacity) {
        w->group_capacity = w->group_capacity ? w->group_capacity * 2 : 8;
        w->group = memory_resize(w->group, sizeof pair * w->group_capacity);
    }
    w->group[w->group_count++] = pair;
}

/* Collects the long keys that share the prefix of the current one and leaves the cursor behind
 * them. */
static bool read_group(stored_walk *w, MDB_val key, MDB_val value) {
    const char *prefix = key.mv_data;
    w->group_count = w->group_next = 0;
    do {
        stored_pair pair;
        if (!stored_key_read(key, value, &pair.key, &pair.value)) {
            w->code = MDB_CORRUPTED;
            return false;
        }
        group_add(w, pair);
        step(w, &key, &value, MDB_NEXT);
    } while (w->at_entry && stored_key_is_long(key.mv_size) &&
             memcmp(key.mv_data, prefix, STORED_KEY_PREFIX) == 0);
    qsort(w->group, w->group_count, sizeof *w->group, compare_pairs);
    return true;
}

bool stored_walk_next(stored_walk *w, stored_pair *pair) {
    if (w->group_next < w->group_count) {
        *pair = w->group[w->group_next++];
        return true;
    }
    w->group_count = w->group_next = 0;
    MDB_val key, value;
    /* A walk that gave an entry stands on it; one that did not must not step over it. */
    if (w->ended || !step(w, &key, &value, w->at_entry ? MDB_GET_CURRENT : MDB_NEXT))
        return false;
    w->at_entry = false;
    if (stored_key_is_long(key.mv_size)) {
        if (!read_group(w, key, value))
            return false;
        *pair = w->group[w->group_next++];
        return true;
    }
    if (!stored_key_read(key, value, &pair->key, &pair->value)) {
        w->code = MDB_CORRUPTED;
        return false;
    }
    return true;
}

void stored_walk_free(stored_walk *w) {
    memory_free(w->group);
    w->group = NULL;
    w->group_count = w->group_next = w->group_capacity = 0;
}
