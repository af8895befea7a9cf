/* function.h - how scalar functions are written.
 *
 * A function is a row (catalog/function.h) and a kernel. The kernel computes a whole batch:
 *
 *     static void run_len(function_call *call) {
 *         while (function_next_row(call))
 *             return_int32(call, (int32_t)argument_slice(call, 0).length);
 *     }
 *
 * function_next_row stops at each row that is to be computed; for each the kernel calls exactly one
 * of return_... or function_fail. Rows of branches not taken, rows with failed arguments and
 * (unless the overload says FUNCTION_SEES_NULLS) rows with null arguments are passed over and
 * become null.
 *
 * What a call keeps between rows and batches (a compiled pattern, scratch buffers) is its prepared
 * state: made by `prepare` when the program is compiled, freed by `release` with it. A kernel is
 * called by one thread at a time for one call.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_FUNCTION_H
#define SLUICE_EXECUTOR_FUNCTION_FUNCTION_H

#include "base/column.h"
#include "catalog/function.h"

/* The values of one argument (or of a register of a program). */
typedef struct argument {
    const column *values;    /* NULL for lambdas and interval units */
    int64_t row_mask;        /* -1, or 0 for a constant: its one row serves all */
    const int32_t *failures; /* NULL: none. Per row: 0, or what failed. The program's own */
} argument;

typedef struct function_call function_call;

struct function_call {
    int argument_count;
    const argument *arguments;
    const sql_type *const *types; /* of the arguments; NULL for lambdas and units */
    const slice *units;           /* names of interval units; the NULL slice for other arguments */
    const sql_type *result_type;
    const scalar_kernel *kernel;
    void *prepared;
    /* Set while it runs. */
    column *result;
    int64_t row, rows;
    const uint8_t *skip;      /* rows to pass over; NULL: none */
    struct call_state *state; /* private */
};

struct scalar_kernel {
    void (*run)(function_call *call);
    /* Makes call->prepared; argument and result types are known, values are not. May be NULL. */
    void *(*prepare)(const function_call *call);
    void (*release)(void *prepared);
};

/* A table function gives an ARRAY of its results; each element becomes a row. */
struct table_kernel {
    scalar_kernel list;
};

/* Fails the row: it becomes null and the message goes to the processing log. */
void function_fail(function_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool function_next_row(function_call *call) {
    while (++call->row < call->rows) {
        if (!call->skip || !call->skip[call->row])
            return true;
        column_append_null(call->result);
    }
    return false;
}

/* ---- arguments ---- */

static inline const column *argument_column(const function_call *call, int i) {
    return call->arguments[i].values;
}
/* The row of argument_column that belongs to the current row. */
static inline int64_t argument_row(const function_call *call, int i) {
    return call->row & call->arguments[i].row_mask;
}
static inline bool argument_is_null(const function_call *call, int i) {
    return column_is_null(argument_column(call, i), argument_row(call, i));
}
static inline bool argument_boolean(const function_call *call, int i) {
    return argument_column(call, i)->booleans[argument_row(call, i)];
}
/* INTEGER, DATE, TIME */
static inline int32_t argument_int32(const function_call *call, int i) {
    return argument_column(call, i)->int32s[argument_row(call, i)];
}
/* BIGINT, TIMESTAMP */
static inline int64_t argument_int64(const function_call *call, int i) {
    return argument_column(call, i)->int64s[argument_row(call, i)];
}
static inline double argument_double(const function_call *call, int i) {
    return argument_column(call, i)->doubles[argument_row(call, i)];
}
static inline decimal128 argument_decimal(const function_call *call, int i) {
    return argument_column(call, i)->decimals[argument_row(call, i)];
}
/* VARCHAR, BYTES; the NULL slice for null. Valid until the kernel returns. */
static inline slice argument_slice(const function_call *call, int i) {
    return column_slice(argument_column(call, i), argument_row(call, i));
}
/* The elements of an ARRAY or MAP: rows first to end - 1 of the child columns. */
static inline int32_t argument_first(const function_call *call, int i) {
    return argument_column(call, i)->offsets[argument_row(call, i)];
}
static inline int32_t argument_end(const function_call *call, int i) {
    return argument_column(call, i)->offsets[argument_row(call, i) + 1];
}

/* ---- results ---- */

static inline void return_null(function_call *call) {
    column_append_null(call->result);
}
static inline void return_boolean(function_call *call, bool value) {
    column_append_boolean(call->result, value);
}
static inline void return_int32(function_call *call, int32_t value) {
    column_append_int32(call->result, value);
}
static inline void return_int64(function_call *call, int64_t value) {
    column_append_int64(call->result, value);
}
static inline void return_double(function_call *call, double value) {
    column_append_double(call->result, value);
}
static inline void return_decimal(function_call *call, decimal128 value) {
    column_append_decimal(call->result, value);
}
/* Copied. The NULL slice is null. */
static inline void return_slice(function_call *call, slice value) {
    column_append_bytes(call->result, value);
}
/* The row of argument i as it is; the types are equal. */
static inline void return_argument(function_call *call, int i) {
    column_append_row(call->result, argument_column(call, i), argument_row(call, i));
}
/* ARRAY, MAP, STRUCT: append the parts to function_part, then return_nested. */
static inline column *function_part(function_call *call, int i) {
    return call->result->children[i];
}
static inline void return_nested(function_call *call) {
    column_append_nested(call->result);
}
/* Null after parts may have been appended already. */
static inline void return_null_discarding(function_call *call) {
    column_append_null_discarding(call->result);
}

/* ---- lambdas ---- */

/* Computes the lambda that is argument i for `count` elements: parameters[p] has `count` rows,
 * rows[k] is the call's row that element k belongs to (names from outside the lambda have that
 * row's values). The column is valid until this lambda is computed again. */
const column *function_lambda(function_call *call, int i, const column *const *parameters,
    const int32_t *rows, int64_t count);
/* Whether the last computation of the lambda failed for element k. */
bool function_lambda_failed(const function_call *call, int i, int64_t k);
/* Reports the lambda's failure for element k as one of the call's current row, which the kernel
 * then makes null. */
void function_report_lambda(function_call *call, int i, int64_t k);

#endif
