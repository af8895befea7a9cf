/* JOIN of every kind with rows that come and go, and UPSERT; restarts in between. */
#include "tests/unit/executor/relational_fixture.h"

/* K, V with K, V, by K. */
static fixture *joined(join_kind kind, changelog_mode mode) {
    fixture *f = fixture_create(relational_join_operator_create, PLAN_JOIN, "ii", "ii");
    f->node.relational_join.kind = kind;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = numbers(f, 1, 0);
    f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->inputs[0].mode = f->inputs[1].mode = mode;
    return f;
}

static void rows_of_equal_keys_meet(void **unused) {
    fixture *f = joined(JOIN_INNER, CHANGELOG_APPEND);
    fixture_open(f, "iiii");
    check(f, "1 1; 2 2; _ 3", "");
    check_right(f, "1 10; _ 11; 1 12", "+1 1 1 10; +1 1 1 12");
    check_commit(f, "");
    restart(f);
    check(f, "1 4; 3 5", "+1 4 1 10; +1 4 1 12");
    check_right(f, "3 13; 2 14; 1 15", "+3 5 3 13; +2 2 2 14; +1 1 1 15; +1 4 1 15");
    tell_time(f, 1, 7);
    check_time(f, 5, "W5");
    fixture_close(f);
}

static void a_condition_is_part_of_the_match(void **unused) {
    fixture *f = joined(JOIN_INNER, CHANGELOG_APPEND);
    f->node.relational_join.condition = compare_columns(f, &SQL_TYPE_BIGINT, 1, COMPARE_LESS, 3);
    fixture_open(f, "iiii");
    check(f, "1 1; 1 5", "");
    check_right(f, "1 3; 1 9; 1 0", "+1 1 1 3; +1 1 1 9; +1 5 1 9");
    fixture_close(f);
}

static void nulls_are_equal_where_it_says_so(void **unused) {
    fixture *f = joined(JOIN_INNER, CHANGELOG_APPEND);
    static const bool safe[] = {true};
    f->node.relational_join.null_safe = safe;
    fixture_open(f, "iiii");
    check(f, "_ 1; 0 2", "");
    check_right(f, "_ 3; 0 4", "+_ 1 _ 3; +0 2 0 4");
    fixture_close(f);
}

static void rows_are_taken_back(void **unused) {
    fixture *f = joined(JOIN_INNER, CHANGELOG_RETRACT);
    fixture_open(f, "iiii");
    check(f, "1 1; 1 1", "");
    check_right(f, "1 2", "+1 1 1 2; +1 1 1 2");
    check_commit(f, "");
    restart(f);
    check(f, "-1 1; -1 7", "-1 1 1 2");
    check_right(f, "-1 2", "-1 1 1 2");
    check_commit(f, "");
    restart(f);
    check_right(f, "1 3", "+1 1 1 3");
    fixture_close(f);
}

static void a_left_row_stands_alone_until_it_has_a_match(void **unused) {
    fixture *f = joined(JOIN_LEFT, CHANGELOG_RETRACT);
    fixture_open(f, "iiii");
    check(f, "1 1; _ 2", "+1 1 _ _; +_ 2 _ _");
    check_right(f, "1 5; 1 6; 2 7", "-1 1 _ _; +1 1 1 5; +1 1 1 6");
    check_commit(f, "");
    restart(f);
    check_right(f, "-1 5", "-1 1 1 5");
    check_commit(f, "");
    restart(f);
    check_right(f, "-1 6", "-1 1 1 6; +1 1 _ _");
    check(f, "-1 1; -_ 2; 2 8", "-1 1 _ _; -_ 2 _ _; +2 8 2 7");
    fixture_close(f);
}

static void a_full_join_keeps_both_sides(void **unused) {
    fixture *f = joined(JOIN_FULL, CHANGELOG_RETRACT);
    f->node.relational_join.condition = compare_columns(f, &SQL_TYPE_BIGINT, 1, COMPARE_LESS, 3);
    fixture_open(f, "iiii");
    check(f, "1 5", "+1 5 _ _");
    check_right(f, "1 3", "+_ _ 1 3");
    check_right(f, "1 7", "-1 5 _ _; +1 5 1 7");
    check(f, "1 1", "-_ _ 1 3; +1 1 1 3; +1 1 1 7");
    check_right(f, "-1 7", "-1 5 1 7; +1 5 _ _; -1 1 1 7");
    check(f, "-1 1", "-1 1 1 3; +_ _ 1 3");
    fixture_close(f);
}

static void semi_and_anti_joins_give_left_rows(void **unused) {
    fixture *f = joined(JOIN_SEMI, CHANGELOG_RETRACT);
    fixture_open(f, "ii");
    check(f, "1 1; _ 2", "");
    check_right(f, "1 5; 1 6", "+1 1");
    check(f, "1 3", "+1 3");
    check_right(f, "-1 5; -1 6", "-1 1; -1 3");
    fixture_close(f);
    f = joined(JOIN_ANTI, CHANGELOG_RETRACT);
    fixture_open(f, "ii");
    check(f, "1 1; _ 2", "+1 1; +_ 2");
    check_right(f, "1 5; 1 6", "-1 1");
    check(f, "1 3; -1 3", "");
    check_right(f, "-1 5; -1 6", "+1 1");
    fixture_close(f);
}

static void rows_are_forgotten_after_their_time_to_live(void **unused) {
    fixture *f = joined(JOIN_INNER, CHANGELOG_APPEND);
    f->node.relational_join.ttl_ms[0] = f->node.relational_join.ttl_ms[1] = 100;
    fixture_open(f, "iiii");
    check(f, "1 1", "");
    f->task.now_ms = 60;
    check(f, "1 2", "");
    f->task.now_ms = 99;
    check_right(f, "1 5", "+1 1 1 5; +1 2 1 5");
    check_commit(f, "");
    f->task.now_ms = 110;
    check_right(f, "1 6", "+1 2 1 6");
    f->task.now_ms = 300;
    check_commit(f, "");
    restart(f);
    check_right(f, "1 6", "");
    fixture_close(f);
}

/* Nothing comes on the right any more, so nobody will look for left rows. */
static void beside_a_side_that_has_ended_nothing_is_kept(void **unused) {
    static const changelog_mode modes[] = {CHANGELOG_APPEND, CHANGELOG_RETRACT};
    for (int i = 0; i < 2; i++) {
        fixture *f = joined(JOIN_INNER, modes[i]);
        fixture_open(f, "iiii");
        check(f, "1 1; 2 2", "");
        check_right(f, "1 10", "+1 1 1 10");
        check_commit(f, "");
        tell_time(f, 1, INT64_MAX);
        check(f, "1 3; 2 4", "+1 3 1 10");
        check_commit(f, "");
        restart(f);
        tell_time(f, 1, INT64_MAX);
        check(f, "1 5; 3 6", "+1 5 1 10");
        if (modes[i] == CHANGELOG_RETRACT)
            check(f, "-1 3; -3 6", "-1 3 1 10");
        check_commit(f, "");
        fixture_close(f);
    }
}

/* Rows of a side with nulls still change their matches. */
static void an_outer_join_goes_on_beside_a_side_that_has_ended(void **unused) {
    fixture *f = joined(JOIN_FULL, CHANGELOG_RETRACT);
    fixture_open(f, "iiii");
    check_right(f, "1 10; 2 11", "+_ _ 1 10; +_ _ 2 11");
    tell_time(f, 1, INT64_MAX);
    check(f, "1 1; 3 2", "-_ _ 1 10; +1 1 1 10; +3 2 _ _");
    check(f, "-1 1; -3 2", "-1 1 1 10; +_ _ 1 10; -3 2 _ _");
    fixture_close(f);
}

static void the_last_row_of_a_key_counts(void **unused) {
    fixture *f = fixture_create(upsert_operator_create, PLAN_UPSERT, "ii", NULL);
    f->node.upsert.key_count = 1;
    f->node.upsert.keys = numbers(f, 1, 0);
    f->inputs[0].mode = CHANGELOG_RETRACT;
    fixture_open(f, "ii");
    check(f, "1 1; 1 2", "+1 1; -1 1; +1 2");
    check_commit(f, "");
    restart(f);
    check(f, "-1 1; 2 1", "+2 1");
    check(f, "1 3; 1 4", "-1 2; +1 3; -1 3; +1 4");
    check(f, "-1 3; -1 4; -1 2; -1 9", "-1 4; +1 2; -1 2");
    check(f, "-2 1; 2 5", "-2 1; +2 5");
    fixture_close(f);
}

/* A key is as young as its last change, with all of its rows. */
static void a_key_without_changes_is_forgotten(void **unused) {
    fixture *f = fixture_create(upsert_operator_create, PLAN_UPSERT, "ii", NULL);
    f->node.upsert.key_count = 1;
    f->node.upsert.keys = numbers(f, 1, 0);
    f->node.upsert.ttl_ms = 100;
    f->inputs[0].mode = CHANGELOG_RETRACT;
    fixture_open(f, "ii");
    check(f, "1 1; 2 1", "+1 1; +2 1");
    check_commit(f, "");
    f->task.now_ms = 60;
    check(f, "1 2", "-1 1; +1 2");
    f->task.now_ms = 120;
    check_commit(f, "");
    restart(f);
    check(f, "-1 2; -2 1", "-1 2; +1 1");
    f->task.now_ms = 230;
    check(f, "-1 1; 1 3", "+1 3");
    fixture_close(f);
}

/* The rows 0 to 99 of key 1, each about 60 bytes long, from `from` on by `step`. */
static void feed_long_rows(fixture *f, int from, int step, const char *sign) {
    buffer text = {0};
    for (int i = from; i < 100; i += step)
        buffer_format(&text, "%s%s1 row-%05d-%050d", text.length ? "; " : "", sign, i, i);
    buffer_append_byte(&text, 0);
    feed(f, 1, text.data);
    buffer_clear(&f->task.results);
    buffer_free(&text);
}

static int64_t count_results(const fixture *f) {
    int64_t count = f->task.results.length > 0;
    for (size_t i = 0; i < f->task.results.length; i++)
        count += f->task.results.data[i] == ';';
    return count;
}

static void a_key_has_more_rows_than_an_entry_of_the_store(void **unused) {
    fixture *f = fixture_create(relational_join_operator_create, PLAN_JOIN, "i", "is");
    f->node.relational_join.kind = JOIN_INNER;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->inputs[0].mode = f->inputs[1].mode = CHANGELOG_RETRACT;
    fixture_open(f, "iis");
    feed_long_rows(f, 0, 1, "");
    commit(f);
    feed_long_rows(f, 0, 3, "-"); /* 34 rows, of every entry */
    commit(f);
    restart(f);
    feed_long_rows(f, 1, 3, "-");
    commit(f);
    restart(f);
    feed(f, 0, "1");
    assert_int_equal(count_results(f), 33);
    buffer_clear(&f->task.results);
    feed_long_rows(f, 2, 3, "-");
    commit(f);
    restart(f);
    check(f, "1", "");
    fixture_close(f);
}

/* Left rows are matched by right ones for 10 ms after their time, as the plan knows. */
static void rows_leave_when_nothing_to_come_matches_them(void **unused) {
    fixture *f = fixture_create(relational_join_operator_create, PLAN_JOIN, "it", "it");
    f->node.relational_join.kind = JOIN_INNER;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->inputs[0].mode = f->inputs[1].mode = CHANGELOG_APPEND;
    f->node.relational_join.leaving_time[0] = 2;
    f->node.relational_join.leaves_after_ms[0] = 10;
    fixture_open(f, "itit");
    check(f, "1 5; 1 20; 1 _", "");
    tell_time(f, 1, 14);
    check_right(f, "1 15", "+1 5 1 15; +1 20 1 15");
    check_commit(f, "");
    tell_time(f, 1, 15);
    check_right(f, "1 30", "+1 20 1 30");
    check(f, "1 4", "+1 4 1 15; +1 4 1 30"); /* late: it meets what is there, and stays not */
    check_commit(f, "");
    restart(f);
    check_right(f, "1 29", "+1 20 1 29");
    tell_time(f, 1, INT64_MAX);
    check_right(f, "1 31", "");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_equal_keys_meet),
        cmocka_unit_test(a_condition_is_part_of_the_match),
        cmocka_unit_test(nulls_are_equal_where_it_says_so),
        cmocka_unit_test(rows_are_taken_back),
        cmocka_unit_test(a_left_row_stands_alone_until_it_has_a_match),
        cmocka_unit_test(a_full_join_keeps_both_sides),
        cmocka_unit_test(semi_and_anti_joins_give_left_rows),
        cmocka_unit_test(rows_are_forgotten_after_their_time_to_live),
        cmocka_unit_test(rows_leave_when_nothing_to_come_matches_them),
        cmocka_unit_test(a_key_has_more_rows_than_an_entry_of_the_store),
        cmocka_unit_test(beside_a_side_that_has_ended_nothing_is_kept),
        cmocka_unit_test(an_outer_join_goes_on_beside_a_side_that_has_ended),
        cmocka_unit_test(the_last_row_of_a_key_counts),
        cmocka_unit_test(a_key_without_changes_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
