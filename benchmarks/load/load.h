/* load.h - a load generator for `sluice server`: many keep-alive connections on one thread.
 *
 * A mode (pull, push, hold) opens connections with a handler of its own and is called when the
 * socket can be read. Everything is bounded by a number of connections and of seconds.
 */
#ifndef SLUICE_BENCHMARKS_LOAD_H
#define SLUICE_BENCHMARKS_LOAD_H

#include "base/buffer.h"

typedef struct load_connection {
    int fd;
    bool chunked, header_read; /* of the answer that comes in */
    int64_t length;            /* its body, when it is not chunked */
    size_t body_at;
    int status;
    buffer in;
    int64_t began_us; /* when its request should have been sent */
    void *state;      /* the mode's */
} load_connection;

/* Latencies in microseconds; kept whole, sorted at the end. */
typedef struct load_times {
    uint32_t *us;
    int64_t count, capacity;
} load_times;

typedef struct load_options {
    int port;
    int connections;
    double rate; /* requests a second; 0: as fast as answers come */
    double seconds;
    int64_t keys;
    slice sql; /* with one %d in it for the key */
} load_options;

int64_t load_now_us(void);
/* Since 1970, as rows carry it. */
int64_t load_wall_us(void);
/* Blocks until it is connected; `receive_bytes`: a small receive buffer, or 0. Ends the program
 * when that fails. */
int load_connect(int port, int receive_bytes);
/* All of it, waiting where the socket is full; false: the connection is gone. */
bool load_send(int fd, slice bytes);
/* A POST of a query to /query-stream, ready to be sent. */
void load_query_request(buffer *out, slice sql, slice properties);
/* Reads what is there. False: the connection is gone. */
bool load_receive(load_connection *c);
/* Whether the whole answer is in `in`; then status and body_at are known. */
bool load_answer_complete(load_connection *c);
/* Makes it ready for the next answer. */
void load_answer_clear(load_connection *c);

void load_times_add(load_times *t, int64_t us);
/* Writes `"p50_us":...,"p99_us":...,"max_us":...`. */
void load_times_write(load_times *t, buffer *out);

/* The modes; each prints one line of JSON when it is done. */
void load_pull(const load_options *o);
void load_push(const load_options *o);
void load_idle(const load_options *o);
void load_slow_send(const load_options *o);
void load_slow_read(const load_options *o);

#endif
