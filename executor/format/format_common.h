/* format_common.h - what the formats share. Private to executor/format.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_FORMAT_COMMON_H
#define SLUICE_EXECUTOR_FORMAT_FORMAT_COMMON_H

#include "executor/format/format.h"

extern const format FORMAT_NONE, FORMAT_KAFKA, FORMAT_DELIMITED, FORMAT_JSON, FORMAT_JSON_SR,
    FORMAT_AVRO, FORMAT_PROTOBUF, FORMAT_PROTOBUF_NOSR;

/* Refuses a column's type: "The 'KAFKA' format does not support type 'ARRAY', column: `A`". */
bool format_refuse_type(
    const char *format_name, const format_column *c, const sql_type *type, error *e);
/* Refuses MAPs anywhere in the type whose keys are not strings. */
bool format_check_map_keys(
    const char *format_name, const format_column *c, const sql_type *type, error *e);
/* An unwrapped schema has exactly one column. */
bool format_check_unwrapped(const char *format_name, const format_schema *schema, error *e);
/* Gives every wanted column a null and drops what a failed row may have left. Columns then have
 * `row + 1` rows. */
void format_append_null_row(column *const *columns, int count, int64_t row);
/* Calls the report, when there is one. */
void format_report_bad(const format_report *report, int64_t row, slice message);
/* Rows so far in the wanted columns; 0 when none is wanted. */
int64_t format_first_row(column *const *columns, int count);

#endif
