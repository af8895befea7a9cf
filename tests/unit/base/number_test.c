/* How doubles are written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

static void expect_written(double number, const char *text) {
    char written[NUMBER_DOUBLE_MAX + 1];
    written[number_write_double(written, number)] = 0;
    assert_string_equal(written, text);
}

static void doubles_have_a_point_and_few_digits(void **state) {
    expect_written(0, "0.0");
    expect_written(-0.0, "-0.0");
    expect_written(1, "1.0");
    expect_written(-100, "-100.0");
    expect_written(0.1, "0.1");
    expect_written(0.1 + 0.2, "0.30000000000000004");
    expect_written(1.0 / 3, "0.3333333333333333");
    expect_written(9999999, "9999999.0");
    expect_written(1e7, "1.0E7");
    expect_written(123456789.5, "1.234567895E8");
    expect_written(0.001, "0.001");
    expect_written(9.99e-4, "9.99E-4");
    expect_written(1e23, "1.0E23");
    expect_written(1.7976931348623157e308, "1.7976931348623157E308");
    expect_written(4.9e-324, "4.9E-324");
    expect_written(2.2250738585072014e-308, "2.2250738585072014E-308");
    expect_written(NAN, "NaN");
    expect_written(INFINITY, "Infinity");
    expect_written(-INFINITY, "-Infinity");
}

static void every_double_reads_back(void **state) {
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t bits = i % 5 == 0 ? random & 0xFFF0000000000000u : random; /* powers of two too */
        double number, back;
        char text[NUMBER_DOUBLE_MAX];
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        size_t length = number_write_double(text, number);
        assert_true(length <= sizeof text);
        assert_true(number_parse_double(slice_make(text, length), &back));
        assert_memory_equal(&number, &back, sizeof number);
    }
}

static void numbers_are_read_in_many_spellings(void **state) {
    static const struct {
        const char *text;
        double number;
    } good[] = {{"1", 1}, {" -1.5\t", -1.5}, {".5", 0.5}, {"5.", 5}, {"+1e3", 1000}, {"1E-2", 0.01},
        {"2d", 2}, {"1.5F", 1.5}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY},
        {"1e999", INFINITY}};
    double number;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(number_parse_double(slice_of(good[i].text), &number));
        assert_true(number == good[i].number);
    }
    assert_true(number_parse_double(SLICE_LITERAL("NaN"), &number) && isnan(number));
    static const char *const bad[] = {
        "", " ", "x", "1x", "0x10", "inf", "nan", "1e", "e5", ".", "--1", "1 2", "1.2.3", "d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(number_parse_double(slice_of(bad[i]), &number));
}

static void expect_integer(int64_t number) {
    char text[NUMBER_INT64_MAX], expected[32];
    int length = snprintf(expected, sizeof expected, "%" PRId64, number);
    assert_int_equal(number_write_int64(text, number), length);
    assert_memory_equal(text, expected, (size_t)length);
}

/* Around every power of ten and of two, where the number of digits changes. */
static void integers_of_every_length_are_written(void **state) {
    for (int64_t power = 1, more = 1; more; more = power <= INT64_MAX / 10, power *= more ? 10 : 1)
        for (int64_t near = -2; near <= 2; near++) {
            expect_integer(power + near);
            expect_integer(-(power + near));
        }
    for (int bit = 0; bit < 62; bit++)
        for (int64_t near = -2; near <= 2; near++)
            expect_integer((INT64_C(1) << bit) + near);
    for (int64_t number = -1000; number <= 1000; number++)
        expect_integer(number);
    expect_integer(INT64_MAX);
}

static void short_texts_are_checked_for_utf8(void **state) {
    for (size_t length = 1; length <= 20; length++)
        for (size_t place = 0; place < length; place++) {
            char *text = memory_allocate(length); /* of exactly that size: nothing behind is read */
            memset(text, 'a', length);
            assert_true(utf8_valid(slice_make(text, length)));
            text[place] = (char)0xFF;
            assert_false(utf8_valid(slice_make(text, length)));
            memory_free(text);
        }
}

static void integers_are_written(void **state) {
    char text[NUMBER_INT64_MAX];
    assert_true(
        slice_is(slice_make(text, number_write_int64(text, INT64_MIN)), "-9223372036854775808"));
    assert_true(slice_is(slice_make(text, number_write_int64(text, 0)), "0"));
}

static void base64_has_padding(void **state) {
    static const char *const pairs[][2] = {
        {"", ""}, {"a", "YQ=="}, {"ab", "YWI="}, {"abc", "YWJj"}, {"\xFF\xFE\xFD", "//79"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buffer out = {0};
        char bytes[16];
        size_t length;
        base64_append(&out, slice_of(pairs[i][0]));
        assert_true(slice_is(buffer_slice(&out), pairs[i][1]));
        assert_true(base64_decode(buffer_slice(&out), bytes, &length));
        assert_true(slice_is(slice_make(bytes, length), pairs[i][0]));
        buffer_free(&out);
    }
    char bytes[16];
    size_t length;
    assert_true(base64_decode(SLICE_LITERAL("YQ"), bytes, &length));
    assert_false(base64_decode(SLICE_LITERAL("Y"), bytes, &length));
    assert_false(base64_decode(SLICE_LITERAL("YQ="), bytes, &length));
    assert_false(base64_decode(SLICE_LITERAL("Y*=="), bytes, &length));
}

static void malformed_utf8_is_replaced(void **state) {
    static const char *const pairs[][2] = {{"abc", "abc"}, {"\xC3\xA9", "\xC3\xA9"},
        {"a\xFF!", "a\xEF\xBF\xBD!"}, {"\xC0\xAF", "\xEF\xBF\xBD"},
        {"\xED\xA0\x80x", "\xEF\xBF\xBDx"}, {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD"},
        {"long enough for words \xE2\x82", "long enough for words \xEF\xBF\xBD"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        slice text = slice_of(pairs[i][0]);
        buffer out = {0};
        utf8_append_repaired(&out, text);
        assert_true(slice_is(buffer_slice(&out), pairs[i][1]));
        assert_int_equal(utf8_valid(text), slice_is(text, pairs[i][1]));
        assert_true(utf8_valid(buffer_slice(&out)));
        buffer_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_have_a_point_and_few_digits),
        cmocka_unit_test(every_double_reads_back),
        cmocka_unit_test(numbers_are_read_in_many_spellings),
        cmocka_unit_test(integers_are_written),
        cmocka_unit_test(integers_of_every_length_are_written),
        cmocka_unit_test(short_texts_are_checked_for_utf8),
        cmocka_unit_test(base64_has_padding),
        cmocka_unit_test(malformed_utf8_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
