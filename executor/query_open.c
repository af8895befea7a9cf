/* Opening a query: its topics, its writer, what its changelog has beyond its state, its operators
 * and readers. One path for start, crash, abort and fence.
 *
 * What takes the cluster's time goes on while the next is done. An earlier writer of the query is
 * fenced off once the changelog is known to be the query's own, and before it is read. A changelog
 * that has just been made needs no reading: there the fence may wait until all is open.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "executor/changelog.h"
#include "executor/query_tap.h"
#include "executor/task.h"
#include "executor/topic/queued_writer.h"

enum { REPLAY_ROWS = 4096, REPLAY_POLL_MS = 100, REPLAY_BYTES = 32 * 1024 * 1024 };

slice query_changelog_name(arena *a, const engine *g, slice query_id) {
    return arena_format(a, "_sluice-%s-%.*s-changelog", g->service_id, SLICE_ARG(query_id));
}

/* ---- partitions and topics ---- */

/* A job of Flink's makes no topics that it reads, and does not wait for them. */
static bool explain_missing(const source_descriptor *source, error *e) {
    if (!source->flink || e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    error_set(e, ERROR_NOT_FOUND,
        "The table '%.*s' is to be read from the topic '%.*s', which does not exist",
        SLICE_ARG(source->name), SLICE_ARG(source->topic));
    return error_hint(e, "Make the topic first, or write to the table, which makes it.");
}

static bool count_partitions(running_query *q, error *e) {
    q->partitions = 1;
    q->assignment_count = 0;
    for (int i = 0; i < q->plan->source_count; i++) {
        const source_descriptor *source = q->plan->sources[i]->source.source;
        int32_t count;
        if (!topic_count_partitions(q->engine->options.topics, source->topic, &count, e))
            return explain_missing(source, e);
        if (!q->options.stepped && count > q->partitions)
            q->partitions = count;
        q->assignment_count += count;
    }
    return true;
}

static bool list_assignments(running_query *q, error *e) {
    q->assignments = memory_allocate_zero(sizeof(assignment) * (size_t)(q->assignment_count + 1));
    int next = 0;
    for (int i = 0; i < q->plan->source_count; i++) {
        slice topic = q->plan->sources[i]->source.source->topic;
        int32_t count;
        if (!topic_count_partitions(q->engine->options.topics, topic, &count, e))
            return false;
        for (int32_t p = 0; p < count && next < q->assignment_count; p++)
            q->assignments[next++] = (assignment){.source = i,
                .topic = topic,
                .partition = p,
                .position = -1,
                .told = -1,
                .twin = -1,
                .stop_at = -1,
                .latest_ms = INT64_MIN};
    }
    q->assignment_count = next;
    q->position_list = memory_allocate(sizeof(int64_t) * (size_t)(next + 1));
    query_list_inputs(q);
    return true;
}

/* What a new query finds under its name is left over from a catalog that is gone. The embedded log
 * is this process's own; on Kafka somebody else may be using it. */
static bool refuse_leftover(running_query *q, error *e) {
    topic_system *topics = q->engine->options.topics;
    if (!topic_system_is_kafka(topics))
        return topic_delete(topics, q->changelog_topic, e);
    error_set(e, ERROR_EXISTS,
        "The topic '%.*s' exists already: a query of that id has been run with this service id.",
        SLICE_ARG(q->changelog_topic));
    return error_hint(e, "Delete that topic when nobody uses it, or choose another --service-id.");
}

/* What a query writes records to, besides its changelog; NULL data: nothing. */
static slice written_topic(const running_query *q) {
    const source_descriptor *sink = q->plan->nodes[q->plan->node_count - 1]->sink.sink;
    return sink && !sink->is_source ? sink->topic : (slice){NULL, 0};
}

/* Whether the changelog is still to be made. */
static bool needs_changelog(running_query *q, bool *missing, error *e) {
    bool exists;
    if (!topic_find(q->engine->options.topics, q->changelog_topic, &exists, e))
        return false;
    if (exists && q->options.is_new && !refuse_leftover(q, e))
        return false;
    *missing = !exists || q->options.is_new;
    q->options.is_new = false; /* a recovery finds what this made */
    return true;
}

/* Makes the topics that are missing, at once. Changes `*is_empty` to true where nothing can be in
 * the changelog. */
static bool ensure_topics(running_query *q, bool *is_empty, error *e) {
    topic_info missing[2];
    int count = 0;
    if (q->options.sink_topic)
        missing[count++] = (topic_info){written_topic(q), *q->options.sink_topic};
    q->options.sink_topic = NULL;
    if (q->persistent && !needs_changelog(q, is_empty, e))
        return false;
    if (*is_empty)
        missing[count++] =
            (topic_info){q->changelog_topic, {.partitions = q->partitions, .retention_ms = -1}};
    return topic_create_all(q->engine->options.topics, missing, count, e);
}

static bool ensure_late_topic(running_query *q, error *e) {
    topic_system *topics = q->engine->options.topics;
    topic_config config = {.partitions = q->partitions};
    bool exists;
    return topic_find(topics, q->plan->late_topic, &exists, e) &&
           (exists || topic_create(topics, q->plan->late_topic, &config, e));
}

/* ---- the changelog ---- */

static bool writes_transactions(const running_query *q) {
    return q->persistent &&
           !(q->options.at_least_once && topic_system_is_kafka(q->engine->options.topics));
}

/* On Kafka a transaction ends with a marker that takes an offset and is no record; so what is one
 * offset before the end is at the end: behind a transaction there are more, its records and its own
 * marker. To wait until the client has passed the marker takes as long as a fetch that finds
 * nothing. */
static int64_t marker_offsets(const running_query *q) {
    return writes_transactions(q) && topic_system_is_kafka(q->engine->options.topics) ? 1 : 0;
}

/* Asks where the changelog ends. Changes `*behind` to true where the state is not as far, and
 * `*is_cut` where records that it lacks are no longer there. */
static bool find_changelog_ends(
    running_query *q, int64_t *ends, bool *behind, bool *is_cut, error *e) {
    bool ok = true;
    for (int32_t p = 0; p < q->partitions && ok; p++) {
        int64_t start;
        ok = topic_offsets(q->engine->options.topics, q->changelog_topic, p, &start, &ends[p], e);
        ends[p] -= marker_offsets(q);
        *behind |= ok && changelog_position(q->changelog, p) < ends[p];
        *is_cut |= ok && changelog_position(q->changelog, p) < start;
    }
    return ok;
}

static bool keep_replayed(running_query *q, error *e) {
    changelog_keep(q->changelog);
    return state_commit(q->state, e);
}

static bool replay_to(running_query *q, const int64_t *ends, int64_t *replayed, error *e) {
    topic_reader *reader = topic_reader_open(q->engine->options.topics, q->group, e);
    bool ok = reader != NULL, behind = ok;
    for (int32_t p = 0; p < q->partitions && ok; p++)
        ok = topic_reader_assign(
            reader, q->changelog_topic, p, changelog_position(q->changelog, p), e);
    while (ok && behind) {
        const topic_segment *segments;
        int count = 0;
        behind = false;
        for (int32_t p = 0; p < q->partitions; p++)
            behind |= topic_reader_position(reader, p) < ends[p];
        if (behind)
            ok = topic_reader_poll(reader, REPLAY_POLL_MS, REPLAY_ROWS, &segments, &count, e);
        for (int s = 0; s < count; s++) {
            for (int64_t i = 0; i < segments[s].count && ok; i++)
                ok = changelog_apply(q->changelog, &segments[s].records[i], e);
            *replayed += segments[s].count;
            changelog_advance(q->changelog, segments[s].assignment, segments[s].next_offset);
        }
        if (ok && state_overlay_bytes(q->state) > REPLAY_BYTES) /* nobody sees it before the end */
            ok = keep_replayed(q, e);
    }
    topic_reader_close(reader);
    return ok;
}

static bool open_state(running_query *q, error *e) {
    q->state = state_open(q->state_directory, e);
    if (!q->state)
        return false;
    if (!q->persistent)
        state_set_passing(q->state);
    else
        q->changelog = changelog_open(q->engine->options.topics, q->changelog_topic, q->partitions,
            q->state, q->options.changelog_bytes);
    return true;
}

static void close_state(running_query *q) {
    changelog_close(q->changelog);
    q->changelog = NULL;
    state_close(q->state);
    q->state = NULL;
}

/* The changelog alone makes the state again. */
static bool clear_state(running_query *q, error *e) {
    log_info("query %.*s: its changelog begins behind its state, which is made anew",
        SLICE_ARG(q->plan->query_id));
    state_set_dropped(q->state);
    close_state(q);
    return state_remove(q->state_directory, e) && open_state(q, e);
}

/* Brings the state up to the last commit by replaying what the changelog has behind it. */
static bool replay_changelog(running_query *q, error *e) {
    int64_t *ends = memory_allocate_zero(sizeof(int64_t) * (size_t)q->partitions), replayed = 0;
    bool behind = false, is_cut = false;
    bool ok = changelog_check(q->changelog, e) &&
              find_changelog_ends(q, ends, &behind, &is_cut, e) && (!is_cut || clear_state(q, e)) &&
              (!behind || replay_to(q, ends, &replayed, e));
    if (replayed)
        log_info("query %.*s: replayed %lld changelog records", SLICE_ARG(q->plan->query_id),
            (long long)replayed);
    memory_free(ends);
    return ok && (replayed == 0 || keep_replayed(q, e));
}

/* ---- all of it ---- */

/* Lets others look at state and operators, or no longer: then waits for those who do. */
static void set_open(running_query *q, bool open) {
    pthread_mutex_lock(&q->lock);
    q->open = open;
    while (!open && q->readers)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
}

/* A commit has ended, and what it makes visible should not wait for more records. */
static void wake_query(void *context) {
    running_query *q = context;
    pthread_mutex_lock(&q->lock);
    query_wake_input(q);
    pthread_mutex_unlock(&q->lock);
}

static bool connect_writer(running_query *q, error *e) {
    topic_system *topics = q->engine->options.topics;
    bool writes = q->persistent || q->plan->nodes[q->plan->node_count - 1]->sink.sink != NULL;
    if (!writes)
        return true;
    q->writer =
        topic_writer_connect(topics, writes_transactions(q) ? q->group : (slice){NULL, 0}, e);
    if (q->writer && q->persistent)
        q->writer = queued_writer_open(q->writer, wake_query, q);
    return q->writer != NULL;
}

static bool open_parts(running_query *q, error *e) {
    bool is_empty = false;
    q->failed = q->is_failing = false;
    q->is_complete = false;
    q->mark = (topic_commit_mark){0, 0};
    error_clear(&q->failure);
    q->idle_time_ms = q->idle_base_ms = INT64_MIN;
    if (!connect_writer(q, e) || !count_partitions(q, e) || !list_assignments(q, e) ||
        !ensure_topics(q, &is_empty, e))
        return false;
    if (q->writer) {
        topic_writer_begin_fence(q->writer);
        if (q->persistent)
            topic_writer_expect(q->writer, q->changelog_topic);
        if (written_topic(q).data)
            topic_writer_expect(q->writer, written_topic(q));
    }
    if (!open_state(q, e))
        return false;
    if (q->plan->late_topic.data && !ensure_late_topic(q, e))
        return false;
    if (q->persistent && !is_empty && !(topic_writer_fence(q->writer, e) && replay_changelog(q, e)))
        return false;
    if (!query_build_operators(q, e))
        return false;
    if (!q->options.stepped && !query_open_input(q, e))
        return false;
    q->clean_ms = clock_monotonic_ms();
    q->has_committed = false;
    q->lag = q->is_complete ? 0 : q->assignment_count;
    return !q->writer || topic_writer_fence(q->writer, e);
}

bool query_recover(running_query *q, error *e) {
    if (!open_parts(q, e))
        return false;
    set_open(q, true);
    return true;
}

void query_release(running_query *q) {
    set_open(q, false);
    query_tap_abort(q);
    if (q->writer)
        topic_writer_close(q->writer);
    q->writer = NULL;
    q->is_committing = false;
    query_close_input(q);
    query_keep_metrics(q);
    query_close_operators(q);
    close_state(q);
    memory_free(q->assignments);
    memory_free(q->position_list);
    memory_free(q->inputs);
    q->assignments = NULL;
    q->position_list = NULL;
    q->inputs = NULL;
}
