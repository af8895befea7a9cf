/* What the planner relies on: scopes, replacements, assignment, and the text of typed expressions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/parser.h"
#include "planner/expression_analysis.h"

typedef struct fixture {
    arena *memory;
    expression_scope scope;
    scope_column columns[6];
    column *owned[100];
    int owned_count;
    const char *replaced; /* the function whose calls are column 9 */
} fixture;

static column *own(void *context, column *literal) {
    fixture *f = context;
    return f->owned[f->owned_count++] = literal;
}

static const expression *replace(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    fixture *f = context;
    if (f->replaced && ast->kind == AST_EXPRESSION_CALL &&
        slice_is(ast->call.name.text, f->replaced))
        return expression_make_column(scope->arena, 9, &SQL_TYPE_BIGINT);
    return NULL;
}

static const sql_type *named_type(void *context, slice name) {
    return slice_is(name, "PRICE") ? &SQL_TYPE_DOUBLE : NULL;
}

static const function_overload total_rows[] = {{.signature = "(BIGINT) -> BIGINT"}};
static const function_descriptor total[] = {
    {"TOTAL", FUNCTION_AGGREGATE, "TEST", "A total.", NULL, NULL, total_rows, 1, NULL}};

static void open_fixture(fixture *f) {
    *f = (fixture){.memory = arena_create()};
    if (!function_find(SLICE_LITERAL("TOTAL")))
        function_register(total, 1);
    scope_column columns[] = {
        {SLICE_LITERAL("L"), SLICE_LITERAL("ID"), &SQL_TYPE_INTEGER, false, 0, 0},
        {SLICE_LITERAL("L"), SLICE_LITERAL("NAME"), &SQL_TYPE_VARCHAR, false, 1, 0},
        {SLICE_LITERAL("R"), SLICE_LITERAL("ID"), &SQL_TYPE_BIGINT, false, 2, 0},
        {SLICE_LITERAL("R"), SLICE_LITERAL("ON_DATE"), &SQL_TYPE_DATE, false, 3, 0},
        {{NULL, 0}, SLICE_LITERAL("ROWTIME"), &SQL_TYPE_BIGINT, true, 0, PSEUDO_ROWTIME}};
    memcpy(f->columns, columns, sizeof columns);
    f->scope = (expression_scope){.arena = f->memory,
        .columns = f->columns,
        .column_count = 5,
        .context = f,
        .own = own,
        .named_type = named_type,
        .replace = replace,
        .clause = "WHERE"};
}

static void close_fixture(fixture *f) {
    for (int i = 0; i < f->owned_count; i++)
        column_destroy(f->owned[i]);
    arena_destroy(f->memory);
}

static const char *describe(fixture *f, const expression *node, const error *e) {
    if (!node)
        return arena_format(f->memory, "! %s", e->message).data;
    const slice names[] = {SLICE_LITERAL("L.ID"), SLICE_LITERAL("NAME"), SLICE_LITERAL("R.ID"),
        SLICE_LITERAL("ON_DATE"), SLICE_LITERAL(""), SLICE_LITERAL(""), SLICE_LITERAL(""),
        SLICE_LITERAL(""), SLICE_LITERAL(""), SLICE_LITERAL("TOTAL_0")};
    buffer out = {0};
    expression_format(node, names, &out);
    slice text = arena_copy(f->memory, buffer_slice(&out));
    buffer_free(&out);
    return text.data;
}

static ast_expression *parse(fixture *f, const char *sql) {
    error e = {0};
    ast_expression *ast = parser_parse_expression(f->memory, slice_of(sql), &e);
    if (!ast)
        fail_msg("%s: %s", sql, e.message);
    return ast;
}

static const char *analyze(fixture *f, const char *sql) {
    error e = {0};
    return describe(f, expression_analyze(&f->scope, parse(f, sql), &e), &e);
}

static const char *analyze_as(fixture *f, const char *sql, const sql_type *type) {
    error e = {0};
    return describe(f, expression_analyze_as(&f->scope, parse(f, sql), type, &e), &e);
}

static void casts_become_explicit(void **state) {
    fixture f;
    open_fixture(&f);
    assert_string_equal(analyze(&f, "L.ID + R.ID"), "(CAST(L.ID AS BIGINT) + R.ID)");
    assert_string_equal(
        analyze(&f, "L.ID = 1.5"), "(CAST(L.ID AS DECIMAL(11, 1)) = CAST(1.5 AS DECIMAL(11, 1)))");
    assert_string_equal(
        analyze(&f, "ON_DATE > '2024-02-29'"), "(ON_DATE > CAST('2024-02-29' AS DATE))");
    assert_string_equal(analyze(&f, "ON_DATE IN ('2024-02-29')"), "(ON_DATE IN ('2024-02-29'))");
    assert_string_equal(
        analyze(&f, "CAST(NAME AS price) / 2"), "(CAST(NAME AS DOUBLE) / CAST(2 AS DOUBLE))");
    assert_string_equal(analyze(&f, "NAME NOT LIKE 'a%'"), "(NOT (NAME LIKE 'a%'))");
    assert_string_equal(analyze(&f, "CASE WHEN L.ID = 1 THEN 'it''s' ELSE NULL END"),
        "(CASE WHEN (L.ID = 1) THEN 'it''s' ELSE NULL END)");
    assert_string_equal(analyze(&f, "STRUCT(A := L.ID)->A"), "STRUCT(`A`:=L.ID)->`A`");
    close_fixture(&f);
}

static void rowtime_compares_with_text(void **state) {
    fixture f;
    open_fixture(&f);
    assert_string_equal(analyze(&f, "ROWTIME >= '2018'"), "(ROWTIME >= 1514764800000)");
    assert_string_equal(
        analyze(&f, "'2018-01-01T00:00:00.001+0000' < ROWTIME"), "(1514764800001 < ROWTIME)");
    assert_string_equal(analyze(&f, "ROWTIME BETWEEN '1970' AND '1970-01-02'"),
        "((ROWTIME >= 0) AND (ROWTIME <= 86400000))");
    assert_string_equal(analyze(&f, "ROWTIME > 'soon'"), "! 'soon' is not a timestamp.");
    assert_string_equal(
        analyze(&f, "R.ID > '2018'"), "! Cannot compare R.ID (BIGINT) to '2018' (STRING) with >.");
    close_fixture(&f);
}

static void names_need_one_meaning(void **state) {
    fixture f;
    open_fixture(&f);
    assert_string_equal(analyze(&f, "ID"), "! Column 'ID' is ambiguous. Could be L.ID or R.ID.");
    assert_string_equal(analyze(&f, "NMAE"), "! WHERE column 'NMAE' cannot be resolved.");
    assert_string_equal(analyze(&f, "X.ID"), "! 'X' is not a valid stream/table name or alias.");
    assert_string_equal(analyze(&f, "CAST(NAME AS cost)"), "! Cannot resolve unknown type: COST");
    close_fixture(&f);
}

static void the_planner_may_replace_nodes(void **state) {
    fixture f;
    open_fixture(&f);
    assert_string_equal(
        analyze(&f, "TOTAL(L.ID) > 5"), "! The aggregate function TOTAL cannot be used in WHERE.");
    f.replaced = "TOTAL";
    assert_string_equal(analyze(&f, "TOTAL(L.ID) > 5"), "(TOTAL_0 > CAST(5 AS BIGINT))");
    error e = {0};
    const expression *const *arguments;
    const function_binding *binding =
        expression_analyze_call(&f.scope, parse(&f, "TOTAL(L.ID)"), &arguments, &e);
    assert_non_null(binding);
    assert_string_equal(describe(&f, arguments[0], &e), "CAST(L.ID AS BIGINT)");
    assert_non_null(expression_call_function(parse(&f, "total(1)"), FUNCTION_AGGREGATE));
    assert_null(expression_call_function(parse(&f, "total(1)"), FUNCTION_SCALAR));
    close_fixture(&f);
}

static void conditions_are_boolean(void **state) {
    fixture f;
    open_fixture(&f);
    error e = {0};
    assert_null(expression_analyze_condition(&f.scope, parse(&f, "L.ID + 1"), &e));
    assert_string_equal(e.message, "A condition must be BOOLEAN, but (L.ID + 1) is INTEGER.");
    assert_int_equal(e.span.offset, 0);
    error_clear(&e);
    assert_non_null(expression_analyze_condition(&f.scope, parse(&f, "NULL"), &e));
    close_fixture(&f);
}

static void assignment(void **state) {
    fixture f;
    open_fixture(&f);
    const sql_type *money = sql_type_decimal(f.memory, 4, 2);
    assert_string_equal(analyze_as(&f, "5", &SQL_TYPE_BIGINT), "CAST(5 AS BIGINT)");
    assert_string_equal(analyze_as(&f, "5", money), "CAST(5 AS DECIMAL(4, 2))");
    assert_string_equal(analyze_as(&f, "'5.255'", money), "5.26");
    assert_string_equal(analyze_as(&f, "'2024-02-29'", &SQL_TYPE_DATE), "'2024-02-29'");
    assert_string_equal(analyze_as(&f, "'aGk='", &SQL_TYPE_BYTES), "TO_BYTES('aGk=', 'base64')");
    assert_string_equal(analyze_as(&f, "NULL", money), "NULL");
    assert_string_equal(analyze_as(&f, "ARRAY[1, 2]", sql_type_array(f.memory, &SQL_TYPE_DOUBLE)),
        "ARRAY[CAST(1 AS DOUBLE), CAST(2 AS DOUBLE)]");
    assert_string_equal(
        analyze_as(&f, "500", money), "! 500 is INTEGER where DECIMAL(4, 2) is needed.");
    assert_string_equal(
        analyze_as(&f, "'2024-02-30'", &SQL_TYPE_DATE), "! '2024-02-30' cannot be read as DATE.");
    assert_string_equal(analyze_as(&f, "10000000000", &SQL_TYPE_INTEGER),
        "! 10000000000 is BIGINT where INTEGER is needed.");
    assert_string_equal(
        analyze_as(&f, "1", &SQL_TYPE_VARCHAR), "! 1 is INTEGER where STRING is needed.");
    close_fixture(&f);
}

static void equality_and_columns(void **state) {
    fixture f;
    open_fixture(&f);
    error e = {0};
    const expression *a = expression_analyze(&f.scope, parse(&f, "L.ID + R.ID * 2"), &e);
    const expression *b = expression_analyze(&f.scope, parse(&f, "l.id + (r.id * 2)"), &e);
    const expression *c = expression_analyze(&f.scope, parse(&f, "L.ID + R.ID * 3"), &e);
    assert_true(expression_equal(a, b));
    assert_false(expression_equal(a, c));
    bool used[10] = {false};
    expression_columns(a, used);
    assert_true(used[0] && used[2] && !used[1] && !used[3]);
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(casts_become_explicit),
        cmocka_unit_test(rowtime_compares_with_text), cmocka_unit_test(names_need_one_meaning),
        cmocka_unit_test(the_planner_may_replace_nodes), cmocka_unit_test(conditions_are_boolean),
        cmocka_unit_test(assignment), cmocka_unit_test(equality_and_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
