/* with_properties.h - WITH (...) read into fields. Private to the planner. */
#ifndef SLUICE_PLANNER_WITH_PROPERTIES_H
#define SLUICE_PLANNER_WITH_PROPERTIES_H

#include "catalog/catalog.h"
#include "parser/ast.h"
#include "planner/planner.h"

typedef enum with_statement {
    WITH_CREATE = 1,    /* CREATE STREAM / TABLE over a topic */
    WITH_CREATE_AS = 2, /* CREATE ... AS SELECT */
    WITH_INSERT = 4,    /* INSERT INTO ... SELECT */
} with_statement;

/* A property that was not written: NULL slice, negative number, WINDOW_NONE. */
typedef struct with_properties {
    source_span span; /* of the whole clause; SPAN_NONE without one */
    slice topic;
    int64_t partitions, replicas, retention_ms;
    slice key_format, value_format; /* upper case */
    source_span key_format_span, value_format_span;
    uint32_t key_delimiter, value_delimiter; /* a Unicode character; 0: not written */
    slice timestamp, timestamp_format;       /* timestamp: the column's name */
    source_span timestamp_span;
    window_kind window;
    int64_t window_size_ms;
    source_span window_span;
    int wrap_single;
    format_nullable key_nullable, value_nullable;
    int64_t key_schema_id, value_schema_id;
    slice key_schema_full_name, value_schema_full_name;
    slice query_id;
} with_properties;

/* Reads and checks each property by itself. Texts are copied into the arena. */
bool with_properties_read(const ast_property_list *list, with_statement statement, arena *a,
    with_properties *out, error *e);
/* The session's or system's default format ("key" or "value"), in upper case; NULL: none. */
slice with_default_format(const planner_options *options, arena *a, bool is_key);
/* The name AVRO gives to a key's record when none was written, as other clients of the topic know
 * it: io.confluent.ksql.avro_schemas.MyStreamKey for MY_STREAM. The NULL slice for other formats.
 */
slice with_key_schema_name(arena *a, slice source, slice format);
/* WRAP_SINGLE_VALUE where it was not written: the session's or system's setting if the value has
 * one column and its format knows both ways; else -1. */
int with_default_wrapping(const planner_options *options, slice format, int value_count);

#endif
