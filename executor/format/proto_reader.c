/* Fields come in any order and as often as the writer liked: the last of a single field counts, the
 * elements of a repeated one gather in its column's child until the message ends.
 *
 * A field that did not come is zero, empty or false, unless its presence is known or it is a
 * message: then it is null.
 */
#include "base/decimal.h"
#include "base/number.h"
#include "base/utf8.h"
#include "executor/format/proto_binding.h"

typedef struct proto_cursor {
    int depth;
    error *e;
} proto_cursor;

static bool read_message(
    proto_cursor *c, const proto_binding *b, slice bytes, column *const *columns, int64_t row);

/* ---- the wire ---- */

bool proto_take_varint(slice *from, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 70 && from->length; shift += 7) {
        uint8_t byte = (uint8_t)*from->data;
        *from = slice_make(from->data + 1, from->length - 1);
        if (shift < 64)
            *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool fail_short(proto_cursor *c) {
    return error_set(c->e, ERROR_DATA, "the protobuf payload ends too early");
}

static bool take_fixed(slice *from, size_t bytes, uint64_t *value) {
    if (from->length < bytes)
        return false;
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value |= (uint64_t)(uint8_t)from->data[i] << (8 * i);
    *from = slice_make(from->data + bytes, from->length - bytes);
    return true;
}

static bool take_run(slice *from, slice *run) {
    uint64_t length;
    if (!proto_take_varint(from, &length) || length > from->length)
        return false;
    *run = slice_make(from->data, (size_t)length);
    *from = slice_make(from->data + length, from->length - (size_t)length);
    return true;
}

/* A value as it lies on the wire. */
typedef struct wire_value {
    int type;
    uint64_t number;
    slice bytes;
} wire_value;

static bool take_value(proto_cursor *c, slice *from, int type, wire_value *value) {
    value->type = type;
    bool fine;
    switch (type) {
    case WIRE_VARINT:
        fine = proto_take_varint(from, &value->number);
        break;
    case WIRE_FIXED64:
        fine = take_fixed(from, 8, &value->number);
        break;
    case WIRE_FIXED32:
        fine = take_fixed(from, 4, &value->number);
        break;
    case WIRE_BYTES:
        fine = take_run(from, &value->bytes);
        break;
    default:
        return error_set(c->e, ERROR_DATA, "the protobuf payload has wire type %d", type);
    }
    return fine || fail_short(c);
}

/* ---- scalars ---- */

static int64_t integer_of(proto_kind kind, uint64_t bits) {
    switch (kind) {
    case PROTO_INT32:
    case PROTO_SFIXED32:
    case PROTO_ENUM:
        return (int32_t)bits;
    case PROTO_UINT32:
    case PROTO_FIXED32:
        return (uint32_t)bits;
    case PROTO_SINT32:
    case PROTO_SINT64:
        return proto_unzigzag(bits);
    default:
        return (int64_t)bits;
    }
}

static double double_of(proto_kind kind, uint64_t bits) {
    double value;
    float narrow;
    uint32_t low = (uint32_t)bits;
    if (kind == PROTO_FLOAT) {
        memcpy(&narrow, &low, 4);
        return (double)narrow;
    }
    if (kind == PROTO_DOUBLE) {
        memcpy(&value, &bits, 8);
        return value;
    }
    return (double)integer_of(kind, bits);
}

static void append_as_text(const proto_field *f, uint64_t bits, column *to) {
    char text[NUMBER_DOUBLE_MAX];
    if (f->kind == PROTO_ENUM) {
        for (int i = 0; i < f->values->count; i++)
            if (f->values->numbers[i] == (int32_t)bits) {
                column_append_bytes(to, f->values->names[i]);
                return;
            }
    }
    size_t length;
    if (f->kind == PROTO_BOOL) {
        column_append_bytes(to, bits ? SLICE_LITERAL("true") : SLICE_LITERAL("false"));
        return;
    }
    if (f->kind == PROTO_DOUBLE || f->kind == PROTO_FLOAT)
        length = number_write_double(text, double_of(f->kind, bits));
    else
        length = number_write_int64(text, integer_of(f->kind, bits));
    column_append_bytes(to, slice_make(text, length));
}

static bool append_number(proto_cursor *c, const proto_field *f, uint64_t bits, column *to) {
    int64_t value;
    switch (to->type->base) {
    case SQL_BOOLEAN:
        column_append_boolean(to, bits != 0);
        return true;
    case SQL_DOUBLE:
        column_append_double(to, double_of(f->kind, bits));
        return true;
    case SQL_VARCHAR:
        append_as_text(f, bits, to);
        return true;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        column_append_int64(to, integer_of(f->kind, bits));
        return true;
    default:
        value = integer_of(f->kind, bits);
        if (value < INT32_MIN || value > INT32_MAX)
            return error_set(
                c->e, ERROR_DATA, "the protobuf field %.*s is out of range", SLICE_ARG(f->name));
        column_append_int32(to, (int32_t)value);
        return true;
    }
}

static bool append_run(proto_cursor *c, const proto_field *f, slice bytes, column *to) {
    if (f->kind == PROTO_STRING && !utf8_valid(bytes))
        return error_set(
            c->e, ERROR_DATA, "the protobuf field %.*s is not UTF-8", SLICE_ARG(f->name));
    column_append_bytes(to, bytes.data ? bytes : slice_make("", 0));
    return true;
}

/* ---- known messages ---- */

/* The varint and bytes fields 1 to 4 of a small message. */
typedef struct small_message {
    uint64_t numbers[5];
    slice bytes;
} small_message;

static bool take_small(proto_cursor *c, slice from, small_message *m) {
    *m = (small_message){.bytes = {"", 0}};
    while (from.length) {
        uint64_t tag;
        wire_value value;
        if (!proto_take_varint(&from, &tag))
            return fail_short(c);
        if (!take_value(c, &from, (int)(tag & 7), &value))
            return false;
        if (tag >> 3 > 4)
            continue;
        if (value.type == WIRE_BYTES)
            m->bytes = value.bytes;
        else
            m->numbers[tag >> 3] = value.number;
    }
    return true;
}

/* Days since 1970-01-01 of a day in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool append_decimal(proto_cursor *c, const small_message *m, column *to) {
    decimal128 value;
    unsigned __int128 bits =
        m->bytes.length && (signed char)m->bytes.data[0] < 0 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < m->bytes.length; i++)
        bits = bits << 8 | (uint8_t)m->bytes.data[i];
    int64_t scale = (int32_t)m->numbers[3];
    value = (decimal128)bits;
    if (m->bytes.length > 16 || scale < 0 || scale > 38 ||
        !decimal_fits(value, DECIMAL_MAX_PRECISION) ||
        !decimal_convert(value, (int)scale, to->type->precision, to->type->scale, &value))
        return error_set(c->e, ERROR_DATA, "a protobuf decimal does not fit DECIMAL(%d, %d)",
            to->type->precision, to->type->scale);
    column_append_decimal(to, value);
    return true;
}

static bool append_known(proto_cursor *c, const proto_message *known, slice bytes, column *to) {
    small_message m;
    if (!take_small(c, bytes, &m))
        return false;
    const uint64_t *n = m.numbers;
    int64_t year = (int32_t)n[1], month = (int32_t)n[2], day = (int32_t)n[3];
    const proto_field *inner = known->fields;
    switch (known->known) {
    case PROTO_WRAPPER:
        if (proto_wire_type(inner->kind) == WIRE_BYTES)
            return append_run(c, inner, m.bytes, to);
        return append_number(c, inner, n[1], to);
    case PROTO_TIMESTAMP:
        if ((int64_t)n[1] > INT64_MAX / 1001 || (int64_t)n[1] < INT64_MIN / 1001)
            return error_set(c->e, ERROR_DATA, "a protobuf Timestamp is out of range");
        column_append_int64(to, (int64_t)n[1] * 1000 + (int32_t)n[2] / 1000000);
        return true;
    case PROTO_DATE:
        if (year < -5000000 || year > 5000000 || month < 1 || month > 12 || day < 1 || day > 31)
            return error_set(c->e, ERROR_DATA, "a protobuf Date is out of range");
        column_append_int32(to, (int32_t)days_of(year, month, day));
        return true;
    case PROTO_TIME_OF_DAY:
        if (n[1] > 24 || n[2] > 59 || n[3] > 60 || n[4] > 999999999)
            return error_set(c->e, ERROR_DATA, "a protobuf TimeOfDay is out of range");
        column_append_int32(
            to, (int32_t)(((n[1] * 60 + n[2]) * 60 + n[3]) * 1000 + n[4] / 1000000));
        return true;
    case PROTO_DECIMAL:
        return append_decimal(c, &m, to);
    case PROTO_ORDINARY:
        break;
    }
    return false;
}

/* ---- fields ---- */

static bool append_struct(proto_cursor *c, const proto_binding *inside, slice bytes, column *to) {
    if (++c->depth > PROTO_MAX_DEPTH)
        return error_set(c->e, ERROR_LIMIT, "the protobuf payload is nested too deep");
    bool fine = read_message(c, inside, bytes, to->children, to->length);
    c->depth--;
    if (fine)
        column_append_nested(to);
    return fine;
}

static bool append_value(
    proto_cursor *c, const bound_field *b, const wire_value *value, column *to) {
    const proto_field *f = b->field;
    int64_t row = to->length;
    bool fine;
    if (value->type != proto_wire_type(f->kind))
        fine = error_set(c->e, ERROR_DATA, "the protobuf field %.*s has wire type %d",
            SLICE_ARG(f->name), value->type);
    else if (b->inside)
        fine = append_struct(c, b->inside, value->bytes, to);
    else if (f->kind == PROTO_MESSAGE)
        fine = append_known(c, f->message, value->bytes, to);
    else if (value->type == WIRE_BYTES)
        fine = append_run(c, f, value->bytes, to);
    else
        fine = append_number(c, f, value->number, to);
    if (!fine) { /* leaves one null row, as every level above expects */
        column_truncate(to, row);
        column_append_null_discarding(to);
    }
    return fine;
}

/* Several numbers in one run. */
static bool append_packed(proto_cursor *c, const bound_field *b, slice run, column *elements) {
    while (run.length) {
        wire_value value;
        if (!take_value(c, &run, proto_wire_type(b->field->kind), &value) ||
            !append_value(c, b, &value, elements))
            return false;
    }
    return true;
}

static bool append_entry(proto_cursor *c, const bound_field *b, slice bytes, column *map) {
    return read_message(c, b->inside, bytes, map->children, map->children[0]->length);
}

static bool read_field(
    proto_cursor *c, const bound_field *b, const wire_value *value, column *to, int64_t row) {
    if (b->type->base == SQL_MAP) {
        if (value->type != WIRE_BYTES)
            return error_set(c->e, ERROR_DATA, "the protobuf field %.*s has wire type %d",
                SLICE_ARG(b->field->name), value->type);
        return append_entry(c, b, value->bytes, to);
    }
    if (b->type->base == SQL_ARRAY) {
        if (value->type == WIRE_BYTES && proto_wire_type(b->field->kind) != WIRE_BYTES)
            return append_packed(c, b, value->bytes, to->children[0]);
        return append_value(c, b, value, to->children[0]);
    }
    column_truncate(to, row);
    return append_value(c, b, value, to);
}

static void append_default(const bound_field *b, column *to) {
    static const wire_value zero = {.bytes = {"", 0}};
    proto_cursor quiet = {0, NULL};
    if (b->field->kind == PROTO_MESSAGE || b->field->optional) {
        column_append_null(to);
        return;
    }
    wire_value value = zero;
    value.type = proto_wire_type(b->field->kind);
    append_value(&quiet, b, &value, to); /* zero fits everywhere */
}

/* The STRUCT of a oneof is there when one of its members is. */
static void finish_choice(column *to, int64_t row) {
    bool any = false;
    for (int i = 0; i < to->child_count; i++)
        any |= to->children[i]->length > row;
    if (!any) {
        column_append_null(to);
        return;
    }
    for (int i = 0; i < to->child_count; i++)
        if (to->children[i]->length == row)
            column_append_null(to->children[i]);
    column_append_nested(to);
}

static void finish_message(const proto_binding *b, column *const *columns, int64_t row) {
    for (int i = 0; i < b->count; i++) {
        const bound_field *field = &b->fields[i];
        column *to = columns[field->target];
        if (field->type->base == SQL_ARRAY)
            column_append_nested(to);
        else if (field->type->base == SQL_MAP)
            column_append_map(to);
        else if (to->length == row)
            append_default(field, to);
    }
    for (int i = 0; i < b->choice_count; i++)
        finish_choice(columns[b->choices[i].target], row);
    for (int i = 0; i < b->missing_count; i++)
        column_append_null(columns[b->missing[i]]);
}

/* Drops the elements that have gathered, so that columns can be truncated. */
static void abandon_message(const proto_binding *b, column *const *columns, int64_t row) {
    for (int i = 0; i < b->count; i++)
        if (columns[b->fields[i].target]->length == row)
            column_append_null_discarding(columns[b->fields[i].target]);
    for (int i = 0; i < b->choice_count; i++)
        if (columns[b->choices[i].target]->length == row)
            column_append_null_discarding(columns[b->choices[i].target]);
    for (int i = 0; i < b->missing_count; i++)
        if (columns[b->missing[i]]->length == row)
            column_append_null(columns[b->missing[i]]);
}

/* The field with the number; the one behind the last is tried first. */
static const bound_field *find_field(const proto_binding *b, uint64_t number, int *last) {
    for (int i = 0; i < b->count; i++) {
        *last = *last + 1 >= b->count ? 0 : *last + 1;
        if ((uint64_t)b->fields[*last].field->number == number)
            return &b->fields[*last];
    }
    return NULL;
}

/* A member of a oneof takes the place of the one that came before it. */
static bool read_choice(proto_cursor *c, const proto_binding *b, uint64_t number,
    const wire_value *value, column *const *columns, int64_t row) {
    for (int i = 0; i < b->choice_count; i++) {
        int last = -1;
        const bound_field *member = find_field(b->choices[i].inside, number, &last);
        if (!member)
            continue;
        column *to = columns[b->choices[i].target];
        for (int other = 0; other < to->child_count; other++)
            column_truncate(to->children[other], row);
        return read_field(c, member, value, to->children[member->target], row);
    }
    return true;
}

static bool read_message(
    proto_cursor *c, const proto_binding *b, slice bytes, column *const *columns, int64_t row) {
    int last = -1;
    while (bytes.length) {
        uint64_t tag;
        wire_value value;
        bool fine = proto_take_varint(&bytes, &tag) || fail_short(c);
        fine = fine && take_value(c, &bytes, (int)(tag & 7), &value);
        const bound_field *field = fine ? find_field(b, tag >> 3, &last) : NULL;
        if (field)
            fine = read_field(c, field, &value, columns[field->target], row);
        else if (fine && b->choice_count)
            fine = read_choice(c, b, tag >> 3, &value, columns, row);
        if (!fine) {
            abandon_message(b, columns, row);
            return false;
        }
    }
    finish_message(b, columns, row);
    return true;
}

bool proto_read(
    const proto_binding *b, slice payload, column *const *columns, int64_t row, error *e) {
    proto_cursor c = {0, e};
    return read_message(&c, b, payload, columns, row);
}
