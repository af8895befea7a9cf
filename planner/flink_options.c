#include "planner/flink_options.h"

#include "base/buffer.h"

static slice field_option(const flink_table *table, slice column, const char *what) {
    buffer name = {0};
    buffer_format(&name, "fields.%.*s.%s", SLICE_ARG(column), what);
    buffer_append_byte(&name, 0);
    slice value = flink_option(table, name.data);
    buffer_free(&name);
    return value;
}

static void append_text(buffer *out, slice text) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buffer_append_byte(out, '\\');
        if (c < 0x20)
            buffer_format(out, "\\u%04x", c);
        else
            buffer_append_byte(out, (char)c);
    }
    buffer_append_byte(out, '"');
}

static bool is_number(slice text) {
    double value;
    return slice_to_double(text, &value);
}

static bool append_number(
    const flink_table *table, const char *name, buffer *out, source_span span, error *e) {
    slice value = flink_option(table, name);
    int64_t number;
    if (!value.data)
        return true;
    if (!slice_to_int64(value, &number) || number < 0)
        return error_at(
            e, ERROR_STATEMENT, span, "'%s' must be a number, not '%.*s'", name, SLICE_ARG(value));
    buffer_format(out, "\"%s\": %.*s, ", name, SLICE_ARG(value));
    return true;
}

static bool append_field(const flink_table *table, const source_column *column, buffer *out,
    source_span span, error *e) {
    static const char *const NUMBERS[] = {
        "min", "max", "length", "start", "end", "null-rate", "max-past"};
    slice kind = field_option(table, column->name, "kind");
    if (column->type->base == SQL_MAP || column->type->base == SQL_BYTES)
        return error_at(e, ERROR_UNSUPPORTED, span,
            "datagen makes no values of the type of column `%.*s`", SLICE_ARG(column->name));
    if (kind.data && !slice_is(kind, "random") && !slice_is(kind, "sequence")) {
        error_at(e, ERROR_STATEMENT, span, "'fields.%.*s.kind' cannot be '%.*s'",
            SLICE_ARG(column->name), SLICE_ARG(kind));
        return error_hint(e, "It can be 'random' or 'sequence'.");
    }
    bool is_sequence = slice_is(kind, "sequence");
    if (is_sequence && (!is_number(field_option(table, column->name, "start")) ||
                           !is_number(field_option(table, column->name, "end"))))
        return error_at(e, ERROR_STATEMENT, span,
            "The sequence `%.*s` needs 'fields.%.*s.start' and 'fields.%.*s.end'",
            SLICE_ARG(column->name), SLICE_ARG(column->name), SLICE_ARG(column->name));
    buffer type = {0};
    sql_type_format(column->type, &type);
    buffer_append_text(out, "{\"name\": ");
    append_text(out, column->name);
    buffer_append_text(out, ", \"type\": ");
    append_text(out, buffer_slice(&type));
    buffer_format(out, ", \"kind\": \"%s\"", is_sequence ? "sequence" : "random");
    buffer_free(&type);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        slice value = field_option(table, column->name, NUMBERS[i]);
        if (value.data && is_number(value))
            buffer_format(out, ", \"%s\": %.*s", NUMBERS[i], SLICE_ARG(value));
    }
    buffer_append_byte(out, '}');
    return true;
}

bool flink_datagen_spec(const flink_table *table, const source_column *columns, int count,
    buffer *out, source_span span, error *e) {
    buffer_append_byte(out, '{');
    if (!append_number(table, "rows-per-second", out, span, e) ||
        !append_number(table, "number-of-rows", out, span, e))
        return false;
    buffer_append_text(out, "\"fields\": [");
    for (int i = 0; i < count; i++) {
        buffer_append_text(out, i ? ", " : "");
        if (!append_field(table, &columns[i], out, span, e))
            return false;
    }
    buffer_append_text(out, "]}");
    return true;
}

bool flink_datagen_is_bounded(const flink_table *table, const source_column *columns, int count) {
    bool bounded = flink_option(table, "number-of-rows").data != NULL;
    for (int i = 0; i < count; i++)
        bounded |= slice_is(field_option(table, columns[i].name, "kind"), "sequence");
    return bounded;
}
