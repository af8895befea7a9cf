/* HTTP/1.1 by libhttp-parser: one request at a time on a connection; a pipelined one waits until
 * the response before it is complete. Streams use chunked encoding, one chunk a piece. A handler
 * may answer while the body of its request still comes. */
#include <http_parser.h>

#include "base/memory.h"
#include "server/http_connection.h"
#include "server/http_websocket.h"

typedef struct http1 {
    http_parser parser;
    http_exchange *request; /* the one being read */
    buffer target, field, value;
    int64_t discarded; /* bytes of a body that is too large */
    bool value_ended, too_large, keep_alive;
    bool chunked;   /* the client knows chunks (not HTTP/1.0) */
    bool active;    /* a response is awaited */
    bool complete;  /* the active request is */
    bool answered;  /* before its body was complete: what comes of it is dropped, then it closes */
    buffer waiting; /* bytes behind the active request */
} http1;

enum { DISCARDED_LIMITS = 4 };

#define NO_LENGTH UINT64_MAX /* libhttp-parser's, when there is no Content-Length */

static http1 *state_of(http_parser *parser) {
    return ((connection *)parser->data)->state;
}

static int on_message_begin(http_parser *parser) {
    http1 *h = state_of(parser);
    h->request = http_exchange_create(parser->data, 0);
    buffer_clear(&h->target);
    buffer_clear(&h->field); /* of a trailer */
    buffer_clear(&h->value);
    h->value_ended = h->too_large = h->complete = h->answered = false;
    h->discarded = 0;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    buffer_append_bytes(&state_of(parser)->target, at, length);
    return 0;
}

static void end_header(http1 *h) {
    if (h->field.length)
        http_exchange_add_request_header(
            h->request, buffer_slice(&h->field), buffer_slice(&h->value));
    buffer_clear(&h->field);
    buffer_clear(&h->value);
    h->value_ended = false;
}

static int on_header_field(http_parser *parser, const char *at, size_t length) {
    http1 *h = state_of(parser);
    if (h->value_ended)
        end_header(h);
    buffer_append_bytes(&h->field, at, length);
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t length) {
    http1 *h = state_of(parser);
    buffer_append_bytes(&h->value, at, length);
    h->value_ended = true;
    return 0;
}

/* A client may send the whole URL, as to a proxy; it is about the path. */
static slice origin_form(slice target) {
    if (!target.length || target.data[0] == '/')
        return target;
    const char *end = target.data + target.length;
    const char *host = memmem(target.data, target.length, "://", 3);
    if (!host)
        return target;
    for (const char *at = host + 3; at < end; at++)
        if (*at == '/')
            return slice_make(at, (size_t)(end - at));
    return SLICE_LITERAL("/");
}

static int on_headers_complete(http_parser *parser) {
    http1 *h = state_of(parser);
    connection *c = parser->data;
    end_header(h);
    http_exchange_set_target(h->request, origin_form(buffer_slice(&h->target)));
    h->request->request.method = slice_of(http_method_str((enum http_method)parser->method));
    parser->upgrade = 0; /* offers to upgrade are taken up by websocket_accept only */
    h->request->request.headers = h->request->headers;
    h->request->request.header_count = h->request->header_count;
    h->request->request.is_websocket = websocket_is_asked(&h->request->request);
    h->chunked = parser->http_major > 1 || parser->http_minor > 0;
    h->too_large = parser->content_length != NO_LENGTH &&
                   parser->content_length > (uint64_t)http_body_limit(c);
    slice expect = http_header_value(&h->request->request, "expect");
    if (expect.data && slice_equal_ignore_case(expect, SLICE_LITERAL("100-continue"))) {
        if (h->too_large)
            return -1; /* the client has not sent it yet, and need not */
        buffer_append_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (h->too_large)
        return 0;
    http_exchange_headers_read(h->request);
    h->active = h->request->dispatched;
    h->keep_alive = http_should_keep_alive(parser);
    return 0;
}

/* A body that is too large is read and dropped, because a client that is still sending would not
 * see the answer; but not for ever. */
static int discard(http1 *h, connection *c, size_t length) {
    h->too_large |= !h->answered;
    h->discarded += (int64_t)length;
    return h->discarded > DISCARDED_LIMITS * http_body_limit(c) + HTTP_OUT_BYTES_MOST ? -1 : 0;
}

static int on_body(http_parser *parser, const char *at, size_t length) {
    http1 *h = state_of(parser);
    if (h->answered || h->too_large || !http_exchange_add_body(h->request, slice_make(at, length)))
        return discard(h, parser->data, length);
    return 0;
}

static int on_message_complete(http_parser *parser) {
    http1 *h = state_of(parser);
    connection *c = parser->data;
    if (h->answered) {
        c->closing = true;
        http_parser_pause(parser, 1);
        return 0;
    }
    h->active = h->complete = true;
    h->keep_alive = http_should_keep_alive(parser);
    if (h->too_large) {
        h->keep_alive = false;
        http_exchange_refuse(h->request, 413, "The request body is too large.");
    } else {
        http_exchange_complete(h->request);
    }
    h->request = NULL;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* The answer to a request that is not read to its end. */
static void write_refusal(connection *c, int status, const char *message) {
    buffer body = {0};
    buffer_format(&body, "{\"@type\":\"generic_error\",\"error_code\":%d00,\"message\":\"%s\"}",
        status, message);
    buffer_format(&c->out,
        "HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n"
        "connection: close\r\n\r\n%.*s",
        status, http_status_text(status), body.length, SLICE_ARG(buffer_slice(&body)));
    buffer_free(&body);
}

static void refuse(connection *c, http1 *h, enum http_errno code) {
    int status = h->too_large ? 413 : code == HPE_HEADER_OVERFLOW ? 431 : 400;
    write_refusal(c, status,
        h->too_large                  ? "The request body is too large."
        : code == HPE_HEADER_OVERFLOW ? "The request's headers are too large."
                                      : "The request is not readable HTTP/1.1.");
}

/* What comes while a response is awaited is kept for later; a client that sends on and on has to
 * wait. */
static bool keep_waiting(connection *c, http1 *h, slice bytes) {
    buffer_append(&h->waiting, bytes);
    if (h->waiting.length > HTTP_QUEUED_BYTES_MOST)
        http_connection_read(c, false);
    return true;
}

static bool http1_receive(connection *c, slice bytes) {
    http1 *h = c->state;
    if (!h) {
        h = MEMORY_NEW(http1);
        http_parser_init(&h->parser, HTTP_REQUEST);
        h->parser.data = c;
        c->state = h;
    }
    if (h->active && h->complete)
        return keep_waiting(c, h, bytes);
    size_t parsed = http_parser_execute(&h->parser, &settings, bytes.data, bytes.length);
    enum http_errno code = HTTP_PARSER_ERRNO(&h->parser);
    if (code == HPE_PAUSED) /* a request is complete; what follows waits for its response */
        return keep_waiting(c, h, slice_make(bytes.data + parsed, bytes.length - parsed));
    if (code != HPE_OK && !h->active && !h->answered)
        refuse(c, h, code);
    return code == HPE_OK;
}

static void write_headers(connection *c, http1 *h, const http_exchange *x) {
    buffer_format(&c->out, "HTTP/1.1 %d %s\r\n", x->status, http_status_text(x->status));
    if (x->content_type.data)
        buffer_format(&c->out, "content-type: %.*s\r\n", SLICE_ARG(x->content_type));
    for (int i = 0; i < x->response_header_count; i++)
        buffer_format(&c->out, "%.*s: %.*s\r\n", SLICE_ARG(x->response_headers[i].name),
            SLICE_ARG(x->response_headers[i].value));
    if (x->streaming && h->chunked)
        buffer_append_text(&c->out, "transfer-encoding: chunked\r\n");
    else if (x->streaming)
        h->keep_alive = false; /* its end is the connection's end */
    else
        buffer_format(&c->out, "content-length: %lld\r\n", (long long)x->queued_bytes);
    if (!h->keep_alive)
        buffer_append_text(&c->out, "connection: close\r\n");
    else if (!h->chunked)
        buffer_append_text(&c->out, "connection: keep-alive\r\n");
    buffer_append_text(&c->out, "\r\n");
}

static void write_pieces(connection *c, const http1 *h, http_exchange *x) {
    bool head = slice_is(x->request.method, "HEAD"), chunks = x->streaming && h->chunked && !head;
    while (x->pieces && c->out.length - c->out_sent < HTTP_OUT_BYTES_MOST) {
        const http_piece *p = x->pieces;
        if (chunks)
            buffer_format(&c->out, "%zx\r\n", p->length);
        if (!head)
            buffer_append_bytes(&c->out, p->bytes, p->length);
        if (chunks)
            buffer_append_text(&c->out, "\r\n");
        http_exchange_drop_piece(x);
    }
}

/* Reads on with the bytes that came behind the request that has been answered. */
static void next_request(connection *c, http1 *h) {
    h->active = false;
    http_parser_pause(&h->parser, 0);
    if (!h->waiting.length)
        return;
    buffer waiting = h->waiting;
    h->waiting = (buffer){0};
    pthread_mutex_unlock(&c->lock); /* the parser's callbacks take it */
    http_connection_read(c, true);
    if (!http1_receive(c, buffer_slice(&waiting)))
        c->closing = true;
    pthread_mutex_lock(&c->lock);
    buffer_free(&waiting);
}

/* The handler has read from a body: what more of it comes is welcome again. */
static void resume_body(connection *c, http_exchange *x) {
    if (!x->body_taken)
        return;
    x->body_taken = 0;
    if (c->read_stopped && x->body.length <= HTTP_QUEUED_BYTES_MOST)
        http_connection_read(c, true);
}

static void end_response(connection *c, http1 *h, http_exchange *x) {
    bool cut = x->given_up;
    if (x->streaming && h->chunked && !slice_is(x->request.method, "HEAD"))
        buffer_append_text(&c->out, "0\r\n\r\n");
    http_exchange_finish(x);
    if (!h->complete) {
        h->answered = true;
        h->active = false;
        h->request = NULL;
        http_connection_read(c, true);
    } else if (h->keep_alive && !cut) {
        next_request(c, h);
    } else {
        c->closing = true;
    }
}

/* The connection becomes a WebSocket's. */
static void upgrade(connection *c, http1 *h, http_exchange *x) {
    buffer waiting = h->waiting;
    h->waiting = (buffer){0};
    x->headers_sent = true;
    websocket_accept(c, x);
    HTTP1.close(c);
    c->protocol = &WEBSOCKET;
    pthread_mutex_unlock(&c->lock);
    http_connection_read(c, true);
    if (!WEBSOCKET.receive(c, buffer_slice(&waiting)))
        c->closing = true;
    pthread_mutex_lock(&c->lock);
    buffer_free(&waiting);
    WEBSOCKET.pump(c);
}

static void http1_pump(connection *c) {
    http1 *h = c->state;
    http_exchange *x = c->exchanges;
    if (!h || !x || !h->active)
        return;
    resume_body(c, x);
    if (!x->begun)
        return;
    if (x->given_up && x->ended && !x->told) {
        c->aborted = true;
        return;
    }
    if (!x->headers_sent && x->request.is_websocket && x->streaming) {
        upgrade(c, h, x);
        return;
    }
    if (!x->headers_sent) {
        write_headers(c, h, x);
        x->headers_sent = true;
    }
    write_pieces(c, h, x);
    if (x->ended && !x->pieces)
        end_response(c, h, x);
}

static void http1_cut(connection *c, http_exchange *x) {
    if (!x) {
        c->closing = true;
        return;
    }
    if (x->given_up) {
        c->aborted = true;
        return;
    }
    write_refusal(c, 408, "The request did not come in time.");
    c->closing = true;
}

static void http1_close(connection *c) {
    http1 *h = c->state;
    if (!h)
        return;
    buffer_free(&h->target);
    buffer_free(&h->field);
    buffer_free(&h->value);
    buffer_free(&h->waiting);
    memory_free(h);
    c->state = NULL;
}

const http_protocol HTTP1 = {http1_receive, http1_pump, http1_cut, http1_close};
