#include "server/describe.h"

#include "base/memory.h"

/* ---- columns ---- */

static void append_column(buffer *out, const source_column *column) {
    json_open(out, '{');
    json_text_member(out, "name", column->name);
    json_name(out, "schema");
    response_append_type(out, column->type);
    if (column->role == COLUMN_KEY)
        json_text_member(out, "type", SLICE_LITERAL("KEY"));
    if (column->role == COLUMN_HEADERS)
        json_text_member(out, "type", SLICE_LITERAL("HEADER"));
    if (column->role == COLUMN_HEADERS && column->header_key.data)
        json_text_member(out, "headerKey", column->header_key);
    json_shut(out, '}');
}

void describe_append_columns(buffer *out, const source_descriptor *source) {
    json_open(out, '[');
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < source->column_count; i++)
            if ((source->columns[i].role == COLUMN_KEY) == (pass == 0))
                append_column(out, &source->columns[i]);
    json_shut(out, ']');
}

/* ---- queries ---- */

static void append_status_count(buffer *out, const query_status *status) {
    json_name(out, "statusCount");
    json_open(out, '{');
    json_number_member(out, query_state_name(status->state), 1);
    json_shut(out, '}');
}

void describe_append_running(
    statement_call *call, buffer *out, const query_descriptor *query, const query_status *status) {
    const source_descriptor *sink = catalog_source(call->instance->catalog, query->sink);
    json_open(out, '{');
    json_text_member(out, "queryString", query->sql);
    json_name(out, "sinks");
    json_open(out, '[');
    json_text(out, query->sink);
    json_shut(out, ']');
    json_name(out, "sinkKafkaTopics");
    json_open(out, '[');
    if (sink)
        json_text(out, sink->topic);
    json_shut(out, ']');
    json_text_member(out, "id", query->id);
    append_status_count(out, status);
    json_text_member(out, "queryType", SLICE_LITERAL("PERSISTENT"));
    json_text_member(out, "state", slice_of(query_state_name(status->state)));
    json_shut(out, '}');
}

void describe_append_overrides(buffer *out, const query_descriptor *query) {
    json_name(out, "overriddenProperties");
    json_open(out, '{');
    for (int i = 0; query && i < query->property_count; i++) {
        json_name_slice(out, query->property_names[i]);
        json_text(out, query->property_values[i]);
    }
    json_shut(out, '}');
}

void describe_append_query(
    statement_call *call, buffer *out, const query_descriptor *query, const query_status *status) {
    running_query *running = engine_hold_query(call->instance->engine, query->id);
    const source_descriptor *sink = catalog_source(call->instance->catalog, query->sink);
    buffer tree = {0};
    if (running)
        plan_format(query_plan(running), &tree);
    query_let_go(running);
    json_open(out, '{');
    json_text_member(out, "id", query->id);
    json_text_member(out, "statementText", query->sql);
    json_text_member(
        out, "windowType", sink ? slice_of(window_kind_name(sink->window)) : (slice){NULL, 0});
    json_name(out, "fields");
    if (sink)
        describe_append_columns(out, sink);
    else
        json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "sources");
    json_open(out, '[');
    for (int i = 0; i < query->source_count; i++)
        json_text(out, query->sources[i]);
    json_shut(out, ']');
    json_name(out, "sinks");
    json_open(out, '[');
    json_text(out, query->sink);
    json_shut(out, ']');
    json_text_member(out, "topology", buffer_slice(&tree));
    json_text_member(out, "executionPlan", buffer_slice(&tree));
    describe_append_overrides(out, query);
    json_name(out, "ksqlHostQueryStatus");
    json_raw(out, SLICE_LITERAL("{}"));
    json_text_member(out, "queryType", SLICE_LITERAL("PERSISTENT"));
    json_name(out, "queryErrors");
    json_open(out, '[');
    if (status->error_message[0]) {
        json_open(out, '{');
        json_text_member(out, "errorMessage", slice_of(status->error_message));
        json_text_member(out, "type", SLICE_LITERAL("SYSTEM"));
        json_shut(out, '}');
    }
    json_shut(out, ']');
    json_name(out, "tasksMetadata");
    json_raw(out, SLICE_LITERAL("[]"));
    json_text_member(out, "state", slice_of(query_state_name(status->state)));
    json_shut(out, '}');
    buffer_free(&tree);
}

/* ---- sources ---- */

static bool query_reads(const query_descriptor *query, slice source) {
    for (int i = 0; i < query->source_count; i++)
        if (slice_equal(query->sources[i], source))
            return true;
    return false;
}

static void append_queries_of(
    statement_call *call, buffer *out, const source_descriptor *source, bool readers) {
    int count;
    const query_descriptor *const *queries = catalog_queries(call->instance->catalog, &count);
    json_name(out, readers ? "readQueries" : "writeQueries");
    json_open(out, '[');
    for (int i = 0; i < count; i++) {
        bool hit = readers ? query_reads(queries[i], source->name)
                           : slice_equal(queries[i]->sink, source->name);
        query_status status = {.state = QUERY_ERROR};
        running_query *running =
            hit ? engine_hold_query(call->instance->engine, queries[i]->id) : NULL;
        if (running)
            query_read_status(running, &status);
        query_let_go(running);
        if (hit)
            describe_append_running(call, out, queries[i], &status);
    }
    json_shut(out, ']');
}

static void append_offsets(
    statement_call *call, buffer *out, slice group, const source_descriptor *source) {
    json_open(out, '{');
    json_text_member(out, "kafkaTopic", source->topic);
    json_name(out, "offsets");
    json_open(out, '[');
    for (int32_t p = 0; p < source->partitions; p++) {
        int64_t start = 0, end = 0, read = -1;
        error ignored = {0};
        topic_offsets(call->instance->topics, source->topic, p, &start, &end, &ignored);
        error_clear(&ignored);
        topic_group_offset(call->instance->topics, group, source->topic, p, &read, &ignored);
        json_open(out, '{');
        json_number_member(out, "partition", p);
        json_number_member(out, "logStartOffset", start);
        json_number_member(out, "logEndOffset", end);
        json_number_member(out, "consumerOffset", read < 0 ? 0 : read);
        json_shut(out, '}');
    }
    json_shut(out, ']');
    json_shut(out, '}');
}

/* Where the query that writes this source stands in the topics it reads. */
static void append_offset_summaries(
    statement_call *call, buffer *out, const source_descriptor *source) {
    const query_descriptor *query =
        source->query_id.data ? catalog_query(call->instance->catalog, source->query_id) : NULL;
    json_name(out, "queryOffsetSummaries");
    json_open(out, '[');
    if (query) {
        slice group = arena_format(call->arena, "%.*s%.*s",
            SLICE_ARG(call->instance->options.service_id), SLICE_ARG(query->id));
        json_open(out, '{');
        json_text_member(out, "groupId", group);
        json_name(out, "topicSummaries");
        json_open(out, '[');
        for (int i = 0; i < query->source_count; i++) {
            const source_descriptor *read =
                catalog_source(call->instance->catalog, query->sources[i]);
            if (read)
                append_offsets(call, out, group, read);
        }
        json_shut(out, ']');
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

static slice statistics_text(statement_call *call, const source_descriptor *source) {
    running_query *running =
        source->query_id.data ? engine_hold_query(call->instance->engine, source->query_id) : NULL;
    query_status status;
    if (!running)
        return SLICE_LITERAL("");
    query_read_status(running, &status);
    query_let_go(running);
    return arena_format(call->arena,
        "messages-in: %lld messages-out: %lld late-rows: %lld failed-rows: %lld commits: %lld "
        "lag: %lld",
        (long long)status.rows_in, (long long)status.rows_out, (long long)status.rows_late,
        (long long)status.rows_failed, (long long)status.commits, (long long)status.lag_records);
}

void describe_append_source(
    statement_call *call, buffer *out, const source_descriptor *source, bool extended) {
    topic_info info = {0};
    bool found =
        extended && topic_describe(call->instance->topics, source->topic, &info, &(error){0});
    json_open(out, '{');
    json_text_member(out, "name", source->name);
    json_text_member(out, "windowType", slice_of(window_kind_name(source->window)));
    append_queries_of(call, out, source, true);
    append_queries_of(call, out, source, false);
    json_name(out, "fields");
    describe_append_columns(out, source);
    json_text_member(out, "type", slice_of(source_kind_title(source->kind)));
    json_text_member(out, "timestamp",
        source->timestamp_column.data ? source->timestamp_column : SLICE_LITERAL(""));
    json_text_member(
        out, "statistics", extended ? statistics_text(call, source) : SLICE_LITERAL(""));
    json_text_member(out, "errorStats", SLICE_LITERAL(""));
    json_boolean_member(out, "extended", extended);
    json_text_member(out, "keyFormat", source->key_format.name);
    json_text_member(out, "valueFormat", source->value_format.name);
    json_text_member(out, "format", source->value_format.name); /* for clients of before 0.14 */
    json_text_member(out, "topic", source->topic);
    json_number_member(out, "partitions", found ? info.config.partitions : 0);
    json_number_member(out, "replication",
        !found                     ? 0
        : info.config.replicas > 0 ? info.config.replicas
                                   : 1);
    json_text_member(out, "statement", source->sql);
    if (extended)
        append_offset_summaries(call, out, source);
    else {
        json_name(out, "queryOffsetSummaries");
        json_raw(out, SLICE_LITERAL("[]"));
    }
    json_name(out, "sourceConstraints");
    json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "clusterStatistics");
    json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "clusterErrorStats");
    json_raw(out, SLICE_LITERAL("[]"));
    json_shut(out, '}');
}
