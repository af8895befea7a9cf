/* scratch.h - memory that calls keep between rows, as prepared state. Private to the functions. */
#ifndef SLUICE_EXECUTOR_FUNCTION_SCRATCH_H
#define SLUICE_EXECUTOR_FUNCTION_SCRATCH_H

#include "base/buffer.h"
#include "executor/function/function.h"

/* A buffer: call->prepared is a `buffer *`. */
void *scratch_buffer_prepare(const function_call *call);
void scratch_buffer_release(void *prepared);

/* A list of rows: call->prepared is a `scratch_rows *`. */
typedef struct scratch_rows {
    int32_t *rows;
    int64_t capacity;
} scratch_rows;

void *scratch_rows_prepare(const function_call *call);
void scratch_rows_release(void *prepared);
/* Fills it with first, first + 1, ... and returns the array. */
int32_t *scratch_rows_fill(scratch_rows *list, int32_t first, int32_t count);

/* Whether the value of a row comes again before row `end`: of equal map keys the last one counts.
 */
bool scratch_repeats(const column *c, int64_t row, int64_t end);

#define SCRATCH_BUFFER .prepare = scratch_buffer_prepare, .release = scratch_buffer_release
#define SCRATCH_ROWS .prepare = scratch_rows_prepare, .release = scratch_rows_release

#endif
