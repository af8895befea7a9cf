/* Pull queries: what the store looks up, what is filtered, what is refused. */
#include "planner_fixture.h"

static void sources(void **state) {
    plan_of(state, "CREATE STREAM s (id BIGINT KEY, v STRING, n BIGINT) WITH "
                   "(kafka_topic='topic4', value_format='JSON');");
    plan_of(state, "CREATE TABLE t (id BIGINT PRIMARY KEY, v STRING) WITH (kafka_topic='topic4', "
                   "value_format='JSON');");
    plan_of(state, "CREATE TABLE g AS SELECT id, COUNT(*) AS c FROM s GROUP BY id;");
    plan_of(state,
        "CREATE TABLE w AS SELECT id, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 HOUR) "
        "GROUP BY id;");
    plan_of(state, "CREATE TABLE m WITH (key_format='JSON') AS SELECT id, v, COUNT(*) AS c FROM s "
                   "GROUP BY id, v;");
}

static void keys_are_looked_up(void **state) {
    sources(state);
    expect_plan(state, "SELECT c FROM g WHERE id = 3;",
        "SINK results: `C` BIGINT\n"
        "  PROJECT C\n"
        "    SCAN G (materialized by CTAS_1), 1 key lookup\n");
    expect_part(state, "SELECT c FROM g WHERE 3 = id AND c > 1;",
        "FILTER (C > CAST(1 AS BIGINT))\n      SCAN G (materialized by CTAS_1), 1 key lookup\n");
    expect_part(state, "SELECT c FROM g WHERE id IN (1, 2, 1);", "2 key lookups\n");
    expect_part(
        state, "SELECT c FROM m WHERE id IN (1, 2) AND v IN ('a', 'b');", "4 key lookups\n");
    expect_no_part(state, "SELECT c FROM m WHERE id = 1;", "lookup");
    expect_no_part(state, "SELECT c FROM g WHERE id = 1 OR c = 2;", "lookup");
}

static void window_bounds_narrow_the_scan(void **state) {
    sources(state);
    expect_part(state, "SELECT * FROM w WHERE id = 1 AND WINDOWSTART >= 5 AND 100 > WINDOWEND;",
        "1 key lookup, WINDOWSTART >= 5, WINDOWEND <= 99 [TUMBLING]\n");
    expect_part(state, "SELECT * FROM w WHERE WINDOWSTART = 5;",
        "SCAN W (materialized by CTAS_2), WINDOWSTART >= 5, WINDOWSTART <= 5 [TUMBLING]\n");
    expect_part(state, "SELECT * FROM w;",
        "results: `ID` BIGINT, `WINDOWSTART` BIGINT, `WINDOWEND` BIGINT, `C` BIGINT");
}

static void results_are_ordered_and_cut(void **state) {
    sources(state);
    expect_part(state, "SELECT id, c FROM g ORDER BY c DESC, 1 LIMIT 3;",
        "  LIMIT 3\n    SORT by `C` DESC, `ID`\n");
    expect_part(state, "SELECT c, COUNT(*) FROM g GROUP BY c;", "AGGREGATE by `C`: COUNT()");
    expect_part(state, "SELECT id FROM g ORDER BY c NULLS LAST;",
        "  PROJECT ID\n    SORT by `C` NULLS LAST\n");
    expect_error(state, "SELECT id FROM g ORDER BY d;", "ORDER BY");
}

static void streams_are_read_to_their_end(void **state) {
    sources(state);
    expect_part(state, "SELECT v FROM s WHERE n > 1;", "SOURCE S");
}

static void keys_are_looked_up_below_joins(void **state) {
    sources(state);
    expect_part(state, "SELECT h.c FROM g LEFT JOIN g h ON g.id = h.id WHERE g.id = 3;",
        "FILTER (ID = CAST(3 AS BIGINT))\n"
        "      HASH JOIN LEFT on key of type BIGINT\n"
        "        SCAN G (materialized by CTAS_1), 1 key lookup\n"
        "        SCAN G (materialized by CTAS_1), 1 key lookup\n");
    expect_part(state,
        "SELECT h.c FROM g FULL JOIN w ON g.id = w.id JOIN g h ON w.id = h.id "
        "WHERE h.id IN (1, 2) AND w.WINDOWSTART >= 5;",
        "SCAN W (materialized by CTAS_2), 2 key lookups, WINDOWSTART >= 5 [TUMBLING]\n");
    expect_part(state, "SELECT h.c FROM g JOIN g h ON g.c = h.id WHERE g.id = 3;",
        "SCAN G (materialized by CTAS_1), key lookups by the join\n");
    expect_no_part(state, "SELECT h.c FROM g FULL JOIN g h ON g.c = h.id WHERE g.id = 3;",
        "lookups by the join");
    expect_no_part(
        state, "SELECT h.c FROM g JOIN g h ON g.c = h.c WHERE g.c = 3 OR h.id = 1;", "lookup");
    expect_no_part(state, "SELECT h.c FROM g JOIN g h ON g.c = h.c WHERE g.id <> h.id;", "lookup");
}

static void wrong_pull_queries_are_refused(void **state) {
    fixture *f = *state;
    sources(state);
    expect_error(state, "SELECT * FROM t;", "kept nowhere");
    expect_error(state, "SELECT rowoffset FROM g;", "ROWOFFSET");
    expect_error(state, "SELECT * FROM g WHERE windowstart = 1;", "WINDOWSTART");
    expect_error(state, "SELECT * FROM g WHERE id IN (NULL);", "NULL");
    f->scans_forbidden = true;
    expect_error(state, "SELECT * FROM g WHERE c = 1;", "whole table");
    plan_of(state, "SELECT * FROM g WHERE id = 1 + 1;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(keys_are_looked_up),
        PLANNER_TEST(window_bounds_narrow_the_scan),
        PLANNER_TEST(results_are_ordered_and_cut),
        PLANNER_TEST(keys_are_looked_up_below_joins),
        PLANNER_TEST(streams_are_read_to_their_end),
        PLANNER_TEST(wrong_pull_queries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
