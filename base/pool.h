/* pool.h - many small blocks of memory that one owner takes and gives back.
 *
 * Blocks are cut from pages; one that is given back goes to the next who wants that size. Pages are
 * freed with the pool, all at once. So a block costs no header, a few instructions to take and to
 * give back, and nothing at the end. Blocks larger than POOL_LARGEST are taken one by one from
 * memory.h. One thread at a time.
 */
#ifndef SLUICE_BASE_POOL_H
#define SLUICE_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { POOL_STEP = 16, POOL_LARGEST = 1024 };

typedef struct pool_page pool_page;
typedef struct pool_free pool_free;

/* All zero: empty. */
typedef struct pool {
    pool_page *pages, *large;
    pool_page *spare; /* that nothing was cut from since the pool was emptied */
    char *at, *end;   /* what is left of the newest page */
    pool_free *free[POOL_LARGEST / POOL_STEP + 1];
} pool;

/* Contents undefined; aligned for any type. Never NULL. */
void *pool_allocate(pool *p, size_t bytes);
/* `bytes` as they were asked for. */
void pool_release(pool *p, void *block, size_t bytes);
/* Takes every block back. The memory stays with the pool, and is given out from front to back. */
void pool_empty(pool *p);
/* Frees every block; the pool is empty. */
void pool_clear(pool *p);

#endif
