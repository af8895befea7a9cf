/* Joins: which sides are exchanged, what the key is called, what is refused. */
#include "planner_fixture.h"

static void sources(void **state) {
    plan_of(state, "CREATE STREAM l (a INT KEY, b INT, c STRING) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
    plan_of(state, "CREATE STREAM r (a INT KEY, b INT, d STRING) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
    plan_of(state, "CREATE TABLE t (id INT PRIMARY KEY, n STRING, f INT) WITH "
                   "(kafka_topic='topic4', value_format='JSON');");
    plan_of(state, "CREATE TABLE u (uid INT PRIMARY KEY, m STRING) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
    plan_of(state, "CREATE TABLE one (id INT PRIMARY KEY, m STRING) WITH (kafka_topic='topic1', "
                   "value_format='JSON');");
}

static void a_side_with_another_key_is_exchanged(void **state) {
    sources(state);
    expect_plan(state, "CREATE STREAM o AS SELECT l.b, c, n FROM l JOIN t ON l.b = t.id;",
        "SINK stream O (topic O, KAFKA/JSON): `B` INTEGER KEY, `C` STRING, `N` STRING\n"
        "  PROJECT KSQL_JOIN_KEY AS `B` KEY, C, N\n"
        "    STREAM-TABLE JOIN INNER on key of type INTEGER\n"
        "      EXCHANGE by `KSQL_JOIN_KEY` (topic CSAS_1-Join1-left-repartition, 4 partitions, "
        "KAFKA)\n"
        "        PROJECT B AS `KSQL_JOIN_KEY` KEY, C\n"
        "          SOURCE L (topic topic4, KAFKA/JSON): `B` INTEGER, `C` STRING\n"
        "      SOURCE T (topic topic4, KAFKA/JSON): `ID` INTEGER KEY, `N` STRING\n");
    expect_no_part(
        state, "CREATE STREAM o2 AS SELECT l.a, n FROM l LEFT JOIN t ON l.a = t.id;", "EXCHANGE");
}

static void clashing_names_get_their_source(void **state) {
    sources(state);
    expect_part(state, "CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 10 SECONDS ON l.a = r.a;",
        "`L_A` INTEGER KEY, `L_B` INTEGER, `L_C` STRING, `R_A` INTEGER, `R_B` INTEGER, `R_D` "
        "STRING\n");
    expect_part(state,
        "SELECT l.b, c, r.rowtime FROM l JOIN r WITHIN 10 SECONDS ON l.a = r.a EMIT CHANGES;",
        "results: `L_B` INTEGER, `C` STRING, `R_ROWTIME` BIGINT\n");
    expect_error(
        state, "SELECT b FROM l JOIN r WITHIN 10 SECONDS ON l.a = r.a EMIT CHANGES;", "ambiguous");
}

static void the_key_may_be_either_side(void **state) {
    sources(state);
    expect_part(state, "CREATE STREAM o AS SELECT r.a, c FROM l JOIN r WITHIN 1 DAY ON l.a = r.a;",
        "`R_A` INTEGER KEY, `C` STRING\n");
    expect_part(state,
        "CREATE STREAM p AS SELECT * FROM l FULL OUTER JOIN r WITHIN 1 DAY ON l.a = r.a;",
        "`ROWKEY` INTEGER KEY, `L_A` INTEGER");
    expect_part(state,
        "CREATE STREAM q AS SELECT rowkey AS k, c FROM l JOIN r WITHIN 1 DAY ON ABS(l.a) = "
        "ABS(r.a);",
        "`K` INTEGER KEY, `C` STRING\n");
    expect_error(state, "CREATE STREAM x AS SELECT c, d FROM l JOIN r WITHIN 1 DAY ON l.a = r.a;",
        "join expression L.A or R.A");
    expect_error(state,
        "CREATE STREAM x AS SELECT c, d FROM l JOIN r WITHIN 1 DAY ON ABS(l.a) = ABS(r.a);",
        "join expression ROWKEY");
}

static void joins_chain_without_new_exchanges(void **state) {
    sources(state);
    expect_no_part(state,
        "CREATE STREAM o AS SELECT u.uid, c, n, m FROM l JOIN t ON l.a = t.id JOIN u ON t.id = "
        "u.uid;",
        "EXCHANGE");
}

static void tables_join_by_key_or_foreign_key(void **state) {
    sources(state);
    expect_error(
        state, "CREATE TABLE o AS SELECT id, n, m FROM t FULL JOIN u ON uid = id;", "ROWKEY");
    expect_part(state, "CREATE TABLE p AS SELECT id, n, m FROM t LEFT JOIN u ON uid = id;",
        "TABLE JOIN LEFT");
    expect_part(state, "CREATE TABLE q AS SELECT id, n, m FROM t JOIN u ON f = uid;",
        "FOREIGN KEY JOIN INNER on F\n");
    expect_error(state, "CREATE TABLE x AS SELECT n, m FROM t JOIN u ON f = uid;",
        "primary key column of the left table");
    expect_error(state, "CREATE TABLE x AS SELECT id, m FROM t JOIN u ON id = m;", "don't match");
    expect_error(state, "CREATE TABLE x AS SELECT uid, m FROM u JOIN t ON uid = f;",
        "primary key of the right table");
}

static void wrong_joins_are_refused(void **state) {
    sources(state);
    static const char *const CASES[][2] = {
        {"l JOIN r ON l.a = r.a", "WITHIN"},
        {"l JOIN t WITHIN 1 DAY ON l.a = t.id", "only for joins of two streams"},
        {"t JOIN l ON l.a = t.id", "Invalid join order"},
        {"l FULL OUTER JOIN t ON l.a = t.id", "Invalid join type"},
        {"l JOIN t ON l.a = t.f", "primary key"},
        {"l JOIN l WITHIN 1 DAY ON l.a = l.a", "Two sources"},
        {"l JOIN t ON l.a = 1", "Invalid comparison"},
        {"l JOIN t ON l.a = l.b", "Invalid comparison"},
        {"l JOIN t ON l.a > t.id", "equality"},
        {"l JOIN t ON l.c = t.id", "types don't match"},
        {"l JOIN t ON l.x = t.id", "X"},
        {"l JOIN one ON l.a = one.id", "number of partitions"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "SELECT * FROM %s EMIT CHANGES;", CASES[i][0]);
        expect_error(state, sql, CASES[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(a_side_with_another_key_is_exchanged),
        PLANNER_TEST(clashing_names_get_their_source),
        PLANNER_TEST(the_key_may_be_either_side),
        PLANNER_TEST(joins_chain_without_new_exchanges),
        PLANNER_TEST(tables_join_by_key_or_foreign_key),
        PLANNER_TEST(wrong_joins_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
