#include "planner/flink_options.h"

#include <string.h>

#include "base/buffer.h"
#include "base/similar.h"
#include "planner/flink_duration.h"

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

typedef struct generator {
    const flink_table *table;
    buffer *out;
    source_span span;
    error *e;
} generator;

static const char *const ATTRIBUTES[] = {
    "kind", "min", "max", "length", "start", "end", "null-rate", "max-past", "var-len"};
enum { ATTRIBUTE_COUNT = sizeof ATTRIBUTES / sizeof *ATTRIBUTES };

static bool fail_value(const generator *g, slice path, const char *what, slice value) {
    return error_at(g->e, ERROR_STATEMENT, g->span, "'fields.%.*s.%s' cannot be '%.*s'",
        SLICE_ARG(path), what, SLICE_ARG(value));
}

static bool append_attribute(const generator *g, slice path, const char *what) {
    slice value = field_option(g->table, path, what);
    if (!value.data || strcmp(what, "kind") == 0)
        return true;
    if (strcmp(what, "max-past") == 0) {
        int64_t ms = flink_duration_ms(value);
        if (ms < 0)
            return fail_value(g, path, what, value);
        buffer_format(g->out, ", \"%s\": %lld", what, (long long)ms);
        return true;
    }
    bool is_flag = slice_is(value, "true") || slice_is(value, "false");
    if (strcmp(what, "var-len") == 0 ? !is_flag : !is_number(value))
        return fail_value(g, path, what, value);
    buffer_format(g->out, ", \"%s\": %.*s", what, SLICE_ARG(value));
    return true;
}

static bool check_kind(const generator *g, slice path, slice kind) {
    if (kind.data && !slice_is(kind, "random") && !slice_is(kind, "sequence")) {
        fail_value(g, path, "kind", kind);
        return error_hint(g->e, "It can be 'random' or 'sequence'.");
    }
    if (slice_is(kind, "sequence") && (!is_number(field_option(g->table, path, "start")) ||
                                          !is_number(field_option(g->table, path, "end"))))
        return error_at(g->e, ERROR_STATEMENT, g->span,
            "The sequence `%.*s` needs 'fields.%.*s.start' and 'fields.%.*s.end'", SLICE_ARG(path),
            SLICE_ARG(path), SLICE_ARG(path));
    return true;
}

static bool append_value(const generator *g, slice name, slice path, const sql_type *type);

/* Parts of a value have options of their own: fields.a.element.min, fields.r.x.length. */
static bool append_part(const generator *g, slice name, slice path, const sql_type *type) {
    buffer longer = {0};
    buffer_format(&longer, "%.*s.%.*s", SLICE_ARG(path), SLICE_ARG(name));
    bool ok = append_value(g, name, buffer_slice(&longer), type);
    buffer_free(&longer);
    return ok;
}

static bool append_parts(const generator *g, slice path, const sql_type *type) {
    bool ok = true;
    buffer_append_text(g->out, ", \"parts\": [");
    if (type->base == SQL_MAP)
        ok = append_part(g, SLICE_LITERAL("key"), path, type->key);
    buffer_append_text(g->out, type->base == SQL_MAP ? ", " : "");
    if (type->base == SQL_MAP || type->base == SQL_ARRAY)
        ok = ok && append_part(g, slice_of(type->base == SQL_MAP ? "value" : "element"), path,
                       type->element);
    for (int i = 0; type->base == SQL_STRUCT && ok && i < type->field_count; i++) {
        buffer_append_text(g->out, i ? ", " : "");
        ok = append_part(g, type->fields[i].name, path, type->fields[i].type);
    }
    buffer_append_byte(g->out, ']');
    return ok;
}

static bool append_value(const generator *g, slice name, slice path, const sql_type *type) {
    slice kind = field_option(g->table, path, "kind");
    if (!check_kind(g, path, kind))
        return false;
    buffer text = {0};
    sql_type_format(type, &text);
    buffer_append_text(g->out, "{\"name\": ");
    append_text(g->out, name);
    buffer_append_text(g->out, ", \"type\": ");
    append_text(g->out, buffer_slice(&text));
    buffer_free(&text);
    buffer_format(g->out, ", \"kind\": \"%s\"", slice_is(kind, "sequence") ? "sequence" : "random");
    if (type->base == SQL_DECIMAL)
        buffer_format(g->out, ", \"precision\": %d, \"scale\": %d", type->precision, type->scale);
    bool ok = true;
    for (int i = 0; ok && i < ATTRIBUTE_COUNT; i++)
        ok = append_attribute(g, path, ATTRIBUTES[i]);
    if (ok && sql_type_is_nested(type))
        ok = append_parts(g, path, type);
    buffer_append_byte(g->out, '}');
    return ok;
}

/* fields.COLUMN[.PART...].ATTRIBUTE */
static bool check_field_option(
    const generator *g, slice name, const source_column *columns, int count) {
    slice prefix = SLICE_LITERAL("fields.");
    if (!slice_starts_with(name, prefix))
        return true;
    slice path = slice_make(name.data + prefix.length, name.length - prefix.length);
    size_t last = path.length;
    while (last > 0 && path.data[last - 1] != '.')
        last--;
    slice what = slice_make(path.data + last, path.length - last);
    bool known = false, of_column = false;
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        known |= slice_is(what, ATTRIBUTES[i]);
    for (int i = 0; i < count; i++)
        of_column |= slice_starts_with(path, columns[i].name) &&
                     path.length > columns[i].name.length &&
                     path.data[columns[i].name.length] == '.';
    if (known && of_column)
        return true;
    error_at(g->e, ERROR_STATEMENT, g->span, "The generator has no option '%.*s'", SLICE_ARG(name));
    if (!of_column)
        return error_hint(g->e, "It is fields.COLUMN.OPTION, of a column of the table.");
    const char *nearest = similar_nearest(what, ATTRIBUTES, sizeof *ATTRIBUTES, ATTRIBUTE_COUNT);
    return error_hint(g->e,
        "%s%s%sThere are kind, min, max, length, start, end, null-rate, max-past "
        "and var-len.",
        nearest ? "Did you mean " : "", nearest ? nearest : "", nearest ? "? " : "");
}

bool flink_datagen_spec(const flink_table *table, const source_column *columns, int count,
    buffer *out, source_span span, error *e) {
    buffer_append_byte(out, '{');
    if (!append_number(table, "rows-per-second", out, span, e) ||
        !append_number(table, "number-of-rows", out, span, e))
        return false;
    generator g = {table, out, span, e};
    for (int i = 0; i < table->option_count; i++)
        if (!check_field_option(&g, table->option_names[i], columns, count))
            return false;
    buffer_append_text(out, "\"fields\": [");
    for (int i = 0; i < count; i++) {
        buffer_append_text(out, i ? ", " : "");
        if (!append_value(&g, columns[i].name, columns[i].name, columns[i].type))
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
