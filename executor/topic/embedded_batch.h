/* embedded_batch.h - record batches as the embedded log stores them. Private to executor/topic.
 *
 * A batch is a fixed header (little-endian, as the struct below) and a body of records. The
 * checksum covers both. A record is
 *
 *   flags, varint of the timestamp's difference to the record before (zigzag),
 *   [varint: offsets skipped]  [varint length, key]  [varint length, value]
 *   [varint header count, then per header: varint length, key, varint length + 1 (0: null), value]
 *
 * where the flags say which of the optional parts are there.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_EMBEDDED_BATCH_H
#define SLUICE_EXECUTOR_TOPIC_EMBEDDED_BATCH_H

#include "executor/topic/topic.h"

enum {
    LOG_BATCH_BODY_BYTES = 64 * 1024, /* a batch is closed once its body has reached this */
    LOG_RECORD_BYTES_MAX = 512 * 1024 * 1024,
};
#define LOG_BATCH_MAGIC 0x31424c53u /* "SLB1" */

typedef struct log_batch_header {
    uint32_t magic;
    uint32_t body_bytes;
    uint64_t checksum;
    int64_t base_offset;
    int64_t base_timestamp_ms;
    int64_t max_timestamp_ms;
    int64_t appended_ms; /* the clock of the machine when the batch was committed */
    int32_t record_count;
    int32_t last_delta; /* offset of the last record, minus base_offset */
} log_batch_header;

_Static_assert(sizeof(log_batch_header) == 56, "the header is stored as it is");

/* Encodes records into consecutive batches. A zeroed builder is an empty one. */
typedef struct log_batch_builder {
    buffer bytes;
    bool is_open;
    size_t open_at; /* where the header of the open batch is */
    log_batch_header header;
    int64_t previous_offset, previous_timestamp_ms;
} log_batch_builder;

void log_batch_builder_free(log_batch_builder *b);
void log_batch_builder_clear(log_batch_builder *b);
/* Appends a record that will have `offset`; offsets must increase. */
void log_batch_builder_append(log_batch_builder *b, const topic_record *record, int64_t offset);
/* Closes the open batch. Checksums are complete only after log_batches_stamp. */
void log_batch_builder_seal(log_batch_builder *b);
/* Final offsets, clock and checksums: adds `shift` to the offsets of all batches in the builder.
 * `appended_ms` 0 keeps the clocks that were set with log_batch_builder_age. */
void log_batch_builder_stamp(log_batch_builder *b, int64_t shift, int64_t appended_ms);
/* The batch that is open (or opened next) holds records appended at `appended_ms`. */
void log_batch_builder_age(log_batch_builder *b, int64_t appended_ms);

/* True when `bytes` (header and whole body) are a batch as it was written. */
bool log_batch_check(const log_batch_header *header, const char *body);

/* Where decoding stands inside a body. */
typedef struct log_batch_cursor {
    int64_t at; /* bytes into the body */
    int64_t next_offset;
    int64_t previous_timestamp_ms;
    int32_t left; /* records */
} log_batch_cursor;

/* Headers of decoded records; their places move while it grows, so records hold indexes until
 * log_headers_resolve. */
typedef struct log_headers {
    topic_header *items;
    int64_t count, capacity;
} log_headers;

void log_headers_free(log_headers *headers);

log_batch_cursor log_batch_start(const log_batch_header *header);
/* Decodes at most `limit` records. They point into `body`; their header arrays are indexes into
 * `headers` until log_headers_resolve. Returns how many, or -1 when the body is malformed. */
int64_t log_batch_decode(log_batch_cursor *cursor, const char *body, int64_t body_bytes,
    int32_t partition, topic_record *records, int64_t limit, log_headers *headers);
void log_headers_resolve(const log_headers *headers, topic_record *records, int64_t count);

#endif
