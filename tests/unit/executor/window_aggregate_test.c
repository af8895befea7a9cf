/* Windows: which rows they hold, when they close, what is late, and restarts. */
#include "tests/unit/executor/relational_fixture.h"

static void rows_belong_to_windows(void **unused) {
    fixture *f = fixture_create(time_window_operator_create, PLAN_WINDOW, "it", NULL);
    f->node.time_window.window =
        (plan_time_window){.function = PLAN_WINDOW_TUMBLE, .time = 1, .size_ms = 10};
    fixture_open(f, "itttt");
    check(f, "1 0; 2 19; 3 -1; 4 _", "+1 0 0 10 9; +2 19 10 20 19; +3 -1 -10 0 -1");
    fixture_close(f);
    f = fixture_create(time_window_operator_create, PLAN_WINDOW, "it", NULL);
    f->node.time_window.window = (plan_time_window){
        .function = PLAN_WINDOW_HOP, .time = 1, .size_ms = 10, .step_ms = 4, .offset_ms = 1};
    fixture_open(f, "itttt");
    check(f, "1 8; 2 9", "+1 8 1 11 10; +1 8 5 15 14; +2 9 1 11 10; +2 9 5 15 14; +2 9 9 19 18");
    fixture_close(f);
    f = fixture_create(time_window_operator_create, PLAN_WINDOW, "it", NULL);
    f->node.time_window.window =
        (plan_time_window){.function = PLAN_WINDOW_CUMULATE, .time = 1, .size_ms = 6, .step_ms = 2};
    fixture_open(f, "itttt");
    check(f, "1 7; 2 8", "+1 7 6 8 7; +1 7 6 10 9; +1 7 6 12 11; +2 8 6 10 9; +2 8 6 12 11");
    fixture_close(f);
}

/* K, V, the time; COUNT(*) and SUM(V) by K. */
static fixture *windowed(plan_window_function function, int64_t size_ms, int64_t step_ms) {
    fixture *f =
        fixture_create(window_aggregate_operator_create, PLAN_WINDOW_AGGREGATE, "iit", NULL);
    plan_call *calls = ARENA_ARRAY(f->arena, plan_call, 3);
    calls[0] = call_of(f, "COUNT", -1);
    calls[1] = call_of(f, "SUM", 1);
    calls[2] = call_of(f, "COUNT", 1);
    calls[2].distinct = true;
    f->node.mode = CHANGELOG_APPEND;
    f->node.group.groups = numbers(f, 1, 0);
    f->node.group.group_count = 1;
    f->node.group.calls = calls;
    f->node.group.call_count = 3;
    f->node.group.window =
        (plan_time_window){.function = function, .time = 2, .size_ms = size_ms, .step_ms = step_ms};
    return f;
}

static void a_window_gives_its_groups_when_it_closes(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_TUMBLE, 10, 0);
    fixture_open(f, "iiiittt");
    check(f, "1 5 1; _ 6 2; 1 5 9; 2 7 10", "");
    check_time(f, 8, "W8");
    check_time(f, 9, "+1 2 10 1 0 10 9; +_ 1 6 1 0 10 9; W9");
    check(f, "1 1 9; 2 8 11", "");
    assert_int_equal(f->task.late_rows, 1);
    check_commit(f, "");
    feed(f, 0, "2 9 12");
    restart(f);
    check(f, "2 9 13; 1 1 9; 3 _ 25", "");
    assert_int_equal(f->task.late_rows, 2);
    check_time(f, INT64_MAX, "+2 3 24 3 10 20 19; +3 1 _ 0 20 30 29; end");
    check_commit(f, "");
    restart(f);
    check_time(f, INT64_MAX, "end");
    fixture_close(f);
}

static void hopping_windows_share_slices(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_HOP, 6, 2);
    fixture_open(f, "iiiittt");
    check(f, "1 5 1; 1 5 3; 2 7 4", "");
    check_time(f, 1, "+1 1 5 1 -4 2 1; W1");
    check_commit(f, "");
    restart(f);
    check_time(f, 3, "+1 2 10 1 -2 4 3; W3");
    check(f, "1 6 1", "");
    check_time(f, 6, "+1 3 16 2 0 6 5; +2 1 7 1 0 6 5; W6");
    check_time(f, INT64_MAX, "+1 1 5 1 2 8 7; +2 1 7 1 2 8 7; +2 1 7 1 4 10 9; end");
    check_commit(f, "");
    fixture_close(f);
}

static void cumulating_windows_grow(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_CUMULATE, 6, 2);
    fixture_open(f, "iiiittt");
    check(f, "1 5 1; 1 6 4; 2 7 7", "");
    check_time(f, 1, "+1 1 5 1 0 2 1; W1");
    check_time(f, 3, "+1 1 5 1 0 4 3; W3");
    check(f, "3 1 0", "");
    check_commit(f, "");
    restart(f);
    check_time(f, 6, "+1 2 11 2 0 6 5; +3 1 1 1 0 6 5; W6");
    check_time(f, 7, "+2 1 7 1 6 8 7; W7");
    fixture_close(f);
}

static void windows_come_with_their_rows(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_ATTACHED, 0, 0);
    f->inputs[0].column_count = 0;
    add_columns(f, &f->inputs[0], "iitt");
    f->node.group.window.start = 2;
    f->node.group.window.end = 3;
    fixture_open(f, "iiiittt");
    check(f, "1 5 0 10; 1 6 5 10; 1 7 0 10; 1 1 0 20", "");
    check_time(f, 9, "+1 2 12 2 0 10 9; +1 1 6 1 5 10 9; W9");
    check(f, "1 1 0 10", "");
    assert_int_equal(f->task.late_rows, 1);
    fixture_close(f);
}

static void sessions_that_touch_are_one(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_SESSION, 10, 0);
    fixture_open(f, "iiiittt");
    check(f, "1 5 0; 1 6 10; 1 7 21; 2 1 3", "");
    check_time(f, 12, "+2 1 1 1 3 13 12; W12");
    check_commit(f, "");
    restart(f);
    check_time(f, 19, "+1 2 11 2 0 20 19; W19");
    check(f, "1 1 9; 1 8 11", "");
    assert_int_equal(f->task.late_rows, 1);
    check_time(f, 30, "+1 2 15 2 11 31 30; W30");
    fixture_close(f);
}

static void a_row_between_joins_sessions(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_SESSION, 10, 0);
    fixture_open(f, "iiiittt");
    check(f, "1 5 30; 1 6 0; 1 5 60", "");
    check_commit(f, "");
    check(f, "1 7 15; 1 1 22; 1 5 8", "");
    check_commit(f, "");
    restart(f);
    check_time(f, INT64_MAX, "+1 5 24 4 0 40 39; +1 1 5 1 60 70 69; end");
    check_commit(f, "");
    fixture_close(f);
}

static void windows_by_the_wall_clock(void **unused) {
    fixture *f = windowed(PLAN_WINDOW_TUMBLE, 10, 0);
    f->node.group.window.processing_time = true;
    f->node.group.window.time = -1;
    fixture_open(f, "iiiittt");
    f->task.now_ms = 5;
    check(f, "1 5 0; 1 6 0", "");
    check_time(f, 100, "W100");
    f->task.now_ms = 12;
    check(f, "1 5 0", "+1 2 11 2 0 10 9");
    f->operator->class->timer(f->operator, 20);
    expect(f, "+1 1 5 1 10 20 19");
    check(f, "1 5 0", "");
    check_time(f, INT64_MAX, "+1 1 5 1 20 30 29; end");
    assert_int_equal(f->task.late_rows, 0);
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_belong_to_windows),
        cmocka_unit_test(a_window_gives_its_groups_when_it_closes),
        cmocka_unit_test(hopping_windows_share_slices),
        cmocka_unit_test(cumulating_windows_grow),
        cmocka_unit_test(windows_come_with_their_rows),
        cmocka_unit_test(sessions_that_touch_are_one),
        cmocka_unit_test(a_row_between_joins_sessions),
        cmocka_unit_test(windows_by_the_wall_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
