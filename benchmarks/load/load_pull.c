/* Pull queries at a fixed rate over connections that are kept: request i is due i/RATE seconds
 * after the start. When all connections wait for answers, requests become late, and that is
 * measured. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"
#include "load.h"

typedef struct pulls {
    const load_options *options;
    int poller;
    load_connection *connections;
    load_connection **waiting; /* without a request */
    int waiting_count;
    int64_t start_us, end_us;
    int64_t asked, answered, failed, rows;
    uint64_t random;
    buffer request, sql;
    load_times times;
} pulls;

static int64_t random_key(pulls *p) {
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (int64_t)(p->random % (uint64_t)p->options->keys);
}

static void ask(pulls *p, int64_t due_us) {
    load_connection *c = p->waiting[--p->waiting_count];
    slice sql = p->options->sql;
    const char *key = memmem(sql.data, sql.length, "%d", 2);
    buffer_clear(&p->sql);
    buffer_append(&p->sql, slice_make(sql.data, key ? (size_t)(key - sql.data) : sql.length));
    if (key)
        buffer_format(&p->sql, "%lld%s", (long long)random_key(p), key + 2);
    buffer_clear(&p->request);
    load_query_request(&p->request, buffer_slice(&p->sql), SLICE_LITERAL(""));
    c->began_us = due_us;
    p->asked++;
    if (!load_send(c->fd, buffer_slice(&p->request))) {
        fputs("load_client: the server has closed a connection\n", stderr);
        exit(1);
    }
}

/* Sends what is due; returns for how long there is nothing to send. */
static int ask_due(pulls *p) {
    int64_t now = load_now_us();
    while (p->waiting_count && now < p->end_us) {
        int64_t due = p->options->rate > 0
                          ? p->start_us + (int64_t)((double)p->asked * 1e6 / p->options->rate)
                          : now;
        if (due > now)
            return due - now < 1000 ? 0 : (int)((due - now) / 1000);
        ask(p, due);
    }
    return 10;
}

static void take_answer(pulls *p, load_connection *c) {
    load_times_add(&p->times, load_now_us() - c->began_us);
    p->answered++;
    bool ok = c->status == 200;
    p->failed += !ok;
    for (const char *at = c->in.data + c->body_at;
         ok && (at = memmem(at, (size_t)(c->in.data + c->in.length - at), "\n[", 2)); at++)
        p->rows++;
    load_answer_clear(c);
    p->waiting[p->waiting_count++] = c;
}

static void open_connections(pulls *p) {
    int count = p->options->connections;
    p->poller = epoll_create1(EPOLL_CLOEXEC);
    p->connections = memory_allocate_zero(sizeof(load_connection) * (size_t)count);
    p->waiting = memory_allocate(sizeof(load_connection *) * (size_t)count);
    for (int i = 0; i < count; i++) {
        load_connection *c = &p->connections[i];
        c->fd = load_connect(p->options->port, 0);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(p->poller, EPOLL_CTL_ADD, c->fd, &event);
        p->waiting[p->waiting_count++] = c;
    }
}

static void close_connections(pulls *p) {
    for (int i = 0; i < p->options->connections; i++) {
        close(p->connections[i].fd);
        buffer_free(&p->connections[i].in);
    }
    close(p->poller);
    memory_free(p->connections);
    memory_free(p->waiting);
    buffer_free(&p->request);
    buffer_free(&p->sql);
}

void load_pull(const load_options *o) {
    pulls p = {.options = o, .random = 88172645463325252ULL};
    struct epoll_event events[64];
    buffer line = {0};
    open_connections(&p);
    p.start_us = load_now_us();
    p.end_us = p.start_us + (int64_t)(o->seconds * 1e6);
    while (load_now_us() < p.end_us || p.waiting_count < o->connections) {
        int count = epoll_wait(p.poller, events, 64, ask_due(&p));
        for (int i = 0; i < count; i++) {
            load_connection *c = events[i].data.ptr;
            if (!load_receive(c)) {
                fputs("load_client: the server has closed a connection\n", stderr);
                exit(1);
            }
            if (c->in.length && load_answer_complete(c))
                take_answer(&p, c);
        }
    }
    double seconds = (double)(load_now_us() - p.start_us) / 1e6;
    buffer_format(&line, "{\"answered\":%lld,\"failed\":%lld,\"rows\":%lld,\"rate\":%.1f,",
        (long long)p.answered, (long long)p.failed, (long long)p.rows,
        (double)p.answered / seconds);
    load_times_write(&p.times, &line);
    printf("%.*s}\n", SLICE_ARG(buffer_slice(&line)));
    buffer_free(&line);
    close_connections(&p);
}
