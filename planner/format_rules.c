/* format_rules.c - one row a format; the checks read the row. */
#include "planner/format_rules.h"

#include "base/similar.h"

static const format_rules ROWS[] = {
    {"NONE", .empty = true},
    {"KAFKA", .unwraps = true, .single = true, .basic_only = true},
    {"DELIMITED", .unwraps = true, .delimits = true},
    {"JSON", .wraps = true, .unwraps = true, .nested = true},
    {"JSON_SR", .wraps = true, .unwraps = true, .infers = true, .nested = true},
    {"AVRO", .wraps = true, .unwraps = true, .infers = true, .nested = true, .names_schema = true},
    {"PROTOBUF", .wraps = true, .infers = true, .nested = true, .names_schema = true,
        .tells_nulls = true},
    {"PROTOBUF_NOSR", .wraps = true, .nested = true, .tells_nulls = true},
};

const format_rules *format_rules_find(slice name) {
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (slice_is_ignore_case(name, ROWS[i].name))
            return &ROWS[i];
    return NULL;
}

const format_rules *format_rules_require(slice name, source_span span, error *e) {
    const format_rules *rules = format_rules_find(name);
    if (!rules) {
        error_at(e, ERROR_STATEMENT, span, "Unknown format: %.*s", SLICE_ARG(name));
        const char *nearest =
            similar_nearest(name, &ROWS[0].name, sizeof *ROWS, sizeof ROWS / sizeof *ROWS);
        error_hint(e,
            "%s%s%sThe formats are AVRO, DELIMITED, JSON, JSON_SR, KAFKA, NONE, PROTOBUF "
            "and PROTOBUF_NOSR.",
            nearest ? "Did you mean " : "", nearest ? nearest : "", nearest ? "? " : "");
    }
    return rules;
}

static bool contains_map(const sql_type *type) {
    switch (type->base) {
    case SQL_MAP:
        return true;
    case SQL_ARRAY:
        return contains_map(type->element);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (contains_map(type->fields[i].type))
                return true;
        return false;
    default:
        return false;
    }
}

static bool map_keys_are_strings(const sql_type *type) {
    switch (type->base) {
    case SQL_MAP:
        return type->key->base == SQL_VARCHAR && map_keys_are_strings(type->element);
    case SQL_ARRAY:
        return map_keys_are_strings(type->element);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (!map_keys_are_strings(type->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

static bool type_fits(const format_rules *rules, const sql_type *type) {
    if (sql_type_is_nested(type))
        return rules->nested;
    if (!rules->basic_only)
        return true;
    return type->base == SQL_INTEGER || type->base == SQL_BIGINT || type->base == SQL_DOUBLE ||
           type->base == SQL_VARCHAR || type->base == SQL_BYTES;
}

static bool check_column(const format_rules *rules, bool is_key, const source_column *column,
    source_span span, error *e) {
    buffer type = {0};
    sql_type_format(column->type, &type);
    bool fits = true;
    if (is_key && contains_map(column->type)) {
        fits = error_at(e, ERROR_STATEMENT, span,
            "Key column `%.*s` has the type %.*s: keys that are or contain a MAP are not "
            "supported, because equal maps may be written differently",
            SLICE_ARG(column->name), SLICE_ARG(buffer_slice(&type)));
    } else if (!type_fits(rules, column->type)) {
        fits = error_at(e, ERROR_STATEMENT, span,
            "The '%s' format does not support the type %.*s, column: `%.*s`", rules->name,
            SLICE_ARG(buffer_slice(&type)), SLICE_ARG(column->name));
        error_hint(
            e, "Choose another %s, such as JSON or AVRO.", is_key ? "KEY_FORMAT" : "VALUE_FORMAT");
    } else if (!map_keys_are_strings(column->type)) {
        fits = error_at(e, ERROR_STATEMENT, span,
            "The '%s' format supports only MAPs with STRING keys, column: `%.*s` (%.*s)",
            rules->name, SLICE_ARG(column->name), SLICE_ARG(buffer_slice(&type)));
    }
    buffer_free(&type);
    return fits;
}

static bool check_wrapping(
    const format_rules *rules, const source_format *format, int count, source_span span, error *e) {
    if (format->wrap_single < 0)
        return true;
    if (count != 1)
        return error_at(e, ERROR_STATEMENT, span,
            "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas; there are %d value "
            "columns",
            count);
    if (format->wrap_single ? rules->wraps : rules->unwraps)
        return true;
    return error_at(e, ERROR_STATEMENT, span,
        "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'", rules->name,
        format->wrap_single ? "true" : "false");
}

bool format_rules_check(const source_format *format, bool is_key, const source_column *columns,
    int count, source_span span, error *e) {
    const format_rules *rules = format_rules_require(format->name, span, e);
    if (!rules)
        return false;
    for (int i = 0; i < count; i++)
        if (!rules->empty && !check_column(rules, is_key, &columns[i], span, e))
            return false;
    if (rules->empty && count > 0) {
        error_at(e, ERROR_STATEMENT, span,
            "The 'NONE' format can only be used when no columns are defined. There is the %s "
            "column `%.*s`",
            is_key ? "key" : "value", SLICE_ARG(columns[0].name));
        return error_hint(e, "Choose another %s.", is_key ? "KEY_FORMAT" : "VALUE_FORMAT");
    }
    if (rules->single && count > 1) {
        error_at(e, ERROR_STATEMENT, span,
            "The '%s' format only supports a single field. There are %d %s columns", rules->name,
            count, is_key ? "key" : "value");
        return error_hint(e, "Add WITH (%s='JSON').", is_key ? "KEY_FORMAT" : "VALUE_FORMAT");
    }
    if (format->delimiter && !rules->delimits)
        return error_at(e, ERROR_STATEMENT, span,
            "%s does not support the property %s_DELIMITER: only DELIMITED has a delimiter",
            rules->name, is_key ? "KEY" : "VALUE");
    if (format->nullable && !rules->tells_nulls)
        return error_at(e, ERROR_STATEMENT, span,
            "%s does not support the property %s_PROTOBUF_NULLABLE_REPRESENTATION: only PROTOBUF "
            "and PROTOBUF_NOSR have one",
            rules->name, is_key ? "KEY" : "VALUE");
    if (format->schema_full_name.data && !rules->names_schema)
        return error_at(e, ERROR_STATEMENT, span,
            "%s does not support the property %s_SCHEMA_FULL_NAME: only AVRO and PROTOBUF name "
            "their schemas",
            rules->name, is_key ? "KEY" : "VALUE");
    return is_key || check_wrapping(rules, format, count, span, e);
}

static bool carries(slice name, const plan_column *keys, int key_count) {
    const format_rules *rules = format_rules_find(name);
    if (!rules || rules->empty || (rules->single && key_count > 1))
        return false;
    for (int i = 0; i < key_count; i++)
        if (!type_fits(rules, keys[i].type))
            return false;
    return true;
}

slice format_rules_exchange(slice source_format, const plan_column *keys, int key_count) {
    if (carries(source_format, keys, key_count))
        return source_format;
    slice kafka = SLICE_LITERAL("KAFKA");
    return carries(kafka, keys, key_count) ? kafka : SLICE_LITERAL("JSON");
}
