/* kafka.h - topics of a Kafka cluster through librdkafka. Private to executor/topic.
 *
 * kafka_system.c opens clients and translates errors, kafka_admin.c makes, deletes and
 * describes topics, kafka_offsets.c asks where they and groups stand, kafka_reader.c consumes,
 * kafka_writer.c produces in transactions.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_KAFKA_H
#define SLUICE_EXECUTOR_TOPIC_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "executor/topic/topic_functions.h"

typedef struct kafka_setting {
    char *name, *value;
} kafka_setting;

typedef struct kafka_system {
    topic_system system;
    char *brokers;
    kafka_setting *settings; /* the user's, for every client */
    int setting_count;
    rd_kafka_t *admin; /* a consumer that consumes nothing: for questions to the cluster */
    struct kafka_closing *closing;
    _Atomic int writers;        /* that are open */
    pthread_mutex_t known_lock; /* guards what follows */
    struct kafka_known *known;  /* topics that were asked for, kafka_admin.c */
    int known_count;
} kafka_system;

/* How long the cluster may take to answer a question before it counts as lost. */
enum { KAFKA_TIMEOUT_MS = 30000 };

/* A new client with `count` pairs of settings, the user's on top. NULL after an error. */
rd_kafka_t *kafka_client_open(const kafka_system *system, rd_kafka_type_t type,
    const kafka_setting *settings, int count,
    void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *context, error *e);

/* Destroys a consumer in a thread of its own, so that nobody waits for it. */
void kafka_consumer_destroy(kafka_system *system, rd_kafka_t *client);

/* Fills `e` from what librdkafka says; both return false. `doing` completes "Cannot ...". */
bool kafka_fail(
    error *e, rd_kafka_resp_err_t code, const char *text, const char *doing, slice what);
/* Destroys `problem`. */
bool kafka_fail_with(error *e, rd_kafka_error_t *problem, const char *doing, slice what);

/* The answer to a request on `queue`, which is destroyed. NULL after an error. */
rd_kafka_event_t *kafka_take_answer(
    rd_kafka_queue_t *queue, const char *doing, slice what, error *e);
/* For a request of that kind; the caller destroys them. */
rd_kafka_AdminOptions_t *kafka_new_options(rd_kafka_t *client, rd_kafka_admin_op_t kind);

/* Brokers hear of a change one after another: who asks too soon asks again, for so long at most. */
enum { KAFKA_SETTLE_MS = 15000, KAFKA_SETTLE_FIRST_MS = 1, KAFKA_SETTLE_STEP_MS = 20 };
/* Sleeps; each time longer, up to KAFKA_SETTLE_STEP_MS. */
void kafka_pause(int *step_ms);

/* How many partitions a topic has, or had a second ago; -1 with ERROR_NOT_FOUND or ERROR_IO. */
int32_t kafka_known_partitions(kafka_system *system, slice topic, error *e);
void kafka_forget_topics(kafka_system *system);
/* True only when the cluster answers in time, and says that there is no such topic. */
bool kafka_topic_is_gone(rd_kafka_t *client, slice topic, int timeout_ms);
/* Gives each partition of the list the offset where it ends now, open transactions included; one
 * request a broker. Waits at most `timeout_ms`. */
bool kafka_ask_ends(kafka_system *system, rd_kafka_topic_partition_list_t *partitions,
    int64_t timeout_ms, error *e);

bool kafka_create(topic_system *system, slice name, const topic_config *config, error *e);
bool kafka_create_all(topic_system *system, const topic_info *topics, int count, error *e);
bool kafka_delete(topic_system *system, slice name, error *e);
bool kafka_describe(topic_system *system, slice name, topic_info *info, error *e);
bool kafka_count_partitions(topic_system *system, slice name, int32_t *count, error *e);
bool kafka_list(topic_system *system, arena *a, topic_info **topics, int *count, error *e);
bool kafka_offsets(
    topic_system *system, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e);
bool kafka_offset_at(topic_system *system, slice topic, int32_t partition, int64_t timestamp_ms,
    int64_t *offset, error *e);
bool kafka_delete_records(
    topic_system *system, slice topic, int32_t partition, int64_t offset, error *e);
bool kafka_clean(topic_system *system, int64_t now_ms, error *e);
bool kafka_group_offset(
    topic_system *system, slice group, slice topic, int32_t partition, int64_t *offset, error *e);

topic_reader *kafka_reader_open(topic_system *system, slice group, error *e);
void kafka_reader_close(topic_reader *reader);
bool kafka_reader_assign(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
bool kafka_reader_seek(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
void kafka_reader_wake(topic_reader *reader);
void kafka_reader_pause(topic_reader *reader, slice topic, int32_t partition, bool paused);
bool kafka_reader_poll(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e);
bool kafka_reader_at_end(topic_reader *reader, int assignment);
int64_t kafka_reader_position(topic_reader *reader, int assignment);
int64_t kafka_reader_lag(topic_reader *reader, int assignment);
bool kafka_reader_ends(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e);
/* The reader's group as a transaction wants it. The caller destroys it. */
rd_kafka_consumer_group_metadata_t *kafka_reader_group(topic_reader *reader);

topic_writer *kafka_writer_open(topic_system *system, slice transactional_id, error *e);
topic_writer *kafka_writer_connect(topic_system *system, slice transactional_id, error *e);
void kafka_writer_begin_fence(topic_writer *writer);
bool kafka_writer_fence(topic_writer *writer, error *e);
void kafka_writer_expect(topic_writer *writer, slice topic);
void kafka_writer_close(topic_writer *writer);
bool kafka_writer_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e);
bool kafka_writer_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e);
bool kafka_writer_abort(topic_writer *writer, error *e);
int64_t kafka_writer_end_offset(topic_writer *writer, slice topic, int32_t partition);
int64_t kafka_writer_pending_bytes(topic_writer *writer);

#endif
