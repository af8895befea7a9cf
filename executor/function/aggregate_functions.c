/* The aggregate functions: registration, and the lists of values that several of them keep. */
#include "executor/function/aggregate_support.h"
#include "executor/state/row_codec.h"

void aggregate_functions_register(void) {
    aggregate_arithmetic_register();
    aggregate_extreme_register();
    aggregate_top_register();
    aggregate_collect_register();
    aggregate_offset_register();
    aggregate_statistics_register();
    aggregate_distinct_register();
    aggregate_flink_register();
}

const sql_type *aggregate_type_of_first(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return arguments[0];
}

const sql_type *aggregate_type_array_of_first(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    return sql_type_array(a, arguments[0]);
}

void aggregate_values_save(const column *values, buffer *out) {
    uint32_t count = (uint32_t)values->length;
    buffer_append_bytes(out, (const char *)&count, sizeof count);
    column *columns[] = {(column *)values};
    for (int64_t row = 0; row < values->length; row++)
        row_value_append(out, columns, 1, row);
}

bool aggregate_values_load(column *values, slice *bytes) {
    uint32_t count;
    if (!aggregate_take(bytes, &count, sizeof count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!row_value_read(bytes, &values->type, &values, 1))
            return false;
    return true;
}

int64_t aggregate_values_find(const column *values, const column *from, int64_t row) {
    for (int64_t i = 0; i < values->length; i++)
        if (column_rows_equal(values, i, from, row))
            return i;
    return -1;
}

int64_t aggregate_values_find_last(const column *values, const column *from, int64_t row) {
    int64_t i = values->length - 1;
    while (i >= 0 && !column_rows_equal(values, i, from, row))
        i--;
    return i;
}

/* Columns grow at the end only, so the rows from `at` on are set aside and appended again. */
static column *cut_tail(column *values, int64_t at, int64_t tail_from) {
    column *tail = column_create(values->type);
    column_append_rows(tail, values, tail_from, values->length - tail_from);
    column_truncate(values, at);
    return tail;
}

void aggregate_values_remove(column *values, int64_t row) {
    column *tail = cut_tail(values, row, row + 1);
    column_append_rows(values, tail, 0, tail->length);
    column_destroy(tail);
}

void aggregate_values_insert(column *values, int64_t at, const column *from, int64_t row) {
    if (at == values->length) {
        column_append_row(values, from, row);
        return;
    }
    column *tail = cut_tail(values, at, at);
    column_append_row(values, from, row);
    column_append_rows(values, tail, 0, tail->length);
    column_destroy(tail);
}

void aggregate_values_to_array(const column *values, column *to) {
    column_append_rows(to->children[0], values, 0, values->length);
    column_append_nested(to);
}
