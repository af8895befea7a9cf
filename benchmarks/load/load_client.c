/* load_client: puts a `sluice server` on this machine under load.
 *
 *   load_client MODE --port N [--connections 16] [--seconds 10] [--rate 0] [--keys 1] [--sql TEXT]
 *
 *   pull       asks SQL (with a random key in place of %d) RATE times a second, 0: as fast as it is
 *              answered. A time is counted from when the request was due, so waiting counts too.
 *   push       opens the same push query on every connection, prints "open", and reads; the last
 *              column of a row says when it was made, in microseconds
 *   idle       opens connections and says nothing
 *   slow-send  sends a request a byte a second on each, again and again
 *   slow-read  asks SQL and takes a hundred bytes a second of what comes
 *
 * It prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "load.h"

int64_t load_now_us(void) {
    return clock_monotonic_ns() / 1000;
}

int64_t load_wall_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what) {
    fprintf(stderr, "load_client: %s: %s\n", what, strerror(errno));
    exit(1);
}

int load_connect(int port, int receive_bytes) {
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("no socket");
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("cannot connect");
    return fd;
}

bool load_send(int fd, slice bytes) {
    while (bytes.length) {
        ssize_t sent = send(fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        bytes = slice_make(bytes.data + sent, bytes.length - (size_t)sent);
    }
    return true;
}

void load_query_request(buffer *out, slice sql, slice properties) {
    buffer body = {0};
    buffer_append_text(&body, "{\"sql\":");
    buffer_append_json_string(&body, sql);
    buffer_format(&body, ",\"properties\":{%.*s}}", SLICE_ARG(properties));
    buffer_format(out,
        "POST /query-stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n",
        body.length);
    buffer_append(out, buffer_slice(&body));
    buffer_free(&body);
}

bool load_receive(load_connection *c) {
    buffer_reserve(&c->in, 64 * 1024);
    ssize_t got =
        recv(c->fd, c->in.data + c->in.length, c->in.capacity - c->in.length, MSG_DONTWAIT);
    if (got > 0)
        c->in.length += (size_t)got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void read_header(load_connection *c) {
    char *end = memmem(c->in.data, c->in.length, "\r\n\r\n", 4);
    if (!end)
        return;
    size_t length = (size_t)(end - c->in.data) + 4;
    const char *sized = memmem(c->in.data, length, "ontent-length: ", 15);
    c->chunked = memmem(c->in.data, length, "chunked", 7) != NULL;
    c->length = sized ? strtoll(sized + 15, NULL, 10) : 0;
    c->status = c->in.length > 12 ? atoi(c->in.data + 9) : 0;
    c->body_at = length;
    c->header_read = true;
}

bool load_answer_complete(load_connection *c) {
    static const char END[] = "\r\n0\r\n\r\n";
    if (!c->header_read)
        read_header(c);
    if (!c->header_read)
        return false;
    if (!c->chunked)
        return (int64_t)(c->in.length - c->body_at) >= c->length;
    size_t end = sizeof END - 1;
    return c->in.length >= c->body_at + end - 2 &&
           memcmp(c->in.data + c->in.length - end, END, end) == 0;
}

void load_answer_clear(load_connection *c) {
    buffer_clear(&c->in);
    c->header_read = false;
}

/* ---- times ---- */

void load_times_add(load_times *t, int64_t us) {
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 4096;
        t->us = memory_resize(t->us, sizeof *t->us * (size_t)t->capacity);
    }
    t->us[t->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int compare_times(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(const load_times *t, double part) {
    int64_t at = (int64_t)((double)t->count * part);
    return t->count ? t->us[at < t->count ? at : t->count - 1] : 0;
}

void load_times_write(load_times *t, buffer *out) {
    qsort(t->us, (size_t)t->count, sizeof *t->us, compare_times);
    buffer_format(out, "\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u", percentile(t, 0.5),
        percentile(t, 0.99), percentile(t, 1));
    memory_free(t->us);
}

/* ---- the command line ---- */

static const struct mode {
    const char *name;
    void (*run)(const load_options *o);
} MODES[] = {
    {"pull", load_pull},
    {"push", load_push},
    {"idle", load_idle},
    {"slow-send", load_slow_send},
    {"slow-read", load_slow_read},
};

static int usage(void) {
    fputs("usage: load_client pull|push|idle|slow-send|slow-read --port N [--connections N] "
          "[--seconds N] [--rate N] [--keys N] [--sql TEXT]\n",
        stderr);
    return 2;
}

static bool take_option(load_options *o, const char *name, const char *value) {
    if (strcmp(name, "--port") == 0)
        o->port = atoi(value);
    else if (strcmp(name, "--connections") == 0)
        o->connections = atoi(value);
    else if (strcmp(name, "--seconds") == 0)
        o->seconds = atof(value);
    else if (strcmp(name, "--rate") == 0)
        o->rate = atof(value);
    else if (strcmp(name, "--keys") == 0)
        o->keys = atoll(value);
    else if (strcmp(name, "--sql") == 0)
        o->sql = slice_of(value);
    else
        return false;
    return true;
}

int main(int argc, char **argv) {
    load_options o = {.connections = 16, .seconds = 10, .keys = 1, .sql = SLICE_LITERAL("")};
    struct rlimit files;
    for (int i = 2; i < argc; i += 2)
        if (i + 1 == argc || !take_option(&o, argv[i], argv[i + 1]))
            return usage();
    if (argc < 2 || !o.port || o.connections < 1 || o.keys < 1)
        return usage();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++)
        if (strcmp(MODES[i].name, argv[1]) == 0) {
            MODES[i].run(&o);
            return 0;
        }
    return usage();
}
