/* http_connection.h - inside the HTTP server: connections, exchanges, and what a protocol gives. */
#ifndef SLUICE_SERVER_HTTP_CONNECTION_H
#define SLUICE_SERVER_HTTP_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>

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
    http_header *headers;
    int header_count, header_capacity;
    int64_t began_ms;
    bool headers_read; /* the input and output thread's */
    bool dispatched;
    bool streams_body;

    /* Guarded by the connection's lock. */
    buffer body; /* not yet read by its handler, when that reads it by itself */
    bool body_ended;
    int64_t body_taken; /* bytes read by the handler that the protocol has not been told of */
    int holders;        /* the connection and the answerer */
    int status;
    slice content_type;
    http_header *response_headers;
    int response_header_count;
    bool begun, streaming, ended; /* by the answerer */
    bool gathers;                 /* its pieces are sent together */
    bool closed;                  /* the client has gone */
    bool given_up;                /* the client does not read: to be cut */
    bool told;                    /* but a last word may be sent to it first */
    int64_t given_up_ms;
    int close_code; /* WebSocket */
    slice close_reason;
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
    /* Cuts an exchange whose client was given up or whose request does not come; NULL: closes the
     * connection, which is idle. Lock held. */
    void (*cut)(connection *c, http_exchange *x);
    void (*close)(connection *c);
} http_protocol;

extern const http_protocol HTTP1, HTTP2, WEBSOCKET;

struct connection {
    http_server *server;
    connection *next, *previous; /* all of the server */
    connection *next_ready;
    int fd;
    const http_protocol *protocol; /* NULL until its first bytes have been seen */
    void *state;                   /* the protocol's */
    http_tls_session *tls;         /* NULL: clear text */
    buffer in;                     /* before the protocol is known */
    buffer out;
    size_t out_sent;
    buffer wire; /* what `out` became under TLS */
    size_t wire_sent;
    int64_t heard_ms; /* when bytes came, at first: when it was accepted */
    int64_t moved_ms; /* when bytes could be sent */
    bool closing;     /* close when all is sent */
    bool wants_out;   /* registered for writing */
    bool read_stopped;
    bool aborted; /* close without sending what is left */
    pthread_mutex_t lock;
    pthread_cond_t drained; /* pieces were sent, or a body's bytes came */
    int writers_waiting;    /* for `drained` */
    bool ready;             /* in the server's ready list (guarded by the server's lock) */
    bool gone;
    http_exchange *exchanges; /* oldest first */
    int holders;              /* the server, and each exchange; guarded by lock */
};

/* A writer waits when more than HTTP_QUEUED_BYTES_MOST are queued, until half of them are gone. */
enum {
    HTTP_OUT_BYTES_MOST = 64 * 1024,
    HTTP_QUEUED_BYTES_MOST = 256 * 1024,
    HTTP_QUEUED_BYTES_RESUMED = HTTP_QUEUED_BYTES_MOST / 2,
    HTTP_GATHERED_BYTES = 16 * 1024,
    LISTENERS_MOST = 8
};

typedef struct http_listener {
    int fd, port;
    bool tls;
} http_listener;

struct http_server {
    http_options options;
    http_tls *tls;
    http_listener listeners[LISTENERS_MOST];
    int listener_count;
    int poller, waker;
    pthread_t loop;
    pthread_t *workers;
    int worker_count;
    connection *connections; /* the loop's own */
    int64_t swept_ms;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    connection *ready, **last_ready; /* in the order in which they became so */
    int64_t ready_count;
    int workers_alive, workers_blocked; /* the latter wait for a client to read */
    http_exchange **queue;              /* requests that wait for a worker, a ring */
    int64_t queue_head, queue_count, queue_capacity;
    bool stopping;
    int64_t exchange_count, own_threads;
    pthread_cond_t no_exchanges;
    _Atomic int64_t connection_count;
};

/* ---- http_worker.c ---- */

void http_workers_start(http_server *s);
/* Waits for those that http_workers_start has started; s->stopping is set. */
void http_workers_join(http_server *s);
/* The request waits for one of them. */
void http_worker_queue(http_exchange *x);
/* Around a wait for a client to read: another worker takes the place of one that waits. Does
 * nothing on other threads. */
void http_worker_blocks(http_server *s);
void http_worker_goes_on(http_server *s);
/* How long a thread may wait for its client. */
int64_t http_worker_patience_ms(http_server *s);

/* ---- http_exchange.c, for the protocols ---- */

http_exchange *http_exchange_create(connection *c, int32_t stream_id);
void http_exchange_add_request_header(http_exchange *x, slice name, slice value);
/* Splits the target into path and query. */
void http_exchange_set_target(http_exchange *x, slice target);
/* All headers are there: decides whether the handler reads the body by itself, and then dispatches
 * it at once. */
void http_exchange_headers_read(http_exchange *x);
/* False when the body is larger than allowed. */
bool http_exchange_add_body(http_exchange *x, slice bytes);
/* The request is complete: hands it to a worker, or tells the handler that reads the body. */
void http_exchange_complete(http_exchange *x);
/* The protocol is done with it: sent wholly, or the stream was reset. Lock held. */
void http_exchange_finish(http_exchange *x);
/* Takes the first piece off the queue. Lock held. */
void http_exchange_drop_piece(http_exchange *x);
/* Answers at once from the input and output thread. */
void http_exchange_refuse(http_exchange *x, int status, const char *message);
/* Drops a holder of the connection: lock held before, not after; may free it. */
void http_connection_release(connection *c);

/* ---- http_server.c ---- */

/* Puts the connection on the ready list and wakes the loop. Any thread. */
void http_connection_ready(connection *c);
/* Stops and resumes reading from the client (its leaving is noticed all the same). */
void http_connection_read(connection *c, bool on);
/* Bytes that wait for the socket. */
size_t http_connection_backlog(const connection *c);
int64_t http_body_limit(const connection *c);
const char *http_status_text(int status);

#endif
