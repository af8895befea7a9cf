/* memory.h - the only doors to malloc.
 *
 * These never return NULL: a process that cannot get memory stops with a message. Freed with
 * memory_free. Any thread.
 */
#ifndef SLUICE_BASE_MEMORY_H
#define SLUICE_BASE_MEMORY_H

#include "base/slice.h"

void *memory_allocate(size_t bytes);      /* contents undefined; 0 bytes gives a valid pointer */
void *memory_allocate_zero(size_t bytes); /* contents zero */
void *memory_resize(void *memory, size_t bytes);
void memory_free(void *memory); /* NULL is allowed */
/* Threads that mostly wait share as many arenas as there are cores (glibc makes eight times as
 * many), unless MALLOC_ARENA_MAX says otherwise: what one thread has freed another can use. At the
 * process's start. */
void memory_share_arenas(void);
/* For a thread that has given much back that it took itself, and may rest now: others may have the
 * memory. Takes some microseconds. */
void memory_rest(void);
/* Whole pages of zeros, which go back to the system as soon as they are freed, whatever stands
 * around them. For hundreds of kilobytes. */
void *memory_map(size_t bytes);
void memory_unmap(void *memory, size_t bytes);
/* A zero-terminated copy, owned by the caller. */
char *memory_copy_text(slice text);
/* Has what is there fetched into the caches; any address is allowed. GCC takes a function that only
 * does __builtin_prefetch for one without effects, and leaves out calls of it: hence the second
 * line, which is no instruction. */
static inline void memory_prefetch(const void *at) {
    __builtin_prefetch(at);
    __asm__ volatile("");
}

#define MEMORY_NEW(type) ((type *)memory_allocate_zero(sizeof(type)))

#endif
