/* record_codec.h - between a topic's records and batches of its source's rows.
 *
 * Puts together what a source declares: the formats of key and value, wrapping, window bounds in
 * the key, the timestamp column, headers. Used by the source and sink operators, by INSERT and by
 * PRINT.
 *
 * Windowed keys have the layout that Kafka Streams gives them: the key's bytes, then 8 bytes of
 * window start for time windows, or 8 bytes of end and 8 bytes of start for sessions, big endian.
 *
 * One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_RECORD_CODEC_H
#define SLUICE_EXECUTOR_RECORD_CODEC_H

#include "executor/format/format.h"
#include "executor/topic/topic.h"
#include "planner/plan.h"

typedef struct record_decoder record_decoder;
typedef struct record_encoder record_encoder;
typedef struct record_scratch record_scratch;

/* Told about each record or row that was left out, and why. */
typedef struct record_report {
    void (*dropped)(void *context, const char *message);
    void *context;
    /* A record whose TIMESTAMP column tells no time, where that is to stop the query; NULL: it is
     * left out like others. */
    void (*bad_time)(void *context, const char *message);
} record_report;

typedef struct record_decoder_options {
    const int *source_columns; /* for each output column its index in source->columns */
    int column_count;
    const bool *wanted;   /* which output columns to decode; NULL: all */
    bool needs_source;    /* partition and offset arrays */
    bool needs_headers;   /* the batch's headers column */
    bool keeps_null_keys; /* a table's record without a key is a CHANGE_EMPTY row: it has a time */
    schema_registry *registry;
} record_decoder_options;

/* The source must outlive the decoder. */
record_decoder *record_decoder_open(
    const source_descriptor *source, const record_decoder_options *options, error *e);
void record_decoder_close(record_decoder *d); /* NULL is allowed */
/* Rows of the records that can be read, in order; records that cannot are reported and left out.
 * Valid until the next call. Streams: a null value gives CHANGE_EMPTY; tables: CHANGE_DELETE, and
 * null keys are left out. */
const batch *record_decode(
    record_decoder *d, const topic_record *records, int64_t count, const record_report *report);

/* Memory for what a decoder needs during a call and not for the rows it gives: of several whose
 * rows are kept, those used one after the other may have one. Each has one of its own until it
 * borrows another. */
record_scratch *record_scratch_create(void);
void record_scratch_destroy(record_scratch *s); /* NULL is allowed */
void record_decoder_borrow(record_decoder *d, record_scratch *scratch);

/* While a report is made by record_decode: which of its records it is about. */
int64_t record_decoder_reporting(const record_decoder *d);

/* Encodes batches with these columns as records of `sink`, matching columns by name.
 * `key_of_nulls_is_null`: a key of several columns that are all null is a null key (nobody gave
 * one); otherwise it is a record of nulls (it was computed). */
record_encoder *record_encoder_open(const source_descriptor *sink, const plan_column *columns,
    int column_count, bool key_of_nulls_is_null, schema_registry *registry, error *e);
void record_encoder_close(record_encoder *c); /* NULL is allowed */
/* The records of the rows first..first+count, valid until the next call; a batch is given whole or
 * in parts, from its first row on. Rows that cannot be written are reported and left out. Rows that
 * are not CHANGE_INSERT get a null value. `partitions` of the topic, to place windowed keys. */
int64_t record_encode(record_encoder *c, const batch *rows, int64_t first, int64_t count,
    int32_t partitions, const topic_record **records, const record_report *report);

/* The key's or the value's schema as formats see it, in `a`. `of_key` chooses which. `columns` gets
 * the index in source->columns of each schema column. */
format_schema record_schema(arena *a, const source_descriptor *source, bool of_key, int **columns);
/* The options for the formats of a source; `subject` is made in `a`. */
format_options record_format_options(
    arena *a, const source_descriptor *source, bool of_key, schema_registry *registry);

#endif
