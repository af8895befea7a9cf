/* malloc as a program knows it, at the sizes where base/allocator.c changes from one allocator to
 * the other: 64 and 65, 512 and 513 bytes. Nothing here looks for where a block comes from. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static const size_t sizes[] = {1, 64, 65, 300, 512, 513, 4096, 300000};
enum { SIZES = sizeof sizes / sizeof *sizes, BLOCKS = 2000 };

static void test_blocks_do_not_overlap(void **unused) {
    unsigned char *blocks[SIZES][20];
    for (size_t s = 0; s < SIZES; s++)
        for (size_t i = 0; i < 20; i++) {
            blocks[s][i] = memory_allocate(sizes[s]);
            assert_int_equal((uintptr_t)blocks[s][i] % _Alignof(max_align_t), 0);
            assert_true(malloc_usable_size(blocks[s][i]) >= sizes[s]);
            memset(blocks[s][i], (int)(s * 20 + i), sizes[s]);
        }
    for (size_t s = 0; s < SIZES; s++)
        for (size_t i = 0; i < 20; i++) {
            for (size_t at = 0; at < sizes[s]; at++)
                assert_int_equal(blocks[s][i][at], s * 20 + i);
            memory_free(blocks[s][i]);
        }
}

static void test_a_block_keeps_its_contents_from_any_size_to_any_other(void **unused) {
    for (size_t from = 0; from < SIZES; from++)
        for (size_t to = 0; to < SIZES; to++) {
            unsigned char *block = memory_allocate(sizes[from]);
            memset(block, 7, sizes[from]);
            block = memory_resize(block, sizes[to]);
            size_t kept = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            for (size_t i = 0; i < kept; i++)
                assert_int_equal(block[i], 7);
            memset(block, 8, sizes[to]);
            memory_free(block);
        }
}

static void test_a_new_block_is_zero_where_another_one_stood(void **unused) {
    for (size_t s = 0; s < SIZES; s++) {
        unsigned char *dirty = memory_allocate(sizes[s]);
        memset(dirty, 255, sizes[s]);
        memory_free(dirty);
        unsigned char *block = memory_allocate_zero(sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++)
            assert_int_equal(block[i], 0);
        memory_free(block);
    }
}

static void *free_all(void *context) {
    void **blocks = context;
    for (int i = 0; i < BLOCKS; i++)
        memory_free(blocks[i]);
    memory_rest();
    return NULL;
}

/* The way of a record from librdkafka's thread to another one. */
static void test_another_thread_gives_blocks_back(void **unused) {
    void *blocks[BLOCKS];
    for (int round = 0; round < 5; round++) {
        pthread_t thread;
        for (int i = 0; i < BLOCKS; i++)
            memset(blocks[i] = memory_allocate((size_t)(i % 600) + 1), 1, (size_t)(i % 600) + 1);
        assert_int_equal(pthread_create(&thread, NULL, free_all, blocks), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        memory_rest();
    }
}

/* ---- what cannot be had ---- */

static void test_more_than_there_can_be_is_refused(void **unused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* they end the process then */
#endif
    volatile size_t half = SIZE_MAX / 2;
    errno = 0;
    assert_null(calloc(half, 3));
    assert_int_equal(errno, ENOMEM);
}

static void test_a_block_of_nothing_can_be_freed(void **unused) {
    void *block = memory_allocate(0);
    assert_non_null(block);
    memory_free(block);
    memory_free(NULL);
    void *grown = memory_resize(NULL, 100);
    assert_non_null(grown);
    memory_free(memory_resize(grown, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_do_not_overlap),
        cmocka_unit_test(test_a_block_keeps_its_contents_from_any_size_to_any_other),
        cmocka_unit_test(test_a_new_block_is_zero_where_another_one_stood),
        cmocka_unit_test(test_another_thread_gives_blocks_back),
        cmocka_unit_test(test_more_than_there_can_be_is_refused),
        cmocka_unit_test(test_a_block_of_nothing_can_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
