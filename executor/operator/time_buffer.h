/* time_buffer.h - rows that wait for the watermark, and leave in the order of their time.
 *
 * Rows are kept as bytes in a heap, by time, then the further order, then their coming. What waits
 * at a barrier is written to a store, and read back at the start.
 *
 * Store: 1, place (memcomparable: time, order), id: the row's change, then the row.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_TIME_BUFFER_H
#define SLUICE_EXECUTOR_OPERATOR_TIME_BUFFER_H

#include "executor/operator/operator.h"
#include "executor/operator/order_keys.h"

typedef struct waiting_row {
    int64_t time, id;
    uint32_t place_length, length; /* of the bytes: the place behind the time; the row */
    int8_t change;
    bool is_saved;
    char bytes[];
} waiting_row;

typedef struct waiting_place {
    int64_t time; /* the row's: mostly enough to compare */
    waiting_row *row;
} waiting_place;

typedef struct time_buffer {
    operator* owner;
    const plan_node *input;
    int time; /* input column */
    int order_count;
    const plan_order *order;
    const sql_type **types;
    store *store;
    waiting_place *heap;
    int64_t count, capacity, next_id, unsaved;
    buffer key, value;
} time_buffer;

bool time_buffer_open(time_buffer *b, operator* owner, int input, int time, const plan_order *order,
    int order_count, const char *suffix, error *e);
void time_buffer_close(time_buffer *b);
/* Rows without a time must not be given. */
void time_buffer_add(time_buffer *b, const batch *in, int64_t row);
/* Moves up to `most` rows with times up to `until_ms` into `to`, in order. Returns how many. */
int64_t time_buffer_take(time_buffer *b, int64_t until_ms, batch_builder *to, int64_t most);
void time_buffer_save(time_buffer *b);

/* Adds a batch's rows but the late ones (times up to the watermark), which are counted. */
void time_buffer_add_batch(time_buffer *b, const batch *in, int64_t watermark_ms);

#endif
