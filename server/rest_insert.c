/* /inserts-stream: the body's first line names the stream, each further one is a row as a JSON
 * object. Rows are written as they come and acknowledged one by one, a line each or, for a client
 * that asks for application/json, as elements of an array; an empty line is nothing. The body may
 * go on for as long as the client likes. */
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
        buffer_format(out, "{\"status\":\"ok\",\"seq\":%lld}", (long long)sequence);
        return;
    }
    buffer message = {0};
    error_render(e, (slice){NULL, 0}, &message);
    buffer_format(out, "{\"status\":\"error\",\"seq\":%lld,\"error_code\":50000,\"message\":",
        (long long)sequence);
    buffer_append_json_string(out, slice_trim(buffer_slice(&message)));
    buffer_append_byte(out, '}');
    buffer_free(&message);
}

/* The acknowledgements of one request, each a piece of its response. */
typedef struct answers {
    http_exchange *exchange;
    bool in_array, any;
    buffer piece;
} answers;

static void begin_answers(answers *a, http_exchange *x, bool in_array) {
    *a = (answers){.exchange = x, .in_array = in_array};
    http_stream_begin(x, 200, slice_of(in_array ? REST_JSON_TYPE : REST_DELIMITED_TYPE));
}

static buffer *next_answer(answers *a) {
    buffer_clear(&a->piece);
    if (a->in_array)
        buffer_append_text(&a->piece, a->any ? ",\n" : "[");
    a->any = true;
    return &a->piece;
}

static bool write_answer(answers *a) {
    if (!a->in_array)
        buffer_append_byte(&a->piece, '\n');
    return http_stream_write(a->exchange, buffer_slice(&a->piece));
}

static void end_answers(answers *a) {
    if (a->in_array)
        http_stream_write(a->exchange, slice_of(a->any ? "]\n" : "[]\n"));
    http_stream_end(a->exchange);
    buffer_free(&a->piece);
}

static void insert_rows(rest *r, http_exchange *x, slice target, lines *l, bool in_array) {
    session *s = session_open(r->instance);
    answers a;
    slice row;
    bool more = true;
    begin_answers(&a, x, in_array);
    for (int64_t sequence = 0; more && next_line(l, &row);) {
        error e = {0};
        if (!row.length)
            continue;
        session_insert_json(s, target, row, &e);
        append_acknowledgement(next_answer(&a), sequence++, &e);
        more = write_answer(&a) && !error_is_set(&e);
    }
    if (l->too_long) {
        buffer_append_text(next_answer(&a), "{\"@type\":\"generic_error\",\"error_code\":41300,"
                                            "\"message\":\"A row is too long.\"}");
        write_answer(&a);
    }
    end_answers(&a);
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
    static const char *const types[] = {REST_DELIMITED_TYPE, REST_JSON_TYPE, NULL};
    bool in_array = rest_choose_type(request, types) == 1;
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
            insert_rows(r, x, name, &l, in_array);
        else
            rest_answer_error(x, 40001, "There is no stream or table of the target's name.");
    }
    buffer_free(&l.bytes);
    arena_destroy(a);
    json_decref(start);
}
