/* table_row.h - the layout of a materialized table's rows in its store, written by the sink and
 * read by scans.
 *
 * Key: the memcomparable key columns, then for windowed tables the window's start and end. Value:
 * the rowtime (8 bytes, memcomparable), then the value columns in declaration order. */
#ifndef SLUICE_EXECUTOR_OPERATOR_TABLE_ROW_H
#define SLUICE_EXECUTOR_OPERATOR_TABLE_ROW_H

#include "executor/state/row_codec.h"
#include "planner/plan.h"

static inline void table_row_key(buffer *out, column *const *keys, int key_count, bool windowed,
    const batch *rows, int64_t row) {
    row_key_append(out, keys, key_count, row);
    if (windowed) {
        row_key_append_int64(out, rows->window_start[row]);
        row_key_append_int64(out, rows->window_end[row]);
    }
}

static inline void table_row_value(
    buffer *out, column *const *values, int value_count, const batch *rows, int64_t row) {
    row_key_append_int64(out, rows->rowtime[row]);
    row_value_append(out, values, value_count, row);
}

#endif
