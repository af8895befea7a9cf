/* sql_text.h - scalars as the text that SQL users write and see.
 *
 * Numbers as Java prints them, DECIMAL with all its places, dates and times as ISO-8601, BYTES as
 * base64. Any thread.
 */
#ifndef SLUICE_BASE_SQL_TEXT_H
#define SLUICE_BASE_SQL_TEXT_H

#include "base/buffer.h"
#include "base/column.h"

/* Appends the text of a row that is not null, of a column that is not nested. */
void sql_text_append(buffer *out, const column *c, int64_t row);

typedef enum sql_text_outcome {
    SQL_TEXT_OK,
    SQL_TEXT_MALFORMED, /* the text is not of the type */
    SQL_TEXT_OVERFLOW,  /* a number with more digits than the DECIMAL has */
} sql_text_outcome;

/* Appends the value that a text stands for to a column that is not nested; nothing unless OK. White
 * space at its ends does not count, but for a VARCHAR. A BOOLEAN is true, yes, false, no, or what
 * these begin with. */
sql_text_outcome sql_text_read(column *to, slice text);

#endif
