/* Operators that wait for time: TEMPORAL_SORT, OVER, and the joins by intervals, windows and
 * versions. */
#include "tests/unit/executor/relational_fixture.h"

static void rows_leave_in_order_of_time(void **unused) {
    fixture *f = fixture_create(temporal_sort_operator_create, PLAN_TEMPORAL_SORT, "ti", NULL);
    plan_order order = {.column = 1, .descending = true};
    f->node.temporal_sort.order_count = 1;
    f->node.temporal_sort.order = &order;
    fixture_open(f, "ti");
    check(f, "3 1; 1 1; 2 1; 2 2; _ 1", "");
    check_time(f, 1, "+1 1; W1");
    check_commit(f, "");
    restart(f);
    check(f, "2 3; 3 0", "");
    check_time(f, 2, "+2 3; +2 2; +2 1; W2");
    check(f, "2 9", "");
    assert_int_equal(f->task.late_rows, 1);
    check_time(f, INT64_MAX, "+3 1; +3 0; end");
    check_commit(f, "");
    restart(f);
    check_time(f, INT64_MAX, "end");
    fixture_close(f);
}

/* ---- OVER ---- */

static fixture *over(bool is_range, bool is_unbounded, int64_t preceding) {
    fixture *f = fixture_create(over_operator_create, PLAN_OVER, "iit", NULL);
    plan_call *calls = ARENA_ARRAY(f->arena, plan_call, 3);
    calls[0] = call_of(f, "COUNT", -1);
    calls[1] = call_of(f, "SUM", 1);
    calls[2] = call_of(f, "MAX", 1);
    f->node.mode = CHANGELOG_APPEND;
    f->node.over.partition_count = 1;
    f->node.over.partition = numbers(f, 1, 0);
    f->node.over.time = 2;
    f->node.over.frame = (plan_frame){is_range, is_unbounded, preceding};
    f->node.over.calls = calls;
    f->node.over.call_count = 3;
    return f;
}

static void a_frame_of_rows_slides(void **unused) {
    fixture *f = over(false, false, 1);
    fixture_open(f, "iitiii");
    check(f, "1 9 1; 1 5 2; 2 1 2; 1 3 4", "");
    check_time(f, 2, "+1 9 1 1 9 9; +1 5 2 2 14 9; +2 1 2 1 1 1; W2");
    check_commit(f, "");
    restart(f);
    check_time(f, 4, "+1 3 4 2 8 5; W4");
    fixture_close(f);
}

static void rows_of_one_time_see_each_other_in_a_range(void **unused) {
    fixture *f = over(true, false, 2);
    fixture_open(f, "iitiii");
    check(f, "1 9 1; 1 5 2; 1 7 2; 1 1 4; 1 2 7", "");
    check_time(f, INT64_MAX,
        "+1 9 1 1 9 9; +1 5 2 3 21 9; +1 7 2 3 21 9; +1 1 4 3 13 7; +1 2 7 1 2 2; end");
    fixture_close(f);
}

static void a_frame_without_bound_grows(void **unused) {
    fixture *f = over(false, true, 0);
    fixture_open(f, "iitiii");
    check(f, "1 9 1; 1 5 2; _ 1 2", "");
    check_time(f, 2, "+1 9 1 1 9 9; +1 5 2 2 14 9; +_ 1 2 1 1 1; W2");
    check_commit(f, "");
    restart(f);
    check(f, "1 1 3; 1 1 2", "");
    assert_int_equal(f->task.late_rows, 1);
    check_time(f, 3, "+1 1 3 3 15 9; W3");
    fixture_close(f);
    f = over(true, true, 0);
    fixture_open(f, "iitiii");
    check(f, "1 9 1; 1 5 1", "");
    check_time(f, 2, "+1 9 1 2 14 9; +1 5 1 2 14 9; W2");
    fixture_close(f);
}

static void by_the_wall_clock_rows_do_not_wait(void **unused) {
    fixture *f = over(false, false, 1);
    f->node.over.time = -1;
    fixture_open(f, "iitiii");
    check(f, "1 9 5; 1 5 1; 1 2 _", "+1 9 5 1 9 9; +1 5 1 2 14 9; +1 2 _ 2 7 5");
    fixture_close(f);
}

/* ---- INTERVAL JOIN ---- */

static fixture *interval(join_kind kind) {
    fixture *f = fixture_create(interval_join_operator_create, PLAN_INTERVAL_JOIN, "iit", "iit");
    f->node.mode = CHANGELOG_APPEND;
    f->node.relational_join.kind = kind;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = numbers(f, 1, 0);
    f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->node.relational_join.left_time = f->node.relational_join.right_time = 2;
    f->node.relational_join.before_ms = 2;
    f->node.relational_join.after_ms = 5;
    return f;
}

static void rows_near_each_other_meet(void **unused) {
    fixture *f = interval(JOIN_INNER);
    fixture_open(f, "iitiit");
    check(f, "1 1 10; 1 2 20", "");
    check_right(f, "1 7 7; 1 8 8; 1 15 15; 1 16 16; 1 18 18",
        "+1 1 10 1 8 8; +1 1 10 1 15 15; +1 2 20 1 18 18");
    check_commit(f, "");
    restart(f);
    check(f, "1 3 11; _ 0 11", "+1 3 11 1 15 15; +1 3 11 1 16 16");
    check_time(f, 30, "");
    tell_time(f, 1, 30);
    expect(f, "W25");
    check(f, "1 4 20", "");
    check_commit(f, "");
    restart(f);
    check(f, "1 4 16", "");
    fixture_close(f);
}

static void outer_rows_wait_for_the_end_of_their_interval(void **unused) {
    fixture *f = interval(JOIN_FULL);
    f->node.relational_join.condition = compare_columns(f, &SQL_TYPE_BIGINT, 1, COMPARE_LESS, 4);
    fixture_open(f, "iitiit");
    check(f, "1 1 10; 1 5 10; _ 7 10", "+_ 7 10 _ _ _");
    check_right(f, "1 3 10; 2 3 8", "+1 1 10 1 3 10");
    check_commit(f, "");
    restart(f);
    check_time(f, 14, "");
    tell_time(f, 1, 14);
    expect(f, "+_ _ _ 2 3 8; W9");
    tell_time(f, 1, INT64_MAX);
    check_time(f, INT64_MAX, "+1 5 10 _ _ _; end");
    check(f, "1 9 9", "+1 9 9 _ _ _");
    fixture_close(f);
}

/* ---- WINDOW JOIN ---- */

static fixture *window(join_kind kind) {
    fixture *f = fixture_create(window_join_operator_create, PLAN_WINDOW_JOIN, "iit", "iit");
    f->node.mode = CHANGELOG_APPEND;
    f->node.relational_join.kind = kind;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = numbers(f, 1, 0);
    f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->node.relational_join.left_window_end = f->node.relational_join.right_window_end = 2;
    return f;
}

static void check_window(join_kind kind, const char *columns, const char *expected) {
    fixture *f = window(kind);
    f->node.relational_join.condition = compare_columns(f, &SQL_TYPE_BIGINT, 1, COMPARE_LESS, 4);
    fixture_open(f, columns);
    check(f, "1 1 10; 1 8 10; _ 2 10; 1 1 20", "");
    check_right(f, "1 5 10; 1 6 10; _ 5 10; 2 5 10", "");
    check_commit(f, "");
    restart(f);
    tell_time(f, 1, 9);
    check_time(f, 9, expected);
    check(f, "1 1 10", "");
    assert_int_equal(f->task.late_rows, 1);
    check_commit(f, "");
    restart(f);
    check(f, "1 1 10", "");
    assert_int_equal(f->task.late_rows, 2);
    fixture_close(f);
}

static void rows_of_a_window_meet_when_it_closes(void **unused) {
    check_window(JOIN_INNER, "iitiit", "+1 1 10 1 5 10; +1 1 10 1 6 10; W9");
    check_window(
        JOIN_LEFT, "iitiit", "+1 1 10 1 5 10; +1 1 10 1 6 10; +_ 2 10 _ _ _; +1 8 10 _ _ _; W9");
    check_window(JOIN_SEMI, "iit", "+1 1 10; W9");
    check_window(JOIN_ANTI, "iit", "+_ 2 10; +1 8 10; W9");
}

/* ---- TEMPORAL JOIN ---- */

static fixture *temporal(join_kind kind, int left_time) {
    fixture *f = fixture_create(temporal_join_operator_create, PLAN_TEMPORAL_JOIN, "iit", "ist");
    f->node.mode = CHANGELOG_APPEND;
    f->node.temporal_join.kind = kind;
    f->node.temporal_join.key_count = 1;
    f->node.temporal_join.left_keys = numbers(f, 1, 1);
    f->node.temporal_join.right_keys = numbers(f, 1, 0);
    f->node.temporal_join.left_time = left_time;
    f->node.temporal_join.right_time = 2;
    f->inputs[1].mode = CHANGELOG_RETRACT;
    return f;
}

static void a_row_gets_the_version_of_its_time(void **unused) {
    fixture *f = temporal(JOIN_LEFT, 2);
    fixture_open(f, "iitist");
    check(f, "1 7 15; 2 7 5; 3 7 25; 4 _ 6; 5 7 35; 6 7 10", "");
    check_right(f, "7 a 10; -7 a 10; 7 b 20", "");
    check_commit(f, "");
    restart(f);
    check_right(f, "-7 b 30", "");
    check_time(f, 30, "");
    tell_time(f, 1, 30);
    expect(f, "+2 7 5 _ _ _; +4 _ 6 _ _ _; +6 7 10 7 a 10; +1 7 15 7 a 10; +3 7 25 7 b 20; W30");
    tell_time(f, 1, INT64_MAX);
    check_time(f, INT64_MAX, "+5 7 35 _ _ _; end");
    fixture_close(f);
}

static void a_row_gets_what_is_there_now(void **unused) {
    fixture *f = temporal(JOIN_INNER, -1);
    fixture_open(f, "iitist");
    check(f, "1 7 1", "");
    check_right(f, "7 a 1; 8 c 1", "");
    check(f, "2 7 1; 3 8 1; 4 9 1", "+2 7 1 7 a 1; +3 8 1 8 c 1");
    check_commit(f, "");
    restart(f);
    check_right(f, "-7 a 1; 7 b 1", "");
    check(f, "2 7 1", "+2 7 1 7 b 1");
    check_time(f, 5, "W5");
    fixture_close(f);
}

static void rows_wait_for_a_table_that_ends(void **unused) {
    static const flink_table table = {.is_bounded = true};
    static const source_descriptor source = {.flink = &table};
    fixture *f = temporal(JOIN_LEFT, -1);
    f->inputs[1].kind = PLAN_SOURCE;
    f->inputs[1].source.source = &source;
    fixture_open(f, "iitist");
    check(f, "1 7 1", "");
    check_time(f, INT64_MAX, "");
    check_commit(f, "");
    restart(f);
    check_right(f, "7 a 1", "");
    check(f, "2 8 1", "");
    check_time(f, INT64_MAX, "");
    tell_time(f, 1, INT64_MAX);
    expect(f, "+1 7 1 7 a 1; +2 8 1 _ _ _; end");
    check(f, "2 7 1", "+2 7 1 7 a 1");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_leave_in_order_of_time),
        cmocka_unit_test(a_frame_of_rows_slides),
        cmocka_unit_test(rows_of_one_time_see_each_other_in_a_range),
        cmocka_unit_test(a_frame_without_bound_grows),
        cmocka_unit_test(by_the_wall_clock_rows_do_not_wait),
        cmocka_unit_test(rows_near_each_other_meet),
        cmocka_unit_test(outer_rows_wait_for_the_end_of_their_interval),
        cmocka_unit_test(rows_of_a_window_meet_when_it_closes),
        cmocka_unit_test(a_row_gets_the_version_of_its_time),
        cmocka_unit_test(a_row_gets_what_is_there_now),
        cmocka_unit_test(rows_wait_for_a_table_that_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
