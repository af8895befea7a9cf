/* malloc of the whole process: glibc's, but for blocks of a certain size.
 *
 * librdkafka takes a block or two for each record and gives them back on another thread. In glibc
 * that ends in the other thread's arena, behind its lock and in its lists of free blocks: an eighth
 * of the CPU time of a query with many results. mimalloc's threads give such blocks back by one
 * atomic instruction each. But it has pages of its own for each thread and size, and touches all of
 * a large block that is to be zero (LMDB takes 2 MB for each environment and uses little of it): a
 * server of a hundred queries took six times the memory with mimalloc alone. So it has the sizes
 * that records have, and glibc the rest.
 *
 * The dynamic linker takes these functions for everybody's. libmimalloc.so has functions of the
 * same names, which nobody is to find: libc stands before it on the linker's command line
 * (CMakeLists.txt). Builds with sanitizers, which have a malloc of their own, leave this file
 * empty.
 */
#ifdef SLUICE_MIMALLOC
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <mimalloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_LEAST = 65, RECORD_MOST = 512 };

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t bytes);
void __libc_free(void *memory);

static bool is_of_record(size_t bytes) {
    return bytes >= RECORD_LEAST && bytes <= RECORD_MOST;
}

void *malloc(size_t bytes) {
    return is_of_record(bytes) ? mi_malloc(bytes) : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return is_of_record(bytes) ? mi_zalloc(bytes) : __libc_calloc(1, bytes);
}

void free(void *memory) {
    if (mi_is_in_heap_region(memory))
        mi_free(memory);
    else
        __libc_free(memory);
}

size_t malloc_usable_size(void *memory) {
    static void *_Atomic of_libc;
    if (mi_is_in_heap_region(memory))
        return mi_usable_size(memory);
    if (!of_libc) /* whichever thread finds it finds the same */
        of_libc = dlsym(RTLD_NEXT, "malloc_usable_size");
    return ((size_t(*)(void *))of_libc)(memory);
}

static void *move(void *memory, size_t bytes) {
    void *moved = malloc(bytes);
    if (!moved)
        return NULL;
    size_t had = malloc_usable_size(memory);
    memcpy(moved, memory, had < bytes ? had : bytes);
    free(memory);
    return moved;
}

void *realloc(void *memory, size_t bytes) {
    if (!memory)
        return malloc(bytes);
    if (!bytes) {
        free(memory);
        return NULL;
    }
    bool was_of_record = mi_is_in_heap_region(memory);
    if (was_of_record != is_of_record(bytes))
        return move(memory, bytes);
    return was_of_record ? mi_realloc(memory, bytes) : __libc_realloc(memory, bytes);
}
#endif
