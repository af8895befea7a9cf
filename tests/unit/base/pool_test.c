/* Blocks of a pool: their places are their own, are given again, and all go at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"

static void test_blocks_do_not_overlap(void **unused) {
    pool p = {0};
    unsigned char *blocks[3000];
    for (size_t i = 0; i < 3000; i++) {
        blocks[i] = pool_allocate(&p, i);
        assert_int_equal((uintptr_t)blocks[i] % POOL_STEP, 0);
        memset(blocks[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 3000; i++)
        for (size_t at = 0; at < i; at++)
            assert_int_equal(blocks[i][at], i % 251);
    for (size_t i = 0; i < 3000; i += 2)
        pool_release(&p, blocks[i], i);
    pool_clear(&p);
    assert_null(p.pages);
    assert_null(p.large);
}

static void test_a_block_is_given_again(void **unused) {
    pool p = {0};
    void *first = pool_allocate(&p, 100);
    pool_allocate(&p, 100);
    pool_release(&p, first, 100);
    assert_ptr_equal(pool_allocate(&p, 97), first);
    assert_ptr_not_equal(pool_allocate(&p, 97), first);
    pool_clear(&p);
}

/* Emptied, it gives the same memory again, from front to back. */
static void test_an_emptied_pool_begins_again(void **unused) {
    pool p = {0};
    char *blocks[3000], *last = NULL;
    int held = 0, forward = 0;
    for (int i = 0; i < 3000; i++)
        blocks[i] = pool_allocate(&p, 100);
    pool_release(&p, blocks[7], 100);
    pool_allocate(&p, 5000);
    pool_empty(&p);
    assert_null(p.large);
    for (int i = 0; i < 3000; i++) {
        char *block = pool_allocate(&p, 200);
        memset(block, i, 200);
        held += block >= blocks[0] && block < blocks[0] + 1024;
        forward += block == last + 208;
        last = block;
    }
    assert_true(held > 0);
    assert_true(forward > 2800);
    pool_clear(&p);
    assert_null(p.pages);
    assert_null(p.spare);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_do_not_overlap),
        cmocka_unit_test(test_a_block_is_given_again),
        cmocka_unit_test(test_an_emptied_pool_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
