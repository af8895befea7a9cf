#include <jansson.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

#include "shell/entity.h"
#include "shell/interrupt.h"
#include "shell/row_printer.h"
#include "shell/sql_shell.h"

enum { QUIET_MS = 10000, RETURN_MS = 30000, RETRY_MS = 200 };

/* ---- calls ---- */

bool sql_request_call(sql_shell *s, const http_call *call, http_answer *answer, error *e) {
    int64_t end_ms = clock_monotonic_ms() + RETURN_MS;
    bool waited = false;
    while (!http_client_call(s->client, call, answer, e)) {
        if (!answer->unreached || !s->reached || !s->output.interactive ||
            clock_monotonic_ms() > end_ms || interrupt_pending()) {
            if (waited)
                interrupt_clear();
            return false;
        }
        if (!waited)
            output_messagef(&s->output,
                "No server answers at %.*s. Waiting for it to be back; "
                "Ctrl-C gives up.",
                SLICE_ARG(http_client_server(s->client)));
        waited = true;
        buffer_free(&answer->body);
        error_clear(e);
        poll(NULL, 0, RETRY_MS); /* a signal ends it */
    }
    s->reached = true;
    if (!waited || !answer->interrupted || answer->status)
        return true;
    interrupt_clear();
    answer->interrupted = false;
    return error_set(
        e, ERROR_IO, "Cannot reach a server at %.*s.", SLICE_ARG(http_client_server(s->client)));
}

/* ---- bodies ---- */

static void append_settings(buffer *body, const char *name, const property_list *list) {
    buffer_format(body, ",\"%s\":{", name);
    for (int i = 0; i < list->count; i++) {
        if (i)
            buffer_append_byte(body, ',');
        buffer_append_json_string(body, slice_of(list->items[i].name));
        buffer_append_byte(body, ':');
        buffer_append_json_string(body, slice_of(list->items[i].value));
    }
    buffer_append_byte(body, '}');
}

void sql_request_body(const sql_shell *s, slice statement, buffer *body) {
    buffer text = {0};
    buffer_append(&text, statement);
    buffer_append_byte(&text, ';');
    buffer_append_text(body, "{\"ksql\":");
    buffer_append_json_string(body, buffer_slice(&text));
    append_settings(body, "streamsProperties", &s->properties);
    append_settings(body, "sessionVariables", &s->variables);
    buffer_append_byte(body, '}');
    buffer_free(&text);
}

/* ---- errors ---- */

static bool complain_error(const sql_shell *s, int line, const error *e) {
    buffer text = {0};
    error_render(e, (slice){NULL, 0}, &text);
    sql_shell_complain(s, line, buffer_slice(&text));
    buffer_free(&text);
    return false;
}

static bool complain_interrupted(sql_shell *s) {
    if (!s->output.interactive)
        return false;
    output_message(
        &s->output, SLICE_LITERAL("Interrupted. The server may have executed the statement."));
    interrupt_clear();
    return false;
}

/* What an answer other than 200 says. */
static bool complain_answer(const sql_shell *s, int line, const http_answer *answer) {
    json_error_t ignored;
    json_t *body =
        json_loadb(answer->body.data ? answer->body.data : "", answer->body.length, 0, &ignored);
    const json_t *message = json_object_get(body, "message");
    buffer text = {0};
    if (json_is_string(message))
        buffer_append(&text, slice_make(json_string_value(message), json_string_length(message)));
    else if (answer->status == 401 || answer->status == 403)
        buffer_append_text(&text, "The server does not let you in: give -u USER -p PASSWORD.");
    else
        buffer_format(
            &text, "The server answered with status %d. Is it a Sluice server?", answer->status);
    sql_shell_complain(s, line, buffer_slice(&text));
    buffer_free(&text);
    json_decref(body);
    return false;
}

/* ---- statements ---- */

static void show_entities(sql_shell *s, const json_t *entities) {
    buffer result = {0}, message = {0};
    table_style style = output_style(&s->output);
    size_t i;
    json_t *entity;
    json_array_foreach((json_t *)entities, i, entity) {
        if (s->output.format == OUTPUT_NDJSON)
            entity_write_lines(entity, &result);
        else if (s->output.format != OUTPUT_JSON)
            entity_write(entity, &style, &result);
        entity_write_message(entity, &message);
    }
    if (s->output.format == OUTPUT_JSON && json_array_size(entities)) {
        char *text = json_dumps(entities, JSON_INDENT(2));
        buffer_append_text(&result, text);
        buffer_append_byte(&result, '\n');
        buffer_clear(&message);
        free(text); /* libjansson's */
    }
    if (result.length)
        output_page(&s->output, buffer_slice(&result));
    if (message.length)
        output_message(&s->output, buffer_slice(&message));
    if (s->output.interactive && result.length)
        output_message(&s->output, SLICE_LITERAL("\n"));
    buffer_free(&result);
    buffer_free(&message);
}

static bool take_entities(sql_shell *s, int line, const http_answer *answer) {
    json_error_t problem;
    json_t *entities =
        json_loadb(answer->body.data ? answer->body.data : "", answer->body.length, 0, &problem);
    if (!entities) {
        sql_shell_complain(s, line, SLICE_LITERAL("The server's answer cannot be read."));
        return false;
    }
    show_entities(s, entities);
    json_decref(entities);
    return true;
}

static bool post_statement(sql_shell *s, slice statement, int line, bool quiet) {
    buffer body = {0};
    http_answer answer;
    error e = {0};
    sql_request_body(s, statement, &body);
    http_call call = {.path = "/ksql", .body = buffer_slice(&body)};
    bool ok = sql_request_call(s, &call, &answer, &e);
    if (!ok)
        complain_error(s, line, &e);
    else if (answer.interrupted)
        ok = complain_interrupted(s);
    else if (answer.status != 200)
        ok = complain_answer(s, line, &answer);
    else if (!quiet)
        ok = take_entities(s, line, &answer);
    buffer_free(&answer.body);
    buffer_free(&body);
    return ok;
}

bool sql_request_statement(sql_shell *s, slice statement, int line) {
    return post_statement(s, statement, line, false);
}

bool sql_request_check(sql_shell *s, slice statement, int line) {
    return post_statement(s, statement, line, true);
}

bool sql_request_quietly(sql_shell *s, const char *path, slice statements, buffer *answer) {
    return sql_request_beside(s, s->client, path, statements, answer);
}

bool sql_request_hello(sql_shell *s) {
    http_answer answer;
    error e = {0};
    http_call call = {.path = "/info", .timeout_ms = QUIET_MS};
    bool ok = http_client_call(s->client, &call, &answer, &e);
    s->reached = ok;
    if (!ok)
        complain_error(s, 0, &e);
    else if (answer.status != 200 && !answer.interrupted)
        ok = complain_answer(s, 0, &answer);
    buffer_free(&answer.body);
    return ok;
}

bool sql_request_beside(
    sql_shell *s, http_client *client, const char *path, slice statements, buffer *answer) {
    buffer body = {0};
    http_answer got;
    error ignored = {0};
    if (statements.data)
        sql_request_body(s, statements, &body);
    http_call call = {.path = path,
        .body = statements.data ? buffer_slice(&body) : (slice){NULL, 0},
        .timeout_ms = QUIET_MS};
    bool ok =
        http_client_call(client, &call, &got, &ignored) && got.status == 200 && !got.interrupted;
    *answer = got.body;
    buffer_free(&body);
    return ok;
}

/* ---- queries ---- */

bool sql_request_end(sql_shell *s, slice last_message, slice failure, const http_answer *answer,
    int line, const error *e) {
    if (error_is_set(e))
        return complain_error(s, line, e);
    if (answer->interrupted) {
        output_message(&s->output, s->output.interactive ? SLICE_LITERAL("\nQuery terminated")
                                                         : SLICE_LITERAL("Query terminated"));
        if (s->output.interactive)
            interrupt_clear();
        return s->output.interactive;
    }
    if (answer->status != 200)
        return complain_answer(s, line, answer);
    if (failure.data) {
        sql_shell_complain(s, line, failure);
        return false;
    }
    if (last_message.data && s->output.interactive)
        output_message(&s->output, last_message);
    return true;
}

/* Flink's client has these modes; the other, 'table', shows what is left. */
static bool shows_changes(const sql_shell *s) {
    slice dialect = property_list_get(&s->properties, SLICE_LITERAL("sluice.sql.dialect"));
    slice mode =
        property_list_get(&s->properties, SLICE_LITERAL("sql-client.execution.result-mode"));
    return property_dialect(dialect) == PARSER_FLINK &&
           (slice_is_ignore_case(mode, "changelog") || slice_is_ignore_case(mode, "tableau"));
}

bool sql_request_query(sql_shell *s, slice statement, bool bounded, int line) {
    bool ok;
    if (!bounded && sql_live_query(s, statement, line, &ok))
        return ok;
    buffer body = {0};
    http_answer answer;
    error e = {0};
    row_printer *p = row_printer_create(&s->output, s->query_row_limit, bounded);
    if (shows_changes(s))
        row_printer_show_changes(p);
    sql_request_body(s, statement, &body);
    http_call call = {.path = "/query",
        .body = buffer_slice(&body),
        .timeout_ms = s->query_timeout_ms,
        .take = row_printer_take,
        .context = p};
    sql_request_call(s, &call, &answer, &e);
    row_printer_finish(p);
    ok = sql_request_end(s, row_printer_last_message(p), row_printer_error(p), &answer, line, &e);
    buffer_free(&answer.body);
    buffer_free(&body);
    row_printer_destroy(p);
    return ok;
}
