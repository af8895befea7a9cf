/* create_source.c - CREATE STREAM / TABLE over a topic, ALTER, and OR REPLACE.
 *
 * The columns are resolved first (types, roles, reserved names), then the WITH clause, then what
 * needs both: formats that must carry the columns, the timestamp column, the schema registry for
 * columns that were not written. */
#include "planner/expression_analysis.h"
#include "planner/format_rules.h"
#include "planner/planner.h"
#include "planner/system_columns.h"
#include "planner/with_properties.h"

typedef struct creation {
    const ast_create_source *ast;
    source_span span;
    const catalog *catalog;
    const planner_options *options;
    arena *arena;
    bool asserting;
    with_properties with;
    source_column *columns;
    source_descriptor *source;
    error *e;
} creation;

static const sql_type *find_type(void *context, slice name) {
    const type_descriptor *type = catalog_type(context, name);
    return type ? type->type : NULL;
}

static slice nearest_type(void *context, slice name) {
    const type_descriptor *type = catalog_nearest_type(context, name);
    return type ? type->name : (slice){NULL, 0};
}

const sql_type *planner_resolve_type(
    const ast_type *type, const catalog *catalog, arena *a, error *e) {
    expression_scope scope = {.arena = a,
        .context = (void *)catalog,
        .named_type = find_type,
        .nearest_type = nearest_type};
    const sql_type *resolved = expression_resolve_type(&scope, type, e);
    return resolved ? sql_type_copy(a, resolved) : NULL;
}

/* ---- columns ---- */

static bool check_role(const creation *c, const ast_column_definition *ast) {
    bool table = c->ast->source_kind == AST_TABLE;
    if (ast->role == AST_COLUMN_KEY && table) {
        error_at(c->e, ERROR_STATEMENT, ast->span, "Column `%.*s` is a 'KEY' column of a table",
            SLICE_ARG(ast->name.text));
        return error_hint(c->e, "Use 'PRIMARY KEY' for tables.");
    }
    if (ast->role == AST_COLUMN_PRIMARY_KEY && !table) {
        error_at(c->e, ERROR_STATEMENT, ast->span,
            "Column `%.*s` is a 'PRIMARY KEY' column of a stream", SLICE_ARG(ast->name.text));
        return error_hint(c->e, "Use 'KEY' for streams.");
    }
    return true;
}

static bool check_headers(
    const creation *c, const ast_column_definition *ast, const sql_type *type) {
    bool one = ast->role == AST_COLUMN_HEADER;
    if (one ? type->base != SQL_BYTES : !sql_type_equal(type, &SQL_TYPE_HEADERS)) {
        buffer name = {0};
        sql_type_format(type, &name);
        error_at(c->e, ERROR_STATEMENT, ast->type->span,
            "Invalid type for a %s column: expected %s, got %.*s",
            one ? "HEADER('key')" : "HEADERS",
            one ? "BYTES" : "ARRAY<STRUCT<KEY STRING, VALUE BYTES>>",
            SLICE_ARG(buffer_slice(&name)));
        buffer_free(&name);
        return false;
    }
    for (const ast_column_definition *other = c->ast->columns.items; other < ast; other++) {
        if (one ? other->role == AST_COLUMN_HEADER && slice_equal(other->header, ast->header)
                : other->role == AST_COLUMN_HEADERS)
            return error_at(c->e, ERROR_STATEMENT, ast->span,
                "Columns `%.*s` and `%.*s` read the same headers", SLICE_ARG(other->name.text),
                SLICE_ARG(ast->name.text));
        if ((one && other->role == AST_COLUMN_HEADERS) ||
            (!one && other->role == AST_COLUMN_HEADER))
            return error_at(c->e, ERROR_STATEMENT, ast->span,
                "A source has either one HEADERS column or HEADER('key') columns, not both");
    }
    return true;
}

static bool check_name(const creation *c, const ast_column_definition *ast) {
    slice name = ast->name.text;
    if (system_column_is_reserved(name)) {
        error_at(c->e, ERROR_STATEMENT, ast->name.span,
            "'%.*s' is a reserved column name: every row has it already", SLICE_ARG(name));
        return error_hint(c->e, "Give the column another name.");
    }
    for (const ast_column_definition *other = c->ast->columns.items; other < ast; other++)
        if (slice_equal(other->name.text, name))
            return error_at(c->e, ERROR_STATEMENT, ast->name.span, "Duplicate column name: `%.*s`",
                SLICE_ARG(name));
    return true;
}

static column_role role_of(ast_column_role role) {
    switch (role) {
    case AST_COLUMN_KEY:
    case AST_COLUMN_PRIMARY_KEY:
        return COLUMN_KEY;
    case AST_COLUMN_HEADERS:
    case AST_COLUMN_HEADER:
        return COLUMN_HEADERS;
    case AST_COLUMN_VALUE:
        break;
    }
    return COLUMN_VALUE;
}

static bool resolve_columns(creation *c) {
    int count = c->ast->columns.count;
    c->columns = ARENA_ARRAY(c->arena, source_column, count > 0 ? count : 1);
    for (int i = 0; i < count; i++) {
        const ast_column_definition *ast = &c->ast->columns.items[i];
        const sql_type *type = planner_resolve_type(ast->type, c->catalog, c->arena, c->e);
        if (!type || !check_name(c, ast) || !check_role(c, ast))
            return false;
        column_role role = role_of(ast->role);
        if (role == COLUMN_HEADERS && !check_headers(c, ast, type))
            return false;
        c->columns[i] = (source_column){
            .name = arena_copy(c->arena, ast->name.text),
            .type = type,
            .role = role,
            .header_key = arena_copy(c->arena, ast->header),
        };
    }
    c->source->columns = c->columns;
    c->source->column_count = count;
    return true;
}

static int count_role(const source_descriptor *source, column_role role) {
    int count = 0;
    for (int i = 0; i < source->column_count; i++)
        count += source->columns[i].role == role;
    return count;
}

/* ---- formats ---- */

static bool resolve_formats(creation *c) {
    source_descriptor *source = c->source;
    const with_properties *with = &c->with;
    source->key_format = (source_format){
        .name = with->key_format.data ? with->key_format
                                      : with_default_format(c->options, c->arena, true),
        .delimiter = with->key_delimiter,
        .schema_full_name = with->key_schema_full_name,
        .schema_id = with->key_schema_id < 0 ? 0 : (int32_t)with->key_schema_id,
        .wrap_single = -1,
        .nullable = with->key_nullable,
    };
    source->value_format = (source_format){
        .name = with->value_format.data ? with->value_format
                                        : with_default_format(c->options, c->arena, false),
        .delimiter = with->value_delimiter,
        .schema_full_name = with->value_schema_full_name,
        .schema_id = with->value_schema_id < 0 ? 0 : (int32_t)with->value_schema_id,
        .wrap_single = with->wrap_single,
        .nullable = with->value_nullable,
    };
    if (source->value_format.name.data)
        return true;
    error_at(c->e, ERROR_STATEMENT, c->span,
        "The statement is missing the 'VALUE_FORMAT' property in its WITH clause");
    return error_hint(c->e, "Add VALUE_FORMAT='JSON', or set a default with SET "
                            "'ksql.persistence.default.format.value'='JSON';");
}

/* Puts inferred columns in front (keys) or behind (values) of the written ones. */
static void add_inferred(creation *c, source_column *inferred, int count, column_role role) {
    int written = c->source->column_count;
    source_column *columns = ARENA_ARRAY(c->arena, source_column, written + count);
    bool front = role == COLUMN_KEY;
    memcpy(columns + (front ? count : 0), c->source->columns, sizeof *columns * (size_t)written);
    for (int i = 0; i < count; i++) {
        inferred[i].role = role;
        columns[(front ? 0 : written) + i] = inferred[i];
    }
    c->columns = columns;
    c->source->columns = columns;
    c->source->column_count = written + count;
}

static bool infer(creation *c, bool is_key) {
    const source_format *format = is_key ? &c->source->key_format : &c->source->value_format;
    const char *side = is_key ? "KEY" : "VALUE";
    int64_t id = is_key ? c->with.key_schema_id : c->with.value_schema_id;
    int written = count_role(c->source, is_key ? COLUMN_KEY : COLUMN_VALUE);
    const format_rules *rules = format_rules_require(format->name, c->span, c->e);
    if (!rules)
        return false;
    if (id >= 0 && !rules->infers) {
        error_at(c->e, ERROR_STATEMENT, c->with.span,
            "%s_SCHEMA_ID needs a %s_FORMAT that a schema registry knows; %s is none", side, side,
            rules->name);
        return error_hint(c->e, "Use AVRO, JSON_SR or PROTOBUF.");
    }
    if (id >= 0 && written > 0)
        return error_at(c->e, ERROR_STATEMENT, c->with.span,
            "%s columns and %s_SCHEMA_ID cannot both be given: the schema defines the columns",
            is_key ? "Key" : "Value", side);
    if (written > 0 || !rules->infers || !c->options || !c->options->infer_columns)
        return true;
    source_column *inferred = NULL;
    int count = 0;
    if (!c->options->infer_columns(c->options->context, c->source->topic, is_key, format, c->arena,
            &inferred, &count, c->e))
        return false;
    add_inferred(c, inferred, count, is_key ? COLUMN_KEY : COLUMN_VALUE);
    return true;
}

static source_column *columns_of_role(const creation *c, column_role role, int *count) {
    const source_descriptor *source = c->source;
    source_column *columns = ARENA_ARRAY(c->arena, source_column, source->column_count + 1);
    *count = 0;
    for (int i = 0; i < source->column_count; i++)
        if (source->columns[i].role == role)
            columns[(*count)++] = source->columns[i];
    return columns;
}

static source_span span_or(source_span span, source_span otherwise) {
    return span.offset >= 0 && span.length > 0 ? span : otherwise;
}

static bool check_formats(creation *c) {
    int count;
    source_format *key = &c->source->key_format, *value = &c->source->value_format;
    if (!key->schema_full_name.data && key->schema_id == 0)
        key->schema_full_name = with_key_schema_name(c->arena, c->source->name, key->name);
    if (value->wrap_single < 0)
        value->wrap_single =
            with_default_wrapping(c->options, value->name, count_role(c->source, COLUMN_VALUE));
    source_column *columns = columns_of_role(c, COLUMN_KEY, &count);
    source_span span = span_or(c->with.key_format_span, c->span);
    if (!format_rules_check(&c->source->key_format, true, columns, count, span, c->e))
        return false;
    columns = columns_of_role(c, COLUMN_VALUE, &count);
    span = span_or(c->with.value_format_span, c->span);
    return format_rules_check(&c->source->value_format, false, columns, count, span, c->e);
}

/* ---- topic, window, timestamp ---- */

static bool resolve_topic(creation *c) {
    source_descriptor *source = c->source;
    source->topic = c->with.topic;
    if (!source->topic.data) {
        error_at(c->e, ERROR_STATEMENT, c->span,
            "The statement is missing the 'KAFKA_TOPIC' property in its WITH clause");
        return error_hint(c->e, "Add WITH (KAFKA_TOPIC='%.*s', ...).", SLICE_ARG(source->name));
    }
    planner_topic topic = {.retention_ms = -1};
    bool exists = c->options && c->options->topic &&
                  c->options->topic(c->options->context, source->topic, &topic);
    if (exists && c->with.partitions > 0 && c->with.partitions != topic.partitions) {
        error_at(c->e, ERROR_STATEMENT, c->with.span,
            "The topic '%.*s' exists with %d partitions, but PARTITIONS is %lld",
            SLICE_ARG(source->topic), (int)topic.partitions, (long long)c->with.partitions);
        return error_hint(c->e, "Leave PARTITIONS out, or use another topic.");
    }
    if (!exists && c->with.partitions < 0 && !c->asserting) {
        error_at(c->e, ERROR_STATEMENT, c->with.span, "The topic '%.*s' does not exist",
            SLICE_ARG(source->topic));
        return error_hint(c->e, "To create it, add PARTITIONS=1 to the WITH clause.");
    }
    source->partitions = exists ? topic.partitions : (int32_t)c->with.partitions;
    source->replicas = exists                 ? topic.replicas
                       : c->with.replicas > 0 ? (int16_t)c->with.replicas
                                              : 1;
    source->retention_ms = exists ? topic.retention_ms : c->with.retention_ms;
    return true;
}

static bool resolve_timestamp(creation *c) {
    c->source->timestamp_column = c->with.timestamp;
    c->source->timestamp_format = c->with.timestamp_format;
    return timestamp_column_check(c->source, c->options, c->with.timestamp_span, c->e);
}

static bool check_keys(creation *c) {
    int keys = count_role(c->source, COLUMN_KEY);
    bool table = c->source->kind == SOURCE_TABLE;
    if (table && keys == 0 && !c->asserting) {
        error_at(c->e, ERROR_STATEMENT, c->span, "Tables require a PRIMARY KEY");
        return error_hint(c->e, "Mark the column that the topic's keys hold: ID INT PRIMARY KEY.");
    }
    if (c->source->window != WINDOW_NONE && keys == 0 && !c->asserting)
        return error_at(
            c->e, ERROR_STATEMENT, c->with.window_span, "Windowed sources require a key column");
    if (c->source->column_count == keys && !c->asserting && keys == 0 &&
        !slice_is(c->source->value_format.name, "NONE")) {
        error_at(c->e, ERROR_STATEMENT, c->span, "The statement does not define any columns");
        return error_hint(c->e, "Write the columns in parentheses behind the name.");
    }
    return true;
}

bool planner_create_source(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, arena *a, source_descriptor **out, error *e) {
    const ast_create_source *ast = &statement->create_source;
    source_descriptor *source = ARENA_NEW(a, source_descriptor);
    creation c = {.ast = ast,
        .span = ast->name.span,
        .catalog = catalog,
        .options = options,
        .arena = a,
        .asserting = statement->kind == AST_STATEMENT_ASSERT_SOURCE,
        .source = source,
        .e = e};
    source->name = arena_copy(a, ast->name.text);
    source->kind = ast->source_kind == AST_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    source->is_source = ast->is_source;
    source->sql = arena_copy(a, statement->text);
    if (ast->is_source && ast->or_replace) {
        error_at(e, ERROR_STATEMENT, ast->name.span,
            "CREATE OR REPLACE is not supported for source %ss",
            ast->source_kind == AST_TABLE ? "table" : "stream");
        return error_hint(e, "Drop it first, then create it again.");
    }
    if (!with_properties_read(&ast->properties, WITH_CREATE, a, &c.with, e) ||
        !resolve_columns(&c) || !resolve_topic(&c))
        return false;
    source->window = c.with.window;
    source->window_size_ms = c.with.window_size_ms < 0 ? 0 : c.with.window_size_ms;
    if (!c.asserting && !resolve_formats(&c))
        return false;
    if (!c.asserting && (!infer(&c, true) || !infer(&c, false)))
        return false;
    if (!check_keys(&c) || !resolve_timestamp(&c) || (!c.asserting && !check_formats(&c)))
        return false;
    const source_descriptor *before = catalog_source(catalog, source->name);
    if (ast->or_replace && before && !planner_check_replace(before, source, ast->name.span, e))
        return false;
    *out = source;
    return true;
}
