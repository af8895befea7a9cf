/* ABS, CEIL, FLOOR, ROUND, SIGN and TRUNC, for each type of number.
 *
 * ROUND rounds halves up, towards positive infinity, as Java's Math.round does: -1.5 gives -1.
 * Without a scale doubles become BIGINT and decimals lose their fraction.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/number_shortest.h"
#include "executor/function/registry.h"

/* ---- INTEGER and BIGINT stay what they are ---- */

static void run_same_int32(function_call *call) {
    while (function_next_row(call))
        return_int32(call, argument_int32(call, 0));
}

static void run_same_int64(function_call *call) {
    while (function_next_row(call))
        return_int64(call, argument_int64(call, 0));
}

static const scalar_kernel same_int32 = {.run = run_same_int32},
                           same_int64 = {.run = run_same_int64};

static const sql_type *same_type(arena *a, const sql_type *const *arguments, int count, error *e) {
    return arguments[0];
}

/* ---- ABS ---- */

static void run_abs_int32(function_call *call) {
    while (function_next_row(call)) {
        int32_t value = argument_int32(call, 0);
        return_int32(call, value < 0 ? (int32_t)(0 - (uint32_t)value) : value);
    }
}

static void run_abs_int64(function_call *call) {
    while (function_next_row(call)) {
        int64_t value = argument_int64(call, 0);
        return_int64(call, value < 0 ? (int64_t)(0 - (uint64_t)value) : value);
    }
}

static void run_abs_double(function_call *call) {
    while (function_next_row(call))
        return_double(call, fabs(argument_double(call, 0)));
}

static void run_abs_decimal(function_call *call) {
    while (function_next_row(call)) {
        decimal128 value = argument_decimal(call, 0);
        return_decimal(call, value < 0 ? -value : value);
    }
}

static const scalar_kernel abs_int32 = {.run = run_abs_int32}, abs_int64 = {.run = run_abs_int64},
                           abs_double = {.run = run_abs_double},
                           abs_decimal = {.run = run_abs_decimal};
static const function_overload abs_overloads[] = {
    {.signature = "(INTEGER) -> INTEGER", .scalar = &abs_int32},
    {.signature = "(BIGINT) -> BIGINT", .scalar = &abs_int64},
    {.signature = "(DECIMAL) -> DECIMAL", .result_type = same_type, .scalar = &abs_decimal},
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &abs_double}};

/* ---- SIGN ---- */

static void run_sign_int32(function_call *call) {
    while (function_next_row(call)) {
        int32_t value = argument_int32(call, 0);
        return_int32(call, (value > 0) - (value < 0));
    }
}

static void run_sign_int64(function_call *call) {
    while (function_next_row(call)) {
        int64_t value = argument_int64(call, 0);
        return_int32(call, (value > 0) - (value < 0));
    }
}

static void run_sign_double(function_call *call) {
    while (function_next_row(call)) {
        double value = argument_double(call, 0);
        return_int32(call, (value > 0) - (value < 0));
    }
}

static const scalar_kernel sign_int32 = {.run = run_sign_int32},
                           sign_int64 = {.run = run_sign_int64},
                           sign_double = {.run = run_sign_double};
static const function_overload sign_overloads[] = {
    {.signature = "(INTEGER) -> INTEGER", .scalar = &sign_int32},
    {.signature = "(BIGINT) -> INTEGER", .scalar = &sign_int64},
    {.signature = "(DOUBLE) -> INTEGER", .scalar = &sign_double}};

/* ---- decimals to a number of places ---- */

enum { TOWARDS_ZERO, HALF_UP, UPWARDS, DOWNWARDS };

/* `value` with the digits behind `places` (may be negative) rounded off, at the same scale. */
static bool round_places(
    decimal128 value, int scale, int64_t places, int mode, decimal128 *result) {
    int64_t cut = scale - places;
    *result = value;
    if (cut <= 0)
        return true;
    if (cut > DECIMAL_MAX_PRECISION) {
        *result = 0;
        return true;
    }
    decimal128 unit = decimal_power10((int)cut), rest = value % unit;
    decimal128 whole = value - rest;
    decimal128 magnitude = rest < 0 ? -rest : rest;
    bool half_up = magnitude > unit - magnitude || (magnitude == unit - magnitude && value > 0);
    if ((mode == HALF_UP && half_up) || (mode == UPWARDS && rest > 0) ||
        (mode == DOWNWARDS && rest < 0))
        return value < 0 ? decimal_subtract(whole, unit, result) : decimal_add(whole, unit, result);
    *result = whole;
    return true;
}

static void return_rounded(function_call *call, int places, int mode) {
    int scale = call->types[0]->scale, result_scale = call->result_type->scale;
    decimal128 value;
    if (round_places(argument_decimal(call, 0), scale, places, mode, &value) &&
        decimal_convert(value, scale, call->result_type->precision, result_scale, &value))
        return_decimal(call, value);
    else
        function_fail(call, "The result has more digits than its type");
}

static void round_decimals(function_call *call, int mode) {
    while (function_next_row(call))
        return_rounded(call, call->argument_count > 1 ? argument_int32(call, 1) : 0, mode);
}

static void run_ceil_decimal(function_call *call) {
    round_decimals(call, UPWARDS);
}

static void run_floor_decimal(function_call *call) {
    round_decimals(call, DOWNWARDS);
}

static void run_round_decimal(function_call *call) {
    round_decimals(call, HALF_UP);
}

static void run_trunc_decimal(function_call *call) {
    round_decimals(call, TOWARDS_ZERO);
}

/* DECIMAL(p, s) without its fraction. */
static const sql_type *whole_type(arena *a, const sql_type *const *arguments, int count, error *e) {
    int whole = arguments[0]->precision - arguments[0]->scale;
    return sql_type_decimal(a, whole > 0 ? whole : 1, 0);
}

/* ---- doubles ---- */

static void run_ceil_double(function_call *call) {
    while (function_next_row(call))
        return_double(call, ceil(argument_double(call, 0)));
}

static void run_floor_double(function_call *call) {
    while (function_next_row(call))
        return_double(call, floor(argument_double(call, 0)));
}

static int64_t to_int64(double value) {
    if (isnan(value))
        return 0;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    return value < -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

static void run_round_double(function_call *call) {
    while (function_next_row(call)) {
        double value = argument_double(call, 0), whole = floor(value);
        return_int64(call, to_int64(value - whole >= 0.5 ? whole + 1 : whole));
    }
}

static void run_trunc_double(function_call *call) {
    while (function_next_row(call))
        return_int64(call, to_int64(trunc(argument_double(call, 0))));
}

/* To decimal places by the shortest text of the number, so that 1.005 rounds to 1.01. The digits
 * behind the place are cut off, one is added at the place if the mode wants it, and the text is
 * read again. */
static double round_to_places(double value, int places, int mode) {
    uint64_t digits;
    int exponent;
    if (!isfinite(value) || value == 0)
        return value;
    number_shortest(fabs(value), &digits, &exponent);
    int64_t cut = -(int64_t)exponent - places;
    if (cut <= 0)
        return value;
    uint64_t unit = 1;
    for (int64_t i = 0; i < cut && i < 19; i++)
        unit *= 10;
    uint64_t rest = cut > 19 ? 0 : digits % unit;
    digits = cut > 19 ? 0 : digits / unit;
    bool half_up = rest > unit - rest || (rest == unit - rest && value > 0);
    digits += mode == HALF_UP && half_up;
    char text[48];
    snprintf(text, sizeof text, "%llue%lld", (unsigned long long)digits, -(long long)places);
    return copysign(digits ? strtod(text, NULL) : 0.0, digits ? value : 1.0);
}

static void round_double_places(function_call *call, int mode) {
    while (function_next_row(call))
        return_double(
            call, round_to_places(argument_double(call, 0), argument_int32(call, 1), mode));
}

static void run_round_double_places(function_call *call) {
    round_double_places(call, HALF_UP);
}

static void run_trunc_double_places(function_call *call) {
    round_double_places(call, TOWARDS_ZERO);
}

static const scalar_kernel ceil_decimal = {.run = run_ceil_decimal},
                           ceil_double = {.run = run_ceil_double},
                           floor_decimal = {.run = run_floor_decimal},
                           floor_double = {.run = run_floor_double},
                           round_decimal = {.run = run_round_decimal},
                           round_double = {.run = run_round_double},
                           round_double_to = {.run = run_round_double_places},
                           trunc_decimal = {.run = run_trunc_decimal},
                           trunc_double = {.run = run_trunc_double},
                           trunc_double_to = {.run = run_trunc_double_places};
static const function_overload ceil_overloads[] = {
    {.signature = "(INTEGER) -> INTEGER", .scalar = &same_int32},
    {.signature = "(BIGINT) -> BIGINT", .scalar = &same_int64},
    {.signature = "(DECIMAL) -> DECIMAL", .result_type = same_type, .scalar = &ceil_decimal},
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &ceil_double}};
static const function_overload floor_overloads[] = {
    {.signature = "(INTEGER) -> INTEGER", .scalar = &same_int32},
    {.signature = "(BIGINT) -> BIGINT", .scalar = &same_int64},
    {.signature = "(DECIMAL) -> DECIMAL", .result_type = same_type, .scalar = &floor_decimal},
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &floor_double}};
static const function_overload round_overloads[] = {
    {.signature = "(BIGINT) -> BIGINT", .scalar = &same_int64},
    {.signature = "(DOUBLE) -> BIGINT", .scalar = &round_double},
    {.signature = "(DOUBLE, INTEGER) -> DOUBLE", .scalar = &round_double_to},
    {.signature = "(DECIMAL) -> DECIMAL", .result_type = whole_type, .scalar = &round_decimal},
    {.signature = "(DECIMAL, INTEGER) -> DECIMAL",
        .result_type = same_type,
        .scalar = &round_decimal}};
static const function_overload trunc_overloads[] = {
    {.signature = "(INTEGER) -> INTEGER", .scalar = &same_int32},
    {.signature = "(BIGINT) -> BIGINT", .scalar = &same_int64},
    {.signature = "(DOUBLE) -> BIGINT", .scalar = &trunc_double},
    {.signature = "(DOUBLE, INTEGER) -> DOUBLE", .scalar = &trunc_double_to},
    {.signature = "(DECIMAL) -> DECIMAL", .result_type = whole_type, .scalar = &trunc_decimal},
    {.signature = "(DECIMAL, INTEGER) -> DECIMAL",
        .result_type = same_type,
        .scalar = &trunc_decimal}};

static const function_descriptor rows[] = {
    {"ABS", FUNCTION_SCALAR, "MATHEMATICAL", "The number without its sign.", "ABS(-7)", "7",
        OVERLOADS(abs_overloads)},
    {"CEIL", FUNCTION_SCALAR, "MATHEMATICAL", "The smallest whole number not below the argument.",
        "CEIL(1.2)", "2.0", OVERLOADS(ceil_overloads)},
    {"FLOOR", FUNCTION_SCALAR, "MATHEMATICAL", "The largest whole number not above the argument.",
        "FLOOR(-1.2)", "-2.0", OVERLOADS(floor_overloads)},
    {"ROUND", FUNCTION_SCALAR, "MATHEMATICAL",
        "The nearest whole number, or the nearest with so many places.", "ROUND(2.345, 2)", "2.350",
        OVERLOADS(round_overloads)},
    {"SIGN", FUNCTION_SCALAR, "MATHEMATICAL", "-1, 0 or 1 for a negative, zero, positive number.",
        "SIGN(-3)", "-1", OVERLOADS(sign_overloads)},
    {"TRUNC", FUNCTION_SCALAR, "MATHEMATICAL",
        "The number with its fraction cut off, or all but so many places.", "TRUNC(2.349, 2)",
        "2.340", OVERLOADS(trunc_overloads)},
};

void rounding_functions_register(void) {
    REGISTER_ROWS(rows);
}
