/* Functions of one array: its length, members, extremes, order, parts, and texts. */
#include <stdlib.h>

#include "executor/expression/cast.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"

static const column *elements_of(const function_call *call, int i) {
    return argument_column(call, i)->children[0];
}

/* ---- ARRAY_LENGTH, ARRAY_CONTAINS, ARRAY_CONCAT ---- */

static void run_length(function_call *call) {
    while (function_next_row(call))
        return_int32(call, argument_end(call, 0) - argument_first(call, 0));
}

static bool contains(function_call *call) {
    for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++)
        if (column_rows_equal(
                elements_of(call, 0), n, argument_column(call, 1), argument_row(call, 1)))
            return true;
    return false;
}

static void run_contains(function_call *call) {
    while (function_next_row(call))
        return_boolean(call, !argument_is_null(call, 0) && contains(call));
}

static void append_elements(function_call *call, int i) {
    int32_t first = argument_first(call, i);
    column_append_rows(
        function_part(call, 0), elements_of(call, i), first, argument_end(call, i) - first);
}

static void run_concat(function_call *call) {
    while (function_next_row(call)) {
        bool left = !argument_is_null(call, 0), right = !argument_is_null(call, 1);
        if (!left && !right) {
            return_null(call);
            continue;
        }
        if (left)
            append_elements(call, 0);
        if (right)
            append_elements(call, 1);
        return_nested(call);
    }
}

static const scalar_kernel length = {.run = run_length}, contains_kernel = {.run = run_contains},
                           concat = {.run = run_concat};
static const function_overload length_overloads[] = {
    {.signature = "(ARRAY<T>) -> INTEGER", .scalar = &length}};
static const function_overload contains_overloads[] = {{.signature = "(ARRAY<T>, T) -> BOOLEAN",
    .nulls = FUNCTION_SEES_NULLS,
    .scalar = &contains_kernel}};
static const function_overload concat_overloads[] = {
    {.signature = "(ARRAY<T>, ARRAY<T>) -> ARRAY<T>",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &concat}};

/* ---- ARRAY_JOIN ---- */

static const sql_type *joined_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    (void)a;
    if (!sql_type_is_nested(arguments[0]->element))
        return &SQL_TYPE_VARCHAR;
    error_set(e, ERROR_STATEMENT,
        "ARRAY_JOIN takes an ARRAY of simple values, not of ARRAY, MAP or STRUCT.");
    return NULL;
}

static void run_join(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        if (argument_is_null(call, 0)) {
            return_null(call);
            continue;
        }
        slice delimiter = call->argument_count > 1 ? argument_slice(call, 1) : SLICE_LITERAL(",");
        buffer_clear(out);
        for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++) {
            if (n > argument_first(call, 0) && delimiter.data)
                buffer_append(out, delimiter);
            cast_append_text(elements_of(call, 0), n, out);
        }
        return_slice(call, buffer_slice(out));
    }
}

static const scalar_kernel join = {.run = run_join, SCRATCH_BUFFER};
static const function_overload join_overloads[] = {{.signature = "(ARRAY<T>) -> STRING",
                                                       .nulls = FUNCTION_SEES_NULLS,
                                                       .result_type = joined_type,
                                                       .scalar = &join},
    {.signature = "(ARRAY<T>, STRING) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .result_type = joined_type,
        .scalar = &join}};

/* ---- ARRAY_MAX, ARRAY_MIN ---- */

static bool is_comparable(const sql_type *type, const char *function, error *e) {
    if (!sql_type_is_nested(type->element))
        return true;
    return error_set(e, ERROR_STATEMENT,
        "%s takes an ARRAY of simple values, not of ARRAY, MAP or STRUCT.", function);
}

static const sql_type *extreme_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return is_comparable(arguments[0], "ARRAY_MAX or ARRAY_MIN", e) ? arguments[0]->element : NULL;
}

static void return_extreme(function_call *call, int sign) {
    const column *elements = elements_of(call, 0);
    int32_t best = -1;
    for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++)
        if (!column_is_null(elements, n) &&
            (best < 0 || sign * column_rows_compare(elements, n, elements, best) > 0))
            best = n;
    if (best < 0)
        return_null(call);
    else
        column_append_row(call->result, elements, best);
}

static void run_max(function_call *call) {
    while (function_next_row(call))
        return_extreme(call, 1);
}

static void run_min(function_call *call) {
    while (function_next_row(call))
        return_extreme(call, -1);
}

static const scalar_kernel max = {.run = run_max}, min = {.run = run_min};
static const function_overload max_overloads[] = {
    {.signature = "(ARRAY<T>) -> T", .result_type = extreme_type, .scalar = &max}};
static const function_overload min_overloads[] = {
    {.signature = "(ARRAY<T>) -> T", .result_type = extreme_type, .scalar = &min}};

/* ---- ARRAY_REMOVE, SLICE ---- */

static void run_remove(function_call *call) {
    while (function_next_row(call)) {
        if (argument_is_null(call, 0)) {
            return_null(call);
            continue;
        }
        for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++)
            if (!column_rows_equal(
                    elements_of(call, 0), n, argument_column(call, 1), argument_row(call, 1)))
                column_append_row(function_part(call, 0), elements_of(call, 0), n);
        return_nested(call);
    }
}

static void run_slice(function_call *call) {
    while (function_next_row(call)) {
        if (argument_is_null(call, 0)) {
            return_null(call);
            continue;
        }
        int64_t first = argument_first(call, 0), size = argument_end(call, 0) - first;
        int64_t from = argument_is_null(call, 1) ? 0 : (int64_t)argument_int32(call, 1) - 1;
        int64_t to = argument_is_null(call, 2) ? size : argument_int32(call, 2);
        if (from < 0 || to > size || from > to) {
            return_null(call);
            continue;
        }
        column_append_rows(function_part(call, 0), elements_of(call, 0), first + from, to - from);
        return_nested(call);
    }
}

static const scalar_kernel remove_kernel = {.run = run_remove}, slice_kernel = {.run = run_slice};
static const function_overload remove_overloads[] = {{.signature = "(ARRAY<T>, T) -> ARRAY<T>",
    .nulls = FUNCTION_SEES_NULLS,
    .scalar = &remove_kernel}};
static const function_overload slice_overloads[] = {
    {.signature = "(ARRAY<T>, INTEGER, INTEGER) -> ARRAY<T>",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &slice_kernel}};

/* ---- ARRAY_SORT ---- */

typedef struct sort_order {
    const column *elements;
    int sign;
} sort_order;

/* Nulls come last in either direction. */
static int compare_elements(const void *a, const void *b, void *context) {
    const sort_order *order = context;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    bool null_x = column_is_null(order->elements, x), null_y = column_is_null(order->elements, y);
    if (null_x || null_y)
        return null_x - null_y;
    int compared = order->sign * column_rows_compare(order->elements, x, order->elements, y);
    return compared ? compared : (x > y) - (x < y);
}

static void return_sorted(function_call *call, int sign) {
    sort_order order = {elements_of(call, 0), sign};
    int32_t first = argument_first(call, 0), count = argument_end(call, 0) - first;
    int32_t *sorted = scratch_rows_fill(call->prepared, first, count);
    if (count)
        qsort_r(sorted, (size_t)count, sizeof *sorted, compare_elements, &order);
    for (int32_t n = 0; n < count; n++)
        column_append_row(function_part(call, 0), order.elements, sorted[n]);
    return_nested(call);
}

static void run_sort(function_call *call) {
    while (function_next_row(call)) {
        slice direction = call->argument_count > 1 ? argument_slice(call, 1) : SLICE_LITERAL("ASC");
        bool descending = slice_is_ignore_case(direction, "DESC") ||
                          slice_is_ignore_case(direction, "DESCENDING");
        if (descending || slice_is_ignore_case(direction, "ASC") ||
            slice_is_ignore_case(direction, "ASCENDING"))
            return_sorted(call, descending ? -1 : 1);
        else
            return_null(call);
    }
}

static const sql_type *sorted_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return is_comparable(arguments[0], "ARRAY_SORT", e) ? arguments[0] : NULL;
}

static const scalar_kernel sort = {.run = run_sort, SCRATCH_ROWS};
static const function_overload sort_overloads[] = {
    {.signature = "(ARRAY<T>) -> ARRAY<T>", .result_type = sorted_type, .scalar = &sort},
    {.signature = "(ARRAY<T>, STRING) -> ARRAY<T>", .result_type = sorted_type, .scalar = &sort}};

/* ---- GENERATE_SERIES ---- */

enum { LONGEST_SERIES = 10000000 };

static void append_series(function_call *call, int64_t start, int64_t end, int64_t step) {
    if (step == 0) {
        function_fail(call, "The step must not be 0");
        return;
    }
    if ((step > 0 && start > end) || (step < 0 && start < end)) {
        function_fail(call, "The step %lld leads away from the end", (long long)step);
        return;
    }
    __int128 count = ((__int128)end - start) / step + 1;
    if (count > LONGEST_SERIES) {
        function_fail(call, "A series of more than %d values is too long", LONGEST_SERIES);
        return;
    }
    column *to = function_part(call, 0);
    for (int64_t n = 0; n < (int64_t)count; n++)
        if (to->type->base == SQL_INTEGER)
            column_append_int32(to, (int32_t)(start + n * step));
        else
            column_append_int64(to, start + n * step);
    return_nested(call);
}

static int64_t integer_argument(const function_call *call, int i) {
    return call->types[i]->base == SQL_INTEGER ? argument_int32(call, i) : argument_int64(call, i);
}

static void run_series(function_call *call) {
    while (function_next_row(call)) {
        int64_t start = integer_argument(call, 0), end = integer_argument(call, 1);
        int64_t step = call->argument_count > 2 ? argument_int32(call, 2) : start > end ? -1 : 1;
        append_series(call, start, end, step);
    }
}

static const scalar_kernel series = {.run = run_series};
static const function_overload series_overloads[] = {
    {.signature = "(INTEGER, INTEGER) -> ARRAY<INTEGER>", .scalar = &series},
    {.signature = "(BIGINT, BIGINT) -> ARRAY<BIGINT>", .scalar = &series},
    {.signature = "(INTEGER, INTEGER, INTEGER) -> ARRAY<INTEGER>", .scalar = &series},
    {.signature = "(BIGINT, BIGINT, INTEGER) -> ARRAY<BIGINT>", .scalar = &series}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "COLLECTION", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("ARRAY_CONCAT", "The elements of both arrays; a null array counts as empty.",
        "ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])", "[1,2,2]", concat_overloads),
    ROW("ARRAY_CONTAINS", "Whether an array has an element.", "ARRAY_CONTAINS(ARRAY[1, 2, 3], 3)",
        "true", contains_overloads),
    ROW("ARRAY_JOIN", "The elements as one text, with a delimiter (a comma) between them.",
        "ARRAY_JOIN(ARRAY[1, NULL, 3], '-')", "\"1-null-3\"", join_overloads),
    ROW("ARRAY_LENGTH", "How many elements an array has.", "ARRAY_LENGTH(ARRAY[1, 2, 3])", "3",
        length_overloads),
    ROW("ARRAY_MAX", "The largest element that is not null.", "ARRAY_MAX(ARRAY[-1, 2, NULL, 0])",
        "2", max_overloads),
    ROW("ARRAY_MIN", "The smallest element that is not null.", "ARRAY_MIN(ARRAY[-1, 2, NULL, 0])",
        "-1", min_overloads),
    ROW("ARRAY_REMOVE", "The array without the elements that equal a value.",
        "ARRAY_REMOVE(ARRAY[1, 2, 3, 2, 1], 2)", "[1,3,1]", remove_overloads),
    ROW("ARRAY_SORT", "The elements in order ('ASC' or 'DESC'), nulls last.",
        "ARRAY_SORT(ARRAY[2, NULL, 1])", "[1,2,null]", sort_overloads),
    ROW("GENERATE_SERIES", "The whole numbers from one to another, by steps of 1 or of the third.",
        "GENERATE_SERIES(0, 9, 3)", "[0,3,6,9]", series_overloads),
    ROW("SLICE", "The elements from one place to another, both included; 1 is the first.",
        "SLICE(ARRAY['a', 'b', 'c', 'd'], 2, 3)", "[\"b\",\"c\"]", slice_overloads),
};

void array_functions_register(void) {
    REGISTER_ROWS(rows);
}
