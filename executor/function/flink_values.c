/* Functions of the Flink dialect about numbers, arrays and failures. */
#include <math.h>

#include "base/memory.h"
#include "executor/expression/cast.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"

static const column *elements_of(const function_call *call, int i) {
    return argument_column(call, i)->children[0];
}

/* ---- numbers ---- */

static void run_log10(function_call *call) {
    while (function_next_row(call))
        return_double(call, log10(argument_double(call, 0)));
}

static void run_log2(function_call *call) {
    while (function_next_row(call))
        return_double(call, log2(argument_double(call, 0)));
}

/* ---- arrays ---- */

/* NULLs are left out, or written as the third argument. */
static void run_join(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        const column *elements = elements_of(call, 0);
        bool first = true;
        buffer_clear(out);
        for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++) {
            bool is_null = column_is_null(elements, n);
            if (is_null && call->argument_count < 3)
                continue;
            if (!first)
                buffer_append(out, argument_slice(call, 1));
            first = false;
            if (is_null)
                buffer_append(out, argument_slice(call, 2));
            else
                cast_append_text(elements, n, out);
        }
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

/* From 1 on; 0: it is not there. */
static void run_position(function_call *call) {
    while (function_next_row(call)) {
        int32_t first = argument_first(call, 0), found = 0;
        for (int32_t n = first; n < argument_end(call, 0) && !found; n++)
            if (column_rows_equal(
                    elements_of(call, 0), n, argument_column(call, 1), argument_row(call, 1)))
                found = n - first + 1;
        return_int32(call, found);
    }
}

static void run_reverse(function_call *call) {
    while (function_next_row(call)) {
        for (int32_t n = argument_end(call, 0) - 1; n >= argument_first(call, 0); n--)
            column_append_row(function_part(call, 0), elements_of(call, 0), n);
        return_nested(call);
    }
}

/* Places count from 1, and from the end when negative; 0 is the first. */
static int32_t place(int32_t at, int32_t count) {
    return at < 0 ? count + at : at == 0 ? 0 : at - 1;
}

static void run_slice(function_call *call) {
    while (function_next_row(call)) {
        int32_t first = argument_first(call, 0), count = argument_end(call, 0) - first;
        int32_t from = place(argument_int32(call, 1), count),
                to = place(argument_int32(call, 2), count);
        from = from < 0 ? 0 : from;
        to = to >= count ? count - 1 : to;
        if (from <= to)
            column_append_rows(
                function_part(call, 0), elements_of(call, 0), first + from, to - from + 1);
        return_nested(call);
    }
}

static void run_map_length(function_call *call) {
    while (function_next_row(call))
        return_int32(call, argument_end(call, 0) - argument_first(call, 0));
}

/* ---- TRY_CAST ---- */

/* Calls turn what failed inside them into NULL: this one does nothing else. */
static void run_try(function_call *call) {
    while (function_next_row(call))
        return_argument(call, 0);
}

/* ---- subqueries that stand for a value ---- */

static void run_single(function_call *call) {
    while (function_next_row(call)) {
        if (argument_int64(call, 0) > 1)
            function_fail(call, "A subquery that stands for a value has more than one row");
        else
            return_argument(call, 1);
    }
}

static const scalar_kernel log10_kernel = {.run = run_log10}, log2_kernel = {.run = run_log2},
                           join = {.run = run_join, SCRATCH_BUFFER},
                           position = {.run = run_position}, reverse = {.run = run_reverse},
                           slice_kernel = {.run = run_slice}, map_length = {.run = run_map_length},
                           try_kernel = {.run = run_try}, single_kernel = {.run = run_single};
static const function_overload log10_overloads[] = {
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &log10_kernel}};
static const function_overload log2_overloads[] = {
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &log2_kernel}};
static const function_overload join_overloads[] = {
    {.signature = "(ARRAY<T>, STRING) -> STRING", .scalar = &join},
    {.signature = "(ARRAY<T>, STRING, STRING) -> STRING", .scalar = &join}};
static const function_overload position_overloads[] = {
    {.signature = "(ARRAY<T>, T) -> INTEGER", .scalar = &position}};
static const function_overload reverse_overloads[] = {
    {.signature = "(ARRAY<T>) -> ARRAY<T>", .scalar = &reverse}};
static const function_overload slice_overloads[] = {
    {.signature = "(ARRAY<T>, INTEGER, INTEGER) -> ARRAY<T>", .scalar = &slice_kernel}};
static const function_overload cardinality_overloads[] = {
    {.signature = "(ARRAY<T>) -> INTEGER", .scalar = &map_length},
    {.signature = "(MAP<K, V>) -> INTEGER", .scalar = &map_length}};
static const function_overload try_overloads[] = {{.signature = "(T) -> T", .scalar = &try_kernel}};
static const function_overload single_overloads[] = {
    {.signature = "(BIGINT, T) -> T", .scalar = &single_kernel}};

#define VALUE_ROW(text, group, list, what)                                                         \
    { .name = text, .kind = FUNCTION_SCALAR, .category = group, .summary = what, OVERLOADS(list) }

static const function_descriptor rows[] = {
    VALUE_ROW("FLINK_LOG10", "MATHEMATICAL", log10_overloads, "The logarithm to the base 10."),
    VALUE_ROW("FLINK_LOG2", "MATHEMATICAL", log2_overloads, "The logarithm to the base 2."),
    VALUE_ROW("FLINK_ARRAY_JOIN", "COLLECTION", join_overloads, "The elements as one text."),
    VALUE_ROW("ARRAY_POSITION", "COLLECTION", position_overloads,
        "The place of an element, from 1 on; 0 where it is not."),
    VALUE_ROW("ARRAY_REVERSE", "COLLECTION", reverse_overloads,
        "The elements from the last to the first."),
    VALUE_ROW("ARRAY_SLICE", "COLLECTION", slice_overloads,
        "The elements between two places, which count from the end when negative."),
    VALUE_ROW("CARDINALITY", "COLLECTION", cardinality_overloads,
        "How many elements an ARRAY or a MAP has."),
    VALUE_ROW("FLINK_SINGLE_VALUE", "NULLS", single_overloads,
        "The value of the only row, by how many rows there are."),
    VALUE_ROW("FLINK_TRY", "NULLS", try_overloads, "The value, NULL where it cannot be computed."),
};

void flink_value_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
