/* avro_writer.h - columns into Avro's binary form, by any schema they fit: the one made for them,
 * or one that was there before.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_AVRO_WRITER_H
#define SLUICE_EXECUTOR_FORMAT_AVRO_WRITER_H

#include "executor/format/avro_schema.h"

typedef struct avro_script avro_script;

/* Pairs a schema with columns; lives in `a`. NULL with an error when a column does not fit, or a
 * field has neither a column nor a default. */
avro_script *avro_script_create(
    arena *a, const avro_schema *schema, const format_schema *columns, error *e);

/* Appends one row. False when a value has no place in the schema; `out` then has a broken end. */
bool avro_write(
    const avro_script *script, column *const *columns, int64_t row, buffer *out, error *e);

#endif
