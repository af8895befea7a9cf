/* flink_duration.h - durations as Flink's options and settings have them. */
#ifndef SLUICE_PLANNER_FLINK_DURATION_H
#define SLUICE_PLANNER_FLINK_DURATION_H

#include <stdint.h>

#include "base/slice.h"

/* What a duration can be, for hints. */
#define FLINK_DURATION_EXAMPLES "'10 s', '5 min', '12 h' or '1 d'"

/* "10 s", "5 minutes", "100": a number and a unit (d, h, min, s, ms, us, ns and their names, in any
 * case; none: milliseconds). In milliseconds, a part of one counts as one; -1: it is no duration.
 */
int64_t flink_duration_ms(slice text);

#endif
