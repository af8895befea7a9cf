/* TOPK and TOPKDISTINCT: the k largest values, largest first.
 *
 * A group keeps a sorted column of at most k values, or of STRUCTs whose first field is the value
 * and whose other fields are the other columns. A value that equals others goes behind them; one
 * that is below the last of k changes nothing, at the cost of one comparison. Nulls are skipped.
 */
#include "base/memory.h"
#include "executor/function/aggregate_support.h"

typedef struct top {
    int64_t k;
    bool distinct;
    column *candidate; /* one row: the STRUCT of the row at hand; NULL when values are kept alone */
} top;

typedef struct top_slot {
    column *values;
} top_slot;

static bool top_prepare_as(aggregate_instance *instance, bool distinct, error *e) {
    const column *k =
        instance->constant_count ? instance->constants[instance->constant_count - 1] : NULL;
    if (!k || column_is_null(k, 0) || k->int32s[0] <= 0)
        return error_set(e, ERROR_STATEMENT, "%s needs a number of values that is 1 or more.",
            distinct ? "TOPKDISTINCT" : "TOPK");
    top *t = MEMORY_NEW(top);
    t->k = k->int32s[0];
    t->distinct = distinct;
    if (instance->argument_count > 1)
        t->candidate = column_create(instance->result->element);
    instance->prepared = t;
    return true;
}

static bool top_prepare(aggregate_instance *instance, error *e) {
    return top_prepare_as(instance, false, e);
}

static bool top_distinct_prepare(aggregate_instance *instance, error *e) {
    return top_prepare_as(instance, true, e);
}

static void top_release(aggregate_instance *instance) {
    top *t = instance->prepared;
    if (t)
        column_destroy(t->candidate);
    memory_free(t);
    instance->prepared = NULL;
}

static void top_start(const aggregate_instance *instance, void *slot) {
    ((top_slot *)slot)->values = column_create(instance->result->element);
}

static void top_destroy(const aggregate_instance *instance, void *slot) {
    column_destroy(((top_slot *)slot)->values);
}

/* What is compared: the values, or the first field of the STRUCTs. */
static const column *sort_column(const top *t, const column *values) {
    return t->candidate ? values->children[0] : values;
}

static void offer(const top *t, column *values, const column *from, int64_t row) {
    const column *kept = sort_column(t, values), *offered = sort_column(t, from);
    int64_t at = values->length;
    int order = 1;
    while (at > 0 && (order = column_rows_compare(kept, at - 1, offered, row)) < 0)
        at--;
    if (at >= t->k || (t->distinct && at > 0 && order == 0))
        return;
    aggregate_values_insert(values, at, from, row);
    column_truncate(values, t->k);
}

static void step_row(
    const aggregate_instance *instance, top_slot *slot, const aggregate_rows *rows, int32_t row) {
    top *t = instance->prepared;
    if (!t->candidate) {
        offer(t, slot->values, rows->arguments[0], row);
        return;
    }
    column_clear(t->candidate);
    for (int i = 0; i < t->candidate->child_count; i++)
        column_append_row(t->candidate->children[i], rows->arguments[i], row);
    column_append_nested(t->candidate);
    offer(t, slot->values, t->candidate, 0);
}

AGGREGATE_STEP(top_step, top_slot, step_row(instance, slot, rows, row),
    aggregate_values_to_array(slot->values, results))

static void top_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const column *from = ((const top_slot *)later)->values;
    for (int64_t row = 0; row < from->length; row++)
        offer(instance->prepared, ((top_slot *)slot)->values, from, row);
}

static void top_result(const aggregate_instance *instance, const void *slot, column *to) {
    aggregate_values_to_array(((const top_slot *)slot)->values, to);
}

static void top_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    aggregate_values_save(((const top_slot *)slot)->values, out);
}

static bool top_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    return aggregate_values_load(((top_slot *)slot)->values, bytes);
}

#define TOP_KERNEL(NAME, PREPARE)                                                                  \
    static const aggregate_kernel NAME = {                                                         \
        .slot_bytes = sizeof(top_slot),                                                            \
        .can_merge = true,                                                                         \
        .prepare = PREPARE,                                                                        \
        .release = top_release,                                                                    \
        .start = top_start,                                                                        \
        .destroy = top_destroy,                                                                    \
        .step = top_step,                                                                          \
        .merge = top_merge,                                                                        \
        .result = top_result,                                                                      \
        .save = top_save,                                                                          \
        .load = top_load,                                                                          \
    };

TOP_KERNEL(top_kernel, top_prepare)
TOP_KERNEL(top_distinct_kernel, top_distinct_prepare)

/* ARRAY<STRUCT<`sort_col` T, `col0` ..., `col1` ...>>; the last argument is k. */
static const sql_type *top_struct_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    int columns = count - 1;
    sql_field *fields = ARENA_ARRAY(a, sql_field, columns);
    fields[0] = (sql_field){SLICE_LITERAL("sort_col"), arguments[0]};
    for (int i = 1; i < columns; i++)
        fields[i] = (sql_field){arena_format(a, "col%d", i - 1), arguments[i]};
    return sql_type_array(a, sql_type_struct(a, fields, columns));
}

/* ---- rows of the table ---- */

#define VALUES(TYPE, KERNEL)                                                                       \
    {                                                                                              \
        .signature = "(" TYPE ", INTEGER) -> ARRAY<" TYPE ">", .nulls = FUNCTION_SEES_NULLS,       \
        .result_type = aggregate_type_array_of_first, .aggregate = &(KERNEL),                      \
        .initial_arguments = 1                                                                     \
    }
#define STRUCTS(OTHERS)                                                                            \
    {                                                                                              \
        .signature = "(T" OTHERS ", INTEGER) -> ARRAY<STRUCT>", .nulls = FUNCTION_SEES_NULLS,      \
        .result_type = top_struct_type, .aggregate = &top_kernel,                                  \
        .description = "Keeps other columns beside each value.", .initial_arguments = 1            \
    }
#define EACH_TYPE(KERNEL)                                                                          \
    VALUES("INTEGER", KERNEL), VALUES("BIGINT", KERNEL), VALUES("DOUBLE", KERNEL),                 \
        VALUES("DECIMAL", KERNEL), VALUES("STRING", KERNEL), VALUES("BYTES", KERNEL),              \
        VALUES("DATE", KERNEL), VALUES("TIME", KERNEL), VALUES("TIMESTAMP", KERNEL)

static const function_overload top_overloads[] = {
    EACH_TYPE(top_kernel),
    STRUCTS(", ANY"),
    STRUCTS(", ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY, ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY, ANY, ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY, ANY, ANY, ANY, ANY"),
    STRUCTS(", ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY"),
};

static const function_overload top_distinct_overloads[] = {EACH_TYPE(top_distinct_kernel)};

static const function_descriptor functions[] = {
    {.name = "TOPK",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The k largest values, or rows with the k largest values, largest first.",
        .overloads = top_overloads,
        .overload_count = sizeof top_overloads / sizeof *top_overloads},
    {.name = "TOPKDISTINCT",
        .kind = FUNCTION_AGGREGATE,
        .category = "AGGREGATE",
        .summary = "The k largest different values, largest first.",
        .overloads = top_distinct_overloads,
        .overload_count = sizeof top_distinct_overloads / sizeof *top_distinct_overloads},
};

void aggregate_top_register(void) {
    function_register(functions, sizeof functions / sizeof *functions);
}
