/* A hash table by key, chained, whose entries are also in a list by when they last changed. An
 * entry is one block: itself, its slices, then the bytes of key and cells. */
#include "shell/live_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SLOTS_FIRST = 256 };

typedef struct entry {
    struct entry *chained;
    struct entry *newer, *older;
    uint64_t hash;
    int64_t number;
    slice key;
    slice cells[];
} entry;

struct live_rows {
    int column_count;
    int64_t most, count, forgotten, next_number;
    entry **slots;
    size_t slot_count;
    entry *newest, *oldest;
};

live_rows *live_rows_create(int column_count, int64_t most) {
    live_rows *r = MEMORY_NEW(live_rows);
    r->column_count = column_count;
    r->most = most;
    r->slot_count = SLOTS_FIRST;
    r->slots = memory_allocate_zero(sizeof(entry *) * r->slot_count);
    return r;
}

void live_rows_destroy(live_rows *r) {
    if (!r)
        return;
    for (entry *e = r->newest, *older; e; e = older) {
        older = e->older;
        memory_free(e);
    }
    memory_free(r->slots);
    memory_free(r);
}

/* ---- entries ---- */

static slice place(char **to, slice text) {
    char *start = *to;
    if (text.length)
        memcpy(start, text.data, text.length);
    *to += text.length;
    return slice_make(start, text.length);
}

static entry *make(const live_rows *r, slice key, const slice *cells) {
    size_t head = sizeof(entry) + sizeof(slice) * (size_t)r->column_count, bytes = key.length;
    for (int i = 0; i < r->column_count; i++)
        bytes += cells[i].length;
    entry *e = memory_allocate_zero(head + bytes + 1);
    char *to = (char *)e + head;
    e->hash = slice_hash(key);
    e->key = place(&to, key);
    for (int i = 0; i < r->column_count; i++)
        e->cells[i] = place(&to, cells[i]);
    return e;
}

/* Where the entry with the key hangs, or would. */
static entry **find(const live_rows *r, slice key, uint64_t hash) {
    entry **at = &r->slots[hash & (r->slot_count - 1)];
    while (*at && ((*at)->hash != hash || !slice_equal((*at)->key, key)))
        at = &(*at)->chained;
    return at;
}

static void unlist(live_rows *r, entry *e) {
    *(e->newer ? &e->newer->older : &r->newest) = e->older;
    *(e->older ? &e->older->newer : &r->oldest) = e->newer;
}

static void take_out(live_rows *r, entry **at) {
    entry *e = *at;
    *at = e->chained;
    unlist(r, e);
    r->count--;
    memory_free(e);
}

static void grow(live_rows *r) {
    memory_free(r->slots);
    r->slot_count *= 2;
    r->slots = memory_allocate_zero(sizeof(entry *) * r->slot_count);
    for (entry *e = r->newest; e; e = e->older) {
        entry **slot = &r->slots[e->hash & (r->slot_count - 1)];
        e->chained = *slot;
        *slot = e;
    }
}

static void put_in(live_rows *r, entry *e) {
    if ((size_t)r->count >= r->slot_count)
        grow(r);
    entry **slot = &r->slots[e->hash & (r->slot_count - 1)];
    e->chained = *slot;
    *slot = e;
    e->older = r->newest;
    e->newer = NULL;
    *(r->newest ? &r->newest->newer : &r->oldest) = e;
    r->newest = e;
    r->count++;
}

/* ---- rows ---- */

void live_rows_put(live_rows *r, slice key, const slice *cells) {
    int64_t number = r->next_number;
    slice own = key.data ? key : slice_make((const char *)&number, sizeof number);
    entry *e = make(r, own, cells);
    entry **old = find(r, e->key, e->hash);
    e->number = *old ? (*old)->number : r->next_number++;
    if (*old)
        take_out(r, old);
    put_in(r, e);
    if (r->count <= r->most)
        return;
    r->forgotten++;
    take_out(r, find(r, r->oldest->key, r->oldest->hash));
}

void live_rows_delete(live_rows *r, slice key) {
    entry **old = find(r, key, slice_hash(key));
    if (*old)
        take_out(r, old);
}

int64_t live_rows_count(const live_rows *r) {
    return r->count;
}

int64_t live_rows_forgotten(const live_rows *r) {
    return r->forgotten;
}

static int compare_numbers(const void *a, const void *b) {
    int64_t x = ((const live_row *)a)->number, y = ((const live_row *)b)->number;
    return (x > y) - (x < y);
}

int live_rows_latest(const live_rows *r, live_row *latest, int count) {
    int taken = 0;
    for (entry *e = r->newest; e && taken < count; e = e->older)
        latest[taken++] = (live_row){e->cells, e->number};
    if (taken)
        qsort(latest, (size_t)taken, sizeof *latest, compare_numbers);
    return taken;
}
