/* When a query commits: the first results as soon as what is there has been read, later ones once
 * an interval, and everything when it is drained. The intervals here are an hour, so what comes has
 * not waited for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/session.h"

enum { WAIT_MS = 20000, STEP_US = 1000 };

static instance *server;
static session *client;
static arena *memory;

static int set_up(void **state) {
    static const slice names[] = {{"auto.offset.reset", 17}, {"commit.interval.ms", 18}};
    static const slice values[] = {{"earliest", 8}, {"3600000", 7}};
    instance_options options = {
        .property_names = names, .property_values = values, .property_count = 2, .no_sync = true};
    error e = {0};
    memory = arena_create();
    server = instance_open(&options, &e);
    if (!server)
        fail_msg("%s", e.message);
    client = session_open(server);
    return 0;
}

static int tear_down(void **state) {
    session_close(client);
    instance_close(server);
    arena_destroy(memory);
    return 0;
}

static void execute(const char *sql) {
    error e = {0};
    session_result result = {0};
    size_t position = 0;
    while (position < strlen(sql))
        if (session_next(client, slice_of(sql), &position, memory, NULL, &result, &e) ==
            SESSION_FAILED)
            fail_msg("%s: %s", sql, e.message);
}

static query_status status_of(const char *id) {
    query_status status;
    running_query *query = engine_query(instance_engine(server), slice_of(id));
    assert_non_null(query);
    query_read_status(query, &status);
    return status;
}

static void wait_for(const char *id, int64_t rows_in, int64_t commits) {
    int64_t deadline_ms = clock_monotonic_ms() + WAIT_MS;
    for (query_status s; s = status_of(id), s.rows_in < rows_in || s.commits < commits;) {
        if (clock_monotonic_ms() > deadline_ms)
            fail_msg("%d rows in, %d commits", (int)s.rows_in, (int)s.commits);
        usleep(STEP_US);
    }
}

static int64_t count_results(const char *topic) {
    error e = {0};
    int64_t start, end;
    assert_true(topic_offsets(instance_topics(server), slice_of(topic), 0, &start, &end, &e));
    return end - start;
}

static void make_stream(void) {
    execute("CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', "
            "PARTITIONS=1);"
            "INSERT INTO s VALUES ('a', 1); INSERT INTO s VALUES ('a', 2);");
}

static void test_the_first_results_do_not_wait(void **state) {
    make_stream();
    execute("CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;");
    wait_for("CTAS_T_1", 2, 1);
    assert_int_equal(count_results("T"), 1); /* both rows are in it */
}

static void test_later_results_wait_for_the_interval(void **state) {
    error e = {0};
    make_stream();
    execute("CREATE STREAM c AS SELECT * FROM s;");
    wait_for("CSAS_C_1", 2, 1);
    execute("INSERT INTO s VALUES ('a', 3);");
    wait_for("CSAS_C_1", 3, 1);
    assert_int_equal(count_results("C"), 2);
    assert_true(query_drain(engine_query(instance_engine(server), slice_of("CSAS_C_1")), &e));
    assert_int_equal(count_results("C"), 3);
    assert_int_equal(status_of("CSAS_C_1").commits, 2);
}

/* A position is a result, too: a query that begins at the end of its input keeps where that was. */
static void test_a_position_is_kept_at_once(void **state) {
    make_stream();
    execute("SET 'auto.offset.reset' = 'latest'; CREATE STREAM c AS SELECT * FROM s;");
    wait_for("CSAS_C_1", 0, 1);
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
