/* proto_wire.h - protobuf's binary form into columns and back.
 *
 * A binding pairs a message with columns, or with a STRUCT's fields, once a schema; it reads and
 * writes.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_PROTO_WIRE_H
#define SLUICE_EXECUTOR_FORMAT_PROTO_WIRE_H

#include "executor/format/proto_schema.h"

typedef struct proto_binding proto_binding;

/* Lives in `a`; the message and the schema must outlive it. Columns that are not wanted are passed
 * over
 * (`wanted` NULL: all are wanted). NULL with an error when a column does not fit its field. */
proto_binding *proto_bind(arena *a, const proto_message *message, const format_schema *schema,
    const bool *wanted, error *e);

/* Appends one row to every wanted column; on failure they may have row or row + 1 rows. */
bool proto_read(
    const proto_binding *b, slice payload, column *const *columns, int64_t row, error *e);
/* Appends one row's message. False when a value does not fit its field. */
bool proto_write(
    const proto_binding *b, column *const *columns, int64_t row, buffer *out, error *e);

/* Little-endian base-128 numbers. */
bool proto_take_varint(slice *from, uint64_t *value);
void proto_append_varint(buffer *out, uint64_t value);
static inline int64_t proto_unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}
static inline uint64_t proto_zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

#endif
