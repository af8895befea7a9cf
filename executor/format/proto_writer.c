/* Zeros of fields without presence are left out, as proto3 has it; numbers of repeated fields are
 * packed. A message's length is put in front once the message is there.
 */
#include "base/decimal.h"
#include "executor/format/proto_binding.h"

static bool write_message(
    const proto_binding *b, column *const *columns, int64_t row, buffer *out, error *e);

void proto_append_varint(buffer *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        buffer_append_byte(out, (char)(value | 0x80));
    buffer_append_byte(out, (char)value);
}

static void append_tag(buffer *out, int32_t number, int wire) {
    proto_append_varint(out, (uint64_t)number << 3 | (uint64_t)wire);
}

static void append_fixed(buffer *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        buffer_append_byte(out, (char)(value >> (8 * i)));
}

/* Puts the length of what was written since `from` in front of it. */
static void close_run(buffer *out, size_t from) {
    char length[10];
    size_t count = 0, written = out->length - from;
    uint64_t rest = written;
    for (; rest >= 0x80; rest >>= 7)
        length[count++] = (char)(rest | 0x80);
    length[count++] = (char)rest;
    buffer_reserve(out, count);
    memmove(out->data + from + count, out->data + from, written);
    memcpy(out->data + from, length, count);
    out->length += count;
}

/* ---- scalars ---- */

static bool fail_range(const proto_field *f, error *e) {
    return error_set(e, ERROR_DATA,
        "a value is out of range for the protobuf field %.*s of type %s", SLICE_ARG(f->name),
        proto_kind_name(f->kind));
}

static bool integer_bits(const proto_field *f, int64_t value, uint64_t *bits, error *e) {
    bool narrow = f->kind == PROTO_INT32 || f->kind == PROTO_SINT32 || f->kind == PROTO_SFIXED32;
    if (narrow && (value < INT32_MIN || value > INT32_MAX))
        return fail_range(f, e);
    if ((f->kind == PROTO_UINT32 || f->kind == PROTO_FIXED32) && (value < 0 || value > UINT32_MAX))
        return fail_range(f, e);
    bool zigzag = f->kind == PROTO_SINT32 || f->kind == PROTO_SINT64;
    *bits = zigzag ? proto_zigzag(value) : (uint64_t)value;
    return true;
}

static void double_bits(const proto_field *f, double value, uint64_t *bits) {
    float narrow = (float)value;
    uint32_t low;
    if (f->kind == PROTO_FLOAT) {
        memcpy(&low, &narrow, 4);
        *bits = low;
    } else {
        memcpy(bits, &value, 8);
    }
}

static bool enum_bits(const proto_field *f, slice name, uint64_t *bits, error *e) {
    for (int i = 0; i < f->values->count; i++)
        if (slice_equal(f->values->names[i], name)) {
            *bits = (uint64_t)(int64_t)f->values->numbers[i];
            return true;
        }
    return error_set(e, ERROR_DATA, "'%.*s' is no value of the protobuf enum %.*s",
        (int)(name.length < 60 ? name.length : 60), name.data, SLICE_ARG(f->values->name));
}

/* A number as it goes onto the wire; a null is zero. */
static bool number_bits(
    const proto_field *f, const column *c, int64_t row, uint64_t *bits, error *e) {
    *bits = 0;
    if (column_is_null(c, row))
        return true;
    bool floating = f->kind == PROTO_DOUBLE || f->kind == PROTO_FLOAT;
    switch (c->type->base) {
    case SQL_BOOLEAN:
        *bits = c->booleans[row];
        return true;
    case SQL_DOUBLE:
        if (!floating)
            return fail_range(f, e);
        double_bits(f, c->doubles[row], bits);
        return true;
    case SQL_VARCHAR:
        if (f->kind != PROTO_ENUM)
            return error_set(e, ERROR_DATA, "text for the protobuf field %.*s of type %s",
                SLICE_ARG(f->name), proto_kind_name(f->kind));
        return enum_bits(f, column_slice(c, row), bits, e);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return integer_bits(f, c->int64s[row], bits, e);
    default:
        return integer_bits(f, c->int32s[row], bits, e);
    }
}

static void append_bits(buffer *out, const proto_field *f, uint64_t bits) {
    switch (proto_wire_type(f->kind)) {
    case WIRE_VARINT:
        proto_append_varint(out, bits);
        return;
    case WIRE_FIXED64:
        append_fixed(out, bits, 8);
        return;
    default:
        append_fixed(out, bits, 4);
    }
}

static bool write_scalar(
    const proto_field *f, const column *c, int64_t row, bool keep_zero, buffer *out, error *e) {
    if (proto_wire_type(f->kind) == WIRE_BYTES) {
        slice text = column_slice(c, row);
        if (text.length || keep_zero) {
            append_tag(out, f->number, WIRE_BYTES);
            proto_append_varint(out, text.length);
            buffer_append(out, text);
        }
        return true;
    }
    uint64_t bits;
    if (!number_bits(f, c, row, &bits, e))
        return false;
    if (bits || keep_zero) {
        append_tag(out, f->number, proto_wire_type(f->kind));
        append_bits(out, f, bits);
    }
    return true;
}

/* ---- known messages ---- */

static void append_part(buffer *out, int32_t number, int64_t value) {
    if (!value)
        return;
    append_tag(out, number, WIRE_VARINT);
    proto_append_varint(out, (uint64_t)value);
}

static void append_date(buffer *out, int64_t days) {
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097,
            of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    append_part(out, 1, year + era * 400 + (month <= 2));
    append_part(out, 2, month);
    append_part(out, 3, of_year - (153 * shifted_month + 2) / 5 + 1);
}

static void append_decimal(buffer *out, decimal128 value, const sql_type *type) {
    int8_t bytes[16];
    for (int i = 15; i >= 0; i--, value >>= 8)
        bytes[i] = (int8_t)(value & 0xFF);
    int from = 0;
    while (from < 15 && ((bytes[from] == 0 && bytes[from + 1] >= 0) ||
                            (bytes[from] == -1 && bytes[from + 1] < 0)))
        from++;
    append_tag(out, 1, WIRE_BYTES);
    proto_append_varint(out, (uint64_t)(16 - from));
    buffer_append_bytes(out, bytes + from, (size_t)(16 - from));
    append_part(out, 2, type->precision);
    append_part(out, 3, type->scale);
}

static void append_timestamp(buffer *out, int64_t ms) {
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    append_part(out, 1, seconds);
    append_part(out, 2, (ms - seconds * 1000) * 1000000);
}

static void append_time(buffer *out, int32_t ms) {
    append_part(out, 1, ms / 3600000);
    append_part(out, 2, ms / 60000 % 60);
    append_part(out, 3, ms / 1000 % 60);
    append_part(out, 4, (int64_t)(ms % 1000) * 1000000);
}

static bool append_known(
    const proto_message *m, const column *c, int64_t row, buffer *out, error *e) {
    switch (m->known) {
    case PROTO_WRAPPER:
        return write_scalar(m->fields, c, row, false, out, e);
    case PROTO_TIMESTAMP:
        append_timestamp(out, c->int64s[row]);
        return true;
    case PROTO_DATE:
        append_date(out, c->int32s[row]);
        return true;
    case PROTO_TIME_OF_DAY:
        append_time(out, c->int32s[row]);
        return true;
    case PROTO_DECIMAL:
        append_decimal(out, c->decimals[row], c->type);
        return true;
    case PROTO_ORDINARY:
        break;
    }
    return false;
}

/* ---- fields ---- */

/* A null among the elements of a list is an empty message. */
static bool write_inner_message(
    const bound_field *b, const column *c, int64_t row, buffer *out, error *e) {
    append_tag(out, b->field->number, WIRE_BYTES);
    size_t from = out->length;
    bool fine = true;
    if (!column_is_null(c, row))
        fine = b->inside ? write_message(b->inside, c->children, row, out, e)
                         : append_known(b->field->message, c, row, out, e);
    close_run(out, from);
    return fine;
}

static bool write_packed(const bound_field *b, const column *elements, int32_t first, int32_t end,
    buffer *out, error *e) {
    append_tag(out, b->field->number, WIRE_BYTES);
    size_t from = out->length;
    for (int32_t i = first; i < end; i++) {
        uint64_t bits;
        if (!number_bits(b->field, elements, i, &bits, e))
            return false;
        append_bits(out, b->field, bits);
    }
    close_run(out, from);
    return true;
}

static bool write_elements(
    const bound_field *b, const column *c, int64_t row, buffer *out, error *e) {
    int32_t first = c->offsets[row], end = c->offsets[row + 1];
    const column *elements = c->children[0];
    if (first == end)
        return true;
    if (proto_wire_type(b->field->kind) != WIRE_BYTES)
        return write_packed(b, elements, first, end, out, e);
    for (int32_t i = first; i < end; i++) {
        bool fine = b->field->kind == PROTO_MESSAGE
                        ? write_inner_message(b, elements, i, out, e)
                        : write_scalar(b->field, elements, i, true, out, e);
        if (!fine)
            return false;
    }
    return true;
}

static bool write_entries(
    const bound_field *b, const column *c, int64_t row, buffer *out, error *e) {
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        append_tag(out, b->field->number, WIRE_BYTES);
        size_t from = out->length;
        if (!write_message(b->inside, c->children, i, out, e))
            return false;
        close_run(out, from);
    }
    return true;
}

static bool write_field(const bound_field *b, const column *c, int64_t row, buffer *out, error *e) {
    if (column_is_null(c, row))
        return true;
    if (b->type->base == SQL_MAP)
        return write_entries(b, c, row, out, e);
    if (b->type->base == SQL_ARRAY)
        return write_elements(b, c, row, out, e);
    if (b->field->kind == PROTO_MESSAGE)
        return write_inner_message(b, c, row, out, e);
    return write_scalar(b->field, c, row, b->field->optional, out, e);
}

/* Of a oneof's members the first that is not null is written. */
static bool write_choice(
    const bound_choice *choice, const column *c, int64_t row, buffer *out, error *e) {
    const proto_binding *b = choice->inside;
    if (column_is_null(c, row))
        return true;
    for (int i = 0; i < b->count; i++) {
        const column *member = c->children[b->fields[i].target];
        if (!column_is_null(member, row))
            return write_field(&b->fields[i], member, row, out, e);
    }
    return true;
}

static bool write_message(
    const proto_binding *b, column *const *columns, int64_t row, buffer *out, error *e) {
    for (int i = 0; i < b->choice_count; i++)
        if (!write_choice(&b->choices[i], columns[b->choices[i].target], row, out, e))
            return false;
    for (int i = 0; i < b->count; i++)
        if (!write_field(&b->fields[i], columns[b->fields[i].target], row, out, e))
            return false;
    return true;
}

bool proto_write(
    const proto_binding *b, column *const *columns, int64_t row, buffer *out, error *e) {
    return write_message(b, columns, row, out, e);
}
