/* One list of registrations, searched from end to end: registries hold tens of schemas and are
 * asked once a schema.
 */
#include "tests/support/memory_registry.h"

#include <pthread.h>

#include "base/memory.h"

typedef struct entry {
    registered_schema schema; /* texts are owned */
    bool deleted;             /* the subject is gone, the id stays */
} entry;

struct memory_registry {
    schema_registry interface; /* first, so that the interface is the registry */
    pthread_mutex_t lock;
    entry *entries;
    int count, capacity;
    int32_t last_id;
    void (*added)(void *context, const registered_schema *schema);
    void *context;
};

static slice copy_text(slice text) {
    return slice_make(memory_copy_text(text), text.length);
}

static registered_schema copy_schema(const registered_schema *s, arena *a) {
    return (registered_schema){arena_copy(a, s->subject), s->version, s->id, arena_copy(a, s->type),
        arena_copy(a, s->schema)};
}

static const registered_schema *find_id(const memory_registry *r, int32_t id) {
    for (int i = 0; i < r->count; i++)
        if (r->entries[i].schema.id == id)
            return &r->entries[i].schema;
    return NULL;
}

static const registered_schema *find_schema(
    const memory_registry *r, slice subject, slice type, slice schema) {
    for (int i = 0; i < r->count; i++) {
        const registered_schema *s = &r->entries[i].schema;
        if (subject.data && (r->entries[i].deleted || !slice_equal(s->subject, subject)))
            continue;
        if (slice_equal(s->type, type) && slice_equal(s->schema, schema))
            return s;
    }
    return NULL;
}

static const registered_schema *find_latest(const memory_registry *r, slice subject) {
    const registered_schema *latest = NULL;
    for (int i = 0; i < r->count; i++)
        if (!r->entries[i].deleted && slice_equal(r->entries[i].schema.subject, subject))
            latest = &r->entries[i].schema;
    return latest;
}

static registered_schema *append(
    memory_registry *r, slice subject, slice type, slice schema, int32_t id) {
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 16;
        r->entries = memory_resize(r->entries, sizeof(entry) * (size_t)r->capacity);
    }
    const registered_schema *latest = find_latest(r, subject);
    entry *added = &r->entries[r->count++];
    *added = (entry){.schema = {copy_text(subject), latest ? latest->version + 1 : 1, id,
                         copy_text(type), copy_text(schema)}};
    if (id > r->last_id)
        r->last_id = id;
    return &added->schema;
}

/* Registers with the lock held; id 0 chooses one. */
static bool add(memory_registry *r, slice subject, slice type, slice schema, int32_t *id,
    arena *copy_to, registered_schema *copy, error *e) {
    const registered_schema *same = find_schema(r, subject, type, schema);
    if (same && (*id == 0 || *id == same->id)) {
        *id = same->id;
        return true;
    }
    const registered_schema *holder = *id ? find_id(r, *id) : NULL;
    if (holder && !(slice_equal(holder->type, type) && slice_equal(holder->schema, schema)))
        return error_set(e, ERROR_EXISTS, "The schema id %d belongs to another schema", (int)*id);
    if (*id == 0) {
        const registered_schema *elsewhere = find_schema(r, (slice){NULL, 0}, type, schema);
        *id = elsewhere ? elsewhere->id : r->last_id + 1;
    }
    *copy = copy_schema(append(r, subject, type, schema, *id), copy_to);
    return true;
}

static bool add_and_tell(
    memory_registry *r, slice subject, slice type, slice schema, int32_t *id, error *e) {
    arena *scratch = arena_create();
    registered_schema added = {.id = 0};
    pthread_mutex_lock(&r->lock);
    bool fine = add(r, subject, type, schema, id, scratch, &added, e);
    pthread_mutex_unlock(&r->lock);
    if (fine && added.id && r->added)
        r->added(r->context, &added);
    arena_destroy(scratch);
    return fine;
}

static bool register_schema(
    schema_registry *registry, slice subject, slice type, slice schema, int32_t *id, error *e) {
    *id = 0;
    return add_and_tell((memory_registry *)registry, subject, type, schema, id, e);
}

static bool schema_by_id(
    schema_registry *registry, int32_t id, arena *a, slice *type, slice *schema, error *e) {
    memory_registry *r = (memory_registry *)registry;
    pthread_mutex_lock(&r->lock);
    const registered_schema *found = find_id(r, id);
    if (found) {
        *type = arena_copy(a, found->type);
        *schema = arena_copy(a, found->schema);
    }
    pthread_mutex_unlock(&r->lock);
    return found || error_set(e, ERROR_NOT_FOUND, "No schema has the id %d", (int)id);
}

static bool latest_schema(schema_registry *registry, slice subject, arena *a, int32_t *id,
    slice *type, slice *schema, error *e) {
    memory_registry *r = (memory_registry *)registry;
    pthread_mutex_lock(&r->lock);
    const registered_schema *found = find_latest(r, subject);
    if (found) {
        *id = found->id;
        *type = arena_copy(a, found->type);
        *schema = arena_copy(a, found->schema);
    }
    pthread_mutex_unlock(&r->lock);
    return found ||
           error_set(e, ERROR_NOT_FOUND, "Subject '%.*s' has no schema", SLICE_ARG(subject));
}

memory_registry *memory_registry_create(void) {
    memory_registry *r = MEMORY_NEW(memory_registry);
    r->interface = (schema_registry){register_schema, schema_by_id, latest_schema};
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void memory_registry_destroy(memory_registry *r) {
    if (!r)
        return;
    for (int i = 0; i < r->count; i++) {
        memory_free((char *)r->entries[i].schema.subject.data);
        memory_free((char *)r->entries[i].schema.type.data);
        memory_free((char *)r->entries[i].schema.schema.data);
    }
    memory_free(r->entries);
    pthread_mutex_destroy(&r->lock);
    memory_free(r);
}

schema_registry *memory_registry_interface(memory_registry *r) {
    return &r->interface;
}

bool memory_registry_put(
    memory_registry *r, slice subject, slice type, slice schema, int32_t id, error *e) {
    assert(id > 0);
    return add_and_tell(r, subject, type, schema, &id, e);
}

void memory_registry_listen(memory_registry *r,
    void (*added)(void *context, const registered_schema *schema), void *context) {
    r->added = added;
    r->context = context;
}

registered_schema *memory_registry_list(memory_registry *r, slice subject, arena *a, int *count) {
    pthread_mutex_lock(&r->lock);
    registered_schema *list = ARENA_ARRAY(a, registered_schema, r->count + 1);
    *count = 0;
    for (int i = 0; i < r->count; i++) {
        const entry *each = &r->entries[i];
        if (!each->deleted && (!subject.data || slice_equal(each->schema.subject, subject)))
            list[(*count)++] = copy_schema(&each->schema, a);
    }
    pthread_mutex_unlock(&r->lock);
    return list;
}

bool memory_registry_delete(memory_registry *r, slice subject) {
    bool any = false;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < r->count; i++) {
        entry *each = &r->entries[i];
        if (each->deleted || !slice_equal(each->schema.subject, subject))
            continue;
        each->deleted = any = true;
    }
    pthread_mutex_unlock(&r->lock);
    return any;
}
