/* One switch over the types in each direction. */
#include "base/sql_text.h"

#include "base/base64.h"
#include "base/decimal.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/time_text.h"

void sql_text_append(buffer *out, const column *c, int64_t row) {
    char text[TIME_TEXT_MAX];
    switch (c->type->base) {
    case SQL_BOOLEAN:
        buffer_append_text(out, c->booleans[row] ? "true" : "false");
        break;
    case SQL_INTEGER:
        number_append_int64(out, c->int32s[row]);
        break;
    case SQL_BIGINT:
        number_append_int64(out, c->int64s[row]);
        break;
    case SQL_DOUBLE:
        number_append_double(out, c->doubles[row]);
        break;
    case SQL_DECIMAL:
        decimal_append(out, c->decimals[row], c->type->scale);
        break;
    case SQL_VARCHAR:
        buffer_append(out, column_slice(c, row));
        break;
    case SQL_BYTES:
        base64_append(out, column_slice(c, row));
        break;
    case SQL_DATE:
        buffer_append_bytes(out, text, time_write_date(text, c->int32s[row]));
        break;
    case SQL_TIME:
        buffer_append_bytes(out, text, time_write_time(text, c->int32s[row]));
        break;
    case SQL_TIMESTAMP:
        buffer_append_bytes(out, text, time_write_timestamp(text, c->int64s[row]));
        break;
    default:
        assert(false && "a nested value has no plain text");
    }
}

static sql_text_outcome read_boolean(column *to, slice text) {
    static const char *const words[] = {"true", "yes", "false", "no"};
    for (int i = 0; i < 4; i++)
        if (text.length > 0 && text.length <= strlen(words[i]) &&
            slice_equal_ignore_case(text, slice_make(words[i], text.length))) {
            column_append_boolean(to, i < 2);
            return SQL_TEXT_OK;
        }
    return SQL_TEXT_MALFORMED;
}

static sql_text_outcome read_integer(column *to, slice text) {
    int64_t value;
    bool narrow = to->type->base == SQL_INTEGER;
    if (!slice_to_int64(text, &value) || (narrow && value != (int32_t)value))
        return SQL_TEXT_MALFORMED;
    if (narrow)
        column_append_int32(to, (int32_t)value);
    else
        column_append_int64(to, value);
    return SQL_TEXT_OK;
}

static sql_text_outcome read_double(column *to, slice text) {
    double value;
    bool suffixed = text.length > 0 && strchr("dDfF", text.data[text.length - 1]);
    if (suffixed || !number_parse_double(text, &value))
        return SQL_TEXT_MALFORMED;
    column_append_double(to, value);
    return SQL_TEXT_OK;
}

static sql_text_outcome read_decimal(column *to, slice text) {
    decimal128 value;
    decimal_status status =
        decimal_parse(text, to->type->precision, to->type->scale, DECIMAL_HALF_UP, &value);
    if (status != DECIMAL_OK)
        return status == DECIMAL_NOT_A_NUMBER ? SQL_TEXT_MALFORMED : SQL_TEXT_OVERFLOW;
    column_append_decimal(to, value);
    return SQL_TEXT_OK;
}

static sql_text_outcome read_bytes(column *to, slice text) {
    char *bytes = memory_allocate(base64_decoded_max(text));
    size_t length;
    bool ok = base64_decode(text, bytes, &length);
    if (ok)
        column_append_bytes(to, slice_make(bytes, length));
    memory_free(bytes);
    return ok ? SQL_TEXT_OK : SQL_TEXT_MALFORMED;
}

static sql_text_outcome read_time(column *to, slice text) {
    int64_t value;
    sql_base base = to->type->base;
    bool ok = base == SQL_DATE   ? time_parse_date(text, &value)
              : base == SQL_TIME ? time_parse_time(text, &value)
                                 : time_parse_timestamp(text, &value);
    if (!ok)
        return SQL_TEXT_MALFORMED;
    if (base == SQL_TIMESTAMP)
        column_append_int64(to, value);
    else
        column_append_int32(to, (int32_t)value);
    return SQL_TEXT_OK;
}

sql_text_outcome sql_text_read(column *to, slice text) {
    slice trimmed = slice_trim(text);
    switch (to->type->base) {
    case SQL_VARCHAR:
        column_append_bytes(to, text);
        return SQL_TEXT_OK;
    case SQL_BOOLEAN:
        return read_boolean(to, trimmed);
    case SQL_INTEGER:
    case SQL_BIGINT:
        return read_integer(to, trimmed);
    case SQL_DOUBLE:
        return read_double(to, trimmed);
    case SQL_DECIMAL:
        return read_decimal(to, trimmed);
    case SQL_BYTES:
        return read_bytes(to, trimmed);
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        return read_time(to, trimmed);
    default:
        return SQL_TEXT_MALFORMED;
    }
}
