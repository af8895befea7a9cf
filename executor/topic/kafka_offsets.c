/* Where topics and their records are: ends, offsets by time, deleted records, offsets of groups. */
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/topic/kafka.h"

enum { ASK_ONCE_MS = 3000 };

static bool check_partition(kafka_system *system, slice topic, int32_t partition, error *e) {
    int32_t partitions = kafka_known_partitions(system, topic, e);
    return partitions >= 0 && topic_check_partition(topic, partition, partitions, e);
}

/* What brokers say while a partition has just been made or is moving. */
static bool is_settling(rd_kafka_resp_err_t failed) {
    return failed == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           failed == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

bool kafka_offsets(
    topic_system *base, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e) {
    kafka_system *system = (kafka_system *)base;
    if (!check_partition(system, topic, partition, e))
        return false;
    char *name = memory_copy_text(topic);
    int64_t deadline = clock_monotonic_ms() + KAFKA_SETTLE_MS;
    rd_kafka_resp_err_t failed;
    while ((failed = rd_kafka_query_watermark_offsets(
                system->admin, name, partition, start, end, KAFKA_TIMEOUT_MS)) &&
           is_settling(failed) && clock_monotonic_ms() < deadline)
        usleep(KAFKA_SETTLE_STEP_MS * 1000);
    memory_free(name);
    return !failed || kafka_fail(e, failed, NULL, "find the offsets of topic", topic);
}

/* Trouble that may be over when asked again. */
static bool is_passing(rd_kafka_resp_err_t failed) {
    return !failed || is_settling(failed) || failed == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           failed == RD_KAFKA_RESP_ERR__TRANSPORT || failed == RD_KAFKA_RESP_ERR__WAIT_CACHE ||
           failed == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           failed == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           failed == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
           failed == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

/* One question. An answer that leaves a partition out is none. */
static rd_kafka_resp_err_t ask_ends_once(
    kafka_system *system, rd_kafka_topic_partition_list_t *partitions, int64_t timeout_ms) {
    for (int i = 0; i < partitions->cnt; i++)
        partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t failed =
        rd_kafka_offsets_for_times(system->admin, partitions, (int)timeout_ms);
    for (int i = 0; !failed && i < partitions->cnt; i++)
        if (partitions->elems[i].offset < 0)
            failed = RD_KAFKA_RESP_ERR__TIMED_OUT;
    return failed;
}

static bool some_topic_is_gone(kafka_system *system,
    const rd_kafka_topic_partition_list_t *partitions, int64_t timeout_ms, slice *gone) {
    for (int i = 0; i < partitions->cnt; i++) {
        *gone = slice_of(partitions->elems[i].topic);
        bool again = i > 0 && slice_equal(*gone, slice_of(partitions->elems[i - 1].topic));
        if (!again && kafka_topic_is_gone(system->admin, *gone, (int)timeout_ms))
            return true;
    }
    return false;
}

bool kafka_ask_ends(kafka_system *system, rd_kafka_topic_partition_list_t *partitions,
    int64_t timeout_ms, error *e) {
    if (partitions->cnt == 0)
        return true;
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    int step_ms = KAFKA_SETTLE_FIRST_MS;
    for (int64_t left = timeout_ms;; kafka_pause(&step_ms)) {
        rd_kafka_resp_err_t failed =
            ask_ends_once(system, partitions, left < ASK_ONCE_MS ? left : ASK_ONCE_MS);
        if (!failed)
            return true;
        slice topic = slice_of(partitions->elems[0].topic);
        left = deadline - clock_monotonic_ms();
        if (left <= 0 || !is_passing(failed))
            return kafka_fail(e, failed, NULL, "find the end of topic", topic);
        if (some_topic_is_gone(system, partitions, left, &topic))
            return error_set(e, ERROR_NOT_FOUND, "Topic %.*s was deleted.", SLICE_ARG(topic));
    }
}

static rd_kafka_topic_partition_list_t *one_partition(
    slice topic, int32_t partition, int64_t offset) {
    char *name = memory_copy_text(topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, partition)->offset = offset;
    memory_free(name);
    return list;
}

bool kafka_offset_at(topic_system *base, slice topic, int32_t partition, int64_t timestamp_ms,
    int64_t *offset, error *e) {
    kafka_system *system = (kafka_system *)base;
    int64_t start, end;
    if (!kafka_offsets(base, topic, partition, &start, &end, e))
        return false;
    if (timestamp_ms < 0)
        timestamp_ms = 0; /* negative numbers have special meanings */
    rd_kafka_topic_partition_list_t *list = one_partition(topic, partition, timestamp_ms);
    rd_kafka_resp_err_t failed = rd_kafka_offsets_for_times(system->admin, list, KAFKA_TIMEOUT_MS);
    if (!failed)
        failed = list->elems[0].err;
    *offset = list->elems[0].offset >= 0 ? list->elems[0].offset : end;
    rd_kafka_topic_partition_list_destroy(list);
    return !failed || kafka_fail(e, failed, NULL, "find an offset by time in topic", topic);
}

bool kafka_delete_records(
    topic_system *base, slice topic, int32_t partition, int64_t offset, error *e) {
    kafka_system *system = (kafka_system *)base;
    int64_t start, end;
    if (!kafka_offsets(base, topic, partition, &start, &end, e))
        return false;
    if (offset <= start)
        return true;
    rd_kafka_topic_partition_list_t *list =
        one_partition(topic, partition, offset < end ? offset : end);
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(system->admin);
    rd_kafka_AdminOptions_t *options =
        kafka_new_options(system->admin, RD_KAFKA_ADMIN_OP_DELETERECORDS);
    rd_kafka_DeleteRecords(system->admin, &request, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_event_t *event = kafka_take_answer(queue, "delete records of topic", topic, e);
    if (!event)
        return false;
    const rd_kafka_topic_partition_list_t *done =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    rd_kafka_resp_err_t failed = done->cnt == 1 ? done->elems[0].err : RD_KAFKA_RESP_ERR__FAIL;
    rd_kafka_event_destroy(event);
    return !failed || kafka_fail(e, failed, NULL, "delete records of topic", topic);
}

/* ---- groups ---- */

/* One question; `*again` when the brokers are still busy with a commit of the group. */
static bool ask_group(kafka_system *system, slice group, slice topic, int32_t partition,
    int64_t *offset, bool *again, error *e) {
    rd_kafka_topic_partition_list_t *list = one_partition(topic, partition, -1);
    char *name = memory_copy_text(group);
    rd_kafka_ListConsumerGroupOffsets_t *request =
        rd_kafka_ListConsumerGroupOffsets_new(name, list);
    memory_free(name);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(system->admin);
    rd_kafka_AdminOptions_t *options =
        kafka_new_options(system->admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_error_t *refused = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1);
    if (refused)
        rd_kafka_error_destroy(refused);
    rd_kafka_ListConsumerGroupOffsets(system->admin, &request, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_event_t *event = kafka_take_answer(queue, "find the offsets of group", group, e);
    if (!event)
        return false;
    size_t count;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    const rd_kafka_error_t *problem = count == 1 ? rd_kafka_group_result_error(groups[0]) : NULL;
    rd_kafka_resp_err_t failed =
        problem ? rd_kafka_error_code(problem) : RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_topic_partition_list_t *got =
        count == 1 && !failed ? rd_kafka_group_result_partitions(groups[0]) : NULL;
    *offset = -1;
    if (got && got->cnt == 1) {
        failed = got->elems[0].err;
        if (got->elems[0].offset >= 0)
            *offset = got->elems[0].offset;
    }
    *again = failed == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT ||
             failed == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
             failed == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
    rd_kafka_event_destroy(event);
    /* A group that was never heard of has no offsets. */
    if (failed == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return true;
    return !failed || kafka_fail(e, failed, NULL, "find the offsets of group", group);
}

bool kafka_group_offset(
    topic_system *base, slice group, slice topic, int32_t partition, int64_t *offset, error *e) {
    kafka_system *system = (kafka_system *)base;
    if (!check_partition(system, topic, partition, e))
        return false;
    int64_t deadline = clock_monotonic_ms() + KAFKA_SETTLE_MS;
    for (;;) {
        error one = {0};
        bool again = false;
        if (ask_group(system, group, topic, partition, offset, &again, &one))
            return true;
        if (!again || clock_monotonic_ms() > deadline) {
            *e = one;
            return false;
        }
        usleep(KAFKA_SETTLE_STEP_MS * 1000);
    }
}
