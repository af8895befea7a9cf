/* STDDEV_SAMP, STDDEV_SAMPLE and CORRELATION.
 *
 * The deviation keeps count, sum and M2, the sum of squared differences from the mean, which a
 * value x changes by (n*x - sum)^2 / (n*(n-1)), n and sum with x included (Youngs and Cramer).
 * Taking x out subtracts the same term. Two groups merge by Chan's formula. STDDEV_SAMP is, for
 * compatibility, the variance; STDDEV_SAMPLE its root. Of fewer than two values both are 0.
 *
 * The correlation keeps the five sums of Pearson's coefficient; without spread it is NaN. Rows
 * where either value is null are skipped.
 */
#include <math.h>

#include "executor/function/aggregate_support.h"

typedef struct deviation {
    int64_t count;
    double sum, m2;
} deviation;

typedef struct correlation {
    int64_t count;
    double x, y, xx, yy, xy;
} correlation;

AGGREGATE_PLAIN_SLOT(deviation, deviation)
AGGREGATE_PLAIN_SLOT(correlation, correlation)

/* ---- deviation ---- */

static inline double spread(int64_t count, double sum, double x) {
    if (count < 2)
        return 0;
    double n = (double)count, difference = n * x - sum;
    return difference * difference / (n * (n - 1));
}

static inline void deviation_change(deviation *d, double x, int8_t change) {
    if (change == CHANGE_DELETE) {
        d->m2 -= spread(d->count, d->sum, x);
        d->count--;
        d->sum -= x;
    } else {
        d->count++;
        d->sum += x;
        d->m2 += spread(d->count, d->sum, x);
    }
}

static inline double variance(const deviation *d) {
    return d->count < 2 ? 0 : d->m2 / (double)(d->count - 1);
}

static void deviation_merge(const aggregate_instance *instance, void *slot, const void *later) {
    deviation *to = slot;
    const deviation *from = later;
    if (to->count && from->count) {
        double n = (double)to->count, m = (double)from->count;
        double difference = from->sum / m - to->sum / n;
        to->m2 += difference * difference * n * m / (n + m);
    }
    to->m2 += from->m2;
    to->count += from->count;
    to->sum += from->sum;
}

static void variance_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_double(to, variance(slot));
}

static void deviation_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_double(to, sqrt(variance(slot)));
}

#define DEVIATION_KERNEL(NAME, VALUES, RESULT)                                                     \
    AGGREGATE_STEP(NAME##_step, deviation,                                                         \
        deviation_change(slot, (double)x->VALUES[row], change[row]),                               \
        RESULT(instance, slot, results))                                                           \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(deviation),                                                           \
        .can_undo = true,                                                                          \
        .can_merge = true,                                                                         \
        .start = deviation_start,                                                                  \
        .step = NAME##_step,                                                                       \
        .merge = deviation_merge,                                                                  \
        .result = RESULT,                                                                          \
        .save = deviation_save,                                                                    \
        .load = deviation_load,                                                                    \
    };

DEVIATION_KERNEL(variance_integer, int32s, variance_result)
DEVIATION_KERNEL(variance_bigint, int64s, variance_result)
DEVIATION_KERNEL(variance_double, doubles, variance_result)
DEVIATION_KERNEL(deviation_integer, int32s, deviation_result)
DEVIATION_KERNEL(deviation_bigint, int64s, deviation_result)
DEVIATION_KERNEL(deviation_double, doubles, deviation_result)

/* ---- correlation ---- */

static inline void correlation_change(correlation *c, double x, double y, int8_t change) {
    c->count += change;
    c->x += change * x;
    c->y += change * y;
    c->xx += change * (x * x);
    c->yy += change * (y * y);
    c->xy += change * (x * y);
}

static void correlation_merge(const aggregate_instance *instance, void *slot, const void *later) {
    correlation *to = slot;
    const correlation *from = later;
    to->count += from->count;
    to->x += from->x;
    to->y += from->y;
    to->xx += from->xx;
    to->yy += from->yy;
    to->xy += from->xy;
}

static void correlation_result(const aggregate_instance *instance, const void *slot, column *to) {
    const correlation *c = slot;
    double n = (double)c->count;
    double x = n * c->xx - c->x * c->x, y = n * c->yy - c->y * c->y;
    double result = (n * c->xy - c->x * c->y) / sqrt(x * y);
    column_append_double(to, isfinite(result) ? result : NAN); /* one NaN, never -NaN */
}

#define CORRELATION_KERNEL(NAME, VALUES)                                                           \
    static inline void NAME##_change(                                                              \
        correlation *slot, const column *x, const column *y, int64_t row, int8_t change) {         \
        if (!column_is_null(y, row))                                                               \
            correlation_change(slot, (double)x->VALUES[row], (double)y->VALUES[row], change);      \
    }                                                                                              \
    AGGREGATE_STEP(NAME##_step, correlation,                                                       \
        NAME##_change(slot, x, rows->arguments[1], row, change[row]),                              \
        correlation_result(instance, slot, results))                                               \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(correlation),                                                         \
        .can_undo = true,                                                                          \
        .can_merge = true,                                                                         \
        .start = correlation_start,                                                                \
        .step = NAME##_step,                                                                       \
        .merge = correlation_merge,                                                                \
        .result = correlation_result,                                                              \
        .save = correlation_save,                                                                  \
        .load = correlation_load,                                                                  \
    };

CORRELATION_KERNEL(correlation_integer, int32s)
CORRELATION_KERNEL(correlation_bigint, int64s)
CORRELATION_KERNEL(correlation_double, doubles)

/* ---- rows of the table ---- */

#define OVERLOAD(SIGNATURE, KERNEL)                                                                \
    { .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .aggregate = &(KERNEL) }

static const function_overload variance_overloads[] = {
    OVERLOAD("(INTEGER) -> DOUBLE", variance_integer),
    OVERLOAD("(BIGINT) -> DOUBLE", variance_bigint),
    OVERLOAD("(DOUBLE) -> DOUBLE", variance_double),
};
static const function_overload deviation_overloads[] = {
    OVERLOAD("(INTEGER) -> DOUBLE", deviation_integer),
    OVERLOAD("(BIGINT) -> DOUBLE", deviation_bigint),
    OVERLOAD("(DOUBLE) -> DOUBLE", deviation_double),
};
static const function_overload correlation_overloads[] = {
    OVERLOAD("(INTEGER, INTEGER) -> DOUBLE", correlation_integer),
    OVERLOAD("(BIGINT, BIGINT) -> DOUBLE", correlation_bigint),
    OVERLOAD("(DOUBLE, DOUBLE) -> DOUBLE", correlation_double),
};

#define ROW(NAME, SUMMARY, OVERLOADS)                                                              \
    {                                                                                              \
        .name = NAME, .kind = FUNCTION_AGGREGATE, .category = "AGGREGATE", .summary = SUMMARY,     \
        .overloads = OVERLOADS, .overload_count = sizeof OVERLOADS / sizeof *OVERLOADS             \
    }

static const function_descriptor functions[] = {
    ROW("STDDEV_SAMP", "The sample variance (not its root, which is STDDEV_SAMPLE).",
        variance_overloads),
    ROW("STDDEV_SAMPLE", "The sample standard deviation.", deviation_overloads),
    ROW("CORRELATION", "Pearson's correlation of two columns; NaN when either does not vary.",
        correlation_overloads),
};

void aggregate_statistics_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
