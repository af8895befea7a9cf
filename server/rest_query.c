/* /query and /query-stream: rows of pull and push queries as they come.
 *
 * A pull query has ended when session_next returns. A push query goes on by itself on a thread of
 * its own, which writes to the exchange. Neither that thread nor the one of input and output, which
 * notices that a client has left, may close it: they mark it, and the reaper closes it. */
#include "base/memory.h"
#include "server/rest_private.h"

typedef enum query_form {
    FORM_QUERY_ARRAY,      /* /query: [{"header":...},{"row":...},...] */
    FORM_STREAM_DELIMITED, /* /query-stream: an object, then an array a line */
    FORM_STREAM_ARRAY,     /* /query-stream with Accept: application/json */
    FORM_LINES,            /* PRINT, on either */
} query_form;

struct rest_query {
    rest *rest;
    rest_query *next; /* of the rest's */
    http_exchange *exchange;
    query_form form;
    slice content_type;
    bool began; /* the header has been written: errors go into the stream */
    buffer piece;
    rest_statement_request request;
    /* Guarded by the rest's lock. */
    bool ended;   /* the exchange has been given back, nothing more will be written */
    bool left;    /* the client has gone: to be ended */
    bool started; /* whoever started it is done with it; from here on the reaper may free it */
    active_query *active;
};

/* ---- what is written ---- */

static bool write_piece(rest_query *q) {
    bool ok = http_stream_write(q->exchange, buffer_slice(&q->piece));
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

static void write_header(void *context, const query_header *header) {
    rest_query *q = context;
    http_stream_begin(q->exchange, 200, q->content_type);
    q->began = true;
    if (q->form != FORM_STREAM_DELIMITED)
        buffer_append_byte(&q->piece, '[');
    if (q->form == FORM_QUERY_ARRAY)
        response_append_query_header(&q->piece, header);
    else
        response_append_stream_header(&q->piece, header);
    if (q->form == FORM_STREAM_DELIMITED)
        buffer_append_byte(&q->piece, '\n');
    write_piece(q);
}

static bool write_rows(void *context, const query_header *header, const batch *rows) {
    rest_query *q = context;
    for (int64_t i = 0; i < rows->rows; i++) {
        if (q->form != FORM_STREAM_DELIMITED)
            buffer_append_text(&q->piece, ",\n");
        if (q->form == FORM_QUERY_ARRAY)
            response_append_query_row(&q->piece, header, rows, i);
        else
            response_append_row(&q->piece, header, rows, i);
        if (q->form == FORM_STREAM_DELIMITED)
            buffer_append_byte(&q->piece, '\n');
        if (!write_piece(q))
            return false;
    }
    return true;
}

static bool write_line(void *context, slice line) {
    rest_query *q = context;
    if (!q->began) {
        http_stream_begin(q->exchange, 200, SLICE_LITERAL("text/plain"));
        q->form = FORM_LINES;
        q->began = true;
    }
    buffer_append(&q->piece, line);
    buffer_append_byte(&q->piece, '\n');
    return write_piece(q);
}

static bool in_array(const rest_query *q) {
    return q->form == FORM_QUERY_ARRAY || q->form == FORM_STREAM_ARRAY;
}

static void write_trailer(rest_query *q, query_end_kind kind, const error *e) {
    if (kind == QUERY_END_FAILED) {
        if (in_array(q))
            buffer_append_text(&q->piece, ",\n");
        if (q->form == FORM_QUERY_ARRAY)
            buffer_append_text(&q->piece, "{\"errorMessage\":");
        response_append_error(&q->piece, e, 50000, (slice){NULL, 0}, (slice){NULL, 0}, true);
        if (q->form == FORM_QUERY_ARRAY)
            buffer_append_byte(&q->piece, '}');
    } else if (q->form == FORM_QUERY_ARRAY && kind == QUERY_END_LIMIT) {
        buffer_append_text(&q->piece, ",\n{\"finalMessage\":\"Limit Reached\"}");
    } else if (q->form == FORM_QUERY_ARRAY && kind == QUERY_END_COMPLETE) {
        buffer_append_text(&q->piece, ",\n{\"finalMessage\":\"Query Completed\"}");
    }
    buffer_append_text(&q->piece, in_array(q) ? "]\n" : "");
}

static void write_end(void *context, query_end_kind kind, const error *e) {
    rest_query *q = context;
    if (q->began) {
        write_trailer(q, kind, e);
        if (q->piece.length)
            write_piece(q);
        http_stream_end(q->exchange);
    } else if (kind == QUERY_END_FAILED) {
        buffer body = {0};
        response_append_error(&body, e, 50000, (slice){NULL, 0}, (slice){NULL, 0}, true);
        rest_answer_json(q->exchange, 500, buffer_slice(&body));
        buffer_free(&body);
    } else { /* PRINT that had nothing to print */
        http_respond(q->exchange, 200, SLICE_LITERAL("text/plain"), SLICE_LITERAL(""));
    }
    mark(q, &q->ended);
}

/* ---- the life of a query ---- */

static void free_query(rest_query *q) {
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

static void answer_failure(
    http_exchange *x, const error *e, const session_result *result, bool generic) {
    buffer body = {0};
    int code = result->error_code ? result->error_code : 40001;
    response_append_error(&body, e, code, result->statement, (slice){NULL, 0}, generic);
    rest_answer_json(x, code / 100, buffer_slice(&body));
    buffer_free(&body);
}

static void run_query(
    rest *r, http_exchange *x, const http_request *request, query_form form, slice content_type) {
    bool stream_api = form != FORM_QUERY_ARRAY;
    rest_statement_request body;
    if (!rest_read_request(r, x, request, &body))
        return;
    rest_query *q = MEMORY_NEW(rest_query);
    *q = (rest_query){
        .rest = r, .exchange = x, .form = form, .content_type = content_type, .request = body};
    pthread_mutex_lock(&r->lock);
    q->next = r->queries;
    r->queries = q;
    pthread_mutex_unlock(&r->lock);
    http_on_close(x, client_left, q);
    const session_stream stream = {q, write_header, write_rows, write_line, write_end};
    session_result result = {0};
    error e = {0};
    size_t position = 0;
    session_outcome outcome =
        session_next(body.session, body.sql, &position, body.arena, &stream, &result, &e);
    if (outcome == SESSION_FAILED && q->began && !q->ended)
        write_end(q, QUERY_END_FAILED, &e);
    else if (outcome == SESSION_FAILED && !q->ended)
        answer_failure(x, &e, &result, stream_api);
    else if (outcome == SESSION_DONE || outcome == SESSION_END)
        rest_answer_error(x, 40002,
            outcome == SESSION_END
                ? "There is no query in the request."
                : "Only queries are allowed here. Send other statements to /ksql.");
    pthread_mutex_lock(&r->lock); /* from here on the reaper may free it */
    q->active = result.query;
    if (outcome != SESSION_QUERY)
        q->ended = true;
    q->started = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

void rest_query_array(rest *r, http_exchange *x, const http_request *request) {
    slice type = rest_accepts(request, REST_KSQL_TYPE) ? SLICE_LITERAL(REST_KSQL_TYPE)
                                                       : SLICE_LITERAL("application/json");
    run_query(r, x, request, FORM_QUERY_ARRAY, type);
}

void rest_query_stream(rest *r, http_exchange *x, const http_request *request) {
    if (rest_accepts(request, "application/json"))
        run_query(r, x, request, FORM_STREAM_ARRAY, SLICE_LITERAL("application/json"));
    else
        run_query(r, x, request, FORM_STREAM_DELIMITED,
            SLICE_LITERAL("application/vnd.ksqlapi.delimited.v1"));
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
