/* TRANSFORM, FILTER and REDUCE.
 *
 * The elements of all rows are put one behind the other and the lambda is computed for all of them
 * at once. REDUCE goes in steps: step k computes element k of every row that has one.
 */
#include "base/memory.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"

enum { MOST_PARAMETERS = 3 };

typedef struct lambda_state {
    column *parameters[MOST_PARAMETERS];
    int32_t *rows;   /* of each element */
    int64_t *starts; /* of each row: its first element */
    int64_t capacity, row_capacity, count;
    /* REDUCE only. */
    column *finished;
    int64_t *results; /* of each row: its row in `finished`, or a negative number */
} lambda_state;

/* `first` parameters come before those for the elements of the collection that is argument 0. */
static lambda_state *make_state(const function_call *call, int first) {
    lambda_state *s = MEMORY_NEW(lambda_state);
    const sql_type *type = call->types[0];
    int n = first;
    if (type->base == SQL_MAP)
        s->parameters[n++] = column_create(type->key);
    if (type->base == SQL_MAP || type->base == SQL_ARRAY)
        s->parameters[n] = column_create(type->element);
    return s;
}

static void *prepare_lambda(const function_call *call) {
    return make_state(call, 0);
}

static void release_lambda(void *prepared) {
    lambda_state *s = prepared;
    for (int n = 0; n < MOST_PARAMETERS; n++)
        column_destroy(s->parameters[n]);
    column_destroy(s->finished);
    memory_free(s->rows);
    memory_free(s->starts);
    memory_free(s->results);
    memory_free(s);
}

static void reserve_elements(lambda_state *s, int64_t more) {
    if (s->count + more <= s->capacity)
        return;
    s->capacity = (s->count + more) * 2;
    s->rows = memory_resize(s->rows, sizeof *s->rows * (size_t)s->capacity);
}

static void reserve_rows(lambda_state *s, int64_t rows) {
    if (rows < s->row_capacity)
        return;
    s->row_capacity = rows + 1;
    s->starts = memory_resize(s->starts, sizeof *s->starts * (size_t)s->row_capacity);
    s->results = memory_resize(s->results, sizeof *s->results * (size_t)s->row_capacity);
}

static bool is_computed(const function_call *call) {
    return !(call->skip && call->skip[call->row]) && !argument_is_null(call, 0);
}

/* Puts the elements of all rows into the parameters. */
static void gather_elements(function_call *call) {
    lambda_state *s = call->prepared;
    const column *collection = argument_column(call, 0);
    s->count = 0;
    reserve_rows(s, call->rows);
    for (int n = 0; n < collection->child_count; n++)
        column_clear(s->parameters[n]);
    for (call->row = 0; call->row < call->rows; call->row++) {
        s->starts[call->row] = s->count;
        if (!is_computed(call))
            continue;
        int32_t first = argument_first(call, 0), size = argument_end(call, 0) - first;
        reserve_elements(s, size);
        for (int n = 0; n < collection->child_count; n++)
            column_append_rows(s->parameters[n], collection->children[n], first, size);
        for (int32_t k = 0; k < size; k++)
            s->rows[s->count++] = (int32_t)call->row;
    }
    s->starts[call->rows] = s->count;
    call->row = -1;
}

static const column *compute(function_call *call, int i) {
    lambda_state *s = call->prepared;
    return function_lambda(call, i, (const column *const *)s->parameters, s->rows, s->count);
}

/* Reports the first failure among the row's elements; false when there is none. */
static bool row_fails(function_call *call, int i) {
    lambda_state *s = call->prepared;
    for (int64_t k = s->starts[call->row]; k < s->starts[call->row + 1]; k++)
        if (function_lambda_failed(call, i, k)) {
            function_report_lambda(call, i, k);
            return true;
        }
    return false;
}

/* ---- TRANSFORM ---- */

static void run_transform(function_call *call) {
    lambda_state *s = call->prepared;
    gather_elements(call);
    const column *results = compute(call, 1);
    while (function_next_row(call)) {
        if (row_fails(call, 1)) {
            return_null(call);
            continue;
        }
        int64_t start = s->starts[call->row];
        column_append_rows(
            function_part(call, 0), results, start, s->starts[call->row + 1] - start);
        return_nested(call);
    }
}

static void run_transform_map(function_call *call) {
    lambda_state *s = call->prepared;
    gather_elements(call);
    const column *keys = compute(call, 1), *values = compute(call, 2);
    while (function_next_row(call)) {
        if (row_fails(call, 1) || row_fails(call, 2)) {
            return_null(call);
            continue;
        }
        int64_t end = s->starts[call->row + 1];
        for (int64_t k = s->starts[call->row]; k < end; k++) {
            if (scratch_repeats(keys, k, end))
                continue;
            column_append_row(function_part(call, 0), keys, k);
            column_append_row(function_part(call, 1), values, k);
        }
        return_nested(call);
    }
}

/* ---- FILTER ---- */

static void run_filter(function_call *call) {
    lambda_state *s = call->prepared;
    gather_elements(call);
    const column *kept = compute(call, 1);
    while (function_next_row(call)) {
        if (row_fails(call, 1)) {
            return_null(call);
            continue;
        }
        for (int64_t k = s->starts[call->row]; k < s->starts[call->row + 1]; k++) {
            if (column_is_null(kept, k) || !kept->booleans[k])
                continue;
            for (int n = 0; n < call->result->child_count; n++)
                column_append_row(function_part(call, n), s->parameters[n], k);
        }
        return_nested(call);
    }
}

/* ---- REDUCE ---- */

static void *prepare_reduce(const function_call *call) {
    lambda_state *s = make_state(call, 1);
    s->parameters[0] = column_create(call->types[1]);
    s->finished = column_create(call->types[1]);
    return s;
}

enum { RESULT_NULL = -1, RESULT_FAILED = -2 };

/* A row's state after its last element. */
static void finish_row(lambda_state *s, int64_t row, const column *states, int64_t at) {
    column_append_row(s->finished, states, at);
    s->results[row] = s->finished->length - 1;
}

/* The rows whose reduction starts, with their initial states; those without elements are finished.
 */
static void start_reduce(function_call *call) {
    lambda_state *s = call->prepared;
    reserve_rows(s, call->rows);
    column_clear(s->finished);
    column_clear(s->parameters[0]);
    s->count = 0;
    for (call->row = 0; call->row < call->rows; call->row++) {
        s->results[call->row] = RESULT_NULL;
        bool skipped = call->skip && call->skip[call->row];
        if (skipped || argument_is_null(call, 1))
            continue;
        bool empty = argument_is_null(call, 0) || argument_first(call, 0) == argument_end(call, 0);
        if (empty) {
            finish_row(s, call->row, argument_column(call, 1), argument_row(call, 1));
            continue;
        }
        reserve_elements(s, 1);
        s->rows[s->count++] = (int32_t)call->row;
        column_append_row(s->parameters[0], argument_column(call, 1), argument_row(call, 1));
    }
}

/* Element number `step` of every row that is still reduced, behind the states. */
static void gather_step(function_call *call, int64_t step) {
    lambda_state *s = call->prepared;
    const column *collection = argument_column(call, 0);
    for (int n = 0; n < collection->child_count; n++) {
        column_clear(s->parameters[n + 1]);
        for (int64_t k = 0; k < s->count; k++) {
            int64_t row = s->rows[k] & call->arguments[0].row_mask;
            column_append_row(
                s->parameters[n + 1], collection->children[n], collection->offsets[row] + step);
        }
    }
}

/* Sorts the results of a step into finished rows and states for the next step. */
static void end_step(function_call *call, int64_t step, const column *states) {
    lambda_state *s = call->prepared;
    const column *collection = argument_column(call, 0);
    int64_t left = 0;
    column_clear(s->parameters[0]);
    for (int64_t k = 0; k < s->count; k++) {
        call->row = s->rows[k];
        int64_t at = argument_row(call, 0);
        if (function_lambda_failed(call, 2, k)) {
            function_report_lambda(call, 2, k);
            s->results[call->row] = RESULT_FAILED;
        } else if (collection->offsets[at] + step + 1 == collection->offsets[at + 1]) {
            finish_row(s, call->row, states, k);
        } else {
            column_append_row(s->parameters[0], states, k);
            s->rows[left++] = s->rows[k];
        }
    }
    s->count = left;
}

static void run_reduce(function_call *call) {
    lambda_state *s = call->prepared;
    start_reduce(call);
    for (int64_t step = 0; s->count > 0; step++) {
        gather_step(call, step);
        end_step(call, step, compute(call, 2));
    }
    call->row = -1;
    while (function_next_row(call))
        if (s->results[call->row] < 0)
            return_null(call);
        else
            column_append_row(call->result, s->finished, s->results[call->row]);
}

#define LAMBDA .prepare = prepare_lambda, .release = release_lambda

static const scalar_kernel transform = {.run = run_transform, LAMBDA},
                           transform_map = {.run = run_transform_map, LAMBDA},
                           filter = {.run = run_filter, LAMBDA},
                           reduce = {.run = run_reduce,
                               .prepare = prepare_reduce,
                               .release = release_lambda};
static const function_overload transform_overloads[] = {
    {.signature = "(ARRAY<T>, (T) => R) -> ARRAY<R>", .scalar = &transform},
    {.signature = "(MAP<K, V>, (K, V) => R, (K, V) => S) -> MAP<R, S>",
        .scalar = &transform_map,
        .description = "A map of what the first lambda gives for keys and the second for values."}};
static const function_overload filter_overloads[] = {
    {.signature = "(ARRAY<T>, (T) => BOOLEAN) -> ARRAY<T>", .scalar = &filter},
    {.signature = "(MAP<K, V>, (K, V) => BOOLEAN) -> MAP<K, V>", .scalar = &filter}};
static const function_overload reduce_overloads[] = {
    {.signature = "(ARRAY<T>, S, (S, T) => S) -> S",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &reduce},
    {.signature = "(MAP<K, V>, S, (S, K, V) => S) -> S",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &reduce}};

static const function_descriptor rows[] = {
    {"TRANSFORM", FUNCTION_SCALAR, "LAMBDA",
        "The collection of what a lambda gives for each element.",
        "TRANSFORM(ARRAY[1, 2], x => x * 10)", "[10,20]", OVERLOADS(transform_overloads)},
    {"FILTER", FUNCTION_SCALAR, "LAMBDA", "The elements for which a lambda is true.",
        "FILTER(ARRAY[3, 6, 2, 10], x => x > 5)", "[6,10]", OVERLOADS(filter_overloads)},
    {"REDUCE", FUNCTION_SCALAR, "LAMBDA",
        "One value from a collection: a lambda takes the state so far and the next element.",
        "REDUCE(ARRAY[3, 6], 2, (s, x) => s + x)", "11", OVERLOADS(reduce_overloads)},
};

void lambda_functions_register(void) {
    REGISTER_ROWS(rows);
}
