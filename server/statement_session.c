/* Statements about the session itself: SET, DEFINE, RUN SCRIPT; and ALTER SYSTEM. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "server/statement.h"

enum { SCRIPT_DEPTH_MOST = 10 };

static slice literal_text(const ast_literal *value) {
    if (value->kind == AST_LITERAL_NULL)
        return (slice){NULL, 0};
    if (value->kind == AST_LITERAL_BOOLEAN)
        return value->boolean ? SLICE_LITERAL("true") : SLICE_LITERAL("false");
    return value->text.data ? value->text : SLICE_LITERAL("");
}

/* Points an error of a property at the place where it stands. */
static bool place(const ast_property *property, error *e) {
    if (e->span.offset < 0)
        e->span = property->span;
    return false;
}

bool statement_set(statement_call *call, error *e) {
    const ast_property *property = &call->statement->property;
    slice value = call->statement->kind == AST_STATEMENT_SET ? literal_text(&property->value)
                                                             : (slice){NULL, 0};
    if (!session_set_property(call->session, property->name.text, value, e))
        return place(property, e);
    call->result->answer.message =
        value.data ? arena_format(call->arena, "Successfully changed '%.*s' to '%.*s'.",
                         SLICE_ARG(property->name.text), SLICE_ARG(value))
                   : arena_format(call->arena, "'%.*s' is back at its default.",
                         SLICE_ARG(property->name.text));
    return true;
}

bool statement_define(statement_call *call, error *e) {
    const ast_property *property = &call->statement->property;
    slice value = call->statement->kind == AST_STATEMENT_DEFINE ? literal_text(&property->value)
                                                                : (slice){NULL, 0};
    if (!session_set_variable(call->session, property->name.text, value, e))
        return place(property, e);
    return true;
}

bool statement_alter_system(statement_call *call, error *e) {
    const ast_property *property = &call->statement->property;
    slice name = property_plain_name(property->name.text), value = literal_text(&property->value);
    catalog *c = call->instance->catalog;
    if (!property_check(name, value, e))
        return place(property, e);
    pthread_mutex_lock(&call->instance->change);
    bool ok = catalog_begin(c, e);
    if (ok && !catalog_put_property(c, name, value, e)) {
        catalog_rollback(c);
        ok = false;
    }
    ok = ok && catalog_commit(c, call->text, e);
    if (ok)
        answer_status(call, "system", name, "alter",
            arena_format(call->arena, "System property %.*s was set to %.*s.", SLICE_ARG(name),
                SLICE_ARG(value)),
            (slice){NULL, 0});
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- RUN SCRIPT ---- */

static bool read_script(arena *a, slice path, slice *text, error *e) {
    slice name = arena_copy(a, path);
    FILE *file = fopen(name.data, "rb");
    if (!file)
        return error_set(
            e, ERROR_IO, "Cannot open the script '%.*s': %s", SLICE_ARG(path), strerror(errno));
    buffer content = {0};
    size_t got;
    do {
        buffer_reserve(&content, 65536);
        got = fread(content.data + content.length, 1, 65536, file);
        content.length += got;
    } while (got);
    bool ok = !ferror(file);
    fclose(file);
    *text = arena_copy(a, buffer_slice(&content));
    buffer_free(&content);
    return ok || error_set(e, ERROR_IO, "Cannot read the script '%.*s'", SLICE_ARG(path));
}

/* The script's statements run in this session; the last answer is the statement's. */
bool statement_run_script(statement_call *call, error *e) {
    slice text;
    size_t position = 0;
    if (!call->session->scripts_allowed) {
        error_at(e, ERROR_UNSUPPORTED, call->statement->span, "A server does not read scripts");
        return error_hint(e,
            "RUN SCRIPT is the shell's: it reads the file where it runs. Else send the file's "
            "statements.");
    }
    if (!read_script(call->arena, call->statement->run_script.path, &text, e))
        return false;
    if (call->session->script_depth == SCRIPT_DEPTH_MOST)
        return error_at(e, ERROR_LIMIT, call->statement->run_script.path_span,
            "Scripts call each other more than %d deep", SCRIPT_DEPTH_MOST);
    call->session->script_depth++;
    session_result result = {.answer = {.sequence = -1}};
    session_outcome outcome;
    do {
        outcome = session_next(call->session, text, &position, call->arena, NULL, &result, e);
        if (outcome == SESSION_DONE)
            call->result->answer = result.answer;
    } while (outcome == SESSION_DONE);
    call->session->script_depth--;
    if (outcome != SESSION_FAILED)
        return true;
    error_detail(e, "It is the statement: %.*s",
        (int)(result.statement.length > 300 ? 300 : result.statement.length),
        result.statement.data ? result.statement.data : "");
    e->span = SPAN_NONE;
    call->result->error_code = result.error_code;
    return false;
}
