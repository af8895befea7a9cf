/* commits.log is a header and frames. A frame is {bytes, checksum, entries}; each is durable before
 * the next is written, so only the last can be torn, and a torn frame is what a crash in the middle
 * of a commit leaves: it is cut off, and with it the whole transaction. A bad frame followed by a
 * good one is damage. Once the file has grown to several times what its contents need, they are
 * written as one frame to a new file that is renamed over it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/varint.h"
#include "executor/topic/embedded_file.h"
#include "executor/topic/embedded_log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static const char FILE_HEADER[8] = {'S', 'L', 'C', 'O', 'M', 'M', 1, 0}; /* the 1 is the version */

typedef struct frame_header {
    uint64_t checksum; /* of what follows, the entries included */
    uint64_t bytes;    /* of the entries */
} frame_header;

enum {
    ENTRY_TOPIC = 1,
    ENTRY_TOPIC_DELETED = 2,
    ENTRY_PARTITION = 3,
    ENTRY_START = 4,
    ENTRY_GROUP = 5,
};

/* ---- entries ---- */

static void put_text(buffer *frame, slice text) {
    varint_append(frame, text.length);
    buffer_append(frame, text);
}

void commits_put_topic(buffer *frame, const log_topic *topic) {
    buffer_append_byte(frame, ENTRY_TOPIC);
    varint_append(frame, (uint64_t)topic->id);
    put_text(frame, topic->name);
    varint_append(frame, (uint64_t)topic->config.partitions);
    varint_append(frame, zigzag(topic->config.retention_ms));
    varint_append(frame, topic->config.compact);
}

void commits_put_topic_deleted(buffer *frame, int64_t topic_id) {
    buffer_append_byte(frame, ENTRY_TOPIC_DELETED);
    varint_append(frame, (uint64_t)topic_id);
}

static void put_place(buffer *frame, char kind, int64_t topic_id, int32_t partition) {
    buffer_append_byte(frame, kind);
    varint_append(frame, (uint64_t)topic_id);
    varint_append(frame, (uint64_t)partition);
}

void commits_put_partition(buffer *frame, const log_partition *partition, int64_t end,
    int64_t active_base, int64_t active_size) {
    put_place(frame, ENTRY_PARTITION, partition->topic->id, partition->number);
    varint_append(frame, (uint64_t)end);
    varint_append(frame, (uint64_t)active_base);
    varint_append(frame, (uint64_t)active_size);
}

void commits_put_start(buffer *frame, const log_partition *partition, int64_t start) {
    put_place(frame, ENTRY_START, partition->topic->id, partition->number);
    varint_append(frame, (uint64_t)start);
}

void commits_put_group(
    buffer *frame, slice group, int64_t topic_id, int32_t partition, int64_t offset) {
    put_place(frame, ENTRY_GROUP, topic_id, partition);
    put_text(frame, group);
    varint_append(frame, (uint64_t)offset);
}

/* ---- writing ---- */

static frame_header make_header(slice entries) {
    frame_header header = {0, entries.length};
    header.checksum = XXH3_64bits_withSeed(entries.data, entries.length, entries.length);
    return header;
}

/* Room for the header stays in front of the entries until they are complete. */
static void finish_frame(buffer *frame) {
    frame_header header =
        make_header(slice_make(frame->data + sizeof header, frame->length - sizeof header));
    memcpy(frame->data, &header, sizeof header);
}

bool commits_write(embedded_log *log, const buffer *frame, error *e) {
    buffer bytes = {0};
    buffer_append_bytes(&bytes, &(frame_header){0}, sizeof(frame_header));
    buffer_append(&bytes, buffer_slice(&log->commits_deferred));
    buffer_append(&bytes, buffer_slice(frame));
    finish_frame(&bytes);
    bool good = file_write_at(
        log->commits_fd, log->commits_path, buffer_slice(&bytes), log->commits_size, e);
    if (good && log->sync)
        good = file_sync(log->commits_fd, log->commits_path, e);
    if (good) {
        log->commits_size += (int64_t)bytes.length;
        buffer_clear(&log->commits_deferred);
    } else if (ftruncate(log->commits_fd, log->commits_size) != 0) {
        log_warn("Cannot cut back %s after a failed commit; the next commit overwrites its end.",
            log->commits_path);
    }
    buffer_free(&bytes);
    return good;
}

void commits_defer(embedded_log *log, const buffer *entries) {
    buffer_append(&log->commits_deferred, buffer_slice(entries));
}

void commits_close(embedded_log *log) {
    error e = {0};
    if (log->commits_deferred.length && !commits_write(log, &(buffer){0}, &e))
        log_warn("%s", e.message); /* dropped records come back: harmless */
    buffer_free(&log->commits_deferred);
    if (log->commits_fd >= 0)
        close(log->commits_fd);
    memory_free(log->commits_path);
}

static void put_everything(const embedded_log *log, buffer *frame) {
    for (int t = 0; t < log->topic_count; t++) {
        const log_topic *topic = log->topics[t];
        commits_put_topic(frame, topic);
        for (int32_t p = 0; p < topic->config.partitions; p++) {
            const log_partition *partition = &topic->partitions[p];
            if (partition->end > 0)
                commits_put_partition(frame, partition, partition->end, partition->active_base,
                    partition->active_size);
            if (partition->start > 0)
                commits_put_start(frame, partition, partition->start);
        }
    }
    for (int g = 0; g < log->group_count; g++)
        for (int i = 0; i < log->groups[g].count; i++) {
            const log_group_offset *offset = &log->groups[g].offsets[i];
            commits_put_group(
                frame, log->groups[g].name, offset->topic_id, offset->partition, offset->offset);
        }
}

/* Writes a new file beside the old one and renames it over; gives its descriptor and size. */
static int write_snapshot(embedded_log *log, int64_t *size, error *e) {
    char *path = file_path("%s.new", log->commits_path);
    buffer frame = {0}, bytes = {0};
    buffer_append_bytes(&frame, &(frame_header){0}, sizeof(frame_header));
    pthread_mutex_lock(&log->mutex);
    put_everything(log, &frame);
    pthread_mutex_unlock(&log->mutex);
    finish_frame(&frame);
    buffer_append_bytes(&bytes, FILE_HEADER, sizeof FILE_HEADER);
    buffer_append(&bytes, buffer_slice(&frame));
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 || file_error(e, "create", path);
    good = good && file_write_at(fd, path, buffer_slice(&bytes), 0, e) &&
           (!log->sync || file_sync(fd, path, e));
    if (good && rename(path, log->commits_path) != 0)
        good = file_error(e, "rename", path);
    *size = (int64_t)bytes.length;
    buffer_free(&frame);
    buffer_free(&bytes);
    if (!good && fd >= 0) {
        close(fd);
        unlink(path);
    }
    memory_free(path);
    return good ? fd : -1;
}

void commits_maybe_rewrite(embedded_log *log) {
    if (log->commits_size < log->commits_bytes + 4 * log->snapshot_size)
        return;
    error e = {0};
    int64_t size;
    int fd = write_snapshot(log, &size, &e);
    if (fd >= 0) {
        close(log->commits_fd);
        log->commits_fd = fd;
        log->commits_size = log->snapshot_size = size;
        buffer_clear(&log->commits_deferred);
        if (log->sync)
            directory_sync(log->directory, &e);
    } else {
        log->snapshot_size = log->commits_size; /* not again at once */
    }
    if (error_is_set(&e))
        log_warn("Could not rewrite the commit log: %s", e.message);
}

/* ---- reading ---- */

typedef struct entry_reader {
    const char *at, *end; /* at is NULL after an overrun */
} entry_reader;

static int64_t take_number(entry_reader *r) {
    uint64_t value = 0;
    r->at = r->at ? varint_read(r->at, r->end, &value) : NULL;
    return (int64_t)value;
}

static slice take_text(entry_reader *r) {
    int64_t length = take_number(r);
    if (!r->at || length < 0 || length > r->end - r->at) {
        r->at = NULL;
        return (slice){NULL, 0};
    }
    slice text = slice_make(r->at, (size_t)length);
    r->at += length;
    return text;
}

static void apply_topic(embedded_log *log, entry_reader *r) {
    int64_t id = take_number(r);
    slice name = take_text(r);
    topic_config config = {0};
    config.partitions = (int32_t)take_number(r);
    config.retention_ms = unzigzag((uint64_t)take_number(r));
    config.compact = take_number(r) != 0;
    if (!r->at || config.partitions < 1 || log_topic_by_id(log, id)) {
        r->at = NULL;
        return;
    }
    log_add_topic(log, log_topic_create(id, name, config));
    if (log->next_topic_id <= id)
        log->next_topic_id = id + 1;
}

static void apply_partition(log_partition *partition, entry_reader *r) {
    int64_t end = take_number(r), base = take_number(r), size = take_number(r);
    if (!r->at || !partition)
        return;
    partition->end = end;
    partition->active_base = base;
    partition->active_size = size;
}

/* Entries about a partition. Those of a topic that was deleted since mean nothing any more. */
static void apply_placed(embedded_log *log, char kind, entry_reader *r) {
    int64_t topic_id = take_number(r);
    int32_t number = (int32_t)take_number(r);
    log_topic *topic = log_topic_by_id(log, topic_id);
    if (topic && (number < 0 || number >= topic->config.partitions)) {
        r->at = NULL;
        return;
    }
    log_partition *partition = topic ? &topic->partitions[number] : NULL;
    if (kind == ENTRY_PARTITION) {
        apply_partition(partition, r);
    } else if (kind == ENTRY_START) {
        int64_t start = take_number(r);
        if (partition)
            partition->start = start;
    } else {
        slice group = take_text(r);
        int64_t offset = take_number(r);
        if (r->at && partition)
            log_group_set(log, group, topic_id, number, offset);
    }
}

static bool apply_frame(embedded_log *log, slice entries) {
    entry_reader r = {entries.data, entries.data + entries.length};
    while (r.at && r.at < r.end) {
        char kind = *r.at++;
        if (kind == ENTRY_TOPIC) {
            apply_topic(log, &r);
        } else if (kind == ENTRY_TOPIC_DELETED) {
            log_topic *topic = log_topic_by_id(log, take_number(&r));
            if (topic)
                log_remove_topic(log, topic);
        } else if (kind >= ENTRY_PARTITION && kind <= ENTRY_GROUP) {
            apply_placed(log, kind, &r);
        } else {
            r.at = NULL;
        }
    }
    return r.at != NULL;
}

/* The entries of the frame at `at`, or the NULL slice when no good frame is there. */
static slice frame_at(slice file, int64_t at) {
    frame_header header;
    if (at < 0 || at + (int64_t)sizeof header > (int64_t)file.length)
        return (slice){NULL, 0};
    memcpy(&header, file.data + at, sizeof header);
    if (header.bytes > file.length - (size_t)at - sizeof header)
        return (slice){NULL, 0};
    slice entries = slice_make(file.data + at + sizeof header, header.bytes);
    return make_header(entries).checksum == header.checksum ? entries : (slice){NULL, 0};
}

/* Is there a good frame where the bad one at `at` says that it ends? */
static bool is_followed(slice file, int64_t at) {
    frame_header header;
    if (at + (int64_t)sizeof header > (int64_t)file.length)
        return false;
    memcpy(&header, file.data + at, sizeof header);
    if (header.bytes > file.length)
        return false;
    return frame_at(file, at + (int64_t)sizeof header + (int64_t)header.bytes).data != NULL;
}

/* Applies the good frames and finds where they end. */
static bool replay(embedded_log *log, slice file, error *e) {
    int64_t at = sizeof FILE_HEADER;
    for (slice entries; (entries = frame_at(file, at)).data;
         at += (int64_t)(sizeof(frame_header) + entries.length)) {
        if (!apply_frame(log, entries))
            return error_set(e, ERROR_DATA,
                "%s is damaged at byte %" PRId64 ": it has an entry that cannot be read.",
                log->commits_path, at);
    }
    if (is_followed(file, at)) {
        error_set(e, ERROR_DATA, "%s is damaged at byte %" PRId64 ", before its end.",
            log->commits_path, at);
        return error_hint(e, "Restore the directory from a copy. A crash cannot cause this; "
                             "a failing disk or another program can.");
    }
    log->commits_size = at;
    return true;
}

static bool check_file_header(embedded_log *log, slice file, error *e) {
    if (memcmp(file.data, FILE_HEADER, sizeof FILE_HEADER) == 0)
        return true;
    if (memcmp(file.data, FILE_HEADER, 6) == 0)
        return error_set(e, ERROR_DATA, "%s has format version %d; this program knows %d.",
            log->commits_path, file.data[6], FILE_HEADER[6]);
    return error_set(e, ERROR_DATA, "%s is not a commit log.", log->commits_path);
}

static bool create_commits(embedded_log *log, error *e) {
    int64_t size;
    log->commits_fd = write_snapshot(log, &size, e);
    log->commits_size = log->snapshot_size = size;
    return log->commits_fd >= 0 && (!log->sync || directory_sync(log->directory, e));
}

static bool read_commits(embedded_log *log, error *e) {
    struct stat status;
    if (fstat(log->commits_fd, &status) != 0)
        return file_error(e, "look at", log->commits_path);
    size_t length = (size_t)status.st_size;
    if (length < sizeof FILE_HEADER)
        return error_set(e, ERROR_DATA, "%s is not a commit log.", log->commits_path);
    char *bytes = memory_allocate(length);
    slice file = slice_make(bytes, length);
    bool good = file_read_at(log->commits_fd, log->commits_path, bytes, length, 0, e) &&
                check_file_header(log, file, e) && replay(log, file, e);
    memory_free(bytes);
    if (good && (int64_t)length > log->commits_size &&
        ftruncate(log->commits_fd, log->commits_size) != 0)
        good = file_error(e, "cut back", log->commits_path);
    return good;
}

bool commits_open(embedded_log *log, error *e) {
    log->commits_path = file_path("%s/commits.log", log->directory);
    log->commits_fd = open(log->commits_path, O_RDWR | O_CLOEXEC);
    if (log->commits_fd < 0 && errno == ENOENT)
        return create_commits(log, e);
    if (log->commits_fd < 0)
        return file_error(e, "open", log->commits_path);
    return read_commits(log, e);
}
