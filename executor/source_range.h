/* source_range.h - where a Flink table's partitions are read from and to. Private to executor/. */
#ifndef SLUICE_EXECUTOR_SOURCE_RANGE_H
#define SLUICE_EXECUTOR_SOURCE_RANGE_H

#include "executor/topic/topic.h"
#include "planner/plan.h"

/* By 'scan.startup.mode', for a partition that has not been read before. */
bool source_range_start(topic_system *topics, const source_descriptor *source, int32_t partition,
    int64_t *position, error *e);
/* By 'scan.bounded.mode': reading stops before this offset; INT64_MAX: it goes on for ever. */
bool source_range_end(topic_system *topics, const source_descriptor *source, int32_t partition,
    int64_t *end, error *e);

#endif
