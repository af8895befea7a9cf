/* rest_private.h - inside the REST layer: the request at hand and the endpoints' handlers. */
#ifndef SLUICE_SERVER_REST_PRIVATE_H
#define SLUICE_SERVER_REST_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/rest.h"
#include "server/rest_auth.h"
#include "server/session.h"

typedef struct rest_query rest_query;
struct json_t; /* jansson's */

/* What the server's properties say about HTTP; read once, at opening. */
typedef struct rest_settings {
    arena *arena;
    slice listeners;
    http_tls_options tls;
    int64_t body_limit_bytes, slow_reader_ms, request_ms, idle_ms; /* 0: the default */
    slice allow_origin, allow_methods, allow_headers;              /* CORS; NULL: not allowed */
} rest_settings;

enum { REST_COMMANDS_KEPT = 1000 };

struct rest {
    instance *instance;
    rest_settings settings;
    rest_auth *auth;      /* NULL: everybody may do everything */
    http_server *http;    /* not for handlers: they may run before it is known here */
    pthread_t reaper;     /* closes queries that have ended or whose client has left */
    pthread_mutex_t lock; /* guards what follows, and the flags of the queries */
    pthread_cond_t changed;
    rest_query *queries;
    bool stopping;
    atomic_bool terminated;     /* POST /ksql/terminate: no more statements */
    int64_t sequence;           /* the last commandSequenceNumber that was given out */
    struct json_t *commands;    /* command id: status and message; the latest REST_COMMANDS_KEPT */
    struct json_t *command_ids; /* the same, in order */
};

/* The request's user and what it may do. */
typedef struct rest_statement_request {
    arena *arena;
    slice sql;
    int64_t sequence; /* the commandSequenceNumber to wait for; -1: none */
    session *session;
} rest_statement_request;

/* Reads the body: the SQL in "ksql" or "sql", "streamsProperties" or "properties", and
 * "sessionVariables". Unknown fields are ignored. False after answering with what is wrong. */
bool rest_read_request(
    rest *r, http_exchange *x, const http_request *request, rest_statement_request *out);
/* The same from any JSON text, without answering: false with the error. */
bool rest_read_text(
    rest *r, const http_request *request, slice text, rest_statement_request *out, error *e);
void rest_free_request(rest_statement_request *request);
/* A parameter of the query string, decoded; the NULL slice when it is not there. */
slice rest_parameter(arena *a, const http_request *request, const char *name);
/* Percent-encoded text of a path or, where '+' is a space, of a query string; in `a`. */
slice rest_decode(arena *a, slice text, bool plus_is_space);

void rest_ksql(rest *r, http_exchange *x, const http_request *request);
void rest_query_array(rest *r, http_exchange *x, const http_request *request);  /* /query */
void rest_query_stream(rest *r, http_exchange *x, const http_request *request); /* /query-stream */
void rest_query_events(
    rest *r, http_exchange *x, const http_request *request); /* the same by GET */
void rest_query_socket(rest *r, http_exchange *x, const http_request *request); /* /ws/query */
void rest_insert_stream(rest *r, http_exchange *x, const http_request *request);
void rest_close_query(rest *r, http_exchange *x, const http_request *request);
void rest_metrics(rest *r, http_exchange *x, const http_request *request);
void rest_info(rest *r, http_exchange *x, const http_request *request);
void rest_health(rest *r, http_exchange *x, const http_request *request);
void rest_metadata(rest *r, http_exchange *x, const http_request *request);
void rest_valid_property(rest *r, http_exchange *x, const http_request *request);
void rest_cluster_status(rest *r, http_exchange *x, const http_request *request);
void rest_peer_report(
    rest *r, http_exchange *x, const http_request *request); /* /heartbeat, /lag */
void rest_status(rest *r, http_exchange *x, const http_request *request);
void rest_all_statuses(rest *r, http_exchange *x, const http_request *request);
void rest_terminate(rest *r, http_exchange *x, const http_request *request);
/* The schema registry's API. False when the path is none of it: nothing was answered. */
bool rest_registry(rest *r, http_exchange *x, const http_request *request);
/* Remembers what a statement answered, for /status. */
void rest_note_command(rest *r, const response *answer);

/* {"@type":"generic_error",...} with the HTTP status that belongs to the code (40001: 400). */
void rest_answer_error(http_exchange *x, int error_code, const char *message);
void rest_answer_json(http_exchange *x, int status, slice json);
/* Which of the types (a NULL ends them) the request's Accept header likes best, by its weights; the
 * first one when it does not say; -1: none of them. */
int rest_choose_type(const http_request *request, const char *const *types);
#define REST_KSQL_TYPE "application/vnd.ksql.v1+json"
#define REST_JSON_TYPE "application/json"
#define REST_PROTOBUF_TYPE "application/vnd.ksql.v1+protobuf"
#define REST_DELIMITED_TYPE "application/vnd.ksqlapi.delimited.v1"
#define REST_EVENTS_TYPE "text/event-stream"

/* rest_query.c: the thread that closes queries. It returns when `stopping` is set and none is left.
 */
void *rest_reap(void *context);
/* Ends all open queries (at close). Returns at once. */
void rest_end_queries(rest *r);

/* rest_settings.c */
void rest_settings_read(rest_settings *s, instance *i);
void rest_settings_free(rest_settings *s);
/* The headers that let a page of another origin read the answer. */
void rest_add_cors(const rest *r, http_exchange *x, const http_request *request);

#endif
