/* When a query commits: the first results as soon as what is there has been read, later ones once
 * an interval, and everything when it is drained. The intervals here are an hour, so what comes has
 * not waited for one. */
#include "session_fixture.h"

static session_fixture fixture;

static int set_up(void **state) {
    static const slice names[] = {{"commit.interval.ms", 18}};
    static const slice values[] = {{"3600000", 7}};
    session_fixture_open(
        &fixture, (instance_options){
                      .property_names = names, .property_values = values, .property_count = 1});
    return 0;
}

static int tear_down(void **state) {
    session_fixture_close(&fixture);
    return 0;
}

static int64_t count_results(const char *topic) {
    error e = {0};
    int64_t start, end;
    assert_true(
        topic_offsets(instance_topics(fixture.instance), slice_of(topic), 0, &start, &end, &e));
    return end - start;
}

static void make_stream(void) {
    must_do(&fixture, "CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', "
                      "VALUE_FORMAT='JSON', PARTITIONS=1);");
    must_do(&fixture, "INSERT INTO s VALUES ('a', 1);");
    must_do(&fixture, "INSERT INTO s VALUES ('a', 2);");
}

static void test_the_first_results_do_not_wait(void **state) {
    make_stream();
    must_do(&fixture, "CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;");
    wait_for_query(&fixture, "CTAS_T_1", 2, 1);
    assert_int_equal(count_results("T"), 1); /* both rows are in it */
}

static void test_later_results_wait_for_the_interval(void **state) {
    make_stream();
    must_do(&fixture, "CREATE STREAM c AS SELECT * FROM s;");
    wait_for_query(&fixture, "CSAS_C_1", 2, 1);
    must_do(&fixture, "INSERT INTO s VALUES ('a', 3);");
    wait_for_query(&fixture, "CSAS_C_1", 3, 1);
    assert_int_equal(count_results("C"), 2);
    drain(&fixture, "CSAS_C_1");
    assert_int_equal(count_results("C"), 3);
    assert_int_equal(status_of(&fixture, "CSAS_C_1").commits, 2);
}

/* A position is a result, too: a query that begins at the end of its input keeps where that was. */
static void test_a_position_is_kept_at_once(void **state) {
    make_stream();
    must_do(&fixture, "SET 'auto.offset.reset' = 'latest';");
    must_do(&fixture, "CREATE STREAM c AS SELECT * FROM s;");
    wait_for_query(&fixture, "CSAS_C_1", 0, 1);
    assert_int_equal(count_results("C"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_results_do_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_later_results_wait_for_the_interval, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_position_is_kept_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("when a query commits", tests, NULL, NULL);
}
