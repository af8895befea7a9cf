/* watermark_gather.h - the watermark of several inputs: the least of theirs.
 *
 * An input that says WATERMARK_IDLE (operator.h) is not waited for until it says a time again. When
 * all inputs are idle, so is what they make together. The combined watermark never goes back.
 * The end of a bounded input is INT64_MAX.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_WATERMARK_GATHER_H
#define SLUICE_EXECUTOR_OPERATOR_WATERMARK_GATHER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct watermark_input {
    int64_t latest;          /* INT64_MIN: none yet */
    bool is_idle, is_absent; /* absent: never waited for */
} watermark_input;

typedef struct watermark_gather {
    watermark_input *inputs; /* the owner's */
    int count;
    int64_t emitted; /* INT64_MIN: nothing yet */
    bool is_idle;
} watermark_gather;

static inline void watermark_gather_open(watermark_gather *g, watermark_input *inputs, int count) {
    *g = (watermark_gather){.inputs = inputs, .count = count, .emitted = INT64_MIN};
    for (int i = 0; i < count; i++)
        inputs[i] = (watermark_input){.latest = INT64_MIN};
}

/* Takes an input's watermark. True when there is something new to say: `combined`, a time or
 * WATERMARK_IDLE. */
bool watermark_gather_update(
    watermark_gather *g, int input, int64_t watermark_ms, int64_t *combined);

#endif
