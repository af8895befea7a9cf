/* topic_functions.h - what an implementation of topics provides. Private to executor/topic.
 *
 * Each implementation has one constant table of these, and embeds topic_system, topic_reader and
 * topic_writer first in its own structs. The functions are as topic.h describes them.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_TOPIC_FUNCTIONS_H
#define SLUICE_EXECUTOR_TOPIC_TOPIC_FUNCTIONS_H

#include "executor/topic/topic.h"

typedef struct topic_functions {
    bool is_kafka;
    void (*system_close)(topic_system *system);
    bool (*create)(topic_system *system, slice name, const topic_config *config, error *e);
    /* NULL: one after the other. */
    bool (*create_all)(topic_system *system, const topic_info *topics, int count, error *e);
    bool (*delete)(topic_system *system, slice name, error *e);
    bool (*describe)(topic_system *system, slice name, topic_info *info, error *e);
    /* NULL: as `describe` says. */
    bool (*count_partitions)(topic_system *system, slice name, int32_t *count, error *e);
    bool (*list)(topic_system *system, arena *a, topic_info **topics, int *count, error *e);
    bool (*offsets)(topic_system *system, slice topic, int32_t partition, int64_t *start,
        int64_t *end, error *e);
    bool (*offset_at)(topic_system *system, slice topic, int32_t partition, int64_t timestamp_ms,
        int64_t *offset, error *e);
    bool (*delete_records)(
        topic_system *system, slice topic, int32_t partition, int64_t offset, error *e);
    bool (*clean)(topic_system *system, int64_t now_ms, error *e);
    bool (*group_offset)(topic_system *system, slice group, slice topic, int32_t partition,
        int64_t *offset, error *e);

    topic_reader *(*reader_open)(topic_system *system, slice group, error *e);
    void (*reader_close)(topic_reader *reader);
    bool (*reader_assign)(
        topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
    bool (*reader_seek)(
        topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e);
    void (*reader_pause)(topic_reader *reader, slice topic, int32_t partition, bool paused);
    bool (*reader_poll)(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
        const topic_segment **segments, int *count, error *e);
    void (*reader_wake)(topic_reader *reader);
    bool (*reader_at_end)(topic_reader *reader, int assignment);
    int64_t (*reader_position)(topic_reader *reader, int assignment);
    int64_t (*reader_lag)(topic_reader *reader, int assignment);
    bool (*reader_ends)(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e);

    topic_writer *(*writer_open)(topic_system *system, slice transactional_id, error *e);
    void (*writer_close)(topic_writer *writer);
    bool (*writer_append_batch)(
        topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e);
    bool (*writer_commit)(topic_writer *writer, topic_reader *group_reader,
        const topic_position *positions, int count, error *e);
    bool (*writer_abort)(topic_writer *writer, error *e);
    int64_t (*writer_end_offset)(topic_writer *writer, slice topic, int32_t partition);
    int64_t (*writer_pending_bytes)(topic_writer *writer);
    /* NULL: opening has no steps, and nothing needs to be known of topics. */
    topic_writer *(*writer_connect)(topic_system *system, slice transactional_id, error *e);
    void (*writer_begin_fence)(topic_writer *writer);
    bool (*writer_fence)(topic_writer *writer, error *e);
    void (*writer_expect)(topic_writer *writer, slice topic);
    /* NULL: nothing is written beside topics. */
    bool (*writer_mark)(topic_writer *writer, topic_commit_mark *mark);
    bool (*writer_resume)(
        topic_writer *writer, slice topic, const topic_commit_mark *mark, error *e);
} topic_functions;

struct topic_system {
    const topic_functions *functions;
};
struct topic_reader {
    const topic_functions *functions;
};
struct topic_writer {
    const topic_functions *functions;
};

/* Fills `e` when a partition number is not one of the topic's. */
bool topic_check_partition(slice topic, int32_t partition, int32_t partitions, error *e);

#endif
