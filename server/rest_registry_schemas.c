/* The registry's subjects, versions, schemas and checks of compatibility, as its REST API has them:
 * each handler lists versions of the store and writes some of them. */
#include "server/rest_registry_call.h"

/* ---- what answers are made of ---- */

/* Type, references and text: "AVRO" goes without saying. */
static void append_schema(buffer *out, const registry_version *v) {
    if (!slice_is(v->type, "AVRO"))
        registry_append_member(out, "schemaType", v->type);
    if (v->references.length)
        buffer_format(out, "%s\"references\":%.*s", out->data[out->length - 1] == '{' ? "" : ",",
            SLICE_ARG(v->references));
    registry_append_member(out, "schema", v->schema);
}

static int answer_version(registry_call *c, const registry_version *v) {
    buffer_append_byte(&c->out, '{');
    registry_append_member(&c->out, "subject", v->subject);
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

static registry_version *list_all(
    registry_call *c, slice subject, int32_t id, bool deleted, int *count) {
    pthread_mutex_lock(&c->registry->lock);
    registry_version *found = registry_list(c->registry, subject, id, deleted, c->arena, count);
    pthread_mutex_unlock(&c->registry->lock);
    return found;
}

/* Of a subject, or of all with the NULL slice; those that are deleted too when the request asks. */
static registry_version *list(registry_call *c, slice subject, int *count) {
    return list_all(c, subject, 0, registry_call_is_on(c, "deleted"), count);
}

static slice level_of(registry_call *c, slice subject) {
    return registry_effective_level(c->registry, subject, "BACKWARD", c->arena);
}

/* ---- subjects ---- */

/* The subjects of versions that are sorted by subject. */
static int answer_subjects(registry_call *c, const registry_version *versions, int count) {
    slice prefix = registry_call_parameter(c, "subjectPrefix");
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
    registry_version *all = list_all(c, (slice){NULL, 0}, 0, true, &total);
    for (int from = 0, to; from < total; from = to) {
        for (to = from; to < total && slice_equal(all[to].subject, all[from].subject);)
            to++;
        if (!registry_latest(all + from, to - from))
            all[kept++] = all[from];
    }
    *count = kept;
    return all;
}

int registry_get_subjects(registry_call *c) {
    int count;
    registry_version *versions = list(c, (slice){NULL, 0}, &count);
    if (registry_call_is_on(c, "deletedOnly"))
        versions = only_deleted(c, &count);
    return answer_subjects(c, versions, count);
}

int registry_get_versions(registry_call *c) {
    int count;
    registry_version *versions = list(c, c->segments[0], &count);
    int32_t *numbers = ARENA_ARRAY(c->arena, int32_t, count);
    for (int i = 0; i < count; i++)
        numbers[i] = versions[i].version;
    if (count)
        return answer_numbers(c, numbers, count);
    error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' not found.", SLICE_ARG(c->segments[0]));
    return REGISTRY_NO_SUBJECT;
}

int registry_post_version(registry_call *c) {
    registry_version schema;
    int code = registry_call_schema(c, &schema);
    if (!code)
        code =
            registry_register(c->registry, c->arena, &schema, level_of(c, schema.subject), &c->e);
    if (!code)
        buffer_format(&c->out, "{\"id\":%d}", (int)schema.id);
    return code;
}

int registry_post_lookup(registry_call *c) {
    registry_version wanted;
    int count;
    registry_version *versions = list(c, c->segments[0], &count);
    if (!count) {
        error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' not found.", SLICE_ARG(c->segments[0]));
        return REGISTRY_NO_SUBJECT;
    }
    int code = registry_call_schema(c, &wanted);
    if (code)
        return code;
    for (int i = count - 1; i >= 0; i--) {
        registry_version like = versions[i];
        if (registry_call_is_on(c, "normalize"))
            registry_normalize(c->registry, c->arena, &like, &c->e);
        if (slice_equal(like.identity, wanted.identity) && slice_equal(like.type, wanted.type))
            return answer_version(c, &versions[i]);
    }
    return registry_call_fail(c, REGISTRY_NO_SCHEMA, "Schema not found");
}

static int find_version(registry_call *c, registry_version *found) {
    int32_t version;
    int code = registry_call_version(c, c->segments[1], &version);
    return code ? code
                : registry_find(c->registry, c->segments[0], version,
                      registry_call_is_on(c, "deleted"), c->arena, found, &c->e);
}

int registry_get_version(registry_call *c) {
    registry_version found;
    int code = find_version(c, &found);
    return code ? code : answer_version(c, &found);
}

int registry_get_version_schema(registry_call *c) {
    registry_version found;
    int code = find_version(c, &found);
    if (!code)
        buffer_append(&c->out, found.schema);
    return code;
}

int registry_get_referrers(registry_call *c) {
    registry_version found;
    int32_t *ids;
    int code = find_version(c, &found);
    if (code)
        return code;
    int count = registry_referrers(c->registry, found.subject, found.version, c->arena, &ids);
    return answer_numbers(c, ids, count);
}

int registry_remove_subject(registry_call *c) {
    int32_t *numbers;
    int count, code = registry_delete(c->registry, c->segments[0], 0,
                   registry_call_is_on(c, "permanent"), c->arena, &numbers, &count, &c->e);
    return code ? code : answer_numbers(c, numbers, count);
}

int registry_remove_version(registry_call *c) {
    int32_t version, *numbers;
    int count, code = registry_call_version(c, c->segments[1], &version);
    if (!code)
        code = registry_delete(c->registry, c->segments[0], version,
            registry_call_is_on(c, "permanent"), c->arena, &numbers, &count, &c->e);
    if (!code)
        buffer_format(&c->out, "%d", (int)numbers[0]);
    return code;
}

/* ---- schemas ---- */

/* The versions that have the schema: one that no version has any more is not shown. */
static int find_id(registry_call *c, bool deleted, registry_version **found, int *count) {
    int64_t id;
    *found = NULL;
    *count = 0;
    if (!slice_to_int64(c->segments[0], &id) || id < 1 || id > INT32_MAX)
        return registry_call_fail(c, 404, "HTTP 404 Not Found");
    *found = list_all(c, (slice){NULL, 0}, (int32_t)id, deleted, count);
    if (*count)
        return 0;
    error_set(&c->e, ERROR_NOT_FOUND, "Schema %lld not found", (long long)id);
    return REGISTRY_NO_SCHEMA;
}

int registry_get_id(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, true, &found, &count);
    if (code)
        return code;
    buffer_append_byte(&c->out, '{');
    append_schema(&c->out, found);
    buffer_append_byte(&c->out, '}');
    return 0;
}

int registry_get_id_schema(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, true, &found, &count);
    if (!code)
        buffer_append(&c->out, found->schema);
    return code;
}

int registry_get_id_subjects(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, registry_call_is_on(c, "deleted"), &found, &count);
    return code ? code : answer_subjects(c, found, count);
}

int registry_get_id_versions(registry_call *c) {
    registry_version *found;
    int count, code = find_id(c, registry_call_is_on(c, "deleted"), &found, &count);
    if (code)
        return code;
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++) {
        buffer_append_text(&c->out, i ? ",{" : "{");
        registry_append_member(&c->out, "subject", found[i].subject);
        buffer_format(&c->out, ",\"version\":%d}", (int)found[i].version);
    }
    buffer_append_byte(&c->out, ']');
    return 0;
}

/* All schemas, one a version; latestOnly, subjectPrefix, offset and limit choose among them. */
int registry_get_schemas(registry_call *c) {
    int count;
    int64_t offset = 0, limit = -1, at = 0;
    slice prefix = registry_call_parameter(c, "subjectPrefix");
    slice_to_int64(registry_call_parameter(c, "offset"), &offset);
    slice_to_int64(registry_call_parameter(c, "limit"), &limit);
    registry_version *versions = list(c, (slice){NULL, 0}, &count);
    buffer_append_byte(&c->out, '[');
    for (int i = 0; i < count; i++) {
        bool newer = i + 1 < count && slice_equal(versions[i + 1].subject, versions[i].subject);
        if ((newer && registry_call_is_on(c, "latestOnly")) ||
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

int registry_get_types(registry_call *c) {
    buffer_append_text(&c->out, "[\"JSON\",\"PROTOBUF\",\"AVRO\"]");
    return 0;
}

/* ---- compatibility ---- */

static int answer_compatibility(registry_call *c, int code, const error *why) {
    if (code && code != REGISTRY_INCOMPATIBLE) {
        c->e = *why;
        return code;
    }
    buffer_format(&c->out, "{\"is_compatible\":%s", code ? "false" : "true");
    if (registry_call_is_on(c, "verbose")) {
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

int registry_post_compatibility(registry_call *c) {
    registry_version before, schema;
    int found = find_version(c, &before);
    /* Before the first version anything is compatible. */
    bool first = found && slice_is(c->segments[1], "latest");
    if (found && !first)
        return found;
    error_clear(&c->e);
    int code = registry_call_schema(c, &schema);
    if (code)
        return code;
    error why = {0};
    code = registry_check(
        c->registry, c->arena, &schema, level_of(c, schema.subject), &before, first ? 0 : 1, &why);
    return answer_compatibility(c, code, &why);
}

/* Against as many versions as the subject's level asks for. */
int registry_post_compatibility_all(registry_call *c) {
    registry_version schema;
    int count, code = registry_call_schema(c, &schema);
    if (code)
        return code;
    registry_version *versions = list(c, c->segments[0], &count);
    error why = {0};
    code = registry_check(
        c->registry, c->arena, &schema, level_of(c, schema.subject), versions, count, &why);
    return answer_compatibility(c, code, &why);
}
