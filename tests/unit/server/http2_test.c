/* HTTP/2, through libnghttp2's client. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_fixture.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http2_requests_share_a_connection),
        TEST(http2_pieces_are_frames),
        TEST(http2_head_and_empty),
        TEST(http2_body_that_is_too_large),
        TEST(http2_reset_ends_one_stream_only),
        TEST(http2_client_that_leaves),
        TEST_IMPATIENT(http2_stream_that_is_not_read_is_reset),
        TEST(http2_nonsense_closes_the_connection),
        TEST(http2_preface_may_come_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
