/* Opening: directory, topics, registry, catalog, engine; then every query of the catalog is planned
 * again, in the order of creation, and started. A query that cannot be planned any more (a function
 * is gone, a topic was deleted) is logged and left in the catalog: the others run. */
#include "server/instance.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "executor/function/extension.h"
#include "executor/topic/connector.h"
#include "parser/parser.h"
#include "server/active_query.h"
#include "server/embedded_registry.h"
#include "server/http_registry.h"
#include "server/instance_parts.h"
#include "server/known_catalog.h"

/* ---- directories ---- */

static bool make_directory(slice path, error *e) {
    char *name = memory_copy_text(path);
    bool ok = true;
    for (char *at = name + 1; ok && *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        ok = mkdir(name, 0777) == 0 || errno == EEXIST;
        *at = '/';
    }
    ok = ok && (mkdir(name, 0777) == 0 || errno == EEXIST);
    if (!ok)
        error_set(e, ERROR_IO, "Cannot make the directory %s: %s", name, strerror(errno));
    memory_free(name);
    return ok;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    return remove(path);
}

static bool choose_directory(instance *i, error *e) {
    if (i->options.data_directory.data)
        return make_directory(i->options.data_directory, e);
    const char *parent = getenv("TMPDIR");
    slice pattern = arena_format(i->arena, "%s/sluice-XXXXXX", parent ? parent : "/tmp");
    i->temporary_directory = memory_copy_text(pattern);
    if (!mkdtemp(i->temporary_directory)) {
        memory_free(i->temporary_directory);
        i->temporary_directory = NULL;
        return error_set(e, ERROR_IO, "Cannot make a directory under /tmp: %s", strerror(errno));
    }
    i->options.data_directory = slice_of(i->temporary_directory);
    i->options.no_sync = true;
    return true;
}

/* ---- opening ---- */

static void copy_options(instance *i, const instance_options *options) {
    i->options = *options;
    i->options.data_directory = arena_copy(i->arena, options->data_directory);
    i->options.kafka = arena_copy(i->arena, options->kafka);
    i->options.registry_url = arena_copy(i->arena, options->registry_url);
    i->options.service_id = arena_copy(
        i->arena, options->service_id.data ? options->service_id : SLICE_LITERAL("default_"));
    for (int n = 0; n < options->property_count; n++)
        property_list_set(&i->properties, property_plain_name(options->property_names[n]),
            options->property_values[n]);
    i->options.property_names = i->options.property_values = NULL;
}

static topic_system *open_topics(instance *i, const instance_options *options, error *e) {
    if (i->options.kafka.data) {
        slice *pairs = ARENA_ARRAY(i->arena, slice, 2 * options->kafka_count);
        for (int n = 0; n < options->kafka_count; n++) {
            pairs[2 * n] = options->kafka_names[n];
            pairs[2 * n + 1] = options->kafka_values[n];
        }
        return kafka_open(i->options.kafka, pairs, options->kafka_count, e);
    }
    slice log = arena_format(i->arena, "%.*s/log", SLICE_ARG(i->options.data_directory));
    return make_directory(log, e) ? embedded_log_open(log, !i->options.no_sync, e) : NULL;
}

static slice registry_setting(void *context, const char *name) {
    return property_list_get(&((instance *)context)->properties, slice_of(name));
}

static bool open_registry(instance *i, slice lasting, error *e) {
    slice url = i->options.registry_url;
    if (!url.data)
        url = registry_setting(i, "ksql.schema.registry.url");
    if (url.length) {
        i->http_registry = http_registry_open(url, registry_setting, i, e);
        i->registry = i->http_registry ? http_registry_interface(i->http_registry) : NULL;
    } else {
        i->embedded_registry = embedded_registry_open(lasting, e);
        i->registry =
            i->embedded_registry ? embedded_registry_interface(i->embedded_registry) : NULL;
    }
    return i->registry != NULL;
}

static void log_trouble(void *context, slice query_id, slice node, const char *message) {
    log_warn("%.*s %.*s: %s", SLICE_ARG(query_id), SLICE_ARG(node), message);
}

static bool open_parts(instance *i, const instance_options *options, error *e) {
    /* A temporary instance keeps its catalog and state in memory: nobody comes back for them. */
    slice lasting = i->temporary_directory ? (slice){NULL, 0} : i->options.data_directory;
    topic_system *topics = open_topics(i, options, e);
    slice found = arena_format(i->arena, "%.*s/found", SLICE_ARG(i->options.data_directory));
    i->topics = topics ? connectors_open(topics, found) : NULL;
    if (!i->topics || !(i->catalog = catalog_open(lasting, e)) || !open_registry(i, lasting, e))
        return false;
    engine_options engine_settings = {.topics = i->topics,
        .registry = i->registry,
        .data_directory = lasting,
        .service_id = i->options.service_id,
        .clock = i->options.clock,
        .processing_log = log_trouble,
        .processing_log_context = i};
    i->engine = engine_open(&engine_settings, e);
    return i->engine != NULL;
}

/* ---- functions from libraries ---- */

static void log_library(void *context, bool loaded, const char *line) {
    if (loaded)
        log_info("%s", line);
    else
        log_warn("%s", line);
}

/* The directory that ksql.extension.dir names, or `ext` in the data directory where there is one,
 * and what the options name. The queries of the catalog may call what is there. */
static void load_extensions(instance *i, const instance_options *options) {
    slice named = property_list_get(&i->properties, SLICE_LITERAL("ksql.extension.dir"));
    slice usual = arena_format(i->arena, "%.*s/ext", SLICE_ARG(i->options.data_directory));
    if (named.length)
        extensions_load(named, log_library, NULL);
    else if (access(usual.data, F_OK) == 0)
        extensions_load(usual, log_library, NULL);
    for (int n = 0; n < options->extension_count; n++)
        extensions_load(options->extensions[n], log_library, NULL);
    i->options.extensions = NULL;
}

int64_t instance_now_ms(const instance *i) {
    return clock_now_ms(&i->options.clock);
}

/* ---- starting the catalog's queries ---- */

typedef struct restart {
    instance *instance;
    const query_descriptor *query;
} restart;

static slice restart_property(void *context, slice name) {
    restart *r = context;
    name = property_plain_name(name);
    for (int n = 0; n < r->query->property_count; n++)
        if (slice_equal(r->query->property_names[n], name))
            return r->query->property_values[n];
    slice value = catalog_property(r->instance->catalog, name);
    if (!value.data)
        value = property_list_get(&r->instance->properties, name);
    const property_description *known = property_find(name);
    return value.data || !known ? value : slice_of(known->value);
}

static bool restart_topic(void *context, slice topic, planner_topic *out) {
    restart *r = context;
    topic_info info;
    error ignored = {0};
    if (!topic_describe(r->instance->topics, topic, &info, &ignored))
        return false;
    *out = (planner_topic){info.config.partitions, info.config.replicas, -1};
    return true;
}

static bool restart_columns(void *context, slice topic, bool is_key, const source_format *format,
    arena *a, source_column **columns, int *count, error *e) {
    restart *r = context;
    return instance_infer_columns(r->instance, topic, is_key, format, a, columns, count, e);
}

/* What the query has kept can be read only by a plan that lays it out in the same way. Another
 * version of Sluice or of a function library may plan the same SQL differently. */
static bool check_layout(const query_descriptor *query, const plan *p, error *e) {
    if (query->fingerprint == p->fingerprint)
        return true;
    error_set(e, ERROR_DATA, "what it has kept was laid out by another plan of its statement");
    return error_hint(e, "Terminate it and create it again; its inputs are still there.");
}

static bool plan_again(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice id, plan **p, error *e) {
    return statement->dialect == PARSER_FLINK
               ? planner_plan_flink(statement, catalog, options, id, p, e)
               : planner_plan_query(statement, catalog, options, id, p, e);
}

static bool restart_query(instance *i, const query_descriptor *query, error *e) {
    restart r = {i, query};
    planner_options options = {.context = &r,
        .property = restart_property,
        .topic = restart_topic,
        .infer_columns = restart_columns,
        .aggregate_can = instance_aggregate_can};
    arena *a = arena_create();
    plan *p = NULL;
    slice sql = arena_copy(a, query->sql);
    parser_dialect dialect =
        property_dialect(restart_property(&r, SLICE_LITERAL("sluice.sql.dialect")));
    ast_statement *statement = parser_parse_statement_in(a, dialect, sql, e);
    catalog *known = NULL;
    bool ok = statement && known_catalog_open(i->catalog, query, &known, e) &&
              plan_again(statement, known ? known : i->catalog, &options, query->id, &p, e);
    catalog_close(known);
    if (ok && !check_layout(query, p, e)) {
        plan_destroy(p);
        ok = false;
    }
    if (ok) {
        query_options settings = instance_query_options(i, restart_property, &r);
        settings.paused = query->paused;
        settings.only_when_drained = i->options.only_when_drained;
        ok = query_open(i->engine, p, &settings, e) != NULL;
    }
    arena_destroy(a);
    return ok;
}

static void restart_queries(instance *i) {
    catalog_read_lock(i->catalog);
    int count;
    const query_descriptor *const *queries = catalog_queries(i->catalog, &count);
    engine_hold_reading(i->engine, true); /* they begin together */
    for (int n = 0; n < count; n++) {
        error e = {0};
        if (!restart_query(i, queries[n], &e))
            log_error("The query %.*s cannot be started: %s", SLICE_ARG(queries[n]->id), e.message);
    }
    engine_hold_reading(i->engine, false);
    catalog_unlock(i->catalog);
}

instance *instance_open(const instance_options *options, error *e) {
    instance *i = MEMORY_NEW(instance);
    i->arena = arena_create();
    pthread_mutex_init(&i->change, NULL);
    pthread_mutex_init(&i->active, NULL);
    copy_options(i, options);
    if (!i->options.clock.now_ms)
        i->options.clock = CLOCK_SYSTEM;
    i->started_ms = instance_now_ms(i);
    bool ok = choose_directory(i, e);
    if (ok)
        load_extensions(i, options);
    if (ok && open_parts(i, options, e)) {
        restart_queries(i);
        return i;
    }
    instance_close(i);
    return NULL;
}

void instance_close(instance *i) {
    if (!i)
        return;
    active_query_stop_all(i);
    engine_close(i->engine);
    embedded_registry_close(i->embedded_registry);
    http_registry_close(i->http_registry);
    catalog_close(i->catalog);
    if (i->topics)
        topic_system_close(i->topics);
    if (i->temporary_directory)
        nftw(i->temporary_directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    memory_free(i->temporary_directory);
    property_list_free(&i->properties);
    pthread_mutex_destroy(&i->change);
    pthread_mutex_destroy(&i->active);
    arena_destroy(i->arena);
    memory_free(i);
}

/* ---- parts ---- */

catalog *instance_catalog(instance *i) {
    return i->catalog;
}
engine *instance_engine(instance *i) {
    return i->engine;
}
topic_system *instance_topics(instance *i) {
    return i->topics;
}
schema_registry *instance_registry(instance *i) {
    return i->registry;
}
struct embedded_registry *instance_embedded_registry(instance *i) {
    return i->embedded_registry;
}
bool instance_register_schema(
    instance *i, slice subject, slice type, slice schema, int32_t id, error *e) {
    if (!i->embedded_registry)
        return error_set(e, ERROR_UNSUPPORTED,
            "A schema can be put under an id only into the embedded registry");
    return embedded_registry_put(i->embedded_registry, subject, type, schema, id, e);
}

slice instance_service_id(const instance *i) {
    return i->options.service_id;
}
int64_t instance_started_ms(const instance *i) {
    return i->started_ms;
}

slice instance_property(instance *i, arena *a, slice name) {
    name = property_plain_name(name);
    catalog_read_lock(i->catalog);
    slice value = arena_copy(a, catalog_property(i->catalog, name));
    catalog_unlock(i->catalog);
    if (!value.data)
        value = arena_copy(a, property_list_get(&i->properties, name));
    const property_description *known = property_find(name);
    return value.data || !known ? value : slice_of(known->value);
}

bool instance_find_topic(instance *i, slice topic, int32_t partitions,
    const source_descriptor *source, bool *missing, topic_config *config, error *e) {
    bool exists;
    *config = (topic_config){.partitions = partitions,
        .replicas = source->replicas > 0 ? source->replicas : 0,
        .retention_ms = source->retention_ms > 0 ? source->retention_ms : 0,
        .compact = source->kind == SOURCE_TABLE && source->window == WINDOW_NONE};
    if (!topic_find(i->topics, topic, &exists, e))
        return false;
    *missing = !exists;
    return true;
}

bool instance_ensure_topic(
    instance *i, slice topic, int32_t partitions, const source_descriptor *source, error *e) {
    bool missing;
    topic_config config;
    return instance_find_topic(i, topic, partitions, source, &missing, &config, e) &&
           (!missing || topic_create(i->topics, topic, &config, e));
}

static int64_t number_property(slice (*lookup)(void *context, slice name), void *context,
    const char *name, int64_t otherwise) {
    int64_t number;
    slice value = lookup(context, slice_of(name));
    return value.data && slice_to_int64(value, &number) ? number : otherwise;
}

/* Flink's names come first where its dialect is spoken: the table's, then the cluster's. */
static int count_threads(slice (*lookup)(void *context, slice name), void *context) {
    static const char *const names[] = {
        "table.exec.resource.default-parallelism", "parallelism.default"};
    bool is_flink =
        property_dialect(lookup(context, SLICE_LITERAL("sluice.sql.dialect"))) == PARSER_FLINK;
    for (int i = 0; is_flink && i < 2; i++) {
        int64_t number = number_property(lookup, context, names[i], -1);
        if (number > 0)
            return number < QUERY_THREADS_MOST ? (int)number : QUERY_THREADS_MOST;
    }
    return (int)number_property(lookup, context, "num.stream.threads", 1);
}

query_options instance_query_options(
    instance *i, slice (*lookup)(void *context, slice name), void *context) {
    slice start = lookup(context, SLICE_LITERAL("auto.offset.reset"));
    return (query_options){
        .start = slice_is_ignore_case(start, "earliest") ? QUERY_FROM_EARLIEST : QUERY_FROM_LATEST,
        .commit_interval_ms = number_property(lookup, context, "commit.interval.ms", 0),
        .threads = count_threads(lookup, context),
        .results_per_row = i->options.results_per_row ||
                           number_property(lookup, context, "cache.max.bytes.buffering", -1) == 0,
        .batch_rows = number_property(lookup, context, "sluice.batch.rows", 0),
        .changelog_bytes = number_property(lookup, context, "sluice.changelog.bytes", 0),
        .at_least_once = slice_is_ignore_case(
            lookup(context, SLICE_LITERAL("processing.guarantee")), "at_least_once"),
        .bad_time_fails = slice_is_ignore_case(
            lookup(context, SLICE_LITERAL("ksql.timestamp.throw.on.invalid")), "true"),
        .idle_timeout_ms = number_property(lookup, context, "sluice.idle.timeout.ms", 0),
        .stepped = i->options.stepped};
}

/* ---- looking at it ---- */

void instance_visit_queries(instance *i,
    void (*visit)(void *context, const query_descriptor *query, const query_status *status),
    void *context) {
    catalog_read_lock(i->catalog);
    int count;
    const query_descriptor *const *queries = catalog_queries(i->catalog, &count);
    for (int n = 0; n < count; n++) {
        query_status status = {.state = QUERY_ERROR, .stream_time_ms = INT64_MIN};
        running_query *running = engine_hold_query(i->engine, queries[n]->id);
        if (running)
            query_read_status(running, &status);
        query_let_go(running);
        visit(context, queries[n], &status);
    }
    catalog_unlock(i->catalog);
}

static void count_query(void *context, const query_descriptor *query, const query_status *status) {
    instance_counts *counts = context;
    counts->persistent_running += status->state == QUERY_RUNNING;
    counts->persistent_paused += status->state == QUERY_PAUSED;
    counts->persistent_failed += status->state == QUERY_ERROR;
    counts->rows_in += status->rows_in;
    counts->rows_out += status->rows_out;
    counts->rows_late += status->rows_late;
    counts->rows_failed += status->rows_failed;
    counts->commits += status->commits;
    counts->recoveries += status->recoveries;
    counts->state_bytes += status->state_bytes;
}

static void count_active(void *context, const active_query *q) {
    ((instance_counts *)context)->push_active += q->running != NULL;
}

void instance_read_counts(instance *i, instance_counts *counts) {
    *counts = (instance_counts){.statements = i->statements,
        .statement_errors = i->statement_errors,
        .pull_queries = i->pull_queries,
        .push_queries = i->push_queries,
        .inserts = i->inserts};
    instance_visit_queries(i, count_query, counts);
    active_query_visit(i, count_active, counts);
}
