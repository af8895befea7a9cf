#include "executor/state/row_codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static arena *types;
static uint64_t seed = 42;

static uint64_t random_bits(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static int64_t random_integer(void) {
    return (int64_t)(random_bits() >> (random_bits() % 64)) * (random_bits() & 1 ? 1 : -1);
}

static const sql_type *random_type(int depth) {
    static const sql_type *const scalars[] = {&SQL_TYPE_BOOLEAN, &SQL_TYPE_INTEGER,
        &SQL_TYPE_BIGINT, &SQL_TYPE_DOUBLE, &SQL_TYPE_VARCHAR, &SQL_TYPE_BYTES, &SQL_TYPE_DATE,
        &SQL_TYPE_TIME, &SQL_TYPE_TIMESTAMP};
    uint64_t pick = random_bits() % (depth > 0 ? 13 : 10);
    switch (pick) {
    case 9:
        return sql_type_decimal(types, 38, 4);
    case 10:
        return sql_type_array(types, random_type(depth - 1));
    case 11:
        return sql_type_map(types, random_type(0), random_type(depth - 1));
    case 12: {
        sql_field fields[2] = {{SLICE_LITERAL("A"), random_type(depth - 1)},
            {SLICE_LITERAL("B"), random_type(depth - 1)}};
        return sql_type_struct(types, fields, 2);
    }
    default:
        return scalars[pick];
    }
}

static void append_random(column *c) {
    if (random_bits() % 6 == 0) {
        column_append_null(c);
        return;
    }
    int count = (int)(random_bits() % 4);
    switch (c->type->base) {
    case SQL_BOOLEAN:
        column_append_boolean(c, random_bits() & 1);
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        column_append_int32(c, (int32_t)random_integer());
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        column_append_int64(c, random_integer());
        break;
    case SQL_DOUBLE:
        column_append_double(c, random_bits() % 20 == 0   ? NAN
                                : random_bits() % 20 == 0 ? -INFINITY
                                                          : (double)random_integer() / 256);
        break;
    case SQL_DECIMAL:
        column_append_decimal(
            c, (decimal128)random_integer() * (random_bits() & 1 ? 1 : INT64_MAX));
        break;
    case SQL_VARCHAR:
    case SQL_BYTES: {
        char bytes[4];
        for (int i = 0; i < count; i++)
            bytes[i] = (char)(random_bits() % 4 == 0   ? 0
                              : random_bits() % 4 == 0 ? 0xFF
                                                       : random_bits());
        column_append_bytes(c, slice_make(bytes, (size_t)count));
        break;
    }
    case SQL_ARRAY:
        for (int i = 0; i < count; i++)
            append_random(c->children[0]);
        column_append_nested(c);
        break;
    case SQL_MAP: { /* keys must differ */
        int32_t first = (int32_t)c->children[0]->length;
        for (int i = 0; i < count; i++) {
            append_random(c->children[0]);
            bool repeated = false;
            for (int32_t j = first; j < c->children[0]->length - 1; j++)
                repeated |= column_rows_equal(
                    c->children[0], j, c->children[0], c->children[0]->length - 1);
            if (repeated)
                column_truncate(c->children[0], c->children[0]->length - 1);
            else
                append_random(c->children[1]);
        }
        column_append_nested(c);
        break;
    }
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++)
            append_random(c->children[i]);
        column_append_nested(c);
        break;
    default:
        fail();
    }
}

static bool has_map(const sql_type *type) {
    if (type->base == SQL_MAP)
        return true;
    if (type->base == SQL_ARRAY)
        return has_map(type->element);
    for (int i = 0; type->base == SQL_STRUCT && i < type->field_count; i++)
        if (has_map(type->fields[i].type))
            return true;
    return false;
}

enum { COLUMNS = 3, ROWS = 40 };

static int compare_rows(column *const *columns, int64_t a, int64_t b) {
    for (int i = 0; i < COLUMNS; i++) {
        int order = column_rows_compare(columns[i], a, columns[i], b);
        if (order)
            return order < 0 ? -1 : 1;
    }
    return 0;
}

/* Keys are canonical, so equal rows have equal keys, maps within other values included. */
static void check_equal(column *const *x, int64_t a, column *const *y, int64_t b) {
    buffer key_x = {0}, key_y = {0};
    for (int i = 0; i < COLUMNS; i++)
        if (!has_map(x[i]->type))
            assert_true(column_rows_equal(x[i], a, y[i], b));
    row_key_append(&key_x, x, COLUMNS, a);
    row_key_append(&key_y, y, COLUMNS, b);
    assert_true(slice_equal(buffer_slice(&key_x), buffer_slice(&key_y)));
    buffer_free(&key_x);
    buffer_free(&key_y);
}

static void check_schema(const sql_type *const *schema) {
    column *from[COLUMNS], *to[COLUMNS];
    bool ordered = true;
    for (int i = 0; i < COLUMNS; i++) {
        from[i] = column_create(schema[i]);
        to[i] = column_create(schema[i]);
        ordered = ordered && !has_map(schema[i]);
    }
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < COLUMNS; i++)
            append_random(from[i]);
    buffer keys[ROWS] = {0};
    for (int row = 0; row < ROWS; row++) {
        buffer *key = &keys[row];
        row_key_append(key, from, COLUMNS, row);
        slice rest = buffer_slice(key);
        assert_true(row_key_read(&rest, to, COLUMNS));
        assert_int_equal(rest.length, 0);
        check_equal(from, row, to, to[0]->length - 1);
        /* Cut anywhere it is an error, and nothing is left behind. */
        int64_t length = to[0]->length;
        rest = slice_make(key->data, random_bits() % key->length);
        assert_false(row_key_read(&rest, to, COLUMNS));
        assert_int_equal(to[0]->length, length);

        buffer value = {0};
        row_value_append(&value, from, COLUMNS, row);
        rest = buffer_slice(&value);
        assert_true(row_value_read(&rest, schema, to, COLUMNS));
        assert_int_equal(rest.length, 0);
        check_equal(from, row, to, to[0]->length - 1);
        /* Columns that are not wanted are passed over. */
        column *some[COLUMNS] = {NULL, to[1], NULL};
        rest = buffer_slice(&value);
        assert_true(row_value_read(&rest, schema, some, COLUMNS));
        assert_int_equal(rest.length, 0);
        column_truncate(to[1], to[0]->length);
        /* Damaged bytes are refused or read as something; never a crash. */
        for (int i = 0; i < 10 && value.length; i++)
            value.data[random_bits() % value.length] = (char)random_bits();
        rest = buffer_slice(&value);
        length = to[0]->length;
        if (!row_value_read(&rest, schema, to, COLUMNS))
            for (int i = 0; i < COLUMNS; i++)
                assert_int_equal(to[i]->length, length);
        buffer_free(&value);
    }
    for (int a = 0; a < ROWS; a++)
        for (int b = 0; b < ROWS; b++) {
            int order = slice_compare(buffer_slice(&keys[a]), buffer_slice(&keys[b]));
            if (ordered)
                assert_int_equal((order > 0) - (order < 0), compare_rows(from, a, b));
        }
    for (int row = 0; row < ROWS; row++)
        buffer_free(&keys[row]);
    for (int i = 0; i < COLUMNS; i++) {
        column_destroy(from[i]);
        column_destroy(to[i]);
    }
}

static void random_rows_come_back_and_keys_keep_their_order(void **unused) {
    types = arena_create();
    for (int i = 0; i < 300; i++) {
        const sql_type *schema[COLUMNS] = {random_type(2), random_type(2), random_type(1)};
        check_schema(schema);
    }
    arena_destroy(types);
}

static void integers_in_keys_keep_their_order(void **unused) {
    static const int64_t values[] = {INT64_MIN, -1, 0, 1, 1000, INT64_MAX};
    buffer last = {0};
    for (int i = 0; i < 6; i++) {
        buffer key = {0};
        row_key_append_int64(&key, values[i]);
        assert_true(i == 0 || slice_compare(buffer_slice(&last), buffer_slice(&key)) < 0);
        slice rest = buffer_slice(&key);
        assert_int_equal(row_key_read_int64(&rest), values[i]);
        buffer_free(&last);
        last = key;
    }
    buffer_free(&last);
}

static void small_values_are_small(void **unused) {
    column *columns[3] = {column_create(&SQL_TYPE_BIGINT), column_create(&SQL_TYPE_VARCHAR), NULL};
    column_append_int64(columns[0], -5);
    column_append_bytes(columns[1], SLICE_LITERAL("ab"));
    buffer value = {0};
    row_value_append(&value, columns, 3, 0);
    assert_int_equal(value.length, 1 + 1 + 3);
    buffer_free(&value);
    column_destroy(columns[0]);
    column_destroy(columns[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows_come_back_and_keys_keep_their_order),
        cmocka_unit_test(integers_in_keys_keep_their_order),
        cmocka_unit_test(small_values_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
