/* One epoll loop owns all sockets. Workers and query threads put pieces into an exchange's queue,
 * put its connection on the ready list, and wake the loop through an eventfd; the loop lets the
 * connection's protocol turn them into bytes, and TLS those into others. Now and then a sweep over
 * the connections ends those that keep silent where they should not. */
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

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/http_connection.h"

enum {
    BODY_LIMIT_DEFAULT = 16 * 1024 * 1024,
    EVENTS_MOST = 64,
    READ_BYTES = 64 * 1024,
    SLOW_READER_MS_DEFAULT = 30 * 1000,
    REQUEST_MS_DEFAULT = 30 * 1000,
    IDLE_MS_DEFAULT = 10 * 60 * 1000,
    SWEEP_MS_MOST = 1000,
    SWEEP_MS_LEAST = 50,
    DEAD_PEER_MS = 2 * 60 * 1000,
    NO_DESCRIPTORS_PAUSE_MS = 10,
    UNSENT_BYTES_MOST = 64 * 1024,
};

static const char HTTP2_PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* ---- the loop ---- */

int64_t http_body_limit(const connection *c) {
    return c->server->options.body_limit_bytes;
}

size_t http_connection_backlog(const connection *c) {
    return c->out.length - c->out_sent + (c->wire.length - c->wire_sent);
}

static void wake(http_server *s) {
    uint64_t one = 1;
    if (write(s->waker, &one, sizeof one) < 0 && errno != EAGAIN)
        log_warn("http: waking the loop failed: %s", strerror(errno));
}

void http_connection_ready(connection *c) {
    http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    bool first = !s->ready; /* or else it is awake, or has been woken */
    if (!c->ready) {
        c->ready = true;
        c->next_ready = NULL;
        *s->last_ready = c;
        s->last_ready = &c->next_ready;
        s->ready_count++;
    } else {
        first = false;
    }
    pthread_mutex_unlock(&s->lock);
    if (first)
        wake(s);
}

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
            s->ready_count--;
            if (!*at)
                s->last_ready = at;
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
    http_connection_release(c);
}

/* Moves bytes to the socket. 1: all, 0: the socket is full, -1: the connection is broken. */
static int send_bytes(connection *c, buffer *bytes, size_t *sent_before) {
    while (*sent_before < bytes->length) {
        ssize_t sent =
            send(c->fd, bytes->data + *sent_before, bytes->length - *sent_before, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
        *sent_before += (size_t)sent;
        c->moved_ms = clock_monotonic_ms();
    }
    buffer_clear(bytes);
    *sent_before = 0;
    return 1;
}

/* What is in `out` becomes bytes of the wire. */
static bool seal(connection *c) {
    slice plain = slice_make(c->out.data + c->out_sent, c->out.length - c->out_sent);
    bool ok = !plain.length || http_tls_send(c->tls, plain, &c->wire);
    buffer_clear(&c->out);
    c->out_sent = 0;
    if (c->closing)
        http_tls_finish(c->tls, &c->wire);
    return ok;
}

/* Sends what is there. False: the connection was closed. */
static bool flush(connection *c) {
    bool ok = !c->tls || seal(c);
    int sent = !ok      ? -1
               : c->tls ? send_bytes(c, &c->wire, &c->wire_sent)
                        : send_bytes(c, &c->out, &c->out_sent);
    if (sent < 0 || (sent > 0 && c->closing)) {
        close_connection(c);
        return false;
    }
    if (c->wants_out != (sent == 0))
        watch(c, sent == 0);
    return true;
}

/* Whether somebody who waits to write may go on. Lock held. */
static bool has_room(const connection *c) {
    const http_exchange *x = c->writers_waiting ? c->exchanges : NULL;
    while (x && x->queued_bytes > HTTP_QUEUED_BYTES_RESUMED)
        x = x->next;
    return x != NULL;
}

/* Turns queued pieces into bytes and sends them, until there is nothing left or the client is
 * behind. */
static void serve(connection *c) {
    do {
        if (!c->protocol && !c->wire.length && !c->closing && !c->aborted)
            return;
        size_t before = http_connection_backlog(c);
        if (c->protocol) {
            pthread_mutex_lock(&c->lock);
            if (before < HTTP_OUT_BYTES_MOST)
                c->protocol->pump(c);
            if (has_room(c))
                pthread_cond_broadcast(&c->drained);
            pthread_mutex_unlock(&c->lock);
        }
        if (c->aborted) {
            close_connection(c);
            return;
        }
        if (!http_connection_backlog(c) && !c->closing)
            return;
        if (!flush(c))
            return;
    } while (!http_connection_backlog(c));
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

/* Bytes of the protocols, in clear text. */
static bool take_plain(connection *c, slice bytes) {
    if (c->protocol)
        return c->protocol->receive(c, bytes);
    buffer_append(&c->in, bytes);
    return choose_protocol(c);
}

static bool take_sealed(connection *c, slice bytes) {
    buffer plain = {0};
    bool open = http_tls_receive(c->tls, bytes, &plain, &c->wire);
    bool ok = !plain.length || take_plain(c, buffer_slice(&plain));
    buffer_free(&plain);
    return ok && open;
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
    c->heard_ms = clock_monotonic_ms();
    slice came = slice_make(bytes, (size_t)got);
    if (!(c->tls ? take_sealed(c, came) : take_plain(c, came))) {
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

/* A peer that has vanished without a word is noticed by the kernel. */
static void set_socket_options(int fd) {
    int on = 1, idle_s = 60, interval_s = 15, probes = 4, unanswered_ms = DEAD_PEER_MS;
    int unsent_bytes = UNSENT_BYTES_MOST; /* the kernel keeps no more for a slow reader */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
}

static void add_connection(http_server *s, int fd, bool tls) {
    connection *c = MEMORY_NEW(connection);
    c->server = s;
    c->fd = fd;
    c->holders = 1;
    c->tls = tls ? http_tls_accept(s->tls) : NULL;
    c->heard_ms = c->moved_ms = clock_monotonic_ms();
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

static void accept_connections(http_server *s, const http_listener *l) {
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            poll(NULL, 0, NO_DESCRIPTORS_PAUSE_MS); /* the connection stays in the backlog */
        if (fd < 0)
            return;
        set_socket_options(fd);
        add_connection(s, fd, l->tls);
    }
}

/* ---- silence ---- */

/* A request that does not come, or a given-up client that does not read its last word either. */
static http_exchange *overdue_exchange(connection *c, int64_t now_ms) { /* lock held */
    const http_options *o = &c->server->options;
    for (http_exchange *x = c->exchanges; x; x = x->next) {
        bool late = !x->headers_read && now_ms - x->began_ms > o->request_ms;
        bool stuck = !x->dispatched && now_ms - c->heard_ms > o->request_ms && !x->begun;
        bool deaf = x->given_up && now_ms - x->given_up_ms > o->slow_reader_ms;
        if ((!x->dispatched && !x->begun && (late || stuck)) || deaf)
            return x;
    }
    return NULL;
}

static bool all_ended(const connection *c) { /* lock held */
    const http_exchange *x = c->exchanges;
    while (x && x->ended)
        x = x->next;
    return !x;
}

/* Returns whether the connection has something to do. */
static bool sweep_connection(connection *c, int64_t now_ms) {
    const http_options *o = &c->server->options;
    int64_t silent_ms = now_ms - (c->heard_ms > c->moved_ms ? c->heard_ms : c->moved_ms);
    bool backlog = http_connection_backlog(c) > 0;
    if (!c->protocol) {
        c->aborted = silent_ms > o->request_ms;
        return c->aborted;
    }
    pthread_mutex_lock(&c->lock);
    http_exchange *late = overdue_exchange(c, now_ms);
    if (late)
        c->protocol->cut(c, late);
    else if (backlog && all_ended(c) && now_ms - c->moved_ms > 2 * o->slow_reader_ms)
        c->aborted = true;
    else if (!c->exchanges && !backlog && silent_ms > o->idle_ms)
        c->protocol->cut(c, NULL);
    bool busy = late || c->aborted || c->closing;
    pthread_mutex_unlock(&c->lock);
    return busy;
}

static int sweep_interval_ms(const http_server *s) {
    const http_options *o = &s->options;
    int64_t least = o->request_ms < o->idle_ms ? o->request_ms : o->idle_ms;
    least = (o->slow_reader_ms < least ? o->slow_reader_ms : least) / 4;
    return least > SWEEP_MS_MOST    ? SWEEP_MS_MOST
           : least < SWEEP_MS_LEAST ? SWEEP_MS_LEAST
                                    : (int)least;
}

static void sweep(http_server *s) {
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - s->swept_ms < sweep_interval_ms(s))
        return;
    s->swept_ms = now_ms;
    for (connection *c = s->connections, *next; c; c = next) {
        next = c->next;
        if (sweep_connection(c, now_ms))
            serve(c);
    }
}

/* The oldest, off the list. */
static connection *take_ready(http_server *s) {
    pthread_mutex_lock(&s->lock);
    connection *c = s->ready;
    if (c) {
        s->ready = c->next_ready;
        s->ready_count--;
        c->ready = false;
    }
    if (!s->ready)
        s->last_ready = &s->ready;
    pthread_mutex_unlock(&s->lock);
    return c;
}

/* Those that are ready now: each once, so that a busy one does not keep the others waiting. Returns
 * whether there are more by now. */
static bool serve_ready(http_server *s) {
    uint64_t woken;
    if (read(s->waker, &woken, sizeof woken) < 0 && errno != EAGAIN)
        log_warn("http: reading the waker failed: %s", strerror(errno));
    pthread_mutex_lock(&s->lock);
    int64_t count = s->ready_count;
    pthread_mutex_unlock(&s->lock);
    for (connection *c; count > 0 && (c = take_ready(s)); count--)
        serve(c);
    pthread_mutex_lock(&s->lock);
    bool more = s->ready != NULL;
    pthread_mutex_unlock(&s->lock);
    return more;
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

static const http_listener *listener_of(const http_server *s, const void *what) {
    for (int i = 0; i < s->listener_count; i++)
        if (what == &s->listeners[i])
            return &s->listeners[i];
    return NULL;
}

static void *loop(void *context) {
    http_server *s = context;
    struct epoll_event events[EVENTS_MOST];
    bool more = false;
    pthread_setname_np(pthread_self(), "http-loop");
    for (;;) {
        int patience_ms = more ? 0 : s->connections ? sweep_interval_ms(s) : -1;
        int count = epoll_wait(s->poller, events, EVENTS_MOST, patience_ms);
        for (int i = 0; i < count; i++) {
            void *what = events[i].data.ptr;
            const http_listener *l = listener_of(s, what);
            if (l)
                accept_connections(s, l);
            else if (what != &s->waker)
                take_event(what, events[i].events);
        }
        pthread_mutex_lock(&s->lock);
        bool stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);
        if (stopping)
            break;
        /* Last, because they may close a connection that an event above names. */
        more = serve_ready(s);
        sweep(s);
    }
    while (s->connections)
        close_connection(s->connections);
    return NULL;
}

/* ---- opening and closing ---- */

static int bound_port(int fd) {
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    int64_t port = 0;
    char number[16];
    getsockname(fd, (struct sockaddr *)&bound, &length);
    getnameinfo((struct sockaddr *)&bound, length, NULL, 0, number, sizeof number, NI_NUMERICSERV);
    slice_to_int64(slice_of(number), &port);
    return (int)port;
}

static bool cannot_listen(error *e, slice address, const char *why) {
    return error_set(e, ERROR_IO, "Cannot listen on '%.*s': %s.", SLICE_ARG(address), why);
}

static bool listen_on(http_server *s, slice address, bool tls, error *e) {
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
        return cannot_listen(e, address, gai_strerror(failed));
    int on = 1, fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0;
    const char *why = ok ? NULL : strerror(errno);
    freeaddrinfo(found);
    if (ok)
        s->listeners[s->listener_count++] = (http_listener){fd, bound_port(fd), tls};
    else if (fd >= 0)
        close(fd);
    return ok || cannot_listen(e, address, why);
}

/* One of the comma-separated places. */
static bool listen_at(http_server *s, slice place, error *e) {
    slice http = SLICE_LITERAL("http://"), https = SLICE_LITERAL("https://");
    bool tls = slice_starts_with(place, https);
    slice scheme = tls ? https : slice_starts_with(place, http) ? http : SLICE_LITERAL("");
    slice address = slice_make(place.data + scheme.length, place.length - scheme.length);
    if (slice_ends_with(address, SLICE_LITERAL("/")))
        address.length--;
    if (s->listener_count == LISTENERS_MOST)
        return cannot_listen(e, place, "there are too many listeners");
    if (tls && !s->tls &&
        !(s->tls = http_tls_open(
              s->options.tls ? s->options.tls : &(http_tls_options){.client = HTTP_CLIENT_NONE},
              e)))
        return false;
    return listen_on(s, address, tls, e);
}

static bool listen_everywhere(http_server *s, slice places, error *e) {
    while (places.length) {
        const char *comma = memchr(places.data, ',', places.length);
        size_t length = comma ? (size_t)(comma - places.data) : places.length;
        if (!listen_at(s, slice_trim(slice_make(places.data, length)), e))
            return false;
        size_t taken = length + (comma != NULL);
        places = slice_make(places.data + taken, places.length - taken);
    }
    return s->listener_count || error_set(e, ERROR_STATEMENT, "There is nowhere to listen");
}

static void watch_descriptor(http_server *s, int fd, void *what) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(s->poller, EPOLL_CTL_ADD, fd, &event);
}

static void free_server(http_server *s) {
    for (int i = 0; i < s->listener_count; i++)
        close(s->listeners[i].fd);
    http_tls_close(s->tls);
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
    if (!s->options.request_ms)
        s->options.request_ms = REQUEST_MS_DEFAULT;
    if (!s->options.idle_ms)
        s->options.idle_ms = IDLE_MS_DEFAULT;
    s->last_ready = &s->ready;
    s->poller = epoll_create1(EPOLL_CLOEXEC);
    s->waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->no_exchanges, NULL);
    if (!listen_everywhere(s, options->listen, e)) {
        free_server(s);
        return NULL;
    }
    for (int i = 0; i < s->listener_count; i++)
        watch_descriptor(s, s->listeners[i].fd, &s->listeners[i]);
    watch_descriptor(s, s->waker, &s->waker);
    http_workers_start(s);
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
    http_workers_join(s);
    pthread_mutex_lock(&s->lock);
    while (s->exchange_count || s->own_threads)
        pthread_cond_wait(&s->no_exchanges, &s->lock);
    pthread_mutex_unlock(&s->lock);
    free_server(s);
}

int http_server_port(const http_server *s) {
    return s->listeners[0].port;
}

int http_server_port_at(const http_server *s, int n) {
    return n < s->listener_count ? s->listeners[n].port : 0;
}

void http_server_counts(http_server *s, int64_t *connections, int64_t *exchanges) {
    *connections = s->connection_count;
    pthread_mutex_lock(&s->lock);
    *exchanges = s->exchange_count;
    pthread_mutex_unlock(&s->lock);
}
