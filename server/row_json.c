/* Rows as the REST API shows them. Differs from the JSON format in dates and times, which are ISO
 * texts here, and in doubles that JSON has no number for, which are strings. */
#include <math.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/sql_text.h"
#include "base/time_text.h"
#include "server/json_out.h"
#include "server/response.h"

static void append_date(buffer *out, int64_t days) {
    int64_t year;
    int month, day;
    time_date_from_days(days, &year, &month, &day);
    buffer_format(out, "%04lld-%02d-%02d", (long long)year, month, day);
}

static void append_time(buffer *out, int64_t of_day_ms, bool always_ms) {
    int ms = (int)of_day_ms;
    buffer_format(out, "%02d:%02d:%02d", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);
    if (always_ms || ms % 1000)
        buffer_format(out, ".%03d", ms % 1000);
}

static void append_timestamp(buffer *out, int64_t at_ms) {
    append_date(out, time_days_of_timestamp(at_ms));
    buffer_append_byte(out, 'T');
    append_time(out, time_of_day(at_ms), true);
}

static void append_double(buffer *out, double value) {
    if (!isfinite(value))
        buffer_append_byte(out, '"');
    number_append_double(out, value);
    if (!isfinite(value))
        buffer_append_byte(out, '"');
}

static void append_elements(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '[');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        json_comma(out);
        response_append_value(out, c->children[0], i);
    }
    buffer_append_byte(out, ']');
}

/* A key of any type as the name of a member. */
static void append_map_key(buffer *out, const column *keys, int64_t row) {
    if (keys->type->base == SQL_VARCHAR) {
        buffer_append_json_string(
            out, column_is_null(keys, row) ? SLICE_LITERAL("null") : column_slice(keys, row));
        return;
    }
    buffer text = {0};
    response_append_value(&text, keys, row);
    buffer_append_json_string(out, buffer_slice(&text));
    buffer_free(&text);
}

static void append_entries(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '{');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        json_comma(out);
        append_map_key(out, c->children[0], i);
        buffer_append_byte(out, ':');
        response_append_value(out, c->children[1], i);
    }
    buffer_append_byte(out, '}');
}

static void append_fields(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '{');
    for (int i = 0; i < c->child_count; i++) {
        json_name_slice(out, c->type->fields[i].name);
        response_append_value(out, c->children[i], row);
    }
    buffer_append_byte(out, '}');
}

static void append_quoted(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '"');
    switch (c->type->base) {
    case SQL_BYTES:
        base64_append(out, column_slice(c, row));
        break;
    case SQL_DATE:
        append_date(out, c->int32s[row]);
        break;
    case SQL_TIME:
        append_time(out, c->int32s[row], false);
        break;
    default:
        append_timestamp(out, c->int64s[row]);
        break;
    }
    buffer_append_byte(out, '"');
}

void response_append_value(buffer *out, const column *c, int64_t row) {
    if (c->type->base == SQL_NULL || column_is_null(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->base) {
    case SQL_BOOLEAN:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DECIMAL:
        sql_text_append(out, c, row);
        break;
    case SQL_DOUBLE:
        append_double(out, c->doubles[row]);
        break;
    case SQL_VARCHAR:
        buffer_append_json_string(out, column_slice(c, row));
        break;
    case SQL_ARRAY:
        append_elements(out, c, row);
        break;
    case SQL_MAP:
        append_entries(out, c, row);
        break;
    case SQL_STRUCT:
        append_fields(out, c, row);
        break;
    default:
        append_quoted(out, c, row);
        break;
    }
}

static void append_column(buffer *out, const query_column *shown, const batch *rows, int64_t row) {
    json_comma(out);
    if (shown->index == -1)
        number_append_int64(out, rows->window_start[row]);
    else if (shown->index == -2)
        number_append_int64(out, rows->window_end[row]);
    else
        response_append_value(out, rows->columns[shown->index], row);
}

void response_append_row(buffer *out, const query_header *header, const batch *rows, int64_t row) {
    buffer_append_byte(out, '[');
    for (int i = 0; i < header->column_count; i++)
        append_column(out, &header->columns[i], rows, row);
    buffer_append_byte(out, ']');
}

void response_append_query_row(
    buffer *out, const query_header *header, const batch *rows, int64_t row) {
    buffer_append_text(out, "{\"row\":{\"columns\":");
    response_append_row(out, header, rows, row);
    if (rows->change[row] == CHANGE_DELETE)
        buffer_append_text(out, ",\"tombstone\":true");
    buffer_append_text(out, "}}");
}

void response_append_schema(buffer *out, const query_header *header) {
    for (int i = 0; i < header->column_count; i++) {
        buffer_format(out, "%s`%.*s` ", i ? ", " : "", SLICE_ARG(header->columns[i].name));
        sql_type_format(header->columns[i].type, out);
        if (header->columns[i].is_key)
            buffer_append_text(out, " KEY");
    }
}

void response_append_query_header(buffer *out, const query_header *header) {
    buffer schema = {0};
    response_append_schema(&schema, header);
    buffer_append_text(out, "{\"header\":{");
    json_text_member(out, "queryId", header->query_id);
    json_text_member(out, "schema", buffer_slice(&schema));
    buffer_append_text(out, "}}");
    buffer_free(&schema);
}

void response_append_stream_header(buffer *out, const query_header *header) {
    json_open(out, '{');
    json_text_member(out, "queryId", header->query_id);
    json_name(out, "columnNames");
    json_open(out, '[');
    for (int i = 0; i < header->column_count; i++)
        json_text(out, header->columns[i].name);
    json_shut(out, ']');
    json_name(out, "columnTypes");
    json_open(out, '[');
    for (int i = 0; i < header->column_count; i++) {
        buffer type = {0};
        sql_type_format(header->columns[i].type, &type);
        json_text(out, buffer_slice(&type));
        buffer_free(&type);
    }
    json_shut(out, ']');
    json_shut(out, '}');
}
