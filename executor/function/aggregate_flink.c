/* Aggregates of the Flink dialect, where they are not those of ksqlDB: SUM and AVG of no values are
 * NULL; AVG of integers, and their variances, are integers, cut towards zero; a DECIMAL's SUM has
 * 38 digits, its AVG at least six places; and FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG and the
 * variances.
 *
 * The sums can be undone and merged. The others keep what came first or last and are computed anew
 * where rows are taken back (aggregate_wrap.h).
 */
#include <math.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/function/kept_value.h"

typedef struct sum_bigint {
    int64_t sum, count;
} sum_bigint;

typedef struct sum_double {
    double sum;
    int64_t count;
} sum_double;

typedef struct sum_decimal {
    decimal128 sum;
    int64_t count;
} sum_decimal;

typedef struct variance_slot {
    int64_t count;
    double mean, m2;
} variance_slot;

AGGREGATE_PLAIN_SLOT(bigint, sum_bigint)
AGGREGATE_PLAIN_SLOT(double, sum_double)
AGGREGATE_PLAIN_SLOT(decimal, sum_decimal)
typedef struct squares_slot {
    int64_t count, sum, squares;
} squares_slot;

AGGREGATE_PLAIN_SLOT(variance, variance_slot)
AGGREGATE_PLAIN_SLOT(squares, squares_slot)

static inline int64_t add_weighted(int64_t sum, int64_t value, int8_t change) {
    return (int64_t)((uint64_t)sum + (uint64_t)value * (uint64_t)(int64_t)change);
}

/* ---- results ---- */

static void sum_integer_result(const aggregate_instance *instance, const void *slot, column *to) {
    const sum_bigint *s = slot;
    if (s->count)
        column_append_int32(to, (int32_t)s->sum);
    else
        column_append_null(to);
}

static void sum_bigint_result(const aggregate_instance *instance, const void *slot, column *to) {
    const sum_bigint *s = slot;
    if (s->count)
        column_append_int64(to, s->sum);
    else
        column_append_null(to);
}

static void average_integer_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    const sum_bigint *s = slot;
    if (s->count)
        column_append_int32(to, (int32_t)(s->sum / s->count));
    else
        column_append_null(to);
}

static void average_bigint_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    const sum_bigint *s = slot;
    if (s->count)
        column_append_int64(to, s->sum / s->count);
    else
        column_append_null(to);
}

static void sum_double_result(const aggregate_instance *instance, const void *slot, column *to) {
    const sum_double *s = slot;
    if (s->count)
        column_append_double(to, s->sum);
    else
        column_append_null(to);
}

static void average_double_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    const sum_double *s = slot;
    if (s->count)
        column_append_double(to, s->sum / (double)s->count);
    else
        column_append_null(to);
}

static void append_fitting(const aggregate_instance *instance, decimal128 value, column *to) {
    if (decimal_fits(value, instance->result->precision))
        column_append_decimal(to, value);
    else
        column_append_null(to);
}

static void sum_decimal_result(const aggregate_instance *instance, const void *slot, column *to) {
    const sum_decimal *s = slot;
    if (s->count)
        append_fitting(instance, s->sum, to);
    else
        column_append_null(to);
}

/* Rounded half away from zero, at the result's scale. */
static void average_decimal_result(
    const aggregate_instance *instance, const void *slot, column *to) {
    const sum_decimal *s = slot;
    if (!s->count) {
        column_append_null(to);
        return;
    }
    decimal128 whole = s->sum / s->count, rest = s->sum % s->count;
    for (int i = instance->argument_types[0]->scale; i < instance->result->scale; i++) {
        rest *= 10;
        whole = whole * 10 + rest / s->count;
        rest %= s->count;
    }
    decimal128 twice = rest < 0 ? -rest * 2 : rest * 2;
    if (twice >= s->count)
        whole += s->sum < 0 ? -1 : 1;
    append_fitting(instance, whole, to);
}

/* ---- steps and merges ---- */

AGGREGATE_STEP(integer_step, sum_bigint,
    (slot->sum += (int64_t)x->int32s[row] * change[row], slot->count += change[row]),
    instance->kernel->result(instance, slot, results))
AGGREGATE_STEP(bigint_step, sum_bigint,
    (slot->sum = add_weighted(slot->sum, x->int64s[row], change[row]), slot->count += change[row]),
    instance->kernel->result(instance, slot, results))
AGGREGATE_STEP(double_step, sum_double,
    (slot->sum += x->doubles[row] * change[row], slot->count += change[row]),
    instance->kernel->result(instance, slot, results))
AGGREGATE_STEP(decimal_step, sum_decimal,
    (slot->sum += x->decimals[row] * change[row], slot->count += change[row]),
    instance->kernel->result(instance, slot, results))

static void bigint_merge(const aggregate_instance *instance, void *slot, const void *later) {
    sum_bigint *to = slot;
    const sum_bigint *from = later;
    to->sum = add_weighted(to->sum, from->sum, 1);
    to->count += from->count;
}

static void double_merge(const aggregate_instance *instance, void *slot, const void *later) {
    sum_double *to = slot;
    const sum_double *from = later;
    to->sum += from->sum;
    to->count += from->count;
}

static void decimal_merge(const aggregate_instance *instance, void *slot, const void *later) {
    sum_decimal *to = slot;
    const sum_decimal *from = later;
    to->sum += from->sum;
    to->count += from->count;
}

#define SUM_KERNEL(NAME, SLOT, PREFIX, STEP, RESULT)                                               \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(SLOT),                                                                \
        .can_undo = true,                                                                          \
        .can_merge = true,                                                                         \
        .start = PREFIX##_start,                                                                   \
        .step = STEP,                                                                              \
        .merge = PREFIX##_merge,                                                                   \
        .result = RESULT,                                                                          \
        .save = PREFIX##_save,                                                                     \
        .load = PREFIX##_load,                                                                     \
    };

SUM_KERNEL(sum_integer_kernel, sum_bigint, bigint, integer_step, sum_integer_result)
SUM_KERNEL(sum_bigint_kernel, sum_bigint, bigint, bigint_step, sum_bigint_result)
SUM_KERNEL(sum_double_kernel, sum_double, double, double_step, sum_double_result)
SUM_KERNEL(sum_decimal_kernel, sum_decimal, decimal, decimal_step, sum_decimal_result)
SUM_KERNEL(average_integer_kernel, sum_bigint, bigint, integer_step, average_integer_result)
SUM_KERNEL(average_bigint_kernel, sum_bigint, bigint, bigint_step, average_bigint_result)
SUM_KERNEL(average_double_kernel, sum_double, double, double_step, average_double_result)
SUM_KERNEL(average_decimal_kernel, sum_decimal, decimal, decimal_step, average_decimal_result)

/* ---- variances, by Welford ---- */

static inline void variance_change(variance_slot *v, double x, int8_t change) {
    if (change == CHANGE_DELETE && v->count <= 1) {
        *v = (variance_slot){0};
        return;
    }
    double before = x - v->mean;
    if (change == CHANGE_DELETE) {
        double mean = (v->mean * (double)v->count - x) / (double)(v->count - 1);
        v->m2 -= before * (x - mean);
        v->mean = mean;
        v->count--;
    } else {
        v->count++;
        v->mean += before / (double)v->count;
        v->m2 += before * (x - v->mean);
    }
}

static void variance_merge(const aggregate_instance *instance, void *slot, const void *later) {
    variance_slot *to = slot;
    const variance_slot *from = later;
    if (!from->count)
        return;
    double n = (double)to->count, m = (double)from->count, apart = from->mean - to->mean;
    to->m2 += from->m2 + apart * apart * n * m / (n + m);
    to->mean += apart * m / (n + m);
    to->count += from->count;
}

static void append_variance(column *to, const variance_slot *v, int64_t less, bool root) {
    if (v->count <= less) {
        column_append_null(to);
        return;
    }
    double value = (v->m2 > 0 ? v->m2 : 0) / (double)(v->count - less);
    column_append_double(to, root ? sqrt(value) : value);
}

#define VARIANCE(NAME, LESS, ROOT)                                                                 \
    static void NAME##_result(const aggregate_instance *instance, const void *slot, column *to) {  \
        append_variance(to, slot, LESS, ROOT);                                                     \
    }                                                                                              \
    SUM_KERNEL(NAME##_kernel, variance_slot, variance, variance_step, NAME##_result)

AGGREGATE_STEP(variance_step, variance_slot, variance_change(slot, x->doubles[row], change[row]),
    instance->kernel->result(instance, slot, results))

VARIANCE(var_pop, 0, false)
VARIANCE(var_samp, 1, false)
VARIANCE(stddev_pop, 0, true)
VARIANCE(stddev_samp, 1, true)

/* ---- variances of whole numbers: whole numbers, every quotient cut towards zero ---- */

static inline void squares_change(squares_slot *s, int64_t x, int8_t change) {
    s->count += change;
    s->sum = add_weighted(s->sum, x, change);
    s->squares = add_weighted(s->squares, (int64_t)((uint64_t)x * (uint64_t)x), change);
}

static void squares_merge(const aggregate_instance *instance, void *slot, const void *later) {
    squares_slot *to = slot;
    const squares_slot *from = later;
    to->count += from->count;
    to->sum = add_weighted(to->sum, from->sum, 1);
    to->squares = add_weighted(to->squares, from->squares, 1);
}

static void append_whole_variance(column *to, const squares_slot *s, int64_t less, bool root) {
    if (s->count <= less) {
        column_append_null(to);
        return;
    }
    int64_t square = (int64_t)((uint64_t)s->sum * (uint64_t)s->sum);
    int64_t value = (s->squares - square / s->count) / (s->count - less);
    if (root)
        value = value > 0 ? (int64_t)sqrt((double)value) : 0;
    if (to->type->base == SQL_INTEGER)
        column_append_int32(to, (int32_t)value);
    else
        column_append_int64(to, value);
}

AGGREGATE_STEP(squares_integer_step, squares_slot,
    squares_change(slot, x->int32s[row], change[row]),
    instance->kernel->result(instance, slot, results))
AGGREGATE_STEP(squares_bigint_step, squares_slot, squares_change(slot, x->int64s[row], change[row]),
    instance->kernel->result(instance, slot, results))

#define WHOLE_VARIANCE(NAME, LESS, ROOT)                                                           \
    static void NAME##_whole_result(                                                               \
        const aggregate_instance *instance, const void *slot, column *to) {                        \
        append_whole_variance(to, slot, LESS, ROOT);                                               \
    }                                                                                              \
    SUM_KERNEL(NAME##_integer, squares_slot, squares, squares_integer_step, NAME##_whole_result)   \
    SUM_KERNEL(NAME##_bigint, squares_slot, squares, squares_bigint_step, NAME##_whole_result)

WHOLE_VARIANCE(var_pop, 0, false)
WHOLE_VARIANCE(var_samp, 1, false)
WHOLE_VARIANCE(stddev_pop, 0, true)
WHOLE_VARIANCE(stddev_samp, 1, true)

/* ---- FIRST_VALUE and LAST_VALUE ---- */

static void kept_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(kept_value));
}

static void kept_destroy(const aggregate_instance *instance, void *slot) {
    kept_value_free(slot, instance->result);
}

static void kept_result(const aggregate_instance *instance, const void *slot, column *to) {
    kept_value_append(slot, to);
}

static void kept_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    kept_value_save(slot, instance->result, out);
}

static bool kept_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    return kept_value_load(slot, instance->result, bytes);
}

static void first_merge(const aggregate_instance *instance, void *slot, const void *later) {
    if (!((kept_value *)slot)->has)
        kept_value_copy(slot, later, instance->result);
}

static void last_merge(const aggregate_instance *instance, void *slot, const void *later) {
    if (((const kept_value *)later)->has)
        kept_value_copy(slot, later, instance->result);
}

AGGREGATE_STEP(first_step, kept_value, if (!slot->has) kept_value_set(slot, x, row),
    kept_value_append(slot, results))
AGGREGATE_STEP(
    last_step, kept_value, kept_value_set(slot, x, row), kept_value_append(slot, results))

#define KEPT_KERNEL(NAME)                                                                          \
    static const aggregate_kernel NAME##_kernel = {                                                \
        .slot_bytes = sizeof(kept_value),                                                          \
        .can_merge = true,                                                                         \
        .start = kept_start,                                                                       \
        .destroy = kept_destroy,                                                                   \
        .step = NAME##_step,                                                                       \
        .merge = NAME##_merge,                                                                     \
        .result = kept_result,                                                                     \
        .save = kept_save,                                                                         \
        .load = kept_load,                                                                         \
    };

KEPT_KERNEL(first)
KEPT_KERNEL(last)

/* ---- LISTAGG: the text so far ---- */

typedef struct list_slot {
    buffer text;
    bool has;
} list_slot;

static void list_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(list_slot));
}

static void list_destroy(const aggregate_instance *instance, void *slot) {
    buffer_free(&((list_slot *)slot)->text);
}

static void list_add(list_slot *s, slice separator, slice value) {
    if (s->has)
        buffer_append(&s->text, separator);
    buffer_append(&s->text, value);
    s->has = true;
}

static slice list_separator(const aggregate_rows *rows, int count, int64_t row) {
    return count > 1 ? column_slice(rows->arguments[1], row) : SLICE_LITERAL(",");
}

static void list_result(const aggregate_instance *instance, const void *slot, column *to) {
    const list_slot *s = slot;
    if (s->has)
        column_append_bytes(to, buffer_slice(&s->text));
    else
        column_append_null(to);
}

AGGREGATE_STEP(list_step, list_slot,
    list_add(slot, list_separator(rows, instance->argument_count, row), column_slice(x, row)),
    list_result(instance, slot, results))

static void list_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const list_slot *from = later;
    if (from->has)
        list_add(slot, SLICE_LITERAL(","), buffer_slice(&from->text));
}

static void list_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const list_slot *s = slot;
    int64_t length = s->has ? (int64_t)s->text.length : -1;
    buffer_append_bytes(out, &length, sizeof length);
    buffer_append(out, buffer_slice(&s->text));
}

static bool list_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    list_slot *s = slot;
    int64_t length;
    if (!aggregate_take(bytes, &length, sizeof length))
        return false;
    s->has = length >= 0;
    if (length <= 0)
        return true;
    buffer_reserve(&s->text, (size_t)length);
    s->text.length = (size_t)length;
    return aggregate_take(bytes, s->text.data, (size_t)length);
}

#define LIST_KERNEL(NAME, MERGES)                                                                  \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(list_slot),                                                           \
        .can_merge = MERGES,                                                                       \
        .start = list_start,                                                                       \
        .destroy = list_destroy,                                                                   \
        .step = list_step,                                                                         \
        .merge = list_merge,                                                                       \
        .result = list_result,                                                                     \
        .save = list_save,                                                                         \
        .load = list_load,                                                                         \
    };

LIST_KERNEL(list_kernel, true)
LIST_KERNEL(separated_list_kernel, false) /* the separator is not kept */

/* ---- ARRAY_AGG: all values, nulls too ---- */

typedef struct array_slot {
    column *values;
} array_slot;

static void array_start(const aggregate_instance *instance, void *slot) {
    ((array_slot *)slot)->values = column_create(instance->argument_types[0]);
}

static void array_destroy(const aggregate_instance *instance, void *slot) {
    column_destroy(((array_slot *)slot)->values);
}

static void array_result(const aggregate_instance *instance, const void *slot, column *to) {
    const array_slot *s = slot;
    if (s->values->length)
        aggregate_values_to_array(s->values, to);
    else
        column_append_null(to);
}

static void array_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    for (int64_t i = 0; i < rows->count; i++) {
        array_slot *slot = rows->slots[i];
        column_append_row(slot->values, rows->arguments[0], rows->rows[i]);
        if (results)
            array_result(instance, slot, results);
    }
}

static void array_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const column *from = ((const array_slot *)later)->values;
    column_append_rows(((array_slot *)slot)->values, from, 0, from->length);
}

static void array_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    aggregate_values_save(((const array_slot *)slot)->values, out);
}

static bool array_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    return aggregate_values_load(((array_slot *)slot)->values, bytes);
}

static const aggregate_kernel array_kernel = {
    .slot_bytes = sizeof(array_slot),
    .can_merge = true,
    .start = array_start,
    .destroy = array_destroy,
    .step = array_step,
    .merge = array_merge,
    .result = array_result,
    .save = array_save,
    .load = array_load,
};

/* ---- rows of the table ---- */

static const sql_type *type_of_decimal_sum(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return sql_type_decimal(a, 38, arguments[0]->scale);
}

static const sql_type *type_of_decimal_average(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return sql_type_decimal(a, 38, arguments[0]->scale > 6 ? arguments[0]->scale : 6);
}

#define OVERLOAD(SIGNATURE, KERNEL)                                                                \
    { .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .aggregate = &(KERNEL) }
#define TYPED_OVERLOAD(SIGNATURE, KERNEL, TYPE)                                                    \
    {                                                                                              \
        .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .result_type = TYPE,                 \
        .aggregate = &(KERNEL)                                                                     \
    }

static const function_overload sum_overloads[] = {
    OVERLOAD("(INTEGER) -> INTEGER", sum_integer_kernel),
    OVERLOAD("(BIGINT) -> BIGINT", sum_bigint_kernel),
    OVERLOAD("(DOUBLE) -> DOUBLE", sum_double_kernel),
    TYPED_OVERLOAD("(DECIMAL) -> DECIMAL", sum_decimal_kernel, type_of_decimal_sum),
};
static const function_overload average_overloads[] = {
    OVERLOAD("(INTEGER) -> INTEGER", average_integer_kernel),
    OVERLOAD("(BIGINT) -> BIGINT", average_bigint_kernel),
    OVERLOAD("(DOUBLE) -> DOUBLE", average_double_kernel),
    TYPED_OVERLOAD("(DECIMAL) -> DECIMAL", average_decimal_kernel, type_of_decimal_average),
};
#define VARIANCE_OVERLOADS(NAME)                                                                   \
    static const function_overload NAME##_overloads[] = {                                          \
        OVERLOAD("(INTEGER) -> INTEGER", NAME##_integer),                                          \
        OVERLOAD("(BIGINT) -> BIGINT", NAME##_bigint),                                             \
        OVERLOAD("(DOUBLE) -> DOUBLE", NAME##_kernel),                                             \
    }

VARIANCE_OVERLOADS(var_pop);
VARIANCE_OVERLOADS(var_samp);
VARIANCE_OVERLOADS(stddev_pop);
VARIANCE_OVERLOADS(stddev_samp);
static const function_overload first_overloads[] = {
    TYPED_OVERLOAD("(ANY) -> ANY", first_kernel, aggregate_type_of_first)};
static const function_overload last_overloads[] = {
    TYPED_OVERLOAD("(ANY) -> ANY", last_kernel, aggregate_type_of_first)};
static const function_overload list_overloads[] = {
    OVERLOAD("(STRING) -> STRING", list_kernel),
    OVERLOAD("(STRING, STRING) -> STRING", separated_list_kernel),
};
static const function_overload array_overloads[] = {
    TYPED_OVERLOAD("(ANY) -> ARRAY<ANY>", array_kernel, aggregate_type_array_of_first)};

#define ROW(NAME, SUMMARY, OVERLOADS)                                                              \
    {                                                                                              \
        .name = NAME, .kind = FUNCTION_AGGREGATE, .category = "AGGREGATE", .summary = SUMMARY,     \
        .overloads = OVERLOADS, .overload_count = sizeof OVERLOADS / sizeof *OVERLOADS             \
    }

static const function_descriptor functions[] = {
    ROW("SUM", "The sum of the values that are not null.", sum_overloads),
    ROW("AVG", "The average of the values that are not null.", average_overloads),
    ROW("VAR_POP", "The variance of a population.", var_pop_overloads),
    ROW("VAR_SAMP", "The variance estimated from a sample.", var_samp_overloads),
    ROW("VARIANCE", "The variance estimated from a sample.", var_samp_overloads),
    ROW("STDDEV_POP", "The standard deviation of a population.", stddev_pop_overloads),
    ROW("STDDEV_SAMP", "The standard deviation estimated from a sample.", stddev_samp_overloads),
    ROW("STDDEV", "The standard deviation estimated from a sample.", stddev_samp_overloads),
    ROW("FIRST_VALUE", "The first value that is not null.", first_overloads),
    ROW("LAST_VALUE", "The last value that is not null.", last_overloads),
    ROW("LISTAGG", "The texts, with a separator (a comma) between them.", list_overloads),
    ROW("ARRAY_AGG", "All values as an array.", array_overloads),
};

void aggregate_flink_register(void) {
    function_register_flink(functions, sizeof functions / sizeof *functions);
}
