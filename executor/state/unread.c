/* Changes stand one behind the other in blocks, which are freed together. The first ones are small.
 * Those behind them are of a size that the system takes back at once, since what many changes took
 * would else lie between what others keep. */
#include "executor/state/unread.h"

#include <assert.h>

#include "base/memory.h"
#include "executor/state/key_sort.h"

enum { SMALL_BYTES = 4 << 10, LARGE_BYTES = 512 << 10 };

struct unread_block {
    unread_block *next;
    size_t used, capacity;
    char bytes[];
};

static bool is_mapped(const unread_block *b) {
    return sizeof *b + b->capacity >= LARGE_BYTES;
}

/* Twice as large as the last one, and large enough. */
static unread_block *make_block(const unread_block *last, size_t bytes) {
    size_t wanted = last ? 2 * (sizeof *last + last->capacity) : SMALL_BYTES;
    if (wanted > LARGE_BYTES)
        wanted = LARGE_BYTES;
    if (wanted < sizeof *last + bytes)
        wanted = sizeof *last + bytes;
    unread_block *b = wanted >= LARGE_BYTES ? memory_map(wanted) : memory_allocate(wanted);
    *b = (unread_block){.capacity = wanted - sizeof *b};
    return b;
}

static void free_block(unread_block *b) {
    if (is_mapped(b))
        memory_unmap(b, sizeof *b + b->capacity);
    else
        memory_free(b);
}

static char *allocate(unread *u, size_t bytes) {
    unread_block *last = u->last;
    if (!last || last->capacity - last->used < bytes) {
        unread_block *b = make_block(last, bytes);
        if (last)
            last->next = b;
        else
            u->first = b;
        u->last = last = b;
        u->bytes += (int64_t)(sizeof *b + b->capacity);
    }
    last->used += bytes;
    return last->bytes + last->used - bytes;
}

static void list(unread *u, unread_change *c) {
    if (u->count == u->capacity) {
        u->bytes -= (int64_t)(sizeof c * u->capacity);
        u->capacity = u->capacity ? u->capacity * 2 : 64;
        u->bytes += (int64_t)(sizeof c * u->capacity);
        u->changes = memory_resize(u->changes, sizeof c * u->capacity);
    }
    u->changes[u->count++] = c;
}

void unread_add(unread *u, slice key, slice value) {
    assert(value.length < UINT32_MAX && key.length < UINT32_MAX);
    bool is_long = key.length >= UNREAD_LONG || value.length >= UNREAD_DELETES;
    uint8_t key_length = is_long ? UNREAD_LONG : (uint8_t)key.length;
    uint8_t value_length = !value.data ? UNREAD_DELETES : is_long ? 0 : (uint8_t)value.length;
    uint32_t lengths[] = {(uint32_t)key.length, (uint32_t)value.length};
    size_t before = is_long ? sizeof lengths : 0;
    unread_change *c = (unread_change *)allocate(u, sizeof *c + before + key.length + value.length);
    *c = (unread_change){key_length, value_length};
    memcpy(c->bytes, lengths, before);
    if (key.length)
        memcpy(c->bytes + before, key.data, key.length);
    if (value.length)
        memcpy(c->bytes + before + key.length, value.data, value.length);
    list(u, c);
}

void unread_join(unread *u, unread *from) {
    if (!u->count) {
        unread_clear(u);
        *u = *from;
        *from = (unread){0};
        return;
    }
    for (size_t i = 0; i < from->count; i++)
        list(u, from->changes[i]);
    if (from->first) {
        u->last->next = from->first;
        u->last = from->last;
        u->bytes += from->bytes - (int64_t)(sizeof *from->changes * from->capacity);
    }
    from->first = NULL;
    unread_clear(from);
}

static slice key_of_change(const void *change) {
    return unread_key(change);
}

void unread_sort(unread *u) {
    key_sort((void **)u->changes, u->count, key_of_change);
}

void unread_shrink(unread *u) {
    u->bytes -= (int64_t)(sizeof *u->changes * (u->capacity - u->count));
    u->changes = memory_resize(u->changes, sizeof *u->changes * u->count);
    u->capacity = u->count;
}

void unread_clear(unread *u) {
    for (unread_block *b = u->first, *next; b; b = next) {
        next = b->next;
        free_block(b);
    }
    memory_free(u->changes);
    *u = (unread){0};
}
