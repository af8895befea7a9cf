/* A query goes on while it commits: what comes meanwhile is processed, is seen by nobody before its
 * own commit, and is processed again when the commit before it fails. The commits are those of the
 * embedded log, which wait here until they are told to go on, or to fail. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "executor/topic/topic_functions.h"
#include "session_fixture.h"
#include "tests/unit/temporary_directory.h"

static session_fixture fixture;
static char directory[TEMPORARY_DIRECTORY_BYTES];
static const topic_functions *original;
static topic_functions held;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool holds, fails;
static int waiting;

/* Of a query, not of INSERT, which has no group. */
static bool commit_when_told(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    pthread_mutex_lock(&lock);
    waiting += group_reader && holds;
    pthread_cond_broadcast(&changed);
    while (group_reader && holds)
        pthread_cond_wait(&changed, &lock);
    bool refused = group_reader && fails;
    fails = fails && !refused;
    waiting = 0;
    pthread_mutex_unlock(&lock);
    if (refused)
        return error_set(e, ERROR_IO, "the cluster is gone");
    return original->writer_commit(writer, group_reader, positions, count, e);
}

static void set_holds(bool value) {
    pthread_mutex_lock(&lock);
    holds = value;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_until_held(void) {
    pthread_mutex_lock(&lock);
    while (!waiting)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static int set_up(void **state) {
    temporary_directory_make(directory, "commit");
    static const slice names[] = {{"commit.interval.ms", 18}};
    static const slice values[] = {{"10", 2}};
    session_fixture_open(&fixture, (instance_options){.data_directory = slice_of(directory),
                                       .property_names = names,
                                       .property_values = values,
                                       .property_count = 1});
    topic_system *topics = instance_topics(fixture.instance);
    original = topics->functions;
    held = *original;
    held.writer_commit = commit_when_told;
    topics->functions = &held;
    holds = fails = false;
    must_do(&fixture, "CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', "
                      "VALUE_FORMAT='JSON', PARTITIONS=1);");
    return 0;
}

static int tear_down(void **state) {
    set_holds(false);
    session_fixture_close(&fixture);
    temporary_directory_remove(directory);
    return 0;
}

static void check_table(const char *expected) {
    must_do(&fixture, "SELECT k, n, total FROM t;");
    assert_rows(&fixture, expected);
}

/* A table with one row, and a commit under way that changes it. */
static void hold_a_commit(void) {
    must_do(&fixture, "CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY "
                      "k;");
    must_do(&fixture, "INSERT INTO s VALUES ('a', 1);");
    drain(&fixture, "CTAS_T_1");
    check_table("[\"a\",1,1]\n");
    set_holds(true);
    must_do(&fixture, "INSERT INTO s VALUES ('a', 10);");
    wait_until_held();
}

static void test_rows_are_processed_while_others_are_committed(void **state) {
    hold_a_commit();
    must_do(&fixture, "INSERT INTO s VALUES ('a', 100);");
    must_do(&fixture, "INSERT INTO s VALUES ('b', 1000);");
    wait_for_query(&fixture, "CTAS_T_1", 4, 0);
    query_status status = status_of(&fixture, "CTAS_T_1");
    assert_true(status.uncommitted);
    check_table("[\"a\",1,1]\n");
    set_holds(false);
    drain(&fixture, "CTAS_T_1");
    check_table("[\"a\",3,111]\n[\"b\",1,1000]\n");
    assert_int_equal(status_of(&fixture, "CTAS_T_1").commits - status.commits, 2);
    assert_false(status_of(&fixture, "CTAS_T_1").uncommitted);
}

/* The query goes back to the last commit, and everything behind it comes once more: the committed
 * results are those of an undisturbed run. */
static void test_a_commit_that_fails_takes_what_followed_with_it(void **state) {
    hold_a_commit();
    must_do(&fixture, "INSERT INTO s VALUES ('a', 100);");
    wait_for_query(&fixture, "CTAS_T_1", 3, 0);
    fails = true;
    set_holds(false);
    wait_for_query(&fixture, "CTAS_T_1", 5, 0);
    drain(&fixture, "CTAS_T_1");
    check_table("[\"a\",3,111]\n");
    assert_int_equal(status_of(&fixture, "CTAS_T_1").recoveries, 1);
}

/* Stopping waits for what has begun, and commits the rest. */
static void test_a_query_that_stops_ends_its_commits(void **state) {
    hold_a_commit();
    must_do(&fixture, "INSERT INTO s VALUES ('a', 100);");
    wait_for_query(&fixture, "CTAS_T_1", 3, 0);
    assert_true(query_ask_to_end(must_have(&fixture, "CTAS_T_1")));
    set_holds(false);
    int64_t deadline_ms = clock_monotonic_ms() + SESSION_FIXTURE_WAIT_MS;
    while (
        status_of(&fixture, "CTAS_T_1").state != QUERY_ENDED && clock_monotonic_ms() < deadline_ms)
        usleep(SESSION_FIXTURE_STEP_US);
    assert_int_equal(status_of(&fixture, "CTAS_T_1").state, QUERY_ENDED);
    check_table("[\"a\",3,111]\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_rows_are_processed_while_others_are_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_commit_that_fails_takes_what_followed_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_query_that_stops_ends_its_commits, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("while a query commits", tests, NULL, NULL);
}
