/* order_keys.h - rows' places in an ORDER BY, as bytes: bytewise order is the order of the rows.
 *
 * Each column is its memcomparable form (row_codec.h), inverted where it descends, behind a byte
 * that puts NULLs first or last.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_ORDER_KEYS_H
#define SLUICE_EXECUTOR_OPERATOR_ORDER_KEYS_H

#include "base/buffer.h"
#include "base/column.h"
#include "executor/state/row_codec.h"
#include "planner/plan.h"

static inline void order_key_append(
    const plan_order *order, int count, const batch *in, int64_t row, buffer *out) {
    for (int i = 0; i < count; i++) {
        column *c = in->columns[order[i].column];
        bool is_null = column_is_null(c, row);
        buffer_append_byte(out, is_null == order[i].nulls_first ? 0 : 1);
        if (is_null)
            continue;
        size_t from = out->length;
        row_key_append(out, &c, 1, row);
        if (order[i].descending)
            for (size_t k = from; k < out->length; k++)
                out->data[k] = (char)~out->data[k];
    }
}

#endif
