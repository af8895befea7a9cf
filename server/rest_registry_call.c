/* What a request to the registry says: its parameters and its body. */
#include "server/rest_registry_call.h"

#include <stdlib.h>

#include "server/rest_private.h"

int registry_call_fail(registry_call *c, int code, const char *message) {
    error_set(&c->e, ERROR_STATEMENT, "%s", message);
    return code;
}

/* ---- requests ---- */

slice registry_call_parameter(const registry_call *c, const char *name) {
    return rest_parameter(c->arena, c->request, name);
}

bool registry_call_is_on(const registry_call *c, const char *name) {
    return slice_is_ignore_case(registry_call_parameter(c, name), "true");
}

int registry_call_version(registry_call *c, slice text, int32_t *version) {
    int64_t number;
    if (slice_is(text, "latest") || slice_is(text, "-1")) {
        *version = REGISTRY_LATEST;
        return 0;
    }
    if (slice_to_int64(text, &number) && number > 0 && number <= INT32_MAX) {
        *version = (int32_t)number;
        return 0;
    }
    error_set(&c->e, ERROR_STATEMENT,
        "The specified version '%.*s' is not a valid version id. Allowed values are between "
        "[1, 2^31-1] and the string \"latest\"",
        SLICE_ARG(text));
    return REGISTRY_BAD_VERSION;
}

slice registry_call_text(registry_call *c, const json_t *body, const char *name) {
    const json_t *value = json_object_get(body, name);
    if (!json_is_string(value))
        return (slice){NULL, 0};
    return arena_copy(c->arena, slice_make(json_string_value(value), json_string_length(value)));
}

/* A positive number, or 0. */
static int32_t number_member(const json_t *body, const char *name) {
    json_int_t value = json_integer_value(json_object_get(body, name));
    return value > 0 && value <= INT32_MAX ? (int32_t)value : 0;
}

json_t *registry_call_body(registry_call *c) {
    json_t *body = json_loadb(c->request->body.data, c->request->body.length, 0, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    registry_call_fail(c, 400, "The request's body is not a JSON object");
    return NULL;
}

static slice references_of(registry_call *c, const json_t *body) {
    const json_t *list = json_object_get(body, "references");
    char *text = json_array_size(list) ? json_dumps(list, JSON_COMPACT) : NULL;
    slice references = text ? arena_copy(c->arena, slice_of(text)) : SLICE_LITERAL("");
    free(text);
    return references;
}

static int check_schema(registry_call *c, const registry_version *schema) {
    static const char *const types[] = {"AVRO", "JSON", "PROTOBUF"};
    if (schema->id > 0 &&
        !slice_is(registry_effective_mode(c->registry, schema->subject, c->arena), "IMPORT")) {
        error_set(&c->e, ERROR_STATEMENT, "Subject %.*s is not in import mode",
            SLICE_ARG(schema->subject));
        return REGISTRY_WRONG_MODE;
    }
    if (!slice_trim(schema->schema).length)
        return registry_call_fail(c, REGISTRY_BAD_SCHEMA, "Empty schema");
    for (int i = 0; i < 3; i++)
        if (slice_is(schema->type, types[i]))
            return 0;
    error_set(&c->e, ERROR_STATEMENT,
        "Invalid schema type %.*s: it is one of AVRO, JSON and PROTOBUF", SLICE_ARG(schema->type));
    return REGISTRY_BAD_SCHEMA;
}

int registry_call_schema(registry_call *c, registry_version *schema) {
    json_t *body = registry_call_body(c);
    if (!body)
        return 400;
    slice type = registry_call_text(c, body, "schemaType");
    *schema = (registry_version){.subject = c->segments[0],
        .id = number_member(body, "id"),
        .version = number_member(body, "version"),
        .type = type.data ? type : SLICE_LITERAL("AVRO"),
        .schema = registry_call_text(c, body, "schema"),
        .references = references_of(c, body)};
    int code = check_schema(c, schema);
    json_decref(body);
    if (!code)
        code = registry_prepare(c->registry, c->arena, schema, &c->e);
    if (!code && registry_call_is_on(c, "normalize"))
        code = registry_normalize(c->registry, c->arena, schema, &c->e);
    return code;
}

/* ---- answers ---- */

void registry_append_member(buffer *out, const char *name, slice text) {
    bool first = out->length && out->data[out->length - 1] == '{';
    buffer_format(out, "%s\"%s\":", first ? "" : ",", name);
    buffer_append_json_string(out, text);
}
