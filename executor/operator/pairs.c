/* Picking rows out of a retract batch must not make an update of two rows that were none. */
#include "executor/operator/operator.h"

int64_t operator_pairs_end(const batch *rows, const int32_t *picked, int64_t first, int64_t count) {
    for (int64_t i = first + 1; i < count; i++)
        if (rows->change[picked[i - 1]] == CHANGE_DELETE &&
            rows->change[picked[i]] == CHANGE_INSERT && picked[i] != picked[i - 1] + 1)
            return i;
    return count;
}
