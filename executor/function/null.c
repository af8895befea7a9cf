/* Functions about nulls, and choosing among values: COALESCE, IFNULL, NULLIF, AS_VALUE, GREATEST,
 * LEAST. */
#include "executor/function/registry.h"

static void return_first_value(function_call *call) {
    for (int i = 0; i < call->argument_count; i++)
        if (!argument_is_null(call, i)) {
            return_argument(call, i);
            return;
        }
    return_null(call);
}

static void run_coalesce(function_call *call) {
    while (function_next_row(call))
        return_first_value(call);
}

static const scalar_kernel coalesce = {.run = run_coalesce};
static const function_overload coalesce_overloads[] = {
    {.signature = "(T...) -> T", .nulls = FUNCTION_SEES_NULLS, .scalar = &coalesce}};
static const function_overload ifnull_overloads[] = {
    {.signature = "(T, T) -> T", .nulls = FUNCTION_SEES_NULLS, .scalar = &coalesce}};
static const function_overload as_value_overloads[] = {
    {.signature = "(T) -> T", .nulls = FUNCTION_SEES_NULLS, .scalar = &coalesce}};

static void run_nullif(function_call *call) {
    while (function_next_row(call)) {
        bool equal = !argument_is_null(call, 0) && !argument_is_null(call, 1) &&
                     column_rows_equal(argument_column(call, 0), argument_row(call, 0),
                         argument_column(call, 1), argument_row(call, 1));
        if (equal)
            return_null(call);
        else
            return_argument(call, 0);
    }
}

static const scalar_kernel nullif = {.run = run_nullif};
static const function_overload nullif_overloads[] = {
    {.signature = "(T, T) -> T", .nulls = FUNCTION_SEES_NULLS, .scalar = &nullif}};

/* The argument that is largest (sign 1) or smallest (-1) among those that are not null. */
static void return_extreme(function_call *call, int sign) {
    int best = -1;
    for (int i = 0; i < call->argument_count; i++) {
        if (argument_is_null(call, i))
            continue;
        if (best < 0 || sign * column_rows_compare(argument_column(call, i), argument_row(call, i),
                                   argument_column(call, best), argument_row(call, best)) >
                            0)
            best = i;
    }
    if (best < 0)
        return_null(call);
    else
        return_argument(call, best);
}

static void run_greatest(function_call *call) {
    while (function_next_row(call))
        return_extreme(call, 1);
}

static void run_least(function_call *call) {
    while (function_next_row(call))
        return_extreme(call, -1);
}

static const sql_type *comparable_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    (void)a;
    if (arguments[0]->base == SQL_NULL) {
        error_set(e, ERROR_STATEMENT, "All arguments are NULL, so the type is not known.");
        return NULL;
    }
    if (sql_type_is_nested(arguments[0]) || arguments[0]->base == SQL_BOOLEAN) {
        error_set(e, ERROR_STATEMENT, "Only numbers, texts, bytes and times have a largest one.");
        return NULL;
    }
    return arguments[0];
}

static const scalar_kernel greatest = {.run = run_greatest}, least = {.run = run_least};
static const function_overload greatest_overloads[] = {{.signature = "(T...) -> T",
    .nulls = FUNCTION_SEES_NULLS,
    .result_type = comparable_type,
    .scalar = &greatest}};
static const function_overload least_overloads[] = {{.signature = "(T...) -> T",
    .nulls = FUNCTION_SEES_NULLS,
    .result_type = comparable_type,
    .scalar = &least}};

static const function_descriptor rows[] = {
    {"COALESCE", FUNCTION_SCALAR, "CONDITIONAL", "The first argument that is not null.",
        "COALESCE(CAST(NULL AS INTEGER), 7, 8)", "7", OVERLOADS(coalesce_overloads)},
    {"IFNULL", FUNCTION_SCALAR, "CONDITIONAL",
        "The first argument, or the second where it is null.",
        "IFNULL(CAST(NULL AS STRING), 'none')", "\"none\"", OVERLOADS(ifnull_overloads)},
    {"NULLIF", FUNCTION_SCALAR, "CONDITIONAL",
        "Null where both arguments are equal, otherwise the first.", "NULLIF(3, 3)", "null",
        OVERLOADS(nullif_overloads)},
    {"AS_VALUE", FUNCTION_SCALAR, "OTHER", "The value itself: copies a key column into the value.",
        "AS_VALUE('k')", "\"k\"", OVERLOADS(as_value_overloads)},
    {"GREATEST", FUNCTION_SCALAR, "MATHEMATICAL", "The largest argument that is not null.",
        "GREATEST(3, NULL, 5)", "5", OVERLOADS(greatest_overloads)},
    {"LEAST", FUNCTION_SCALAR, "MATHEMATICAL", "The smallest argument that is not null.",
        "LEAST('pear', 'apple')", "\"apple\"", OVERLOADS(least_overloads)},
};

void null_functions_register(void) {
    REGISTER_ROWS(rows);
}
