/* The idle time-out on a broker that is out of reach. Its silence is none: what waits there must
 * not find its windows closed. The embedded log plays that broker: it takes records, but gives its
 * readers neither records nor answers. (What the time-out does is in sql-tests/idle_timeout.sql.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "executor/topic/topic_functions.h"
#include "session_fixture.h"

/* ---- the broker ---- */

static topic_functions reachable, unreliable;
static atomic_bool is_out_of_reach;
static _Atomic int64_t questions, answers, empty_polls, now_ms;

static bool poll_or_hear_nothing(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e) {
    if (!is_out_of_reach)
        return reachable.reader_poll(reader, timeout_ms, max_records, segments, count, e);
    *count = 0;
    empty_polls++;
    usleep(1000);
    return true;
}

/* What was last heard of. */
static bool still_at_end(topic_reader *reader, int assignment) {
    return is_out_of_reach || reachable.reader_at_end(reader, assignment);
}

static bool answer_or_not(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e) {
    questions++;
    if (is_out_of_reach)
        return error_set(e, ERROR_IO, "The broker does not answer.");
    answers++;
    return reachable.reader_ends(reader, timeout_ms, ends, e);
}

static void make_unreliable(topic_system *topics) {
    reachable = unreliable = *topics->functions;
    unreliable.reader_poll = poll_or_hear_nothing;
    unreliable.reader_at_end = still_at_end;
    unreliable.reader_ends = answer_or_not;
    topics->functions = &unreliable;
}

/* ---- a session ---- */

static session_fixture f;
static const char FINALS[] = "CTAS_FINALS_1";

static int64_t read_clock(void *context) {
    return now_ms;
}

static int set_up(void **state) {
    is_out_of_reach = false;
    now_ms = 1000;
    session_fixture_open(&f, (instance_options){.clock = {read_clock, NULL}});
    make_unreliable(instance_topics(f.instance));
    return 0;
}

static int tear_down(void **state) {
    session_fixture_close(&f);
    return 0;
}

/* The query's thread goes on meanwhile. */
static void wait_for(_Atomic int64_t *count, int64_t more) {
    int64_t enough = *count + more, deadline = clock_monotonic_ms() + 60000;
    while (*count < enough) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(1000);
    }
}

/* From here on: a poll that had begun before is over. */
static void lose_the_broker(void) {
    is_out_of_reach = true;
    wait_for(&empty_polls, 1);
}

static void assert_finals(const char *expected) {
    must_do(&f, "SELECT k, n FROM finals;");
    assert_rows(&f, expected);
}

static void make_query(void) {
    must_do(&f, "SET 'sluice.idle.timeout.ms' = '5000';");
    must_do(&f, "CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', "
                "PARTITIONS=1);");
    must_do(&f, "CREATE TABLE finals AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 "
                "SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY k EMIT FINAL;");
    must_do(&f, "INSERT INTO s (ROWTIME, k, v) VALUES (1000, 1, 1);");
    drain(&f, FINALS);
}

static void assert_late(int64_t expected) {
    query_status status;
    query_read_status(must_have(&f, FINALS), &status);
    assert_int_equal(status.rows_late, expected);
}

static void test_a_broker_out_of_reach_is_not_silent(void **state) {
    make_query();
    lose_the_broker();
    must_do(&f, "INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);");
    now_ms += 60000;
    wait_for(&questions, 3);
    assert_finals("");

    is_out_of_reach = false;
    drain(&f, FINALS);
    assert_late(0);

    now_ms += 60000; /* now it is silent */
    drain(&f, FINALS);
    assert_finals("[1,2]\n");
}

/* Those who write to it may have waited, too. */
static void test_after_an_outage_silence_begins_anew(void **state) {
    make_query();
    lose_the_broker();
    now_ms += 60000;
    wait_for(&questions, 3);
    is_out_of_reach = false;
    wait_for(&answers, 1);
    must_do(&f, "INSERT INTO s (ROWTIME, k, v) VALUES (2000, 1, 1);");
    drain(&f, FINALS);
    assert_late(0);
    assert_finals("");
    now_ms += 5000 + 8000;
    drain(&f, FINALS);
    assert_finals("[1,2]\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_broker_out_of_reach_is_not_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_after_an_outage_silence_begins_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("idle time-out", tests, NULL, NULL);
}
