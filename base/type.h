/* type.h - the types of SQL values.
 *
 * A type is an immutable tree. Scalars without parameters are shared constants; the others live
 * in the arena they were made in (which outlives every column of the type). Compare with
 * sql_type_equal, never by address.
 */
#ifndef SLUICE_BASE_TYPE_H
#define SLUICE_BASE_TYPE_H

#include "base/arena.h"
#include "base/buffer.h"

typedef enum sql_base {
    SQL_NULL, /* the type of a bare NULL: coerces to any type */
    SQL_BOOLEAN,
    SQL_INTEGER, /* 32 bits */
    SQL_BIGINT,  /* 64 bits */
    SQL_DOUBLE,
    SQL_DECIMAL, /* exact, at most 38 digits */
    SQL_VARCHAR, /* UTF-8 */
    SQL_BYTES,
    SQL_DATE,      /* days since 1970-01-01 */
    SQL_TIME,      /* milliseconds since midnight */
    SQL_TIMESTAMP, /* milliseconds since the epoch, UTC */
    SQL_ARRAY,
    SQL_MAP, /* keys are VARCHAR in the JSON-like formats, any type in SQL */
    SQL_STRUCT,
} sql_base;

typedef struct sql_type sql_type;

typedef struct sql_field {
    slice name;
    const sql_type *type;
} sql_field;

struct sql_type {
    sql_base base;
    int precision, scale;    /* DECIMAL */
    const sql_type *key;     /* MAP */
    const sql_type *element; /* ARRAY, and MAP's values */
    int field_count;         /* STRUCT */
    const sql_field *fields;
};

extern const sql_type SQL_TYPE_NULL, SQL_TYPE_BOOLEAN, SQL_TYPE_INTEGER, SQL_TYPE_BIGINT,
    SQL_TYPE_DOUBLE, SQL_TYPE_VARCHAR, SQL_TYPE_BYTES, SQL_TYPE_DATE, SQL_TYPE_TIME,
    SQL_TYPE_TIMESTAMP;

const sql_type *sql_type_decimal(arena *a, int precision, int scale);
const sql_type *sql_type_array(arena *a, const sql_type *element);
const sql_type *sql_type_map(arena *a, const sql_type *key, const sql_type *value);
/* `fields` is copied, names included. */
const sql_type *sql_type_struct(arena *a, const sql_field *fields, int field_count);
/* A deep copy into another arena. */
const sql_type *sql_type_copy(arena *a, const sql_type *type);
bool sql_type_equal(const sql_type *a, const sql_type *b);
/* The index of a STRUCT's field, exact case; -1 when there is none. */
int sql_type_field(const sql_type *type, slice name);

/* Bytes of one value in a column; 0 for VARCHAR, BYTES and nested types, whose values have no fixed
 * width. */
static inline size_t sql_type_fixed_bytes(const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return 1;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        return 4;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
    case SQL_DOUBLE:
        return 8;
    case SQL_DECIMAL:
        return 16;
    default:
        return 0;
    }
}

static inline bool sql_type_is_numeric(const sql_type *type) {
    return type->base >= SQL_INTEGER && type->base <= SQL_DECIMAL;
}
static inline bool sql_type_is_nested(const sql_type *type) {
    return type->base >= SQL_ARRAY;
}

/* The name as DESCRIBE and errors print it: INTEGER, DECIMAL(4, 2), STRING,
 * ARRAY<STRING>, MAP<STRING, BIGINT>, STRUCT<`A` INTEGER, `B` STRING>. */
void sql_type_format(const sql_type *type, buffer *out);
slice sql_type_name(arena *a, const sql_type *type);

#endif
