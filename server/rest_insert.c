/* /inserts-stream: the body's first line names the stream, each further one is a row as a JSON
 * object; the answer has a line for each. The body is read whole before the first row is written.
 */
#include "server/rest_private.h"

static slice next_line(slice body, size_t *at) {
    size_t start = *at;
    const char *end = memchr(body.data + start, '\n', body.length - start);
    size_t stop = end ? (size_t)(end - body.data) : body.length;
    *at = end ? stop + 1 : stop;
    return slice_trim(slice_make(body.data + start, stop - start));
}

static void append_acknowledgement(buffer *out, int64_t sequence, const error *e) {
    if (!error_is_set(e)) {
        buffer_format(out, "{\"status\":\"ok\",\"seq\":%lld}\n", (long long)sequence);
        return;
    }
    buffer message = {0};
    error_render(e, (slice){NULL, 0}, &message);
    buffer_format(out, "{\"status\":\"error\",\"seq\":%lld,\"error_code\":50000,\"message\":",
        (long long)sequence);
    buffer_append_json_string(out, slice_trim(buffer_slice(&message)));
    buffer_append_text(out, "}\n");
    buffer_free(&message);
}

static void insert_rows(rest *r, http_exchange *x, slice target, slice body, size_t at) {
    session *s = session_open(r->instance);
    buffer answer = {0};
    http_stream_begin(x, 200, SLICE_LITERAL("application/vnd.ksqlapi.delimited.v1"));
    bool more = true;
    for (int64_t sequence = 0; more && at < body.length;) {
        error e = {0};
        slice row = next_line(body, &at);
        if (!row.length)
            continue;
        session_insert_json(s, target, row, &e);
        buffer_clear(&answer);
        append_acknowledgement(&answer, sequence++, &e);
        more = http_stream_write(x, buffer_slice(&answer)) && !error_is_set(&e);
    }
    http_stream_end(x);
    buffer_free(&answer);
    session_close(s);
}

/* Names match in either case unless they stand in backquotes. */
static slice fold(arena *a, slice name) {
    bool quoted = name.length >= 2 && name.data[0] == '`' && name.data[name.length - 1] == '`';
    return quoted ? slice_make(name.data + 1, name.length - 2) : arena_upper(a, name);
}

void rest_insert_stream(rest *r, http_exchange *x, const http_request *request) {
    json_error_t syntax;
    size_t at = 0;
    slice first = next_line(request->body, &at);
    json_t *start = json_loadb(first.data, first.length, 0, &syntax);
    const json_t *target = json_object_get(start, "target");
    arena *a = arena_create();
    if (json_is_string(target))
        insert_rows(r, x,
            fold(a, slice_make(json_string_value(target), json_string_length(target))),
            request->body, at);
    else
        rest_answer_error(
            x, 40000, "The body's first line must name the stream: {\"target\":\"NAME\"}.");
    arena_destroy(a);
    json_decref(start);
}
