/* row_keys.h - the keys of a batch's rows, for the hash tables of the relational operators.
 *
 * A key is some columns of a row. It has one of the forms of group_table.h; NULL is a value like
 * any other: in the forms for one column it has a hash that no other value of its integer or bytes
 * has. All keys of a batch are hashed (and, where the form needs it, encoded) at once.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_ROW_KEYS_H
#define SLUICE_EXECUTOR_OPERATOR_ROW_KEYS_H

#include "base/buffer.h"
#include "executor/operator/group_table.h"
#include "planner/plan.h"

typedef struct row_keys {
    int count;
    const int *columns; /* of the input, the node's */
    group_key_form form;
    column **bound, **scratch; /* one a key column */
    uint64_t *hashes;          /* by row */
    size_t *ends;              /* ENCODED: by row, in `encoded` */
    buffer encoded;
    int64_t capacity;
    int32_t *all; /* 0, 1, 2, ... */
} row_keys;

void row_keys_open(row_keys *k, const plan_node *input, const int *columns, int count);
void row_keys_close(row_keys *k);
/* Takes the keys of all rows. They are valid until the next call, or the batch ends. */
void row_keys_bind(row_keys *k, const batch *rows);

static inline group_key row_keys_get(const row_keys *k, int64_t row) {
    group_key key = {.hash = k->hashes[row]};
    if (k->form == GROUP_KEY_ENCODED) {
        size_t from = row ? k->ends[row - 1] : 0;
        key.bytes = slice_make(k->encoded.data + from, k->ends[row] - from);
    } else if (column_is_null(k->bound[0], row)) {
        return key;
    } else if (k->form == GROUP_KEY_INT64) {
        key.integer = k->bound[0]->int64s[row];
    } else if (k->form == GROUP_KEY_INT32) {
        key.integer = k->bound[0]->int32s[row];
    } else {
        key.bytes = column_slice(k->bound[0], row);
    }
    return key;
}
/* One of a row's key columns is NULL. */
static inline bool row_keys_has_null(const row_keys *k, int64_t row) {
    for (int i = 0; i < k->count; i++)
        if (column_is_null(k->bound[i], row))
            return true;
    return false;
}

/* A key in its part of a store's key (memcomparable), and back: the key's bytes are taken off the
 * front; the key is valid until the next call. */
void row_keys_append(row_keys *k, const group_key *key, buffer *out);
bool row_keys_read(row_keys *k, slice *bytes, group_key *key);
/* Appends a key's values to columns. */
void row_keys_output(const row_keys *k, const group_key *key, column *const *to);

#endif
