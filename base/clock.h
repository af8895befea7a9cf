/* clock.h - time, injected so that a run can be replayed. Any thread. */
#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <stdint.h>

typedef struct clock_source {
    int64_t (*now_ms)(void *context); /* milliseconds since the epoch */
    void *context;
} clock_source;

extern const clock_source CLOCK_SYSTEM;

static inline int64_t clock_now_ms(const clock_source *clock) {
    return clock->now_ms(clock->context);
}

/* For measuring durations: milliseconds and nanoseconds that never go back. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_ns(void);

#endif
