/* Aggregate functions of libraries.
 *
 * A group's slot is its state as a kept value. A step puts it into a column of one row, calls the
 * library, and keeps what that has put; rows in a row that belong to the same group leave it in the
 * column. What a state is when a group starts is computed once. The state is saved as a value of
 * its type, behind a mark of that type: another version of the library may declare another one. */
#include "base/log.h"
#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/function/extension_call.h"
#include "executor/function/kept_value.h"

typedef struct extension_aggregate {
    extension_call call;
    arena *arena;
    const sql_type *state_type;
    uint32_t mark;                            /* of state_type */
    column *state, *other_state, *next_state; /* scratch, of one row */
    kept_value initial;
    argument *arguments;
} extension_aggregate;

static const extension_function *function_of(const aggregate_instance *instance) {
    return (const extension_function *)((const char *)instance->kernel -
                                        offsetof(extension_function, aggregate));
}

/* ---- preparing ---- */

static const sql_type *decide_state_type(
    extension_aggregate *x, const aggregate_instance *instance, error *e) {
    const extension_function *f = function_of(instance);
    type_bindings bindings = {0};
    for (int i = 0; i < instance->argument_count; i++) {
        function_argument shape = {.type = instance->argument_types[i]};
        signature_unify(x->arena, signature_parameter(f->signature, i), &shape, &bindings);
    }
    if (f->state.kind == PATTERN_BASE && f->state.base == SQL_DECIMAL && !f->state.exact)
        return extension_type_of_decimal(
            x->arena, instance->argument_types, instance->argument_count, e);
    const sql_type *type = signature_type(x->arena, &f->state, NULL, &bindings);
    if (!type || type->base == SQL_NULL)
        error_set(e, ERROR_STATEMENT,
            "The type of the state of %s cannot be told: give its "
            "arguments types with CAST",
            f->descriptor.name);
    return !type || type->base == SQL_NULL ? NULL : type;
}

static void release(aggregate_instance *instance) {
    extension_aggregate *x = instance->prepared;
    if (!x)
        return;
    if (x->call.scratch)
        extension_call_close(&x->call);
    if (x->state_type)
        kept_value_free(&x->initial, x->state_type);
    column_destroy(x->state);
    column_destroy(x->other_state);
    column_destroy(x->next_state);
    arena_destroy(x->arena);
    memory_free(x);
}

static bool compute_initial(extension_aggregate *x, const extension_function *f, error *e) {
    if (f->declared.start && !extension_call_run(&x->call, f->declared.start, x->next_state))
        return error_set(e, ERROR_STATEMENT, "%s: %s", f->descriptor.name, x->call.message);
    if (x->next_state->length == 0)
        column_append_null(x->next_state);
    kept_value_set(&x->initial, x->next_state, 0);
    return true;
}

static bool prepare(aggregate_instance *instance, error *e) {
    const extension_function *f = function_of(instance);
    extension_aggregate *x = MEMORY_NEW(extension_aggregate);
    instance->prepared = x;
    x->arena = arena_create();
    if (!(x->state_type = decide_state_type(x, instance, e)))
        return false;
    if (!f->declared.result && !sql_type_equal(x->state_type, instance->result))
        return error_set(e, ERROR_STATEMENT,
            "%s has no `result`, and its state is not what it should return.", f->descriptor.name);
    x->mark = (uint32_t)slice_hash(sql_type_name(x->arena, x->state_type));
    x->state = column_create(x->state_type);
    x->other_state = column_create(x->state_type);
    x->next_state = column_create(x->state_type);
    x->arguments = ARENA_ARRAY(x->arena, argument, instance->argument_count + 1);
    x->call.function = f;
    x->call.argument_count = instance->argument_count;
    x->call.types = instance->argument_types;
    x->call.constants = instance->constants;
    x->call.constant_count = instance->constant_count;
    x->call.result_type = instance->result;
    extension_call_open(&x->call);
    if (x->call.is_unusable)
        return error_set(e, ERROR_STATEMENT, "%s: %s", f->descriptor.name, x->call.message);
    return compute_initial(x, f, e);
}

/* ---- slots ---- */

static void start(const aggregate_instance *instance, void *slot) {
    const extension_aggregate *x = instance->prepared;
    memset(slot, 0, sizeof(kept_value));
    kept_value_copy(slot, &x->initial, x->state_type);
}

static void destroy(const aggregate_instance *instance, void *slot) {
    kept_value_free(slot, ((const extension_aggregate *)instance->prepared)->state_type);
}

static void save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const extension_aggregate *x = instance->prepared;
    buffer_append_bytes(out, &x->mark, sizeof x->mark);
    kept_value_save(slot, x->state_type, out);
}

static bool load(const aggregate_instance *instance, void *slot, slice *bytes) {
    const extension_aggregate *x = instance->prepared;
    uint32_t mark;
    if (!aggregate_take(bytes, &mark, sizeof mark) || mark != x->mark)
        return false;
    kept_value_free(slot, x->state_type);
    return kept_value_load(slot, x->state_type, bytes);
}

static void show(column *state, const void *slot) {
    column_clear(state);
    kept_value_append(slot, state);
}

/* Runs `callback`; what it puts becomes the state, in the slot and in x->state. */
static bool change(extension_aggregate *x, void (*callback)(sluice_call *), void *slot) {
    column_clear(x->next_state);
    x->call.state = x->state;
    bool ok = extension_call_run(&x->call, callback, x->next_state);
    x->call.state = NULL;
    if (!ok || x->next_state->length == 0)
        return ok;
    column *before = x->state;
    x->state = x->next_state;
    x->next_state = before;
    kept_value_set(slot, x->state, 0);
    return true;
}

/* ---- results ---- */

static void append_result(extension_aggregate *x, column *to) {
    const extension_function *f = x->call.function;
    if (!f->declared.result) {
        column_append_row(to, x->state, 0);
        return;
    }
    x->call.state = x->state;
    bool ok = extension_call_run(&x->call, f->declared.result, to);
    x->call.state = NULL;
    if (!ok)
        log_warn(
            "%s: the result of a group is null, because %s", f->descriptor.name, x->call.message);
    if (!ok || !x->call.puts)
        column_append_null(to);
}

static void result(const aggregate_instance *instance, const void *slot, column *to) {
    extension_aggregate *x = instance->prepared;
    show(x->state, slot);
    append_result(x, to);
}

/* ---- rows ---- */

static bool has_null(const aggregate_instance *instance, const aggregate_rows *rows, int32_t row) {
    for (int i = 0; i < instance->argument_count; i++)
        if (column_is_null(rows->arguments[i], row))
            return true;
    return false;
}

static void report(extension_aggregate *x, const aggregate_rows *rows, int64_t i) {
    char message[EXTENSION_MESSAGE + 80];
    if (!rows->failed)
        return;
    snprintf(message, sizeof message, "%s: %s", x->call.function->descriptor.name, x->call.message);
    rows->failed(rows->failed_context, i, message);
}

static void step(const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    extension_aggregate *x = instance->prepared;
    const sluice_function *declared = &x->call.function->declared;
    bool skips_nulls = declared->nulls == SLUICE_NULL_IF_ANY_NULL;
    const void *shown = NULL;
    for (int a = 0; a < instance->argument_count; a++)
        x->arguments[a] = (argument){.values = rows->arguments[a], .row_mask = -1};
    x->call.arguments = x->arguments;
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        x->call.row = row;
        if (shown != rows->slots[i])
            show(x->state, shown = rows->slots[i]);
        bool undoes = rows->change[row] == CHANGE_DELETE;
        if (!(skips_nulls && has_null(instance, rows, row)) &&
            !change(x, undoes ? declared->undo : declared->step, rows->slots[i]))
            report(x, rows, i);
        if (results)
            append_result(x, results);
    }
    x->call.arguments = NULL;
}

static void merge(const aggregate_instance *instance, void *slot, const void *later) {
    extension_aggregate *x = instance->prepared;
    show(x->state, slot);
    show(x->other_state, later);
    x->call.other_state = x->other_state;
    if (!change(x, x->call.function->declared.merge, slot))
        log_warn("%s: two sessions are not merged and the earlier one's state stays, because %s",
            x->call.function->descriptor.name, x->call.message);
    x->call.other_state = NULL;
}

void extension_aggregate_fill(extension_function *f) {
    f->aggregate = (aggregate_kernel){.slot_bytes = sizeof(kept_value),
        .can_undo = f->declared.undo != NULL,
        .can_merge = f->declared.merge != NULL,
        .prepare = prepare,
        .release = release,
        .start = start,
        .destroy = destroy,
        .step = step,
        .merge = merge,
        .result = result,
        .save = save,
        .load = load};
    f->overload.aggregate = &f->aggregate;
    f->overload.initial_arguments = f->declared.constants;
    f->overload.state = f->declared.state;
}
