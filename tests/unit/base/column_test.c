/* Columns and batches: how rows are appended, read, copied and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/column.h"

/* A column grows at the end; a null takes its place and has no value. */
static void values_and_nulls(void **state) {
    (void)state;
    column *c = column_create(&SQL_TYPE_BIGINT);
    for (int64_t i = 0; i < 1000; i++) {
        if (i % 3 == 0)
            column_append_null(c);
        else
            column_append_int64(c, i);
    }
    assert_int_equal(c->length, 1000);
    assert_int_equal(c->null_count, 334);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(column_is_null(c, i), i % 3 == 0);
        assert_int_equal(c->int64s[i], i % 3 == 0 ? 0 : i);
    }
    column_destroy(c);
}

/* Text lies end to end in one buffer; the empty string is a value, the NULL slice is none. */
static void text_rows(void **state) {
    (void)state;
    column *c = column_create(&SQL_TYPE_VARCHAR);
    column_append_bytes(c, SLICE_LITERAL("alpha"));
    column_append_bytes(c, SLICE_LITERAL(""));
    column_append_bytes(c, (slice){NULL, 0});
    column_append_bytes(c, SLICE_LITERAL("omega"));
    assert_true(slice_is(column_slice(c, 0), "alpha"));
    assert_non_null(column_slice(c, 1).data);
    assert_int_equal(column_slice(c, 1).length, 0);
    assert_null(column_slice(c, 2).data);
    assert_true(slice_is(column_slice(c, 3), "omega"));
    column_destroy(c);
}

static column *array_of(arena *a, int64_t rows) {
    column *c = column_create(sql_type_array(a, &SQL_TYPE_INTEGER));
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t k = 0; k < i; k++)
            column_append_int32(c->children[0], (int32_t)(10 * i + k));
        column_append_nested(c);
    }
    return c;
}

/* An ARRAY's row is a range of its elements; copying rows copies their elements. */
static void nested_rows_are_copied_with_their_elements(void **state) {
    (void)state;
    arena *a = arena_create();
    column *from = array_of(a, 5), *to = column_create(from->type);
    column_append_null(to);
    column_append_rows(to, from, 2, 3);
    assert_int_equal(to->length, 4);
    assert_true(column_rows_equal(to, 1, from, 2));
    assert_true(column_rows_equal(to, 3, from, 4));
    assert_false(column_rows_equal(to, 1, from, 3));
    assert_int_equal(column_row_hash(to, 3), column_row_hash(from, 4));
    column_destroy(from);
    column_destroy(to);
    arena_destroy(a);
}

/* A nested row that turns out broken becomes null, and what it had appended to its children is
 * dropped. */
static void a_broken_nested_row_leaves_nothing_behind(void **state) {
    (void)state;
    arena *a = arena_create();
    column *c = array_of(a, 3);
    int64_t elements = c->children[0]->length;
    column_append_int32(c->children[0], 99);
    column_append_null_discarding(c);
    assert_true(column_is_null(c, 3));
    assert_int_equal(c->children[0]->length, elements);
    column_destroy(c);
    arena_destroy(a);
}

/* The same for an ARRAY inside an ARRAY, whose own rows may be complete while elements of the
 * broken one lie behind them already. */
static void a_broken_row_leaves_nothing_behind_at_any_depth(void **state) {
    (void)state;
    arena *a = arena_create();
    const sql_type *inner = sql_type_array(a, &SQL_TYPE_INTEGER);
    column *outer = column_create(sql_type_array(a, inner)), *middle = outer->children[0];
    column_append_int32(middle->children[0], 1);
    column_append_nested(middle);
    column_append_nested(outer);
    column_append_int32(middle->children[0], 99); /* broken before the inner row was complete */
    column_append_null_discarding(outer);
    assert_int_equal(middle->children[0]->length, 1);
    column_append_int32(middle->children[0], 2);
    column_append_nested(middle);
    column_append_nested(outer);
    assert_int_equal(middle->offsets[2] - middle->offsets[1], 1);
    assert_int_equal(middle->children[0]->int32s[middle->offsets[1]], 2);
    column_truncate(outer, 1);
    assert_int_equal(middle->length, 1);
    assert_int_equal(middle->children[0]->length, 1);
    column_truncate(outer, 0);
    assert_int_equal(middle->children[0]->length, 0);
    column_destroy(outer);

    column *fresh = column_create(sql_type_array(a, inner)); /* nothing is whole yet */
    column_append_int32(fresh->children[0]->children[0], 99);
    column_append_null_discarding(fresh);
    assert_int_equal(fresh->children[0]->children[0]->length, 0);
    column_destroy(fresh);
    arena_destroy(a);
}

static void append_map(column *map, const char *order) {
    for (int i = 0; i < 2; i++) {
        column_append_bytes(map->children[0], slice_make(order + i, 1));
        column_append_int32(map->children[1], order[i]);
    }
    column_append_nested(map);
}

/* The order of a MAP's entries makes no difference inside an ARRAY or a STRUCT either. */
static void maps_inside_others_are_equal_in_any_order(void **state) {
    (void)state;
    arena *a = arena_create();
    const sql_type *map = sql_type_map(a, &SQL_TYPE_VARCHAR, &SQL_TYPE_INTEGER);
    const sql_field field = {SLICE_LITERAL("M"), map};
    column *array = column_create(sql_type_array(a, map));
    column *structure = column_create(sql_type_struct(a, &field, 1));
    const char *orders[] = {"xy", "yx", "xz"};
    for (int row = 0; row < 3; row++) {
        append_map(array->children[0], orders[row]);
        column_append_nested(array);
        append_map(structure->children[0], orders[row]);
        column_append_nested(structure);
    }
    column *both[] = {array, structure};
    for (int i = 0; i < 2; i++) {
        assert_true(column_rows_equal(both[i], 0, both[i], 1));
        assert_int_equal(column_row_hash(both[i], 0), column_row_hash(both[i], 1));
        assert_false(column_rows_equal(both[i], 0, both[i], 2));
        column_destroy(both[i]);
    }
    arena_destroy(a);
}

/* Nulls sort first, NaN last; MAPs are equal regardless of the order of their entries. */
static void order_and_equality(void **state) {
    (void)state;
    column *c = column_create(&SQL_TYPE_DOUBLE);
    column_append_null(c);
    column_append_double(c, -1.5);
    column_append_double(c, 0.0 / 0.0);
    assert_true(column_rows_compare(c, 0, c, 1) < 0);
    assert_true(column_rows_compare(c, 2, c, 1) > 0);
    assert_true(column_rows_equal(c, 2, c, 2));
    column_destroy(c);
    arena *a = arena_create();
    column *map = column_create(sql_type_map(a, &SQL_TYPE_VARCHAR, &SQL_TYPE_INTEGER));
    const char *orders[] = {"xy", "yx"};
    for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 2; i++) {
            column_append_bytes(map->children[0], slice_make(orders[row] + i, 1));
            column_append_int32(map->children[1], orders[row][i]);
        }
        column_append_nested(map);
    }
    assert_true(column_rows_equal(map, 0, map, 1));
    assert_int_equal(column_row_hash(map, 0), column_row_hash(map, 1));
    column_destroy(map);
    arena_destroy(a);
}

/* A cleared column starts again with the memory it has. */
static void clearing_keeps_the_memory(void **state) {
    (void)state;
    column *c = column_create(&SQL_TYPE_VARCHAR);
    for (int i = 0; i < 100; i++)
        column_append_bytes(c, SLICE_LITERAL("some text"));
    int64_t bytes = column_memory_bytes(c);
    column_clear(c);
    for (int i = 0; i < 100; i++)
        column_append_bytes(c, SLICE_LITERAL("other tex"));
    assert_int_equal(column_memory_bytes(c), bytes);
    assert_true(slice_is(column_slice(c, 99), "other tex"));
    column_destroy(c);
}

/* A builder keeps a batch's rows with all that belongs to them. */
static void a_builder_copies_whole_rows(void **state) {
    (void)state;
    const sql_type *types[] = {&SQL_TYPE_VARCHAR, &SQL_TYPE_BIGINT};
    batch_builder *from = batch_builder_create(types, 2, true, true, false);
    batch_builder *to = batch_builder_create(types, 2, true, true, false);
    for (int64_t i = 0; i < 200; i++) {
        int64_t row = batch_builder_add_row(from, 1000 + i, i % 2 ? CHANGE_INSERT : CHANGE_DELETE);
        from->offset[row] = i;
        from->partition[row] = 3;
        from->window_start[row] = i * 10;
        column_append_bytes(from->columns[0], SLICE_LITERAL("k"));
        column_append_int64(from->columns[1], i * i);
    }
    const int32_t picked[] = {7, 199, 0};
    batch_builder_append_gather(to, batch_builder_view(from), picked, 3);
    const batch *b = batch_builder_view(to);
    assert_int_equal(b->rows, 3);
    assert_int_equal(b->rowtime[1], 1199);
    assert_int_equal(b->change[2], CHANGE_DELETE);
    assert_int_equal(b->offset[0], 7);
    assert_int_equal(b->window_start[1], 1990);
    assert_int_equal(b->columns[1]->int64s[1], 199 * 199);
    batch_builder_destroy(from);
    batch_builder_destroy(to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_nulls),
        cmocka_unit_test(text_rows),
        cmocka_unit_test(nested_rows_are_copied_with_their_elements),
        cmocka_unit_test(a_broken_nested_row_leaves_nothing_behind),
        cmocka_unit_test(a_broken_row_leaves_nothing_behind_at_any_depth),
        cmocka_unit_test(maps_inside_others_are_equal_in_any_order),
        cmocka_unit_test(order_and_equality),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(a_builder_copies_whole_rows),
    };
    return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
