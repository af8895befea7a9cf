#include "executor/source_range.h"

#include <stdio.h>

/* 'partition:0,offset:42;partition:1,offset:300'; -1: the partition is not named. */
static int64_t specific_offset(slice text, int32_t partition) {
    while (text.length) {
        const char *end = memchr(text.data, ';', text.length);
        size_t length = end ? (size_t)(end - text.data) : text.length;
        char item[100];
        long long number, offset;
        snprintf(item, sizeof item, "%.*s", (int)length, text.data);
        if (sscanf(item, "partition:%lld,offset:%lld", &number, &offset) == 2 &&
            number == partition)
            return offset;
        size_t skipped = length + (end ? 1 : 0);
        text = slice_make(text.data + skipped, text.length - skipped);
    }
    return -1;
}

typedef struct range {
    topic_system *topics;
    const source_descriptor *source;
    int32_t partition;
    int64_t start, end; /* of the partition now */
} range;

static bool open_range(range *r, error *e) {
    return topic_offsets(r->topics, r->source->topic, r->partition, &r->start, &r->end, e);
}

static slice option(const range *r, const char *name) {
    return flink_option(r->source->flink, name);
}

/* Where the group of 'properties.group.id' has come to; -1: it has committed nothing. */
static bool group_position(const range *r, int64_t *position, error *e) {
    slice group = option(r, "properties.group.id");
    *position = -1;
    return !group.length ||
           topic_group_offset(r->topics, group, r->source->topic, r->partition, position, e);
}

/* The modes that starts and ends have in common. False in `*found`: none of them. */
static bool common_mode(const range *r, const char *mode_name, const char *time_name,
    const char *offsets_name, int64_t otherwise, bool *found, int64_t *position, error *e) {
    slice mode = option(r, mode_name);
    int64_t time_ms;
    *found = true;
    if (slice_is(mode, "timestamp")) {
        if (!slice_to_int64(option(r, time_name), &time_ms))
            return error_set(e, ERROR_STATEMENT, "'%s' of table '%.*s' must be a number", time_name,
                SLICE_ARG(r->source->name));
        return topic_offset_at(r->topics, r->source->topic, r->partition, time_ms, position, e);
    }
    if (slice_is(mode, "specific-offsets")) {
        *position = specific_offset(option(r, offsets_name), r->partition);
        if (*position < 0)
            *position = otherwise;
        return true;
    }
    if (slice_is(mode, "latest-offset"))
        *position = r->end;
    else
        *found = false;
    return true;
}

/* A query commits its positions for a group of its own. What others have committed for the table's
 * group counts at its first start; a group without any starts where 'properties.auto.offset.reset'
 * says. */
bool source_range_start(topic_system *topics, const source_descriptor *source, int32_t partition,
    int64_t *position, error *e) {
    range r = {topics, source, partition, 0, 0};
    bool found = false;
    if (!open_range(&r, e))
        return false;
    *position = r.start;
    if (source->kind == SOURCE_TABLE)
        return true;
    if (!common_mode(&r, "scan.startup.mode", "scan.startup.timestamp-millis",
            "scan.startup.specific-offsets", r.start, &found, position, e))
        return false;
    int64_t committed = -1;
    bool by_group = !found && !slice_is(option(&r, "scan.startup.mode"), "earliest-offset");
    if (by_group && !group_position(&r, &committed, e))
        return false;
    if (committed >= 0) {
        *position = committed;
        return true;
    }
    bool latest = slice_is(option(&r, "properties.auto.offset.reset"), "latest") &&
                  !slice_is(option(&r, "scan.startup.mode"), "earliest-offset");
    if (!found && latest)
        *position = r.end;
    return true;
}

bool source_range_end(topic_system *topics, const source_descriptor *source, int32_t partition,
    int64_t *end, error *e) {
    range r = {topics, source, partition, 0, 0};
    bool found = false;
    *end = INT64_MAX;
    if (!source->flink || !source->flink->is_bounded)
        return true;
    if (!open_range(&r, e) || !common_mode(&r, "scan.bounded.mode", "scan.bounded.timestamp-millis",
                                  "scan.bounded.specific-offsets", r.end, &found, end, e))
        return false;
    int64_t committed = -1;
    bool by_group = slice_is(option(&r, "scan.bounded.mode"), "group-offsets");
    if (by_group && !group_position(&r, &committed, e))
        return false;
    if (!found)
        *end = committed >= 0 ? committed : r.end;
    return true;
}
