/* GROUP BY, windows, HAVING, EMIT FINAL. */
#include "planner_fixture.h"

static void sources(void **state) {
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING, n BIGINT) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
    plan_of(state, "CREATE TABLE t (id INT PRIMARY KEY, v STRING, n BIGINT) WITH "
                   "(kafka_topic='topic4', value_format='JSON');");
}

static void another_key_needs_an_exchange(void **state) {
    sources(state);
    expect_plan(state,
        "CREATE TABLE o AS SELECT v, COUNT(*) AS c, SUM(n) + COUNT(*) FROM s GROUP BY v;",
        "SINK table O (topic O, KAFKA/JSON): `V` STRING KEY, `C` BIGINT, `KSQL_COL_0` BIGINT\n"
        "  PROJECT V KEY, KSQL_AGG_VARIABLE_0 AS `C`, (KSQL_AGG_VARIABLE_1 + KSQL_AGG_VARIABLE_0) "
        "AS `KSQL_COL_0`\n"
        "    AGGREGATE by `V`: COUNT(), SUM(`KSQL_ARG_0`)\n"
        "      EXCHANGE by `V` (topic CTAS_1-Aggregate-GroupBy-repartition, 4 partitions, KAFKA)\n"
        "        PROJECT V KEY, N AS `KSQL_ARG_0`\n"
        "          SOURCE S (topic topic4, KAFKA/JSON): `V` STRING, `N` BIGINT\n");
    expect_no_part(state, "CREATE TABLE o2 AS SELECT id, COUNT(*) FROM s GROUP BY id;", "EXCHANGE");
}

static void an_exchange_has_a_format_for_its_keys(void **state) {
    plan_of(state, "CREATE STREAM k (v STRING, list ARRAY<STRING>, n BIGINT) WITH "
                   "(kafka_topic='topic2', value_format='JSON');");
    expect_part(
        state, "CREATE TABLE a AS SELECT v, COUNT(*) FROM k GROUP BY v;", "2 partitions, KAFKA)");
    expect_part(state,
        "CREATE TABLE b WITH (key_format='AVRO') AS SELECT v, n, COUNT(*) FROM k GROUP BY v, n;",
        "2 partitions, JSON)");
    expect_part(state,
        "CREATE TABLE c WITH (key_format='AVRO') AS SELECT list, COUNT(*) FROM k GROUP BY list;",
        "2 partitions, JSON)");
}

static void tables_are_normalized_first(void **state) {
    sources(state);
    expect_part(state, "CREATE TABLE o AS SELECT v, COUNT(*) FROM t GROUP BY v;",
        "        PROJECT V KEY\n          NORMALIZE\n            SOURCE T");
    expect_error(state, "CREATE TABLE o AS SELECT v, MAX(n) FROM t GROUP BY v;",
        "cannot be applied to a table");
    expect_error(state,
        "CREATE TABLE o AS SELECT v, COUNT(*) FROM t WINDOW TUMBLING (SIZE 1 DAY) GROUP BY v;",
        "for streams");
}

static void windows_are_part_of_the_key(void **state) {
    fixture *f = *state;
    sources(state);
    expect_part(state,
        "CREATE TABLE o AS SELECT v, COUNT(*) AS c, WINDOWSTART AS b FROM s WINDOW HOPPING (SIZE "
        "10 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 1 MINUTE) GROUP BY v HAVING COUNT(*) > 2 "
        "EMIT FINAL;",
        "  PROJECT V KEY, KSQL_AGG_VARIABLE_0 AS `C`, WINDOWSTART AS `B` [HOPPING]\n"
        "    FILTER (KSQL_AGG_VARIABLE_0 > CAST(2 AS BIGINT)) [HOPPING]\n"
        "      FINAL grace 60000 ms [HOPPING]\n"
        "        AGGREGATE HOPPING size 10000 ms advance 2000 ms grace 60000 ms retention 86400000 "
        "ms; in panes; by `V`: COUNT()\n");
    const source_descriptor *o = catalog_source(f->catalog, SLICE_LITERAL("O"));
    assert_int_equal(o->window, WINDOW_HOPPING);
    assert_int_equal(o->window_size_ms, 10000);
    expect_part(state,
        "CREATE TABLE p AS SELECT v, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY v;",
        "TUMBLING size 3600000 ms grace 82800000 ms retention 86400000 ms;");
    expect_part(state,
        "CREATE TABLE q AS SELECT v, COUNT(*) FROM s WINDOW SESSION (30 MINUTES) GROUP BY v;",
        "SESSION gap 1800000 ms");
    expect_error(state,
        "CREATE TABLE r AS SELECT v, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 1 "
        "HOUR, GRACE PERIOD 1 HOUR) GROUP BY v;",
        "RETENTION");
    expect_error(state,
        "CREATE TABLE r AS SELECT v, MAX(windowstart) FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP "
        "BY v;",
        "window bound");
}

static void keys_get_the_names_of_their_items(void **state) {
    sources(state);
    expect_part(state,
        "CREATE TABLE a WITH (key_format='JSON') AS SELECT UCASE(v), id AS i, COUNT(*) FROM s "
        "GROUP BY id, UCASE(v);",
        "`I` INTEGER KEY, `KSQL_COL_0` STRING KEY, `KSQL_COL_1` BIGINT");
    expect_error(state, "CREATE TABLE b AS SELECT COUNT(*) FROM s GROUP BY v;",
        "must include the grouping expression");
    expect_error(
        state, "CREATE TABLE b AS SELECT v, v AS w, COUNT(*) FROM s GROUP BY v;", "more than once");
    expect_error(state, "CREATE TABLE b AS SELECT v, id, COUNT(*) FROM s GROUP BY v, id;",
        "only supports a single field");
}

static void only_groups_can_be_selected(void **state) {
    sources(state);
    expect_error(state, "CREATE TABLE b AS SELECT v, n, COUNT(*) FROM s GROUP BY v;",
        "N is not part of GROUP BY");
    expect_error(state, "CREATE TABLE b AS SELECT v, COUNT(*) FROM s GROUP BY v HAVING n > 1;",
        "HAVING column N is not part of GROUP BY");
    expect_error(
        state, "CREATE TABLE b AS SELECT v, COUNT(*) FROM s GROUP BY v, s.v;", "Duplicate");
    expect_error(state, "CREATE TABLE b AS SELECT v, COUNT(*) FROM s GROUP BY SUM(n);",
        "aggregate functions");
    expect_error(state, "CREATE TABLE b AS SELECT v, UCASE(v) FROM s GROUP BY v;",
        "requires aggregate functions");
    expect_error(state, "CREATE TABLE b AS SELECT v, SUM(MAX(n)) FROM s GROUP BY v;", "nested");
    expect_error(state, "CREATE TABLE b AS SELECT v, TOPK(n, id) FROM s GROUP BY v;", "literal");
    expect_error(state, "CREATE TABLE b AS SELECT v, x, COUNT(*) FROM s GROUP BY v;", "X");
    expect_error(
        state, "CREATE TABLE b AS SELECT v, COUNT(*) FROM s GROUP BY v EMIT FINAL;", "windowed");
    expect_part(state, "CREATE TABLE b AS SELECT v, UCASE(v) AS u, TOPK(n, 3) FROM s GROUP BY v;",
        "PROJECT V KEY, UCASE(V) AS `U`");
}

static void a_push_query_may_count_everything(void **state) {
    sources(state);
    expect_part(
        state, "SELECT COUNT(*) FROM s EMIT CHANGES;", "AGGREGATE by `KSQL_KEY_0`: COUNT()");
}

/* Whether a table's rows have a store of their own. */
static bool keeps_rows(void **state, const char *sql) {
    fixture *f = *state;
    plan_of(state, sql);
    assert_true(f->keeps_rows != f->keeps_groups);
    return f->keeps_rows;
}

static void a_table_without_windows_keeps_groups_only(void **state) {
    sources(state);
    assert_false(keeps_rows(state, "CREATE TABLE a AS SELECT v, COUNT(*) FROM s GROUP BY v;"));
    assert_false(keeps_rows(state, "CREATE TABLE b AS SELECT v AS w, UCASE(v), SUM(n) + 1 FROM s "
                                   "GROUP BY v HAVING MAX(n) > 3;"));
    assert_false(keeps_rows(state, "CREATE TABLE c AS SELECT v, COUNT(*) FROM t GROUP BY v;"));
}

/* What the groups do not tell when they are looked at later. */
static void other_tables_keep_their_rows(void **state) {
    sources(state);
    assert_true(keeps_rows(state, "CREATE TABLE a AS SELECT id, v FROM t;"));
    assert_true(keeps_rows(state,
        "CREATE TABLE b AS SELECT v, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY v;"));
    assert_true(keeps_rows(
        state, "CREATE TABLE c AS SELECT v, COUNT(*), RANDOM() AS r FROM s GROUP BY v;"));
    assert_true(keeps_rows(
        state, "CREATE TABLE d AS SELECT v, COUNT(*) FROM s GROUP BY v HAVING RANDOM() > 0.5;"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(another_key_needs_an_exchange),
        PLANNER_TEST(an_exchange_has_a_format_for_its_keys),
        PLANNER_TEST(tables_are_normalized_first),
        PLANNER_TEST(windows_are_part_of_the_key),
        PLANNER_TEST(keys_get_the_names_of_their_items),
        PLANNER_TEST(only_groups_can_be_selected),
        PLANNER_TEST(a_push_query_may_count_everything),
        PLANNER_TEST(a_table_without_windows_keeps_groups_only),
        PLANNER_TEST(other_tables_keep_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
