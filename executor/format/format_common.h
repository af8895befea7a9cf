/* format_common.h - what the formats share. Private to executor/format.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_FORMAT_COMMON_H
#define SLUICE_EXECUTOR_FORMAT_FORMAT_COMMON_H

#include "executor/format/format.h"

extern const format FORMAT_NONE, FORMAT_KAFKA, FORMAT_DELIMITED, FORMAT_JSON, FORMAT_JSON_SR,
    FORMAT_AVRO, FORMAT_PROTOBUF, FORMAT_PROTOBUF_NOSR, FORMAT_CSV, FORMAT_RAW, FORMAT_AVRO_RECORD,
    FORMAT_DEBEZIUM_JSON;

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
/* How one row becomes a payload: appends it and gives FORMAT_OK. With FORMAT_NULL, or FORMAT_BAD
 * and the error, what it has appended is taken back. */
typedef format_status (*format_row_writer)(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e);

/* The loop of every `encode`. It is inline so that `write`, a constant in each format, costs no
 * call through a pointer for each row. */
static inline void format_encode_rows(format_row_writer write, format_encoder *encoder,
    column *const *columns, int64_t first, int64_t count, const uint8_t *skip, buffer *out,
    size_t *ends, uint8_t *status, const format_report *report) {
    error e;
    e.code = ERROR_NONE; /* the rest is large, and read only after a failure */
    for (int64_t i = 0; i < count; i++) {
        size_t before = out->length;
        status[i] = skip && skip[i] ? FORMAT_NULL : write(encoder, columns, first + i, out, &e);
        if (status[i] != FORMAT_OK)
            out->length = before;
        if (status[i] == FORMAT_BAD) {
            format_report_bad(report, i, slice_of(e.message));
            e.code = ERROR_NONE;
        }
        ends[i] = out->length;
    }
}
/* Rows so far in the wanted columns; 0 when none is wanted. */
int64_t format_first_row(column *const *columns, int count);

#endif
