/* json_number.h - numbers in JSON text, eight digits at a time. Private to the JSON reader. */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_NUMBER_H
#define SLUICE_EXECUTOR_FORMAT_JSON_NUMBER_H

#include "executor/format/json_reader.h"
#include "executor/format/json_scan.h"

typedef struct json_number {
    slice text;
    uint64_t mantissa; /* all digits, when there are at most 19 */
    int64_t exponent;  /* of the last digit */
    int digits;        /* of the mantissa, leading zeros not counted */
    bool negative;
    bool integer; /* without fraction and exponent */
} json_number;

static const uint64_t JSON_TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* Reads a number of any form, whose first byte is a digit or a minus. False: the complaint is set.
 */
bool json_scan_number(json_reader *r, json_number *n);

/* The usual integer, of fewer than sixteen digits and with nothing strange about it. Leaves others,
 * and what is wrong, where they are. */
static inline bool json_take_plain_integer(json_reader *r, int64_t *value) {
    const char *at = r->at + (*r->at == '-'), *first = at;
    uint64_t word = json_word(r->start, at, r->end);
    int count = json_count_digits(word);
    if (count == 0 || ((word & 0xFF) == '0' && count > 1))
        return false;
    uint64_t number = json_digits_value(word, count);
    at += count;
    if (count == 8) {
        word = json_word(r->start, at, r->end);
        count = json_count_digits(word);
        if (count == 8)
            return false;
        if (count)
            number = number * JSON_TENS[count] + json_digits_value(word, count);
        at += count;
    }
    if (at < r->end && (*at == '.' || *at == 'e' || *at == 'E'))
        return false;
    *value = first > r->at ? -(int64_t)number : (int64_t)number;
    r->at = at;
    return true;
}

#endif
