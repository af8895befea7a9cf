/* registry_store.h - the tables of the embedded schema registry. Private to server/.
 *
 * Schemas have ids for ever; versions of subjects point to them and can be marked as deleted or
 * removed. The caller holds the lock, which may be taken again by its holder: reading a protobuf
 * schema asks the registry for imports.
 */
#ifndef SLUICE_SERVER_REGISTRY_STORE_H
#define SLUICE_SERVER_REGISTRY_STORE_H

#include <pthread.h>
#include <sqlite3.h>

#include "server/embedded_registry.h"

struct embedded_registry {
    schema_registry interface; /* first */
    sqlite3 *db;
    pthread_mutex_t lock;
};

/* One version of a subject, with its schema. */
typedef struct registry_version {
    slice subject;
    int32_t version; /* from 1 */
    int32_t id;
    slice type;       /* AVRO, PROTOBUF or JSON */
    slice schema;     /* its text */
    slice references; /* the JSON list of {name, subject, version}, or empty */
    slice identity;   /* what equal schemas have in common */
    bool deleted;     /* softly: it is still there for who asks for deleted ones */
} registry_version;

bool registry_store_open(embedded_registry *r, const char *path, error *e);
/* Versions by subject and number, in `a`: of a subject or (NULL slice) of all, with the schema `id`
 * or (0) any; deleted ones too when `deleted`. */
registry_version *registry_list(
    embedded_registry *r, slice subject, int32_t id, bool deleted, arena *a, int *count);
/* The newest of a list that has a version that is not deleted; NULL when there is none. */
const registry_version *registry_latest(const registry_version *list, int count);

/* The id of an equal schema; 0 when there is none. */
int32_t registry_equal_schema(embedded_registry *r, slice type, slice identity);
/* A schema under `*id`, or under a new one, which is put there, when that is 0. */
bool registry_put_schema(
    embedded_registry *r, const registry_version *schema, int32_t *id, error *e);
bool registry_get_schema(embedded_registry *r, int32_t id, arena *a, registry_version *out);
/* A version of a subject: that number, or the next with 0; nothing when a version that is not
 * deleted has that schema. */
bool registry_put_version(
    embedded_registry *r, slice subject, int32_t id, int32_t version, error *e);
/* Marks a version as deleted, or removes it. */
bool registry_delete_version(
    embedded_registry *r, slice subject, int32_t version, bool permanent, error *e);

/* The mode of a subject, or (empty subject) of all others; NULL slice: not set. */
slice registry_mode(embedded_registry *r, slice subject, arena *a);
/* The NULL slice forgets it. */
bool registry_set_mode(embedded_registry *r, slice subject, slice mode, error *e);

/* The compatibility level of a subject, or (empty subject) of all others; NULL slice: not set. */
slice registry_level(embedded_registry *r, slice subject, arena *a);
/* The NULL slice forgets it. */
bool registry_set_level(embedded_registry *r, slice subject, slice level, error *e);

#endif
