#include "executor/format/schema_header.h"

#include "base/memory.h"

bool schema_header_take(slice *payload, int32_t *id, error *e) {
    if (payload->length < SCHEMA_HEADER_BYTES || payload->data[0] != 0)
        return error_set(
            e, ERROR_DATA, "the payload does not start with a zero byte and the id of a schema");
    uint32_t big;
    memcpy(&big, payload->data + 1, 4);
    *id = (int32_t)__builtin_bswap32(big);
    *payload =
        slice_make(payload->data + SCHEMA_HEADER_BYTES, payload->length - SCHEMA_HEADER_BYTES);
    return true;
}

void schema_header_append(buffer *out, int32_t id) {
    uint32_t big = __builtin_bswap32((uint32_t)id);
    buffer_append_byte(out, 0);
    buffer_append_bytes(out, &big, 4);
}

bool schema_require_registry(const char *format_name, const format_options *options, error *e) {
    if (options && options->registry)
        return true;
    error_set(e, ERROR_STATEMENT, "The '%s' format needs a schema registry", format_name);
    return error_hint(e, "Set ksql.schema.registry.url, or use JSON, DELIMITED or PROTOBUF_NOSR.");
}

bool schema_id_for(const format_options *options, slice type, slice text, int32_t *id, error *e) {
    *id = options->schema_id;
    return *id || options->registry->register_schema(
                      options->registry, options->subject, type, text, id, e);
}

bool schema_fetch(
    const format_options *options, slice type, int32_t id, arena *a, slice *text, error *e) {
    slice found;
    if (!options->registry->schema_by_id(options->registry, id, a, &found, text, e))
        return false;
    if (slice_equal_ignore_case(found, type))
        return true;
    return error_set(e, ERROR_DATA, "the schema with the id %d is of type %.*s, not %.*s", (int)id,
        SLICE_ARG(found), SLICE_ARG(type));
}

json_t *schema_parse_json(slice text, const char *what, error *e) {
    json_error_t where;
    json_t *json = json_loadb(text.data, text.length, JSON_DECODE_ANY, &where);
    if (!json)
        error_set(e, ERROR_DATA, "The %s is not JSON: %s (line %d, column %d)", what, where.text,
            where.line, where.column);
    return json;
}

slice schema_json_text(const json_t *object, const char *member) {
    const json_t *value = json_object_get(object, member);
    if (!json_is_string(value))
        return (slice){NULL, 0};
    return slice_make(json_string_value(value), json_string_length(value));
}

slice schema_column_name(const format_options *options, arena *a, slice name) {
    return options && options->schema_id ? arena_copy(a, name) : arena_upper(a, name);
}

bool schema_of_type(
    const sql_type *type, bool wrapped, bool is_key, arena *a, format_schema *out, error *e) {
    if (!type)
        return false;
    if (wrapped && type->base != SQL_STRUCT)
        return error_set(e, ERROR_STATEMENT,
            "The schema describes a single value without fields: set WRAP_SINGLE_VALUE to false");
    int count = wrapped ? type->field_count : 1;
    format_column *columns = ARENA_ARRAY(a, format_column, count + 1);
    for (int i = 0; wrapped && i < count; i++)
        columns[i] = (format_column){type->fields[i].name, type->fields[i].type};
    if (!wrapped)
        columns[0] = (format_column){SLICE_LITERAL("ROWVAL"), type};
    if (!wrapped && is_key)
        columns[0].name = SLICE_LITERAL("ROWKEY");
    *out = (format_schema){columns, count, wrapped, is_key};
    return true;
}
