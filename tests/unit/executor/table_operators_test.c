/* NORMALIZE and FINAL: old rows in front of new ones; results that are given once. */
#include "tests/unit/executor/join_fixture.h"

static void upserts_become_old_and_new_rows(void **unused) {
    fixture *f = fixture_single(normalize_operator_create, PLAN_NORMALIZE, CHANGELOG_RETRACT);
    fixture_open(f, true);
    check(f, "L 1 a @1; L 1 b @2; L 1 b @3; L 2 c @4",
        "+1 a @1; -1 a @2; +1 b @2; -1 b @3; +1 b @3; +2 c @4");
    check(f, "L -1 @5; L -1 @6; L _ d @7; L 1 _ @8", "-1 b @5; +1 _ @8");
    commit(f);
    check(f, "L 2 lost @9", "-2 c @9; +2 lost @9");
    restart(f);
    check(f, "L 2 e @10; L 1 f @11", "-2 c @10; +2 e @10; -1 _ @11; +1 f @11");
    fixture_close(f);
}

static void windows_have_rows_of_their_own(void **unused) {
    fixture *f = fixture_single(normalize_operator_create, PLAN_NORMALIZE, CHANGELOG_RETRACT);
    f->node.window = WINDOW_TUMBLING;
    fixture_open(f, false);
    check(f, "L 1 a @1 [0-10]; L 1 b @11 [10-20]; L 1 c @2 [0-10]",
        "+1 a @1 [0-10]; +1 b @11 [10-20]; -1 a @2 [0-10]; +1 c @2 [0-10]");
    fixture_close(f);
}

/* ---- final ---- */

static plan_node aggregate;

static fixture * final(window_kind kind, int64_t size_ms, int64_t advance_ms, int64_t grace_ms) {
    fixture *f = fixture_single(final_operator_create, PLAN_FINAL, CHANGELOG_UPSERT);
    aggregate = (plan_node){.kind = PLAN_AGGREGATE, .key_count = 1, .mode = CHANGELOG_UPSERT};
    aggregate.aggregate.window = (plan_window){.kind = kind,
        .size_ms = size_ms,
        .advance_ms = advance_ms,
        .grace_ms = grace_ms,
        .retention_ms = size_ms + grace_ms};
    f->node.window = kind;
    f->node.final.grace_ms = grace_ms;
    f->inputs[0].input_count = 1;
    f->inputs[0].inputs[0] = &aggregate;
    return f;
}

static void a_window_is_given_when_it_closes(void **unused) {
    fixture *f = final(WINDOW_TUMBLING, 10, 10, 5);
    fixture_open(f, false);
    check(f, "L 2 a @1 [0-10]; L 1 b @2 [0-10]; L 2 c @9 [0-10]; L 1 x @14 [10-20]", "");
    check(f, "L 1 y @15 [10-20]", "+1 b @2 [0-10]; +2 c @9 [0-10]");
    check(f, "L -1 y @16 [10-20]; L 3 z @26 [20-30]", "");
    fixture_close(f);
}

static void sessions_are_given_in_order_of_their_end(void **unused) {
    fixture *f = final(WINDOW_SESSION, 10, 0, 0);
    fixture_open(f, false);
    check(f, "L 1 a @5 [5-5]; L 2 b @3 [3-3]; L -1 a @5 [5-5]; L 1 aa @9 [5-9]", "");
    check(f, "L 9 z @19 [19-19]", "+2 b @3 [3-3]");
    check(f, "L 9 z @20 [19-20]", "+1 aa @9 [5-9]");
    fixture_close(f);
}

/* The last result of each window comes at the barrier, in any order: none may close before. */
static void coalesced_results_close_at_the_barrier(void **unused) {
    fixture *f = final(WINDOW_TUMBLING, 10, 10, 0);
    f->task.results_per_row = false;
    fixture_open(f, true);
    check(f, "L 1 a @1 [0-10]", "");
    commit(f);
    check(f, "L 1 c @29 [20-30]; L 1 aa @9 [0-10]; L 1 b @15 [10-20]", "");
    commit(f);
    expect(f, "+1 aa @9 [0-10]; +1 b @15 [10-20]");
    restart(f);
    commit(f);
    expect(f, "");
    check(f, "L 2 d @1000 [1000-1010]", "");
    commit(f);
    expect(f, "+1 c @29 [20-30]"); /* not lost, however far time has jumped */
    fixture_close(f);
}

static void a_watermark_closes_windows(void **unused) {
    fixture *f = final(WINDOW_HOPPING, 10, 5, 2);
    fixture_open(f, false);
    check(f, "L 1 a @7 [0-10]; L 1 a @7 [5-15]", "");
    f->operator->class->watermark(f->operator, 0, 12);
    expect(f, "+1 a @7 [0-10]");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upserts_become_old_and_new_rows),
        cmocka_unit_test(windows_have_rows_of_their_own),
        cmocka_unit_test(a_window_is_given_when_it_closes),
        cmocka_unit_test(sessions_are_given_in_order_of_their_end),
        cmocka_unit_test(coalesced_results_close_at_the_barrier),
        cmocka_unit_test(a_watermark_closes_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
