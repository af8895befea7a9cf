/* Where a query's rows come from: its own reader, whose records its source operators decode, or a
 * seat at a reader that it shares with others (shared_reader.h), for queries that read one source.
 * Either way positions are kept here. */
#include "base/memory.h"
#include "executor/source_range.h"
#include "executor/task.h"

enum { BATCH_ROWS = 4096 };

/* A partition that several sources read (a self-join) is read once and given to each of them. */
void query_list_inputs(running_query *q) {
    q->inputs = memory_allocate(sizeof(int) * (size_t)(q->assignment_count + 1));
    q->input_count = 0;
    for (int i = 0; i < q->assignment_count; i++) {
        assignment *a = &q->assignments[i];
        int before = i - 1;
        while (before >= 0 && (q->assignments[before].partition != a->partition ||
                                  !slice_equal(q->assignments[before].topic, a->topic)))
            before--;
        if (before >= 0)
            q->assignments[before].twin = i;
        a->input = before >= 0 ? q->assignments[before].input : q->input_count;
        if (before < 0)
            q->inputs[q->input_count++] = i;
    }
}

/* ---- opening ---- */

/* Their operators know time by watermarks, take rows in any order, and may end. */
static bool reads_flink_tables(const running_query *q) {
    return q->plan->source_count > 0 && q->plan->sources[0]->source.source->flink;
}

/* Sharing is for queries that go on for long: one that is fed by hand, in small batches, or that
 * gives rows to a client who may be slow, reads alone. So does one whose records are several rows,
 * or generated for itself. */
static bool can_share(const running_query *q) {
    const query_options *o = &q->options;
    bool lasts = q->persistent || (reads_flink_tables(q) && !q->output.rows);
    if (!lasts || o->stepped || o->only_when_drained || o->batch_rows || q->plan->source_count != 1)
        return false;
    const plan_node *node = q->plan->sources[0];
    const source_descriptor *source = node->source.source;
    if (source->flink && (slice_is(source->flink->connector, "datagen") ||
                             slice_is(source->value_format.name, "DEBEZIUM_JSON")))
        return false;
    for (int i = 0; i < node->column_count; i++)
        if (node->source.source_columns[i] < 0)
            return false;
    return true;
}

static void keep_fact(running_query *q, int64_t kind, int64_t value) {
    if (kind == POSITION_COMPLETE)
        q->is_complete = true;
    else if (kind == POSITION_TIME)
        q->idle_base_ms = value;
    else if (kind == POSITION_TOKEN)
        q->mark.token = value;
    else if (kind == POSITION_NUMBER)
        q->mark.number = value;
}

/* Files of the last commit that have no names yet get them. */
static bool resume_writing(running_query *q, error *e) {
    const source_descriptor *sink = q->plan->nodes[q->plan->node_count - 1]->sink.sink;
    if (!q->writer || !sink || !q->mark.number)
        return true;
    return topic_writer_resume(q->writer, sink->topic, &q->mark, e);
}

/* A position, or (for a partition's complement) where to stop. Twins have one each, in their order.
 */
static void keep_position(running_query *q, slice topic, int64_t partition, int64_t offset) {
    for (int i = 0; i < q->assignment_count; i++) {
        assignment *a = &q->assignments[i];
        int64_t *known = partition < 0 ? &a->stop_at : &a->position;
        if (*known >= 0 || a->partition != (partition < 0 ? ~partition : partition) ||
            !slice_equal(a->topic, topic))
            continue;
        *known = offset;
        return;
    }
}

static void apply_positions(running_query *q, slice positions) {
    while (positions.length >= sizeof(int64_t)) {
        int64_t length, partition, offset;
        memcpy(&length, positions.data, sizeof length);
        if (positions.length < 24 + (size_t)length)
            break;
        slice topic = slice_make(positions.data + 8, (size_t)length);
        memcpy(&partition, topic.data + length, sizeof partition);
        memcpy(&offset, topic.data + length + 8, sizeof offset);
        positions =
            slice_make(positions.data + 24 + length, positions.length - 24 - (size_t)length);
        if (!length) { /* no topic's: stream time, for partitions that stay idle; or the end */
            keep_fact(q, partition, offset);
            continue;
        }
        keep_position(q, topic, partition, offset);
    }
}

/* Where a source partition without a position of its own begins. Tables begin at their start. */
static bool first_position(running_query *q, assignment *a, error *e) {
    int64_t start, end;
    const source_descriptor *source = q->plan->sources[a->source]->source.source;
    if (source->flink) {
        q->dirty = true;
        return source_range_start(q->engine->options.topics, source, a->partition, &a->position, e);
    }
    if (!topic_offsets(q->engine->options.topics, a->topic, a->partition, &start, &end, e))
        return false;
    bool is_table = source->kind == SOURCE_TABLE;
    bool from_latest = q->options.start == QUERY_FROM_LATEST && !is_table;
    a->position = from_latest ? end : start;
    q->dirty |= from_latest; /* it is a position from now on: the first commit keeps it */
    return true;
}

static bool find_positions(running_query *q, error *e) {
    apply_positions(q, state_fact(q->state, SLICE_LITERAL("positions")));
    for (int i = 0; i < q->assignment_count; i++) {
        assignment *a = &q->assignments[i];
        if (a->position < 0 && !first_position(q, a, e))
            return false;
        if (a->stop_at >= 0)
            continue;
        if (!source_range_end(q->engine->options.topics, q->plan->sources[a->source]->source.source,
                a->partition, &a->stop_at, e))
            return false;
        q->dirty |= a->stop_at != INT64_MAX; /* the first commit keeps it */
    }
    return true;
}

static bool assign_reader(running_query *q, error *e) {
    for (int n = 0; n < q->input_count; n++) {
        const assignment *a = &q->assignments[q->inputs[n]];
        int64_t from = a->position;
        for (int i = a->twin; i >= 0; i = q->assignments[i].twin)
            if (q->assignments[i].position < from)
                from = q->assignments[i].position;
        if (!topic_reader_assign(q->reader, a->topic, a->partition, from, e))
            return false;
    }
    return true;
}

/* A job of Flink's reads by itself as long as it is the only one: it needs no thread and no blocks
 * for that. */
static void open_seat(running_query *q) {
    reader_seat *seat = reader_seat_open(
        q->engine->shared_readers, q->plan->sources[0], q->assignment_count, q->group);
    reader_seat_use_threads(seat, q->options.threads);
    for (int i = 0; i < q->assignment_count; i++)
        reader_seat_end_at(seat, q->assignments[i].partition, q->assignments[i].stop_at);
    if (reads_flink_tables(q))
        q->free_seat = seat;
    else
        q->seat = seat;
}

bool query_open_input(running_query *q, error *e) {
    q->reader = topic_reader_open(q->engine->options.topics, q->group, e);
    if (!q->reader || !find_positions(q, e) || !resume_writing(q, e))
        return false;
    if (!assign_reader(q, e)) /* also where it does not read: it is asked where they end */
        return false;
    if (can_share(q))
        open_seat(q);
    if (q->plan->source_count > 1 && !reads_flink_tables(q))
        q->merge = merge_create(q);
    idle_begin(q);
    pthread_mutex_lock(&q->lock);
    bool paused = q->paused;
    pthread_mutex_unlock(&q->lock);
    return paused || query_take_input(q, e);
}

void query_close_input(running_query *q) {
    merge_destroy(q->merge);
    reader_seat_close(q->seat);
    reader_seat_close(q->free_seat);
    if (q->reader)
        topic_reader_close(q->reader);
    q->merge = NULL;
    q->seat = q->free_seat = NULL;
    q->reader = NULL;
}

/* The positions of a query with a seat: its assignments are the partitions of its one source. */
static const int64_t *list_positions(const running_query *q) {
    for (int i = 0; i < q->assignment_count; i++)
        q->position_list[i] = q->assignments[i].position;
    return q->position_list;
}

bool query_take_input(running_query *q, error *e) {
    return !q->seat || reader_seat_take(q->seat, list_positions(q), e);
}

void query_leave_input(running_query *q) {
    if (q->seat)
        reader_seat_leave(q->seat);
}

void query_wake_input(running_query *q) {
    if (q->open && q->seat)
        reader_seat_wake(q->seat);
    else if (q->open && q->reader)
        topic_reader_wake(q->reader);
}

/* ---- where it stands ---- */

int64_t query_input_position(const running_query *q, const assignment *a) {
    return q->seat ? reader_seat_position(q->seat, a->partition)
                   : topic_reader_position(q->reader, a->input);
}

static void tell_end(const work *w) {
    query_time_to(w->at->task, w->at);
    operator_emit_watermark(w->at, INT64_MAX);
    query_time_to(w->at->task, NULL);
}

void query_end_sources(running_query *q) {
    bool all = q->assignment_count > 0;
    for (int i = 0; i < q->assignment_count && !q->failed; i++) {
        assignment *a = &q->assignments[i];
        if (!a->has_ended && a->position >= a->stop_at) {
            operator* source = q->instances[q->plan->sources[a->source]->id]
                .operators[a->partition];
            a->has_ended = true;
            q->dirty = true;
            query_do(q, &(work){.run = tell_end, .at = source});
        }
        all &= a->has_ended;
    }
    query_finish(q);
    q->is_complete |= all;
}

static void update_positions(running_query *q) {
    int64_t lag = 0;
    for (int i = 0; i < q->assignment_count; i++) {
        assignment *a = &q->assignments[i];
        int64_t read = query_input_position(q, a);
        int64_t position = q->merge ? merge_position(q->merge, i, read) : read;
        if (position > a->position)
            a->position = position;
        __atomic_store_n(&a->told, a->position, __ATOMIC_RELAXED);
        if (a->has_ended)
            continue;
        lag += q->seat ? reader_seat_lag(q->seat, a->partition)
                       : topic_reader_lag(q->reader, a->input);
        if (q->merge)
            lag += merge_waiting(q->merge, i);
    }
    q->lag = lag;
}

/* ---- a query's own reader ---- */

/* Records for assignment `input`. */
static void decode_records(const work *w) {
    operator* source = w->at;
    running_query *q = source->task->query;
    query_time_to(source->task, source);
    const batch *rows = source_operator_decode(source, w->data, w->count);
    idle_note(q, w->input, rows);
    if (q->merge)
        merge_add(q->merge, w->input, rows);
    else
        operator_emit(source, rows);
    query_time_to(source->task, NULL);
}

static void receive(running_query *q, int which, const topic_record *records, int64_t count) {
    const assignment *a = &q->assignments[which];
    const plan_node *node = q->plan->sources[a->source];
    operator* source = q->instances[node->id].operators[q->options.stepped ? 0 : a->partition];
    q->dirty = true; /* before the rows are counted */
    query_do(q,
        &(work){
            .run = decode_records, .at = source, .input = which, .count = count, .data = records});
}

/* Records of one partition go to every assignment of it. After a restart one of them may have been
 * further than the others. */
static void receive_input(running_query *q, int input, const topic_record *records, int64_t count) {
    for (int i = q->inputs[input]; i >= 0; i = q->assignments[i].twin) {
        int64_t first = 0;
        while (first < count && records[first].offset < q->assignments[i].position)
            first++;
        int64_t end = count;
        while (first < end && records[end - 1].offset >= q->assignments[i].stop_at)
            end--;
        if (first < end)
            receive(q, i, records + first, end - first);
    }
}

/* Inputs that run ahead of the others in a merge wait. One that is read for several sources goes on
 * as long as one of these needs it, or nobody would move. */
static void apply_backpressure(running_query *q) {
    int64_t most = 4 * (q->options.batch_rows ? q->options.batch_rows : BATCH_ROWS);
    for (int n = 0; q->merge && n < q->input_count; n++) {
        const assignment *a = &q->assignments[q->inputs[n]];
        int64_t least = INT64_MAX;
        for (int i = q->inputs[n]; i >= 0; i = q->assignments[i].twin) {
            int64_t waiting = merge_waiting(q->merge, i);
            least = waiting < least ? waiting : least;
        }
        topic_reader_pause(q->reader, a->topic, a->partition, least > most);
    }
}

static bool read_alone(running_query *q, int64_t timeout_ms, error *e) {
    const topic_segment *segments;
    int count;
    int64_t most = q->options.batch_rows ? q->options.batch_rows : BATCH_ROWS;
    if (!topic_reader_poll(q->reader, timeout_ms, most, &segments, &count, e))
        return false;
    for (int i = 0; i < count && !q->output_closed && !q->failed; i++)
        for (int64_t first = 0; first < segments[i].count && !q->output_closed; first += most) {
            int64_t rows = segments[i].count - first < most ? segments[i].count - first : most;
            receive_input(q, segments[i].assignment, segments[i].records + first, rows);
        }
    query_finish(q);
    if (q->merge)
        merge_run(q->merge);
    query_finish(q);
    return true;
}

/* ---- a shared reader ---- */

static void take_rows(const work *w) {
    operator* source = w->at;
    running_query *q = source->task->query;
    const shared_rows *shared = w->data;
    operator_count(&source->time_ns, shared->decode_ns);
    query_time_to(source->task, source);
    source_operator_note(source, shared->rows, shared->records);
    idle_note(q, shared->partition, shared->rows);
    operator_emit(source, shared->rows);
    query_time_to(source->task, NULL);
}

static bool read_shared(running_query *q, int64_t timeout_ms, error *e) {
    const plan_node *node = q->plan->sources[0];
    const shared_rows *shared;
    int count, most = q->rounds ? READER_SEAT_BLOCKS : 1;
    task_program_report(&q->tasks[0], node);
    const record_report *report = &q->tasks[0].reports[node->id].record;
    if (!reader_seat_poll(q->seat, list_positions(q), timeout_ms, report, most, &shared, &count, e))
        return false;
    for (int i = 0; i < count; i++) {
        q->dirty = true; /* before the rows are counted */
        query_do(q, &(work){.run = take_rows,
                        .at = q->instances[node->id].operators[shared[i].partition],
                        .data = &shared[i]});
    }
    query_finish(q);
    return true;
}

/* From its own reader, which reads no more, to its seat. */
static bool take_free_seat(running_query *q, error *e) {
    for (int i = 0; i < q->assignment_count; i++)
        topic_reader_pause(q->reader, q->assignments[i].topic, q->assignments[i].partition, true);
    pthread_mutex_lock(&q->lock);
    q->seat = q->free_seat;
    q->free_seat = NULL;
    pthread_mutex_unlock(&q->lock);
    return query_take_input(q, e);
}

bool query_read(running_query *q, int64_t timeout_ms, error *e) {
    if (q->free_seat && reader_seat_is_held(q->free_seat, timeout_ms))
        return true;
    if (q->free_seat && reader_seat_has_company(q->free_seat) && !take_free_seat(q, e))
        return false;
    if (!(q->seat ? read_shared(q, timeout_ms, e) : read_alone(q, timeout_ms, e)))
        return false;
    update_positions(q);
    if (!q->seat)
        apply_backpressure(q);
    query_end_sources(q);
    if (q->failed)
        *e = q->failure;
    return !q->failed;
}
