/* CREATE TABLE of the Flink dialect: columns are sorted by their role, options are read by the
 * connector's rules, and what comes out is a source over a topic. The topics of connectors other
 * than Kafka's have names with a colon, which no topic of the log or of Kafka can have; what stands
 * behind it is all that the connector needs to know (executor/topic/connector.h). */
#include "base/similar.h"
#include "planner/flink_duration.h"
#include "planner/flink_options.h"
#include "planner/planner.h"

typedef struct table_creation {
    const ast_statement *statement;
    const flink_create_table *ast;
    const catalog *catalog;
    const planner_options *options;
    arena *arena;
    source_descriptor *source;
    flink_table *table;
    slice *names, *values; /* options */
    source_span *spans;    /* where they stand */
    flink_table_column *columns;
    source_column *physical;
    error *e;
} table_creation;

static slice option(const table_creation *c, const char *name) {
    return flink_option(c->table, name);
}

static source_span options_span(const table_creation *c) {
    return c->ast->options.count > 0 ? c->ast->options.items[0].span : c->ast->name.span;
}

/* Where an option stands; that of all of them when it was not given. */
static source_span option_span(const table_creation *c, const char *name) {
    for (int i = 0; i < c->table->option_count; i++)
        if (slice_is(c->names[i], name))
            return c->spans[i];
    return options_span(c);
}

/* ---- options ---- */

/* The names that options had before Flink 1.11. */
static const char *const OLD_NAMES[][2] = {
    {"connector.type", "connector"},
    {"connector.path", "path"},
    {"connector.topic", "topic"},
    {"connector.startup-mode", "scan.startup.mode"},
    {"connector.properties.bootstrap.servers", "properties.bootstrap.servers"},
    {"connector.properties.group.id", "properties.group.id"},
    {"format.type", "format"},
    {"format.field-delimiter", "csv.field-delimiter"},
    {"format.ignore-parse-errors", "csv.ignore-parse-errors"},
};

static slice todays_name(slice name) {
    for (size_t i = 0; i < sizeof OLD_NAMES / sizeof *OLD_NAMES; i++)
        if (slice_is(name, OLD_NAMES[i][0]))
            return slice_of(OLD_NAMES[i][1]);
    return name;
}

static void put_option(table_creation *c, slice name, slice value, source_span span) {
    int at = 0;
    while (at < c->table->option_count && !slice_equal(c->names[at], name))
        at++;
    c->names[at] = arena_copy(c->arena, name);
    c->values[at] = arena_copy(c->arena, value);
    c->spans[at] = span;
    if (at == c->table->option_count)
        c->table->option_count++;
}

static const flink_table *liked(const table_creation *c) {
    if (!ast_name_given(c->ast->like))
        return NULL;
    const source_descriptor *like = catalog_source(c->catalog, c->ast->like.text);
    return like ? like->flink : NULL;
}

static bool copies(const table_creation *c, flink_like_part part) {
    return !(c->ast->like_excludes & 1u << part);
}

static bool read_options(table_creation *c) {
    const flink_table *like = liked(c);
    int most = c->ast->options.count + (like ? like->option_count : 0);
    c->table->option_names = c->names = ARENA_ARRAY(c->arena, slice, most + 1);
    c->table->option_values = c->values = ARENA_ARRAY(c->arena, slice, most + 1);
    c->spans = ARENA_ARRAY(c->arena, source_span, most + 1);
    for (int i = 0; like && copies(c, FLINK_LIKE_OPTIONS) && i < like->option_count; i++)
        put_option(c, like->option_names[i], like->option_values[i], c->ast->like.span);
    for (int i = 0; i < c->ast->options.count; i++) {
        const ast_property *property = &c->ast->options.items[i];
        if (property->value.kind != AST_LITERAL_STRING)
            return error_at(c->e, ERROR_STATEMENT, property->span,
                "The value of option '%.*s' must be a string", SLICE_ARG(property->name.text));
        slice name = todays_name(property->name.text);
        if (c->ast->like_includes_options &&
            option(c, arena_format(c->arena, "%.*s", SLICE_ARG(name)).data).data) {
            error_at(c->e, ERROR_EXISTS, property->span,
                "The option '%.*s' is that of the other table, too", SLICE_ARG(name));
            return error_hint(c->e, "Leave INCLUDING OPTIONS away, and it is overwritten.");
        }
        put_option(c, name, property->value.text, property->name.span);
    }
    c->table->connector = option(c, "connector");
    if (c->table->connector.data)
        return true;
    error_at(c->e, ERROR_STATEMENT, options_span(c), "The table has no option 'connector'");
    return error_hint(c->e, "Add WITH ('connector' = '...'): kafka, upsert-kafka, filesystem, "
                            "datagen, print or blackhole.");
}

/* ---- columns ---- */

static slice text_at(const table_creation *c, source_span span) {
    const char *sql = c->statement->text.data - c->statement->span.offset;
    return arena_copy(c->arena, slice_make(sql + span.offset, (size_t)span.length));
}

static bool add_physical(table_creation *c, slice name, const sql_type *type, int *index) {
    *index = c->source->column_count++;
    c->physical[*index] = (source_column){.name = name, .type = type, .role = COLUMN_VALUE};
    return true;
}

/* What records have beside key and value, and whether a table can write it. */
static const struct {
    const char *key;
    sql_base base;
    bool is_written;
} METADATA[] = {
    {"topic", SQL_VARCHAR, false},
    {"partition", SQL_INTEGER, false},
    {"offset", SQL_BIGINT, false},
    {"timestamp", SQL_TIMESTAMP, true},
    {"timestamp-type", SQL_VARCHAR, false},
    {"leader-epoch", SQL_INTEGER, false},
    {"headers", SQL_MAP, true},
};

/* Headers are read with the record, as a source's column of their own. */
static bool add_metadata(table_creation *c, flink_table_column *column, source_span span) {
    size_t i = 0, count = sizeof METADATA / sizeof *METADATA;
    while (i < count && !slice_is(column->metadata_key, METADATA[i].key))
        i++;
    if (i == count) {
        error_at(c->e, ERROR_STATEMENT, span, "There is no metadata '%.*s' for the column `%.*s`",
            SLICE_ARG(column->metadata_key), SLICE_ARG(column->name));
        const char *nearest =
            similar_nearest(column->metadata_key, &METADATA[0].key, sizeof *METADATA, (int)count);
        return nearest ? error_hint(c->e, "Did you mean '%s'?", nearest)
                       : error_hint(c->e, "There are topic, partition, offset, timestamp, "
                                          "timestamp-type, leader-epoch and headers.");
    }
    if (METADATA[i].base != SQL_MAP) {
        column->is_virtual |= !METADATA[i].is_written;
        return true;
    }
    const sql_type *type = column->type;
    if (type->base != SQL_MAP || type->key->base != SQL_VARCHAR || type->element->base != SQL_BYTES)
        return error_at(c->e, ERROR_STATEMENT, span, "Headers are of type MAP<STRING, BYTES>");
    add_physical(c, column->name, type, &column->physical);
    c->physical[column->physical].role = COLUMN_HEADERS;
    return true;
}

static bool add_column(table_creation *c, const flink_column *ast) {
    flink_table_column *column = &c->columns[c->table->column_count];
    for (int i = 0; i < c->table->column_count; i++)
        if (slice_equal(c->columns[i].name, ast->name.text))
            return error_at(c->e, ERROR_STATEMENT, ast->name.span,
                "The table has two columns `%.*s`", SLICE_ARG(ast->name.text));
    *column = (flink_table_column){.name = arena_copy(c->arena, ast->name.text),
        .physical = -1,
        .is_virtual = ast->is_virtual};
    c->table->column_count++;
    if (ast->kind == FLINK_COLUMN_COMPUTED) {
        column->role = FLINK_ROLE_COMPUTED;
        column->is_virtual = true;
        column->expression = text_at(c, ast->expression->span);
        return true;
    }
    column->type = planner_resolve_type(ast->type, c->catalog, c->arena, c->e);
    column->is_time_ltz = ast->type->local_zone;
    column->not_null = ast->not_null || ast->type->not_null || ast->primary_key;
    column->declared = text_at(c, ast->type->span);
    if (!column->type)
        return false;
    if (ast->kind == FLINK_COLUMN_PHYSICAL)
        return add_physical(c, column->name, column->type, &column->physical);
    column->role = FLINK_ROLE_METADATA;
    column->metadata_key =
        ast->metadata_key.data ? arena_copy(c->arena, ast->metadata_key) : column->name;
    return add_metadata(c, column, ast->name.span);
}

static bool copy_liked_columns(table_creation *c, const source_descriptor *like) {
    const flink_table *table = like->flink;
    for (int i = 0; i < table->column_count; i++) {
        flink_table_column *column = &c->columns[c->table->column_count];
        *column = table->columns[i];
        if ((column->role == FLINK_ROLE_COMPUTED && !copies(c, FLINK_LIKE_GENERATED)) ||
            (column->role == FLINK_ROLE_METADATA && !copies(c, FLINK_LIKE_METADATA)))
            continue;
        c->table->column_count++;
        if (column->physical < 0)
            continue;
        add_physical(c, column->name, column->type, &column->physical);
        if (column->role == FLINK_ROLE_METADATA)
            c->physical[column->physical].role = COLUMN_HEADERS;
    }
    if (copies(c, FLINK_LIKE_WATERMARKS)) {
        c->table->watermark_column = table->watermark_column;
        c->table->watermark_expression = table->watermark_expression;
    }
    if (copies(c, FLINK_LIKE_CONSTRAINTS)) {
        c->table->primary_key = table->primary_key;
        c->table->primary_key_count = table->primary_key_count;
    }
    return true;
}

static bool read_columns(table_creation *c) {
    const source_descriptor *like =
        ast_name_given(c->ast->like) ? catalog_source(c->catalog, c->ast->like.text) : NULL;
    if (ast_name_given(c->ast->like) && (!like || !like->flink)) {
        error_at(c->e, ERROR_NOT_FOUND, c->ast->like.span, "There is no table '%.*s'",
            SLICE_ARG(c->ast->like.text));
        return error_hint(c->e, "LIKE copies a table that CREATE TABLE of the Flink dialect made.");
    }
    int most = c->ast->columns.count + (like ? like->flink->column_count : 0);
    c->columns = ARENA_ARRAY(c->arena, flink_table_column, most + 1);
    c->physical = ARENA_ARRAY(c->arena, source_column, most + 1);
    c->table->columns = c->columns;
    c->source->columns = c->physical;
    if (like && !copy_liked_columns(c, like))
        return false;
    for (int i = 0; i < c->ast->columns.count; i++)
        if (!add_column(c, &c->ast->columns.items[i]))
            return false;
    if (c->table->column_count > 0)
        return true;
    return error_at(c->e, ERROR_STATEMENT, c->ast->name.span, "The table has no columns");
}

static int column_index(const table_creation *c, slice name) {
    for (int i = 0; i < c->table->column_count; i++)
        if (slice_equal(c->columns[i].name, name))
            return i;
    return -1;
}

static bool no_column(table_creation *c, ast_name name) {
    return error_at(
        c->e, ERROR_NOT_FOUND, name.span, "The table has no column `%.*s`", SLICE_ARG(name.text));
}

static bool read_constraints(table_creation *c) {
    const flink_create_table *ast = c->ast;
    if (ast->watermark_expression) {
        int at = column_index(c, ast->watermark_column.text);
        if (at < 0)
            return no_column(c, ast->watermark_column);
        if (c->columns[at].type && c->columns[at].type->base != SQL_TIMESTAMP) {
            error_at(c->e, ERROR_STATEMENT, ast->watermark_column.span,
                "The column `%.*s` of the watermark is not a time",
                SLICE_ARG(ast->watermark_column.text));
            return error_hint(c->e, "It must be of type TIMESTAMP(3) or TIMESTAMP_LTZ(3).");
        }
        c->table->watermark_column = c->columns[at].name;
        c->table->watermark_expression = text_at(c, ast->watermark_expression->span);
    }
    if (ast->primary_key.count == 0)
        return true;
    slice *key = ARENA_ARRAY(c->arena, slice, ast->primary_key.count);
    for (int i = 0; i < ast->primary_key.count; i++) {
        int at = column_index(c, ast->primary_key.items[i].text);
        if (at < 0 || c->columns[at].role != FLINK_ROLE_PHYSICAL)
            return no_column(c, ast->primary_key.items[i]);
        key[i] = c->columns[at].name;
        c->columns[at].not_null = true;
    }
    c->table->primary_key = key;
    c->table->primary_key_count = ast->primary_key.count;
    return true;
}

static bool make_key(table_creation *c, slice name, source_span span) {
    int at = column_index(c, name);
    if (at < 0 || c->columns[at].role != FLINK_ROLE_PHYSICAL)
        return error_at(
            c->e, ERROR_NOT_FOUND, span, "The table has no column `%.*s`", SLICE_ARG(name));
    c->physical[c->columns[at].physical].role = COLUMN_KEY;
    return true;
}

/* ---- formats ---- */

static bool key_format(table_creation *c) {
    return flink_format_find(c->table, option(c, "key.format"), true, option_span(c, "key.format"),
        &c->source->key_format, c->e);
}

static bool value_format(table_creation *c) {
    slice plain = option(c, "format"), value = option(c, "value.format");
    const char *name = value.data ? "value.format" : "format";
    if (plain.data && value.data)
        return error_at(c->e, ERROR_STATEMENT, option_span(c, "format"),
            "The table has both 'format' and 'value.format'");
    if (!plain.data && !value.data) {
        error_at(c->e, ERROR_STATEMENT, options_span(c), "The table has no option 'format'");
        return error_hint(c->e, "Add 'format' = 'json', 'csv', 'raw', 'avro', 'avro-confluent' or "
                                "'debezium-json'.");
    }
    return flink_format_find(
        c->table, option(c, name), false, option_span(c, name), &c->source->value_format, c->e);
}

static bool check_formats(table_creation *c) {
    source_column *columns = ARENA_ARRAY(c->arena, source_column, c->source->column_count + 1);
    const char *value = option(c, "value.format").data ? "value.format" : "format";
    for (int key = 0; key < 2; key++) {
        int count = 0;
        for (int i = 0; i < c->source->column_count; i++)
            if (source_has_column(c->source, key, i))
                columns[count++] = c->physical[i];
        const source_format *format = key ? &c->source->key_format : &c->source->value_format;
        source_span span = option_span(c, key ? "key.format" : value);
        if (!flink_format_check(format, columns, count, span, c->e))
            return false;
    }
    return true;
}

/* ---- connectors ---- */

/* A mode comes with what it is about. */
static bool scan_mode(table_creation *c, const char *end) {
    static const char *const NEEDED[][2] = {
        {"timestamp", "timestamp-millis"}, {"specific-offsets", "specific-offsets"}};
    slice mode_name = arena_format(c->arena, "scan.%s.mode%c", end, 0);
    for (int i = 0; i < 2; i++) {
        slice needed = arena_format(c->arena, "scan.%s.%s%c", end, NEEDED[i][1], 0);
        bool is_mode = slice_is(option(c, mode_name.data), NEEDED[i][0]);
        if (is_mode && !option(c, needed.data).data)
            return error_at(c->e, ERROR_STATEMENT, option_span(c, mode_name.data),
                "'%s' = '%s' needs the option '%s'", mode_name.data, NEEDED[i][0], needed.data);
    }
    return true;
}

/* Topics are where the engine keeps them: on the embedded log, or on the Kafka it was started with.
 */
static bool kafka_topic(table_creation *c) {
    slice topic = option(c, "topic");
    if (option(c, "topic-pattern").data) {
        error_at(c->e, ERROR_UNSUPPORTED, option_span(c, "topic-pattern"),
            "Topics cannot be named by a pattern yet");
        return error_hint(c->e, "List them: 'topic' = 'a;b'.");
    }
    if (!topic.length) {
        error_at(c->e, ERROR_STATEMENT, options_span(c), "The table has no option 'topic'");
        return error_hint(c->e, "Add 'topic' = '%.*s'.", SLICE_ARG(c->source->name));
    }
    slice list = topic;
    bool upsert = slice_is(c->table->connector, "upsert-kafka");
    slice_take_item(&list, ';', &topic); /* the first; the query reads all (planner/flink) */
    if (list.length && upsert)
        return error_at(c->e, ERROR_STATEMENT, option_span(c, "topic"),
            "A table of connector upsert-kafka has one topic");
    if (!scan_mode(c, "startup") || !scan_mode(c, "bounded"))
        return false;
    planner_topic found = {.partitions = 1, .replicas = 1, .retention_ms = -1};
    if (c->options && c->options->topic)
        c->options->topic(c->options->context, topic, &found);
    c->source->topic = topic;
    c->source->partitions = found.partitions;
    c->source->replicas = found.replicas;
    slice bounded = option(c, "scan.bounded.mode");
    c->table->is_bounded = bounded.data && !slice_is(bounded, "unbounded");
    return true;
}

/* Columns that are in the key only get the role of one; where values have them too, they are
 * read from there. */
static bool key_fields(table_creation *c) {
    slice fields = option(c, "key.fields"), prefix = option(c, "key.fields-prefix");
    bool excluded = slice_is(option(c, "value.fields-include"), "EXCEPT_KEY");
    if (!fields.data != !option(c, "key.format").data) {
        const char *given = fields.data ? "key.fields" : "key.format";
        return error_at(c->e, ERROR_STATEMENT, option_span(c, given),
            "'%s' needs the option '%s', too", given, fields.data ? "key.format" : "key.fields");
    }
    if (prefix.length && !excluded) {
        error_at(c->e, ERROR_STATEMENT, option_span(c, "key.fields-prefix"),
            "'key.fields-prefix' is for keys that are not in the value, too");
        return error_hint(c->e, "Add 'value.fields-include' = 'EXCEPT_KEY'.");
    }
    for (slice name; slice_take_item(&fields, ';', &name);) {
        source_span span = option_span(c, "key.fields");
        int at = column_index(c, name);
        if (at < 0 || c->columns[at].role != FLINK_ROLE_PHYSICAL)
            return no_column(c, (ast_name){.text = name, .span = span});
        if (prefix.length && !slice_starts_with(name, prefix))
            return error_at(c->e, ERROR_STATEMENT, span,
                "The key field '%.*s' does not begin with 'key.fields-prefix', '%.*s'",
                SLICE_ARG(name), SLICE_ARG(prefix));
        if (excluded && !make_key(c, name, span))
            return false;
    }
    return !option(c, "key.format").data || key_format(c);
}

static bool connect_kafka(table_creation *c) {
    if (!kafka_topic(c) || !value_format(c) || !key_fields(c))
        return false;
    if (c->table->primary_key_count == 0 || flink_format_has_changes(&c->source->value_format))
        return true;
    error_at(c->e, ERROR_STATEMENT, c->ast->name.span,
        "A table of connector kafka and format %.*s has no PRIMARY KEY: its rows are only added",
        SLICE_ARG(option(c, option(c, "format").data ? "format" : "value.format")));
    return error_hint(c->e, "Leave it out, or use the connector upsert-kafka.");
}

static bool connect_upsert_kafka(table_creation *c) {
    if (c->table->primary_key_count == 0) {
        error_at(c->e, ERROR_STATEMENT, c->ast->name.span,
            "A table of connector upsert-kafka needs a PRIMARY KEY");
        return error_hint(c->e, "Add PRIMARY KEY (column) NOT ENFORCED.");
    }
    if (!option(c, "key.format").data) {
        error_at(c->e, ERROR_STATEMENT, options_span(c), "The table has no option 'key.format'");
        return error_hint(c->e, "Add 'key.format' = 'json' and 'value.format' = 'json'.");
    }
    for (int i = 0; i < c->table->primary_key_count; i++)
        if (!make_key(c, c->table->primary_key[i], c->ast->name.span))
            return false;
    c->source->kind = SOURCE_TABLE;
    return kafka_topic(c) && value_format(c) && key_format(c);
}

static slice path_of(slice path) {
    slice scheme = SLICE_LITERAL("file:");
    if (slice_starts_with(path, scheme))
        path = slice_make(path.data + scheme.length, path.length - scheme.length);
    while (path.length > 1 && path.data[0] == '/' && path.data[1] == '/')
        path = slice_make(path.data + 1, path.length - 1);
    return path;
}

static bool connect_filesystem(table_creation *c) {
    slice path = path_of(option(c, "path"));
    if (!path.length) {
        error_at(c->e, ERROR_STATEMENT, options_span(c), "The table has no option 'path'");
        return error_hint(c->e, "Add 'path' = 'file:///directory'.");
    }
    slice interval = option(c, "source.monitor-interval");
    int64_t ms = interval.data ? flink_duration_ms(interval) : 0;
    if (ms < 0 || (interval.data && ms == 0)) {
        error_at(c->e, ERROR_STATEMENT, option_span(c, "source.monitor-interval"),
            "'source.monitor-interval' cannot be '%.*s'", SLICE_ARG(interval));
        return error_hint(c->e, "It is a time, as " FLINK_DURATION_EXAMPLES ".");
    }
    c->source->topic =
        ms ? arena_format(c->arena, "filesystem:watch=%lld:%.*s", (long long)ms, SLICE_ARG(path))
           : arena_format(c->arena, "filesystem:%.*s", SLICE_ARG(path));
    c->table->is_bounded = !ms;
    for (int i = 0; i < c->ast->partitioned_by.count; i++)
        if (!make_key(
                c, c->ast->partitioned_by.items[i].text, c->ast->partitioned_by.items[i].span))
            return false;
    const source_descriptor *like =
        ast_name_given(c->ast->like) ? catalog_source(c->catalog, c->ast->like.text) : NULL;
    for (int i = 0; like && c->ast->partitioned_by.count == 0 && copies(c, FLINK_LIKE_PARTITIONS) &&
                    i < like->column_count;
         i++)
        if (like->columns[i].role == COLUMN_KEY && slice_is(like->flink->connector, "filesystem") &&
            !make_key(c, like->columns[i].name, c->ast->name.span))
            return false;
    c->source->key_format = (source_format){.name = SLICE_LITERAL("JSON"), .wrap_single = 1};
    return value_format(c);
}

/* The generator makes JSON of what the options say: they are all in the topic's name. */
static bool connect_datagen(table_creation *c) {
    buffer spec = {0};
    buffer_append_text(&spec, "datagen:");
    bool ok = flink_datagen_spec(
        c->table, c->physical, c->source->column_count, &spec, options_span(c), c->e);
    c->source->topic = arena_copy(c->arena, buffer_slice(&spec));
    buffer_free(&spec);
    c->source->value_format = (source_format){.name = SLICE_LITERAL("JSON"), .wrap_single = 1};
    c->table->is_bounded = flink_datagen_is_bounded(c->table, c->physical, c->source->column_count);
    return ok;
}

static bool connect_nothing(table_creation *c) {
    bool to_errors = slice_is(option(c, "standard-error"), "true");
    c->source->topic = arena_format(c->arena, "%.*s%s:%.*s", SLICE_ARG(c->table->connector),
        to_errors ? "-error" : "", SLICE_ARG(c->source->name));
    c->source->value_format = (source_format){.name = SLICE_LITERAL("JSON"), .wrap_single = 1};
    return true;
}

static const struct {
    const char *name;
    bool (*connect)(table_creation *c);
    bool partitions; /* PARTITIONED BY */
} CONNECTORS[] = {
    {"kafka", connect_kafka, false},
    {"upsert-kafka", connect_upsert_kafka, false},
    {"filesystem", connect_filesystem, true},
    {"datagen", connect_datagen, false},
    {"print", connect_nothing, false},
    {"blackhole", connect_nothing, false},
};

static bool connect(table_creation *c) {
    for (size_t i = 0; i < sizeof CONNECTORS / sizeof *CONNECTORS; i++) {
        if (!slice_is(c->table->connector, CONNECTORS[i].name))
            continue;
        if (c->ast->partitioned_by.count > 0 && !CONNECTORS[i].partitions)
            return error_at(c->e, ERROR_UNSUPPORTED, c->ast->partitioned_by.items[0].span,
                "Tables of connector '%s' are not PARTITIONED BY columns", CONNECTORS[i].name);
        return flink_options_check(c->table, c->spans, c->e) && CONNECTORS[i].connect(c);
    }
    error_at(c->e, ERROR_STATEMENT, option_span(c, "connector"), "There is no connector '%.*s'",
        SLICE_ARG(c->table->connector));
    const char *nearest = similar_nearest(c->table->connector, &CONNECTORS[0].name,
        sizeof *CONNECTORS, (int)(sizeof CONNECTORS / sizeof *CONNECTORS));
    return error_hint(c->e,
        "%s%s%sThe connectors are kafka, upsert-kafka, filesystem, datagen, print and blackhole.",
        nearest ? "Did you mean " : "", nearest ? nearest : "", nearest ? "? " : "");
}

bool planner_flink_table(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, arena *a, source_descriptor **out, error *e) {
    table_creation c = {.statement = statement,
        .ast = statement->flink_create_table,
        .catalog = catalog,
        .options = options,
        .arena = a,
        .source = ARENA_NEW(a, source_descriptor),
        .table = ARENA_NEW(a, flink_table),
        .e = e};
    source_format none = {.name = SLICE_LITERAL("NONE"), .wrap_single = -1};
    *c.source = (source_descriptor){.name = arena_copy(a, c.ast->name.text),
        .kind = SOURCE_STREAM,
        .partitions = 1,
        .replicas = 1,
        .retention_ms = -1,
        .key_format = none,
        .value_format = none,
        .flink = c.table};
    if (!read_columns(&c) || !read_options(&c) || !read_constraints(&c) || !connect(&c) ||
        !check_formats(&c))
        return false;
    *out = c.source;
    return true;
}
