#include "shell/entity.h"

#include <stdlib.h>
#include <string.h>

#include "shell/highlight.h"
#include "shell/text_table.h"

/* ---- pieces ---- */

static void append_value(buffer *out, const json_t *value) {
    if (json_is_string(value))
        buffer_append(out, slice_make(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        buffer_format(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        buffer_format(out, "%g", json_real_value(value));
    else if (json_is_boolean(value))
        buffer_append_text(out, json_is_true(value) ? "true" : "false");
}

const char *entity_text(const json_t *object, const char *name, buffer *scratch) {
    buffer_clear(scratch);
    append_value(scratch, json_object_get(object, name));
    buffer_append_byte(scratch, 0);
    return scratch->data;
}

void entity_append_list(buffer *out, const json_t *array) {
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)array, i, item) {
        if (i)
            buffer_append_text(out, ", ");
        append_value(out, item);
    }
}

static void append_struct(buffer *out, const json_t *fields) {
    size_t i;
    json_t *field;
    buffer scratch = {0};
    buffer_append_text(out, "STRUCT<");
    json_array_foreach((json_t *)fields, i, field) {
        buffer_format(out, "%s%s ", i ? ", " : "", entity_text(field, "name", &scratch));
        entity_append_type(out, json_object_get(field, "schema"));
    }
    buffer_append_byte(out, '>');
    buffer_free(&scratch);
}

void entity_append_type(buffer *out, const json_t *schema) {
    const char *type = json_string_value(json_object_get(schema, "type"));
    const json_t *parameters = json_object_get(schema, "parameters");
    if (!type)
        return;
    if (strcmp(type, "STRUCT") == 0) {
        append_struct(out, json_object_get(schema, "fields"));
    } else if (strcmp(type, "ARRAY") == 0 || strcmp(type, "MAP") == 0) {
        buffer_format(out, "%s<%s", type, type[0] == 'M' ? "STRING, " : "");
        entity_append_type(out, json_object_get(schema, "memberSchema"));
        buffer_append_byte(out, '>');
    } else if (strcmp(type, "DECIMAL") == 0 && parameters) {
        buffer_append_text(out, "DECIMAL(");
        append_value(out, json_object_get(parameters, "precision"));
        buffer_append_text(out, ", ");
        append_value(out, json_object_get(parameters, "scale"));
        buffer_append_byte(out, ')');
    } else {
        buffer_append_text(out, strcmp(type, "STRING") == 0 ? "VARCHAR(STRING)" : type);
    }
}

void entity_append_fields(
    buffer *out, const json_t *fields, const char *key_word, const table_style *style) {
    text_table *t = text_table_create(2, (const char *const[]){"Field", "Type"});
    buffer scratch = {0}, type = {0};
    size_t i;
    json_t *field;
    json_array_foreach((json_t *)fields, i, field) {
        const char *role = json_string_value(json_object_get(field, "type"));
        const char *header = json_string_value(json_object_get(field, "headerKey"));
        text_table_add_text(t, entity_text(field, "name", &scratch));
        buffer_clear(&type);
        entity_append_type(&type, json_object_get(field, "schema"));
        if (role && strcmp(role, "KEY") == 0)
            buffer_format(&type, "  (%s)", key_word);
        else if (role && header)
            buffer_format(&type, "  (header('%s'))", header);
        else if (role && strcmp(role, "HEADER") == 0)
            buffer_append_text(&type, "  (headers)");
        text_table_add(t, buffer_slice(&type));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&scratch);
    buffer_free(&type);
}

void entity_append_line(buffer *out, const char *name, const char *value) {
    if (value && value[0])
        buffer_format(out, "%-20s : %s\n", name, value);
}

void entity_append_sql(
    buffer *out, const char *name, const char *statement, const table_style *style) {
    if (!statement[0])
        return;
    buffer_format(out, "%-20s : ", name);
    highlight_sql(out, slice_of(statement), style->colored);
    buffer_append_byte(out, '\n');
}

/* ---- lists: an array of objects, some of whose members are columns ---- */

typedef struct list_column {
    const char *title, *member;
} list_column;

static void write_list(const json_t *items, const list_column *columns, int count,
    const table_style *style, buffer *out) {
    const char *titles[8];
    buffer scratch = {0};
    size_t i;
    json_t *item;
    for (int c = 0; c < count; c++)
        titles[c] = columns[c].title;
    text_table *t = text_table_create(count, titles);
    json_array_foreach((json_t *)items, i, item) {
        for (int c = 0; c < count; c++)
            text_table_add_text(t, entity_text(item, columns[c].member, &scratch));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&scratch);
}

static void write_streams(const json_t *entity, const table_style *style, buffer *out) {
    static const list_column columns[] = {{"Stream Name", "name"}, {"Kafka Topic", "topic"},
        {"Key Format", "keyFormat"}, {"Value Format", "valueFormat"}, {"Windowed", "isWindowed"}};
    write_list(json_object_get(entity, "streams"), columns, 5, style, out);
}

static void write_tables(const json_t *entity, const table_style *style, buffer *out) {
    static const list_column columns[] = {{"Table Name", "name"}, {"Kafka Topic", "topic"},
        {"Key Format", "keyFormat"}, {"Value Format", "valueFormat"}, {"Windowed", "isWindowed"}};
    write_list(json_object_get(entity, "tables"), columns, 5, style, out);
}

static void write_variables(const json_t *entity, const table_style *style, buffer *out) {
    static const list_column columns[] = {{"Variable Name", "name"}, {"Value", "value"}};
    write_list(json_object_get(entity, "variables"), columns, 2, style, out);
}

static void write_connectors(const json_t *entity, const table_style *style, buffer *out) {
    static const list_column columns[] = {
        {"Connector Name", "name"}, {"Type", "type"}, {"Class", "className"}, {"Status", "state"}};
    write_list(json_object_get(entity, "connectors"), columns, 4, style, out);
}

static void write_plugins(const json_t *entity, const table_style *style, buffer *out) {
    static const list_column columns[] = {
        {"Class", "className"}, {"Type", "type"}, {"Version", "version"}};
    write_list(json_object_get(entity, "connectorsPlugins"), columns, 3, style, out);
}

static void write_topics(const json_t *entity, const table_style *style, buffer *out) {
    text_table *t = text_table_create(
        3, (const char *const[]){"Kafka Topic", "Partitions", "Partition Replicas"});
    buffer cell = {0};
    size_t i;
    json_t *topic;
    text_table_align_right(t, 1);
    json_array_foreach(json_object_get(entity, "topics"), i, topic) {
        const json_t *replicas = json_object_get(topic, "replicaInfo");
        text_table_add_text(t, entity_text(topic, "name", &cell));
        buffer_clear(&cell);
        buffer_format(&cell, "%zu", json_array_size(replicas));
        text_table_add(t, buffer_slice(&cell));
        buffer_clear(&cell);
        append_value(&cell, json_array_get(replicas, 0));
        text_table_add(t, buffer_slice(&cell));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&cell);
}

static bool is_overwritten(const json_t *entity, const char *name) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(entity, "overwrittenProperties"), i, item) {
        const char *text = json_string_value(item);
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

static void write_properties(const json_t *entity, const table_style *style, buffer *out) {
    text_table *t = text_table_create(
        4, (const char *const[]){"Property", "Scope", "Default override", "Effective Value"});
    buffer scratch = {0};
    size_t i;
    json_t *property;
    json_array_foreach(json_object_get(entity, "properties"), i, property) {
        const char *name = json_string_value(json_object_get(property, "name"));
        text_table_add_text(t, name);
        text_table_add_text(t, entity_text(property, "scope", &scratch));
        text_table_add_text(t, name && is_overwritten(entity, name) ? "SESSION" : "");
        text_table_add_text(t, entity_text(property, "value", &scratch));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&scratch);
}

static void write_types(const json_t *entity, const table_style *style, buffer *out) {
    text_table *t = text_table_create(2, (const char *const[]){"Type Name", "Schema"});
    buffer type = {0};
    const char *name;
    json_t *schema;
    json_object_foreach(json_object_get(entity, "types"), name, schema) {
        buffer_clear(&type);
        entity_append_type(&type, schema);
        text_table_add_text(t, name);
        text_table_add(t, buffer_slice(&type));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&type);
}

static void write_nothing(const json_t *entity, const table_style *style, buffer *out) {
    (void)entity;
    (void)style;
    (void)out;
}

static void write_json(const json_t *entity, const table_style *style, buffer *out) {
    char *text = json_dumps(entity, JSON_INDENT(2));
    (void)style;
    buffer_append_text(out, text);
    buffer_append_byte(out, '\n');
    free(text); /* libjansson's */
}

/* ---- all ---- */

static void append_json_line(buffer *out, const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    buffer_append_text(out, text);
    buffer_append_byte(out, '\n');
    free(text); /* libjansson's */
}

void entity_write_lines(const json_t *entity, buffer *out) {
    const char *name;
    json_t *member, *item;
    size_t i;
    json_object_foreach((json_t *)entity, name, member) {
        if (!json_is_array(member) || strcmp(name, "warnings") == 0)
            continue;
        json_array_foreach(member, i, item) {
            append_json_line(out, item);
        }
        return;
    }
    append_json_line(out, entity);
}

/* {"columns":["a"],"rows":[["1"]]} */
static void write_result_table(const json_t *entity, const table_style *style, buffer *out) {
    const char *titles[16] = {0};
    size_t i, k;
    json_t *row, *cell;
    const json_t *columns = json_object_get(entity, "columns");
    int count = (int)json_array_size(columns);
    for (int n = 0; n < count && n < 16; n++)
        titles[n] = json_string_value(json_array_get(columns, (size_t)n));
    text_table *t = text_table_create(count, titles);
    json_array_foreach(json_object_get(entity, "rows"), i, row) json_array_foreach(row, k, cell)
        text_table_add_text(t, json_is_string(cell) ? json_string_value(cell) : "");
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
}

static const struct {
    const char *type;
    entity_writer *write;
} writers[] = {
    {"currentStatus", write_nothing},
    {"warning_entity", write_nothing},
    {"assert_topic", write_nothing},
    {"assert_schema", write_nothing},
    {"streams", write_streams},
    {"tables", write_tables},
    {"kafka_topics", write_topics},
    {"kafka_topics_extended", write_topics},
    {"queries", entity_write_queries},
    {"queryDescription", entity_write_query_description},
    {"queryDescriptions", entity_write_query_descriptions},
    {"sourceDescription", entity_write_source_description},
    {"source_descriptions", entity_write_source_descriptions},
    {"result_table", write_result_table},
    {"function_names", entity_write_functions},
    {"describe_function", entity_write_function_description},
    {"properties", write_properties},
    {"variables", write_variables},
    {"type_list", write_types},
    {"connector_list", write_connectors},
    {"connector_plugins_list", write_plugins},
};

void entity_write(const json_t *entity, const table_style *style, buffer *out) {
    const char *type = json_string_value(json_object_get(entity, "@type"));
    for (size_t i = 0; type && i < sizeof writers / sizeof *writers; i++)
        if (strcmp(type, writers[i].type) == 0) {
            writers[i].write(entity, style, out);
            return;
        }
    write_json(entity, style, out);
}

static void append_assertion(const json_t *entity, const char *type, buffer *out) {
    buffer scratch = {0};
    bool topic = strcmp(type, "assert_topic") == 0;
    buffer_format(out, "%s %s.\n", topic ? "Topic" : "Schema",
        json_is_false(json_object_get(entity, "exists")) ? "does not exist" : "exists");
    buffer_free(&scratch);
}

void entity_write_message(const json_t *entity, buffer *out) {
    const char *type = json_string_value(json_object_get(entity, "@type"));
    const char *message =
        json_string_value(json_object_get(json_object_get(entity, "commandStatus"), "message"));
    if (!message)
        message = json_string_value(json_object_get(entity, "message"));
    if (message && message[0])
        buffer_format(out, "%s\n", message);
    else if (type && strncmp(type, "assert_", 7) == 0)
        append_assertion(entity, type, out);
    size_t i;
    json_t *warning;
    json_array_foreach(json_object_get(entity, "warnings"), i, warning) {
        const char *text = json_string_value(json_object_get(warning, "message"));
        if (text)
            buffer_format(out, "Warning: %s\n", text);
    }
}
