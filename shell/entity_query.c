/* SHOW QUERIES and EXPLAIN. */
#include "shell/entity.h"
#include "shell/text_table.h"

/* RUNNING:1 of {"RUNNING":1}; the state where it is not told. */
static void append_status(buffer *out, const json_t *query) {
    const char *name;
    json_t *count;
    bool first = true;
    json_object_foreach(json_object_get(query, "statusCount"), name, count) {
        buffer_format(
            out, "%s%s:%lld", first ? "" : ", ", name, (long long)json_integer_value(count));
        first = false;
    }
    buffer scratch = {0};
    if (first)
        buffer_append_text(out, entity_text(query, "state", &scratch));
    buffer_free(&scratch);
}

void entity_write_queries(const json_t *entity, const table_style *style, buffer *out) {
    static const char *const titles[] = {
        "Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String"};
    text_table *t = text_table_create(6, titles);
    buffer cell = {0};
    size_t i;
    json_t *query;
    json_array_foreach(json_object_get(entity, "queries"), i, query) {
        text_table_add_text(t, entity_text(query, "id", &cell));
        text_table_add_text(t, entity_text(query, "queryType", &cell));
        buffer_clear(&cell);
        append_status(&cell, query);
        text_table_add(t, buffer_slice(&cell));
        buffer_clear(&cell);
        entity_append_list(&cell, json_object_get(query, "sinks"));
        text_table_add(t, buffer_slice(&cell));
        buffer_clear(&cell);
        entity_append_list(&cell, json_object_get(query, "sinkKafkaTopics"));
        text_table_add(t, buffer_slice(&cell));
        text_table_add_text(t, entity_text(query, "queryString", &cell));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&cell);
    if (json_array_size(json_object_get(entity, "queries")))
        buffer_append_text(out, "For more about one: EXPLAIN <Query ID>;\n");
}

static void append_names(buffer *out, const char *title, const json_t *names) {
    buffer list = {0};
    entity_append_list(&list, names);
    buffer_append_byte(&list, 0);
    entity_append_line(out, title, list.data);
    buffer_free(&list);
}

static void append_overrides(buffer *out, const json_t *properties) {
    const char *name;
    json_t *value;
    if (!json_object_size(properties))
        return;
    buffer_append_text(out, "\nOverridden properties\n");
    json_object_foreach((json_t *)properties, name, value) {
        const char *text = json_string_value(value);
        buffer_format(out, "  %s = %s\n", name, text ? text : "");
    }
}

static void append_errors(buffer *out, const json_t *errors) {
    size_t i;
    json_t *item;
    buffer scratch = {0};
    if (json_array_size(errors))
        buffer_append_text(out, "\nErrors\n");
    json_array_foreach((json_t *)errors, i, item) {
        buffer_format(out, "  %s\n", entity_text(item, "errorMessage", &scratch));
    }
    buffer_free(&scratch);
}

static void append_query(buffer *out, const json_t *query, const table_style *style) {
    buffer scratch = {0};
    entity_append_line(out, "ID", entity_text(query, "id", &scratch));
    entity_append_line(out, "Query Type", entity_text(query, "queryType", &scratch));
    entity_append_line(out, "State", entity_text(query, "state", &scratch));
    entity_append_sql(out, "SQL", entity_text(query, "statementText", &scratch), style);
    entity_append_line(out, "Window type", entity_text(query, "windowType", &scratch));
    append_names(out, "Sources", json_object_get(query, "sources"));
    append_names(out, "Sinks", json_object_get(query, "sinks"));
    buffer_append_byte(out, '\n');
    entity_append_fields(out, json_object_get(query, "fields"), "key", style);
    const char *plan = entity_text(query, "executionPlan", &scratch);
    if (plan[0])
        buffer_format(out, "\nPlan\n%s", plan);
    if (out->length && out->data[out->length - 1] != '\n')
        buffer_append_byte(out, '\n');
    append_overrides(out, json_object_get(query, "overriddenProperties"));
    append_errors(out, json_object_get(query, "queryErrors"));
    buffer_free(&scratch);
}

void entity_write_query_description(const json_t *entity, const table_style *style, buffer *out) {
    append_query(out, json_object_get(entity, "queryDescription"), style);
}

void entity_write_query_descriptions(const json_t *entity, const table_style *style, buffer *out) {
    size_t i;
    json_t *query;
    json_array_foreach(json_object_get(entity, "queryDescriptions"), i, query) {
        if (i)
            buffer_append_byte(out, '\n');
        append_query(out, query, style);
    }
}
