/* The first rows of partitions: with and without ranks, of rows that come, that go, and of windows.
 */
#include "tests/unit/executor/relational_fixture.h"

/* K, V, N: by K, V descending. */
static fixture *ranked(int64_t from, int64_t to, bool has_rank, changelog_mode mode) {
    fixture *f = fixture_create(top_n_operator_create, PLAN_TOP_N, "iii", NULL);
    plan_order *order = ARENA_NEW(f->arena, plan_order);
    *order = (plan_order){.column = 1, .descending = true};
    f->node.top_n.partition_count = 1;
    f->node.top_n.partition = numbers(f, 1, 0);
    f->node.top_n.order_count = 1;
    f->node.top_n.order = order;
    f->node.top_n.from = from;
    f->node.top_n.to = to;
    f->node.top_n.has_rank = has_rank;
    f->node.top_n.window_end = -1;
    f->inputs[0].mode = mode;
    return f;
}

static void the_best_row_is_replaced_by_a_better_one(void **unused) {
    fixture *f = ranked(1, 1, false, CHANGELOG_APPEND);
    fixture_open(f, "iii");
    check(f, "1 5 0; 1 4 1; 1 5 2; 1 6 3; _ _ 4; _ 1 5",
        "+1 5 0; -1 5 0; +1 6 3; +_ _ 4; -_ _ 4; +_ 1 5");
    check_commit(f, "");
    restart(f);
    check(f, "1 6 9; 1 7 9", "-1 6 3; +1 7 9");
    fixture_close(f);
}

static void ranks_move(void **unused) {
    fixture *f = ranked(1, 2, true, CHANGELOG_APPEND);
    fixture_open(f, "iiii");
    check(f, "1 5 0; 1 6 1", "+1 5 0 1; -1 5 0 1; +1 6 1 1; +1 5 0 2");
    check(f, "1 5 2; 1 7 3", "-1 6 1 1; +1 7 3 1; -1 5 0 2; +1 6 1 2");
    fixture_close(f);
}

static void changes_of_a_barrier_become_one(void **unused) {
    fixture *f = ranked(1, 2, true, CHANGELOG_APPEND);
    f->task.results_per_row = false;
    fixture_open(f, "iiii");
    feed(f, 0, "1 5 0; 1 6 1; 1 7 2; 2 1 1");
    check_commit(f, "+1 7 2 1; +1 6 1 2; +2 1 1 1");
    restart(f);
    feed(f, 0, "1 8 3; 1 9 4");
    check_commit(f, "-1 7 2 1; +1 9 4 1; -1 6 1 2; +1 8 3 2");
    fixture_close(f);
}

/* Partitions that are in the store only, of which a row is replaced, keep the others. */
static void partitions_that_have_left_memory_are_read_back(void **unused) {
    fixture *f = ranked(1, 2, true, CHANGELOG_APPEND);
    f->task.results_per_row = false;
    fixture_open(f, "iiii");
    top_n_operator_limit_cache(f->operator, 1);
    feed(f, 0, "1 5 0; 1 6 1; 2 1 1; _ 3 3");
    check_commit(f, "+1 6 1 1; +1 5 0 2; +2 1 1 1; +_ 3 3 1");
    feed(f, 0, "1 7 2; 2 1 2; _ 3 4");
    check_commit(f, "-1 6 1 1; +1 7 2 1; -1 5 0 2; +1 6 1 2; +2 1 2 2; +_ 3 4 2");
    restart(f);
    top_n_operator_limit_cache(f->operator, 1);
    feed(f, 0, "1 8 3; 2 1 3; _ 4 5");
    check_commit(
        f, "-1 7 2 1; +1 8 3 1; -1 6 1 2; +1 7 2 2; -_ 3 3 1; +_ 4 5 1; -_ 3 4 2; +_ 3 3 2");
    fixture_close(f);
}

static void rows_behind_come_up_again(void **unused) {
    fixture *f = ranked(1, 2, false, CHANGELOG_RETRACT);
    fixture_open(f, "iii");
    check(f, "1 5 0; 1 6 1; 1 7 2; 1 4 3", "+1 5 0; +1 6 1; -1 5 0; +1 7 2");
    check_commit(f, "");
    restart(f);
    check(f, "-1 7 2", "-1 7 2; +1 5 0");
    check(f, "-1 4 3; -1 9 9; -1 6 1", "-1 6 1");
    check(f, "-1 5 0; 1 8 0", "-1 5 0; +1 8 0");
    fixture_close(f);
}

static void ranks_from_the_second_on(void **unused) {
    fixture *f = ranked(2, 3, true, CHANGELOG_APPEND);
    fixture_open(f, "iiii");
    check(f, "1 5 0; 1 6 1; 1 4 2; 1 3 3", "+1 5 0 2; +1 4 2 3");
    fixture_close(f);
}

static void windows_give_their_first_rows_when_they_close(void **unused) {
    fixture *f = ranked(1, 1, true, CHANGELOG_APPEND);
    f->inputs[0].column_count = 0;
    add_columns(f, &f->inputs[0], "iit");
    f->node.top_n.window_end = 2;
    f->node.mode = CHANGELOG_APPEND;
    fixture_open(f, "iiti");
    check(f, "1 5 10; 1 6 20; 1 7 10; 2 1 10", "");
    check_commit(f, "");
    check(f, "1 8 20; _ 1 20", "");
    check_commit(f, "");
    restart(f);
    check_time(f, 9, "+1 7 10 1; +2 1 10 1; W9");
    check(f, "1 9 10", "");
    assert_int_equal(f->task.late_rows, 1);
    check_commit(f, "");
    restart(f);
    check(f, "1 9 10; 3 3 20", "");
    assert_int_equal(f->task.late_rows, 2);
    check_time(f, INT64_MAX, "+_ 1 20 1; +1 8 20 1; +3 3 20 1; end");
    check_commit(f, "");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_row_is_replaced_by_a_better_one),
        cmocka_unit_test(ranks_move),
        cmocka_unit_test(changes_of_a_barrier_become_one),
        cmocka_unit_test(partitions_that_have_left_memory_are_read_back),
        cmocka_unit_test(rows_behind_come_up_again),
        cmocka_unit_test(ranks_from_the_second_on),
        cmocka_unit_test(windows_give_their_first_rows_when_they_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
