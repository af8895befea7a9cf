/* What a library's function puts.
 *
 * Values go to the column of the innermost nested value that has been begun: the elements of an
 * ARRAY, keys and values of a MAP in turn, the fields of a STRUCT in order; or to the result's own
 * column. A value of another type than the column's fails the call, but numbers widen. */
#include "base/decimal.h"
#include "base/utf8.h"
#include "executor/function/extension_call.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static extension_frame *innermost(extension_call *call) {
    return call->depth ? &call->frames[call->depth - 1] : NULL;
}

/* The column that the next value goes to; NULL when the call has failed. */
static column *target(extension_call *call) {
    extension_frame *frame = innermost(call);
    if (call->failed)
        return NULL;
    if (!call->out)
        extension_fail(call, "it puts a value where none can be");
    else if (!frame && call->puts && !call->puts_many)
        extension_fail(call, "it puts a second result");
    else if (frame && frame->column->type->base == SQL_STRUCT &&
             frame->parts == frame->column->child_count)
        extension_fail(call, "it puts more fields than %s has",
            extension_type_name(call, frame->column->type));
    if (call->failed)
        return NULL;
    if (!frame)
        return call->out;
    sql_base base = frame->column->type->base;
    int child = base == SQL_ARRAY ? 0 : base == SQL_MAP ? frame->parts % 2 : frame->parts;
    return frame->column->children[child];
}

static void advance(extension_call *call) {
    extension_frame *frame = innermost(call);
    if (frame)
        frame->parts++;
    else
        call->puts++;
}

/* The target when it has one of the types. */
static column *target_of(sluice_call *face, unsigned bases, const char *what) {
    extension_call *call = extension_call_of(face);
    column *c = target(call);
    if (!c)
        return NULL;
    if (!(bases >> c->type->base & 1)) {
        extension_fail(
            call, "it puts %s where %s belongs", what, extension_type_name(call, c->type));
        return NULL;
    }
    advance(call);
    return c;
}

static void put_null(sluice_call *face) {
    extension_call *call = extension_call_of(face);
    column *c = target(call);
    extension_frame *frame = innermost(call);
    if (c && frame && frame->column->type->base == SQL_MAP && frame->parts % 2 == 0)
        extension_fail(call, "it puts null as the key of a MAP");
    if (!c || call->failed)
        return;
    column_append_null(c);
    advance(call);
}

static void put_boolean(sluice_call *face, int value) {
    column *c = target_of(face, 1u << SQL_BOOLEAN, "BOOLEAN");
    if (c)
        column_append_boolean(c, value != 0);
}

static void append_digits(extension_call *call, column *c, decimal128 digits, int scale) {
    decimal128 value;
    if (decimal_convert(digits, scale, c->type->precision, c->type->scale, &value)) {
        column_append_decimal(c, value);
        return;
    }
    extension_fail(call, "a result has more digits than %s", extension_type_name(call, c->type));
}

static void put_integer(sluice_call *face, int64_t value, sluice_kind as) {
    static const unsigned bases[] = {
        [SLUICE_INT] = 1u << SQL_INTEGER | 1u << SQL_BIGINT | 1u << SQL_DOUBLE | 1u << SQL_DECIMAL,
        [SLUICE_BIGINT] = 1u << SQL_BIGINT | 1u << SQL_DOUBLE | 1u << SQL_DECIMAL,
        [SLUICE_DATE] = 1u << SQL_DATE,
        [SLUICE_TIME] = 1u << SQL_TIME,
        [SLUICE_TIMESTAMP] = 1u << SQL_TIMESTAMP};
    static const char *const names[] = {[SLUICE_INT] = "INTEGER",
        [SLUICE_BIGINT] = "BIGINT",
        [SLUICE_DATE] = "DATE",
        [SLUICE_TIME] = "TIME",
        [SLUICE_TIMESTAMP] = "TIMESTAMP"};
    column *c = target_of(face, bases[as], names[as]);
    if (!c)
        return;
    if (as == SLUICE_TIME && (value < 0 || value >= DAY_MS)) {
        extension_fail(extension_call_of(face), "it puts a TIME that no day has");
        return;
    }
    switch (c->type->base) {
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        column_append_int64(c, value);
        return;
    case SQL_DOUBLE:
        column_append_double(c, (double)value);
        return;
    case SQL_DECIMAL:
        append_digits(extension_call_of(face), c, value, 0);
        return;
    default:
        column_append_int32(c, (int32_t)value);
    }
}

static void put_double(sluice_call *face, double value) {
    column *c = target_of(face, 1u << SQL_DOUBLE, "DOUBLE");
    if (c)
        column_append_double(c, value);
}

static void put_decimal(sluice_call *face, sluice_decimal digits, int scale) {
    column *c = target_of(face, 1u << SQL_DECIMAL, "DECIMAL");
    decimal128 number = sluice_decimal_number(digits);
    if (!c)
        return;
    if (scale < 0 || scale > DECIMAL_MAX_PRECISION || !decimal_fits(number, DECIMAL_MAX_PRECISION))
        extension_fail(extension_call_of(face), "it puts what is no DECIMAL of at most 38 digits");
    else
        append_digits(extension_call_of(face), c, number, scale);
}

static void put_decimal_text(sluice_call *face, sluice_text text) {
    column *c = target_of(face, 1u << SQL_DECIMAL, "DECIMAL");
    decimal128 value;
    if (!c)
        return;
    decimal_status status = decimal_parse(slice_make(text.data, text.length), c->type->precision,
        c->type->scale, DECIMAL_HALF_UP, &value);
    if (status == DECIMAL_OK)
        column_append_decimal(c, value);
    else
        extension_fail(
            extension_call_of(face), "it puts a DECIMAL with %s", decimal_status_text(status));
}

static void put_text(sluice_call *face, sluice_text value, sluice_kind as) {
    column *c = target_of(face, 1u << as, as == SLUICE_VARCHAR ? "STRING" : "BYTES");
    slice bytes = slice_make(value.data ? value.data : "", value.length);
    if (!c)
        return;
    if (value.length > INT32_MAX / 2)
        extension_fail(extension_call_of(face), "it puts a value of more than a gigabyte");
    else if (as == SLUICE_VARCHAR && !utf8_valid(bytes))
        extension_fail(extension_call_of(face), "it puts a STRING that is not UTF-8");
    else
        column_append_bytes(c, bytes);
}

static void put_value(sluice_call *face, sluice_value value) {
    extension_call *call = extension_call_of(face);
    const column *from = value.column;
    column *c = target(call);
    if (!c)
        return;
    if (!from || column_is_null(from, value.row)) {
        put_null(face);
        return;
    }
    if (!sql_type_equal(from->type, c->type)) {
        extension_fail(call, "it puts %s where %s belongs", extension_type_name(call, from->type),
            extension_type_name(call, c->type));
        return;
    }
    column_append_row(c, from, value.row);
    advance(call);
}

static void begin(sluice_call *face) {
    extension_call *call = extension_call_of(face);
    column *c = target(call);
    if (!c)
        return;
    if (!sql_type_is_nested(c->type))
        extension_fail(
            call, "it begins a nested value where %s belongs", extension_type_name(call, c->type));
    else if (call->depth == EXTENSION_NESTING)
        extension_fail(call, "it nests values too deeply");
    else
        call->frames[call->depth++] = (extension_frame){c, 0};
}

static void end(sluice_call *face) {
    extension_call *call = extension_call_of(face);
    extension_frame *frame = innermost(call);
    if (call->failed)
        return;
    if (!frame) {
        extension_fail(call, "it ends a value that it has not begun");
        return;
    }
    sql_base base = frame->column->type->base;
    if (base == SQL_MAP && frame->parts % 2) {
        extension_fail(call, "it ends a MAP behind a key");
        return;
    }
    while (base == SQL_STRUCT && frame->parts < frame->column->child_count)
        column_append_null(frame->column->children[frame->parts++]);
    column_append_nested(frame->column);
    call->depth--;
    advance(call);
}

void extension_outputs_fill(struct sluice_api *api) {
    api->put_null = put_null;
    api->put_boolean = put_boolean;
    api->put_integer = put_integer;
    api->put_double = put_double;
    api->put_decimal = put_decimal;
    api->put_decimal_text = put_decimal_text;
    api->put_text = put_text;
    api->put_value = put_value;
    api->begin = begin;
    api->end = end;
}
