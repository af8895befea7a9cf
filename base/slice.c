#include "base/slice.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

bool slice_equal_ignore_case(slice a, slice b) {
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b.data[i]))
            return false;
    return true;
}

bool slice_starts_with(slice text, slice prefix) {
    return text.length >= prefix.length &&
           slice_equal(slice_make(text.data, prefix.length), prefix);
}

bool slice_ends_with(slice text, slice suffix) {
    if (text.length < suffix.length)
        return false;
    return slice_equal(slice_make(text.data + text.length - suffix.length, suffix.length), suffix);
}

slice slice_trim(slice text) {
    while (text.length && isspace((unsigned char)text.data[0]))
        text = slice_make(text.data + 1, text.length - 1);
    while (text.length && isspace((unsigned char)text.data[text.length - 1]))
        text.length--;
    return text;
}

bool slice_to_int64(slice text, int64_t *value) {
    size_t i = 0;
    bool negative = text.length && text.data[0] == '-';
    if (text.length && (text.data[0] == '-' || text.data[0] == '+'))
        i = 1;
    if (i == text.length)
        return false;
    int64_t sum = 0;
    for (; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        int digit = text.data[i] - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

bool slice_to_double(slice text, double *value) {
    char small[64];
    char *copy = small;
    if (text.length == 0 || isspace((unsigned char)text.data[0]))
        return false;
    if (text.length >= sizeof small) {
        copy = malloc(text.length + 1);
        if (!copy)
            return false;
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    char *end;
    *value = strtod(copy, &end);
    bool whole = end == copy + text.length;
    if (copy != small)
        free(copy);
    return whole;
}

uint64_t slice_hash(slice text) {
    return XXH3_64bits(text.data, text.length);
}

bool slice_take_item(slice *list, char separator, slice *item) {
    if (!list->length)
        return false;
    const char *end = memchr(list->data, separator, list->length);
    size_t length = end ? (size_t)(end - list->data) : list->length;
    size_t taken = length + (end ? 1 : 0);
    *item = slice_trim(slice_make(list->data, length));
    *list = slice_make(list->data + taken, list->length - taken);
    return true;
}
