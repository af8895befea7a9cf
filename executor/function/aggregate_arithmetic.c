/* COUNT, SUM, SUM_LIST and AVG.
 *
 * All are sums, so a row that leaves is added with the weight -1 and the loop is the same for
 * streams and tables. INTEGER and BIGINT sums wrap around as Java's do. A DECIMAL sum must fit its
 * type: the row that overflows it is refused and the sum stays.
 */
#include <stdio.h>

#include "base/decimal.h"
#include "executor/function/aggregate_support.h"

typedef struct sum_integer {
    int32_t sum;
} sum_integer;

typedef struct sum_bigint {
    int64_t sum;
} sum_bigint;

typedef struct sum_double {
    double sum;
} sum_double;

typedef struct sum_decimal {
    decimal128 sum;
} sum_decimal;

typedef struct average_bigint {
    int64_t sum, count;
} average_bigint;

typedef struct average_double {
    double sum;
    int64_t count;
} average_double;

AGGREGATE_PLAIN_SLOT(integer, sum_integer)
AGGREGATE_PLAIN_SLOT(bigint, sum_bigint)
AGGREGATE_PLAIN_SLOT(double, sum_double)
AGGREGATE_PLAIN_SLOT(decimal, sum_decimal)
AGGREGATE_PLAIN_SLOT(average_bigint, average_bigint)
AGGREGATE_PLAIN_SLOT(average_double, average_double)

static inline int32_t wrap_integer(int32_t sum, int64_t change) {
    return (int32_t)((uint32_t)sum + (uint32_t)change);
}

static inline int64_t wrap_bigint(int64_t sum, int64_t value, int8_t change) {
    return (int64_t)((uint64_t)sum + (uint64_t)value * (uint64_t)(int64_t)change);
}

/* ---- COUNT ---- */

AGGREGATE_STEP(
    count_step, sum_bigint, slot->sum += change[row], column_append_int64(results, slot->sum))

static void count_all_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    for (int64_t i = 0; i < rows->count; i++) {
        sum_bigint *slot = rows->slots[i];
        slot->sum += rows->change[rows->rows[i]];
        if (results)
            column_append_int64(results, slot->sum);
    }
}

/* ---- SUM ---- */

AGGREGATE_STEP(sum_integer_step, sum_integer,
    slot->sum = wrap_integer(slot->sum, (int64_t)x->int32s[row] * change[row]),
    column_append_int32(results, slot->sum))

AGGREGATE_STEP(sum_bigint_step, sum_bigint,
    slot->sum = wrap_bigint(slot->sum, x->int64s[row], change[row]),
    column_append_int64(results, slot->sum))

AGGREGATE_STEP(sum_double_step, sum_double, slot->sum += x->doubles[row] * change[row],
    column_append_double(results, slot->sum))

static inline bool add_decimal(sum_decimal *slot, decimal128 value, int8_t change, int precision) {
    decimal128 sum = slot->sum + (change < 0 ? -value : value); /* 39 digits fit 128 bits */
    if (!decimal_fits(sum, precision))
        return false;
    slot->sum = sum;
    return true;
}

static void refuse_overflow(
    const aggregate_instance *instance, const aggregate_rows *rows, int64_t i) {
    if (!rows->failed)
        return;
    char message[128];
    snprintf(message, sizeof message,
        "The sum overflows DECIMAL(%d, %d): the row is not added; CAST to more digits",
        instance->result->precision, instance->result->scale);
    rows->failed(rows->failed_context, i, message);
}

AGGREGATE_STEP(sum_decimal_step, sum_decimal,
    if (!add_decimal(slot, x->decimals[row], change[row], instance->result->precision))
        refuse_overflow(instance, rows, i),
    column_append_decimal(results, slot->sum))

static void integer_merge(const aggregate_instance *instance, void *slot, const void *later) {
    sum_integer *to = slot;
    to->sum = wrap_integer(to->sum, ((const sum_integer *)later)->sum);
}

static void bigint_merge(const aggregate_instance *instance, void *slot, const void *later) {
    sum_bigint *to = slot;
    to->sum = wrap_bigint(to->sum, ((const sum_bigint *)later)->sum, 1);
}

static void double_merge(const aggregate_instance *instance, void *slot, const void *later) {
    ((sum_double *)slot)->sum += ((const sum_double *)later)->sum;
}

static void decimal_merge(const aggregate_instance *instance, void *slot, const void *later) {
    add_decimal(slot, ((const sum_decimal *)later)->sum, 1, instance->result->precision);
}

static void integer_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_int32(to, ((const sum_integer *)slot)->sum);
}

static void bigint_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_int64(to, ((const sum_bigint *)slot)->sum);
}

static void double_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_double(to, ((const sum_double *)slot)->sum);
}

static void decimal_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_decimal(to, ((const sum_decimal *)slot)->sum);
}

/* ---- SUM_LIST ---- */

#define EACH_ELEMENT(elements, row, element)                                                       \
    for (int32_t element = x->offsets[row]; element < x->offsets[(row) + 1]; element++)            \
        if (!column_is_null(elements, element))

static void list_integer_add(sum_integer *slot, const column *x, int64_t row, int8_t change) {
    const column *elements = x->children[0];
    EACH_ELEMENT(elements, row, i)
    slot->sum = wrap_integer(slot->sum, (int64_t)elements->int32s[i] * change);
}

static void list_bigint_add(sum_bigint *slot, const column *x, int64_t row, int8_t change) {
    const column *elements = x->children[0];
    EACH_ELEMENT(elements, row, i)
    slot->sum = wrap_bigint(slot->sum, elements->int64s[i], change);
}

static void list_double_add(sum_double *slot, const column *x, int64_t row, int8_t change) {
    const column *elements = x->children[0];
    EACH_ELEMENT(elements, row, i)
    slot->sum += elements->doubles[i] * change;
}

AGGREGATE_STEP(list_integer_step, sum_integer, list_integer_add(slot, x, row, change[row]),
    column_append_int32(results, slot->sum))
AGGREGATE_STEP(list_bigint_step, sum_bigint, list_bigint_add(slot, x, row, change[row]),
    column_append_int64(results, slot->sum))
AGGREGATE_STEP(list_double_step, sum_double, list_double_add(slot, x, row, change[row]),
    column_append_double(results, slot->sum))

/* ---- AVG: of no values 0. The sum of INTEGERs has 64 bits, so that it does not wrap. ---- */

static inline double average_of_bigints(const average_bigint *slot) {
    return slot->count ? (double)slot->sum / (double)slot->count : 0;
}

static inline double average_of_doubles(const average_double *slot) {
    return slot->count ? slot->sum / (double)slot->count : 0;
}

AGGREGATE_STEP(average_integer_step, average_bigint,
    (slot->sum += (int64_t)x->int32s[row] * change[row], slot->count += change[row]),
    column_append_double(results, average_of_bigints(slot)))

AGGREGATE_STEP(average_bigint_step, average_bigint,
    (slot->sum = wrap_bigint(slot->sum, x->int64s[row], change[row]), slot->count += change[row]),
    column_append_double(results, average_of_bigints(slot)))

AGGREGATE_STEP(average_double_step, average_double,
    (slot->sum += x->doubles[row] * change[row], slot->count += change[row]),
    column_append_double(results, average_of_doubles(slot)))

static void average_bigint_merge(
    const aggregate_instance *instance, void *slot, const void *later) {
    average_bigint *to = slot;
    const average_bigint *from = later;
    to->sum = wrap_bigint(to->sum, from->sum, 1);
    to->count += from->count;
}

static void average_double_merge(
    const aggregate_instance *instance, void *slot, const void *later) {
    average_double *to = slot;
    const average_double *from = later;
    to->sum += from->sum;
    to->count += from->count;
}

static void average_bigint_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    column_append_double(to, average_of_bigints(slot));
}

static void average_double_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    column_append_double(to, average_of_doubles(slot));
}

/* ---- rows of the table ---- */

/* Whole numbers that wrap can be added in any order; doubles cannot, nor what may be refused. */
#define SUM_KERNEL(NAME, SLOT, PREFIX, STEP, ORDER_FREE)                                           \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(SLOT),                                                                \
        .can_undo = true,                                                                          \
        .can_merge = true,                                                                         \
        .is_order_free = ORDER_FREE,                                                               \
        .start = PREFIX##_start,                                                                   \
        .step = STEP,                                                                              \
        .merge = PREFIX##_merge,                                                                   \
        .result = PREFIX##_result,                                                                 \
        .save = PREFIX##_save,                                                                     \
        .load = PREFIX##_load,                                                                     \
    };

SUM_KERNEL(count_kernel, sum_bigint, bigint, count_step, true)
SUM_KERNEL(count_all_kernel, sum_bigint, bigint, count_all_step, true)
SUM_KERNEL(sum_integer_kernel, sum_integer, integer, sum_integer_step, true)
SUM_KERNEL(sum_bigint_kernel, sum_bigint, bigint, sum_bigint_step, true)
SUM_KERNEL(sum_double_kernel, sum_double, double, sum_double_step, false)
SUM_KERNEL(sum_decimal_kernel, sum_decimal, decimal, sum_decimal_step, false)
SUM_KERNEL(list_integer_kernel, sum_integer, integer, list_integer_step, true)
SUM_KERNEL(list_bigint_kernel, sum_bigint, bigint, list_bigint_step, true)
SUM_KERNEL(list_double_kernel, sum_double, double, list_double_step, false)
SUM_KERNEL(average_integer_kernel, average_bigint, average_bigint, average_integer_step, true)
SUM_KERNEL(average_bigint_kernel, average_bigint, average_bigint, average_bigint_step, true)
SUM_KERNEL(average_double_kernel, average_double, average_double, average_double_step, false)

#define OVERLOAD(SIGNATURE, KERNEL)                                                                \
    { .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .aggregate = &(KERNEL) }

static const function_overload count_overloads[] = {
    {.signature = "() -> BIGINT",
        .nulls = FUNCTION_SEES_NULLS,
        .aggregate = &count_all_kernel,
        .description = "Counts all rows."},
    OVERLOAD("(ANY) -> BIGINT", count_kernel),
};

static const function_overload sum_overloads[] = {
    OVERLOAD("(INTEGER) -> INTEGER", sum_integer_kernel),
    OVERLOAD("(BIGINT) -> BIGINT", sum_bigint_kernel),
    OVERLOAD("(DOUBLE) -> DOUBLE", sum_double_kernel),
    {.signature = "(DECIMAL) -> DECIMAL",
        .nulls = FUNCTION_SEES_NULLS,
        .result_type = aggregate_type_of_first,
        .aggregate = &sum_decimal_kernel},
};

static const function_overload list_overloads[] = {
    OVERLOAD("(ARRAY<INTEGER>) -> INTEGER", list_integer_kernel),
    OVERLOAD("(ARRAY<BIGINT>) -> BIGINT", list_bigint_kernel),
    OVERLOAD("(ARRAY<DOUBLE>) -> DOUBLE", list_double_kernel),
};

static const function_overload average_overloads[] = {
    OVERLOAD("(INTEGER) -> DOUBLE", average_integer_kernel),
    OVERLOAD("(BIGINT) -> DOUBLE", average_bigint_kernel),
    OVERLOAD("(DOUBLE) -> DOUBLE", average_double_kernel),
};

#define ROW(NAME, SUMMARY, OVERLOADS)                                                              \
    {                                                                                              \
        .name = NAME, .kind = FUNCTION_AGGREGATE, .category = "AGGREGATE", .summary = SUMMARY,     \
        .overloads = OVERLOADS, .overload_count = sizeof OVERLOADS / sizeof *OVERLOADS             \
    }

static const function_descriptor functions[] = {
    ROW("COUNT", "The number of rows, or of rows where the argument is not null.", count_overloads),
    ROW("SUM", "The sum of the values that are not null.", sum_overloads),
    ROW("SUM_LIST", "The sum of all elements of all arrays.", list_overloads),
    ROW("AVG", "The average of the values that are not null.", average_overloads),
};

void aggregate_arithmetic_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
