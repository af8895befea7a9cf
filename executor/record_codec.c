/* The schemas that formats see, shared by decoding (record_decoder.c) and encoding
 * (record_encoder.c). */
#include "executor/record_codec.h"

static bool belongs(const source_column *c, bool of_key) {
    return c->role == (of_key ? COLUMN_KEY : COLUMN_VALUE);
}

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

format_schema record_schema(arena *a, const source_descriptor *source, bool of_key, int **columns) {
    int count = 0;
    for (int i = 0; i < source->column_count; i++)
        count += belongs(&source->columns[i], of_key);
    format_column *schema = ARENA_ARRAY(a, format_column, count);
    int *indexes = ARENA_ARRAY(a, int, count);
    count = 0;
    for (int i = 0; i < source->column_count; i++)
        if (belongs(&source->columns[i], of_key)) {
            schema[count] = (format_column){source->columns[i].name, source->columns[i].type};
            indexes[count++] = i;
        }
    if (columns)
        *columns = indexes;
    const source_format *f = of_key ? &source->key_format : &source->value_format;
    return (format_schema){
        .columns = schema,
        .count = count,
        .wrapped = is_wrapped(f, count, of_key),
        .is_key = of_key,
    };
}

/* Tables of the Flink dialect have dates and times as texts. */
static format_times times_of(const source_descriptor *source, const source_format *f) {
    if (!source->flink)
        return FORMAT_TIMES_NUMBERS;
    slice standard = flink_option(source->flink, "json.timestamp-format.standard");
    return slice_is(standard, "ISO-8601") && slice_is(f->name, "JSON") ? FORMAT_TIMES_ISO
                                                                       : FORMAT_TIMES_SQL;
}

format_options record_format_options(
    arena *a, const source_descriptor *source, bool of_key, schema_registry *registry) {
    const source_format *f = of_key ? &source->key_format : &source->value_format;
    return (format_options){
        .delimiter = f->delimiter,
        .subject = arena_format(a, "%.*s-%s", SLICE_ARG(source->topic), of_key ? "key" : "value"),
        .registry = registry,
        .schema_id = f->schema_id,
        .schema_full_name = f->schema_full_name,
        .nullable = f->nullable,
        .times = times_of(source, f),
    };
}
