/* topic_contract.h - what every kind of topic promises, as test bodies.
 *
 * Included by the tests of the embedded log, of Kafka, and of writers with a queue. Each sets
 * `contract.system` and a prefix that makes topic names its own, then lists CONTRACT_TESTS.
 */
#ifndef SLUICE_TESTS_TOPIC_CONTRACT_H
#define SLUICE_TESTS_TOPIC_CONTRACT_H

/* A test that includes this uses a part of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/topic/topic.h"

typedef struct contract_state {
    topic_system *system;
    bool is_told_later; /* what is wrong with a record: by the commit, not when it is appended */
    const char *prefix;
    arena *names;
} contract_state;

static contract_state contract;

#define assert_good(call, e)                                                                       \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, (e)->message);                                               \
    } while (0)

static void assert_slice(slice got, const char *expected) {
    if (!expected) {
        assert_null(got.data);
        return;
    }
    assert_non_null(got.data);
    assert_int_equal(got.length, strlen(expected));
    assert_memory_equal(got.data, expected, got.length);
}

static inline int64_t now_ms(void) {
    return clock_now_ms(&CLOCK_SYSTEM);
}

/* Any thread. */
static slice new_name(const char *suffix) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    slice name = arena_format(contract.names, "%s-%s", contract.prefix, suffix);
    pthread_mutex_unlock(&mutex);
    return name;
}

static slice new_topic_with(const char *suffix, topic_config config) {
    error e = {0};
    slice name = new_name(suffix);
    assert_good(topic_create(contract.system, name, &config, &e), &e);
    return name;
}

static slice new_topic(const char *suffix, int32_t partitions) {
    return new_topic_with(suffix, (topic_config){.partitions = partitions});
}

static topic_writer *new_writer(slice id) {
    error e = {0};
    topic_writer *writer = topic_writer_open(contract.system, id, &e);
    if (!writer)
        fail_msg("writer: %s", e.message);
    return writer;
}

static void append(topic_writer *writer, slice topic, int32_t partition, const char *key,
    const char *value, int64_t timestamp_ms) {
    error e = {0};
    topic_record record = {.key = slice_of(key),
        .value = slice_of(value),
        .timestamp_ms = timestamp_ms,
        .partition = partition};
    assert_good(topic_writer_append(writer, topic, &record, &e), &e);
}

static void check_refused(
    topic_writer *writer, slice topic, const topic_record *record, error_code code) {
    error e = {0};
    assert_int_equal(topic_writer_append(writer, topic, record, &e), contract.is_told_later);
    if (contract.is_told_later)
        assert_false(topic_writer_commit(writer, NULL, NULL, 0, &e));
    assert_int_equal(e.code, code);
}

static void commit(topic_writer *writer) {
    error e = {0};
    assert_good(topic_writer_commit(writer, NULL, NULL, 0, &e), &e);
}

static topic_reader *new_reader(void) {
    error e = {0};
    topic_reader *reader = topic_reader_open(contract.system, new_name("readers"), &e);
    if (!reader)
        fail_msg("reader: %s", e.message);
    return reader;
}

static void assign(topic_reader *reader, slice topic, int32_t partition, int64_t offset) {
    error e = {0};
    assert_good(topic_reader_assign(reader, topic, partition, offset, &e), &e);
}

/* Polls until something comes; fails after 20 seconds. */
static const topic_segment *poll_some(topic_reader *reader, int64_t max_records, int *count) {
    error e = {0};
    const topic_segment *segments = NULL;
    int64_t deadline = clock_monotonic_ms() + 20000;
    *count = 0;
    while (*count == 0 && clock_monotonic_ms() < deadline)
        assert_good(topic_reader_poll(reader, 500, max_records, &segments, count, &e), &e);
    assert_true(*count > 0);
    return segments;
}

/* Exactly one record is there to be read; valid until the next poll. */
static const topic_record *poll_one(topic_reader *reader) {
    int count;
    const topic_segment *segments = poll_some(reader, 1000, &count);
    assert_int_equal(count, 1);
    assert_int_equal(segments[0].count, 1);
    return segments[0].records;
}

/* Reads until the first `assignments` are at their ends; calls `see` for each record. */
typedef void (*record_sink)(void *context, int assignment, const topic_record *record);
static int64_t read_to_end_in(
    topic_reader *reader, int assignments, int64_t max_records, record_sink see, void *context) {
    int64_t total = 0, deadline = clock_monotonic_ms() + 60000;
    for (bool done = false; !done;) {
        error e = {0};
        const topic_segment *segments;
        int count;
        assert_good(topic_reader_poll(reader, 20, max_records, &segments, &count, &e), &e);
        for (int s = 0; s < count; s++) {
            total += segments[s].count;
            for (int64_t i = 0; see && i < segments[s].count; i++)
                see(context, segments[s].assignment, &segments[s].records[i]);
            const topic_record *last = &segments[s].records[segments[s].count - 1];
            assert_true(segments[s].next_offset > last->offset);
        }
        done = count == 0;
        for (int i = 0; i < assignments; i++)
            done = done && topic_reader_at_end(reader, i);
        assert_true(clock_monotonic_ms() < deadline);
    }
    return total;
}

/* The same until so many have come: a cluster ends a transaction in one partition after the other,
 * and may still do so when the commit has returned. */
static int64_t read_committed_in(topic_reader *reader, int assignments, int64_t max_records,
    int64_t expected, record_sink see, void *context) {
    int64_t seen = 0, deadline = clock_monotonic_ms() + 20000;
    while (seen < expected && clock_monotonic_ms() < deadline)
        seen += read_to_end_in(reader, assignments, max_records, see, context);
    return seen;
}

static int64_t count_to_end(topic_reader *reader, int assignments) {
    return read_to_end_in(reader, assignments, 5000, NULL, NULL);
}

/* ---- topics ---- */

static void test_topics_are_made_and_deleted(void **state) {
    error e = {0};
    slice name = new_topic("made", 3);
    topic_info info;
    assert_good(topic_describe(contract.system, name, &info, &e), &e);
    assert_int_equal(info.config.partitions, 3);
    topic_config config = {.partitions = 3};
    assert_false(topic_create(contract.system, name, &config, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_good(topic_delete(contract.system, name, (error_clear(&e), &e)), &e);
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (topic_describe(contract.system, name, &info, (error_clear(&e), &e)) &&
           clock_monotonic_ms() < deadline)
        usleep(20000);
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void test_topic_settings_are_kept(void **state) {
    error e = {0};
    slice kept = new_topic_with(
        "settings", (topic_config){.partitions = 2, .retention_ms = 3600000, .compact = true});
    slice forever = new_topic_with("settings-forever", (topic_config){.retention_ms = -1});
    arena *memory = arena_create();
    topic_info *topics;
    int count, found = 0;
    assert_good(topic_list(contract.system, memory, &topics, &count, &e), &e);
    for (int i = 0; i < count; i++) {
        bool is_kept = slice_equal(topics[i].name, kept);
        if (!is_kept && !slice_equal(topics[i].name, forever))
            continue;
        found++;
        assert_int_equal(topics[i].config.compact, is_kept);
        assert_int_equal(topics[i].config.retention_ms, is_kept ? 3600000 : -1);
        assert_int_equal(topics[i].config.partitions, is_kept ? 2 : 1);
    }
    assert_int_equal(found, 2);
    arena_destroy(memory);
}

static void test_topics_are_made_together(void **state) {
    error e = {0};
    int32_t count;
    topic_info topics[] = {{new_name("both-1"), {.partitions = 1}},
        {new_name("both-2"), {.partitions = 2, .compact = true}}};
    assert_good(topic_create_all(contract.system, topics, 0, &e), &e);
    assert_good(topic_create_all(contract.system, topics, 2, &e), &e);
    assert_good(topic_count_partitions(contract.system, topics[1].name, &count, &e), &e);
    assert_int_equal(count, 2);
    assert_false(topic_create_all(contract.system, topics, 2, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    topic_info wrong[] = {{new_name("both-3"), {.partitions = 1}}, {SLICE_LITERAL("a/b"), {0}}};
    error_clear(&e);
    assert_false(topic_create_all(contract.system, wrong, 2, &e));
    assert_int_equal(e.code, ERROR_STATEMENT);
    error_clear(&e);
    assert_false(topic_count_partitions(contract.system, wrong[0].name, &count, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

/* What is counted may be remembered for a moment, but not over a deletion. */
static void test_partitions_are_counted(void **state) {
    error e = {0};
    int32_t count;
    slice topic = new_topic("counted", 3);
    assert_good(topic_count_partitions(contract.system, topic, &count, &e), &e);
    assert_int_equal(count, 3);
    assert_good(topic_delete(contract.system, topic, &e), &e);
    assert_false(topic_count_partitions(contract.system, topic, &count, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void test_topics_are_listed_by_name(void **state) {
    error e = {0};
    slice b = new_topic("list-b", 2), a = new_topic("list-a", 1);
    arena *memory = arena_create();
    topic_info *topics;
    int count, found_a = -1, found_b = -1;
    assert_good(topic_list(contract.system, memory, &topics, &count, &e), &e);
    for (int i = 0; i < count; i++) {
        if (slice_equal(topics[i].name, a))
            found_a = i;
        if (slice_equal(topics[i].name, b))
            found_b = i;
    }
    assert_true(found_a >= 0 && found_b > found_a);
    assert_int_equal(topics[found_b].config.partitions, 2);
    arena_destroy(memory);
}

static void test_bad_names_are_refused(void **state) {
    const char *names[] = {"", ".", "..", "a/b", "a b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        error e = {0};
        assert_false(topic_create(contract.system, slice_of(names[i]), &(topic_config){0}, &e));
        assert_int_equal(e.code, ERROR_STATEMENT);
    }
}

static void test_missing_topics_are_errors(void **state) {
    error e = {0};
    slice missing = new_name("missing");
    int64_t start, end;
    topic_info info;
    assert_false(topic_describe(contract.system, missing, &info, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(topic_offsets(contract.system, missing, 0, &start, &end, (error_clear(&e), &e)));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_false(topic_delete(contract.system, missing, (error_clear(&e), &e)));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    topic_writer *writer = new_writer(new_name("missing-writer"));
    topic_record record = {.value = SLICE_LITERAL("x"), .timestamp_ms = 1};
    error_clear(&e);
    assert_false(topic_writer_append(writer, missing, &record, &e) &&
                 topic_writer_commit(writer, NULL, NULL, 0, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    topic_writer_close(writer);
}

/* ---- records ---- */

static void test_records_come_back_as_written(void **state) {
    slice topic = new_topic("round", 1);
    topic_writer *writer = new_writer(new_name("round-writer"));
    topic_header headers[] = {{SLICE_LITERAL("a"), SLICE_LITERAL("1")},
        {SLICE_LITERAL("b"), {NULL, 0}}, {SLICE_LITERAL("a"), SLICE_LITERAL("")}};
    topic_record records[] = {
        {.key = SLICE_LITERAL("k"), .value = SLICE_LITERAL("v"), .timestamp_ms = 1000},
        {.key = {NULL, 0}, .value = SLICE_LITERAL("no key"), .timestamp_ms = 5},
        {.key = SLICE_LITERAL("gone"), .value = {NULL, 0}, .timestamp_ms = 1700000000000},
        {.key = SLICE_LITERAL(""), .value = SLICE_LITERAL(""), .timestamp_ms = 1},
        {.key = SLICE_LITERAL("h"),
            .value = SLICE_LITERAL("hv"),
            .timestamp_ms = 7,
            .header_count = 3,
            .headers = headers},
    };
    error e = {0};
    assert_good(topic_writer_append_batch(writer, topic, records, 5, &e), &e);
    assert_true(topic_writer_pending_bytes(writer) > 0);
    commit(writer);
    assert_int_equal(topic_writer_pending_bytes(writer), 0);
    assert_int_equal(topic_writer_end_offset(writer, topic, 0), 5);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    int count;
    const topic_segment *segments = poll_some(reader, 100, &count);
    assert_int_equal(segments[0].count, 5);
    const topic_record *got = segments[0].records;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(got[i].offset, i);
        assert_int_equal(got[i].partition, 0);
        assert_int_equal(got[i].timestamp_ms, records[i].timestamp_ms);
        assert_int_equal(got[i].header_count, records[i].header_count);
        assert_int_equal(!got[i].key.data, !records[i].key.data);
        assert_int_equal(!got[i].value.data, !records[i].value.data);
        assert_true(slice_equal(got[i].key, records[i].key));
        assert_true(slice_equal(got[i].value, records[i].value));
    }
    assert_slice(got[4].headers[0].key, "a");
    assert_slice(got[4].headers[0].value, "1");
    assert_slice(got[4].headers[1].value, NULL);
    assert_slice(got[4].headers[2].value, "");
    topic_reader_close(reader);
    topic_writer_close(writer);
}

enum { UNTIMED = 4000 };

/* Each 700th record says its time itself, each 900th has a header, each 1,000th is a tombstone with
 * an empty key. */
static topic_record untimed_record(int i, char *text) {
    static const topic_header header = {SLICE_LITERAL("h"), SLICE_LITERAL("1")};
    int length = sprintf(text, "value %d", i);
    topic_record record = {.key = slice_make(text, 1),
        .value = slice_make(text, (size_t)length),
        .timestamp_ms = i % 700 == 699 ? i : TOPIC_TIMESTAMP_NOW,
        .partition = i >= UNTIMED / 2};
    if (i % 900 == 899) {
        record.headers = &header;
        record.header_count = 1;
    }
    if (i % 1000 == 999) {
        record.key = SLICE_LITERAL("");
        record.value = (slice){NULL, 0};
    }
    return record;
}

typedef struct untimed_check {
    int next[2];
    int64_t from_ms, to_ms;
} untimed_check;

static void check_untimed(void *context, int assignment, const topic_record *got) {
    untimed_check *check = context;
    char text[32];
    int i = check->next[assignment]++;
    topic_record sent = untimed_record(i, text);
    assert_int_equal(got->partition, sent.partition);
    assert_int_equal(!got->value.data, !sent.value.data);
    assert_non_null(got->key.data);
    assert_true(slice_equal(got->key, sent.key));
    assert_true(slice_equal(got->value, sent.value));
    assert_int_equal(got->header_count, sent.header_count);
    if (sent.timestamp_ms != TOPIC_TIMESTAMP_NOW)
        assert_int_equal(got->timestamp_ms, sent.timestamp_ms);
    else
        assert_in_range(got->timestamp_ms, check->from_ms, check->to_ms);
}

/* Records that leave their time to the writer are like all others, in order and between them. */
static void test_the_writer_may_set_the_time(void **state) {
    slice topic = new_topic("untimed", 2);
    topic_writer *writer = new_writer(new_name("untimed-writer"));
    topic_record *records = memory_allocate(sizeof *records * UNTIMED);
    char(*texts)[32] = memory_allocate(sizeof *texts * UNTIMED);
    for (int i = 0; i < UNTIMED; i++)
        records[i] = untimed_record(i, texts[i]);
    error e = {0};
    untimed_check check = {.next = {0, UNTIMED / 2}, .from_ms = now_ms()};
    assert_good(topic_writer_append_batch(writer, topic, records, UNTIMED, &e), &e);
    commit(writer);
    check.to_ms = now_ms();
    records[0].partition = 2;
    check_refused(writer, topic, &records[0], ERROR_NOT_FOUND);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assign(reader, topic, 1, 0);
    assert_int_equal(read_committed_in(reader, 2, 1000, UNTIMED, check_untimed, &check), UNTIMED);
    memory_free(records);
    memory_free(texts);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_large_records(void **state) {
    slice topic = new_topic("large", 1);
    topic_writer *writer = new_writer(new_name("large-writer"));
    char *bytes = memory_allocate(500000);
    for (int i = 0; i < 500000; i++)
        bytes[i] = (char)('a' + i % 23);
    error e = {0};
    for (int i = 0; i < 5; i++) {
        topic_record record = {
            .value = slice_make(bytes, (size_t)(500000 - i)), .timestamp_ms = 1 + i};
        assert_good(topic_writer_append(writer, topic, &record, &e), &e);
    }
    commit(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    for (int seen = 0; seen < 5;) {
        int count;
        const topic_segment *segments = poll_some(reader, 2, &count);
        for (int64_t i = 0; i < segments[0].count; i++, seen++) {
            assert_int_equal(segments[0].records[i].value.length, 500000 - seen);
            assert_memory_equal(segments[0].records[i].value.data, bytes, (size_t)(500000 - seen));
        }
    }
    memory_free(bytes);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

typedef struct order_check {
    int64_t next;
    int64_t bad;
} order_check;

/* `next` -1 begins with whatever comes first. */
static void check_order(void *context, int assignment, const topic_record *record) {
    order_check *check = context;
    char expected[32];
    if (check->next < 0)
        slice_to_int64(slice_make(record->value.data + 6, record->value.length - 6), &check->next);
    int length = snprintf(expected, sizeof expected, "value %lld", (long long)check->next);
    if (!slice_equal(record->value, slice_make(expected, (size_t)length)))
        check->bad++;
    check->next++;
}

static void test_many_records_keep_their_order(void **state) {
    slice topic = new_topic("many", 1);
    topic_writer *writer = new_writer(new_name("many-writer"));
    for (int i = 0; i < 50000; i++) {
        char value[32];
        snprintf(value, sizeof value, "value %d", i);
        append(writer, topic, 0, NULL, value, 1000000 - i);
        if (i % 9000 == 8999)
            commit(writer);
    }
    commit(writer);
    int64_t sizes[] = {1, 7, 1000, 1000000};
    for (int i = 0; i < 4; i++) {
        topic_reader *reader = new_reader();
        assign(reader, topic, 0, 0);
        order_check check = {.next = 0};
        if (i == 0) { /* near the end only: Kafka's offsets count markers too */
            error e = {0};
            assert_good(topic_reader_seek(reader, topic, 0, 49000, &e), &e);
            check.next = -1;
        }
        int64_t expected = i == 0 ? 1000 : 50000;
        int64_t seen = read_committed_in(reader, 1, sizes[i], expected, check_order, &check);
        assert_true(i == 0 ? seen >= 1000 && seen <= 1010 : seen == 50000);
        assert_int_equal(check.bad, 0);
        assert_int_equal(check.next, 50000);
        assert_true(topic_reader_position(reader, 0) >= 50000);
        topic_reader_close(reader);
    }
    topic_writer_close(writer);
}

static void test_keys_choose_partitions_as_in_java(void **state) {
    struct {
        const char *key;
        int32_t hash;
    } known[] = {{"21", -973932308}, {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536}, {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}, {"abc", 479470107}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(
            topic_partition_of(slice_of(known[i].key), 1000), (known[i].hash & 0x7fffffff) % 1000);
    slice topic = new_topic("keys", 4);
    topic_writer *writer = new_writer(new_name("keys-writer"));
    for (int i = 0; i < 6; i++)
        append(writer, topic, TOPIC_PARTITION_BY_KEY, known[i].key, "v", 1);
    commit(writer);
    topic_reader *reader = new_reader();
    for (int p = 0; p < 4; p++)
        assign(reader, topic, p, 0);
    int seen = 0;
    while (seen < 6) {
        int count;
        const topic_segment *segments = poll_some(reader, 100, &count);
        for (int s = 0; s < count; s++)
            for (int64_t i = 0; i < segments[s].count; i++, seen++) {
                assert_int_equal(segments[s].records[i].partition, segments[s].assignment);
                assert_int_equal(
                    topic_partition_of(segments[s].records[i].key, 4), segments[s].assignment);
            }
    }
    topic_reader_close(reader);
    topic_writer_close(writer);
}

/* ---- transactions ---- */

static void test_uncommitted_records_are_not_seen(void **state) {
    slice first = new_topic("tx-a", 2), second = new_topic("tx-b", 1);
    topic_writer *writer = new_writer(new_name("tx-writer"));
    topic_reader *reader = new_reader();
    assign(reader, first, 0, 0);
    assign(reader, first, 1, 0);
    assign(reader, second, 0, 0);
    append(writer, first, 0, "a", "1", 1);
    append(writer, first, 1, "b", "2", 1);
    append(writer, second, 0, "c", "3", 1);
    assert_int_equal(count_to_end(reader, 3), 0);
    commit(writer);
    assert_int_equal(read_committed_in(reader, 3, 5000, 3, NULL, NULL), 3);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_aborted_records_never_existed(void **state) {
    error e = {0};
    slice topic = new_topic("abort", 1);
    topic_writer *writer = new_writer(new_name("abort-writer"));
    append(writer, topic, 0, "a", "aborted", 1);
    assert_good(topic_writer_abort(writer, &e), &e);
    assert_int_equal(topic_writer_pending_bytes(writer), 0);
    append(writer, topic, 0, "a", "committed", 1);
    commit(writer);
    append(writer, topic, 0, "a", "closed", 1);
    topic_writer_close(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_slice(poll_one(reader)->value, "committed");
    assert_int_equal(count_to_end(reader, 1), 0);
    topic_reader_close(reader);
}

static void test_an_empty_commit_is_good(void **state) {
    topic_writer *writer = new_writer(new_name("empty-writer"));
    commit(writer);
    commit(writer);
    topic_writer_close(writer);
}

static void test_a_writer_without_id(void **state) {
    slice topic = new_topic("plain", 1);
    topic_writer *writer = new_writer((slice){NULL, 0});
    append(writer, topic, TOPIC_PARTITION_BY_KEY, "a", "1", 1);
    commit(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_slice(poll_one(reader)->value, "1");
    append(writer, topic, TOPIC_PARTITION_BY_KEY, "a", "2", 1);
    commit(writer);
    assert_slice(poll_one(reader)->value, "2");
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_a_newer_writer_fences_the_older(void **state) {
    error e = {0};
    slice topic = new_topic("fence", 1), id = new_name("fence-writer");
    topic_writer *older = new_writer(id);
    append(older, topic, 0, "a", "older", 1);
    topic_writer *newer = new_writer(id);
    append(newer, topic, 0, "a", "newer", 1);
    commit(newer);
    assert_false(topic_writer_commit(older, NULL, NULL, 0, &e));
    assert_int_equal(e.code, ERROR_FENCED);
    topic_writer_close(older);
    append(newer, topic, 0, "a", "newer again", 1);
    commit(newer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_int_equal(read_committed_in(reader, 1, 5000, 2, NULL, NULL), 2);
    topic_reader_close(reader);
    topic_writer_close(newer);
}

/* As a query opens its writer: nobody waits for the cluster before there is nothing else to do. */
static void test_a_writer_is_opened_in_steps(void **state) {
    error e = {0};
    slice topic = new_topic("steps", 1), id = new_name("steps-writer");
    topic_writer *older = new_writer(id);
    append(older, topic, 0, "a", "older", 1);
    topic_writer *newer = topic_writer_connect(contract.system, id, &e);
    assert_non_null(newer);
    topic_writer_begin_fence(newer);
    topic_writer_expect(newer, topic);
    assert_good(topic_writer_fence(newer, &e), &e);
    append(newer, topic, 0, "a", "newer", 1);
    commit(newer);
    assert_false(topic_writer_commit(older, NULL, NULL, 0, &e));
    assert_int_equal(e.code, ERROR_FENCED);
    topic_writer_close(older);
    topic_writer_close(newer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_slice(poll_one(reader)->value, "newer");
    topic_reader_close(reader);
}

/* It is said by the first append. */
static void test_a_topic_that_is_expected_in_vain(void **state) {
    topic_writer *writer = new_writer(new_name("vain-writer"));
    slice topic = new_name("vain");
    topic_writer_expect(writer, topic);
    topic_record record = {.key = SLICE_LITERAL("a"), .value = SLICE_LITERAL("1")};
    check_refused(writer, topic, &record, ERROR_NOT_FOUND);
    topic_writer_close(writer);
}

static void test_group_positions_are_committed_with_records(void **state) {
    error e = {0};
    slice input = new_topic("group-in", 2), output = new_topic("group-out", 1);
    slice group = new_name("group");
    topic_reader *reader = topic_reader_open(contract.system, group, &e);
    assert_non_null(reader);
    topic_writer *writer = new_writer(new_name("group-writer"));
    int64_t offset;
    assert_good(topic_group_offset(contract.system, group, input, 1, &offset, &e), &e);
    assert_int_equal(offset, -1);
    append(writer, output, 0, "a", "1", 1);
    topic_position positions[] = {{input, 0, 4}, {input, 1, 17}};
    assert_good(topic_writer_commit(writer, reader, positions, 2, &e), &e);
    assert_good(topic_group_offset(contract.system, group, input, 1, &offset, &e), &e);
    assert_int_equal(offset, 17);
    append(writer, output, 0, "a", "2", 1);
    assert_good(topic_writer_abort(writer, &e), &e);
    positions[1].offset = 18;
    assert_good(topic_writer_commit(writer, reader, positions + 1, 1, &e), &e);
    assert_good(topic_group_offset(contract.system, group, input, 1, &offset, &e), &e);
    assert_int_equal(offset, 18);
    assert_good(topic_group_offset(contract.system, group, input, 0, &offset, &e), &e);
    assert_int_equal(offset, 4);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

/* ---- reading ---- */

static void test_at_end_and_position(void **state) {
    slice topic = new_topic("end", 1);
    topic_writer *writer = new_writer(new_name("end-writer"));
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_int_equal(count_to_end(reader, 1), 0); /* an empty partition is at its end */
    append(writer, topic, 0, NULL, "1", 1);
    append(writer, topic, 0, NULL, "2", 1);
    commit(writer);
    assert_int_equal(topic_reader_position(reader, 0), 0);
    assert_int_equal(read_committed_in(reader, 1, 5000, 2, NULL, NULL), 2);
    assert_true(topic_reader_at_end(reader, 0));
    int64_t start, end;
    error e = {0};
    assert_good(topic_offsets(contract.system, topic, 0, &start, &end, &e), &e);
    assert_int_equal(start, 0);
    assert_int_equal(topic_reader_position(reader, 0), end);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_ends_are_asked_for(void **state) {
    error e = {0};
    slice topic = new_topic("ends", 2), other = new_topic("other-end", 1);
    topic_writer *writer = new_writer((slice){NULL, 0});
    topic_reader *reader = new_reader();
    assign(reader, topic, 1, 0);
    assign(reader, other, 0, 0);
    assign(reader, topic, 0, 0);
    append(writer, topic, 1, NULL, "1", 1);
    append(writer, topic, 1, NULL, "2", 1);
    append(writer, other, 0, NULL, "3", 1);
    commit(writer);
    /* Before anything is read, and in the order of the assignments. */
    int64_t ends[3];
    assert_good(topic_reader_ends(reader, 30000, ends, &e), &e);
    assert_int_equal(ends[0], 2);
    assert_int_equal(ends[1], 1);
    assert_int_equal(ends[2], 0);
    assert_true(topic_reader_lag(reader, 0) > 0);
    while (topic_reader_position(reader, 0) < 2 || topic_reader_position(reader, 1) < 1)
        count_to_end(reader, 3);
    assert_int_equal(topic_reader_lag(reader, 0), 0);
    append(writer, topic, 0, NULL, "4", 1);
    commit(writer);
    assert_good(topic_reader_ends(reader, 30000, ends, &e), &e);
    assert_int_equal(ends[0], 2);
    assert_int_equal(ends[2], 1);
    assert_good(topic_delete(contract.system, other, &e), &e);
    assert_false(topic_reader_ends(reader, 30000, ends, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void count_assignment(void *context, int assignment, const topic_record *record) {
    int64_t *counts = context;
    assert_int_equal(record->partition, assignment % 2);
    counts[assignment]++;
}

/* Six topics of two partitions, each with another number of records: some are at their end long
 * before others, and every one gives all it has, again after a seek. */
static void test_a_reader_of_several_topics(void **state) {
    enum { TOPICS = 6 };
    topic_writer *writer = new_writer(SLICE_LITERAL("several"));
    topic_reader *reader = new_reader();
    slice topics[TOPICS];
    int64_t counts[2 * TOPICS] = {0}, expected = 0;
    error e = {0};
    for (int t = 0; t < TOPICS; t++) {
        char name[24];
        snprintf(name, sizeof name, "several%d", t);
        topics[t] = new_topic(name, 2);
        int64_t records = 2 + 300 * t * t;
        for (int i = 0; i < records; i++)
            append(writer, topics[t], i % 2, "key", "value", i + 1);
        expected += records;
        assign(reader, topics[t], 0, 0);
        assign(reader, topics[t], 1, 0);
    }
    commit(writer);
    read_committed_in(reader, 2 * TOPICS, 500, expected, count_assignment, counts);
    for (int i = 0; i < 2 * TOPICS; i++) {
        int t = i / 2;
        assert_int_equal(counts[i], 1 + 150 * t * t);
    }
    assert_good(topic_reader_seek(reader, topics[5], 1, 0, &e), &e);
    read_to_end_in(reader, 2 * TOPICS, 500, count_assignment, counts);
    assert_int_equal(counts[11], 2 * (1 + 150 * 25));
    assert_int_equal(counts[10], 1 + 150 * 25);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_seek_and_pause(void **state) {
    error e = {0};
    slice topic = new_topic("seek", 2);
    topic_writer *writer = new_writer(new_name("seek-writer"));
    for (int i = 0; i < 10; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        append(writer, topic, i % 2, NULL, value, i + 1);
    }
    commit(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 2);
    assign(reader, topic, 1, 0);
    topic_reader_pause(reader, topic, 1, true);
    int count;
    const topic_segment *segments = poll_some(reader, 100, &count);
    assert_int_equal(count, 1);
    assert_int_equal(segments[0].assignment, 0);
    assert_int_equal(segments[0].records[0].offset, 2);
    assert_slice(segments[0].records[0].value, "4");
    assert_good(topic_reader_seek(reader, topic, 0, 4, &e), &e);
    assert_slice(poll_one(reader)->value, "8");
    assert_good(topic_reader_poll(reader, 200, 100, &segments, &count, &e), &e);
    assert_int_equal(count, 0);
    topic_reader_pause(reader, topic, 1, false);
    segments = poll_some(reader, 100, &count);
    assert_int_equal(segments[0].assignment, 1);
    assert_int_equal(segments[0].count, 5);
    assert_false(topic_reader_seek(reader, topic, 7, 0, &e));
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_offsets_by_time(void **state) {
    error e = {0};
    slice topic = new_topic("time", 1);
    topic_writer *writer = new_writer(new_name("time-writer"));
    int64_t times[] = {100, 300, 200, 500, 400};
    for (int i = 0; i < 5; i++)
        append(writer, topic, 0, NULL, "x", times[i]);
    commit(writer);
    struct {
        int64_t time, offset;
    } expected[] = {{0, 0}, {100, 0}, {101, 1}, {300, 1}, {301, 3}, {500, 3}};
    int64_t offset;
    for (int i = 0; i < 6; i++) {
        assert_good(topic_offset_at(contract.system, topic, 0, expected[i].time, &offset, &e), &e);
        assert_int_equal(offset, expected[i].offset);
    }
    assert_good(topic_offset_at(contract.system, topic, 0, 501, &offset, &e), &e);
    assert_in_range(offset, 5, 6); /* a marker may count */
    topic_writer_close(writer);
}

static void test_records_are_dropped(void **state) {
    error e = {0};
    slice topic = new_topic("drop", 1);
    topic_writer *writer = new_writer(new_name("drop-writer"));
    for (int i = 0; i < 10; i++)
        append(writer, topic, 0, NULL, i < 6 ? "old" : "new", 1);
    commit(writer);
    assert_good(topic_delete_records(contract.system, topic, 0, 6, &e), &e);
    int64_t start, end;
    assert_good(topic_offsets(contract.system, topic, 0, &start, &end, &e), &e);
    assert_int_equal(start, 6);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    int count;
    const topic_segment *segments = poll_some(reader, 100, &count);
    assert_int_equal(segments[0].count, 4);
    assert_int_equal(segments[0].records[0].offset, 6);
    assert_slice(segments[0].records[0].value, "new");
    topic_reader_close(reader);
    topic_writer_close(writer);
}

typedef struct late_commit {
    slice topic;
    int64_t committed_at_ms;
} late_commit;

static void *commit_later(void *argument) {
    late_commit *late = argument;
    topic_writer *writer = new_writer(new_name("late-writer"));
    append(writer, late->topic, 0, NULL, "late", 1);
    usleep(200000);
    commit(writer);
    late->committed_at_ms = clock_monotonic_ms();
    topic_writer_close(writer);
    return NULL;
}

static void test_a_waiting_poll_is_woken_by_a_commit(void **state) {
    late_commit late = {.topic = new_topic("wake", 1)};
    topic_reader *reader = new_reader();
    assign(reader, late.topic, 0, 0);
    assert_int_equal(count_to_end(reader, 1), 0);
    pthread_t thread;
    pthread_create(&thread, NULL, commit_later, &late);
    assert_slice(poll_one(reader)->value, "late");
    int64_t woken_at_ms = clock_monotonic_ms();
    pthread_join(thread, NULL);
    assert_true(woken_at_ms - late.committed_at_ms < 400);
    topic_reader_close(reader);
}

static void test_readers_of_a_deleted_topic_are_told(void **state) {
    error e = {0};
    slice topic = new_topic("deleted", 1);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_int_equal(count_to_end(reader, 1), 0);
    assert_good(topic_delete(contract.system, topic, &e), &e);
    const topic_segment *segments;
    int count;
    int64_t deadline = clock_monotonic_ms() + 30000;
    while (topic_reader_poll(reader, 200, 10, &segments, &count, &e) &&
           clock_monotonic_ms() < deadline)
        assert_int_equal(count, 0);
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    topic_reader_close(reader);
}

/* ---- many at once ---- */

enum { CONCURRENT_WRITERS = 4, CONCURRENT_COMMITS = 12, RECORDS_A_COMMIT = 50 };

static void *write_concurrently(void *argument) {
    int number = (int)(intptr_t)argument;
    slice topic = new_name("together");
    char id[64];
    snprintf(id, sizeof id, "%s-together-%d", contract.prefix, number);
    topic_writer *writer = new_writer(slice_of(id));
    for (int c = 0; c < CONCURRENT_COMMITS; c++) {
        for (int i = 0; i < RECORDS_A_COMMIT; i++) {
            char key[16], value[16];
            snprintf(key, sizeof key, "%d", number);
            snprintf(value, sizeof value, "%d", c * RECORDS_A_COMMIT + i);
            append(writer, topic, i % 2, key, value, 1);
        }
        commit(writer);
    }
    topic_writer_close(writer);
    return NULL;
}

typedef struct together_check {
    int64_t last[CONCURRENT_WRITERS][2];
    int64_t bad;
} together_check;

static void check_together(void *context, int assignment, const topic_record *record) {
    together_check *check = context;
    int64_t writer, value;
    if (!slice_to_int64(record->key, &writer) || !slice_to_int64(record->value, &value)) {
        check->bad++;
        return;
    }
    if (value != check->last[writer][assignment] + 2)
        check->bad++;
    check->last[writer][assignment] = value;
}

static void test_concurrent_writers(void **state) {
    slice topic = new_topic("together", 2);
    pthread_t threads[CONCURRENT_WRITERS];
    together_check check = {.bad = 0};
    for (int i = 0; i < CONCURRENT_WRITERS; i++) {
        check.last[i][0] = -2;
        check.last[i][1] = -1;
    }
    for (intptr_t i = 0; i < CONCURRENT_WRITERS; i++)
        pthread_create(&threads[i], NULL, write_concurrently, (void *)i);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assign(reader, topic, 1, 0);
    int64_t seen = 0, expected = CONCURRENT_WRITERS * CONCURRENT_COMMITS * RECORDS_A_COMMIT;
    int64_t deadline = clock_monotonic_ms() + 60000;
    while (seen < expected && clock_monotonic_ms() < deadline)
        seen += read_to_end_in(reader, 2, 1000, check_together, &check);
    for (int i = 0; i < CONCURRENT_WRITERS; i++)
        pthread_join(threads[i], NULL);
    seen += read_to_end_in(reader, 2, 1000, check_together, &check);
    assert_int_equal(seen, expected);
    assert_int_equal(check.bad, 0);
    topic_reader_close(reader);
}

#define CONTRACT_TESTS                                                                             \
    cmocka_unit_test(test_topics_are_made_and_deleted),                                            \
        cmocka_unit_test(test_topic_settings_are_kept),                                            \
        cmocka_unit_test(test_partitions_are_counted),                                             \
        cmocka_unit_test(test_topics_are_made_together),                                           \
        cmocka_unit_test(test_topics_are_listed_by_name),                                          \
        cmocka_unit_test(test_bad_names_are_refused),                                              \
        cmocka_unit_test(test_missing_topics_are_errors),                                          \
        cmocka_unit_test(test_records_come_back_as_written),                                       \
        cmocka_unit_test(test_the_writer_may_set_the_time), cmocka_unit_test(test_large_records),  \
        cmocka_unit_test(test_many_records_keep_their_order),                                      \
        cmocka_unit_test(test_keys_choose_partitions_as_in_java),                                  \
        cmocka_unit_test(test_uncommitted_records_are_not_seen),                                   \
        cmocka_unit_test(test_aborted_records_never_existed),                                      \
        cmocka_unit_test(test_an_empty_commit_is_good),                                            \
        cmocka_unit_test(test_a_writer_without_id),                                                \
        cmocka_unit_test(test_a_newer_writer_fences_the_older),                                    \
        cmocka_unit_test(test_a_writer_is_opened_in_steps),                                        \
        cmocka_unit_test(test_a_topic_that_is_expected_in_vain),                                   \
        cmocka_unit_test(test_group_positions_are_committed_with_records),                         \
        cmocka_unit_test(test_at_end_and_position), cmocka_unit_test(test_ends_are_asked_for),     \
        cmocka_unit_test(test_a_reader_of_several_topics), cmocka_unit_test(test_seek_and_pause),  \
        cmocka_unit_test(test_offsets_by_time), cmocka_unit_test(test_records_are_dropped),        \
        cmocka_unit_test(test_a_waiting_poll_is_woken_by_a_commit),                                \
        cmocka_unit_test(test_readers_of_a_deleted_topic_are_told),                                \
        cmocka_unit_test(test_concurrent_writers)

#endif
