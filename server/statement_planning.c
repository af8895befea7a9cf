/* What all planned statements share: the planner's view of the session, ids, starting queries. */
#include "base/memory.h"
#include "executor/expression/program.h"
#include "executor/function/aggregate.h"
#include "executor/record_codec.h"
#include "executor/timestamp_program.h"
#include "server/statement.h"

/* During planning the catalog is locked by this thread, so it is asked directly. */
slice statement_property(void *context, slice name) {
    statement_call *call = context;
    name = property_plain_name(name);
    slice value = property_list_get(&call->session->properties, name);
    if (!value.data)
        value = catalog_property(call->instance->catalog, name);
    if (!value.data)
        value = property_list_get(&call->instance->properties, name);
    const property_description *known = property_find(name);
    return value.data || !known ? value : slice_of(known->value);
}

/* On the embedded log nobody else can make topics, so one that CREATE names is made with a single
 * partition when the statement does not say how many. On Kafka a missing topic is more likely a
 * slip. */
static bool topic_is_made(statement_call *call) {
    const ast_statement *statement = call->statement;
    return statement->kind == AST_STATEMENT_CREATE_SOURCE &&
           !topic_system_is_kafka(call->instance->topics) &&
           !ast_property_find(&statement->create_source.properties, "PARTITIONS");
}

static bool find_topic(void *context, slice topic, planner_topic *out) {
    statement_call *call = context;
    topic_info info;
    error ignored = {0};
    *out = (planner_topic){1, 1, -1};
    if (!topic_describe(call->instance->topics, topic, &info, &ignored))
        return topic_is_made(call);
    *out = (planner_topic){info.config.partitions, info.config.replicas, -1};
    return true;
}

/* The columns that the registry's schema of a topic describes. A format that can hold a single
 * column by itself does so for keys, and for values where WRAP_SINGLE_VALUE is false. */
bool instance_infer_columns(instance *i, slice topic, bool is_key, const source_format *written,
    arena *a, source_column **columns, int *count, error *e) {
    const format *format = format_find(written->name);
    slice subject = arena_format(a, "%.*s-%s", SLICE_ARG(topic), is_key ? "key" : "value"), type,
          text;
    int32_t id = written->schema_id;
    error missing = {0};
    if (!format || !format->infer)
        return true;
    bool found =
        id > 0 ? i->registry->schema_by_id(i->registry, id, a, &type, &text, &missing)
               : i->registry->latest_schema(i->registry, subject, a, &id, &type, &text, &missing);
    if (!found) {
        error_set(e, missing.code, "The columns of the %s of topic '%.*s' are not known: %s",
            is_key ? "keys" : "values", SLICE_ARG(topic), missing.message);
        return error_hint(e, is_key ? "Declare a KEY column, or say KEY_FORMAT='NONE'."
                                    : "Declare the columns in parentheses behind the name.");
    }
    bool wrapped = !format->unwraps || (!is_key && written->wrap_single != 0);
    format_options options = {.subject = subject,
        .registry = i->registry,
        .schema_id = written->schema_id,
        .schema_full_name = written->schema_full_name};
    format_schema schema = {0};
    if (!format->infer(text, wrapped, is_key, &options, a, &schema, e))
        return false;
    *columns = ARENA_ARRAY(a, source_column, schema.count);
    *count = schema.count;
    for (int n = 0; n < schema.count; n++)
        (*columns)[n] =
            (source_column){.name = schema.columns[n].name, .type = schema.columns[n].type};
    return true;
}

static bool register_half(
    instance *i, arena *a, const source_descriptor *source, bool of_key, error *e) {
    const source_format *written = of_key ? &source->key_format : &source->value_format;
    const format *format = format_find(written->name);
    format_schema schema = record_schema(a, source, of_key, NULL);
    format_options options = record_format_options(a, source, of_key, i->registry);
    slice type, text;
    int32_t id;
    if (!format || !format->describe || schema.count == 0 || written->schema_id > 0 ||
        i->registry->latest_schema(i->registry, options.subject, a, &id, &type, &text, &(error){0}))
        return true;
    buffer described = {0};
    bool ok = format->describe(&schema, &options, &described, e) &&
              i->registry->register_schema(i->registry, options.subject,
                  slice_of(format->schema_type), buffer_slice(&described), &id, e);
    buffer_free(&described);
    return ok;
}

bool instance_register_source(instance *i, const source_descriptor *source, error *e) {
    arena *a = arena_create();
    bool ok = register_half(i, a, source, true, e) && register_half(i, a, source, false, e);
    arena_destroy(a);
    return ok;
}

static bool infer_columns(void *context, slice topic, bool is_key, const source_format *format,
    arena *a, source_column **columns, int *count, error *e) {
    statement_call *call = context;
    return instance_infer_columns(call->instance, topic, is_key, format, a, columns, count, e);
}

static column *constant_value(void *context, const expression *e) {
    (void)context;
    error ignored = {0};
    return program_evaluate_constant(e, &ignored);
}

bool instance_aggregate_can(
    void *context, const function_overload *aggregate, aggregate_need need) {
    (void)context;
    const aggregate_kernel *kernel = aggregate->aggregate;
    switch (need) {
    case AGGREGATE_UNDO:
        return kernel->can_undo;
    case AGGREGATE_MERGE:
        return kernel->can_merge;
    case AGGREGATE_IN_ANY_ORDER:
        return kernel->is_order_free;
    }
    return false;
}

static bool check_time_format(void *context, slice pattern, error *e) {
    (void)context;
    return timestamp_format_check(pattern, e);
}

planner_options statement_planner_options(statement_call *call) {
    return (planner_options){.context = call,
        .property = statement_property,
        .topic = find_topic,
        .infer_columns = infer_columns,
        .constant = constant_value,
        .aggregate_can = instance_aggregate_can,
        .time_format = check_time_format};
}

slice statement_query_id(statement_call *call, slice target) {
    const char *prefix = planner_query_prefix(call->statement);
    slice given = planner_given_query_id(call->statement);
    if (given.data)
        return arena_upper(call->arena, given);
    long long number = (long long)catalog_next_query_number(call->instance->catalog);
    if (!target.data)
        return arena_format(call->arena, "%s_%lld", prefix, number);
    return arena_format(call->arena, "%s_%.*s_%lld", prefix, SLICE_ARG(target), number);
}

void statement_query_properties(statement_call *call, query_descriptor *query) {
    const property_list *list = &call->session->properties;
    slice *names = ARENA_ARRAY(call->arena, slice, list->count + 1);
    slice *values = ARENA_ARRAY(call->arena, slice, list->count + 1);
    slice dialect = SLICE_LITERAL("sluice.sql.dialect");
    for (int i = 0; i < list->count; i++) {
        names[i] = slice_of(list->items[i].name);
        values[i] = slice_of(list->items[i].value);
    }
    query->property_names = names;
    query->property_values = values;
    query->property_count = list->count;
    if (call->statement->dialect == PARSER_KSQL || property_list_get(list, dialect).data)
        return;
    names[list->count] = dialect; /* it came from the system's properties, which may change */
    values[list->count] = SLICE_LITERAL("flink");
    query->property_count++;
}

bool statement_source_missing(statement_call *call, ast_name name, error *e) {
    error_at(e, ERROR_NOT_FOUND, name.span, "There is no stream or table named '%.*s'",
        SLICE_ARG(name.text));
    const source_descriptor *nearest = catalog_nearest_source(call->instance->catalog, name.text);
    return nearest && error_hint(e, "Did you mean '%.*s'?", SLICE_ARG(nearest->name));
}

running_query *statement_open_query(
    statement_call *call, plan *p, bool is_new, const topic_config *sink_topic, error *e) {
    query_options options = instance_query_options(call->instance, statement_property, call);
    options.is_new = is_new;
    options.sink_topic = sink_topic;
    options.only_when_drained = call->instance->options.only_when_drained;
    options.paused = true;
    return query_open(call->instance->engine, p, &options, e);
}
