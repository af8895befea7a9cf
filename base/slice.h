/* slice.h - a string is a pointer and a length.
 *
 * A slice never owns its bytes and need not end in a zero byte. C strings live at the edges only
 * (system calls, libraries); inside, text travels as slices. A slice whose data is NULL is "no
 * value", which differs from the empty slice.
 */
#ifndef SLUICE_BASE_SLICE_H
#define SLUICE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct slice {
    const char *data;
    size_t length;
} slice;

/* For printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).length, ((s).data ? (s).data : "")
#define SLICE_LITERAL(text) ((slice){(text), sizeof(text) - 1})

static inline slice slice_make(const char *data, size_t length) {
    return (slice){data, length};
}

/* The slice of a C string, without its zero byte. NULL gives the NULL slice. */
static inline slice slice_of(const char *text) {
    return (slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(slice a, slice b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is(slice a, const char *text) {
    return slice_equal(a, slice_of(text));
}

/* Bytewise order; a prefix sorts before what extends it. */
static inline int slice_compare(slice a, slice b) {
    size_t shorter = a.length < b.length ? a.length : b.length;
    uint64_t first_of_a, first_of_b; /* mostly they decide */
    if (shorter >= sizeof first_of_a) {
        memcpy(&first_of_a, a.data, sizeof first_of_a);
        memcpy(&first_of_b, b.data, sizeof first_of_b);
        if (first_of_a != first_of_b)
            return __builtin_bswap64(first_of_a) < __builtin_bswap64(first_of_b) ? -1 : 1;
    }
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}
/* Equality where ASCII letters match in either case. */
bool slice_equal_ignore_case(slice a, slice b);
static inline bool slice_is_ignore_case(slice a, const char *text) {
    return slice_equal_ignore_case(a, slice_of(text));
}
bool slice_starts_with(slice text, slice prefix);
bool slice_ends_with(slice text, slice suffix);
/* Without leading and trailing ASCII white space. */
slice slice_trim(slice text);
/* Takes the first item of a list off it, without the blanks around it; false when nothing is left.
 */
bool slice_take_item(slice *list, char separator, slice *item);
/* Whole-slice decimal integer; false when it is not one or overflows. */
bool slice_to_int64(slice text, int64_t *value);
/* Whole-slice floating point number in C syntax; false when it is not one. */
bool slice_to_double(slice text, double *value);
/* 64-bit hash (xxhash's XXH3). Stable across runs and machines of one endianness. */
uint64_t slice_hash(slice text);

#endif
