#include "executor/format/text_value.h"

#include "base/base64.h"
#include "base/decimal.h"
#include "base/number.h"
#include "base/time_text.h"
#include "base/utf8.h"

enum { DAY_MS = 86400000 };

static bool fail(slice text, const column *to, error *e) {
    buffer name = {0};
    sql_type_format(to->type, &name);
    error_set(e, ERROR_DATA, "'%.*s' cannot be read as %.*s",
        (int)(text.length < 100 ? text.length : 100), text.data, SLICE_ARG(buffer_slice(&name)));
    buffer_free(&name);
    return false;
}

static bool read_int32(slice text, int64_t low, int64_t high, column *to, error *e) {
    int64_t value;
    if (!slice_to_int64(text, &value) || value < low || value > high)
        return fail(text, to, e);
    column_append_int32(to, (int32_t)value);
    return true;
}

static bool read_int64(slice text, column *to, error *e) {
    int64_t value;
    if (!slice_to_int64(text, &value))
        return fail(text, to, e);
    column_append_int64(to, value);
    return true;
}

static bool read_double(slice text, column *to, error *e) {
    double value;
    if (!number_parse_double(text, &value))
        return fail(text, to, e);
    column_append_double(to, value);
    return true;
}

static bool read_decimal(slice text, column *to, error *e) {
    decimal128 value;
    decimal_status status =
        decimal_parse(text, to->type->precision, to->type->scale, DECIMAL_EXACT, &value);
    if (status != DECIMAL_OK) {
        fail(text, to, e);
        return error_detail(e, "%s", decimal_status_text(status));
    }
    column_append_decimal(to, value);
    return true;
}

static bool read_text(slice text, column *to) {
    if (utf8_valid(text)) {
        column_append_bytes(to, text);
        return true;
    }
    buffer repaired = {0};
    utf8_append_repaired(&repaired, text);
    column_append_bytes(to, buffer_slice(&repaired));
    buffer_free(&repaired);
    return true;
}

static bool read_base64(slice text, column *to, error *e) {
    size_t length;
    char *into = column_reserve_bytes(to, (int64_t)base64_decoded_max(text));
    if (!base64_decode(text, into, &length))
        return fail(text, to, e);
    column_append_reserved(to, (int64_t)length);
    return true;
}

bool text_value_read(slice text, column *to, error *e) {
    switch (to->type->base) {
    case SQL_BOOLEAN: /* everything but "true" is false */
        column_append_boolean(to, slice_is_ignore_case(text, "true"));
        return true;
    case SQL_INTEGER:
    case SQL_DATE:
        return read_int32(text, INT32_MIN, INT32_MAX, to, e);
    case SQL_TIME:
        return read_int32(text, 0, DAY_MS, to, e);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return read_int64(text, to, e);
    case SQL_DOUBLE:
        return read_double(text, to, e);
    case SQL_DECIMAL:
        return read_decimal(text, to, e);
    case SQL_VARCHAR:
        return read_text(text, to);
    case SQL_BYTES:
        return read_base64(text, to, e);
    case SQL_NULL:
    case SQL_ARRAY:
    case SQL_MAP:
    case SQL_STRUCT:
        break;
    }
    return fail(text, to, e);
}

bool time_value_read(slice text, column *to, error *e) {
    int64_t value;
    bool fine = false;
    switch (to->type->base) {
    case SQL_DATE:
        if ((fine = time_parse_date(text, &value)))
            column_append_int32(to, (int32_t)value);
        break;
    case SQL_TIME:
        if ((fine = time_parse_time(text, &value)))
            column_append_int32(to, (int32_t)value);
        break;
    case SQL_TIMESTAMP:
        if ((fine = time_parse_timestamp(text, &value)))
            column_append_int64(to, value);
        break;
    default:
        break;
    }
    return fine || fail(text, to, e);
}

static void append_clock(buffer *out, int64_t milliseconds) {
    int64_t seconds = milliseconds / 1000;
    int fraction = (int)(milliseconds % 1000), digits = 3;
    buffer_format(out, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
        (int)(seconds % 60));
    for (; fraction && fraction % 10 == 0; fraction /= 10)
        digits--;
    if (fraction)
        buffer_format(out, ".%0*d", digits, fraction);
}

static void append_date(buffer *out, int64_t days) {
    char text[TIME_TEXT_MAX];
    buffer_append_bytes(out, text, time_write_date(text, days));
}

void time_value_append(buffer *out, const column *c, int64_t row, format_times times) {
    switch (c->type->base) {
    case SQL_DATE:
        append_date(out, c->int32s[row]);
        return;
    case SQL_TIME:
        append_clock(out, c->int32s[row]);
        return;
    default:
        append_date(out, time_days_of_timestamp(c->int64s[row]));
        bool is_iso = times == FORMAT_TIMES_ISO || times == FORMAT_TIMES_ISO_UTC;
        buffer_append_byte(out, is_iso ? 'T' : ' ');
        append_clock(out, time_of_day(c->int64s[row]));
        if (times == FORMAT_TIMES_SQL_UTC || times == FORMAT_TIMES_ISO_UTC)
            buffer_append_byte(out, 'Z');
    }
}

void text_value_append(buffer *out, const column *c, int64_t row) {
    switch (c->type->base) {
    case SQL_BOOLEAN:
        buffer_append(out, c->booleans[row] ? SLICE_LITERAL("true") : SLICE_LITERAL("false"));
        return;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        number_append_int64(out, c->int32s[row]);
        return;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        number_append_int64(out, c->int64s[row]);
        return;
    case SQL_DOUBLE:
        number_append_double(out, c->doubles[row]);
        return;
    case SQL_DECIMAL:
        decimal_append(out, c->decimals[row], c->type->scale);
        return;
    case SQL_VARCHAR:
        buffer_append(out, column_slice(c, row));
        return;
    case SQL_BYTES:
        base64_append(out, column_slice(c, row));
        return;
    case SQL_NULL:
    case SQL_ARRAY:
    case SQL_MAP:
    case SQL_STRUCT:
        assert(!"a scalar");
    }
}
