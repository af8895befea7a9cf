/* /query, /query-stream and /ws/query: rows of pull and push queries as they come.
 *
 * A pull query has ended when session_next returns. A push query goes on by itself on a thread of
 * its own, which writes to the exchange. Neither that thread nor the one of input and output, which
 * notices that a client has left, may close it: they mark it, and the reaper closes it. */
#include <jansson.h>

#include "base/memory.h"
#include "server/rest_form.h"
#include "server/rest_private.h"

struct rest_query {
    rest *rest;
    rest_query *next; /* of the rest's */
    http_exchange *exchange;
    rest_form form;
    slice content_type;
    bool began;           /* the header has been written: errors go into the stream */
    bool cannot_be_shown; /* in this form: `trouble` says why */
    error trouble;
    buffer piece;
    rest_statement_request request;
    /* Guarded by the rest's lock. */
    bool ended;   /* the exchange has been given back, nothing more will be written */
    bool left;    /* the client has gone: to be ended */
    bool started; /* whoever started it is done with it; from here on the reaper may free it */
    active_query *active;
};

enum { SOCKET_REFUSED = 1003, SOCKET_FAILED = 1011 };

/* ---- what is written ---- */

static bool write_piece(rest_query *q) {
    bool ok = !q->piece.length || http_stream_write(q->exchange, buffer_slice(&q->piece));
    buffer_clear(&q->piece);
    return ok;
}

static void mark(rest_query *q, bool *flag) {
    rest *r = q->rest; /* once the lock is free the query may be */
    pthread_mutex_lock(&r->lock);
    *flag = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void client_left(void *context) {
    rest_query *q = context;
    mark(q, &q->left);
}

static void begin(rest_query *q) {
    if (q->form.kind == FORM_EVENTS)
        http_add_header(q->exchange, SLICE_LITERAL("cache-control"), SLICE_LITERAL("no-cache"));
    http_stream_begin(q->exchange, 200, q->content_type);
    q->began = true;
}

static void write_header(void *context, const query_header *header) {
    rest_query *q = context;
    if (!rest_form_header(&q->form, q->request.arena, header, &q->piece, &q->trouble)) {
        q->cannot_be_shown = true;
        buffer_clear(&q->piece);
        return;
    }
    if (header->is_pull && header->is_table)
        http_stream_gather(q->exchange);
    begin(q);
    write_piece(q);
}

static bool write_rows(void *context, const query_header *header, const batch *rows) {
    rest_query *q = context;
    for (int64_t i = 0; !q->cannot_be_shown && i < rows->rows; i++) {
        rest_form_row(&q->form, header, rows, i, &q->piece);
        if (!write_piece(q))
            return false;
    }
    return !q->cannot_be_shown;
}

static bool write_line(void *context, slice line) {
    rest_query *q = context;
    if (!q->began) {
        if (q->form.kind != FORM_EVENTS && q->form.kind != FORM_SOCKET) {
            q->form.kind = FORM_LINES;
            q->content_type = slice_of(rest_form_type(FORM_LINES, false));
        }
        begin(q);
    }
    rest_form_line(&q->form, line, &q->piece);
    return write_piece(q);
}

/* Those who read records only, as events or messages, are spared this. */
static bool write_formats(void *context, slice line) {
    const rest_query *q = context;
    return q->form.kind == FORM_EVENTS || q->form.kind == FORM_SOCKET || write_line(context, line);
}

/* The client did not read: what waited for it is dropped, and this is the last it hears. */
static void tell_slow_reader(rest_query *q) {
    error e = {0};
    error_set(&e, ERROR_LIMIT,
        "The client does not read fast enough: rows were dropped, and the query has been ended");
    error_hint(&e, "Read in a thread of its own, or ask for fewer rows.");
    buffer_clear(&q->piece);
    rest_form_end(&q->form, QUERY_END_FAILED, &e, &q->piece);
    http_stream_last_word(q->exchange, buffer_slice(&q->piece));
    http_stream_close_code(q->exchange, SOCKET_FAILED, SLICE_LITERAL("too slow a reader"));
    http_stream_end(q->exchange);
}

static void answer_error(
    http_exchange *x, int code, const error *e, slice statement, bool generic) {
    buffer body = {0};
    response_append_error(&body, e, code, statement, (slice){NULL, 0}, generic);
    rest_answer_json(x, code / 100, buffer_slice(&body));
    buffer_free(&body);
}

/* A WebSocket is accepted before it is refused: its client would not see an HTTP answer. */
static void refuse_socket(http_exchange *x, int code, const error *e, slice statement) {
    buffer body = {0};
    http_stream_begin(x, 101, (slice){NULL, 0});
    response_append_error(&body, e, code, statement, (slice){NULL, 0}, true);
    http_stream_write(x, buffer_slice(&body));
    http_stream_close_code(x, code < 50000 ? SOCKET_REFUSED : SOCKET_FAILED, slice_of(e->message));
    http_stream_end(x);
    buffer_free(&body);
}

static void answer_failure(rest_query *q, int code, const error *e, slice statement, bool generic) {
    if (q->form.kind == FORM_SOCKET)
        refuse_socket(q->exchange, code, e, statement);
    else
        answer_error(q->exchange, code, e, statement, generic);
}

static void write_end(void *context, query_end_kind kind, const error *e) {
    rest_query *q = context;
    if (q->cannot_be_shown) {
        answer_failure(q, 40001, &q->trouble, (slice){NULL, 0}, true);
    } else if (http_stream_given_up(q->exchange)) {
        tell_slow_reader(q);
    } else if (q->began) {
        rest_form_end(&q->form, kind, e, &q->piece);
        write_piece(q);
        if (kind == QUERY_END_FAILED)
            http_stream_close_code(q->exchange, SOCKET_FAILED, slice_of(e->message));
        http_stream_end(q->exchange);
    } else if (kind == QUERY_END_FAILED) {
        answer_failure(q, 50000, e, (slice){NULL, 0}, true);
    } else { /* PRINT that had nothing to print */
        begin(q);
        http_stream_end(q->exchange);
    }
    mark(q, &q->ended);
}

/* ---- the life of a query ---- */

static void free_query(rest_query *q) {
    rest_form_free(&q->form);
    rest_free_request(&q->request);
    buffer_free(&q->piece);
    memory_free(q);
}

/* A query that is to be closed and whose starter is done with it. Lock held. */
static rest_query *take_finished(rest *r) {
    for (rest_query **at = &r->queries; *at; at = &(*at)->next)
        if ((*at)->started && ((*at)->ended || (*at)->left)) {
            rest_query *q = *at;
            *at = q->next;
            return q;
        }
    return NULL;
}

void *rest_reap(void *context) {
    rest *r = context;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        rest_query *q;
        while (!(q = take_finished(r)) && !(r->stopping && !r->queries))
            pthread_cond_wait(&r->changed, &r->lock);
        pthread_mutex_unlock(&r->lock);
        if (!q)
            return NULL;
        active_query_close(q->active); /* its end has been written when this returns */
        free_query(q);
    }
}

void rest_end_queries(rest *r) {
    pthread_mutex_lock(&r->lock);
    for (rest_query *q = r->queries; q; q = q->next)
        q->left = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* Runs the request's query. Its rows and its end are written by callbacks, perhaps before this
 * returns. */
static session_outcome start_query(rest_query *q, session_result *result) {
    const session_stream stream = {
        q, write_header, write_rows, write_line, write_end, write_formats};
    rest_statement_request *body = &q->request;
    error e = {0};
    size_t position = 0;
    session_outcome outcome =
        session_next(body->session, body->sql, &position, body->arena, &stream, result, &e);
    int code = result->error_code ? result->error_code : 40001;
    if (outcome == SESSION_FAILED && q->began && !q->ended) {
        write_end(q, QUERY_END_FAILED, &e);
    } else if (outcome == SESSION_FAILED && !q->ended) {
        answer_failure(q, code, &e, result->statement, q->form.kind != FORM_ROWS);
    } else if (outcome == SESSION_DONE || outcome == SESSION_END) {
        error_set(&e, ERROR_STATEMENT, "%s",
            outcome == SESSION_END
                ? "There is no query in the request."
                : "Only queries are allowed here. Send other statements to /ksql.");
        answer_failure(q, 40002, &e, (slice){NULL, 0}, true);
    }
    return outcome;
}

/* Takes the body over. */
static void run_query(
    rest *r, http_exchange *x, rest_statement_request *body, rest_form_kind form, bool asked_ksql) {
    rest_query *q = MEMORY_NEW(rest_query);
    *q = (rest_query){.rest = r,
        .exchange = x,
        .form.kind = form,
        .content_type = slice_of(rest_form_type(form, asked_ksql)),
        .request = *body};
    pthread_mutex_lock(&r->lock);
    q->next = r->queries;
    r->queries = q;
    pthread_mutex_unlock(&r->lock);
    http_on_close(x, client_left, q);
    session_result result = {0};
    session_outcome outcome = start_query(q, &result);
    pthread_mutex_lock(&r->lock); /* from here on the reaper may free it */
    q->active = result.query;
    if (outcome != SESSION_QUERY)
        q->ended = true;
    q->started = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* ---- endpoints ---- */

typedef struct type_and_form {
    const char *const *types;
    const rest_form_kind *forms;
} type_and_form;

/* The first is what is given to a client that does not say. */
static const type_and_form of_query = {(const char *const[]){REST_JSON_TYPE, REST_KSQL_TYPE,
                                           REST_PROTOBUF_TYPE, REST_EVENTS_TYPE, NULL},
    (const rest_form_kind[]){FORM_ROWS, FORM_ROWS, FORM_PROTOBUF, FORM_EVENTS}};
static const type_and_form of_stream = {
    (const char *const[]){REST_DELIMITED_TYPE, REST_JSON_TYPE, REST_KSQL_TYPE, REST_PROTOBUF_TYPE,
        REST_EVENTS_TYPE, NULL},
    (const rest_form_kind[]){FORM_DELIMITED, FORM_ARRAY, FORM_ROWS, FORM_PROTOBUF, FORM_EVENTS}};

static const type_and_form of_events = {
    (const char *const[]){REST_EVENTS_TYPE, REST_DELIMITED_TYPE, REST_JSON_TYPE, REST_KSQL_TYPE,
        REST_PROTOBUF_TYPE, NULL},
    (const rest_form_kind[]){FORM_EVENTS, FORM_DELIMITED, FORM_ARRAY, FORM_ROWS, FORM_PROTOBUF}};

/* -1 after answering that none of the types will do. */
static int choose(http_exchange *x, const http_request *request, const type_and_form *choice) {
    int chosen = rest_choose_type(request, choice->types);
    if (chosen >= 0)
        return chosen;
    buffer list = {0};
    for (int i = 0; choice->types[i]; i++)
        buffer_format(&list, "%s%s", i ? ", " : "Answers are given as: ", choice->types[i]);
    buffer_append_byte(&list, 0);
    rest_answer_error(x, 40600, list.data);
    buffer_free(&list);
    return -1;
}

static void answer_query(
    rest *r, http_exchange *x, const http_request *request, const type_and_form *choice) {
    rest_statement_request body;
    int chosen = choose(x, request, choice);
    if (chosen < 0 || !rest_read_request(r, x, request, &body))
        return;
    run_query(
        r, x, &body, choice->forms[chosen], strcmp(choice->types[chosen], REST_KSQL_TYPE) == 0);
}

void rest_query_array(rest *r, http_exchange *x, const http_request *request) {
    answer_query(r, x, request, &of_query);
}

void rest_query_stream(rest *r, http_exchange *x, const http_request *request) {
    answer_query(r, x, request, &of_stream);
}

/* {"sql":...,"properties":...} of ?sql=...&properties=...; a browser's EventSource can only GET. */
static slice body_of_parameters(arena *a, const http_request *request) {
    slice sql = rest_parameter(a, request, "sql");
    slice properties = rest_parameter(a, request, "properties");
    buffer text = {0};
    if (!sql.data)
        sql = rest_parameter(a, request, "ksql");
    buffer_append_text(&text, "{");
    if (sql.data) {
        buffer_append_text(&text, "\"sql\":");
        buffer_append_json_string(&text, sql);
    }
    if (properties.length)
        buffer_format(&text, "%s\"properties\":%.*s", sql.data ? "," : "", SLICE_ARG(properties));
    buffer_append_text(&text, "}");
    slice body = arena_copy(a, buffer_slice(&text));
    buffer_free(&text);
    return body;
}

void rest_query_events(rest *r, http_exchange *x, const http_request *request) {
    arena *a = arena_create();
    http_request with_body = *request;
    with_body.body = body_of_parameters(a, request);
    answer_query(r, x, &with_body, &of_events);
    arena_destroy(a);
}

void rest_query_socket(rest *r, http_exchange *x, const http_request *request) {
    rest_statement_request body;
    error e = {0};
    if (!request->is_websocket) {
        http_add_header(x, SLICE_LITERAL("upgrade"), SLICE_LITERAL("websocket"));
        http_add_header(x, SLICE_LITERAL("sec-websocket-version"), SLICE_LITERAL("13"));
        rest_answer_error(x, 42600, "This endpoint speaks WebSocket, version 13, over HTTP/1.1.");
        return;
    }
    arena *a = arena_create();
    slice text = rest_parameter(a, request, "request");
    bool ok = text.data ? rest_read_text(r, request, text, &body, &e)
                        : error_set(&e, ERROR_STATEMENT,
                              "The parameter `request` is missing: {\"ksql\":\"SELECT ...;\"}.");
    if (ok)
        run_query(r, x, &body, FORM_SOCKET, false);
    else
        refuse_socket(x, 40000, &e, (slice){NULL, 0});
    arena_destroy(a);
}

void rest_close_query(rest *r, http_exchange *x, const http_request *request) {
    json_error_t syntax;
    json_t *body = json_loadb(request->body.data, request->body.length, 0, &syntax);
    const json_t *id = json_object_get(body, "queryId");
    if (!json_is_string(id))
        rest_answer_error(x, 40000, "The request has no field \"queryId\".");
    else if (!instance_end_push_query(
                 r->instance, slice_make(json_string_value(id), json_string_length(id))))
        rest_answer_error(x, 40000, "No query with that id is running.");
    else
        http_respond(x, 200, (slice){NULL, 0}, SLICE_LITERAL(""));
    json_decref(body);
}
