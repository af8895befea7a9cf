/* Stream time where no records come: the idle time-out.
 *
 * Windows close when stream time passes them, and stream time goes on with the records of a
 * partition. With a time-out, a partition that has brought no record for that long by the wall
 * clock, and is read to its end, is idle:
 *
 *   while others are active   stream time of the idle ones follows that of the slowest active one
 *   when all are idle         it is the latest rowtime plus the time since the last record came
 *
 * That a partition is read to its end must be known, not assumed: a broker that is out of reach
 * looks like silence, and what waits there must not find its windows closed. So before a partition
 * counts as idle it is asked where it ends, and silence lasts only up to the last answer
 * (`heard_ms`); after an outage it begins anew, because others may have waited for the broker, too.
 * The embedded log answers at once; Kafka is asked at most once a second.
 *
 * It reaches the operators as a watermark, between two batches of rows. What a watermark makes them
 * emit is committed together with the stream time that they keep, so a row that comes for a closed
 * window is late before and after a restart. Only streams tell the time where there are any: the
 * tables of a join are often silent for long. A query that is stopped or paused hears nothing, so
 * its partitions begin anew when it goes on. */
#include "base/memory.h"
#include "executor/task.h"

enum { ASK_EVERY_MS = 1000, ASK_TIMEOUT_MS = 1000 };

static bool tells_time(const running_query *q, const assignment *a, bool has_streams) {
    return !has_streams || q->plan->sources[a->source]->source.source->kind == SOURCE_STREAM;
}

static bool has_streams(const running_query *q) {
    for (int i = 0; i < q->plan->source_count; i++)
        if (q->plan->sources[i]->source.source->kind == SOURCE_STREAM)
            return true;
    return false;
}

void idle_begin(running_query *q) {
    if (!q->options.idle_timeout_ms)
        return;
    int64_t now_ms = clock_now_ms(&q->engine->options.clock);
    if (q->idle_time_ms > q->idle_base_ms)
        q->idle_base_ms = q->idle_time_ms;
    for (int i = 0; i < q->assignment_count; i++) {
        q->assignments[i].arrived_ms = now_ms;
        q->assignments[i].end = INT64_MAX;
    }
    q->heard_ms = now_ms;
    q->asked_at_ms = INT64_MIN;
}

void idle_note(running_query *q, int assignment, const batch *rows) {
    if (!q->options.idle_timeout_ms)
        return;
    struct assignment *a = &q->assignments[assignment];
    a->arrived_ms = clock_now_ms(&q->engine->options.clock);
    for (int64_t i = 0; i < rows->rows; i++)
        if (rows->rowtime[i] > a->latest_ms)
            a->latest_ms = rows->rowtime[i];
}

int64_t idle_known_ms(const running_query *q) {
    if (!q->options.idle_timeout_ms)
        return INT64_MIN;
    int64_t known = q->idle_time_ms > q->idle_base_ms ? q->idle_time_ms : q->idle_base_ms;
    bool streams = has_streams(q);
    for (int i = 0; i < q->assignment_count; i++)
        if (tells_time(q, &q->assignments[i], streams) && q->assignments[i].latest_ms > known)
            known = q->assignments[i].latest_ms;
    return known;
}

bool idle_ask(running_query *q, int64_t timeout_ms, error *e) {
    int64_t now_ms = clock_now_ms(&q->engine->options.clock);
    int64_t *ends = memory_allocate(sizeof(int64_t) * (size_t)(q->input_count + 1));
    bool ok = topic_reader_ends(q->reader, timeout_ms, ends, e);
    if (ok && q->is_deaf)
        idle_begin(q);
    if (ok)
        q->heard_ms = now_ms;
    for (int i = 0; ok && i < q->assignment_count; i++)
        q->assignments[i].end = ends[q->assignments[i].input];
    q->is_deaf = !ok;
    q->asked_at_ms = clock_monotonic_ms();
    memory_free(ends);
    return ok;
}

static bool someone_is_silent(const running_query *q) {
    int64_t now_ms = clock_now_ms(&q->engine->options.clock);
    bool streams = has_streams(q);
    for (int i = 0; i < q->assignment_count; i++)
        if (tells_time(q, &q->assignments[i], streams) &&
            now_ms - q->assignments[i].arrived_ms >= q->options.idle_timeout_ms)
            return true;
    return false;
}

/* Without an answer it stays at what was heard before. */
static void listen(running_query *q) {
    bool kafka = topic_system_is_kafka(q->engine->options.topics);
    bool recently = q->asked_at_ms != INT64_MIN &&
                    clock_monotonic_ms() - q->asked_at_ms < (kafka ? ASK_EVERY_MS : 0);
    error ignored = {0};
    if (!recently && someone_is_silent(q))
        idle_ask(q, ASK_TIMEOUT_MS, &ignored);
}

/* How far stream time is for those that do not hear it from records; INT64_MIN: not known. */
static int64_t stream_time(const running_query *q) {
    int64_t slowest = INT64_MAX, latest = q->idle_base_ms, arrived_ms = INT64_MIN;
    bool streams = has_streams(q);
    for (int i = 0; i < q->assignment_count; i++) {
        const assignment *a = &q->assignments[i];
        if (q->merge && merge_waiting(q->merge, i))
            return INT64_MIN;
        if (!tells_time(q, a, streams))
            continue;
        bool idle = query_input_position(q, a) >= a->end &&
                    q->heard_ms - a->arrived_ms >= q->options.idle_timeout_ms;
        if (!idle && a->latest_ms < slowest)
            slowest = a->latest_ms;
        if (a->latest_ms > latest)
            latest = a->latest_ms;
        if (a->arrived_ms > arrived_ms)
            arrived_ms = a->arrived_ms;
    }
    if (slowest < INT64_MAX || latest == INT64_MIN)
        return slowest < INT64_MAX ? slowest : INT64_MIN;
    return latest + (q->heard_ms - arrived_ms);
}

static void tell_time(const work *w) {
    operator_emit_watermark(w->at, w->number);
}

void idle_run(running_query *q) {
    if (!q->options.idle_timeout_ms || q->failed)
        return;
    listen(q);
    int64_t time_ms = stream_time(q);
    if (time_ms <= q->idle_time_ms)
        return;
    q->idle_time_ms = time_ms;
    if (time_ms > q->stream_time_ms)
        q->stream_time_ms = time_ms;
    for (int s = 0; s < q->plan->source_count; s++) {
        node_instances *source = &q->instances[q->plan->sources[s]->id];
        for (int32_t p = 0; p < source->count; p++)
            query_do(q, &(work){.run = tell_time, .at = source->operators[p], .number = time_ms});
    }
    query_finish(q);
}
