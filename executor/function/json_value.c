/* A walk over the value; nothing is kept. */
#include "executor/function/json_value.h"

#include <math.h>

#include "base/sql_text.h"
#include "executor/expression/cast.h"

static void append_quoted(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '"');
    sql_text_append(out, c, row);
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

void json_value_append(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->base) {
    case SQL_VARCHAR:
        buffer_append_json_string(out, column_slice(c, row));
        break;
    case SQL_BYTES:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        append_quoted(out, c, row);
        break;
    case SQL_ARRAY:
    case SQL_MAP:
        append_entries(out, c, row);
        break;
    case SQL_STRUCT:
        append_fields(out, c, row);
        break;
    default:
        if (c->type->base == SQL_DOUBLE && !isfinite(c->doubles[row]))
            append_quoted(out, c, row);
        else
            sql_text_append(out, c, row);
        break;
    }
}
