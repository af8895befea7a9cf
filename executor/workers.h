/* workers.h - threads that do a job together and wait for each other: fork and join.
 *
 * A job is a number of parts, which any of the threads may do, each once; the caller is one of the
 * threads. What was written before a job is seen by its parts, and what its parts wrote is seen
 * when it is done, so neither needs locks. Between jobs the threads sleep.
 *
 * Threads: one at a time gives jobs and destroys.
 */
#ifndef SLUICE_EXECUTOR_WORKERS_H
#define SLUICE_EXECUTOR_WORKERS_H

#include "base/error.h"

typedef struct workers workers;

/* `threads` counts the caller's. `name` (at most 15 bytes) is what tools show. NULL: the system
 * gives no threads. */
workers *workers_create(int threads, const char *name, error *e);
void workers_destroy(workers *w); /* NULL is allowed */
/* Runs the parts 0..count-1 and returns when all are done. One part runs on the caller's thread. */
void workers_run(workers *w, int count, void (*part)(void *context, int index), void *context);

#endif
