/* A schema that a live version of the subject has already is that version. Another one is parsed
 * with what it refers to, compared with its predecessors, and gets the id of an equal schema of any
 * subject, or the next one. */
#include "server/registry_register.h"

#include <jansson.h>
#include <stdlib.h>

#include "executor/format/avro_schema.h"
#include "executor/format/proto_schema.h"
#include "server/registry_compatibility.h"
#include "server/registry_text.h"

static int fail(error *e, int code, const char *format, slice about) {
    error_set(e, code / 100 == 404 ? ERROR_NOT_FOUND : ERROR_STATEMENT, format, SLICE_ARG(about));
    return code;
}

/* ---- looking ---- */

int registry_find(embedded_registry *r, slice subject, int32_t version, bool deleted, arena *a,
    registry_version *out, error *e) {
    int count;
    pthread_mutex_lock(&r->lock);
    registry_version *list = registry_list(r, subject, 0, deleted, a, &count);
    pthread_mutex_unlock(&r->lock);
    if (count == 0)
        return fail(e, REGISTRY_NO_SUBJECT, "Subject '%.*s' not found.", subject);
    for (int i = count - 1; i >= 0; i--)
        if (list[i].version == version || version == REGISTRY_LATEST) {
            *out = list[i];
            return 0;
        }
    error_set(e, ERROR_NOT_FOUND, "Version %d not found.", (int)version);
    return REGISTRY_NO_VERSION;
}

slice registry_effective_level(
    embedded_registry *r, slice subject, const char *otherwise, arena *a) {
    pthread_mutex_lock(&r->lock);
    slice level = registry_level(r, subject, a);
    if (!level.data)
        level = registry_level(r, SLICE_LITERAL(""), a);
    pthread_mutex_unlock(&r->lock);
    return level.data ? level : slice_of(otherwise);
}

/* ---- references ---- */

static bool fetch(void *context, slice subject, int32_t version, arena *a, slice *schema,
    slice *references, error *e) {
    registry_version found;
    if (registry_find(context, subject, version, true, a, &found, e))
        return false;
    *schema = found.schema;
    *references = found.references;
    return true;
}

int registry_resolved(
    embedded_registry *r, const registry_version *schema, arena *a, slice *resolved, error *e) {
    registry_fetcher fetcher = {fetch, r};
    return registry_resolve(
               &fetcher, schema->type, schema->schema, schema->references, a, resolved, e)
               ? 0
               : REGISTRY_BAD_SCHEMA;
}

static slice text_member(const json_t *object, const char *name) {
    return slice_of(json_string_value(json_object_get(object, name)));
}

/* Writes references in one way, so that equal ones are equal texts. */
static int prepare_references(embedded_registry *r, arena *a, registry_version *schema, error *e) {
    json_t *list = json_loadb(schema->references.data, schema->references.length, 0, NULL), *each;
    buffer out = {0};
    size_t i;
    int code = 0;
    json_array_foreach(list, i, each) {
        registry_version found;
        slice name = text_member(each, "name"), subject = text_member(each, "subject");
        int32_t version = (int32_t)json_integer_value(json_object_get(each, "version"));
        code = registry_find(
            r, subject.data ? subject : SLICE_LITERAL(""), version, false, a, &found, e);
        if (code)
            break;
        buffer_append_text(&out, i ? ",{\"name\":" : "[{\"name\":");
        buffer_append_json_string(&out, name);
        buffer_append_text(&out, ",\"subject\":");
        buffer_append_json_string(&out, subject);
        buffer_format(&out, ",\"version\":%d}", (int)found.version);
    }
    buffer_append_byte(&out, ']');
    schema->references =
        json_array_size(list) ? arena_copy(a, buffer_slice(&out)) : SLICE_LITERAL("");
    buffer_free(&out);
    json_decref(list);
    if (!code)
        return 0;
    error_detail(e, "A reference of the schema leads there.");
    return REGISTRY_BAD_SCHEMA;
}

/* ---- schemas ---- */

static bool is_json_schema(slice text, error *e) {
    json_error_t where;
    json_t *json = json_loadb(text.data, text.length, JSON_DECODE_ANY, &where);
    bool ok = json_is_object(json) || json_is_boolean(json);
    if (!ok)
        error_set(e, ERROR_DATA, "The JSON schema is broken: %s",
            json ? "it is neither an object nor true or false" : where.text);
    json_decref(json);
    return ok;
}

static bool is_valid(embedded_registry *r, slice type, slice text, error *e) {
    if (slice_is(type, "JSON"))
        return is_json_schema(text, e);
    if (slice_is(type, "AVRO")) {
        avro_schema *avro = avro_schema_parse(text, e);
        avro_schema_close(avro);
        return avro != NULL;
    }
    proto_schema *proto = proto_schema_parse(text, &r->interface, e);
    proto_schema_close(proto);
    return proto != NULL;
}

int registry_prepare(embedded_registry *r, arena *a, registry_version *schema, error *e) {
    int code = prepare_references(r, a, schema, e);
    if (code)
        return code;
    schema->schema = registry_store_text(a, schema->type, schema->schema);
    schema->identity = registry_identity(a, schema->type, schema->schema, schema->references);
    return 0;
}

/* Protobuf texts are left as they are: what they have in common needs no order. */
int registry_normalize(embedded_registry *r, arena *a, registry_version *schema, error *e) {
    if (slice_is(schema->type, "PROTOBUF"))
        return 0;
    json_error_t where;
    json_t *json = json_loadb(schema->schema.data, schema->schema.length, JSON_DECODE_ANY, &where);
    if (!json) {
        error_set(e, ERROR_DATA, "The schema is not JSON: %s", where.text);
        return REGISTRY_BAD_SCHEMA;
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    schema->schema = registry_store_text(a, schema->type, slice_of(text));
    schema->identity = registry_identity(a, schema->type, schema->schema, schema->references);
    free(text);
    json_decref(json);
    return 0;
}

int registry_check(embedded_registry *r, arena *a, const registry_version *schema, slice level,
    const registry_version *before, int count, error *e) {
    slice now, then;
    int first = registry_level_is_transitive(level) || count == 0 ? 0 : count - 1;
    if (slice_is(level, "NONE"))
        return 0;
    if (count && registry_resolved(r, schema, a, &now, e))
        return REGISTRY_BAD_SCHEMA;
    for (int i = count - 1; i >= first; i--) {
        if (!slice_equal(schema->type, before[i].type)) {
            error_set(e, ERROR_STATEMENT, "version %d is of type %.*s, not %.*s",
                (int)before[i].version, SLICE_ARG(before[i].type), SLICE_ARG(schema->type));
            return REGISTRY_INCOMPATIBLE;
        }
        if (registry_resolved(r, &before[i], a, &then, e) ||
            !registry_level_allows(level, schema->type, now, then, &r->interface, e))
            return REGISTRY_INCOMPATIBLE;
    }
    return 0;
}

static int refuse(slice subject, slice level, int code, const error *why, error *e) {
    if (code != REGISTRY_INCOMPATIBLE) {
        *e = *why;
        return code;
    }
    error_set(e, ERROR_STATEMENT,
        "Schema being registered is incompatible with an earlier schema for subject \"%.*s\", "
        "details: [%s. %s {compatibility: '%.*s'}]",
        SLICE_ARG(subject), why->message, why->detail, SLICE_ARG(level));
    return code;
}

/* Finds the version that the schema is already; false when there is none. */
static bool is_there(registry_version *schema, const registry_version *before, int count) {
    for (int i = 0; i < count; i++)
        if (slice_equal(before[i].identity, schema->identity) &&
            slice_equal(before[i].type, schema->type) &&
            (!schema->id || schema->id == before[i].id)) {
            schema->id = before[i].id;
            schema->version = before[i].version;
            return true;
        }
    return false;
}

/* The given id must be free, or be that of an equal schema. */
static int import(embedded_registry *r, arena *a, registry_version *schema, error *e) {
    registry_version taken;
    bool there = registry_get_schema(r, schema->id, a, &taken);
    if (there && (!slice_equal(taken.identity, schema->identity) ||
                     !slice_equal(taken.type, schema->type))) {
        error_set(e, ERROR_STATEMENT, "Overwrite new schema with id %d is not permitted.",
            (int)schema->id);
        return REGISTRY_ID_IS_TAKEN;
    }
    if ((!there && !registry_put_schema(r, schema, &schema->id, e)) ||
        !registry_put_version(r, schema->subject, schema->id, schema->version, e))
        return REGISTRY_BROKEN;
    return 0;
}

static int register_locked(
    embedded_registry *r, arena *a, registry_version *schema, slice level, error *e) {
    int count;
    slice resolved, mode = registry_effective_mode(r, schema->subject, a);
    registry_version *before = registry_list(r, schema->subject, 0, false, a, &count);
    if (is_there(schema, before, count))
        return 0;
    if (registry_resolved(r, schema, a, &resolved, e) || !is_valid(r, schema->type, resolved, e))
        return REGISTRY_BAD_SCHEMA;
    if (slice_starts_with(mode, SLICE_LITERAL("READONLY"))) {
        error_set(
            e, ERROR_STATEMENT, "Subject %.*s is in read-only mode", SLICE_ARG(schema->subject));
        return REGISTRY_WRONG_MODE;
    }
    if (schema->id)
        return import(r, a, schema, e);
    error why = {0};
    int code = registry_check(r, a, schema, level, before, count, &why);
    if (code)
        return refuse(schema->subject, level, code, &why, e);
    schema->id = registry_equal_schema(r, schema->type, schema->identity);
    if ((!schema->id && !registry_put_schema(r, schema, &schema->id, e)) ||
        !registry_put_version(r, schema->subject, schema->id, 0, e))
        return REGISTRY_BROKEN;
    return 0;
}

int registry_register(
    embedded_registry *r, arena *a, registry_version *schema, slice level, error *e) {
    pthread_mutex_lock(&r->lock);
    int code = register_locked(r, a, schema, level, e);
    pthread_mutex_unlock(&r->lock);
    return code;
}

/* ---- deleting ---- */

static bool refers_to(slice references, slice subject, int32_t version) {
    json_t *list = json_loadb(references.data, references.length, 0, NULL), *each;
    bool found = false;
    size_t i;
    json_array_foreach(list, i, each) {
        found = found || (slice_equal(text_member(each, "subject"), subject) &&
                             json_integer_value(json_object_get(each, "version")) == version);
    }
    json_decref(list);
    return found;
}

int registry_referrers(
    embedded_registry *r, slice subject, int32_t version, arena *a, int32_t **ids) {
    int count, found = 0;
    pthread_mutex_lock(&r->lock);
    registry_version *list = registry_list(r, (slice){NULL, 0}, 0, false, a, &count);
    pthread_mutex_unlock(&r->lock);
    *ids = ARENA_ARRAY(a, int32_t, count + 1);
    for (int i = 0; i < count; i++)
        if (list[i].references.length && refers_to(list[i].references, subject, version))
            (*ids)[found++] = list[i].id;
    return found;
}

/* Soft deletion is for what is not deleted yet, permanent deletion for what is. */
static int may_delete(
    embedded_registry *r, const registry_version *v, bool all, bool permanent, arena *a, error *e) {
    int32_t *ids;
    if (permanent && !v->deleted) {
        error_set(e, ERROR_STATEMENT,
            all ? "Subject '%.*s' was not deleted first before being permanently deleted"
                : "Subject '%.*s' Version %d was not deleted first before being permanently "
                  "deleted",
            SLICE_ARG(v->subject), (int)v->version);
        return all ? REGISTRY_SUBJECT_NOT_DELETED : REGISTRY_VERSION_NOT_DELETED;
    }
    if (!permanent && v->deleted) {
        error_set(e, ERROR_STATEMENT,
            all ? "Subject '%.*s' was soft deleted. Set permanent=true to delete permanently"
                : "Subject '%.*s' Version %d was soft deleted. Set permanent=true to delete "
                  "permanently",
            SLICE_ARG(v->subject), (int)v->version);
        return all ? REGISTRY_SUBJECT_IS_DELETED : REGISTRY_VERSION_IS_DELETED;
    }
    if (registry_referrers(r, v->subject, v->version, a, &ids) == 0)
        return 0;
    error_set(e, ERROR_STATEMENT,
        "One or more references exist to the schema of subject '%.*s', version %d.",
        SLICE_ARG(v->subject), (int)v->version);
    return REGISTRY_IS_REFERENCED;
}

static int delete_locked(embedded_registry *r, slice subject, int32_t version, bool permanent,
    arena *a, int32_t **deleted, int *count, error *e) {
    int listed, chosen = 0;
    registry_version *list = registry_list(r, subject, 0, true, a, &listed);
    if (listed == 0)
        return fail(e, REGISTRY_NO_SUBJECT, "Subject '%.*s' not found.", subject);
    const registry_version *latest = registry_latest(list, listed);
    if (version == REGISTRY_LATEST)
        version = latest ? latest->version : list[listed - 1].version;
    *deleted = ARENA_ARRAY(a, int32_t, listed);
    for (int i = 0; i < listed; i++) {
        const registry_version *v = &list[i];
        bool gone_already = version == 0 && !permanent && v->deleted && latest;
        if ((version && v->version != version) || gone_already)
            continue;
        int code = may_delete(r, v, version == 0, permanent, a, e);
        if (code)
            return code;
        (*deleted)[chosen++] = v->version;
    }
    if (!chosen) {
        error_set(e, ERROR_NOT_FOUND, "Version %d not found.", (int)version);
        return REGISTRY_NO_VERSION;
    }
    for (*count = 0; *count < chosen; ++*count)
        if (!registry_delete_version(r, subject, (*deleted)[*count], permanent, e))
            return REGISTRY_BROKEN;
    return 0;
}

int registry_delete(embedded_registry *r, slice subject, int32_t version, bool permanent, arena *a,
    int32_t **deleted, int *count, error *e) {
    pthread_mutex_lock(&r->lock);
    int code = delete_locked(r, subject, version, permanent, a, deleted, count, e);
    pthread_mutex_unlock(&r->lock);
    return code;
}

/* ---- modes ---- */

slice registry_mode_find(slice name) {
    static const char *const modes[] = {"READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (slice_is_ignore_case(name, modes[i]))
            return slice_of(modes[i]);
    return (slice){NULL, 0};
}

slice registry_effective_mode(embedded_registry *r, slice subject, arena *a) {
    pthread_mutex_lock(&r->lock);
    slice all = registry_mode(r, SLICE_LITERAL(""), a), own = registry_mode(r, subject, a);
    pthread_mutex_unlock(&r->lock);
    bool overrides = slice_is(all, "READONLY_OVERRIDE");
    slice mode = own.data && !overrides ? own : all;
    return mode.data ? mode : SLICE_LITERAL("READWRITE");
}

int registry_change_mode(
    embedded_registry *r, slice subject, slice mode, bool force, arena *a, error *e) {
    int count = 0, code = 0;
    pthread_mutex_lock(&r->lock);
    if (slice_is(mode, "IMPORT") && !force)
        registry_list(r, subject.length ? subject : (slice){NULL, 0}, 0, false, a, &count);
    if (count) {
        error_set(e, ERROR_STATEMENT,
            "Cannot import since found existing subjects: delete them first, or set force=true");
        code = REGISTRY_WRONG_MODE;
    } else if (!registry_set_mode(r, subject, mode, e)) {
        code = REGISTRY_BROKEN;
    }
    pthread_mutex_unlock(&r->lock);
    return code;
}
