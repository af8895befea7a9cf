/* proto_binding.h - what proto_reader.c and proto_writer.c share. Private to them.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_PROTO_BINDING_H
#define SLUICE_EXECUTOR_FORMAT_PROTO_BINDING_H

#include "executor/format/proto_wire.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

typedef struct bound_field {
    const proto_field *field;
    const sql_type *type; /* of the column */
    int target;           /* the column, or the STRUCT's field */
    proto_binding
        *inside; /* of the message, when the (inner) value is a STRUCT, and of map entries */
} bound_field;

/* A oneof whose members are the fields of a STRUCT. */
typedef struct bound_choice {
    int target;
    proto_binding *inside; /* of the members */
} bound_choice;

struct proto_binding {
    const proto_message *message;
    bound_field *fields; /* in the order of the message */
    int count;
    bound_choice *choices;
    int choice_count;
    int column_count; /* of the columns or the STRUCT's fields */
    int *missing;     /* columns without a field; they are null */
    int missing_count;
};

static inline int proto_wire_type(proto_kind kind) {
    switch (kind) {
    case PROTO_DOUBLE:
    case PROTO_FIXED64:
    case PROTO_SFIXED64:
        return WIRE_FIXED64;
    case PROTO_FLOAT:
    case PROTO_FIXED32:
    case PROTO_SFIXED32:
        return WIRE_FIXED32;
    case PROTO_STRING:
    case PROTO_BYTES:
    case PROTO_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

#endif
