/* catalog_store.h - the catalog's rows in SQLite. Private to catalog/.
 *
 * One thread at a time (the holder of the catalog's write lock, or the opener).
 */
#ifndef SLUICE_CATALOG_CATALOG_STORE_H
#define SLUICE_CATALOG_CATALOG_STORE_H

#include "catalog/catalog.h"

typedef struct catalog_store catalog_store;

/* Opens (makes) DIRECTORY/catalog.db; the NULL slice: in memory. */
catalog_store *catalog_store_open(slice directory, error *e);
void catalog_store_close(catalog_store *store);

bool catalog_store_begin(catalog_store *store, error *e);
bool catalog_store_commit(catalog_store *store, error *e);
void catalog_store_rollback(catalog_store *store);

bool catalog_store_put_source(catalog_store *store, const source_descriptor *source, error *e);
bool catalog_store_put_type(catalog_store *store, const type_descriptor *type, error *e);
bool catalog_store_put_query(catalog_store *store, const query_descriptor *query, error *e);
bool catalog_store_put_view(catalog_store *store, const view_descriptor *view, error *e);
bool catalog_store_drop_view(catalog_store *store, slice name, error *e);
bool catalog_store_put_property(catalog_store *store, slice name, slice value, error *e);
/* `table`: "sources", "types" or "queries". */
bool catalog_store_drop(catalog_store *store, const char *table, slice name, error *e);
bool catalog_store_append_statement(catalog_store *store, int64_t sequence, slice sql, error *e);
bool catalog_store_put_number(catalog_store *store, const char *name, int64_t value, error *e);
/* `otherwise` when it was never put. */
bool catalog_store_number(
    catalog_store *store, const char *name, int64_t otherwise, int64_t *value, error *e);
/* The last statement's number, -1 when there is none. */
bool catalog_store_sequence(catalog_store *store, int64_t *sequence, error *e);

/* What loading hands over, each in an arena of its own that the receiver owns. Queries come in
 * the order in which they were made. */
typedef struct catalog_loader {
    void *context;
    void (*source)(void *context, arena *a, source_descriptor *source);
    void (*type)(void *context, arena *a, type_descriptor *type);
    void (*query)(void *context, arena *a, query_descriptor *query);
    void (*property)(void *context, slice name, slice value);
    void (*view)(void *context, arena *a, view_descriptor *view);
} catalog_loader;

bool catalog_store_load(catalog_store *store, const catalog_loader *loader, error *e);

#endif
