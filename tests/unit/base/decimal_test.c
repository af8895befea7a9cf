/* Decimals as documents: the text in, the operation, the text out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/decimal.h"

static void expect_text(decimal128 value, int scale, const char *text) {
    buffer out = {0};
    decimal_append(&out, value, scale);
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, text);
    buffer_free(&out);
}

static decimal128 number(const char *text, int scale) {
    decimal128 value = 0;
    assert_int_equal(decimal_parse(slice_of(text), 38, scale, DECIMAL_HALF_UP, &value), DECIMAL_OK);
    return value;
}

static void parses_and_rounds(void **state) {
    expect_text(number("1.005", 2), 2, "1.01");
    expect_text(number("-1.005", 2), 2, "-1.01");
    expect_text(number("+12", 3), 3, "12.000");
    expect_text(number("1.5e3", 0), 0, "1500");
    expect_text(number("15E-1", 2), 2, "1.50");
    expect_text(number("0.000", 2), 2, "0.00");
    expect_text(number(".5", 1), 1, "0.5");
    expect_text(number("00000000000000000000000000000000000000000007", 0), 0, "7");
    expect_text(number("0.00000000000000000000000000000000000000000000000000009", 2), 2, "0.00");
    expect_text(
        number("12345678987654321.2345678987654321", 16), 16, "12345678987654321.2345678987654321");
    expect_text(number("99999999999999999999999999999999999999", 0), 0,
        "99999999999999999999999999999999999999");
}

static void refuses(void **state) {
    decimal128 value;
    assert_int_equal(
        decimal_parse(slice_of("abc"), 4, 2, DECIMAL_HALF_UP, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(
        decimal_parse(slice_of(""), 4, 2, DECIMAL_HALF_UP, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(
        decimal_parse(slice_of("1e"), 4, 2, DECIMAL_HALF_UP, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(
        decimal_parse(slice_of("1.2.3"), 4, 2, DECIMAL_HALF_UP, &value), DECIMAL_NOT_A_NUMBER);
    assert_int_equal(
        decimal_parse(slice_of("100"), 4, 2, DECIMAL_HALF_UP, &value), DECIMAL_OVERFLOW);
    assert_int_equal(
        decimal_parse(slice_of("1.234"), 4, 2, DECIMAL_EXACT, &value), DECIMAL_INEXACT);
    assert_int_equal(decimal_parse(slice_of("1.230"), 4, 2, DECIMAL_EXACT, &value), DECIMAL_OK);
    assert_int_equal(decimal_parse(slice_of("1.239"), 4, 2, DECIMAL_DOWN, &value), DECIMAL_OK);
    expect_text(value, 2, "1.23");
}

static void divides(void **state) {
    decimal128 value;
    assert_true(decimal_divide(1010, 200, 7, &value));
    expect_text(value, 7, "5.0500000");
    assert_true(decimal_divide(2, 3, 4, &value));
    expect_text(value, 4, "0.6667");
    assert_true(decimal_divide(-2, 3, 4, &value));
    expect_text(value, 4, "-0.6667");
    assert_false(decimal_divide(1, 0, 4, &value));
    decimal128 large = decimal_power10(38) - 1;
    assert_true(decimal_divide(large - 1, large, 20, &value));
    expect_text(value, 20, "1.00000000000000000000");
    assert_false(decimal_divide(large, 1, 1, &value));
}

static void converts(void **state) {
    decimal128 value;
    assert_true(decimal_convert(12345, 3, 4, 2, &value));
    expect_text(value, 2, "12.35");
    assert_false(decimal_convert(123456, 2, 4, 2, &value));
    assert_true(decimal_from_double(0.99, 2, 1, &value));
    expect_text(value, 1, "1.0");
    assert_false(decimal_from_double(NAN, 10, 1, &value));
    assert_true(decimal_to_double(1001, 2) == 10.01);
    assert_true(decimal_to_double(number("12345678987654321.2345678987654321", 16), 16) ==
                12345678987654321.2345678987654321);
    assert_int_equal(decimal_compare(100, 2, 1, 0), 0);
    assert_int_equal(decimal_compare(-1, 0, 1, 30), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses_and_rounds),
        cmocka_unit_test(refuses), cmocka_unit_test(divides), cmocka_unit_test(converts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
