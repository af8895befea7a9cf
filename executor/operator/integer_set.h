/* integer_set.h - integers that groups have seen, for their DISTINCT calls (distinct_sets.h).
 *
 * An entry is a group's id, an integer, and a bit for each call that has counted it; it stands in
 * the table itself. So an integer of a group costs 24 bytes and the table's free places, where an
 * entry of the general table (group_table.h) costs 150. Entries move when the table grows: a
 * pointer to one is valid until the next integer_set_add. One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_INTEGER_SET_H
#define SLUICE_EXECUTOR_OPERATOR_INTEGER_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

typedef struct seen_integer {
    int64_t value, id; /* id: the group's */
    uint32_t calls;    /* bit i: the i-th call has counted it */
    bool is_taken;     /* not a free place */
    bool is_dirty, is_used;
} seen_integer;

enum { INTEGER_SET_CALLS = 32 };

typedef struct integer_set {
    seen_integer *places;
    uint64_t mask; /* places - 1 */
    int64_t count;
    uint32_t *dirty; /* places, in the order of their first change */
    int64_t dirty_count, dirty_capacity;
} integer_set;

void integer_set_open(integer_set *s);
void integer_set_close(integer_set *s);

static inline uint64_t integer_set_hash(int64_t value, int64_t id) {
    uint64_t h = (uint64_t)value * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)id;
    h = (h ^ h >> 32) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 29;
}

static inline void integer_set_prefetch(const integer_set *s, uint64_t hash) {
    memory_prefetch(&s->places[hash & s->mask]);
}

/* NULL when it is not there. */
static inline seen_integer *integer_set_find(
    const integer_set *s, uint64_t hash, int64_t value, int64_t id) {
    for (uint64_t at = hash & s->mask;; at = (at + 1) & s->mask) {
        seen_integer *e = &s->places[at];
        if (!e->is_taken)
            return (seen_integer *)0;
        if (e->value == value && e->id == id)
            return e;
    }
}

/* A new entry, which must not be there yet. No call has counted it. */
seen_integer *integer_set_add(integer_set *s, uint64_t hash, int64_t value, int64_t id);
void integer_set_mark(integer_set *s, seen_integer *e);
int64_t integer_set_bytes(const integer_set *s);
/* Drops the entries for which `leaves` is true. None may be dirty. */
void integer_set_sweep(
    integer_set *s, bool (*leaves)(void *context, seen_integer *e), void *context);

#endif
