/* Expressions: what binds how, what each form becomes, and how it prints. */
#include "parser_testing.h"

static void products_bind_tighter_than_sums(void **state) {
    assert_expression("1 + 2 * 3", "(1 + (2 * 3))");
    assert_expression("(1 + 2) * 3", "((1 + 2) * 3)");
    assert_expression("a - b - c", "((A - B) - C)");
    assert_expression("a % b / c", "((A % B) / C)");
}

static void conditions_bind_looser_than_values(void **state) {
    assert_expression("a + 1 = b", "((A + 1) = B)");
    assert_expression("a = 1 or b <> 2 and not c", "((A = 1) OR ((B <> 2) AND (NOT C)))");
    assert_expression("not a = b", "(NOT (A = B))");
    assert_expression("a != b", "(A <> B)");
    assert_expression("a || b + c", "(A || (B + C))");
}

static void predicates(void **state) {
    assert_expression("a between 1 and 2 and b", "((A BETWEEN 1 AND 2) AND B)");
    assert_expression("a not between b + 1 and 9", "(A NOT BETWEEN (B + 1) AND 9)");
    assert_expression("a in (1, 'x', null)", "(A IN (1, 'x', null))");
    assert_expression("a not in (1)", "(A NOT IN (1))");
    assert_expression("a like '%x' escape '!'", "(A LIKE '%x' ESCAPE '!')");
    assert_expression("a not like b", "(A NOT LIKE B)");
    assert_expression("a is null or b is not null", "((A IS NULL) OR (B IS NOT NULL))");
    assert_expression("a is distinct from b", "(A IS DISTINCT FROM B)");
    assert_expression("a is not distinct from b", "(A IS NOT DISTINCT FROM B)");
}

static void numbers_have_the_smallest_kind_that_holds_them(void **state) {
    assert_int_equal(expression("2147483647")->literal.kind, AST_LITERAL_INTEGER);
    assert_int_equal(expression("2147483648")->literal.kind, AST_LITERAL_BIGINT);
    assert_int_equal(expression("9223372036854775808")->literal.kind, AST_LITERAL_DECIMAL);
    assert_int_equal(expression("1.50")->literal.kind, AST_LITERAL_DECIMAL);
    assert_int_equal(expression("1.5e3")->literal.kind, AST_LITERAL_DOUBLE);
    assert_int_equal(expression("1E0")->literal.kind, AST_LITERAL_DOUBLE);
    assert_true(expression("1.5e3")->literal.real == 1500.0);
    assert_slice(expression("1.50")->literal.text, "1.50");
    assert_true(expression(".5")->literal.real == 0.5);
    assert_true(expression("5.")->literal.real == 5.0);
}

static void a_minus_before_a_number_is_part_of_it(void **state) {
    ast_expression *e = expression("-2147483648");
    assert_int_equal(e->literal.kind, AST_LITERAL_INTEGER);
    assert_int_equal(e->literal.integer, INT32_MIN);
    e = expression("-9223372036854775808");
    assert_int_equal(e->literal.kind, AST_LITERAL_BIGINT);
    assert_true(e->literal.integer == INT64_MIN);
    assert_slice(expression("-1.5")->literal.text, "-1.5");

    assert_int_equal(expression("-(1)")->kind, AST_EXPRESSION_NEGATION);
    assert_expression("a-1", "(A - 1)");
    assert_expression("a - -1", "(A - -1)");
    assert_expression("- - 1", "-(-1)");
    assert_expression("-a", "-A");
    assert_expression("+a", "A");
    assert_expression("-a->b", "-A->B");
    assert_expression("(-a)->b", "(-A)->B");
}

static void strings_double_their_quotes(void **state) {
    ast_expression *e = expression("'it''s'");
    assert_slice(e->literal.text, "it's");
    assert_expression("'it''s'", "'it''s'");
    assert_expression("''", "''");
}

static void names_fold_to_upper_case_unless_quoted(void **state) {
    ast_expression *e = expression("s.`My Col`");
    assert_int_equal(e->kind, AST_EXPRESSION_COLUMN);
    assert_slice(e->column.qualifier.text, "S");
    assert_false(e->column.qualifier.quoted);
    assert_slice(e->column.name.text, "My Col");
    assert_true(e->column.name.quoted);
    assert_expression("\"Foo\"", "`Foo`");
    assert_expression("`FOO`", "FOO");
    assert_expression("`a``b`", "`a``b`");
    assert_expression("`SELECT`", "`SELECT`");
    assert_expression("1r", "`1R`");
}

static void keywords_are_names_where_they_can_be(void **state) {
    assert_expression("id + key + type + topic", "(((ID + KEY) + TYPE) + TOPIC)");
    assert_expression("emit = window", "(`EMIT` = `WINDOW`)");
    assert_expression("map = array", "(`MAP` = `ARRAY`)");
    assert_expression("replace(a, 'b', 'c')", "REPLACE(A, 'b', 'c')");
}

static void structured_values(void **state) {
    assert_expression("a->b->c", "A->B->C");
    assert_expression("a[1]['k']", "A[1]['k']");
    assert_expression("a->b[c + 1]->d", "A->B[(C + 1)]->D");
    assert_expression("array[1, 2]", "ARRAY[1, 2]");
    assert_expression("array[]", "ARRAY[]");
    assert_expression("map('a' := 1, b := 2)", "MAP('a':=1, B:=2)");
    assert_expression("map()", "MAP()");
    assert_expression("struct(a := 1, `b` := x)", "STRUCT(A:=1, `b`:=X)");
    assert_expression("struct(a := array[map('k' := 1)])", "STRUCT(A:=ARRAY[MAP('k':=1)])");
}

static void calls(void **state) {
    ast_expression *e = expression("count(*)");
    assert_int_equal(e->kind, AST_EXPRESSION_CALL);
    assert_slice(e->call.name.text, "COUNT");
    assert_true(e->call.star);
    assert_int_equal(e->call.arguments.count, 0);

    e = expression("count(distinct a)");
    assert_true(e->call.distinct);
    assert_int_equal(e->call.arguments.count, 1);

    assert_expression("f()", "F()");
    assert_expression("concat(a, f(b), 'c')", "CONCAT(A, F(B), 'c')");
}

static void a_unit_is_a_name_that_functions_may_read_as_a_unit(void **state) {
    ast_expression *e = expression("dateadd(days, 1, d)");
    assert_int_equal(e->call.arguments.items[0]->kind, AST_EXPRESSION_COLUMN);
    assert_int_equal(e->call.arguments.items[0]->column.unit, AST_UNIT_DAYS);
    assert_int_equal(e->call.arguments.items[2]->column.unit, AST_UNIT_NONE);
    assert_int_equal(expression("`DAYS`")->column.unit, AST_UNIT_NONE);
    assert_int_equal(expression("s.days")->column.unit, AST_UNIT_NONE);
    assert_int_equal(expression("year")->column.unit, AST_UNIT_YEARS);
}

static void lambdas(void **state) {
    ast_expression *e = expression("transform(m, (k, v) => v + 1, x => x)");
    assert_int_equal(e->call.arguments.count, 3);
    ast_expression *two = e->call.arguments.items[1];
    assert_int_equal(two->kind, AST_EXPRESSION_LAMBDA);
    assert_int_equal(two->lambda.parameters.count, 2);
    assert_slice(two->lambda.parameters.items[1].text, "V");
    assert_expression("f(a, (x, y) => x OR y)", "F(A, (X, Y) => (X OR Y))");
    assert_expression("f(a, (x) => g(x, y => y))", "F(A, X => G(X, Y => Y))");
    assert_expression("f((a), (b))", "F(A, B)");
}

static void casts_and_cases(void **state) {
    assert_expression("cast(a as array<decimal(4,2)>)", "CAST(A AS ARRAY<DECIMAL(4, 2)>)");
    assert_expression("case when a > 1 then 'x' when b then 'y' else 'z' end",
        "(CASE WHEN (A > 1) THEN 'x' WHEN B THEN 'y' ELSE 'z' END)");
    assert_expression("case a when 1 then 2 end", "(CASE A WHEN 1 THEN 2 END)");
    assert_expression("a at time zone 'UTC' = b", "((A AT TIME ZONE 'UTC') = B)");
}

static void types(void **state) {
    error e;
    ast_type *type = parser_parse_type(
        test_arena, slice_of("map<string, struct<a int, `b` array<my_type>>>"), &e);
    assert_non_null(type);
    assert_slice(
        ast_format_type(test_arena, type), "MAP<STRING, STRUCT<A INTEGER, `b` ARRAY<MY_TYPE>>>");
    type = parser_parse_type(test_arena, slice_of("VARCHAR(10)"), &e);
    assert_int_equal(type->kind, AST_TYPE_STRING);
    type = parser_parse_type(test_arena, slice_of("`STRING`"), &e);
    assert_int_equal(type->kind, AST_TYPE_NAMED);
    type = parser_parse_type(test_arena, slice_of("STRUCT<>"), &e);
    assert_int_equal(type->kind, AST_TYPE_STRUCT);
    assert_int_equal(type->fields.count, 0);
}

static void every_node_knows_its_place(void **state) {
    const char *sql = "foo + f(a, 'x')[ 2 ] * (b)";
    ast_expression *e = expression(sql);
    assert_span(sql, e->span, sql);
    assert_span(sql, e->arithmetic.left->span, "foo");
    ast_expression *product = e->arithmetic.right;
    assert_span(sql, product->span, "f(a, 'x')[ 2 ] * (b)");
    assert_span(sql, product->arithmetic.left->span, "f(a, 'x')[ 2 ]");
    assert_span(sql, product->arithmetic.left->subscript.base->span, "f(a, 'x')");
    assert_span(sql, product->arithmetic.right->span, "(b)");
    assert_true(product->arithmetic.right->parenthesized);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(products_bind_tighter_than_sums),
        parser_unit_test(conditions_bind_looser_than_values),
        parser_unit_test(predicates),
        parser_unit_test(numbers_have_the_smallest_kind_that_holds_them),
        parser_unit_test(a_minus_before_a_number_is_part_of_it),
        parser_unit_test(strings_double_their_quotes),
        parser_unit_test(names_fold_to_upper_case_unless_quoted),
        parser_unit_test(keywords_are_names_where_they_can_be),
        parser_unit_test(structured_values),
        parser_unit_test(calls),
        parser_unit_test(a_unit_is_a_name_that_functions_may_read_as_a_unit),
        parser_unit_test(lambdas),
        parser_unit_test(casts_and_cases),
        parser_unit_test(types),
        parser_unit_test(every_node_knows_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
