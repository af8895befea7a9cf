/* The same push query on every connection. A row's last column is when it was made, in
 * microseconds, so what a row needed on its way here is known to each of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"
#include "load.h"

typedef struct pushes {
    int poller;
    load_connection *connections;
    int64_t open, gone, rows;
    load_times times;
} pushes;

/* Whole lines of the answer, which comes in chunks of one line each. */
static void take_lines(pushes *p, load_connection *c) {
    size_t start = 0;
    char *end;
    while ((end = memchr(c->in.data + start, '\n', c->in.length - start))) {
        char *line = c->in.data + start;
        start = (size_t)(end + 1 - c->in.data);
        if (*line == '{' && !c->header_read) {
            c->header_read = true;
            p->open++;
        } else if (*line == '[') {
            char *last = end;
            while (last > line && last[-1] != ',')
                last--;
            p->rows++;
            load_times_add(&p->times, load_wall_us() - atoll(last));
        }
    }
    memmove(c->in.data, c->in.data + start, c->in.length - start);
    c->in.length -= start;
}

static void read_for(pushes *p, const load_options *o, int64_t until_us, bool until_open) {
    struct epoll_event events[256];
    while (load_now_us() < until_us && !(until_open && p->open == o->connections)) {
        int count = epoll_wait(p->poller, events, 256, 10);
        for (int i = 0; i < count; i++) {
            load_connection *c = events[i].data.ptr;
            if (load_receive(c)) {
                take_lines(p, c);
            } else {
                epoll_ctl(p->poller, EPOLL_CTL_DEL, c->fd, NULL);
                p->gone++;
            }
        }
    }
}

void load_push(const load_options *o) {
    pushes p = {.poller = epoll_create1(EPOLL_CLOEXEC)};
    buffer request = {0}, line = {0};
    int64_t start_us = load_now_us();
    p.connections = memory_allocate_zero(sizeof(load_connection) * (size_t)o->connections);
    load_query_request(&request, o->sql, SLICE_LITERAL("\"auto.offset.reset\":\"latest\""));
    for (int i = 0; i < o->connections; i++) {
        load_connection *c = &p.connections[i];
        c->fd = load_connect(o->port, 0);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(p.poller, EPOLL_CTL_ADD, c->fd, &event);
        load_send(c->fd, buffer_slice(&request));
    }
    read_for(&p, o, start_us + 60 * INT64_C(1000000), true);
    int64_t open_us = load_now_us() - start_us;
    puts("open");
    fflush(stdout);
    read_for(&p, o, load_now_us() + (int64_t)(o->seconds * 1e6), false);
    buffer_format(&line, "{\"open\":%lld,\"open_ms\":%lld,\"gone\":%lld,\"rows\":%lld,",
        (long long)p.open, (long long)open_us / 1000, (long long)p.gone, (long long)p.rows);
    load_times_write(&p.times, &line);
    printf("%.*s}\n", SLICE_ARG(buffer_slice(&line)));
    for (int i = 0; i < o->connections; i++) {
        close(p.connections[i].fd);
        buffer_free(&p.connections[i].in);
    }
    close(p.poller);
    memory_free(p.connections);
    buffer_free(&request);
    buffer_free(&line);
}
