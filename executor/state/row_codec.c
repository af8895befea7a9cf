/* Keys. Each value is a tag and its bytes: 1 null, 2 a value; 0 ends an array, so that shorter ones
 * sort first. Numbers are big endian with the sign flipped, doubles in IEEE total order (one NaN,
 * last), bytes end in 00 00 with 00 escaped as 00 FF. The entries of a MAP are sorted, so equal
 * maps have equal keys.
 *
 * Values. A row is a bitmap (1: has a value) and the values that are there: integers as zigzag
 * varints, doubles as 8 bytes, decimals as a length and the bytes that matter, bytes with their
 * length. ARRAY and MAP are a count and their children in the same form, STRUCT is its fields as a
 * row.
 */
#include "executor/state/row_codec.h"

#include <stdlib.h>

#include "base/memory.h"

enum { TAG_END = 0, TAG_NULL = 1, TAG_VALUE = 2 };

/* ---- keys: writing ---- */

static void append_big_endian(buffer *out, uint64_t value, int bytes) {
    buffer_reserve(out, (size_t)bytes);
    for (int i = 0; i < bytes; i++)
        out->data[out->length + (size_t)i] = (char)(value >> (8 * (bytes - 1 - i)));
    out->length += (size_t)bytes;
}

void row_key_append_int64(buffer *out, int64_t value) {
    append_big_endian(out, (uint64_t)value ^ UINT64_C(1) << 63, 8);
}

static void append_key_double(buffer *out, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        bits = UINT64_C(0x7FF8000000000000);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    append_big_endian(out, bits, 8);
}

static void append_key_bytes(buffer *out, slice value) {
    buffer_reserve(out, value.length + 2);
    size_t from = 0;
    for (;;) {
        const char *zero =
            value.length > from ? memchr(value.data + from, 0, value.length - from) : NULL;
        if (!zero)
            break;
        size_t end = (size_t)(zero - value.data) + 1;
        buffer_append(out, slice_make(value.data + from, end - from));
        buffer_append_byte(out, (char)0xFF);
        from = end;
    }
    buffer_append(out, slice_make(value.data + from, value.length - from));
    buffer_append_byte(out, 0);
    buffer_append_byte(out, 0);
}

static void append_key_cell(buffer *out, const column *c, int64_t row);

typedef struct map_entry {
    size_t offset, length; /* of the encoded entry */
} map_entry;

static int compare_entries(const void *a, const void *b, void *bytes) {
    const map_entry *x = a, *y = b;
    return slice_compare(slice_make((char *)bytes + x->offset, x->length),
        slice_make((char *)bytes + y->offset, y->length));
}

static void append_key_map(buffer *out, const column *c, int64_t row) {
    int32_t first = c->offsets[row], count = c->offsets[row + 1] - first;
    map_entry *entries = memory_allocate(sizeof *entries * (size_t)count);
    buffer bytes = {0};
    for (int32_t i = 0; i < count; i++) {
        entries[i].offset = bytes.length;
        append_key_cell(&bytes, c->children[0], first + i);
        append_key_cell(&bytes, c->children[1], first + i);
        entries[i].length = bytes.length - entries[i].offset;
    }
    qsort_r(entries, (size_t)count, sizeof *entries, compare_entries, bytes.data);
    for (int32_t i = 0; i < count; i++)
        buffer_append(out, slice_make(bytes.data + entries[i].offset, entries[i].length));
    buffer_append_byte(out, TAG_END);
    buffer_free(&bytes);
    memory_free(entries);
}

static void append_key_cell(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row)) {
        buffer_append_byte(out, TAG_NULL);
        return;
    }
    buffer_append_byte(out, TAG_VALUE);
    switch (c->type->base) {
    case SQL_NULL:
        break;
    case SQL_BOOLEAN:
        buffer_append_byte(out, (char)c->booleans[row]);
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        append_big_endian(out, (uint32_t)c->int32s[row] ^ UINT32_C(1) << 31, 4);
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        row_key_append_int64(out, c->int64s[row]);
        break;
    case SQL_DOUBLE:
        append_key_double(out, c->doubles[row]);
        break;
    case SQL_DECIMAL:
        row_key_append_int64(out, (int64_t)(c->decimals[row] >> 64));
        append_big_endian(out, (uint64_t)c->decimals[row], 8);
        break;
    case SQL_VARCHAR:
    case SQL_BYTES:
        append_key_bytes(out, column_slice(c, row));
        break;
    case SQL_ARRAY:
        for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++)
            append_key_cell(out, c->children[0], i);
        buffer_append_byte(out, TAG_END);
        break;
    case SQL_MAP:
        append_key_map(out, c, row);
        break;
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++)
            append_key_cell(out, c->children[i], row);
        break;
    }
}

void row_key_append(buffer *out, column *const *columns, int count, int64_t row) {
    for (int i = 0; i < count; i++)
        append_key_cell(out, columns[i], row);
}

/* ---- reading, both forms ---- */

static bool take(slice *from, size_t bytes, const unsigned char **data) {
    if (from->length < bytes)
        return false;
    *data = (const unsigned char *)from->data;
    from->data += bytes;
    from->length -= bytes;
    return true;
}

static bool take_byte(slice *from, unsigned char *byte) {
    const unsigned char *data;
    if (!take(from, 1, &data))
        return false;
    *byte = *data;
    return true;
}

/* Gives a column and everything below it its old length back; children may be longer than their
 * parent when reading stopped in the middle of a row. */
static void restore_length(column *c, int64_t length) {
    for (int i = 0; i < c->child_count; i++)
        if (c->type->base == SQL_STRUCT)
            restore_length(c->children[i], length);
        else
            restore_length(c->children[i], c->offsets ? c->offsets[length] : 0);
    column_truncate(c, length);
}

/* Always false, so that readers can return it. */
static bool undo(column *const *columns, int count, const int64_t *lengths) {
    for (int i = 0; i < count; i++)
        if (columns[i])
            restore_length(columns[i], lengths[i]);
    return false;
}

/* ---- keys: reading ---- */

static bool take_big_endian(slice *from, int bytes, uint64_t *value) {
    const unsigned char *data;
    if (!take(from, (size_t)bytes, &data))
        return false;
    *value = 0;
    for (int i = 0; i < bytes; i++)
        *value = *value << 8 | data[i];
    return true;
}

int64_t row_key_read_int64(slice *key) {
    uint64_t value = 0;
    bool fits = take_big_endian(key, 8, &value);
    assert(fits);
    (void)fits;
    return (int64_t)(value ^ UINT64_C(1) << 63);
}

static bool read_key_bytes(slice *key, column *c) {
    char *to = column_reserve_bytes(c, (int64_t)key->length);
    size_t used = 0, length = 0;
    while (used + 1 < key->length) {
        char byte = key->data[used++];
        if (byte == 0) {
            unsigned char next = (unsigned char)key->data[used++];
            if (next == 0) {
                column_append_reserved(c, (int64_t)length);
                *key = slice_make(key->data + used, key->length - used);
                return true;
            }
            if (next != 0xFF)
                return false;
        }
        to[length++] = byte;
    }
    return false;
}

static bool read_key_cell(slice *key, column *c);

static bool read_key_nested(slice *key, column *c) {
    unsigned char byte;
    if (c->type->base == SQL_STRUCT) {
        for (int i = 0; i < c->child_count; i++)
            if (!read_key_cell(key, c->children[i]))
                return false;
        column_append_nested(c);
        return true;
    }
    while (key->length && key->data[0] != TAG_END)
        for (int i = 0; i < c->child_count; i++)
            if (!read_key_cell(key, c->children[i]))
                return false;
    if (!take_byte(key, &byte))
        return false;
    column_append_nested(c);
    return true;
}

static bool read_key_value(slice *key, column *c) {
    uint64_t bits, low;
    unsigned char byte;
    switch (c->type->base) {
    case SQL_NULL:
        return false;
    case SQL_BOOLEAN:
        if (!take_byte(key, &byte) || byte > 1)
            return false;
        column_append_boolean(c, byte);
        return true;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        if (!take_big_endian(key, 4, &bits))
            return false;
        column_append_int32(c, (int32_t)((uint32_t)bits ^ UINT32_C(1) << 31));
        return true;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        if (!take_big_endian(key, 8, &bits))
            return false;
        column_append_int64(c, (int64_t)(bits ^ UINT64_C(1) << 63));
        return true;
    case SQL_DOUBLE: {
        double value;
        if (!take_big_endian(key, 8, &bits))
            return false;
        bits = bits >> 63 ? bits ^ UINT64_C(1) << 63 : ~bits;
        memcpy(&value, &bits, sizeof value);
        column_append_double(c, value);
        return true;
    }
    case SQL_DECIMAL:
        if (!take_big_endian(key, 8, &bits) || !take_big_endian(key, 8, &low))
            return false;
        bits ^= UINT64_C(1) << 63;
        column_append_decimal(c, (decimal128)((unsigned __int128)bits << 64 | low));
        return true;
    case SQL_VARCHAR:
    case SQL_BYTES:
        return read_key_bytes(key, c);
    default:
        return read_key_nested(key, c);
    }
}

static bool read_key_cell(slice *key, column *c) {
    unsigned char tag;
    if (!take_byte(key, &tag))
        return false;
    if (tag == TAG_NULL) {
        column_append_null(c);
        return true;
    }
    return tag == TAG_VALUE && read_key_value(key, c);
}

bool row_key_read(slice *key, column *const *columns, int count) {
    int64_t lengths[count + 1];
    for (int i = 0; i < count; i++)
        lengths[i] = columns[i]->length;
    for (int i = 0; i < count; i++)
        if (!read_key_cell(key, columns[i]))
            return undo(columns, count, lengths);
    return true;
}

/* ---- values: writing ---- */

static void append_varint(buffer *out, uint64_t value) {
    buffer_reserve(out, 10);
    char *to = out->data + out->length;
    while (value >= 0x80) {
        *to++ = (char)(value | 0x80);
        value >>= 7;
    }
    *to++ = (char)value;
    out->length = (size_t)(to - out->data);
}

static void append_zigzag(buffer *out, int64_t value) {
    append_varint(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

/* Two's complement, little endian, without the bytes that only repeat the sign. */
static void append_value_decimal(buffer *out, decimal128 value) {
    char bytes[16];
    memcpy(bytes, &value, sizeof bytes);
    int length = 16;
    char sign = value < 0 ? (char)0xFF : 0;
    while (length > 0 && bytes[length - 1] == sign &&
           ((length == 1 && !sign) || (length > 1 && (bytes[length - 2] ^ sign) >= 0)))
        length--;
    buffer_append_byte(out, (char)length);
    buffer_append_bytes(out, bytes, (size_t)length);
}

/* Room for a zeroed bitmap; its offset, because the buffer may move. */
static size_t append_bitmap(buffer *out, int64_t bits) {
    size_t bytes = (size_t)(bits + 7) / 8, offset = out->length;
    buffer_reserve(out, bytes);
    if (bytes)
        memset(out->data + offset, 0, bytes);
    out->length += bytes;
    return offset;
}

static inline void set_bit(buffer *out, size_t offset, int64_t bit) {
    out->data[offset + (size_t)(bit >> 3)] |= (char)(1 << (bit & 7));
}

static void append_value_cell(buffer *out, const column *c, int64_t row);

static void append_value_range(buffer *out, const column *c, int64_t first, int64_t count) {
    size_t bitmap = append_bitmap(out, count);
    for (int64_t i = 0; i < count; i++) {
        if (column_is_null(c, first + i))
            continue;
        set_bit(out, bitmap, i);
        append_value_cell(out, c, first + i);
    }
}

static void append_value_cell(buffer *out, const column *c, int64_t row) {
    switch (c->type->base) {
    case SQL_NULL:
        break;
    case SQL_BOOLEAN:
        buffer_append_byte(out, (char)c->booleans[row]);
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        append_zigzag(out, c->int32s[row]);
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        append_zigzag(out, c->int64s[row]);
        break;
    case SQL_DOUBLE:
        buffer_append_bytes(out, &c->doubles[row], sizeof(double));
        break;
    case SQL_DECIMAL:
        append_value_decimal(out, c->decimals[row]);
        break;
    case SQL_VARCHAR:
    case SQL_BYTES: {
        slice value = column_slice(c, row);
        append_varint(out, value.length);
        buffer_append(out, value);
        break;
    }
    case SQL_ARRAY:
    case SQL_MAP: {
        int32_t first = c->offsets[row], count = c->offsets[row + 1] - first;
        append_varint(out, (uint64_t)count);
        for (int i = 0; i < c->child_count; i++)
            append_value_range(out, c->children[i], first, count);
        break;
    }
    case SQL_STRUCT:
        row_value_append(out, c->children, c->child_count, row);
        break;
    }
}

void row_value_append(buffer *out, column *const *columns, int count, int64_t row) {
    size_t bitmap = append_bitmap(out, count);
    for (int i = 0; i < count; i++) {
        if (!columns[i] || column_is_null(columns[i], row))
            continue;
        set_bit(out, bitmap, i);
        append_value_cell(out, columns[i], row);
    }
}

/* ---- values: reading. A NULL column: the value is skipped ---- */

static bool take_varint(slice *from, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        unsigned char byte;
        if (!take_byte(from, &byte))
            return false;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_zigzag(slice *from, int64_t *value) {
    uint64_t bits;
    if (!take_varint(from, &bits))
        return false;
    *value = (int64_t)(bits >> 1 ^ (0 - (bits & 1)));
    return true;
}

static bool read_value_decimal(slice *value, column *c) {
    unsigned char length;
    const unsigned char *bytes;
    if (!take_byte(value, &length) || length > 16 || !take(value, length, &bytes))
        return false;
    if (!c)
        return true;
    decimal128 number = length && bytes[length - 1] & 0x80 ? -1 : 0;
    memcpy(&number, bytes, length);
    column_append_decimal(c, number);
    return true;
}

static bool read_value_cell(slice *value, const sql_type *type, column *c);

static bool read_value_range(slice *value, const sql_type *type, column *c, uint64_t count) {
    const unsigned char *bitmap;
    if (count > value->length * 8 || !take(value, (size_t)(count + 7) / 8, &bitmap))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (bitmap[i >> 3] >> (i & 7) & 1) {
            if (!read_value_cell(value, type, c))
                return false;
        } else if (c) {
            column_append_null(c);
        }
    }
    return true;
}

static bool read_value_nested(slice *value, const sql_type *type, column *c) {
    if (type->base == SQL_STRUCT) {
        const unsigned char *bitmap;
        if (!take(value, (size_t)(type->field_count + 7) / 8, &bitmap))
            return false;
        for (int i = 0; i < type->field_count; i++) {
            column *child = c ? c->children[i] : NULL;
            if (bitmap[i >> 3] >> (i & 7) & 1) {
                if (!read_value_cell(value, type->fields[i].type, child))
                    return false;
            } else if (child) {
                column_append_null(child);
            }
        }
    } else {
        uint64_t count;
        if (!take_varint(value, &count))
            return false;
        if (type->base == SQL_MAP &&
            !read_value_range(value, type->key, c ? c->children[0] : NULL, count))
            return false;
        int last = type->base == SQL_MAP;
        if (!read_value_range(value, type->element, c ? c->children[last] : NULL, count))
            return false;
    }
    if (c)
        column_append_nested(c);
    return true;
}

static bool read_value_cell(slice *value, const sql_type *type, column *c) {
    const unsigned char *data;
    unsigned char byte;
    int64_t number;
    uint64_t length;
    switch (type->base) {
    case SQL_NULL:
        return false;
    case SQL_BOOLEAN:
        if (!take_byte(value, &byte) || byte > 1)
            return false;
        if (c)
            column_append_boolean(c, byte);
        return true;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        if (!take_zigzag(value, &number) || number < INT32_MIN || number > INT32_MAX)
            return false;
        if (c)
            column_append_int32(c, (int32_t)number);
        return true;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        if (!take_zigzag(value, &number))
            return false;
        if (c)
            column_append_int64(c, number);
        return true;
    case SQL_DOUBLE: {
        double real;
        if (!take(value, sizeof real, &data))
            return false;
        memcpy(&real, data, sizeof real);
        if (c)
            column_append_double(c, real);
        return true;
    }
    case SQL_DECIMAL:
        return read_value_decimal(value, c);
    case SQL_VARCHAR:
    case SQL_BYTES:
        if (!take_varint(value, &length) || !take(value, length, &data))
            return false;
        if (c)
            column_append_bytes(c, slice_make((const char *)data, length));
        return true;
    default:
        return read_value_nested(value, type, c);
    }
}

bool row_value_read(slice *value, const sql_type *const *types, column *const *columns, int count) {
    int64_t lengths[count + 1];
    for (int i = 0; i < count; i++)
        lengths[i] = columns[i] ? columns[i]->length : 0;
    const unsigned char *bitmap;
    if (!take(value, (size_t)(count + 7) / 8, &bitmap))
        return false;
    for (int i = 0; i < count; i++) {
        if (bitmap[i >> 3] >> (i & 7) & 1) {
            if (!read_value_cell(value, types[i], columns[i]))
                return undo(columns, count, lengths);
        } else if (columns[i]) {
            column_append_null(columns[i]);
        }
    }
    return true;
}
