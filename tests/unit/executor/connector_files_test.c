/* Files that a transaction writes: hidden until it is committed, and after a crash in between named
 * or removed by the next writer, by the mark that the commit has kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "executor/topic/connector.h"

static char directory[] = "/tmp/sluice-files-XXXXXX";
static char made[sizeof directory];

static int set_up(void **state) {
    (void)state;
    memcpy(made, directory, sizeof directory);
    return mkdtemp(made) ? 0 : -1;
}

static int tear_down(void **state) {
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", made);
    return system(command);
}

/* How many files there are, below the directory's partition, that are hidden or that are not. */
static int count_files(const char *below, bool hidden) {
    char path[200];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", made, below);
    DIR *opened = opendir(path);
    for (struct dirent *entry; opened && (entry = readdir(opened));)
        count += strncmp(entry->d_name, hidden ? ".part-" : "part-", hidden ? 6 : 5) == 0;
    if (opened)
        closedir(opened);
    return count;
}

static void write_line(file_sink *s, const char *key, const char *line) {
    error e = {0};
    topic_record record = {.value = slice_of(line)};
    if (key)
        record.key = slice_of(key);
    assert_true(file_sink_append(s, slice_of(made), &record, &e));
}

static void commits_are_named(void **state) {
    (void)state;
    error e = {0};
    file_sink *s = file_sink_open();
    write_line(s, NULL, "a");
    write_line(s, "{\"day\":\"1/2\"}", "b");
    assert_true(file_sink_prepare(s, &e));
    assert_int_equal(count_files("", true), 1);
    assert_true(file_sink_publish(s, &e));
    assert_int_equal(count_files("", false), 1);
    assert_int_equal(count_files("day=1%2F2", false), 1);
    file_sink_close(s);
}

/* The process dies when files are written and the transaction is, or is not, committed. */
static void a_crash_leaves_what_was_committed(void **state) {
    (void)state;
    error e = {0};
    topic_commit_mark mark;
    file_sink *s = file_sink_open();
    write_line(s, NULL, "a");
    write_line(s, "{\"day\":\"1\"}", "b");
    file_sink_mark(s, &mark); /* kept with the commit */
    assert_true(file_sink_prepare(s, &e));
    file_sink_close(s);

    s = file_sink_open();
    assert_true(file_sink_resume(s, slice_of(made), &mark, &e));
    assert_int_equal(count_files("", false), 1);
    assert_int_equal(count_files("day=1", false), 1);
    assert_int_equal(count_files("day=1", true), 0);

    write_line(s, NULL, "c"); /* and now it is not committed: the mark is the one before */
    assert_true(file_sink_prepare(s, &e));
    assert_int_equal(count_files("", true), 1);
    file_sink_close(s);
    s = file_sink_open();
    assert_true(file_sink_resume(s, slice_of(made), &mark, &e));
    assert_int_equal(count_files("", true), 0);
    assert_int_equal(count_files("", false), 1);
    file_sink_close(s);
}

static void files_of_others_are_left_alone(void **state) {
    (void)state;
    error e = {0};
    topic_commit_mark mark;
    file_sink *other = file_sink_open(), *s = file_sink_open();
    write_line(other, NULL, "a");
    assert_true(file_sink_prepare(other, &e));
    file_sink_mark(s, &mark);
    assert_true(file_sink_resume(s, slice_of(made), &mark, &e));
    assert_int_equal(count_files("", true), 1);
    assert_true(file_sink_publish(other, &e));
    file_sink_close(s);
    file_sink_close(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_leaves_what_was_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_of_others_are_left_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
