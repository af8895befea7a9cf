/* =, <>, <, IS DISTINCT FROM, BETWEEN and IN by Flink's rules: NULL compares to anything, texts are
 * compared to points in time as such, ROWs field by field.
 */
#include "planner/flink/expression.h"

/* NULL compares to anything, and gives NULL. */
bool flink_give_type_to_null(expression_scope *scope, const expression **a, const expression **b) {
    if ((*a)->type->base == SQL_NULL && (*b)->type->base == SQL_NULL)
        *a = build_null_value(scope, &SQL_TYPE_INTEGER, (*a)->span);
    if ((*a)->type->base == SQL_NULL)
        *a = build_null_value(scope, (*b)->type, (*a)->span);
    if ((*b)->type->base == SQL_NULL)
        *b = build_null_value(scope, (*a)->type, (*b)->span);
    return true;
}

/* A text as a TIMESTAMP; in a constant a blank may stand for the T. */
const expression *flink_read_timestamp(expression_scope *scope, const expression *text, error *e) {
    if (!is_text_literal(text))
        return flink_cast(NULL, scope, text, &SQL_TYPE_TIMESTAMP);
    slice copy = arena_copy(scope->arena, slice_trim(column_slice(text->literal, 0)));
    char *space = memchr(copy.data, ' ', copy.length);
    if (space)
        *space = 'T';
    const expression *value = literal_from_text(scope, copy, &SQL_TYPE_TIMESTAMP, text->span);
    if (!value)
        error_at(e, ERROR_STATEMENT, text->span, "'%.*s' is no TIMESTAMP", SLICE_ARG(copy));
    return value;
}

const expression *flink_compare(expression_scope *scope, compare_operator operation,
    const expression *a, const ast_expression *a_ast, const expression *b,
    const ast_expression *b_ast, source_span span, error *e) {
    flink_give_type_to_null(scope, &a, &b);
    if (flink_is_interval(a) != flink_is_interval(b)) {
        error_at(e, ERROR_STATEMENT, span, "An INTERVAL compares to an INTERVAL only");
        return NULL;
    }
    /* Texts are read as what they are compared with. */
    if (a->type->base == SQL_TIMESTAMP && b->type->base == SQL_VARCHAR)
        b = flink_read_timestamp(scope, b, e);
    else if (b->type->base == SQL_TIMESTAMP && a->type->base == SQL_VARCHAR)
        a = flink_read_timestamp(scope, a, e);
    if (!a || !b)
        return NULL;
    if (a->type->base == SQL_VARCHAR && sql_type_is_numeric(b->type))
        a = expression_cast(scope, a, b->type);
    if (b->type->base == SQL_VARCHAR && sql_type_is_numeric(a->type))
        b = expression_cast(scope, b, a->type);
    if (a->type->base == SQL_BOOLEAN && b->type->base == SQL_BOOLEAN &&
        operation != COMPARE_EQUAL && operation != COMPARE_NOT_EQUAL &&
        operation < COMPARE_DISTINCT) {
        const expression *numbers[2] = {a, b};
        for (int i = 0; i < 2; i++)
            numbers[i] = flink_cast(NULL, scope, numbers[i], &SQL_TYPE_INTEGER);
        return build_compare(scope, operation, numbers[0], numbers[1], span);
    }
    return compare_values(scope, operation, a, a_ast, b, b_ast, span, e);
}

static const expression *compare_rows(expression_scope *scope, const ast_expression *ast,
    const ast_expression_list *left, const ast_expression_list *right, error *e) {
    if (left->count != right->count) {
        error_at(e, ERROR_STATEMENT, ast->span, "Rows of %d and %d values cannot be compared",
            left->count, right->count);
        return NULL;
    }
    const expression *all = NULL;
    for (int i = 0; i < left->count; i++) {
        const expression *a = expression_analyze(scope, left->items[i], e);
        const expression *b = a ? expression_analyze(scope, right->items[i], e) : NULL;
        const expression *one = b ? flink_compare(scope, COMPARE_EQUAL, a, left->items[i], b,
                                        right->items[i], ast->span, e)
                                  : NULL;
        if (!one)
            return NULL;
        all = flink_and(scope, all, one);
    }
    return all;
}

const expression *flink_type_comparison(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *left = ast->comparison.left, *right = ast->comparison.right;
    compare_operator operation = comparison_of(ast);
    if (left->kind == AST_EXPRESSION_ROW && right->kind == AST_EXPRESSION_ROW &&
        operation <= COMPARE_NOT_EQUAL) {
        const expression *same = compare_rows(scope, ast, &left->row.items, &right->row.items, e);
        return same && operation == COMPARE_NOT_EQUAL ? build_negated(scope, same) : same;
    }
    const expression *a = expression_analyze(scope, left, e);
    const expression *b = a ? expression_analyze(scope, right, e) : NULL;
    return b ? flink_compare(scope, operation, a, left, b, right, ast->span, e) : NULL;
}

const expression *flink_type_distinct(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *a = expression_analyze(scope, ast->is_distinct.left, e);
    const expression *b = a ? expression_analyze(scope, ast->is_distinct.right, e) : NULL;
    return b ? flink_compare(scope,
                   ast->is_distinct.negated ? COMPARE_NOT_DISTINCT : COMPARE_DISTINCT, a,
                   ast->is_distinct.left, b, ast->is_distinct.right, ast->span, e)
             : NULL;
}

const expression *flink_type_between(expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *operand = ast->between.operand;
    const expression *value = expression_analyze(scope, operand, e);
    const expression *lower = value ? expression_analyze(scope, ast->between.lower, e) : NULL;
    const expression *upper = lower ? expression_analyze(scope, ast->between.upper, e) : NULL;
    const expression *from = upper ? flink_compare(scope, COMPARE_GREATER_OR_EQUAL, value, operand,
                                         lower, ast->between.lower, ast->span, e)
                                   : NULL;
    const expression *to = from ? flink_compare(scope, COMPARE_LESS_OR_EQUAL, value, operand, upper,
                                      ast->between.upper, ast->span, e)
                                : NULL;
    if (!to)
        return NULL;
    const expression *both = flink_and(scope, from, to);
    return ast->between.negated ? build_negated(scope, both) : both;
}

/* (a, b) IN ((1, 2), (3, 4)) is a = 1 AND b = 2 OR ... */
const expression *flink_type_row_in(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *any = NULL;
    for (int i = 0; i < ast->in.items.count; i++) {
        const ast_expression *item = ast->in.items.items[i];
        if (item->kind != AST_EXPRESSION_ROW) {
            error_at(e, ERROR_STATEMENT, item->span, "A row compares to rows only");
            return NULL;
        }
        const expression *one =
            compare_rows(scope, item, &ast->in.operand->row.items, &item->row.items, e);
        if (!one)
            return NULL;
        const expression *either[] = {any, one};
        any = any ? build_node(scope, EXPRESSION_OR, &SQL_TYPE_BOOLEAN, ast->span, either, 2) : one;
    }
    return ast->in.negated ? build_negated(scope, any) : any;
}
