/* Operators: which operand types they take, and which casts those need.
 *
 * Comparison: numbers with numbers, STRING with anything that has a text form in time (DATE, TIME,
 * TIMESTAMP), DATE with TIMESTAMP, and equal types; collections and booleans only for equality.
 * Arithmetic: DOUBLE wins, then DECIMAL with the precision that holds every result, then BIGINT.
 * ROWTIME and window bounds are BIGINT but compare with a timestamp's text.
 */
#include "base/time_text.h"
#include "catalog/coercion.h"
#include "planner/expression_build.h"

static const char *const compare_names[] = {
    "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};

static bool is_time(const sql_type *type) {
    return type->base == SQL_DATE || type->base == SQL_TIME || type->base == SQL_TIMESTAMP;
}

/* The type both sides are compared as; NULL when they cannot be. */
static const sql_type *comparison_type(
    expression_scope *scope, const sql_type *left, const sql_type *right) {
    if (left->base == SQL_VARCHAR && is_time(right))
        return right;
    if (right->base == SQL_VARCHAR && is_time(left))
        return left;
    if ((left->base == SQL_DATE && right->base == SQL_TIMESTAMP) ||
        (left->base == SQL_TIMESTAMP && right->base == SQL_DATE))
        return &SQL_TYPE_TIMESTAMP;
    if (sql_type_is_numeric(left) && sql_type_is_numeric(right) &&
        (left->base == SQL_DOUBLE || right->base == SQL_DOUBLE))
        return &SQL_TYPE_DOUBLE;
    return coercion_common(scope->arena, left, right);
}

static bool has_order(const sql_type *type) {
    return !sql_type_is_nested(type) && type->base != SQL_BOOLEAN;
}

static bool is_timestamp_column(const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_COLUMN)
        return false;
    slice name = ast->column.name.text;
    return slice_is(name, "ROWTIME") || slice_is(name, "WINDOWSTART") ||
           slice_is(name, "WINDOWEND");
}

/* ROWTIME > '2024-01-01': the text becomes milliseconds. */
static const expression *magic_timestamp(expression_scope *scope, const expression *text,
    const ast_expression *other, const sql_type *other_type, error *e) {
    if (!is_timestamp_column(other) || other_type->base != SQL_BIGINT || !is_text_literal(text))
        return text;
    int64_t value;
    slice written = column_slice(text->literal, 0);
    if (!time_parse_timestamp(slice_trim(written), &value)) {
        error_at(e, ERROR_STATEMENT, text->span, "'%.*s' is not a timestamp.", SLICE_ARG(written));
        error_hint(e, "Write it as '2024-02-29T09:16:05.010'; the end may be left off.");
        return NULL;
    }
    column *literal = build_literal_column(scope, &SQL_TYPE_BIGINT);
    column_append_int64(literal, value);
    return build_literal_value(scope, literal, text->span);
}

static const expression *report_comparison(expression_scope *scope, compare_operator operation,
    const expression *left, const ast_expression *left_ast, const expression *right,
    const ast_expression *right_ast, source_span span, error *e) {
    slice l = describe_ast(scope, left_ast), r = describe_ast(scope, right_ast);
    slice lt = describe_type(scope, left->type), rt = describe_type(scope, right->type);
    error_at(e, ERROR_STATEMENT, span, "Cannot compare %.*s (%.*s) to %.*s (%.*s) with %s.",
        SLICE_ARG(l), SLICE_ARG(lt), SLICE_ARG(r), SLICE_ARG(rt), compare_names[operation]);
    if (expression_can_cast(right->type, left->type) && !sql_type_equal(left->type, right->type))
        error_hint(e, "Add a cast: CAST(%.*s AS %.*s).", SLICE_ARG(r), SLICE_ARG(lt));
    return NULL;
}

const expression *compare_values(expression_scope *scope, compare_operator operation,
    const expression *left, const ast_expression *left_ast, const expression *right,
    const ast_expression *right_ast, source_span span, error *e) {
    bool null_safe = operation == COMPARE_DISTINCT || operation == COMPARE_NOT_DISTINCT;
    if (!null_safe && (left->type->base == SQL_NULL || right->type->base == SQL_NULL)) {
        error_at(e, ERROR_STATEMENT, span, "Nothing compares to NULL with %s.",
            compare_names[operation]);
        error_hint(e, "Use IS NULL or IS NOT NULL.");
        return NULL;
    }
    left = magic_timestamp(scope, left, right_ast, right->type, e);
    right = left ? magic_timestamp(scope, right, left_ast, left->type, e) : NULL;
    if (!right)
        return NULL;
    const sql_type *type = comparison_type(scope, left->type, right->type);
    bool equality = operation == COMPARE_EQUAL || operation == COMPARE_NOT_EQUAL || null_safe;
    if (!type || (!equality && !has_order(type)))
        return report_comparison(scope, operation, left, left_ast, right, right_ast, span, e);
    return build_compare(scope, operation, expression_cast(scope, left, type),
        expression_cast(scope, right, type), span);
}

compare_operator comparison_of(const ast_expression *ast) {
    static const compare_operator operators[] = {[AST_EQUAL] = COMPARE_EQUAL,
        [AST_NOT_EQUAL] = COMPARE_NOT_EQUAL,
        [AST_LESS] = COMPARE_LESS,
        [AST_LESS_OR_EQUAL] = COMPARE_LESS_OR_EQUAL,
        [AST_GREATER] = COMPARE_GREATER,
        [AST_GREATER_OR_EQUAL] = COMPARE_GREATER_OR_EQUAL};
    return operators[ast->comparison.operation];
}

const expression *analyze_comparison(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *left = expression_analyze(scope, ast->comparison.left, e);
    const expression *right = left ? expression_analyze(scope, ast->comparison.right, e) : NULL;
    if (!right)
        return NULL;
    return compare_values(scope, comparison_of(ast), left, ast->comparison.left, right,
        ast->comparison.right, ast->span, e);
}

const expression *analyze_distinct(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *left = expression_analyze(scope, ast->is_distinct.left, e);
    const expression *right = left ? expression_analyze(scope, ast->is_distinct.right, e) : NULL;
    if (!right)
        return NULL;
    return compare_values(scope, ast->is_distinct.negated ? COMPARE_NOT_DISTINCT : COMPARE_DISTINCT,
        left, ast->is_distinct.left, right, ast->is_distinct.right, ast->span, e);
}

/* a BETWEEN b AND c is a >= b AND a <= c; the program computes a once. */
const expression *analyze_between(expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *operand = ast->between.operand;
    const expression *value = expression_analyze(scope, operand, e);
    const expression *lower = value ? expression_analyze(scope, ast->between.lower, e) : NULL;
    const expression *upper = lower ? expression_analyze(scope, ast->between.upper, e) : NULL;
    if (!upper)
        return NULL;
    const expression *bounds[2];
    bounds[0] = compare_values(
        scope, COMPARE_GREATER_OR_EQUAL, value, operand, lower, ast->between.lower, ast->span, e);
    bounds[1] = bounds[0] ? compare_values(scope, COMPARE_LESS_OR_EQUAL, value, operand, upper,
                                ast->between.upper, ast->span, e)
                          : NULL;
    if (!bounds[1])
        return NULL;
    const expression *both =
        build_node(scope, EXPRESSION_AND, &SQL_TYPE_BOOLEAN, ast->span, bounds, 2);
    return ast->between.negated ? build_negated(scope, both) : both;
}

const expression *analyze_in(expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->in.items.count + 1;
    const expression **list = ARENA_ARRAY(scope->arena, const expression *, count);
    const ast_expression **asts = ARENA_ARRAY(scope->arena, const ast_expression *, count);
    for (int i = 0; i < count; i++) {
        asts[i] = i == 0 ? ast->in.operand : ast->in.items.items[i - 1];
        list[i] = expression_analyze(scope, asts[i], e);
        if (!list[i])
            return NULL;
        if (i > 0) {
            list[i] = magic_timestamp(scope, list[i], asts[0], list[0]->type, e);
            if (!list[i])
                return NULL;
        }
    }
    if (!coerce_list(scope, list, asts, count, e))
        return NULL;
    expression *in = build_node(scope, EXPRESSION_IN, &SQL_TYPE_BOOLEAN, ast->span, list, count);
    in->is_three_valued = scope->is_three_valued;
    return ast->in.negated ? build_negated(scope, in) : in;
}

/* The one character of ESCAPE as a code point; false when it is not one. */
static bool read_escape(slice text, uint32_t *code_point) {
    const unsigned char *byte = (const unsigned char *)text.data;
    if (text.length == 0)
        return false;
    size_t length = *byte < 0x80 ? 1 : *byte < 0xE0 ? 2 : *byte < 0xF0 ? 3 : 4;
    if (text.length != length)
        return false;
    *code_point = length == 1 ? *byte : *byte & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        *code_point = *code_point << 6 | (byte[i] & 0x3F);
    return true;
}

const expression *analyze_like(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operands[2];
    operands[0] = expression_analyze(scope, ast->like.operand, e);
    operands[1] = operands[0] ? expression_analyze(scope, ast->like.pattern, e) : NULL;
    if (!operands[1])
        return NULL;
    for (int i = 0; i < 2; i++) {
        if (operands[i]->type->base == SQL_NULL)
            operands[i] = expression_cast(scope, operands[i], &SQL_TYPE_VARCHAR);
        if (operands[i]->type->base != SQL_VARCHAR) {
            slice type = describe_type(scope, operands[i]->type);
            error_at(e, ERROR_STATEMENT, operands[i]->span,
                "LIKE compares STRINGs, but this is %.*s.", SLICE_ARG(type));
            return NULL;
        }
    }
    uint32_t escape = 0;
    if (ast->like.escape.data && !read_escape(ast->like.escape, &escape)) {
        error_at(e, ERROR_STATEMENT, ast->span, "ESCAPE takes one character, not '%.*s'.",
            SLICE_ARG(ast->like.escape));
        return NULL;
    }
    expression *like =
        build_node(scope, EXPRESSION_LIKE, &SQL_TYPE_BOOLEAN, ast->span, operands, 2);
    like->escape = escape;
    like->is_three_valued = scope->is_three_valued;
    return ast->like.negated ? build_negated(scope, like) : like;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static void result_digits(arithmetic_operator operation, const sql_type *l, const sql_type *r,
    int *precision, int *scale) {
    int left_whole = l->precision - l->scale, right_whole = r->precision - r->scale;
    *scale = larger(l->scale, r->scale);
    switch (operation) {
    case ARITHMETIC_ADD:
    case ARITHMETIC_SUBTRACT:
        *precision = larger(left_whole, right_whole) + *scale + 1;
        break;
    case ARITHMETIC_MULTIPLY:
        *precision = l->precision + r->precision + 1;
        *scale = l->scale + r->scale;
        break;
    case ARITHMETIC_DIVIDE:
        *scale = larger(6, l->scale + r->precision + 1);
        *precision = left_whole + r->scale + *scale;
        break;
    case ARITHMETIC_MODULO:
        *precision = smaller(left_whole, right_whole) + *scale;
        break;
    }
}

const expression *build_arithmetic(expression_scope *scope, arithmetic_operator operation,
    const expression *left, const expression *right, decimal_type *decimal, source_span span) {
    const sql_type *type = coercion_common(scope->arena, left->type, right->type);
    const expression *operands[] = {left, right};
    if (type->base == SQL_DECIMAL) {
        const sql_type *l = coercion_decimal(scope->arena, left->type);
        const sql_type *r = coercion_decimal(scope->arena, right->type);
        operands[0] = expression_cast(scope, left, l);
        operands[1] = expression_cast(scope, right, r);
        int precision = 0, scale = 0;
        result_digits(operation, l, r, &precision, &scale);
        type = decimal(scope->arena, precision, scale);
    } else {
        operands[0] = expression_cast(scope, left, type);
        operands[1] = expression_cast(scope, right, type);
    }
    expression *node = build_node(scope, EXPRESSION_ARITHMETIC, type, span, operands, 2);
    node->arithmetic = operation;
    return node;
}

arithmetic_operator arithmetic_of(const ast_expression *ast) {
    static const arithmetic_operator operators[] = {[AST_ADD] = ARITHMETIC_ADD,
        [AST_SUBTRACT] = ARITHMETIC_SUBTRACT,
        [AST_MULTIPLY] = ARITHMETIC_MULTIPLY,
        [AST_DIVIDE] = ARITHMETIC_DIVIDE,
        [AST_MODULO] = ARITHMETIC_MODULO};
    return operators[ast->arithmetic.operation];
}

const expression *analyze_arithmetic(expression_scope *scope, const ast_expression *ast, error *e) {
    static const char *const symbols[] = {"+", "-", "*", "/", "%"};
    const expression *left = expression_analyze(scope, ast->arithmetic.left, e);
    const expression *right = left ? expression_analyze(scope, ast->arithmetic.right, e) : NULL;
    if (!right)
        return NULL;
    arithmetic_operator operation = arithmetic_of(ast);
    bool numbers = sql_type_is_numeric(left->type) && sql_type_is_numeric(right->type);
    bool texts = operation == ARITHMETIC_ADD && left->type->base == SQL_VARCHAR &&
                 right->type->base == SQL_VARCHAR;
    if (!numbers && !texts) {
        slice l = describe_type(scope, left->type), r = describe_type(scope, right->type);
        slice text = describe_ast(scope, ast);
        error_at(e, ERROR_STATEMENT, ast->span,
            "%.*s: the operator %s does not take %.*s and %.*s.", SLICE_ARG(text),
            symbols[operation], SLICE_ARG(l), SLICE_ARG(r));
        if (operation == ARITHMETIC_ADD &&
            (left->type->base == SQL_VARCHAR || right->type->base == SQL_VARCHAR))
            error_hint(e, "Cast the other side: CAST(... AS STRING).");
        return NULL;
    }
    return build_arithmetic(scope, operation, left, right, sql_type_decimal, ast->span);
}

static column *zero_of(expression_scope *scope, const sql_type *type) {
    column *zero = build_literal_column(scope, type);
    switch (type->base) {
    case SQL_INTEGER:
        column_append_int32(zero, 0);
        break;
    case SQL_BIGINT:
        column_append_int64(zero, 0);
        break;
    case SQL_DECIMAL:
        column_append_decimal(zero, 0);
        break;
    default:
        column_append_double(zero, -0.0); /* -0.0 - x is -x for both zeros */
        break;
    }
    return zero;
}

const expression *analyze_negation(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operand = expression_analyze(scope, ast->negation.operand, e);
    if (!operand)
        return NULL;
    if (!sql_type_is_numeric(operand->type)) {
        slice type = describe_type(scope, operand->type);
        error_at(e, ERROR_STATEMENT, ast->span, "Only numbers have a negative, and this is %.*s.",
            SLICE_ARG(type));
        return NULL;
    }
    const expression *operands[] = {
        build_literal_value(scope, zero_of(scope, operand->type), ast->span), operand};
    expression *node =
        build_node(scope, EXPRESSION_ARITHMETIC, operand->type, ast->span, operands, 2);
    node->arithmetic = ARITHMETIC_SUBTRACT;
    return node;
}
