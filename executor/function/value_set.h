/* value_set.h - different values of one type in the order they came, each with a count.
 *
 * The state of aggregates that tell values apart. A zeroed set with value_set_open is empty; the
 * owner closes it. Finding a value hashes it; taking one out is slow (it moves what follows).
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_VALUE_SET_H
#define SLUICE_EXECUTOR_FUNCTION_VALUE_SET_H

#include "base/buffer.h"
#include "base/column.h"

typedef struct value_set {
    column *values;
    int64_t *counts; /* by row of values */
    int64_t capacity;
    int32_t *cells; /* row + 1 by hash; NULL while there are few values */
    int64_t cell_count;
} value_set;

void value_set_open(value_set *set, const sql_type *type);
void value_set_close(value_set *set);
/* The row of a value; -1 when it is not there. Nulls are values. */
int64_t value_set_find(const value_set *set, const column *from, int64_t row);
/* Adds a value that is not there. */
void value_set_add(value_set *set, const column *from, int64_t row, int64_t count);
void value_set_remove(value_set *set, int64_t at);
void value_set_save(const value_set *set, buffer *out);
bool value_set_load(value_set *set, slice *bytes); /* into an empty set */

#endif
