/* One reader of all partitions; a partition is done when its position has reached its end. */
#include "server/stream_feed.h"

#include "base/clock.h"

enum { POLL_MS = 100, RECORDS_MOST = 4096, SILENCE_MOST_MS = 10000 };

typedef struct feeding {
    topic_reader *reader;
    int64_t *ends; /* by partition, which is also the assignment */
    int32_t partitions;
} feeding;

static bool assign_all(feeding *f, topic_system *topics, slice topic, error *e) {
    for (int32_t p = 0; p < f->partitions; p++) {
        int64_t start;
        if (!topic_offsets(topics, topic, p, &start, &f->ends[p], e) ||
            !topic_reader_assign(f->reader, topic, p, start, e))
            return false;
    }
    return true;
}

static bool all_read(const feeding *f) {
    for (int32_t p = 0; p < f->partitions; p++)
        if (topic_reader_position(f->reader, p) < f->ends[p])
            return false;
    return true;
}

static bool feed_segment(const feeding *f, running_query *query, const topic_segment *segment,
    int64_t limit, const int64_t *given, error *e) {
    for (int64_t r = 0; r < segment->count; r++) {
        const topic_record *record = &segment->records[r];
        if (record->offset >= f->ends[segment->assignment] || (limit >= 0 && *given >= limit))
            return true;
        if (!query_feed(query, 0, record, e))
            return false;
    }
    return true;
}

static bool feed_all(
    feeding *f, running_query *query, int64_t limit, const int64_t *given, error *e) {
    int64_t heard_ms = clock_monotonic_ms();
    while (!all_read(f) && !(limit >= 0 && *given >= limit)) {
        const topic_segment *segments;
        int count;
        if (!topic_reader_poll(f->reader, POLL_MS, RECORDS_MOST, &segments, &count, e))
            return false;
        if (count)
            heard_ms = clock_monotonic_ms();
        else if (clock_monotonic_ms() - heard_ms > SILENCE_MOST_MS)
            return error_set(e, ERROR_IO, "The topic could not be read to its end in time");
        for (int s = 0; s < count; s++)
            if (!feed_segment(f, query, &segments[s], limit, given, e))
                return false;
    }
    return true;
}

bool stream_feed(topic_system *topics, slice topic, running_query *query, int64_t limit,
    const int64_t *given, error *e) {
    topic_info info;
    if (!topic_describe(topics, topic, &info, e))
        return false;
    arena *a = arena_create();
    feeding f = {.reader = topic_reader_open(topics, SLICE_LITERAL("pull"), e),
        .ends = ARENA_ARRAY(a, int64_t, info.config.partitions),
        .partitions = info.config.partitions};
    bool ok = f.reader && assign_all(&f, topics, topic, e) && feed_all(&f, query, limit, given, e);
    if (f.reader)
        topic_reader_close(f.reader);
    arena_destroy(a);
    return ok;
}
