/* The HTTP server from outside: HTTP/1.1 through plain sockets. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_fixture.h"

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
        TEST_IMPATIENT(a_client_that_does_not_read_is_given_up),
        TEST(a_slow_reader_gets_everything),
        cmocka_unit_test_setup_teardown(
            readers_that_do_not_read_hold_up_nobody, setup_two_workers, teardown),
        cmocka_unit_test_setup_teardown(
            too_many_that_do_not_read_are_given_up_early, setup_two_workers, teardown),
        TEST(closing_the_server_cuts_streams),
        TEST(many_clients_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
