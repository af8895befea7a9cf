/* What is packed comes back, in as few bytes as packed.h says; what is not all there is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/packed.h"

static size_t packed_length(int64_t value) {
    buffer b = {0};
    packed_append(&b, &value, sizeof value);
    size_t length = b.length;
    int64_t back = 7;
    slice rest = buffer_slice(&b);
    assert_true(packed_take(&rest, &back, sizeof back));
    assert_int_equal(back, value);
    assert_int_equal(rest.length, 0);
    buffer_free(&b);
    return length;
}

static void test_small_numbers_are_short(void **unused) {
    assert_int_equal(packed_length(0), 1);
    assert_int_equal(packed_length(1), 2);
    assert_int_equal(packed_length(255), 2);
    assert_int_equal(packed_length(256), 3);
    assert_int_equal(packed_length(INT64_C(1700000000000)), 7); /* a rowtime */
    assert_int_equal(packed_length(INT64_MAX), 9);
    assert_int_equal(packed_length(-1), 9);
    assert_int_equal(packed_length(INT64_MIN), 9);
}

/* Lengths that are no whole number of words, one behind the other, in memory that ends there. */
static void test_values_of_any_length_come_back_one_after_the_other(void **unused) {
    unsigned char values[40], back[40];
    buffer b = {0};
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = i % 5 ? (unsigned char)i : 0;
    for (size_t length = 1; length <= sizeof values; length++)
        packed_append(&b, values + sizeof values - length, length);
    char *exact = malloc(b.length);
    memcpy(exact, b.data, b.length);
    slice rest = slice_make(exact, b.length);
    for (size_t length = 1; length <= sizeof values; length++) {
        assert_true(packed_take(&rest, back, length));
        assert_memory_equal(back, values + sizeof values - length, length);
    }
    assert_int_equal(rest.length, 0);
    free(exact);
    buffer_free(&b);
}

static void test_what_is_not_all_there_is_refused(void **unused) {
    int64_t values[2] = {1000000, 3}, back[2];
    buffer b = {0};
    packed_append(&b, values, sizeof values);
    for (size_t length = 0; length < b.length; length++) {
        slice torn = slice_make(b.data, length);
        assert_false(packed_take(&torn, back, sizeof back));
    }
    slice no_length = SLICE_LITERAL("\x09"
                                    "123456789");
    assert_false(packed_take(&no_length, back, 8));
    slice negative = SLICE_LITERAL("\xff"
                                   "12345678");
    assert_false(packed_take(&negative, back, 8));
    buffer_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_numbers_are_short),
        cmocka_unit_test(test_values_of_any_length_come_back_one_after_the_other),
        cmocka_unit_test(test_what_is_not_all_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
