/* One epoll loop owns all sockets. Workers and query threads put pieces into an exchange's queue,
 * put its connection on the ready list, and wake the loop through an eventfd; the loop lets the
 * connection's protocol turn them into bytes. What is queued for a client that does not read is
 * bounded: writers wait, and after a while give up on it. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "server/http_connection.h"

enum {
    WORKERS_DEFAULT = 8,
    BODY_LIMIT_DEFAULT = 16 * 1024 * 1024,
    HEADERS_MOST = 200,
    EVENTS_MOST = 64,
    READ_BYTES = 64 * 1024,
    SLOW_READER_MS_DEFAULT = 30 * 1000,
    NO_DESCRIPTORS_PAUSE_MS = 10,
};

struct http_server {
    http_options options;
    int listener, poller, waker;
    int port;
    pthread_t loop;
    pthread_t *workers;
    int worker_count;
    connection *connections; /* the loop's own */
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t work;
    connection *ready;
    http_exchange **queue; /* requests that wait for a worker, a ring */
    int64_t queue_head, queue_count, queue_capacity;
    bool stopping;
    int64_t exchange_count;
    pthread_cond_t no_exchanges;
    _Atomic int64_t connection_count;
};

static const char HTTP2_PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const char *http_status_text(int status) {
    switch (status) {
    case 200:
        return "OK";
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
    case 409:
        return "Conflict";
    case 413:
        return "Payload Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Entity";
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

static void release_connection(connection *c) { /* lock held; may free */
    bool last = --c->holders == 0;
    pthread_mutex_unlock(&c->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->drained);
    buffer_free(&c->in);
    buffer_free(&c->out);
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

int64_t http_body_limit(const connection *c) {
    return c->server->options.body_limit_bytes;
}

bool http_exchange_add_body(http_exchange *x, slice bytes) {
    if ((int64_t)(x->body.length + bytes.length) > http_body_limit(x->connection))
        return false;
    buffer_append(&x->body, bytes);
    return true;
}

void http_exchange_dispatch(http_exchange *x) {
    http_server *s = x->connection->server;
    x->request.headers = x->headers;
    x->request.header_count = x->header_count;
    x->request.body = buffer_slice(&x->body);
    pthread_mutex_lock(&x->connection->lock);
    x->holders++; /* the answerer's, until it ends the response */
    pthread_mutex_unlock(&x->connection->lock);
    pthread_mutex_lock(&s->lock);
    if (s->queue_count == s->queue_capacity) {
        int64_t capacity = s->queue_capacity ? s->queue_capacity * 2 : 64;
        http_exchange **queue = memory_allocate(sizeof(http_exchange *) * (size_t)capacity);
        for (int64_t i = 0; i < s->queue_count; i++)
            queue[i] = s->queue[(s->queue_head + i) % s->queue_capacity];
        memory_free(s->queue);
        s->queue = queue;
        s->queue_head = 0;
        s->queue_capacity = capacity;
    }
    s->queue[(s->queue_head + s->queue_count++) % s->queue_capacity] = x;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

static void *worker(void *context) {
    http_server *s = context;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        while (!s->queue_count && !s->stopping)
            pthread_cond_wait(&s->work, &s->lock);
        if (!s->queue_count) {
            pthread_mutex_unlock(&s->lock);
            return NULL;
        }
        http_exchange *x = s->queue[s->queue_head];
        s->queue_head = (s->queue_head + 1) % s->queue_capacity;
        s->queue_count--;
        pthread_mutex_unlock(&s->lock);
        s->options.handler(s->options.context, x, &x->request);
    }
}

slice http_header_value(const http_request *request, const char *name) {
    for (int i = 0; i < request->header_count; i++)
        if (slice_is(request->headers[i].name, name))
            return request->headers[i].value;
    return (slice){NULL, 0};
}

/* ---- responses ---- */

static void wake(http_server *s) {
    uint64_t one = 1;
    if (write(s->waker, &one, sizeof one) < 0 && errno != EAGAIN)
        log_warn("http: waking the loop failed: %s", strerror(errno));
}

static void make_ready(connection *c) {
    http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    bool first = !c->ready;
    if (first) {
        c->ready = true;
        c->next_ready = s->ready;
        s->ready = c;
    }
    pthread_mutex_unlock(&s->lock);
    if (first)
        wake(s);
}

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
    make_ready(c);
    pthread_mutex_lock(&c->lock);
    release_exchange(x);
    release_connection(c);
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
    pthread_mutex_unlock(&c->lock);
    make_ready(c);
}

/* Until the client has taken something. False: it has not, for too long. Lock held. */
static bool wait_for_reader(http_exchange *x) {
    connection *c = x->connection;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t patience_ms = c->server->options.slow_reader_ms;
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += patience_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int waited = 0;
    while (!x->closed && x->queued_bytes > HTTP_QUEUED_BYTES_MOST && waited == 0)
        waited = pthread_cond_timedwait(&c->drained, &c->lock, &until);
    return waited == 0;
}

bool http_stream_write(http_exchange *x, slice piece) {
    connection *c = x->connection;
    pthread_mutex_lock(&c->lock);
    if (!x->closed && x->queued_bytes > HTTP_QUEUED_BYTES_MOST && !wait_for_reader(x)) {
        x->given_up = x->closed = true;
        free_pieces(x);
    }
    bool ok = !x->closed, cut = x->given_up;
    if (ok)
        queue_piece(x, piece);
    pthread_mutex_unlock(&c->lock);
    if (ok || cut)
        make_ready(c);
    return ok;
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

/* ---- the loop ---- */

/* A client that leaves is noticed also while nothing is read from it, but not once the connection
 * is only kept for sending the rest. */
static void watch(connection *c, bool out) {
    struct epoll_event event = {.events = (c->read_stopped ? 0 : EPOLLIN) |
                                          (c->closing ? 0 : EPOLLRDHUP) | (out ? EPOLLOUT : 0),
        .data.ptr = c};
    epoll_ctl(c->server->poller, EPOLL_CTL_MOD, c->fd, &event);
    c->wants_out = out;
}

void http_connection_read(connection *c, bool on) {
    if (c->read_stopped != on || c->closing)
        return;
    c->read_stopped = !on;
    watch(c, c->wants_out);
}

static void drop_from_ready(connection *c) {
    http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    for (connection **at = &s->ready; *at; at = &(*at)->next_ready)
        if (*at == c) {
            *at = c->next_ready;
            break;
        }
    c->ready = true; /* nobody puts it back */
    pthread_mutex_unlock(&s->lock);
}

static void close_connection(connection *c) {
    http_server *s = c->server;
    epoll_ctl(s->poller, EPOLL_CTL_DEL, c->fd, NULL);
    close(c->fd);
    if (c->previous)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    if (c->next)
        c->next->previous = c->previous;
    pthread_mutex_lock(&c->lock);
    c->gone = true;
    while (c->exchanges)
        http_exchange_finish(c->exchanges);
    pthread_mutex_unlock(&c->lock);
    if (c->protocol)
        c->protocol->close(c);
    drop_from_ready(c);
    s->connection_count--;
    pthread_mutex_lock(&c->lock);
    release_connection(c);
}

/* Sends what is there. False: the connection was closed. */
static bool flush(connection *c) {
    while (c->out_sent < c->out.length) {
        ssize_t sent =
            send(c->fd, c->out.data + c->out_sent, c->out.length - c->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!c->wants_out)
                watch(c, true);
            return true;
        }
        if (sent < 0) {
            close_connection(c);
            return false;
        }
        c->out_sent += (size_t)sent;
    }
    buffer_clear(&c->out);
    c->out_sent = 0;
    if (c->closing) {
        close_connection(c);
        return false;
    }
    if (c->wants_out)
        watch(c, false);
    return true;
}

/* Turns queued pieces into bytes and sends them, until there is nothing left or the client is
 * behind. */
static void serve(connection *c) {
    size_t before;
    do {
        if (!c->protocol)
            return;
        pthread_mutex_lock(&c->lock);
        before = c->out.length;
        if (c->out.length - c->out_sent < HTTP_OUT_BYTES_MOST)
            c->protocol->pump(c);
        bool moved = c->out.length != before;
        pthread_cond_broadcast(&c->drained);
        pthread_mutex_unlock(&c->lock);
        if (c->aborted) {
            close_connection(c);
            return;
        }
        if (!moved && !c->out.length && !c->closing)
            return;
        if (!flush(c))
            return;
    } while (!c->out.length);
}

static bool choose_protocol(connection *c) {
    size_t preface = sizeof HTTP2_PREFACE - 1;
    size_t compared = c->in.length < preface ? c->in.length : preface;
    if (memcmp(c->in.data, HTTP2_PREFACE, compared) != 0)
        c->protocol = &HTTP1;
    else if (c->in.length >= preface)
        c->protocol = &HTTP2;
    else
        return true; /* more bytes will tell */
    return c->protocol->receive(c, buffer_slice(&c->in));
}

static void receive(connection *c) {
    char bytes[READ_BYTES];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0) {
        close_connection(c);
        return;
    }
    bool ok;
    if (c->protocol) {
        ok = c->protocol->receive(c, slice_make(bytes, (size_t)got));
    } else {
        buffer_append_bytes(&c->in, bytes, (size_t)got);
        ok = choose_protocol(c);
    }
    if (!ok) {
        c->closing = true;
        c->read_stopped = true;
        watch(c, true);
    }
    serve(c);
}

static void init_monotonic(pthread_cond_t *condition) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void accept_connections(http_server *s) {
    for (;;) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            poll(NULL, 0, NO_DESCRIPTORS_PAUSE_MS); /* the connection stays in the backlog */
        if (fd < 0)
            return;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = MEMORY_NEW(connection);
        c->server = s;
        c->fd = fd;
        c->holders = 1;
        pthread_mutex_init(&c->lock, NULL);
        init_monotonic(&c->drained);
        c->next = s->connections;
        if (c->next)
            c->next->previous = c;
        s->connections = c;
        s->connection_count++;
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
        epoll_ctl(s->poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static void serve_ready(http_server *s) {
    uint64_t count;
    if (read(s->waker, &count, sizeof count) < 0 && errno != EAGAIN)
        log_warn("http: reading the waker failed: %s", strerror(errno));
    for (;;) {
        pthread_mutex_lock(&s->lock);
        connection *c = s->ready;
        if (c) {
            s->ready = c->next_ready;
            c->ready = false;
        }
        pthread_mutex_unlock(&s->lock);
        if (!c)
            return;
        serve(c);
    }
}

static void take_event(connection *c, uint32_t events) {
    bool left = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    if (left && c->read_stopped)
        close_connection(c);
    else if (left || events & EPOLLIN)
        receive(c);
    else
        serve(c);
}

static void *loop(void *context) {
    http_server *s = context;
    struct epoll_event events[EVENTS_MOST];
    for (;;) {
        int count = epoll_wait(s->poller, events, EVENTS_MOST, -1);
        for (int i = 0; i < count; i++) {
            void *what = events[i].data.ptr;
            if (what == &s->listener) {
                accept_connections(s);
            } else if (what != &s->waker) {
                connection *c = what;
                take_event(c, events[i].events);
            }
        }
        pthread_mutex_lock(&s->lock);
        bool stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);
        if (stopping)
            break;
        serve_ready(s); /* last, because it may close a connection that an event above names */
    }
    while (s->connections)
        close_connection(s->connections);
    return NULL;
}

/* ---- opening and closing ---- */

static bool listen_on(http_server *s, slice address, error *e) {
    char host[256] = "", port[16];
    const char *colon = memrchr(address.data, ':', address.length);
    slice host_part =
        colon ? slice_make(address.data, (size_t)(colon - address.data)) : SLICE_LITERAL("");
    slice port_part =
        colon ? slice_make(colon + 1, address.length - host_part.length - 1) : address;
    if (host_part.length >= 2 && host_part.data[0] == '[')
        host_part = slice_make(host_part.data + 1, host_part.length - 2);
    snprintf(host, sizeof host, "%.*s", SLICE_ARG(host_part));
    snprintf(port, sizeof port, "%.*s", SLICE_ARG(port_part));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int failed = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (failed)
        return error_set(
            e, ERROR_IO, "Cannot listen on '%.*s': %s.", SLICE_ARG(address), gai_strerror(failed));
    s->listener = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = s->listener >= 0 && bind(s->listener, found->ai_addr, found->ai_addrlen) == 0 &&
              listen(s->listener, 1024) == 0;
    freeaddrinfo(found);
    if (!ok)
        return error_set(
            e, ERROR_IO, "Cannot listen on '%.*s': %s.", SLICE_ARG(address), strerror(errno));
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    getsockname(s->listener, (struct sockaddr *)&bound, &length);
    char number[16];
    getnameinfo((struct sockaddr *)&bound, length, NULL, 0, number, sizeof number, NI_NUMERICSERV);
    int64_t chosen = 0;
    slice_to_int64(slice_of(number), &chosen);
    s->port = (int)chosen;
    return true;
}

static void free_server(http_server *s) {
    if (s->listener >= 0)
        close(s->listener);
    close(s->poller);
    close(s->waker);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->no_exchanges);
    memory_free(s->queue);
    memory_free(s->workers);
    memory_free(s);
}

http_server *http_server_open(const http_options *options, error *e) {
    http_server *s = MEMORY_NEW(http_server);
    s->options = *options;
    if (!s->options.body_limit_bytes)
        s->options.body_limit_bytes = BODY_LIMIT_DEFAULT;
    if (!s->options.slow_reader_ms)
        s->options.slow_reader_ms = SLOW_READER_MS_DEFAULT;
    s->listener = -1;
    s->poller = epoll_create1(EPOLL_CLOEXEC);
    s->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->no_exchanges, NULL);
    if (!listen_on(s, options->listen, e)) {
        free_server(s);
        return NULL;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &s->listener};
    epoll_ctl(s->poller, EPOLL_CTL_ADD, s->listener, &event);
    event.data.ptr = &s->waker;
    epoll_ctl(s->poller, EPOLL_CTL_ADD, s->waker, &event);
    s->worker_count = options->workers ? options->workers : WORKERS_DEFAULT;
    s->workers = memory_allocate(sizeof(pthread_t) * (size_t)s->worker_count);
    for (int i = 0; i < s->worker_count; i++)
        pthread_create(&s->workers[i], NULL, worker, s);
    pthread_create(&s->loop, NULL, loop, s);
    return s;
}

void http_server_close(http_server *s) {
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    wake(s);
    pthread_join(s->loop, NULL);
    for (int i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    pthread_mutex_lock(&s->lock);
    while (s->exchange_count)
        pthread_cond_wait(&s->no_exchanges, &s->lock);
    pthread_mutex_unlock(&s->lock);
    free_server(s);
}

int http_server_port(const http_server *s) {
    return s->port;
}

http_server *http_exchange_server(http_exchange *x) {
    return x->connection->server;
}

void http_server_counts(http_server *s, int64_t *connections, int64_t *exchanges) {
    *connections = s->connection_count;
    pthread_mutex_lock(&s->lock);
    *exchanges = s->exchange_count;
    pthread_mutex_unlock(&s->lock);
}
