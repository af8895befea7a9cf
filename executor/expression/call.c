/* Calls of functions, and the lambdas among their arguments.
 *
 * A call ends failures: a row with a failed argument is reported and null, and so is one that the
 * function fails. A lambda is code of its own; the kernel runs it over all elements of all rows at
 * once, and names from outside it are repeated for each element.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "executor/expression/code.h"

typedef struct call_lambda {
    code code;
    column *repeated; /* of a body that is constant */
} call_lambda;

typedef struct call_state {
    function_call call;
    const scalar_kernel *kernel;
    argument *arguments;
    const sql_type **types;
    slice *units;
    call_lambda **lambdas; /* per argument; NULL where it is none */
    uint8_t *skip;
    int64_t skip_capacity;
    bool sees_nulls;
    /* Of the run. */
    code *code;
    const instruction *instruction;
} call_state;

static const scalar_kernel *kernel_of(const expression *e) {
    const function_overload *overload = e->call->overload;
    return overload->table ? &overload->table->list : overload->scalar;
}

bool call_is_volatile(const expression *e) {
    return e->call->overload->is_volatile;
}

/* ---- failing ---- */

void function_fail(function_call *call, const char *format, ...) {
    call_state *s = call->state;
    column_append_null_discarding(call->result);
    char text[256];
    int length = snprintf(text, sizeof text, "%s: ", s->instruction->node->call->function->name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    code_report_message(s->code, s->instruction->target, call->row, text);
}

/* ---- which rows ---- */

static void skip_inactive(call_state *s, code *c, const instruction *i) {
    for (int64_t row = 0; row < c->rows; row++)
        s->skip[row] = !code_is_active(c, i, row);
}

static void skip_failed(call_state *s, code *c, const instruction *i, const argument *a) {
    for (int64_t row = 0; row < c->rows; row++) {
        int32_t failure = a->failures[row & a->row_mask];
        if (!failure || s->skip[row])
            continue;
        s->skip[row] = true;
        code_report(c, i->target, row, failure);
    }
}

static void skip_nulls(call_state *s, code *c, const argument *a) {
    for (int64_t row = 0; row < c->rows; row++)
        s->skip[row] |= column_is_null(a->values, row & a->row_mask);
}

static bool has_skips(const call_state *s, const instruction *i) {
    if (i->mask != 0)
        return true;
    for (int n = 0; n < i->argument_count; n++) {
        const argument *a = &s->arguments[n];
        if (a->failures || (!s->sees_nulls && a->values && column_has_nulls(a->values)))
            return true;
    }
    return false;
}

static const uint8_t *decide_skips(call_state *s, code *c, const instruction *i) {
    if (!has_skips(s, i))
        return NULL;
    if (s->skip_capacity < c->rows) {
        s->skip_capacity = c->rows;
        s->skip = memory_resize(s->skip, (size_t)c->rows);
    }
    skip_inactive(s, c, i);
    for (int n = 0; n < i->argument_count; n++) {
        const argument *a = &s->arguments[n];
        if (a->failures)
            skip_failed(s, c, i, a);
        if (!s->sees_nulls && a->values && column_has_nulls(a->values))
            skip_nulls(s, c, a);
    }
    return s->skip;
}

static void run_call(code *c, const instruction *i) {
    call_state *s = i->state;
    for (int n = 0; n < i->argument_count; n++)
        if (i->arguments[n] >= 0)
            s->arguments[n] = *code_argument(c, i, n);
    s->code = c;
    s->instruction = i;
    s->call.result = code_start(c, i);
    s->call.row = -1;
    s->call.rows = c->rows;
    s->call.skip = decide_skips(s, c, i);
    s->kernel->run(&s->call);
    assert(s->call.result->length == c->rows && "a function returned too few or too many rows");
}

/* ---- lambdas ---- */

static call_lambda *compile_lambda(code *c, const expression *lambda) {
    call_lambda *made = MEMORY_NEW(call_lambda);
    code *inner = &made->code;
    inner->program = c->program;
    inner->outer = c;
    code_add_mask(inner, 0);
    inner->result = code_compile(inner, lambda->arguments[0], 0);
    return made;
}

static void release_lambda(call_lambda *lambda) {
    if (!lambda)
        return;
    code_release(&lambda->code);
    column_destroy(lambda->repeated);
    memory_free(lambda);
}

const column *function_lambda(function_call *call, int i, const column *const *parameters,
    const int32_t *rows, int64_t count) {
    call_lambda *lambda = call->state->lambdas[i];
    code *inner = &lambda->code;
    inner->rows = count;
    inner->outer_rows = rows;
    code_load_inputs(inner, parameters);
    code_run(inner);
    const argument *result = &inner->registers[inner->result].value;
    if (result->row_mask)
        return result->values;
    if (!lambda->repeated)
        lambda->repeated = column_create(result->values->type);
    column_clear(lambda->repeated);
    column_append_repeat(lambda->repeated, result->values, 0, count);
    return lambda->repeated;
}

static int32_t lambda_failure(const function_call *call, int i, int64_t k) {
    const code *inner = &call->state->lambdas[i]->code;
    const argument *result = &inner->registers[inner->result].value;
    return result->failures ? result->failures[k & result->row_mask] : 0;
}

bool function_lambda_failed(const function_call *call, int i, int64_t k) {
    return lambda_failure(call, i, k) != 0;
}

void function_report_lambda(function_call *call, int i, int64_t k) {
    code_report(
        call->state->code, call->state->instruction->target, call->row, lambda_failure(call, i, k));
}

/* ---- making ---- */

static void release_call(void *state) {
    call_state *s = state;
    if (s->kernel->release)
        s->kernel->release(s->call.prepared);
    for (int n = 0; n < s->call.argument_count; n++)
        release_lambda(s->lambdas[n]);
    memory_free(s->skip);
    memory_free(s);
}

void call_choose(code *c, instruction *i) {
    arena *a = c->program->arena;
    const expression *e = i->node;
    int count = e->argument_count;
    call_state *s = MEMORY_NEW(call_state);
    s->kernel = kernel_of(e);
    assert(s->kernel && "a function without a kernel");
    s->arguments = ARENA_ARRAY(a, argument, count + 1);
    s->types = ARENA_ARRAY(a, const sql_type *, count + 1);
    s->units = ARENA_ARRAY(a, slice, count + 1);
    s->lambdas = ARENA_ARRAY(a, call_lambda *, count + 1);
    s->sees_nulls = e->call->overload->nulls == FUNCTION_SEES_NULLS;
    for (int n = 0; n < count; n++) {
        s->types[n] = e->arguments[n]->type;
        if (e->arguments[n]->kind == EXPRESSION_UNIT)
            s->units[n] = e->arguments[n]->text;
        if (e->arguments[n]->kind == EXPRESSION_LAMBDA)
            s->lambdas[n] = compile_lambda(c, e->arguments[n]);
    }
    s->call = (function_call){.argument_count = count,
        .arguments = s->arguments,
        .types = s->types,
        .units = s->units,
        .result_type = c->registers[i->target].own->type,
        .kernel = s->kernel,
        .state = s};
    if (s->kernel->prepare)
        s->call.prepared = s->kernel->prepare(&s->call);
    i->run = run_call;
    i->inherits = false;
    i->state = s;
    i->release = release_call;
}
