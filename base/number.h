/* number.h - the text of integers and doubles, as SQL users see it, and hexadecimal digits.
 *
 * A double is written with the fewest digits that read back to the same double, always with a
 * point: 1.0, 0.001, 1.0E10, 4.9E-324, NaN, -Infinity. Reading is correct to the last bit.
 *
 * Any thread.
 */
#ifndef SLUICE_BASE_NUMBER_H
#define SLUICE_BASE_NUMBER_H

#include "base/buffer.h"

enum {
    NUMBER_DOUBLE_MAX = 32, /* bytes a double's text can take */
    NUMBER_INT64_MAX = 20,  /* bytes an integer's text can take */
};

/* Write into `to` without a zero byte; give the length. */
size_t number_write_double(char *to, double number);
size_t number_write_int64(char *to, int64_t number);
void number_append_double(buffer *out, double number);
void number_append_int64(buffer *out, int64_t number);

/* Reads 1, -1.5, .5, 5., 1e9, NaN, Infinity; white space around it and a type suffix (1.0f, 2d) are
 * allowed. False when the text is anything else. */
bool number_parse_double(slice text, double *number);
/* mantissa * 10^exponent where that is exact in one rounding; false where it needs strtod. */
bool number_scale_double(uint64_t mantissa, int64_t exponent, double *number);
/* The value of a hexadecimal digit; -1 for any other character. */
static inline int number_hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

#endif
