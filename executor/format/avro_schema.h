/* avro_schema.h - Avro schemas: parsed from their JSON, made from columns, turned into columns.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_AVRO_SCHEMA_H
#define SLUICE_EXECUTOR_FORMAT_AVRO_SCHEMA_H

#include <jansson.h>

#include "executor/format/format.h"

enum { AVRO_MAX_DEPTH = 100 };

typedef enum avro_kind {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_RECORD,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_UNION,
    AVRO_FIXED,
} avro_kind;

typedef enum avro_logical {
    AVRO_PLAIN,
    AVRO_DECIMAL,
    AVRO_DATE,
    AVRO_TIME_MILLIS,
    AVRO_TIME_MICROS,
    AVRO_TIMESTAMP_MILLIS,
    AVRO_TIMESTAMP_MICROS,
} avro_logical;

typedef struct avro_node avro_node;

typedef struct avro_field {
    slice name;
    avro_node *node;
    const json_t *fallback; /* the default; NULL: none */
    const json_t *json;     /* what it was read from */
} avro_field;

/* A schema may be recursive, so nodes form a graph. */
struct avro_node {
    avro_kind kind;
    avro_logical logical;
    int precision, scale; /* decimals */
    int64_t size;         /* FIXED: bytes */
    slice name;           /* RECORD, ENUM, FIXED: the full name */
    int count;            /* of fields, symbols or branches */
    avro_field *fields;
    slice *symbols;
    avro_node **branches;
    avro_node *element; /* ARRAY, MAP's values */
    const json_t *json; /* RECORD, ENUM, FIXED: what it was read from */
};

typedef struct avro_schema {
    arena *memory;
    json_t *json;
    avro_node *root;
} avro_schema;

/* NULL with an error when the text is no Avro schema. The caller closes it. */
avro_schema *avro_schema_parse(slice text, error *e);
void avro_schema_close(avro_schema *s); /* NULL is allowed */

/* What error messages call a node: "long", "record com.acme.User". */
const char *avro_kind_name(avro_kind kind);
/* Whether an array is how maps with nullable keys are written: records of a key and a value. */
bool avro_is_map_entries(const avro_node *array);
/* The record's field with the name, or else the first that matches ignoring case; -1: none. */
int avro_find_field(const avro_node *record, slice name);

/* A union of several types besides null, which is a STRUCT with a field for each. */
bool avro_is_choice(const avro_node *node);
/* What such a field is called: int, string, array, or a named type's last name. */
slice avro_branch_name(const avro_node *branch);
/* Which of a STRUCT's fields stands for each branch (-1: none), in `a`. NULL when the type is no
 * STRUCT for that union: a record among its branches is meant, then. */
int *avro_match_choice(arena *a, const avro_node *node, const sql_type *type);

/* Appends the schema for columns: a record of nullable fields, or the one column's type. */
bool avro_schema_append(
    const format_schema *schema, const format_options *options, buffer *out, error *e);
/* Refuses names that Avro does not allow and maps without string keys. */
bool avro_schema_check(const format_schema *schema, error *e);
bool avro_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e);

#endif
