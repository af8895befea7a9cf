/* CREATE STREAM / TABLE over a topic, ALTER, and OR REPLACE. */
#include "planner_fixture.h"

static void a_source_takes_its_partitions_from_the_topic(void **state) {
    fixture *f = *state;
    assert_string_equal(
        plan_of(state, "CREATE STREAM s (v STRING, id INT KEY) WITH (kafka_topic='topic3', "
                       "value_format='json');"),
        "`ID` INTEGER KEY, `V` STRING");
    const source_descriptor *s = catalog_source(f->catalog, SLICE_LITERAL("S"));
    assert_int_equal(s->partitions, 3);
    assert_true(slice_is(s->key_format.name, "KAFKA"));
    assert_true(slice_is(s->value_format.name, "JSON"));
    assert_int_equal(s->value_format.wrap_single, -1);
}

static void with_properties_are_read(void **state) {
    fixture *f = *state;
    plan_of(state, "CREATE TABLE t (id INT PRIMARY KEY, `at` STRING) WITH (kafka_topic='new', "
                   "partitions='2', replicas=1, key_format='delimited', value_format='DELIMITED', "
                   "key_delimiter='|', value_delimiter='TAB', timestamp='`at`', "
                   "timestamp_format='yyyy', window_type='Hopping', window_size='30 seconds');");
    const source_descriptor *t = catalog_source(f->catalog, SLICE_LITERAL("T"));
    assert_int_equal(t->partitions, 2);
    assert_int_equal(t->key_format.delimiter, '|');
    assert_int_equal(t->value_format.delimiter, '\t');
    assert_true(slice_is(t->timestamp_column, "at"));
    assert_int_equal(t->window, WINDOW_HOPPING);
    assert_int_equal(t->window_size_ms, 30000);
}

static void wrong_properties_are_refused(void **state) {
    static const char *const CASES[][2] = {
        {"kafka_topic='none', value_format='JSON'", "does not exist"},
        {"kafka_topic='topic1'", "VALUE_FORMAT"},
        {"value_format='JSON'", "KAFKA_TOPIC"},
        {"kafka_topic='topic1', value_format='FOO'", "Unknown format: FOO"},
        {"kafka_topic='topic1', value_format='JSON', format='JSON'", "both"},
        {"kafka_topic='topic1', value_format='JSON', value_format='JSON'", "twice"},
        {"kafka_topic='topic1', value_format='JSON', colour='red'", "COLOUR"},
        {"kafka_topic='topic1', value_format='JSON', partitions=4", "exists with 1 partitions"},
        {"kafka_topic='topic1', value_format='JSON', value_delimiter='|'", "DELIMITED"},
        {"kafka_topic='topic1', value_format='DELIMITED', value_delimiter=' '", "empty"},
        {"kafka_topic='topic1', value_format='JSON', window_size='1 day'", "WINDOW_TYPE"},
        {"kafka_topic='topic1', value_format='JSON', window_type='tumbling'", "WINDOW_SIZE"},
        {"kafka_topic='topic1', value_format='JSON', window_type='tumbling', window_size='3 bobs'",
            "unknown time unit"},
        {"kafka_topic='topic1', value_format='JSON', timestamp='nothing'", "does not exist"},
        {"kafka_topic='topic1', value_format='JSON', timestamp='v'", "format must be known"},
        {"kafka_topic='topic1', value_format='JSON', key_schema_id=1", "KEY_SCHEMA_ID"},
        {"kafka_topic='topic1', value_format='KAFKA', wrap_single_value=true", "WRAP_SINGLE_VALUE"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char sql[400];
        snprintf(sql, sizeof sql, "CREATE STREAM s (id INT KEY, v STRING) WITH (%s);", CASES[i][0]);
        expect_error(state, sql, CASES[i][1]);
    }
}

static void wrong_columns_are_refused(void **state) {
    static const char *const CASES[][2] = {
        {"STREAM s (id INT PRIMARY KEY)", "'PRIMARY KEY' column of a stream"},
        {"TABLE s (id INT KEY)", "'KEY' column of a table"},
        {"TABLE s (id INT)", "require a PRIMARY KEY"},
        {"STREAM s (a INT, a STRING)", "Duplicate column name: `A`"},
        {"STREAM s (rowtime BIGINT)", "reserved"},
        {"STREAM s (k MAP<STRING, INT> KEY, v INT)", "MAP"},
        {"STREAM s (k BOOLEAN KEY, v INT)", "'KAFKA' format does not support the type BOOLEAN"},
        {"STREAM s (v MAP<INT, INT>)", "STRING keys"},
        {"STREAM s (h INT HEADER('h'), v INT)", "expected BYTES"},
        {"STREAM s (v NO_SUCH_TYPE)", "NO_SUCH_TYPE"},
        {"STREAM s", "does not define any columns"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char sql[400];
        snprintf(sql, sizeof sql, "CREATE %s WITH (kafka_topic='topic1', value_format='JSON');",
            CASES[i][0]);
        expect_error(state, sql, CASES[i][1]);
    }
}

static void alter_adds_value_columns(void **state) {
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
    assert_string_equal(plan_of(state, "ALTER STREAM s ADD COLUMN w DOUBLE;"),
        "`ID` INTEGER KEY, `V` STRING, `W` DOUBLE");
    expect_error(state, "ALTER STREAM s ADD COLUMN v DOUBLE;", "has a column of that name");
    expect_error(state, "ALTER TABLE s ADD COLUMN x DOUBLE;", "is a stream");
    expect_error(state, "ALTER STREAM t ADD COLUMN x DOUBLE;", "does not exist");
}

static void replacing_may_only_add_columns(void **state) {
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
    expect_error(state,
        "CREATE OR REPLACE STREAM s (id INT KEY) WITH (kafka_topic='topic1', value_format='JSON');",
        "would be lost");
    expect_error(state,
        "CREATE OR REPLACE STREAM s (id INT KEY, v INT) WITH (kafka_topic='topic1', "
        "value_format='JSON');",
        "would be changed");
    plan_of(state, "CREATE OR REPLACE STREAM s (id INT KEY, v STRING, w INT) WITH "
                   "(kafka_topic='topic1', value_format='JSON');");
}

static void source_tables_are_materialized(void **state) {
    assert_non_null(
        strstr(plan_of(state, "CREATE SOURCE TABLE t (id INT PRIMARY KEY, v STRING) WITH "
                              "(kafka_topic='topic1', value_format='JSON');"),
            "SINK materialized T: `ID` INTEGER KEY, `V` STRING\n  SOURCE T"));
}

static void values_are_checked(void **state) {
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING, d DOUBLE) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
    plan_of(state, "CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
    assert_string_equal(
        plan_of(state, "INSERT INTO s VALUES (1, 'a', 2), (NULL, 'b', 3 + 1);"), "2 rows");
    plan_of(state, "INSERT INTO s (v, rowtime) VALUES ('a', 1234);");
    expect_error(state, "INSERT INTO s VALUES (1, 'a');", "3 columns and 2 values");
    expect_error(state, "INSERT INTO s (x) VALUES (1);", "does not exist");
    expect_error(state, "INSERT INTO s (v, v) VALUES ('a', 'b');", "twice");
    expect_error(state, "INSERT INTO s (rowoffset) VALUES (1);", "not allowed");
    expect_error(state, "INSERT INTO t (v) VALUES ('a');", "primary key");
    expect_error(state, "INSERT INTO r VALUES (1);", "Unknown stream or table");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(a_source_takes_its_partitions_from_the_topic),
        PLANNER_TEST(with_properties_are_read),
        PLANNER_TEST(wrong_properties_are_refused),
        PLANNER_TEST(wrong_columns_are_refused),
        PLANNER_TEST(alter_adds_value_columns),
        PLANNER_TEST(replacing_may_only_add_columns),
        PLANNER_TEST(source_tables_are_materialized),
        PLANNER_TEST(values_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
