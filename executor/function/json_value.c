/* A walk over the value; nothing is kept. */
#include "executor/function/json_value.h"

#include <math.h>

#include "base/base64.h"
#include "base/decimal.h"
#include "base/number.h"
#include "base/time_text.h"
#include "executor/expression/cast.h"

static void append_quoted(buffer *out, const char *text, size_t length) {
    buffer_append_byte(out, '"');
    buffer_append_bytes(out, text, length);
    buffer_append_byte(out, '"');
}

static void append_key(buffer *out, const column *keys, int64_t row) {
    buffer text = {0};
    cast_append_text(keys, row, &text);
    buffer_append_json_string(out, buffer_slice(&text));
    buffer_free(&text);
}

static void append_entries(buffer *out, const column *c, int64_t row) {
    bool is_map = c->type->base == SQL_MAP;
    buffer_append_byte(out, is_map ? '{' : '[');
    for (int32_t n = c->offsets[row]; n < c->offsets[row + 1]; n++) {
        if (n > c->offsets[row])
            buffer_append_byte(out, ',');
        if (is_map) {
            append_key(out, c->children[0], n);
            buffer_append_byte(out, ':');
        }
        json_value_append(out, c->children[is_map], n);
    }
    buffer_append_byte(out, is_map ? '}' : ']');
}

static void append_fields(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '{');
    for (int n = 0; n < c->child_count; n++) {
        if (n)
            buffer_append_byte(out, ',');
        buffer_append_json_string(out, c->type->fields[n].name);
        buffer_append_byte(out, ':');
        json_value_append(out, c->children[n], row);
    }
    buffer_append_byte(out, '}');
}

static void append_double(buffer *out, double value) {
    char text[NUMBER_DOUBLE_MAX];
    size_t length = number_write_double(text, value);
    if (isfinite(value))
        buffer_append_bytes(out, text, length);
    else
        append_quoted(out, text, length);
}

void json_value_append(buffer *out, const column *c, int64_t row) {
    char text[TIME_TEXT_MAX];
    if (column_is_null(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->base) {
    case SQL_NULL:
        break;
    case SQL_BOOLEAN:
        buffer_append_text(out, c->booleans[row] ? "true" : "false");
        break;
    case SQL_INTEGER:
        number_append_int64(out, c->int32s[row]);
        break;
    case SQL_BIGINT:
        number_append_int64(out, c->int64s[row]);
        break;
    case SQL_DOUBLE:
        append_double(out, c->doubles[row]);
        break;
    case SQL_DECIMAL:
        decimal_append(out, c->decimals[row], c->type->scale);
        break;
    case SQL_VARCHAR:
        buffer_append_json_string(out, column_slice(c, row));
        break;
    case SQL_BYTES:
        buffer_append_byte(out, '"');
        base64_append(out, column_slice(c, row));
        buffer_append_byte(out, '"');
        break;
    case SQL_DATE:
        append_quoted(out, text, time_write_date(text, c->int32s[row]));
        break;
    case SQL_TIME:
        append_quoted(out, text, time_write_time(text, c->int32s[row]));
        break;
    case SQL_TIMESTAMP:
        append_quoted(out, text, time_write_timestamp(text, c->int64s[row]));
        break;
    case SQL_ARRAY:
    case SQL_MAP:
        append_entries(out, c, row);
        break;
    case SQL_STRUCT:
        append_fields(out, c, row);
        break;
    }
}
