/* http_connection.h - inside the HTTP server: connections, exchanges, and what a protocol gives. */
#ifndef SLUICE_SERVER_HTTP_CONNECTION_H
#define SLUICE_SERVER_HTTP_CONNECTION_H

#include <pthread.h>

#include "base/buffer.h"
#include "server/http.h"

typedef struct connection connection;

/* A piece of a response's body that is still to be sent. */
typedef struct http_piece {
    struct http_piece *next;
    size_t length, sent;
    char bytes[];
} http_piece;

struct http_exchange {
    connection *connection;
    http_exchange *next; /* of the connection */
    int32_t stream_id;   /* HTTP/2 */
    arena *arena;        /* the request, and the response's headers */
    http_request request;
    buffer body;
    http_header *headers;
    int header_count, header_capacity;

    /* Guarded by the connection's lock. */
    int holders; /* the connection and the answerer */
    int status;
    slice content_type;
    http_header *response_headers;
    int response_header_count;
    bool begun, streaming, ended; /* by the answerer */
    bool closed;                  /* the client has gone */
    bool given_up;                /* the client does not read: to be cut */
    http_piece *pieces, **last_piece;
    int64_t queued_bytes;
    void (*on_close)(void *context);
    void *on_close_context;

    /* The input and output thread's own. */
    bool headers_sent, finished;
};

/* What differs between the protocols. All run on the input and output thread. */
typedef struct http_protocol {
    /* Takes bytes that came; false: the connection is to be closed (after what is in `out` is
     * sent). */
    bool (*receive)(connection *c, slice bytes);
    /* Moves what exchanges have ready into c->out. The lock is held. */
    void (*pump)(connection *c);
    void (*close)(connection *c);
} http_protocol;

extern const http_protocol HTTP1, HTTP2;

struct connection {
    http_server *server;
    connection *next, *previous; /* all of the server */
    connection *next_ready;
    int fd;
    const http_protocol *protocol; /* NULL until its first bytes have been seen */
    void *state;                   /* the protocol's */
    buffer in;                     /* before the protocol is known */
    buffer out;
    size_t out_sent;
    bool closing;   /* close when `out` is empty */
    bool wants_out; /* registered for writing */
    bool read_stopped;
    bool aborted; /* close without sending what is left */
    pthread_mutex_t lock;
    pthread_cond_t drained;
    bool ready; /* in the server's ready list (guarded by the server's lock) */
    bool gone;
    http_exchange *exchanges; /* oldest first */
    int holders;              /* the server, and each exchange; guarded by lock */
};

enum { HTTP_OUT_BYTES_MOST = 256 * 1024, HTTP_QUEUED_BYTES_MOST = 256 * 1024 };

/* ---- http_server.c, for the protocols ---- */

http_exchange *http_exchange_create(connection *c, int32_t stream_id);
void http_exchange_add_request_header(http_exchange *x, slice name, slice value);
/* Splits the target into path and query. */
void http_exchange_set_target(http_exchange *x, slice target);
/* False when the body is larger than allowed. */
bool http_exchange_add_body(http_exchange *x, slice bytes);
/* Hands the complete request to a worker. */
void http_exchange_dispatch(http_exchange *x);
/* The protocol is done with it: sent wholly, or the stream was reset. Lock held. */
void http_exchange_finish(http_exchange *x);
/* Stops and resumes reading from the client (its leaving is noticed all the same). */
void http_connection_read(connection *c, bool on);
int64_t http_body_limit(const connection *c);
/* Answers at once from the input and output thread. */
void http_exchange_refuse(http_exchange *x, int status, const char *message);
const char *http_status_text(int status);

#endif
