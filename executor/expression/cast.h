/* cast.h - private to the executor: CAST of single values. */
#ifndef SLUICE_EXECUTOR_EXPRESSION_CAST_H
#define SLUICE_EXECUTOR_EXPRESSION_CAST_H

#include "base/sql_text.h"

typedef enum cast_outcome {
    CAST_OK = SQL_TEXT_OK,
    CAST_MALFORMED = SQL_TEXT_MALFORMED, /* the text is not of the type */
    CAST_OVERFLOW = SQL_TEXT_OVERFLOW,   /* the number does not fit */
} cast_outcome;

/* Appends the row of `from` to `to` as to->type; null when it cannot be cast. The cast must exist.
 */
cast_outcome cast_append(const column *from, int64_t row, column *to);
/* The value as CAST(... AS STRING) gives it; null is "null". */
void cast_append_text(const column *from, int64_t row, buffer *out);

#endif
