/* describe.h - descriptions that several statements show. Private to server/. */
#ifndef SLUICE_SERVER_DESCRIBE_H
#define SLUICE_SERVER_DESCRIBE_H

#include "server/statement.h"

/* The object of a sourceDescription. The catalog is locked. */
void describe_append_source(
    statement_call *call, buffer *out, const source_descriptor *source, bool extended);
/* An element of queries: SHOW QUERIES. The catalog is locked. */
void describe_append_running(
    statement_call *call, buffer *out, const query_descriptor *query, const query_status *status);
/* The object of a queryDescription for a persistent query. The catalog is locked. */
void describe_append_query(
    statement_call *call, buffer *out, const query_descriptor *query, const query_status *status);
/* The member overriddenProperties: what was SET when the query was made. NULL: nothing. */
void describe_append_overrides(buffer *out, const query_descriptor *query);
/* [{"name":...,"schema":{...},"type":"KEY"}, ...] of a source's columns. */
void describe_append_columns(buffer *out, const source_descriptor *source);

/* SHOW STREAMS / TABLES [EXTENDED], DESCRIBE STREAMS / TABLES. */
void statement_list_sources(statement_call *call, source_kind kind, bool extended);

#endif
