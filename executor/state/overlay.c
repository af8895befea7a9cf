/* The hash table is open addressing with linear probing and backward-shift removal, at most 2/3
 * full; slots carry the hash, so a probe rarely touches an entry that is not the one. The skip
 * list's towers stand inside the entries (height 1 with probability 3/4, and so on), so a
 * comparison and the next pointer share a cache line. A lookup or update costs one hash and about
 * one cache miss. Entries that come after the list was made wait in `unlinked` until the next walk
 * begins: a few are then linked one by one, for about log n comparisons each; many are sorted
 * together with the rest. */
#include "executor/state/overlay.h"

#include <assert.h>

#include "base/memory.h"
#include "executor/state/key_sort.h"

void overlay_initialize(overlay *o, bool keeps_committed) {
    *o = (overlay){.keeps_committed = keeps_committed, .random = 0x9E3779B9};
}

static int64_t entry_bytes(const overlay_entry *e) {
    return (int64_t)(sizeof *e + sizeof e->next[0] * e->height + e->key_length + e->value_capacity +
                     e->saved_length + 16);
}

static void entry_free(overlay *o, overlay_entry *e) {
    o->bytes -= entry_bytes(e);
    o->live -= e->value != NULL;
    if (e->own_value)
        memory_free(e->value);
    memory_free(e->saved);
    memory_free(e);
}

void overlay_destroy(overlay *o) {
    for (size_t i = 0; i < o->slot_count; i++)
        if (o->slots[i].entry)
            entry_free(o, o->slots[i].entry);
    memory_free(o->slots);
    memory_free(o->dirty.entries);
    memory_free(o->flushed.entries);
    memory_free(o->unlinked.entries);
}

static void list_add(overlay_list *list, overlay_entry *e) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->entries = memory_resize(list->entries, sizeof e * list->capacity);
    }
    list->entries[list->count++] = e;
}

/* ---- hash table ---- */

static size_t find_slot(const overlay *o, slice key, uint64_t hash) {
    size_t mask = o->slot_count - 1, i = hash & mask;
    while (o->slots[i].entry &&
           (o->slots[i].hash != hash || !slice_equal(overlay_key(o->slots[i].entry), key)))
        i = (i + 1) & mask;
    return i;
}

static void grow_slots(overlay *o) {
    overlay_slot *old = o->slots;
    size_t old_count = o->slot_count;
    o->slot_count = old_count ? old_count * 2 : 64;
    o->slots = memory_allocate_zero(sizeof *o->slots * o->slot_count);
    size_t mask = o->slot_count - 1;
    for (size_t j = 0; j < old_count; j++) {
        if (!old[j].entry)
            continue;
        size_t i = old[j].hash & mask;
        while (o->slots[i].entry)
            i = (i + 1) & mask;
        o->slots[i] = old[j];
    }
    memory_free(old);
}

static void remove_slot(overlay *o, const overlay_entry *e) {
    size_t mask = o->slot_count - 1, i = e->hash & mask;
    while (o->slots[i].entry != e)
        i = (i + 1) & mask;
    o->slots[i].entry = NULL;
    for (size_t j = (i + 1) & mask; o->slots[j].entry; j = (j + 1) & mask) {
        size_t home = o->slots[j].hash & mask;
        if (((j - home) & mask) < ((j - i) & mask))
            continue; /* it is nearer to its home than the hole is */
        o->slots[i] = o->slots[j];
        o->slots[j].entry = NULL;
        i = j;
    }
    o->count--;
}

void overlay_fetch(const overlay *o, uint64_t hash, int step) {
    if (!o->slot_count)
        return;
    size_t mask = o->slot_count - 1, i = hash & mask;
    if (step == 0) {
        memory_prefetch(&o->slots[i]);
        return;
    }
    while (o->slots[i].entry && o->slots[i].hash != hash)
        i = (i + 1) & mask;
    const overlay_entry *e = o->slots[i].entry;
    if (e) {
        memory_prefetch(e);
        memory_prefetch((const char *)e + 64);
    }
}

overlay_entry *overlay_find(overlay *o, slice key) {
    return o->count ? overlay_find_hashed(o, key, slice_hash(key)) : NULL;
}

overlay_entry *overlay_find_hashed(overlay *o, slice key, uint64_t hash) {
    if (!o->count)
        return NULL;
    overlay_entry *e = o->slots[find_slot(o, key, hash)].entry;
    if (e && e->generation != o->generation)
        e->generation = o->generation;
    return e;
}

/* ---- sorting ---- */

static slice key_of_entry(const void *entry) {
    return overlay_key(entry);
}

static void sort_entries(overlay_entry **entries, size_t count) {
    key_sort((void **)entries, count, key_of_entry);
}

/* ---- skip list ---- */

/* Fills `links` with the place on each level where `key` belongs: the pointer to the first entry >=
 * it. */
static void find_links(overlay *o, slice key, overlay_entry **links[OVERLAY_MAX_HEIGHT]) {
    overlay_entry **level = o->head; /* the tower we stand on */
    for (int i = OVERLAY_MAX_HEIGHT - 1; i >= 0; i--) {
        while (level[i] && slice_compare(overlay_key(level[i]), key) < 0)
            level = level[i]->next;
        links[i] = &level[i];
    }
}

static void link_entry(overlay *o, overlay_entry *e) {
    overlay_entry **links[OVERLAY_MAX_HEIGHT];
    find_links(o, overlay_key(e), links);
    for (int i = 0; i < e->height; i++) {
        e->next[i] = *links[i];
        *links[i] = e;
    }
}

static void unlink_entry(overlay *o, overlay_entry *e) {
    overlay_entry **links[OVERLAY_MAX_HEIGHT];
    find_links(o, overlay_key(e), links);
    for (int i = 0; i < e->height; i++)
        if (*links[i] == e)
            *links[i] = e->next[i];
}

/* Links all entries at once. */
static void build_order(overlay *o) {
    overlay_entry **all = memory_allocate(sizeof *all * o->count);
    size_t count = 0;
    for (size_t i = 0; i < o->slot_count; i++)
        if (o->slots[i].entry)
            all[count++] = o->slots[i].entry;
    sort_entries(all, count);
    overlay_entry **tails[OVERLAY_MAX_HEIGHT];
    for (int i = 0; i < OVERLAY_MAX_HEIGHT; i++)
        tails[i] = &o->head[i];
    for (size_t j = 0; j < count; j++)
        for (int i = 0; i < all[j]->height; i++) {
            *tails[i] = all[j];
            tails[i] = &all[j]->next[i];
        }
    for (int i = 0; i < OVERLAY_MAX_HEIGHT; i++)
        *tails[i] = NULL;
    memory_free(all);
    o->unlinked.count = 0;
    o->ordered = true;
}

/* Brings the list up to date. */
static void link_new(overlay *o) {
    if (!o->ordered || o->unlinked.count > 16 + o->count / 4) {
        build_order(o);
        return;
    }
    for (size_t i = 0; i < o->unlinked.count; i++)
        link_entry(o, o->unlinked.entries[i]);
    o->unlinked.count = 0;
}

/* Before entries are taken out. Where nearly all of them will be, the next walk makes a new list.
 */
static void settle_order(overlay *o) {
    if (!o->ordered)
        return;
    if (o->keeps_committed) {
        link_new(o);
        return;
    }
    memset(o->head, 0, sizeof o->head);
    o->unlinked.count = 0;
    o->ordered = false;
}

overlay_entry *overlay_seek(overlay *o, slice from) {
    o->is_walked = true;
    if (!o->ordered || o->unlinked.count)
        link_new(o);
    overlay_entry **links[OVERLAY_MAX_HEIGHT];
    find_links(o, from, links);
    return *links[0];
}

/* ---- changing ---- */

static uint8_t random_height(overlay *o) {
    o->random ^= o->random << 13;
    o->random ^= o->random >> 17;
    o->random ^= o->random << 5;
    uint32_t bits = o->random;
    uint8_t height = 1;
    while (height < OVERLAY_MAX_HEIGHT && (bits & 3) == 0) {
        height++;
        bits >>= 2;
    }
    return height;
}

static overlay_entry *insert(overlay *o, slice key, uint64_t hash, slice value) {
    if ((o->count + 1) * 3 > o->slot_count * 2)
        grow_slots(o);
    uint8_t height = random_height(o);
    size_t room = (value.length + 15) & ~(size_t)7;
    size_t fixed = sizeof(overlay_entry) + sizeof(overlay_entry *) * height + key.length;
    overlay_entry *e = memory_allocate(fixed + room);
    *e = (overlay_entry){.hash = hash,
        .height = height,
        .key_length = (uint32_t)key.length,
        .value_capacity = (uint32_t)room};
    if (key.length)
        memcpy(&e->next[height], key.data, key.length);
    o->slots[find_slot(o, key, hash)] = (overlay_slot){hash, e};
    o->count++;
    o->bytes += entry_bytes(e);
    if (o->ordered)
        list_add(&o->unlinked, e);
    return e;
}

static char *inline_value(overlay_entry *e) {
    return (char *)&e->next[e->height] + e->key_length;
}

/* `value` may point into the entry itself. */
static void set_value(overlay *o, overlay_entry *e, slice value) {
    o->live -= e->value != NULL;
    if (!value.data) {
        if (e->own_value) {
            memory_free(e->value);
            e->own_value = false;
            o->bytes -= e->value_capacity;
            e->value_capacity = 0; /* the place behind the key is small; it is not used again */
        }
        e->value = NULL;
        return;
    }
    o->live++;
    if (value.length > e->value_capacity || (!e->value && !e->value_capacity)) {
        size_t capacity = value.length + value.length / 2 + 8;
        char *memory = memory_allocate(capacity);
        memcpy(memory, value.data, value.length);
        if (e->own_value)
            memory_free(e->value);
        e->value = memory;
        e->own_value = true;
        o->bytes += (int64_t)capacity - e->value_capacity;
        e->value_capacity = (uint32_t)capacity;
    } else {
        if (!e->value)
            e->value = inline_value(e);
        memmove(e->value, value.data, value.length);
    }
    e->value_length = (uint32_t)value.length;
}

static void save_committed(overlay *o, overlay_entry *e) {
    if (!e->value)
        return;
    e->saved = memory_allocate(e->value_length);
    memcpy(e->saved, e->value, e->value_length);
    e->saved_length = e->value_length;
    o->bytes += e->saved_length;
}

static void forget_committed(overlay *o, overlay_entry *e) {
    o->bytes -= e->saved_length;
    memory_free(e->saved);
    e->saved = NULL;
    e->saved_length = 0;
}

void overlay_set(overlay *o, slice key, slice value, uint8_t state) {
    assert(value.length < UINT32_MAX / 2 && key.length < UINT32_MAX / 2);
    uint64_t hash = slice_hash(key);
    overlay_entry *e = o->count ? o->slots[find_slot(o, key, hash)].entry : NULL;
    if (!e)
        e = insert(o, key, hash, value);
    else if (e->state == OVERLAY_CLEAN && o->keeps_committed)
        save_committed(o, e);
    e->generation = o->generation;
    set_value(o, e, value);
    if (state == OVERLAY_DIRTY && e->state != OVERLAY_DIRTY)
        list_add(&o->dirty, e);
    if (state == OVERLAY_FLUSHED && !e->in_flushed) {
        list_add(&o->flushed, e);
        e->in_flushed = true;
    }
    e->state = state;
}

/* ---- commit, rollback, evict ---- */

static void remove_entry(overlay *o, overlay_entry *e) {
    if (o->ordered)
        unlink_entry(o, e);
    remove_slot(o, e);
    entry_free(o, e);
}

void overlay_mark_flushed(overlay *o) {
    for (size_t i = 0; i < o->dirty.count; i++) {
        overlay_entry *e = o->dirty.entries[i];
        if (e->state != OVERLAY_DIRTY)
            continue;
        e->state = OVERLAY_FLUSHED;
        if (!e->in_flushed)
            list_add(&o->flushed, e);
        e->in_flushed = true;
    }
    o->dirty.count = 0;
}

void overlay_commit(overlay *o) {
    settle_order(o);
    for (size_t i = 0; i < o->flushed.count; i++) {
        overlay_entry *e = o->flushed.entries[i];
        e->in_flushed = false;
        if (e->state != OVERLAY_FLUSHED)
            continue; /* changed again since it was flushed */
        forget_committed(o, e);
        e->state = OVERLAY_CLEAN;
        if (!e->value)
            remove_entry(o, e);
    }
    o->flushed.count = 0;
    o->generation++;
}

static void roll_back_entry(overlay *o, overlay_entry *e) {
    if (!e->saved) {
        remove_entry(o, e);
        return;
    }
    set_value(o, e, slice_make(e->saved, e->saved_length));
    forget_committed(o, e);
    e->state = OVERLAY_CLEAN;
}

void overlay_rollback(overlay *o) {
    settle_order(o);
    /* An entry may be in both lists: it is handled with the dirty ones when it is dirty. */
    size_t kept = 0;
    for (size_t i = 0; i < o->flushed.count; i++) {
        overlay_entry *e = o->flushed.entries[i];
        e->in_flushed = false;
        if (e->state == OVERLAY_FLUSHED)
            o->flushed.entries[kept++] = e;
    }
    size_t dirty = 0;
    for (size_t i = 0; i < o->dirty.count; i++) {
        overlay_entry *e = o->dirty.entries[i];
        if (e->state != OVERLAY_DIRTY)
            continue;
        e->state = OVERLAY_CLEAN; /* so that it is taken once, however often it is listed */
        o->dirty.entries[dirty++] = e;
    }
    for (size_t i = 0; i < kept; i++)
        roll_back_entry(o, o->flushed.entries[i]);
    for (size_t i = 0; i < dirty; i++)
        roll_back_entry(o, o->dirty.entries[i]);
    o->flushed.count = o->dirty.count = 0;
}

static bool is_cold(const overlay *o, const overlay_entry *e, bool all) {
    return e->state == OVERLAY_CLEAN && !e->in_flushed &&
           (all || o->generation - e->generation > 1);
}

void overlay_evict(overlay *o, bool all) {
    assert(!o->keeps_committed);
    settle_order(o);
    overlay_slot *old = o->slots;
    size_t old_count = o->slot_count, kept = 0;
    for (size_t i = 0; i < old_count; i++) {
        overlay_entry *e = old[i].entry;
        if (!e)
            continue;
        if (is_cold(o, e, all))
            entry_free(o, e);
        else
            old[kept++] = old[i];
    }
    /* About as many will come again. */
    size_t expected = kept > o->count / 2 ? kept : o->count / 2;
    o->slot_count = 64;
    while (expected * 3 > o->slot_count * 2 - 3)
        o->slot_count *= 2;
    o->slots = memory_allocate_zero(sizeof *o->slots * o->slot_count);
    for (size_t j = 0; j < kept; j++) {
        size_t i = old[j].hash & (o->slot_count - 1);
        while (o->slots[i].entry)
            i = (i + 1) & (o->slot_count - 1);
        o->slots[i] = old[j];
    }
    o->count = kept;
    memory_free(old);
}
