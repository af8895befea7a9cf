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
#include "tests/unit/temporary_directory.h"

static char made[TEMPORARY_DIRECTORY_BYTES];

static int set_up(void **state) {
    (void)state;
    temporary_directory_make(made, "files");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    temporary_directory_remove(made);
    return 0;
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

/* ---- files that are watched ---- */

static void write_file(const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", made, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *name) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", made, name);
    assert_int_equal(unlink(path), 0);
}

static connector_source *open_watched(const char *interval, int64_t position) {
    error e = {0};
    char path[200], ledgers[200];
    snprintf(path, sizeof path, "watch=%s:%s", interval, made);
    snprintf(ledgers, sizeof ledgers, "%s/_found", made);
    connector_source *s = file_source_open(slice_of(path), slice_of(ledgers), &e);
    assert_non_null(s);
    s->position = position;
    return s;
}

/* The lines from the position on, put together. */
static void check_lines(connector_source *s, const char *expected) {
    char text[100] = "";
    const topic_record *records;
    int64_t count;
    error e = {0};
    do {
        assert_true(s->functions->read(s, 10, &records, &count, &e));
        for (int64_t i = 0; i < count; i++)
            strncat(text, records[i].value.data, records[i].value.length);
    } while (count);
    assert_string_equal(text, expected);
}

static void look(connector_source *s) {
    error e = {0};
    assert_true(s->functions->look(s, &e));
}

/* Whatever their names are, and when others have gone meanwhile. */
static void new_files_come_behind_those_that_were_found(void **state) {
    (void)state;
    write_file("m", "a\nb\n");
    connector_source *s = open_watched("3600000", 0);
    check_lines(s, "ab");
    write_file("a", "c\n");
    write_file(".hidden", "x\n");
    check_lines(s, "");
    look(s);
    check_lines(s, "c");
    assert_int_equal(s->position, 6);
    s->functions->close(s);
    remove_file("m");
    write_file("b", "d\n");
    s = open_watched("3600000", 4);
    check_lines(s, "cd");
    connector_source *other = open_watched("3600000", 6);
    check_lines(other, "d");
    write_file("c", "e\n");
    look(other);
    check_lines(other, "e");
    look(s);
    check_lines(s, "e");
    s->functions->close(s);
    other->functions->close(other);
}

/* Half an entry of the list is of a file that nobody has read from. */
static void a_list_that_was_cut_off_goes_on(void **state) {
    char path[200];
    (void)state;
    write_file("a", "a\n");
    connector_source *s = open_watched("1", 0);
    check_lines(s, "a");
    s->functions->close(s);
    snprintf(path, sizeof path, "cd '%s/_found' && printf '2 170 0 9\\n/tm' >> *", made);
    assert_int_equal(system(path), 0);
    write_file("b", "b\n");
    s = open_watched("1", 2);
    check_lines(s, "b");
    s->functions->close(s);
    s = open_watched("1", 0);
    check_lines(s, "ab");
    s->functions->close(s);
}

static void a_directory_must_be_there(void **state) {
    (void)state;
    error e = {0};
    assert_null(file_source_open(SLICE_LITERAL("watch=10:/nowhere/at/all"), slice_of(made), &e));
    assert_non_null(strstr(e.message, "/nowhere/at/all"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_leaves_what_was_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_of_others_are_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            new_files_come_behind_those_that_were_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_was_cut_off_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_must_be_there, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
