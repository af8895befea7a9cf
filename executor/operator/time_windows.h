/* time_windows.h - which windows of fixed bounds a moment belongs to. Half open: [start, end). */
#ifndef SLUICE_EXECUTOR_OPERATOR_TIME_WINDOWS_H
#define SLUICE_EXECUTOR_OPERATOR_TIME_WINDOWS_H

#include "planner/plan.h"

/* The largest offset + n * unit that is not above `time`. */
static inline int64_t time_windows_floor(int64_t time, int64_t unit, int64_t offset) {
    int64_t rest = (time - offset) % unit;
    return time - (rest < 0 ? rest + unit : rest);
}

/* The first of a moment's windows, then the next ones: by rising ends. False when there is no
 * further one. */
static inline void time_windows_first(
    const plan_time_window *w, int64_t time, int64_t *start, int64_t *end) {
    if (w->function == PLAN_WINDOW_HOP) {
        int64_t last = time_windows_floor(time, w->step_ms, w->offset_ms);
        int64_t more =
            (time - last < w->size_ms) ? (w->size_ms - 1 - (time - last)) / w->step_ms : -1;
        *start = last - more * w->step_ms;
        *end = *start + w->size_ms;
    } else {
        *start = time_windows_floor(time, w->size_ms, w->offset_ms);
        *end = *start + w->size_ms;
        if (w->function == PLAN_WINDOW_CUMULATE)
            *end = time_windows_floor(time, w->step_ms, *start) + w->step_ms;
    }
}

static inline bool time_windows_next(
    const plan_time_window *w, int64_t time, int64_t *start, int64_t *end) {
    if (w->function == PLAN_WINDOW_HOP && *start + w->step_ms <= time) {
        *start += w->step_ms;
        *end += w->step_ms;
        return true;
    }
    if (w->function == PLAN_WINDOW_CUMULATE && *end < *start + w->size_ms) {
        *end += w->step_ms;
        return true;
    }
    return false;
}

/* The end of the last of a moment's windows. */
static inline int64_t time_windows_last_end(const plan_time_window *w, int64_t time) {
    if (w->function == PLAN_WINDOW_HOP)
        return time_windows_floor(time, w->step_ms, w->offset_ms) + w->size_ms;
    return time_windows_floor(time, w->size_ms, w->offset_ms) + w->size_ms;
}

#endif
