/* schema_header.h - the five bytes before a payload whose schema is in a registry: a zero and the
 * schema's id, big endian. Also what the formats with schemas ask their registry.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_SCHEMA_HEADER_H
#define SLUICE_EXECUTOR_FORMAT_SCHEMA_HEADER_H

#include <jansson.h>

#include "executor/format/format.h"

enum { SCHEMA_HEADER_BYTES = 5 };

/* Takes the header off the payload; false when there is none. */
bool schema_header_take(slice *payload, int32_t *id, error *e);
void schema_header_append(buffer *out, int32_t id);

/* Refuses options without a registry. */
bool schema_require_registry(const char *format_name, const format_options *options, error *e);
/* The id to write with: the one asked for, or that of `text`, which is registered. */
bool schema_id_for(const format_options *options, slice type, slice text, int32_t *id, error *e);
/* The schema with the id; refused when it is of another type. The text is put into `a`. */
bool schema_fetch(
    const format_options *options, slice type, int32_t id, arena *a, slice *text, error *e);

/* Parses a schema's JSON; the caller calls json_decref. NULL with an error that names `what`. */
json_t *schema_parse_json(slice text, const char *what, error *e);
/* A member that is a string, or the NULL slice. */
slice schema_json_text(const json_t *object, const char *member);

/* The name as a column gets it: in upper case, unless a schema id was given. */
slice schema_column_name(const format_options *options, arena *a, slice name);
/* The columns of the type that a schema describes: of a wrapped payload one for each of a STRUCT's
 * fields, of another one, ROWKEY or ROWVAL. Refused when a single value should be wrapped; false as
 * well for NULL, a type that has been refused. */
bool schema_of_type(
    const sql_type *type, bool wrapped, bool is_key, arena *a, format_schema *out, error *e);

#endif
