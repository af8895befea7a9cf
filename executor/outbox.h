/* outbox.h - records that a task has made in a round, until their turn to be written. Private to
 * round.c.
 *
 * Threads: one at a time; writing, while nobody adds.
 */
#ifndef SLUICE_EXECUTOR_OUTBOX_H
#define SLUICE_EXECUTOR_OUTBOX_H

#include "executor/topic/topic.h"

/* Where something stands in a round: compared in this order (round.c). */
typedef struct place {
    int64_t root, minor, step;
} place;

static inline int place_compare(const place *a, const place *b) {
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    return a->step < b->step ? -1 : a->step > b->step;
}

typedef struct outbox outbox;
typedef struct running_query running_query;

outbox *outbox_create(void);
void outbox_destroy(outbox *o); /* NULL is allowed */
/* Copies records (the topic's name stays where it is). Places rise. `are_results`: the query's taps
 * hear them. */
void outbox_add(outbox *o, const place *at, slice topic, const topic_record *records, int64_t count,
    bool are_results);
int64_t outbox_bytes(const outbox *o);
/* The first place in it; false: it is empty. */
bool outbox_first(const outbox *o, place *at);
/* Writes what it has of its first place. */
bool outbox_write_first(outbox *o, running_query *q, error *e);
/* Writes everything. */
bool outbox_write(outbox *o, running_query *q, error *e);
/* Forgets everything. */
void outbox_clear(outbox *o);

#endif
