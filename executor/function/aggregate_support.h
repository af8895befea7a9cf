/* aggregate_support.h - what the files of aggregate functions share. Private to this folder.
 *
 * A kernel's step is a loop over rows and their slots; AGGREGATE_STEP writes it, once without nulls
 * and results (the hot one) and once with. Slots of fixed size are saved packed; slots that
 * point to a heap object come with a save and a load of their own.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_AGGREGATE_SUPPORT_H
#define SLUICE_EXECUTOR_FUNCTION_AGGREGATE_SUPPORT_H

#include <assert.h>

#include "base/packed.h"
#include "executor/function/aggregate.h"

/* One each file of aggregate_*.c. */
void aggregate_arithmetic_register(void);
void aggregate_extreme_register(void);
void aggregate_top_register(void);
void aggregate_collect_register(void);
void aggregate_offset_register(void);
void aggregate_statistics_register(void);
void aggregate_distinct_register(void);
void aggregate_flink_register(void);

/* Defines the step of a kernel over its first argument `x`. UPDATE applies `row` to `slot` with the
 * weight `change[row]`; it runs for rows where x has a value only. RESULT appends the slot's result
 * to `results`. Both may use `i`, the place in `rows`. */
#define AGGREGATE_STEP(NAME, SLOT, UPDATE, RESULT)                                                 \
    static void NAME(                                                                              \
        const aggregate_instance *instance, const aggregate_rows *rows, column *results) {         \
        const column *x = rows->arguments[0];                                                      \
        const int8_t *change = rows->change;                                                       \
        (void)change;                                                                              \
        if (!results && !column_has_nulls(x)) {                                                    \
            for (int64_t i = 0; i < rows->count; i++) {                                            \
                int32_t row = rows->rows[i];                                                       \
                SLOT *slot = rows->slots[i];                                                       \
                UPDATE;                                                                            \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (int64_t i = 0; i < rows->count; i++) {                                                \
            int32_t row = rows->rows[i];                                                           \
            SLOT *slot = rows->slots[i];                                                           \
            if (!column_is_null(x, row)) {                                                         \
                UPDATE;                                                                            \
            }                                                                                      \
            if (results) {                                                                         \
                RESULT;                                                                            \
            }                                                                                      \
        }                                                                                          \
    }

/* The start, save and load of slots that are plain bytes and start as zeros. */
#define AGGREGATE_PLAIN_SLOT(PREFIX, SLOT)                                                         \
    static void PREFIX##_start(const aggregate_instance *instance, void *slot) {                   \
        memset(slot, 0, sizeof(SLOT));                                                             \
    }                                                                                              \
    static void PREFIX##_save(const aggregate_instance *instance, const void *slot, buffer *out) { \
        packed_append(out, slot, sizeof(SLOT));                                                    \
    }                                                                                              \
    static bool PREFIX##_load(const aggregate_instance *instance, void *slot, slice *bytes) {      \
        return packed_take(bytes, slot, sizeof(SLOT));                                             \
    }

/* Takes `length` bytes off the front of `bytes`; false when there are fewer. */
static inline bool aggregate_take(slice *bytes, void *to, size_t length) {
    if (bytes->length < length)
        return false;
    memcpy(to, bytes->data, length);
    bytes->data += length;
    bytes->length -= length;
    return true;
}

/* Result types that a signature cannot say. */
const sql_type *aggregate_type_of_first(
    arena *a, const sql_type *const *arguments, int count, error *e);
const sql_type *aggregate_type_array_of_first(
    arena *a, const sql_type *const *arguments, int count, error *e);

/* Values of one type in a column, as bytes and back. `load` appends to the empty column `values`.
 */
void aggregate_values_save(const column *values, buffer *out);
bool aggregate_values_load(column *values, slice *bytes);
/* The first row (or the last, searching backwards) that equals one of another column; -1: none. */
int64_t aggregate_values_find(const column *values, const column *from, int64_t row);
int64_t aggregate_values_find_last(const column *values, const column *from, int64_t row);
/* Takes one row out. */
void aggregate_values_remove(column *values, int64_t row);
/* Puts a copy of a row before row `at`. */
void aggregate_values_insert(column *values, int64_t at, const column *from, int64_t row);
/* Appends all values as one row of an ARRAY column. */
void aggregate_values_to_array(const column *values, column *to);

#endif
