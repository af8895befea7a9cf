/* test_record.h - between the JSON of test documents and the bytes of records.
 *
 * A document writes keys and values as JSON; which bytes they are depends on the topic's formats
 * and columns: JSON goes as it was written, a DELIMITED line is a string, the binary formats are
 * encoded by the declared columns. Reading back is the reverse, and keeps the digits of numbers.
 */
#ifndef SLUICE_SHELL_TEST_RECORD_H
#define SLUICE_SHELL_TEST_RECORD_H

#include "executor/record_codec.h"
#include "shell/json_tree.h"

/* The bytes of a key or value, in `a`. `source` is whoever declares the topic; NULL: the JSON's own
 * text. The NULL slice for null. What does not fit the columns is passed as its text: a bad record.
 */
slice test_payload_encode(arena *a, const source_descriptor *source, bool of_key,
    schema_registry *registry, const json_node *value);
/* The reverse: one JSON value. */
void test_payload_append_json(buffer *out, const source_descriptor *source, bool of_key,
    schema_registry *registry, slice bytes);
/* A record as it stands in a document: key, value, timestamp, window and headers. */
topic_record test_record_read(
    arena *a, const source_descriptor *source, schema_registry *registry, const json_node *record);
/* {"key":...,"value":...,"timestamp":...,"window":...,"headers":[...]} */
void test_record_append_json(buffer *out, const source_descriptor *source,
    schema_registry *registry, const topic_record *record);

#endif
