/* Topics on a Kafka that misbehaves: librdkafka's mock brokers, with errors on order. Needs no
 * broker, so it always runs. The mock has no transaction markers and shows records at once: what is
 * atomic is tested on a real Kafka (topic_kafka_test.c). */
#include "topic_contract.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum {
    API_PRODUCE = 0,
    API_FETCH = 1,
    API_LIST_OFFSETS = 2,
    API_ADD_PARTITIONS = 24,
    API_END = 26,
    API_SEND_OFFSETS = 28
};
enum { BROKERS = 3 };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *brokers;

static int set_up(void **state) {
    static int number;
    static char prefix[16];
    error e = {0};
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    brokers = rd_kafka_mock_cluster_new(host, BROKERS);
    slice settings[] = {SLICE_LITERAL("message.timeout.ms"), SLICE_LITERAL("3000"),
        SLICE_LITERAL("transaction.timeout.ms"), SLICE_LITERAL("3000"),
        SLICE_LITERAL("retry.backoff.ms"), SLICE_LITERAL("20"),
        SLICE_LITERAL("reconnect.backoff.max.ms"), SLICE_LITERAL("100")};
    snprintf(prefix, sizeof prefix, "m%d", number++);
    contract.prefix = prefix;
    contract.names = arena_create();
    contract.system =
        kafka_open(slice_of(rd_kafka_mock_cluster_bootstraps(brokers)), settings, 4, &e);
    if (!contract.system)
        fail_msg("%s", e.message);
    return 0;
}

static int tear_down(void **state) {
    topic_system_close(contract.system);
    arena_destroy(contract.names);
    rd_kafka_mock_cluster_destroy(brokers);
    rd_kafka_destroy(host);
    return 0;
}

static slice mock_topic(int partitions) {
    slice name = new_name("topic");
    assert_int_equal(rd_kafka_mock_topic_create(brokers, name.data, partitions, 1), 0);
    return name;
}

static void push_errors(int16_t api, rd_kafka_resp_err_t code, int count) {
    for (int i = 0; i < count; i++)
        rd_kafka_mock_push_request_errors(brokers, api, 1, code);
}

static void fail_to_commit(
    topic_writer *writer, topic_reader *group, slice topic, error_code code) {
    error e = {0};
    topic_position position = {topic, 0, 1};
    assert_false(topic_writer_commit(writer, group, &position, group ? 1 : 0, &e));
    if (e.code != code)
        fail_msg("code %d: %s", e.code, e.message);
}

/* What the caller does after any failed commit. */
static void recover(topic_writer *failed, slice topic) {
    topic_writer_close(failed);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    append(writer, topic, 0, "a", "after", 1);
    commit(writer);
    topic_writer_close(writer);
}

static void test_passing_trouble_is_not_an_error(void **state) {
    error e = {0};
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    push_errors(API_END, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2);
    push_errors(API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 2);
    push_errors(API_SEND_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2);
    push_errors(API_PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2);
    push_errors(API_FETCH, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2);
    append(writer, topic, 0, "a", "1", 1);
    topic_position position = {topic, 0, 1};
    assert_good(topic_writer_commit(writer, reader, &position, 1, &e), &e);
    assert_int_equal(topic_writer_end_offset(writer, topic, 0), 1);
    assert_slice(poll_one(reader)->value, "1");
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_a_fenced_commit_says_so(void **state) {
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    append(writer, topic, 0, "a", "1", 1);
    push_errors(API_END, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1);
    fail_to_commit(writer, NULL, topic, ERROR_FENCED);
    recover(writer, topic);
}

static void test_fenced_positions_say_so(void **state) {
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    topic_reader *reader = new_reader();
    append(writer, topic, 0, "a", "1", 1);
    push_errors(API_SEND_OFFSETS, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1);
    fail_to_commit(writer, reader, topic, ERROR_FENCED);
    topic_reader_close(reader);
    recover(writer, topic);
}

static void test_refused_records_fail_the_commit(void **state) {
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    append(writer, topic, 0, "a", "1", 1);
    push_errors(API_PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
    fail_to_commit(writer, NULL, topic, ERROR_IO);
    recover(writer, topic);
}

static void set_brokers(bool up) {
    for (int32_t i = 1; i <= BROKERS; i++) {
        if (up)
            rd_kafka_mock_broker_set_up(brokers, i);
        else
            rd_kafka_mock_broker_set_down(brokers, i);
    }
}

static void test_lost_brokers_fail_the_commit_in_time(void **state) {
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    append(writer, topic, 0, "a", "1", 1);
    commit(writer);
    set_brokers(false);
    append(writer, topic, 0, "a", "2", 1);
    int64_t began_ms = clock_monotonic_ms();
    fail_to_commit(writer, NULL, topic, ERROR_IO);
    assert_true(clock_monotonic_ms() - began_ms < 15000);
    set_brokers(true);
    recover(writer, topic);
}

static void test_a_reader_outlives_lost_brokers(void **state) {
    error e = {0};
    slice topic = mock_topic(1);
    topic_writer *writer = new_writer((slice){NULL, 0});
    append(writer, topic, 0, "a", "before", 1);
    commit(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assert_slice(poll_one(reader)->value, "before");
    set_brokers(false);
    const topic_segment *segments;
    int count;
    int64_t began_ms = clock_monotonic_ms();
    for (int i = 0; i < 10; i++) {
        assert_good(topic_reader_poll(reader, 100, 100, &segments, &count, &e), &e);
        assert_int_equal(count, 0);
    }
    assert_true(clock_monotonic_ms() - began_ms < 4000);
    set_brokers(true);
    append(writer, topic, 0, "a", "after", 1);
    commit(writer);
    assert_slice(poll_one(reader)->value, "after");
    topic_reader_close(reader);
    topic_writer_close(writer);
}

static void test_ends_are_not_guessed(void **state) {
    error e = {0};
    slice topic = mock_topic(2);
    topic_writer *writer = new_writer((slice){NULL, 0});
    append(writer, topic, 1, "a", "1", 1);
    commit(writer);
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    assign(reader, topic, 1, 0);
    int64_t ends[2];
    push_errors(API_LIST_OFFSETS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 1);
    assert_good(topic_reader_ends(reader, 30000, ends, &e), &e);
    assert_int_equal(ends[0], 0);
    assert_int_equal(ends[1], 1);
    set_brokers(false);
    int64_t began_ms = clock_monotonic_ms();
    assert_false(topic_reader_ends(reader, 500, ends, &e));
    assert_int_equal(e.code, ERROR_IO);
    assert_true(clock_monotonic_ms() - began_ms < 15000);
    set_brokers(true);
    error_clear(&e);
    assert_good(topic_reader_ends(reader, 30000, ends, &e), &e);
    assert_int_equal(ends[1], 1);
    topic_reader_close(reader);
    topic_writer_close(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passing_trouble_is_not_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_fenced_commit_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fenced_positions_say_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_records_fail_the_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_lost_brokers_fail_the_commit_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_outlives_lost_brokers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends_are_not_guessed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("topics on a misbehaving Kafka", tests, NULL, NULL);
}
