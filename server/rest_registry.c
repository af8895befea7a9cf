/* The REST API of the embedded schema registry, as Confluent's clients speak it: one table of
 * routes, whose '*' are a path's variable segments. A handler appends its answer to the call's
 * buffer and gives 0, or an error code (40401) with a message.
 */
#include <jansson.h>

#include "server/registry_compatibility.h"
#include "server/registry_register.h"
#include "server/rest_private.h"

#define REGISTRY_TYPE SLICE_LITERAL("application/vnd.schemaregistry.v1+json")

enum { SEGMENTS_MOST = 3 };

typedef struct registry_call {
    embedded_registry *registry;
    const http_request *request;
    arena *arena;
    slice segments[SEGMENTS_MOST]; /* for the '*', decoded */
    buffer out;
    error e;
} registry_call;

static int fail(registry_call *c, int code, const char *message) {
    error_set(&c->e, ERROR_STATEMENT, "%s", message);
    return code;
}

/* ---- requests ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

static slice decode(arena *a, slice text) {
    char *out = arena_allocate(a, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        bool escape = text.data[i] == '%' && i + 2 < text.length &&
                      hex_digit(text.data[i + 1]) >= 0 && hex_digit(text.data[i + 2]) >= 0;
        out[length++] = escape
                            ? (char)(hex_digit(text.data[i + 1]) * 16 + hex_digit(text.data[i + 2]))
                            : text.data[i];
        i += escape ? 2 : 0;
    }
    return slice_make(out, length);
}

/* Takes what is before the byte off the text. */
static slice take_until(slice *text, char byte) {
    const char *end = text->length ? memchr(text->data, byte, text->length) : NULL;
    slice taken = slice_make(text->data, end ? (size_t)(end - text->data) : text->length);
    size_t skipped = taken.length + (end ? 1 : 0);
    *text = slice_make(text->data + skipped, text->length - skipped);
    return taken;
}

/* A parameter of the query string; the NULL slice when it is not there. */
static slice parameter(const registry_call *c, const char *name) {
    slice rest = c->request->query;
    while (rest.length) {
        slice value = take_until(&rest, '&');
        if (slice_is(take_until(&value, '='), name))
            return decode(c->arena, value);
    }
    return (slice){NULL, 0};
}

static bool is_on(const registry_call *c, const char *name) {
    return slice_is_ignore_case(parameter(c, name), "true");
}

static int read_version(registry_call *c, slice text, int32_t *version) {
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

static slice text_member(registry_call *c, const json_t *body, const char *name) {
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

static json_t *read_body(registry_call *c) {
    json_t *body = json_loadb(c->request->body.data, c->request->body.length, 0, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    fail(c, 400, "The request's body is not a JSON object");
    return NULL;
}

static slice references_of(registry_call *c, const json_t *body) {
    const json_t *list = json_object_get(body, "references");
    char *text = json_array_size(list) ? json_dumps(list, JSON_COMPACT) : NULL;
    slice references = text ? arena_copy(c->arena, slice_of(text)) : SLICE_LITERAL("");
    free(text);
    return references;
}

static int check_schema_body(registry_call *c, const json_t *body, const registry_version *schema) {
    static const char *const types[] = {"AVRO", "JSON", "PROTOBUF"};
    if (schema->id > 0 &&
        !slice_is(registry_effective_mode(c->registry, schema->subject, c->arena), "IMPORT")) {
        error_set(&c->e, ERROR_STATEMENT, "Subject %.*s is not in import mode",
            SLICE_ARG(schema->subject));
        return REGISTRY_WRONG_MODE;
    }
    if (!slice_trim(schema->schema).length)
        return fail(c, REGISTRY_BAD_SCHEMA, "Empty schema");
    for (int i = 0; i < 3; i++)
        if (slice_is(schema->type, types[i]))
            return 0;
    error_set(&c->e, ERROR_STATEMENT,
        "Invalid schema type %.*s: it is one of AVRO, JSON and PROTOBUF", SLICE_ARG(schema->type));
    return REGISTRY_BAD_SCHEMA;
}

/* The body {"schema", "schemaType", "references"} as a schema of the path's subject. */
static int read_schema(registry_call *c, registry_version *schema) {
    json_t *body = read_body(c);
    if (!body)
        return 400;
    slice type = text_member(c, body, "schemaType");
    *schema = (registry_version){.subject = c->segments[0],
        .id = number_member(body, "id"),
        .version = number_member(body, "version"),
        .type = type.data ? type : SLICE_LITERAL("AVRO"),
        .schema = text_member(c, body, "schema"),
        .references = references_of(c, body)};
    int code = check_schema_body(c, body, schema);
    json_decref(body);
    if (!code)
        code = registry_prepare(c->registry, c->arena, schema, &c->e);
    if (!code && is_on(c, "normalize"))
        code = registry_normalize(c->registry, c->arena, schema, &c->e);
    return code;
}

/* ---- answers ---- */

static void append_member(buffer *out, const char *name, slice text) {
    bool first = out->length && out->data[out->length - 1] == '{';
    buffer_format(out, "%s\"%s\":", first ? "" : ",", name);
    buffer_append_json_string(out, text);
}

/* Type, references and text: "AVRO" goes without saying. */
static void append_schema(buffer *out, const registry_version *v) {
    if (!slice_is(v->type, "AVRO"))
        append_member(out, "schemaType", v->type);
    if (v->references.length)
        buffer_format(out, "%s\"references\":%.*s", out->data[out->length - 1] == '{' ? "" : ",",
            SLICE_ARG(v->references));
    append_member(out, "schema", v->schema);
}

static int answer_version(registry_call *c, const registry_version *v) {
    buffer_append_byte(&c->out, '{');
    append_member(&c->out, "subject", v->subject);
    buffer_format(&c->out, ",\"version\":%d,\"id\":%d", (int)v->version, (int)v->id);
    append_schema(&c->out, v);
    buffer_append_byte(&c->out, '}');
    return 0;
}

static int answer_numbers(registry_call *c, const int32_t *numbers, int count) {
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++)
        buffer_format(&c->out, "%s%d", i ? "," : "", (int)numbers[i]);
    buffer_append_byte(&c->out, ']');
    return 0;
}

static registry_version *list(registry_call *c, slice subject, int32_t id, int *count) {
    pthread_mutex_lock(&c->registry->lock);
    registry_version *found =
        registry_list(c->registry, subject, id, is_on(c, "deleted"), c->arena, count);
    pthread_mutex_unlock(&c->registry->lock);
    return found;
}

static slice level_of(registry_call *c, slice subject) {
    return registry_effective_level(c->registry, subject, "BACKWARD", c->arena);
}

/* ---- subjects ---- */

/* The subjects of versions that are sorted by subject. */
static int answer_subjects(registry_call *c, const registry_version *versions, int count) {
    slice prefix = parameter(c, "subjectPrefix");
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++) {
        bool again = i > 0 && slice_equal(versions[i].subject, versions[i - 1].subject);
        if (again || (prefix.data && !slice_starts_with(versions[i].subject, prefix)))
            continue;
        buffer_append_text(&c->out, c->out.length > 1 ? "," : "");
        buffer_append_json_string(&c->out, versions[i].subject);
    }
    buffer_append_byte(&c->out, ']');
    return 0;
}

/* The versions of subjects of which nothing else is left. */
static registry_version *only_deleted(registry_call *c, int *count) {
    int total, kept = 0;
    pthread_mutex_lock(&c->registry->lock);
    registry_version *all = registry_list(c->registry, (slice){NULL, 0}, 0, true, c->arena, &total);
    pthread_mutex_unlock(&c->registry->lock);
    for (int from = 0, to; from < total; from = to) {
        for (to = from; to < total && slice_equal(all[to].subject, all[from].subject);)
            to++;
        if (!registry_latest(all + from, to - from))
            all[kept++] = all[from];
    }
    *count = kept;
    return all;
}

static int get_subjects(registry_call *c) {
    int count;
    registry_version *versions = list(c, (slice){NULL, 0}, 0, &count);
    if (is_on(c, "deletedOnly"))
        versions = only_deleted(c, &count);
    return answer_subjects(c, versions, count);
}

static int get_versions(registry_call *c) {
    int count;
    registry_version *versions = list(c, c->segments[0], 0, &count);
    int32_t *numbers = ARENA_ARRAY(c->arena, int32_t, count);
    for (int i = 0; i < count; i++)
        numbers[i] = versions[i].version;
    if (count)
        return answer_numbers(c, numbers, count);
    error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' not found.", SLICE_ARG(c->segments[0]));
    return REGISTRY_NO_SUBJECT;
}

static int post_version(registry_call *c) {
    registry_version schema;
    int code = read_schema(c, &schema);
    if (!code)
        code =
            registry_register(c->registry, c->arena, &schema, level_of(c, schema.subject), &c->e);
    if (!code)
        buffer_format(&c->out, "{\"id\":%d}", (int)schema.id);
    return code;
}

static int post_lookup(registry_call *c) {
    registry_version wanted;
    int count;
    registry_version *versions = list(c, c->segments[0], 0, &count);
    if (!count) {
        error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' not found.", SLICE_ARG(c->segments[0]));
        return REGISTRY_NO_SUBJECT;
    }
    int code = read_schema(c, &wanted);
    if (code)
        return code;
    for (int i = count - 1; i >= 0; i--) {
        registry_version like = versions[i];
        if (is_on(c, "normalize"))
            registry_normalize(c->registry, c->arena, &like, &c->e);
        if (slice_equal(like.identity, wanted.identity) && slice_equal(like.type, wanted.type))
            return answer_version(c, &versions[i]);
    }
    return fail(c, REGISTRY_NO_SCHEMA, "Schema not found");
}

static int find_version(registry_call *c, registry_version *found) {
    int32_t version;
    int code = read_version(c, c->segments[1], &version);
    return code ? code
                : registry_find(c->registry, c->segments[0], version, is_on(c, "deleted"), c->arena,
                      found, &c->e);
}

static int get_version(registry_call *c) {
    registry_version found;
    int code = find_version(c, &found);
    return code ? code : answer_version(c, &found);
}

static int get_version_schema(registry_call *c) {
    registry_version found;
    int code = find_version(c, &found);
    if (!code)
        buffer_append(&c->out, found.schema);
    return code;
}

static int get_referrers(registry_call *c) {
    registry_version found;
    int32_t *ids;
    int code = find_version(c, &found);
    if (code)
        return code;
    int count = registry_referrers(c->registry, found.subject, found.version, c->arena, &ids);
    return answer_numbers(c, ids, count);
}

static int delete_subject(registry_call *c) {
    int32_t *numbers;
    int count, code = registry_delete(c->registry, c->segments[0], 0, is_on(c, "permanent"),
                   c->arena, &numbers, &count, &c->e);
    return code ? code : answer_numbers(c, numbers, count);
}

static int delete_version(registry_call *c) {
    int32_t version, *numbers;
    int count, code = read_version(c, c->segments[1], &version);
    if (!code)
        code = registry_delete(c->registry, c->segments[0], version, is_on(c, "permanent"),
            c->arena, &numbers, &count, &c->e);
    if (!code)
        buffer_format(&c->out, "%d", (int)numbers[0]);
    return code;
}

/* ---- schemas ---- */

/* The versions that have the schema: one that no version has any more is not shown. */
static int find_id(registry_call *c, bool deleted, registry_version **found, int *count) {
    int64_t id;
    if (!slice_to_int64(c->segments[0], &id) || id < 1 || id > INT32_MAX)
        return fail(c, 404, "HTTP 404 Not Found");
    pthread_mutex_lock(&c->registry->lock);
    *found = registry_list(c->registry, (slice){NULL, 0}, (int32_t)id, deleted, c->arena, count);
    pthread_mutex_unlock(&c->registry->lock);
    if (*count)
        return 0;
    error_set(&c->e, ERROR_NOT_FOUND, "Schema %lld not found", (long long)id);
    return REGISTRY_NO_SCHEMA;
}

static int get_schema(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, true, &found, &count);
    if (code)
        return code;
    buffer_append_byte(&c->out, '{');
    append_schema(&c->out, found);
    buffer_append_byte(&c->out, '}');
    return 0;
}

static int get_schema_text(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, true, &found, &count);
    if (!code)
        buffer_append(&c->out, found->schema);
    return code;
}

static int get_schema_subjects(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, is_on(c, "deleted"), &found, &count);
    return code ? code : answer_subjects(c, found, count);
}

static int get_schema_versions(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, is_on(c, "deleted"), &found, &count);
    if (code)
        return code;
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++) {
        buffer_append_text(&c->out, i ? ",{" : "{");
        append_member(&c->out, "subject", found[i].subject);
        buffer_format(&c->out, ",\"version\":%d}", (int)found[i].version);
    }
    buffer_append_byte(&c->out, ']');
    return 0;
}

/* All schemas, one a version; latestOnly, subjectPrefix, offset and limit choose among them. */
static int get_schemas(registry_call *c) {
    int count;
    int64_t offset = 0, limit = -1, at = 0;
    slice prefix = parameter(c, "subjectPrefix");
    slice_to_int64(parameter(c, "offset"), &offset);
    slice_to_int64(parameter(c, "limit"), &limit);
    registry_version *versions = list(c, (slice){NULL, 0}, 0, &count);
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++) {
        bool newer = i + 1 < count && slice_equal(versions[i + 1].subject, versions[i].subject);
        if ((newer && is_on(c, "latestOnly")) ||
            (prefix.data && !slice_starts_with(versions[i].subject, prefix)))
            continue;
        if (at++ < offset || (limit >= 0 && at > offset + limit))
            continue;
        buffer_append_text(&c->out, c->out.length > 1 ? "," : "");
        answer_version(c, &versions[i]);
    }
    buffer_append_byte(&c->out, ']');
    return 0;
}

static int get_types(registry_call *c) {
    buffer_append_text(&c->out, "[\"JSON\",\"PROTOBUF\",\"AVRO\"]");
    return 0;
}

/* ---- configuration ---- */

/* The subject of /config/SUBJECT; /config is about all: the empty one. */
static slice config_subject(const registry_call *c) {
    return c->segments[0].data ? c->segments[0] : SLICE_LITERAL("");
}

static int answer_level(registry_call *c, const char *name, slice level) {
    buffer_append_byte(&c->out, '{');
    append_member(&c->out, name, level);
    buffer_append_byte(&c->out, '}');
    return 0;
}

static slice own_level(registry_call *c) {
    pthread_mutex_lock(&c->registry->lock);
    slice level = registry_level(c->registry, config_subject(c), c->arena);
    pthread_mutex_unlock(&c->registry->lock);
    return level;
}

static int no_level(registry_call *c) {
    error_set(&c->e, ERROR_NOT_FOUND,
        "Subject '%.*s' does not have subject-level compatibility configured",
        SLICE_ARG(c->segments[0]));
    return REGISTRY_NO_LEVEL;
}

static int get_config(registry_call *c) {
    slice own = own_level(c);
    if (!own.data && c->segments[0].data && !is_on(c, "defaultToGlobal"))
        return no_level(c);
    return answer_level(c, "compatibilityLevel", level_of(c, config_subject(c)));
}

static int set_level(registry_call *c, slice level) {
    pthread_mutex_lock(&c->registry->lock);
    bool ok = registry_set_level(c->registry, config_subject(c), level, &c->e);
    pthread_mutex_unlock(&c->registry->lock);
    return ok ? 0 : REGISTRY_BROKEN;
}

static int put_config(registry_call *c) {
    json_t *body = read_body(c);
    if (!body)
        return 400;
    slice level = text_member(c, body, "compatibility");
    json_decref(body);
    level = level.data ? registry_level_find(level) : level;
    if (!level.data)
        return fail(c, REGISTRY_BAD_LEVEL,
            "Invalid compatibility level. Valid values are none, backward, forward, full, "
            "backward_transitive, forward_transitive, and full_transitive");
    int code = set_level(c, level);
    return code ? code : answer_level(c, "compatibility", level);
}

static int delete_config(registry_call *c) {
    slice own = own_level(c);
    if (!own.data && c->segments[0].data)
        return no_level(c);
    int code = set_level(c, (slice){NULL, 0});
    return code ? code
                : answer_level(c, "compatibilityLevel", own.data ? own : SLICE_LITERAL("BACKWARD"));
}

static slice own_mode(registry_call *c) {
    pthread_mutex_lock(&c->registry->lock);
    slice mode = registry_mode(c->registry, config_subject(c), c->arena);
    pthread_mutex_unlock(&c->registry->lock);
    return mode;
}

static int no_mode(registry_call *c) {
    error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' does not have subject-level mode configured",
        SLICE_ARG(c->segments[0]));
    return REGISTRY_NO_MODE;
}

static int get_mode(registry_call *c) {
    if (c->segments[0].data && !own_mode(c).data && !is_on(c, "defaultToGlobal"))
        return no_mode(c);
    return answer_level(
        c, "mode", registry_effective_mode(c->registry, config_subject(c), c->arena));
}

static int put_mode(registry_call *c) {
    json_t *body = read_body(c);
    if (!body)
        return 400;
    slice mode = text_member(c, body, "mode");
    json_decref(body);
    mode = mode.data ? registry_mode_find(mode) : mode;
    if (!mode.data)
        return fail(c, REGISTRY_BAD_MODE,
            "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT");
    int code = registry_change_mode(
        c->registry, config_subject(c), mode, is_on(c, "force"), c->arena, &c->e);
    return code ? code : answer_level(c, "mode", mode);
}

static int delete_mode(registry_call *c) {
    slice own = own_mode(c);
    if (!own.data)
        return no_mode(c);
    int code = registry_change_mode(
        c->registry, config_subject(c), (slice){NULL, 0}, true, c->arena, &c->e);
    return code ? code : answer_level(c, "mode", own);
}

/* ---- compatibility ---- */

static int answer_compatibility(registry_call *c, int code, const error *why) {
    if (code && code != REGISTRY_INCOMPATIBLE) {
        c->e = *why;
        return code;
    }
    buffer_format(&c->out, "{\"is_compatible\":%s", code ? "false" : "true");
    if (is_on(c, "verbose")) {
        buffer_append_text(&c->out, ",\"messages\":[");
        if (code)
            buffer_append_json_string(&c->out, slice_of(why->message));
        if (code && *why->detail) {
            buffer_append_byte(&c->out, ',');
            buffer_append_json_string(&c->out, slice_of(why->detail));
        }
        buffer_append_byte(&c->out, ']');
    }
    buffer_append_byte(&c->out, '}');
    return 0;
}

static int post_compatibility(registry_call *c) {
    registry_version before, schema;
    int found = find_version(c, &before);
    /* Before the first version anything is compatible. */
    bool first = found && slice_is(c->segments[1], "latest");
    if (found && !first)
        return found;
    error_clear(&c->e);
    int code = read_schema(c, &schema);
    if (code)
        return code;
    error why = {0};
    code = registry_check(
        c->registry, c->arena, &schema, level_of(c, schema.subject), &before, first ? 0 : 1, &why);
    return answer_compatibility(c, code, &why);
}

/* Against as many versions as the subject's level asks for. */
static int post_compatibility_all(registry_call *c) {
    registry_version schema;
    int count, code = read_schema(c, &schema);
    if (code)
        return code;
    registry_version *versions = list(c, c->segments[0], 0, &count);
    error why = {0};
    code = registry_check(
        c->registry, c->arena, &schema, level_of(c, schema.subject), versions, count, &why);
    return answer_compatibility(c, code, &why);
}

/* ---- routes ---- */

typedef struct registry_route {
    const char *method, *path;
    int (*handle)(registry_call *c);
} registry_route;

static const registry_route routes[] = {
    {"GET", "/subjects", get_subjects},
    {"POST", "/subjects/*", post_lookup},
    {"DELETE", "/subjects/*", delete_subject},
    {"GET", "/subjects/*/versions", get_versions},
    {"POST", "/subjects/*/versions", post_version},
    {"GET", "/subjects/*/versions/*", get_version},
    {"DELETE", "/subjects/*/versions/*", delete_version},
    {"GET", "/subjects/*/versions/*/schema", get_version_schema},
    {"GET", "/subjects/*/versions/*/referencedby", get_referrers},
    {"GET", "/schemas", get_schemas},
    {"GET", "/schemas/types", get_types},
    {"GET", "/schemas/ids/*", get_schema},
    {"GET", "/schemas/ids/*/schema", get_schema_text},
    {"GET", "/schemas/ids/*/subjects", get_schema_subjects},
    {"GET", "/schemas/ids/*/versions", get_schema_versions},
    {"GET", "/config", get_config},
    {"PUT", "/config", put_config},
    {"DELETE", "/config", delete_config},
    {"GET", "/config/*", get_config},
    {"PUT", "/config/*", put_config},
    {"DELETE", "/config/*", delete_config},
    {"GET", "/mode", get_mode},
    {"PUT", "/mode", put_mode},
    {"GET", "/mode/*", get_mode},
    {"PUT", "/mode/*", put_mode},
    {"DELETE", "/mode/*", delete_mode},
    {"POST", "/compatibility/subjects/*/versions", post_compatibility_all},
    {"POST", "/compatibility/subjects/*/versions/*", post_compatibility},
};

/* Compares segment by segment and fills those that the pattern leaves open. */
static bool matches(registry_call *c, slice pattern, slice path) {
    int open = 0;
    memset(c->segments, 0, sizeof c->segments);
    while (pattern.length && path.length) {
        slice wanted = take_until(&pattern, '/'), given = take_until(&path, '/');
        if (slice_is(wanted, "*") && given.length)
            c->segments[open++] = decode(c->arena, given);
        else if (!slice_equal(wanted, given))
            return false;
    }
    return !pattern.length && !path.length;
}

static int run(registry_call *c) {
    slice path = c->request->path, method = c->request->method;
    bool known = false;
    if (path.length > 1 && path.data[path.length - 1] == '/')
        path.length--;
    if (slice_is(method, "HEAD"))
        method = SLICE_LITERAL("GET");
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!matches(c, slice_of(routes[i].path), path))
            continue;
        if (slice_is(method, routes[i].method))
            return routes[i].handle(c);
        known = true;
    }
    return known ? fail(c, 405, "HTTP 405 Method Not Allowed") : fail(c, 404, "HTTP 404 Not Found");
}

/* A message with what is said besides. */
static void append_error(buffer *out, int code, const error *e) {
    buffer message = {0};
    buffer_append_text(&message, e->message);
    if (*e->detail)
        buffer_format(&message, " %s", e->detail);
    buffer_clear(out);
    buffer_format(out, "{\"error_code\":%d,\"message\":", code);
    buffer_append_json_string(out, buffer_slice(&message));
    buffer_append_byte(out, '}');
    buffer_free(&message);
}

static bool is_under(slice path, const char *root) {
    slice front = slice_of(root);
    return slice_starts_with(path, front) &&
           (path.length == front.length || path.data[front.length] == '/');
}

bool rest_registry(rest *r, http_exchange *x, const http_request *request) {
    slice path = request->path;
    if (!is_under(path, "/subjects") && !is_under(path, "/schemas") && !is_under(path, "/config") &&
        !is_under(path, "/mode") && !is_under(path, "/compatibility"))
        return false;
    registry_call c = {.registry = instance_embedded_registry(r->instance),
        .request = request,
        .arena = arena_create()};
    int code = c.registry ? run(&c)
                          : fail(&c, 404,
                                "This server has no schema registry of its own: it was started "
                                "with --schema-registry");
    if (code)
        append_error(&c.out, code, &c.e);
    http_respond(x,
        !code         ? 200
        : code < 1000 ? code
                      : code / 100,
        REGISTRY_TYPE, buffer_slice(&c.out));
    buffer_free(&c.out);
    arena_destroy(c.arena);
    return true;
}
