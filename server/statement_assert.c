/* ASSERT TOPIC and ASSERT SCHEMA: wait until it is so, at most for the time-out. */
#include <time.h>

#include "server/statement.h"

enum { STEP_MS = 20 };

static int64_t deadline(statement_call *call, const ast_duration *timeout, const char *property) {
    int64_t timeout_ms = 1000;
    slice value = session_property(call->session, slice_of(property));
    if (timeout->given)
        timeout_ms = timeout->duration_ms;
    else if (value.data)
        slice_to_int64(value, &timeout_ms);
    return clock_monotonic_ms() + timeout_ms;
}

static void pause_a_step(void) {
    struct timespec step = {0, STEP_MS * 1000000L};
    nanosleep(&step, NULL);
}

/* ---- topics ---- */

static bool config_matches(const ast_assert_topic *wanted, const topic_info *info, error *e) {
    for (int i = 0; i < wanted->properties.count; i++) {
        const ast_property *property = &wanted->properties.items[i];
        bool partitions = slice_is_ignore_case(property->name.text, "PARTITIONS");
        bool replicas = slice_is_ignore_case(property->name.text, "REPLICAS");
        if (!partitions && !replicas) {
            error_at(e, ERROR_STATEMENT, property->name.span, "ASSERT TOPIC cannot check %.*s",
                SLICE_ARG(property->name.text));
            return error_hint(e, "It checks PARTITIONS and REPLICAS.");
        }
        int64_t actual = partitions ? info->config.partitions : info->config.replicas;
        if (property->value.integer != actual)
            return error_at(e, ERROR_STATEMENT, property->span,
                "The topic '%.*s' has other %s: %d partitions, %d replicas",
                SLICE_ARG(wanted->topic.text), partitions ? "partitions" : "replicas",
                (int)info->config.partitions, (int)info->config.replicas);
    }
    return true;
}

static bool topic_is_as_asserted(statement_call *call, error *e) {
    const ast_assert_topic *wanted = &call->statement->assert_topic;
    topic_info info;
    error missing = {0};
    bool exists = topic_describe(call->instance->topics, wanted->topic.text, &info, &missing);
    source_span at = wanted->topic.span;
    if (wanted->not_exists)
        return !exists || error_at(e, ERROR_STATEMENT, at, "The topic '%.*s' exists",
                              SLICE_ARG(wanted->topic.text));
    if (!exists)
        return error_at(e, ERROR_STATEMENT, at, "The topic '%.*s' does not exist",
            SLICE_ARG(wanted->topic.text));
    return config_matches(wanted, &info, e);
}

bool statement_assert_topic(statement_call *call, error *e) {
    const ast_assert_topic *wanted = &call->statement->assert_topic;
    int64_t until_ms = deadline(call, &wanted->timeout, "ksql.assert.topic.default.timeout.ms");
    while (!topic_is_as_asserted(call, e)) {
        if (clock_monotonic_ms() >= until_ms)
            return false;
        error_clear(e);
        pause_a_step();
    }
    buffer out = {0};
    answer_begin(call, &out, "assert_topic");
    json_text_member(&out, "topicName", wanted->topic.text);
    json_boolean_member(&out, "exists", !wanted->not_exists);
    answer_end(call, &out, "assert_topic",
        arena_format(call->arena, "Topic %.*s %s.", SLICE_ARG(wanted->topic.text),
            wanted->not_exists ? "does not exist" : "exists"));
    return true;
}

/* ---- schemas ---- */

static bool schema_exists(statement_call *call) {
    const ast_assert_schema *wanted = &call->statement->assert_schema;
    schema_registry *registry = call->instance->registry;
    slice type, text;
    int32_t id = 0;
    error ignored = {0};
    if (ast_name_given(wanted->subject) && !registry->latest_schema(registry, wanted->subject.text,
                                               call->arena, &id, &type, &text, &ignored))
        return false;
    if (wanted->schema_id < 0 || (ast_name_given(wanted->subject) && id == wanted->schema_id))
        return true;
    return !ast_name_given(wanted->subject) &&
           registry->schema_by_id(
               registry, (int32_t)wanted->schema_id, call->arena, &type, &text, &ignored);
}

static slice schema_name(statement_call *call) {
    const ast_assert_schema *wanted = &call->statement->assert_schema;
    bool named = ast_name_given(wanted->subject);
    if (wanted->schema_id < 0)
        return arena_format(call->arena, "subject '%.*s'", SLICE_ARG(wanted->subject.text));
    return arena_format(call->arena, "%s%.*s%sid %lld", named ? "subject '" : "",
        SLICE_ARG(wanted->subject.text), named ? "' with " : "", (long long)wanted->schema_id);
}

bool statement_assert_schema(statement_call *call, error *e) {
    const ast_assert_schema *wanted = &call->statement->assert_schema;
    int64_t until_ms = deadline(call, &wanted->timeout, "ksql.assert.schema.default.timeout.ms");
    if (!ast_name_given(wanted->subject) && wanted->schema_id < 0) {
        error_at(e, ERROR_STATEMENT, call->statement->span, "ASSERT SCHEMA names no schema");
        return error_hint(e, "Write ASSERT SCHEMA SUBJECT name, ID number, or both.");
    }
    while (schema_exists(call) == wanted->not_exists) {
        if (clock_monotonic_ms() >= until_ms)
            return error_at(e, ERROR_STATEMENT, call->statement->span, "The schema of %.*s %s",
                SLICE_ARG(schema_name(call)), wanted->not_exists ? "exists" : "does not exist");
        pause_a_step();
    }
    buffer out = {0};
    answer_begin(call, &out, "assert_schema");
    json_text_member(
        &out, "subject", ast_name_given(wanted->subject) ? wanted->subject.text : (slice){NULL, 0});
    json_name(&out, "id");
    if (wanted->schema_id < 0)
        json_null_value(&out);
    else
        json_number(&out, wanted->schema_id);
    json_boolean_member(&out, "exists", !wanted->not_exists);
    answer_end(call, &out, "assert_schema",
        arena_format(call->arena, "The schema of %.*s %s.", SLICE_ARG(schema_name(call)),
            wanted->not_exists ? "does not exist" : "exists"));
    return true;
}
