/* How far each topic has been compared: per partition, the next offset to look at. */
#include "shell/sql_test_state.h"

struct topic_mark {
    slice topic;
    int32_t partitions;
    int64_t *next; /* by partition */
    topic_mark *following;
};

static topic_mark *mark_of(sql_test_state *t, slice topic, int32_t partitions) {
    for (topic_mark *m = t->marks; m; m = m->following)
        if (slice_equal(m->topic, topic))
            return m;
    topic_mark *m = ARENA_NEW(t->arena, topic_mark);
    *m = (topic_mark){arena_copy(t->arena, topic), partitions,
        ARENA_ARRAY(t->arena, int64_t, partitions), t->marks};
    t->marks = m;
    return m;
}

static void append_record(
    sql_test_state *t, topic_record **records, int64_t *count, const topic_record *record) {
    if ((*count & (*count - 1)) == 0) { /* full at every power of two */
        topic_record *more = ARENA_ARRAY(t->arena, topic_record, *count ? *count * 2 : 1);
        if (*count)
            memcpy(more, *records, sizeof *more * (size_t)*count);
        *records = more;
    }
    (*records)[(*count)++] = topic_record_copy(t->arena, record);
}

enum { POLL_MS = 200, SILENCE_POLLS = 50 };

static bool read_partition(sql_test_state *t, slice topic, int32_t partition, int64_t from,
    topic_record **records, int64_t *count) {
    int64_t start, end;
    topic_system *topics = instance_topics(t->instance);
    if (!topic_offsets(topics, topic, partition, &start, &end, &t->e))
        return false;
    if (from < start)
        from = start;
    if (from >= end)
        return true;
    topic_reader *reader = topic_reader_open(topics, SLICE_LITERAL("test"), &t->e);
    bool ok = reader && topic_reader_assign(reader, topic, partition, from, &t->e);
    for (int silent = 0; ok && silent < SILENCE_POLLS && topic_reader_position(reader, 0) < end;) {
        const topic_segment *segments;
        int segment_count;
        ok = topic_reader_poll(reader, POLL_MS, 1000, &segments, &segment_count, &t->e);
        silent = ok && segment_count ? 0 : silent + 1;
        for (int s = 0; ok && s < segment_count; s++)
            for (int64_t r = 0; r < segments[s].count; r++)
                append_record(t, records, count, &segments[s].records[r]);
    }
    if (reader)
        topic_reader_close(reader);
    return ok;
}

bool sql_test_unread(
    sql_test_state *t, slice topic, topic_record **records, int64_t *count, int32_t *partitions) {
    topic_info info;
    *records = NULL;
    *count = 0;
    if (!topic_describe(instance_topics(t->instance), topic, &info, &t->e))
        return false;
    *partitions = info.config.partitions;
    topic_mark *m = mark_of(t, topic, info.config.partitions);
    for (int32_t p = 0; p < info.config.partitions; p++)
        if (!read_partition(t, topic, p, m->next[p], records, count))
            return false;
    return true;
}

/* Records of a partition are looked at in order, so the mark moves behind this one. */
void sql_test_mark_read(sql_test_state *t, slice topic, const topic_record *record) {
    topic_mark *m = mark_of(t, topic, record->partition + 1);
    if (record->partition < m->partitions && record->offset >= m->next[record->partition])
        m->next[record->partition] = record->offset + 1;
}

const source_descriptor *sql_test_topic_source(sql_test_state *t, slice topic) {
    catalog *c = instance_catalog(t->instance);
    const source_descriptor *found = NULL;
    catalog_read_lock(c);
    int count;
    const source_descriptor *const *sources = catalog_sources(c, &count);
    for (int i = 0; i < count && !found; i++)
        if (slice_equal(sources[i]->topic, topic))
            found = source_copy(t->arena, sources[i]);
    catalog_unlock(c);
    return found;
}
