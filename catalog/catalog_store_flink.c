/* Tables and views of the Flink dialect: what they have beyond other sources. */
#include "catalog/store_command.h"
#include "catalog/type_text.h"

/* ---- lists of names ---- */

static bool put_name(
    catalog_store *store, const char *sql, slice owner, int position, slice name, error *e) {
    command c = command_prepare(store, sql);
    command_text(&c, owner);
    command_number(&c, position);
    command_text(&c, name);
    return command_finish(store, &c, e);
}

static const slice *load_names(
    catalog_store *store, arena *a, const char *table, const char *sql, slice owner, int *count) {
    slice *names = ARENA_ARRAY(a, slice, command_count_owned(store, table, owner));
    command c = command_prepare(store, sql);
    command_text(&c, owner);
    *count = 0;
    while (sqlite3_step(c.statement) == SQLITE_ROW)
        names[(*count)++] = command_column_text(a, &c, 0);
    sqlite3_finalize(c.statement);
    return names;
}

/* ---- putting ---- */

static bool put_column(
    catalog_store *store, slice owner, int position, const flink_table_column *column, error *e) {
    buffer type = {0};
    if (column->type)
        type_text_append(&type, column->type);
    command c = command_prepare(store, "INSERT INTO flink_columns VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
    command_text(&c, owner);
    command_number(&c, position);
    command_text(&c, column->name);
    command_text(&c, buffer_slice(&type));
    command_number(&c, column->role);
    command_number(&c, column->is_virtual);
    command_number(&c, column->is_time_ltz);
    command_number(&c, column->physical);
    command_text(&c, column->expression);
    command_text(&c, column->metadata_key);
    command_number(&c, column->not_null);
    command_text(&c, column->declared);
    buffer_free(&type);
    return command_finish(store, &c, e);
}

static bool put_option(
    catalog_store *store, slice owner, int position, slice name, slice value, error *e) {
    command c = command_prepare(store, "INSERT INTO flink_options VALUES(?, ?, ?, ?)");
    command_text(&c, owner);
    command_number(&c, position);
    command_text(&c, name);
    command_text(&c, value);
    return command_finish(store, &c, e);
}

static bool put_table(catalog_store *store, slice owner, const flink_table *table, error *e) {
    command c = command_prepare(store, "INSERT INTO flink_tables VALUES(?, ?, ?, ?, ?)");
    command_text(&c, owner);
    command_text(&c, table->connector);
    command_text(&c, table->watermark_column);
    command_text(&c, table->watermark_expression);
    command_number(&c, table->is_bounded);
    return command_finish(store, &c, e);
}

bool catalog_store_drop_flink(catalog_store *store, slice owner, error *e) {
    static const char *const COMMANDS[] = {"DELETE FROM flink_tables WHERE owner = ?",
        "DELETE FROM flink_columns WHERE owner = ?", "DELETE FROM flink_options WHERE owner = ?",
        "DELETE FROM flink_keys WHERE owner = ?"};
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (!command_delete_owned(store, COMMANDS[i], owner, e))
            return false;
    return true;
}

bool catalog_store_put_flink(catalog_store *store, const source_descriptor *source, error *e) {
    const flink_table *table = source->flink;
    if (!catalog_store_drop_flink(store, source->name, e))
        return false;
    if (!table)
        return true;
    bool ok = put_table(store, source->name, table, e);
    for (int i = 0; ok && i < table->column_count; i++)
        ok = put_column(store, source->name, i, &table->columns[i], e);
    for (int i = 0; ok && i < table->option_count; i++)
        ok = put_option(store, source->name, i, table->option_names[i], table->option_values[i], e);
    for (int i = 0; ok && i < table->primary_key_count; i++)
        ok = put_name(store, "INSERT INTO flink_keys VALUES(?, ?, ?)", source->name, i,
            table->primary_key[i], e);
    return ok;
}

bool catalog_store_put_view(catalog_store *store, const view_descriptor *view, error *e) {
    command c = command_prepare(store, "INSERT OR REPLACE INTO views VALUES(?, ?, ?)");
    command_text(&c, view->name);
    command_text(&c, view->query);
    command_text(&c, view->sql);
    bool ok =
        command_finish(store, &c, e) &&
        command_delete_owned(store, "DELETE FROM view_columns WHERE owner = ?", view->name, e);
    for (int i = 0; ok && i < view->column_count; i++)
        ok = put_name(
            store, "INSERT INTO view_columns VALUES(?, ?, ?)", view->name, i, view->columns[i], e);
    return ok;
}

bool catalog_store_drop_view(catalog_store *store, slice name, error *e) {
    return command_delete_owned(store, "DELETE FROM views WHERE name = ?", name, e) &&
           command_delete_owned(store, "DELETE FROM view_columns WHERE owner = ?", name, e);
}

/* ---- loading ---- */

static bool load_columns(
    catalog_store *store, arena *a, slice owner, flink_table *table, error *e) {
    flink_table_column *columns =
        ARENA_ARRAY(a, flink_table_column, command_count_owned(store, "flink_columns", owner));
    table->columns = columns;
    command c = command_prepare(store,
        "SELECT name, type, role, is_virtual, is_time_ltz, physical, expression, metadata_key,"
        " not_null, declared"
        " FROM flink_columns WHERE owner = ? ORDER BY position");
    command_text(&c, owner);
    bool ok = true;
    while (ok && sqlite3_step(c.statement) == SQLITE_ROW) {
        flink_table_column *column = &columns[table->column_count++];
        slice type = command_column_text(a, &c, 1);
        *column = (flink_table_column){.name = command_column_text(a, &c, 0),
            .type = type.length ? type_text_read(a, type, e) : NULL,
            .role = (flink_column_role)command_column_number(&c, 2),
            .is_virtual = command_column_number(&c, 3) != 0,
            .is_time_ltz = command_column_number(&c, 4) != 0,
            .physical = (int)command_column_number(&c, 5),
            .expression = command_column_text(a, &c, 6),
            .metadata_key = command_column_text(a, &c, 7),
            .not_null = command_column_number(&c, 8) != 0,
            .declared = command_column_text(a, &c, 9)};
        ok = column->type || !type.length;
    }
    sqlite3_finalize(c.statement);
    return ok;
}

static void load_options(catalog_store *store, arena *a, slice owner, flink_table *table) {
    int count = command_count_owned(store, "flink_options", owner);
    slice *names = ARENA_ARRAY(a, slice, count), *values = ARENA_ARRAY(a, slice, count);
    command c = command_prepare(
        store, "SELECT name, value FROM flink_options WHERE owner = ? ORDER BY position");
    command_text(&c, owner);
    while (sqlite3_step(c.statement) == SQLITE_ROW) {
        names[table->option_count] = command_column_text(a, &c, 0);
        values[table->option_count++] = command_column_text(a, &c, 1);
    }
    sqlite3_finalize(c.statement);
    table->option_names = names;
    table->option_values = values;
}

bool catalog_store_load_flink(catalog_store *store, arena *a, source_descriptor *source, error *e) {
    command c = command_prepare(store, "SELECT connector, watermark_column, watermark_expression,"
                                       " is_bounded FROM flink_tables WHERE owner = ?");
    command_text(&c, source->name);
    flink_table *table = NULL;
    if (sqlite3_step(c.statement) == SQLITE_ROW) {
        table = ARENA_NEW(a, flink_table);
        *table = (flink_table){.connector = command_column_text(a, &c, 0),
            .watermark_column = command_column_text(a, &c, 1),
            .watermark_expression = command_column_text(a, &c, 2),
            .is_bounded = command_column_number(&c, 3) != 0};
    }
    sqlite3_finalize(c.statement);
    source->flink = table;
    if (!table)
        return true;
    load_options(store, a, source->name, table);
    table->primary_key = load_names(store, a, "flink_keys",
        "SELECT name FROM flink_keys WHERE owner = ? ORDER BY position", source->name,
        &table->primary_key_count);
    return load_columns(store, a, source->name, table, e);
}

bool catalog_store_load_views(catalog_store *store, const catalog_loader *loader, error *e) {
    command c = command_prepare(store, "SELECT name, query, sql FROM views ORDER BY name");
    if (!c.statement)
        return command_failed(store, e);
    while (sqlite3_step(c.statement) == SQLITE_ROW) {
        arena *a = arena_create();
        view_descriptor *view = ARENA_NEW(a, view_descriptor);
        view->name = command_column_text(a, &c, 0);
        view->query = command_column_text(a, &c, 1);
        view->sql = command_column_text(a, &c, 2);
        view->columns = load_names(store, a, "view_columns",
            "SELECT name FROM view_columns WHERE owner = ? ORDER BY position", view->name,
            &view->column_count);
        loader->view(loader->context, a, view);
    }
    sqlite3_finalize(c.statement);
    return true;
}
