/* row_set.h - the distinct values among rows of columns. Private to the functions of arrays. */
#ifndef SLUICE_EXECUTOR_FUNCTION_ROW_SET_H
#define SLUICE_EXECUTOR_FUNCTION_ROW_SET_H

#include "base/column.h"

/* Zeroed is a valid empty one. The columns must stay as they are while the set has their rows. */
typedef struct row_set {
    struct row_set_slot {
        const column *column;
        int64_t row;
    } * slots;
    int64_t capacity, room;
} row_set;

void row_set_free(row_set *s);
/* Empties it and makes room for `count` values. */
void row_set_start(row_set *s, int64_t count);
bool row_set_contains(const row_set *s, const column *c, int64_t row);
/* False when an equal value (null is one) is there already. */
bool row_set_add(row_set *s, const column *c, int64_t row);

#endif
