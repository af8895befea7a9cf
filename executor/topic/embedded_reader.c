/* A reader keeps, for each assigned partition, the segment and the batch it stands in. A poll takes
 * over under the mutex how far each partition is committed, then reads outside of it: one pread of
 * about as many bytes as it will deliver, decoded in place. The bytes live in chunks that the next
 * poll reuses. With nothing to read it sleeps until a commit to one of its partitions wakes it. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/memory.h"
#include "executor/topic/embedded_file.h"
#include "executor/topic/embedded_log.h"

enum {
    POLL_RECORDS_MAX = 64 * 1024,
    READ_BYTES_MIN = 64 * 1024,
    READ_BYTES_MAX = 8 * 1024 * 1024,
    BYTES_PER_RECORD_FIRST = 128, /* a guess until a batch was seen */
};

/* Bytes read for one segment of a poll. */
typedef struct read_chunk {
    char *bytes;
    int64_t capacity;
} read_chunk;

typedef struct log_reader {
    topic_reader reader;
    embedded_log *log;
    char *group_text;
    slice group;
    pthread_cond_t grown; /* with the log's mutex: a commit touched an assigned partition */
    bool is_woken;        /* with the log's mutex: a poll is not to wait */
    log_assignment **assignments;
    int assignment_count;
    int next_turn; /* the assignment that is read first in the next poll */
    /* What the last poll gave. */
    topic_segment *segments;
    int segment_count;
    topic_record *records;
    int64_t record_count, record_capacity;
    log_headers headers;
    read_chunk *chunks; /* as many as assignments */
    log_assignment **ready;
} log_reader;

/* ---- opening, closing, assigning ---- */

topic_reader *embedded_reader_open(topic_system *system, slice group, error *e) {
    log_reader *reader = MEMORY_NEW(log_reader);
    reader->reader.functions = system->functions;
    reader->log = (embedded_log *)system;
    reader->group_text = memory_copy_text(group);
    reader->group = slice_make(reader->group_text, group.length);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&reader->grown, &attributes);
    pthread_condattr_destroy(&attributes);
    return &reader->reader;
}

slice embedded_reader_group(const topic_reader *reader) {
    return ((const log_reader *)reader)->group;
}

/* Mutex. */
static void stop_watching(log_assignment *assignment) {
    log_assignment **at = &assignment->partition->watchers;
    while (*at != assignment)
        at = &(*at)->next_watcher;
    *at = assignment->next_watcher;
}

void embedded_reader_close(topic_reader *base) {
    log_reader *reader = (log_reader *)base;
    pthread_mutex_lock(&reader->log->mutex);
    for (int i = 0; i < reader->assignment_count; i++)
        stop_watching(reader->assignments[i]);
    pthread_mutex_unlock(&reader->log->mutex);
    for (int i = 0; i < reader->assignment_count; i++) {
        log_segment_release(reader->assignments[i]->segment);
        log_topic_release(reader->assignments[i]->partition->topic);
        memory_free(reader->assignments[i]);
        memory_free(reader->chunks[i].bytes);
    }
    pthread_cond_destroy(&reader->grown);
    log_headers_free(&reader->headers);
    memory_free(reader->assignments);
    memory_free(reader->segments);
    memory_free(reader->records);
    memory_free(reader->chunks);
    memory_free(reader->ready);
    memory_free(reader->group_text);
    memory_free(reader);
}

static void grow_assignments(log_reader *reader) {
    size_t count = (size_t)reader->assignment_count + 1;
    reader->assignments = memory_resize(reader->assignments, sizeof(log_assignment *) * count);
    reader->ready = memory_resize(reader->ready, sizeof(log_assignment *) * count);
    reader->segments = memory_resize(reader->segments, sizeof(topic_segment) * count);
    reader->chunks = memory_resize(reader->chunks, sizeof(read_chunk) * count);
    reader->chunks[count - 1] = (read_chunk){0};
}

bool embedded_reader_assign(
    topic_reader *base, slice topic, int32_t partition, int64_t offset, error *e) {
    log_reader *reader = (log_reader *)base;
    log_partition *found = log_find_partition(reader->log, topic, partition, e);
    if (!found)
        return false;
    grow_assignments(reader);
    log_assignment *assignment = MEMORY_NEW(log_assignment);
    *assignment = (log_assignment){.reader = reader,
        .index = reader->assignment_count,
        .partition = found,
        .offset = offset < 0 ? 0 : offset,
        .bytes_per_record = BYTES_PER_RECORD_FIRST};
    reader->assignments[reader->assignment_count++] = assignment;
    pthread_mutex_lock(&reader->log->mutex);
    assignment->next_watcher = found->watchers;
    found->watchers = assignment;
    pthread_mutex_unlock(&reader->log->mutex);
    return true;
}

static log_assignment *find_assignment(log_reader *reader, slice topic, int32_t partition) {
    for (int i = 0; i < reader->assignment_count; i++) {
        log_partition *at = reader->assignments[i]->partition;
        if (at->number == partition && slice_equal(at->topic->name, topic))
            return reader->assignments[i];
    }
    return NULL;
}

/* The place is looked up at the next poll. */
static void move_to(log_assignment *assignment, int64_t offset) {
    log_segment_release(assignment->segment);
    assignment->segment = NULL;
    assignment->is_inside = false;
    assignment->offset = offset;
}

bool embedded_reader_seek(
    topic_reader *base, slice topic, int32_t partition, int64_t offset, error *e) {
    log_assignment *assignment = find_assignment((log_reader *)base, topic, partition);
    if (!assignment)
        return error_set(e, ERROR_NOT_FOUND, "Partition %d of topic %.*s is not assigned.",
            partition, SLICE_ARG(topic));
    move_to(assignment, offset < 0 ? 0 : offset);
    return true;
}

void embedded_reader_pause(topic_reader *base, slice topic, int32_t partition, bool paused) {
    log_assignment *assignment = find_assignment((log_reader *)base, topic, partition);
    if (assignment)
        assignment->is_paused = paused;
}

/* ---- waiting ---- */

void embedded_reader_wake(topic_reader *base) {
    log_reader *reader = (log_reader *)base;
    pthread_mutex_lock(&reader->log->mutex);
    reader->is_woken = true;
    pthread_cond_signal(&reader->grown);
    pthread_mutex_unlock(&reader->log->mutex);
}

void log_wake_readers(log_partition *partition) {
    for (log_assignment *at = partition->watchers; at; at = at->next_watcher)
        pthread_cond_signal(&at->reader->grown);
}

/* Mutex. Takes over what is committed; true when there is something to deliver. */
static bool look_at(log_assignment *assignment) {
    log_partition *partition = assignment->partition;
    assignment->start = partition->start;
    assignment->end = partition->end;
    int64_t next = assignment->offset < assignment->start ? assignment->start : assignment->offset;
    if (next != assignment->offset)
        move_to(assignment, next);
    if (next >= assignment->end)
        return false;
    if (assignment->segment && assignment->segment->end <= next)
        move_to(assignment, next);
    if (!assignment->segment) {
        int found = log_partition_find_segment(partition, next);
        if (found < 0) { /* everything up to the end was compacted away */
            assignment->offset = assignment->end;
            return false;
        }
        assignment->segment = log_segment_hold(partition->segments[found]);
        assignment->position = -1;
    }
    assignment->segment_size = assignment->segment->size;
    assignment->segment_end = assignment->segment->end;
    return true;
}

/* Mutex. */
static bool check_topic(const log_assignment *assignment, error *e) {
    const log_topic *topic = assignment->partition->topic;
    return !topic->is_deleted ||
           error_set(e, ERROR_NOT_FOUND, "Topic %.*s was deleted.", SLICE_ARG(topic->name));
}

/* Mutex. Fills reader->ready; -1 after an error. */
static int find_ready(log_reader *reader, error *e) {
    int count = 0;
    for (int i = 0; i < reader->assignment_count; i++) {
        log_assignment *assignment =
            reader->assignments[(reader->next_turn + i) % reader->assignment_count];
        if (!check_topic(assignment, e))
            return -1;
        if (!assignment->is_paused && look_at(assignment))
            reader->ready[count++] = assignment;
    }
    return count;
}

static struct timespec deadline_after(int64_t timeout_ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    if (timeout_ms > INT32_MAX)
        timeout_ms = INT32_MAX;
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += timeout_ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* How many assignments are in reader->ready: 0 after the deadline, -1 after an error. */
static int wait_ready(
    log_reader *reader, bool may_wait, const struct timespec *deadline, error *e) {
    pthread_mutex_lock(&reader->log->mutex);
    int count = find_ready(reader, e), waited = 0;
    while (count == 0 && may_wait && !reader->is_woken && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&reader->grown, &reader->log->mutex, deadline);
        count = find_ready(reader, e);
    }
    reader->is_woken = false;
    pthread_mutex_unlock(&reader->log->mutex);
    return count;
}

/* ---- reading ---- */

/* What is being read from one assignment into one chunk. */
typedef struct read_state {
    log_reader *reader;
    log_assignment *assignment;
    read_chunk *chunk;
    int fd;
    int64_t have_from, have_to; /* the bytes of the file that are in the chunk */
    int64_t quota;              /* records still wanted */
} read_state;

static bool fill_chunk(read_state *r, int64_t position, int64_t bytes, error *e) {
    if (r->chunk->capacity < bytes) {
        memory_free(r->chunk->bytes);
        r->chunk->bytes = memory_allocate((size_t)bytes);
        r->chunk->capacity = bytes;
    }
    r->have_from = position;
    r->have_to = position + bytes;
    return file_read_at(
        r->fd, r->assignment->segment->path, r->chunk->bytes, (size_t)bytes, position, e);
}

static bool damaged(const log_assignment *assignment, error *e) {
    return error_set(e, ERROR_DATA,
        "%s is damaged: the batch at byte %" PRId64 " is not as it was written.",
        assignment->segment->path, assignment->position);
}

/* Makes the whole batch at the position available. `*more` false: it is not in the chunk, and what
 * is there was delivered already. */
static bool load_batch(read_state *r, log_batch_header *header, bool *more, error *e) {
    log_assignment *a = r->assignment;
    bool first = r->have_to == 0;
    int64_t left = a->segment_size - a->position;
    *more = false;
    if (first) {
        int64_t bytes = a->bytes_per_record * r->quota + READ_BYTES_MIN;
        bytes = bytes > READ_BYTES_MAX ? READ_BYTES_MAX : bytes;
        if (!fill_chunk(r, a->position, bytes > left ? left : bytes, e))
            return false;
    }
    if (r->have_to - a->position < (int64_t)sizeof *header)
        return first ? damaged(a, e) : true;
    memcpy(header, r->chunk->bytes + (a->position - r->have_from), sizeof *header);
    if (!log_segment_check_header(a->segment, header, a->position, a->segment_size, e))
        return false;
    int64_t whole = (int64_t)sizeof *header + header->body_bytes;
    if (r->have_to - a->position < whole) {
        if (!first)
            return true;
        if (!fill_chunk(r, a->position, whole, e))
            return false;
    }
    *more = true;
    return true;
}

/* Drops records before the wanted offset from the front of what was just decoded. */
static int64_t skip_before(topic_record *records, int64_t count, int64_t offset) {
    int64_t skip = 0;
    while (skip < count && records[skip].offset < offset)
        skip++;
    if (skip)
        memmove(records, records + skip, sizeof *records * (size_t)(count - skip));
    return count - skip;
}

/* Delivers from the batch at the position, whose bytes are loaded. */
static bool read_batch(read_state *r, const log_batch_header *header, error *e) {
    log_assignment *a = r->assignment;
    log_reader *reader = r->reader;
    const char *body = r->chunk->bytes + (a->position - r->have_from) + sizeof *header;
    if (!a->is_inside) {
        if (!log_batch_check(header, body))
            return damaged(a, e);
        a->cursor = log_batch_start(header);
        a->is_inside = true;
        a->bytes_per_record = header->body_bytes / header->record_count + 1;
    }
    topic_record *records = reader->records + reader->record_count;
    int64_t count = log_batch_decode(&a->cursor, body, header->body_bytes, a->partition->number,
        records, r->quota, &reader->headers);
    if (count < 0)
        return damaged(a, e);
    if (count && records[0].offset < a->offset)
        count = skip_before(records, count, a->offset);
    reader->record_count += count;
    r->quota -= count;
    if (count)
        a->offset = a->cursor.next_offset;
    if (a->cursor.left == 0) {
        a->is_inside = false;
        a->position += (int64_t)sizeof *header + header->body_bytes;
    }
    return true;
}

/* Delivers at most `quota` records of one assignment as one segment. */
static bool read_assignment(log_reader *reader, log_assignment *a, int64_t quota, error *e) {
    read_state r = {
        reader, a, &reader->chunks[a->index], log_segment_descriptor(a->segment, e), 0, 0, quota};
    if (r.fd < 0)
        return false;
    if (a->position < 0 &&
        !log_segment_find(a->segment, a->segment_size, a->offset, &a->position, e))
        return false;
    int64_t first = reader->record_count;
    log_batch_header header;
    bool more = true;
    while (r.quota > 0 && a->position < a->segment_size) {
        if (!load_batch(&r, &header, &more, e))
            return false;
        if (!more)
            break;
        if (!read_batch(&r, &header, e))
            return false;
    }
    if (a->position >= a->segment_size && a->offset < a->segment_end)
        a->offset = a->segment_end; /* the rest was compacted away */
    if (reader->record_count > first)
        reader->segments[reader->segment_count++] = (topic_segment){.assignment = a->index,
            .count = reader->record_count - first,
            .next_offset = a->offset};
    return true;
}

static void reserve_records(log_reader *reader, int64_t count) {
    if (reader->record_capacity >= count)
        return;
    memory_free(reader->records);
    reader->records = memory_allocate(sizeof(topic_record) * (size_t)count);
    reader->record_capacity = count;
}

/* The arrays have stopped moving: sets the pointers into them. */
static void resolve_segments(log_reader *reader) {
    log_headers_resolve(&reader->headers, reader->records, reader->record_count);
    const topic_record *at = reader->records;
    for (int i = 0; i < reader->segment_count; i++) {
        reader->segments[i].records = at;
        at += reader->segments[i].count;
    }
}

bool embedded_reader_poll(topic_reader *base, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e) {
    log_reader *reader = (log_reader *)base;
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    reader->segment_count = 0;
    reader->record_count = reader->headers.count = 0;
    *count = 0;
    if (max_records > POLL_RECORDS_MAX)
        max_records = POLL_RECORDS_MAX;
    while (reader->segment_count == 0) {
        int ready = wait_ready(reader, timeout_ms > 0, &deadline, e);
        if (ready < 0)
            return false;
        if (ready == 0)
            break;
        int64_t quota = (max_records + ready - 1) / ready;
        quota = quota < 1 ? 1 : quota;
        reserve_records(reader, quota * ready);
        for (int i = 0; i < ready; i++)
            if (!read_assignment(reader, reader->ready[i], quota, e))
                return false;
    }
    reader->next_turn++;
    if (reader->next_turn >= reader->assignment_count)
        reader->next_turn = 0;
    resolve_segments(reader);
    *segments = reader->segments;
    *count = reader->segment_count;
    return true;
}

/* ---- where it stands ---- */

int64_t embedded_reader_lag(topic_reader *base, int assignment) {
    log_reader *reader = (log_reader *)base;
    assert(assignment >= 0 && assignment < reader->assignment_count);
    log_assignment *a = reader->assignments[assignment];
    pthread_mutex_lock(&reader->log->mutex);
    int64_t lag = a->partition->end - a->offset;
    pthread_mutex_unlock(&reader->log->mutex);
    return lag > 0 ? lag : 0;
}

bool embedded_reader_at_end(topic_reader *base, int assignment) {
    return embedded_reader_lag(base, assignment) == 0;
}

int64_t embedded_reader_position(topic_reader *base, int assignment) {
    log_reader *reader = (log_reader *)base;
    assert(assignment >= 0 && assignment < reader->assignment_count);
    return reader->assignments[assignment]->offset;
}

bool embedded_reader_ends(topic_reader *base, int64_t timeout_ms, int64_t *ends, error *e) {
    log_reader *reader = (log_reader *)base;
    bool ok = true;
    (void)timeout_ms; /* it is known */
    pthread_mutex_lock(&reader->log->mutex);
    for (int i = 0; ok && i < reader->assignment_count; i++) {
        ok = check_topic(reader->assignments[i], e);
        ends[i] = reader->assignments[i]->partition->end;
    }
    pthread_mutex_unlock(&reader->log->mutex);
    return ok;
}
