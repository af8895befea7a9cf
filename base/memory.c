#include "base/memory.h"

#include <malloc.h>
#ifdef SLUICE_MIMALLOC
#include <mimalloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *checked(void *memory, size_t bytes) {
    if (!memory) {
        fprintf(stderr, "sluice: out of memory (%zu bytes asked for)\n", bytes);
        abort();
    }
    return memory;
}

void *memory_allocate(size_t bytes) {
    return checked(malloc(bytes ? bytes : 1), bytes);
}

void *memory_allocate_zero(size_t bytes) {
    return checked(calloc(1, bytes ? bytes : 1), bytes);
}

void *memory_resize(void *memory, size_t bytes) {
    return checked(realloc(memory, bytes ? bytes : 1), bytes);
}

void memory_free(void *memory) {
    free(memory);
}

void memory_share_arenas(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!getenv("MALLOC_ARENA_MAX"))
        mallopt(M_ARENA_MAX, cores > 2 ? (int)cores : 2);
}

void memory_rest(void) {
#ifdef SLUICE_MIMALLOC
    mi_collect(true);
#endif
}

void *memory_map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return checked(memory == MAP_FAILED ? NULL : memory, bytes);
}

void memory_unmap(void *memory, size_t bytes) {
    munmap(memory, bytes);
}

char *memory_copy_text(slice text) {
    char *copy = memory_allocate(text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    return copy;
}
