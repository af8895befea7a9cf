/* instance_parts.h - the inside of an instance. Private to server/.
 *
 * Locks, always taken in this order: `change` (one statement that changes the catalog at a time),
 * the catalog's own lock, `active` (the list of active queries).
 */
#ifndef SLUICE_SERVER_INSTANCE_PARTS_H
#define SLUICE_SERVER_INSTANCE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "planner/planner.h"
#include "server/instance.h"
#include "server/property.h"

struct active_query;

struct instance {
    arena *arena; /* copies of the options */
    instance_options options;
    char *temporary_directory; /* removed at close; NULL: there is none */
    catalog *catalog;
    topic_system *topics;
    engine *engine;
    schema_registry *registry;
    struct embedded_registry *embedded_registry; /* NULL: http_registry is used */
    struct http_registry *http_registry;
    property_list properties; /* given at opening; read-only afterwards */
    int64_t started_ms;
    pthread_mutex_t change, active;
    struct active_query *active_queries;
    atomic_llong next_transient, statements, statement_errors, pull_queries, push_queries, inserts;
};

int64_t instance_now_ms(const instance *i);
/* Whether a source's topic is missing, and how it is to be made. */
bool instance_find_topic(instance *i, slice topic, int32_t partitions,
    const source_descriptor *source, bool *missing, topic_config *config, error *e);
/* Makes the topic when it is missing. */
bool instance_ensure_topic(
    instance *i, slice topic, int32_t partitions, const source_descriptor *source, error *e);
/* planner_options.infer_columns, for this instance's registry. */
bool instance_infer_columns(instance *i, slice topic, bool is_key, const source_format *written,
    arena *a, source_column **columns, int *count, error *e);
/* planner_options.aggregate_can, which needs no context. */
bool instance_aggregate_can(void *context, const function_overload *aggregate, aggregate_need need);
/* Puts the schemas of a new source's formats into the registry, where its topic has none yet. */
bool instance_register_source(instance *i, const source_descriptor *source, error *e);
/* What the engine is told for a query, from properties found by `lookup`. */
query_options instance_query_options(
    instance *i, slice (*lookup)(void *context, slice name), void *context);

#endif
