/* The schemas that formats see, shared by decoding (record_decoder.c) and encoding
 * (record_encoder.c). */
#include "executor/record_codec.h"

/* A single key column is the key itself where the format can do that; a single value column is a
 * record with one field unless the format or WRAP_SINGLE_VALUE says otherwise. */
static bool is_wrapped(const source_format *f, int count, bool of_key) {
    if (count != 1)
        return true;
    const format *format = format_find(f->name);
    if (!format || !format->wraps)
        return false;
    if (!format->unwraps)
        return true;
    if (of_key)
        return false;
    return f->wrap_single < 0 ? format->wraps_single_by_default : f->wrap_single;
}

static bool flink_wraps(const source_format *f) {
    const format *format = format_find(f->name);
    return !format || format->wraps;
}

static int find_columns(arena *a, const source_descriptor *source, bool of_key, int **columns) {
    if (of_key && source->flink &&
        slice_ends_with(source->flink->connector, SLICE_LITERAL("kafka")))
        return source_key_columns(source, a, columns);
    int count = 0;
    *columns = ARENA_ARRAY(a, int, source->column_count + 1);
    for (int i = 0; i < source->column_count; i++)
        if (source_has_column(source, of_key, i))
            (*columns)[count++] = i;
    return count;
}

/* Key fields may have a prefix in the table that they do not have in the record. */
static slice field_name(const source_descriptor *source, bool of_key, slice column) {
    slice prefix = of_key && source->flink ? flink_option(source->flink, "key.fields-prefix")
                                           : (slice){NULL, 0};
    if (!prefix.length || !slice_starts_with(column, prefix))
        return column;
    return slice_make(column.data + prefix.length, column.length - prefix.length);
}

format_schema record_schema(arena *a, const source_descriptor *source, bool of_key, int **columns) {
    const source_format *f = of_key ? &source->key_format : &source->value_format;
    int *indexes, count = 0;
    if (!of_key || !slice_is(f->name, "NONE"))
        count = find_columns(a, source, of_key, &indexes);
    format_column *schema = ARENA_ARRAY(a, format_column, count + 1);
    for (int i = 0; i < count; i++) {
        const source_column *column = &source->columns[indexes[i]];
        schema[i] = (format_column){field_name(source, of_key, column->name), column->type};
    }
    if (columns)
        *columns = count ? indexes : NULL;
    return (format_schema){
        .columns = schema,
        .count = count,
        .wrapped = source->flink ? flink_wraps(f) : is_wrapped(f, count, of_key),
        .is_key = of_key,
    };
}

/* Tables of the Flink dialect have dates and times as texts. */
static format_times times_of(const source_descriptor *source, const source_format *f) {
    if (!source->flink)
        return FORMAT_TIMES_NUMBERS;
    bool of_key = f == &source->key_format, has_changes = slice_is(f->name, "DEBEZIUM_JSON");
    slice standard = flink_format_option(source->flink, of_key,
        has_changes ? "debezium-json.timestamp-format.standard" : "json.timestamp-format.standard");
    bool is_iso = slice_is(standard, "ISO-8601") && (has_changes || slice_is(f->name, "JSON"));
    return is_iso ? FORMAT_TIMES_ISO : FORMAT_TIMES_SQL;
}

static slice subject_of(arena *a, const source_descriptor *source, bool of_key) {
    slice given = source->flink
                      ? flink_format_option(source->flink, of_key, "avro-confluent.subject")
                      : (slice){NULL, 0};
    if (given.data)
        return given;
    return arena_format(a, "%.*s-%s", SLICE_ARG(source->topic), of_key ? "key" : "value");
}

format_options record_format_options(
    arena *a, const source_descriptor *source, bool of_key, schema_registry *registry) {
    const source_format *f = of_key ? &source->key_format : &source->value_format;
    return (format_options){
        .delimiter = f->delimiter,
        .subject = subject_of(a, source, of_key),
        .registry = registry,
        .schema_id = f->schema_id,
        .schema_full_name = f->schema_full_name,
        .nullable = f->nullable,
        .times = times_of(source, f),
        .flink = source->flink,
        .of_key = of_key,
    };
}
