/* json_skip.h - passing over JSON text that nobody wants. Private to the JSON reader.
 *
 * The place in the text goes through these functions as a pointer that stays in a register: most
 * of a record is passed over, and each step waits for the one before it. They check the structure
 * (not UTF-8), give the place behind what they passed, or NULL after having set the reader's
 * message and place.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_SKIP_H
#define SLUICE_EXECUTOR_FORMAT_JSON_SKIP_H

#include "executor/format/json_reader.h"
#include "executor/format/json_scan.h"

/* Fails with "'x' where ... should be"; always NULL. */
const char *json_fail_at(json_reader *r, const char *at, const char *expected);
/* `at` is at the opening bracket. */
const char *json_skip_container(json_reader *r, const char *at, char close);
/* true, false, null; or no value at all. */
const char *json_skip_word(json_reader *r, const char *at);

static inline bool json_is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline const char *json_skip_space(const json_reader *r, const char *at) {
    while (at < r->end && (unsigned char)*at <= ' ' && json_is_space(*at))
        at++;
    return at;
}

static inline const char *json_skip_string(json_reader *r, const char *at) {
    uint32_t beyond_ascii = 0;
    for (at++;; at += 2) {
        at = json_scan(r->start, at, r->end, &beyond_ascii);
        if (at < r->end && *at == '"')
            return at + 1;
        if (r->end - at < 2 || *at != '\\')
            return json_fail_at(r, at, "the end of a string");
    }
}

static inline const char *json_skip_digits(json_reader *r, const char *at) {
    const char *from = at;
    int count;
    do {
        count = json_count_digits(json_word(r->start, at, r->end));
        at += count;
    } while (count == 8);
    return at > from ? at : json_fail_at(r, at, "a digit");
}

/* From the point or the e on. */
static inline const char *json_skip_fraction(json_reader *r, const char *at) {
    if (*at == '.')
        at = json_skip_digits(r, at + 1);
    if (!at || at >= r->end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    at += at < r->end && (*at == '-' || *at == '+');
    return json_skip_digits(r, at);
}

static inline const char *json_skip_number(json_reader *r, const char *at) {
    at += *at == '-';
    const char *first = at;
    at = json_skip_digits(r, at);
    if (!at)
        return NULL;
    if (*first == '0' && at - first > 1) {
        r->at = at;
        json_fail(r, "a number with leading zeros");
        return NULL;
    }
    if (at < r->end && (*at == '.' || *at == 'e' || *at == 'E'))
        return json_skip_fraction(r, at);
    return at;
}

/* One value, which begins at `at`. */
static inline const char *json_skip(json_reader *r, const char *at) {
    char c = at < r->end ? *at : 0;
    if (c == '"')
        return json_skip_string(r, at);
    if (json_is_digit(c) || c == '-')
        return json_skip_number(r, at);
    if (c == '{' || c == '[')
        return json_skip_container(r, at, c == '{' ? '}' : ']');
    return json_skip_word(r, at);
}

static inline const char *json_skip_colon(json_reader *r, const char *at) {
    at = json_skip_space(r, at);
    if (at >= r->end || *at != ':')
        return json_fail_at(r, at, "':'");
    return json_skip_space(r, at + 1);
}

/* Behind an element: the comma or the closing bracket. `more` says which. */
static inline const char *json_skip_separator(
    json_reader *r, const char *at, char close, bool *more) {
    at = json_skip_space(r, at);
    if (at >= r->end || (*at != ',' && *at != close))
        return json_fail_at(r, at, close == '}' ? "',' or '}'" : "',' or ']'");
    *more = *at++ == ',';
    if (*more)
        return json_skip_space(r, at);
    r->depth--;
    return at;
}

#endif
