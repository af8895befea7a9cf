/* Dispatch to the implementation, and what is the same for all of them: which names a topic may
 * have, and which partition a key belongs to. */
#include "executor/topic/topic.h"

#include "executor/topic/topic_functions.h"

/* ---- records ---- */

topic_record topic_record_copy(arena *a, const topic_record *record) {
    topic_record copy = *record;
    topic_header *headers = ARENA_ARRAY(a, topic_header, record->header_count);
    for (int i = 0; i < record->header_count; i++)
        headers[i] = (topic_header){
            arena_copy(a, record->headers[i].key), arena_copy(a, record->headers[i].value)};
    copy.key = arena_copy(a, record->key);
    copy.value = arena_copy(a, record->value);
    copy.headers = headers;
    return copy;
}

/* ---- partitioning ---- */

/* MurmurHash2 with the seed that Kafka's Java client uses, so that keys land where it puts them. */
static uint32_t murmur2(slice key) {
    const uint32_t multiplier = 0x5bd1e995;
    const uint32_t seed = 0x9747b28c;
    const uint8_t *at = (const uint8_t *)key.data;
    size_t left = key.length;
    uint32_t hash = seed ^ (uint32_t)key.length;
    for (; left >= 4; left -= 4, at += 4) {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        word *= multiplier;
        word ^= word >> 24;
        word *= multiplier;
        hash = (hash * multiplier) ^ word;
    }
    if (left >= 3)
        hash ^= (uint32_t)at[2] << 16;
    if (left >= 2)
        hash ^= (uint32_t)at[1] << 8;
    if (left >= 1)
        hash = (hash ^ at[0]) * multiplier;
    hash ^= hash >> 13;
    hash *= multiplier;
    hash ^= hash >> 15;
    return hash;
}

int32_t topic_partition_of(slice key, int32_t partitions) {
    return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)partitions);
}

bool topic_check_partition(slice topic, int32_t partition, int32_t partitions, error *e) {
    if (partition >= 0 && partition < partitions)
        return true;
    return error_set(e, ERROR_NOT_FOUND, "Topic %.*s has no partition %d: it has %d.",
        SLICE_ARG(topic), partition, partitions);
}

/* ---- systems ---- */

void topic_system_close(topic_system *system) {
    if (system)
        system->functions->system_close(system);
}

bool topic_system_is_kafka(const topic_system *system) {
    return system->functions->is_kafka;
}

static bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* Kafka's rule; it also makes every name a safe file name. */
static bool check_name(slice name, error *e) {
    bool good =
        name.length > 0 && name.length <= 249 && !slice_is(name, ".") && !slice_is(name, "..");
    for (size_t i = 0; good && i < name.length; i++)
        good = is_name_letter(name.data[i]);
    if (good)
        return true;
    error_set(e, ERROR_STATEMENT, "'%.*s' is not a topic name.", SLICE_ARG(name));
    return error_hint(
        e, "A topic name has 1 to 249 ASCII letters, digits, dots, underscores and hyphens.");
}

static bool check_new(slice name, const topic_config *config, error *e) {
    if (!check_name(name, e))
        return false;
    if (config->partitions < 0 || config->partitions > 10000)
        return error_set(e, ERROR_STATEMENT, "Topic %.*s cannot have %d partitions.",
            SLICE_ARG(name), config->partitions);
    return true;
}

bool topic_create(topic_system *system, slice name, const topic_config *config, error *e) {
    return check_new(name, config, e) && system->functions->create(system, name, config, e);
}

bool topic_create_all(topic_system *system, const topic_info *topics, int count, error *e) {
    bool ok = true;
    for (int i = 0; ok && i < count; i++)
        ok = check_new(topics[i].name, &topics[i].config, e);
    if (ok && count && system->functions->create_all)
        return system->functions->create_all(system, topics, count, e);
    for (int i = 0; ok && i < count; i++)
        ok = system->functions->create(system, topics[i].name, &topics[i].config, e);
    return ok;
}

bool topic_delete(topic_system *system, slice name, error *e) {
    return system->functions->delete (system, name, e);
}

bool topic_describe(topic_system *system, slice name, topic_info *info, error *e) {
    return system->functions->describe(system, name, info, e);
}

bool topic_find(topic_system *system, slice name, bool *exists, error *e) {
    topic_info info;
    error trouble = {0};
    *exists = topic_describe(system, name, &info, &trouble);
    if (*exists || trouble.code == ERROR_NOT_FOUND)
        return true;
    *e = trouble;
    return false;
}

bool topic_count_partitions(topic_system *system, slice name, int32_t *count, error *e) {
    topic_info info;
    if (system->functions->count_partitions)
        return system->functions->count_partitions(system, name, count, e);
    bool found = topic_describe(system, name, &info, e);
    *count = found ? info.config.partitions : 0;
    return found;
}

bool topic_list(topic_system *system, arena *a, topic_info **topics, int *count, error *e) {
    return system->functions->list(system, a, topics, count, e);
}

bool topic_offsets(
    topic_system *system, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e) {
    return system->functions->offsets(system, topic, partition, start, end, e);
}

bool topic_offset_at(topic_system *system, slice topic, int32_t partition, int64_t timestamp_ms,
    int64_t *offset, error *e) {
    return system->functions->offset_at(system, topic, partition, timestamp_ms, offset, e);
}

bool topic_delete_records(
    topic_system *system, slice topic, int32_t partition, int64_t offset, error *e) {
    return system->functions->delete_records(system, topic, partition, offset, e);
}

bool topic_clean(topic_system *system, int64_t now_ms, error *e) {
    return system->functions->clean(system, now_ms, e);
}

bool topic_group_offset(
    topic_system *system, slice group, slice topic, int32_t partition, int64_t *offset, error *e) {
    return system->functions->group_offset(system, group, topic, partition, offset, e);
}

/* ---- reading ---- */

topic_reader *topic_reader_open(topic_system *system, slice group, error *e) {
    return system->functions->reader_open(system, group, e);
}

void topic_reader_close(topic_reader *reader) {
    if (reader)
        reader->functions->reader_close(reader);
}

bool topic_reader_assign(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e) {
    return reader->functions->reader_assign(reader, topic, partition, offset, e);
}

bool topic_reader_seek(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e) {
    return reader->functions->reader_seek(reader, topic, partition, offset, e);
}

void topic_reader_wake(topic_reader *reader) {
    reader->functions->reader_wake(reader);
}

void topic_reader_pause(topic_reader *reader, slice topic, int32_t partition, bool paused) {
    reader->functions->reader_pause(reader, topic, partition, paused);
}

bool topic_reader_poll(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e) {
    return reader->functions->reader_poll(reader, timeout_ms, max_records, segments, count, e);
}

bool topic_reader_at_end(topic_reader *reader, int assignment) {
    return reader->functions->reader_at_end(reader, assignment);
}

int64_t topic_reader_position(topic_reader *reader, int assignment) {
    return reader->functions->reader_position(reader, assignment);
}

int64_t topic_reader_lag(topic_reader *reader, int assignment) {
    return reader->functions->reader_lag(reader, assignment);
}

bool topic_reader_ends(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e) {
    return reader->functions->reader_ends(reader, timeout_ms, ends, e);
}

/* ---- writing ---- */

topic_writer *topic_writer_open(topic_system *system, slice transactional_id, error *e) {
    return system->functions->writer_open(system, transactional_id, e);
}

topic_writer *topic_writer_connect(topic_system *system, slice transactional_id, error *e) {
    return system->functions->writer_connect
               ? system->functions->writer_connect(system, transactional_id, e)
               : topic_writer_open(system, transactional_id, e);
}

void topic_writer_begin_fence(topic_writer *writer) {
    if (writer->functions->writer_begin_fence)
        writer->functions->writer_begin_fence(writer);
}

bool topic_writer_fence(topic_writer *writer, error *e) {
    return !writer->functions->writer_fence || writer->functions->writer_fence(writer, e);
}

void topic_writer_expect(topic_writer *writer, slice topic) {
    if (writer->functions->writer_expect)
        writer->functions->writer_expect(writer, topic);
}

void topic_writer_close(topic_writer *writer) {
    if (writer)
        writer->functions->writer_close(writer);
}

bool topic_writer_append(topic_writer *writer, slice topic, const topic_record *record, error *e) {
    return writer->functions->writer_append_batch(writer, topic, record, 1, e);
}

bool topic_writer_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e) {
    return writer->functions->writer_append_batch(writer, topic, records, count, e);
}

bool topic_writer_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    return writer->functions->writer_commit(writer, group_reader, positions, count, e);
}

bool topic_writer_abort(topic_writer *writer, error *e) {
    return writer->functions->writer_abort(writer, e);
}

int64_t topic_writer_end_offset(topic_writer *writer, slice topic, int32_t partition) {
    return writer->functions->writer_end_offset(writer, topic, partition);
}

int64_t topic_writer_pending_bytes(topic_writer *writer) {
    return writer->functions->writer_pending_bytes(writer);
}

bool topic_writer_mark(topic_writer *writer, topic_commit_mark *mark) {
    return writer->functions->writer_mark && writer->functions->writer_mark(writer, mark);
}

bool topic_writer_resume(
    topic_writer *writer, slice topic, const topic_commit_mark *mark, error *e) {
    return !writer->functions->writer_resume ||
           writer->functions->writer_resume(writer, topic, mark, e);
}
