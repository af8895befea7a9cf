/* text_value.h - scalars as plain text: a DELIMITED field, or the key of a JSON map.
 *
 * DATE is days, TIME and TIMESTAMP are milliseconds, BYTES are base64, DECIMAL has all its places.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_TEXT_VALUE_H
#define SLUICE_EXECUTOR_FORMAT_TEXT_VALUE_H

#include "base/column.h"
#include "base/error.h"

/* Parses the whole text and appends it to a scalar column. False (and nothing appended) when it
 * does not fit; `e` then says why. */
bool text_value_read(slice text, column *to, error *e);
/* Appends the text of a scalar row that is not null. */
void text_value_append(buffer *out, const column *c, int64_t row);

#endif
