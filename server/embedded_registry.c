/* The interface that formats use, over the tables of registry_store.c. */
#include "server/embedded_registry.h"

#include "base/memory.h"
#include "server/registry_register.h"
#include "server/registry_text.h"

bool embedded_registry_put(
    embedded_registry *r, slice subject, slice type, slice schema, int32_t id, error *e) {
    arena *a = arena_create();
    registry_version put = {.type = type,
        .schema = schema,
        .references = SLICE_LITERAL(""),
        .identity = registry_identity(a, type, schema, SLICE_LITERAL(""))};
    pthread_mutex_lock(&r->lock);
    if (!id)
        id = registry_equal_schema(r, type, put.identity);
    bool ok = registry_put_schema(r, &put, &id, e) && registry_put_version(r, subject, id, 0, e);
    pthread_mutex_unlock(&r->lock);
    arena_destroy(a);
    return ok;
}

static bool register_schema(
    schema_registry *registry, slice subject, slice type, slice schema, int32_t *id, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    arena *a = arena_create();
    registry_version new_version = {
        .subject = subject, .type = type, .schema = schema, .references = SLICE_LITERAL("")};
    slice level = registry_effective_level(r, subject, "NONE", a);
    bool ok = !registry_prepare(r, a, &new_version, e) &&
              !registry_register(r, a, &new_version, level, e);
    *id = new_version.id;
    arena_destroy(a);
    return ok;
}

static bool hand_out(embedded_registry *r, const registry_version *found, arena *a, slice *type,
    slice *text, error *e) {
    *type = found->type;
    return registry_resolved(r, found, a, text, e) == 0;
}

static bool schema_by_id(
    schema_registry *registry, int32_t id, arena *a, slice *type, slice *schema, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    registry_version found;
    pthread_mutex_lock(&r->lock);
    bool there = registry_get_schema(r, id, a, &found);
    pthread_mutex_unlock(&r->lock);
    if (!there)
        return error_set(
            e, ERROR_NOT_FOUND, "The schema registry has no schema with id %d", (int)id);
    return hand_out(r, &found, a, type, schema, e);
}

static bool latest_schema(schema_registry *registry, slice subject, arena *a, int32_t *id,
    slice *type, slice *schema, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    registry_version found;
    if (registry_find(r, subject, REGISTRY_LATEST, false, a, &found, &(error){0}))
        return error_set(
            e, ERROR_NOT_FOUND, "The schema registry has no subject '%.*s'", SLICE_ARG(subject));
    *id = found.id;
    return hand_out(r, &found, a, type, schema, e);
}

bool embedded_registry_subjects(
    embedded_registry *r, arena *a, slice **subjects, int *count, error *e) {
    int versions;
    pthread_mutex_lock(&r->lock);
    registry_version *list = registry_list(r, (slice){NULL, 0}, 0, false, a, &versions);
    pthread_mutex_unlock(&r->lock);
    *subjects = ARENA_ARRAY(a, slice, versions);
    *count = 0;
    for (int i = 0; i < versions; i++)
        if (i == 0 || !slice_equal(list[i].subject, list[i - 1].subject))
            (*subjects)[(*count)++] = list[i].subject;
    return true;
}

static void make_lock(embedded_registry *r) {
    pthread_mutexattr_t again;
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&r->lock, &again);
    pthread_mutexattr_destroy(&again);
}

embedded_registry *embedded_registry_open(slice directory, error *e) {
    embedded_registry *r = MEMORY_NEW(embedded_registry);
    r->interface = (schema_registry){register_schema, schema_by_id, latest_schema};
    make_lock(r);
    buffer path = {0};
    if (directory.data)
        buffer_format(&path, "%.*s/schemas.db", SLICE_ARG(directory));
    else
        buffer_append_text(&path, ":memory:");
    buffer_append_byte(&path, 0);
    bool ok = registry_store_open(r, path.data, e);
    buffer_free(&path);
    if (ok)
        return r;
    embedded_registry_close(r);
    return NULL;
}

void embedded_registry_close(embedded_registry *r) {
    if (!r)
        return;
    sqlite3_close(r->db);
    pthread_mutex_destroy(&r->lock);
    memory_free(r);
}

schema_registry *embedded_registry_interface(embedded_registry *r) {
    return &r->interface;
}
