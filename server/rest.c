/* Routes, bodies, /ksql, and the small endpoints. Queries are in rest_query.c, metrics in
 * rest_metrics.c. */
#include "server/rest.h"

#include <stdio.h>

#include "base/memory.h"
#include "server/rest_private.h"

#define JSON_TYPE SLICE_LITERAL("application/json")

void rest_answer_json(http_exchange *x, int status, slice json) {
    http_respond(x, status, JSON_TYPE, json);
}

void rest_answer_error(http_exchange *x, int error_code, const char *message) {
    error e = {0};
    buffer body = {0};
    error_set(&e, ERROR_STATEMENT, "%s", message);
    response_append_error(&body, &e, error_code, (slice){NULL, 0}, (slice){NULL, 0}, true);
    rest_answer_json(x, error_code / 100, buffer_slice(&body));
    buffer_free(&body);
}

bool rest_accepts(const http_request *request, const char *type) {
    slice accept = http_header_value(request, "accept");
    return accept.data && memmem(accept.data, accept.length, type, strlen(type)) != NULL;
}

/* ---- bodies ---- */

static slice value_text(arena *a, const json_t *value) {
    if (json_is_string(value))
        return arena_copy(a, slice_make(json_string_value(value), json_string_length(value)));
    if (json_is_integer(value))
        return arena_format(a, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return arena_format(a, "%g", json_real_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? SLICE_LITERAL("true") : SLICE_LITERAL("false");
    return (slice){NULL, 0};
}

typedef bool (*session_setter)(session *s, slice name, slice value, error *e);

static bool set_all(
    rest_statement_request *request, const json_t *object, session_setter set, error *e) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (!set(request->session, slice_of(name), value_text(request->arena, value), e))
            return false;
    }
    return true;
}

static const json_t *either(const json_t *object, const char *name, const char *other) {
    const json_t *value = json_object_get(object, name);
    return value ? value : json_object_get(object, other);
}

static bool fill_request(rest *r, const json_t *body, rest_statement_request *out, error *e) {
    const json_t *sql = either(body, "ksql", "sql");
    if (!json_is_string(sql))
        return error_set(e, ERROR_STATEMENT,
            "The request has no field with the SQL: \"ksql\", or \"sql\" for /query-stream.");
    out->arena = arena_create();
    out->session = session_open(r->instance);
    out->sql = value_text(out->arena, sql);
    return set_all(out, either(body, "streamsProperties", "properties"), session_set_property, e) &&
           set_all(out, json_object_get(body, "sessionVariables"), session_set_variable, e);
}

bool rest_read_request(
    rest *r, http_exchange *x, const http_request *request, rest_statement_request *out) {
    json_error_t syntax;
    error e = {0};
    *out = (rest_statement_request){0};
    json_t *body = json_loadb(request->body.data, request->body.length, 0, &syntax);
    if (!json_is_object(body))
        error_set(&e, ERROR_STATEMENT, "The request's body is not a JSON object: %s.",
            body ? "it is another kind of value" : syntax.text);
    else
        fill_request(r, body, out, &e);
    json_decref(body);
    if (!error_is_set(&e))
        return true;
    rest_free_request(out);
    buffer message = {0};
    error_render(&e, (slice){NULL, 0}, &message);
    buffer_append_byte(&message, 0);
    rest_answer_error(x, 40000, message.data);
    buffer_free(&message);
    return false;
}

void rest_free_request(rest_statement_request *request) {
    session_close(request->session);
    arena_destroy(request->arena);
    *request = (rest_statement_request){0};
}

/* ---- /ksql ---- */

static void append_entity(buffer *entities, const response *answer) {
    if (!answer->json.data)
        return;
    if (entities->length)
        buffer_append_byte(entities, ',');
    buffer_append(entities, answer->json);
}

void rest_ksql(rest *r, http_exchange *x, const http_request *request) {
    rest_statement_request s;
    if (!rest_read_request(r, x, request, &s))
        return;
    buffer entities = {0}, body = {0};
    size_t position = 0;
    int status = 200;
    for (;;) {
        session_result result = {0};
        error e = {0};
        session_outcome outcome =
            session_next(s.session, s.sql, &position, s.arena, NULL, &result, &e);
        if (outcome == SESSION_END)
            break;
        if (outcome == SESSION_FAILED) {
            int code = result.error_code ? result.error_code : 40001;
            status = code / 100;
            response_append_error(
                &body, &e, code, result.statement, buffer_slice(&entities), false);
            break;
        }
        append_entity(&entities, &result.answer);
    }
    if (status == 200)
        buffer_format(&body, "[%.*s]", SLICE_ARG(buffer_slice(&entities)));
    http_respond(x, status,
        rest_accepts(request, REST_KSQL_TYPE) ? SLICE_LITERAL(REST_KSQL_TYPE) : JSON_TYPE,
        buffer_slice(&body));
    buffer_free(&entities);
    buffer_free(&body);
    rest_free_request(&s);
}

/* ---- the small endpoints ---- */

static void answer_info(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    (void)request;
    buffer_append_text(&body, "{\"KsqlServerInfo\":{\"version\":\"" SLUICE_VERSION
                              "\",\"kafkaClusterId\":\"sluice\",\"ksqlServiceId\":");
    buffer_append_json_string(&body, instance_service_id(r->instance));
    buffer_append_text(&body, ",\"serverStatus\":\"RUNNING\"}}");
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}

static void answer_health(rest *r, http_exchange *x, const http_request *request) {
    (void)request;
    arena *a = arena_create();
    topic_info *topics;
    int count;
    error e = {0};
    const char *log =
        topic_list(instance_topics(r->instance), a, &topics, &count, &e) ? "true" : "false";
    slice body = arena_format(a,
        "{\"isHealthy\":%s,\"details\":{\"metastore\":{\"isHealthy\":true},\"kafka\":{"
        "\"isHealthy\":%s},"
        "\"commandRunner\":{\"isHealthy\":true}},\"serverState\":\"READY\"}",
        log, log);
    rest_answer_json(x, slice_is(slice_of(log), "true") ? 200 : 503, body);
    arena_destroy(a);
}

static void answer_ok(rest *r, http_exchange *x, const http_request *request) {
    (void)r;
    (void)request;
    rest_answer_json(x, 200, SLICE_LITERAL("{}"));
}

static void answer_metadata(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    buffer_append_text(&body, "{\"scope\":{\"path\":[],\"clusters\":{\"kafka-cluster\":\"sluice\","
                              "\"ksql-cluster\":");
    buffer_append_json_string(&body, instance_service_id(r->instance));
    buffer_append_text(&body, "}},\"id\":");
    if (slice_ends_with(request->path, SLICE_LITERAL("/id"))) {
        buffer_append_text(&body, "\"\"}");
    } else {
        buffer_clear(&body);
        buffer_append_text(&body,
            "{\"version\":\"" SLUICE_VERSION "\",\"clusterId\":{\"scope\":{\"path\":[],"
            "\"clusters\":{\"kafka-cluster\":\"sluice\",\"ksql-cluster\":");
        buffer_append_json_string(&body, instance_service_id(r->instance));
        buffer_append_text(&body, "}},\"id\":\"\"}}");
    }
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}

static void answer_valid_property(rest *r, http_exchange *x, const http_request *request) {
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

static void answer_status(rest *r, http_exchange *x, const http_request *request) {
    (void)r;
    (void)request;
    rest_answer_json(x, 200, SLICE_LITERAL("{\"status\":\"SUCCESS\",\"message\":\"Executed\"}"));
}

static void redirect_to_info(rest *r, http_exchange *x, const http_request *request) {
    (void)r;
    (void)request;
    http_add_header(x, SLICE_LITERAL("location"), SLICE_LITERAL("/info"));
    http_respond(x, 307, (slice){NULL, 0}, SLICE_LITERAL(""));
}

/* ---- routes ---- */

typedef struct route {
    const char *method,
        *path; /* a path that ends in '/' matches what begins with it, but for "/" itself */
    void (*handle)(rest *r, http_exchange *x, const http_request *request);
} route;

static const route routes[] = {
    {"POST", "/ksql", rest_ksql},
    {"POST", "/query", rest_query_array},
    {"POST", "/query-stream", rest_query_stream},
    {"POST", "/inserts-stream", rest_insert_stream},
    {"POST", "/close-query", rest_close_query},
    {"GET", "/info", answer_info},
    {"GET", "/healthcheck", answer_health},
    {"GET", "/metrics", rest_metrics},
    {"GET", "/livez", answer_ok},
    {"GET", "/readyz", answer_ok},
    {"GET", "/chc/live", answer_ok},
    {"GET", "/chc/ready", answer_ok},
    {"GET", "/v1/metadata", answer_metadata},
    {"GET", "/v1/metadata/id", answer_metadata},
    {"GET", "/is_valid_property/", answer_valid_property},
    {"GET", "/status/", answer_status},
    {"GET", "/", redirect_to_info},
};

static bool route_matches(const route *r, slice path) {
    slice pattern = slice_of(r->path);
    if (pattern.length > 1 && slice_ends_with(pattern, SLICE_LITERAL("/")))
        return slice_starts_with(path, pattern) && path.length > pattern.length;
    return slice_equal(path, pattern);
}

static void handle(void *context, http_exchange *x, const http_request *request) {
    rest *r = context;
    const char *allowed = NULL;
    if (rest_registry(r, x, request))
        return;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!route_matches(&routes[i], request->path))
            continue;
        allowed = routes[i].method;
        if (slice_is(request->method, routes[i].method) ||
            (slice_is(request->method, "HEAD") && slice_is(slice_of(routes[i].method), "GET"))) {
            routes[i].handle(r, x, request);
            return;
        }
    }
    if (!allowed) {
        rest_answer_error(x, 40400, "There is no such endpoint.");
        return;
    }
    http_add_header(x, SLICE_LITERAL("allow"),
        slice_is(slice_of(allowed), "GET") ? SLICE_LITERAL("GET, HEAD") : slice_of(allowed));
    rest_answer_error(x, 40500, "This endpoint does not take that HTTP method.");
}

rest *rest_open(instance *i, slice listen, error *e) {
    rest *r = MEMORY_NEW(rest);
    r->instance = i;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    http_options options = {.listen = listen, .handler = handle, .context = r};
    r->http = http_server_open(&options, e);
    if (!r->http) {
        pthread_mutex_destroy(&r->lock);
        pthread_cond_destroy(&r->changed);
        memory_free(r);
        return NULL;
    }
    pthread_create(&r->reaper, NULL, rest_reap, r);
    return r;
}

void rest_close(rest *r) {
    if (!r)
        return;
    rest_end_queries(r);
    http_server_close(r->http); /* queries that began meanwhile see their client leave */
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->reaper, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    memory_free(r);
}

int rest_port(const rest *r) {
    return http_server_port(r->http);
}
