/* The embedded log as a whole: opening and recovery, topics by name, groups, the turn. */
#include "executor/topic/embedded_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "executor/topic/embedded_file.h"

enum {
    SEGMENT_BYTES = 64 * 1024 * 1024,
    COMPACTED_SEGMENT_BYTES = 16 * 1024 * 1024,
    COMMITS_BYTES = 1024 * 1024,
};

/* ---- the turn ---- */

void log_turn_take(embedded_log *log) {
    pthread_mutex_lock(&log->mutex);
    while (log->turn_is_taken)
        pthread_cond_wait(&log->turn_changed, &log->mutex);
    log->turn_is_taken = true;
    pthread_mutex_unlock(&log->mutex);
}

void log_turn_give(embedded_log *log) {
    pthread_mutex_lock(&log->mutex);
    log->turn_is_taken = false;
    pthread_cond_broadcast(&log->turn_changed);
    pthread_mutex_unlock(&log->mutex);
}

/* ---- topics by name ---- */

static int topic_place(const embedded_log *log, slice name) {
    int low = 0, high = log->topic_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (slice_compare(log->topics[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static log_topic *topic_named(const embedded_log *log, slice name) {
    int place = topic_place(log, name);
    bool found = place < log->topic_count && slice_equal(log->topics[place]->name, name);
    return found ? log->topics[place] : NULL;
}

log_topic *log_find_topic(embedded_log *log, slice name, error *e) {
    log_topic *topic = topic_named(log, name);
    if (topic)
        return log_topic_hold(topic);
    error_set(e, ERROR_NOT_FOUND, "There is no topic %.*s.", SLICE_ARG(name));
    return NULL;
}

log_partition *log_find_partition(embedded_log *log, slice topic, int32_t partition, error *e) {
    pthread_mutex_lock(&log->mutex);
    log_topic *found = log_find_topic(log, topic, e);
    pthread_mutex_unlock(&log->mutex);
    if (!found)
        return NULL;
    if (topic_check_partition(topic, partition, found->config.partitions, e))
        return &found->partitions[partition];
    log_topic_release(found);
    return NULL;
}

void log_add_topic(embedded_log *log, log_topic *topic) {
    if (log->topic_count == log->topic_capacity) {
        log->topic_capacity = log->topic_capacity * 2 + 16;
        log->topics = memory_resize(log->topics, sizeof(log_topic *) * (size_t)log->topic_capacity);
    }
    int place = topic_place(log, topic->name);
    memmove(log->topics + place + 1, log->topics + place,
        sizeof(log_topic *) * (size_t)(log->topic_count - place));
    log->topics[place] = topic;
    log->topic_count++;
}

log_topic *log_topic_by_id(embedded_log *log, int64_t id) {
    for (int i = 0; i < log->topic_count; i++)
        if (log->topics[i]->id == id)
            return log->topics[i];
    return NULL;
}

static void forget_group_offsets(log_group *group, int64_t topic_id) {
    int kept = 0;
    for (int i = 0; i < group->count; i++)
        if (group->offsets[i].topic_id != topic_id)
            group->offsets[kept++] = group->offsets[i];
    group->count = kept;
}

void log_remove_topic(embedded_log *log, log_topic *topic) {
    int place = topic_place(log, topic->name);
    log->topic_count--;
    memmove(log->topics + place, log->topics + place + 1,
        sizeof(log_topic *) * (size_t)(log->topic_count - place));
    for (int i = 0; i < log->group_count; i++)
        forget_group_offsets(&log->groups[i], topic->id);
    topic->is_deleted = true;
    for (int32_t p = 0; p < topic->config.partitions; p++)
        log_wake_readers(&topic->partitions[p]);
    log_topic_release(topic);
}

/* ---- groups ---- */

static int group_place(const embedded_log *log, slice name) {
    int low = 0, high = log->group_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (slice_compare(log->groups[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static log_group *group_named(embedded_log *log, slice name, bool add) {
    int place = group_place(log, name);
    if (place < log->group_count && slice_equal(log->groups[place].name, name))
        return &log->groups[place];
    if (!add)
        return NULL;
    if (log->group_count == log->group_capacity) {
        log->group_capacity = log->group_capacity * 2 + 8;
        log->groups = memory_resize(log->groups, sizeof(log_group) * (size_t)log->group_capacity);
    }
    log_group *group = &log->groups[place];
    memmove(group + 1, group, sizeof *group * (size_t)(log->group_count - place));
    log->group_count++;
    char *text = memory_copy_text(name);
    *group = (log_group){.name_text = text, .name = slice_make(text, name.length)};
    return group;
}

static int group_offset_place(const log_group *group, int64_t topic_id, int32_t partition) {
    int low = 0, high = group->count;
    while (low < high) {
        int middle = (low + high) / 2;
        const log_group_offset *at = &group->offsets[middle];
        if (at->topic_id < topic_id || (at->topic_id == topic_id && at->partition < partition))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_group_offset(
    const log_group *group, int place, int64_t topic_id, int32_t partition) {
    return place < group->count && group->offsets[place].topic_id == topic_id &&
           group->offsets[place].partition == partition;
}

void log_group_set(
    embedded_log *log, slice name, int64_t topic_id, int32_t partition, int64_t offset) {
    log_group *group = group_named(log, name, true);
    int place = group_offset_place(group, topic_id, partition);
    if (!is_group_offset(group, place, topic_id, partition)) {
        if (group->count == group->capacity) {
            group->capacity = group->capacity * 2 + 8;
            group->offsets =
                memory_resize(group->offsets, sizeof(log_group_offset) * (size_t)group->capacity);
        }
        log_group_offset *at = group->offsets + place;
        memmove(at + 1, at, sizeof *at * (size_t)(group->count - place));
        *at = (log_group_offset){.topic_id = topic_id, .partition = partition};
        group->count++;
    }
    group->offsets[place].offset = offset;
}

static bool embedded_group_offset(topic_system *system, slice group_name, slice topic_name,
    int32_t partition, int64_t *offset, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_partition *found = log_find_partition(log, topic_name, partition, e);
    if (!found)
        return false;
    *offset = -1;
    pthread_mutex_lock(&log->mutex);
    log_group *group = group_named(log, group_name, false);
    if (group) {
        int place = group_offset_place(group, found->topic->id, partition);
        if (is_group_offset(group, place, found->topic->id, partition))
            *offset = group->offsets[place].offset;
    }
    pthread_mutex_unlock(&log->mutex);
    log_topic_release(found->topic);
    return true;
}

/* ---- topics: create, delete, look at ---- */

/* A directory of this name can only be left over from a topic that was deleted. */
static bool remove_directory(embedded_log *log, slice name, error *e) {
    char *path = log_topic_path(log, name);
    bool good = directory_remove(path, e);
    memory_free(path);
    return good;
}

static bool create_in_turn(embedded_log *log, slice name, const topic_config *config, error *e) {
    pthread_mutex_lock(&log->mutex);
    bool exists = topic_named(log, name) != NULL;
    pthread_mutex_unlock(&log->mutex);
    if (exists)
        return error_set(e, ERROR_EXISTS, "Topic %.*s exists already.", SLICE_ARG(name));
    if (!remove_directory(log, name, e))
        return false;
    log_topic *topic = log_topic_create(log->next_topic_id++, name, *config);
    buffer frame = {0};
    commits_put_topic(&frame, topic);
    bool good = commits_write(log, &frame, e);
    buffer_free(&frame);
    if (!good) {
        log_topic_release(topic);
        return false;
    }
    pthread_mutex_lock(&log->mutex);
    log_add_topic(log, topic);
    pthread_mutex_unlock(&log->mutex);
    return true;
}

static bool embedded_create(
    topic_system *system, slice name, const topic_config *config, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_turn_take(log);
    bool good = create_in_turn(log, name, config, e);
    commits_maybe_rewrite(log);
    log_turn_give(log);
    return good;
}

static bool delete_in_turn(embedded_log *log, slice name, error *e) {
    pthread_mutex_lock(&log->mutex);
    log_topic *topic = log_find_topic(log, name, e);
    pthread_mutex_unlock(&log->mutex);
    if (!topic)
        return false;
    buffer frame = {0};
    commits_put_topic_deleted(&frame, topic->id);
    bool good = commits_write(log, &frame, e);
    buffer_free(&frame);
    if (good) {
        pthread_mutex_lock(&log->mutex);
        log_remove_topic(log, topic);
        pthread_mutex_unlock(&log->mutex);
        error ignored = {0};
        if (!remove_directory(log, name, &ignored))
            log_warn("Left over from a deleted topic until the next start: %s", ignored.message);
    }
    log_topic_release(topic);
    return good;
}

static bool embedded_delete(topic_system *system, slice name, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_turn_take(log);
    bool good = delete_in_turn(log, name, e);
    commits_maybe_rewrite(log);
    log_turn_give(log);
    return good;
}

static bool embedded_describe(topic_system *system, slice name, topic_info *info, error *e) {
    embedded_log *log = (embedded_log *)system;
    pthread_mutex_lock(&log->mutex);
    log_topic *topic = topic_named(log, name);
    if (topic)
        *info = (topic_info){name, topic->config};
    pthread_mutex_unlock(&log->mutex);
    return topic || error_set(e, ERROR_NOT_FOUND, "There is no topic %.*s.", SLICE_ARG(name));
}

static bool embedded_list(
    topic_system *system, arena *a, topic_info **topics, int *count, error *e) {
    embedded_log *log = (embedded_log *)system;
    pthread_mutex_lock(&log->mutex);
    *count = log->topic_count;
    *topics = ARENA_ARRAY(a, topic_info, log->topic_count);
    for (int i = 0; i < log->topic_count; i++)
        (*topics)[i] = (topic_info){arena_copy(a, log->topics[i]->name), log->topics[i]->config};
    pthread_mutex_unlock(&log->mutex);
    return true;
}

static bool embedded_offsets(
    topic_system *system, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_partition *found = log_find_partition(log, topic, partition, e);
    if (!found)
        return false;
    pthread_mutex_lock(&log->mutex);
    *start = found->start;
    *end = found->end;
    pthread_mutex_unlock(&log->mutex);
    log_topic_release(found->topic);
    return true;
}

/* ---- offsets by time ---- */

typedef struct time_search {
    int64_t timestamp_ms, start, offset;
    log_segment *segment;
    int64_t size;
    error *e;
    buffer body;
    log_headers headers;
} time_search;

/* Looks into one batch record by record. */
static bool search_batch(time_search *search, int64_t position) {
    log_batch_header header;
    if (!log_segment_read(
            search->segment, search->size, position, &header, &search->body, search->e))
        return false;
    log_batch_cursor cursor = log_batch_start(&header);
    topic_record record;
    while (search->offset < 0 && cursor.left > 0) {
        search->headers.count = 0;
        if (log_batch_decode(&cursor, search->body.data, header.body_bytes, 0, &record, 1,
                &search->headers) != 1)
            return error_set(search->e, ERROR_DATA, "%s is damaged: a record cannot be read.",
                search->segment->path);
        if (record.timestamp_ms >= search->timestamp_ms && record.offset >= search->start)
            search->offset = record.offset;
    }
    return true;
}

static bool search_visit(void *context, const log_batch_header *header, int64_t position) {
    time_search *search = context;
    if (header->max_timestamp_ms < search->timestamp_ms ||
        header->base_offset + header->last_delta < search->start)
        return true;
    return search_batch(search, position) && search->offset < 0;
}

static bool search_segment(time_search *search, log_segment *segment, int64_t size, error *e) {
    search->segment = segment;
    search->size = size;
    if (!log_segment_index(segment, size, e))
        return false;
    pthread_mutex_lock(&segment->lock);
    int64_t from = size;
    for (int64_t i = 0; i < segment->index_count && from == size; i++)
        if (segment->index[i].max_timestamp_ms >= search->timestamp_ms)
            from = segment->index[i].position;
    pthread_mutex_unlock(&segment->lock);
    return log_segment_visit(segment, from, size, search_visit, search, e) && !error_is_set(e);
}

static bool embedded_offset_at(topic_system *system, slice topic, int32_t partition,
    int64_t timestamp_ms, int64_t *offset, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_partition *found = log_find_partition(log, topic, partition, e);
    if (!found)
        return false;
    time_search search = {.timestamp_ms = timestamp_ms, .offset = -1, .e = e};
    pthread_mutex_lock(&log->mutex);
    search.start = found->start;
    int64_t end = found->end, next = found->start;
    pthread_mutex_unlock(&log->mutex);
    bool good = true;
    while (good && search.offset < 0 && next < end) {
        pthread_mutex_lock(&log->mutex);
        int at = log_partition_find_segment(found, next);
        log_segment *segment = at < 0 ? NULL : log_segment_hold(found->segments[at]);
        int64_t size = segment ? segment->size : 0;
        next = segment ? segment->end : end;
        pthread_mutex_unlock(&log->mutex);
        good = !segment || search_segment(&search, segment, size, e);
        log_segment_release(segment);
    }
    *offset = search.offset < 0 ? end : search.offset;
    buffer_free(&search.body);
    log_headers_free(&search.headers);
    log_topic_release(found->topic);
    return good;
}

/* ---- dropping records ---- */

/* Segments that hold nothing at or after `start` leave the list; their files are removed. Also the
 * active one when nothing in it is left: the frame before has said so. */
static void drop_segments(
    embedded_log *log, log_partition *partition, int64_t start, bool drop_active) {
    error ignored = {0};
    pthread_mutex_lock(&log->mutex);
    partition->start = start;
    int drop = 0;
    while (drop < partition->segment_count && partition->segments[drop]->end <= start &&
           (drop_active || drop < partition->segment_count - 1))
        drop++;
    log_segment **dropped = memory_allocate(sizeof(log_segment *) * (size_t)(drop + 1));
    partition->segment_count -= drop;
    if (drop) {
        memcpy(dropped, partition->segments, sizeof(log_segment *) * (size_t)drop);
        memmove(partition->segments, partition->segments + drop,
            sizeof(log_segment *) * (size_t)partition->segment_count);
    }
    if (drop_active) {
        partition->active_base = partition->end;
        partition->active_size = 0;
    }
    pthread_mutex_unlock(&log->mutex);
    for (int i = 0; i < drop; i++) {
        directory_remove(dropped[i]->path, &ignored);
        log_segment_release(dropped[i]);
    }
    memory_free(dropped);
}

enum { ACTIVE_BYTES_WORTH_DROPPING = 1024 * 1024 };

bool log_partition_drop(
    embedded_log *log, log_partition *partition, int64_t start, bool drop_active, error *e) {
    pthread_mutex_lock(&log->mutex);
    int64_t end = partition->end, old_start = partition->start;
    bool gone = partition->topic->is_deleted;
    drop_active = start >= end && partition->active_size > 0 &&
                  (drop_active || partition->active_size >= ACTIVE_BYTES_WORTH_DROPPING);
    pthread_mutex_unlock(&log->mutex);
    if (start > end)
        start = end;
    if (gone || (start <= old_start && !drop_active))
        return true;
    /* Only dropping the active segment must be durable before its file goes: files missing at the
     * front move the start at recovery by themselves. */
    buffer frame = {0};
    commits_put_start(&frame, partition, start);
    if (drop_active)
        commits_put_partition(&frame, partition, end, end, 0);
    bool good = true;
    if (drop_active)
        good = commits_write(log, &frame, e);
    else
        commits_defer(log, &frame);
    buffer_free(&frame);
    if (good)
        drop_segments(log, partition, start, drop_active);
    return good;
}

static bool embedded_delete_records(
    topic_system *system, slice topic, int32_t partition, int64_t offset, error *e) {
    embedded_log *log = (embedded_log *)system;
    log_partition *found = log_find_partition(log, topic, partition, e);
    if (!found)
        return false;
    log_turn_take(log);
    bool good = log_partition_drop(log, found, offset, false, e);
    commits_maybe_rewrite(log);
    log_turn_give(log);
    log_topic_release(found->topic);
    return good;
}

/* ---- opening and closing ---- */

static void close_parts(embedded_log *log) {
    for (int i = 0; i < log->topic_count; i++)
        log_topic_release(log->topics[i]);
    for (int i = 0; i < log->group_count; i++) {
        memory_free(log->groups[i].name_text);
        memory_free(log->groups[i].offsets);
    }
    for (int i = 0; i < log->writer_count; i++)
        memory_free(log->writers[i].text);
    commits_close(log);
    if (log->lock_fd >= 0)
        close(log->lock_fd);
    pthread_mutex_destroy(&log->mutex);
    pthread_mutex_destroy(&log->cleaning);
    pthread_cond_destroy(&log->turn_changed);
    pthread_cond_destroy(&log->cleaner_wake);
    memory_free(log->topics);
    memory_free(log->groups);
    memory_free(log->writers);
    memory_free(log->directory);
    memory_free(log);
}

static void embedded_close(topic_system *system) {
    embedded_log *log = (embedded_log *)system;
    log_cleaner_stop(log);
    close_parts(log);
}

static const topic_functions EMBEDDED_FUNCTIONS = {
    .is_kafka = false,
    .system_close = embedded_close,
    .create = embedded_create,
    .delete = embedded_delete,
    .describe = embedded_describe,
    .list = embedded_list,
    .offsets = embedded_offsets,
    .offset_at = embedded_offset_at,
    .delete_records = embedded_delete_records,
    .clean = embedded_clean,
    .group_offset = embedded_group_offset,
    .reader_open = embedded_reader_open,
    .reader_close = embedded_reader_close,
    .reader_assign = embedded_reader_assign,
    .reader_seek = embedded_reader_seek,
    .reader_pause = embedded_reader_pause,
    .reader_wake = embedded_reader_wake,
    .reader_poll = embedded_reader_poll,
    .reader_at_end = embedded_reader_at_end,
    .reader_position = embedded_reader_position,
    .reader_lag = embedded_reader_lag,
    .reader_ends = embedded_reader_ends,
    .writer_open = embedded_writer_open,
    .writer_close = embedded_writer_close,
    .writer_append_batch = embedded_writer_append_batch,
    .writer_commit = embedded_writer_commit,
    .writer_abort = embedded_writer_abort,
    .writer_end_offset = embedded_writer_end_offset,
    .writer_pending_bytes = embedded_writer_pending_bytes,
};

static bool lock_directory(embedded_log *log, error *e) {
    char *path = file_path("%s/lock", log->directory);
    log->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    bool good = log->lock_fd >= 0 || file_error(e, "open", path);
    memory_free(path);
    if (!good || flock(log->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return good;
    error_set(e, ERROR_IO, "The data directory %s is in use by another process.", log->directory);
    return error_hint(e, "Stop that process, or choose another directory.");
}

/* Removes directories under log/ that belong to no topic. */
static bool remove_strangers(embedded_log *log, const char *path, error *e) {
    DIR *directory = opendir(path);
    if (!directory)
        return file_error(e, "open", path);
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(directory));) {
        slice name = slice_of(entry->d_name);
        if (!slice_is(name, ".") && !slice_is(name, "..") && !topic_named(log, name))
            good = remove_directory(log, name, e);
    }
    closedir(directory);
    return good;
}

static bool recover(embedded_log *log, error *e) {
    char *path = file_path("%s/log", log->directory);
    bool good = directory_make(path, log->sync, e) && lock_directory(log, e) &&
                commits_open(log, e) && remove_strangers(log, path, e);
    memory_free(path);
    for (int t = 0; good && t < log->topic_count; t++)
        for (int32_t p = 0; good && p < log->topics[t]->config.partitions; p++)
            good = log_partition_recover(log, &log->topics[t]->partitions[p], e);
    return good;
}

/* A segment is a file: many topics need many descriptors. */
static void allow_many_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

topic_system *embedded_log_open(slice directory, bool sync, error *e) {
    embedded_log *log = MEMORY_NEW(embedded_log);
    log->system.functions = &EMBEDDED_FUNCTIONS;
    log->directory = memory_copy_text(directory);
    log->sync = sync;
    log->lock_fd = log->commits_fd = -1;
    log->next_topic_id = 1;
    log->segment_bytes = SEGMENT_BYTES;
    log->compacted_segment_bytes = COMPACTED_SEGMENT_BYTES;
    log->commits_bytes = COMMITS_BYTES;
    pthread_mutex_init(&log->mutex, NULL);
    pthread_mutex_init(&log->cleaning, NULL);
    pthread_cond_init(&log->turn_changed, NULL);
    pthread_cond_init(&log->cleaner_wake, NULL);
    allow_many_files();
    if (recover(log, e) && log_cleaner_start(log, e))
        return &log->system;
    close_parts(log);
    return NULL;
}

void embedded_log_set_sizes(topic_system *system, int64_t segment_bytes, int64_t commits_bytes) {
    embedded_log *log = (embedded_log *)system;
    log->segment_bytes = log->compacted_segment_bytes = segment_bytes;
    log->commits_bytes = commits_bytes;
}
