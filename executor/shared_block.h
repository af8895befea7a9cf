/* shared_block.h - decoded records of one partition, read by several queries. Private to
 * shared_reader.c.
 *
 * A block owns the decoder whose columns it is, so that nothing is copied: it is filled again when
 * nobody holds it. The reader's thread fills it; while it is held it is read-only.
 */
#ifndef SLUICE_EXECUTOR_SHARED_BLOCK_H
#define SLUICE_EXECUTOR_SHARED_BLOCK_H

#include "executor/record_codec.h"

/* A record that could not be read. */
typedef struct block_complaint {
    int64_t offset;
    bool of_time;
    char *message;
} block_complaint;

typedef struct shared_block {
    struct shared_block *next_free;
    int holders; /* guarded by the readers' lock */
    int32_t partition;
    int64_t from, until; /* offsets: the position before its first record, and behind its last */
    const batch *rows;   /* the source's columns in its order; NULL where not wanted */
    int64_t first_offset, records, bytes;
    int64_t decode_ns;
    block_complaint *complaints;
    int complaint_count, complaint_capacity;

    record_decoder *decoder;
    const source_descriptor *source; /* with the types that the decoder gives */
    bool *wanted;                    /* by source column: what the decoder decodes */
    int column_count;
} shared_block;

shared_block *shared_block_create(int column_count);
void shared_block_destroy(shared_block *b);
/* Decodes a segment's records for these columns; the scratch is needed for the call only. The
 * source is told from others by its address, and outlives the block. */
bool shared_block_fill(shared_block *b, const source_descriptor *source, const bool *wanted,
    schema_registry *registry, const topic_segment *segment, record_scratch *scratch, error *e);
/* Tells the complaints about records from `offset` on and before `end`. */
void shared_block_report(
    const shared_block *b, int64_t offset, int64_t end, const record_report *report);

#endif
