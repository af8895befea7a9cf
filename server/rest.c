/* Routes, who may take them, /ksql, and the opening. Queries are in rest_query.c, what operators
 * ask in rest_cluster.c, metrics in rest_metrics.c. */
#include "server/rest.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/memory.h"
#include "server/rest_private.h"

#define JSON_TYPE SLICE_LITERAL(REST_JSON_TYPE)

enum { CATCH_UP_S = 5 };

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

/* ---- /ksql ---- */

static void append_entity(buffer *entities, const response *answer) {
    if (!answer->json.data)
        return;
    if (entities->length)
        buffer_append_byte(entities, ',');
    buffer_append(entities, answer->json);
}

/* A client that has read its own writes' commandSequenceNumber sends it with what must see them.
 * Statements are executed when they have been answered, so only a number that nobody was given yet
 * has to wait. */
static bool caught_up(rest *r, int64_t sequence) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CATCH_UP_S;
    int waited = 0;
    pthread_mutex_lock(&r->lock);
    while (sequence > r->sequence && !r->stopping && waited == 0)
        waited = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    bool ok = sequence <= r->sequence;
    pthread_mutex_unlock(&r->lock);
    return ok;
}

static bool may_run(rest *r, http_exchange *x, const rest_statement_request *s) {
    if (r->terminated)
        rest_answer_error(
            x, 50304, "The cluster has been terminated. No new statements are accepted.");
    else if (s->sequence >= 0 && !caught_up(r, s->sequence))
        rest_answer_error(x, 50301,
            "Timed out while waiting for a previous command to execute: its commandSequenceNumber "
            "is not known here.");
    else
        return true;
    return false;
}

/* Returns the status; fills the body. */
static int run_statements(rest *r, rest_statement_request *s, buffer *body) {
    buffer entities = {0};
    size_t position = 0;
    int status = 200;
    while (status == 200) {
        session_result result = {0};
        error e = {0};
        session_outcome outcome =
            session_next(s->session, s->sql, &position, s->arena, NULL, &result, &e);
        if (outcome == SESSION_END)
            break;
        if (outcome == SESSION_FAILED) {
            int code = result.error_code ? result.error_code : 40001;
            status = code / 100;
            response_append_error(body, &e, code, result.statement, buffer_slice(&entities), false);
        } else {
            rest_note_command(r, &result.answer);
            append_entity(&entities, &result.answer);
        }
    }
    if (status == 200)
        buffer_format(body, "[%.*s]", SLICE_ARG(buffer_slice(&entities)));
    buffer_free(&entities);
    return status;
}

void rest_ksql(rest *r, http_exchange *x, const http_request *request) {
    static const char *const types[] = {REST_JSON_TYPE, REST_KSQL_TYPE, NULL};
    int type = rest_choose_type(request, types);
    rest_statement_request s;
    if (type < 0) {
        rest_answer_error(x, 40600, "Answers are application/json or " REST_KSQL_TYPE ".");
        return;
    }
    if (!rest_read_request(r, x, request, &s))
        return;
    if (may_run(r, x, &s)) {
        buffer body = {0};
        int status = run_statements(r, &s, &body);
        http_respond(x, status, slice_of(types[type]), buffer_slice(&body));
        buffer_free(&body);
    }
    rest_free_request(&s);
}

/* ---- the small endpoints ---- */

static void answer_ok(rest *r, http_exchange *x, const http_request *request) {
    (void)r;
    (void)request;
    rest_answer_json(x, 200, SLICE_LITERAL("{}"));
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
    bool writes; /* not for who may only read; /ksql and queries look at each statement */
} route;

static const route routes[] = {
    {"POST", "/ksql", rest_ksql, false},
    {"POST", "/ksql/terminate", rest_terminate, true},
    {"POST", "/query", rest_query_array, false},
    {"POST", "/query-stream", rest_query_stream, false},
    {"GET", "/query-stream", rest_query_events, false},
    {"POST", "/inserts-stream", rest_insert_stream, true},
    {"POST", "/close-query", rest_close_query, false},
    {"GET", "/ws/query", rest_query_socket, false},
    {"GET", "/info", rest_info, false},
    {"GET", "/healthcheck", rest_health, false},
    {"GET", "/clusterStatus", rest_cluster_status, false},
    {"GET", "/status", rest_all_statuses, false},
    {"GET", "/status/", rest_status, false},
    {"GET", "/is_valid_property/", rest_valid_property, false},
    {"GET", "/v1/metadata", rest_metadata, false},
    {"GET", "/v1/metadata/id", rest_metadata, false},
    {"POST", "/heartbeat", rest_peer_report, true},
    {"POST", "/lag", rest_peer_report, true},
    {"GET", "/metrics", rest_metrics, false},
    {"GET", "/livez", answer_ok, false},
    {"GET", "/readyz", answer_ok, false},
    {"GET", "/chc/live", answer_ok, false},
    {"GET", "/chc/ready", answer_ok, false},
    {"GET", "/", redirect_to_info, false},
};
enum { ROUTE_COUNT = sizeof routes / sizeof *routes };

static bool route_matches(const route *r, slice path) {
    slice pattern = slice_of(r->path);
    if (pattern.length > 1 && slice_ends_with(pattern, SLICE_LITERAL("/")))
        return slice_starts_with(path, pattern) && path.length > pattern.length;
    return slice_equal(path, pattern);
}

static bool method_matches(const route *r, slice method) {
    return slice_is(method, r->method) ||
           (slice_is(method, "HEAD") && strcmp(r->method, "GET") == 0);
}

static const route *find_route(const http_request *request) {
    for (int i = 0; i < ROUTE_COUNT; i++)
        if (route_matches(&routes[i], request->path) && method_matches(&routes[i], request->method))
            return &routes[i];
    return NULL;
}

/* "POST, OPTIONS"; empty when there is no such path. */
static void append_allowed(buffer *out, slice path) {
    for (int i = 0; i < ROUTE_COUNT; i++)
        if (route_matches(&routes[i], path))
            buffer_format(out, "%s%s", out->length ? ", " : "",
                strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
}

static void answer_without_route(http_exchange *x, const http_request *request) {
    buffer allowed = {0};
    append_allowed(&allowed, request->path);
    if (!allowed.length) {
        rest_answer_error(x, 40400, "There is no such endpoint.");
        return;
    }
    http_add_header(x, SLICE_LITERAL("allow"), buffer_slice(&allowed));
    buffer_free(&allowed);
    if (slice_is(request->method, "OPTIONS"))
        http_respond(x, 204, (slice){NULL, 0}, SLICE_LITERAL(""));
    else
        rest_answer_error(x, 40500, "This endpoint does not take that HTTP method.");
}

static bool reads_only(const http_request *request, const route *route) {
    bool looks = slice_is(request->method, "GET") || slice_is(request->method, "HEAD") ||
                 slice_is(request->method, "OPTIONS");
    return route ? !route->writes : looks;
}

/* False after answering why not. A preflight has no credentials. */
static bool is_allowed(rest *r, http_exchange *x, const http_request *request, const route *route) {
    if (!r->auth || rest_auth_skips(r->auth, request->path) || slice_is(request->method, "OPTIONS"))
        return true;
    rest_access access = rest_auth_check(r->auth, request);
    if (access == REST_UNKNOWN) {
        buffer challenge = {0};
        buffer_format(&challenge, "Basic realm=\"%.*s\"", SLICE_ARG(rest_auth_realm(r->auth)));
        http_add_header(x, SLICE_LITERAL("www-authenticate"), buffer_slice(&challenge));
        buffer_free(&challenge);
        rest_answer_error(x, 40100, "Unauthorized");
        return false;
    }
    if (access == REST_WRITER || (access == REST_READER && reads_only(request, route)))
        return true;
    rest_answer_error(x, 40300,
        access == REST_READER ? "You may only read here."
                              : "None of your roles may use this server.");
    return false;
}

static void handle(void *context, http_exchange *x, const http_request *request) {
    rest *r = context;
    const route *route = find_route(request);
    rest_add_cors(r, x, request);
    if (!is_allowed(r, x, request, route))
        return;
    if (route)
        route->handle(r, x, request);
    else if (!rest_registry(r, x, request))
        answer_without_route(x, request);
}

static bool streams_body(void *context, const http_request *request) {
    (void)context;
    return slice_is(request->method, "POST") && slice_is(request->path, "/inserts-stream");
}

/* ---- opening and closing ---- */

static void free_rest(rest *r) {
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    rest_auth_close(r->auth);
    rest_settings_free(&r->settings);
    json_decref(r->commands);
    json_decref(r->command_ids);
    memory_free(r);
}

rest *rest_open(instance *i, slice listen, error *e) {
    rest *r = MEMORY_NEW(rest);
    r->instance = i;
    r->commands = json_object();
    r->command_ids = json_array();
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    rest_settings *s = &r->settings;
    rest_settings_read(s, i);
    r->auth = rest_auth_open(i, e);
    slice place = listen.data         ? listen
                  : s->listeners.data ? s->listeners
                                      : SLICE_LITERAL("127.0.0.1:8088");
    http_options options = {.listen = place,
        .tls = &s->tls,
        .body_limit_bytes = s->body_limit_bytes,
        .slow_reader_ms = s->slow_reader_ms,
        .request_ms = s->request_ms,
        .idle_ms = s->idle_ms,
        .handler = handle,
        .streams_body = streams_body,
        .context = r};
    r->http = error_is_set(e) ? NULL : http_server_open(&options, e);
    if (!r->http) {
        free_rest(r);
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
    free_rest(r);
}

int rest_port(const rest *r) {
    return http_server_port(r->http);
}

int rest_port_at(const rest *r, int n) {
    return http_server_port_at(r->http, n);
}
