/* A query's commits. A barrier has operators give what they held back and save, and begins a commit
 * of everything up to there. It goes on in the writer's thread (queued_writer.h), while the query
 * processes what comes next: that is part of the next commit, and waits in the writer's queue. When
 * the thread finds that the commit has ended it makes what was committed visible.
 *
 * Transient queries have nothing to wait for: their commits end at once. */
#include <time.h>

#include "base/memory.h"
#include "executor/changelog.h"
#include "executor/query_tap.h"
#include "executor/task.h"
#include "executor/topic/queued_writer.h"

/* That may wait in the writer's queue. */
enum { ROOM_BYTES = 2 << 20, ROOM_BYTES_MOST = 6 << 20 };

static bool ignore_change(void *context, const state_change *change, error *e) {
    (void)context;
    (void)change;
    (void)e;
    return true;
}

static void append_int64(buffer *out, int64_t value) {
    buffer_append_bytes(out, &value, sizeof value);
}

static void append_position(buffer *out, const assignment *a, int64_t partition, int64_t offset) {
    append_int64(out, (int64_t)a->topic.length);
    buffer_append(out, a->topic);
    append_int64(out, partition);
    append_int64(out, offset);
}

static bool has_bounds(const running_query *q) {
    for (int i = 0; i < q->assignment_count; i++)
        if (q->assignments[i].stop_at != INT64_MAX)
            return true;
    return false;
}

/* Positions as bytes: for each assignment topic length, topic, partition, offset, and where it ends
 * the same with the partition's complement; then, with an empty topic, stream time, that every
 * source has ended, and which files are the commit's. */
static void encode_positions(const running_query *q, buffer *out) {
    bool bounded = has_bounds(q);
    for (int i = 0; i < q->assignment_count; i++) {
        const assignment *a = &q->assignments[i];
        append_position(out, a, a->partition, a->position);
        if (bounded) /* of all, so that twins find their own */
            append_position(out, a, ~(int64_t)a->partition, a->stop_at);
    }
    int64_t time_ms = idle_known_ms(q);
    if (time_ms != INT64_MIN) {
        append_int64(out, 0);
        append_int64(out, POSITION_TIME);
        append_int64(out, time_ms);
    }
    if (q->is_complete) {
        append_int64(out, 0);
        append_int64(out, POSITION_COMPLETE);
        append_int64(out, 0);
    }
    topic_commit_mark mark;
    if (!topic_writer_mark(q->writer, &mark))
        return;
    append_int64(out, 0);
    append_int64(out, POSITION_TOKEN);
    append_int64(out, mark.token);
    append_int64(out, 0);
    append_int64(out, POSITION_NUMBER);
    append_int64(out, mark.number);
}

static bool write_positions(running_query *q, error *e) {
    buffer positions = {0};
    encode_positions(q, &positions);
    state_put_fact(q->state, SLICE_LITERAL("positions"), buffer_slice(&positions));
    topic_record record = {.key = CHANGELOG_POSITIONS,
        .value = buffer_slice(&positions),
        .timestamp_ms = clock_now_ms(&q->engine->options.clock),
        .partition = 0};
    bool ok = topic_writer_append(q->writer, q->changelog_topic, &record, e);
    buffer_free(&positions);
    return ok;
}

static void begin_commit(running_query *q) {
    topic_position *positions = memory_allocate(sizeof(topic_position) * (size_t)q->input_count);
    for (int n = 0; n < q->input_count; n++) {
        const assignment *a = &q->assignments[q->inputs[n]];
        positions[n] = (topic_position){a->topic, a->partition, a->position};
        for (int i = a->twin; i >= 0; i = q->assignments[i].twin)
            if (q->assignments[i].position < positions[n].offset)
                positions[n].offset = q->assignments[i].position;
    }
    queued_writer_begin_commit(
        q->writer, q->reader, positions, q->input_count, q->changelog_topic, q->partitions);
    memory_free(positions);
}

static bool begin_persistent(running_query *q, error *e) {
    if (!changelog_write(q->changelog, q->writer, e) || !write_positions(q, e))
        return false;
    begin_commit(q);
    state_prepare(q->state);
    return true;
}

static bool commit_transient(running_query *q, error *e) {
    return state_flush(q->state, ignore_change, NULL, e) &&
           (!q->writer || topic_writer_commit(q->writer, NULL, NULL, 0, e));
}

static void run_barrier(const work *w) {
    operator* o = w->at;
    error e = {0};
    query_time_to(o->task, o);
    if (!o->class->barrier(o, &e))
        task_fail(o->task, &e);
    query_time_to(o->task, NULL);
}

static void visit_barriers(running_query *q) {
    for (int n = 0; n < q->plan->node_count && !q->failed; n++)
        for (int32_t i = 0; i < q->instances[n].count && !q->failed; i++) {
            operator* o = q->instances[n].operators[i];
            if (o->class->barrier)
                query_do(q, &(work){.run = run_barrier, .at = o});
        }
    query_finish_barrier(q);
}

/* CPU time of the calling thread. */
static int64_t thread_time_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Many records come at a barrier, and of some queries also when windows close. Where an operator
 * has asked for the commit, there are more groups than it has memory for: its barriers take a good
 * part of the time, so more is read and written beside them. */
static void give_room(running_query *q, bool at_barrier) {
    int64_t room = q->has_long_barriers ? ROOM_BYTES_MOST : ROOM_BYTES;
    if (q->persistent)
        queued_writer_set_room(q->writer, at_barrier || q->gives_at_once ? room : 0);
}

static void note_who_asked(running_query *q) {
    q->has_long_barriers = q->commit_asked;
    q->commit_asked = false;
    if (q->seat)
        reader_seat_expect_long_barriers(q->seat, q->has_long_barriers);
}

/* Operators give what they held back, and save. */
static bool visit_operators(running_query *q, error *e) {
    q->at_barrier = true;
    give_room(q, true);
    visit_barriers(q);
    q->at_barrier = false;
    if (q->failed)
        *e = q->failure;
    return !q->failed;
}

bool query_barrier(running_query *q, error *e) {
    if (!query_end_commit(q, true, e))
        return false;
    int64_t work_before_ns = thread_time_ns();
    q->commit_began_ms = clock_monotonic_ms();
    note_who_asked(q);
    if (!visit_operators(q, e))
        return false;
    q->commit_began_ns = clock_monotonic_ns();
    if (!(q->persistent ? begin_persistent(q, e) : commit_transient(q, e)))
        return false;
    give_room(q, false);
    query_tap_prepare(q);
    q->is_committing = true;
    q->dirty = false;
    q->has_committed = true;
    q->commit_work_ns = thread_time_ns() - work_before_ns;
    return q->persistent || query_end_commit(q, true, e);
}

bool query_end_commit(running_query *q, bool waits, error *e) {
    if (!q->is_committing)
        return true;
    int64_t work_before_ns = thread_time_ns();
    if (q->persistent && !queued_writer_end_commit(q->writer, waits, e))
        return false;
    if (q->persistent && queued_writer_is_committing(q->writer))
        return true;
    query_tap_commit(q);
    if (q->changelog)
        changelog_committed(q->changelog, q->writer);
    if (!state_commit(q->state, e))
        return false;
    q->is_committing = false;
    q->commits++;
    q->commit_time_ns += clock_monotonic_ns() - q->commit_began_ns;
    q->commit_ended_ms = clock_monotonic_ms();
    q->commit_work_ns += thread_time_ns() - work_before_ns;
    q->overlay_bytes = state_overlay_bytes(q->state) + state_waiting_bytes(q->state);
    q->state_bytes = state_file_bytes(q->state);
    return true;
}
