/* decimal.h - arithmetic and text of DECIMAL values.
 *
 * A value is an unscaled 128-bit integer; its scale is known from its type. At most 38 digits are
 * held: every operation says false when a result has more. Rounding is half up (away from zero).
 */
#ifndef SLUICE_BASE_DECIMAL_H
#define SLUICE_BASE_DECIMAL_H

#include "base/column.h"

typedef enum decimal_status {
    DECIMAL_OK,
    DECIMAL_NOT_A_NUMBER, /* the text is no number */
    DECIMAL_OVERFLOW,     /* more digits before the point than the type has */
    DECIMAL_INEXACT,      /* digits behind the point would be lost */
} decimal_status;

/* What becomes of digits behind the scale. */
typedef enum decimal_rounding {
    DECIMAL_EXACT,   /* they must be zeros */
    DECIMAL_DOWN,    /* cut off */
    DECIMAL_HALF_UP, /* to the nearest, halves away from zero */
} decimal_rounding;

enum {
    DECIMAL_MAX_PRECISION = 38,
    DECIMAL_TEXT_MAX = 48, /* bytes a value's text can take when its scale is at most 38 */
};

/* What a status means, for messages: "more digits before the point than the type has". */
const char *decimal_status_text(decimal_status status);

/* 10 to the power n, 0 <= n <= 38. */
decimal128 decimal_power10(int n);
/* Whether it has at most `precision` digits. */
bool decimal_fits(decimal128 value, int precision);

/* Reads [+-]digits[.digits][e[+-]digits], the whole slice, as a DECIMAL(precision, scale). */
decimal_status decimal_parse(
    slice text, int precision, int scale, decimal_rounding rounding, decimal128 *value);
/* Plain notation with exactly `scale` digits behind the point: -12.50. */
void decimal_append(buffer *out, decimal128 value, int scale);
/* The same into `to`, which has DECIMAL_TEXT_MAX bytes; gives the length. Scale at most 38. */
size_t decimal_write(char *to, decimal128 value, int scale);

/* To another scale, rounded half up. */
bool decimal_rescale(decimal128 value, int from_scale, int to_scale, decimal128 *result);
/* To another type: rescaled, and it must fit the precision. */
bool decimal_convert(
    decimal128 value, int from_scale, int precision, int to_scale, decimal128 *result);
/* The whole part, digits behind the point cut off; false when it does not fit. */
bool decimal_to_int64(decimal128 value, int scale, int64_t *result);
double decimal_to_double(decimal128 value, int scale);
/* By the number's shortest text, as Java's BigDecimal.valueOf, rounded half up; false for NaN,
 * infinities and overflow. */
bool decimal_from_double(double value, int precision, int scale, decimal128 *result);

/* Of equal scales; the result has that scale too. */
bool decimal_add(decimal128 a, decimal128 b, decimal128 *result);
bool decimal_subtract(decimal128 a, decimal128 b, decimal128 *result);
/* The result's scale is the sum of the scales. */
bool decimal_multiply(decimal128 a, decimal128 b, decimal128 *result);
/* a / b with `digits` more digits behind the point than integer division gives, rounded: the
 * result's scale is scale(a) - scale(b) + digits. digits >= 0. False when b is 0 too. */
bool decimal_divide(decimal128 a, decimal128 b, int digits, decimal128 *result);
int decimal_compare(decimal128 a, int scale_a, decimal128 b, int scale_b);

#endif
