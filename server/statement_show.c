/* SHOW and LIST. */
#include <stdlib.h>

#include "base/memory.h"
#include "server/active_query.h"
#include "server/describe.h"
#include "server/statement.h"

/* ---- streams and tables ---- */

static void append_source(buffer *out, const source_descriptor *source) {
    json_open(out, '{');
    json_text_member(out, "type", slice_of(source_kind_title(source->kind)));
    json_text_member(out, "name", source->name);
    json_text_member(out, "topic", source->topic);
    json_text_member(out, "keyFormat", source->key_format.name);
    json_text_member(out, "valueFormat", source->value_format.name);
    json_text_member(out, "format", source->value_format.name); /* for clients of before 0.14 */
    json_boolean_member(out, "isWindowed", source->window != WINDOW_NONE);
    json_shut(out, '}');
}

void statement_list_sources(statement_call *call, source_kind kind, bool extended) {
    const char *type = extended                ? "source_descriptions"
                       : kind == SOURCE_STREAM ? "streams"
                                               : "tables";
    buffer out = {0};
    answer_begin(call, &out, type);
    json_name(&out, extended ? "sourceDescriptions" : type);
    json_open(&out, '[');
    catalog_read_lock(call->instance->catalog);
    int count;
    const source_descriptor *const *sources = catalog_sources(call->instance->catalog, &count);
    for (int i = 0; i < count; i++)
        if (sources[i]->kind == kind && extended)
            describe_append_source(call, &out, sources[i], true);
        else if (sources[i]->kind == kind)
            append_source(&out, sources[i]);
    catalog_unlock(call->instance->catalog);
    json_shut(&out, ']');
    answer_end(call, &out, type, (slice){NULL, 0});
}

/* ---- topics ---- */

static int compare_topics(const void *a, const void *b) {
    return slice_compare(((const topic_info *)a)->name, ((const topic_info *)b)->name);
}

/* Topics that Sluice made for itself, and Kafka's own. */
static bool is_internal(instance *i, slice name) {
    slice prefix = i->options.service_id;
    return slice_starts_with(name, SLICE_LITERAL("__")) ||
           slice_starts_with(name, SLICE_LITERAL("_sluice-")) ||
           slice_starts_with(name, SLICE_LITERAL("_confluent")) ||
           (slice_starts_with(name, prefix) &&
               (slice_ends_with(name, SLICE_LITERAL("-changelog")) ||
                   slice_ends_with(name, SLICE_LITERAL("-repartition"))));
}

static void append_topic(buffer *out, const topic_info *topic, bool extended) {
    json_open(out, '{');
    json_text_member(out, "name", topic->name);
    json_name(out, "replicaInfo");
    json_open(out, '[');
    for (int p = 0; p < topic->config.partitions; p++)
        json_number(out, topic->config.replicas > 0 ? topic->config.replicas : 1);
    json_shut(out, ']');
    if (extended) {
        json_number_member(out, "consumerCount", 0);
        json_number_member(out, "consumerGroupCount", 0);
    }
    json_shut(out, '}');
}

static bool show_topics(statement_call *call, error *e) {
    const ast_show *show = &call->statement->show;
    const char *type = show->extended ? "kafka_topics_extended" : "kafka_topics";
    topic_info *topics;
    int count;
    if (!topic_list(call->instance->topics, call->arena, &topics, &count, e))
        return false;
    if (count)
        qsort(topics, (size_t)count, sizeof *topics, compare_topics);
    buffer out = {0};
    answer_begin(call, &out, type);
    json_name(&out, "topics");
    json_open(&out, '[');
    for (int i = 0; i < count; i++)
        if (show->all || !is_internal(call->instance, topics[i].name))
            append_topic(&out, &topics[i], show->extended);
    json_shut(&out, ']');
    answer_end(call, &out, type, (slice){NULL, 0});
    return true;
}

/* ---- queries ---- */

typedef struct query_lister {
    statement_call *call;
    buffer *out;
    bool extended;
} query_lister;

static void list_persistent(
    void *context, const query_descriptor *query, const query_status *status) {
    query_lister *lister = context;
    if (lister->extended)
        describe_append_query(lister->call, lister->out, query, status);
    else
        describe_append_running(lister->call, lister->out, query, status);
}

static void list_push(void *context, const active_query *q) {
    query_lister *lister = context;
    if (!q->running)
        return;
    buffer *out = lister->out;
    json_open(out, '{');
    json_text_member(out, "queryString", q->sql);
    json_name(out, "sinks");
    json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "sinkKafkaTopics");
    json_raw(out, SLICE_LITERAL("[]"));
    json_text_member(out, "id", q->header.query_id);
    json_name(out, "statusCount");
    json_raw(out, SLICE_LITERAL("{\"RUNNING\":1}"));
    json_text_member(out, "queryType", SLICE_LITERAL("PUSH"));
    json_text_member(out, "state", SLICE_LITERAL("RUNNING"));
    json_shut(out, '}');
}

static void show_queries(statement_call *call) {
    bool extended = call->statement->show.extended;
    const char *type = extended ? "queryDescriptions" : "queries";
    buffer out = {0};
    query_lister lister = {call, &out, extended};
    answer_begin(call, &out, type);
    json_name(&out, type);
    json_open(&out, '[');
    instance_visit_queries(call->instance, list_persistent, &lister);
    if (!extended)
        active_query_visit(call->instance, list_push, &lister);
    json_shut(&out, ']');
    answer_end(call, &out, type, (slice){NULL, 0});
}

/* ---- functions, types, properties, variables ---- */

bool statement_show_functions(statement_call *call, error *e) {
    (void)e;
    static const char *const kinds[] = {"SCALAR", "AGGREGATE", "TABLE"};
    buffer out = {0};
    answer_begin(call, &out, "function_names");
    json_name(&out, "functions");
    json_open(&out, '[');
    int count;
    const function_descriptor *const *functions = function_all(&count);
    for (int i = 0; i < count; i++) {
        json_open(&out, '{');
        json_text_member(&out, "name", slice_of(functions[i]->name));
        json_text_member(&out, "type", slice_of(kinds[functions[i]->kind]));
        json_text_member(&out, "category", slice_of(functions[i]->category));
        json_shut(&out, '}');
    }
    json_shut(&out, ']');
    answer_end(call, &out, "function_names", (slice){NULL, 0});
    return true;
}

static void show_types(statement_call *call) {
    buffer out = {0};
    answer_begin(call, &out, "type_list");
    json_name(&out, "types");
    json_open(&out, '{');
    catalog_read_lock(call->instance->catalog);
    int count;
    const type_descriptor *const *types = catalog_types(call->instance->catalog, &count);
    for (int i = 0; i < count; i++) {
        json_name_slice(&out, types[i]->name);
        response_append_type(&out, types[i]->type);
    }
    catalog_unlock(call->instance->catalog);
    json_shut(&out, '}');
    answer_end(call, &out, "type_list", (slice){NULL, 0});
}

static void append_property(statement_call *call, buffer *out, const property_description *p) {
    slice value = session_property(call->session, slice_of(p->name));
    json_open(out, '{');
    json_text_member(out, "name", slice_of(p->name));
    json_text_member(out, "scope", slice_of(p->scope));
    json_text_member(out, "value", value);
    json_boolean_member(out, "editable", true);
    json_text_member(out, "level", SLICE_LITERAL("QUERY"));
    json_shut(out, '}');
}

static void show_properties(statement_call *call) {
    buffer out = {0};
    answer_begin(call, &out, "properties");
    json_name(&out, "properties");
    json_open(&out, '[');
    int count;
    const property_description *all = property_all(&count);
    for (int i = 0; i < count; i++)
        append_property(call, &out, &all[i]);
    json_shut(&out, ']');
    json_name(&out, "overwrittenProperties");
    json_open(&out, '[');
    for (int i = 0; i < call->session->properties.count; i++)
        json_text(&out, slice_of(call->session->properties.items[i].name));
    json_shut(&out, ']');
    json_name(&out, "defaultProperties");
    json_open(&out, '[');
    for (int i = 0; i < count; i++)
        if (!property_list_get(&call->session->properties, slice_of(all[i].name)).data)
            json_text(&out, slice_of(all[i].name));
    json_shut(&out, ']');
    answer_end(call, &out, "properties", (slice){NULL, 0});
}

static void show_variables(statement_call *call) {
    buffer out = {0};
    answer_begin(call, &out, "variables");
    json_name(&out, "variables");
    json_open(&out, '[');
    for (int i = 0; i < call->session->variables.count; i++) {
        json_open(&out, '{');
        json_text_member(&out, "name", slice_of(call->session->variables.items[i].name));
        json_text_member(&out, "value", slice_of(call->session->variables.items[i].value));
        json_shut(&out, '}');
    }
    json_shut(&out, ']');
    answer_end(call, &out, "variables", (slice){NULL, 0});
}

static void show_no_connectors(statement_call *call, const char *type, const char *list) {
    buffer out = {0};
    answer_begin(call, &out, type);
    json_name(&out, list);
    json_raw(&out, SLICE_LITERAL("[]"));
    answer_end(call, &out, type, (slice){NULL, 0});
}

bool statement_show(statement_call *call, error *e) {
    const ast_show *show = &call->statement->show;
    switch (show->kind) {
    case AST_SHOW_STREAMS:
        statement_list_sources(call, SOURCE_STREAM, show->extended);
        return true;
    case AST_SHOW_TABLES:
        statement_list_sources(call, SOURCE_TABLE, show->extended);
        return true;
    case AST_SHOW_TOPICS:
        return show_topics(call, e);
    case AST_SHOW_QUERIES:
        show_queries(call);
        return true;
    case AST_SHOW_FUNCTIONS:
        return statement_show_functions(call, e);
    case AST_SHOW_TYPES:
        show_types(call);
        return true;
    case AST_SHOW_PROPERTIES:
        show_properties(call);
        return true;
    case AST_SHOW_VARIABLES:
        show_variables(call);
        return true;
    case AST_SHOW_CONNECTOR_PLUGINS:
        show_no_connectors(call, "connector_plugins_list", "connectorsPlugins");
        return true;
    default:
        show_no_connectors(call, "connector_list", "connectors");
        return true;
    }
}
