/* Text is read into at most 38 digits and a scale, then shifted to the scale wanted.
 *
 * Division that would need wider integers is done digit by digit: quotient and remainder of the
 * whole numbers first, then one more decimal digit a step, then the rounding digit. */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

typedef unsigned __int128 magnitude;

static const uint64_t power10_low[] = {1ull, 10ull, 100ull, 1000ull, 10000ull, 100000ull,
    1000000ull, 10000000ull, 100000000ull, 1000000000ull, 10000000000ull, 100000000000ull,
    1000000000000ull, 10000000000000ull, 100000000000000ull, 1000000000000000ull,
    10000000000000000ull, 100000000000000000ull, 1000000000000000000ull, 10000000000000000000ull};

decimal128 decimal_power10(int n) {
    assert(n >= 0 && n <= DECIMAL_MAX_PRECISION);
    if (n < 20)
        return (decimal128)power10_low[n];
    return (decimal128)power10_low[19] * (decimal128)power10_low[n - 19];
}

static magnitude magnitude_of(decimal128 value) {
    return value < 0 ? -(magnitude)value : (magnitude)value;
}

const char *decimal_status_text(decimal_status status) {
    switch (status) {
    case DECIMAL_OK:
        return "a number that fits";
    case DECIMAL_NOT_A_NUMBER:
        return "not a number";
    case DECIMAL_OVERFLOW:
        return "more digits before the point than the type has";
    case DECIMAL_INEXACT:
        return "more digits behind the point than the type has";
    }
    return "";
}

bool decimal_fits(decimal128 value, int precision) {
    if (precision > DECIMAL_MAX_PRECISION)
        precision = DECIMAL_MAX_PRECISION;
    return precision < 0 ? value == 0 : magnitude_of(value) < (magnitude)decimal_power10(precision);
}

static bool within(decimal128 value) {
    return decimal_fits(value, DECIMAL_MAX_PRECISION);
}

/* value / 10^digits, half up. */
static decimal128 drop_digits(decimal128 value, int digits) {
    if (digits > DECIMAL_MAX_PRECISION)
        return 0;
    decimal128 divisor = decimal_power10(digits);
    decimal128 quotient = value / divisor, rest = value % divisor;
    magnitude twice = magnitude_of(rest) * 2;
    if (twice >= (magnitude)divisor && divisor > 1)
        quotient += value < 0 ? -1 : 1;
    return quotient;
}

bool decimal_rescale(decimal128 value, int from_scale, int to_scale, decimal128 *result) {
    int shift = to_scale - from_scale;
    if (shift == 0 || value == 0) {
        *result = value;
        return true;
    }
    if (shift < 0) {
        *result = drop_digits(value, -shift);
        return true;
    }
    return shift <= DECIMAL_MAX_PRECISION &&
           !__builtin_mul_overflow(value, decimal_power10(shift), result) && within(*result);
}

bool decimal_convert(
    decimal128 value, int from_scale, int precision, int to_scale, decimal128 *result) {
    return decimal_rescale(value, from_scale, to_scale, result) && decimal_fits(*result, precision);
}

/* The exponent behind the digits: [e[+-]digits] up to the end. */
static bool parse_exponent(const char *at, const char *end, int *exponent) {
    if (at == end) {
        *exponent = 0;
        return true;
    }
    if (*at != 'e' && *at != 'E')
        return false;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    int value = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        if (value < 100000)
            value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

/* The digits of a number's text: up to 38 of them, the rest counted. */
typedef struct parsed_number {
    magnitude digits;
    int scale; /* of `digits`; may be negative */
    bool negative;
    bool more;         /* digits that are not zero were left out */
    bool more_half_up; /* and they are at least a half of the last one kept */
} parsed_number;

static bool parse_number(slice text, parsed_number *n) {
    const char *at = text.data, *end = text.data + text.length;
    *n = (parsed_number){0};
    if (at < end && (*at == '-' || *at == '+'))
        n->negative = *at++ == '-';
    int kept = 0, dropped = 0, fraction = 0, seen = 0;
    bool point = false;
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        seen++;
        fraction += point;
        if (kept < DECIMAL_MAX_PRECISION) {
            n->digits = n->digits * 10 + (magnitude)(*at - '0');
            kept += n->digits != 0;
            continue;
        }
        if (dropped++ == 0)
            n->more_half_up = *at >= '5';
        n->more |= *at != '0';
    }
    int exponent;
    if (!seen || !parse_exponent(at, end, &exponent))
        return false;
    n->scale = fraction - exponent - dropped;
    return true;
}

/* Cuts digits off the end; says whether they were all zeros. */
static bool cut_digits(parsed_number *n, int scale, bool *half_up) {
    int cut = n->scale - scale;
    if (cut > DECIMAL_MAX_PRECISION) {
        bool zero = n->digits == 0;
        n->digits = 0;
        *half_up = false;
        return zero;
    }
    magnitude divisor = (magnitude)decimal_power10(cut), rest = n->digits % divisor;
    n->digits /= divisor;
    *half_up = rest * 2 >= divisor;
    return rest == 0 && !n->more;
}

decimal_status decimal_parse(
    slice text, int precision, int scale, decimal_rounding rounding, decimal128 *value) {
    parsed_number n;
    if (!parse_number(text, &n))
        return DECIMAL_NOT_A_NUMBER;
    bool half_up = n.more_half_up;
    if (n.scale > scale) {
        if (!cut_digits(&n, scale, &half_up) && rounding == DECIMAL_EXACT)
            return DECIMAL_INEXACT;
    } else if (n.scale < scale && n.digits) {
        int shift = scale - n.scale;
        if (shift > DECIMAL_MAX_PRECISION || n.more ||
            __builtin_mul_overflow(n.digits, (magnitude)decimal_power10(shift), &n.digits))
            return DECIMAL_OVERFLOW;
        half_up = false;
    } else if (n.more && rounding == DECIMAL_EXACT) {
        return DECIMAL_INEXACT;
    }
    if (half_up && rounding == DECIMAL_HALF_UP)
        n.digits++;
    if (n.digits >= (magnitude)decimal_power10(DECIMAL_MAX_PRECISION))
        return DECIMAL_OVERFLOW;
    *value = n.negative ? -(decimal128)n.digits : (decimal128)n.digits;
    return decimal_fits(*value, precision) ? DECIMAL_OK : DECIMAL_OVERFLOW;
}

size_t decimal_write(char *text, decimal128 value, int scale) {
    char digits[DECIMAL_TEXT_MAX];
    int count = 0;
    magnitude m = magnitude_of(value);
    while (m > UINT64_MAX) { /* nineteen digits at a time: 128-bit division is slow */
        uint64_t low = (uint64_t)(m % power10_low[19]);
        m /= power10_low[19];
        for (int i = 0; i < 19; i++, low /= 10)
            digits[count++] = (char)('0' + low % 10);
    }
    for (uint64_t low = (uint64_t)m; low || count == 0; low /= 10)
        digits[count++] = (char)('0' + low % 10);
    while (count <= scale)
        digits[count++] = '0';
    size_t length = 0;
    if (value < 0)
        text[length++] = '-';
    while (count > 0) {
        if (count == scale)
            text[length++] = '.';
        text[length++] = digits[--count];
    }
    return length;
}

void decimal_append(buffer *out, decimal128 value, int scale) {
    char text[DECIMAL_TEXT_MAX];
    if (scale <= DECIMAL_MAX_PRECISION) {
        buffer_append_bytes(out, text, decimal_write(text, value, scale));
        return;
    }
    /* More digits behind the point than are held: 0.00..., then the value. */
    buffer_append_text(out, value < 0 ? "-0." : "0.");
    size_t length = decimal_write(text, value < 0 ? -value : value, 0);
    for (int i = (int)length; i < scale; i++)
        buffer_append_byte(out, '0');
    buffer_append_bytes(out, text, length);
}

bool decimal_to_int64(decimal128 value, int scale, int64_t *result) {
    decimal128 whole = scale > DECIMAL_MAX_PRECISION ? 0 : value / decimal_power10(scale);
    *result = (int64_t)whole;
    return whole >= INT64_MIN && whole <= INT64_MAX;
}

double decimal_to_double(decimal128 value, int scale) {
    if (value > -((int64_t)1 << 53) && value < ((int64_t)1 << 53) && scale >= 0 && scale <= 22) {
        static const double exact[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        return (double)value / exact[scale]; /* both exact: correctly rounded */
    }
    char text[DECIMAL_TEXT_MAX + 16];
    size_t length = decimal_write(text, value, 0);
    snprintf(text + length, 16, "e%d", -scale);
    return strtod(text, NULL);
}

bool decimal_from_double(double value, int precision, int scale, decimal128 *result) {
    if (!isfinite(value))
        return false;
    char text[NUMBER_DOUBLE_MAX];
    slice shortest = slice_make(text, number_write_double(text, value));
    return decimal_parse(shortest, precision, scale, DECIMAL_HALF_UP, result) == DECIMAL_OK;
}

bool decimal_add(decimal128 a, decimal128 b, decimal128 *result) {
    return !__builtin_add_overflow(a, b, result) && within(*result);
}

bool decimal_subtract(decimal128 a, decimal128 b, decimal128 *result) {
    return !__builtin_sub_overflow(a, b, result) && within(*result);
}

bool decimal_multiply(decimal128 a, decimal128 b, decimal128 *result) {
    return !__builtin_mul_overflow(a, b, result) && within(*result);
}

/* rest * 10 / divisor without overflow; rest < divisor. */
static int next_digit(magnitude *rest, magnitude divisor) {
    if (*rest <= ~(magnitude)0 / 10) {
        magnitude scaled = *rest * 10;
        *rest = scaled % divisor;
        return (int)(scaled / divisor);
    }
    magnitude sum = 0;
    int digit = 0;
    for (int i = 0; i < 10; i++) {
        sum += *rest;
        if (sum >= divisor) {
            sum -= divisor;
            digit++;
        }
    }
    *rest = sum;
    return digit;
}

/* In one division where the dividend with its new digits fits 127 bits; the quotient's sign is left
 * out. */
static bool divide_at_once(magnitude dividend, magnitude divisor, int digits, magnitude *quotient) {
    magnitude scaled;
    if (digits > DECIMAL_MAX_PRECISION ||
        __builtin_mul_overflow(dividend, (magnitude)decimal_power10(digits), &scaled) ||
        scaled >> 127 || divisor >> 127)
        return false;
    magnitude rest;
    if (scaled <= UINT64_MAX && divisor <= UINT64_MAX) {
        *quotient = (uint64_t)scaled / (uint64_t)divisor;
        rest = (uint64_t)scaled % (uint64_t)divisor;
    } else {
        *quotient = scaled / divisor;
        rest = scaled - *quotient * divisor;
    }
    *quotient += rest * 2 >= divisor;
    return true;
}

bool decimal_divide(decimal128 a, decimal128 b, int digits, decimal128 *result) {
    if (b == 0)
        return false;
    bool negative = (a < 0) != (b < 0);
    magnitude dividend = magnitude_of(a), divisor = magnitude_of(b), at_once;
    magnitude limit = (magnitude)decimal_power10(DECIMAL_MAX_PRECISION);
    if (divide_at_once(dividend, divisor, digits, &at_once)) {
        *result = negative ? -(decimal128)at_once : (decimal128)at_once;
        return at_once < limit;
    }
    magnitude quotient = dividend / divisor, rest = dividend % divisor;
    for (int i = 0; i < digits; i++) {
        if (quotient >= limit / 10)
            return false;
        quotient = quotient * 10 + (magnitude)next_digit(&rest, divisor);
    }
    if (next_digit(&rest, divisor) >= 5)
        quotient++;
    if (quotient >= limit)
        return false;
    *result = negative ? -(decimal128)quotient : (decimal128)quotient;
    return true;
}

int decimal_compare(decimal128 a, int scale_a, decimal128 b, int scale_b) {
    decimal128 scaled;
    if (scale_a < scale_b) {
        if (!decimal_rescale(a, scale_a, scale_b, &scaled))
            return a < 0 ? -1 : 1;
        return (scaled > b) - (scaled < b);
    }
    if (!decimal_rescale(b, scale_b, scale_a, &scaled))
        return b < 0 ? 1 : -1;
    return (a > scaled) - (a < scaled);
}
