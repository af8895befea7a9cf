/* One table of schemas by id, one of subjects' versions that point to them, one of settings. Each
 * function is one statement. */
#include "server/registry_store.h"

#include "base/memory.h"
#include "server/registry_text.h"

static const char TABLES[] =
    "CREATE TABLE IF NOT EXISTS schemas(id INTEGER PRIMARY KEY, type TEXT, text TEXT);"
    "CREATE TABLE IF NOT EXISTS versions(subject TEXT, version INT, id INT,"
    " PRIMARY KEY(subject, version));"
    "CREATE TABLE IF NOT EXISTS levels(subject TEXT PRIMARY KEY, level TEXT);"
    "CREATE TABLE IF NOT EXISTS modes(subject TEXT PRIMARY KEY, mode TEXT);";

/* Columns that came later. */
static const char *const ADDITIONS[][2] = {
    {"SELECT refs FROM schemas", "ALTER TABLE schemas ADD COLUMN refs TEXT NOT NULL DEFAULT ''"},
    {"SELECT identity FROM schemas", "ALTER TABLE schemas ADD COLUMN identity TEXT"},
    {"SELECT deleted FROM versions",
        "ALTER TABLE versions ADD COLUMN deleted INT NOT NULL DEFAULT 0"},
};

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

static bool finish(embedded_registry *r, sqlite3_stmt *statement, error *e) {
    bool ok = sqlite3_step(statement) == SQLITE_DONE || failed(r, e);
    sqlite3_finalize(statement);
    return ok;
}

/* ---- opening ---- */

static bool execute(embedded_registry *r, const char *sql) {
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool add_columns(embedded_registry *r) {
    for (size_t i = 0; i < sizeof ADDITIONS / sizeof *ADDITIONS; i++) {
        sqlite3_stmt *there = prepare(r, ADDITIONS[i][0]);
        sqlite3_finalize(there);
        if (!there && !execute(r, ADDITIONS[i][1]))
            return false;
    }
    return execute(r, "CREATE INDEX IF NOT EXISTS schema_identity ON schemas(identity)");
}

static bool set_identity(embedded_registry *r, int32_t id, slice identity) {
    sqlite3_stmt *s = prepare(r, "UPDATE schemas SET identity = ? WHERE id = ?");
    bind(s, 1, identity);
    sqlite3_bind_int(s, 2, id);
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    return ok;
}

/* Schemas that were stored without an identity get one. */
static bool add_identities(embedded_registry *r) {
    bool ok = true;
    arena *a = arena_create();
    sqlite3_stmt *s = prepare(r, "SELECT id, type, text FROM schemas WHERE identity IS NULL");
    while (ok && sqlite3_step(s) == SQLITE_ROW) {
        slice type = text_at(a, s, 1), text = text_at(a, s, 2);
        ok = set_identity(
            r, sqlite3_column_int(s, 0), registry_identity(a, type, text, (slice){NULL, 0}));
    }
    sqlite3_finalize(s);
    arena_destroy(a);
    return ok;
}

/* In one transaction: each costs the disk's time, and a start waits for it. */
bool registry_store_open(embedded_registry *r, const char *path, error *e) {
    return (sqlite3_open(path, &r->db) == SQLITE_OK && execute(r, "BEGIN") && execute(r, TABLES) &&
               add_columns(r) && add_identities(r) && execute(r, "COMMIT")) ||
           failed(r, e);
}

/* ---- schemas ---- */

int32_t registry_equal_schema(embedded_registry *r, slice type, slice identity) {
    sqlite3_stmt *s =
        prepare(r, "SELECT id FROM schemas WHERE identity = ? AND type = ? ORDER BY id");
    bind(s, 1, identity);
    bind(s, 2, type);
    int32_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    return id;
}

bool registry_put_schema(
    embedded_registry *r, const registry_version *schema, int32_t *id, error *e) {
    sqlite3_stmt *s = prepare(
        r, "INSERT OR REPLACE INTO schemas(id, type, text, refs, identity) VALUES(?, ?, ?, ?, ?)");
    if (*id)
        sqlite3_bind_int(s, 1, *id);
    bind(s, 2, schema->type);
    bind(s, 3, schema->schema);
    bind(s, 4, schema->references);
    bind(s, 5, schema->identity);
    bool ok = finish(r, s, e);
    if (ok && !*id)
        *id = (int32_t)sqlite3_last_insert_rowid(r->db);
    return ok;
}

bool registry_get_schema(embedded_registry *r, int32_t id, arena *a, registry_version *out) {
    sqlite3_stmt *s = prepare(r, "SELECT type, text, refs, identity FROM schemas WHERE id = ?");
    sqlite3_bind_int(s, 1, id);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found)
        *out = (registry_version){.id = id,
            .type = text_at(a, s, 0),
            .schema = text_at(a, s, 1),
            .references = text_at(a, s, 2),
            .identity = text_at(a, s, 3)};
    sqlite3_finalize(s);
    return found;
}

/* ---- versions ---- */

static registry_version *add_row(registry_version *list, int count, arena *a) {
    if (count & (count - 1) || (count == 0 && list))
        return list;
    registry_version *more = ARENA_ARRAY(a, registry_version, count ? count * 2 : 1);
    if (count)
        memcpy(more, list, sizeof *list * (size_t)count);
    return more;
}

registry_version *registry_list(
    embedded_registry *r, slice subject, int32_t id, bool deleted, arena *a, int *count) {
    sqlite3_stmt *s = prepare(r,
        "SELECT v.subject, v.version, v.id, s.type, s.text, s.refs, s.identity, v.deleted"
        " FROM versions v JOIN schemas s ON s.id = v.id"
        " WHERE (?1 OR v.subject = ?2) AND (?3 = 0 OR v.id = ?3) AND (?4 OR NOT v.deleted)"
        " ORDER BY v.subject, v.version");
    sqlite3_bind_int(s, 1, !subject.data);
    bind(s, 2, subject);
    sqlite3_bind_int(s, 3, id);
    sqlite3_bind_int(s, 4, deleted);
    registry_version *list = NULL;
    for (*count = 0; sqlite3_step(s) == SQLITE_ROW; ++*count) {
        list = add_row(list, *count, a);
        list[*count] = (registry_version){.subject = text_at(a, s, 0),
            .version = sqlite3_column_int(s, 1),
            .id = sqlite3_column_int(s, 2),
            .type = text_at(a, s, 3),
            .schema = text_at(a, s, 4),
            .references = text_at(a, s, 5),
            .identity = text_at(a, s, 6),
            .deleted = sqlite3_column_int(s, 7) != 0};
    }
    sqlite3_finalize(s);
    return list;
}

const registry_version *registry_latest(const registry_version *list, int count) {
    while (count > 0 && list[count - 1].deleted)
        count--;
    return count > 0 ? &list[count - 1] : NULL;
}

bool registry_put_version(
    embedded_registry *r, slice subject, int32_t id, int32_t version, error *e) {
    sqlite3_stmt *s = prepare(r,
        "INSERT OR REPLACE INTO versions(subject, version, id)"
        " SELECT ?1, CASE ?3 WHEN 0 THEN"
        "  (SELECT COALESCE(MAX(version), 0) + 1 FROM versions WHERE subject = ?1) ELSE ?3 END, ?2"
        " WHERE NOT EXISTS"
        " (SELECT 1 FROM versions WHERE subject = ?1 AND id = ?2 AND NOT deleted)");
    bind(s, 1, subject);
    sqlite3_bind_int(s, 2, id);
    sqlite3_bind_int(s, 3, version);
    return finish(r, s, e);
}

bool registry_delete_version(
    embedded_registry *r, slice subject, int32_t version, bool permanent, error *e) {
    sqlite3_stmt *s =
        prepare(r, permanent ? "DELETE FROM versions WHERE subject = ? AND version = ?"
                             : "UPDATE versions SET deleted = 1 WHERE subject = ? AND version = ?");
    bind(s, 1, subject);
    sqlite3_bind_int(s, 2, version);
    return finish(r, s, e);
}

/* ---- settings ---- */

static slice get_setting(embedded_registry *r, const char *sql, slice subject, arena *a) {
    sqlite3_stmt *s = prepare(r, sql);
    bind(s, 1, subject);
    slice value = sqlite3_step(s) == SQLITE_ROW ? text_at(a, s, 0) : (slice){NULL, 0};
    sqlite3_finalize(s);
    return value;
}

static bool set_setting(embedded_registry *r, const char *put, const char *forget, slice subject,
    slice value, error *e) {
    sqlite3_stmt *s = prepare(r, value.data ? put : forget);
    bind(s, 1, subject);
    if (value.data)
        bind(s, 2, value);
    return finish(r, s, e);
}

slice registry_level(embedded_registry *r, slice subject, arena *a) {
    return get_setting(r, "SELECT level FROM levels WHERE subject = ?", subject, a);
}

bool registry_set_level(embedded_registry *r, slice subject, slice level, error *e) {
    return set_setting(r, "INSERT OR REPLACE INTO levels VALUES(?, ?)",
        "DELETE FROM levels WHERE subject = ?", subject, level, e);
}

slice registry_mode(embedded_registry *r, slice subject, arena *a) {
    return get_setting(r, "SELECT mode FROM modes WHERE subject = ?", subject, a);
}

bool registry_set_mode(embedded_registry *r, slice subject, slice mode, error *e) {
    return set_setting(r, "INSERT OR REPLACE INTO modes VALUES(?, ?)",
        "DELETE FROM modes WHERE subject = ?", subject, mode, e);
}
