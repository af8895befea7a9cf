/* Appending is the hot path: each typed append is a capacity check, a store and a bit. Bulk
 * appends copy values with memcpy and fall back to bit-by-bit only for the bitmap. */
#include "base/column.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"

static const sql_field header_fields[] = {
    {{"KEY", 3}, &SQL_TYPE_VARCHAR}, {{"VALUE", 5}, &SQL_TYPE_BYTES}};
static const sql_type header_type = {.base = SQL_STRUCT, .field_count = 2, .fields = header_fields};
const sql_type SQL_TYPE_HEADERS = {.base = SQL_ARRAY, .element = &header_type};

static bool has_offsets(const sql_type *type) {
    return type->base == SQL_VARCHAR || type->base == SQL_BYTES || type->base == SQL_ARRAY ||
           type->base == SQL_MAP;
}

static bool has_bytes(const sql_type *type) {
    return type->base == SQL_VARCHAR || type->base == SQL_BYTES;
}

column *column_create(const sql_type *type) {
    column *c = MEMORY_NEW(column);
    c->type = type;
    switch (type->base) {
    case SQL_ARRAY:
        c->child_count = 1;
        c->children = memory_allocate(sizeof(column *));
        c->children[0] = column_create(type->element);
        break;
    case SQL_MAP:
        c->child_count = 2;
        c->children = memory_allocate(2 * sizeof(column *));
        c->children[0] = column_create(type->key);
        c->children[1] = column_create(type->element);
        break;
    case SQL_STRUCT:
        c->child_count = type->field_count;
        c->children = memory_allocate(sizeof(column *) * (size_t)type->field_count);
        for (int i = 0; i < type->field_count; i++)
            c->children[i] = column_create(type->fields[i].type);
        break;
    default:
        break;
    }
    return c;
}

void column_destroy(column *c) {
    if (!c)
        return;
    for (int i = 0; i < c->child_count; i++)
        column_destroy(c->children[i]);
    memory_free(c->children);
    memory_free(c->validity);
    memory_free(c->values);
    memory_free(c->offsets);
    memory_free(c->bytes);
    memory_free(c);
}

void column_clear(column *c) {
    c->length = 0;
    c->null_count = 0;
    for (int i = 0; i < c->child_count; i++)
        column_clear(c->children[i]);
}

static void grow(column *c, int64_t rows) {
    int64_t capacity = c->capacity ? c->capacity * 2 : 16;
    if (capacity < rows)
        capacity = (rows + 7) & ~(int64_t)7;
    c->validity = memory_resize(c->validity, (size_t)(capacity + 7) / 8);
    size_t width = sql_type_fixed_bytes(c->type);
    if (width)
        c->values = memory_resize(c->values, width * (size_t)capacity);
    if (has_offsets(c->type)) {
        bool first = !c->offsets;
        c->offsets = memory_resize(c->offsets, sizeof(int32_t) * (size_t)(capacity + 1));
        if (first)
            c->offsets[0] = 0;
    }
    c->capacity = capacity;
}

void column_reserve(column *c, int64_t rows) {
    if (c->length + rows > c->capacity)
        grow(c, c->length + rows);
}

static inline int64_t next_row(column *c) {
    if (c->length == c->capacity)
        grow(c, c->length + 1);
    return c->length++;
}

static inline void mark(column *c, int64_t row, bool valid) {
    uint8_t bit = (uint8_t)(1u << (row & 7));
    if ((row & 7) == 0)
        c->validity[row >> 3] = valid;
    else if (valid)
        c->validity[row >> 3] |= bit;
    else
        c->validity[row >> 3] &= (uint8_t)~bit;
    c->null_count += !valid;
}

/* A null has the value 0, no bytes and no elements. */
void column_append_null(column *c) {
    int64_t row = next_row(c);
    mark(c, row, false);
    switch (c->type->base) {
    case SQL_NULL:
        break;
    case SQL_BOOLEAN:
        c->booleans[row] = false;
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        c->int32s[row] = 0;
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        c->int64s[row] = 0;
        break;
    case SQL_DOUBLE:
        c->doubles[row] = 0;
        break;
    case SQL_DECIMAL:
        c->decimals[row] = 0;
        break;
    case SQL_VARCHAR:
    case SQL_BYTES:
    case SQL_ARRAY:
    case SQL_MAP:
        c->offsets[row + 1] = c->offsets[row];
        break;
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++)
            column_append_null(c->children[i]);
        break;
    }
}

void column_append_nulls(column *c, int64_t count) {
    column_reserve(c, count);
    for (int64_t i = 0; i < count; i++)
        column_append_null(c);
}

void column_append_boolean(column *c, bool value) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->booleans[row] = value;
}

void column_append_int32(column *c, int32_t value) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->int32s[row] = value;
}

void column_append_int64(column *c, int64_t value) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->int64s[row] = value;
}

void column_append_double(column *c, double value) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->doubles[row] = value;
}

void column_append_decimal(column *c, decimal128 value) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->decimals[row] = value;
}

static int64_t bytes_used(const column *c) {
    return c->offsets ? c->offsets[c->length] : 0;
}

char *column_reserve_bytes(column *c, int64_t length) {
    if (c->length == c->capacity)
        grow(c, c->length + 1);
    int64_t used = bytes_used(c);
    if (used + length > c->bytes_capacity || !c->bytes) { /* empty text is not the NULL slice */
        int64_t capacity = c->bytes_capacity ? c->bytes_capacity * 2 : 256;
        if (capacity < used + length)
            capacity = used + length;
        assert(capacity <= INT32_MAX);
        c->bytes = memory_resize(c->bytes, (size_t)capacity);
        c->bytes_capacity = capacity;
    }
    return c->bytes + used;
}

void column_append_reserved(column *c, int64_t length) {
    int64_t row = next_row(c);
    mark(c, row, true);
    c->offsets[row + 1] = c->offsets[row] + (int32_t)length;
}

void column_append_bytes(column *c, slice value) {
    if (!value.data) {
        column_append_null(c);
        return;
    }
    char *to = column_reserve_bytes(c, (int64_t)value.length);
    if (value.length)
        memcpy(to, value.data, value.length);
    column_append_reserved(c, (int64_t)value.length);
}

void column_append_nested(column *c) {
    int64_t row = next_row(c);
    mark(c, row, true);
    if (c->type->base == SQL_STRUCT) {
        for (int i = 0; i < c->child_count; i++)
            assert(c->children[i]->length == c->length);
    } else {
        c->offsets[row + 1] = (int32_t)c->children[0]->length;
        assert(c->child_count == 1 || c->children[0]->length == c->children[1]->length);
    }
}

/* Cuts children back to the rows that the column's own rows use, at every depth: also where the
 * child has as many rows as it should, something half appended may lie behind them. */
static void truncate_children(column *c) {
    int64_t rows = c->type->base == SQL_STRUCT ? c->length : c->offsets ? c->offsets[c->length] : 0;
    for (int i = 0; i < c->child_count; i++)
        column_truncate(c->children[i], rows);
}

void column_append_null_discarding(column *c) {
    truncate_children(c);
    column_append_null(c);
}

void column_truncate(column *c, int64_t length) {
    for (int64_t row = length; row < c->length; row++)
        c->null_count -= column_is_null(c, row);
    if (c->length > length)
        c->length = length;
    truncate_children(c);
}

void column_set_null(column *c, int64_t row) {
    if (column_is_null(c, row))
        return;
    c->validity[row >> 3] &= (uint8_t) ~(1u << (row & 7));
    c->null_count++;
}

void column_append_row(column *c, const column *from, int64_t row) {
    if (column_is_null(from, row)) {
        column_append_null(c);
        return;
    }
    switch (from->type->base) {
    case SQL_VARCHAR:
    case SQL_BYTES:
        column_append_bytes(c, column_slice(from, row));
        return;
    case SQL_ARRAY:
    case SQL_MAP: {
        int32_t first = from->offsets[row], count = from->offsets[row + 1] - first;
        for (int i = 0; i < c->child_count; i++)
            column_append_rows(c->children[i], from->children[i], first, count);
        column_append_nested(c);
        return;
    }
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++)
            column_append_row(c->children[i], from->children[i], row);
        column_append_nested(c);
        return;
    default: {
        size_t width = sql_type_fixed_bytes(from->type);
        int64_t to = next_row(c);
        mark(c, to, true);
        if (width)
            memcpy((char *)c->values + width * (size_t)to,
                (const char *)from->values + width * (size_t)row, width);
    }
    }
}

/* Marks `count` rows behind the end as having values: whole bytes at once. */
static void mark_valid(column *c, int64_t count) {
    int64_t row = c->length, end = c->length + count;
    for (; row < end && (row & 7); row++)
        mark(c, row, true);
    int64_t bytes = (end - row) >> 3;
    memset(c->validity + (row >> 3), 0xff, (size_t)bytes);
    for (row += bytes << 3; row < end; row++)
        mark(c, row, true);
}

static void append_bits(column *c, const column *from, int64_t first, int64_t count) {
    if (count <= 0)
        return;
    if (!column_has_nulls(from)) {
        mark_valid(c, count);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        mark(c, c->length + i, !column_is_null(from, first + i));
}

void column_append_rows(column *c, const column *from, int64_t first, int64_t count) {
    if (count <= 0)
        return;
    column_reserve(c, count);
    if (sql_type_is_nested(from->type)) {
        for (int64_t i = 0; i < count; i++)
            column_append_row(c, from, first + i);
        return;
    }
    if (has_bytes(from->type)) {
        int32_t start = from->offsets[first], length = from->offsets[first + count] - start;
        char *to = column_reserve_bytes(c, length);
        if (length)
            memcpy(to, from->bytes + start, (size_t)length);
        int32_t shift = c->offsets[c->length] - start;
        for (int64_t i = 0; i < count; i++)
            c->offsets[c->length + i + 1] = from->offsets[first + i + 1] + shift;
    }
    append_bits(c, from, first, count);
    size_t width = sql_type_fixed_bytes(from->type);
    if (width && count)
        memcpy((char *)c->values + width * (size_t)c->length,
            (const char *)from->values + width * (size_t)first, width * (size_t)count);
    c->length += count;
}

void column_append_gather(column *c, const column *from, const int32_t *rows, int64_t count) {
    if (count <= 0)
        return;
    column_reserve(c, count);
    size_t width = sql_type_fixed_bytes(from->type);
    if (width != 8 && width != 4) {
        for (int64_t i = 0; i < count; i++)
            column_append_row(c, from, rows[i]);
        return;
    }
    if (column_has_nulls(from))
        for (int64_t i = 0; i < count; i++)
            mark(c, c->length + i, !column_is_null(from, rows[i]));
    else
        mark_valid(c, count);
    if (width == 8)
        for (int64_t i = 0; i < count; i++)
            c->int64s[c->length + i] = from->int64s[rows[i]];
    else
        for (int64_t i = 0; i < count; i++)
            c->int32s[c->length + i] = from->int32s[rows[i]];
    c->length += count;
}

void column_append_repeat(column *c, const column *from, int64_t row, int64_t count) {
    column_reserve(c, count);
    for (int64_t i = 0; i < count; i++)
        column_append_row(c, from, row);
}

static int compare_doubles(double a, double b) {
    if (a < b)
        return -1;
    if (a > b)
        return 1;
    if (a == b)
        return 0;
    return (a != a) - (b != b);
}

static bool map_rows_equal(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    for (int32_t i = a->offsets[row_a]; i < a->offsets[row_a + 1]; i++) {
        int32_t j = b->offsets[row_b];
        while (
            j < b->offsets[row_b + 1] && !column_rows_equal(a->children[0], i, b->children[0], j))
            j++;
        if (j == b->offsets[row_b + 1] || !column_rows_equal(a->children[1], i, b->children[1], j))
            return false;
    }
    return true;
}

static bool array_rows_equal(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    int32_t j = b->offsets[row_b];
    for (int32_t i = a->offsets[row_a]; i < a->offsets[row_a + 1]; i++, j++)
        if (!column_rows_equal(a->children[0], i, b->children[0], j))
            return false;
    return true;
}

static bool struct_rows_equal(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    for (int i = 0; i < a->child_count; i++)
        if (!column_rows_equal(a->children[i], row_a, b->children[i], row_b))
            return false;
    return true;
}

static int32_t element_count(const column *c, int64_t row) {
    return c->offsets[row + 1] - c->offsets[row];
}

bool column_rows_equal(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    bool null_a = column_is_null(a, row_a), null_b = column_is_null(b, row_b);
    if (null_a || null_b)
        return null_a == null_b;
    switch (a->type->base) {
    case SQL_MAP: /* entries have no order, however deep the map lies */
        return element_count(a, row_a) == element_count(b, row_b) &&
               map_rows_equal(a, row_a, b, row_b);
    case SQL_ARRAY:
        return element_count(a, row_a) == element_count(b, row_b) &&
               array_rows_equal(a, row_a, b, row_b);
    case SQL_STRUCT:
        return struct_rows_equal(a, row_a, b, row_b);
    default:
        return column_rows_compare(a, row_a, b, row_b) == 0;
    }
}

bool batch_rows_share_key(const batch *rows, int key_count, int64_t a, int64_t b) {
    if (rows->window_start && (rows->window_start[a] != rows->window_start[b] ||
                                  rows->window_end[a] != rows->window_end[b]))
        return false;
    for (int i = 0; i < key_count; i++)
        if (!column_rows_equal(rows->columns[i], a, rows->columns[i], b))
            return false;
    return true;
}

static int compare_ranges(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    int32_t i = a->offsets[row_a], j = b->offsets[row_b];
    for (; i < a->offsets[row_a + 1] && j < b->offsets[row_b + 1]; i++, j++)
        for (int k = 0; k < a->child_count; k++) {
            int order = column_rows_compare(a->children[k], i, b->children[k], j);
            if (order)
                return order;
        }
    return (i < a->offsets[row_a + 1]) - (j < b->offsets[row_b + 1]);
}

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

int column_rows_compare(const column *a, int64_t row_a, const column *b, int64_t row_b) {
    bool null_a = column_is_null(a, row_a), null_b = column_is_null(b, row_b);
    if (null_a || null_b)
        return null_b - null_a;
    switch (a->type->base) {
    case SQL_NULL:
        return 0;
    case SQL_BOOLEAN:
        return a->booleans[row_a] - b->booleans[row_b];
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        return COMPARE(a->int32s[row_a], b->int32s[row_b]);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return COMPARE(a->int64s[row_a], b->int64s[row_b]);
    case SQL_DOUBLE:
        return compare_doubles(a->doubles[row_a], b->doubles[row_b]);
    case SQL_DECIMAL:
        return COMPARE(a->decimals[row_a], b->decimals[row_b]);
    case SQL_VARCHAR:
    case SQL_BYTES:
        return slice_compare(column_slice(a, row_a), column_slice(b, row_b));
    case SQL_ARRAY:
    case SQL_MAP:
        return compare_ranges(a, row_a, b, row_b);
    case SQL_STRUCT:
        for (int i = 0; i < a->child_count; i++) {
            int order = column_rows_compare(a->children[i], row_a, b->children[i], row_b);
            if (order)
                return order;
        }
        return 0;
    }
    return 0;
}

static uint64_t hash_combine(uint64_t seed, uint64_t hash) {
    return (seed ^ hash) * 0x9E3779B97F4A7C15u + (seed >> 29);
}

uint64_t column_row_hash(const column *c, int64_t row) {
    if (column_is_null(c, row))
        return 0x5bd1e995;
    switch (c->type->base) {
    case SQL_VARCHAR:
    case SQL_BYTES:
        return slice_hash(column_slice(c, row));
    case SQL_ARRAY: {
        uint64_t hash = 1;
        for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++)
            hash = hash_combine(hash, column_row_hash(c->children[0], i));
        return hash;
    }
    case SQL_MAP: { /* a sum, because entries have no order */
        uint64_t hash = 2;
        for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++)
            hash += hash_combine(
                column_row_hash(c->children[0], i), column_row_hash(c->children[1], i));
        return hash;
    }
    case SQL_STRUCT: {
        uint64_t hash = 3;
        for (int i = 0; i < c->child_count; i++)
            hash = hash_combine(hash, column_row_hash(c->children[i], row));
        return hash;
    }
    case SQL_DOUBLE: {
        double value = c->doubles[row] == 0 ? 0 : c->doubles[row]; /* -0 and 0 are equal */
        return XXH3_64bits(&value, sizeof value);
    }
    default: {
        size_t width = sql_type_fixed_bytes(c->type);
        return XXH3_64bits((const char *)c->values + width * (size_t)row, width);
    }
    }
}

int64_t column_memory_bytes(const column *c) {
    int64_t bytes =
        (int64_t)sizeof *c + c->bytes_capacity +
        c->capacity * (int64_t)(sql_type_fixed_bytes(c->type) + (has_offsets(c->type) ? 4 : 0)) +
        c->capacity / 8;
    for (int i = 0; i < c->child_count; i++)
        bytes += column_memory_bytes(c->children[i]);
    return bytes;
}
