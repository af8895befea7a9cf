/* round.h - what a query does at one time, on one thread or on several. Inside the executor.
 *
 * The query's thread gives work: a source's rows, an operator's barrier. With one thread it is done
 * at once. With several it is collected, and a round does all of it: tasks run beside each other,
 * each on one thread at a time, and every operator, every topic gets the same rows in the same
 * order as with one thread. When a round is done everything has been pushed through.
 *
 * Threads: query_do, query_finish and what opens and closes are the query's thread's; the others
 * are called by operators, wherever these run.
 */
#ifndef SLUICE_EXECUTOR_ROUND_H
#define SLUICE_EXECUTOR_ROUND_H

#include "executor/operator/operator.h"
#include "executor/topic/topic.h"

typedef struct rounds rounds;
typedef struct running_query running_query;

/* Something to be done at an operator, and so in its task. `run` reads the rest as it likes; what
 * is pointed to stays until the round is done. */
typedef struct work {
    void (*run)(const struct work *w);
    operator* at;
    int input;
    int64_t number, count;
    const void *data;
    void *object;
} work;

/* For a query whose operators have been connected; makes nothing where one thread is enough. */
bool query_open_rounds(running_query *q, error *e);
void query_close_rounds(running_query *q); /* before its operators */

void query_do(running_query *q, const work *w);
/* All that was given is done when it returns. */
void query_finish(running_query *q);
/* The same for a barrier, where one task may give more records than should wait for the others': of
 * different tasks these then go into topics in any order. */
void query_finish_barrier(running_query *q);

/* Whether what an operator gives has to wait, because the other one's turn is later in the round.
 */
static inline bool round_parts(const operator* from, const operator* to) {
    return to->level > from->level;
}
/* Then: rows, or those `picked` (NULL: all; they are copied), and watermarks. */
void round_pass_rows(operator* from, operator* to, int input, const batch *rows,
    const int32_t *picked, int64_t count);
void round_pass(operator* from, const work *w);

/* Writes records to a topic, in the query's transaction. `are_results`: its taps hear them. A
 * failure fails the task. */
void task_write(task *t, slice topic, const topic_record *records, int64_t count, bool are_results);

#endif
