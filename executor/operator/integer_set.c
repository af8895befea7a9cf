/* Linear probing, at most three quarters full. Entries leave in sweeps only, which rebuild the
 * table, so there are no tombstones. */
#include "executor/operator/integer_set.h"

#include <assert.h>

#include "base/memory.h"

enum { FIRST_PLACES = 1024 };

void integer_set_open(integer_set *s) {
    *s = (integer_set){.mask = FIRST_PLACES - 1};
    s->places = memory_allocate_zero(sizeof *s->places * FIRST_PLACES);
}

void integer_set_close(integer_set *s) {
    memory_free(s->places);
    memory_free(s->dirty);
    *s = (integer_set){0};
}

static uint64_t free_place(const seen_integer *places, uint64_t mask, uint64_t hash) {
    uint64_t at = hash & mask;
    while (places[at].is_taken)
        at = (at + 1) & mask;
    return at;
}

static void list_dirty(integer_set *s, uint64_t place) {
    if (s->dirty_count == s->dirty_capacity) {
        s->dirty_capacity = s->dirty_capacity ? s->dirty_capacity * 2 : 256;
        s->dirty = memory_resize(s->dirty, sizeof *s->dirty * (size_t)s->dirty_capacity);
    }
    s->dirty[s->dirty_count++] = (uint32_t)place;
}

/* Dirty entries are listed anew, by their new places. */
static void rebuild(integer_set *s, uint64_t place_count) {
    assert(place_count <= UINT32_MAX);
    seen_integer *old = s->places;
    uint64_t old_mask = s->mask;
    s->places = memory_allocate_zero(sizeof *s->places * place_count);
    s->mask = place_count - 1;
    s->dirty_count = 0;
    for (uint64_t i = 0; i <= old_mask; i++) {
        if (!old[i].is_taken)
            continue;
        uint64_t at = free_place(s->places, s->mask, integer_set_hash(old[i].value, old[i].id));
        s->places[at] = old[i];
        if (old[i].is_dirty)
            list_dirty(s, at);
    }
    memory_free(old);
}

seen_integer *integer_set_add(integer_set *s, uint64_t hash, int64_t value, int64_t id) {
    if ((uint64_t)(s->count + 1) * 4 > (s->mask + 1) * 3)
        rebuild(s, (s->mask + 1) * 2);
    seen_integer *e = &s->places[free_place(s->places, s->mask, hash)];
    *e = (seen_integer){.value = value, .id = id, .is_taken = true};
    s->count++;
    return e;
}

void integer_set_mark(integer_set *s, seen_integer *e) {
    if (!e->is_dirty)
        list_dirty(s, (uint64_t)(e - s->places));
    e->is_dirty = true;
}

int64_t integer_set_bytes(const integer_set *s) {
    return (int64_t)(sizeof *s->places * (s->mask + 1));
}

void integer_set_sweep(
    integer_set *s, bool (*leaves)(void *context, seen_integer *e), void *context) {
    assert(s->dirty_count == 0);
    for (uint64_t i = 0; i <= s->mask; i++) {
        seen_integer *e = &s->places[i];
        if (!e->is_taken || !leaves(context, e))
            continue;
        e->is_taken = false;
        s->count--;
    }
    uint64_t place_count = FIRST_PLACES;
    while ((uint64_t)s->count * 2 > place_count)
        place_count *= 2;
    rebuild(s, place_count);
}
