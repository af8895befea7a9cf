#include "executor/format/json_writer.h"

#include <math.h>

#include "base/number.h"
#include "executor/format/format.h"
#include "executor/format/json_scan.h"
#include "executor/format/text_value.h"

static void append_escaped(buffer *out, unsigned char c) {
    static const char hex[] = "0123456789ABCDEF";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    buffer_append_byte(out, '\\');
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        buffer_append_byte(out, to[found - from]);
        return;
    }
    buffer_append_text(out, "u00");
    buffer_append_byte(out, hex[c >> 4]);
    buffer_append_byte(out, hex[c & 15]);
}

void json_append_string(buffer *out, slice text) {
    const char *at = text.data, *end = at + text.length;
    buffer_reserve(out, text.length + 2);
    buffer_append_byte(out, '"');
    while (at < end) {
        uint32_t beyond_ascii = 0;
        const char *stop = json_scan(text.data, at, end, &beyond_ascii);
        buffer_append_bytes(out, at, (size_t)(stop - at));
        if (stop == end)
            break;
        append_escaped(out, (unsigned char)*stop);
        at = stop + 1;
    }
    buffer_append_byte(out, '"');
}

static void append_list(buffer *out, const column *c, int64_t row, format_times times) {
    buffer_append_byte(out, '[');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row])
            buffer_append_byte(out, ',');
        json_append_value_timed(out, c->children[0], i, times);
    }
    buffer_append_byte(out, ']');
}

/* JSON's names are strings, so keys of other types become their text. */
static void append_map_key(buffer *out, const column *keys, int64_t row) {
    if (keys->type->base == SQL_VARCHAR && !column_is_null(keys, row)) {
        json_append_string(out, column_slice(keys, row));
        return;
    }
    buffer text = {0};
    if (sql_type_is_nested(keys->type) || column_is_null(keys, row))
        json_append_value(&text, keys, row);
    else
        text_value_append(&text, keys, row);
    json_append_string(out, buffer_slice(&text));
    buffer_free(&text);
}

static void append_map(buffer *out, const column *c, int64_t row, format_times times) {
    buffer_append_byte(out, '{');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row])
            buffer_append_byte(out, ',');
        append_map_key(out, c->children[0], i);
        buffer_append_byte(out, ':');
        json_append_value_timed(out, c->children[1], i, times);
    }
    buffer_append_byte(out, '}');
}

static void append_struct(buffer *out, const column *c, int64_t row, format_times times) {
    buffer_append_byte(out, '{');
    for (int i = 0; i < c->child_count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        json_append_string(out, c->type->fields[i].name);
        buffer_append_byte(out, ':');
        json_append_value_timed(out, c->children[i], row, times);
    }
    buffer_append_byte(out, '}');
}

static void append_time(buffer *out, const column *c, int64_t row, format_times times) {
    buffer_append_byte(out, '"');
    time_value_append(out, c, row, times);
    buffer_append_byte(out, '"');
}

void json_append_value(buffer *out, const column *c, int64_t row) {
    json_append_value_timed(out, c, row, FORMAT_TIMES_NUMBERS);
}

void json_append_value_timed(buffer *out, const column *c, int64_t row, format_times times) {
    if (column_is_null(c, row)) {
        buffer_append(out, SLICE_LITERAL("null"));
        return;
    }
    switch (c->type->base) {
    case SQL_VARCHAR:
        json_append_string(out, column_slice(c, row));
        return;
    case SQL_BIGINT:
        number_append_int64(out, c->int64s[row]);
        return;
    case SQL_ARRAY:
        append_list(out, c, row, times);
        return;
    case SQL_MAP:
        append_map(out, c, row, times);
        return;
    case SQL_STRUCT:
        append_struct(out, c, row, times);
        return;
    case SQL_NULL:
        buffer_append(out, SLICE_LITERAL("null"));
        return;
    case SQL_DOUBLE:
        if (isfinite(c->doubles[row])) {
            number_append_double(out, c->doubles[row]);
            return;
        }
        break; /* "NaN", "Infinity" and "-Infinity" are strings */
    case SQL_BYTES:
        break;
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        if (times != FORMAT_TIMES_NUMBERS) {
            append_time(out, c, row, times);
            return;
        }
        text_value_append(out, c, row);
        return;
    default:
        text_value_append(out, c, row);
        return;
    }
    buffer_append_byte(out, '"');
    text_value_append(out, c, row);
    buffer_append_byte(out, '"');
}
