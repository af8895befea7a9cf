/* The formats of Flink's tables, and what each can carry. */
#include "base/buffer.h"
#include "base/similar.h"
#include "planner/flink_options.h"

typedef struct flink_format {
    const char *name;
    const char *engine; /* what the engine calls it (executor/format/format.h) */
    bool single;        /* one column that is no part of anything */
    bool flat;          /* ARRAYs and ROWs of scalars, no MAPs */
    bool avro_names;
    bool has_changes;
} flink_format;

static const flink_format FORMATS[] = {
    {"json", "JSON", false, false, false, false},
    {"csv", "CSV", false, true, false, false},
    {"raw", "RAW", true, false, false, false},
    {"avro", "AVRO_RECORD", false, false, true, false},
    {"avro-confluent", "AVRO", false, false, true, false},
    {"debezium-json", "DEBEZIUM_JSON", false, false, false, true},
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof *FORMATS };

static const flink_format *of_engine(slice name) {
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (slice_is(name, FORMATS[i].engine))
            return &FORMATS[i];
    return NULL;
}

bool flink_format_has_changes(const source_format *format) {
    const flink_format *found = of_engine(format->name);
    return found && found->has_changes;
}

static bool report_unknown(slice name, source_span span, error *e) {
    error_at(e, ERROR_STATEMENT, span, "There is no format '%.*s'", SLICE_ARG(name));
    const char *nearest = similar_nearest(name, &FORMATS[0].name, sizeof *FORMATS, FORMAT_COUNT);
    return error_hint(e,
        "%s%s%sThe formats are json, csv, raw, avro, avro-confluent and "
        "debezium-json.",
        nearest ? "Did you mean " : "", nearest ? nearest : "", nearest ? "? " : "");
}

bool flink_format_find(const flink_table *table, slice name, bool of_key, source_span span,
    source_format *out, error *e) {
    const flink_format *found = NULL;
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (slice_is(name, FORMATS[i].name))
            found = &FORMATS[i];
    if (!found)
        return report_unknown(name, span, e);
    bool is_kafka = slice_is(table->connector, "kafka");
    if (found->has_changes && (of_key || !is_kafka)) {
        error_at(e, ERROR_STATEMENT, span, "The format %s is for values of connector kafka only",
            found->name);
        return error_hint(e, "Rows of other tables are not changes: use json, say.");
    }
    if (slice_is(table->connector, "filesystem") && found->avro_names) {
        error_at(e, ERROR_UNSUPPORTED, span,
            "Tables of connector filesystem cannot have the format %s: files are read by lines",
            found->name);
        return error_hint(e, "Use json, csv or raw.");
    }
    *out = (source_format){.name = slice_of(found->engine), .wrap_single = -1};
    return true;
}

/* ---- columns ---- */

static bool refuse(
    const flink_format *f, const source_column *c, const char *what, source_span span, error *e) {
    buffer type = {0};
    sql_type_format(c->type, &type);
    error_at(e, ERROR_STATEMENT, span,
        "The format %s cannot carry the column `%.*s` of type %.*s: %s", f->name,
        SLICE_ARG(c->name), SLICE_ARG(buffer_slice(&type)), what);
    buffer_free(&type);
    return error_hint(e, "Choose another format, such as json.");
}

static bool has_odd_map(const sql_type *type) {
    switch (type->base) {
    case SQL_MAP:
        return type->key->base != SQL_VARCHAR || has_odd_map(type->element);
    case SQL_ARRAY:
        return has_odd_map(type->element);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (has_odd_map(type->fields[i].type))
                return true;
        return false;
    default:
        return false;
    }
}

static bool is_flat(const sql_type *type) {
    if (type->base == SQL_ARRAY)
        return !sql_type_is_nested(type->element);
    if (type->base == SQL_MAP)
        return false;
    for (int i = 0; type->base == SQL_STRUCT && i < type->field_count; i++)
        if (sql_type_is_nested(type->fields[i].type))
            return false;
    return true;
}

static bool is_avro_name(slice name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return name.length > 0;
}

static bool has_avro_names(const sql_type *type) {
    if (type->base == SQL_ARRAY || type->base == SQL_MAP)
        return has_avro_names(type->element);
    for (int i = 0; type->base == SQL_STRUCT && i < type->field_count; i++)
        if (!is_avro_name(type->fields[i].name) || !has_avro_names(type->fields[i].type))
            return false;
    return true;
}

static bool check_column(
    const flink_format *f, const source_column *c, source_span span, error *e) {
    if (f->flat && !is_flat(c->type))
        return refuse(f, c, "it has scalars, and ARRAYs and ROWs of these", span, e);
    bool is_time = c->type->base == SQL_DATE || c->type->base == SQL_TIME ||
                   c->type->base == SQL_TIMESTAMP || c->type->base == SQL_DECIMAL;
    if (f->single && (sql_type_is_nested(c->type) || is_time))
        return refuse(f, c, "it has BOOLEAN, numbers, STRING and BYTES", span, e);
    if (has_odd_map(c->type))
        return refuse(f, c, "the keys of a MAP must be STRING", span, e);
    if (f->avro_names && !(is_avro_name(c->name) && has_avro_names(c->type)))
        return refuse(f, c,
            "names in Avro have letters, digits and underscores, and begin with no digit", span, e);
    return true;
}

bool flink_format_check(const source_format *format, const source_column *columns, int count,
    source_span span, error *e) {
    const flink_format *f = of_engine(format->name);
    if (!f)
        return true;
    if (f->single && count != 1)
        return error_at(e, ERROR_STATEMENT, span, "The format %s has one column; the table has %d",
            f->name, count);
    for (int i = 0; i < count; i++)
        if (!check_column(f, &columns[i], span, e))
            return false;
    return true;
}
