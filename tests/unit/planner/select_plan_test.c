/* SELECT over one source: names, keys, PARTITION BY, table functions, sinks. */
#include "planner_fixture.h"

static void sources(void **state) {
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING, n BIGINT, a ARRAY<INT>, "
                   "p STRUCT<x INT, v INT>) WITH (kafka_topic='topic4', value_format='JSON');");
    plan_of(state, "CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
}

static void unread_columns_are_left_out(void **state) {
    sources(state);
    expect_plan(state, "CREATE STREAM o AS SELECT id, v, n + 1 FROM s WHERE n > 2;",
        "SINK stream O (topic O, KAFKA/JSON): `ID` INTEGER KEY, `V` STRING, `KSQL_COL_0` BIGINT\n"
        "  PROJECT ID KEY, V, (N + CAST(1 AS BIGINT)) AS `KSQL_COL_0`\n"
        "    FILTER (N > CAST(2 AS BIGINT))\n"
        "      SOURCE S (topic topic4, KAFKA/JSON): `ID` INTEGER KEY, `V` STRING, `N` BIGINT\n");
}

static void items_get_names(void **state) {
    sources(state);
    expect_part(state, "SELECT 1, p->x, p->v, v AS w, ABS(n), s.id FROM s EMIT CHANGES;",
        "results: `KSQL_COL_0` INTEGER, `X` INTEGER, `V_1` INTEGER, `W` STRING, `KSQL_COL_1` "
        "BIGINT, `ID` INTEGER\n");
    expect_part(state, "SELECT p->*, * FROM s EMIT CHANGES;",
        "results: `X` INTEGER, `V_1` INTEGER, `ID` INTEGER, `V` STRING");
}

static void keys_must_be_selected_once(void **state) {
    sources(state);
    expect_error(state, "CREATE STREAM o AS SELECT v FROM s;", "must include the key column ID");
    expect_error(state, "CREATE STREAM o AS SELECT id, id AS i, v FROM s;", "more than once");
    expect_error(state, "CREATE STREAM o AS SELECT id FROM s;", "no value columns");
    expect_error(state, "CREATE STREAM o AS SELECT id, v, v FROM s;", "same name: `V`");
    expect_part(state, "CREATE STREAM o AS SELECT v, id AS k, AS_VALUE(id) AS i FROM s;",
        "`K` INTEGER KEY, `V` STRING, `I` INTEGER");
    expect_part(state, "SELECT v FROM s EMIT CHANGES LIMIT 3;", "LIMIT 3");
}

static void system_columns_need_another_name(void **state) {
    sources(state);
    expect_error(state, "CREATE STREAM o AS SELECT id, rowtime FROM s;", "Reserved column name");
    expect_error(state, "CREATE STREAM o AS SELECT id, v AS rowtime FROM s;", "reserved");
    expect_part(state, "CREATE STREAM o AS SELECT id, rowtime AS t FROM s;",
        "PROJECT ID KEY, ROWTIME AS `T`");
}

static void partition_by_makes_a_key(void **state) {
    sources(state);
    expect_part(state, "CREATE STREAM o1 AS SELECT v, id FROM s PARTITION BY v;",
        "`V` STRING KEY, `ID` INTEGER\n");
    expect_part(state, "CREATE STREAM o2 AS SELECT * FROM s PARTITION BY p->x;",
        "`X` INTEGER KEY, `V` STRING, `N` BIGINT, `A` ARRAY<INTEGER>, `P` STRUCT<`X` INTEGER, `V` "
        "INTEGER>, `ID` INTEGER\n");
    expect_part(state, "CREATE STREAM o3 AS SELECT UCASE(v), id FROM s PARTITION BY UCASE(v);",
        "`KSQL_COL_0` STRING KEY, `ID` INTEGER\n");
    expect_part(state, "CREATE STREAM o4 AS SELECT id, v FROM s PARTITION BY NULL;",
        "(topic O4, NONE/JSON): `ID` INTEGER, `V` STRING\n");
    expect_part(state,
        "CREATE STREAM o5 WITH (key_format='JSON') AS SELECT id, v, n FROM s PARTITION BY v, id;",
        "`V` STRING KEY, `ID` INTEGER KEY, `N` BIGINT\n");
    expect_error(state, "CREATE STREAM o AS SELECT id, v FROM s PARTITION BY UCASE(v);",
        "must include the partitioning expression");
    expect_error(
        state, "CREATE STREAM o AS SELECT id, v FROM s PARTITION BY NULL, v;", "including NULL");
    expect_error(
        state, "CREATE TABLE o AS SELECT id, v FROM t PARTITION BY v;", "only for streams");
    expect_error(
        state, "CREATE STREAM o AS SELECT * FROM s PARTITION BY a;", "does not support the type");
}

static void table_functions_are_one_node(void **state) {
    sources(state);
    expect_part(state, "CREATE STREAM o AS SELECT id, EXPLODE(a) AS e, EXPLODE(a) + 1 AS f FROM s;",
        "  PROJECT ID KEY, KSQL_SYNTH_0 AS `E`, (KSQL_SYNTH_0 + 1) AS `F`\n"
        "    TABLE FUNCTION EXPLODE(A)\n");
    expect_error(state, "CREATE TABLE o AS SELECT id, EXPLODE(ARRAY[1]) FROM t;", "on streams");
}

static void the_sink_inherits_and_overrides(void **state) {
    fixture *f = *state;
    plan_of(state, "CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='topic4', "
                   "key_format='JSON', value_format='DELIMITED', value_delimiter='|');");
    plan_of(state, "CREATE STREAM a AS SELECT * FROM s;");
    const source_descriptor *a = catalog_source(f->catalog, SLICE_LITERAL("A"));
    assert_true(slice_is(a->key_format.name, "JSON"));
    assert_int_equal(a->value_format.delimiter, '|');
    assert_int_equal(a->partitions, 4);
    assert_true(slice_is(a->query_id, "CSAS_1"));
    plan_of(state, "CREATE STREAM b WITH (value_format='JSON', partitions=2, kafka_topic='bb') AS "
                   "SELECT * FROM s;");
    const source_descriptor *b = catalog_source(f->catalog, SLICE_LITERAL("B"));
    assert_int_equal(b->value_format.delimiter, 0);
    assert_int_equal(b->partitions, 2);
    assert_true(slice_is(b->topic, "bb"));
    expect_error(state, "CREATE TABLE c AS SELECT * FROM s;", "gives a STREAM");
}

static void changes_make_a_table_a_stream(void **state) {
    sources(state);
    expect_plan(state, "CREATE STREAM o AS SELECT * FROM CHANGES(t);",
        "SINK stream O (topic O, KAFKA/JSON): `ID` INTEGER KEY, `V` STRING\n"
        "  CHANGES\n"
        "    SOURCE T (topic topic4, KAFKA/JSON): `ID` INTEGER KEY, `V` STRING\n");
    expect_error(state, "SELECT * FROM CHANGES(s) EMIT CHANGES;", "needs a table");
    plan_of(state,
        "CREATE TABLE w AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 HOUR) "
        "GROUP BY id;");
    expect_plan(state, "CREATE STREAM x AS SELECT id, c, WINDOWSTART AS b FROM CHANGES(w);",
        "SINK stream X (topic X, KAFKA/JSON): `ID` INTEGER KEY, `C` BIGINT, `B` BIGINT\n"
        "  PROJECT ID KEY, C, WINDOWSTART AS `B`\n"
        "    PROJECT ID KEY, C, WINDOWSTART AS `WINDOWSTART`\n"
        "      CHANGES [TUMBLING]\n"
        "        SOURCE W (topic W, KAFKA/JSON): `ID` INTEGER KEY, `C` BIGINT [TUMBLING]\n");
}

static void insert_matches_columns_by_name(void **state) {
    sources(state);
    plan_of(state, "CREATE STREAM o (k INT KEY, d DOUBLE, v STRING) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
    expect_part(state, "INSERT INTO o SELECT id AS k, v, n AS d FROM s;",
        "PROJECT K KEY, CAST(D AS DOUBLE) AS `D`, V\n");
    expect_error(state, "INSERT INTO o SELECT id AS k, v FROM s;", "Incompatible schema");
    expect_error(state, "INSERT INTO o SELECT id AS k, n AS v, n AS d FROM s;", "Incompatible");
    expect_error(state, "INSERT INTO t SELECT id, v FROM s;", "into a stream");
    expect_error(state, "INSERT INTO zz SELECT id, v FROM s;", "does not exist");
}

static void clauses_without_groups_are_refused(void **state) {
    sources(state);
    expect_error(state, "CREATE TABLE o AS SELECT COUNT(*) FROM s;", "requires a GROUP BY");
    expect_error(state, "SELECT v FROM s HAVING v = 'a' EMIT CHANGES;", "HAVING requires");
    expect_error(state, "SELECT v FROM s EMIT FINAL;", "EMIT FINAL");
    expect_error(state, "SELECT * FROM nothing EMIT CHANGES;", "does not exist");
    expect_error(state, "SELECT x.* FROM s EMIT CHANGES;", "'X' is not a valid");
    expect_error(state, "CREATE STREAM o AS SELECT * FROM s LIMIT 3;", "LIMIT");
    expect_error(state, "SELECT null AS x FROM s EMIT CHANGES;", "null");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(unread_columns_are_left_out),
        PLANNER_TEST(items_get_names),
        PLANNER_TEST(keys_must_be_selected_once),
        PLANNER_TEST(system_columns_need_another_name),
        PLANNER_TEST(partition_by_makes_a_key),
        PLANNER_TEST(table_functions_are_one_node),
        PLANNER_TEST(the_sink_inherits_and_overrides),
        PLANNER_TEST(changes_make_a_table_a_stream),
        PLANNER_TEST(insert_matches_columns_by_name),
        PLANNER_TEST(clauses_without_groups_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
