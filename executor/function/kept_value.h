/* kept_value.h - one value of any type, kept as small as it can be.
 *
 * Values of fixed size live in the struct; texts, bytes and nested values in a heap block that is
 * reused while it is large enough (nested ones in the form of row_codec.h). A zeroed struct holds
 * nothing. The owner calls kept_value_free.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_KEPT_VALUE_H
#define SLUICE_EXECUTOR_FUNCTION_KEPT_VALUE_H

#include "base/buffer.h"
#include "base/column.h"

typedef struct kept_value {
    union {
        uint8_t boolean; /* by type; all begin at the same byte */
        int32_t int32;
        int64_t int64;
        double float64;
        decimal128 fixed;
        struct {
            char *data;
            uint32_t length, capacity;
        } block;
    };
    bool has; /* a value or a null */
    bool is_null;
} kept_value;

void kept_value_free(kept_value *v, const sql_type *type);
void kept_value_set(kept_value *v, const column *from, int64_t row);
void kept_value_copy(kept_value *v, const kept_value *from, const sql_type *type);
/* Appends it: null when it holds nothing. */
void kept_value_append(const kept_value *v, column *to);
void kept_value_save(const kept_value *v, const sql_type *type, buffer *out);
bool kept_value_load(kept_value *v, const sql_type *type, slice *bytes); /* into an empty one */

#endif
