/* sink.c - where a query's rows go: a new source, an existing stream, or the query's own callback.
 *
 * A new source takes over from the leftmost source in FROM what WITH does not say: formats,
 * partitions and replicas. The key format NONE is for results without a key, and only for them. */
#include "planner/format_rules.h"
#include "planner/planning.h"
#include "planner/system_columns.h"
#include "planner/with_properties.h"

static source_span with_span(const with_properties *with, source_span otherwise) {
    return with->span.offset >= 0 && with->span.length > 0 ? with->span : otherwise;
}

/* ---- the new source ---- */

static void describe_columns(planning *b, const plan_node *node, source_descriptor *sink) {
    source_column *columns = ARENA_ARRAY(b->arena, source_column, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        columns[i] = (source_column){
            .name = node->columns[i].name,
            .type = node->columns[i].type,
            .role = i < node->key_count ? COLUMN_KEY : COLUMN_VALUE,
        };
    sink->columns = columns;
    sink->column_count = node->column_count;
}

static bool choose_key_format(planning *b, const relation *r, const with_properties *with,
    int key_count, source_span span, source_format *out) {
    *out = r->format_source->key_format;
    out->schema_full_name = with->key_schema_full_name;
    out->schema_id = with->key_schema_id < 0 ? 0 : (int32_t)with->key_schema_id;
    if (key_count == 0 && with->key_format.data && !slice_is(with->key_format, "NONE")) {
        error_at(b->e, ERROR_STATEMENT, with->key_format_span,
            "Key format specified for a stream without key columns");
        return error_hint(
            b->e, "Leave KEY_FORMAT out, or give the stream a key with PARTITION BY.");
    }
    if (with->key_format.data)
        *out = (source_format){.name = with->key_format,
            .schema_full_name = out->schema_full_name,
            .schema_id = out->schema_id,
            .wrap_single = -1};
    else if (key_count == 0)
        *out = (source_format){.name = SLICE_LITERAL("NONE"), .wrap_single = -1};
    else if (slice_is(out->name, "NONE"))
        out->name = with_default_format(b->options, b->arena, true);
    if (with->key_delimiter)
        out->delimiter = with->key_delimiter;
    if (with->key_nullable)
        out->nullable = with->key_nullable;
    if (!out->schema_full_name.data && out->schema_id == 0)
        out->schema_full_name = with_key_schema_name(b->arena, b->sink_name, out->name);
    return true;
}

static void choose_value_format(
    planning *b, const relation *r, const with_properties *with, source_format *out) {
    *out = r->format_source->value_format;
    if (with->value_format.data)
        *out = (source_format){.name = with->value_format};
    else if (slice_is(out->name, "NONE"))
        *out = (source_format){.name = with_default_format(b->options, b->arena, false)};
    if (with->value_delimiter)
        out->delimiter = with->value_delimiter;
    if (with->value_nullable)
        out->nullable = with->value_nullable;
    out->schema_full_name = with->value_schema_full_name;
    out->schema_id = with->value_schema_id < 0 ? 0 : (int32_t)with->value_schema_id;
    out->wrap_single = with->wrap_single;
}

static bool choose_formats(planning *b, const relation *r, const with_properties *with,
    source_span span, source_descriptor *sink) {
    int keys = r->node->key_count;
    if (!choose_key_format(b, r, with, keys, span, &sink->key_format))
        return false;
    choose_value_format(b, r, with, &sink->value_format);
    if (sink->value_format.wrap_single < 0)
        sink->value_format.wrap_single =
            with_default_wrapping(b->options, sink->value_format.name, sink->column_count - keys);
    if (!sink->value_format.name.data)
        return error_at(b->e, ERROR_STATEMENT, span, "The result needs a VALUE_FORMAT");
    return format_rules_check(
               &sink->key_format, true, sink->columns, keys, with_span(with, span), b->e) &&
           format_rules_check(&sink->value_format, false, sink->columns + keys,
               sink->column_count - keys, with_span(with, span), b->e);
}

static bool choose_topic(planning *b, const relation *r, const with_properties *with,
    source_span span, source_descriptor *sink) {
    slice prefix = {0};
    if (b->options && b->options->property)
        prefix = b->options->property(
            b->options->context, SLICE_LITERAL("ksql.output.topic.name.prefix"));
    sink->topic = with->topic.data
                      ? with->topic
                      : planning_text(b, "%.*s%.*s", SLICE_ARG(prefix), SLICE_ARG(sink->name));
    sink->partitions = with->partitions > 0 ? (int32_t)with->partitions : r->partitions;
    sink->replicas = with->replicas > 0 ? (int16_t)with->replicas : r->format_source->replicas;
    sink->retention_ms = with->retention_ms;
    planner_topic topic;
    if (!b->options || !b->options->topic ||
        !b->options->topic(b->options->context, sink->topic, &topic))
        return true;
    if (with->partitions > 0 && with->partitions != topic.partitions) {
        error_at(b->e, ERROR_STATEMENT, with_span(with, span),
            "The topic '%.*s' exists with %d partitions, but PARTITIONS is %lld",
            SLICE_ARG(sink->topic), (int)topic.partitions, (long long)with->partitions);
        return error_hint(b->e, "Leave PARTITIONS out, or write to another topic.");
    }
    sink->partitions = topic.partitions;
    sink->replicas = topic.replicas;
    return true;
}

static bool check_kind(planning *b, const relation *r, const ast_create_as *create) {
    bool table = r->node->mode != CHANGELOG_APPEND;
    if (table == (create->source_kind == AST_TABLE))
        return true;
    error_at(b->e, ERROR_STATEMENT, create->name.span,
        "The SELECT gives a %s, but the statement creates a %s", table ? "TABLE" : "STREAM",
        table ? "STREAM" : "TABLE");
    return error_hint(b->e, "%s",
        table ? "Use CREATE TABLE ... AS SELECT, or read FROM CHANGES(table) to make a stream."
              : "Use CREATE STREAM ... AS SELECT, or add GROUP BY to make a table.");
}

static plan_node *make_sink(planning *b, const relation *r, const source_descriptor *sink) {
    plan_node *node = planning_node(b, PLAN_SINK, r->node);
    node->sink.sink = sink;
    if (sink && sink->kind == SOURCE_TABLE)
        node->sink.table_store = SLICE_LITERAL("table");
    node->store = node->sink.table_store;
    return node;
}

bool plan_create_sink(planning *b, const relation *r, const ast_create_as *create, slice sql) {
    with_properties with;
    source_span span = create->name.span;
    if (!check_kind(b, r, create) ||
        !with_properties_read(&create->properties, WITH_CREATE_AS, b->arena, &with, b->e))
        return false;
    source_descriptor *sink = ARENA_NEW(b->arena, source_descriptor);
    sink->name = arena_copy(b->arena, create->name.text);
    sink->kind = create->source_kind == AST_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    sink->sql = arena_copy(b->arena, sql);
    sink->query_id = b->plan->query_id;
    sink->window = r->node->window;
    sink->window_size_ms = r->node->window_size_ms;
    sink->timestamp_column = with.timestamp;
    sink->timestamp_format = with.timestamp_format;
    describe_columns(b, r->node, sink);
    if (!choose_formats(b, r, &with, span, sink) || !choose_topic(b, r, &with, span, sink) ||
        !timestamp_column_check(sink, b->options, with.timestamp_span, b->e))
        return false;
    const source_descriptor *before = catalog_source(b->catalog, sink->name);
    if (create->or_replace && before && !planner_check_replace(before, sink, span, b->e))
        return false;
    make_sink(b, r, sink);
    b->plan->sink = sink;
    return true;
}

/* ---- INSERT INTO ... SELECT ---- */

static bool check_target(planning *b, const ast_name *name, const source_descriptor *target) {
    if (!target) {
        const source_descriptor *near = catalog_nearest_source(b->catalog, name->text);
        error_at(b->e, ERROR_NOT_FOUND, name->span, "%.*s does not exist", SLICE_ARG(name->text));
        return near ? error_hint(b->e, "Did you mean %.*s?", SLICE_ARG(near->name)) : false;
    }
    if (target->kind != SOURCE_STREAM)
        return error_at(b->e, ERROR_STATEMENT, name->span,
            "INSERT INTO ... SELECT can only insert into a stream. %.*s is a table",
            SLICE_ARG(name->text));
    if (target->is_source)
        return error_at(b->e, ERROR_STATEMENT, name->span,
            "Cannot insert into read-only stream: %.*s", SLICE_ARG(name->text));
    return true;
}

static bool schema_mismatch(planning *b, const ast_insert_select *insert, const relation *r,
    const source_descriptor *target) {
    source_descriptor result = {0};
    describe_columns(b, r->node, &result);
    error_at(b->e, ERROR_STATEMENT, insert->target.span,
        "Incompatible schema between the result and `%.*s`", SLICE_ARG(target->name));
    error_detail(b->e, "The result is %.*s; `%.*s` is %.*s",
        SLICE_ARG(source_schema_text(b->arena, &result)), SLICE_ARG(target->name),
        SLICE_ARG(source_schema_text(b->arena, target)));
    return error_hint(b->e, "Give the result the same columns, with AS and CAST where needed.");
}

/* INSERT takes integers into a DECIMAL of any size. */
static bool may_become(const sql_type *from, const sql_type *to) {
    bool integer = from->base == SQL_INTEGER || from->base == SQL_BIGINT;
    return sql_type_equal(from, to) || expression_can_widen(from, to) ||
           (integer && to->base == SQL_DECIMAL);
}

/* The input column that goes into a column of the target, -1 when none fits. */
static int matching_column(const relation *r, const source_column *column) {
    const plan_node *node = r->node;
    for (int i = 0; i < node->column_count; i++)
        if (slice_equal(node->columns[i].name, column->name) &&
            (i < node->key_count) == (column->role == COLUMN_KEY) &&
            may_become(node->columns[i].type, column->type))
            return i;
    return -1;
}

/* The result's columns in the target's order and types. */
static bool match_target(
    planning *b, relation *r, const ast_insert_select *insert, const source_descriptor *target) {
    expression_scope scope = planning_scope(b, r, "INSERT");
    plan_node *input = r->node;
    plan_node *node = planning_node(b, PLAN_PROJECT, input);
    plan_column *columns = planning_columns(b, node, target->column_count);
    const expression **expressions =
        ARENA_ARRAY(b->arena, const expression *, target->column_count + 1);
    int filled = 0, keys = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < target->column_count; i++) {
            const source_column *column = &target->columns[i];
            if ((column->role == COLUMN_KEY) != (pass == 0) || column->role == COLUMN_HEADERS)
                continue;
            int from = matching_column(r, column);
            if (from < 0)
                return schema_mismatch(b, insert, r, target);
            columns[filled] = (plan_column){column->name, column->type};
            expressions[filled++] =
                expression_cast(&scope, planning_input_column(b, input, from), column->type);
            keys += pass == 0;
        }
    if (filled != input->column_count)
        return schema_mismatch(b, insert, r, target);
    node->column_count = filled;
    node->key_count = keys;
    node->project.expressions = expressions;
    r->node = node;
    return true;
}

/* Its own rows would come back as new ones, for ever. */
static bool check_not_read(planning *b, const relation *r, const ast_insert_select *insert) {
    for (int i = 0; i < r->source_count; i++)
        if (slice_equal(r->sources[i].descriptor->name, insert->target.text)) {
            error_at(b->e, ERROR_STATEMENT, insert->target.span,
                "A query cannot insert into `%.*s`, which it reads: it would never come to an end",
                SLICE_ARG(insert->target.text));
            return error_hint(b->e, "Insert into another stream.");
        }
    return true;
}

bool plan_insert_sink(planning *b, const relation *given, const ast_insert_select *insert) {
    relation r = *given;
    with_properties with;
    const source_descriptor *target = catalog_source(b->catalog, insert->target.text);
    if (!check_target(b, &insert->target, target) || !check_not_read(b, given, insert) ||
        !with_properties_read(&insert->properties, WITH_INSERT, b->arena, &with, b->e))
        return false;
    if (r.node->mode != CHANGELOG_APPEND) {
        error_at(b->e, ERROR_STATEMENT, insert->target.span,
            "The SELECT gives a TABLE, which cannot be inserted into a stream");
        return error_hint(b->e, "Insert a table's changes with SELECT ... FROM CHANGES(table).");
    }
    if (r.node->window != target->window)
        return error_at(b->e, ERROR_STATEMENT, insert->target.span,
            "The result and `%.*s` must both be windowed in the same way, or neither",
            SLICE_ARG(target->name));
    if (!match_target(b, &r, insert, target))
        return false;
    make_sink(b, &r, source_copy(b->arena, target));
    return true;
}

/* ---- push and pull queries ---- */

bool plan_transient_sink(planning *b, relation *r) {
    make_sink(b, r, NULL);
    return true;
}
