/* http.h - an HTTP server: HTTP/1.1, HTTP/2 and WebSocket, in clear text or over TLS.
 *
 * The protocols are libhttp-parser's, libnghttp2's and libwslay's; TLS is OpenSSL's. A connection
 * that begins with HTTP/2's preface is HTTP/2 (prior knowledge, or ALPN's choice over TLS), any
 * other is HTTP/1.1, which a client may upgrade to WebSocket. One thread does all input and output;
 * requests run on a pool of worker threads. A response is either whole or a stream of pieces, which
 * any thread may write, each as one chunk, DATA frame or WebSocket message.
 *
 * An exchange belongs to whoever answers it, from the call of the handler until http_respond or
 * http_stream_end, exactly one of which must be called in the end, also when the client has gone.
 */
#ifndef SLUICE_SERVER_HTTP_H
#define SLUICE_SERVER_HTTP_H

#include "base/arena.h"
#include "base/error.h"
#include "server/http_tls.h"

typedef struct http_server http_server;
typedef struct http_exchange http_exchange;

typedef struct http_header {
    slice name; /* lower case */
    slice value;
} http_header;

/* Lives as long as the exchange. */
typedef struct http_request {
    slice method;
    slice path;  /* without the query string, not decoded */
    slice query; /* behind the '?', or empty */
    const http_header *headers;
    int header_count;
    slice body; /* empty when it is read piece by piece (http_body_read) */
    bool is_http2, is_tls;
    /* The client asks for a WebSocket: http_stream_begin accepts, http_respond refuses. */
    bool is_websocket;
    slice certificate_name; /* the common name in the client's certificate; NULL: none was shown */
} http_request;

typedef struct http_options {
    /* Where to listen: [http://|https://]HOST:PORT, [HOST]:PORT or PORT, separated by commas; port
     * 0 chooses a free one. */
    slice listen;
    const http_tls_options *tls; /* for https://; NULL: none */
    int workers;                 /* threads that run the handler; 0: 8 */
    int64_t body_limit_bytes;    /* a larger request gets 413; 0: 16 MiB */
    int64_t slow_reader_ms;      /* a client that reads nothing for so long is given up; 0: 30 s */
    int64_t request_ms; /* for a request's headers, and between pieces of its body; 0: 30 s */
    int64_t idle_ms;    /* a connection without a request for so long is closed; 0: 10 minutes */
    void (*handler)(void *context, http_exchange *x, const http_request *request);
    /* Requests whose handler reads the body by itself, while it comes (http_body_read). Each has a
     * thread of its own. Called from the input and output thread: must not block. NULL: none. */
    bool (*streams_body)(void *context, const http_request *request);
    void *context;
} http_options;

/* Listens and starts its threads. */
http_server *http_server_open(const http_options *options, error *e);
/* Stops listening, closes connections, waits for running handlers and until every exchange has been
 * ended: writers of streams must notice that writing fails, or be told by http_on_close. */
void http_server_close(http_server *s);
/* The port it listens on (the first one). */
int http_server_port(const http_server *s);
/* That of the nth place, from 0; 0 when there is none. */
int http_server_port_at(const http_server *s, int n);
/* The server that has received an exchange: handlers may run before http_server_open returns. */
http_server *http_exchange_server(http_exchange *x);
/* Open connections and exchanges, for metrics. */
void http_server_counts(http_server *s, int64_t *connections, int64_t *exchanges);

/* The value of a request header (lower-case name); the NULL slice when it was not sent. */
slice http_header_value(const http_request *request, const char *name);

typedef enum http_body { HTTP_BODY_BYTES, HTTP_BODY_END, HTTP_BODY_GONE } http_body;
/* Waits for more of the body and appends it. END: there is no more; GONE: the client has left. */
http_body http_body_read(http_exchange *x, buffer *to);

/* A whole response. Ends the exchange. `content_type` may be the NULL slice when there is no body.
 */
void http_respond(http_exchange *x, int status, slice content_type, slice body);
/* Adds a header to the response; before it begins. */
void http_add_header(http_exchange *x, slice name, slice value);
/* Begins a response in pieces. */
void http_stream_begin(http_exchange *x, int status, slice content_type);
/* Before it begins: its pieces are sent together, when it ends or there are many. For answers that
 * are soon complete. */
void http_stream_gather(http_exchange *x);
/* One piece. Waits while the client is far behind (a few hundred kilobytes). False: the client has
 * gone, or has been given up because it does not read; the stream must still be ended. */
bool http_stream_write(http_exchange *x, slice piece);
/* Whether the client was given up. What it has not been sent is dropped; unless a last word
 * follows, its connection or stream is cut, so that it cannot take what it got for the whole. */
bool http_stream_given_up(http_exchange *x);
/* To a client that was given up: why. Sent if it reads again before long. */
void http_stream_last_word(http_exchange *x, slice piece);
/* How a WebSocket is closed at the stream's end: 1000 and no reason unless it is set. */
void http_stream_close_code(http_exchange *x, int code, slice reason);
void http_stream_end(http_exchange *x);
/* Calls `closed` once, from the input and output thread, when the client goes away before the
 * response has ended (at once when it already has). It must not block, nor call anything of http.h:
 * a lock is held. Once http_respond or http_stream_end has returned it is not called any more. */
void http_on_close(http_exchange *x, void (*closed)(void *context), void *context);

#endif
