/* instance.h - one Sluice in one process: catalog, topics, schema registry, engine.
 *
 * Opening it recovers everything: the embedded log is cut back to its last commit, the catalog is
 * read, and its queries are planned again from their SQL and started. Any number of sessions
 * (session.h) work on it from any threads. What changes the catalog is done by one of them at a
 * time.
 */
#ifndef SLUICE_SERVER_INSTANCE_H
#define SLUICE_SERVER_INSTANCE_H

#include "catalog/catalog.h"
#include "executor/engine.h"

typedef struct instance instance;

typedef struct instance_options {
    slice data_directory; /* catalog, embedded log, state; made when absent. NULL: a directory of
                             its own under /tmp that is removed at close, nothing in it is synced */
    slice kafka;          /* HOST:PORT of a Kafka broker; NULL: the embedded log */
    const slice *kafka_names, *kafka_values; /* librdkafka settings on top */
    int kafka_count;
    slice registry_url; /* a schema registry; NULL: the one in this process */
    slice service_id;   /* prefix of internal topics; NULL: "default_" */
    const slice *property_names,
        *property_values; /* system properties (ksql.*, auto.offset.reset, ...) */
    int property_count;
    const slice *extensions; /* libraries of functions, or directories of them (udf.h); besides
                                ksql.extension.dir */
    int extension_count;
    clock_source clock;     /* zeroed: CLOCK_SYSTEM */
    bool no_sync;           /* leaves out fsync (tests) */
    bool stepped;           /* queries have no threads: the caller feeds them (tests) */
    bool results_per_row;   /* nothing is coalesced (tests, cache size 0) */
    bool only_when_drained; /* persistent queries read in query_drain only (tests) */
} instance_options;

/* Everything is copied. NULL: see the error. */
instance *instance_open(const instance_options *options, error *e);
/* Ends active push queries, commits and stops all queries. Sessions must be closed before. */
void instance_close(instance *i); /* NULL is allowed */

/* The parts. They live as long as the instance. */
catalog *instance_catalog(instance *i);
engine *instance_engine(instance *i);
topic_system *instance_topics(instance *i);
schema_registry *instance_registry(instance *i);
/* The registry in this process; NULL when another one is used. */
struct embedded_registry *instance_embedded_registry(instance *i);
/* Registers a schema under an id of the caller's choice (0: the next one) in the embedded registry.
 */
bool instance_register_schema(
    instance *i, slice subject, slice type, slice schema, int32_t id, error *e);
/* "default_" */
slice instance_service_id(const instance *i);
/* Milliseconds since the epoch at which it was opened. */
int64_t instance_started_ms(const instance *i);
/* A system property: ALTER SYSTEM's value, else the one given at opening, else the built-in
 * default; the NULL slice when there is none. Copied into `a`. */
slice instance_property(instance *i, arena *a, slice name);

/* Counts for /metrics and SHOW: queries by state. */
typedef struct instance_counts {
    int persistent_running, persistent_paused, persistent_failed, push_active;
    int64_t statements, statement_errors, pull_queries, push_queries, inserts;
    int64_t rows_in, rows_out, rows_late, rows_failed, commits, recoveries, state_bytes;
} instance_counts;
void instance_read_counts(instance *i, instance_counts *counts);
/* Visits every persistent query in order of creation. */
void instance_visit_queries(instance *i,
    void (*visit)(void *context, const query_descriptor *query, const query_status *status),
    void *context);

#endif
