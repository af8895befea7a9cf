/* HTTP/2 by libnghttp2. Each piece of a response becomes DATA frames of its own, so that a client
 * sees a row as soon as it is there and never half of one in a frame unless it is larger than a
 * frame may be. */
#include <nghttp2/nghttp2.h>
#include <stdio.h>

#include "base/memory.h"
#include "server/http_connection.h"

typedef struct http2 {
    nghttp2_session *session;
    bool pumping; /* callbacks run inside pump, where the connection's lock is held */
} http2;

enum { STREAMS_MOST = 1000, WINDOW_BYTES = 1 << 20, FIELDS_MOST = 32 };

static slice bytes_of(const uint8_t *data, size_t length) {
    return slice_make((const char *)data, length);
}

/* ---- requests ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    http_exchange *x = http_exchange_create(context, frame->hd.stream_id);
    x->request.is_http2 = true;
    x->request.method = x->request.path = x->request.query = SLICE_LITERAL("");
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, x);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags, void *context) {
    http_exchange *x = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    slice n = bytes_of(name, name_length), v = bytes_of(value, value_length);
    (void)flags;
    (void)context;
    if (!x)
        return 0;
    if (slice_is(n, ":method"))
        x->request.method = arena_copy(x->arena, v);
    else if (slice_is(n, ":path"))
        http_exchange_set_target(x, v);
    else if (n.length && n.data[0] != ':')
        http_exchange_add_request_header(x, n, v);
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
    const uint8_t *data, size_t length, void *context) {
    http_exchange *x = nghttp2_session_get_stream_user_data(session, stream_id);
    (void)flags;
    (void)context;
    if (!x || !x->streams_body) /* or else when its handler has read it */
        nghttp2_session_consume(session, stream_id, length);
    else
        nghttp2_session_consume_connection(session, length);
    if (x && !http_exchange_add_body(x, bytes_of(data, length))) {
        nghttp2_session_set_stream_user_data(session, stream_id, NULL);
        http_exchange_refuse(x, 413, "The request body is too large.");
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)context;
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    http_exchange *x = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!x)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !x->headers_read)
        http_exchange_headers_read(x);
    if (ends)
        http_exchange_complete(x);
    return 0;
}

static http_exchange *exchange_of(connection *c, int32_t stream_id) {
    http_exchange *x = c->exchanges;
    while (x && x->stream_id != stream_id)
        x = x->next;
    return x;
}

static int on_stream_close(
    nghttp2_session *session, int32_t stream_id, uint32_t code, void *context) {
    connection *c = context;
    http2 *h = c->state;
    (void)session;
    (void)code;
    if (!h->pumping)
        pthread_mutex_lock(&c->lock);
    http_exchange *x = exchange_of(c, stream_id);
    if (x)
        http_exchange_finish(x);
    if (!h->pumping)
        pthread_mutex_unlock(&c->lock);
    return 0;
}

static bool http2_open(connection *c) {
    http2 *h = MEMORY_NEW(http2);
    c->state = h;
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_option *options;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_server_new2(&h->session, callbacks, c, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MOST},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
    };
    return nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 2) == 0;
}

static bool http2_receive(connection *c, slice bytes) {
    if (!c->state && !http2_open(c))
        return false;
    http2 *h = c->state;
    ssize_t taken = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.data, bytes.length);
    return taken == (ssize_t)bytes.length &&
           (nghttp2_session_want_read(h->session) || nghttp2_session_want_write(h->session));
}

/* ---- responses ---- */

static uint32_t end_of_stream(http2 *h, const http_exchange *x) {
    if (!x->body_ended) /* nobody reads the rest of the request */
        nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, x->stream_id, NGHTTP2_NO_ERROR);
    return NGHTTP2_DATA_FLAG_EOF;
}

/* Called from pump only: the lock is held. */
static ssize_t read_piece(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t length,
    uint32_t *flags, nghttp2_data_source *source, void *context) {
    http_exchange *x = source->ptr;
    http2 *h = ((connection *)context)->state;
    (void)session;
    (void)stream_id;
    http_piece *p = x->pieces;
    if (!p) {
        if (!x->ended)
            return NGHTTP2_ERR_DEFERRED;
        *flags |= end_of_stream(h, x);
        return 0;
    }
    size_t count = p->length - p->sent < length ? p->length - p->sent : length;
    memcpy(to, p->bytes + p->sent, count);
    p->sent += count;
    x->queued_bytes -= (int64_t)count;
    if (p->sent == p->length)
        http_exchange_drop_piece(x);
    if (!x->pieces && x->ended)
        *flags |= end_of_stream(h, x);
    return (ssize_t)count;
}

static nghttp2_nv field(slice name, slice value) {
    return (nghttp2_nv){(uint8_t *)name.data, (uint8_t *)value.data, name.length, value.length,
        NGHTTP2_NV_FLAG_NONE};
}

static void submit(http2 *h, http_exchange *x) {
    nghttp2_nv fields[FIELDS_MOST];
    char status[8], length[24];
    size_t count = 0;
    snprintf(status, sizeof status, "%d", x->status);
    fields[count++] = field(SLICE_LITERAL(":status"), slice_of(status));
    if (x->content_type.data)
        fields[count++] = field(SLICE_LITERAL("content-type"), x->content_type);
    if (!x->streaming) {
        snprintf(length, sizeof length, "%lld", (long long)x->queued_bytes);
        fields[count++] = field(SLICE_LITERAL("content-length"), slice_of(length));
    }
    for (int i = 0; i < x->response_header_count && count < FIELDS_MOST; i++)
        fields[count++] = field(x->response_headers[i].name, x->response_headers[i].value);
    nghttp2_data_provider provider = {.source.ptr = x, .read_callback = read_piece};
    bool head = slice_is(x->request.method, "HEAD");
    nghttp2_submit_response(h->session, x->stream_id, fields, count, head ? NULL : &provider);
    x->headers_sent = true;
}

/* The client does not open the stream's window: the stream is reset. It does not read from the
 * socket at all: the connection goes. */
static void http2_cut(connection *c, http_exchange *x) {
    http2 *h = c->state;
    if (!x) {
        nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
        return;
    }
    if (x->given_up)
        x->given_up_ms = INT64_MAX; /* once */
    x->begun |= !x->given_up;       /* a request that does not come: once, too */
    if (http_connection_backlog(c))
        c->aborted = true;
    else
        nghttp2_submit_rst_stream(
            h->session, NGHTTP2_FLAG_NONE, x->stream_id, NGHTTP2_INTERNAL_ERROR);
}

static void http2_pump(connection *c) {
    http2 *h = c->state;
    if (!h)
        return;
    h->pumping = true;
    for (http_exchange *x = c->exchanges; x; x = x->next) {
        if (x->body_taken) {
            nghttp2_session_consume_stream(h->session, x->stream_id, (size_t)x->body_taken);
            x->body_taken = 0;
        }
        if (!x->begun)
            continue;
        if (x->given_up && x->ended && !x->told && x->given_up_ms != INT64_MAX)
            http2_cut(c, x);
        else if (!x->headers_sent && x->status)
            submit(h, x);
        else if (x->pieces || x->ended)
            nghttp2_session_resume_data(h->session, x->stream_id);
    }
    while (c->out.length - c->out_sent < HTTP_OUT_BYTES_MOST) {
        const uint8_t *bytes;
        ssize_t count = nghttp2_session_mem_send(h->session, &bytes);
        if (count <= 0)
            break;
        buffer_append_bytes(&c->out, bytes, (size_t)count);
    }
    h->pumping = false;
    if (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session))
        c->closing = true;
}

static void http2_close(connection *c) {
    http2 *h = c->state;
    if (!h)
        return;
    nghttp2_session_del(h->session);
    memory_free(h);
    c->state = NULL;
}

const http_protocol HTTP2 = {http2_receive, http2_pump, http2_cut, http2_close};
