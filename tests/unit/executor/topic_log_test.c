/* The contract of topics on the embedded log, and what only the embedded log promises: surviving
 * restarts and torn files, retention, compaction, full disks. */
#include "topic_contract.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "executor/topic/embedded_log.h"
#include "tests/unit/temporary_directory.h"

static char directory[TEMPORARY_DIRECTORY_BYTES];

static void open_log(bool sync) {
    error e = {0};
    contract.system = embedded_log_open(slice_of(directory), sync, &e);
    if (!contract.system)
        fail_msg("open: %s", e.message);
}

static int set_up(void **state) {
    temporary_directory_make(directory, "topic-log");
    contract.prefix = "t";
    contract.names = arena_create();
    open_log(false);
    return 0;
}

static int tear_down(void **state) {
    topic_system_close(contract.system);
    arena_destroy(contract.names);
    temporary_directory_remove(directory);
    return 0;
}

static void reopen(void) {
    topic_system_close(contract.system);
    open_log(false);
}

static char *path_of(const char *suffix) {
    return (char *)arena_format(contract.names, "%s/%s", directory, suffix).data;
}

static int64_t file_size(const char *suffix) {
    struct stat status;
    return stat(path_of(suffix), &status) == 0 ? status.st_size : -1;
}

static void overwrite(const char *suffix, int64_t position, const char *bytes) {
    int fd = open(path_of(suffix), O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), position), strlen(bytes));
    close(fd);
}

static int64_t count_topic(slice topic) {
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    int64_t count = count_to_end(reader, 1);
    topic_reader_close(reader);
    return count;
}

static void write_one(slice topic, const char *key, const char *value, int64_t timestamp_ms) {
    topic_writer *writer = new_writer((slice){NULL, 0});
    append(writer, topic, 0, key, value, timestamp_ms);
    commit(writer);
    topic_writer_close(writer);
}

/* ---- restarts ---- */

static void test_everything_survives_a_restart(void **state) {
    error e = {0};
    slice kept = new_topic_with("kept", (topic_config){.partitions = 2, .compact = true});
    slice gone = new_topic("gone", 1);
    topic_reader *reader = topic_reader_open(contract.system, SLICE_LITERAL("g"), &e);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    append(writer, kept, 1, "a", "1", 1);
    append(writer, gone, 0, "a", "1", 1);
    topic_position position = {kept, 1, 33};
    assert_good(topic_writer_commit(writer, reader, &position, 1, &e), &e);
    append(writer, kept, 1, "a", "2", 1);
    assert_good(topic_delete(contract.system, gone, &e), &e);
    topic_writer_close(writer);
    topic_reader_close(reader);
    reopen();
    topic_info info;
    assert_good(topic_describe(contract.system, kept, &info, &e), &e);
    assert_int_equal(info.config.partitions, 2);
    assert_true(info.config.compact);
    assert_false(topic_describe(contract.system, gone, &info, &e));
    error_clear(&e);
    int64_t start, end, offset;
    assert_good(topic_offsets(contract.system, kept, 1, &start, &end, &e), &e);
    assert_int_equal(end, 1);
    assert_good(topic_group_offset(contract.system, SLICE_LITERAL("g"), kept, 1, &offset, &e), &e);
    assert_int_equal(offset, 33);
    write_one(kept, "b", "2", 1);
    assert_int_equal(count_topic(kept), 1);
}

static void test_a_name_can_be_used_again(void **state) {
    error e = {0};
    slice topic = new_topic("again", 1);
    write_one(topic, "a", "old", 1);
    assert_good(topic_delete(contract.system, topic, &e), &e);
    new_topic("again", 3);
    assert_int_equal(count_topic(topic), 0);
    reopen();
    assert_int_equal(count_topic(topic), 0);
    write_one(topic, "a", "new", 1);
    assert_int_equal(count_topic(topic), 1);
}

static void test_bytes_behind_the_commit_are_cut_off(void **state) {
    slice topic = new_topic("tail", 1);
    write_one(topic, "a", "1", 1);
    const char *segment = "log/t-tail/0/00000000000000000000.log";
    int64_t size = file_size(segment);
    overwrite(segment, size, "torn bytes of a transaction that never committed");
    overwrite("commits.log", file_size("commits.log"), "torn frame");
    int fd = open(path_of("log/t-tail/0/00000000000000000001.log"), O_CREAT | O_WRONLY, 0666);
    close(fd);
    reopen();
    assert_int_equal(file_size(segment), size);
    assert_int_equal(file_size("log/t-tail/0/00000000000000000001.log"), -1);
    assert_int_equal(count_topic(topic), 1);
    write_one(topic, "a", "2", 1);
    reopen();
    assert_int_equal(count_topic(topic), 2);
}

/* Cutting commits.log anywhere in the last frame undoes that commit and no other. */
static void test_a_torn_commit_is_undone(void **state) {
    slice topic = new_topic("torn", 1);
    write_one(topic, "a", "1", 1);
    int64_t before = file_size("commits.log");
    write_one(topic, "a", "2", 1);
    int64_t after = file_size("commits.log");
    assert_int_equal(count_topic(topic), 2);
    topic_system_close(contract.system);
    for (int64_t cut = after - 1; cut >= before; cut -= 5) {
        assert_int_equal(truncate(path_of("commits.log"), cut), 0);
        open_log(false);
        assert_int_equal(count_topic(topic), 1);
        topic_system_close(contract.system);
    }
    open_log(false);
    write_one(topic, "a", "3", 1);
    assert_int_equal(count_topic(topic), 2);
}

static void test_the_commit_log_is_rewritten(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 1 << 20, 2000);
    slice topic = new_topic("rewrite", 2);
    topic_reader *reader = topic_reader_open(contract.system, SLICE_LITERAL("g"), &e);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    for (int i = 0; i < 500; i++) {
        append(writer, topic, 0, "a", "1", 1);
        topic_position position = {topic, 1, i};
        assert_good(topic_writer_commit(writer, reader, &position, 1, &e), &e);
    }
    assert_true(file_size("commits.log") < 4000);
    topic_writer_close(writer);
    topic_reader_close(reader);
    reopen();
    assert_int_equal(count_topic(topic), 500);
    int64_t offset;
    assert_good(topic_group_offset(contract.system, SLICE_LITERAL("g"), topic, 1, &offset, &e), &e);
    assert_int_equal(offset, 499);
}

/* ---- damage ---- */

static void assert_cannot_open(error_code code) {
    error e = {0};
    topic_system *second = embedded_log_open(slice_of(directory), false, &e);
    assert_null(second);
    assert_int_equal(e.code, code);
}

static void test_damage_inside_the_commit_log_is_reported(void **state) {
    slice topic = new_topic("damage", 1);
    int64_t middle = file_size("commits.log");
    write_one(topic, "a", "1", 1);
    write_one(topic, "a", "2", 1);
    topic_system_close(contract.system);
    overwrite("commits.log", middle + 18, "X");
    assert_cannot_open(ERROR_DATA);
    assert_int_equal(truncate(path_of("commits.log"), 0), 0);
    assert_cannot_open(ERROR_DATA);
    unlink(path_of("commits.log"));
    open_log(false);
}

static void test_a_damaged_batch_is_reported(void **state) {
    slice topic = new_topic("crc", 1);
    write_one(topic, "a", "a value to be damaged", 1);
    const char *segment = "log/t-crc/0/00000000000000000000.log";
    overwrite(segment, file_size(segment) - 3, "X");
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    error e = {0};
    const topic_segment *segments;
    int count;
    assert_false(topic_reader_poll(reader, 10, 10, &segments, &count, &e));
    assert_int_equal(e.code, ERROR_DATA);
    topic_reader_close(reader);
}

static void test_a_missing_segment_is_reported(void **state) {
    slice topic = new_topic("lost", 1);
    write_one(topic, "a", "1", 1);
    topic_system_close(contract.system);
    unlink(path_of("log/t-lost/0/00000000000000000000.log"));
    assert_cannot_open(ERROR_DATA);
    unlink(path_of("commits.log"));
    open_log(false);
}

static void test_a_second_process_is_refused(void **state) {
    assert_cannot_open(ERROR_IO);
}

/* A limit on the size of files stands for a full disk. */
static void test_a_full_disk_fails_the_commit_only(void **state) {
    error e = {0};
    slice topic = new_topic("full", 2);
    write_one(topic, "a", "before", 1);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 20000;
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    for (int i = 0; i < 1000; i++)
        append(writer, topic, i % 2, "a", "a value of some length, many times over", 1);
    setrlimit(RLIMIT_FSIZE, &small);
    bool committed = topic_writer_commit(writer, NULL, NULL, 0, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_false(committed);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(count_topic(topic), 1);
    append(writer, topic, 0, "a", "after", 1);
    commit(writer);
    topic_writer_close(writer);
    assert_int_equal(count_topic(topic), 2);
    reopen();
    assert_int_equal(count_topic(topic), 2);
}

/* The records are written, the frame that would commit them is not: they never existed. */
static void test_a_full_disk_under_the_commit_log(void **state) {
    error e = {0};
    slice topic = new_topic("frame", 1);
    topic_reader *reader = topic_reader_open(contract.system, SLICE_LITERAL("g"), &e);
    topic_writer *writer = new_writer(SLICE_LITERAL("w"));
    for (int i = 0; i < 100; i++) {
        topic_position position = {topic, 0, i};
        assert_good(topic_writer_commit(writer, reader, &position, 1, &e), &e);
    }
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = (rlim_t)file_size("commits.log") + 7;
    append(writer, topic, 0, "a", "lost", 1);
    setrlimit(RLIMIT_FSIZE, &small);
    bool committed = topic_writer_commit(writer, NULL, NULL, 0, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_false(committed);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(count_topic(topic), 0);
    topic_writer_close(writer);
    topic_reader_close(reader);
    reopen();
    assert_int_equal(count_topic(topic), 0);
    write_one(topic, "a", "kept", 1);
    reopen();
    assert_int_equal(count_topic(topic), 1);
}

/* ---- segments ---- */

static void write_numbers(slice topic, int first, int count, int keys, int64_t timestamp_ms) {
    topic_writer *writer = new_writer((slice){NULL, 0});
    for (int i = first; i < first + count; i++) {
        char key[16], value[32];
        snprintf(key, sizeof key, "k%d", i % keys);
        snprintf(value, sizeof value, "value %d", i);
        append(writer, topic, 0, key, value, timestamp_ms + i);
        if (i % 10 == 9)
            commit(writer);
    }
    commit(writer);
    topic_writer_close(writer);
}

static void test_many_segments_read_as_one(void **state) {
    embedded_log_set_sizes(contract.system, 500, 1 << 20);
    slice topic = new_topic("segments", 1);
    write_numbers(topic, 0, 1000, 10, 1000);
    assert_in_range(file_size("log/t-segments/0/00000000000000000000.log"), 500, 1000);
    for (int round = 0; round < 2; round++) {
        topic_reader *reader = new_reader();
        assign(reader, topic, 0, 0);
        order_check check = {0};
        assert_int_equal(read_to_end_in(reader, 1, 64, check_order, &check), 1000);
        assert_int_equal(check.bad, 0);
        error e = {0};
        int64_t offset;
        for (int64_t at = 0; at < 1000; at += 37) {
            check = (order_check){.next = at};
            assert_good(topic_offset_at(contract.system, topic, 0, 1000 + at, &offset, &e), &e);
            assert_int_equal(offset, at);
            assert_good(topic_reader_seek(reader, topic, 0, at, &e), &e);
            assert_int_equal(read_to_end_in(reader, 1, 300, check_order, &check), 1000 - at);
            assert_int_equal(check.bad, 0);
        }
        topic_reader_close(reader);
        reopen();
    }
}

static void test_retention_drops_old_segments(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 500, 1 << 20);
    slice topic = new_topic_with("retention", (topic_config){.retention_ms = 10000});
    slice forever = new_topic_with("forever", (topic_config){.retention_ms = -1});
    int64_t now = now_ms(), start, end;
    write_numbers(topic, 0, 100, 10, now - 3600000);
    write_numbers(forever, 0, 100, 10, now - 3600000);
    /* What was written just now stays, whatever its timestamps say. */
    assert_good(topic_clean(contract.system, now, &e), &e);
    assert_int_equal(count_topic(topic), 100);
    write_numbers(topic, 0, 100, 10, now + 60000);
    assert_good(topic_clean(contract.system, now + 30000, &e), &e);
    assert_good(topic_offsets(contract.system, topic, 0, &start, &end, &e), &e);
    assert_in_range(start, 80, 100);
    assert_int_equal(end, 200);
    assert_int_equal(count_topic(topic), 200 - start);
    assert_int_equal(file_size("log/t-retention/0/00000000000000000000.log"), -1);
    assert_good(topic_clean(contract.system, now + 3600000, &e), &e);
    assert_int_equal(count_topic(topic), 0);
    reopen();
    assert_good(topic_offsets(contract.system, topic, 0, &start, &end, &e), &e);
    assert_int_equal(start, 200);
    assert_int_equal(end, 200);
    assert_int_equal(count_topic(forever), 100);
    write_one(topic, "a", "1", 1);
    assert_int_equal(count_topic(topic), 1);
}

static void test_dropping_everything_frees_the_files(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 500, 1 << 20);
    slice topic = new_topic("consumed", 1);
    write_numbers(topic, 0, 100, 10, 1);
    assert_good(topic_delete_records(contract.system, topic, 0, 95, &e), &e);
    assert_int_equal(count_topic(topic), 5);
    assert_int_equal(file_size("log/t-consumed/0/00000000000000000000.log"), -1);
    reopen();
    assert_int_equal(count_topic(topic), 5);
    embedded_log_set_sizes(contract.system, 1 << 30, 1 << 20);
    topic_writer *writer = new_writer((slice){NULL, 0});
    for (int i = 0; i < 50000; i++)
        append(writer, topic, 0, "a key", "a value of about forty bytes, more or less", 1);
    commit(writer);
    topic_writer_close(writer);
    assert_good(topic_delete_records(contract.system, topic, 0, 50100, &e), &e);
    assert_int_equal(count_topic(topic), 0);
    char *partition = path_of("log/t-consumed/0");
    assert_int_equal(rmdir(partition), 0); /* no file is left */
    reopen();
    write_one(topic, "a", "1", 1);
    int64_t start, end;
    assert_good(topic_offsets(contract.system, topic, 0, &start, &end, &e), &e);
    assert_int_equal(start, 50100);
    assert_int_equal(end, 50101);
    assert_int_equal(count_topic(topic), 1);
}

/* ---- compaction ---- */

typedef struct key_check {
    int64_t last[64]; /* by key: the number of its last value; -1: a tombstone was last */
    int64_t records, last_offset, bad, tombstones;
} key_check;

static void check_key(void *context, int assignment, const topic_record *record) {
    key_check *check = context;
    int64_t key = 0, value = -1;
    check->records++;
    check->bad += record->offset <= check->last_offset;
    check->last_offset = record->offset;
    if (!record->key.data)
        return;
    check->bad += !slice_to_int64(slice_make(record->key.data + 1, record->key.length - 1), &key);
    if (record->value.data)
        check->bad +=
            !slice_to_int64(slice_make(record->value.data + 6, record->value.length - 6), &value);
    else
        check->tombstones++;
    check->last[key] = value;
}

static key_check read_keys(slice topic) {
    key_check check = {.last_offset = -1};
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 0);
    read_to_end_in(reader, 1, 500, check_key, &check);
    topic_reader_close(reader);
    assert_int_equal(check.bad, 0);
    return check;
}

static void test_compaction_keeps_the_last_of_each_key(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 2000, 1 << 20);
    slice topic = new_topic_with("compact", (topic_config){.compact = true});
    int64_t now = now_ms();
    write_numbers(topic, 0, 5000, 20, now);
    assert_good(topic_clean(contract.system, now, &e), &e);
    for (int round = 0; round < 2; round++) {
        key_check check = read_keys(topic);
        assert_in_range(check.records, 20, 200);
        for (int key = 0; key < 20; key++)
            assert_int_equal(check.last[key], 4980 + key);
        assert_int_equal(check.last_offset, 4999);
        reopen();
        embedded_log_set_sizes(contract.system, 2000, 1 << 20);
    }
    /* A reader that starts in a gap goes on behind it. */
    topic_reader *reader = new_reader();
    assign(reader, topic, 0, 2500);
    key_check check = {.last_offset = 2499};
    read_to_end_in(reader, 1, 500, check_key, &check);
    assert_int_equal(check.bad, 0);
    assert_int_equal(check.last_offset, 4999);
    topic_reader_close(reader);
    write_numbers(topic, 5000, 1000, 30, now);
    assert_good(topic_clean(contract.system, now, &e), &e);
    check = read_keys(topic);
    assert_int_equal(check.last[29], 5999);
    assert_int_equal(check.last[0], 5970);
}

static void test_tombstones_stay_for_a_day(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 2000, 1 << 20);
    slice topic = new_topic_with("tombs", (topic_config){.compact = true});
    int64_t now = now_ms();
    write_numbers(topic, 0, 500, 20, now);
    write_one(topic, "k3", NULL, now);
    topic_writer *writer = new_writer((slice){NULL, 0});
    for (int i = 0; i < 500; i++) {
        append(writer, topic, 0, NULL, "value 1", now);
        if (i % 10 == 0)
            commit(writer);
    }
    commit(writer);
    topic_writer_close(writer);
    assert_good(topic_clean(contract.system, now, &e), &e);
    key_check check = read_keys(topic);
    assert_int_equal(check.tombstones, 1);
    assert_int_equal(check.last[3], -1);
    assert_int_equal(check.records, 20 + 500);
    assert_good(topic_clean(contract.system, now + 20 * 3600000, &e), &e);
    assert_int_equal(read_keys(topic).tombstones, 1);
    assert_good(topic_clean(contract.system, now + 25 * 3600000, &e), &e);
    check = read_keys(topic);
    assert_int_equal(check.tombstones, 0);
    assert_int_equal(check.records, 19 + 500);
}

/* A crash between the rename and the removal of what it replaced. */
static void test_replaced_segments_are_removed_at_open(void **state) {
    error e = {0};
    embedded_log_set_sizes(contract.system, 2000, 1 << 20);
    slice topic = new_topic_with("replaced", (topic_config){.compact = true});
    int64_t now = now_ms();
    write_numbers(topic, 0, 60, 20, now); /* a closed segment, and the active one */
    write_numbers(topic, 60, 200, 20, now);
    char copy[512];
    const char *second = NULL;
    for (int base = 1; base < 200 && !second; base++) {
        snprintf(copy, sizeof copy, "log/t-replaced/0/%020d.log", base);
        second = file_size(copy) > 0 ? copy : NULL;
    }
    assert_non_null(second);
    char saved[600];
    snprintf(saved, sizeof saved, "%s.saved", path_of("second"));
    assert_int_equal(link(path_of(second), saved), 0);
    embedded_log_set_sizes(contract.system, 1 << 20, 1 << 20);
    assert_good(topic_clean(contract.system, now, &e), &e);
    assert_int_equal(file_size(second), -1);
    key_check before = read_keys(topic);
    assert_int_equal(rename(saved, path_of(second)), 0);
    reopen();
    assert_int_equal(file_size(second), -1);
    key_check after = read_keys(topic);
    assert_memory_equal(&before, &after, sizeof before);
}

static void *clean_repeatedly(void *argument) {
    for (int i = 0; i < 20; i++) {
        error e = {0};
        topic_clean(contract.system, now_ms(), &e);
        usleep(2000);
    }
    return NULL;
}

static void test_cleaning_while_writing_and_reading(void **state) {
    embedded_log_set_sizes(contract.system, 3000, 4000);
    slice topic = new_topic_with("busy", (topic_config){.compact = true});
    pthread_t thread;
    pthread_create(&thread, NULL, clean_repeatedly, NULL);
    for (int round = 0; round < 20; round++) {
        write_numbers(topic, round * 400, 400, 40, now_ms());
        key_check check = read_keys(topic);
        for (int key = 0; key < 40; key++)
            assert_int_equal(check.last[key], round * 400 + 360 + key);
    }
    pthread_join(thread, NULL);
}

int main(void) {
    const struct CMUnitTest contract_tests[] = {CONTRACT_TESTS};
    const struct CMUnitTest log_tests[] = {
        cmocka_unit_test(test_everything_survives_a_restart),
        cmocka_unit_test(test_a_name_can_be_used_again),
        cmocka_unit_test(test_bytes_behind_the_commit_are_cut_off),
        cmocka_unit_test(test_a_torn_commit_is_undone),
        cmocka_unit_test(test_the_commit_log_is_rewritten),
        cmocka_unit_test(test_damage_inside_the_commit_log_is_reported),
        cmocka_unit_test(test_a_damaged_batch_is_reported),
        cmocka_unit_test(test_a_missing_segment_is_reported),
        cmocka_unit_test(test_a_second_process_is_refused),
        cmocka_unit_test(test_a_full_disk_fails_the_commit_only),
        cmocka_unit_test(test_a_full_disk_under_the_commit_log),
        cmocka_unit_test(test_many_segments_read_as_one),
        cmocka_unit_test(test_retention_drops_old_segments),
        cmocka_unit_test(test_dropping_everything_frees_the_files),
        cmocka_unit_test(test_compaction_keeps_the_last_of_each_key),
        cmocka_unit_test(test_tombstones_stay_for_a_day),
        cmocka_unit_test(test_replaced_segments_are_removed_at_open),
        cmocka_unit_test(test_cleaning_while_writing_and_reading),
    };
    int failed = cmocka_run_group_tests_name(
        "the contract of topics, embedded log", contract_tests, set_up, tear_down);
    struct CMUnitTest each[sizeof log_tests / sizeof *log_tests];
    for (size_t i = 0; i < sizeof log_tests / sizeof *log_tests; i++) {
        each[i] = log_tests[i];
        each[i].setup_func = set_up;
        each[i].teardown_func = tear_down;
    }
    return failed + cmocka_run_group_tests_name("the embedded log", each, NULL, NULL);
}
