/* queued_writer.h - a writer whose work is done on a thread of its own.
 *
 * Appending copies records into a queue; a thread, which begins with the first of them, gives them
 * to the writer inside, in their order, and commits. So who makes records does not wait for a
 * cluster or a disk while there is room in the queue, and may go on with the next transaction while
 * one is being committed.
 *
 * It is a topic_writer; topic.h describes its functions. What fails inside is told by the next call
 * that can say so, and by the commit at the latest. The others that wait for the thread are
 * topic_writer_abort, topic_writer_close, the end offsets of partitions that the last commit was
 * not asked about, and topic_writer_mark where something was written beside topics.
 *
 * Threads: one thread at a time, but for `committed`.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_QUEUED_WRITER_H
#define SLUICE_EXECUTOR_TOPIC_QUEUED_WRITER_H

#include "executor/topic/topic.h"

/* Takes the writer, to which nothing has been appended. `committed`, if not NULL, is called on the
 * thread when a commit has ended, well or not. */
topic_writer *queued_writer_open(
    topic_writer *inner, void (*committed)(void *context), void *context);
/* How many bytes may wait before appending waits. 0, as it is at first: while no commit is under
 * way who appends does the work itself, which costs less where records come all the time, and after
 * the beginning of a commit half a megabyte may wait. */
void queued_writer_set_room(topic_writer *writer, int64_t bytes);

/* Begins what topic_writer_commit does as a whole; positions and the topic's name are copied, the
 * reader stays until the end. Then topic_writer_end_offset knows the ends of that topic's
 * partitions without waiting. No commit is under way. */
void queued_writer_begin_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, slice ends_of, int32_t partitions);
/* Whether one has begun and not been ended. */
bool queued_writer_is_committing(const topic_writer *writer);
/* Ends it if it is done; `waits`: waits until it is. False: it has failed. */
bool queued_writer_end_commit(topic_writer *writer, bool waits, error *e);

#endif
