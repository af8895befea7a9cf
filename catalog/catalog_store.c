/* Each kind of descriptor is one table; its lists (columns, sources, properties) are tables of
 * their own with a position. A put deletes the old rows and inserts the new ones; the rowid of a
 * query is its place in the order of creation and is kept when the query is put again. */
#include "catalog/catalog_store.h"

#include <sqlite3.h>
#include <time.h>

#include "base/memory.h"
#include "catalog/store_command.h"
#include "catalog/type_text.h"

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS sources(name TEXT PRIMARY KEY, kind INT, is_source INT, topic TEXT,"
    " partitions INT, replicas INT, retention_ms INT, key_format TEXT, key_delimiter INT,"
    " key_schema_name TEXT, key_schema_id INT, key_wrap INT, value_format TEXT,"
    " value_delimiter INT, value_schema_name TEXT, value_schema_id INT, value_wrap INT,"
    " window INT, window_size_ms INT, timestamp_column TEXT, timestamp_format TEXT, sql TEXT,"
    " query_id TEXT);"
    "CREATE TABLE IF NOT EXISTS source_columns(owner TEXT, position INT, name TEXT, type TEXT,"
    " role INT, header_key TEXT, PRIMARY KEY(owner, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS types(name TEXT PRIMARY KEY, type TEXT);"
    "CREATE TABLE IF NOT EXISTS queries(number INTEGER PRIMARY KEY, name TEXT UNIQUE, sql TEXT,"
    " sink TEXT, sink_columns INT, paused INT, fingerprint INT);"
    "CREATE TABLE IF NOT EXISTS query_sources(owner TEXT, position INT, name TEXT, columns INT,"
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS query_properties(owner TEXT, position INT, name TEXT, value TEXT,"
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS properties(name TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE IF NOT EXISTS numbers(name TEXT PRIMARY KEY, value INT);"
    "CREATE TABLE IF NOT EXISTS statements(sequence INTEGER PRIMARY KEY, at_ms INT, sql TEXT);";

/* Steps from the tables above to those of today. A catalog's user_version counts those it has
 * taken.
 */
static const char *const UPGRADES[] = {
    "ALTER TABLE sources ADD COLUMN key_nullable INT DEFAULT 0;"
    "ALTER TABLE sources ADD COLUMN value_nullable INT DEFAULT 0;",
    CATALOG_STORE_FLINK_TABLES,
    "ALTER TABLE flink_columns ADD COLUMN not_null INT DEFAULT 0;"
    "ALTER TABLE flink_columns ADD COLUMN declared TEXT;",
};

static bool run(catalog_store *store, const char *sql, error *e) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || command_failed(store, e);
}

static int user_version(catalog_store *store) {
    sqlite3_stmt *statement = NULL;
    int version = 0;
    if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

/* Makes the tables of today, in one transaction: each would wait for the disk. */
static bool make_tables(catalog_store *store, error *e) {
    int steps = (int)(sizeof UPGRADES / sizeof *UPGRADES), done = user_version(store);
    if (done >= steps)
        return true;
    buffer sql = {0};
    buffer_format(&sql, "BEGIN; %s", SCHEMA);
    for (; done < steps; done++)
        buffer_append_text(&sql, UPGRADES[done]);
    buffer_format(&sql, "PRAGMA user_version = %d; COMMIT;", steps);
    buffer_append_byte(&sql, 0);
    bool ok = run(store, sql.data, e);
    buffer_free(&sql);
    return ok;
}

catalog_store *catalog_store_open(slice directory, error *e) {
    catalog_store *store = MEMORY_NEW(catalog_store);
    buffer path = {0};
    if (directory.data)
        buffer_format(&path, "%.*s/catalog.db", SLICE_ARG(directory));
    else
        buffer_append_text(&path, ":memory:");
    buffer_append_byte(&path, 0);
    bool ok = sqlite3_open(path.data, &store->db) == SQLITE_OK;
    buffer_free(&path);
    if (!ok)
        command_failed(store, e);
    ok = ok && (!directory.data || run(store,
                                       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                       "PRAGMA locking_mode=EXCLUSIVE;",
                                       e));
    if (ok && make_tables(store, e))
        return store;
    catalog_store_close(store);
    return NULL;
}

void catalog_store_close(catalog_store *store) {
    if (!store)
        return;
    sqlite3_close(store->db);
    memory_free(store);
}

bool catalog_store_begin(catalog_store *store, error *e) {
    return run(store, "BEGIN IMMEDIATE", e);
}
bool catalog_store_commit(catalog_store *store, error *e) {
    return run(store, "COMMIT", e);
}

void catalog_store_rollback(catalog_store *store) {
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- putting ---- */

static void bind_format(command *c, const source_format *format) {
    command_text(c, format->name);
    command_number(c, format->delimiter);
    command_text(c, format->schema_full_name);
    command_number(c, format->schema_id);
    command_number(c, format->wrap_single);
}

static bool put_column(
    catalog_store *store, slice owner, int position, const source_column *column, error *e) {
    buffer type = {0};
    type_text_append(&type, column->type);
    command c = command_prepare(store, "INSERT INTO source_columns VALUES(?, ?, ?, ?, ?, ?)");
    command_text(&c, owner);
    command_number(&c, position);
    command_text(&c, column->name);
    command_text(&c, buffer_slice(&type));
    command_number(&c, column->role);
    command_text(&c, column->header_key);
    buffer_free(&type);
    return command_finish(store, &c, e);
}

bool catalog_store_put_source(catalog_store *store, const source_descriptor *source, error *e) {
    command c = command_prepare(store, "INSERT OR REPLACE INTO sources VALUES"
                                       "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    command_text(&c, source->name);
    command_number(&c, source->kind);
    command_number(&c, source->is_source);
    command_text(&c, source->topic);
    command_number(&c, source->partitions);
    command_number(&c, source->replicas);
    command_number(&c, source->retention_ms);
    bind_format(&c, &source->key_format);
    bind_format(&c, &source->value_format);
    command_number(&c, source->window);
    command_number(&c, source->window_size_ms);
    command_text(&c, source->timestamp_column);
    command_text(&c, source->timestamp_format);
    command_text(&c, source->sql);
    command_text(&c, source->query_id);
    command_number(&c, source->key_format.nullable);
    command_number(&c, source->value_format.nullable);
    if (!command_finish(store, &c, e) ||
        !command_delete_owned(store, "DELETE FROM source_columns WHERE owner = ?", source->name, e))
        return false;
    for (int i = 0; i < source->column_count; i++)
        if (!put_column(store, source->name, i, &source->columns[i], e))
            return false;
    return catalog_store_put_flink(store, source, e);
}

bool catalog_store_put_type(catalog_store *store, const type_descriptor *type, error *e) {
    buffer text = {0};
    type_text_append(&text, type->type);
    command c = command_prepare(store, "INSERT OR REPLACE INTO types VALUES(?, ?)");
    command_text(&c, type->name);
    command_text(&c, buffer_slice(&text));
    buffer_free(&text);
    return command_finish(store, &c, e);
}

static bool put_query_lists(catalog_store *store, const query_descriptor *query, error *e) {
    for (int i = 0; i < query->source_count; i++) {
        command c = command_prepare(store, "INSERT INTO query_sources VALUES(?, ?, ?, ?)");
        command_text(&c, query->id);
        command_number(&c, i);
        command_text(&c, query->sources[i]);
        command_number(&c, query->source_columns ? query->source_columns[i] : 0);
        if (!command_finish(store, &c, e))
            return false;
    }
    for (int i = 0; i < query->property_count; i++) {
        command c = command_prepare(store, "INSERT INTO query_properties VALUES(?, ?, ?, ?)");
        command_text(&c, query->id);
        command_number(&c, i);
        command_text(&c, query->property_names[i]);
        command_text(&c, query->property_values[i]);
        if (!command_finish(store, &c, e))
            return false;
    }
    return true;
}

static bool delete_query_lists(catalog_store *store, slice id, error *e) {
    return command_delete_owned(store, "DELETE FROM query_sources WHERE owner = ?", id, e) &&
           command_delete_owned(store, "DELETE FROM query_properties WHERE owner = ?", id, e);
}

bool catalog_store_put_query(catalog_store *store, const query_descriptor *query, error *e) {
    command c = command_prepare(store,
        "INSERT INTO queries(name, sql, sink, sink_columns, paused, fingerprint)"
        " VALUES(?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(name) DO UPDATE SET sql = excluded.sql, sink = excluded.sink,"
        " sink_columns = excluded.sink_columns,"
        " paused = excluded.paused, fingerprint = excluded.fingerprint");
    command_text(&c, query->id);
    command_text(&c, query->sql);
    command_text(&c, query->sink);
    command_number(&c, query->sink_columns);
    command_number(&c, query->paused);
    command_number(&c, query->fingerprint);
    return command_finish(store, &c, e) && delete_query_lists(store, query->id, e) &&
           put_query_lists(store, query, e);
}

bool catalog_store_put_property(catalog_store *store, slice name, slice value, error *e) {
    command c = command_prepare(store, value.data ? "INSERT OR REPLACE INTO properties VALUES(?, ?)"
                                                  : "DELETE FROM properties WHERE name = ?");
    command_text(&c, name);
    if (value.data)
        command_text(&c, value);
    return command_finish(store, &c, e);
}

bool catalog_store_drop(catalog_store *store, const char *table, slice name, error *e) {
    buffer sql = {0};
    buffer_format(&sql, "DELETE FROM %s WHERE name = ?", table);
    buffer_append_byte(&sql, 0);
    bool ok = command_delete_owned(store, sql.data, name, e);
    buffer_free(&sql);
    if (slice_is(slice_of(table), "sources"))
        ok = ok &&
             command_delete_owned(store, "DELETE FROM source_columns WHERE owner = ?", name, e) &&
             catalog_store_drop_flink(store, name, e);
    if (slice_is(slice_of(table), "queries"))
        ok = ok && delete_query_lists(store, name, e);
    return ok;
}

bool catalog_store_append_statement(catalog_store *store, int64_t sequence, slice sql, error *e) {
    command c = command_prepare(store, "INSERT INTO statements VALUES(?, ?, ?)");
    command_number(&c, sequence);
    command_number(&c, (int64_t)time(NULL) * 1000);
    command_text(&c, sql);
    return command_finish(store, &c, e);
}

bool catalog_store_put_number(catalog_store *store, const char *name, int64_t value, error *e) {
    command c = command_prepare(store, "INSERT OR REPLACE INTO numbers VALUES(?, ?)");
    command_text(&c, slice_of(name));
    command_number(&c, value);
    return command_finish(store, &c, e);
}

bool catalog_store_number(
    catalog_store *store, const char *name, int64_t otherwise, int64_t *value, error *e) {
    command c = command_prepare(store, "SELECT value FROM numbers WHERE name = ?");
    command_text(&c, slice_of(name));
    int state = c.statement ? sqlite3_step(c.statement) : SQLITE_ERROR;
    *value = state == SQLITE_ROW ? command_column_number(&c, 0) : otherwise;
    sqlite3_finalize(c.statement);
    return state == SQLITE_ROW || state == SQLITE_DONE || command_failed(store, e);
}

bool catalog_store_sequence(catalog_store *store, int64_t *sequence, error *e) {
    command c = command_prepare(store, "SELECT COALESCE(MAX(sequence), -1) FROM statements");
    int state = c.statement ? sqlite3_step(c.statement) : SQLITE_ERROR;
    *sequence = state == SQLITE_ROW ? command_column_number(&c, 0) : -1;
    sqlite3_finalize(c.statement);
    return state == SQLITE_ROW || command_failed(store, e);
}

/* ---- loading ---- */

static source_format load_format(arena *a, const command *c, int first) {
    return (source_format){.name = command_column_text(a, c, first),
        .delimiter = (uint32_t)command_column_number(c, first + 1),
        .schema_full_name = command_column_text(a, c, first + 2),
        .schema_id = (int32_t)command_column_number(c, first + 3),
        .wrap_single = (int)command_column_number(c, first + 4)};
}

static bool load_columns(catalog_store *store, arena *a, source_descriptor *source, error *e) {
    source_column *columns =
        ARENA_ARRAY(a, source_column, command_count_owned(store, "source_columns", source->name));
    source->columns = columns;
    command c = command_prepare(store, "SELECT name, type, role, header_key FROM source_columns"
                                       " WHERE owner = ? ORDER BY position");
    command_text(&c, source->name);
    bool ok = c.statement != NULL;
    while (ok && sqlite3_step(c.statement) == SQLITE_ROW) {
        source_column *column = &columns[source->column_count++];
        column->name = command_column_text(a, &c, 0);
        column->type = type_text_read(a, command_column_text(a, &c, 1), e);
        column->role = (column_role)command_column_number(&c, 2);
        column->header_key = command_column_text(a, &c, 3);
        ok = column->type != NULL;
    }
    sqlite3_finalize(c.statement);
    return ok;
}

static bool load_sources(catalog_store *store, const catalog_loader *loader, error *e) {
    command c = command_prepare(store, "SELECT * FROM sources ORDER BY name");
    bool ok = c.statement != NULL;
    while (ok && sqlite3_step(c.statement) == SQLITE_ROW) {
        arena *a = arena_create();
        source_descriptor *source = ARENA_NEW(a, source_descriptor);
        *source = (source_descriptor){.name = command_column_text(a, &c, 0),
            .kind = (source_kind)command_column_number(&c, 1),
            .is_source = command_column_number(&c, 2) != 0,
            .topic = command_column_text(a, &c, 3),
            .partitions = (int32_t)command_column_number(&c, 4),
            .replicas = (int16_t)command_column_number(&c, 5),
            .retention_ms = command_column_number(&c, 6),
            .key_format = load_format(a, &c, 7),
            .value_format = load_format(a, &c, 12),
            .window = (window_kind)command_column_number(&c, 17),
            .window_size_ms = command_column_number(&c, 18),
            .timestamp_column = command_column_text(a, &c, 19),
            .timestamp_format = command_column_text(a, &c, 20),
            .sql = command_column_text(a, &c, 21),
            .query_id = command_column_text(a, &c, 22)};
        source->key_format.nullable = (format_nullable)command_column_number(&c, 23);
        source->value_format.nullable = (format_nullable)command_column_number(&c, 24);
        ok = load_columns(store, a, source, e) && catalog_store_load_flink(store, a, source, e);
        if (ok)
            loader->source(loader->context, a, source);
        else
            arena_destroy(a);
    }
    sqlite3_finalize(c.statement);
    return ok || command_failed(store, e);
}

static bool load_types(catalog_store *store, const catalog_loader *loader, error *e) {
    command c = command_prepare(store, "SELECT name, type FROM types ORDER BY name");
    bool ok = c.statement != NULL;
    while (ok && sqlite3_step(c.statement) == SQLITE_ROW) {
        arena *a = arena_create();
        type_descriptor *type = ARENA_NEW(a, type_descriptor);
        type->name = command_column_text(a, &c, 0);
        type->type = type_text_read(a, command_column_text(a, &c, 1), e);
        ok = type->type != NULL;
        if (ok)
            loader->type(loader->context, a, type);
        else
            arena_destroy(a);
    }
    sqlite3_finalize(c.statement);
    return ok || command_failed(store, e);
}

static void load_query_lists(catalog_store *store, arena *a, query_descriptor *query) {
    int source_count = command_count_owned(store, "query_sources", query->id);
    slice *sources = ARENA_ARRAY(a, slice, source_count);
    int *columns = ARENA_ARRAY(a, int, source_count);
    command c = command_prepare(
        store, "SELECT name, columns FROM query_sources WHERE owner = ? ORDER BY position");
    command_text(&c, query->id);
    while (sqlite3_step(c.statement) == SQLITE_ROW) {
        columns[query->source_count] = (int)command_column_number(&c, 1);
        sources[query->source_count++] = command_column_text(a, &c, 0);
    }
    sqlite3_finalize(c.statement);
    query->sources = sources;
    query->source_columns = columns;

    int count = command_count_owned(store, "query_properties", query->id);
    slice *names = ARENA_ARRAY(a, slice, count), *values = ARENA_ARRAY(a, slice, count);
    c = command_prepare(
        store, "SELECT name, value FROM query_properties WHERE owner = ? ORDER BY position");
    command_text(&c, query->id);
    while (sqlite3_step(c.statement) == SQLITE_ROW) {
        names[query->property_count] = command_column_text(a, &c, 0);
        values[query->property_count++] = command_column_text(a, &c, 1);
    }
    sqlite3_finalize(c.statement);
    query->property_names = names;
    query->property_values = values;
}

static bool load_queries(catalog_store *store, const catalog_loader *loader, error *e) {
    command c = command_prepare(store,
        "SELECT name, sql, sink, paused, fingerprint, sink_columns FROM queries ORDER BY number");
    if (!c.statement)
        return command_failed(store, e);
    while (sqlite3_step(c.statement) == SQLITE_ROW) {
        arena *a = arena_create();
        query_descriptor *query = ARENA_NEW(a, query_descriptor);
        query->id = command_column_text(a, &c, 0);
        query->sql = command_column_text(a, &c, 1);
        query->sink = command_column_text(a, &c, 2);
        query->paused = command_column_number(&c, 3) != 0;
        query->fingerprint = command_column_number(&c, 4);
        query->sink_columns = (int)command_column_number(&c, 5);
        load_query_lists(store, a, query);
        loader->query(loader->context, a, query);
    }
    sqlite3_finalize(c.statement);
    return true;
}

static bool load_properties(catalog_store *store, const catalog_loader *loader, error *e) {
    command c = command_prepare(store, "SELECT name, value FROM properties ORDER BY name");
    if (!c.statement)
        return command_failed(store, e);
    arena *a = arena_create();
    while (sqlite3_step(c.statement) == SQLITE_ROW)
        loader->property(
            loader->context, command_column_text(a, &c, 0), command_column_text(a, &c, 1));
    arena_destroy(a);
    sqlite3_finalize(c.statement);
    return true;
}

bool catalog_store_load(catalog_store *store, const catalog_loader *loader, error *e) {
    return load_sources(store, loader, e) && load_types(store, loader, e) &&
           catalog_store_load_views(store, loader, e) && load_queries(store, loader, e) &&
           load_properties(store, loader, e);
}
