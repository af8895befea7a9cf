/* http.h - an HTTP server: HTTP/1.1 and HTTP/2 on one cleartext port.
 *
 * The protocols are libhttp-parser's and libnghttp2's; a connection that begins with HTTP/2's
 * preface is HTTP/2 (prior knowledge), any other is HTTP/1.1. One thread does all input and output;
 * requests run on a pool of worker threads. A response is either whole or a stream of pieces, which
 * any thread may write, each as one chunk or DATA frame.
 *
 * An exchange belongs to whoever answers it, from the call of the handler until http_respond or
 * http_stream_end, exactly one of which must be called in the end, also when the client has gone.
 */
#ifndef SLUICE_SERVER_HTTP_H
#define SLUICE_SERVER_HTTP_H

#include "base/arena.h"
#include "base/error.h"

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
    slice body;
    bool is_http2;
} http_request;

typedef struct http_options {
    slice listen;             /* HOST:PORT, [HOST]:PORT or PORT; port 0 chooses a free one */
    int workers;              /* threads that run the handler; 0: 8 */
    int64_t body_limit_bytes; /* a larger request gets 413; 0: 16 MiB */
    int64_t slow_reader_ms;   /* a client that reads nothing for so long is given up; 0: 30 s */
    void (*handler)(void *context, http_exchange *x, const http_request *request);
    void *context;
} http_options;

/* Listens and starts its threads. */
http_server *http_server_open(const http_options *options, error *e);
/* Stops listening, closes connections, waits for running handlers and until every exchange has been
 * ended: writers of streams must notice that writing fails, or be told by http_on_close. */
void http_server_close(http_server *s);
/* The port it listens on. */
int http_server_port(const http_server *s);
/* The server that has received an exchange: handlers may run before http_server_open returns. */
http_server *http_exchange_server(http_exchange *x);
/* Open connections and exchanges, for metrics. */
void http_server_counts(http_server *s, int64_t *connections, int64_t *exchanges);

/* The value of a request header (lower-case name); the NULL slice when it was not sent. */
slice http_header_value(const http_request *request, const char *name);

/* A whole response. Ends the exchange. `content_type` may be the NULL slice when there is no body.
 */
void http_respond(http_exchange *x, int status, slice content_type, slice body);
/* Adds a header to the response; before it begins. */
void http_add_header(http_exchange *x, slice name, slice value);
/* Begins a response in pieces. */
void http_stream_begin(http_exchange *x, int status, slice content_type);
/* One piece. Waits while the client is far behind (a few hundred kilobytes). False: the client has
 * gone, or has been given up because it does not read (its connection or stream is cut, so that it
 * cannot take what it got for the whole); the stream must still be ended. */
bool http_stream_write(http_exchange *x, slice piece);
void http_stream_end(http_exchange *x);
/* Calls `closed` once, from the input and output thread, when the client goes away before the
 * response has ended (at once when it already has). It must not block, nor call anything of http.h:
 * a lock is held. Once http_respond or http_stream_end has returned it is not called any more. */
void http_on_close(http_exchange *x, void (*closed)(void *context), void *context);

#endif
