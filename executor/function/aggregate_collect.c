/* COLLECT_LIST, COLLECT_SET, HISTOGRAM and ATTR: aggregates that keep the values themselves.
 *
 * Lists and sets keep nulls too and stop growing at a limit; what comes later is ignored. Over a
 * table, a row that leaves takes out the last equal value: which of several equal ones does not
 * show, but for their places. ATTR is the value of the group when there is only one.
 */
#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/function/value_set.h"

enum { DEFAULT_LIMIT = 1000, HISTOGRAM_LIMIT = 1000 };

/* A property below 0 means no limit. */
static int64_t limit_of(const aggregate_instance *instance) {
    if (instance->element_limit == 0)
        return DEFAULT_LIMIT;
    return instance->element_limit < 0 ? INT32_MAX : instance->element_limit;
}

/* Runs for null arguments too, which AGGREGATE_STEP leaves out. */
#define STEP_WITH_NULLS(NAME, SLOT, UPDATE, RESULT)                                                \
    static void NAME(                                                                              \
        const aggregate_instance *instance, const aggregate_rows *rows, column *results) {         \
        const column *x = rows->arguments[0];                                                      \
        for (int64_t i = 0; i < rows->count; i++) {                                                \
            int32_t row = rows->rows[i];                                                           \
            SLOT *slot = rows->slots[i];                                                           \
            UPDATE;                                                                                \
            if (results)                                                                           \
                RESULT;                                                                            \
        }                                                                                          \
    }

/* ---- COLLECT_LIST ---- */

typedef struct list_slot {
    column *values;
} list_slot;

static void list_start(const aggregate_instance *instance, void *slot) {
    ((list_slot *)slot)->values = column_create(instance->result->element);
}

static void list_destroy(const aggregate_instance *instance, void *slot) {
    column_destroy(((list_slot *)slot)->values);
}

static void list_change(const aggregate_instance *instance, column *values, const column *x,
    int64_t row, int8_t change) {
    if (change == CHANGE_DELETE) {
        int64_t at = aggregate_values_find_last(values, x, row);
        if (at >= 0)
            aggregate_values_remove(values, at);
    } else if (values->length < limit_of(instance)) {
        column_append_row(values, x, row);
    }
}

STEP_WITH_NULLS(list_step, list_slot,
    list_change(instance, slot->values, x, row, rows->change[row]),
    aggregate_values_to_array(slot->values, results))

static void list_merge(const aggregate_instance *instance, void *slot, const void *later) {
    column *to = ((list_slot *)slot)->values;
    const column *from = ((const list_slot *)later)->values;
    int64_t room = limit_of(instance) - to->length;
    column_append_rows(to, from, 0, room < from->length ? room : from->length);
}

static void list_result(const aggregate_instance *instance, const void *slot, column *to) {
    aggregate_values_to_array(((const list_slot *)slot)->values, to);
}

static void list_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    aggregate_values_save(((const list_slot *)slot)->values, out);
}

static bool list_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    return aggregate_values_load(((list_slot *)slot)->values, bytes);
}

static const aggregate_kernel list_kernel = {
    .slot_bytes = sizeof(list_slot),
    .can_undo = true,
    .can_merge = true,
    .start = list_start,
    .destroy = list_destroy,
    .step = list_step,
    .merge = list_merge,
    .result = list_result,
    .save = list_save,
    .load = list_load,
};

/* ---- COLLECT_SET ---- */

static void set_start(const aggregate_instance *instance, void *slot) {
    value_set_open(slot, instance->result->element);
}

static void set_destroy(const aggregate_instance *instance, void *slot) {
    value_set_close(slot);
}

static void set_include(
    const aggregate_instance *instance, value_set *set, const column *x, int64_t row) {
    if (set->values->length < limit_of(instance) && value_set_find(set, x, row) < 0)
        value_set_add(set, x, row, 1);
}

STEP_WITH_NULLS(set_step, value_set, set_include(instance, slot, x, row),
    aggregate_values_to_array(slot->values, results))

static void set_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const value_set *from = later;
    for (int64_t row = 0; row < from->values->length; row++)
        set_include(instance, slot, from->values, row);
}

static void set_result(const aggregate_instance *instance, const void *slot, column *to) {
    aggregate_values_to_array(((const value_set *)slot)->values, to);
}

static void set_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    value_set_save(slot, out);
}

static bool set_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    return value_set_load(slot, bytes);
}

static const aggregate_kernel set_kernel = {
    .slot_bytes = sizeof(value_set),
    .can_merge = true,
    .start = set_start,
    .destroy = set_destroy,
    .step = set_step,
    .merge = set_merge,
    .result = set_result,
    .save = set_save,
    .load = set_load,
};

/* ---- HISTOGRAM ---- */

static void histogram_start(const aggregate_instance *instance, void *slot) {
    value_set_open(slot, instance->result->key);
}

static void add_count(value_set *set, const column *x, int64_t row, int64_t count, int64_t limit) {
    int64_t at = value_set_find(set, x, row);
    if (at < 0) {
        if (count > 0 && set->values->length < limit)
            value_set_add(set, x, row, count);
        return;
    }
    set->counts[at] += count;
    if (set->counts[at] <= 0)
        value_set_remove(set, at);
}

static void histogram_result(const aggregate_instance *instance, const void *slot, column *to) {
    const value_set *set = slot;
    column_append_rows(to->children[0], set->values, 0, set->values->length);
    for (int64_t i = 0; i < set->values->length; i++)
        column_append_int64(to->children[1], set->counts[i]);
    column_append_nested(to);
}

AGGREGATE_STEP(histogram_step, value_set, add_count(slot, x, row, change[row], HISTOGRAM_LIMIT),
    histogram_result(instance, slot, results))

static void histogram_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const value_set *from = later;
    for (int64_t row = 0; row < from->values->length; row++)
        add_count(slot, from->values, row, from->counts[row], HISTOGRAM_LIMIT);
}

static const aggregate_kernel histogram_kernel = {
    .slot_bytes = sizeof(value_set),
    .can_undo = true,
    .can_merge = true,
    .start = histogram_start,
    .destroy = set_destroy,
    .step = histogram_step,
    .merge = histogram_merge,
    .result = histogram_result,
    .save = set_save,
    .load = set_load,
};

/* ---- ATTR ---- */

static void attr_start(const aggregate_instance *instance, void *slot) {
    value_set_open(slot, instance->result);
}

static void attr_result(const aggregate_instance *instance, const void *slot, column *to) {
    const value_set *set = slot;
    if (set->values->length == 1)
        column_append_row(to, set->values, 0);
    else
        column_append_null(to);
}

STEP_WITH_NULLS(attr_step, value_set, add_count(slot, x, row, rows->change[row], INT64_MAX),
    attr_result(instance, slot, results))

static void attr_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const value_set *from = later;
    for (int64_t row = 0; row < from->values->length; row++)
        add_count(slot, from->values, row, from->counts[row], INT64_MAX);
}

static const aggregate_kernel attr_kernel = {
    .slot_bytes = sizeof(value_set),
    .can_undo = true,
    .can_merge = true,
    .start = attr_start,
    .destroy = set_destroy,
    .step = attr_step,
    .merge = attr_merge,
    .result = attr_result,
    .save = set_save,
    .load = set_load,
};

/* ---- rows of the table ---- */

#define OVERLOAD(SIGNATURE, KERNEL, TYPE)                                                          \
    {                                                                                              \
        .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .result_type = TYPE,                 \
        .aggregate = &(KERNEL)                                                                     \
    }

static const function_overload list_overloads[] = {
    OVERLOAD("(T) -> ARRAY<T>", list_kernel, aggregate_type_array_of_first)};
static const function_overload set_overloads[] = {
    OVERLOAD("(T) -> ARRAY<T>", set_kernel, aggregate_type_array_of_first)};
static const function_overload histogram_overloads[] = {
    OVERLOAD("(STRING) -> MAP<STRING, BIGINT>", histogram_kernel, NULL)};
static const function_overload attr_overloads[] = {
    OVERLOAD("(T) -> T", attr_kernel, aggregate_type_of_first)};

#define ROW(NAME, SUMMARY, OVERLOADS)                                                              \
    {                                                                                              \
        .name = NAME, .kind = FUNCTION_AGGREGATE, .category = "AGGREGATE", .summary = SUMMARY,     \
        .overloads = OVERLOADS, .overload_count = sizeof OVERLOADS / sizeof *OVERLOADS             \
    }

static const function_descriptor functions[] = {
    ROW("COLLECT_LIST", "An array of all values, nulls too, up to a limit.", list_overloads),
    ROW("COLLECT_SET", "An array of the different values, null too, up to a limit.", set_overloads),
    ROW("HISTOGRAM", "How often each text occurs; at most 1000 different ones are counted.",
        histogram_overloads),
    ROW("ATTR", "The one value that all rows have, or null when they differ.", attr_overloads),
};

void aggregate_collect_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
