/* json_token.h - what the files of the JSON reader share. Private to them.
 *
 * Functions begin at the first byte of what they read, which exists, and leave the reader's place
 * behind it. False: the complaint is set.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_TOKEN_H
#define SLUICE_EXECUTOR_FORMAT_JSON_TOKEN_H

#include "executor/format/json_skip.h"

/* "'x' where `expected` should be"; always false. */
static inline bool json_fail_here(json_reader *r, const char *expected) {
    json_fail_at(r, r->at, expected);
    return false;
}

static inline bool json_at_quote(json_reader *r) {
    return (r->at < r->end && *r->at == '"') || json_fail_here(r, "a field name");
}

/* A value that a column of this type cannot have; always false. */
bool json_fail_type(json_reader *r, const column *to);
/* Puts the index in front of the complaint's path. */
void json_fail_in_element(json_reader *r, int64_t index);

/* A string, or another value as its text. */
bool json_read_text_column(json_reader *r, column *to);
/* A value of an ARRAY, MAP or STRUCT. */
bool json_read_nested(json_reader *r, json_shape *shape, column *to);

#endif
