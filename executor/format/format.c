#include "executor/format/format_common.h"

#include "base/memory.h"

static const format *const formats[] = {
    &FORMAT_NONE,
    &FORMAT_KAFKA,
    &FORMAT_DELIMITED,
    &FORMAT_JSON,
    &FORMAT_JSON_SR,
    &FORMAT_AVRO,
    &FORMAT_PROTOBUF,
    &FORMAT_PROTOBUF_NOSR,
};

static const format *const flink_formats[] = {
    &FORMAT_CSV,
    &FORMAT_RAW,
    &FORMAT_AVRO_RECORD,
    &FORMAT_DEBEZIUM_JSON,
};

const format *const *format_all(int *count) {
    *count = (int)(sizeof formats / sizeof *formats);
    return formats;
}

const format *format_find(slice name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (slice_is_ignore_case(name, formats[i]->name))
            return formats[i];
    for (size_t i = 0; i < sizeof flink_formats / sizeof *flink_formats; i++)
        if (slice_is(name, flink_formats[i]->name))
            return flink_formats[i];
    return NULL;
}

slice format_flink_option(const format_options *options, const char *name) {
    return options && options->flink ? flink_format_option(options->flink, options->of_key, name)
                                     : (slice){NULL, 0};
}

bool format_flink_flag(const format_options *options, const char *name) {
    return slice_is(format_flink_option(options, name), "true");
}

format_times format_column_times(const format_options *options, slice column) {
    if (!options)
        return FORMAT_TIMES_NUMBERS;
    const flink_table_column *c =
        options->flink ? flink_column_named(options->flink, column) : NULL;
    if (!c || !c->is_time_ltz)
        return options->times;
    return options->times == FORMAT_TIMES_ISO ? FORMAT_TIMES_ISO_UTC : FORMAT_TIMES_SQL_UTC;
}

/* The name without parameters: ARRAY, DECIMAL. */
static slice base_name(const sql_type *type, buffer *storage) {
    sql_type_format(type, storage);
    slice name = buffer_slice(storage);
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '<' || name.data[i] == '(')
            name.length = i;
    return name;
}

bool format_refuse_type(
    const char *format_name, const format_column *c, const sql_type *type, error *e) {
    buffer storage = {0};
    slice name = base_name(type, &storage);
    error_set(e, ERROR_STATEMENT, "The '%s' format does not support type '%.*s', column: `%.*s`",
        format_name, SLICE_ARG(name), SLICE_ARG(c->name));
    buffer_free(&storage);
    return false;
}

bool format_check_map_keys(
    const char *format_name, const format_column *c, const sql_type *type, error *e) {
    switch (type->base) {
    case SQL_MAP:
        if (type->key->base != SQL_VARCHAR) {
            error_set(e, ERROR_STATEMENT,
                "%s only supports MAP types with STRING keys, column: `%.*s`", format_name,
                SLICE_ARG(c->name));
            return error_hint(e, "Make the keys STRING, or use ARRAY<STRUCT<...>> instead.");
        }
        return format_check_map_keys(format_name, c, type->element, e);
    case SQL_ARRAY:
        return format_check_map_keys(format_name, c, type->element, e);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (!format_check_map_keys(format_name, c, type->fields[i].type, e))
                return false;
        return true;
    default:
        return true;
    }
}

bool format_check_unwrapped(const char *format_name, const format_schema *schema, error *e) {
    if (schema->wrapped || schema->count == 1)
        return true;
    return error_set(e, ERROR_STATEMENT,
        "The '%s' format holds %d columns: only a single column can be unwrapped", format_name,
        schema->count);
}

void format_append_null_row(column *const *columns, int count, int64_t row) {
    for (int i = 0; i < count; i++) {
        if (!columns[i])
            continue;
        column_truncate(columns[i], row);
        column_append_null_discarding(columns[i]);
    }
}

void format_report_bad(const format_report *report, int64_t row, slice message) {
    if (!report || !report->bad)
        return;
    char *text = memory_copy_text(message);
    report->bad(report->context, row, text);
    memory_free(text);
}

int64_t format_first_row(column *const *columns, int count) {
    for (int i = 0; i < count; i++)
        if (columns[i])
            return columns[i]->length;
    return 0;
}
