/* Entities: the members that all have, and the names of things in them. */
#include "server/statement.h"

void answer_begin(statement_call *call, buffer *out, const char *type) {
    json_open(out, '{');
    json_text_member(out, "@type", slice_of(type));
    json_text_member(out, "statementText", call->text);
}

void answer_end(statement_call *call, buffer *out, const char *type, slice message) {
    json_name(out, "warnings");
    json_open(out, '[');
    if (call->warning.data) {
        json_open(out, '{');
        json_text_member(out, "message", call->warning);
        json_shut(out, '}');
    }
    json_shut(out, ']');
    json_shut(out, '}');
    call->result->answer.type = type;
    call->result->answer.json = arena_copy(call->arena, buffer_slice(out));
    call->result->answer.message = arena_copy(call->arena, message);
    buffer_free(out);
}

void answer_status(statement_call *call, const char *kind, slice name, const char *verb,
    slice message, slice query_id) {
    int64_t sequence = catalog_sequence(call->instance->catalog);
    slice command = arena_format(call->arena, "%s/%.*s/%s", kind, SLICE_ARG(name), verb);
    buffer out = {0};
    answer_begin(call, &out, "currentStatus");
    json_text_member(&out, "commandId", command);
    json_name(&out, "commandStatus");
    json_open(&out, '{');
    json_text_member(&out, "status", SLICE_LITERAL("SUCCESS"));
    json_text_member(&out, "message", message);
    json_text_member(&out, "queryId", query_id);
    json_shut(&out, '}');
    json_number_member(&out, "commandSequenceNumber", sequence);
    answer_end(call, &out, "currentStatus", message);
    call->result->answer.sequence = sequence;
}

void answer_warning(statement_call *call, slice message) {
    buffer out = {0};
    answer_begin(call, &out, "warning_entity");
    json_text_member(&out, "message", message);
    answer_end(call, &out, "warning_entity", message);
}

const char *source_kind_name(source_kind kind) {
    return kind == SOURCE_STREAM ? "stream" : "table";
}

const char *source_kind_title(source_kind kind) {
    return kind == SOURCE_STREAM ? "STREAM" : "TABLE";
}

const char *window_kind_name(window_kind kind) {
    static const char *const names[] = {NULL, "TUMBLING", "HOPPING", "SESSION"};
    return names[kind];
}

const char *query_state_name(query_state state) {
    static const char *const names[] = {"RUNNING", "PAUSED", "ERROR", "TERMINATED"};
    return names[state];
}
