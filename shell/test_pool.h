/* test_pool.h - runs pieces of work in child processes, a few at a time.
 *
 * A piece that crashes or hangs takes nobody with it: its result says so. Results are handed over
 * in the order in which the work was given, as soon as they and all before them are there.
 */
#ifndef SLUICE_SHELL_TEST_POOL_H
#define SLUICE_SHELL_TEST_POOL_H

#include "base/buffer.h"

typedef struct test_pool test_pool;

typedef struct test_pool_options {
    int processes;    /* at a time */
    int64_t limit_ms; /* for one piece */
    bool show_stderr; /* the children's; else its first words come with a crash */
    /* Done in the child; what it appends is the result. */
    void (*work)(void *item, buffer *result);
    /* In the parent. `crash` is NULL when the work was done, else what happened. */
    void (*done)(void *context, void *item, slice result, const char *crash);
    void *context;
} test_pool_options;

/* Runs work(items[i]) for all. */
void test_pool_run(const test_pool_options *options, void *const *items, int count);

#endif
