/* Topics and partitions in memory, and how a partition is recovered from its directory: segments
 * that commits.log does not know are removed, the last is cut back to its committed size. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "executor/topic/embedded_file.h"
#include "executor/topic/embedded_log.h"

enum { DEFAULT_PARTITIONS = 1 };
#define DEFAULT_RETENTION_MS (7 * 24 * 60 * 60 * INT64_C(1000))

/* ---- topics ---- */

log_topic *log_topic_create(int64_t id, slice name, topic_config config) {
    if (config.partitions == 0)
        config.partitions = DEFAULT_PARTITIONS;
    if (config.retention_ms == 0)
        config.retention_ms = config.compact ? -1 : DEFAULT_RETENTION_MS;
    config.replicas = 1;
    log_topic *topic = MEMORY_NEW(log_topic);
    topic->id = id;
    topic->name_text = memory_copy_text(name);
    topic->name = slice_make(topic->name_text, name.length);
    topic->config = config;
    atomic_init(&topic->references, 1);
    topic->partitions = memory_allocate_zero(sizeof(log_partition) * (size_t)config.partitions);
    for (int32_t i = 0; i < config.partitions; i++) {
        topic->partitions[i].topic = topic;
        topic->partitions[i].number = i;
    }
    return topic;
}

log_topic *log_topic_hold(log_topic *topic) {
    atomic_fetch_add(&topic->references, 1);
    return topic;
}

void log_topic_release(log_topic *topic) {
    if (atomic_fetch_sub(&topic->references, 1) > 1)
        return;
    for (int32_t i = 0; i < topic->config.partitions; i++) {
        log_partition *partition = &topic->partitions[i];
        for (int s = 0; s < partition->segment_count; s++)
            log_segment_release(partition->segments[s]);
        memory_free(partition->segments);
    }
    memory_free(topic->partitions);
    memory_free(topic->name_text);
    memory_free(topic);
}

char *log_topic_path(const embedded_log *log, slice name) {
    return file_path("%s/log/%.*s", log->directory, SLICE_ARG(name));
}

char *log_partition_path(const embedded_log *log, const log_partition *partition) {
    return file_path(
        "%s/log/%.*s/%d", log->directory, SLICE_ARG(partition->topic->name), partition->number);
}

/* ---- segments of a partition ---- */

void log_partition_add_segment(log_partition *partition, log_segment *segment) {
    if (partition->segment_count == partition->segment_capacity) {
        partition->segment_capacity = partition->segment_capacity * 2 + 2;
        partition->segments = memory_resize(
            partition->segments, sizeof(log_segment *) * (size_t)partition->segment_capacity);
    }
    partition->segments[partition->segment_count++] = segment;
}

int log_partition_find_segment(const log_partition *partition, int64_t offset) {
    int low = 0, high = partition->segment_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (partition->segments[middle]->end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < partition->segment_count ? low : -1;
}

/* ---- recovery ---- */

typedef struct found_bases {
    int64_t *items;
    int count, capacity;
} found_bases;

static int compare_bases(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static bool is_committed(const log_partition *partition, int64_t base) {
    return base < partition->active_base ||
           (base == partition->active_base && partition->active_size > 0);
}

static void add_base(found_bases *found, int64_t base) {
    if (found->count == found->capacity) {
        found->capacity = found->capacity * 2 + 16;
        found->items = memory_resize(found->items, sizeof(int64_t) * (size_t)found->capacity);
    }
    found->items[found->count++] = base;
}

/* Collects the bases of committed segments; removes every other file. */
static bool list_directory(
    const log_partition *partition, const char *path, found_bases *found, error *e) {
    DIR *directory = opendir(path);
    if (!directory)
        return errno == ENOENT || file_error(e, "open", path);
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(directory));) {
        slice name = slice_of(entry->d_name);
        int64_t base;
        if (slice_is(name, ".") || slice_is(name, ".."))
            continue;
        if (slice_ends_with(name, SLICE_LITERAL(".log")) &&
            slice_to_int64(slice_make(name.data, name.length - 4), &base) &&
            is_committed(partition, base)) {
            add_base(found, base);
            continue;
        }
        char *file = file_path("%s/%s", path, entry->d_name);
        good = directory_remove(file, e);
        memory_free(file);
    }
    closedir(directory);
    if (found->count)
        qsort(found->items, (size_t)found->count, sizeof(int64_t), compare_bases);
    return good;
}

/* Opens one segment and finds its size. `covered_end` gets what its header says. */
static log_segment *recover_segment(
    const char *path, int64_t base, int64_t *covered_end, error *e) {
    log_segment *segment = log_segment_open(path, base, false, false, e);
    int fd = log_segment_descriptor(segment, e);
    log_segment_header header;
    struct stat status;
    if (fd >= 0 && file_read_at(fd, segment->path, (char *)&header, sizeof header, 0, e) &&
        log_segment_header_check(&header, base, segment->path, e)) {
        if (fstat(fd, &status) == 0) {
            segment->size = status.st_size;
            *covered_end = header.covered_end;
            return segment;
        }
        file_error(e, "look at", segment->path);
    }
    log_segment_release(segment);
    return NULL;
}

/* The segment that is appended to holds exactly the committed bytes afterwards. */
static bool cut_active(const log_partition *partition, log_segment *segment, error *e) {
    if (segment->size < partition->active_size)
        return error_set(e, ERROR_DATA,
            "%s is damaged: it has %" PRId64 " bytes, and %" PRId64 " were committed.",
            segment->path, segment->size, partition->active_size);
    if (segment->size > partition->active_size &&
        ftruncate(segment->fd, partition->active_size) != 0)
        return file_error(e, "cut back", segment->path);
    segment->size = partition->active_size;
    return true;
}

static bool recover_segments(
    log_partition *partition, const char *path, const found_bases *found, error *e) {
    int64_t covered = 0;
    for (int i = 0; i < found->count; i++) {
        int64_t base = found->items[i], covered_end;
        log_segment *segment = recover_segment(path, base, &covered_end, e);
        if (!segment)
            return false;
        if (base < covered) { /* a compacted segment before it has taken its place */
            bool removed = directory_remove(segment->path, e);
            log_segment_release(segment);
            if (!removed)
                return false;
            continue;
        }
        covered = covered_end;
        if (partition->segment_count)
            partition->segments[partition->segment_count - 1]->end = base;
        log_partition_add_segment(partition, segment);
        segment->end = base == partition->active_base ? partition->end : partition->active_base;
        if (base == partition->active_base && !cut_active(partition, segment, e))
            return false;
    }
    return true;
}

/* Segments that were dropped just before a crash. */
static bool remove_dropped(log_partition *partition, error *e) {
    if (partition->segment_count == 0)
        return true;
    int drop = 0;
    bool good = true;
    while (good && drop < partition->segment_count &&
           partition->segments[drop]->end <= partition->start &&
           partition->segments[drop]->base != partition->active_base) {
        good = directory_remove(partition->segments[drop]->path, e);
        log_segment_release(partition->segments[drop++]);
    }
    partition->segment_count -= drop;
    memmove(partition->segments, partition->segments + drop,
        sizeof(log_segment *) * (size_t)partition->segment_count);
    return good;
}

bool log_partition_recover(embedded_log *log, log_partition *partition, error *e) {
    char *path = log_partition_path(log, partition);
    found_bases found = {0};
    bool good = list_directory(partition, path, &found, e) &&
                recover_segments(partition, path, &found, e) && remove_dropped(partition, e);
    int count = partition->segment_count;
    int64_t last_base = count ? partition->segments[count - 1]->base : -1;
    if (good && partition->active_size > 0 && last_base != partition->active_base)
        good = error_set(e, ERROR_DATA,
            "%s/%020" PRId64 ".log is missing, though records in it were committed.", path,
            partition->active_base);
    int64_t first = count ? partition->segments[0]->base : partition->active_base;
    if (partition->start < first)
        partition->start = first;
    memory_free(found.items);
    memory_free(path);
    return good;
}
