/* proto_schema.h - protobuf schemas: .proto text parsed, made from columns, turned into columns.
 *
 * What Kafka's converters know is known here too: the wrappers and Timestamp of google.protobuf,
 * Date and TimeOfDay of google.type, Decimal of confluent.type. Their imports need no files; other
 * imports are looked for in the registry under the path as subject.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_PROTO_SCHEMA_H
#define SLUICE_EXECUTOR_FORMAT_PROTO_SCHEMA_H

#include "executor/format/format.h"

enum { PROTO_MAX_DEPTH = 100 };

typedef enum proto_kind {
    PROTO_DOUBLE,
    PROTO_FLOAT,
    PROTO_INT32,
    PROTO_INT64,
    PROTO_UINT32,
    PROTO_UINT64,
    PROTO_SINT32,
    PROTO_SINT64,
    PROTO_FIXED32,
    PROTO_FIXED64,
    PROTO_SFIXED32,
    PROTO_SFIXED64,
    PROTO_BOOL,
    PROTO_STRING,
    PROTO_BYTES,
    PROTO_ENUM,
    PROTO_MESSAGE,
} proto_kind;

typedef enum proto_known {
    PROTO_ORDINARY,
    PROTO_WRAPPER, /* a message with one scalar called value */
    PROTO_TIMESTAMP,
    PROTO_DATE,
    PROTO_TIME_OF_DAY,
    PROTO_DECIMAL,
} proto_known;

typedef struct proto_message proto_message;

typedef struct proto_enum {
    slice name; /* full */
    int count;
    slice *names;
    int32_t *numbers;
} proto_enum;

typedef struct proto_field {
    slice name;
    int32_t number;
    proto_kind kind;
    bool repeated;
    bool optional; /* presence is known: declared optional, or in a oneof */
    bool map;      /* repeated entries of a map<> */
    int oneof;     /* which of the message's it belongs to; -1: none */
    const proto_message *message;
    const proto_enum *values;
    slice type_name;      /* while parsing */
    int precision, scale; /* of a decimal, from its options; precision 0: not given */
} proto_field;

/* Fields of which at most one is there. As a column it is a STRUCT. */
typedef struct proto_oneof {
    slice name;             /* of the column: its own and its index, as in kind_0 */
    proto_message *members; /* the fields as a message of their own */
} proto_oneof;

struct proto_message {
    slice name; /* full: package.Outer.Inner */
    proto_known known;
    int count;
    proto_field *fields;
    proto_oneof *oneofs;
    int oneof_count;
    const proto_message *outer;
    int index; /* among its siblings in the file or the outer message; -1: of an imported file */
};

typedef struct proto_schema {
    arena *memory;
    proto_message **messages;
    int message_count, message_capacity;
    proto_enum **enums;
    int enum_count, enum_capacity;
} proto_schema;

/* The text of a .proto file, or a descriptor (proto_descriptor.h). An import whose file stands in
 * braces behind its path, import "a.proto" { syntax ... };, is read from there; for others there
 * is `registry`, which may be NULL. NULL with an error. The caller closes it. */
proto_schema *proto_schema_parse(slice text, schema_registry *registry, error *e);
void proto_schema_close(proto_schema *s); /* NULL is allowed */
/* Whether an import brings only what needs no file. */
bool proto_import_is_known(slice path);
/* The message called `full_name`, or the first when it is the NULL slice; NULL with an error. */
const proto_message *proto_schema_message(const proto_schema *s, slice full_name, error *e);
/* The message at a path of indexes; NULL when there is none. */
const proto_message *proto_schema_at(const proto_schema *s, const int32_t *path, int length);
/* The field with the name, or else the first that matches ignoring case; -1: none. */
int proto_find_field(const proto_message *m, slice name);
/* Repeated messages of a key and a value, declared as a map or not. */
bool proto_is_entries(const proto_field *f);
const char *proto_kind_name(proto_kind kind);

bool proto_schema_check(const char *format_name, const format_schema *schema, error *e);
bool proto_schema_append(
    const format_schema *schema, const format_options *options, buffer *out, error *e);
bool proto_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e);

#endif
