#include "shell/test_feed.h"

#include "base/memory.h"
#include "server/json_out.h"
#include "shell/test_record.h"

typedef struct owner {
    const source_descriptor *source;
    struct owner *next;
} owner;

struct test_feed {
    arena *arena;
    instance *instance;
    const json_node *inputs;
    owner *owners, **tail;
    bool places_by_key;
};

test_feed *test_feed_open(instance *i, const json_node *inputs) {
    test_feed *feed = MEMORY_NEW(test_feed);
    *feed = (test_feed){.arena = arena_create(), .instance = i, .inputs = inputs};
    feed->tail = &feed->owners;
    return feed;
}

void test_feed_place_by_key(test_feed *feed) {
    feed->places_by_key = true;
}

void test_feed_close(test_feed *feed) {
    if (!feed)
        return;
    arena_destroy(feed->arena);
    memory_free(feed);
}

/* ---- who declares a topic ---- */

static bool known(const test_feed *feed, const source_descriptor *source) {
    for (const owner *o = feed->owners; o; o = o->next)
        if (slice_equal(o->source->name, source->name) &&
            slice_equal(o->source->topic, source->topic))
            return true;
    return false;
}

void test_feed_note_sources(test_feed *feed) {
    catalog *c = instance_catalog(feed->instance);
    catalog_read_lock(c);
    int count;
    const source_descriptor *const *sources = catalog_sources(c, &count);
    for (int i = 0; i < count; i++) {
        if (known(feed, sources[i]))
            continue;
        owner *o = ARENA_NEW(feed->arena, owner);
        o->source = source_copy(feed->arena, sources[i]);
        *feed->tail = o;
        feed->tail = &o->next;
    }
    catalog_unlock(c);
}

const source_descriptor *test_feed_source(const test_feed *feed, slice topic) {
    for (const owner *o = feed->owners; o; o = o->next)
        if (slice_equal(o->source->topic, topic))
            return o->source;
    return NULL;
}

/* ---- topics ---- */

bool test_feed_is_internal(slice topic) {
    return slice_starts_with(topic, SLICE_LITERAL("_sluice-"));
}

static bool read_partition(
    test_feed *feed, slice topic, int32_t partition, topic_record *to, int64_t count, error *e) {
    int64_t start, end, got = 0;
    if (!topic_offsets(instance_topics(feed->instance), topic, partition, &start, &end, e))
        return false;
    topic_reader *reader =
        topic_reader_open(instance_topics(feed->instance), SLICE_LITERAL("test"), e);
    bool ok = reader && topic_reader_assign(reader, topic, partition, start, e);
    while (ok && got < count) {
        const topic_segment *segments;
        int segment_count;
        ok = topic_reader_poll(reader, 1000, 1000, &segments, &segment_count, e);
        if (ok && segment_count == 0)
            break;
        for (int s = 0; ok && s < segment_count; s++)
            for (int64_t r = 0; r < segments[s].count && got < count; r++)
                to[got++] = topic_record_copy(feed->arena, &segments[s].records[r]);
    }
    if (reader)
        topic_reader_close(reader);
    return ok;
}

int64_t test_feed_read(test_feed *feed, slice topic, topic_record **records, error *e) {
    topic_info info;
    topic_system *topics = instance_topics(feed->instance);
    int64_t total = 0, at = 0;
    if (!topic_describe(topics, topic, &info, e))
        return 0;
    int64_t *counts = ARENA_ARRAY(feed->arena, int64_t, info.config.partitions);
    for (int32_t p = 0; p < info.config.partitions; p++) {
        int64_t start, end;
        if (!topic_offsets(topics, topic, p, &start, &end, e))
            return 0;
        counts[p] = end - start;
        total += counts[p];
    }
    *records = ARENA_ARRAY(feed->arena, topic_record, total + 1);
    for (int32_t p = 0; p < info.config.partitions; p++) {
        if (counts[p] && !read_partition(feed, topic, p, *records + at, counts[p], e))
            return 0;
        at += counts[p];
    }
    return total;
}

/* ---- feeding ---- */

static bool has_inputs(const test_feed *feed, slice topic) {
    for (const json_node *n = feed->inputs ? feed->inputs->first : NULL; n; n = n->next)
        if (slice_equal(json_tree_string(n, "topic"), topic))
            return true;
    return false;
}

static topic_record input_record(test_feed *feed, const json_node *input) {
    return test_record_read(feed->arena, test_feed_source(feed, json_tree_string(input, "topic")),
        instance_registry(feed->instance), input);
}

/* The offset an input has in its topic: how many of that topic stand in front of it. */
static int64_t input_offset(const test_feed *feed, const json_node *input, slice topic) {
    int64_t offset = 0;
    for (const json_node *n = feed->inputs->first; n != input; n = n->next)
        offset += slice_equal(json_tree_string(n, "topic"), topic);
    return offset;
}

/* In cases that ask queries, inputs have the partition and offset that a producer would give them;
 * in others all are in one partition. */
static void place_record(test_feed *feed, const json_node *input, topic_record *record) {
    slice topic = json_tree_string(input, "topic");
    topic_info info;
    record->partition = 0;
    record->offset = input_offset(feed, input, topic);
    if (!feed->places_by_key ||
        !topic_describe(instance_topics(feed->instance), topic, &info, &(error){0}))
        return;
    record->partition =
        record->key.data ? topic_partition_of(record->key, info.config.partitions) : 0;
    record->offset = 0;
    for (const json_node *n = feed->inputs->first; n != input; n = n->next) {
        if (!slice_equal(json_tree_string(n, "topic"), topic))
            continue;
        slice key = input_record(feed, n).key;
        int32_t partition = key.data ? topic_partition_of(key, info.config.partitions) : 0;
        record->offset += partition == record->partition;
    }
}

static bool feed_inputs(test_feed *feed, running_query *query, error *e) {
    const plan *p = query_plan(query);
    for (const json_node *n = feed->inputs ? feed->inputs->first : NULL; n; n = n->next) {
        slice topic = json_tree_string(n, "topic");
        topic_record record = input_record(feed, n);
        place_record(feed, n, &record);
        for (int s = 0; s < p->source_count; s++)
            if (slice_equal(p->sources[s]->source.source->topic, topic) &&
                !query_feed(query, s, &record, e))
                return false;
    }
    return true;
}

static bool seen_before(const plan *p, int source) {
    for (int s = 0; s < source; s++)
        if (slice_equal(
                p->sources[s]->source.source->topic, p->sources[source]->source.source->topic))
            return true;
    return false;
}

/* What others wrote into the topics that have no inputs: topic by topic, and to every source of
 * that topic in turn. */
static bool feed_topics(test_feed *feed, running_query *query, error *e) {
    const plan *p = query_plan(query);
    for (int s = 0; s < p->source_count; s++) {
        slice topic = p->sources[s]->source.source->topic;
        if (has_inputs(feed, topic) || seen_before(p, s))
            continue;
        topic_record *records;
        int64_t count = test_feed_read(feed, topic, &records, e);
        if (error_is_set(e))
            return false;
        for (int64_t r = 0; r < count; r++)
            for (int k = s; k < p->source_count; k++)
                if (slice_equal(p->sources[k]->source.source->topic, topic) &&
                    !query_feed(query, k, &records[r], e))
                    return false;
    }
    return true;
}

bool test_feed_query(test_feed *feed, running_query *query, error *e) {
    return feed_inputs(feed, query, e) && feed_topics(feed, query, e) && query_commit(query, e);
}

typedef struct query_ids {
    test_feed *feed;
    slice *ids;
    int count;
} query_ids;

static void keep_id(void *context, const query_descriptor *query, const query_status *status) {
    query_ids *list = context;
    slice *ids = ARENA_ARRAY(list->feed->arena, slice, list->count + 1);
    if (list->count)
        memcpy(ids, list->ids, sizeof *ids * (size_t)list->count);
    ids[list->count++] = arena_copy(list->feed->arena, query->id);
    list->ids = ids;
}

bool test_feed_all(test_feed *feed, error *e) {
    query_ids list = {.feed = feed};
    instance_visit_queries(feed->instance, keep_id, &list);
    for (int i = 0; i < list.count; i++) {
        running_query *query = engine_query(instance_engine(feed->instance), list.ids[i]);
        if (query && !test_feed_query(feed, query, e))
            return false;
    }
    return true;
}

bool test_feed_produce(test_feed *feed, error *e) {
    topic_writer *writer = topic_writer_open(instance_topics(feed->instance), (slice){NULL, 0}, e);
    bool ok = writer != NULL;
    for (const json_node *n = feed->inputs ? feed->inputs->first : NULL; ok && n; n = n->next) {
        topic_record record = input_record(feed, n);
        slice topic = json_tree_string(n, "topic");
        topic_info info;
        if (topic_describe(instance_topics(feed->instance), topic, &info, &(error){0}))
            ok = topic_writer_append(writer, topic, &record, e);
    }
    ok = ok && topic_writer_commit(writer, NULL, NULL, 0, e);
    if (writer)
        topic_writer_close(writer);
    return ok;
}

void test_feed_append_exchanges(test_feed *feed, buffer *out) {
    query_ids list = {.feed = feed};
    instance_visit_queries(feed->instance, keep_id, &list);
    for (int i = 0; i < list.count; i++) {
        running_query *query = engine_query(instance_engine(feed->instance), list.ids[i]);
        const plan *p = query ? query_plan(query) : NULL;
        for (int n = 0; p && n < p->node_count; n++) {
            if (p->nodes[n]->kind != PLAN_EXCHANGE)
                continue;
            json_open(out, '{');
            json_text_member(out, "name", p->nodes[n]->exchange.topic);
            json_number_member(out, "partitions", p->nodes[n]->exchange.partitions);
            json_shut(out, '}');
        }
    }
}
