/* An exchange's life, from whichever thread: the request on its way to a handler, the response's
 * pieces on their way to the connection's protocol.
 *
 * What is queued for a client that does not read is bounded: writers wait, and after a while give
 * up on it. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/http_connection.h"

enum { HEADERS_MOST = 200, LOOK_AROUND_MS = 250 };

const char *http_status_text(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 101:
        return "Switching Protocols";
    case 204:
        return "No Content";
    case 307:
        return "Temporary Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Payload Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Entity";
    case 426:
        return "Upgrade Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Status";
    }
}

/* ---- lifetimes ---- */

void http_connection_release(connection *c) {
    bool last = --c->holders == 0;
    pthread_mutex_unlock(&c->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->drained);
    buffer_free(&c->in);
    buffer_free(&c->out);
    buffer_free(&c->wire);
    http_tls_end(c->tls);
    memory_free(c);
}

static void free_pieces(http_exchange *x) {
    for (http_piece *p = x->pieces, *next; p; p = next) {
        next = p->next;
        memory_free(p);
    }
    x->pieces = NULL;
    x->last_piece = &x->pieces;
    x->queued_bytes = 0;
}

static void count_exchange(http_server *s, int change) {
    pthread_mutex_lock(&s->lock);
    s->exchange_count += change;
    if (!s->exchange_count)
        pthread_cond_broadcast(&s->no_exchanges);
    pthread_mutex_unlock(&s->lock);
}

/* Drops one holder. The lock is held and stays held; the connection outlives the call because the
 * caller holds it. */
static void release_exchange(http_exchange *x) {
    if (--x->holders)
        return;
    connection *c = x->connection;
    free_pieces(x);
    arena_destroy(x->arena);
    buffer_free(&x->body);
    memory_free(x->headers);
    memory_free(x);
    c->holders--;
    count_exchange(c->server, -1); /* last: the server may be gone once there are none */
}

http_exchange *http_exchange_create(connection *c, int32_t stream_id) {
    http_exchange *x = MEMORY_NEW(http_exchange);
    x->connection = c;
    x->stream_id = stream_id;
    x->arena = arena_create();
    x->holders = 1;
    x->began_ms = clock_monotonic_ms();
    x->request.is_tls = c->tls != NULL;
    if (c->tls)
        x->request.certificate_name = arena_copy(x->arena, http_tls_client(c->tls));
    x->last_piece = &x->pieces;
    pthread_mutex_lock(&c->lock);
    http_exchange **at = &c->exchanges;
    while (*at)
        at = &(*at)->next;
    *at = x;
    c->holders++;
    pthread_mutex_unlock(&c->lock);
    count_exchange(c->server, 1);
    return x;
}

void http_exchange_drop_piece(http_exchange *x) {
    http_piece *p = x->pieces;
    x->queued_bytes -= (int64_t)(p->length - p->sent);
    x->pieces = p->next;
    if (!x->pieces)
        x->last_piece = &x->pieces;
    memory_free(p);
}

void http_exchange_finish(http_exchange *x) {
    connection *c = x->connection;
    if (x->finished)
        return;
    x->finished = true;
    for (http_exchange **at = &c->exchanges; *at; at = &(*at)->next)
        if (*at == x) {
            *at = x->next;
            break;
        }
    bool early = !x->ended;
    x->closed = true;
    free_pieces(x);
    pthread_cond_broadcast(&c->drained);
    if (early && x->on_close)
        x->on_close(x->on_close_context);
    x->on_close = NULL;
    release_exchange(x);
}

/* ---- requests ---- */

void http_exchange_add_request_header(http_exchange *x, slice name, slice value) {
    if (x->header_count == HEADERS_MOST)
        return;
    if (x->header_count == x->header_capacity) {
        x->header_capacity = x->header_capacity ? x->header_capacity * 2 : 16;
        x->headers = memory_resize(x->headers, sizeof(http_header) * (size_t)x->header_capacity);
    }
    slice lower = arena_copy(x->arena, name);
    for (size_t i = 0; i < lower.length; i++)
        if (lower.data[i] >= 'A' && lower.data[i] <= 'Z')
            ((char *)lower.data)[i] += 'a' - 'A';
    x->headers[x->header_count++] = (http_header){lower, arena_copy(x->arena, value)};
}

void http_exchange_set_target(http_exchange *x, slice target) {
    slice copy = arena_copy(x->arena, target);
    const char *mark = memchr(copy.data, '?', copy.length);
    size_t path = mark ? (size_t)(mark - copy.data) : copy.length;
    x->request.path = slice_make(copy.data, path);
    x->request.query = mark ? slice_make(mark + 1, copy.length - path - 1) : SLICE_LITERAL("");
}

bool http_exchange_add_body(http_exchange *x, slice bytes) {
    connection *c = x->connection;
    bool fits = true;
    pthread_mutex_lock(&c->lock);
    if (x->streams_body && !x->ended)
        buffer_append(&x->body, bytes);
    else if (!x->streams_body &&
             (fits = (int64_t)(x->body.length + bytes.length) <= http_body_limit(c)))
        buffer_append(&x->body, bytes);
    bool full = x->streams_body && x->body.length > HTTP_QUEUED_BYTES_MOST;
    pthread_cond_broadcast(&c->drained);
    pthread_mutex_unlock(&c->lock);
    if (full && !x->request.is_http2) /* HTTP/2 has a window for each stream */
        http_connection_read(c, false);
    return fits;
}

http_body http_body_read(http_exchange *x, buffer *to) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    while (!x->body.length && !x->body_ended && !x->closed)
        pthread_cond_wait(&c->drained, &c->lock);
    http_body got = x->closed ? HTTP_BODY_GONE : x->body.length ? HTTP_BODY_BYTES : HTTP_BODY_END;
    if (got == HTTP_BODY_BYTES) {
        buffer_append(to, buffer_slice(&x->body));
        x->body_taken += (int64_t)x->body.length;
        buffer_clear(&x->body);
    }
    pthread_mutex_unlock(&c->lock);
    if (got == HTTP_BODY_BYTES)
        http_connection_ready(c);
    return got;
}

/* A handler that reads its body may wait for long: it has a thread of its own. */
static void *run_handler(void *context) {
    http_exchange *x = context;
    http_server *s = x->connection->server;
    pthread_setname_np(pthread_self(), "http-body");
    s->options.handler(s->options.context, x, &x->request);
    pthread_mutex_lock(&s->lock);
    s->own_threads--;
    pthread_cond_broadcast(&s->no_exchanges);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void dispatch(http_exchange *x) {
    connection *c = x->connection;
    http_server *s = c->server;
    x->dispatched = true;
    x->request.headers = x->headers;
    x->request.header_count = x->header_count;
    pthread_mutex_lock(&c->lock);
    x->holders++; /* the answerer's, until it ends the response */
    pthread_mutex_unlock(&c->lock);
    if (!x->streams_body) {
        http_worker_queue(x);
        return;
    }
    pthread_t thread;
    pthread_mutex_lock(&s->lock);
    s->own_threads++;
    pthread_mutex_unlock(&s->lock);
    if (pthread_create(&thread, NULL, run_handler, x) == 0) {
        pthread_detach(thread);
        return;
    }
    pthread_mutex_lock(&s->lock);
    s->own_threads--;
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_lock(&c->lock);
    x->holders--; /* http_exchange_refuse has one of its own */
    pthread_mutex_unlock(&c->lock);
    http_exchange_refuse(x, 503, "There are too many requests at once.");
}

void http_exchange_headers_read(http_exchange *x) {
    http_server *s = x->connection->server;
    x->headers_read = true;
    x->request.headers = x->headers;
    x->request.header_count = x->header_count;
    x->streams_body =
        s->options.streams_body && s->options.streams_body(s->options.context, &x->request);
    if (x->streams_body)
        dispatch(x);
}

void http_exchange_complete(http_exchange *x) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    x->body_ended = true;
    pthread_cond_broadcast(&c->drained);
    pthread_mutex_unlock(&c->lock);
    if (x->dispatched)
        return;
    x->request.body = buffer_slice(&x->body);
    dispatch(x);
}

slice http_header_value(const http_request *request, const char *name) {
    for (int i = 0; i < request->header_count; i++)
        if (slice_is(request->headers[i].name, name))
            return request->headers[i].value;
    return (slice){NULL, 0};
}

/* ---- responses ---- */

static void queue_piece(http_exchange *x, slice bytes) { /* lock held */
    if (!bytes.length || x->closed)
        return;
    http_piece *p = memory_allocate(sizeof(http_piece) + bytes.length);
    *p = (http_piece){.length = bytes.length};
    memcpy(p->bytes, bytes.data, bytes.length);
    *x->last_piece = p;
    x->last_piece = &p->next;
    x->queued_bytes += (int64_t)bytes.length;
}

/* The answerer lets go. Takes the lock. */
static void end_exchange(http_exchange *x) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    x->ended = true;
    c->holders++; /* until this is over */
    pthread_mutex_unlock(&c->lock);
    http_connection_ready(c);
    pthread_mutex_lock(&c->lock);
    release_exchange(x);
    http_connection_release(c);
}

void http_add_header(http_exchange *x, slice name, slice value) {
    http_header *grown = ARENA_ARRAY(x->arena, http_header, x->response_header_count + 1);
    for (int i = 0; i < x->response_header_count; i++)
        grown[i] = x->response_headers[i];
    grown[x->response_header_count++] =
        (http_header){arena_copy(x->arena, name), arena_copy(x->arena, value)};
    x->response_headers = grown;
}

void http_respond(http_exchange *x, int status, slice content_type, slice body) {
    connection *c = x->connection;
    slice type = arena_copy(x->arena, content_type);
    pthread_mutex_lock(&c->lock);
    x->status = status;
    x->content_type = type;
    queue_piece(x, body);
    x->begun = true;
    pthread_mutex_unlock(&c->lock);
    end_exchange(x);
}

void http_stream_begin(http_exchange *x, int status, slice content_type) {
    connection *c = x->connection;
    slice type = arena_copy(x->arena, content_type);
    pthread_mutex_lock(&c->lock);
    x->status = status;
    x->content_type = type;
    x->begun = x->streaming = true;
    bool waits = x->gathers;
    pthread_mutex_unlock(&c->lock);
    if (!waits)
        http_connection_ready(c);
}

void http_stream_gather(http_exchange *x) {
    pthread_mutex_lock(&x->connection->lock);
    x->gathers = true;
    pthread_mutex_unlock(&x->connection->lock);
}

/* Waits for a change of the queue, but not for long. Lock held. */
static void wait_a_while(connection *c, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&c->drained, &c->lock, &until);
}

/* Until the client has taken half of what is queued. False: it took nothing for too long, or it
 * takes too long while too many others wait as well. Lock held. */
static bool wait_for_reader(http_exchange *x) {
    connection *c = x->connection;
    int64_t began_ms = clock_monotonic_ms(), moved_ms = began_ms, left = x->queued_bytes;
    int64_t slow_ms = c->server->options.slow_reader_ms;
    bool patient = true;
    c->writers_waiting++;
    http_worker_blocks(c->server);
    while (!x->closed && x->queued_bytes > HTTP_QUEUED_BYTES_RESUMED && patient) {
        wait_a_while(c, slow_ms < LOOK_AROUND_MS ? slow_ms : LOOK_AROUND_MS);
        int64_t now_ms = clock_monotonic_ms();
        if (x->queued_bytes < left) {
            left = x->queued_bytes;
            moved_ms = now_ms;
        }
        patient =
            now_ms - moved_ms < slow_ms && now_ms - began_ms < http_worker_patience_ms(c->server);
    }
    http_worker_goes_on(c->server);
    c->writers_waiting--;
    return patient || x->closed || x->queued_bytes <= HTTP_QUEUED_BYTES_RESUMED;
}

/* All but a piece that has been sent in part. Lock held. */
static void drop_unsent(http_exchange *x) {
    http_piece *first = x->pieces && x->pieces->sent ? x->pieces : NULL;
    if (first)
        x->pieces = first->next;
    free_pieces(x);
    if (!first)
        return;
    first->next = NULL;
    x->pieces = first;
    x->last_piece = &first->next;
    x->queued_bytes = (int64_t)(first->length - first->sent);
}

bool http_stream_write(http_exchange *x, slice piece) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    bool full = !x->closed && !x->given_up && x->queued_bytes > HTTP_QUEUED_BYTES_MOST;
    if (full && !wait_for_reader(x)) {
        x->given_up = true;
        x->given_up_ms = clock_monotonic_ms();
        drop_unsent(x);
    }
    bool ok = !x->closed && !x->given_up;
    if (ok)
        queue_piece(x, piece);
    bool waits = !ok || (x->gathers && x->queued_bytes < HTTP_GATHERED_BYTES);
    pthread_mutex_unlock(&c->lock);
    if (!waits)
        http_connection_ready(c);
    return ok;
}

bool http_stream_given_up(http_exchange *x) {
    pthread_mutex_lock(&x->connection->lock);
    bool given_up = x->given_up && !x->closed;
    pthread_mutex_unlock(&x->connection->lock);
    return given_up;
}

void http_stream_last_word(http_exchange *x, slice piece) {
    pthread_mutex_lock(&x->connection->lock);
    if (x->given_up && !x->closed && !x->told) {
        queue_piece(x, piece);
        x->told = true;
    }
    pthread_mutex_unlock(&x->connection->lock);
}

void http_stream_close_code(http_exchange *x, int code, slice reason) {
    slice copy = arena_copy(x->arena, reason);
    pthread_mutex_lock(&x->connection->lock);
    x->close_code = code;
    x->close_reason = copy;
    pthread_mutex_unlock(&x->connection->lock);
}

void http_stream_end(http_exchange *x) {
    end_exchange(x);
}

void http_on_close(http_exchange *x, void (*closed)(void *context), void *context) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    bool already = x->closed;
    if (!already) {
        x->on_close = closed;
        x->on_close_context = context;
    }
    pthread_mutex_unlock(&c->lock);
    if (already)
        closed(context);
}

void http_exchange_refuse(http_exchange *x, int status, const char *message) {
    buffer body = {0};
    buffer_format(&body, "{\"@type\":\"generic_error\",\"error_code\":%d00,\"message\":", status);
    buffer_append_json_string(&body, slice_of(message));
    buffer_append_byte(&body, '}');
    pthread_mutex_lock(&x->connection->lock);
    x->holders++;
    pthread_mutex_unlock(&x->connection->lock);
    http_respond(x, status, SLICE_LITERAL("application/json"), buffer_slice(&body));
    buffer_free(&body);
}

http_server *http_exchange_server(http_exchange *x) {
    return x->connection->server;
}
