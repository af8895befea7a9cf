/* store_command.h - SQL with parameters, for the files of the catalog's store. Private to catalog/.
 */
#ifndef SLUICE_CATALOG_STORE_COMMAND_H
#define SLUICE_CATALOG_STORE_COMMAND_H

#include <sqlite3.h>

#include "catalog/catalog_store.h"

struct catalog_store {
    sqlite3 *db;
};

typedef struct command {
    sqlite3_stmt *statement; /* NULL: it could not be prepared; the others then do nothing */
    int bound;
} command;

/* Fills the error; false. */
bool command_failed(catalog_store *store, error *e);
command command_prepare(catalog_store *store, const char *sql);
/* The next parameter. */
void command_text(command *c, slice text);
void command_number(command *c, int64_t number);
/* Runs a statement without rows, and frees it. */
bool command_finish(catalog_store *store, command *c, error *e);
slice command_column_text(arena *a, const command *c, int index);
int64_t command_column_number(const command *c, int index);

/* Statements over the rows of one owner, who is their only parameter. */
bool command_delete_owned(catalog_store *store, const char *sql, slice owner, error *e);
int command_count_owned(catalog_store *store, const char *table, slice owner);

/* ---- catalog_store_flink.c ---- */

#define CATALOG_STORE_FLINK_TABLES                                                                 \
    "CREATE TABLE flink_tables(owner TEXT PRIMARY KEY, connector TEXT, watermark_column TEXT,"     \
    " watermark_expression TEXT, is_bounded INT);"                                                 \
    "CREATE TABLE flink_columns(owner TEXT, position INT, name TEXT, type TEXT, role INT,"         \
    " is_virtual INT, is_time_ltz INT, physical INT, expression TEXT, metadata_key TEXT,"          \
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"                                                \
    "CREATE TABLE flink_options(owner TEXT, position INT, name TEXT, value TEXT,"                  \
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"                                                \
    "CREATE TABLE flink_keys(owner TEXT, position INT, name TEXT,"                                 \
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"                                                \
    "CREATE TABLE views(name TEXT PRIMARY KEY, query TEXT, sql TEXT);"                             \
    "CREATE TABLE view_columns(owner TEXT, position INT, name TEXT,"                               \
    " PRIMARY KEY(owner, position)) WITHOUT ROWID;"

/* What a source has of the Flink dialect, when it has any. */
bool catalog_store_put_flink(catalog_store *store, const source_descriptor *source, error *e);
bool catalog_store_drop_flink(catalog_store *store, slice owner, error *e);
bool catalog_store_load_flink(catalog_store *store, arena *a, source_descriptor *source, error *e);
bool catalog_store_load_views(catalog_store *store, const catalog_loader *loader, error *e);

#endif
