/* text_value.h - scalars as plain text: a DELIMITED field, or the key of a JSON map.
 *
 * DATE is days, TIME and TIMESTAMP are milliseconds, BYTES are base64, DECIMAL has all its places.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_TEXT_VALUE_H
#define SLUICE_EXECUTOR_FORMAT_TEXT_VALUE_H

#include "base/column.h"
#include "base/error.h"
#include "executor/format/format.h"

/* Parses the whole text and appends it to a scalar column. False (and nothing appended) when it
 * does not fit; `e` then says why. */
bool text_value_read(slice text, column *to, error *e);
/* The same for DATE, TIME and TIMESTAMP as texts (2024-02-29 09:16:05.1 or with a T between), to
 * and from columns of these types; fractions have no zeros at their end. */
bool time_value_read(slice text, column *to, error *e);
void time_value_append(buffer *out, const column *c, int64_t row, format_times times);
/* Appends the text of a scalar row that is not null. */
void text_value_append(buffer *out, const column *c, int64_t row);

#endif
