/* memory_registry.h - a schema registry inside the process.
 *
 * Keeps subjects, their versions and the ids of schemas, as a schema registry server does: a schema
 * (text and type) has one id however many subjects use it; registering it again under a subject
 * changes nothing. Compatibility is not judged. Nothing is written to disk: who wants the schemas
 * to outlive the process listens to `added` and puts them back at the start.
 *
 * Threads: any; texts that are handed out are copied into the caller's arena.
 */
#ifndef SLUICE_TESTS_SUPPORT_MEMORY_REGISTRY_H
#define SLUICE_TESTS_SUPPORT_MEMORY_REGISTRY_H

#include "executor/format/format.h"

typedef struct memory_registry memory_registry;

/* One version of a subject. */
typedef struct registered_schema {
    slice subject;
    int32_t version; /* from 1 */
    int32_t id;
    slice type; /* AVRO, PROTOBUF or JSON */
    slice schema;
} registered_schema;

memory_registry *memory_registry_create(void);
void memory_registry_destroy(memory_registry *r); /* NULL is allowed */

/* The interface that formats take; lives as long as the registry. */
schema_registry *memory_registry_interface(memory_registry *r);

/* Registers under an id of the caller's choice, replacing nothing. False with ERROR_EXISTS when
 * the id belongs to another schema. */
bool memory_registry_put(
    memory_registry *r, slice subject, slice type, slice schema, int32_t id, error *e);

/* Called after each registration that changed something, outside the lock, with texts that are
 * valid during the call. */
void memory_registry_listen(memory_registry *r,
    void (*added)(void *context, const registered_schema *schema), void *context);

/* All versions of a subject, or of all subjects when it is the NULL slice; in the order they came.
 */
registered_schema *memory_registry_list(memory_registry *r, slice subject, arena *a, int *count);
/* Forgets a subject; its schemas keep their ids. False when there is none. */
bool memory_registry_delete(memory_registry *r, slice subject);

#endif
