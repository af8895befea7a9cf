/* + - * / % by Flink's rules: decimals give way in their scale, and points in time and intervals
 * are added and subtracted.
 */
#include "base/decimal.h"
#include "planner/flink/expression.h"

/* ---- numbers ---- */

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Digits of the scale give way to those before the point, but for six. */
static const sql_type *fit_decimal(arena *a, int precision, int scale) {
    if (precision > DECIMAL_MAX_PRECISION) {
        int whole = precision - scale;
        scale = larger(DECIMAL_MAX_PRECISION - whole, smaller(scale, 6));
        precision = DECIMAL_MAX_PRECISION;
    }
    return sql_type_decimal(a, precision, smaller(scale, precision));
}

/* ---- time ---- */

static bool is_time(const sql_type *type) {
    return type->base == SQL_TIMESTAMP || type->base == SQL_DATE || type->base == SQL_TIME;
}

static const expression *negative(expression_scope *scope, const expression *e) {
    int64_t value;
    if (flink_constant_int64(e, &value))
        return flink_literal_bigint(scope, -value, e->span);
    const expression *operands[] = {flink_literal_bigint(scope, 0, e->span), e};
    expression *node =
        build_node(scope, EXPRESSION_ARITHMETIC, &SQL_TYPE_BIGINT, e->span, operands, 2);
    node->arithmetic = ARITHMETIC_SUBTRACT;
    return node;
}

/* A point in time and an interval, a difference of points, or two intervals. */
static const expression *time_arithmetic(expression_scope *scope, arithmetic_operator operation,
    const expression *left, const expression *right, source_span span, error *e) {
    bool minus = operation == ARITHMETIC_SUBTRACT;
    if (operation == ARITHMETIC_ADD && flink_is_interval(left) && is_time(right->type))
        return time_arithmetic(scope, operation, right, left, span, e);
    if (is_time(left->type) && flink_is_interval(right) && operation <= ARITHMETIC_SUBTRACT) {
        const expression *arguments[] = {left, minus ? negative(scope, right) : right};
        return flink_build_call(scope,
            right->type == &FLINK_INTERVAL_MONTHS ? "FLINK_ADD_MONTHS" : "FLINK_ADD_MS", arguments,
            2, span, e);
    }
    expression *result = NULL;
    if (left->type->base == SQL_TIMESTAMP && right->type->base == SQL_TIMESTAMP && minus) {
        const expression *arguments[] = {right, left};
        const expression *call = flink_build_call(scope, "FLINK_MS_BETWEEN", arguments, 2, span, e);
        if (!call)
            return NULL;
        result = ARENA_NEW(scope->arena, expression);
        *result = *call;
        result->type = &FLINK_INTERVAL_MS;
        return result;
    }
    bool both =
        flink_is_interval(left) && left->type == right->type && operation <= ARITHMETIC_SUBTRACT;
    bool scaled = operation == ARITHMETIC_MULTIPLY &&
                  flink_is_interval(left) != flink_is_interval(right) &&
                  sql_type_is_numeric(left->type) && sql_type_is_numeric(right->type) &&
                  left->type->base <= SQL_BIGINT && right->type->base <= SQL_BIGINT;
    if (both || scaled) {
        const sql_type *type = flink_is_interval(left) ? left->type : right->type;
        const expression *operands[] = {expression_cast(scope, left, &SQL_TYPE_BIGINT),
            expression_cast(scope, right, &SQL_TYPE_BIGINT)};
        result = build_node(scope, EXPRESSION_ARITHMETIC, type, span, operands, 2);
        result->arithmetic = operation;
        return result;
    }
    error_at(e, ERROR_STATEMENT, span, "Times and INTERVALs do not combine like this");
    error_hint(e, "A time plus or minus an INTERVAL is a time, two times minus each other are an "
                  "INTERVAL; TIMESTAMPDIFF gives numbers.");
    return NULL;
}

/* ---- any ---- */

const expression *flink_arithmetic(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *left = expression_analyze(scope, ast->arithmetic.left, e);
    const expression *right = left ? expression_analyze(scope, ast->arithmetic.right, e) : NULL;
    if (!right)
        return NULL;
    flink_give_type_to_null(scope, &left, &right);
    arithmetic_operator operation = arithmetic_of(ast);
    if (is_time(left->type) || is_time(right->type) || flink_is_interval(left) ||
        flink_is_interval(right))
        return time_arithmetic(scope, operation, left, right, ast->span, e);
    const expression *sides[] = {left, right};
    for (int i = 0; i < 2; i++) {
        if (sides[i]->type->base == SQL_VARCHAR) /* as Flink reads texts among numbers */
            sides[i] = expression_cast(scope, sides[i], &SQL_TYPE_DOUBLE);
        if (!sql_type_is_numeric(sides[i]->type)) {
            slice type = describe_type(scope, sides[i]->type);
            error_at(e, ERROR_STATEMENT, sides[i]->span,
                "Arithmetic needs numbers, and this is %.*s", SLICE_ARG(type));
            return NULL;
        }
    }
    return build_arithmetic(scope, operation, sides[0], sides[1], fit_decimal, ast->span);
}

const expression *flink_type_negation(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operand = expression_analyze(scope, ast->negation.operand, e);
    if (!operand || !flink_is_interval(operand))
        return NULL; /* left to the analysis, which types the operand again */
    expression *node = ARENA_NEW(scope->arena, expression);
    *node = *negative(scope, operand);
    node->type = operand->type;
    return node;
}
