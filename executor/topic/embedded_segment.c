/* A segment is a file of batches, appended to by the commits and immutable once a later segment
 * exists. Its index is built in memory when somebody first seeks in it, by hopping from header to
 * header, and extended as the segment grows: nothing on disk can disagree with the batches. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "executor/topic/embedded_file.h"
#include "executor/topic/embedded_log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SEGMENT_MAGIC 0x47534c53u /* "SLSG" */
enum { SEGMENT_VERSION = 1, INDEX_BYTES = 32 * 1024, HOP_BYTES = 16 * 1024 };

/* ---- the file ---- */

log_segment_header log_segment_header_make(int64_t base, int64_t covered_end) {
    log_segment_header header = {SEGMENT_MAGIC, SEGMENT_VERSION, base, covered_end, 0};
    header.checksum = XXH3_64bits(&header, offsetof(log_segment_header, checksum));
    return header;
}

bool log_segment_header_check(
    const log_segment_header *header, int64_t base, const char *path, error *e) {
    if (header->magic == SEGMENT_MAGIC && header->version != SEGMENT_VERSION)
        return error_set(e, ERROR_DATA, "%s has format version %u; this program knows %d.", path,
            header->version, SEGMENT_VERSION);
    log_segment_header expected = log_segment_header_make(base, header->covered_end);
    return memcmp(&expected, header, sizeof expected) == 0 ||
           error_set(
               e, ERROR_DATA, "%s does not begin as a log segment does: it is damaged.", path);
}

static bool create_file(log_segment *segment, const char *directory, bool sync, error *e) {
    int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    segment->fd = open(segment->path, flags, 0666);
    if (segment->fd < 0 && errno == ENOENT && directory_make(directory, sync, e))
        segment->fd = open(segment->path, flags, 0666);
    if (error_is_set(e))
        return false;
    if (segment->fd < 0)
        return file_error(e, "create", segment->path);
    log_segment_header header = log_segment_header_make(segment->base, 0);
    return file_write_at(
               segment->fd, segment->path, slice_make((char *)&header, sizeof header), 0, e) &&
           (!sync || directory_sync(directory, e));
}

log_segment *log_segment_open(
    const char *directory, int64_t base, bool create, bool sync, error *e) {
    log_segment *segment = MEMORY_NEW(log_segment);
    segment->path = file_path("%s/%020" PRId64 ".log", directory, base);
    segment->base = base;
    segment->size = LOG_SEGMENT_HEADER_BYTES;
    segment->indexed_size = LOG_SEGMENT_HEADER_BYTES;
    segment->max_timestamp_ms = segment->appended_ms = INT64_MIN;
    segment->fd = -1;
    atomic_init(&segment->references, 1);
    pthread_mutex_init(&segment->lock, NULL);
    if (create && !create_file(segment, directory, sync, e)) {
        unlink(segment->path);
        log_segment_release(segment);
        return NULL;
    }
    return segment;
}

log_segment *log_segment_hold(log_segment *segment) {
    atomic_fetch_add(&segment->references, 1);
    return segment;
}

void log_segment_release(log_segment *segment) {
    if (!segment || atomic_fetch_sub(&segment->references, 1) > 1)
        return;
    if (segment->fd >= 0)
        close(segment->fd);
    pthread_mutex_destroy(&segment->lock);
    memory_free(segment->index);
    memory_free(segment->path);
    memory_free(segment);
}

static int descriptor_locked(log_segment *segment, error *e) {
    if (segment->fd < 0)
        segment->fd = open(segment->path, O_RDWR | O_CLOEXEC);
    if (segment->fd < 0)
        file_error(e, "open", segment->path);
    return segment->fd;
}

int log_segment_descriptor(log_segment *segment, error *e) {
    pthread_mutex_lock(&segment->lock);
    int fd = descriptor_locked(segment, e);
    pthread_mutex_unlock(&segment->lock);
    return fd;
}

/* ---- batches ---- */

bool log_segment_check_header(const log_segment *segment, const log_batch_header *header,
    int64_t position, int64_t size, error *e) {
    int64_t body_room = size - position - (int64_t)sizeof *header;
    if (header->magic == LOG_BATCH_MAGIC && header->body_bytes <= body_room &&
        header->record_count > 0)
        return true;
    return error_set(e, ERROR_DATA, "%s is damaged at byte %" PRId64 ": no batch of records there.",
        segment->path, position);
}

static bool read_header(log_segment *segment, int fd, int64_t position, int64_t size,
    log_batch_header *header, error *e) {
    if (size - position < (int64_t)sizeof *header)
        return error_set(e, ERROR_DATA, "%s is damaged at byte %" PRId64 ": a batch is cut off.",
            segment->path, position);
    return file_read_at(fd, segment->path, (char *)header, sizeof *header, position, e) &&
           log_segment_check_header(segment, header, position, size, e);
}

static bool visit_with(log_segment *segment, int fd, int64_t from, int64_t to,
    log_batch_visitor visit, void *context, error *e) {
    char bytes[HOP_BYTES];
    int64_t have_from = 0, have_to = 0;
    log_batch_header header;
    for (int64_t at = from; at < to; at += (int64_t)sizeof header + header.body_bytes) {
        if (at < have_from || at + (int64_t)sizeof header > have_to) {
            int64_t length = to - at < HOP_BYTES ? to - at : HOP_BYTES;
            if (!file_read_at(fd, segment->path, bytes, (size_t)length, at, e))
                return false;
            have_from = at;
            have_to = at + length;
        }
        if (have_to - at < (int64_t)sizeof header)
            return read_header(segment, fd, at, to, &header, e);
        memcpy(&header, bytes + (at - have_from), sizeof header);
        if (!log_segment_check_header(segment, &header, at, to, e))
            return false;
        if (!visit(context, &header, at))
            return true;
    }
    return true;
}

bool log_segment_visit(log_segment *segment, int64_t from, int64_t to, log_batch_visitor visit,
    void *context, error *e) {
    int fd = log_segment_descriptor(segment, e);
    return fd >= 0 && visit_with(segment, fd, from, to, visit, context, e);
}

bool log_segment_read(log_segment *segment, int64_t size, int64_t position,
    log_batch_header *header, buffer *body, error *e) {
    int fd = log_segment_descriptor(segment, e);
    if (fd < 0 || !read_header(segment, fd, position, size, header, e))
        return false;
    buffer_clear(body);
    buffer_reserve(body, header->body_bytes + 1);
    body->length = header->body_bytes;
    if (!file_read_at(
            fd, segment->path, body->data, body->length, position + (int64_t)sizeof *header, e))
        return false;
    return log_batch_check(header, body->data) ||
           error_set(e, ERROR_DATA,
               "%s is damaged: the batch at byte %" PRId64 " has a wrong checksum.", segment->path,
               position);
}

/* ---- the index ---- */

static bool index_visit(void *context, const log_batch_header *header, int64_t position) {
    log_segment *segment = context;
    log_index_entry *last = segment->index_count ? &segment->index[segment->index_count - 1] : NULL;
    if (!last || position - last->position >= INDEX_BYTES) {
        if (segment->index_count == segment->index_capacity) {
            segment->index_capacity = segment->index_capacity * 2 + 8;
            segment->index = memory_resize(
                segment->index, sizeof(log_index_entry) * (size_t)segment->index_capacity);
        }
        last = &segment->index[segment->index_count++];
        *last = (log_index_entry){header->base_offset, position, header->max_timestamp_ms};
    }
    if (header->max_timestamp_ms > last->max_timestamp_ms)
        last->max_timestamp_ms = header->max_timestamp_ms;
    if (header->max_timestamp_ms > segment->max_timestamp_ms)
        segment->max_timestamp_ms = header->max_timestamp_ms;
    if (header->appended_ms > segment->appended_ms)
        segment->appended_ms = header->appended_ms;
    segment->indexed_size = position + (int64_t)sizeof *header + header->body_bytes;
    return true;
}

static bool index_locked(log_segment *segment, int64_t size, error *e) {
    if (segment->indexed_size >= size)
        return true;
    int fd = descriptor_locked(segment, e);
    return fd >= 0 && visit_with(segment, fd, segment->indexed_size, size, index_visit, segment, e);
}

bool log_segment_index(log_segment *segment, int64_t size, error *e) {
    pthread_mutex_lock(&segment->lock);
    bool good = index_locked(segment, size, e);
    pthread_mutex_unlock(&segment->lock);
    return good;
}

/* The position of the last entry at or before `offset`. */
static int64_t index_lookup(const log_segment *segment, int64_t offset) {
    int64_t low = 0, high = segment->index_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (segment->index[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? segment->index[low - 1].position : LOG_SEGMENT_HEADER_BYTES;
}

typedef struct find_context {
    int64_t offset, position;
} find_context;

static bool find_visit(void *context, const log_batch_header *header, int64_t position) {
    find_context *find = context;
    if (header->base_offset + header->last_delta < find->offset)
        return true;
    find->position = position;
    return false;
}

bool log_segment_find(
    log_segment *segment, int64_t size, int64_t offset, int64_t *position, error *e) {
    if (offset <= segment->base) {
        *position = LOG_SEGMENT_HEADER_BYTES;
        return true;
    }
    pthread_mutex_lock(&segment->lock);
    bool good = index_locked(segment, size, e);
    int64_t from = index_lookup(segment, offset);
    pthread_mutex_unlock(&segment->lock);
    find_context find = {offset, size};
    if (!good || !log_segment_visit(segment, from, size, find_visit, &find, e))
        return false;
    *position = find.position;
    return true;
}
