/* http_fixture.h - a server that echoes, streams and holds, and a client of plain sockets. */
#ifndef SLUICE_HTTP_FIXTURE_H
#define SLUICE_HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "server/http.h"

enum {
    BODY_LIMIT = 100 * 1000,
    PATIENCE_MS = 10 * 1000, /* of the client */
    IMPATIENT_MS = 300,      /* of the server with a slow reader */
    PATIENT_MS = 10 * 60 * 1000
};

/* ---- the server under test ---- */

typedef struct fixture {
    http_server *server;
    atomic_int left;      /* on_close calls */
    atomic_int refused;   /* writes that said the client has gone */
    atomic_int running;   /* handlers */
    atomic_bool released; /* lets /hold go on */
} fixture;

static inline void answer_text(http_exchange *x, int status, const char *text) {
    http_respond(x, status, SLICE_LITERAL("text/plain"), slice_of(text));
}

static inline void echo(http_exchange *x, const http_request *request) {
    buffer body = {0};
    slice agent = http_header_value(request, "x-test");
    buffer_format(&body, "%.*s %.*s ?%.*s [%.*s] %s:", SLICE_ARG(request->method),
        SLICE_ARG(request->path), SLICE_ARG(request->query), SLICE_ARG(agent),
        request->is_http2 ? "h2" : "h1");
    buffer_append(&body, request->body);
    http_add_header(x, SLICE_LITERAL("x-answer"), SLICE_LITERAL("yes"));
    http_respond(x, 200, SLICE_LITERAL("text/plain"), buffer_slice(&body));
    buffer_free(&body);
}

static inline void stream_rows(http_exchange *x, int count) {
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    for (int i = 0; i < count; i++) {
        char row[32];
        int length = snprintf(row, sizeof row, "row %d\n", i);
        http_stream_write(x, slice_make(row, (size_t)length));
    }
    http_stream_end(x);
}

/* Writes until the client does not want any more. */
static inline void stream_for_ever(fixture *f, http_exchange *x) {
    char block[16 * 1024];
    memset(block, 'x', sizeof block);
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    while (http_stream_write(x, slice_make(block, sizeof block)))
        ;
    f->refused++;
    http_stream_end(x);
}

static inline void note_left(void *context) {
    ((fixture *)context)->left++;
}

/* One row, then silence until the client leaves. */
static inline void hold(fixture *f, http_exchange *x) {
    http_on_close(x, note_left, f);
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    http_stream_write(x, SLICE_LITERAL("first\n"));
    while (!f->left && !f->released)
        poll(NULL, 0, 1);
    http_stream_end(x);
}

static inline void handle(void *context, http_exchange *x, const http_request *request) {
    fixture *f = context;
    f->running++;
    if (slice_is(request->path, "/echo"))
        echo(x, request);
    else if (slice_is(request->path, "/stream"))
        stream_rows(x, 5);
    else if (slice_is(request->path, "/many"))
        stream_rows(x, 20000);
    else if (slice_is(request->path, "/endless"))
        stream_for_ever(f, x);
    else if (slice_is(request->path, "/hold"))
        hold(f, x);
    else if (slice_is(request->path, "/empty"))
        http_respond(x, 204, (slice){NULL, 0}, SLICE_LITERAL(""));
    else
        answer_text(x, 404, "nothing here");
    f->running--;
}

static inline int open_server(void **state, int workers, int64_t slow_reader_ms) {
    fixture *f = MEMORY_NEW(fixture);
    error e = {0};
    http_options options = {.listen = SLICE_LITERAL("127.0.0.1:0"),
        .body_limit_bytes = BODY_LIMIT,
        .workers = workers,
        .slow_reader_ms = slow_reader_ms,
        .handler = handle,
        .context = f};
    f->server = http_server_open(&options, &e);
    *state = f;
    return f->server ? 0 : -1;
}

/* All the time in the world for slow readers: on a busy machine every client is one now and then.
 */
static inline int setup(void **state) {
    return open_server(state, 0, PATIENT_MS);
}

static inline int setup_two_workers(void **state) {
    return open_server(state, 2, PATIENT_MS);
}

static inline int setup_impatient(void **state) {
    return open_server(state, 0, IMPATIENT_MS);
}

static inline int teardown(void **state) {
    fixture *f = *state;
    http_server_close(f->server);
    memory_free(f);
    return 0;
}

/* ---- a client of sockets ---- */

static inline int dial_with_window(fixture *f, int receive_bytes) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)http_server_port(f->server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline int dial(fixture *f) {
    return dial_with_window(f, 0);
}

static inline void say(int fd, const char *text) {
    size_t length = strlen(text);
    while (length) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        length -= (size_t)sent;
    }
}

/* Reads once into `in`; false at the end of the connection or when nothing comes. */
static inline bool read_more(int fd, buffer *in) {
    char bytes[8192];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        return false;
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0)
        return false;
    buffer_append_bytes(in, bytes, (size_t)got);
    return true;
}

static inline int count_of(const buffer *in, const char *part) {
    int count = 0;
    size_t length = strlen(part);
    for (const char *at = in->data;
         at && (at = memmem(at, in->length - (size_t)(at - in->data), part, length)); at += length)
        count++;
    return count;
}

/* Reads until `part` has come `times` times. */
static inline void expect_times(int fd, buffer *in, const char *part, int times) {
    while (count_of(in, part) < times)
        if (!read_more(fd, in))
            fail_msg(
                "'%s' did not come %d times in: %.*s", part, times, SLICE_ARG(buffer_slice(in)));
}

static inline void expect(int fd, buffer *in, const char *part) {
    expect_times(fd, in, part, 1);
}

static inline void expect_end(int fd, buffer *in) {
    while (read_more(fd, in))
        ;
    char byte;
    assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
}

static inline void wait_for(atomic_int *counter, int value) {
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (*counter < value && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 1);
    assert_true(*counter >= value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_IMPATIENT(name) cmocka_unit_test_setup_teardown(name, setup_impatient, teardown)

#endif
