/* arena.h - memory that is given back all at once.
 *
 * A statement's AST and plan, a query's descriptors and a request's scratch each live in an arena
 * and die with it. One thread at a time. Nothing allocated here is freed by itself.
 */
#ifndef SLUICE_BASE_ARENA_H
#define SLUICE_BASE_ARENA_H

#include <stdarg.h>

#include "base/slice.h"

typedef struct arena arena;

arena *arena_create(void);
void arena_destroy(arena *a); /* NULL is allowed */
/* Forgets every allocation but keeps the memory for the next ones. */
void arena_reset(arena *a);
/* Zeroed memory, aligned for any type, valid until reset or destroy. Never NULL. */
void *arena_allocate(arena *a, size_t bytes);
/* A copy with a zero byte behind it (not counted in the length). The NULL slice stays NULL. */
slice arena_copy(arena *a, slice text);
/* printf into the arena; zero-terminated. */
slice arena_format(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
slice arena_format_list(arena *a, const char *format, va_list arguments);
/* The same text in upper case (ASCII letters only). */
slice arena_upper(arena *a, slice text);

#define ARENA_NEW(a, type) ((type *)arena_allocate((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_allocate((a), sizeof(type) * (size_t)(count)))

#endif
