/* Zeros for nulls, a column at a time; a column without nulls is passed on as it is. */
#include "executor/operator/table_absent.h"

bool table_absent_matters(const source_format *format) {
    return slice_starts_with(format->name, SLICE_LITERAL("PROTOBUF"));
}

static bool tells_nulls(const source_format *format, const sql_type *type) {
    return format->nullable != FORMAT_NULLABLE_NOT && type->base != SQL_ARRAY &&
           type->base != SQL_MAP;
}

/* Messages (STRUCT, DECIMAL, dates and times) can be absent. */
static void append_zero(column *to) {
    switch (to->type->base) {
    case SQL_BOOLEAN:
        column_append_boolean(to, false);
        return;
    case SQL_INTEGER:
        column_append_int32(to, 0);
        return;
    case SQL_BIGINT:
        column_append_int64(to, 0);
        return;
    case SQL_DOUBLE:
        column_append_double(to, 0);
        return;
    case SQL_VARCHAR:
    case SQL_BYTES:
        column_append_bytes(to, SLICE_LITERAL(""));
        return;
    case SQL_ARRAY:
        column_append_nested(to);
        return;
    case SQL_MAP:
        column_append_map(to);
        return;
    default:
        column_append_null(to);
        return;
    }
}

column *table_absent_fill(const source_format *format, column *from, column **filled) {
    if (!from->null_count || tells_nulls(format, from->type))
        return from;
    if (!*filled)
        *filled = column_create(from->type);
    column_clear(*filled);
    for (int64_t row = 0; row < from->length; row++) {
        if (column_is_null(from, row))
            append_zero(*filled);
        else
            column_append_row(*filled, from, row);
    }
    return *filled;
}
