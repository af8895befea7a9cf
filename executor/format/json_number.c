#include "executor/format/json_number.h"

#include "executor/format/json_token.h"

/* Digits of a number below 10^8 that is not zero. */
static int count_significant(uint64_t value) {
    int digits = 1;
    while (digits < 8 && value >= JSON_TENS[digits])
        digits++;
    return digits;
}

/* Reads a run of digits eight at a time. */
static bool scan_digits(json_reader *r, json_number *n) {
    const char *from = r->at;
    int count;
    do {
        uint64_t word = json_word(r->start, r->at, r->end);
        count = json_count_digits(word);
        if (count == 0)
            break;
        uint64_t value = json_digits_value(word, count);
        if (n->digits)
            n->digits += count;
        else if (value)
            n->digits = count_significant(value);
        n->mantissa = n->mantissa * JSON_TENS[count] + value;
        r->at += count;
    } while (count == 8);
    return r->at > from || json_fail_here(r, "a digit");
}

static bool scan_exponent(json_reader *r, json_number *n) {
    r->at++;
    bool negative = r->at < r->end && *r->at == '-';
    if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
        r->at++;
    json_number exponent = {.digits = 0};
    if (!scan_digits(r, &exponent))
        return false;
    if (exponent.digits > 6)
        return json_fail(r, "the exponent is out of range");
    n->exponent += negative ? -(int64_t)exponent.mantissa : (int64_t)exponent.mantissa;
    return true;
}

bool json_scan_number(json_reader *r, json_number *n) {
    const char *from = r->at;
    *n = (json_number){.integer = true};
    if (*r->at == '-') {
        n->negative = true;
        r->at++;
    }
    bool zero = r->at < r->end && *r->at == '0';
    const char *first = r->at;
    if (!scan_digits(r, n))
        return false;
    if (zero && r->at - first > 1)
        return json_fail(r, "a number with leading zeros");
    if (r->at < r->end && *r->at == '.') {
        n->integer = false;
        const char *fraction = ++r->at;
        if (!scan_digits(r, n))
            return false;
        n->exponent = -(r->at - fraction);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        n->integer = false;
        if (!scan_exponent(r, n))
            return false;
    }
    n->text = slice_make(from, (size_t)(r->at - from));
    return true;
}
