/* Parameters are bound in the order of the calls; columns count from 0. */
#include "catalog/store_command.h"

bool command_failed(catalog_store *store, error *e) {
    return error_set(
        e, ERROR_IO, "The catalog cannot be read or written: %s", sqlite3_errmsg(store->db));
}

command command_prepare(catalog_store *store, const char *sql) {
    command c = {0};
    sqlite3_prepare_v2(store->db, sql, -1, &c.statement, NULL);
    return c;
}

void command_text(command *c, slice text) {
    if (text.data)
        sqlite3_bind_text(c->statement, ++c->bound, text.data, (int)text.length, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(c->statement, ++c->bound);
}

void command_number(command *c, int64_t number) {
    sqlite3_bind_int64(c->statement, ++c->bound, number);
}

bool command_finish(catalog_store *store, command *c, error *e) {
    bool ok = c->statement && sqlite3_step(c->statement) == SQLITE_DONE;
    if (!ok)
        command_failed(store, e);
    sqlite3_finalize(c->statement);
    return ok;
}

slice command_column_text(arena *a, const command *c, int index) {
    const char *text = (const char *)sqlite3_column_text(c->statement, index);
    if (!text)
        return (slice){NULL, 0};
    return arena_copy(a, slice_make(text, (size_t)sqlite3_column_bytes(c->statement, index)));
}

int64_t command_column_number(const command *c, int index) {
    return sqlite3_column_int64(c->statement, index);
}

bool command_delete_owned(catalog_store *store, const char *sql, slice owner, error *e) {
    command c = command_prepare(store, sql);
    command_text(&c, owner);
    return command_finish(store, &c, e);
}

int command_count_owned(catalog_store *store, const char *table, slice owner) {
    buffer sql = {0};
    buffer_format(&sql, "SELECT COUNT(*) FROM %s WHERE owner = ?", table);
    buffer_append_byte(&sql, 0);
    command c = command_prepare(store, sql.data);
    buffer_free(&sql);
    command_text(&c, owner);
    int count = c.statement && sqlite3_step(c.statement) == SQLITE_ROW
                    ? (int)command_column_number(&c, 0)
                    : 0;
    sqlite3_finalize(c.statement);
    return count;
}
