/* The contract of topics on a real Kafka. SLUICE_TEST_KAFKA names a broker (tests/kafka/broker.sh
 * starts one); without it the tests are skipped. */
#include "topic_contract.h"

static int set_up(void **state) {
    static char prefix[64];
    error e = {0};
    snprintf(prefix, sizeof prefix, "t%lld-%d", (long long)now_ms(), (int)getpid());
    contract.prefix = prefix;
    contract.names = arena_create();
    contract.system = kafka_open(slice_of(getenv("SLUICE_TEST_KAFKA")), NULL, 0, &e);
    if (!contract.system)
        fail_msg("%s", e.message);
    return 0;
}

static int tear_down(void **state) {
    arena *memory = arena_create();
    topic_info *topics;
    int count;
    error e = {0};
    if (topic_list(contract.system, memory, &topics, &count, &e))
        for (int i = 0; i < count; i++)
            if (slice_starts_with(topics[i].name, slice_of(contract.prefix)))
                topic_delete(contract.system, topics[i].name, &e);
    arena_destroy(memory);
    topic_system_close(contract.system);
    arena_destroy(contract.names);
    return 0;
}

static void test_skipped(void **state) {
    print_message("SKIPPED: set SLUICE_TEST_KAFKA to HOST:PORT of a broker to test on Kafka.\n");
    skip();
}

static void test_a_wrong_address_is_an_error(void **state) {
    error e = {0};
    slice settings[] = {SLICE_LITERAL("socket.timeout.ms"), SLICE_LITERAL("nonsense")};
    assert_null(kafka_open(slice_of(getenv("SLUICE_TEST_KAFKA")), settings, 1, &e));
    assert_int_equal(e.code, ERROR_STATEMENT);
}

int main(void) {
    const struct CMUnitTest skipped[] = {cmocka_unit_test(test_skipped)};
    const struct CMUnitTest tests[] = {
        CONTRACT_TESTS, cmocka_unit_test(test_a_wrong_address_is_an_error)};
    const char *address = getenv("SLUICE_TEST_KAFKA");
    if (!address || !*address)
        return cmocka_run_group_tests_name("the contract of topics, Kafka", skipped, NULL, NULL);
    return cmocka_run_group_tests_name("the contract of topics, Kafka", tests, set_up, tear_down);
}
