/* /inserts-stream: the body's first line names the stream, each further one is a row as a JSON
 * object. Rows are written as they come and acknowledged one by one; an empty line is nothing. The
 * body may go on for as long as the client likes. */
#include <jansson.h>

#include "base/memory.h"
#include "server/rest_private.h"

enum { LINE_BYTES_MOST = 16 * 1024 * 1024 };

/* The body, line by line. */
typedef struct lines {
    http_exchange *exchange;
    buffer bytes;
    size_t at; /* of the next line */
    bool ended, gone, too_long;
} lines;

/* False: there is no more. The line is valid until the next call. */
static bool next_line(lines *l, slice *line) {
    memmove(l->bytes.data ? l->bytes.data : (char[1]){0},
        l->bytes.data ? l->bytes.data + l->at : "", l->bytes.length - l->at);
    l->bytes.length -= l->at;
    l->at = 0;
    for (size_t searched = 0;;) {
        const char *end = l->bytes.length
                              ? memchr(l->bytes.data + searched, '\n', l->bytes.length - searched)
                              : NULL;
        if (end || (l->ended && l->bytes.length)) {
            size_t length = end ? (size_t)(end - l->bytes.data) : l->bytes.length;
            *line = slice_trim(slice_make(l->bytes.data, length));
            l->at = length + (end != NULL);
            return true;
        }
        searched = l->bytes.length;
        l->too_long = l->bytes.length > LINE_BYTES_MOST;
        if (l->ended || l->too_long)
            return false;
        http_body more = http_body_read(l->exchange, &l->bytes);
        l->ended = more != HTTP_BODY_BYTES;
        l->gone = more == HTTP_BODY_GONE;
        if (l->gone)
            return false;
    }
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

static void insert_rows(rest *r, http_exchange *x, slice target, lines *l) {
    session *s = session_open(r->instance);
    buffer answer = {0};
    slice row;
    bool more = true;
    http_stream_begin(x, 200, SLICE_LITERAL(REST_DELIMITED_TYPE));
    for (int64_t sequence = 0; more && next_line(l, &row);) {
        error e = {0};
        if (!row.length)
            continue;
        session_insert_json(s, target, row, &e);
        buffer_clear(&answer);
        append_acknowledgement(&answer, sequence++, &e);
        more = http_stream_write(x, buffer_slice(&answer)) && !error_is_set(&e);
    }
    if (l->too_long)
        http_stream_write(x,
            SLICE_LITERAL("{\"@type\":\"generic_error\",\"error_code\":41300,\"message\":\"A row "
                          "is too long.\"}\n"));
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
    lines l = {.exchange = x};
    slice first = {"", 0};
    (void)request;
    while (next_line(&l, &first) && !first.length)
        ;
    json_t *start = json_loadb(first.data, first.length, 0, &syntax);
    const json_t *target = json_object_get(start, "target");
    arena *a = arena_create();
    if (!json_is_string(target)) {
        rest_answer_error(
            x, 40000, "The body's first line must name the stream: {\"target\":\"NAME\"}.");
    } else {
        slice name = fold(a, slice_make(json_string_value(target), json_string_length(target)));
        catalog *c = instance_catalog(r->instance);
        catalog_read_lock(c);
        bool known = catalog_source(c, name) != NULL;
        catalog_unlock(c);
        if (known)
            insert_rows(r, x, name, &l);
        else
            rest_answer_error(x, 40001, "There is no stream or table of the target's name.");
    }
    buffer_free(&l.bytes);
    arena_destroy(a);
    json_decref(start);
}
