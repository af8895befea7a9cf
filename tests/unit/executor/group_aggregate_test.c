/* GROUP BY without windows: its changes, what it takes back, NULL keys, filters, DISTINCT, restarts
 * and the time to live. Also event time: WATERMARK and UNION. */
#include "tests/unit/executor/relational_fixture.h"

static fixture *grouped(const char *columns, int call_count, const plan_call *calls) {
    fixture *f =
        fixture_create(group_aggregate_operator_create, PLAN_GROUP_AGGREGATE, columns, NULL);
    f->node.group.groups = numbers(f, 1, 0);
    f->node.group.group_count = 1;
    f->node.group.call_count = call_count;
    f->node.group.calls = calls;
    return f;
}

static void a_change_is_the_old_row_and_the_new_one(void **unused) {
    plan_call calls[3] = {0};
    fixture *f = grouped("ii", 3, calls);
    calls[0] = call_of(f, "COUNT", -1);
    calls[1] = call_of(f, "SUM", 1);
    calls[2] = call_of(f, "AVG", 1);
    fixture_open(f, "iiii");
    check(f, "1 5; 2 7; 1 4", "+1 1 5 5; +2 1 7 7; -1 1 5 5; +1 2 9 4");
    check(f, "_ _; _ 3", "+_ 1 _ _; -_ 1 _ _; +_ 2 3 3");
    check(f, "0 -3; 0 -4", "+0 1 -3 -3; -0 1 -3 -3; +0 2 -7 -3");
    fixture_close(f);
}

static void changes_of_a_barrier_become_one(void **unused) {
    plan_call calls[2] = {0};
    fixture *f = grouped("si", 2, calls);
    calls[0] = call_of(f, "COUNT", -1);
    calls[1] = call_of(f, "MAX", 1);
    f->task.results_per_row = false;
    fixture_open(f, "sii");
    check(f, "a 5; b 7; a 4", "");
    check_commit(f, "+a 2 5; +b 1 7");
    tell_time(f, 0, 9);
    check(f, "b 8; b 9", "W9");
    tell_time(f, 0, 10);
    check_commit(f, "-b 1 7; +b 3 9; W10");
    check_commit(f, "");
    fixture_close(f);
}

static void a_group_without_rows_is_deleted(void **unused) {
    plan_call calls[4] = {0};
    fixture *f = grouped("ii", 4, calls);
    calls[0] = call_of(f, "MIN", 1);
    calls[1] = call_of(f, "MAX", 1);
    calls[2] = call_of(f, "FIRST_VALUE", 1);
    calls[3] = call_of(f, "SUM", 1);
    f->inputs[0].mode = CHANGELOG_RETRACT;
    fixture_open(f, "iiiii");
    check(f, "1 5; 1 7", "+1 5 5 5 5; -1 5 5 5 5; +1 5 7 5 12");
    check(f, "-1 5; 1 6", "-1 5 7 5 12; +1 6 7 7 13");
    check(f, "-1 7; -1 6", "-1 6 7 7 13; +1 6 6 6 6; -1 6 6 6 6");
    check(f, "-1 1; 1 -2", "+1 -2 -2 -2 -2");
    check(f, "-1 -2; 1 -2", "");
    fixture_close(f);
}

static void a_result_that_stays_is_not_given_again(void **unused) {
    plan_call calls[1] = {0};
    fixture *f = grouped("ii", 1, calls);
    calls[0] = call_of(f, "MAX", 1);
    fixture_open(f, "ii");
    check(f, "1 5; 1 4; 1 5; 1 6", "+1 5; -1 5; +1 6");
    fixture_close(f);
}

static void distinct_and_filters(void **unused) {
    plan_call calls[4] = {0};
    fixture *f = grouped("isbi", 4, calls);
    calls[0] = call_of(f, "COUNT", -1);
    calls[0].filter = 2;
    calls[1] = call_of(f, "COUNT", 1);
    calls[1].distinct = true;
    calls[2] = calls[1];
    calls[2].filter = 2;
    calls[3] = call_of(f, "SUM", 3);
    calls[3].distinct = true;
    f->task.results_per_row = false;
    fixture_open(f, "iiiii");
    feed(f, 0, "1 a true 2; 1 b false 2; 1 a false 3; 1 b _ _; 1 _ true 2; 2 a false 1");
    check_commit(f, "+1 2 2 1 5; +2 0 1 0 1");
    restart(f);
    feed(f, 0, "1 a true 2; 1 b true 9; 2 a true 1; 1 c false 3");
    check_commit(f, "-1 2 2 1 5; +1 4 3 2 14; -2 0 1 0 1; +2 1 1 1 1");
    feed(f, 0, "3 a true 1");
    restart(f);
    feed(f, 0, "3 a true 1");
    check_commit(f, "+3 1 1 1 1");
    fixture_close(f);
}

/* Values of integers and of others, of which some are in the store only. */
static void distinct_values_that_have_left_memory_count_once(void **unused) {
    plan_call calls[3] = {0};
    fixture *f = grouped("iisb", 3, calls);
    for (int i = 0; i < 3; i++) {
        calls[i] = call_of(f, "COUNT", i == 2 ? 2 : 1);
        calls[i].distinct = true;
    }
    calls[1].filter = 3;
    f->task.results_per_row = false;
    fixture_open(f, "iiii");
    group_aggregate_operator_limit_cache(f->operator, 1);
    feed(f, 0, "1 7 a false; 1 8 b false; 2 7 a true");
    check_commit(f, "+1 2 0 2; +2 1 1 1");
    feed(f, 0, "1 7 a true; 1 9 c false; 2 7 a true; 2 8 b true");
    check_commit(f, "-1 2 0 2; +1 3 1 3; -2 1 1 1; +2 2 2 2");
    feed(f, 0, "1 7 a true; 1 8 b true; 1 9 c false; 3 1 a false");
    check_commit(f, "-1 3 1 3; +1 3 2 3; +3 1 0 1");
    fixture_close(f);
}

static void distinct_values_are_taken_back(void **unused) {
    plan_call calls[1] = {0};
    fixture *f = grouped("is", 1, calls);
    calls[0] = call_of(f, "COUNT", 1);
    calls[0].distinct = true;
    f->inputs[0].mode = CHANGELOG_RETRACT;
    fixture_open(f, "ii");
    check(f, "1 a; 1 a; 1 b", "+1 1; -1 1; +1 2");
    check_commit(f, "");
    restart(f);
    check(f, "-1 a", "");
    check(f, "-1 a", "-1 2; +1 1");
    check(f, "-1 b; 1 _", "-1 1; +1 0");
    fixture_close(f);
}

static void groups_without_columns_are_one(void **unused) {
    plan_call calls[2] = {0};
    fixture *f = grouped("is", 2, calls);
    f->node.group.group_count = 0;
    calls[0] = call_of(f, "COUNT", -1);
    calls[1] = call_of(f, "LISTAGG", 1);
    fixture_open(f, "is");
    check(f, "1 a; 2 b", "+1 a; -1 a; +2 a,b");
    check_commit(f, "");
    restart(f);
    check(f, "3 c", "-2 a,b; +3 a,b,c");
    fixture_close(f);
}

static void forgotten_groups_begin_anew(void **unused) {
    plan_call calls[1] = {0};
    fixture *f = grouped("ii", 1, calls);
    calls[0] = call_of(f, "COUNT", -1);
    f->node.group.ttl_ms = 100;
    fixture_open(f, "ii");
    check(f, "1 0; 1 0", "+1 1; -1 1; +1 2");
    check_commit(f, "");
    f->task.now_ms = 90;
    check(f, "1 0", "-1 2; +1 3");
    f->task.now_ms = 200;
    check(f, "1 0", "+1 1");
    check_commit(f, "");
    f->task.now_ms = 400;
    check_commit(f, "");
    restart(f);
    check(f, "1 0", "+1 1");
    fixture_close(f);
}

/* ---- event time ---- */

static void the_watermark_follows_the_largest_time(void **unused) {
    fixture *f = fixture_create(watermark_operator_create, PLAN_WATERMARK, "it", NULL);
    f->node.watermark.time = 1;
    f->node.watermark.watermark = column_expression(f, &SQL_TYPE_TIMESTAMP, 1);
    f->node.watermark.idle_ms = 100;
    fixture_open(f, "it");
    check(f, "1 10; 2 30; 3 20", "+1 10; +2 30; +3 20; W30");
    check(f, "4 25", "+4 25");
    check(f, "5 _; 6 40", "+6 40; W40");
    assert_string_equal(
        f->task.reported, "The row's event time is NULL, so it belongs nowhere: it is left out");
    f->operator->class->timer(f->operator, 99);
    f->operator->class->timer(f->operator, 100);
    f->operator->class->timer(f->operator, 300);
    expect(f, "idle");
    check(f, "7 35", "+7 35; W40");
    check_time(f, 77, "");
    check_time(f, INT64_MAX, "end");
    fixture_close(f);
}

static void the_slower_input_tells_the_time_of_both(void **unused) {
    fixture *f = fixture_create(union_operator_create, PLAN_UNION, "i", "i");
    fixture_open(f, "i");
    check_time(f, 10, "");
    tell_time(f, 1, 5);
    expect(f, "W5");
    tell_time(f, 1, 20);
    expect(f, "W10");
    check_time(f, WATERMARK_IDLE, "W20");
    check_time(f, 15, "");
    tell_time(f, 1, INT64_MAX);
    check_time(f, 30, "W30");
    check_time(f, INT64_MAX, "end");
    check(f, "1", "+1");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_the_old_row_and_the_new_one),
        cmocka_unit_test(changes_of_a_barrier_become_one),
        cmocka_unit_test(a_group_without_rows_is_deleted),
        cmocka_unit_test(a_result_that_stays_is_not_given_again),
        cmocka_unit_test(distinct_and_filters),
        cmocka_unit_test(distinct_values_that_have_left_memory_count_once),
        cmocka_unit_test(distinct_values_are_taken_back),
        cmocka_unit_test(groups_without_columns_are_one),
        cmocka_unit_test(forgotten_groups_begin_anew),
        cmocka_unit_test(the_watermark_follows_the_largest_time),
        cmocka_unit_test(the_slower_input_tells_the_time_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
