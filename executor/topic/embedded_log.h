/* embedded_log.h - the structs of the embedded log. Private to executor/topic.
 *
 *   DIRECTORY/lock                           held with flock while the log is open
 *   DIRECTORY/commits.log                    what is committed: the only truth
 *   DIRECTORY/log/TOPIC/PARTITION/BASE.log   segments: batches of records from offset BASE on
 *
 * Every change is one frame in commits.log, written after the records it speaks of are durable.
 * Whatever is in the other files and not in commits.log does not exist, and is removed at open.
 *
 * Locks. `mutex` guards all that is shared in memory and is never held over input or output.
 * The *turn* (log_turn_take) is held by the one thread that changes commits.log, directories
 * or the list of segments. A segment is kept alive by its references, also after it was replaced.
 * Order: cleaning, then the turn, then mutex, then a segment's lock.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_EMBEDDED_LOG_H
#define SLUICE_EXECUTOR_TOPIC_EMBEDDED_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/topic/embedded_batch.h"
#include "executor/topic/topic_functions.h"

typedef struct embedded_log embedded_log;
typedef struct log_topic log_topic;
typedef struct log_partition log_partition;
typedef struct log_assignment log_assignment;
typedef struct log_commit log_commit;

/* ---- segments (embedded_segment.c) ---- */

/* The first bytes of a segment file. */
typedef struct log_segment_header {
    uint32_t magic, version;
    int64_t base;
    int64_t covered_end; /* of a compacted segment: it stands for all offsets before this one */
    uint64_t checksum;   /* of the fields before */
} log_segment_header;

enum { LOG_SEGMENT_HEADER_BYTES = sizeof(log_segment_header) };

/* Every so many bytes of a segment: the batch that begins there. */
typedef struct log_index_entry {
    int64_t offset, position;
    int64_t max_timestamp_ms; /* of the batches from here to the next entry */
} log_index_entry;

typedef struct log_segment {
    char *path;
    int64_t base;
    int64_t end;  /* offset after the last one it stands for. Mutex while it is the last segment */
    int64_t size; /* committed bytes. Mutex while it is the last segment */
    atomic_int references;
    pthread_mutex_t lock; /* the rest */
    int fd;               /* -1 until first needed */
    log_index_entry *index;
    int64_t index_count, index_capacity;
    int64_t indexed_size;                  /* bytes that the index covers */
    int64_t max_timestamp_ms, appended_ms; /* the greatest of the batches indexed */
} log_segment;

/* Opens an existing segment, or makes the file anew (`create`). The caller owns one reference. */
log_segment *log_segment_open(
    const char *directory, int64_t base, bool create, bool sync, error *e);
log_segment *log_segment_hold(log_segment *segment);
void log_segment_release(log_segment *segment); /* NULL is allowed */
/* The descriptor, opened when needed; -1 after an error. */
int log_segment_descriptor(log_segment *segment, error *e);
/* The header a segment file must begin with. */
log_segment_header log_segment_header_make(int64_t base, int64_t covered_end);
bool log_segment_header_check(
    const log_segment_header *header, int64_t base, const char *path, error *e);

/* Calls `visit` for each batch header in bytes [from, to) until it returns false. */
typedef bool (*log_batch_visitor)(void *context, const log_batch_header *header, int64_t position);
bool log_segment_visit(log_segment *segment, int64_t from, int64_t to, log_batch_visitor visit,
    void *context, error *e);
/* Brings the index up to `size` bytes. */
bool log_segment_index(log_segment *segment, int64_t size, error *e);
/* Where the first batch begins whose last offset is `offset` or more; `size` when none is. */
bool log_segment_find(
    log_segment *segment, int64_t size, int64_t offset, int64_t *position, error *e);
/* Reads and checks the batch at `position` of the first `size` bytes; `bytes` gets its body. */
bool log_segment_read(log_segment *segment, int64_t size, int64_t position,
    log_batch_header *header, buffer *body, error *e);
/* False with ERROR_DATA when no batch that ends before `size` can begin at `position`. */
bool log_segment_check_header(const log_segment *segment, const log_batch_header *header,
    int64_t position, int64_t size, error *e);

/* ---- topics and partitions (embedded_topic.c) ---- */

struct log_partition {
    log_topic *topic;
    int32_t number;
    /* Mutex. */
    int64_t start, end;
    int64_t active_base,
        active_size; /* of the last segment; (end, 0) when none may be appended to */
    log_segment **segments;
    int segment_count, segment_capacity;
    log_assignment *watchers; /* readers to be woken */
    /* The turn: what the commits being written make of it. */
    log_segment *staged_segment;
    int64_t staged_end, staged_size;
    bool is_staged, staged_is_new;
    bool has_torn_tail; /* bytes behind the committed ones that could not be cut off */
    /* The cleaner. */
    int64_t cleaned_end;
};

struct log_topic {
    int64_t id; /* never used twice */
    char *name_text;
    slice name;
    topic_config config; /* with the defaults filled in */
    atomic_bool is_deleted;
    atomic_int references;
    log_partition *partitions;
};

/* A topic with empty partitions; defaults are filled into `config`. The caller owns a reference. */
log_topic *log_topic_create(int64_t id, slice name, topic_config config);
log_topic *log_topic_hold(log_topic *topic);
void log_topic_release(log_topic *topic);
char *log_topic_path(const embedded_log *log, slice name);
char *log_partition_path(const embedded_log *log, const log_partition *partition);
/* Appends to the list of segments, which takes over the reference. */
void log_partition_add_segment(log_partition *partition, log_segment *segment);
/* Index of the segment that holds `offset` or, in a gap, what follows it; -1 when none. */
int log_partition_find_segment(const log_partition *partition, int64_t offset);
/* Reads the directory: opens the committed segments, removes all else, cuts back the last. */
bool log_partition_recover(embedded_log *log, log_partition *partition, error *e);

/* ---- the log ---- */

/* What one group has committed. */
typedef struct log_group_offset {
    int64_t topic_id;
    int32_t partition;
    int64_t offset;
} log_group_offset;

typedef struct log_group {
    char *name_text;
    slice name;
    log_group_offset *offsets; /* by topic and partition */
    int count, capacity;
} log_group;

typedef struct log_writer_id {
    char *text;
    slice id;
    int64_t epoch;
} log_writer_id;

struct embedded_log {
    topic_system system;
    char *directory;
    bool sync;
    int lock_fd;
    pthread_mutex_t mutex;
    pthread_cond_t turn_changed;
    bool turn_is_taken;
    log_commit *first_waiting, *last_waiting; /* commits that nobody is writing yet */
    log_topic **topics;                       /* by name */
    int topic_count, topic_capacity;
    log_group *groups; /* by name */
    int group_count, group_capacity;
    log_writer_id *writers;
    int writer_count;
    /* The turn. */
    int commits_fd;
    char *commits_path;
    int64_t commits_size, snapshot_size;
    buffer commits_deferred;
    int64_t next_topic_id;
    /* Settings that tests change. */
    _Atomic int64_t segment_bytes, compacted_segment_bytes, commits_bytes;
    /* The cleaner. */
    pthread_mutex_t cleaning;
    pthread_t cleaner;
    pthread_cond_t cleaner_wake;
    bool cleaner_is_wanted, is_closing;
};

/* For tests of rolling, cleaning and rewriting: small segments and a small commits.log. */
void embedded_log_set_sizes(topic_system *system, int64_t segment_bytes, int64_t commits_bytes);

void log_turn_take(embedded_log *log);
void log_turn_give(embedded_log *log);

/* Mutex. NULL with ERROR_NOT_FOUND when there is none; the caller holds a reference it must
 * release. */
log_topic *log_find_topic(embedded_log *log, slice name, error *e);
/* Takes the mutex itself; checks the partition's number too. Release partition->topic. */
log_partition *log_find_partition(embedded_log *log, slice topic, int32_t partition, error *e);
/* Mutex or recovery. */
void log_add_topic(embedded_log *log, log_topic *topic);
void log_remove_topic(embedded_log *log, log_topic *topic);
log_topic *log_topic_by_id(embedded_log *log, int64_t id);
void log_group_set(
    embedded_log *log, slice group, int64_t topic_id, int32_t partition, int64_t offset);

/* ---- commits.log (embedded_commits.c). The turn. ---- */

/* Reads it, or makes an empty one, and rebuilds topics, partitions' ends and groups. */
bool commits_open(embedded_log *log, error *e);
/* Entries of a frame. */
void commits_put_topic(buffer *frame, const log_topic *topic);
void commits_put_topic_deleted(buffer *frame, int64_t topic_id);
void commits_put_partition(buffer *frame, const log_partition *partition, int64_t end,
    int64_t active_base, int64_t active_size);
void commits_put_start(buffer *frame, const log_partition *partition, int64_t start);
void commits_put_group(
    buffer *frame, slice group, int64_t topic_id, int32_t partition, int64_t offset);
/* Writes the entries as one frame: after true all of them are durable (in a log that syncs), after
 * false none of them is there. */
bool commits_write(embedded_log *log, const buffer *frame, error *e);
/* Entries that need not be durable yet: they go into the next frame. */
void commits_defer(embedded_log *log, const buffer *entries);
/* Writes what was deferred and frees what commits_open made. */
void commits_close(embedded_log *log);
/* Rewrites the file from what is in memory when it has grown enough. Failing is harmless. */
void commits_maybe_rewrite(embedded_log *log);

/* The turn: drops what is before `start`, whole segments with their files. The active segment
 * goes too when all in it is dropped and it is large, or `drop_active` asks for it. */
bool log_partition_drop(
    embedded_log *log, log_partition *partition, int64_t start, bool drop_active, error *e);

/* ---- readers, writers, the cleaner ---- */

/* A partition assigned to a reader. */
struct log_assignment {
    struct log_reader *reader;
    int index;
    log_partition *partition; /* its topic is held */
    log_assignment *next_watcher;
    bool is_paused;
    int64_t offset; /* the next one to deliver */
    /* The place of that offset; segment NULL: to be looked up. */
    log_segment *segment;
    int64_t position; /* of the batch */
    bool is_inside;   /* `cursor` goes on in the middle of the batch */
    log_batch_cursor cursor;
    int64_t bytes_per_record; /* a running estimate */
    /* Taken over from the partition at the start of a poll. */
    int64_t start, end, segment_size, segment_end;
};

/* Mutex: wakes the readers of a partition. */
void log_wake_readers(log_partition *partition);

topic_reader *embedded_reader_open(topic_system *system, slice group, error *e);
void embedded_reader_close(topic_reader *reader);
bool embedded_reader_assign(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
bool embedded_reader_seek(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
void embedded_reader_wake(topic_reader *reader);
void embedded_reader_pause(topic_reader *reader, slice topic, int32_t partition, bool paused);
bool embedded_reader_poll(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e);
bool embedded_reader_at_end(topic_reader *reader, int assignment);
int64_t embedded_reader_position(topic_reader *reader, int assignment);
int64_t embedded_reader_lag(topic_reader *reader, int assignment);
bool embedded_reader_ends(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e);
/* The name of the reader's group; valid as long as the reader. */
slice embedded_reader_group(const topic_reader *reader);

topic_writer *embedded_writer_open(topic_system *system, slice transactional_id, error *e);
void embedded_writer_close(topic_writer *writer);
bool embedded_writer_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e);
bool embedded_writer_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e);
bool embedded_writer_abort(topic_writer *writer, error *e);
int64_t embedded_writer_end_offset(topic_writer *writer, slice topic, int32_t partition);
int64_t embedded_writer_pending_bytes(topic_writer *writer);

/* Starts and stops the thread that cleans when segments were closed. */
bool log_cleaner_start(embedded_log *log, error *e);
void log_cleaner_stop(embedded_log *log);
bool embedded_clean(topic_system *system, int64_t now_ms, error *e);

#endif
