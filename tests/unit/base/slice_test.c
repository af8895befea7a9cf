/* Slices are ordered by their bytes, as unsigned numbers, and a prefix comes first: at every length
 * around the eight bytes that are compared at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"

static int sign(int order) {
    return (order > 0) - (order < 0);
}

static void check_order(slice smaller, slice larger) {
    assert_int_equal(sign(slice_compare(smaller, larger)), -1);
    assert_int_equal(sign(slice_compare(larger, smaller)), 1);
}

static void test_the_first_byte_that_differs_decides(void **unused) {
    char a[24], b[24];
    (void)unused;
    for (size_t length = 1; length <= sizeof a; length++)
        for (size_t at = 0; at < length; at++) {
            memset(a, 0x40, sizeof a);
            memset(b, 0x40, sizeof b);
            a[at] = 0x7f;
            b[at] = (char)0x80;
            if (at + 1 < length)
                a[at + 1] = (char)0xff; /* and not one behind it */
            check_order(slice_make(a, length), slice_make(b, length));
            check_order(slice_make(a, length), slice_make(b, at + 1));
        }
}

static void test_a_prefix_comes_first(void **unused) {
    static const char zeros[24];
    (void)unused;
    for (size_t length = 0; length < sizeof zeros; length++) {
        assert_int_equal(
            slice_compare(slice_make(zeros, length), slice_make(zeros + 1, length)), 0);
        check_order(slice_make(zeros, length), slice_make(zeros, length + 1));
    }
    assert_int_equal(slice_compare((slice){NULL, 0}, (slice){"", 0}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_byte_that_differs_decides),
        cmocka_unit_test(test_a_prefix_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
