/* changelog.h - a query's changes as records of its changelog. Private to the executor.
 *
 * A record's key is the store's name (a length byte first), then the change's key; its value is the
 * change's, and none where a key was deleted. It is in the store's partition. A record whose key
 * begins with 0 holds the positions of the commit (task.c, query_input.c).
 */
#ifndef SLUICE_EXECUTOR_CHANGELOG_H
#define SLUICE_EXECUTOR_CHANGELOG_H

#include "executor/state/state.h"
#include "executor/topic/topic.h"

/* Flushes the state, and appends every change to the writer's open transaction. */
bool changelog_write(state *s, topic_writer *writer, slice topic, error *e);
/* Ahead of that, the unread changes of one store so far. */
bool changelog_write_early(store *st, topic_writer *writer, slice topic, error *e);
/* Replays a record of changes; what is none does nothing. */
void changelog_apply(state *s, const topic_record *record);

#endif
