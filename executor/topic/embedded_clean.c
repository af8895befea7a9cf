/* Retention and compaction.
 *
 * Retention drops segments all of whose records are older than the topic keeps them, counted from
 * the later of a record's timestamp and the moment it was committed (so that loading history does
 * not lose it at once).
 *
 * Compaction looks at closed segments only. It notes the last offset of each key (by a 128-bit
 * hash), the active segment included, then writes again what is still the last of its key, several
 * small segments into one file. Offsets are kept. A tombstone stays for a day, so that readers that
 * are behind see it. The new file is renamed over the first of the segments it replaces and says in
 * its header how far it reaches; the others are removed after, or at the next open.
 *
 * A thread does both when segments were closed.
 */
#include <assert.h>
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

#define XXH_INLINE_ALL
#include <xxhash.h>

#define TOMBSTONE_MS (24 * 60 * 60 * INT64_C(1000))
enum { KEYS_MAX = 8 * 1024 * 1024, KEYS_FIRST = 1024 };

/* ---- the segments of a partition, held ---- */

typedef struct held_segments {
    log_segment **items;
    int64_t *sizes;
    int count;
    int64_t end;
    bool has_active; /* the last may still grow */
} held_segments;

static held_segments hold_segments(embedded_log *log, log_partition *partition) {
    held_segments held = {0};
    pthread_mutex_lock(&log->mutex);
    int count = atomic_load(&partition->topic->is_deleted) ? 0 : partition->segment_count;
    held.items = memory_allocate(sizeof(log_segment *) * (size_t)(count + 1));
    held.sizes = memory_allocate(sizeof(int64_t) * (size_t)(count + 1));
    held.count = count;
    held.end = partition->end;
    held.has_active = partition->active_size > 0;
    for (int i = 0; i < count; i++) {
        held.items[i] = log_segment_hold(partition->segments[i]);
        held.sizes[i] = partition->segments[i]->size;
    }
    pthread_mutex_unlock(&log->mutex);
    return held;
}

static void release_segments(held_segments *held) {
    for (int i = 0; i < held->count; i++)
        log_segment_release(held->items[i]);
    memory_free(held->items);
    memory_free(held->sizes);
}

/* ---- retention ---- */

static bool is_expired(
    log_segment *segment, int64_t size, int64_t before_ms, bool *expired, error *e) {
    if (!log_segment_index(segment, size, e))
        return false;
    pthread_mutex_lock(&segment->lock);
    *expired = segment->max_timestamp_ms < before_ms && segment->appended_ms < before_ms;
    pthread_mutex_unlock(&segment->lock);
    return true;
}

static bool expire_partition(
    embedded_log *log, log_partition *partition, int64_t before_ms, error *e) {
    held_segments held = hold_segments(log, partition);
    int64_t start = -1;
    bool good = true, expired = true;
    for (int i = 0; good && expired && i < held.count; i++) {
        good = is_expired(held.items[i], held.sizes[i], before_ms, &expired, e);
        if (good && expired)
            start = i + 1 < held.count ? held.items[i + 1]->base : held.end;
    }
    if (good && start >= 0) {
        log_turn_take(log);
        good = log_partition_drop(log, partition, start, start == held.end, e);
        log_turn_give(log);
    }
    release_segments(&held);
    return good;
}

/* ---- the last offset of each key ---- */

typedef struct key_slot {
    XXH128_hash_t hash;
    int64_t offset_plus_one; /* 0: free */
} key_slot;

typedef struct key_table {
    key_slot *slots;
    int64_t count, capacity; /* a power of two */
} key_table;

static key_slot *find_slot(const key_table *table, XXH128_hash_t hash) {
    uint64_t mask = (uint64_t)table->capacity - 1;
    for (uint64_t at = hash.low64 & mask;; at = (at + 1) & mask) {
        key_slot *slot = &table->slots[at];
        if (!slot->offset_plus_one || XXH128_isEqual(slot->hash, hash))
            return slot;
    }
}

static void grow_table(key_table *table) {
    key_table larger = {.capacity = table->capacity ? table->capacity * 2 : KEYS_FIRST};
    larger.slots = memory_allocate_zero(sizeof(key_slot) * (size_t)larger.capacity);
    for (int64_t i = 0; i < table->capacity; i++)
        if (table->slots[i].offset_plus_one)
            *find_slot(&larger, table->slots[i].hash) = table->slots[i];
    larger.count = table->count;
    memory_free(table->slots);
    *table = larger;
}

static XXH128_hash_t hash_key(slice key) {
    return XXH3_128bits(key.data, key.length);
}

/* Whether the key is new. */
static bool note_key(key_table *table, slice key, int64_t offset) {
    if (table->count * 2 >= table->capacity)
        grow_table(table);
    XXH128_hash_t hash = hash_key(key);
    key_slot *slot = find_slot(table, hash);
    bool is_new = !slot->offset_plus_one;
    if (is_new) {
        slot->hash = hash;
        table->count++;
    }
    slot->offset_plus_one = offset + 1;
    return is_new;
}

static bool is_last_of_key(const key_table *table, slice key, int64_t offset) {
    const key_slot *slot = find_slot(table, hash_key(key));
    return slot->offset_plus_one <= offset + 1;
}

/* ---- going through the records of a segment ---- */

typedef bool (*record_visitor)(
    void *context, const topic_record *record, const log_batch_header *header);

static bool visit_records(
    log_segment *segment, int64_t size, record_visitor visit, void *context, error *e) {
    buffer body = {0};
    log_headers headers = {0};
    bool good = true;
    log_batch_header header;
    for (int64_t at = LOG_SEGMENT_HEADER_BYTES; good && at < size;
         at += (int64_t)sizeof header + header.body_bytes) {
        good = log_segment_read(segment, size, at, &header, &body, e);
        log_batch_cursor cursor = log_batch_start(&header);
        while (good && cursor.left > 0) {
            topic_record record;
            headers.count = 0;
            good =
                log_batch_decode(&cursor, body.data, header.body_bytes, 0, &record, 1, &headers) ==
                    1 ||
                error_set(e, ERROR_DATA, "%s is damaged: a record cannot be read.", segment->path);
            log_headers_resolve(&headers, &record, good ? 1 : 0);
            good = good && visit(context, &record, &header);
        }
    }
    buffer_free(&body);
    log_headers_free(&headers);
    return good;
}

/* ---- compaction ---- */

typedef struct compaction {
    embedded_log *log;
    log_partition *partition;
    key_table keys;
    int64_t noted_end; /* the table knows all keys of the offsets before */
    bool has_repeats;  /* a key came twice, or a tombstone */
    int64_t tombstones_before_ms;
    int64_t dropped; /* records of the segment looked at that are not kept */
    /* The file being written. */
    char *path;
    int fd;
    int64_t size;
    log_batch_builder batches;
    error *e;
} compaction;

static bool note_visit(void *context, const topic_record *record, const log_batch_header *header) {
    compaction *c = context;
    if (record->key.data &&
        (!note_key(&c->keys, record->key, record->offset) || !record->value.data))
        c->has_repeats = true;
    return true;
}

static bool is_kept(
    const compaction *c, const topic_record *record, const log_batch_header *header) {
    if (!record->key.data || record->offset >= c->noted_end)
        return true;
    if (!is_last_of_key(&c->keys, record->key, record->offset))
        return false;
    int64_t age_from =
        record->timestamp_ms > header->appended_ms ? record->timestamp_ms : header->appended_ms;
    return record->value.data || age_from >= c->tombstones_before_ms;
}

static bool count_visit(void *context, const topic_record *record, const log_batch_header *header) {
    compaction *c = context;
    c->dropped += !is_kept(c, record, header);
    return true;
}

/* Writes the batches that are complete. */
static bool write_batches(compaction *c) {
    log_batch_builder_stamp(&c->batches, 0, 0);
    slice bytes = buffer_slice(&c->batches.bytes);
    if (!file_write_at(c->fd, c->path, bytes, c->size, c->e))
        return false;
    c->size += (int64_t)bytes.length;
    log_batch_builder_clear(&c->batches);
    return true;
}

static bool copy_visit(void *context, const topic_record *record, const log_batch_header *header) {
    compaction *c = context;
    if (!is_kept(c, record, header))
        return true;
    log_batch_builder_age(&c->batches, header->appended_ms);
    log_batch_builder_append(&c->batches, record, record->offset);
    return c->batches.is_open || write_batches(c);
}

/* Writes what is kept of segments [first, last] to c->path, durably. */
static bool write_compacted(compaction *c, const held_segments *held, int first, int last) {
    int64_t covered_end = held->items[last]->end;
    log_segment_header header = log_segment_header_make(held->items[first]->base, covered_end);
    c->fd = open(c->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (c->fd < 0)
        return file_error(c->e, "create", c->path);
    c->size = sizeof header;
    bool good = file_write_at(c->fd, c->path, slice_make((char *)&header, sizeof header), 0, c->e);
    for (int i = first; good && i <= last; i++)
        good = visit_records(held->items[i], held->sizes[i], copy_visit, c, c->e);
    if (good && c->batches.is_open) {
        log_batch_builder_seal(&c->batches);
        good = write_batches(c);
    }
    good = good && (!c->log->sync || file_sync(c->fd, c->path, c->e));
    log_batch_builder_free(&c->batches);
    close(c->fd);
    return good;
}

/* Mutex. Puts one segment in the place of `count` that begin with `first`. They are there: segments
 * are dropped from the front only, and the first was found. */
static void replace_segments(log_partition *partition, const held_segments *held, int first,
    int count, log_segment *compacted) {
    int at = 0;
    while (at < partition->segment_count && partition->segments[at] != held->items[first])
        at++;
    assert(at + count <= partition->segment_count);
    for (int i = 0; i < count; i++)
        log_segment_release(partition->segments[at + i]);
    partition->segments[at] = compacted;
    memmove(partition->segments + at + 1, partition->segments + at + count,
        sizeof(log_segment *) * (size_t)(partition->segment_count - at - count));
    partition->segment_count -= count - 1;
}

/* The turn. */
static bool still_there(compaction *c, const held_segments *held, int first) {
    pthread_mutex_lock(&c->log->mutex);
    bool there = false;
    for (int i = 0; !atomic_load(&c->partition->topic->is_deleted) && !there &&
                    i < c->partition->segment_count;
         i++)
        there = c->partition->segments[i] == held->items[first];
    pthread_mutex_unlock(&c->log->mutex);
    return there;
}

/* The turn. The compacted file takes the place of segments [first, last]. */
static bool install(compaction *c, const held_segments *held, int first, int last) {
    if (!still_there(c, held, first)) {
        unlink(c->path);
        return true;
    }
    char *directory = log_partition_path(c->log, c->partition);
    bool good =
        rename(c->path, held->items[first]->path) == 0 || file_error(c->e, "rename", c->path);
    good = good && (!c->log->sync || directory_sync(directory, c->e));
    log_segment *compacted =
        good ? log_segment_open(directory, held->items[first]->base, false, false, c->e) : NULL;
    memory_free(directory);
    if (!compacted)
        return false;
    compacted->size = c->size;
    compacted->end = held->items[last]->end;
    pthread_mutex_lock(&c->log->mutex);
    replace_segments(c->partition, held, first, last - first + 1, compacted);
    pthread_mutex_unlock(&c->log->mutex);
    for (int i = first + 1; i <= last; i++)
        unlink(held->items[i]->path);
    return true;
}

static bool compact_run(compaction *c, const held_segments *held, int first, int last) {
    c->path = file_path("%s.new", held->items[first]->path);
    bool good = write_compacted(c, held, first, last);
    if (good) {
        log_turn_take(c->log);
        good = install(c, held, first, last);
        log_turn_give(c->log);
    }
    if (!good)
        unlink(c->path);
    memory_free(c->path);
    return good;
}

/* Notes the keys of as many segments as the table may hold; the active one's committed part too. */
static bool note_keys(compaction *c, const held_segments *held) {
    for (int i = 0; i < held->count && c->keys.count < KEYS_MAX; i++) {
        if (!visit_records(held->items[i], held->sizes[i], note_visit, c, c->e))
            return false;
        c->noted_end = i + 1 < held->count ? held->items[i + 1]->base : held->end;
    }
    return true;
}

/* How far a run of segments from `first` on fits into one file. */
static int end_of_run(const compaction *c, const held_segments *held, int first, int closed) {
    int last = first;
    int64_t bytes = held->sizes[first];
    while (last + 1 < closed && bytes + held->sizes[last + 1] <= c->log->compacted_segment_bytes)
        bytes += held->sizes[++last];
    return last;
}

static bool compact_segments(compaction *c, const held_segments *held) {
    int closed = held->count - (held->has_active ? 1 : 0);
    if (closed < 1 || !note_keys(c, held))
        return closed < 1;
    bool good = true;
    for (int first = 0, last; good && first < closed; first = last + 1) {
        last = end_of_run(c, held, first, closed);
        c->dropped = 0;
        for (int i = first; good && c->has_repeats && i <= last; i++)
            good = visit_records(held->items[i], held->sizes[i], count_visit, c, c->e);
        if (good && (c->dropped || last > first))
            good = compact_run(c, held, first, last);
    }
    if (good)
        c->partition->cleaned_end = held->items[closed - 1]->end;
    return good;
}

static bool compact_partition(
    embedded_log *log, log_partition *partition, int64_t now_ms, error *e) {
    held_segments held = hold_segments(log, partition);
    compaction c = {
        .log = log, .partition = partition, .tombstones_before_ms = now_ms - TOMBSTONE_MS, .e = e};
    bool good = compact_segments(&c, &held);
    memory_free(c.keys.slots);
    release_segments(&held);
    return good;
}

/* Compacting by itself is worth it once half of the closed bytes are new, and four files. */
static bool is_worth_compacting(embedded_log *log, log_partition *partition) {
    int64_t clean = 0, dirty = 0;
    pthread_mutex_lock(&log->mutex);
    for (int i = 0; i + 1 < partition->segment_count; i++) {
        const log_segment *segment = partition->segments[i];
        *(segment->end <= partition->cleaned_end ? &clean : &dirty) += segment->size;
    }
    pthread_mutex_unlock(&log->mutex);
    return dirty >= clean && dirty >= 4 * log->compacted_segment_bytes;
}

/* ---- all topics ---- */

static log_topic **hold_topics(embedded_log *log, int *count) {
    pthread_mutex_lock(&log->mutex);
    *count = log->topic_count;
    log_topic **topics = memory_allocate(sizeof(log_topic *) * (size_t)(*count + 1));
    for (int i = 0; i < *count; i++)
        topics[i] = log_topic_hold(log->topics[i]);
    pthread_mutex_unlock(&log->mutex);
    return topics;
}

static bool clean_partition(
    embedded_log *log, log_partition *partition, int64_t now_ms, bool always, error *e) {
    const topic_config *config = &partition->topic->config;
    if (config->retention_ms >= 0 &&
        !expire_partition(log, partition, now_ms - config->retention_ms, e))
        return false;
    return !config->compact || !(always || is_worth_compacting(log, partition)) ||
           compact_partition(log, partition, now_ms, e);
}

/* One topic's trouble does not keep the others from being cleaned. The first error is reported. */
static bool clean_all(embedded_log *log, int64_t now_ms, bool always, error *e) {
    pthread_mutex_lock(&log->cleaning);
    int count;
    log_topic **topics = hold_topics(log, &count);
    for (int t = 0; t < count; t++) {
        for (int32_t p = 0; p < topics[t]->config.partitions; p++) {
            error one = {0};
            if (!clean_partition(log, &topics[t]->partitions[p], now_ms, always, &one) &&
                !error_is_set(e) && !atomic_load(&topics[t]->is_deleted))
                *e = one;
        }
        log_topic_release(topics[t]);
    }
    memory_free(topics);
    pthread_mutex_unlock(&log->cleaning);
    return !error_is_set(e);
}

bool embedded_clean(topic_system *system, int64_t now_ms, error *e) {
    return clean_all((embedded_log *)system, now_ms, true, e);
}

/* ---- the thread ---- */

static void *cleaner_run(void *argument) {
    embedded_log *log = argument;
    pthread_mutex_lock(&log->mutex);
    while (!log->is_closing) {
        if (!log->cleaner_is_wanted) {
            pthread_cond_wait(&log->cleaner_wake, &log->mutex);
            continue;
        }
        log->cleaner_is_wanted = false;
        pthread_mutex_unlock(&log->mutex);
        error e = {0};
        if (!clean_all(log, clock_now_ms(&CLOCK_SYSTEM), false, &e))
            log_warn("Cleaning the log failed: %s", e.message);
        pthread_mutex_lock(&log->mutex);
    }
    pthread_mutex_unlock(&log->mutex);
    return NULL;
}

bool log_cleaner_start(embedded_log *log, error *e) {
    int failed = pthread_create(&log->cleaner, NULL, cleaner_run, log);
    errno = failed;
    return !failed || file_error(e, "start the cleaner of", log->directory);
}

void log_cleaner_stop(embedded_log *log) {
    pthread_mutex_lock(&log->mutex);
    log->is_closing = true;
    pthread_cond_signal(&log->cleaner_wake);
    pthread_mutex_unlock(&log->mutex);
    pthread_join(log->cleaner, NULL);
}
