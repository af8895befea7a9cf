/* MIN and MAX: the slot holds the best value so far. Nulls are skipped; of no values: null. They
 * cannot undo a row, because the second best is not kept, so they are for streams only.
 *
 * DOUBLEs are ordered as Java orders them: NaN is above all, and 0.0 above -0.0. Texts and bytes
 * are ordered bytewise and kept in a heap block that grows with the longest value.
 */
#include <math.h>

#include "base/memory.h"
#include "executor/function/aggregate_support.h"

typedef struct best_int32 {
    int32_t value;
    bool has;
} best_int32;

typedef struct best_int64 {
    int64_t value;
    bool has;
} best_int64;

typedef struct best_double {
    double value;
    bool has;
} best_double;

typedef struct best_decimal {
    decimal128 value;
    bool has;
} best_decimal;

typedef struct best_bytes {
    char *data;
    uint32_t length, capacity;
    bool has;
} best_bytes;

AGGREGATE_PLAIN_SLOT(int32, best_int32)
AGGREGATE_PLAIN_SLOT(int64, best_int64)
AGGREGATE_PLAIN_SLOT(double, best_double)
AGGREGATE_PLAIN_SLOT(decimal, best_decimal)

static inline bool double_above(double a, double b) {
    if (a == 0 && b == 0)
        return !signbit(a) && signbit(b);
    return a > b || (a != a && b == b);
}

#define ABOVE(a, b) ((a) > (b))
#define BELOW(a, b) ((a) < (b))
#define DOUBLE_BELOW(a, b) double_above(b, a)

/* All of a kernel over values of one fixed size. BETTER(a, b): a replaces b. */
#define EXTREME_KERNEL(NAME, PREFIX, SLOT, VALUES, APPEND, BETTER)                                 \
    static inline void NAME##_offer(SLOT *slot, __typeof__(((SLOT *)0)->value) value) {            \
        if (!slot->has || BETTER(value, slot->value)) {                                            \
            slot->value = value;                                                                   \
            slot->has = true;                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void NAME##_result(const aggregate_instance *instance, const void *slot, column *to) {  \
        const SLOT *best = slot;                                                                   \
        if (best->has)                                                                             \
            APPEND(to, best->value);                                                               \
        else                                                                                       \
            column_append_null(to);                                                                \
    }                                                                                              \
    AGGREGATE_STEP(NAME##_step, SLOT, NAME##_offer(slot, x->VALUES[row]),                          \
        NAME##_result(instance, slot, results))                                                    \
    static void NAME##_merge(const aggregate_instance *instance, void *slot, const void *later) {  \
        const SLOT *from = later;                                                                  \
        if (from->has)                                                                             \
            NAME##_offer(slot, from->value);                                                       \
    }                                                                                              \
    static const aggregate_kernel NAME##_kernel = {                                                \
        .slot_bytes = sizeof(SLOT),                                                                \
        .can_merge = true,                                                                         \
        .is_order_free = true,                                                                     \
        .start = PREFIX##_start,                                                                   \
        .step = NAME##_step,                                                                       \
        .merge = NAME##_merge,                                                                     \
        .result = NAME##_result,                                                                   \
        .save = PREFIX##_save,                                                                     \
        .load = PREFIX##_load,                                                                     \
    };

EXTREME_KERNEL(max_int32, int32, best_int32, int32s, column_append_int32, ABOVE)
EXTREME_KERNEL(min_int32, int32, best_int32, int32s, column_append_int32, BELOW)
EXTREME_KERNEL(max_int64, int64, best_int64, int64s, column_append_int64, ABOVE)
EXTREME_KERNEL(min_int64, int64, best_int64, int64s, column_append_int64, BELOW)
EXTREME_KERNEL(max_double, double, best_double, doubles, column_append_double, double_above)
EXTREME_KERNEL(min_double, double, best_double, doubles, column_append_double, DOUBLE_BELOW)
EXTREME_KERNEL(max_decimal, decimal, best_decimal, decimals, column_append_decimal, ABOVE)
EXTREME_KERNEL(min_decimal, decimal, best_decimal, decimals, column_append_decimal, BELOW)

/* ---- texts and bytes ---- */

static void bytes_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(best_bytes));
}

static void bytes_destroy(const aggregate_instance *instance, void *slot) {
    memory_free(((best_bytes *)slot)->data);
}

static slice bytes_value(const best_bytes *best) {
    return slice_make(best->data ? best->data : "", best->length);
}

static void bytes_set(best_bytes *best, slice value) {
    if (value.length > best->capacity) {
        best->data = memory_resize(best->data, value.length);
        best->capacity = (uint32_t)value.length;
    }
    if (value.length)
        memcpy(best->data, value.data, value.length);
    best->length = (uint32_t)value.length;
    best->has = true;
}

static void bytes_result(const aggregate_instance *instance, const void *slot, column *to) {
    const best_bytes *best = slot;
    if (best->has)
        column_append_bytes(to, bytes_value(best));
    else
        column_append_null(to);
}

static void bytes_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const best_bytes *best = slot;
    buffer_append_byte(out, best->has);
    buffer_append_bytes(out, (const char *)&best->length, sizeof best->length);
    buffer_append(out, bytes_value(best));
}

static bool bytes_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    uint8_t has;
    uint32_t length;
    if (!aggregate_take(bytes, &has, 1) || !aggregate_take(bytes, &length, sizeof length) ||
        bytes->length < length)
        return false;
    if (has)
        bytes_set(slot, slice_make(bytes->data, length));
    bytes->data += length;
    bytes->length -= length;
    return true;
}

#define BYTES_KERNEL(NAME, BETTER)                                                                 \
    static void NAME##_offer(best_bytes *best, slice value) {                                      \
        if (!best->has || slice_compare(value, bytes_value(best)) BETTER 0)                        \
            bytes_set(best, value);                                                                \
    }                                                                                              \
    AGGREGATE_STEP(NAME##_step, best_bytes, NAME##_offer(slot, column_slice(x, row)),              \
        bytes_result(instance, slot, results))                                                     \
    static void NAME##_merge(const aggregate_instance *instance, void *slot, const void *later) {  \
        const best_bytes *from = later;                                                            \
        if (from->has)                                                                             \
            NAME##_offer(slot, bytes_value(from));                                                 \
    }                                                                                              \
    static const aggregate_kernel NAME##_kernel = {                                                \
        .slot_bytes = sizeof(best_bytes),                                                          \
        .can_merge = true,                                                                         \
        .is_order_free = true,                                                                     \
        .start = bytes_start,                                                                      \
        .destroy = bytes_destroy,                                                                  \
        .step = NAME##_step,                                                                       \
        .merge = NAME##_merge,                                                                     \
        .result = bytes_result,                                                                    \
        .save = bytes_save,                                                                        \
        .load = bytes_load,                                                                        \
    };

BYTES_KERNEL(max_bytes, >)
BYTES_KERNEL(min_bytes, <)

/* ---- rows of the table ---- */

#define OVERLOAD(TYPE, KERNEL)                                                                     \
    { .signature = "(" TYPE ") -> " TYPE, .nulls = FUNCTION_SEES_NULLS, .aggregate = &(KERNEL) }

#define OVERLOADS(BEST)                                                                            \
    {                                                                                              \
        OVERLOAD("INTEGER", BEST##_int32_kernel), OVERLOAD("BIGINT", BEST##_int64_kernel),         \
            OVERLOAD("DOUBLE", BEST##_double_kernel),                                              \
            {.signature = "(DECIMAL) -> DECIMAL",                                                  \
                .nulls = FUNCTION_SEES_NULLS,                                                      \
                .result_type = aggregate_type_of_first,                                            \
                .aggregate = &BEST##_decimal_kernel},                                              \
            OVERLOAD("STRING", BEST##_bytes_kernel), OVERLOAD("BYTES", BEST##_bytes_kernel),       \
            OVERLOAD("DATE", BEST##_int32_kernel), OVERLOAD("TIME", BEST##_int32_kernel),          \
            OVERLOAD("TIMESTAMP", BEST##_int64_kernel),                                            \
    }

static const function_overload max_overloads[] = OVERLOADS(max);
static const function_overload min_overloads[] = OVERLOADS(min);

static const function_descriptor functions[] = {
    {.name = "MAX",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The largest value; nulls are skipped.",
        .overloads = max_overloads,
        .overload_count = sizeof max_overloads / sizeof *max_overloads},
    {.name = "MIN",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The smallest value; nulls are skipped.",
        .overloads = min_overloads,
        .overload_count = sizeof min_overloads / sizeof *min_overloads},
};

void aggregate_extreme_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
