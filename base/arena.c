/* Chunks in a list, newest first; an allocation larger than a chunk gets a chunk of its own. */
#include "base/arena.h"

#include <ctype.h>
#include <stdio.h>

#include "base/memory.h"

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = 16 };

typedef struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(ALIGNMENT) char bytes[];
} chunk;

struct arena {
    chunk *chunks; /* the first is the one being filled */
};

static chunk *chunk_create(size_t size, chunk *next) {
    chunk *c = memory_allocate(sizeof(chunk) + size);
    c->next = next;
    c->size = size;
    c->used = 0;
    return c;
}

arena *arena_create(void) {
    arena *a = MEMORY_NEW(arena);
    a->chunks = chunk_create(CHUNK_BYTES, NULL);
    return a;
}

void arena_destroy(arena *a) {
    if (!a)
        return;
    for (chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        memory_free(c);
    }
    memory_free(a);
}

/* Keeps the largest chunk only, so that a steady user settles on one. */
void arena_reset(arena *a) {
    chunk *largest = a->chunks;
    for (chunk *c = a->chunks; c; c = c->next)
        if (c->size > largest->size)
            largest = c;
    for (chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        if (c != largest)
            memory_free(c);
    }
    largest->next = NULL;
    largest->used = 0;
    a->chunks = largest;
}

void *arena_allocate(arena *a, size_t bytes) {
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (a->chunks->size - a->chunks->used < bytes) {
        size_t size = a->chunks->size * 2;
        if (size > 1024 * 1024)
            size = 1024 * 1024;
        a->chunks = chunk_create(bytes > size ? bytes : size, a->chunks);
    }
    void *memory = a->chunks->bytes + a->chunks->used;
    a->chunks->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

slice arena_copy(arena *a, slice text) {
    if (!text.data)
        return text;
    char *copy = arena_allocate(a, text.length + 1);
    memcpy(copy, text.data, text.length);
    return slice_make(copy, text.length);
}

slice arena_format_list(arena *a, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_allocate(a, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return slice_make(text, (size_t)length);
}

slice arena_format(arena *a, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    slice text = arena_format_list(a, format, arguments);
    va_end(arguments);
    return text;
}

slice arena_upper(arena *a, slice text) {
    slice copy = arena_copy(a, text);
    for (size_t i = 0; i < copy.length; i++)
        ((char *)copy.data)[i] = (char)toupper((unsigned char)copy.data[i]);
    return copy;
}
