/* The catalog keeps what was committed, forgets what was rolled back, and gives it back the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/similar.h"
#include "catalog/catalog.h"
#include "catalog/type_text.h"
#include "tests/unit/temporary_directory.h"

static source_descriptor sample(arena *a, const char *name) {
    source_column *columns = ARENA_ARRAY(a, source_column, 3);
    sql_field fields[] = {{SLICE_LITERAL("a`b"), &SQL_TYPE_INTEGER},
        {SLICE_LITERAL("C"), sql_type_map(a, &SQL_TYPE_VARCHAR, sql_type_decimal(a, 4, 2))}};
    columns[0] = (source_column){.name = SLICE_LITERAL("V"), .type = sql_type_struct(a, fields, 2)};
    columns[1] =
        (source_column){.name = SLICE_LITERAL("ID"), .type = &SQL_TYPE_BIGINT, .role = COLUMN_KEY};
    columns[2] = (source_column){.name = SLICE_LITERAL("H"),
        .type = &SQL_TYPE_BYTES,
        .role = COLUMN_HEADERS,
        .header_key = SLICE_LITERAL("trace")};
    return (source_descriptor){.name = slice_of(name),
        .kind = SOURCE_TABLE,
        .column_count = 3,
        .columns = columns,
        .topic = SLICE_LITERAL("t"),
        .partitions = 4,
        .retention_ms = -1,
        .key_format = {.name = SLICE_LITERAL("KAFKA"), .wrap_single = -1},
        .value_format = {.name = SLICE_LITERAL("DELIMITED"), .delimiter = '|', .wrap_single = 1},
        .window = WINDOW_TUMBLING,
        .window_size_ms = 5000,
        .sql = SLICE_LITERAL("CREATE TABLE ...")};
}

static void put_committed(catalog *c, const source_descriptor *source) {
    error e = {0};
    assert_true(catalog_begin(c, &e));
    assert_true(catalog_put_source(c, source, &e));
    assert_true(catalog_commit(c, source->sql, &e));
}

static void test_survives_reopening(void **state) {
    char path[TEMPORARY_DIRECTORY_BYTES];
    temporary_directory_make(path, "catalog");
    error e = {0};
    arena *a = arena_create();
    catalog *c = catalog_open(slice_of(path), &e);
    assert_non_null(c);
    assert_int_equal(catalog_sequence(c), -1);
    source_descriptor source = sample(a, "ORDERS");
    assert_true(catalog_begin(c, &e));
    assert_true(catalog_put_source(c, &source, &e));
    slice sources[] = {SLICE_LITERAL("A"), SLICE_LITERAL("B")};
    slice names[] = {SLICE_LITERAL("p")}, values[] = {SLICE_LITERAL("1")};
    query_descriptor query = {.id = SLICE_LITERAL("CTAS_ORDERS_1"),
        .sql = SLICE_LITERAL("CREATE TABLE ORDERS AS SELECT 1"),
        .sink = SLICE_LITERAL("ORDERS"),
        .sources = sources,
        .source_count = 2,
        .fingerprint = -77,
        .property_names = names,
        .property_values = values,
        .property_count = 1};
    assert_true(catalog_put_query(c, &query, &e));
    query.id = SLICE_LITERAL("A_LATER_ONE");
    assert_true(catalog_put_query(c, &query, &e));
    type_descriptor type = {SLICE_LITERAL("ADDRESS"), source.columns[0].type};
    assert_true(catalog_put_type(c, &type, &e));
    assert_true(catalog_put_property(c, SLICE_LITERAL("x"), SLICE_LITERAL("y"), &e));
    assert_int_equal(catalog_next_query_number(c), 1);
    assert_true(catalog_commit(c, source.sql, &e));
    catalog_close(c);

    c = catalog_open(slice_of(path), &e);
    assert_non_null(c);
    catalog_read_lock(c);
    assert_int_equal(catalog_sequence(c), 0);
    const source_descriptor *found = catalog_source(c, SLICE_LITERAL("ORDERS"));
    assert_non_null(found);
    assert_string_equal(source_schema_text(a, found).data,
        "`ID` BIGINT KEY, `V` STRUCT<`a`b` INTEGER, `C` MAP<STRING, DECIMAL(4, 2)>>, "
        "`H` BYTES HEADER('trace')");
    assert_true(sql_type_equal(found->columns[0].type, source.columns[0].type));
    assert_int_equal(found->value_format.delimiter, '|');
    assert_int_equal(found->window_size_ms, 5000);
    assert_int_equal(found->retention_ms, -1);
    assert_null(found->query_id.data);
    int count;
    const query_descriptor *const *queries = catalog_queries(c, &count);
    assert_int_equal(count, 2);
    assert_true(slice_is(queries[0]->id, "CTAS_ORDERS_1"));
    assert_int_equal(queries[0]->source_count, 2);
    assert_true(slice_is(queries[0]->sources[1], "B"));
    assert_int_equal(queries[0]->fingerprint, -77);
    assert_true(slice_is(queries[0]->property_values[0], "1"));
    assert_non_null(catalog_type(c, SLICE_LITERAL("ADDRESS")));
    assert_true(slice_is(catalog_property(c, SLICE_LITERAL("x")), "y"));
    catalog_unlock(c);
    assert_int_equal(catalog_next_query_number(c), 2);
    catalog_close(c);
    arena_destroy(a);
    temporary_directory_remove(path);
}

static void test_rollback_leaves_nothing(void **state) {
    error e = {0};
    arena *a = arena_create();
    catalog *c = catalog_open((slice){NULL, 0}, &e);
    source_descriptor source = sample(a, "S");
    put_committed(c, &source);
    assert_true(catalog_begin(c, &e));
    source.topic = SLICE_LITERAL("other");
    assert_true(catalog_put_source(c, &source, &e));
    source.topic = SLICE_LITERAL("another");
    assert_true(catalog_put_source(c, &source, &e));
    source_descriptor second = sample(a, "T");
    assert_true(catalog_put_source(c, &second, &e));
    assert_true(catalog_drop_source(c, SLICE_LITERAL("S"), &e));
    assert_null(catalog_source(c, SLICE_LITERAL("S")));
    catalog_rollback(c);
    assert_null(catalog_source(c, SLICE_LITERAL("T")));
    assert_true(slice_is(catalog_source(c, SLICE_LITERAL("S"))->topic, "t"));
    assert_int_equal(catalog_sequence(c), 0);

    assert_true(catalog_begin(c, &e));
    assert_false(catalog_drop_source(c, SLICE_LITERAL("NONE"), &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    catalog_rollback(c);
    catalog_close(c);
    arena_destroy(a);
}

static void test_sources_are_sorted_and_suggested(void **state) {
    error e = {0};
    arena *a = arena_create();
    catalog *c = catalog_open((slice){NULL, 0}, &e);
    const char *names[] = {"PAGEVIEWS", "USERS", "CLICKS"};
    for (int i = 0; i < 3; i++) {
        source_descriptor source = sample(a, names[i]);
        put_committed(c, &source);
    }
    int count;
    const source_descriptor *const *sources = catalog_sources(c, &count);
    assert_int_equal(count, 3);
    assert_true(slice_is(sources[0]->name, "CLICKS"));
    assert_true(slice_is(sources[2]->name, "USERS"));
    assert_true(slice_is(catalog_nearest_source(c, SLICE_LITERAL("PAGEVEIWS"))->name, "PAGEVIEWS"));
    assert_null(catalog_nearest_source(c, SLICE_LITERAL("ORDERS")));
    catalog_close(c);
    arena_destroy(a);
}

static void test_distance(void **state) {
    assert_int_equal(similar_distance(SLICE_LITERAL("abc"), SLICE_LITERAL("ABC")), 0);
    assert_int_equal(similar_distance(SLICE_LITERAL("kitten"), SLICE_LITERAL("sitting")), 3);
    assert_int_equal(similar_distance(SLICE_LITERAL("users"), SLICE_LITERAL("suers")), 1);
    assert_int_equal(similar_distance(SLICE_LITERAL(""), SLICE_LITERAL("ab")), 2);
}

static void test_damaged_type_is_refused(void **state) {
    arena *a = arena_create();
    const char *broken[] = {
        "", "INT", "ARRAY<STRING", "STRUCT<`a STRING>", "DECIMAL(4,2)", "DATEX"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        error e = {0};
        assert_null(type_text_read(a, slice_of(broken[i]), &e));
        assert_int_equal(e.code, ERROR_DATA);
    }
    error e = {0};
    assert_non_null(type_text_read(a, SLICE_LITERAL("STRUCT<>"), &e));
    assert_int_equal(type_text_read(a, SLICE_LITERAL("TIMESTAMP"), &e)->base, SQL_TIMESTAMP);
    arena_destroy(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_survives_reopening),
        cmocka_unit_test(test_rollback_leaves_nothing),
        cmocka_unit_test(test_sources_are_sorted_and_suggested), cmocka_unit_test(test_distance),
        cmocka_unit_test(test_damaged_type_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
