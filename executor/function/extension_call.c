/* A call's life: the function is prepared, then run row by row. Around each run the results so far
 * are remembered, so that a row that fails, puts too much or leaves a nested value open can be
 * taken back whole. */
#include "executor/function/extension_call.h"

#include <pthread.h>
#include <stdarg.h>

static struct sluice_api api;

static void fill_api(void) {
    api.version = SLUICE_UDF_VERSION;
    extension_inputs_fill(&api);
    extension_outputs_fill(&api);
}

void extension_fail(extension_call *call, const char *format, ...) {
    if (call->failed)
        return;
    call->failed = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call->message, sizeof call->message, format, arguments);
    va_end(arguments);
}

const char *extension_type_name(extension_call *call, const sql_type *type) {
    call->scratch_used = true;
    return type ? sql_type_name(call->scratch, type).data : "nothing";
}

void extension_call_open(extension_call *call) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_api);
    call->face.api = &api;
    call->scratch = arena_create();
    if (call->function->declared.prepare)
        call->prepared = call->function->declared.prepare(&call->face);
    call->is_unusable = call->failed;
}

void extension_call_close(extension_call *call) {
    if (call->function->declared.release)
        call->function->declared.release(call->prepared);
    arena_destroy(call->scratch);
}

static void begin(extension_call *call, column *to) {
    if (call->scratch_used)
        arena_reset(call->scratch);
    call->scratch_used = false;
    call->out = to;
    call->puts = 0;
    call->depth = 0;
    call->failed = false;
}

bool extension_call_run(extension_call *call, void (*callback)(sluice_call *), column *to) {
    if (call->is_unusable)
        return false;
    int64_t before = to->length;
    begin(call, to);
    callback(&call->face);
    if (call->depth)
        extension_fail(call, "it does not end a value that it has begun");
    call->out = NULL;
    if (call->failed)
        column_truncate(to, before);
    return !call->failed;
}

const sql_type *extension_type_of_decimal(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    for (int i = 0; i < count; i++)
        if (arguments[i] && arguments[i]->base == SQL_DECIMAL)
            return arguments[i];
    error_set(e, ERROR_STATEMENT, "The result's digits cannot be told: no argument is a DECIMAL");
    return NULL;
}
