/* embedded_registry.h - the schema registry of a process that names no other.
 *
 * Subjects have versions, schemas have ids that start at 1; registering the same text again gives
 * the same id. What SQL statements register is held to a level of compatibility only where one was
 * set; what comes through the REST API is held to BACKWARD by default. Kept in `schemas.db`
 * (SQLite) in the data directory. Any thread.
 */
#ifndef SLUICE_SERVER_EMBEDDED_REGISTRY_H
#define SLUICE_SERVER_EMBEDDED_REGISTRY_H

#include "executor/format/format.h"

typedef struct embedded_registry embedded_registry;

/* The NULL slice: in memory only. */
embedded_registry *embedded_registry_open(slice directory, error *e);
void embedded_registry_close(embedded_registry *registry); /* NULL is allowed */
/* What formats use; lives as long as the registry. */
schema_registry *embedded_registry_interface(embedded_registry *registry);
/* Registers under an id that is given (tests, imports). id 0: the next one. */
bool embedded_registry_put(
    embedded_registry *registry, slice subject, slice type, slice schema, int32_t id, error *e);
/* All subjects by name, in `a`. */
bool embedded_registry_subjects(
    embedded_registry *registry, arena *a, slice **subjects, int *count, error *e);

#endif
