/* WebSocket by libwslay: each piece of a response is one text message. What a client says is read
 * and forgotten, but for pings, which are answered, and its goodbye. */
#include "server/http_websocket.h"

#include <openssl/evp.h>
#include <wslay/wslay.h>

#include "base/base64.h"
#include "base/memory.h"

typedef struct websocket {
    wslay_event_context_ptr wslay;
    slice coming; /* bytes that wslay has not taken yet, during receive */
    bool said_goodbye;
} websocket;

enum { MESSAGE_BYTES_MOST = 64 * 1024, REASON_BYTES_MOST = 123, NORMAL = 1000 };

/* ---- the handshake ---- */

static bool header_has(const http_request *request, const char *name, slice word) {
    slice value = http_header_value(request, name);
    for (size_t i = 0; value.data && i + word.length <= value.length; i++)
        if (slice_equal_ignore_case(slice_make(value.data + i, word.length), word))
            return true;
    return false;
}

bool websocket_is_asked(const http_request *request) {
    slice version = http_header_value(request, "sec-websocket-version");
    return slice_is(request->method, "GET") &&
           header_has(request, "upgrade", SLICE_LITERAL("websocket")) &&
           header_has(request, "connection", SLICE_LITERAL("upgrade")) &&
           http_header_value(request, "sec-websocket-key").length > 0 && version.data &&
           slice_is(version, "13");
}

void websocket_accept(connection *c, const http_exchange *x) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    buffer key = {0};
    buffer_append(&key, http_header_value(&x->request, "sec-websocket-key"));
    buffer_append_text(&key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    EVP_Digest(key.data, key.length, digest, &length, EVP_sha1(), NULL);
    buffer_free(&key);
    buffer_append_text(&c->out, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                                "connection: Upgrade\r\nsec-websocket-accept: ");
    base64_append(&c->out, slice_make((const char *)digest, length));
    for (int i = 0; i < x->response_header_count; i++)
        buffer_format(&c->out, "\r\n%.*s: %.*s", SLICE_ARG(x->response_headers[i].name),
            SLICE_ARG(x->response_headers[i].value));
    buffer_append_text(&c->out, "\r\n\r\n");
}

/* ---- wslay's callbacks ---- */

static ssize_t give_bytes(
    wslay_event_context_ptr wslay, uint8_t *to, size_t length, int flags, void *context) {
    websocket *w = ((connection *)context)->state;
    (void)flags;
    if (!w->coming.length) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t count = w->coming.length < length ? w->coming.length : length;
    memcpy(to, w->coming.data, count);
    w->coming = slice_make(w->coming.data + count, w->coming.length - count);
    return (ssize_t)count;
}

static ssize_t take_bytes(
    wslay_event_context_ptr wslay, const uint8_t *bytes, size_t length, int flags, void *context) {
    connection *c = context;
    (void)wslay;
    (void)flags;
    buffer_append_bytes(&c->out, bytes, length);
    return (ssize_t)length;
}

static websocket *state_of(connection *c) {
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = give_bytes, .send_callback = take_bytes};
    if (!c->state) {
        websocket *w = MEMORY_NEW(websocket);
        c->state = w;
        wslay_event_context_server_init(&w->wslay, &callbacks, c);
        wslay_event_config_set_max_recv_msg_length(w->wslay, MESSAGE_BYTES_MOST);
    }
    return c->state;
}

/* ---- the protocol ---- */

/* The client has said goodbye, or broken the protocol: whoever answers is told that it left. */
static void end_exchanges(connection *c) {
    pthread_mutex_lock(&c->lock);
    while (c->exchanges)
        http_exchange_finish(c->exchanges);
    pthread_mutex_unlock(&c->lock);
}

static bool websocket_receive(connection *c, slice bytes) {
    websocket *w = state_of(c);
    w->coming = bytes;
    /* After its goodbye, or a breach of the protocol, nothing more is read from a client. */
    bool over = wslay_event_recv(w->wslay) != 0 || !wslay_event_get_read_enabled(w->wslay) ||
                wslay_event_get_close_received(w->wslay);
    w->coming = (slice){NULL, 0};
    if (over)
        end_exchanges(c);
    wslay_event_send(w->wslay);
    return !over;
}

static void say_goodbye(websocket *w, const http_exchange *x) {
    slice reason = x->close_reason;
    if (reason.length > REASON_BYTES_MOST) {
        reason.length = REASON_BYTES_MOST;
        while (reason.length && ((unsigned char)reason.data[reason.length] & 0xC0) == 0x80)
            reason.length--; /* not within a character */
    }
    wslay_event_queue_close(w->wslay, (uint16_t)(x->close_code ? x->close_code : NORMAL),
        (const uint8_t *)reason.data, reason.length);
    w->said_goodbye = true;
}

static void websocket_pump(connection *c) {
    websocket *w = state_of(c);
    http_exchange *x = c->exchanges;
    if (x && x->given_up && x->ended && !x->told) {
        c->aborted = true;
        return;
    }
    while (x && x->pieces && c->out.length - c->out_sent < HTTP_OUT_BYTES_MOST) {
        const struct wslay_event_msg message = {
            WSLAY_TEXT_FRAME, (const uint8_t *)x->pieces->bytes, x->pieces->length};
        wslay_event_queue_msg(w->wslay, &message);
        wslay_event_send(w->wslay);
        http_exchange_drop_piece(x);
    }
    if (x && x->ended && !x->pieces && !w->said_goodbye) {
        say_goodbye(w, x);
        wslay_event_send(w->wslay);
        http_exchange_finish(x);
    }
}

static void websocket_cut(connection *c, http_exchange *x) {
    (void)x;
    c->aborted = true;
}

static void websocket_close(connection *c) {
    websocket *w = c->state;
    if (!w)
        return;
    wslay_event_context_free(w->wslay);
    memory_free(w);
    c->state = NULL;
}

const http_protocol WEBSOCKET = {websocket_receive, websocket_pump, websocket_cut, websocket_close};
