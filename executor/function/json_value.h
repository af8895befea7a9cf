/* json_value.h - SQL values as JSON, as TO_JSON_STRING gives them: dates and times as ISO-8601
 * strings, DECIMAL with all its digits, BYTES as base64, NaN and infinities as strings. */
#ifndef SLUICE_EXECUTOR_FUNCTION_JSON_VALUE_H
#define SLUICE_EXECUTOR_FUNCTION_JSON_VALUE_H

#include "base/buffer.h"
#include "base/column.h"

/* Appends one row; null is null. Map keys become strings. */
void json_value_append(buffer *out, const column *c, int64_t row);

#endif
