/* HOPPING windows made of panes: what is special about them, and that results are those of windows
 * that are added up each by itself. */
#include "tests/unit/executor/aggregate_fixture.h"

/* COUNT, SUM(V) and MIN(W), W being text, in windows of `size`. */
static aggregate_fixture *hopping(int64_t size, int64_t advance, int64_t grace, bool panes) {
    aggregate_fixture *f = fixture_make(NULL, NULL, &SQL_TYPE_VARCHAR);
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    f->arguments[0] = 2;
    plan_aggregate *least = fixture_add(f, "MIN", 1, 0, NULL);
    f->arguments[0] = 1;
    least->arguments = f->arguments + 1;
    fixture_window(f,
        (plan_window){WINDOW_HOPPING, .size_ms = size, .advance_ms = advance, .grace_ms = grace});
    f->node.aggregate.pane_ms = panes ? advance : 0;
    return f;
}

static aggregate_fixture *coalescing(int64_t size, int64_t advance, int64_t grace) {
    aggregate_fixture *f = hopping(size, advance, grace, true);
    f->task.results_per_row = false;
    fixture_open(f);
    return f;
}

static void a_row_changes_all_its_windows(void **unused) {
    aggregate_fixture *f = hopping(10, 5, 100, true);
    fixture_open(f);
    feed(f, "1 1 a @3; 1 2 b @9");
    expect(f, "+1 1 1 a @3 [0-10]; +1 2 3 a @9 [0-10]; +1 1 2 b @9 [5-15]");
    feed(f, "1 4 _ @4");
    expect(f, "+1 3 7 a @9 [0-10]");
    fixture_close(f);
}

/* By key, each window once, the oldest first; a window without rows has no result. */
static void windows_are_given_at_the_barrier(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 100);
    feed(f, "2 1 a @3; 1 2 b @9; 2 4 c @9; 2 8 d @40; 2 16 e @41");
    expect(f, "");
    barrier(f);
    expect(f, "+2 2 5 a @9 [0-10]; +2 1 4 c @9 [5-15]; +2 2 24 d @41 [35-45]; +2 2 24 d @41 "
              "[40-50]; +1 1 2 b @9 [0-10]; +1 1 2 b @9 [5-15]");
    feed(f, "1 1 a @14");
    barrier(f);
    expect(f, "+1 2 3 a @14 [5-15]; +1 1 1 a @14 [10-20]");
    barrier(f);
    expect(f, "");
    fixture_close(f);
}

/* The row at 8 is late for [0-10], and shares a pane with the one at 9: so that is given first. */
static void a_late_row_does_not_show_in_windows_that_have_closed(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 0);
    feed(f, "1 1 a @9; 2 1 a @12; 1 2 b @8");
    barrier(f);
    expect(f, "+1 1 1 a @9 [0-10]; +1 2 3 a @9 [5-15]; +2 1 1 a @12 [5-15]; +2 1 1 a @12 [10-20]");
    assert_int_equal(f->task.late_rows, 0);
    feed(f, "1 4 c @3; 1 4 c @-1");
    barrier(f);
    expect(f, "");
    assert_int_equal(f->task.late_rows, 2);
    fixture_close(f);
}

/* Panes around a row's own are read when memory does not have them; also those before what it has.
 */
static void panes_survive_a_restart(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 100);
    feed(f, "1 1 c @3; 1 2 b @9; 1 4 a @21");
    restart(f);
    expect(f, "+1 2 3 b @9 [0-10]; +1 1 2 b @9 [5-15]; +1 1 4 a @21 [15-25]; +1 1 4 a @21 [20-30]");
    feed(f, "1 8 d @22; 1 16 e @12; 1 32 f @1");
    barrier(f);
    expect(f, "+1 3 35 b @9 [0-10]; +1 2 18 b @12 [5-15]; +1 1 16 e @12 [10-20]; +1 2 12 a @22 "
              "[15-25]; +1 2 12 a @22 [20-30]");
    fixture_close(f);
}

/* The grace period may be much longer than the windows: what is old leaves memory, not the store.
 */
static void old_panes_leave_memory(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 1000000);
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    feed(f, "1 1 a @0");
    commit(f);
    int64_t bytes = op->groups.bytes;
    for (int time = 5; time < 5000; time += 5) {
        char row[32];
        snprintf(row, sizeof row, "1 1 b @%d", time);
        feed(f, row);
        commit(f);
    }
    assert_true(op->groups.bytes < bytes + 2000);
    assert_true(store_count(op->store) >= 1000);
    buffer_clear(&f->task.results);
    feed(f, "1 1 c @1; 1 1 c @4999");
    barrier(f);
    expect(f, "+1 3 3 a @5 [0-10]; +1 3 3 b @4999 [4990-5000]; +1 2 2 b @4999 [4995-5005]");
    fixture_close(f);
}

static void panes_of_closed_windows_leave_memory_and_the_store(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 0);
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    for (int time = 0; time < 1000; time++) {
        char row[32];
        snprintf(row, sizeof row, "%d 1 text @%d", time % 7, time);
        feed(f, row);
        if (time % 10 == 0)
            commit(f);
        assert_true(op->groups.count <= 7);
    }
    commit(f);
    commit(f);
    assert_true(store_count(op->store) <= 7 * 2 + 1);
    fixture_close(f);
}

/* A commit interval may see many windows come and go: they need not all be kept until its end. */
static void many_closed_windows_are_given_before_the_barrier(void **unused) {
    enum { KEYS = 20000 };
    aggregate_fixture *f = coalescing(20, 10, 0);
    const aggregate_operator *op = (const aggregate_operator *)f->operator;
    feed_keys(f, 0, KEYS, 5);
    feed_keys(f, 0, KEYS, 15);
    assert_int_equal(count_results(f, "["), 0); /* open still */
    feed_keys(f, 0, KEYS, 25);                  /* [0-20] closes */
    assert_int_equal(count_results(f, " 2 2 null @15 [0-20]"), KEYS);
    assert_int_equal(op->groups.count, KEYS);
    commit(f);
    assert_int_equal(count_results(f, " 2 2 null @25 [10-30]"), KEYS);
    feed(f, "7 1 a @1000");
    commit(f);
    expect(f, "+7 1 1 a @1000 [990-1010]; +7 1 1 a @1000 [1000-1020]");
    assert_int_equal(op->groups.count, 1);
    fixture_close(f);
}

static void a_broken_store_fails_the_task(void **unused) {
    aggregate_fixture *f = coalescing(10, 5, 100);
    feed(f, "1 1 a @1");
    restart(f);
    feed_damaged(f, "1 1 a @1");
    assert_int_equal(f->task.failure.code, ERROR_DATA);
    assert_non_null(strstr(f->task.failure.message, "cannot be read"));
    fixture_close(f);
}

/* ---- beside windows that are added up each by itself ---- */

typedef struct random_windows {
    int64_t size, advance, grace;
    bool per_row;
} random_windows;

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The results since the last look; where they come at the barrier, in an order of their own. */
static char *take_results(aggregate_fixture *f, bool sorts) {
    buffer_append_byte(&f->task.results, 0);
    char *text = strdup(f->task.results.data);
    buffer_clear(&f->task.results);
    if (!sorts)
        return text;
    char *lines[4096], *sorted = calloc(1, strlen(text) + 2), *at = sorted;
    int count = 0;
    for (char *line = strtok(text, ";"); line; line = strtok(NULL, ";")) {
        assert_true(count < 4096);
        lines[count++] = line + (line[0] == ' ');
    }
    qsort(lines, (size_t)count, sizeof *lines, by_text);
    for (int i = 0; i < count; i++)
        at += sprintf(at, "%s;", lines[i]);
    free(text);
    return sorted;
}

static void random_batch(char *text, int64_t *now) {
    int rows = 1 + rand() % 12;
    for (int i = 0; i < rows; i++) {
        int64_t time = *now - (rand() % 4 ? rand() % 4 : rand() % 60);
        text += sprintf(text, "%s%d %d %c%c @%lld", i ? "; " : "", rand() % 4, rand() % 100 - 50,
            'a' + rand() % 20, 'a' + rand() % 20, (long long)time);
        *now += rand() % 5 ? rand() % 3 : rand() % 40;
    }
}

static void check_random(const random_windows *w, unsigned seed) {
    aggregate_fixture *panes = hopping(w->size, w->advance, w->grace, true);
    aggregate_fixture *groups = hopping(w->size, w->advance, w->grace, false);
    panes->task.results_per_row = groups->task.results_per_row = w->per_row;
    fixture_open(panes);
    fixture_open(groups);
    srand(seed);
    int64_t now = 0;
    for (int i = 0; i < 120; i++) {
        char rows[1024];
        random_batch(rows, &now);
        feed(panes, rows);
        feed(groups, rows);
        if (rand() % 3 == 0) {
            commit(panes);
            commit(groups);
            char *expected = take_results(groups, !w->per_row);
            char *results = take_results(panes, !w->per_row);
            assert_string_equal(results, expected);
            free(expected);
            free(results);
            if (rand() % 3 == 0)
                restart(panes);
        }
        if (rand() % 10 == 0)
            aggregate_operator_limit_cache(panes->operator, rand() % 2 ? 1 : 1 << 20);
    }
    assert_int_equal(panes->task.late_rows, groups->task.late_rows);
    fixture_close(panes);
    fixture_close(groups);
}

static void results_are_those_of_windows_by_themselves(void **unused) {
    static const random_windows cases[] = {{10, 5, 0, false}, {10, 5, 0, true}, {20, 2, 7, false},
        {20, 2, 7, true}, {12, 4, 1000, false}, {12, 4, 1000, true}, {60, 1, 30, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned seed = 1; seed <= 5; seed++)
            check_random(&cases[i], seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_changes_all_its_windows),
        cmocka_unit_test(windows_are_given_at_the_barrier),
        cmocka_unit_test(a_late_row_does_not_show_in_windows_that_have_closed),
        cmocka_unit_test(panes_survive_a_restart),
        cmocka_unit_test(old_panes_leave_memory),
        cmocka_unit_test(panes_of_closed_windows_leave_memory_and_the_store),
        cmocka_unit_test(many_closed_windows_are_given_before_the_barrier),
        cmocka_unit_test(a_broken_store_fails_the_task),
        cmocka_unit_test(results_are_those_of_windows_by_themselves),
    };
    return cmocka_run_group_tests_name("aggregate_panes", tests, begin, NULL);
}
