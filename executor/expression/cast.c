/* CAST: how each type becomes another.
 *
 * Widening of numbers is a loop. Everything else is a function of one value, chosen once from the
 * two types; nested types call the function of their parts. Numbers convert as in Java: doubles to
 * integers saturate, BIGINT to INTEGER and DECIMAL to integers keep the low bits.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/sql_text.h"
#include "base/time_text.h"
#include "executor/expression/cast.h"
#include "executor/expression/code.h"

typedef cast_outcome cast_value(const column *from, int64_t row, column *to);

/* ---- to text ---- */

static void append_value_text(const column *c, int64_t row, buffer *out);

static void append_entries_text(const column *c, int64_t row, buffer *out) {
    bool is_map = c->type->base == SQL_MAP;
    buffer_append_byte(out, is_map ? '{' : '[');
    for (int32_t n = c->offsets[row]; n < c->offsets[row + 1]; n++) {
        if (n > c->offsets[row])
            buffer_append_text(out, ", ");
        append_value_text(c->children[0], n, out);
        if (is_map) {
            buffer_append_byte(out, '=');
            append_value_text(c->children[1], n, out);
        }
    }
    buffer_append_byte(out, is_map ? '}' : ']');
}

/* Struct{F0=1,f1=3}; fields that are null are left out. */
static void append_fields_text(const column *c, int64_t row, buffer *out) {
    buffer_append_text(out, "Struct{");
    bool first = true;
    for (int n = 0; n < c->child_count; n++) {
        if (column_is_null(c->children[n], row))
            continue;
        buffer_format(out, "%s%.*s=", first ? "" : ",", SLICE_ARG(c->type->fields[n].name));
        append_value_text(c->children[n], row, out);
        first = false;
    }
    buffer_append_byte(out, '}');
}

static void append_value_text(const column *c, int64_t row, buffer *out) {
    if (column_is_null(c, row))
        buffer_append_text(out, "null");
    else if (c->type->base == SQL_STRUCT)
        append_fields_text(c, row, out);
    else if (sql_type_is_nested(c->type))
        append_entries_text(c, row, out);
    else
        sql_text_append(out, c, row);
}

static cast_outcome to_text(const column *from, int64_t row, column *to) {
    buffer out = {0};
    append_value_text(from, row, &out);
    column_append_bytes(to, buffer_slice(&out));
    buffer_free(&out);
    return CAST_OK;
}

static cast_outcome int32_to_text(const column *from, int64_t row, column *to) {
    char *text = column_reserve_bytes(to, NUMBER_INT64_MAX);
    column_append_reserved(to, (int64_t)number_write_int64(text, from->int32s[row]));
    return CAST_OK;
}

static cast_outcome int64_to_text(const column *from, int64_t row, column *to) {
    char *text = column_reserve_bytes(to, NUMBER_INT64_MAX);
    column_append_reserved(to, (int64_t)number_write_int64(text, from->int64s[row]));
    return CAST_OK;
}

static cast_outcome double_to_text(const column *from, int64_t row, column *to) {
    char *text = column_reserve_bytes(to, NUMBER_DOUBLE_MAX);
    column_append_reserved(to, (int64_t)number_write_double(text, from->doubles[row]));
    return CAST_OK;
}

static cast_outcome boolean_to_text(const column *from, int64_t row, column *to) {
    column_append_bytes(to, slice_of(from->booleans[row] ? "true" : "false"));
    return CAST_OK;
}

/* ---- from text ---- */

static cast_outcome from_text(const column *from, int64_t row, column *to) {
    return (cast_outcome)sql_text_read(to, column_slice(from, row));
}

/* Any other text than true or yes is false. */
static cast_outcome text_to_boolean(const column *from, int64_t row, column *to) {
    if (sql_text_read(to, column_slice(from, row)) != SQL_TEXT_OK)
        column_append_boolean(to, false);
    return CAST_OK;
}

/* ---- between numbers ---- */

static cast_outcome int32_to_int64(const column *from, int64_t row, column *to) {
    column_append_int64(to, from->int32s[row]);
    return CAST_OK;
}

static cast_outcome int64_to_int32(const column *from, int64_t row, column *to) {
    column_append_int32(to, (int32_t)from->int64s[row]);
    return CAST_OK;
}

static cast_outcome int32_to_double(const column *from, int64_t row, column *to) {
    column_append_double(to, from->int32s[row]);
    return CAST_OK;
}

static cast_outcome int64_to_double(const column *from, int64_t row, column *to) {
    column_append_double(to, (double)from->int64s[row]);
    return CAST_OK;
}

/* The largest doubles below the limits are not the limits: compare first. */
static int64_t saturate(double value, double limit, int64_t least, int64_t most) {
    return isnan(value) ? 0 : value >= limit ? most : value < -limit ? least : (int64_t)value;
}

static cast_outcome double_to_int32(const column *from, int64_t row, column *to) {
    column_append_int32(
        to, (int32_t)saturate(from->doubles[row], 2147483648.0, INT32_MIN, INT32_MAX));
    return CAST_OK;
}

static cast_outcome double_to_int64(const column *from, int64_t row, column *to) {
    column_append_int64(
        to, saturate(from->doubles[row], 9223372036854775808.0, INT64_MIN, INT64_MAX));
    return CAST_OK;
}

static cast_outcome append_converted(decimal128 value, int scale, column *to) {
    decimal128 converted;
    if (!decimal_convert(value, scale, to->type->precision, to->type->scale, &converted))
        return CAST_OVERFLOW;
    column_append_decimal(to, converted);
    return CAST_OK;
}

static cast_outcome int32_to_decimal(const column *from, int64_t row, column *to) {
    return append_converted(from->int32s[row], 0, to);
}

static cast_outcome int64_to_decimal(const column *from, int64_t row, column *to) {
    return append_converted(from->int64s[row], 0, to);
}

static cast_outcome decimal_to_decimal(const column *from, int64_t row, column *to) {
    return append_converted(from->decimals[row], from->type->scale, to);
}

static cast_outcome double_to_decimal(const column *from, int64_t row, column *to) {
    decimal128 value;
    if (!decimal_from_double(from->doubles[row], to->type->precision, to->type->scale, &value))
        return CAST_OVERFLOW;
    column_append_decimal(to, value);
    return CAST_OK;
}

static decimal128 whole_part(const column *from, int64_t row) {
    int scale = from->type->scale;
    return scale > DECIMAL_MAX_PRECISION ? 0 : from->decimals[row] / decimal_power10(scale);
}

static cast_outcome decimal_to_integer(const column *from, int64_t row, column *to) {
    column_append_int32(to, (int32_t)whole_part(from, row));
    return CAST_OK;
}

static cast_outcome decimal_to_bigint(const column *from, int64_t row, column *to) {
    column_append_int64(to, (int64_t)whole_part(from, row));
    return CAST_OK;
}

static cast_outcome decimal_to_real(const column *from, int64_t row, column *to) {
    column_append_double(to, decimal_to_double(from->decimals[row], from->type->scale));
    return CAST_OK;
}

/* ---- times ---- */

static cast_outcome timestamp_to_date(const column *from, int64_t row, column *to) {
    column_append_int32(to, (int32_t)time_days_of_timestamp(from->int64s[row]));
    return CAST_OK;
}

static cast_outcome timestamp_to_time(const column *from, int64_t row, column *to) {
    column_append_int32(to, (int32_t)time_of_day(from->int64s[row]));
    return CAST_OK;
}

static cast_outcome date_to_timestamp(const column *from, int64_t row, column *to) {
    column_append_int64(to, (int64_t)from->int32s[row] * MILLISECONDS_PER_DAY);
    return CAST_OK;
}

/* ---- nested ---- */

static cast_value *find_cast(const sql_type *from, const sql_type *to);

static cast_outcome append_part(const column *from, int64_t row, column *to) {
    if (column_is_null(from, row)) {
        column_append_null(to);
        return CAST_OK;
    }
    return find_cast(from->type, to->type)(from, row, to);
}

static cast_outcome copy_value(const column *from, int64_t row, column *to) {
    column_append_row(to, from, row);
    return CAST_OK;
}

static cast_outcome cast_entries(const column *from, int64_t row, column *to) {
    for (int32_t n = from->offsets[row]; n < from->offsets[row + 1]; n++)
        for (int part = 0; part < from->child_count; part++) {
            cast_outcome outcome = append_part(from->children[part], n, to->children[part]);
            if (outcome != CAST_OK)
                return outcome;
        }
    column_append_nested(to);
    return CAST_OK;
}

static cast_outcome cast_fields(const column *from, int64_t row, column *to) {
    for (int n = 0; n < to->child_count; n++) {
        int field = sql_type_field(from->type, to->type->fields[n].name);
        cast_outcome outcome = CAST_OK;
        if (field < 0)
            column_append_null(to->children[n]);
        else
            outcome = append_part(from->children[field], row, to->children[n]);
        if (outcome != CAST_OK)
            return outcome;
    }
    column_append_nested(to);
    return CAST_OK;
}

/* ---- which function ---- */

static cast_value *find_cast_to_text(sql_base from) {
    switch (from) {
    case SQL_BOOLEAN:
        return boolean_to_text;
    case SQL_INTEGER:
        return int32_to_text;
    case SQL_BIGINT:
        return int64_to_text;
    case SQL_DOUBLE:
        return double_to_text;
    default:
        return to_text;
    }
}

static cast_value *find_number_cast(sql_base from, sql_base to) {
    static cast_value *const casts[4][4] = {
        {copy_value, int32_to_int64, int32_to_double, int32_to_decimal},
        {int64_to_int32, copy_value, int64_to_double, int64_to_decimal},
        {double_to_int32, double_to_int64, copy_value, double_to_decimal},
        {decimal_to_integer, decimal_to_bigint, decimal_to_real, decimal_to_decimal},
    };
    return casts[from - SQL_INTEGER][to - SQL_INTEGER];
}

static cast_value *find_cast(const sql_type *from, const sql_type *to) {
    if (sql_type_equal(from, to))
        return copy_value;
    if (sql_type_is_numeric(from) && sql_type_is_numeric(to))
        return find_number_cast(from->base, to->base);
    if (to->base == SQL_VARCHAR)
        return find_cast_to_text(from->base);
    switch (from->base) {
    case SQL_VARCHAR:
        return to->base == SQL_BOOLEAN ? text_to_boolean : from_text;
    case SQL_TIMESTAMP:
        return to->base == SQL_DATE ? timestamp_to_date : timestamp_to_time;
    case SQL_DATE:
        return date_to_timestamp;
    case SQL_STRUCT:
        return cast_fields;
    default:
        return cast_entries;
    }
}

cast_outcome cast_append(const column *from, int64_t row, column *to) {
    cast_outcome outcome = append_part(from, row, to);
    if (outcome != CAST_OK)
        column_append_null_discarding(to);
    return outcome;
}

void cast_append_text(const column *from, int64_t row, buffer *out) {
    append_value_text(from, row, out);
}

/* ---- the instruction ---- */

static void fail_cast(
    code *c, const instruction *i, int64_t row, const column *from, int64_t at, cast_outcome why) {
    if (!code_has_report(c)) {
        code_fail(c, i, row, "CAST");
        return;
    }
    buffer value = {0}, type = {0};
    append_value_text(from, at, &value);
    sql_type_format(i->node->type, &type);
    int shown = value.length > 80 ? 80 : (int)value.length;
    code_fail(c, i, row,
        why == CAST_OVERFLOW ? "'%.*s' is too large for %.*s" : "'%.*s' cannot be cast to %.*s",
        shown, value.data ? value.data : "", (int)type.length, type.data);
    buffer_free(&value);
    buffer_free(&type);
}

static void run_cast(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0);
    cast_value *cast = find_cast(x->values->type, i->node->type);
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        int64_t at = row & x->row_mask;
        if (column_is_null(x->values, at) || !code_is_active(c, i, row)) {
            column_append_null(own);
            continue;
        }
        cast_outcome outcome = cast(x->values, at, own);
        if (outcome != CAST_OK) {
            column_append_null_discarding(own);
            fail_cast(c, i, row, x->values, at, outcome);
        }
    }
}

#define WIDEN(from_member, to_member)                                                              \
    for (int64_t r = 0; r < c->rows; r++)                                                          \
    own->to_member[r] = x->values->from_member[r & x->row_mask]

static void run_widen(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0);
    column *own = code_start_filled(c, i);
    bool narrow = x->values->type->base == SQL_INTEGER;
    if (own->type->base == SQL_BIGINT)
        WIDEN(int32s, int64s);
    else if (narrow)
        WIDEN(int32s, doubles);
    else
        WIDEN(int64s, doubles);
    if (column_has_nulls(x->values))
        for (int64_t row = 0; row < c->rows; row++)
            if (column_is_null(x->values, row & x->row_mask))
                code_nullify(own, row);
}

void cast_choose(instruction *i) {
    sql_base from = i->node->arguments[0]->type->base, to = i->node->type->base;
    bool widens = (from == SQL_INTEGER && (to == SQL_BIGINT || to == SQL_DOUBLE)) ||
                  (from == SQL_BIGINT && to == SQL_DOUBLE);
    i->run = widens ? run_widen : run_cast;
}
