/* What operators ask: info, health, the state of the cluster. */
#include <stdio.h>

#include "base/clock.h"
#include "server/json_out.h"
#include "server/rest_private.h"

void rest_info(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    (void)request;
    json_open(&body, '{');
    json_name(&body, "KsqlServerInfo");
    json_open(&body, '{');
    json_text_member(&body, "version", SLICE_LITERAL(SLUICE_VERSION));
    json_text_member(&body, "kafkaClusterId", SLICE_LITERAL("sluice"));
    json_text_member(&body, "ksqlServiceId", instance_service_id(r->instance));
    json_text_member(&body, "serverStatus",
        r->terminated ? SLICE_LITERAL("TERMINATED") : SLICE_LITERAL("RUNNING"));
    json_shut(&body, '}');
    json_shut(&body, '}');
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}

static void append_health(buffer *out, const char *name, bool healthy) {
    json_name(out, name);
    json_open(out, '{');
    json_boolean_member(out, "isHealthy", healthy);
    json_shut(out, '}');
}

void rest_health(rest *r, http_exchange *x, const http_request *request) {
    arena *a = arena_create();
    topic_info *topics;
    int count;
    error e = {0};
    buffer body = {0};
    bool healthy = topic_list(instance_topics(r->instance), a, &topics, &count, &e);
    (void)request;
    json_open(&body, '{');
    json_boolean_member(&body, "isHealthy", healthy);
    json_name(&body, "details");
    json_open(&body, '{');
    append_health(&body, "metastore", true);
    append_health(&body, "kafka", healthy);
    append_health(&body, "commandRunner", true);
    json_shut(&body, '}');
    json_text_member(&body, "serverState", SLICE_LITERAL("READY"));
    json_shut(&body, '}');
    rest_answer_json(x, healthy ? 200 : 503, buffer_slice(&body));
    buffer_free(&body);
    arena_destroy(a);
}

static void append_cluster_id(rest *r, buffer *out) {
    json_open(out, '{');
    json_name(out, "scope");
    json_open(out, '{');
    json_name(out, "path");
    json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "clusters");
    json_open(out, '{');
    json_text_member(out, "kafka-cluster", SLICE_LITERAL("sluice"));
    json_text_member(out, "ksql-cluster", instance_service_id(r->instance));
    json_shut(out, '}');
    json_shut(out, '}');
    json_text_member(out, "id", SLICE_LITERAL(""));
    json_shut(out, '}');
}

void rest_metadata(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    bool whole = !slice_ends_with(request->path, SLICE_LITERAL("/id"));
    if (whole) {
        json_open(&body, '{');
        json_text_member(&body, "version", SLICE_LITERAL(SLUICE_VERSION));
        json_name(&body, "clusterId");
    }
    append_cluster_id(r, &body);
    if (whole)
        json_shut(&body, '}');
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}

void rest_valid_property(rest *r, http_exchange *x, const http_request *request) {
    (void)r;
    slice prefix = SLICE_LITERAL("/is_valid_property/");
    slice name =
        slice_make(request->path.data + prefix.length, request->path.length - prefix.length);
    if (session_property_known(name)) {
        rest_answer_json(x, 200, SLICE_LITERAL("true"));
        return;
    }
    char message[256];
    snprintf(message, sizeof message,
        "One or more properties overrides set locally are prohibited or unknown: %.*s",
        SLICE_ARG(name));
    rest_answer_error(x, 40000, message);
}

/* ---- the cluster, of one ---- */

typedef struct listing {
    rest *rest;
    buffer *out;
} listing;

static void append_partitions(listing *l, const query_descriptor *query) {
    catalog *c = instance_catalog(l->rest->instance);
    for (int i = 0; i < query->source_count; i++) {
        const source_descriptor *source = catalog_source(c, query->sources[i]);
        for (int32_t p = 0; source && p < source->partitions; p++) {
            json_open(l->out, '{');
            json_text_member(l->out, "topic", source->topic);
            json_number_member(l->out, "partition", p);
            json_shut(l->out, '}');
        }
    }
}

static void append_query(void *context, const query_descriptor *query, const query_status *status) {
    listing *l = context;
    json_name_slice(l->out, query->id);
    json_open(l->out, '{');
    json_name(l->out, "activeStores");
    json_open(l->out, '[');
    if (status->state_bytes > 0)
        json_text(l->out, SLICE_LITERAL("Aggregate-Aggregate-Materialize"));
    json_shut(l->out, ']');
    json_name(l->out, "activePartitions");
    json_open(l->out, '[');
    append_partitions(l, query);
    json_shut(l->out, ']');
    json_name(l->out, "standByStores");
    json_raw(l->out, SLICE_LITERAL("[]"));
    json_name(l->out, "standByPartitions");
    json_raw(l->out, SLICE_LITERAL("[]"));
    json_shut(l->out, '}');
}

void rest_cluster_status(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    slice host = http_header_value(request, "host");
    int64_t now_ms = clock_now_ms(&CLOCK_SYSTEM);
    json_open(&body, '{');
    json_name(&body, "clusterStatus");
    json_open(&body, '{');
    json_name_slice(&body, host.length ? host : SLICE_LITERAL("localhost"));
    json_open(&body, '{');
    json_boolean_member(&body, "hostAlive", true);
    json_number_member(&body, "lastStatusUpdateMs", now_ms);
    json_name(&body, "activeStandbyPerQuery");
    json_open(&body, '{');
    listing l = {r, &body};
    instance_visit_queries(r->instance, append_query, &l);
    json_shut(&body, '}');
    json_name(&body, "hostStoreLags");
    json_open(&body, '{');
    json_name(&body, "stateStoreLags");
    json_raw(&body, SLICE_LITERAL("{}"));
    json_number_member(&body, "updateTimeMs", now_ms);
    for (int i = 0; i < 4; i++)
        json_shut(&body, '}');
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}
