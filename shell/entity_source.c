/* DESCRIBE of streams and tables. */
#include <string.h>

#include "shell/entity.h"
#include "shell/text_table.h"

static void append_queries(buffer *out, const char *title, const json_t *queries) {
    buffer scratch = {0};
    size_t i;
    json_t *query;
    if (!json_array_size(queries))
        return;
    buffer_format(out, "\n%s\n", title);
    json_array_foreach((json_t *)queries, i, query) {
        buffer_format(out, "  %s", entity_text(query, "id", &scratch));
        buffer_format(out, " (%s)\n", entity_text(query, "state", &scratch));
        buffer_format(out, "    %s\n", entity_text(query, "queryString", &scratch));
    }
    buffer_free(&scratch);
}

static void append_offsets(buffer *out, const json_t *topic, const table_style *style) {
    static const char *const titles[] = {
        "Partition", "Start Offset", "End Offset", "Offset", "Lag"};
    text_table *t = text_table_create(5, titles);
    buffer scratch = {0};
    size_t i;
    json_t *offset;
    for (int c = 0; c < 5; c++)
        text_table_align_right(t, c);
    json_array_foreach(json_object_get(topic, "offsets"), i, offset) {
        json_int_t end = json_integer_value(json_object_get(offset, "logEndOffset"));
        json_int_t read = json_integer_value(json_object_get(offset, "consumerOffset"));
        text_table_add_text(t, entity_text(offset, "partition", &scratch));
        text_table_add_text(t, entity_text(offset, "logStartOffset", &scratch));
        text_table_add_text(t, entity_text(offset, "logEndOffset", &scratch));
        text_table_add_text(t, entity_text(offset, "consumerOffset", &scratch));
        buffer_clear(&scratch);
        buffer_format(&scratch, "%lld", (long long)(end - read));
        text_table_add(t, buffer_slice(&scratch));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&scratch);
}

static void append_groups(buffer *out, const json_t *summaries, const table_style *style) {
    buffer scratch = {0};
    size_t i, n;
    json_t *summary, *topic;
    json_array_foreach((json_t *)summaries, i, summary) {
        buffer_format(out, "\nConsumer group %s\n", entity_text(summary, "groupId", &scratch));
        json_array_foreach(json_object_get(summary, "topicSummaries"), n, topic) {
            buffer_format(out, "Topic %s\n", entity_text(topic, "kafkaTopic", &scratch));
            append_offsets(out, topic, style);
        }
    }
    buffer_free(&scratch);
}

static void append_details(buffer *out, const json_t *source, const table_style *style) {
    buffer scratch = {0};
    entity_append_line(out, "Type", entity_text(source, "type", &scratch));
    entity_append_line(out, "Timestamp field", entity_text(source, "timestamp", &scratch));
    entity_append_line(out, "Window type", entity_text(source, "windowType", &scratch));
    entity_append_line(out, "Key format", entity_text(source, "keyFormat", &scratch));
    entity_append_line(out, "Value format", entity_text(source, "valueFormat", &scratch));
    buffer_format(out, "%-20s : %s", "Kafka topic", entity_text(source, "topic", &scratch));
    buffer_format(out, " (partitions: %s", entity_text(source, "partitions", &scratch));
    buffer_format(out, ", replication: %s)\n", entity_text(source, "replication", &scratch));
    entity_append_sql(out, "Statement", entity_text(source, "statement", &scratch), style);
    buffer_append_byte(out, '\n');
    buffer_free(&scratch);
}

static void append_source(buffer *out, const json_t *source, const table_style *style) {
    bool extended = json_is_true(json_object_get(source, "extended"));
    const char *type = json_string_value(json_object_get(source, "type"));
    bool windowed = json_is_string(json_object_get(source, "windowType"));
    buffer scratch = {0};
    entity_append_line(out, "Name", entity_text(source, "name", &scratch));
    if (extended)
        append_details(out, source, style);
    entity_append_fields(out, json_object_get(source, "fields"),
        type && strcmp(type, "TABLE") == 0 ? (windowed ? "primary key, windowed" : "primary key")
        : windowed                         ? "key, windowed"
                                           : "key",
        style);
    append_queries(out, "Queries that read from it", json_object_get(source, "readQueries"));
    append_queries(out, "Queries that write to it", json_object_get(source, "writeQueries"));
    const char *statistics = entity_text(source, "statistics", &scratch);
    if (extended && statistics[0])
        buffer_format(out, "\nStatistics\n%s\n", statistics);
    if (extended)
        append_groups(out, json_object_get(source, "queryOffsetSummaries"), style);
    buffer_free(&scratch);
}

void entity_write_source_description(const json_t *entity, const table_style *style, buffer *out) {
    append_source(out, json_object_get(entity, "sourceDescription"), style);
}

void entity_write_source_descriptions(const json_t *entity, const table_style *style, buffer *out) {
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(entity, "sourceDescriptions"), i, source) {
        if (i)
            buffer_append_byte(out, '\n');
        append_source(out, source, style);
    }
}
