/* Values of scalar types into columns, and the way to the others. */
#include "base/base64.h"
#include "base/decimal.h"
#include "base/number.h"
#include "executor/format/json_number.h"
#include "executor/format/json_text.h"
#include "executor/format/json_token.h"
#include "executor/format/text_value.h"

enum { DAY_MS = 86400000 };

/* ---- complaints ---- */

bool json_fail_type(json_reader *r, const column *to) {
    buffer name = {0};
    sql_type_format(to->type, &name);
    const char *kind = "a value";
    if (r->at < r->end)
        switch (*r->at) {
        case '"':
            kind = "a string";
            break;
        case '{':
            kind = "an object";
            break;
        case '[':
            kind = "an array";
            break;
        case 't':
        case 'f':
            kind = "a boolean";
            break;
        default:
            if (!json_is_digit(*r->at) && *r->at != '-') {
                buffer_free(&name);
                return json_fail_here(r, "a value");
            }
            kind = "a number";
        }
    json_fail(r, "%s cannot be read as %.*s", kind, SLICE_ARG(buffer_slice(&name)));
    buffer_free(&name);
    return false;
}

static bool fail_text(json_reader *r, slice text, const char *what) {
    return json_fail(r, "\"%.*s\" %s", (int)(text.length < 60 ? text.length : 60), text.data, what);
}

/* ---- numbers ---- */

static inline bool at_number(const json_reader *r) {
    return json_is_digit(*r->at) || *r->at == '-';
}

/* An integer from a number (a fraction is cut off) or from a numeric string. */
static bool read_int64(
    json_reader *r, const column *to, int64_t low, int64_t high, int64_t *value) {
    const char *from = r->at;
    slice text;
    if (at_number(r) && json_take_plain_integer(r, value)) {
        text = slice_make(from, (size_t)(r->at - from));
    } else if (at_number(r)) {
        json_number n;
        if (!json_scan_number(r, &n))
            return false;
        text = n.text;
        if (n.integer && n.digits <= 18) {
            *value = n.negative ? -(int64_t)n.mantissa : (int64_t)n.mantissa;
        } else {
            decimal128 whole;
            if (decimal_parse(n.text, DECIMAL_MAX_PRECISION, 0, DECIMAL_DOWN, &whole) !=
                    DECIMAL_OK ||
                !decimal_to_int64(whole, 0, value))
                return fail_text(r, text, "is out of range");
        }
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
        if (!slice_to_int64(text, value))
            return fail_text(r, text, "is not an integer");
    } else {
        return json_fail_type(r, to);
    }
    if (*value < low || *value > high)
        return fail_text(r, text, "is out of range");
    return true;
}

static bool read_int32_column(json_reader *r, column *to, int64_t low, int64_t high) {
    int64_t value;
    if (!read_int64(r, to, low, high, &value))
        return false;
    column_append_int32(to, (int32_t)value);
    return true;
}

static bool read_int64_column(json_reader *r, column *to) {
    int64_t value;
    if (!read_int64(r, to, INT64_MIN, INT64_MAX, &value))
        return false;
    column_append_int64(to, value);
    return true;
}

static bool read_double_column(json_reader *r, column *to) {
    double value;
    slice text;
    if (at_number(r)) {
        json_number n;
        if (!json_scan_number(r, &n))
            return false;
        if (n.digits > 19 || !number_scale_double(n.mantissa, n.exponent, &value))
            slice_to_double(n.text, &value);
        else if (n.negative)
            value = -value;
        if (n.negative && value == 0)
            value = 0; /* an exact number has no negative zero */
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
        if (!number_parse_double(text, &value))
            return fail_text(r, text, "is not a number");
    } else {
        return json_fail_type(r, to);
    }
    column_append_double(to, value);
    return true;
}

static bool read_decimal_column(json_reader *r, column *to) {
    slice text;
    if (at_number(r)) {
        json_number n;
        if (!json_scan_number(r, &n))
            return false;
        text = n.text;
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
    } else {
        return json_fail_type(r, to);
    }
    decimal128 value;
    decimal_status status = decimal_parse(text, to->type->precision, to->type->scale,
        r->is_lenient ? DECIMAL_HALF_UP : DECIMAL_EXACT, &value);
    if (status != DECIMAL_OK)
        return json_fail(r, "%.*s cannot be read as DECIMAL(%d, %d): %s",
            (int)(text.length < 60 ? text.length : 60), text.data, to->type->precision,
            to->type->scale, decimal_status_text(status));
    column_append_decimal(to, value);
    return true;
}

/* ---- others ---- */

static bool read_boolean_text(json_reader *r, column *to) {
    slice text;
    if (!json_read_string(r, &text))
        return false;
    column_append_boolean(to, slice_is_ignore_case(text, "true"));
    return true;
}

static bool take_word(json_reader *r) {
    const char *at = json_skip_word(r, r->at);
    if (at)
        r->at = at;
    return at != NULL;
}

static bool read_boolean_column(json_reader *r, column *to) {
    if (r->is_lenient && *r->at == '"')
        return read_boolean_text(r, to);
    bool value = *r->at == 't';
    if (*r->at != 't' && *r->at != 'f')
        return json_fail_type(r, to);
    if (!take_word(r))
        return false;
    column_append_boolean(to, value);
    return true;
}

/* Objects, arrays, numbers and booleans become text. */
static bool read_other_as_text(json_reader *r, column *to) {
    const char *from = r->at;
    if (!json_skip_value(r))
        return false;
    slice value = slice_make(from, (size_t)(r->at - from));
    buffer text = {0};
    bool fine = json_text_of_value(value, &text);
    if (fine)
        column_append_bytes(to, buffer_slice(&text));
    buffer_free(&text);
    return fine || json_fail(r, "a value that is not UTF-8");
}

bool json_read_text_column(json_reader *r, column *to) {
    if (*r->at != '"')
        return read_other_as_text(r, to);
    slice text;
    if (!json_read_string(r, &text))
        return false;
    column_append_bytes(to, text);
    return true;
}

static bool read_bytes_column(json_reader *r, column *to) {
    slice text;
    size_t length;
    if (*r->at != '"')
        return json_fail_type(r, to);
    if (!json_read_string(r, &text))
        return false;
    char *into = column_reserve_bytes(to, (int64_t)base64_decoded_max(text));
    if (!base64_decode(text, into, &length))
        return fail_text(r, text, "is not base64");
    column_append_reserved(to, (int64_t)length);
    return true;
}

static bool read_time_text(json_reader *r, column *to) {
    slice text;
    error e = {0};
    if (*r->at != '"')
        return json_fail_type(r, to);
    if (!json_read_string(r, &text))
        return false;
    return time_value_read(text, to, &e) || json_fail(r, "%s", e.message);
}

static bool is_time(sql_base base) {
    return base == SQL_DATE || base == SQL_TIME || base == SQL_TIMESTAMP;
}

static bool read_value(json_reader *r, json_shape *shape, column *to) {
    if (r->times_are_texts && is_time(to->type->base))
        return read_time_text(r, to);
    switch (to->type->base) {
    case SQL_NULL:
        return json_fail_type(r, to);
    case SQL_BOOLEAN:
        return read_boolean_column(r, to);
    case SQL_INTEGER:
    case SQL_DATE:
        return read_int32_column(r, to, INT32_MIN, INT32_MAX);
    case SQL_TIME:
        return read_int32_column(r, to, 0, DAY_MS);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return read_int64_column(r, to);
    case SQL_DOUBLE:
        return read_double_column(r, to);
    case SQL_DECIMAL:
        return read_decimal_column(r, to);
    case SQL_VARCHAR:
        return json_read_text_column(r, to);
    case SQL_BYTES:
        return read_bytes_column(r, to);
    case SQL_ARRAY:
    case SQL_MAP:
    case SQL_STRUCT:
        return json_read_nested(r, shape, to);
    }
    return false;
}

bool json_read(json_reader *r, json_shape *shape, column *to) {
    if (r->at < r->end && *r->at == 'n' && json_take_null(r)) {
        column_append_null(to);
        return true;
    }
    const char *from = r->at;
    int depth = r->depth;
    if (r->at >= r->end)
        json_fail_here(r, "a value");
    else if (read_value(r, shape, to))
        return true;
    column_append_null_discarding(to);
    if (!r->forgives_values)
        return false;
    r->at = from;
    r->depth = depth;
    return json_skip_value(r);
}
