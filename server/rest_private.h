/* rest_private.h - inside the REST layer: the request at hand and the endpoints' handlers. */
#ifndef SLUICE_SERVER_REST_PRIVATE_H
#define SLUICE_SERVER_REST_PRIVATE_H

#include <jansson.h>
#include <pthread.h>

#include "server/rest.h"
#include "server/session.h"

typedef struct rest_query rest_query;

struct rest {
    instance *instance;
    http_server *http;    /* not for handlers: they may run before it is known here */
    pthread_t reaper;     /* closes queries that have ended or whose client has left */
    pthread_mutex_t lock; /* guards what follows, and the flags of the queries */
    pthread_cond_t changed;
    rest_query *queries;
    bool stopping;
};

/* A JSON body: its SQL, and a session with the properties and variables that came with it. */
typedef struct rest_statement_request {
    arena *arena;
    slice sql;
    session *session;
} rest_statement_request;

/* Reads the body: the SQL in "ksql" or "sql", "streamsProperties" or "properties", and
 * "sessionVariables". False after answering with what is wrong. */
bool rest_read_request(
    rest *r, http_exchange *x, const http_request *request, rest_statement_request *out);
void rest_free_request(rest_statement_request *request);

void rest_ksql(rest *r, http_exchange *x, const http_request *request);
void rest_query_array(rest *r, http_exchange *x, const http_request *request);  /* /query */
void rest_query_stream(rest *r, http_exchange *x, const http_request *request); /* /query-stream */
void rest_insert_stream(rest *r, http_exchange *x, const http_request *request);
void rest_close_query(rest *r, http_exchange *x, const http_request *request);
void rest_metrics(rest *r, http_exchange *x, const http_request *request);
/* The schema registry's API. False when the path is none of it: nothing was answered. */
bool rest_registry(rest *r, http_exchange *x, const http_request *request);

/* {"@type":"generic_error",...} with the HTTP status that belongs to the code (40001: 400). */
void rest_answer_error(http_exchange *x, int error_code, const char *message);
void rest_answer_json(http_exchange *x, int status, slice json);
/* Whether the request's Accept header names the type. */
bool rest_accepts(const http_request *request, const char *type);
#define REST_KSQL_TYPE "application/vnd.ksql.v1+json"

/* rest_query.c: the thread that closes queries. It returns when `stopping` is set and none is left.
 */
void *rest_reap(void *context);
/* Ends all open queries (at close). Returns at once. */
void rest_end_queries(rest *r);

#endif
