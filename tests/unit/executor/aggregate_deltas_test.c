/* Groups of which only the changes are in memory until the barrier (aggregate_deltas.c). */
#include "tests/unit/executor/aggregate_fixture.h"

#include <stdlib.h>

static aggregate_fixture *totals(const sql_type *k) {
    aggregate_fixture *f = fixture_make(k, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "COUNT", 0, 0, NULL);
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_add(f, "MIN", 1, 0, NULL);
    fixture_add(f, "MAX", 1, 0, NULL);
    return f;
}

static aggregate_operator *operator_of(aggregate_fixture *f) {
    return (aggregate_operator *)f->operator;
}

/* The barrier adds what the store has. Results come in the order of first changes, whatever the
 * order of keys; a group's time is the greatest of both. */
static void deltas_are_merged_with_what_was_saved(void **unused) {
    aggregate_fixture *f = totals(&SQL_TYPE_VARCHAR);
    fixture_open(f);
    feed(f, "b 5 @9; a 7 @1; d 1 @3");
    restart(f);
    expect(f, "+b 1 5 5 5 @9; +a 1 7 7 7 @1; +d 1 1 1 1 @3");
    feed(f, "d 4 @4; c 3 @2; b 6 @8; d _ @1");
    barrier(f);
    expect(f, "+d 3 5 1 4 @4; +c 1 3 3 3 @2; +b 2 11 5 6 @9");
    feed(f, "c 1 @7; a 9 @5; b _ @3"); /* of c and b all is in memory now */
    barrier(f);
    expect(f, "+c 2 4 1 3 @7; +a 2 16 7 9 @5; +b 3 11 5 6 @9");
    fixture_close(f);
}

/* What the store has of a group reaches its results even where the row adds nothing. */
static void a_row_of_nulls_changes_no_sum(void **unused) {
    aggregate_fixture *f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_open(f);
    feed(f, "1 5; 2 _");
    restart(f);
    feed(f, "1 _; 2 _; 3 _");
    buffer_clear(&f->task.results);
    barrier(f);
    expect(f, "+1 5 @0; +2 0 @0; +3 0 @0");
    fixture_close(f);
}

/* ---- deltas or not, the results are the same ---- */

typedef struct totals_of_key {
    int64_t count, sum, least, greatest, time;
} totals_of_key;

static void add_to(totals_of_key *t, int64_t value, int64_t time) {
    t->least = !t->count || value < t->least ? value : t->least;
    t->greatest = !t->count || value > t->greatest ? value : t->greatest;
    t->time = !t->count || time > t->time ? time : t->time;
    t->sum += value;
    t->count++;
}

enum { KEYS = 200 };

/* A batch of random rows, and what the barrier is to give. */
static void random_batch(
    aggregate_fixture *f, totals_of_key *known, buffer *expected, const char *form) {
    int order[64], changed = 0;
    bool is_changed[KEYS] = {false};
    batch_builder_clear(f->rows);
    for (int i = 0; i < 64; i++) {
        int k = rand() % KEYS, value = rand() % 1000 - 500, time = rand() % 1000;
        char row[80], key[40];
        snprintf(key, sizeof key, form, k);
        snprintf(row, sizeof row, "%s %d @%d", key, value, time);
        add_row(f, slice_of(row));
        add_to(&known[k], value, time);
        if (!is_changed[k])
            order[changed++] = k;
        is_changed[k] = true;
    }
    f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
    for (int i = 0; i < changed; i++) {
        const totals_of_key *t = &known[order[i]];
        buffer_append_text(expected, i ? "; +" : "+");
        buffer_format(expected, form, order[i]);
        buffer_format(expected, " %lld %lld %lld %lld @%lld", (long long)t->count,
            (long long)t->sum, (long long)t->least, (long long)t->greatest, (long long)t->time);
    }
    buffer_append_byte(expected, 0);
}

/* Keys of every form. Between commits the operator starts again, or all clean groups leave, or some
 * stay. */
static void random_rows_give_what_they_add_up_to(void **unused) {
    static const struct {
        const sql_type *type;
        const char *form;
    } keys[] = {{&SQL_TYPE_BIGINT, "%d"}, {&SQL_TYPE_INTEGER, "-1%d"}, {&SQL_TYPE_VARCHAR, "key%d"},
        {&SQL_TYPE_DOUBLE, "%d"}};
    buffer expected = {0};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        aggregate_fixture *f = totals(keys[k].type);
        totals_of_key known[KEYS] = {{0}};
        srand(11);
        fixture_open(f);
        int64_t had_deltas = 0;
        for (int round = 0; round < 60; round++) {
            aggregate_operator_limit_cache(f->operator, round % 3 ? 20000 : 1);
            buffer_clear(&expected);
            random_batch(f, known, &expected, keys[k].form);
            had_deltas += operator_of(f)->has_deltas;
            if (round % 7)
                commit(f);
            else
                restart(f);
            expect(f, expected.data);
        }
        assert_true(had_deltas > 50);
        fixture_close(f);
    }
    buffer_free(&expected);
}

/* ---- which groups stay in memory ---- */

static void commit_keys(aggregate_fixture *f, int64_t first, int64_t count) {
    feed_keys(f, first, count, 0);
    commit(f);
    buffer_clear(&f->task.results);
}

/* More than there is room for, and other ones every time: all of them leave. When the same ones are
 * asked for again and again, some stay, after a while. */
static void groups_stay_where_they_are_asked_for_again(void **unused) {
    aggregate_fixture *f = totals(NULL);
    fixture_open(f);
    aggregate_operator_limit_cache(f->operator, 130000);
    commit_keys(f, 0, 1000);
    assert_true(operator_of(f)->groups.count > 100);
    commit_keys(f, 1000, 1000);
    assert_int_equal(operator_of(f)->groups.count, 0);
    for (int i = 0; i < 20; i++)
        commit_keys(f, 500, 1000);
    assert_true(operator_of(f)->groups.count > 100);
    feed(f, "499 5; 500 5; 1499 5; 2000 5");
    barrier(f);
    expect(f, "+499 2 6 1 5 @0; +500 22 26 1 5 @0; +1499 22 26 1 5 @0; +2000 1 5 5 5 @0");
    fixture_close(f);
}

/* ---- who takes none ---- */

static bool takes_deltas(aggregate_fixture *f) {
    fixture_open(f);
    bool takes = operator_of(f)->takes_deltas;
    fixture_close(f);
    return takes;
}

/* They need what a group was at once, or the order of its rows. */
static void some_aggregates_read_their_groups_at_once(void **unused) {
    assert_true(takes_deltas(totals(NULL)));
    aggregate_fixture *f = totals(NULL);
    f->task.results_per_row = true;
    assert_false(takes_deltas(f));
    f = totals(NULL);
    f->node.mode = CHANGELOG_RETRACT;
    assert_false(takes_deltas(f));
    f = totals(NULL);
    f->node.aggregate.ttl_ms = 1000;
    assert_false(takes_deltas(f));
    f = totals(NULL);
    fixture_window(f, (plan_window){.kind = WINDOW_TUMBLING, .size_ms = 10});
    assert_false(takes_deltas(f));
    f = fixture_make(NULL, NULL, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    fixture_over_table(f);
    assert_false(takes_deltas(f));
    f = totals(NULL);
    fixture_add(f, "COLLECT_LIST", 1, 0, NULL);
    assert_false(takes_deltas(f));
    f = fixture_make(NULL, &SQL_TYPE_DOUBLE, NULL);
    f->task.results_per_row = false;
    fixture_add(f, "SUM", 1, 0, NULL);
    assert_false(takes_deltas(f));
}

/* A damaged state fails the task when it is read, at the barrier. */
static void a_damaged_state_fails_the_task_at_the_barrier(void **unused) {
    aggregate_fixture *f = totals(NULL);
    fixture_open(f);
    feed(f, "1 1 @1; 2 2 @2");
    restart(f);
    group_key key = {.integer = 2};
    slice place = aggregate_group_place(operator_of(f), &key);
    store_put(operator_of(f)->store, place, SLICE_LITERAL("short"));
    feed(f, "1 1 @1; 2 1 @1");
    barrier(f);
    assert_int_equal(f->task.failure.code, ERROR_DATA);
    assert_string_equal(f->task.failure.message,
        "The saved state of a group of Aggregate-Materialize cannot be read.");
    fixture_close(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deltas_are_merged_with_what_was_saved),
        cmocka_unit_test(a_row_of_nulls_changes_no_sum),
        cmocka_unit_test(random_rows_give_what_they_add_up_to),
        cmocka_unit_test(groups_stay_where_they_are_asked_for_again),
        cmocka_unit_test(some_aggregates_read_their_groups_at_once),
        cmocka_unit_test(a_damaged_state_fails_the_task_at_the_barrier),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
