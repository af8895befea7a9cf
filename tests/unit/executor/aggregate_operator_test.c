/* GROUP BY as an operator: groups, results per row and at barriers, tables, windows, restarts. */
#include "tests/unit/executor/aggregate_fixture.h"

/* ---- groups ---- */

/* Every row gives the new result of its group. */
static void each_row_gives_a_result(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 5 @10; 2 7 @20; 1 6 @5");
    expect(f, "+1 1 5 @10; +2 1 7 @20; +1 2 11 @10");
    fixture_close(f);
}

/* Between barriers only the last result of a group counts; groups come in the order of their first
 * change. */
static void results_are_coalesced_until_the_barrier(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "2 1 @1; 1 1 @2; 2 1 @3");
    feed(f, "1 1 @4");
    expect(f, "");
    barrier(f);
    expect(f, "+2 2 @3; +1 2 @4");
    barrier(f);
    expect(f, "");
    fixture_close(f);
}

/* A record without a value and a row without a key belong to no group. */
static void rows_without_key_or_value_are_dropped(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_open(f);
    feed(f, "_ 5 @1; ? 1 @2; 1 _ @3");
    expect(f, "+1 1 @3");
    fixture_close(f);
}

static void check_key_type(const sql_type *type, const char *rows, const char *expected) {
    aggregate_fixture *f = fixture_make(type, NULL, NULL);
    fixture_add(f, "COUNT", 0, 0, NULL);
    f->task.results_per_row = false;
    fixture_open(f);
    feed(f, rows);
    barrier(f);
    expect(f, expected);
    restart(f);
    expect(f, "");
    feed(f, rows);
    barrier(f);
    fixture_close(f);
}

/* Keys of one integer or text are compared as they are, others by their encoding. */
static void keys_of_all_types(void **unused) {
    static const sql_field fields[] = {
        {{"A", 1}, &SQL_TYPE_INTEGER}, {{"B", 1}, &SQL_TYPE_VARCHAR}};
    static const sql_type pair = {.base = SQL_STRUCT, .field_count = 2, .fields = fields};
    check_key_type(&SQL_TYPE_INTEGER, "-7; 8; -7", "+-7 2 @0; +8 1 @0");
    check_key_type(&SQL_TYPE_VARCHAR, "a; ab; a", "+a 2 @0; +ab 1 @0");
    check_key_type(&SQL_TYPE_DOUBLE, "0.5; 1e9; 0.5", "+0.5 2 @0; +1000000000 1 @0");
    check_key_type(&pair, "1/x; 2/x; 1/_; 1/x", "+(1/x) 2 @0; +(2/x) 1 @0; +(1/null) 1 @0");
}

/* After a restart groups go on where the last barrier left them. */
static void groups_survive_a_restart(void **unused) {
    aggregate_fixture *f = fixture_make(&SQL_TYPE_VARCHAR, &SQL_TYPE_VARCHAR, NULL);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_add(f, "MAX", 1, 0, NULL);
    fixture_add(f, "COLLECT_LIST", 1, 0, NULL);
    fixture_open(f);
    feed(f, "a x @9; b y @1");
    restart(f);
    expect(f, "+a 1 x [x] @9; +b 1 y [y] @1");
    feed(f, "a b @2");
    expect(f, "+a 2 x [x,b] @9");
    fixture_close(f);
}

/* The cache is bounded: groups beyond it are read back from the store. */
static void clean_groups_leave_a_full_cache(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_add(f, "COLLECT_SET", 1, 0, NULL);
    fixture_open(f);
    aggregate_operator_limit_cache(f->operator, 100000);
    for (int round = 0; round < 3; round++) {
        for (int64_t first = 0; first < 3000; first += 100) {
            batch_builder_clear(f->rows);
            for (int64_t k = first; k < first + 100; k++) {
                batch_builder_add_row(f->rows, 0, CHANGE_INSERT);
                column_append_int64(f->rows->columns[0], k);
                column_append_int64(f->rows->columns[1], k);
                column_append_null(f->rows->columns[2]);
            }
            f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
            commit(f);
            const aggregate_operator *op = (const aggregate_operator *)f->operator;
            assert_true(op->groups.bytes < 200000);
        }
        buffer_clear(&f->task.results);
    }
    feed(f, "2999 1; 5 1");
    barrier(f);
    expect(f, "+2999 8998 [2999,1] @0; +5 16 [5,1] @0");
    fixture_close(f);
}

static void a_watermark_does_not_overtake_results(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_open(f);
    feed(f, "1 1 @5");
    f->operator->class->watermark(f->operator, 0, 3);
    f->operator->class->watermark(f->operator, 0, 4);
    expect(f, "");
    barrier(f);
    expect(f, "+1 1 @5; watermark 4");
    fixture_close(f);
}

/* ---- tables: changes of what is grouped, and results as changes ---- */

/* A row that moves changes its old group and its new one; one that stays gives one result. */
static void updates_of_a_table(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_over_table(f);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 10 @1");
    feed(f, "- 1 10 @2; 1 15 @2");
    expect(f, "+1 1 10 @1; +1 1 15 @2");
    feed(f, "- 1 15 @3; 2 15 @3");
    expect(f, "+1 0 0 @3; +2 1 15 @3");
    feed(f, "- 2 15 @4");
    expect(f, "+2 0 0 @4");
    fixture_close(f);
}

static void a_row_leaving_an_unknown_group_is_ignored(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_over_table(f);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_open(f);
    feed(f, "- 7 10 @1");
    expect(f, "");
    restart(f);
    expect(f, "");
    fixture_close(f);
}

static void aggregates_that_cannot_undo_are_refused_over_tables(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_over_table(f);
    fixture_add(f, "MAX", 1, 0, NULL);
    assert_false(fixture_try_open(f));
    assert_non_null(strstr(f->problem.message, "MAX"));
    fixture_close(f);
}

/* Whole old rows in front of new ones, also for groups that change several times in a batch. */
static void results_as_old_and_new_rows(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->node.mode = CHANGELOG_RETRACT;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 1 @1; 2 5 @2; 1 1 @3");
    expect(f, "+1 1 @1; +2 5 @2; -1 1 @3; +1 2 @3");
    feed(f, "1 1 @4");
    expect(f, "-1 2 @4; +1 3 @4");
    restart(f);
    feed(f, "2 1 @5");
    expect(f, "-2 5 @5; +2 6 @5");
    fixture_close(f);
}

static void old_and_new_rows_at_the_barrier(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->node.mode = CHANGELOG_RETRACT;
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 1 @1; 1 1 @2");
    barrier(f);
    expect(f, "+1 2 @2");
    feed(f, "1 1 @3; 2 9 @3");
    feed(f, "1 1 @4");
    barrier(f);
    expect(f, "-1 2 @4; +1 4 @4; +2 9 @3");
    fixture_close(f);
}

/* ---- TUMBLING and HOPPING ---- */

static aggregate_fixture *windowed(plan_window window) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_window(f, window);
    return f;
}

static void tumbling_windows(void **unused) {
    aggregate_fixture *f = windowed((plan_window){WINDOW_TUMBLING, .size_ms = 10, .grace_ms = 100});
    fixture_open(f);
    feed(f, "1 1 @0; 1 1 @9; 1 1 @10; 1 1 @5");
    expect(f, "+1 1 @0 [0-10]; +1 2 @9 [0-10]; +1 1 @10 [10-20]; +1 3 @9 [0-10]");
    fixture_close(f);
}

/* A row updates every window it is in, the oldest first; none starts before 0. */
static void hopping_windows(void **unused) {
    aggregate_fixture *f =
        windowed((plan_window){WINDOW_HOPPING, .size_ms = 10, .advance_ms = 4, .grace_ms = 100});
    fixture_open(f);
    feed(f, "1 1 @3; 1 1 @9");
    expect(f, "+1 1 @3 [0-10]; +1 2 @9 [0-10]; +1 1 @9 [4-14]; +1 1 @9 [8-18]");
    fixture_close(f);
}

/* A window closes when its end is not after stream time less the grace. */
static void late_rows_are_dropped_and_counted(void **unused) {
    aggregate_fixture *f = windowed((plan_window){WINDOW_TUMBLING, .size_ms = 10, .grace_ms = 5});
    fixture_open(f);
    feed(f, "1 1 @0; 1 1 @14; 1 1 @9; 1 1 @15; 1 1 @9");
    expect(f, "+1 1 @0 [0-10]; +1 1 @14 [10-20]; +1 2 @9 [0-10]; +1 2 @15 [10-20]");
    assert_int_equal(f->task.late_rows, 1);
    restart(f);
    feed(f, "1 1 @9; 1 1 @11"); /* stream time is remembered */
    expect(f, "+1 3 @15 [10-20]");
    assert_int_equal(f->task.late_rows, 2);
    fixture_close(f);
}

/* A row late for one of its windows still enters the others. */
static void a_row_may_be_late_for_some_windows(void **unused) {
    aggregate_fixture *f =
        windowed((plan_window){WINDOW_HOPPING, .size_ms = 10, .advance_ms = 5, .grace_ms = 0});
    fixture_open(f);
    feed(f, "1 1 @12; 1 1 @8");
    expect(f, "+1 1 @12 [5-15]; +1 1 @12 [10-20]; +1 2 @12 [5-15]");
    assert_int_equal(f->task.late_rows, 0);
    fixture_close(f);
}

/* Their results are kept longer: in the table that they go to. */
static void closed_windows_leave_memory_and_the_store(void **unused) {
    aggregate_fixture *f =
        windowed((plan_window){WINDOW_TUMBLING, .size_ms = 10, .grace_ms = 5, .retention_ms = 300});
    fixture_open(f);
    store *st = state_store(f->task.state, f->node.store, 0, &f->problem);
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    for (int64_t time = 0; time < 1000; time += 10) {
        char row[32];
        snprintf(row, sizeof row, "1 1 @%lld", (long long)time);
        feed(f, row);
        commit(f);
        assert_int_equal(op->groups.count, time ? 2 : 1);
        assert_true(store_count(st) <= 3); /* and the clock */
    }
    fixture_close(f);
}

/* A commit interval may see many windows come and go: they need not all be kept until its end. */
static void many_closed_windows_are_given_before_the_barrier(void **unused) {
    enum { KEYS = 40000 };
    aggregate_fixture *f =
        windowed((plan_window){WINDOW_HOPPING, .size_ms = 20, .advance_ms = 10, .grace_ms = 0});
    f->task.results_per_row = false;
    fixture_open(f);
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    feed_keys(f, 0, KEYS, 5);
    assert_int_equal(count_results(f, "["), 0); /* open still */
    feed_keys(f, 0, KEYS, 15);
    assert_int_equal(count_results(f, "["), 0);
    feed_keys(f, 0, KEYS, 25); /* [0-20] closes */
    assert_int_equal(count_results(f, " 2 @15 [0-20]"), KEYS);
    assert_int_equal(op->groups.count, 2 * KEYS);
    commit(f);
    assert_int_equal(count_results(f, " 2 @25 [10-30]"), KEYS);
    feed(f, "7 7 @29");
    commit(f);
    expect(f, "+7 3 @29 [10-30]; +7 2 @29 [20-40]");
    feed(f, "7 7 @100");
    commit(f);
    assert_int_equal(op->groups.count, 2);
    store *st = state_store(f->task.state, f->node.store, 0, &f->problem);
    for (int i = 0; i < 9; i++, commit(f)) /* no more leave at once than a few times what came */
        feed(f, "7 7 @100");
    assert_int_equal(store_count(st), 3);
    fixture_close(f);
}

/* ---- SESSION ---- */

static aggregate_fixture *sessions(int64_t gap, int64_t grace) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_add(f, "COLLECT_LIST", 1, 0, NULL);
    fixture_window(f, (plan_window){WINDOW_SESSION, .size_ms = gap, .grace_ms = grace});
    return f;
}

/* A session that grows is taken back under its old bounds. */
static void a_session_grows(void **unused) {
    aggregate_fixture *f = sessions(5, 100);
    fixture_open(f);
    feed(f, "1 1 @0; 1 2 @5; 1 3 @11");
    expect(
        f, "+1 1 [1] @0 [0-0]; -1 null null @0 [0-0]; +1 3 [1,2] @5 [0-5]; +1 3 [3] @11 [11-11]");
    fixture_close(f);
}

/* A row between two sessions makes them one: the older first, then the newer, then the row. */
static void sessions_merge(void **unused) {
    aggregate_fixture *f = sessions(5, 100);
    fixture_open(f);
    feed(f, "1 1 @0; 1 2 @8; 2 7 @8");
    feed(f, "1 3 @4");
    expect(f, "+1 1 [1] @0 [0-0]; +1 2 [2] @8 [8-8]; +2 7 [7] @8 [8-8]; "
              "-1 null null @0 [0-0]; -1 null null @8 [8-8]; +1 6 [1,2,3] @8 [0-8]");
    restart(f);
    feed(f, "1 4 @12");
    expect(f, "-1 null null @8 [0-8]; +1 10 [1,2,3,4] @12 [0-12]");
    fixture_close(f);
}

/* Two rows of the same instant: the session is updated where it is. */
static void a_session_of_one_instant_is_updated(void **unused) {
    aggregate_fixture *f = sessions(5, 100);
    fixture_open(f);
    feed(f, "1 1 @3; 1 2 @3");
    expect(f, "+1 1 [1] @3 [3-3]; +1 3 [1,2] @3 [3-3]");
    fixture_close(f);
}

/* A row whose session would have ended too long ago is late; and a session that is over takes no
 * row in. */
static void late_sessions_are_dropped(void **unused) {
    aggregate_fixture *f = sessions(30, 60);
    fixture_open(f);
    feed(f, "1 1 @0; 1 2 @110; 1 5 @19; 1 6 @20; 1 7 @25");
    expect(f, "+1 1 [1] @0 [0-0]; +1 2 [2] @110 [110-110]; +1 6 [6] @20 [20-20]; "
              "-1 null null @20 [20-20]; +1 13 [6,7] @25 [20-25]");
    assert_int_equal(f->task.late_rows, 1);
    fixture_close(f);
}

/* Sessions that downstream never saw are not taken back; those it saw are, before what replaces
 * them. */
static void sessions_at_the_barrier(void **unused) {
    aggregate_fixture *f = sessions(5, 100);
    f->task.results_per_row = false;
    fixture_open(f);
    feed(f, "1 1 @0; 1 2 @5; 1 3 @20");
    barrier(f);
    expect(f, "+1 3 [1,2] @5 [0-5]; +1 3 [3] @20 [20-20]");
    feed(f, "1 4 @10; 1 5 @15; 2 1 @0");
    barrier(f);
    expect(f, "-1 null null @5 [0-5]; -1 null null @20 [20-20]; +1 15 [1,2,4,3,5] @20 [0-20]; "
              "+2 1 [1] @0 [0-0]");
    restart(f);
    feed(f, "1 6 @25");
    barrier(f);
    expect(f, "-1 null null @20 [0-20]; +1 21 [1,2,4,3,5,6] @25 [0-25]");
    fixture_close(f);
}

static void sessions_as_old_and_new_rows(void **unused) {
    aggregate_fixture *f = sessions(5, 100);
    f->node.mode = CHANGELOG_RETRACT;
    f->task.results_per_row = false;
    fixture_open(f);
    feed(f, "1 1 @0; 1 2 @20");
    barrier(f);
    feed(f, "1 3 @0; 1 4 @22");
    barrier(f);
    expect(f, "+1 1 [1] @0 [0-0]; +1 2 [2] @20 [20-20]; -1 1 [1] @0 [0-0]; +1 4 [1,3] @0 [0-0]; "
              "-1 2 [2] @20 [20-20]; +1 6 [2,4] @22 [20-22]");
    fixture_close(f);
}

static void sessions_past_their_retention_leave_the_store(void **unused) {
    aggregate_fixture *f = sessions(10, 0);
    fixture_open(f);
    store *st = state_store(f->task.state, f->node.store, 0, &f->problem);
    for (int64_t time = 0; time < 5000; time += 50) {
        char row[64];
        snprintf(row, sizeof row, "1 1 @%lld; 1 1 @%lld", (long long)time, (long long)time + 5);
        feed(f, row);
        commit(f);
    }
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    assert_true(op->groups.count <= 1);
    assert_true(store_count(st) <= 5);
    fixture_close(f);
}

static int entries_with_tag(aggregate_fixture *f, char tag) {
    char from[] = {tag}, to[] = {(char)(tag + 1)};
    store *st = state_store(f->task.state, f->node.store, 0, &f->problem);
    store_cursor *c = store_cursor_open(st, slice_make(from, 1), slice_make(to, 1));
    slice key, value;
    int count = 0;
    while (store_cursor_next(c, &key, &value))
        count++;
    store_cursor_close(c);
    return count;
}

static void commit_row(aggregate_fixture *f, int64_t time) {
    char row[32];
    snprintf(row, sizeof row, "1 1 @%lld", (long long)time);
    feed(f, row);
    commit(f);
}

static void expect_stored_sessions(aggregate_fixture *f, int sessions, int ages) {
    assert_int_equal(entries_with_tag(f, STORE_TAG_SESSION), sessions);
    assert_int_equal(entries_with_tag(f, STORE_TAG_SESSION_AGE), ages);
}

/* In the store a session stands under its start and has one entry for its age, which goes on when
 * its time has come. That of a session that was taken in is left until then. */
static void a_growing_session_stays_in_its_place(void **unused) {
    aggregate_fixture *f = sessions(10, 0);
    fixture_open(f);
    for (int64_t time = 0; time < 300; time += 9)
        commit_row(f, time);
    expect_stored_sessions(f, 1, 1);
    restart(f);
    int64_t far = 1000;
    commit_row(f, far);
    commit_row(f, far);
    expect_stored_sessions(f, 1, 1);
    commit_row(f, far + 20);
    expect_stored_sessions(f, 2, 2);
    restart(f);
    commit_row(f, far + 10);
    expect_stored_sessions(f, 1, 2);
    commit_row(f, 2 * far);
    commit_row(f, 2 * far);
    expect_stored_sessions(f, 1, 1);
    fixture_close(f);
}

/* Merging and cached state give what one long-lived operator would: random rows, with and without
 * restarts. */
static void restarts_do_not_change_results(void **unused) {
    char expected[65536] = "";
    for (int round = 0; round < 2; round++) {
        aggregate_fixture *f = sessions(7, 1000);
        fixture_open(f);
        if (round)
            aggregate_operator_limit_cache(f->operator, 1);
        srand(7);
        for (int i = 0; i < 200; i++) {
            char row[64];
            snprintf(row, sizeof row, "%d %d @%d", rand() % 3, i, rand() % 600);
            feed(f, row);
            if (round && i % 3 == 0)
                commit(f);
            if (round && i % 17 == 0)
                restart(f);
        }
        if (round) {
            expect(f, expected);
        } else {
            assert_true(f->task.results.length < sizeof expected);
            memcpy(expected, f->task.results.data, f->task.results.length);
            expected[f->task.results.length] = 0;
        }
        fixture_close(f);
    }
}

static void a_broken_store_fails_the_task(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 1 @1");
    restart(f);
    feed_damaged(f, "1 1 @1");
    assert_int_equal(f->task.failure.code, ERROR_DATA);
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_gives_a_result),
        cmocka_unit_test(results_are_coalesced_until_the_barrier),
        cmocka_unit_test(rows_without_key_or_value_are_dropped),
        cmocka_unit_test(keys_of_all_types),
        cmocka_unit_test(groups_survive_a_restart),
        cmocka_unit_test(clean_groups_leave_a_full_cache),
        cmocka_unit_test(a_watermark_does_not_overtake_results),
        cmocka_unit_test(updates_of_a_table),
        cmocka_unit_test(a_row_leaving_an_unknown_group_is_ignored),
        cmocka_unit_test(aggregates_that_cannot_undo_are_refused_over_tables),
        cmocka_unit_test(results_as_old_and_new_rows),
        cmocka_unit_test(old_and_new_rows_at_the_barrier),
        cmocka_unit_test(tumbling_windows),
        cmocka_unit_test(hopping_windows),
        cmocka_unit_test(late_rows_are_dropped_and_counted),
        cmocka_unit_test(a_row_may_be_late_for_some_windows),
        cmocka_unit_test(closed_windows_leave_memory_and_the_store),
        cmocka_unit_test(many_closed_windows_are_given_before_the_barrier),
        cmocka_unit_test(a_session_grows),
        cmocka_unit_test(sessions_merge),
        cmocka_unit_test(a_session_of_one_instant_is_updated),
        cmocka_unit_test(late_sessions_are_dropped),
        cmocka_unit_test(sessions_at_the_barrier),
        cmocka_unit_test(sessions_as_old_and_new_rows),
        cmocka_unit_test(sessions_past_their_retention_leave_the_store),
        cmocka_unit_test(a_growing_session_stays_in_its_place),
        cmocka_unit_test(restarts_do_not_change_results),
        cmocka_unit_test(a_broken_store_fails_the_task),
    };
    return cmocka_run_group_tests_name("aggregate operator", tests, begin, NULL);
}
