/* shared_reader.h - a topic that several queries read is read and decoded once.
 *
 * A shared reader is one reader of all partitions of one source, on a thread of its own, which
 * decodes the columns that any of its queries wants. Each query has a seat. A query sits down at
 * the reader that is where the query is, or at a new one: after a restart, after it has fallen
 * behind, or when it begins at the start of a long topic, it reads alone until it has come to where
 * the others are. Positions are each query's own business, so nothing here matters for exactly
 * once.
 *
 * Where a query has several threads, the runs of records that one poll brings of several partitions
 * are decoded by as many, which is most of a reader's work.
 *
 * A reader keeps a bounded number of decoded blocks and waits for the slowest of its queries. When
 * one holds up the others of a reader that had come to the end of the topic, it loses its place and
 * goes on alone.
 *
 * Threads: a seat belongs to one thread at a time, except for reader_seat_wake.
 */
#ifndef SLUICE_EXECUTOR_SHARED_READER_H
#define SLUICE_EXECUTOR_SHARED_READER_H

#include "executor/record_codec.h"

typedef struct shared_readers shared_readers; /* all of an engine */
typedef struct reader_seat reader_seat;

/* What it is given must outlive it; `registry` may be NULL. */
shared_readers *shared_readers_create(topic_system *topics, schema_registry *registry);
void shared_readers_destroy(shared_readers *all); /* all seats are closed */
/* While held, readers that have not begun do not begin: queries that are opened meanwhile begin
 * together. Counted. */
void shared_readers_hold(shared_readers *all, bool hold);

/* A seat for a source's rows as `node` (a PLAN_SOURCE without a column of whole records) gives
 * them. It is nowhere yet. `group` is for monitoring. Both must outlive it. */
reader_seat *reader_seat_open(
    shared_readers *all, const plan_node *node, int32_t partitions, slice group);
void reader_seat_close(reader_seat *seat); /* NULL is allowed */
/* How many threads its query has: partitions are decoded by as many as the seat of a reader that
 * has the most. Before it sits down; one when nobody says. */
void reader_seat_use_threads(reader_seat *seat, int threads);
/* Whether its query works on barriers for long, and takes no rows then: more is read ahead. */
void reader_seat_expect_long_barriers(reader_seat *seat, bool are_long);
/* Rows from that offset on are not given (but passed over). Before it sits down. */
void reader_seat_end_at(reader_seat *seat, int32_t partition, int64_t end);
/* Whether others have seats for the same source, so that sitting down saves something. */
bool reader_seat_has_company(reader_seat *seat);
/* Whether readers that have not begun are held; waits a while for the end of it. */
bool reader_seat_is_held(reader_seat *seat, int64_t timeout_ms);
/* Sits down where `positions` (by partition) says; does nothing for one that sits. */
bool reader_seat_take(reader_seat *seat, const int64_t *positions, error *e);
/* Gets up (a pause), so that nobody waits for it. */
void reader_seat_leave(reader_seat *seat);

/* A run of consecutive records of one partition, decoded. */
typedef struct shared_rows {
    int32_t partition;
    const batch *rows; /* of the records not before the seat's position, those that can be read */
    int64_t records;   /* how many there were */
    int64_t decode_ns; /* this query's share of the time it took */
} shared_rows;

enum { READER_SEAT_BLOCKS = 8 };

/* Waits at most `timeout_ms` for the next rows, which are valid until the next call: up to `most`
 * (READER_SEAT_BLOCKS at most) runs of them, as many as are there; none when none came. `positions`
 * are where the query is, should the seat have lost its place. Records that cannot be read are told
 * to `report`. False: the topic cannot be read. */
bool reader_seat_poll(reader_seat *seat, const int64_t *positions, int64_t timeout_ms,
    const record_report *report, int most, const shared_rows **rows, int *count, error *e);
/* Makes a poll that waits, or else the next one, return at once. Any thread. */
void reader_seat_wake(reader_seat *seat);
/* As topic_reader_position and topic_reader_lag, when the rows given last are processed. */
int64_t reader_seat_position(const reader_seat *seat, int32_t partition);
int64_t reader_seat_lag(const reader_seat *seat, int32_t partition);
/* For tests: how many readers there are. */
int shared_readers_count(shared_readers *all);

#endif
