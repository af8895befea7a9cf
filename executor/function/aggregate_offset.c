/* EARLIEST_BY_OFFSET and LATEST_BY_OFFSET, of one value or of N.
 *
 * Rows arrive in the order of their offsets, so the earliest is the first to come and the latest
 * the last. Each kept value carries the number of its row, which decides when sessions merge. Nulls
 * are skipped unless the last argument says false.
 */
#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/function/kept_value.h"

typedef struct offset_rule {
    bool latest, ignores_nulls;
    int64_t n; /* 0: a single value */
} offset_rule;

/* The constants are [N] [ignoreNulls], told apart by their types. */
static bool offset_prepare(aggregate_instance *instance, bool latest, error *e) {
    offset_rule rule = {.latest = latest, .ignores_nulls = true};
    const char *name = latest ? "LATEST_BY_OFFSET" : "EARLIEST_BY_OFFSET";
    for (int i = 0; i < instance->constant_count; i++) {
        const column *c = instance->constants[i];
        if (column_is_null(c, 0))
            return error_set(e, ERROR_STATEMENT, "The options of %s cannot be null.", name);
        if (c->type->base == SQL_BOOLEAN) {
            rule.ignores_nulls = c->booleans[0];
        } else {
            rule.n = c->int32s[0];
            if (rule.n < 1)
                return error_set(
                    e, ERROR_STATEMENT, "%s needs a number of values that is 1 or more.", name);
        }
    }
    instance->prepared = MEMORY_NEW(offset_rule);
    *(offset_rule *)instance->prepared = rule;
    return true;
}

static bool earliest_prepare(aggregate_instance *instance, error *e) {
    return offset_prepare(instance, false, e);
}

static bool latest_prepare(aggregate_instance *instance, error *e) {
    return offset_prepare(instance, true, e);
}

static void offset_release(aggregate_instance *instance) {
    memory_free(instance->prepared);
    instance->prepared = NULL;
}

/* ---- one value ---- */

typedef struct one_slot {
    kept_value value;
    int64_t sequence;
} one_slot;

static void one_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(one_slot));
}

static void one_destroy(const aggregate_instance *instance, void *slot) {
    kept_value_free(&((one_slot *)slot)->value, instance->result);
}

static void one_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    const offset_rule *rule = instance->prepared;
    const column *x = rows->arguments[0];
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        one_slot *slot = rows->slots[i];
        bool counts = !rule->ignores_nulls || !column_is_null(x, row);
        if (counts && (rule->latest || !slot->value.has)) {
            kept_value_set(&slot->value, x, row);
            slot->sequence = rows->sequence + i;
        }
        if (results)
            kept_value_append(&slot->value, results);
    }
}

static void one_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const offset_rule *rule = instance->prepared;
    one_slot *to = slot;
    const one_slot *from = later;
    if (!from->value.has || (to->value.has && (from->sequence > to->sequence) != rule->latest))
        return;
    kept_value_copy(&to->value, &from->value, instance->result);
    to->sequence = from->sequence;
}

static void one_result(const aggregate_instance *instance, const void *slot, column *to) {
    kept_value_append(&((const one_slot *)slot)->value, to);
}

static void one_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const one_slot *one = slot;
    kept_value_save(&one->value, instance->result, out);
    buffer_append_bytes(out, (const char *)&one->sequence, sizeof one->sequence);
}

static bool one_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    one_slot *one = slot;
    return kept_value_load(&one->value, instance->result, bytes) &&
           aggregate_take(bytes, &one->sequence, sizeof one->sequence);
}

/* ---- N values, in the order of their rows ---- */

typedef struct many_slot {
    column *values;
    int64_t *sequences; /* room for N */
} many_slot;

static void many_start(const aggregate_instance *instance, void *slot) {
    *(many_slot *)slot = (many_slot){.values = column_create(instance->result->element)};
}

static void many_destroy(const aggregate_instance *instance, void *slot) {
    column_destroy(((many_slot *)slot)->values);
    memory_free(((many_slot *)slot)->sequences);
}

static void many_remove(many_slot *slot, int64_t at) {
    aggregate_values_remove(slot->values, at);
    memmove(slot->sequences + at, slot->sequences + at + 1,
        sizeof *slot->sequences * (size_t)(slot->values->length - at));
}

/* Puts a value where its number belongs; of N + 1, the earliest or the latest has to go. */
static void many_add(
    const offset_rule *rule, many_slot *slot, const column *from, int64_t row, int64_t sequence) {
    int64_t count = slot->values->length, at = count;
    while (at > 0 && slot->sequences[at - 1] > sequence)
        at--;
    if (count == rule->n && (rule->latest ? at == 0 : at == count))
        return;
    size_t bytes = sizeof *slot->sequences * (size_t)(count + 1);
    slot->sequences = memory_resize(slot->sequences, bytes);
    memmove(slot->sequences + at + 1, slot->sequences + at,
        sizeof *slot->sequences * (size_t)(count - at));
    slot->sequences[at] = sequence;
    aggregate_values_insert(slot->values, at, from, row);
    if (count == rule->n)
        many_remove(slot, rule->latest ? 0 : count);
}

static void many_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    const offset_rule *rule = instance->prepared;
    const column *x = rows->arguments[0];
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        many_slot *slot = rows->slots[i];
        if (!rule->ignores_nulls || !column_is_null(x, row))
            many_add(rule, slot, x, row, rows->sequence + i);
        if (results)
            aggregate_values_to_array(slot->values, results);
    }
}

static void many_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const many_slot *from = later;
    for (int64_t row = 0; row < from->values->length; row++)
        many_add(instance->prepared, slot, from->values, row, from->sequences[row]);
}

static void many_result(const aggregate_instance *instance, const void *slot, column *to) {
    aggregate_values_to_array(((const many_slot *)slot)->values, to);
}

static void many_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const many_slot *many = slot;
    aggregate_values_save(many->values, out);
    buffer_append_bytes(
        out, (const char *)many->sequences, sizeof *many->sequences * (size_t)many->values->length);
}

static bool many_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    many_slot *many = slot;
    if (!aggregate_values_load(many->values, bytes))
        return false;
    size_t size = sizeof *many->sequences * (size_t)many->values->length;
    many->sequences = memory_resize(many->sequences, size);
    return aggregate_take(bytes, many->sequences, size);
}

/* ---- rows of the table ---- */

#define OFFSET_KERNEL(NAME, PREPARE, FORM)                                                         \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(FORM##_slot),                                                         \
        .can_merge = true,                                                                         \
        .prepare = PREPARE,                                                                        \
        .release = offset_release,                                                                 \
        .start = FORM##_start,                                                                     \
        .destroy = FORM##_destroy,                                                                 \
        .step = FORM##_step,                                                                       \
        .merge = FORM##_merge,                                                                     \
        .result = FORM##_result,                                                                   \
        .save = FORM##_save,                                                                       \
        .load = FORM##_load,                                                                       \
    };

OFFSET_KERNEL(earliest_one, earliest_prepare, one)
OFFSET_KERNEL(earliest_many, earliest_prepare, many)
OFFSET_KERNEL(latest_one, latest_prepare, one)
OFFSET_KERNEL(latest_many, latest_prepare, many)

#define OVERLOAD(SIGNATURE, KERNEL, TYPE, INITIAL, TEXT)                                           \
    {                                                                                              \
        .signature = SIGNATURE, .nulls = FUNCTION_SEES_NULLS, .result_type = TYPE,                 \
        .aggregate = &(KERNEL), .description = TEXT, .initial_arguments = INITIAL                  \
    }

#define OVERLOADS(WHICH)                                                                           \
    {                                                                                              \
        OVERLOAD("(T) -> T", WHICH##_one, aggregate_type_of_first, 0, NULL),                       \
            OVERLOAD("(T, BOOLEAN) -> T", WHICH##_one, aggregate_type_of_first, 1,                 \
                "Whether nulls are skipped."),                                                     \
            OVERLOAD("(T, INTEGER) -> ARRAY<T>", WHICH##_many, aggregate_type_array_of_first, 1,   \
                "So many values."),                                                                \
            OVERLOAD("(T, INTEGER, BOOLEAN) -> ARRAY<T>", WHICH##_many,                            \
                aggregate_type_array_of_first, 2,                                                  \
                "So many values, and whether nulls are skipped."),                                 \
    }

static const function_overload earliest_overloads[] = OVERLOADS(earliest);
static const function_overload latest_overloads[] = OVERLOADS(latest);

static const function_descriptor functions[] = {
    {.name = "EARLIEST_BY_OFFSET",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The first value, or the first N, by offset.",
        .overloads = earliest_overloads,
        .overload_count = sizeof earliest_overloads / sizeof *earliest_overloads},
    {.name = "LATEST_BY_OFFSET",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The last value, or the last N, by offset.",
        .overloads = latest_overloads,
        .overload_count = sizeof latest_overloads / sizeof *latest_overloads},
};

void aggregate_offset_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
