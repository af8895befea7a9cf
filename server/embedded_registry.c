/* One table of schemas by id and one of subjects' versions that point to them. */
#include "server/embedded_registry.h"

#include <pthread.h>
#include <sqlite3.h>

#include "base/memory.h"

struct embedded_registry {
    schema_registry interface; /* first */
    sqlite3 *db;
    pthread_mutex_t lock;
};

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS schemas(id INTEGER PRIMARY KEY, type TEXT, text TEXT);"
    "CREATE INDEX IF NOT EXISTS schema_text ON schemas(text);"
    "CREATE TABLE IF NOT EXISTS versions(subject TEXT, version INT, id INT,"
    " PRIMARY KEY(subject, version));";

static bool failed(embedded_registry *r, error *e) {
    return error_set(
        e, ERROR_IO, "The schema registry cannot be read or written: %s", sqlite3_errmsg(r->db));
}

static sqlite3_stmt *prepare(embedded_registry *r, const char *sql) {
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(r->db, sql, -1, &statement, NULL);
    return statement;
}

static void bind(sqlite3_stmt *statement, int at, slice text) {
    sqlite3_bind_text(
        statement, at, text.data ? text.data : "", (int)text.length, SQLITE_TRANSIENT);
}

static slice text_at(arena *a, sqlite3_stmt *statement, int at) {
    return arena_copy(a, slice_make((const char *)sqlite3_column_text(statement, at),
                             (size_t)sqlite3_column_bytes(statement, at)));
}

/* The id of an equal schema; 0 when there is none. */
static int32_t find_equal(embedded_registry *r, slice type, slice schema) {
    sqlite3_stmt *s = prepare(r, "SELECT id FROM schemas WHERE text = ? AND type = ? ORDER BY id");
    bind(s, 1, schema);
    bind(s, 2, type);
    int32_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    return id;
}

static bool put_schema(embedded_registry *r, slice type, slice schema, int32_t *id, error *e) {
    sqlite3_stmt *s = prepare(r, "INSERT OR REPLACE INTO schemas VALUES(?, ?, ?)");
    if (*id)
        sqlite3_bind_int(s, 1, *id);
    bind(s, 2, type);
    bind(s, 3, schema);
    bool ok = sqlite3_step(s) == SQLITE_DONE || failed(r, e);
    sqlite3_finalize(s);
    if (ok && !*id)
        *id = (int32_t)sqlite3_last_insert_rowid(r->db);
    return ok;
}

/* A new version, unless the latest one is that schema. */
static bool put_version(embedded_registry *r, slice subject, int32_t id, error *e) {
    sqlite3_stmt *s =
        prepare(r, "INSERT INTO versions SELECT ?1, (SELECT COALESCE(MAX(version), 0) + 1"
                   " FROM versions WHERE subject = ?1), ?2 WHERE NOT EXISTS"
                   " (SELECT 1 FROM versions WHERE subject = ?1 AND id = ?2)");
    bind(s, 1, subject);
    sqlite3_bind_int(s, 2, id);
    bool ok = sqlite3_step(s) == SQLITE_DONE || failed(r, e);
    sqlite3_finalize(s);
    return ok;
}

bool embedded_registry_put(
    embedded_registry *r, slice subject, slice type, slice schema, int32_t id, error *e) {
    pthread_mutex_lock(&r->lock);
    if (!id)
        id = find_equal(r, type, schema);
    bool ok = put_schema(r, type, schema, &id, e) && put_version(r, subject, id, e);
    pthread_mutex_unlock(&r->lock);
    return ok;
}

static bool register_schema(
    schema_registry *registry, slice subject, slice type, slice schema, int32_t *id, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    pthread_mutex_lock(&r->lock);
    *id = find_equal(r, type, schema);
    bool ok = (*id || put_schema(r, type, schema, id, e)) && put_version(r, subject, *id, e);
    pthread_mutex_unlock(&r->lock);
    return ok;
}

static bool schema_by_id(
    schema_registry *registry, int32_t id, arena *a, slice *type, slice *schema, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    pthread_mutex_lock(&r->lock);
    sqlite3_stmt *s = prepare(r, "SELECT type, text FROM schemas WHERE id = ?");
    sqlite3_bind_int(s, 1, id);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found) {
        *type = text_at(a, s, 0);
        *schema = text_at(a, s, 1);
    } else
        error_set(e, ERROR_NOT_FOUND, "The schema registry has no schema with id %d", (int)id);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&r->lock);
    return found;
}

static bool latest_schema(schema_registry *registry, slice subject, arena *a, int32_t *id,
    slice *type, slice *schema, error *e) {
    embedded_registry *r = (embedded_registry *)registry;
    pthread_mutex_lock(&r->lock);
    sqlite3_stmt *s = prepare(r, "SELECT s.id, s.type, s.text FROM versions v JOIN schemas s"
                                 " ON s.id = v.id WHERE v.subject = ? ORDER BY v.version DESC");
    bind(s, 1, subject);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found) {
        *id = sqlite3_column_int(s, 0);
        *type = text_at(a, s, 1);
        *schema = text_at(a, s, 2);
    } else
        error_set(
            e, ERROR_NOT_FOUND, "The schema registry has no subject '%.*s'", SLICE_ARG(subject));
    sqlite3_finalize(s);
    pthread_mutex_unlock(&r->lock);
    return found;
}

bool embedded_registry_subjects(
    embedded_registry *r, arena *a, slice **subjects, int *count, error *e) {
    pthread_mutex_lock(&r->lock);
    sqlite3_stmt *s = prepare(r, "SELECT COUNT(DISTINCT subject) FROM versions");
    int rows = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    *subjects = ARENA_ARRAY(a, slice, rows);
    *count = 0;
    s = prepare(r, "SELECT DISTINCT subject FROM versions ORDER BY subject");
    while (*count < rows && sqlite3_step(s) == SQLITE_ROW)
        (*subjects)[(*count)++] = text_at(a, s, 0);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&r->lock);
    return *count == rows || failed(r, e);
}

embedded_registry *embedded_registry_open(slice directory, error *e) {
    embedded_registry *r = MEMORY_NEW(embedded_registry);
    r->interface = (schema_registry){register_schema, schema_by_id, latest_schema};
    pthread_mutex_init(&r->lock, NULL);
    buffer path = {0};
    if (directory.data)
        buffer_format(&path, "%.*s/schemas.db", SLICE_ARG(directory));
    else
        buffer_append_text(&path, ":memory:");
    buffer_append_byte(&path, 0);
    bool ok = sqlite3_open(path.data, &r->db) == SQLITE_OK &&
              sqlite3_exec(r->db, SCHEMA, NULL, NULL, NULL) == SQLITE_OK;
    buffer_free(&path);
    if (ok)
        return r;
    failed(r, e);
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
