/* response.h - what a statement answers: an entity, and how it is written as JSON.
 *
 * A statement that is not a query answers with at most one entity. An entity knows its type (the
 * "@type" of the wire: "currentStatus", "streams", "sourceDescription", ...) and its whole JSON
 * object, in the shapes that ksqlDB's clients read. It is made as text at once, by the statement
 * that knows the facts; the REST layer passes it on as it is, and the shell reads it back as any
 * client does.
 *
 * Rows of queries are written by response_append_row, a batch's row as a JSON array; a query's
 * header as the two wire forms want it is written by the two functions below that.
 *
 * A response lives in the arena it was made in. Any thread.
 */
#ifndef SLUICE_SERVER_RESPONSE_H
#define SLUICE_SERVER_RESPONSE_H

#include "base/column.h"
#include "catalog/catalog.h"
#include "planner/plan.h"

typedef struct response {
    const char
        *type;  /* "currentStatus"; NULL: the statement has nothing to say (SET, INSERT VALUES) */
    slice json; /* {"@type":"currentStatus","statementText":...} */
    slice
        message; /* one line for a person ("Stream created"); the NULL slice where there is none */
    int64_t sequence; /* commandSequenceNumber; -1: nothing was changed */
} response;

/* One output column of a query, in the order of its SELECT. */
typedef struct query_column {
    slice name;
    const sql_type *type;
    bool is_key; /* printed as KEY in the header's schema (pull queries) */
    int index;   /* in the batches that are given with it; -1 and -2: the window's start and end */
} query_column;

typedef struct query_header {
    slice query_id;
    const query_column *columns;
    int column_count;
    bool is_pull;
    bool is_table; /* rows may be deletions */
} query_header;

/* One row as a JSON array: [10,"a",null]. Numbers keep their digits, BYTES are base64, DATE, TIME
 * and TIMESTAMP are ISO texts (2020-01-31, 10:00:00, 2020-01-31T10:00:00.000). */
void response_append_row(buffer *out, const query_header *header, const batch *rows, int64_t row);
/* One value in the same way. */
void response_append_value(buffer *out, const column *c, int64_t row);
/* `ID` BIGINT KEY, `V` STRING */
void response_append_schema(buffer *out, const query_header *header);
/* {"header":{"queryId":"...","schema":"..."}}: the first element of /query's answer. */
void response_append_query_header(buffer *out, const query_header *header);
/* {"queryId":"...","columnNames":[...],"columnTypes":[...]}: the first line of /query-stream's
 * answer. */
void response_append_stream_header(buffer *out, const query_header *header);
/* {"row":{"columns":[...]}} with "tombstone":true for a deletion: an element of /query's answer. */
void response_append_query_row(
    buffer *out, const query_header *header, const batch *rows, int64_t row);
/* {"type":"INTEGER","fields":null,"memberSchema":null}: a type as descriptions show it. */
void response_append_type(buffer *out, const sql_type *type);
/* {"@type":"statement_error","error_code":40001,"message":...,"statementText":...,"entities":[...]}.
 * `entities` are the answers before it, without brackets; `generic` leaves the statement's fields
 * out
 * ("@type":"generic_error"). The message has the caret and the hint in it. */
void response_append_error(
    buffer *out, const error *e, int error_code, slice statement, slice entities, bool generic);

#endif
