/* Sizes are rounded up to steps of 16 bytes; each step has a list of free blocks. Pages double from
 * 1 KB to 64 KB, so that a pool of little stays little. */
#include "base/pool.h"

#include "base/memory.h"

enum { PAGE_FIRST = 1024, PAGE_MOST = 64 * 1024 };

struct pool_page {
    pool_page *next, *before; /* before: of large blocks */
    size_t size;
    _Alignas(POOL_STEP) char bytes[];
};

struct pool_free {
    pool_free *next;
};

static size_t round_up(size_t bytes) {
    return bytes ? (bytes + POOL_STEP - 1) / POOL_STEP * POOL_STEP : POOL_STEP;
}

static void *allocate_large(pool *p, size_t bytes) {
    pool_page *page = memory_allocate(sizeof *page + bytes);
    *page = (pool_page){.next = p->large, .size = bytes};
    if (p->large)
        p->large->before = page;
    p->large = page;
    return page->bytes;
}

static void release_large(pool *p, void *block) {
    pool_page *page = (pool_page *)((char *)block - offsetof(pool_page, bytes));
    if (page->next)
        page->next->before = page->before;
    if (page->before)
        page->before->next = page->next;
    else
        p->large = page->next;
    memory_free(page);
}

static pool_page *make_page(const pool *p) {
    size_t size = p->pages ? p->pages->size * 2 : PAGE_FIRST;
    if (size > PAGE_MOST)
        size = PAGE_MOST;
    pool_page *page = memory_allocate(sizeof *page + size);
    page->size = size;
    return page;
}

static void add_page(pool *p) {
    pool_page *page = p->spare;
    if (page)
        p->spare = page->next;
    else
        page = make_page(p);
    page->next = p->pages;
    p->pages = page;
    p->at = page->bytes;
    p->end = page->bytes + page->size;
}

void *pool_allocate(pool *p, size_t bytes) {
    if (bytes > POOL_LARGEST)
        return allocate_large(p, bytes);
    size_t size = round_up(bytes);
    pool_free **list = &p->free[size / POOL_STEP];
    if (*list) {
        pool_free *block = *list;
        *list = block->next;
        memory_prefetch(block->next); /* for the next one who wants this size */
        return block;
    }
    if ((size_t)(p->end - p->at) < size)
        add_page(p);
    char *block = p->at;
    p->at += size;
    return block;
}

void pool_release(pool *p, void *block, size_t bytes) {
    if (bytes > POOL_LARGEST) {
        release_large(p, block);
        return;
    }
    pool_free **list = &p->free[round_up(bytes) / POOL_STEP];
    pool_free *free = block;
    free->next = *list;
    *list = free;
}

static void free_pages(pool_page *pages) {
    for (pool_page *next; pages; pages = next) {
        next = pages->next;
        memory_free(pages);
    }
}

void pool_empty(pool *p) {
    free_pages(p->large);
    pool_page *spare = p->spare;
    for (pool_page *page = p->pages, *next; page; page = next) {
        next = page->next;
        page->next = spare;
        spare = page;
    }
    *p = (pool){.spare = spare};
}

void pool_clear(pool *p) {
    free_pages(p->pages);
    free_pages(p->spare);
    free_pages(p->large);
    *p = (pool){0};
}
