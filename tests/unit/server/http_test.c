/* The HTTP server from outside: HTTP/1.1 through plain sockets, HTTP/2 through libnghttp2's client.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "server/http.h"

enum { BODY_LIMIT = 100 * 1000, SLOW_READER_MS = 300, PATIENCE_MS = 10 * 1000 };

/* ---- the server under test ---- */

typedef struct fixture {
    http_server *server;
    atomic_int left;      /* on_close calls */
    atomic_int refused;   /* writes that said the client has gone */
    atomic_int running;   /* handlers */
    atomic_bool released; /* lets /hold go on */
} fixture;

static void answer_text(http_exchange *x, int status, const char *text) {
    http_respond(x, status, SLICE_LITERAL("text/plain"), slice_of(text));
}

static void echo(http_exchange *x, const http_request *request) {
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

static void stream_rows(http_exchange *x, int count) {
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    for (int i = 0; i < count; i++) {
        char row[32];
        int length = snprintf(row, sizeof row, "row %d\n", i);
        http_stream_write(x, slice_make(row, (size_t)length));
    }
    http_stream_end(x);
}

/* Writes until the client does not want any more. */
static void stream_for_ever(fixture *f, http_exchange *x) {
    char block[16 * 1024];
    memset(block, 'x', sizeof block);
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    while (http_stream_write(x, slice_make(block, sizeof block)))
        ;
    f->refused++;
    http_stream_end(x);
}

static void note_left(void *context) {
    ((fixture *)context)->left++;
}

/* One row, then silence until the client leaves. */
static void hold(fixture *f, http_exchange *x) {
    http_on_close(x, note_left, f);
    http_stream_begin(x, 200, SLICE_LITERAL("text/plain"));
    http_stream_write(x, SLICE_LITERAL("first\n"));
    while (!f->left && !f->released)
        poll(NULL, 0, 1);
    http_stream_end(x);
}

static void handle(void *context, http_exchange *x, const http_request *request) {
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

static int setup(void **state) {
    fixture *f = MEMORY_NEW(fixture);
    error e = {0};
    http_options options = {.listen = SLICE_LITERAL("127.0.0.1:0"),
        .body_limit_bytes = BODY_LIMIT,
        .slow_reader_ms = SLOW_READER_MS,
        .handler = handle,
        .context = f};
    f->server = http_server_open(&options, &e);
    *state = f;
    return f->server ? 0 : -1;
}

/* Two workers, and all the time in the world for slow readers. */
static int setup_patient(void **state) {
    fixture *f = MEMORY_NEW(fixture);
    error e = {0};
    http_options options = {.listen = SLICE_LITERAL("127.0.0.1:0"),
        .workers = 2,
        .slow_reader_ms = 10 * 60 * 1000,
        .handler = handle,
        .context = f};
    f->server = http_server_open(&options, &e);
    *state = f;
    return f->server ? 0 : -1;
}

static int teardown(void **state) {
    fixture *f = *state;
    http_server_close(f->server);
    memory_free(f);
    return 0;
}

/* ---- a client of sockets ---- */

static int dial_with_window(fixture *f, int receive_bytes) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)http_server_port(f->server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int dial(fixture *f) {
    return dial_with_window(f, 0);
}

static void say(int fd, const char *text) {
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
static bool read_more(int fd, buffer *in) {
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

static int count_of(const buffer *in, const char *part) {
    int count = 0;
    size_t length = strlen(part);
    for (const char *at = in->data;
         at && (at = memmem(at, in->length - (size_t)(at - in->data), part, length)); at += length)
        count++;
    return count;
}

/* Reads until `part` has come `times` times. */
static void expect_times(int fd, buffer *in, const char *part, int times) {
    while (count_of(in, part) < times)
        if (!read_more(fd, in))
            fail_msg(
                "'%s' did not come %d times in: %.*s", part, times, SLICE_ARG(buffer_slice(in)));
}

static void expect(int fd, buffer *in, const char *part) {
    expect_times(fd, in, part, 1);
}

static void expect_end(int fd, buffer *in) {
    while (read_more(fd, in))
        ;
    char byte;
    assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
}

static void wait_for(atomic_int *counter, int value) {
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (*counter < value && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 1);
    assert_true(*counter >= value);
}

/* ---- HTTP/1.1 ---- */

static void keep_alive_serves_requests_one_after_another(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    for (int i = 1; i <= 3; i++) {
        say(fd,
            "POST /echo?a=b HTTP/1.1\r\nHost: x\r\nX-Test: Value\r\nContent-Length: 4\r\n\r\nbody");
        expect_times(fd, &in, "POST /echo ?a=b [Value] h1:body", i);
    }
    assert_int_equal(count_of(&in, "HTTP/1.1 200 OK\r\n"), 3);
    assert_int_equal(count_of(&in, "x-answer: yes\r\n"), 3);
    assert_int_equal(count_of(&in, "connection: close"), 0);
    close(fd);
    buffer_free(&in);
}

static void pipelined_requests_are_answered_in_order(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd,
        "GET /echo?1 HTTP/1.1\r\n\r\nGET /stream HTTP/1.1\r\n\r\nPOST /echo?2 HTTP/1.1\r\n"
        "Content-Length: 3\r\n\r\nabcGET /nowhere HTTP/1.1\r\n\r\nGET /echo?3 HTTP/1.1\r\n\r\n");
    expect(fd, &in, "?3 ");
    const char *first = memmem(in.data, in.length, "?1 ", 3);
    const char *row = memmem(in.data, in.length, "row 4", 5);
    const char *second = memmem(in.data, in.length, "?2 [] h1:abc", 12);
    const char *missing = memmem(in.data, in.length, "404 Not Found", 13);
    assert_true(first && row && second && missing);
    assert_true(first < row && row < second && second < missing);
    close(fd);
    buffer_free(&in);
}

static void pipelining_far_ahead_waits_instead_of_failing(void **state) {
    buffer in = {0}, out = {0};
    enum { REQUESTS = 1000 };
    int fd = dial(*state), answered = 0;
    for (int i = 0; i < REQUESTS; i++)
        buffer_format(&out, "GET /echo?pipelined HTTP/1.1\r\nX-Long: %0500d\r\n\r\n", i);
    size_t sent = 0;
    while (answered < REQUESTS) {
        struct pollfd ready = {.fd = fd, .events = POLLIN | (sent < out.length ? POLLOUT : 0)};
        assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
        if (ready.revents & POLLOUT) {
            ssize_t n = send(fd, out.data + sent, out.length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            assert_true(n > 0);
            sent += (size_t)n;
        } else {
            assert_true(read_more(fd, &in));
            answered = count_of(&in, "?pipelined");
        }
    }
    close(fd);
    buffer_free(&in);
    buffer_free(&out);
}

static void a_body_may_come_in_chunks_and_bytes_one_by_one(void **state) {
    static const char request[] = "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\nTrailer: t\r\n\r\n";
    buffer in = {0};
    int fd = dial(*state);
    for (size_t i = 0; i < sizeof request - 1; i++)
        say(fd, (char[]){request[i], 0});
    expect(fd, &in, "h1:abcdefgh");
    say(fd, "GET /echo HTTP/1.1\r\nX-Test: next\r\n\r\n"); /* the trailer is not in its way */
    expect(fd, &in, "[next] h1:");
    close(fd);
    buffer_free(&in);
}

static void a_stream_is_a_chunk_a_piece(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /stream HTTP/1.1\r\n\r\n");
    expect(fd, &in, "\r\n0\r\n\r\n");
    assert_int_equal(count_of(&in, "transfer-encoding: chunked"), 1);
    for (int i = 0; i < 5; i++) {
        char chunk[32];
        snprintf(chunk, sizeof chunk, "\r\n6\r\nrow %d\n\r\n", i);
        assert_int_equal(count_of(&in, chunk + (i ? 2 : 0)), 1);
    }
    say(fd, "GET /echo HTTP/1.1\r\n\r\n"); /* the connection is still good */
    expect(fd, &in, "GET /echo");
    close(fd);
    buffer_free(&in);
}

static void a_first_row_is_seen_while_the_stream_goes_on(void **state) {
    fixture *f = *state;
    buffer in = {0};
    int fd = dial(f);
    say(fd, "GET /hold HTTP/1.1\r\n\r\n");
    expect(fd, &in, "6\r\nfirst\n\r\n");
    assert_int_equal(count_of(&in, "0\r\n\r\n"), 0);
    f->released = true;
    expect(fd, &in, "\r\n0\r\n\r\n");
    assert_int_equal(f->left, 0);
    close(fd);
    buffer_free(&in);
}

static void head_has_headers_and_no_body(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd,
        "HEAD /echo HTTP/1.1\r\n\r\nHEAD /stream HTTP/1.1\r\n\r\nGET /echo?end HTTP/1.1\r\n\r\n");
    expect(fd, &in, "?end");
    assert_int_equal(count_of(&in, "200 OK"), 3);
    assert_int_equal(count_of(&in, "HEAD /echo"), 0);
    assert_int_equal(count_of(&in, "row"), 0);
    assert_int_equal(count_of(&in, "content-length: 19\r\n"), 1); /* as of GET */
    close(fd);
    buffer_free(&in);
}

static void old_clients_get_no_chunks(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /stream HTTP/1.0\r\n\r\n");
    expect_end(fd, &in);
    assert_int_equal(count_of(&in, "chunked"), 0);
    assert_int_equal(count_of(&in, "connection: close"), 1);
    assert_int_equal(count_of(&in, "\r\n\r\nrow 0\nrow 1\nrow 2\nrow 3\nrow 4\n"), 1);
    close(fd);
    buffer_free(&in);
}

static void connection_close_is_kept(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect_end(fd, &in);
    assert_int_equal(count_of(&in, "connection: close"), 1);
    assert_int_equal(count_of(&in, "GET /echo"), 1);
    close(fd);
    buffer_free(&in);
}

static void an_offer_to_upgrade_is_passed_over(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /echo?1 HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    expect(fd, &in, "?1 [] h1:");
    say(fd, "GET /ec");
    poll(NULL, 0, 20);
    say(fd, "ho?2 HTTP/1.1\r\n\r\n");
    expect(fd, &in, "?2 [] h1:");
    close(fd);
    buffer_free(&in);
}

static void what_is_not_http_gets_400(void **state) {
    static const char *const wrong[] = {"HELLO WORLD\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "\x16\x03\x01\x02\x00\x01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        buffer in = {0};
        int fd = dial(*state);
        say(fd, wrong[i]);
        expect(fd, &in, "HTTP/1.1 400 Bad Request");
        expect_end(fd, &in);
        close(fd);
        buffer_free(&in);
    }
}

static void a_malformed_request_behind_a_good_one_does_not_harm_it(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /echo HTTP/1.1\r\n\r\nnonsense nonsense nonsense\r\n\r\n");
    expect_end(fd, &in);
    assert_int_equal(count_of(&in, "GET /echo"), 1);
    assert_int_equal(count_of(&in, "400 Bad Request"), 1);
    close(fd);
    buffer_free(&in);
}

static void headers_without_end_get_431(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 100; i++) {
        char line[1100];
        snprintf(line, sizeof line, "X-Long-%d: %01000d\r\n", i, i);
        say(fd, line);
    }
    expect(fd, &in, "HTTP/1.1 431 ");
    close(fd);
    buffer_free(&in);
}

static char *large_request(size_t body_bytes, const char *headers) {
    char *request = memory_allocate_zero(body_bytes + 300);
    int length = snprintf(
        request, 300, "POST /echo HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n", headers, body_bytes);
    memset(request + length, 'z', body_bytes);
    return request;
}

static void a_body_that_is_too_large_gets_413(void **state) {
    fixture *f = *state;
    buffer in = {0};
    int fd = dial(f);
    char *request = large_request(BODY_LIMIT * 2, "");
    say(fd, request);
    expect(fd, &in, "HTTP/1.1 413 Payload Too Large");
    expect_end(fd, &in);
    close(fd);
    memory_free(request);

    buffer_clear(&in);
    fd = dial(f);
    request = large_request(BODY_LIMIT, "");
    say(fd, request);
    expect(fd, &in, "200 OK");
    close(fd);
    memory_free(request);

    buffer_clear(&in); /* nobody reads what never ends */
    fd = dial(f);
    request = large_request(BODY_LIMIT * 20, "");
    say(fd, request);
    read_more(fd, &in);
    expect_end(fd, &in);
    close(fd);
    memory_free(request);
    buffer_free(&in);
}

static void a_client_that_asks_first_is_told(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "POST /echo HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, &in, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "ok");
    expect(fd, &in, "h1:ok");
    close(fd);
    buffer_clear(&in);
    fd = dial(*state);
    say(fd, "POST /echo HTTP/1.1\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, &in, "HTTP/1.1 413 ");
    assert_int_equal(count_of(&in, "100 Continue"), 0);
    close(fd);
    buffer_free(&in);
}

static void an_answer_without_body(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "GET /empty HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
    expect(fd, &in, "GET /echo");
    assert_int_equal(count_of(&in, "HTTP/1.1 204 No Content"), 1);
    close(fd);
    buffer_free(&in);
}

static void a_client_that_leaves_ends_its_stream(void **state) {
    fixture *f = *state;
    buffer in = {0};
    int fd = dial(f);
    say(fd, "GET /hold HTTP/1.1\r\n\r\n");
    expect(fd, &in, "first");
    assert_int_equal(f->left, 0);
    close(fd);
    wait_for(&f->left, 1);
    fd = dial(f);
    say(fd, "GET /endless HTTP/1.1\r\n\r\n");
    read_more(fd, &in);
    close(fd);
    wait_for(&f->refused, 1);
    buffer_free(&in);
}

static void a_client_that_does_not_read_is_given_up(void **state) {
    fixture *f = *state;
    buffer in = {0};
    int fd = dial_with_window(f, 4096);
    say(fd, "GET /endless HTTP/1.1\r\n\r\n");
    wait_for(&f->refused, 1); /* although it is still connected */
    expect_end(fd, &in);
    assert_int_equal(count_of(&in, "\r\n0\r\n\r\n"), 0); /* it cannot take it for the whole */
    close(fd);
    buffer_free(&in);
}

static void a_slow_reader_gets_everything(void **state) {
    buffer in = {0};
    int fd = dial_with_window(*state, 4096);
    say(fd, "GET /many HTTP/1.1\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        poll(NULL, 0, 10);
        assert_true(read_more(fd, &in));
    }
    while (in.length < 5 || memcmp(in.data + in.length - 5, "0\r\n\r\n", 5) != 0)
        assert_true(read_more(fd, &in));
    assert_int_equal(count_of(&in, "row "), 20000);
    close(fd);
    buffer_free(&in);
}

static void say_to_all(fixture *f, int *fds, int count, const char *request) {
    for (int i = 0; i < count; i++) {
        fds[i] = dial_with_window(f, 4096);
        say(fds[i], request);
    }
}

static void expect_echo(fixture *f) {
    buffer in = {0};
    int fd = dial(f);
    say(fd, "GET /echo HTTP/1.1\r\n\r\n");
    expect(fd, &in, "GET /echo");
    close(fd);
    buffer_free(&in);
}

static void readers_that_do_not_read_hold_up_nobody(void **state) {
    enum { READERS = 40 };
    fixture *f = *state;
    int fds[READERS];
    say_to_all(f, fds, READERS, "GET /endless HTTP/1.1\r\n\r\n");
    wait_for(&f->running, READERS); /* by two workers */
    expect_echo(f);
    assert_int_equal(f->refused, 0);
    for (int i = 0; i < READERS; i++)
        close(fds[i]);
    wait_for(&f->refused, READERS);
    expect_echo(f);
}

static void too_many_that_do_not_read_are_given_up_early(void **state) {
    enum { READERS = 150, KEPT_MOST = 64 };
    fixture *f = *state;
    int fds[READERS];
    say_to_all(f, fds, READERS, "GET /endless HTTP/1.1\r\n\r\n");
    wait_for(&f->refused, READERS - KEPT_MOST);
    expect_echo(f);
    for (int i = 0; i < READERS; i++)
        close(fds[i]);
    wait_for(&f->refused, READERS);
}

static void closing_the_server_cuts_streams(void **state) {
    fixture *f = *state;
    buffer in = {0};
    int held = dial(f), endless = dial(f), half = dial(f), idle = dial(f);
    say(held, "GET /hold HTTP/1.1\r\n\r\n");
    say(endless, "GET /endless HTTP/1.1\r\n\r\n");
    say(half, "POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nhal");
    expect(held, &in, "first");
    http_server_close(f->server);
    assert_int_equal(f->left, 1);
    assert_int_equal(f->running, 0);
    close(held);
    close(endless);
    close(half);
    close(idle);
    buffer_free(&in);
    memory_free(f);
    setup(state); /* for teardown */
}

/* ---- many at once ---- */

static void *hammer(void *context) {
    fixture *f = context;
    for (int round = 0; round < 30; round++) {
        buffer in = {0};
        int fd = dial(f);
        say(fd, "GET /echo HTTP/1.1\r\n\r\n");
        expect(fd, &in, "GET /echo");
        say(fd, round % 3 == 0 ? "GET /many HTTP/1.1\r\n\r\n" : "GET /stream HTTP/1.1\r\n\r\n");
        if (round % 3)
            expect(fd, &in, "\r\n0\r\n\r\n");
        else
            read_more(fd, &in); /* and leave in the middle */
        close(fd);
        buffer_free(&in);
    }
    return NULL;
}

static void many_clients_come_and_go(void **state) {
    fixture *f = *state;
    pthread_t threads[8];
    int64_t connections = -1, exchanges = -1;
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, hammer, f);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    do {
        poll(NULL, 0, 1);
        http_server_counts(f->server, &connections, &exchanges);
    } while ((connections || exchanges) && clock_monotonic_ms() < until_ms);
    assert_int_equal(connections, 0);
    assert_int_equal(exchanges, 0);
}

/* ---- an HTTP/2 client ---- */

typedef struct h2_answer {
    int32_t stream;
    int status;
    buffer content_length, body;
    int data_frames; /* not counting the empty one at the end */
    bool ended;
    uint32_t reset; /* its error code */
} h2_answer;

typedef struct h2_client {
    int fd;
    nghttp2_session *session;
    h2_answer answers[300];
    int count;
    slice sending;
    size_t sent;
} h2_client;

static h2_answer *answer_of(h2_client *c, int32_t stream) {
    for (int i = 0; i < c->count; i++)
        if (c->answers[i].stream == stream)
            return &c->answers[i];
    return NULL;
}

static int h2_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags, void *context) {
    h2_answer *a = answer_of(context, frame->hd.stream_id);
    slice n = slice_make((const char *)name, name_length),
          v = slice_make((const char *)value, value_length);
    int64_t number = 0;
    (void)session;
    (void)flags;
    if (slice_is(n, ":status") && slice_to_int64(v, &number))
        a->status = (int)number;
    if (slice_is(n, "content-length"))
        buffer_append(&a->content_length, v);
    return 0;
}

static int h2_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
    size_t length, void *context) {
    h2_answer *a = answer_of(context, stream);
    (void)session;
    (void)flags;
    buffer_append_bytes(&a->body, data, length);
    return 0;
}

static int h2_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)session;
    if (frame->hd.type == NGHTTP2_DATA && frame->hd.length)
        answer_of(context, frame->hd.stream_id)->data_frames++;
    return 0;
}

static int h2_closed(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
    h2_answer *a = answer_of(context, stream);
    (void)session;
    a->ended = true;
    a->reset = code;
    return 0;
}

static h2_client *h2_dial(fixture *f, uint32_t window_bytes) {
    h2_client *c = MEMORY_NEW(h2_client);
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, h2_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, h2_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, h2_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, h2_closed);
    nghttp2_option *options;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, window_bytes != 0);
    nghttp2_session_client_new2(&c->session, callbacks, c, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry setting = {
        NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes ? window_bytes : 65535};
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, &setting, 1);
    c->fd = dial(f);
    return c;
}

static void h2_hang_up(h2_client *c) {
    nghttp2_session_del(c->session);
    close(c->fd);
    for (int i = 0; i < c->count; i++) {
        buffer_free(&c->answers[i].body);
        buffer_free(&c->answers[i].content_length);
    }
    memory_free(c);
}

static ssize_t h2_read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t length,
    uint32_t *flags, nghttp2_data_source *source, void *context) {
    h2_client *c = context;
    (void)session;
    (void)stream;
    (void)source;
    size_t left = c->sending.length - c->sent, count = left < length ? left : length;
    memcpy(to, c->sending.data + c->sent, count);
    c->sent += count;
    if (c->sent == c->sending.length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static void h2_flush(h2_client *c) {
    const uint8_t *bytes;
    for (ssize_t count; (count = nghttp2_session_mem_send(c->session, &bytes)) > 0;)
        for (ssize_t sent = 0, n; sent < count; sent += n) {
            n = send(c->fd, bytes + sent, (size_t)(count - sent), MSG_NOSIGNAL);
            if (n <= 0)
                return;
        }
}

static h2_answer *h2_ask(h2_client *c, const char *method, const char *path, slice body) {
    const char *pairs[][2] = {{":method", method}, {":scheme", "http"}, {":authority", "x"},
        {":path", path}, {"x-test", "two"}};
    nghttp2_nv fields[5];
    for (int i = 0; i < 5; i++)
        fields[i] = (nghttp2_nv){(uint8_t *)pairs[i][0], (uint8_t *)pairs[i][1],
            strlen(pairs[i][0]), strlen(pairs[i][1]), NGHTTP2_NV_FLAG_NONE};
    nghttp2_data_provider provider = {.read_callback = h2_read_body};
    c->sending = body;
    c->sent = 0;
    int32_t stream =
        nghttp2_submit_request(c->session, NULL, fields, 5, body.length ? &provider : NULL, NULL);
    assert_true(stream > 0);
    c->answers[c->count] = (h2_answer){.stream = stream};
    h2_flush(c);
    return &c->answers[c->count++];
}

/* One read; false at the connection's end. */
static bool h2_turn(h2_client *c) {
    buffer in = {0};
    h2_flush(c);
    bool ok = read_more(c->fd, &in) &&
              nghttp2_session_mem_recv(c->session, (const uint8_t *)in.data, in.length) ==
                  (ssize_t)in.length;
    buffer_free(&in);
    h2_flush(c);
    return ok;
}

static void h2_await(h2_client *c, const h2_answer *a) {
    while (!a->ended)
        assert_true(h2_turn(c));
}

static void http2_requests_share_a_connection(void **state) {
    h2_client *c = h2_dial(*state, 0);
    h2_answer *first = h2_ask(c, "POST", "/echo?q=1", SLICE_LITERAL("some body"));
    h2_await(c, first);
    assert_int_equal(first->status, 200);
    assert_true(slice_is(buffer_slice(&first->body), "POST /echo ?q=1 [two] h2:some body"));
    for (int i = 0; i < 200; i++)
        h2_ask(c, "GET", i % 2 ? "/echo" : "/stream", SLICE_LITERAL(""));
    for (int i = 1; i <= 200; i++) {
        h2_await(c, &c->answers[i]);
        assert_int_equal(c->answers[i].status, 200);
    }
    h2_answer *missing = h2_ask(c, "GET", "/nowhere", SLICE_LITERAL(""));
    h2_await(c, missing);
    assert_int_equal(missing->status, 404);
    h2_hang_up(c);
}

static void http2_pieces_are_frames(void **state) {
    h2_client *c = h2_dial(*state, 0);
    h2_answer *a = h2_ask(c, "GET", "/stream", SLICE_LITERAL(""));
    h2_await(c, a);
    assert_int_equal(a->data_frames, 5);
    assert_true(slice_is(buffer_slice(&a->body), "row 0\nrow 1\nrow 2\nrow 3\nrow 4\n"));
    a = h2_ask(c, "GET", "/many", SLICE_LITERAL(""));
    h2_await(c, a);
    assert_int_equal(count_of(&a->body, "row "), 20000);
    assert_in_range(a->data_frames, 20000, 20100); /* the window's end may split one */
    h2_hang_up(c);
}

static void http2_head_and_empty(void **state) {
    h2_client *c = h2_dial(*state, 0);
    h2_answer *head = h2_ask(c, "HEAD", "/echo", SLICE_LITERAL(""));
    h2_await(c, head);
    assert_int_equal(head->status, 200);
    assert_int_equal(head->body.length, 0);
    assert_true(slice_is(buffer_slice(&head->content_length), "22"));
    h2_answer *empty = h2_ask(c, "GET", "/empty", SLICE_LITERAL(""));
    h2_await(c, empty);
    assert_int_equal(empty->status, 204);
    h2_hang_up(c);
}

static void http2_body_that_is_too_large(void **state) {
    h2_client *c = h2_dial(*state, 0);
    char *body = memory_allocate_zero(BODY_LIMIT * 3);
    h2_answer *a = h2_ask(c, "POST", "/echo", slice_make(body, BODY_LIMIT * 3));
    h2_await(c, a);
    assert_int_equal(a->status, 413);
    h2_answer *next = h2_ask(c, "GET", "/echo", SLICE_LITERAL(""));
    h2_await(c, next);
    assert_int_equal(next->status, 200);
    h2_hang_up(c);
    memory_free(body);
}

static void http2_reset_ends_one_stream_only(void **state) {
    fixture *f = *state;
    h2_client *c = h2_dial(f, 0);
    h2_answer *held = h2_ask(c, "GET", "/hold", SLICE_LITERAL(""));
    while (held->body.length < 6)
        assert_true(h2_turn(c));
    nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, held->stream, NGHTTP2_CANCEL);
    h2_flush(c);
    wait_for(&f->left, 1);
    h2_answer *next = h2_ask(c, "GET", "/echo", SLICE_LITERAL(""));
    h2_await(c, next);
    assert_int_equal(next->status, 200);
    h2_hang_up(c);
}

static void http2_client_that_leaves(void **state) {
    fixture *f = *state;
    h2_client *c = h2_dial(f, 0);
    h2_answer *held = h2_ask(c, "GET", "/hold", SLICE_LITERAL(""));
    while (held->body.length < 6)
        assert_true(h2_turn(c));
    h2_hang_up(c);
    wait_for(&f->left, 1);
}

static void http2_stream_that_is_not_read_is_reset(void **state) {
    fixture *f = *state;
    h2_client *c = h2_dial(f, 20000); /* and no updates */
    h2_answer *a = h2_ask(c, "GET", "/endless", SLICE_LITERAL(""));
    h2_answer *other = h2_ask(c, "GET", "/echo", SLICE_LITERAL(""));
    h2_await(c, other); /* is not held up by it */
    h2_await(c, a);
    assert_int_equal(a->reset, NGHTTP2_INTERNAL_ERROR);
    wait_for(&f->refused, 1);
    h2_hang_up(c);
}

static void http2_nonsense_closes_the_connection(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    say(fd, "this is not a frame, this is not a frame, this is not a frame");
    expect_end(fd, &in);
    close(fd);
    buffer_free(&in);
}

static void http2_preface_may_come_in_parts(void **state) {
    buffer in = {0};
    int fd = dial(*state);
    say(fd, "PRI * HTT");
    poll(NULL, 0, 20);
    say(fd, "P/2.0\r\n\r\nSM\r\n\r\n");
    assert_true(read_more(fd, &in)); /* the server's settings */
    assert_true(in.length >= 9 && in.data[3] == NGHTTP2_SETTINGS);
    close(fd);
    buffer_free(&in);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(keep_alive_serves_requests_one_after_another),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(pipelining_far_ahead_waits_instead_of_failing),
        TEST(a_body_may_come_in_chunks_and_bytes_one_by_one),
        TEST(a_stream_is_a_chunk_a_piece),
        TEST(a_first_row_is_seen_while_the_stream_goes_on),
        TEST(head_has_headers_and_no_body),
        TEST(old_clients_get_no_chunks),
        TEST(connection_close_is_kept),
        TEST(an_offer_to_upgrade_is_passed_over),
        TEST(what_is_not_http_gets_400),
        TEST(a_malformed_request_behind_a_good_one_does_not_harm_it),
        TEST(headers_without_end_get_431),
        TEST(a_body_that_is_too_large_gets_413),
        TEST(a_client_that_asks_first_is_told),
        TEST(an_answer_without_body),
        TEST(a_client_that_leaves_ends_its_stream),
        TEST(a_client_that_does_not_read_is_given_up),
        TEST(a_slow_reader_gets_everything),
        cmocka_unit_test_setup_teardown(
            readers_that_do_not_read_hold_up_nobody, setup_patient, teardown),
        cmocka_unit_test_setup_teardown(
            too_many_that_do_not_read_are_given_up_early, setup_patient, teardown),
        TEST(closing_the_server_cuts_streams),
        TEST(many_clients_come_and_go),
        TEST(http2_requests_share_a_connection),
        TEST(http2_pieces_are_frames),
        TEST(http2_head_and_empty),
        TEST(http2_body_that_is_too_large),
        TEST(http2_reset_ends_one_stream_only),
        TEST(http2_client_that_leaves),
        TEST(http2_stream_that_is_not_read_is_reset),
        TEST(http2_nonsense_closes_the_connection),
        TEST(http2_preface_may_come_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
