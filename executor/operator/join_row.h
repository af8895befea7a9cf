/* join_row.h - what the joins share: their inputs' rows in stores, and their output rows.
 *
 * An input row is stored as: rowtime (8 bytes, memcomparable), then its columns without the key
 * columns, which stand in the store's key. The key is the memcomparable key columns and, for
 * windowed inputs, the window's start and end.
 *
 * An output row is: the key columns, all columns of the left input, all of the right one.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_JOIN_ROW_H
#define SLUICE_EXECUTOR_OPERATOR_JOIN_ROW_H

#include "executor/operator/operator.h"
#include "executor/state/row_codec.h"

/* One input of a join. */
typedef struct join_side {
    const plan_node *node;
    const sql_type **value_types; /* of the columns behind the key */
    column **values;              /* scratch: where stored columns are read to */
    int key_count, value_count;
    int first_column; /* its place in the output */
    int unstored;     /* a column that is null in stored rows; -1: none */
    bool windowed;
} join_side;

void join_side_open(join_side *side, const plan_node *join, int input);
void join_side_close(join_side *side);

/* Appends a row's key. False when one of its columns is null: such rows match nothing. */
bool join_key_append(const join_side *side, const batch *rows, int64_t row, buffer *key);
/* Appends a row's stored form. */
void join_value_append(const join_side *side, const batch *rows, int64_t row, buffer *value);
/* Only the columns of it. */
void join_columns_append(const join_side *side, const batch *rows, int64_t row, buffer *columns);
/* The rowtime at the front of a stored row, taken off. */
int64_t join_value_rowtime(slice *value);

/* The keys of some rows, made before these are joined: so that what they will need can be fetched
 * into the caches meanwhile. All zero: empty; buffer_free(&bytes) at the end. */
enum { JOIN_ROWS_AHEAD = 64 };
typedef struct join_keys {
    buffer bytes;
    size_t starts[JOIN_ROWS_AHEAD + 1];
    uint64_t hashes[JOIN_ROWS_AHEAD]; /* slice_hash */
    bool missing[JOIN_ROWS_AHEAD];    /* the row has no whole key */
    int count;
} join_keys;

/* Of the next rows from `first` on, at most JOIN_ROWS_AHEAD of them. */
void join_keys_make(join_keys *keys, const join_side *side, const batch *rows, int64_t first);
/* The same by hand: what was appended to `bytes` since the last call is the next key. */
void join_keys_clear(join_keys *keys);
void join_keys_add(join_keys *keys, bool is_missing);
/* Has what a store has in memory under these keys fetched. */
void join_keys_fetch(const join_keys *keys, const store *from);
static inline slice join_keys_at(const join_keys *keys, int i) {
    return slice_make(keys->bytes.data + keys->starts[i], keys->starts[i + 1] - keys->starts[i]);
}

/* Room for output rows that are emitted in portions. */
typedef struct join_output {
    operator* self;
    batch_builder *rows;
    /* Input rows whose columns the last output rows still lack; see join_output_pick. */
    const join_side *own, *other;
    const batch *picked_from;
    int32_t *picked;
    int64_t picked_count, picked_capacity;
    bool picked_matched;
    bool picked_run; /* they stand one behind the other */
} join_output;

void join_output_open(join_output *out, operator* self);
void join_output_close(join_output *out);
/* Starts a row; then its key and both sides are appended. */
void join_output_start(join_output *out, int64_t rowtime, int8_t change);
void join_output_window(join_output *out, int64_t start_ms, int64_t end_ms);
/* Key columns (and window) of an input row or of a stored key. */
void join_output_key(join_output *out, const join_side *side, const batch *rows, int64_t row);
void join_output_stored_key(join_output *out, const join_side *side, slice key);
/* One side's columns: of an input row, of a stored row, or nulls. A stored row's `key` is the
 * input's own key; `value` has its rowtime taken off. A damaged one fails the query, and is nulls
 * until it stops. */
void join_output_row(join_output *out, const join_side *side, const batch *rows, int64_t row);
void join_output_stored(join_output *out, const join_side *side, slice key, slice value);
void join_output_nulls(join_output *out, const join_side *side);
/* The same for many rows, a column at a time: begin says which input the rows are of that are now
 * joined, and what the other one is. A row that was started is then given its key, window and its
 * own side by pick; with `matched`, join_output_columns gives the stored columns of the other side,
 * which has the same key; else the other side is nulls. What is emitted is complete; before rows
 * are made in another way, and before the input batch goes, the picked ones are settled. */
void join_output_begin(
    join_output *out, const join_side *own, const join_side *other, const batch *rows);
void join_output_pick(join_output *out, int64_t row, bool matched);
void join_output_columns(join_output *out, const join_side *side, slice columns);
void join_output_settle(join_output *out);
/* Fails the query: something in a store does not fit its types. */
void join_output_fail(join_output *out);
/* Emits what there is when it is much, or in any case. */
void join_output_ended(join_output *out);
void join_output_emit(join_output *out);

/* The key of rows `a` and `b` is the same. */
bool join_same_key(const join_side *side, const batch *rows, int64_t a, int64_t b);

#endif
