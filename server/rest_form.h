/* rest_form.h - how the rows of a query look on the wire, in each of the forms a client may ask
 * for.
 *
 * A form writes a header, rows, and an end; each call appends what becomes one piece of the
 * response (a chunk, DATA frame or WebSocket message), or nothing yet. One thread at a time.
 */
#ifndef SLUICE_SERVER_REST_FORM_H
#define SLUICE_SERVER_REST_FORM_H

#include "executor/format/format.h"
#include "server/session.h"

typedef enum rest_form_kind {
    FORM_ROWS,      /* /query: [{"header":...},{"row":...},...], an element a line */
    FORM_PROTOBUF,  /* the same with rows as protobuf in base64 */
    FORM_DELIMITED, /* /query-stream: an object, then an array a line */
    FORM_ARRAY,     /* /query-stream with Accept: application/json */
    FORM_EVENTS,    /* the same as server-sent events, for browsers */
    FORM_SOCKET,    /* WebSocket: the schema, then an object a message */
    FORM_LINES,     /* PRINT, on any of them */
} rest_form_kind;

typedef struct rest_form {
    rest_form_kind kind;
    bool is_pull_of_table; /* which ends without a word */
    buffer held;           /* of such a query by line: its last element so far, without a comma */
    format_schema schema;  /* of FORM_PROTOBUF */
    format_encoder *encoder;
} rest_form;

/* What the response's Content-Type is; `asked_ksql`: the client named ksqlDB's own type. */
const char *rest_form_type(rest_form_kind kind, bool asked_ksql);
/* False with the error when the form cannot carry the columns. */
bool rest_form_header(rest_form *f, arena *a, const query_header *header, buffer *out, error *e);
void rest_form_row(
    rest_form *f, const query_header *header, const batch *rows, int64_t row, buffer *out);
void rest_form_line(rest_form *f, slice line, buffer *out);
/* The end; an error, when there is one, comes in the form's own way. */
void rest_form_end(rest_form *f, query_end_kind kind, const error *e, buffer *out);
void rest_form_free(rest_form *f);

#endif
