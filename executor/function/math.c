/* Functions of doubles. What Java's Math gives for the edges (NaN, infinities) C's libm gives too.
 *
 * Most take one number; INTEGER, BIGINT and DECIMAL arguments are cast to DOUBLE before.
 */
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/memory.h"
#include "executor/function/registry.h"

#define DOUBLE_FUNCTION(name, formula)                                                             \
    static void run_##name(function_call *call) {                                                  \
        while (function_next_row(call)) {                                                          \
            double x = argument_double(call, 0);                                                   \
            return_double(call, formula);                                                          \
        }                                                                                          \
    }                                                                                              \
    static const scalar_kernel name##_kernel = {.run = run_##name};                                \
    static const function_overload name##_overloads[] = {                                          \
        {.signature = "(DOUBLE) -> DOUBLE", .scalar = &name##_kernel}}

#define PI 3.14159265358979323846

DOUBLE_FUNCTION(acos, acos(x));
DOUBLE_FUNCTION(asin, asin(x));
DOUBLE_FUNCTION(atan, atan(x));
DOUBLE_FUNCTION(cbrt, (double)cbrtl(x)); /* the double version is not exact for 27 */
DOUBLE_FUNCTION(cos, cos(x));
DOUBLE_FUNCTION(cosh, cosh(x));
DOUBLE_FUNCTION(cot, 1.0 / tan(x));
DOUBLE_FUNCTION(degrees, x * 180.0 / PI);
DOUBLE_FUNCTION(exp, exp(x));
DOUBLE_FUNCTION(ln, x < 0 ? NAN : log(x));
DOUBLE_FUNCTION(radians, x / 180.0 * PI);
DOUBLE_FUNCTION(sin, sin(x));
DOUBLE_FUNCTION(sinh, sinh(x));
DOUBLE_FUNCTION(sqrt, x < 0 ? NAN : sqrt(x));
DOUBLE_FUNCTION(tan, tan(x));
DOUBLE_FUNCTION(tanh, tanh(x));

#define DOUBLE_FUNCTION_2(name, formula)                                                           \
    static void run_##name(function_call *call) {                                                  \
        while (function_next_row(call)) {                                                          \
            double x = argument_double(call, 0), y = argument_double(call, 1);                     \
            return_double(call, formula);                                                          \
        }                                                                                          \
    }                                                                                              \
    static const scalar_kernel name##_kernel = {.run = run_##name};                                \
    static const function_overload name##_overloads[] = {                                          \
        {.signature = "(DOUBLE, DOUBLE) -> DOUBLE", .scalar = &name##_kernel}}

DOUBLE_FUNCTION_2(atan2, atan2(x, y));
/* Unlike in C, a NaN exponent is NaN even for the base 1, and so is a base of 1 with an infinite
 * one. */
DOUBLE_FUNCTION_2(power, y != y || (fabs(x) == 1 && isinf(y)) ? NAN : pow(x, y));

/* ---- LOG: of one argument the natural logarithm, of two the second's to the base of the first
 * ---- */

static double log_to_base(double base, double value) {
    if (value < 0 || base <= 0 || base == 1)
        return NAN;
    return log(value) / log(base);
}

static void run_log_base(function_call *call) {
    while (function_next_row(call))
        return_double(call, log_to_base(argument_double(call, 0), argument_double(call, 1)));
}

static const scalar_kernel log_base_kernel = {.run = run_log_base};
static const function_overload log_overloads[] = {
    {.signature = "(DOUBLE) -> DOUBLE", .scalar = &ln_kernel},
    {.signature = "(DOUBLE, DOUBLE) -> DOUBLE",
        .scalar = &log_base_kernel,
        .description = "The logarithm of the second argument to the base of the first."}};

/* ---- PI, RANDOM ---- */

static void run_pi(function_call *call) {
    while (function_next_row(call))
        return_double(call, PI);
}

static const scalar_kernel pi_kernel = {.run = run_pi};
static const function_overload pi_overloads[] = {
    {.signature = "() -> DOUBLE", .scalar = &pi_kernel}};

/* The state is 48 bits of erand48, seeded by the system. */
static void *prepare_random(const function_call *call) {
    unsigned short *seed = memory_allocate_zero(3 * sizeof *seed);
    if (getrandom(seed, 3 * sizeof *seed, 0) < 0)
        seed[0] = 1;
    return seed;
}

static void run_random(function_call *call) {
    while (function_next_row(call))
        return_double(call, erand48(call->prepared));
}

static const scalar_kernel random_kernel = {
    .run = run_random, .prepare = prepare_random, .release = memory_free};
static const function_overload random_overloads[] = {
    {.signature = "() -> DOUBLE", .scalar = &random_kernel, .is_volatile = true}};

/* ---- GEO_DISTANCE ---- */

/* As Java 8's Math.toRadians, to the last bit. */
static double radians_of(double degrees) {
    return degrees / 180.0 * PI;
}

static double haversine(double angle) {
    double half = sin(angle / 2);
    return half * half;
}

static double great_circle(double lat1, double lon1, double lat2, double lon2, double radius) {
    double a = haversine(radians_of(lat2 - lat1)) +
               haversine(radians_of(lon2 - lon1)) * cos(radians_of(lat1)) * cos(radians_of(lat2));
    return 2 * asin(sqrt(a)) * radius;
}

static bool is_one_of(slice text, const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        if (slice_is_ignore_case(text, words[i]))
            return true;
    return false;
}

/* The earth's radius in the unit; 0 for an unknown one. */
static double earth_radius(slice unit) {
    static const char *const miles[] = {"MI", "MILE", "MILES"};
    static const char *const kilometers[] = {
        "KM", "KILOMETER", "KILOMETERS", "KILOMETRE", "KILOMETRES"};
    if (!unit.data || is_one_of(unit, kilometers, 5))
        return 6371;
    return is_one_of(unit, miles, 3) ? 3959 : 0;
}

static bool is_coordinate(double value, double limit) {
    return value >= -limit && value <= limit;
}

static void run_geo_distance(function_call *call) {
    while (function_next_row(call)) {
        bool null = false;
        for (int i = 0; i < 4; i++)
            null |= argument_is_null(call, i);
        if (null) {
            return_null(call);
            continue;
        }
        slice unit = call->argument_count > 4 ? argument_slice(call, 4) : (slice){NULL, 0};
        double radius = earth_radius(unit);
        double lat1 = argument_double(call, 0), lon1 = argument_double(call, 1);
        double lat2 = argument_double(call, 2), lon2 = argument_double(call, 3);
        if (radius == 0)
            function_fail(call, "The unit '%.*s' is neither KM nor MILES", SLICE_ARG(unit));
        else if (!is_coordinate(lat1, 90) || !is_coordinate(lat2, 90))
            function_fail(call, "A latitude lies between -90 and 90 degrees");
        else if (!is_coordinate(lon1, 180) || !is_coordinate(lon2, 180))
            function_fail(call, "A longitude lies between -180 and 180 degrees");
        else
            return_double(call, great_circle(lat1, lon1, lat2, lon2, radius));
    }
}

static const scalar_kernel geo_distance_kernel = {.run = run_geo_distance};
static const function_overload geo_distance_overloads[] = {
    {.signature = "(DOUBLE, DOUBLE, DOUBLE, DOUBLE) -> DOUBLE",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &geo_distance_kernel},
    {.signature = "(DOUBLE, DOUBLE, DOUBLE, DOUBLE, STRING) -> DOUBLE",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &geo_distance_kernel}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "MATHEMATICAL", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("ACOS", "The arc cosine, in radians.", "ACOS(1)", "0.0", acos_overloads),
    ROW("ASIN", "The arc sine, in radians; NaN outside -1 to 1.", "ASIN(0)", "0.0", asin_overloads),
    ROW("ATAN", "The arc tangent, in radians.", "ATAN(0)", "0.0", atan_overloads),
    ROW("ATAN2", "The angle of the point (x, y), given as y and x, in radians.", "ATAN2(0, 1)",
        "0.0", atan2_overloads),
    ROW("CBRT", "The cube root.", "CBRT(27)", "3.0", cbrt_overloads),
    ROW("COS", "The cosine of radians.", "COS(0)", "1.0", cos_overloads),
    ROW("COSH", "The hyperbolic cosine.", "COSH(0)", "1.0", cosh_overloads),
    ROW("COT", "The cotangent of radians.", "COT(0)", "\"Infinity\"", cot_overloads),
    ROW("DEGREES", "Radians as degrees.", "DEGREES(PI())", "180.0", degrees_overloads),
    ROW("EXP", "e to the power of the argument.", "EXP(0)", "1.0", exp_overloads),
    ROW("GEO_DISTANCE",
        "The great-circle distance of two points, each latitude and longitude in degrees; in 'KM' "
        "(unless said otherwise) or 'MILES'.",
        "GEO_DISTANCE(0, 0, 0, 0)", "0.0", geo_distance_overloads),
    ROW("LN", "The natural logarithm.", "LN(1)", "0.0", ln_overloads),
    ROW("LOG", "The natural logarithm, or the logarithm to a base that is given first.",
        "LOG(2, 8)", "3.0", log_overloads),
    ROW("PI", "The number pi.", "PI()", "3.141592653589793", pi_overloads),
    ROW("POWER", "The first argument to the power of the second.", "POWER(2, 10)", "1024.0",
        power_overloads),
    ROW("RADIANS", "Degrees as radians.", "RADIANS(180)", "3.141592653589793", radians_overloads),
    ROW("RANDOM", "A random number from 0 to below 1.", "RANDOM() < 1", "true", random_overloads),
    ROW("SIN", "The sine of radians.", "SIN(0)", "0.0", sin_overloads),
    ROW("SINH", "The hyperbolic sine.", "SINH(0)", "0.0", sinh_overloads),
    ROW("SQRT", "The square root.", "SQRT(16)", "4.0", sqrt_overloads),
    ROW("TAN", "The tangent of radians.", "TAN(0)", "0.0", tan_overloads),
    ROW("TANH", "The hyperbolic tangent.", "TANH(0)", "0.0", tanh_overloads),
};

void math_functions_register(void) {
    REGISTER_ROWS(rows);
}
