/* A changelog makes its state again, at every moment of its life: while it grows, while it is
 * renewed, and when its front has been dropped. */
#include "executor/changelog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/unit/temporary_directory.h"

enum { PARTITIONS = 2, LEAST_BYTES = 4000 };

static char directory[TEMPORARY_DIRECTORY_BYTES];
static topic_system *topics;
static error problem;

#define TOPIC SLICE_LITERAL("changelog")

static void assert_good(bool ok) {
    if (!ok)
        fail_msg("%s", problem.message);
}

static slice path_of(char *path, const char *name) {
    int length = snprintf(path, 128, "%s/%s", directory, name);
    return slice_make(path, (size_t)length);
}

static int set_up(void **unused) {
    char path[128];
    temporary_directory_make(directory, "changelog");
    error_clear(&problem);
    topics = embedded_log_open(path_of(path, "log"), false, &problem);
    topic_config config = {.partitions = PARTITIONS, .retention_ms = -1};
    assert_good(topics && topic_create(topics, TOPIC, &config, &problem));
    return 0;
}

static int tear_down(void **unused) {
    topic_system_close(topics);
    temporary_directory_remove(directory);
    return 0;
}

/* ---- a state that writes its changelog ---- */

typedef struct fixture {
    state *state;
    changelog *changelog;
    topic_writer *writer;
} fixture;

static fixture open_fixture(const char *name) {
    char path[128];
    fixture f = {.state = state_open(path_of(path, name), &problem)};
    assert_good(f.state);
    f.changelog = changelog_open(topics, TOPIC, PARTITIONS, f.state, LEAST_BYTES);
    f.writer = topic_writer_open(topics, SLICE_LITERAL("writer"), &problem);
    assert_good(f.writer);
    return f;
}

static void close_fixture(fixture *f) {
    topic_writer_close(f->writer);
    changelog_close(f->changelog);
    state_close(f->state);
}

static store *store_of(fixture *f, const char *name, int32_t partition) {
    store *st = state_store(f->state, slice_of(name), partition, &problem);
    assert_good(st);
    return st;
}

static void put(
    fixture *f, const char *name, int32_t partition, const char *key, const char *value) {
    store_put(store_of(f, name, partition), slice_of(key), slice_of(value));
}

static void put_numbered(fixture *f, int32_t partition, int number) {
    char key[16];
    snprintf(key, sizeof key, "key%d", number);
    put(f, "counts", partition, key, "1");
}

static void commit(fixture *f) {
    assert_good(changelog_write(f->changelog, f->writer, &problem));
    assert_good(topic_writer_commit(f->writer, NULL, NULL, 0, &problem));
    changelog_committed(f->changelog, f->writer);
    assert_good(state_commit(f->state, &problem));
}

/* What was committed is on disk, too, as it is some seconds after a commit. */
static void persist(fixture *f) {
    assert_good(state_persist(f->state, &problem));
}

/* ---- reading it ---- */

static int64_t start_of(int32_t partition) {
    int64_t start, end;
    assert_good(topic_offsets(topics, TOPIC, partition, &start, &end, &problem));
    return start;
}

static int64_t end_of(int32_t partition) {
    int64_t start, end;
    assert_good(topic_offsets(topics, TOPIC, partition, &start, &end, &problem));
    return end;
}

/* From where the state is to the end. */
static void replay(fixture *f) {
    topic_reader *reader = topic_reader_open(topics, SLICE_LITERAL("reader"), &problem);
    assert_good(reader);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_good(
            topic_reader_assign(reader, TOPIC, p, changelog_position(f->changelog, p), &problem));
    while (topic_reader_position(reader, 0) < end_of(0) ||
           topic_reader_position(reader, 1) < end_of(1)) {
        const topic_segment *segments;
        int count;
        assert_good(topic_reader_poll(reader, 1000, 1000, &segments, &count, &problem));
        for (int s = 0; s < count; s++) {
            for (int64_t i = 0; i < segments[s].count; i++)
                assert_good(changelog_apply(f->changelog, &segments[s].records[i], &problem));
            changelog_advance(f->changelog, segments[s].assignment, segments[s].next_offset);
        }
    }
    topic_reader_close(reader);
    changelog_keep(f->changelog);
    assert_good(state_commit(f->state, &problem));
}

static void assert_value(
    fixture *f, const char *name, int32_t partition, const char *key, const char *expected) {
    slice value = store_get(store_of(f, name, partition), slice_of(key));
    if (!expected)
        assert_null(value.data);
    else if (!value.data || !slice_is(value, expected))
        fail_msg("%s/%d %s is not %s", name, partition, key, expected);
}

/* ---- blocks ---- */

static void test_a_state_comes_back_from_its_changelog(void **unused) {
    fixture f = open_fixture("first");
    put(&f, "counts", 0, "a", "1");
    put(&f, "counts", 1, "b", "2");
    put(&f, "times", 0, "a", "");
    commit(&f);
    put(&f, "counts", 0, "a", "3");
    store_delete(store_of(&f, "counts", 1), SLICE_LITERAL("b"));
    commit(&f);
    close_fixture(&f);

    f = open_fixture("second");
    replay(&f);
    assert_value(&f, "counts", 0, "a", "3");
    assert_value(&f, "counts", 1, "b", NULL);
    assert_value(&f, "times", 0, "a", "");
    assert_value(&f, "times", 1, "a", NULL);
    close_fixture(&f);
}

static void test_many_changes_are_few_records(void **unused) {
    fixture f = open_fixture("first");
    for (int i = 0; i < 1000; i++)
        put_numbered(&f, 0, i);
    commit(&f);
    assert_int_equal(end_of(0) - start_of(0), 1);
    close_fixture(&f);
}

static void test_a_large_value_has_a_block_of_its_own(void **unused) {
    fixture f = open_fixture("first");
    char *large = memory_allocate(100001);
    memset(large, 'x', 100000);
    large[100000] = 0;
    put(&f, "lists", 0, "a", "1");
    put(&f, "lists", 0, "b", large);
    put(&f, "lists", 0, "c", "3");
    commit(&f);
    assert_int_equal(end_of(0) - start_of(0), 3);
    close_fixture(&f);

    f = open_fixture("second");
    replay(&f);
    assert_value(&f, "lists", 0, "a", "1");
    assert_value(&f, "lists", 0, "b", large);
    assert_value(&f, "lists", 0, "c", "3");
    close_fixture(&f);
    memory_free(large);
}

/* ---- renewing ---- */

static void test_a_long_changelog_loses_its_front(void **unused) {
    fixture f = open_fixture("first");
    put(&f, "totals", 1, "never changed", "17");
    char value[16];
    int64_t longest = 0;
    for (int i = 0; i < 3000; i++) {
        snprintf(value, sizeof value, "%d", i);
        put(&f, "counts", 0, "a", value);
        put(&f, "counts", 1, "b", value);
        commit(&f);
        if (i % 100 == 99)
            persist(&f);
        if (end_of(0) - start_of(0) > longest)
            longest = end_of(0) - start_of(0);
    }
    assert_true(start_of(0) > 2000 && start_of(1) > 2000);
    assert_true(longest < 1000);
    close_fixture(&f);

    f = open_fixture("second");
    replay(&f);
    assert_value(&f, "counts", 0, "a", "2999");
    assert_value(&f, "counts", 1, "b", "2999");
    assert_value(&f, "totals", 1, "never changed", "17");
    close_fixture(&f);
}

/* Who begins behind the front could not go on: what the state on disk lacks stays. */
static void test_what_the_disk_lacks_is_not_dropped(void **unused) {
    fixture f = open_fixture("first");
    put(&f, "counts", 1, "b", "1");
    for (int i = 0; i < 1000; i++) {
        put(&f, "counts", 0, "a", "1");
        commit(&f);
    }
    assert_int_equal(start_of(0), 0);
    persist(&f);
    put(&f, "counts", 0, "a", "2");
    commit(&f);
    assert_true(start_of(0) > 0);
    close_fixture(&f);
}

static void test_a_growing_state_is_not_renewed(void **unused) {
    fixture f = open_fixture("first");
    for (int i = 0; i < 2000; i++) {
        put_numbered(&f, i % 2, i);
        commit(&f);
    }
    persist(&f);
    put(&f, "counts", 0, "a", "2");
    commit(&f);
    assert_int_equal(start_of(0), 0);
    assert_int_equal(start_of(1), 0);
    close_fixture(&f);
}

/* ---- at random ---- */

enum { KEYS = 40, STORES = 3 };

typedef struct model {
    char values[STORES][PARTITIONS][KEYS][16]; /* empty: none */
} model;

static const char *const STORE_NAMES[STORES] = {"counts", "counts-late", "a"};

static void change_at_random(fixture *f, model *m) {
    int s = rand() % STORES, p = rand() % PARTITIONS, k = rand() % KEYS;
    store *st = store_of(f, STORE_NAMES[s], p);
    char key[16], *value = m->values[s][p][k];
    snprintf(key, sizeof key, "k%d", k);
    snprintf(value, sizeof m->values[s][p][k], "%d", rand());
    if (rand() % 3 == 0)
        value[0] = 0;
    if (s == 1 && !value[0])
        store_delete_unread(st, slice_of(key));
    else if (s == 1)
        store_put_unread(st, slice_of(key), slice_of(value));
    else if (!value[0])
        store_delete(st, slice_of(key));
    else
        store_put(st, slice_of(key), slice_of(value));
    if (s == 1 && rand() % 10 == 0)
        assert_good(changelog_write_early(f->changelog, st, f->writer, &problem));
}

static void check_model(fixture *f, const model *m) {
    char key[16];
    for (int s = 0; s < STORES; s++)
        for (int p = 0; p < PARTITIONS; p++)
            for (int k = 0; k < KEYS; k++) {
                const char *value = m->values[s][p][k];
                snprintf(key, sizeof key, "k%d", k);
                assert_value(f, STORE_NAMES[s], p, key, value[0] ? value : NULL);
            }
}

static void check_replayed(const model *m) {
    static int number;
    char name[32];
    snprintf(name, sizeof name, "copy%d", number++);
    fixture copy = open_fixture(name);
    replay(&copy);
    check_model(&copy, m);
    close_fixture(&copy);
}

static void test_random_changes_always_come_back(void **unused) {
    model *m = memory_allocate_zero(sizeof *m);
    fixture f = open_fixture("first");
    srand(7);
    for (int i = 0; i < 1200; i++) {
        for (int n = rand() % 40; n >= 0; n--)
            change_at_random(&f, m);
        commit(&f);
        if (rand() % 20 == 0)
            persist(&f);
        if (rand() % 60)
            continue;
        close_fixture(&f);
        check_replayed(m);
        f = open_fixture("first"); /* its disk may be behind */
        replay(&f);
        check_model(&f, m);
    }
    assert_true(start_of(0) > 0 && start_of(1) > 0);
    close_fixture(&f);
    memory_free(m);
}

/* ---- errors ---- */

static void test_records_of_others_are_refused(void **unused) {
    fixture f = open_fixture("first");
    topic_record of_old = {.key = SLICE_LITERAL("\x06"
                                                "countsa"),
        .value = SLICE_LITERAL("1")};
    assert_false(changelog_apply(f.changelog, &of_old, &problem));
    assert_int_equal(problem.code, ERROR_DATA);
    assert_non_null(strstr(problem.message, "not a changelog of this version"));

    error_clear(&problem);
    topic_record positions_of_old = {.key = SLICE_LITERAL("\0positions"), .value = {"", 0}};
    assert_false(changelog_apply(f.changelog, &positions_of_old, &problem));
    assert_int_equal(problem.code, ERROR_DATA);

    /* A store's name and half of a change; a change of no store; a length that does not end. */
    static const slice torn[] = {{"\0\1s\5ab", 6}, {"\2a\2b", 4}, {"\xff", 1}, {"\0", 1}};
    for (int i = 0; i < 4; i++) {
        error_clear(&problem);
        topic_record record = {.value = torn[i], .offset = i};
        assert_false(changelog_apply(f.changelog, &record, &problem));
        assert_int_equal(problem.code, ERROR_DATA);
    }
    error_clear(&problem);
    close_fixture(&f);
}

static void test_states_of_earlier_versions_are_refused(void **unused) {
    fixture f = open_fixture("first");
    assert_true(changelog_check(f.changelog, &problem)); /* it is new */
    changelog_advance(f.changelog, 1, 5);
    assert_false(changelog_check(f.changelog, &problem));
    assert_int_equal(problem.code, ERROR_DATA);
    error_clear(&problem);
    changelog_keep(f.changelog);
    assert_true(changelog_check(f.changelog, &problem));
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_state_comes_back_from_its_changelog, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_changes_are_few_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_large_value_has_a_block_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_changelog_loses_its_front, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_the_disk_lacks_is_not_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_growing_state_is_not_renewed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random_changes_always_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_of_others_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_states_of_earlier_versions_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
