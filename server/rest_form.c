/* Each form has its header, its row and its end; arrays are shut whatever happens.
 *
 * /query has an element a line, and clients read it by lines: a row's line must end with the row,
 * not when the next one comes. So the comma stands at the line's end, and a last element (a
 * message, an error) always follows. Only the pull query of a table has no such element; it is over
 * at once, so it may hold back each element until it knows whether another one follows. */
#include "server/rest_form.h"

#include "base/base64.h"
#include "server/json_out.h"
#include "server/rest_private.h"

const char *rest_form_type(rest_form_kind kind, bool asked_ksql) {
    switch (kind) {
    case FORM_ROWS:
        return asked_ksql ? REST_KSQL_TYPE : REST_JSON_TYPE;
    case FORM_PROTOBUF:
        return REST_PROTOBUF_TYPE;
    case FORM_DELIMITED:
        return REST_DELIMITED_TYPE;
    case FORM_EVENTS:
        return REST_EVENTS_TYPE;
    case FORM_LINES:
        return "text/plain";
    default:
        return REST_JSON_TYPE;
    }
}

static bool by_line(const rest_form *f) {
    return f->kind == FORM_ROWS || f->kind == FORM_PROTOBUF;
}

/* Where the next element goes: what waited for it to come is written first. */
static buffer *begin_element(rest_form *f, buffer *out) {
    if (!by_line(f) || !f->is_pull_of_table)
        return out;
    if (f->held.length) {
        buffer_append(out, buffer_slice(&f->held));
        buffer_append_text(out, ",\n");
    }
    buffer_clear(&f->held);
    return &f->held;
}

static void end_element(const rest_form *f, buffer *out) {
    if (by_line(f) && !f->is_pull_of_table)
        buffer_append_text(out, ",\n");
}

/* An event's data is one line: compact JSON has no line breaks. */
static void begin_event(buffer *out, const char *name) {
    if (name)
        buffer_format(out, "event: %s\n", name);
    buffer_append_text(out, "data: ");
}

/* ---- headers ---- */

static bool open_encoder(rest_form *f, arena *a, const query_header *header, error *e) {
    format_column *columns = ARENA_ARRAY(a, format_column, header->column_count);
    for (int i = 0; i < header->column_count; i++)
        columns[i] = (format_column){header->columns[i].name, header->columns[i].type};
    f->schema = (format_schema){columns, header->column_count, true, false};
    const format *plain = format_find(SLICE_LITERAL("PROTOBUF_NOSR"));
    const format_options options = {0};
    if (plain->validate(&f->schema, &options, e))
        f->encoder = plain->open_encoder(&f->schema, &options, e);
    return f->encoder != NULL;
}

static bool append_protobuf_header(
    rest_form *f, arena *a, const query_header *header, buffer *out, error *e) {
    buffer schema = {0}, text = {0};
    const format_options options = {0};
    bool ok = open_encoder(f, a, header, e) &&
              format_find(SLICE_LITERAL("PROTOBUF"))->describe(&f->schema, &options, &text, e);
    response_append_schema(&schema, header);
    buffer_append_text(out, "{\"header\":{");
    json_text_member(out, "queryId", header->query_id);
    json_text_member(out, "schema", buffer_slice(&schema));
    json_text_member(out, "protoSchema", buffer_slice(&text));
    buffer_append_text(out, "}}");
    buffer_free(&schema);
    buffer_free(&text);
    return ok;
}

/* [{"name":"ID","schema":{...},"type":"KEY"},...] */
static void append_fields(const query_header *header, buffer *out) {
    json_open(out, '[');
    for (int i = 0; i < header->column_count; i++) {
        json_open(out, '{');
        json_text_member(out, "name", header->columns[i].name);
        json_name(out, "schema");
        response_append_type(out, header->columns[i].type);
        if (header->columns[i].is_key)
            json_text_member(out, "type", SLICE_LITERAL("KEY"));
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

static void append_header_event(const query_header *header, buffer *out) {
    buffer json = {0};
    response_append_stream_header(&json, header);
    begin_event(out, "header");
    buffer_append(out, buffer_slice(&json));
    buffer_append_text(out, "\n\n");
    buffer_free(&json);
}

bool rest_form_header(rest_form *f, arena *a, const query_header *header, buffer *out, error *e) {
    bool ok = true;
    f->is_pull_of_table = header->is_pull && header->is_table;
    buffer *to = begin_element(f, out);
    buffer_append_text(to, by_line(f) || f->kind == FORM_ARRAY ? "[" : "");
    switch (f->kind) {
    case FORM_PROTOBUF:
        ok = append_protobuf_header(f, a, header, to, e);
        end_element(f, to);
        return ok;
    case FORM_ROWS:
        response_append_query_header(to, header);
        end_element(f, to);
        return true;
    case FORM_SOCKET:
        append_fields(header, out);
        return true;
    case FORM_EVENTS:
        append_header_event(header, out);
        return true;
    default:
        response_append_stream_header(out, header);
        buffer_append_text(out, f->kind == FORM_DELIMITED ? "\n" : "");
        return true;
    }
}

/* ---- rows ---- */

static void append_protobuf_row(
    rest_form *f, const query_header *header, const batch *rows, int64_t row, buffer *out) {
    column *columns[header->column_count + 1];
    buffer bytes = {0};
    size_t end;
    uint8_t status;
    for (int i = 0; i < header->column_count; i++)
        columns[i] = rows->columns[header->columns[i].index];
    f->encoder->format->encode(
        f->encoder, columns, row, 1, NULL, &bytes, &end, &status, &(format_report){0});
    buffer_append_text(out, "{\"row\":{\"protobufBytes\":\"");
    base64_append(out, buffer_slice(&bytes));
    buffer_append_byte(out, '"');
    if (rows->change[row] == CHANGE_DELETE)
        buffer_append_text(out, ",\"tombstone\":true");
    buffer_append_text(out, "}}");
    buffer_free(&bytes);
}

void rest_form_row(
    rest_form *f, const query_header *header, const batch *rows, int64_t row, buffer *out) {
    buffer *to = begin_element(f, out);
    buffer_append_text(to, f->kind == FORM_ARRAY ? ",\n" : "");
    switch (f->kind) {
    case FORM_ROWS:
    case FORM_SOCKET:
        response_append_query_row(to, header, rows, row);
        end_element(f, to);
        return;
    case FORM_PROTOBUF:
        append_protobuf_row(f, header, rows, row, to);
        end_element(f, to);
        return;
    case FORM_EVENTS:
        begin_event(out, rows->change[row] == CHANGE_DELETE ? "tombstone" : NULL);
        response_append_row(out, header, rows, row);
        buffer_append_text(out, "\n\n");
        return;
    default:
        response_append_row(out, header, rows, row);
        buffer_append_text(out, f->kind == FORM_DELIMITED ? "\n" : "");
        return;
    }
}

/* A line's own breaks would end an event. */
static void append_event_line(slice line, buffer *out) {
    begin_event(out, "line");
    for (size_t i = 0; i < line.length; i++) {
        if (line.data[i] == '\n')
            buffer_append_text(out, "\ndata: ");
        else if (line.data[i] != '\r')
            buffer_append_byte(out, line.data[i]);
    }
    buffer_append_text(out, "\n\n");
}

void rest_form_line(rest_form *f, slice line, buffer *out) {
    if (f->kind == FORM_EVENTS) {
        append_event_line(line, out);
        return;
    }
    buffer_append(out, line);
    buffer_append_text(out, f->kind == FORM_SOCKET ? "" : "\n");
}

/* ---- ends ---- */

static void append_error(const rest_form *f, const error *e, buffer *out) {
    if (f->kind == FORM_EVENTS)
        begin_event(out, "error");
    if (by_line(f))
        buffer_append_text(out, "{\"errorMessage\":");
    buffer json = {0};
    response_append_error(&json, e, 50000, (slice){NULL, 0}, (slice){NULL, 0}, true);
    buffer_append(out, buffer_slice(&json));
    buffer_free(&json);
    if (by_line(f))
        buffer_append_byte(out, '}');
    if (f->kind == FORM_EVENTS)
        buffer_append_text(out, "\n\n");
    else if (f->kind == FORM_DELIMITED || f->kind == FORM_LINES)
        buffer_append_byte(out, '\n');
}

static const char *final_message(const rest_form *f, query_end_kind kind) {
    bool said = by_line(f) || f->kind == FORM_SOCKET;
    if (!said || f->is_pull_of_table)
        return NULL;
    return kind == QUERY_END_LIMIT      ? "Limit Reached"
           : kind == QUERY_END_COMPLETE ? "Query Completed"
           : by_line(f)                 ? "Query Terminated"
                                        : NULL;
}

void rest_form_end(rest_form *f, query_end_kind kind, const error *e, buffer *out) {
    const char *message = final_message(f, kind);
    bool failed = kind == QUERY_END_FAILED;
    buffer_append(out, buffer_slice(&f->held));
    if (failed)
        buffer_append_text(out, f->held.length || f->kind == FORM_ARRAY ? ",\n" : "");
    if (failed)
        append_error(f, e, out);
    else if (message)
        buffer_format(out, "{\"finalMessage\":\"%s\"}", message);
    else if (f->kind == FORM_EVENTS)
        buffer_append_text(out, "event: end\ndata: {}\n\n");
    buffer_append_text(out, by_line(f) || f->kind == FORM_ARRAY ? "]\n" : "");
    buffer_clear(&f->held);
}

void rest_form_free(rest_form *f) {
    if (f->encoder)
        f->encoder->format->close_encoder(f->encoder);
    f->encoder = NULL;
    buffer_free(&f->held);
}
