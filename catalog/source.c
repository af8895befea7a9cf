/* Source descriptors as values: copies, lookup of columns, and the schema as text. */
#include "base/buffer.h"
#include "catalog/catalog.h"

static source_format format_copy(arena *a, source_format format) {
    format.name = arena_copy(a, format.name);
    format.schema_full_name = arena_copy(a, format.schema_full_name);
    return format;
}

static const slice *copy_names(arena *a, const slice *names, int count) {
    slice *copy = ARENA_ARRAY(a, slice, count);
    for (int i = 0; i < count; i++)
        copy[i] = arena_copy(a, names[i]);
    return copy;
}

static const flink_table *flink_copy(arena *a, const flink_table *table) {
    if (!table)
        return NULL;
    flink_table *copy = ARENA_NEW(a, flink_table);
    *copy = *table;
    flink_table_column *columns = ARENA_ARRAY(a, flink_table_column, table->column_count);
    for (int i = 0; i < table->column_count; i++) {
        columns[i] = table->columns[i];
        columns[i].name = arena_copy(a, columns[i].name);
        columns[i].type = columns[i].type ? sql_type_copy(a, columns[i].type) : NULL;
        columns[i].expression = arena_copy(a, columns[i].expression);
        columns[i].metadata_key = arena_copy(a, columns[i].metadata_key);
        columns[i].declared = arena_copy(a, columns[i].declared);
    }
    copy->columns = columns;
    copy->connector = arena_copy(a, table->connector);
    copy->option_names = copy_names(a, table->option_names, table->option_count);
    copy->option_values = copy_names(a, table->option_values, table->option_count);
    copy->watermark_column = arena_copy(a, table->watermark_column);
    copy->watermark_expression = arena_copy(a, table->watermark_expression);
    copy->primary_key = copy_names(a, table->primary_key, table->primary_key_count);
    return copy;
}

source_descriptor *source_copy(arena *a, const source_descriptor *source) {
    source_descriptor *copy = ARENA_NEW(a, source_descriptor);
    *copy = *source;
    source_column *columns = ARENA_ARRAY(a, source_column, source->column_count);
    for (int i = 0; i < source->column_count; i++) {
        columns[i] = source->columns[i];
        columns[i].name = arena_copy(a, source->columns[i].name);
        columns[i].type = sql_type_copy(a, source->columns[i].type);
        columns[i].header_key = arena_copy(a, source->columns[i].header_key);
    }
    copy->columns = columns;
    copy->name = arena_copy(a, source->name);
    copy->topic = arena_copy(a, source->topic);
    copy->key_format = format_copy(a, source->key_format);
    copy->value_format = format_copy(a, source->value_format);
    copy->timestamp_column = arena_copy(a, source->timestamp_column);
    copy->timestamp_format = arena_copy(a, source->timestamp_format);
    copy->sql = arena_copy(a, source->sql);
    copy->query_id = arena_copy(a, source->query_id);
    copy->flink = flink_copy(a, source->flink);
    return copy;
}

int source_column_index(const source_descriptor *source, slice name) {
    for (int i = 0; i < source->column_count; i++)
        if (slice_equal(source->columns[i].name, name))
            return i;
    return -1;
}

slice flink_option(const flink_table *table, const char *name) {
    for (int i = 0; i < table->option_count; i++)
        if (slice_is(table->option_names[i], name))
            return table->option_values[i];
    return (slice){NULL, 0};
}

slice flink_format_option(const flink_table *table, bool of_key, const char *name) {
    slice prefix = of_key ? SLICE_LITERAL("key.") : SLICE_LITERAL("value.");
    for (int i = 0; i < table->option_count; i++) {
        slice option = table->option_names[i];
        if (!slice_starts_with(option, prefix))
            continue;
        option = slice_make(option.data + prefix.length, option.length - prefix.length);
        if (slice_is(option, name))
            return table->option_values[i];
    }
    return of_key ? (slice){NULL, 0} : flink_option(table, name);
}

const flink_table_column *flink_column_named(const flink_table *table, slice name) {
    for (int i = 0; i < table->column_count; i++)
        if (slice_equal(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static bool is_key_field(const flink_table *table, slice name) {
    slice fields = flink_option(table, "key.fields");
    for (slice field; slice_take_item(&fields, ';', &field);)
        if (slice_equal(field, name))
            return true;
    return false;
}

bool source_has_column(const source_descriptor *source, bool of_key, int i) {
    const source_column *c = &source->columns[i];
    const flink_table *table = source->flink;
    if (c->role == (of_key ? COLUMN_KEY : COLUMN_VALUE))
        return true;
    if (!table || c->role == COLUMN_HEADERS)
        return false;
    if (of_key)
        return slice_is(table->connector, "kafka") && is_key_field(table, c->name);
    return slice_ends_with(table->connector, SLICE_LITERAL("kafka")) &&
           !slice_is(flink_option(table, "value.fields-include"), "EXCEPT_KEY");
}

int source_key_columns(const source_descriptor *source, arena *a, int **columns) {
    slice fields = flink_option(source->flink, "key.fields");
    int count = 0;
    *columns = ARENA_ARRAY(a, int, source->column_count + 1);
    for (slice field; slice_take_item(&fields, ';', &field);) {
        int at = source_column_index(source, field);
        if (at >= 0 && count < source->column_count)
            (*columns)[count++] = at;
    }
    if (count)
        return count;
    for (int i = 0; i < source->flink->primary_key_count; i++)
        (*columns)[count++] = source_column_index(source, source->flink->primary_key[i]);
    return count;
}

static void append_column(buffer *text, const source_column *column) {
    if (text->length)
        buffer_append_text(text, ", ");
    buffer_format(text, "`%.*s` ", SLICE_ARG(column->name));
    sql_type_format(column->type, text);
    if (column->role == COLUMN_KEY)
        buffer_append_text(text, " KEY");
    else if (column->role == COLUMN_HEADERS && column->header_key.data)
        buffer_format(text, " HEADER('%.*s')", SLICE_ARG(column->header_key));
    else if (column->role == COLUMN_HEADERS)
        buffer_append_text(text, " HEADERS");
}

slice source_schema_text(arena *a, const source_descriptor *source) {
    buffer text = {0};
    for (int i = 0; i < source->column_count; i++)
        if (source->columns[i].role == COLUMN_KEY)
            append_column(&text, &source->columns[i]);
    for (int i = 0; i < source->column_count; i++)
        if (source->columns[i].role != COLUMN_KEY)
            append_column(&text, &source->columns[i]);
    slice result = arena_copy(a, buffer_slice(&text));
    buffer_free(&text);
    return result;
}
