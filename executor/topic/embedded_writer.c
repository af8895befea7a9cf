/* A writer encodes records as they come into one buffer a partition. A commit
 *
 *   1. puts itself in the queue; the first to find the turn free takes it and all that wait (so
 * that concurrent commits share their syncs),
 *   2. gives the batches their offsets and writes them behind the committed bytes of each
 * partition, into a new segment where the last has grown enough, and syncs those files,
 *   3. writes one frame to commits.log: the new end of each partition and the groups' positions,
 *   4. publishes the same in memory and wakes the readers.
 *
 * If a step up to 3 fails, the files are cut back to what is committed and nothing has happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "executor/topic/embedded_file.h"
#include "executor/topic/embedded_log.h"

enum { KEPT_BUFFER_BYTES = 4 * 1024 * 1024 };

typedef struct pending_partition {
    log_batch_builder batches;
    int64_t records;
    int64_t end_offset; /* after the last commit; -1 when nothing was written */
} pending_partition;

typedef struct pending_topic {
    log_topic *topic; /* held */
    pending_partition *partitions;
} pending_topic;

typedef struct log_writer {
    topic_writer writer;
    embedded_log *log;
    int id_index; /* in log->writers; -1 without an id */
    int64_t epoch;
    pending_topic *topics;
    int topic_count;
    int last_topic;
    int64_t pending_bytes;
    uint32_t keyless; /* records without a key go around */
} log_writer;

/* One commit on its way. */
struct log_commit {
    log_commit *next;
    log_writer *writer;
    slice group;
    const topic_position *positions;
    int64_t *position_topics; /* ids */
    int position_count;
    bool is_done, is_good;
    error error;
};

/* ---- opening and closing ---- */

/* Mutex. Later writers get greater epochs. */
static int take_writer_id(embedded_log *log, slice id) {
    for (int i = 0; i < log->writer_count; i++)
        if (slice_equal(log->writers[i].id, id)) {
            log->writers[i].epoch++;
            return i;
        }
    log->writers =
        memory_resize(log->writers, sizeof(log_writer_id) * (size_t)(log->writer_count + 1));
    char *text = memory_copy_text(id);
    log->writers[log->writer_count] = (log_writer_id){text, slice_make(text, id.length), 1};
    return log->writer_count++;
}

topic_writer *embedded_writer_open(topic_system *system, slice transactional_id, error *e) {
    log_writer *writer = MEMORY_NEW(log_writer);
    writer->writer.functions = system->functions;
    writer->log = (embedded_log *)system;
    writer->id_index = -1;
    if (transactional_id.data) {
        pthread_mutex_lock(&writer->log->mutex);
        writer->id_index = take_writer_id(writer->log, transactional_id);
        writer->epoch = writer->log->writers[writer->id_index].epoch;
        pthread_mutex_unlock(&writer->log->mutex);
    }
    return &writer->writer;
}

static void free_pending(pending_topic *pending) {
    for (int32_t p = 0; p < pending->topic->config.partitions; p++)
        log_batch_builder_free(&pending->partitions[p].batches);
    memory_free(pending->partitions);
    log_topic_release(pending->topic);
}

void embedded_writer_close(topic_writer *base) {
    log_writer *writer = (log_writer *)base;
    for (int i = 0; i < writer->topic_count; i++)
        free_pending(&writer->topics[i]);
    memory_free(writer->topics);
    memory_free(writer);
}

/* ---- appending ---- */

static int find_pending(const log_writer *writer, slice topic) {
    if (writer->last_topic < writer->topic_count &&
        slice_equal(writer->topics[writer->last_topic].topic->name, topic))
        return writer->last_topic;
    for (int i = 0; i < writer->topic_count; i++)
        if (slice_equal(writer->topics[i].topic->name, topic))
            return i;
    return -1;
}

static bool has_records(const pending_topic *pending) {
    for (int32_t p = 0; p < pending->topic->config.partitions; p++)
        if (pending->partitions[p].records)
            return true;
    return false;
}

/* The place for a topic's records; NULL with ERROR_NOT_FOUND. */
static pending_topic *take_pending(log_writer *writer, slice topic, error *e) {
    int found = find_pending(writer, topic);
    if (found >= 0) {
        pending_topic *pending = &writer->topics[found];
        writer->last_topic = found;
        /* A topic that was deleted under an open transaction fails the commit. */
        if (!atomic_load(&pending->topic->is_deleted) || has_records(pending))
            return pending;
        free_pending(pending);
        *pending = writer->topics[--writer->topic_count];
    }
    pthread_mutex_lock(&writer->log->mutex);
    log_topic *held = log_find_topic(writer->log, topic, e);
    pthread_mutex_unlock(&writer->log->mutex);
    if (!held)
        return NULL;
    writer->topics =
        memory_resize(writer->topics, sizeof(pending_topic) * (size_t)(writer->topic_count + 1));
    pending_topic *pending = &writer->topics[writer->topic_count];
    size_t partitions = (size_t)held->config.partitions;
    *pending = (pending_topic){held, memory_allocate_zero(sizeof(pending_partition) * partitions)};
    for (size_t p = 0; p < partitions; p++)
        pending->partitions[p].end_offset = -1;
    writer->last_topic = writer->topic_count++;
    return pending;
}

static bool check_size(const topic_record *record, error *e) {
    size_t bytes = record->key.length + record->value.length;
    for (int32_t i = 0; i < record->header_count; i++)
        bytes += record->headers[i].key.length + record->headers[i].value.length;
    return bytes <= LOG_RECORD_BYTES_MAX ||
           error_set(e, ERROR_LIMIT, "A record of %zu bytes is too large: the limit is %d.", bytes,
               LOG_RECORD_BYTES_MAX);
}

static int32_t choose_partition(
    log_writer *writer, const topic_record *record, int32_t partitions) {
    if (record->partition != TOPIC_PARTITION_BY_KEY)
        return record->partition;
    if (partitions == 1)
        return 0;
    if (!record->key.data)
        return (int32_t)(writer->keyless++ % (uint32_t)partitions);
    return topic_partition_of(record->key, partitions);
}

static const topic_record *with_timestamp(const topic_record *record, topic_record *timed) {
    if (record->timestamp_ms != TOPIC_TIMESTAMP_NOW)
        return record;
    *timed = *record;
    timed->timestamp_ms = clock_now_ms(&CLOCK_SYSTEM);
    return timed;
}

bool embedded_writer_append_batch(
    topic_writer *base, slice topic, const topic_record *records, int64_t count, error *e) {
    log_writer *writer = (log_writer *)base;
    pending_topic *pending = take_pending(writer, topic, e);
    if (!pending)
        return false;
    int32_t partitions = pending->topic->config.partitions;
    for (int64_t i = 0; i < count; i++) {
        int32_t partition = choose_partition(writer, &records[i], partitions);
        if (!topic_check_partition(topic, partition, partitions, e) || !check_size(&records[i], e))
            return false;
        pending_partition *into = &pending->partitions[partition];
        size_t before = into->batches.bytes.length;
        topic_record timed;
        const topic_record *record = with_timestamp(&records[i], &timed);
        log_batch_builder_append(&into->batches, record, into->records++);
        writer->pending_bytes += (int64_t)(into->batches.bytes.length - before);
    }
    return true;
}

int64_t embedded_writer_pending_bytes(topic_writer *base) {
    return ((log_writer *)base)->pending_bytes;
}

int64_t embedded_writer_end_offset(topic_writer *base, slice topic, int32_t partition) {
    log_writer *writer = (log_writer *)base;
    int found = find_pending(writer, topic);
    if (found < 0 || partition < 0 || partition >= writer->topics[found].topic->config.partitions)
        return -1;
    return writer->topics[found].partitions[partition].end_offset;
}

static void clear_pending(log_writer *writer) {
    for (int i = 0; i < writer->topic_count; i++)
        for (int32_t p = 0; p < writer->topics[i].topic->config.partitions; p++) {
            pending_partition *pending = &writer->topics[i].partitions[p];
            pending->records = 0;
            if (pending->batches.bytes.capacity > KEPT_BUFFER_BYTES)
                log_batch_builder_free(&pending->batches);
            else
                log_batch_builder_clear(&pending->batches);
        }
    writer->pending_bytes = 0;
}

bool embedded_writer_abort(topic_writer *base, error *e) {
    clear_pending((log_writer *)base);
    return true;
}

/* ---- staging: what a commit writes before it counts ---- */

/* The commits that are written together, and the partitions they touch. */
typedef struct commit_round {
    embedded_log *log;
    log_commit *first;
    log_partition **partitions;
    int partition_count, partition_capacity;
    buffer frame;
} commit_round;

static void add_partition(commit_round *round, log_partition *partition) {
    if (round->partition_count == round->partition_capacity) {
        round->partition_capacity = round->partition_capacity * 2 + 8;
        round->partitions = memory_resize(
            round->partitions, sizeof(log_partition *) * (size_t)round->partition_capacity);
    }
    round->partitions[round->partition_count++] = partition;
}

static int64_t segment_limit(const embedded_log *log, const log_partition *partition) {
    return partition->topic->config.compact ? log->compacted_segment_bytes : log->segment_bytes;
}

/* A closed segment must end where its committed bytes end. */
static bool cut_torn_tail(log_partition *partition, error *e) {
    if (!partition->has_torn_tail)
        return true;
    log_segment *active = partition->segments[partition->segment_count - 1];
    int fd = log_segment_descriptor(active, e);
    if (fd < 0)
        return false;
    if (ftruncate(fd, partition->active_size) != 0)
        return file_error(e, "cut back", active->path);
    partition->has_torn_tail = false;
    return true;
}

/* Chooses the segment that the round appends to. */
static bool stage_partition(commit_round *round, log_partition *partition, error *e) {
    if (partition->is_staged)
        return true;
    bool roll = partition->active_size == 0 ||
                partition->active_size >= segment_limit(round->log, partition);
    if (roll && partition->active_size > 0 && !cut_torn_tail(partition, e))
        return false;
    if (roll) {
        char *path = log_partition_path(round->log, partition);
        partition->staged_segment =
            log_segment_open(path, partition->end, true, round->log->sync, e);
        memory_free(path);
        if (!partition->staged_segment)
            return false;
        partition->staged_size = LOG_SEGMENT_HEADER_BYTES;
    } else {
        partition->staged_segment = partition->segments[partition->segment_count - 1];
        partition->staged_size = partition->active_size;
    }
    partition->staged_is_new = roll;
    partition->staged_end = partition->end;
    partition->is_staged = true;
    add_partition(round, partition);
    return true;
}

static bool write_partition(commit_round *round, log_partition *partition,
    pending_partition *pending, int64_t now_ms, error *e) {
    if (!stage_partition(round, partition, e))
        return false;
    int fd = log_segment_descriptor(partition->staged_segment, e);
    if (fd < 0)
        return false;
    log_batch_builder_seal(&pending->batches);
    log_batch_builder_stamp(&pending->batches, partition->staged_end, now_ms);
    slice bytes = buffer_slice(&pending->batches.bytes);
    if (!file_write_at(fd, partition->staged_segment->path, bytes, partition->staged_size, e))
        return false;
    partition->staged_size += (int64_t)bytes.length;
    partition->staged_end += pending->records;
    pending->end_offset = partition->staged_end;
    return true;
}

static bool write_records(commit_round *round, log_commit *commit, error *e) {
    int64_t now_ms = clock_now_ms(&CLOCK_SYSTEM);
    log_writer *writer = commit->writer;
    for (int i = 0; i < writer->topic_count; i++) {
        pending_topic *pending = &writer->topics[i];
        for (int32_t p = 0; p < pending->topic->config.partitions; p++)
            if (pending->partitions[p].records &&
                !write_partition(
                    round, &pending->topic->partitions[p], &pending->partitions[p], now_ms, e))
                return false;
    }
    return true;
}

/* Lets the disk begin with all files before waiting for each. */
static bool sync_partitions(commit_round *round, error *e) {
    if (!round->log->sync)
        return true;
    if (round->partition_count > 1)
        for (int i = 0; i < round->partition_count; i++)
            sync_file_range(round->partitions[i]->staged_segment->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    for (int i = 0; i < round->partition_count; i++) {
        log_segment *segment = round->partitions[i]->staged_segment;
        if (!file_sync(segment->fd, segment->path, e))
            return false;
    }
    return true;
}

static void put_frame(commit_round *round) {
    for (int i = 0; i < round->partition_count; i++) {
        const log_partition *partition = round->partitions[i];
        commits_put_partition(&round->frame, partition, partition->staged_end,
            partition->staged_segment->base, partition->staged_size);
    }
    for (log_commit *commit = round->first; commit; commit = commit->next)
        for (int i = 0; commit->is_good && i < commit->position_count; i++)
            commits_put_group(&round->frame, commit->group, commit->position_topics[i],
                commit->positions[i].partition, commit->positions[i].offset);
}

/* ---- publishing, or taking back ---- */

static void publish_partition(embedded_log *log, log_partition *partition) {
    log_segment *segment = partition->staged_segment;
    if (partition->staged_is_new) {
        log->cleaner_is_wanted |= partition->segment_count > 0;
        log_partition_add_segment(partition, segment);
    } else if (partition->staged_size > partition->active_size) {
        partition->has_torn_tail = false;
    }
    segment->size = partition->active_size = partition->staged_size;
    segment->end = partition->end = partition->staged_end;
    partition->active_base = segment->base;
    partition->is_staged = false;
    log_wake_readers(partition);
}

static void publish(commit_round *round) {
    embedded_log *log = round->log;
    pthread_mutex_lock(&log->mutex);
    for (int i = 0; i < round->partition_count; i++)
        publish_partition(log, round->partitions[i]);
    for (log_commit *commit = round->first; commit; commit = commit->next)
        for (int i = 0; commit->is_good && i < commit->position_count; i++)
            log_group_set(log, commit->group, commit->position_topics[i],
                commit->positions[i].partition, commit->positions[i].offset);
    if (log->cleaner_is_wanted)
        pthread_cond_signal(&log->cleaner_wake);
    pthread_mutex_unlock(&log->mutex);
}

static void take_back(commit_round *round) {
    for (int i = 0; i < round->partition_count; i++) {
        log_partition *partition = round->partitions[i];
        log_segment *segment = partition->staged_segment;
        partition->is_staged = false;
        if (partition->staged_is_new) {
            unlink(segment->path);
            log_segment_release(segment);
        } else if (segment->fd >= 0 && ftruncate(segment->fd, partition->active_size) != 0) {
            partition->has_torn_tail = true;
        }
    }
}

/* ---- a round of commits ---- */

/* Mutex. Finds what is wrong with a commit before anything is written for it. */
static bool check_commit(embedded_log *log, log_commit *commit, error *e) {
    log_writer *writer = commit->writer;
    if (writer->id_index >= 0 && log->writers[writer->id_index].epoch != writer->epoch)
        return error_set(e, ERROR_FENCED, "A newer writer has taken over the id %.*s.",
            SLICE_ARG(log->writers[writer->id_index].id));
    for (int i = 0; i < writer->topic_count; i++) {
        pending_topic *pending = &writer->topics[i];
        if (atomic_load(&pending->topic->is_deleted) && has_records(pending))
            return error_set(
                e, ERROR_NOT_FOUND, "Topic %.*s was deleted.", SLICE_ARG(pending->topic->name));
    }
    for (int i = 0; i < commit->position_count; i++) {
        const topic_position *position = &commit->positions[i];
        log_topic *topic = log_find_topic(log, position->topic, e);
        if (!topic)
            return false;
        int32_t partitions = topic->config.partitions;
        commit->position_topics[i] = topic->id;
        log_topic_release(topic);
        if (!topic_check_partition(position->topic, position->partition, partitions, e))
            return false;
    }
    return true;
}

static void check_commits(commit_round *round) {
    pthread_mutex_lock(&round->log->mutex);
    for (log_commit *commit = round->first; commit; commit = commit->next)
        commit->is_good = check_commit(round->log, commit, &commit->error);
    pthread_mutex_unlock(&round->log->mutex);
}

/* The turn. Writes all commits of the round, or none of those that were good to begin with. */
static void write_round(commit_round *round) {
    error e = {0};
    bool good = true;
    check_commits(round);
    for (log_commit *commit = round->first; good && commit; commit = commit->next)
        good = !commit->is_good || write_records(round, commit, &e);
    good = good && sync_partitions(round, &e);
    if (good)
        put_frame(round);
    if (good && round->frame.length)
        good = commits_write(round->log, &round->frame, &e);
    if (good)
        publish(round);
    else
        take_back(round);
    for (log_commit *commit = round->first; !good && commit; commit = commit->next)
        if (commit->is_good) {
            commit->is_good = false;
            commit->error = e;
        }
    commits_maybe_rewrite(round->log);
    buffer_free(&round->frame);
    memory_free(round->partitions);
}

/* Mutex and the turn, which is given back. */
static void write_waiting(embedded_log *log) {
    commit_round round = {.log = log, .first = log->first_waiting};
    log->first_waiting = log->last_waiting = NULL;
    pthread_mutex_unlock(&log->mutex);
    write_round(&round);
    pthread_mutex_lock(&log->mutex);
    for (log_commit *commit = round.first, *next; commit; commit = next) {
        next = commit->next; /* a commit that is done belongs to its thread again */
        commit->is_done = true;
    }
    log->turn_is_taken = false;
    pthread_cond_broadcast(&log->turn_changed);
}

static void queue_and_wait(embedded_log *log, log_commit *commit) {
    pthread_mutex_lock(&log->mutex);
    if (log->last_waiting)
        log->last_waiting->next = commit;
    else
        log->first_waiting = commit;
    log->last_waiting = commit;
    while (!commit->is_done) {
        if (log->turn_is_taken) {
            pthread_cond_wait(&log->turn_changed, &log->mutex);
        } else {
            log->turn_is_taken = true;
            write_waiting(log);
        }
    }
    pthread_mutex_unlock(&log->mutex);
}

bool embedded_writer_commit(topic_writer *base, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    log_writer *writer = (log_writer *)base;
    log_commit commit = {.writer = writer,
        .group = group_reader ? embedded_reader_group(group_reader) : SLICE_LITERAL(""),
        .positions = positions,
        .position_count = count,
        .position_topics = memory_allocate(sizeof(int64_t) * (size_t)(count + 1))};
    queue_and_wait(writer->log, &commit);
    memory_free(commit.position_topics);
    clear_pending(writer);
    if (!commit.is_good)
        *e = commit.error;
    return commit.is_good;
}
