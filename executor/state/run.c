/* The hash table holds numbers of changes (from 1) with eight bits of the hash above them, so that
 * a probe for a key that is not there rarely touches a change. Few are looked up in most stores, so
 * it is made when somebody asks. */
#include "executor/state/run.h"

#include <assert.h>
#include <sys/mman.h>

#include "base/memory.h"

enum { NUMBER_BITS = 24 };
#define NUMBER_MASK ((UINT32_C(1) << NUMBER_BITS) - 1)

static int64_t memory_bytes; /* atomic */

static void keep_last_of_key(unread *u) {
    size_t kept = 0;
    for (size_t i = 0; i < u->count; i++) {
        if (kept && slice_equal(unread_key(u->changes[kept - 1]), unread_key(u->changes[i])))
            kept--;
        u->changes[kept++] = u->changes[i];
    }
    u->count = kept;
}

static run *make_sorted(unread *u) {
    run *r = MEMORY_NEW(run);
    r->holders = 1;
    unread_shrink(u);
    r->changes = *u;
    *u = (unread){0};
    __atomic_add_fetch(&memory_bytes, r->changes.bytes, __ATOMIC_RELAXED);
    return r;
}

int64_t run_memory_bytes(void) {
    return __atomic_load_n(&memory_bytes, __ATOMIC_RELAXED);
}

run *run_mapped(void *map, size_t map_bytes, size_t bytes, size_t count) {
    run *r = MEMORY_NEW(run);
    *r = (run){.map = map, .map_bytes = map_bytes, .holders = 1};
    r->changes = (unread){.changes = map, .count = count, .bytes = (int64_t)bytes};
    return r;
}

run *run_make(unread *u) {
    unread_sort(u);
    keep_last_of_key(u);
    return make_sorted(u);
}

run *run_merge(const run *older, const run *newer) {
    unread merged = {0};
    size_t i = 0, j = 0, n = older->changes.count, m = newer->changes.count;
    while (i < n || j < m) {
        int order = i == n   ? 1
                    : j == m ? -1
                             : slice_compare(unread_key(older->changes.changes[i]),
                                   unread_key(newer->changes.changes[j]));
        const unread_change *c = order < 0 ? older->changes.changes[i] : newer->changes.changes[j];
        unread_add(&merged, unread_key(c), unread_value(c));
        i += order <= 0;
        j += order >= 0;
    }
    return make_sorted(&merged);
}

void run_hold(run *r) {
    __atomic_add_fetch(&r->holders, 1, __ATOMIC_RELAXED);
}

void run_let_go(run *r) {
    if (__atomic_sub_fetch(&r->holders, 1, __ATOMIC_ACQ_REL))
        return;
    if (r->map) {
        munmap(r->map, r->map_bytes);
    } else {
        __atomic_sub_fetch(&memory_bytes, r->changes.bytes, __ATOMIC_RELAXED);
        unread_clear(&r->changes);
    }
    memory_free(r->slots);
    memory_free(r);
}

int64_t run_bytes(const run *r) {
    return r->changes.bytes + (int64_t)(sizeof *r->slots * r->slot_count);
}

/* ---- finding ---- */

static bool is_before(const run *r, size_t at, slice key) {
    return slice_compare(unread_key(r->changes.changes[at]), key) < 0;
}

/* Between low and high, the first change with a key >= `key`. */
static size_t bisect(const run *r, size_t low, size_t high, slice key) {
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(r, middle, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t lower_bound(const run *r, slice key) {
    return bisect(r, 0, r->changes.count, key);
}

/* In steps that double, then between the last two. */
size_t run_seek(const run *r, size_t from, slice key) {
    size_t low = from, high = from, step = 1;
    while (high < r->changes.count && is_before(r, high, key)) {
        run_prefetch(r, high);
        low = high + 1;
        high += step;
        step *= 2;
    }
    return bisect(r, low, high < r->changes.count ? high : r->changes.count, key);
}

const unread_change *run_find(const run *r, slice key) {
    size_t at = lower_bound(r, key);
    if (at == r->changes.count || !slice_equal(unread_key(r->changes.changes[at]), key))
        return NULL;
    return r->changes.changes[at];
}

static uint32_t tag_of(uint64_t hash) {
    return (uint32_t)(hash >> 56) << NUMBER_BITS;
}

static void make_slots(run *r) {
    size_t count = r->changes.count, slots = 16;
    while (slots * 2 < count * 3)
        slots *= 2;
    r->slots = memory_allocate_zero(sizeof *r->slots * slots);
    r->slot_count = slots;
    for (size_t i = 0; i < count; i++) {
        run_prefetch(r, i);
        uint64_t hash = slice_hash(unread_key(r->changes.changes[i]));
        size_t at = hash & (slots - 1);
        while (r->slots[at])
            at = (at + 1) & (slots - 1);
        r->slots[at] = tag_of(hash) | (uint32_t)(i + 1);
    }
}

const unread_change *run_look_up(run *r, slice key, uint64_t hash) {
    if (r->changes.count >= NUMBER_MASK)
        return run_find(r, key);
    if (!r->slots)
        make_slots(r);
    size_t mask = r->slot_count - 1;
    for (size_t at = hash & mask; r->slots[at]; at = (at + 1) & mask) {
        if ((r->slots[at] & ~NUMBER_MASK) != tag_of(hash))
            continue;
        const unread_change *c = r->changes.changes[(r->slots[at] & NUMBER_MASK) - 1];
        if (slice_equal(unread_key(c), key))
            return c;
    }
    return NULL;
}

/* ---- walking ---- */

void run_walk_start(run_walk *w, run *const *runs, int count, slice from) {
    assert(count <= RUNS_READ_AT_MOST);
    w->runs = runs;
    w->count = count;
    for (int i = 0; i < count; i++)
        w->at[i] = lower_bound(runs[i], from);
}

const unread_change *run_walk_next(run_walk *w) {
    const unread_change *least = NULL;
    int found = 0;
    for (int i = w->count - 1; i >= 0; i--) {
        const unread *changes = &w->runs[i]->changes;
        if (w->at[i] == changes->count)
            continue;
        const unread_change *c = changes->changes[w->at[i]];
        int order = least ? slice_compare(unread_key(c), unread_key(least)) : -1;
        if (order == 0) { /* the newer one hides it, now or when its turn comes */
            w->at[i]++;
        } else if (order < 0) {
            least = c;
            found = i;
        }
    }
    if (!least)
        return NULL;
    run_prefetch(w->runs[found], w->at[found]++);
    return least;
}
