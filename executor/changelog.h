/* changelog.h - a query's changelog: the topic from which its state can be made again. Private to
 * the executor.
 *
 * Each commit appends its changes in blocks, records without a key, in the partition of their
 * stores; and one record with the positions of the commit (query_commit.c, query_input.c). Whoever
 * applies the blocks of a partition in their order has its state.
 *
 * So that it does not grow for ever, a changelog that has become several times as long as the state
 * is renewed: with each commit some more of what is committed is appended again. When all of it has
 * been, what lies before where this began is dropped.
 *
 * Threads: the query's own. Errors: those of the state and of topics.
 */
#ifndef SLUICE_EXECUTOR_CHANGELOG_H
#define SLUICE_EXECUTOR_CHANGELOG_H

#include "executor/state/state.h"
#include "executor/topic/topic.h"

typedef struct changelog changelog;

/* The form that operators' states have, in the names below: what has another one is refused. */
#define CHANGELOG_FORM "2"
/* The key of records with positions. */
#define CHANGELOG_POSITIONS SLICE_LITERAL("\0positions, " CHANGELOG_FORM)

/* Of a state that has just been opened; both stay the caller's, and outlive it, as the topic's name
 * does. With less than `least_bytes` it is not renewed; 0: the default. */
changelog *changelog_open(
    topic_system *topics, slice topic, int32_t partitions, state *s, int64_t least_bytes);
void changelog_close(changelog *c); /* NULL is allowed */

/* ---- writing ---- */

/* Flushes the state, and appends every change to the writer's open transaction. */
bool changelog_write(changelog *c, topic_writer *writer, error *e);
/* Ahead of that, the unread changes of one store so far; the last block stays to be filled. */
bool changelog_write_early(changelog *c, store *st, topic_writer *writer, error *e);
/* The writer has committed; the state will next. Says in the state's facts how far it is. */
void changelog_committed(changelog *c, topic_writer *writer);

/* ---- reading ---- */

/* That the state goes with a changelog of this version. ERROR_DATA */
bool changelog_check(const changelog *c, error *e);
/* Where the state is in a partition: the offset behind the last record it knows. */
int64_t changelog_position(const changelog *c, int32_t partition);
/* Applies a record; the state is then at `next_offset`, which changelog_keep notes in its facts. */
bool changelog_apply(changelog *c, const topic_record *record, error *e);
void changelog_advance(changelog *c, int32_t partition, int64_t next_offset);
/* Before the state is committed. */
void changelog_keep(changelog *c);

#endif
