/* json_schema.h - column types as JSON Schema, in the dialect of Kafka Connect's converter
 * (connect.type says what JSON's types leave open), and back.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_SCHEMA_H
#define SLUICE_EXECUTOR_FORMAT_JSON_SCHEMA_H

#include "executor/format/format.h"

/* Appends the schema's text: an object with a property a column, or the one column's type. */
void json_schema_append(buffer *out, const format_schema *schema);
/* Reads a schema; names as schema_column_name gives them. */
bool json_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e);

#endif
