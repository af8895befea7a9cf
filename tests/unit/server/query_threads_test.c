/* A query whose tasks run on several threads gives what it gives on one: the same records in the
 * same order, wherever that does not depend on which partition was read first; also when it is
 * stopped in between, fails, or goes on with another number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "session_fixture.h"

enum { PARTITIONS = 4, RECORDS = 6000 };

static session_fixture f;

static int set_up(void **state) {
    static const slice names[] = {{"commit.interval.ms", 18}};
    static const slice values[] = {{"20", 2}};
    session_fixture_open(
        &f, (instance_options){
                .property_names = names, .property_values = values, .property_count = 1});
    return 0;
}

static int tear_down(void **state) {
    session_fixture_close(&f);
    return 0;
}

/* The same statement for each number of threads, whose names end in it. */
static void execute_for(int threads, const char *sql) {
    char text[1000];
    snprintf(text, sizeof text, "SET 'ksql.streams.num.stream.threads' = '%d';", threads);
    must_do(&f, text);
    snprintf(text, sizeof text, sql, threads);
    must_do(&f, text);
}

static void fill(const char *topic, int seed) {
    error e = {0};
    topic_writer *writer = topic_writer_open(instance_topics(f.instance), (slice){NULL, 0}, &e);
    assert_non_null(writer);
    uint64_t random = (uint64_t)seed;
    for (int i = 0; i < RECORDS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        char key[16], value[64];
        int key_length = snprintf(key, sizeof key, "k%d", (int)(random >> 33) % 97);
        int length = snprintf(value, sizeof value, "{\"G\":\"g%d\",\"V\":%d}",
            (int)(random >> 40) % 13, (int)(random >> 45) % 100);
        topic_record record = {.key = slice_make(key, (size_t)key_length),
            .value = slice_make(value, (size_t)length),
            .timestamp_ms = 1000 + i * 5 + (int64_t)((random >> 50) % 50),
            .partition = TOPIC_PARTITION_BY_KEY};
        assert_true(topic_writer_append(writer, slice_of(topic), &record, &e));
    }
    assert_true(topic_writer_commit(writer, NULL, NULL, 0, &e));
    topic_writer_close(writer);
}

static void make_sources(void) {
    must_do(&f, "CREATE STREAM a (k STRING KEY, g STRING, v INT) WITH (KAFKA_TOPIC='a', "
                "VALUE_FORMAT='JSON', PARTITIONS=4);");
    must_do(&f, "CREATE STREAM b (k STRING KEY, g STRING, v INT) WITH (KAFKA_TOPIC='b', "
                "VALUE_FORMAT='JSON', PARTITIONS=4);");
    fill("a", 1);
    fill("b", 2);
}

/* Of one partition, records as text. */
static void read_partition(const char *topic, int32_t partition, buffer *out) {
    error e = {0};
    int64_t start, end;
    assert_true(
        topic_offsets(instance_topics(f.instance), slice_of(topic), partition, &start, &end, &e));
    topic_reader *reader = topic_reader_open(instance_topics(f.instance), slice_of("test"), &e);
    assert_true(topic_reader_assign(reader, slice_of(topic), partition, start, &e));
    while (topic_reader_position(reader, 0) < end) {
        const topic_segment *segments;
        int count;
        assert_true(topic_reader_poll(reader, 1000, 1000, &segments, &count, &e));
        for (int s = 0; s < count; s++)
            for (int64_t i = 0; i < segments[s].count; i++) {
                const topic_record *r = &segments[s].records[i];
                buffer_format(out, "%.*s %.*s %lld\n", SLICE_ARG(r->key), SLICE_ARG(r->value),
                    (long long)r->timestamp_ms);
            }
    }
    topic_reader_close(reader);
}

static void assert_same_records(const char *topic, const char *other) {
    for (int32_t p = 0; p < PARTITIONS; p++) {
        buffer one = {0}, two = {0};
        read_partition(topic, p, &one);
        read_partition(other, p, &two);
        assert_true(one.length > 0);
        assert_true(slice_equal(buffer_slice(&one), buffer_slice(&two)));
        buffer_free(&one);
        buffer_free(&two);
    }
}

static void test_partitions_without_an_exchange(void **state) {
    make_sources();
    for (int threads = 1; threads <= 3; threads += 2)
        execute_for(threads, "CREATE STREAM large_%d WITH (VALUE_FORMAT='JSON') AS SELECT k, v * 2 "
                             "AS w FROM a WHERE v > 20;");
    drain(&f, "CSAS_LARGE_1_1");
    drain(&f, "CSAS_LARGE_3_2");
    assert_same_records("LARGE_1", "LARGE_3");
}

/* Both sides move to other partitions, and rows meet in the order of their times. */
static void test_a_join_behind_exchanges(void **state) {
    make_sources();
    for (int threads = 1; threads <= 3; threads += 2)
        execute_for(threads, "CREATE STREAM joined_%d WITH (VALUE_FORMAT='JSON') AS SELECT a.g AS "
                             "g, a.v AS v, b.v AS w FROM a JOIN b WITHIN 100 MILLISECONDS GRACE "
                             "PERIOD 1 SECOND ON a.g = b.g;");
    drain(&f, "CSAS_JOINED_1_1");
    drain(&f, "CSAS_JOINED_3_2");
    for (int32_t p = 0; p < PARTITIONS; p++) {
        buffer one = {0}, two = {0};
        read_partition("JOINED_1", p, &one);
        read_partition("JOINED_3", p, &two);
        assert_true(slice_equal(buffer_slice(&one), buffer_slice(&two)));
        buffer_free(&one);
        buffer_free(&two);
    }
}

/* An aggregate of an aggregate: two exchanges, one after the other. (Which sizes came and went
 * again depends on the commits.) */
static void test_a_chain_of_aggregates(void **state) {
    make_sources();
    for (int threads = 1; threads <= 3; threads += 2) {
        execute_for(threads, "CREATE TABLE totals_%d AS SELECT g, COUNT(*) AS n, SUM(v) AS total "
                             "FROM a GROUP BY g;");
        char text[300];
        snprintf(text, sizeof text,
            "CREATE TABLE sizes_%d AS SELECT n / 100 AS hundreds, COUNT(*) AS n, SUM(total) AS "
            "total FROM totals_%d GROUP BY n / 100;",
            threads, threads);
        must_do(&f, text);
    }
    drain(&f, "CTAS_TOTALS_1_1");
    drain(&f, "CTAS_SIZES_1_2");
    drain(&f, "CTAS_TOTALS_3_3");
    drain(&f, "CTAS_SIZES_3_4");
    must_do(&f, "SELECT * FROM sizes_1 WHERE n > 0 ORDER BY hundreds;");
    assert_true(f.rows.length > 0);
    slice expected = arena_copy(f.arena, buffer_slice(&f.rows));
    must_do(&f, "SELECT * FROM sizes_3 WHERE n > 0 ORDER BY hundreds;");
    assert_true(slice_equal(buffer_slice(&f.rows), expected));
}

static void test_a_failure_on_a_thread_stops_the_query(void **state) {
    must_do(&f,
        "CREATE STREAM a (k STRING KEY, v INT, at STRING) WITH (KAFKA_TOPIC='a', "
        "VALUE_FORMAT='JSON', PARTITIONS=4, TIMESTAMP='at', TIMESTAMP_FORMAT='yyyy-MM-dd');");
    must_do(&f, "SET 'ksql.timestamp.throw.on.invalid' = 'true';");
    execute_for(2, "CREATE STREAM copied_%d AS SELECT * FROM a;");
    running_query *query = must_have(&f, "CSAS_COPIED_2_1");
    fill("a", 1); /* without times */
    error e = {0};
    assert_false(query_drain(query, &e));
    assert_non_null(strstr(e.message, "TIMESTAMP"));
    query_status status;
    query_read_status(query, &status);
    assert_int_equal(status.state, QUERY_ERROR);
}

static void test_numbers_of_threads_that_cannot_be(void **state) {
    static const char *const wrong[] = {"0", "-1", "65", "two", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[100];
        snprintf(text, sizeof text, "SET 'num.stream.threads' = '%s';", wrong[i]);
        assert_int_equal(execute(&f, text), SESSION_FAILED);
        assert_non_null(strstr(f.e.message, "from 1 to 64"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_partitions_without_an_exchange, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_join_behind_exchanges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_chain_of_aggregates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_failure_on_a_thread_stops_the_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_of_threads_that_cannot_be, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("threads of a query", tests, NULL, NULL);
}
