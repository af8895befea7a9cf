/* In memory: five lists of entries, each descriptor in an arena of its own. A change replaces the
 * entry in the list and puts the old arena on the retired list; the lists as they were are kept
 * beside. Commit frees what was retired; rollback brings the old lists back and frees what was
 * added. SQLite is written in the same steps and decides: when its commit fails, memory rolls back.
 */
#include "catalog/catalog.h"

#include <assert.h>
#include <pthread.h>

#include "base/memory.h"
#include "base/similar.h"
#include "catalog/catalog_store.h"

typedef struct entry_list {
    void **items;
    arena **arenas;
    int count, capacity;
} entry_list;

typedef struct arena_list {
    arena **items;
    int count, capacity;
} arena_list;

typedef struct property_entry {
    slice name, value;
} property_entry;

enum { SOURCES, TYPES, QUERIES, PROPERTIES, VIEWS, LIST_COUNT };

struct catalog {
    pthread_rwlock_t lock;
    pthread_mutex_t number_mutex;
    catalog_store *store;
    entry_list lists[LIST_COUNT], saved[LIST_COUNT];
    arena_list added, retired;
    int64_t sequence, query_number;
    bool changing;
};

/* ---- lists ---- */

/* Every entry begins with its name. */
static slice entry_name(const void *item) {
    return *(const slice *)item;
}

static void arena_list_add(arena_list *list, arena *a) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = memory_resize(list->items, sizeof *list->items * (size_t)list->capacity);
    }
    list->items[list->count++] = a;
}

static void arena_list_destroy_arenas(arena_list *list) {
    for (int i = 0; i < list->count; i++)
        arena_destroy(list->items[i]);
    list->count = 0;
}

static int list_find(const entry_list *list, slice name) {
    for (int i = 0; i < list->count; i++)
        if (slice_equal(entry_name(list->items[i]), name))
            return i;
    return -1;
}

static void list_insert(entry_list *list, int at, void *item, arena *a) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = memory_resize(list->items, sizeof *list->items * (size_t)list->capacity);
        list->arenas = memory_resize(list->arenas, sizeof *list->arenas * (size_t)list->capacity);
    }
    for (int i = list->count; i > at; i--) {
        list->items[i] = list->items[i - 1];
        list->arenas[i] = list->arenas[i - 1];
    }
    list->items[at] = item;
    list->arenas[at] = a;
    list->count++;
}

static void list_remove(entry_list *list, int at) {
    for (int i = at; i + 1 < list->count; i++) {
        list->items[i] = list->items[i + 1];
        list->arenas[i] = list->arenas[i + 1];
    }
    list->count--;
}

static entry_list list_copy(const entry_list *list) {
    entry_list copy = {0};
    for (int i = 0; i < list->count; i++)
        list_insert(&copy, i, list->items[i], list->arenas[i]);
    return copy;
}

static void list_free(entry_list *list) {
    memory_free(list->items);
    memory_free(list->arenas);
    *list = (entry_list){0};
}

/* Where a new entry goes: by name, but queries at the end. */
static int list_place(const entry_list *list, bool by_name, slice name) {
    int at = by_name ? 0 : list->count;
    while (by_name && at < list->count && slice_compare(entry_name(list->items[at]), name) < 0)
        at++;
    return at;
}

static void put_entry(catalog *c, int kind, void *item, arena *a) {
    entry_list *list = &c->lists[kind];
    int at = list_find(list, entry_name(item));
    if (at >= 0) {
        arena_list_add(&c->retired, list->arenas[at]);
        list->items[at] = item;
        list->arenas[at] = a;
    } else
        list_insert(list, list_place(list, kind != QUERIES, entry_name(item)), item, a);
    if (c->changing)
        arena_list_add(&c->added, a);
}

static bool drop_entry(catalog *c, int kind, slice name) {
    entry_list *list = &c->lists[kind];
    int at = list_find(list, name);
    if (at < 0)
        return false;
    arena_list_add(&c->retired, list->arenas[at]);
    list_remove(list, at);
    return true;
}

static const void *find_entry(const catalog *c, int kind, slice name) {
    int at = list_find(&c->lists[kind], name);
    return at < 0 ? NULL : c->lists[kind].items[at];
}

/* ---- open and close ---- */

static void load_source(void *context, arena *a, source_descriptor *source) {
    put_entry(context, SOURCES, source, a);
}
static void load_type(void *context, arena *a, type_descriptor *type) {
    put_entry(context, TYPES, type, a);
}
static void load_query(void *context, arena *a, query_descriptor *query) {
    put_entry(context, QUERIES, query, a);
}
static void load_view(void *context, arena *a, view_descriptor *view) {
    put_entry(context, VIEWS, view, a);
}
static void load_property(void *context, slice name, slice value) {
    arena *a = arena_create();
    property_entry *entry = ARENA_NEW(a, property_entry);
    *entry = (property_entry){arena_copy(a, name), arena_copy(a, value)};
    put_entry(context, PROPERTIES, entry, a);
}

catalog *catalog_open(slice directory, error *e) {
    catalog *c = MEMORY_NEW(catalog);
    pthread_rwlock_init(&c->lock, NULL);
    pthread_mutex_init(&c->number_mutex, NULL);
    catalog_loader loader = {c, load_source, load_type, load_query, load_property, load_view};
    c->store = catalog_store_open(directory, e);
    if (c->store && catalog_store_load(c->store, &loader, e) &&
        catalog_store_sequence(c->store, &c->sequence, e) &&
        catalog_store_number(c->store, "query", 0, &c->query_number, e))
        return c;
    catalog_close(c);
    return NULL;
}

void catalog_close(catalog *c) {
    if (!c)
        return;
    assert(!c->changing);
    catalog_store_close(c->store);
    for (int kind = 0; kind < LIST_COUNT; kind++) {
        for (int i = 0; i < c->lists[kind].count; i++)
            arena_destroy(c->lists[kind].arenas[i]);
        list_free(&c->lists[kind]);
    }
    arena_list_destroy_arenas(&c->retired);
    memory_free(c->retired.items);
    memory_free(c->added.items);
    pthread_mutex_destroy(&c->number_mutex);
    pthread_rwlock_destroy(&c->lock);
    memory_free(c);
}

/* ---- reading ---- */

void catalog_read_lock(catalog *c) {
    pthread_rwlock_rdlock(&c->lock);
}
void catalog_unlock(catalog *c) {
    pthread_rwlock_unlock(&c->lock);
}

const source_descriptor *catalog_source(const catalog *c, slice name) {
    return find_entry(c, SOURCES, name);
}
const type_descriptor *catalog_type(const catalog *c, slice name) {
    return find_entry(c, TYPES, name);
}
const query_descriptor *catalog_query(const catalog *c, slice id) {
    return find_entry(c, QUERIES, id);
}

const view_descriptor *catalog_view(const catalog *c, slice name) {
    return find_entry(c, VIEWS, name);
}

const view_descriptor *const *catalog_views(const catalog *c, int *count) {
    *count = c->lists[VIEWS].count;
    return (const view_descriptor *const *)c->lists[VIEWS].items;
}
const source_descriptor *const *catalog_sources(const catalog *c, int *count) {
    *count = c->lists[SOURCES].count;
    return (const source_descriptor *const *)c->lists[SOURCES].items;
}
const type_descriptor *const *catalog_types(const catalog *c, int *count) {
    *count = c->lists[TYPES].count;
    return (const type_descriptor *const *)c->lists[TYPES].items;
}
const query_descriptor *const *catalog_queries(const catalog *c, int *count) {
    *count = c->lists[QUERIES].count;
    return (const query_descriptor *const *)c->lists[QUERIES].items;
}

const source_descriptor *catalog_nearest_source(const catalog *c, slice name) {
    const source_descriptor *nearest = NULL;
    int least = similar_limit(name) + 1;
    for (int i = 0; i < c->lists[SOURCES].count; i++) {
        const source_descriptor *source = c->lists[SOURCES].items[i];
        int distance = similar_distance(source->name, name);
        if (distance < least) {
            least = distance;
            nearest = source;
        }
    }
    return nearest;
}

const type_descriptor *catalog_nearest_type(const catalog *c, slice name) {
    const type_descriptor *nearest = NULL;
    int least = similar_limit(name) + 1;
    for (int i = 0; i < c->lists[TYPES].count; i++) {
        const type_descriptor *type = c->lists[TYPES].items[i];
        int distance = similar_distance(type->name, name);
        if (distance < least) {
            least = distance;
            nearest = type;
        }
    }
    return nearest;
}

slice catalog_property(const catalog *c, slice name) {
    const property_entry *entry = find_entry(c, PROPERTIES, name);
    return entry ? entry->value : (slice){NULL, 0};
}

/* Kept among the properties, whose names have no blanks. */
slice catalog_function_property(arena *a, slice name) {
    return arena_format(a, "function %.*s", SLICE_ARG(arena_upper(a, name)));
}

slice catalog_function_class(const catalog *c, slice name) {
    arena *a = arena_create();
    slice found = catalog_property(c, catalog_function_property(a, name));
    arena_destroy(a);
    return found;
}

int64_t catalog_sequence(const catalog *c) {
    return c->sequence;
}

/* ---- changes ---- */

bool catalog_begin(catalog *c, error *e) {
    pthread_rwlock_wrlock(&c->lock);
    if (!catalog_store_begin(c->store, e)) {
        pthread_rwlock_unlock(&c->lock);
        return false;
    }
    c->changing = true;
    for (int kind = 0; kind < LIST_COUNT; kind++)
        c->saved[kind] = list_copy(&c->lists[kind]);
    return true;
}

static void end_change(catalog *c, entry_list *dropped, arena_list *garbage) {
    for (int kind = 0; kind < LIST_COUNT; kind++)
        list_free(&dropped[kind]);
    arena_list_destroy_arenas(garbage);
    c->added.count = c->retired.count = 0;
    c->changing = false;
    pthread_rwlock_unlock(&c->lock);
}

bool catalog_commit(catalog *c, slice statement_sql, error *e) {
    assert(c->changing);
    if (!catalog_store_append_statement(c->store, c->sequence + 1, statement_sql, e) ||
        !catalog_store_put_number(c->store, "query", c->query_number, e) ||
        !catalog_store_commit(c->store, e)) {
        catalog_rollback(c);
        return false;
    }
    c->sequence++;
    end_change(c, c->saved, &c->retired);
    return true;
}

void catalog_rollback(catalog *c) {
    assert(c->changing);
    catalog_store_rollback(c->store);
    entry_list dropped[LIST_COUNT];
    memcpy(dropped, c->lists, sizeof dropped);
    memcpy(c->lists, c->saved, sizeof dropped);
    memset(c->saved, 0, sizeof c->saved);
    end_change(c, dropped, &c->added);
}

bool catalog_put_source(catalog *c, const source_descriptor *source, error *e) {
    assert(c->changing);
    arena *a = arena_create();
    put_entry(c, SOURCES, source_copy(a, source), a);
    return catalog_store_put_source(c->store, source, e);
}

bool catalog_drop_source(catalog *c, slice name, error *e) {
    assert(c->changing);
    return drop_entry(c, SOURCES, name)
               ? catalog_store_drop(c->store, "sources", name, e)
               : error_set(e, ERROR_NOT_FOUND, "There is no source %.*s", SLICE_ARG(name));
}

bool catalog_put_type(catalog *c, const type_descriptor *type, error *e) {
    assert(c->changing);
    arena *a = arena_create();
    type_descriptor *copy = ARENA_NEW(a, type_descriptor);
    *copy = (type_descriptor){arena_copy(a, type->name), sql_type_copy(a, type->type)};
    put_entry(c, TYPES, copy, a);
    return catalog_store_put_type(c->store, type, e);
}

bool catalog_drop_type(catalog *c, slice name, error *e) {
    assert(c->changing);
    return drop_entry(c, TYPES, name)
               ? catalog_store_drop(c->store, "types", name, e)
               : error_set(e, ERROR_NOT_FOUND, "There is no type %.*s", SLICE_ARG(name));
}

static const slice *copy_slices(arena *a, const slice *slices, int count) {
    slice *copy = ARENA_ARRAY(a, slice, count);
    for (int i = 0; i < count; i++)
        copy[i] = arena_copy(a, slices[i]);
    return copy;
}

bool catalog_put_view(catalog *c, const view_descriptor *view, error *e) {
    assert(c->changing);
    arena *a = arena_create();
    view_descriptor *copy = ARENA_NEW(a, view_descriptor);
    *copy = (view_descriptor){.name = arena_copy(a, view->name),
        .query = arena_copy(a, view->query),
        .column_count = view->column_count,
        .columns = copy_slices(a, view->columns, view->column_count),
        .sql = arena_copy(a, view->sql)};
    put_entry(c, VIEWS, copy, a);
    return catalog_store_put_view(c->store, copy, e);
}

bool catalog_drop_view(catalog *c, slice name, error *e) {
    assert(c->changing);
    return drop_entry(c, VIEWS, name)
               ? catalog_store_drop_view(c->store, name, e)
               : error_set(e, ERROR_NOT_FOUND, "There is no view %.*s", SLICE_ARG(name));
}

bool catalog_put_query(catalog *c, const query_descriptor *query, error *e) {
    assert(c->changing);
    arena *a = arena_create();
    query_descriptor *copy = ARENA_NEW(a, query_descriptor);
    *copy = *query;
    copy->id = arena_copy(a, query->id);
    copy->sql = arena_copy(a, query->sql);
    copy->sink = arena_copy(a, query->sink);
    copy->sources = copy_slices(a, query->sources, query->source_count);
    if (query->source_columns) {
        int *columns = ARENA_ARRAY(a, int, query->source_count);
        memcpy(columns, query->source_columns, sizeof *columns * (size_t)query->source_count);
        copy->source_columns = columns;
    }
    copy->property_names = copy_slices(a, query->property_names, query->property_count);
    copy->property_values = copy_slices(a, query->property_values, query->property_count);
    put_entry(c, QUERIES, copy, a);
    return catalog_store_put_query(c->store, copy, e);
}

bool catalog_drop_query(catalog *c, slice id, error *e) {
    assert(c->changing);
    return drop_entry(c, QUERIES, id)
               ? catalog_store_drop(c->store, "queries", id, e)
               : error_set(e, ERROR_NOT_FOUND, "There is no query %.*s", SLICE_ARG(id));
}

bool catalog_put_property(catalog *c, slice name, slice value, error *e) {
    assert(c->changing);
    if (!value.data) {
        drop_entry(c, PROPERTIES, name);
        return catalog_store_put_property(c->store, name, value, e);
    }
    load_property(c, name, value);
    return catalog_store_put_property(c->store, name, value, e);
}

int64_t catalog_next_query_number(catalog *c) {
    pthread_mutex_lock(&c->number_mutex);
    int64_t number = ++c->query_number;
    pthread_mutex_unlock(&c->number_mutex);
    return number;
}
