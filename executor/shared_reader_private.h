/* shared_reader_private.h - what the files of shared readers have in common: shared_reader.c (the
 * readers), reader_place.c (where a seat's place is), reader_seat.c (what a query takes there).
 *
 * One lock guards everything except the decoding, which only the reader's thread and its workers
 * do, and the rows of blocks that are held.
 */
#ifndef SLUICE_EXECUTOR_SHARED_READER_PRIVATE_H
#define SLUICE_EXECUTOR_SHARED_READER_PRIVATE_H

#include <pthread.h>

#include "executor/shared_block.h"
#include "executor/shared_reader.h"

/* As many blocks may be ahead of the slowest query at most, and at least, however large they are;
 * of small ones more, since a query that works on a barrier takes none for a while. Where several
 * queries read, others work then, and less is needed. One that works on barriers for long gets
 * more. */
enum {
    SHARED_BLOCKS_AHEAD = 640,
    SHARED_BLOCKS_AHEAD_LEAST = 16,
    SHARED_BYTES_AHEAD = 8 << 20,       /* divided among the queries that read, */
    SHARED_SEATS_COUNTED = 3,           /* of which no more than these count */
    SHARED_BYTES_AHEAD_MOST = 20 << 20, /* where one of them has long barriers */
    SHARED_BLOCKS_BEHIND = 4,           /* taken by all, and still there */
};

typedef struct reader {
    struct reader *next;
    int64_t number; /* older readers have lower ones */
    shared_readers *all;
    arena *arena;
    const source_descriptor *source; /* with all fields of ROWs that anybody wants so far */
    slice group;
    int32_t partitions;
    int threads; /* that decode: of the seat that wants most */
    pthread_t thread;
    pthread_cond_t came, room;
    bool has_begun, stops;
    topic_reader *topic; /* NULL while it is not open */
    int64_t *positions;  /* by partition: what is behind the newest blocks */
    int64_t *lags;       /* behind its positions */
    int64_t news;        /* counts what seats may wait for: blocks, positions, failure */
    bool *wanted;        /* by source column */
    bool *decoded;       /* what the blocks from now on have */
    const source_descriptor *decoded_source;
    shared_block **blocks;
    int64_t capacity, first, count_next;
    shared_block *free;
    reader_seat *seats;
    bool was_at_end;
    int64_t held_up_ms;
    bool failed;
    error failure;
} reader;

/* A block that a seat has given the rows of. */
typedef struct held_block {
    shared_block *block;
    int64_t position; /* of the seat before */
    column **columns;
    column *narrow; /* by column: ROWs with the query's fields only; NULL: there are none yet */
    column ***fields;
    batch view;
    batch_builder *rest; /* of a block that begins before the position */
} held_block;

struct reader_seat {
    reader_seat *next_seat;
    shared_readers *all;
    const plan_node *node;
    slice group;
    int32_t partitions;
    int threads;
    bool has_long_barriers; /* guarded by the lock; its thread, which sets it, reads it without */
    reader_seat *next_open;
    int others;        /* seats at the same source; guarded by the lock, read by its thread */
    int64_t *ends;     /* by partition: rows from there on are not given */
    reader *at;        /* NULL: it has no place */
    bool lost_place;   /* its reader does not wait for it any more */
    bool waits, woken; /* guarded by the lock */
    int64_t news;      /* of the reader, that it has heard */
    int64_t block_next;
    held_block held[READER_SEAT_BLOCKS];
    int held_count;
    /* Of the seat's thread. */
    int64_t *positions, *lags;
    shared_rows rows[READER_SEAT_BLOCKS];
};

struct shared_readers {
    topic_system *topics;
    schema_registry *registry;
    pthread_mutex_t lock;
    pthread_cond_t released;
    _Atomic int holds;
    reader_seat *open; /* all seats */
    reader *readers;
    int64_t made;
};

/* The lock is held, but for shared_reader_end and shared_reader_wait. */
void shared_reader_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline_ms);
shared_block **shared_reader_block(const reader *r, int64_t number);
/* One holder less. */
void shared_reader_let_go(reader *r, shared_block *b);
/* One that begins at the seat's positions, listed; NULL: it gets no thread. */
reader *shared_reader_make(reader_seat *s, const int64_t *positions, error *e);
/* Ends one that is not listed any more and where nobody sits. Not with the lock; NULL is allowed.
 */
void shared_reader_end(reader *r);
/* From its next block on it decodes what the seat's source wants, with as many threads. */
void shared_reader_want(reader *r, const reader_seat *s);

/* Whether what is decoded for one is what the other needs, with more fields of ROWs perhaps. */
bool reader_place_same_source(const source_descriptor *a, const source_descriptor *b);

/* ---- reader_fields.c: ROWs of which queries want different fields ---- */

/* Whether a value of type `there` has all fields of `wanted`. */
bool reader_has_fields(const sql_type *there, const sql_type *wanted);
/* The source with the fields of both; `source` itself where it has all of them. */
const source_descriptor *reader_add_fields(
    arena *a, const source_descriptor *source, const plan_node *node);
/* The column as the type has it: itself, or a view in `h` of the fields that are wanted. */
column *reader_narrow(held_block *h, int index, int count, column *c, const sql_type *type);
void reader_free_narrow(held_block *h, int count);

/* Sits down where the positions say, at a reader that is there or at a new one. */
bool reader_place_take(reader_seat *s, const int64_t *positions, error *e);
/* Gives the reader that is to be ended without the lock, or NULL. */
reader *reader_place_leave(reader_seat *s);
/* To an older reader that is where this seat is: two become one again. Gives what
 * reader_place_leave gives. */
reader *reader_place_move(reader_seat *s);

#endif
