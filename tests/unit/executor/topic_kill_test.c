/* kill -9 at random moments, seeded: a transaction of the embedded log is there as a whole or not
 * at all.
 *
 * A child commits transactions one after another. Transaction n writes to three partitions of one
 * topic, updates a key of a compacted topic and commits n as a group's position, in a log with tiny
 * segments that rolls, compacts and rewrites its commit log all the time. The parent kills it,
 * opens the log and checks that everything says the same n; then a new child goes on.
 *
 * SLUICE_TEST_SEED replays a run, SLUICE_TEST_KILLS sets how many times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "executor/topic/embedded_log.h"
#include "tests/unit/temporary_directory.h"

enum { PARTITIONS = 3, KEYS = 7, KILLS = 100 };

static char directory[TEMPORARY_DIRECTORY_BYTES];
static const slice EVENTS = {"events", 6}, LATEST = {"latest", 6}, GROUP = {"group", 5};

static topic_system *open_log(bool sync) {
    error e = {0};
    topic_system *system = embedded_log_open(slice_of(directory), sync, &e);
    if (!system)
        fail_msg("open: %s", e.message);
    embedded_log_set_sizes(system, 3000, 3000);
    return system;
}

/* How many records transaction n writes to a partition. */
static int64_t records_in(int64_t n, int partition) {
    return 1 + (n * 7 + partition) % 4;
}

static bool write_transaction(
    topic_system *system, topic_writer *writer, topic_reader *group, int64_t n, error *e) {
    char value[32], key[32];
    topic_record record = {.timestamp_ms = n};
    record.value = slice_make(value, (size_t)snprintf(value, sizeof value, "%lld", (long long)n));
    for (record.partition = 0; record.partition < PARTITIONS; record.partition++)
        for (int64_t i = 0; i < records_in(n, record.partition); i++)
            if (!topic_writer_append(writer, EVENTS, &record, e))
                return false;
    record.partition = 0;
    record.key = slice_make(key, (size_t)snprintf(key, sizeof key, "key %d", (int)(n % KEYS)));
    topic_position position = {EVENTS, 0, n};
    return topic_writer_append(writer, LATEST, &record, e) &&
           topic_writer_commit(writer, group, &position, 1, e);
}

/* The child: never returns. */
static void write_until_killed(int64_t n, bool sync) {
    error e = {0};
    topic_system *system = embedded_log_open(slice_of(directory), sync, &e);
    if (!system)
        _exit(1);
    embedded_log_set_sizes(system, 3000, 3000);
    topic_writer *writer = topic_writer_open(system, SLICE_LITERAL("writer"), &e);
    topic_reader *group = topic_reader_open(system, GROUP, &e);
    while (write_transaction(system, writer, group, ++n, &e)) {
        if (n % 50 == 0)
            topic_delete_records(system, EVENTS, 2, n / 2, &e);
    }
    fprintf(stderr, "%s\n", e.message);
    _exit(1);
}

typedef struct seen_log {
    int64_t count[PARTITIONS], last[PARTITIONS], bad;
    int64_t latest[KEYS];
} seen_log;

static void see(seen_log *seen, int assignment, const topic_record *record) {
    int64_t value = 0, key;
    seen->bad += !slice_to_int64(record->value, &value);
    if (assignment < PARTITIONS) {
        seen->count[assignment]++;
        seen->bad += value < seen->last[assignment];
        seen->last[assignment] = value;
        return;
    }
    seen->bad += !slice_to_int64(slice_make(record->key.data + 4, record->key.length - 4), &key);
    seen->latest[key] = value;
}

static seen_log read_log(topic_system *system) {
    error e = {0};
    seen_log seen = {.bad = 0};
    topic_reader *reader = topic_reader_open(system, SLICE_LITERAL("checker"), &e);
    for (int p = 0; p < PARTITIONS; p++)
        assert_true(topic_reader_assign(reader, EVENTS, p, 0, &e));
    assert_true(topic_reader_assign(reader, LATEST, 0, 0, &e));
    for (int count = 1; count > 0;) {
        const topic_segment *segments;
        if (!topic_reader_poll(reader, 0, 1000, &segments, &count, &e))
            fail_msg("poll: %s", e.message);
        for (int s = 0; s < count; s++)
            for (int64_t i = 0; i < segments[s].count; i++)
                see(&seen, segments[s].assignment, &segments[s].records[i]);
    }
    topic_reader_close(reader);
    return seen;
}

/* All agree on the number of the last transaction, which is returned. */
static int64_t check_log(int64_t at_least) {
    error e = {0};
    topic_system *system = open_log(false);
    int64_t n;
    assert_true(topic_group_offset(system, GROUP, EVENTS, 0, &n, &e));
    if (n < 0)
        n = 0;
    assert_true(n >= at_least);
    seen_log seen = read_log(system);
    assert_int_equal(seen.bad, 0);
    for (int p = 0; p < PARTITIONS; p++) {
        int64_t expected = 0, start, end;
        for (int64_t i = 1; i <= n; i++)
            expected += records_in(i, p);
        assert_true(topic_offsets(system, EVENTS, p, &start, &end, &e));
        assert_int_equal(end, expected);
        assert_int_equal(seen.count[p], end - start);
        if (n > 0)
            assert_int_equal(seen.last[p], n);
    }
    for (int64_t i = n; i > 0 && i > n - KEYS; i--)
        assert_int_equal(seen.latest[i % KEYS], i);
    topic_system_close(system);
    return n;
}

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int64_t setting(const char *name, int64_t otherwise) {
    int64_t value;
    return getenv(name) && slice_to_int64(slice_of(getenv(name)), &value) ? value : otherwise;
}

static void test_kill_at_random_moments(void **state) {
    error e = {0};
    temporary_directory_make(directory, "topic-kill");
    topic_system *system = open_log(false);
    topic_config events = {.partitions = PARTITIONS}, latest = {.compact = true};
    assert_true(topic_create(system, EVENTS, &events, &e));
    assert_true(topic_create(system, LATEST, &latest, &e));
    topic_system_close(system);
    int64_t kills = setting("SLUICE_TEST_KILLS", KILLS), n = 0;
    uint64_t seed = (uint64_t)setting("SLUICE_TEST_SEED", 20250701);
    for (int64_t i = 0; i < kills; i++) {
        bool sync = next_random(&seed) % 4 == 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(n, sync);
        usleep((useconds_t)(3000 + next_random(&seed) % 25000));
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        n = check_log(n);
    }
    print_message("%lld kills, %lld transactions\n", (long long)kills, (long long)n);
    assert_true(n > 0);
    temporary_directory_remove(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill_at_random_moments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
