/* row_codec.h - rows as bytes, for stores, changelogs and exchanges.
 *
 * Two encodings. Keys are memcomparable: bytewise order is the order of the columns' values (nulls
 * first), so that a store can be walked by prefix and by range. Values are compact and not ordered.
 * Both are read back into columns.
 */
#ifndef SLUICE_EXECUTOR_STATE_ROW_CODEC_H
#define SLUICE_EXECUTOR_STATE_ROW_CODEC_H

#include "base/buffer.h"
#include "base/column.h"

/* Appends the memcomparable form of one row of `count` columns. */
void row_key_append(buffer *out, column *const *columns, int count, int64_t row);
/* Memcomparable parts for window bounds and sequence numbers (big endian, sign flipped). */
void row_key_append_int64(buffer *out, int64_t value);
int64_t row_key_read_int64(slice *key); /* takes 8 bytes off the front */
/* Reads a key back: appends one row to each of the columns, and takes its bytes off the front.
 * False when the bytes do not fit the types. */
bool row_key_read(slice *key, column *const *columns, int count);

/* Appends the value form of one row; NULL entries in `columns` are written as nulls. */
void row_value_append(buffer *out, column *const *columns, int count, int64_t row);
/* Appends one row to each column that is not NULL and takes the bytes off the front. False when
 * they do not fit. */
bool row_value_read(slice *value, const sql_type *const *types, column *const *columns, int count);

#endif
