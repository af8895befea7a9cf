/* debezium.h - records that are changes: Debezium's envelope around the JSON of rows.
 *
 *   {"before": ROW or null, "after": ROW or null, "op": "c" | "r" | "u" | "d", ...}
 *
 * or the same inside {"schema": ..., "payload": ...}. Reading splits a record into its rows' JSON
 * before a format decodes them; writing puts the envelope around what a format has encoded.
 *
 * One thread at a time.
 */
#ifndef SLUICE_EXECUTOR_DEBEZIUM_H
#define SLUICE_EXECUTOR_DEBEZIUM_H

#include "executor/topic/topic.h"

typedef struct debezium_reader debezium_reader;

/* Told why a record is left out; `record` counts from 0 in the call. */
typedef struct debezium_report {
    void (*bad)(void *context, int64_t record, const char *message);
    void *context;
} debezium_report;

/* The rows of the records in order: as records whose value is the row's JSON. `change` says which
 * of them is the old row (CHANGE_DELETE), `origin` which record each comes from. An update gives
 * two, the old one first. Records without a value (tombstones) give none. Valid until the next
 * call. */
typedef struct debezium_rows {
    const topic_record *rows;
    const int8_t *change;
    const int32_t *origin;
    int64_t count;
} debezium_rows;

/* `is_wrapped`: the envelope is inside a field `payload`. `is_silent`: bad records are not told. */
debezium_reader *debezium_reader_open(bool is_wrapped, bool is_silent);
void debezium_reader_close(debezium_reader *d); /* NULL is allowed */
debezium_rows debezium_read(
    debezium_reader *d, const topic_record *records, int64_t count, const debezium_report *report);

/* Appends the envelope of one row. */
void debezium_write(buffer *out, slice row, bool is_deletion);

#endif
