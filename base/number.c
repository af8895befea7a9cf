#include "base/number.h"

#include <math.h>
#include <stdlib.h>

#include "base/number_shortest.h"

static const double powers_of_ten[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
    1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static size_t count_digits(uint64_t number) {
    static const uint64_t tens[] = {0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
        1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
        1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
        10000000000000000000u};
    size_t bits = 64 - (size_t)__builtin_clzll(number | 1);
    size_t guess = bits * 1233 >> 12; /* bits * log10(2): right, or one too few */
    return guess + (number >= tens[guess]);
}

size_t number_write_int64(char *to, int64_t number) {
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
                                "31323334353637383940414243444546474849505152535455565758596061"
                                "62636465666768697071727374757677787980818283848586878889909192"
                                "93949596979899";
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    *to = '-';
    to += number < 0;
    size_t length = count_digits(rest);
    char *at = to + length;
    for (; rest >= 100; rest /= 100)
        memcpy(at -= 2, pairs + 2 * (rest % 100), 2);
    if (rest >= 10)
        memcpy(to, pairs + 2 * rest, 2);
    else
        *to = (char)('0' + rest);
    return length + (number < 0);
}

/* The significant digits of a double: 0.d1d2d3... * 10^point. */
typedef struct double_digits {
    char text[24];
    int count;
    int point;
} double_digits;

static void find_digits(double number, double_digits *d) {
    uint64_t digits;
    int exponent;
    number_shortest(number, &digits, &exponent);
    d->count = (int)number_write_int64(d->text, (int64_t)digits);
    d->point = d->count + exponent;
    while (d->count > 1 && d->text[d->count - 1] == '0')
        d->count--;
}

static size_t write_plain(char *to, const double_digits *d) {
    size_t length = 0;
    if (d->point <= 0) {
        to[length++] = '0';
        to[length++] = '.';
        for (int i = d->point; i < 0; i++)
            to[length++] = '0';
    }
    for (int i = 0; i < d->count || i <= d->point; i++) {
        if (i == d->point && d->point > 0)
            to[length++] = '.';
        to[length++] = i < d->count ? d->text[i] : '0';
    }
    return length;
}

static size_t write_scientific(char *to, const double_digits *d) {
    size_t length = 0;
    to[length++] = d->text[0];
    to[length++] = '.';
    for (int i = 1; i < d->count; i++)
        to[length++] = d->text[i];
    if (d->count == 1)
        to[length++] = '0';
    to[length++] = 'E';
    return length + number_write_int64(to + length, d->point - 1);
}

size_t number_write_double(char *to, double number) {
    if (isnan(number)) {
        memcpy(to, "NaN", 3);
        return 3;
    }
    size_t sign = 0;
    if (signbit(number)) {
        to[sign++] = '-';
        number = -number;
    }
    if (isinf(number)) {
        memcpy(to + sign, "Infinity", 8);
        return sign + 8;
    }
    if (number == 0) {
        memcpy(to + sign, "0.0", 3);
        return sign + 3;
    }
    double_digits d;
    find_digits(number, &d);
    bool plain = number >= 1e-3 && number < 1e7;
    return sign + (plain ? write_plain(to + sign, &d) : write_scientific(to + sign, &d));
}

void number_append_double(buffer *out, double number) {
    buffer_reserve(out, NUMBER_DOUBLE_MAX);
    out->length += number_write_double(out->data + out->length, number);
}

void number_append_int64(buffer *out, int64_t number) {
    buffer_reserve(out, NUMBER_INT64_MAX);
    out->length += number_write_int64(out->data + out->length, number);
}

bool number_scale_double(uint64_t mantissa, int64_t exponent, double *number) {
    if (mantissa > (uint64_t)1 << 53)
        return false;
    if (exponent >= 0 && exponent <= 22)
        *number = (double)mantissa * powers_of_ten[exponent];
    else if (exponent < 0 && exponent >= -22)
        *number = (double)mantissa / powers_of_ten[-exponent];
    else
        return false;
    return true;
}

/* Whether the text is digits with at most one point and an exponent, which keeps strtod's
 * hexadecimal numbers and "inf" out. */
static bool is_decimal_number(slice text) {
    size_t i = 0, digits = 0;
    bool point = false;
    if (i < text.length && (text.data[i] == '-' || text.data[i] == '+'))
        i++;
    for (; i < text.length; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9')
            digits++;
        else if (text.data[i] == '.' && !point)
            point = true;
        else
            break;
    }
    if (digits == 0)
        return false;
    if (i == text.length)
        return true;
    int64_t exponent;
    return (text.data[i] == 'e' || text.data[i] == 'E') &&
           slice_to_int64(slice_make(text.data + i + 1, text.length - i - 1), &exponent);
}

static bool parse_special(slice text, double *number) {
    bool negative = text.length && text.data[0] == '-';
    if (text.length && (text.data[0] == '-' || text.data[0] == '+'))
        text = slice_make(text.data + 1, text.length - 1);
    if (slice_is(text, "NaN"))
        *number = NAN;
    else if (slice_is(text, "Infinity"))
        *number = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

bool number_parse_double(slice text, double *number) {
    text = slice_trim(text);
    if (parse_special(text, number))
        return true;
    if (text.length > 1 && strchr("fFdD", text.data[text.length - 1]))
        text.length--;
    return is_decimal_number(text) && slice_to_double(text, number);
}
