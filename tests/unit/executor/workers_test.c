/* Fork and join: each part of a job is done once, by any of the threads, and the job is done when
 * workers_run returns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "executor/workers.h"

enum { PARTS = 37, JOBS = 500 };

typedef struct job {
    int done[PARTS]; /* each touched by its part only, so it needs no lock */
    int count;
    atomic_int inside; /* parts that wait for each other */
} job;

static void count_part(void *context, int index) {
    job *j = context;
    assert_true(index >= 0 && index < j->count);
    j->done[index]++;
}

static workers *open_workers(int threads) {
    error e = {0};
    workers *w = workers_create(threads, "test-worker", &e);
    assert_non_null(w);
    return w;
}

static void test_each_part_is_done_once(void **state) {
    for (int threads = 1; threads <= 4; threads++) {
        workers *w = open_workers(threads);
        job j = {.count = 0};
        for (int n = 0; n < JOBS; n++) {
            j.count = n % (PARTS + 1);
            workers_run(w, j.count, count_part, &j);
        }
        int expected;
        for (int i = 0; i < PARTS; i++) {
            expected = 0;
            for (int n = 0; n < JOBS; n++)
                expected += n % (PARTS + 1) > i;
            assert_int_equal(j.done[i], expected);
        }
        workers_destroy(w);
    }
}

/* Comes to an end only when another thread does another part meanwhile. */
static void wait_for_others(void *context, int index) {
    job *j = context;
    j->inside++;
    while (j->inside < j->count)
        sched_yield();
}

static void test_parts_run_beside_each_other(void **state) {
    workers *w = open_workers(3);
    job j = {.count = 3};
    workers_run(w, j.count, wait_for_others, &j);
    assert_int_equal(j.inside, 3);
    workers_destroy(w);
}

static void note_thread(void *context, int index) {
    ((pthread_t *)context)[index] = pthread_self();
}

static void test_one_part_stays_on_the_callers_thread(void **state) {
    workers *w = open_workers(3);
    pthread_t thread;
    workers_run(w, 1, note_thread, &thread);
    assert_true(pthread_equal(thread, pthread_self()));
    workers_destroy(w);
}

static void test_workers_without_a_job_end(void **state) {
    workers_destroy(open_workers(4));
    workers_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_is_done_once),
        cmocka_unit_test(test_parts_run_beside_each_other),
        cmocka_unit_test(test_one_part_stays_on_the_callers_thread),
        cmocka_unit_test(test_workers_without_a_job_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
