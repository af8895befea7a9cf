/* topic.h - topics: one interface, two implementations.
 *
 * A `topic_system` is either the embedded log (segment files under a directory) or a Kafka cluster
 * reached through librdkafka. Everything above this header is the same code for both. A topic has
 * partitions; a partition is a sequence of records with increasing offsets. Writers append inside
 * transactions that span topics and partitions; readers see committed records only.
 *
 * Threads: a topic_system may be used from any thread. A reader or a writer belongs to one thread
 * at a time.
 *
 * Errors: ERROR_IO (disk, broker), ERROR_NOT_FOUND, ERROR_EXISTS, ERROR_FENCED (another writer with
 * the same transactional id has started), ERROR_DATA (corrupt log).
 */
#ifndef SLUICE_EXECUTOR_TOPIC_TOPIC_H
#define SLUICE_EXECUTOR_TOPIC_TOPIC_H

#include "base/arena.h"
#include "base/error.h"

enum { TOPIC_PARTITION_BY_KEY = -1 };
#define TOPIC_TIMESTAMP_NOW INT64_MIN

typedef struct topic_system topic_system;
typedef struct topic_reader topic_reader;
typedef struct topic_writer topic_writer;

typedef struct topic_header {
    slice key;
    slice value; /* NULL data: a null value */
} topic_header;

/* A record as read or written. NULL data in key or value is a null key or a tombstone. */
typedef struct topic_record {
    slice key, value;
    int64_t timestamp_ms; /* when written, TOPIC_TIMESTAMP_NOW leaves it to the writer */
    int64_t offset;       /* when read */
    int32_t partition;    /* when read; when written, a partition or TOPIC_PARTITION_BY_KEY */
    int32_t header_count;
    const topic_header *headers;
} topic_record;

/* A copy that lives in the arena, with its bytes and headers. */
topic_record topic_record_copy(arena *a, const topic_record *record);

typedef struct topic_config {
    int32_t partitions;   /* 0: the system's default */
    int16_t replicas;     /* 0: the system's default; the embedded log has one copy always */
    int64_t retention_ms; /* -1: for ever; 0: the system's default (7 days) */
    bool compact;         /* keep the latest record of each key */
} topic_config;

typedef struct topic_info {
    slice name;
    topic_config config;
} topic_info;

typedef struct topic_position {
    slice topic;
    int32_t partition;
    int64_t offset; /* the next one to read */
} topic_position;

/* ---- systems ---- */

/* Opens the embedded log in `directory` (made when absent). Recovery happens here: every partition
 * is cut back to its last commit. `sync` false leaves out fsync (tests that do not crash the
 * machine; a killed process loses nothing either way). A second process on the same directory is
 * refused. */
topic_system *embedded_log_open(slice directory, bool sync, error *e);
/* Connects to Kafka. `brokers` is HOST:PORT[,...]; `properties` are librdkafka settings applied on
 * top ("security.protocol", ...), `count` pairs of names and values, may be NULL. */
topic_system *kafka_open(slice brokers, const slice *properties, int count, error *e);
/* Readers and writers must be closed before. */
void topic_system_close(topic_system *system);
bool topic_system_is_kafka(const topic_system *system);

bool topic_create(topic_system *system, slice name, const topic_config *config, error *e);
/* Several at once, which takes a cluster as long as one. After an error some may be there. */
bool topic_create_all(topic_system *system, const topic_info *topics, int count, error *e);
/* Committed records only; readers of it get ERROR_NOT_FOUND at their next poll. */
bool topic_delete(topic_system *system, slice name, error *e);
/* Partitions and replicas; a topic's settings are told by topic_list only. False with
 * ERROR_NOT_FOUND when there is no such topic. `info->name` is `name`. */
bool topic_describe(topic_system *system, slice name, topic_info *info, error *e);
/* The same where it is no error that there is none: `*exists` says so. */
bool topic_find(topic_system *system, slice name, bool *exists, error *e);
/* How many partitions a topic has. The answer may be a second old: for those who go on with a topic
 * that somebody has just described. */
bool topic_count_partitions(topic_system *system, slice name, int32_t *count, error *e);
/* All topics by name, with their settings, allocated in `a`. */
bool topic_list(topic_system *system, arena *a, topic_info **topics, int *count, error *e);
/* First offset still there, and the offset after the last committed record. On Kafka records of
 * transactions that are still open count too, so that a reader whose position has reached `end` has
 * seen every commit made before the call. */
bool topic_offsets(
    topic_system *system, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e);
/* The offset of the first record with a timestamp at or after `timestamp_ms` (the end if none). */
bool topic_offset_at(topic_system *system, slice topic, int32_t partition, int64_t timestamp_ms,
    int64_t *offset, error *e);
/* Drops records before `offset` (an internal topic's consumed part). */
bool topic_delete_records(
    topic_system *system, slice topic, int32_t partition, int64_t offset, error *e);
/* The partition that Java's default partitioner (murmur2) chooses for a key. */
int32_t topic_partition_of(slice key, int32_t partitions);
/* Applies retention and compaction now (the embedded log also does it by itself, when segments
 * roll). The embedded log counts retention from the later of a record's timestamp and the moment it
 * was committed, so that loading history does not lose it. Kafka does its own: no-op. */
bool topic_clean(topic_system *system, int64_t now_ms, error *e);

/* ---- reading ---- */

/* A reader of any number of partitions, from given positions. `group` names it for monitoring and
 * for the offsets that its writer commits. */
topic_reader *topic_reader_open(topic_system *system, slice group, error *e);
void topic_reader_close(topic_reader *reader);
/* Adds a partition, read from `offset` on (an offset before the start begins at the start). */
bool topic_reader_assign(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
/* Changes where an assigned partition is read next. */
bool topic_reader_seek(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
/* Stops and resumes delivering an assigned partition (backpressure). */
void topic_reader_pause(topic_reader *reader, slice topic, int32_t partition, bool paused);

/* A run of consecutive records of one partition. */
typedef struct topic_segment {
    int assignment; /* index in order of topic_reader_assign */
    const topic_record *records;
    int64_t count;
    int64_t next_offset; /* where reading goes on after these records */
} topic_segment;

/* Waits at most `timeout_ms` for records and gives at most about `max_records`, as segments (at
 * most one a partition a call for the embedded log; Kafka's are grouped by partition too). What it
 * gives is valid until the next poll or close. No segments: nothing came. A bad broker connection
 * is not an error unless it is final. */
bool topic_reader_poll(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e);
/* Makes a poll that waits (or else the next one) return at once. The one call that another thread
 * may make, while the reader is open. */
void topic_reader_wake(topic_reader *reader);
/* True when everything committed in that partition when last heard of has been delivered. */
bool topic_reader_at_end(topic_reader *reader, int assignment);
/* The next offset that will be delivered (also moves past aborted or compacted offsets). */
int64_t topic_reader_position(topic_reader *reader, int assignment);
/* How many offsets there are up to the end when last heard of; 0 exactly when it is at_end. */
int64_t topic_reader_lag(topic_reader *reader, int assignment);
/* Asks where the assigned partitions end now: `ends` gets as many offsets, in the order of
 * topic_reader_assign, each as topic_offsets gives it. One question for all of them, answered
 * within `timeout_ms` or not at all. */
bool topic_reader_ends(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e);

/* ---- writing ---- */

/* A transactional writer. Opening it fences any earlier writer with the same id. The NULL slice
 * for `transactional_id` gives a writer for which each commit is durable by itself but not atomic
 * over partitions on Kafka (used for INSERT VALUES). */
topic_writer *topic_writer_open(topic_system *system, slice transactional_id, error *e);
/* Aborts what is open. */
/* Opening in steps, for who has something to do meanwhile. The first makes connections and nobody
 * is fenced off yet; the second begins to fence, and does not wait; the third waits, and is to come
 * before anything else is done with the writer. */
topic_writer *topic_writer_connect(topic_system *system, slice transactional_id, error *e);
void topic_writer_begin_fence(topic_writer *writer);
bool topic_writer_fence(topic_writer *writer, error *e);
/* That topic is going to be written to: what is to be known of it is asked for without waiting. */
void topic_writer_expect(topic_writer *writer, slice topic);
void topic_writer_close(topic_writer *writer);
/* Appends into the open transaction (begun by the first append). Bytes are copied or handed over
 * before it returns. `headers` of the record are copied too. Kafka's library takes timestamp 0 for
 * none: there it becomes 1. */
bool topic_writer_append(topic_writer *writer, slice topic, const topic_record *record, error *e);
/* Many at once: the hot path. */
bool topic_writer_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e);
/* Commits records together with the group's input positions (may be none). Of the reader only the
 * group's name is used, which stays as it is: another thread may be reading. After it returns true
 * the records are durable and visible. On false the transaction is gone or its fate unknown: the
 * caller drops its open work and opens a new writer (one recovery path for everything). */
bool topic_writer_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e);
bool topic_writer_abort(topic_writer *writer, error *e);
/* After a commit: the offset after the last record this writer committed to that partition, or -1
 * when it wrote none. */
int64_t topic_writer_end_offset(topic_writer *writer, slice topic, int32_t partition);
/* Bytes waiting in the open transaction (for bounding memory by committing early). */
int64_t topic_writer_pending_bytes(topic_writer *writer);
/* What is written beside topics (files of the Flink dialect) gets its names after the commit. A
 * query keeps the mark of a commit with the commit itself; after a crash between the two, the next
 * writer does what the last one could not. */
typedef struct topic_commit_mark {
    int64_t token, number;
} topic_commit_mark;
/* The mark of the commit to come; false where nothing is written beside topics. */
bool topic_writer_mark(topic_writer *writer, topic_commit_mark *mark);
/* Finishes what commits up to the mark have left undone for a topic, and drops what was not
 * committed. Before the first append. */
bool topic_writer_resume(
    topic_writer *writer, slice topic, const topic_commit_mark *mark, error *e);
/* Positions that were committed for a group, for monitoring; -1 where there is none. */
bool topic_group_offset(
    topic_system *system, slice group, slice topic, int32_t partition, int64_t *offset, error *e);

#endif
