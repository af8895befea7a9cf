/* How calls find their overload: the rows below are the functions there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/coercion.h"
#include "catalog/function.h"

static const function_overload size_rows[] = {
    {.signature = "(STRING) -> INTEGER"}, {.signature = "(BYTES) -> INTEGER"}};
static const function_overload round_rows[] = {{.signature = "(BIGINT) -> BIGINT"},
    {.signature = "(DOUBLE) -> BIGINT"}, {.signature = "(DOUBLE, INTEGER) -> DOUBLE"},
    {.signature = "(DECIMAL) -> DECIMAL"}};
static const function_overload join_rows[] = {
    {.signature = "(STRING, STRING...) -> STRING"}, {.signature = "(STRING, STRING) -> BOOLEAN"}};
static const function_overload first_rows[] = {{.signature = "(T...) -> T"}};
static const function_overload has_rows[] = {{.signature = "(ARRAY<T>, T) -> BOOLEAN"}};
static const function_overload entry_rows[] = {
    {.signature = "(MAP<STRING, V>, UNIT) -> ARRAY<MAP<STRING, V>>"}};
static const function_overload map_rows[] = {{.signature = "(ARRAY<T>, (T) => R) -> ARRAY<R>"},
    {.signature = "(MAP<K, V>, (K, V) => R, (K, V) => S) -> MAP<R, S>"}};
static const function_overload fold_rows[] = {{.signature = "(ARRAY<T>, S, (S, T) => S) -> S"}};
static const function_overload any_rows[] = {{.signature = "(ANY) -> STRING"}};
static const function_overload more_rows[] = {{.signature = "(DATE) -> INTEGER"}};

#define ROW(name, list)                                                                            \
    { name, FUNCTION_SCALAR, "TEST", name, NULL, NULL, list, sizeof list / sizeof *list, NULL }

static const function_descriptor rows[] = {ROW("SIZE", size_rows), ROW("ROUND_OFF", round_rows),
    ROW("JOIN_ALL", join_rows), ROW("FIRST", first_rows), ROW("HAS", has_rows),
    ROW("ENTRY", entry_rows), ROW("MAP_EACH", map_rows), ROW("FOLD", fold_rows),
    ROW("SHOW", any_rows)};
static const function_descriptor more[] = {ROW("SIZE", more_rows)};

static arena *memory;

static int open_rows(void **state) {
    memory = arena_create();
    function_register(rows, sizeof rows / sizeof *rows);
    function_register(more, 1); /* a name may come twice */
    return 0;
}

static int close_rows(void **state) {
    arena_destroy(memory);
    return 0;
}

static function_argument of(const sql_type *type) {
    return (function_argument){.type = type};
}

/* The signature that is chosen and the result, or the error. */
static const char *bind(const char *name, const function_argument *arguments, int count) {
    function_binding b;
    error e = {0};
    if (!function_bind(memory, slice_of(name), arguments, count, &b, &e))
        return arena_format(memory, "! %s", e.message).data;
    if (!b.result)
        return b.overload->signature;
    slice result = sql_type_name(memory, b.result);
    return arena_format(memory, "%s = %s", b.overload->signature, result.data).data;
}

#define EXPECT_BINDING(text, name, ...)                                                            \
    do {                                                                                           \
        const function_argument arguments_[] = {__VA_ARGS__};                                      \
        assert_string_equal(                                                                       \
            bind(name, arguments_, (int)(sizeof arguments_ / sizeof *arguments_)), text);          \
    } while (0)

static void names_are_found_in_any_case(void **state) {
    assert_non_null(function_find(SLICE_LITERAL("size")));
    assert_int_equal(function_find(SLICE_LITERAL("SIZE"))->overload_count, 3);
    assert_null(function_find(SLICE_LITERAL("SIZES")));
    assert_string_equal(function_nearest(SLICE_LITERAL("sise"))->name, "SIZE");
    assert_null(function_nearest(SLICE_LITERAL("nothing_like_it")));
    int count;
    const function_descriptor *const *all = function_all(&count);
    assert_int_equal(count, 9);
    for (int i = 1; i < count; i++)
        assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
}

static void the_nearest_overload_is_chosen(void **state) {
    const sql_type *decimal = sql_type_decimal(memory, 4, 2);
    EXPECT_BINDING("(BYTES) -> INTEGER = INTEGER", "size", of(&SQL_TYPE_BYTES));
    EXPECT_BINDING("(DATE) -> INTEGER = INTEGER", "size", of(&SQL_TYPE_DATE));
    EXPECT_BINDING("(BIGINT) -> BIGINT = BIGINT", "round_off", of(&SQL_TYPE_INTEGER));
    EXPECT_BINDING("(DOUBLE) -> BIGINT = BIGINT", "round_off", of(&SQL_TYPE_DOUBLE));
    EXPECT_BINDING("(DECIMAL) -> DECIMAL = DECIMAL(10, 0)", "round_off", of(decimal));
    EXPECT_BINDING(
        "(DOUBLE, INTEGER) -> DOUBLE = DOUBLE", "round_off", of(decimal), of(&SQL_TYPE_INTEGER));
    /* Variadics come last. */
    EXPECT_BINDING("(STRING, STRING) -> BOOLEAN = BOOLEAN", "join_all", of(&SQL_TYPE_VARCHAR),
        of(&SQL_TYPE_VARCHAR));
    EXPECT_BINDING("(STRING, STRING...) -> STRING = STRING", "join_all", of(&SQL_TYPE_VARCHAR),
        of(&SQL_TYPE_NULL), of(&SQL_TYPE_VARCHAR));
    EXPECT_BINDING("(ANY) -> STRING = STRING", "show", of(&SQL_TYPE_NULL));
}

static void variables_stand_for_one_type(void **state) {
    const sql_type *bigints = sql_type_array(memory, &SQL_TYPE_BIGINT);
    EXPECT_BINDING("(T...) -> T = BIGINT", "first", of(&SQL_TYPE_NULL), of(&SQL_TYPE_INTEGER),
        of(&SQL_TYPE_BIGINT));
    EXPECT_BINDING("(ARRAY<T>, T) -> BOOLEAN = BOOLEAN", "has", of(bigints), of(&SQL_TYPE_INTEGER));
    function_argument text = {.type = &SQL_TYPE_VARCHAR, .is_text_literal = true};
    EXPECT_BINDING("(T...) -> T = TIMESTAMP", "first", text, of(&SQL_TYPE_TIMESTAMP));
    EXPECT_BINDING("! Function 'FIRST' does not accept parameters (STRING, TIMESTAMP).", "first",
        of(&SQL_TYPE_VARCHAR), of(&SQL_TYPE_TIMESTAMP));
    EXPECT_BINDING("! The result type of function 'FIRST' cannot be told from NULL arguments.",
        "first", of(&SQL_TYPE_NULL));
    function_binding b;
    error e = {0};
    function_argument arguments[] = {of(bigints), of(&SQL_TYPE_INTEGER)};
    assert_true(function_bind(memory, SLICE_LITERAL("HAS"), arguments, 2, &b, &e));
    assert_true(sql_type_equal(b.parameters[1], &SQL_TYPE_BIGINT)); /* what to cast it to */
}

static void units_and_lambdas(void **state) {
    const sql_type *map = sql_type_map(memory, &SQL_TYPE_VARCHAR, &SQL_TYPE_DATE);
    const sql_type *integers = sql_type_array(memory, &SQL_TYPE_INTEGER);
    function_argument unit = {.is_unit = true}, one = {.lambda_parameters = 1},
                      two = {.lambda_parameters = 2};
    EXPECT_BINDING("(MAP<STRING, V>, UNIT) -> ARRAY<MAP<STRING, V>> = ARRAY<MAP<STRING, DATE>>",
        "entry", of(map), unit);
    assert_true(function_takes_unit(function_find(SLICE_LITERAL("ENTRY")), 1));
    assert_false(function_takes_unit(function_find(SLICE_LITERAL("ENTRY")), 0));
    EXPECT_BINDING("(ARRAY<T>, (T) => R) -> ARRAY<R>", "map_each", of(integers), one);
    EXPECT_BINDING(
        "(MAP<K, V>, (K, V) => R, (K, V) => S) -> MAP<R, S>", "map_each", of(map), two, two);
    EXPECT_BINDING("! Function 'MAP_EACH' does not accept parameters (ARRAY<INTEGER>, LAMBDA with "
                   "2 parameters).",
        "map_each", of(integers), two);
    function_binding b;
    error e = {0};
    function_argument arguments[] = {of(integers), one};
    assert_true(function_bind(memory, SLICE_LITERAL("MAP_EACH"), arguments, 2, &b, &e));
    assert_null(b.result);
    assert_true(sql_type_equal(b.lambda_types[1][0], &SQL_TYPE_INTEGER));
    const sql_type *results[] = {NULL, &SQL_TYPE_VARCHAR};
    assert_true(function_bind_lambda_results(memory, &b, results, &e));
    assert_string_equal(sql_type_name(memory, b.result).data, "ARRAY<STRING>");
}

static void a_lambda_must_return_the_state(void **state) {
    const sql_type *integers = sql_type_array(memory, &SQL_TYPE_INTEGER);
    function_argument arguments[] = {of(integers), of(&SQL_TYPE_BIGINT), {.lambda_parameters = 2}};
    function_binding b;
    error e = {0};
    assert_true(function_bind(memory, SLICE_LITERAL("FOLD"), arguments, 3, &b, &e));
    const sql_type *narrower[] = {NULL, NULL, &SQL_TYPE_INTEGER};
    assert_true(function_bind_lambda_results(memory, &b, narrower, &e));
    assert_true(sql_type_equal(b.lambda_results[2], &SQL_TYPE_BIGINT));
    const sql_type *wrong[] = {NULL, NULL, &SQL_TYPE_VARCHAR};
    assert_false(function_bind_lambda_results(memory, &b, wrong, &e));
    assert_string_equal(e.message,
        "The lambda given to function 'FOLD' must return BIGINT, but it returns STRING.");
}

static void widening(void **state) {
    const sql_type *small = sql_type_decimal(memory, 4, 2),
                   *large = sql_type_decimal(memory, 12, 1);
    assert_true(coercion_widens(&SQL_TYPE_INTEGER, &SQL_TYPE_BIGINT));
    assert_false(coercion_widens(&SQL_TYPE_BIGINT, &SQL_TYPE_INTEGER));
    assert_false(coercion_widens(&SQL_TYPE_INTEGER, small)); /* ten digits do not fit */
    assert_true(coercion_widens(&SQL_TYPE_INTEGER, large));
    assert_true(coercion_widens(large, &SQL_TYPE_DOUBLE));
    assert_false(coercion_widens(&SQL_TYPE_VARCHAR, &SQL_TYPE_INTEGER));
    assert_string_equal(
        sql_type_name(memory, coercion_common(memory, small, large)).data, "DECIMAL(13, 2)");
    sql_field a[] = {{SLICE_LITERAL("A"), &SQL_TYPE_INTEGER}};
    sql_field b[] = {{SLICE_LITERAL("B"), &SQL_TYPE_DATE}, {SLICE_LITERAL("A"), &SQL_TYPE_BIGINT}};
    const sql_type *common =
        coercion_common(memory, sql_type_struct(memory, a, 1), sql_type_struct(memory, b, 2));
    assert_string_equal(sql_type_name(memory, common).data, "STRUCT<`A` BIGINT, `B` DATE>");
    assert_null(coercion_common(memory, &SQL_TYPE_BOOLEAN, &SQL_TYPE_INTEGER));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(the_nearest_overload_is_chosen),
        cmocka_unit_test(variables_stand_for_one_type), cmocka_unit_test(units_and_lambdas),
        cmocka_unit_test(a_lambda_must_return_the_state), cmocka_unit_test(widening)};
    return cmocka_run_group_tests(tests, open_rows, close_rows);
}
