/* task_fixture.h - what a task offers to its operators, as stubs that note what was asked of them.
 *
 * Included by the fixtures of operators, each of which shows rows and results in a language of its
 * own, of words with blanks between, and says where `operator_emit` goes.
 */
#ifndef SLUICE_TESTS_TASK_FIXTURE_H
#define SLUICE_TESTS_TASK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "executor/operator/operators.h"
#include "tests/unit/temporary_directory.h"

struct task {
    state *state;
    bool results_per_row;
    int64_t late_rows, now_ms;
    char reported[256]; /* the last row that could not be processed */
    clock_source clock;
    error failure;
    operator sink;
    buffer results;
};

int32_t task_partition(const task *t) {
    return 0;
}
bool task_results_per_row(const task *t) {
    return t->results_per_row;
}
void task_ask_commit(task *t) {
    (void)t;
}
void task_write_changes(task *t, store *st) {
    (void)t;
    (void)st;
}
const clock_source *task_clock(const task *t) {
    return t->clock.now_ms ? &t->clock : &CLOCK_SYSTEM;
}
store *task_store(task *t, const plan_node *node, const char *suffix, error *e) {
    char name[64];
    int length =
        snprintf(name, sizeof name, "%.*s%s", SLICE_ARG(node->store), suffix ? suffix : "");
    return state_store(t->state, slice_make(name, (size_t)length), 0, e);
}
void task_late_row(task *t, const plan_node *node, const batch *rows, int64_t row,
    const int *records, const late_row *why) {
    t->late_rows++;
}
void task_report_row(task *t, const plan_node *node, const char *message) {
    snprintf(t->reported, sizeof t->reported, "%s", message);
}
const program_report *task_program_report(task *t, const plan_node *node) {
    return NULL;
}
void task_fail(task *t, const error *e) {
    t->failure = *e;
}

/* The text's first word, which is taken off it. */
static inline slice take_word(slice *text) {
    *text = slice_trim(*text);
    size_t length = 0;
    while (length < text->length && text->data[length] != ' ')
        length++;
    slice word = slice_make(text->data, length);
    *text = slice_make(text->data + length, text->length - length);
    return word;
}

#endif
