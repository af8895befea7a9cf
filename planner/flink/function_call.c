/* Calls of functions by Flink's names.
 *
 * Some have another name in the table of functions, some calls are operators, and where a unit of
 * time is written its name is passed on as a text.
 */
#include "planner/flink/lowering.h"

#include <stdio.h>

typedef struct alias {
    const char *name, *target;
} alias;

static const alias ALIASES[] = {
    {"LOWER", "LCASE"},
    {"UPPER", "UCASE"},
    {"CHAR_LENGTH", "LEN"},
    {"CHARACTER_LENGTH", "LEN"},
    {"CEILING", "CEIL"},
    {"TRUNCATE", "TRUNC"},
    {"SUBSTR", "SUBSTRING"},
    {"NOW", "FLINK_NOW"},
    {"CURRENT_TIMESTAMP", "FLINK_NOW"},
    {"LOCALTIMESTAMP", "FLINK_NOW"},
    {"PROCTIME", "FLINK_PROCTIME"},
    {"CURRENT_ROW_TIMESTAMP", "FLINK_NOW"},
    {"CURRENT_WATERMARK", "FLINK_NOW"},
    {"POW", "POWER"},
    {"DATE_FORMAT", "FORMAT_TIMESTAMP"},
};

static bool is_name(slice name, const char *other) {
    return slice_is_ignore_case(name, other);
}

/* What CREATE FUNCTION has bound comes first. */
static const function_descriptor *find_function(const catalog *c, slice name) {
    slice bound = catalog_function_class(c, name);
    if (bound.data)
        return function_find_class(bound);
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (is_name(name, ALIASES[i].name))
            return function_find_flink(slice_of(ALIASES[i].target));
    return function_find_flink(name);
}

const function_descriptor *flink_find_function(lowering *l, slice name) {
    return find_function(l->b.catalog, name);
}

const function_descriptor *flink_aggregate_function(const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_CALL)
        return NULL;
    const function_descriptor *found = function_find_flink(ast->call.name.text);
    return found && found->kind == FUNCTION_AGGREGATE ? found : NULL;
}

/* ---- building ---- */

const expression *flink_build_call(expression_scope *scope, const char *name,
    const expression *const *arguments, int count, source_span span, error *e) {
    function_argument *shapes = ARENA_ARRAY(scope->arena, function_argument, count + 1);
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    function_binding *binding = ARENA_NEW(scope->arena, function_binding);
    for (int i = 0; i < count; i++)
        shapes[i] = (function_argument){.type = arguments[i]->type,
            .is_unit = arguments[i]->kind == EXPRESSION_UNIT,
            .is_text_literal = is_text_literal(arguments[i])};
    if (!function_bind_flink(scope->arena, slice_of(name), shapes, count, binding, e)) {
        e->span = span;
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        const sql_type *type = binding->parameters[i];
        values[i] = !type ? arguments[i]
                    : shapes[i].is_text_literal && type->base != SQL_VARCHAR
                        ? coerce_to(scope, arguments[i], type, NULL, e)
                        : expression_cast(scope, arguments[i], type);
        if (!values[i])
            return NULL;
    }
    expression *node = build_node(scope, EXPRESSION_CALL, binding->result, span, values, count);
    node->call = binding;
    return node;
}

/* ---- calls that are something else ---- */

static const expression *call_if(expression_scope *scope, const ast_expression *ast, error *e) {
    ast_case_branch *branch = ARENA_NEW(scope->arena, ast_case_branch);
    ast_expression *node = ARENA_NEW(scope->arena, ast_expression);
    *branch = (ast_case_branch){ast->call.arguments.items[0], ast->call.arguments.items[1]};
    node->kind = AST_EXPRESSION_CASE;
    node->span = ast->span;
    node->case_.branches = (ast_case_branch_list){branch, 1};
    node->case_.otherwise = ast->call.arguments.items[2];
    return expression_analyze(scope, node, e);
}

static const expression *call_mod(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    ast_expression *node = ARENA_NEW(scope->arena, ast_expression);
    node->kind = AST_EXPRESSION_ARITHMETIC;
    node->span = ast->span;
    node->arithmetic.operation = AST_MODULO;
    node->arithmetic.left = ast->call.arguments.items[0];
    node->arithmetic.right = ast->call.arguments.items[1];
    return flink_arithmetic(t, scope, node, e);
}

/* A unit as the text that the functions of time take: 'SECOND'. */
static bool read_unit(expression_scope *scope, const ast_expression *ast, const expression **out) {
    slice name = ast->kind == AST_EXPRESSION_COLUMN && !ast->column.qualifier.text.data
                     ? ast->column.name.text
                 : ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_STRING
                     ? ast->literal.text
                     : (slice){0};
    if (!name.data)
        return false;
    *out = flink_literal_text(scope, arena_upper(scope->arena, name), ast->span);
    return true;
}

/* EXTRACT(unit FROM t), TIMESTAMPDIFF(unit, a, b), TIMESTAMPADD(unit, n, t), FLOOR(t TO unit). */
static const expression *call_with_unit(
    expression_scope *scope, const ast_expression *ast, const char *name, int unit_at, error *e) {
    int count = ast->call.arguments.count;
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        const ast_expression *argument = ast->call.arguments.items[i];
        if (i == unit_at) {
            if (!read_unit(scope, argument, &values[i])) {
                error_at(e, ERROR_STATEMENT, argument->span, "A unit like SECOND is needed here");
                return NULL;
            }
            continue;
        }
        values[i] = expression_analyze(scope, argument, e);
        if (!values[i])
            return NULL;
        if (is_text_literal(values[i]))
            values[i] = flink_cast(NULL, scope, values[i], &SQL_TYPE_TIMESTAMP);
        if (values[i] && values[i]->type->base == SQL_DATE)
            values[i] = expression_cast(scope, values[i], &SQL_TYPE_TIMESTAMP);
    }
    return flink_build_call(scope, name, values, count, ast->span, e);
}

static const char *const UNIT_FUNCTIONS[] = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAYOFYEAR",
    "DAYOFMONTH", "DAYOFWEEK", "HOUR", "MINUTE", "SECOND"};
static const char *const UNITS[] = {
    "YEAR", "QUARTER", "MONTH", "WEEK", "DOY", "DAY", "DOW", "HOUR", "MINUTE", "SECOND"};

/* HOUR(t) is EXTRACT(HOUR FROM t). */
static const expression *call_part(
    expression_scope *scope, const ast_expression *ast, const char *unit, error *e) {
    const expression *values[2];
    values[0] = flink_literal_text(scope, slice_of(unit), ast->span);
    values[1] = expression_analyze(scope, ast->call.arguments.items[0], e);
    if (!values[1])
        return NULL;
    if (values[1]->type->base == SQL_DATE)
        values[1] = expression_cast(scope, values[1], &SQL_TYPE_TIMESTAMP);
    return flink_build_call(scope, "FLINK_EXTRACT", values, 2, ast->span, e);
}

/* The call with its arguments in another order (-1: left out) and under another name. */
static const expression *call_permuted(expression_scope *scope, const ast_expression *ast,
    const char *name, const int *order, int count, error *e) {
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = expression_analyze(scope, ast->call.arguments.items[order[i]], e);
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, name, values, count, ast->span, e);
}

/* Flink's CONCAT of anything NULL is NULL, as || is. */
static const expression *call_concat(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *all = NULL;
    for (int i = 0; i < ast->call.arguments.count; i++) {
        const expression *value = expression_analyze(scope, ast->call.arguments.items[i], e);
        value = value ? flink_cast(NULL, scope, value, &SQL_TYPE_VARCHAR) : NULL;
        if (!value)
            return NULL;
        const expression *operands[] = {all, value};
        if (all) {
            expression *node =
                build_node(scope, EXPRESSION_ARITHMETIC, &SQL_TYPE_VARCHAR, ast->span, operands, 2);
            node->arithmetic = ARITHMETIC_ADD;
            value = node;
        }
        all = value;
    }
    return all;
}

static const expression *regexp_matches(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const int order[] = {1, 0};
    const expression *found = call_permuted(scope, ast, "REGEXP_EXTRACT", order, 2, e);
    const expression *is_null =
        found ? build_node(scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, ast->span, &found, 1)
              : NULL;
    return found ? build_negated(scope, is_null) : NULL;
}

static const expression *special_call(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    const ast_expression_list *arguments = &ast->call.arguments;
    if (is_name(name, "IF") && arguments->count == 3)
        return call_if(scope, ast, e);
    if (is_name(name, "MOD") && arguments->count == 2)
        return call_mod(t, scope, ast, e);
    if (is_name(name, "EXTRACT") && arguments->count == 2)
        return call_with_unit(scope, ast, "FLINK_EXTRACT", 0, e);
    if (is_name(name, "TIMESTAMPDIFF") && arguments->count == 3)
        return call_with_unit(scope, ast, "FLINK_TIMESTAMPDIFF", 0, e);
    if (is_name(name, "TIMESTAMPADD") && arguments->count == 3)
        return call_with_unit(scope, ast, "FLINK_TIMESTAMPADD", 0, e);
    if ((is_name(name, "FLOOR") || is_name(name, "CEIL")) && arguments->count == 2)
        return call_with_unit(
            scope, ast, is_name(name, "FLOOR") ? "FLINK_FLOOR_TIME" : "FLINK_CEIL_TIME", 1, e);
    static const int second_first[] = {1, 0, 2};
    int count = arguments->count;
    if (is_name(name, "REGEXP_EXTRACT") && (count == 2 || count == 3))
        return call_permuted(scope, ast, "REGEXP_EXTRACT", second_first, count, e);
    if ((is_name(name, "REGEXP") || is_name(name, "REGEXP_LIKE")) && count == 2)
        return regexp_matches(scope, ast, e);
    if ((is_name(name, "POSITION") || is_name(name, "LOCATE")) && (count == 2 || count == 3))
        return call_permuted(scope, ast, "INSTR", second_first, count, e);
    if (is_name(name, "TO_TIMESTAMP") && count == 2)
        return call_permuted(scope, ast, "PARSE_TIMESTAMP", (const int[]){0, 1}, 2, e);
    if (is_name(name, "CONCAT") && count > 0)
        return call_concat(scope, ast, e);
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (is_name(name, UNIT_FUNCTIONS[i]) && arguments->count == 1)
            return call_part(scope, ast, UNITS[i], e);
    return NULL;
}

/* ---- all others ---- */

static const expression *report_unknown(const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    error_at(e, ERROR_NOT_FOUND, ast->span, "There is no function %.*s", SLICE_ARG(name));
    const function_descriptor *nearest = function_nearest(name);
    if (nearest)
        error_hint(e, "Did you mean %s? SHOW FUNCTIONS lists all.", nearest->name);
    return NULL;
}

const expression *flink_call(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *special = special_call(t, scope, ast, e);
    if (special || error_is_set(e))
        return special;
    const function_descriptor *function = find_function(t->l->b.catalog, ast->call.name.text);
    if (!function)
        return report_unknown(ast, e);
    if (function->kind != FUNCTION_SCALAR) {
        error_at(e, ERROR_STATEMENT, ast->span, "The %s function %.*s cannot be used in %s",
            function->kind == FUNCTION_AGGREGATE ? "aggregate" : "table",
            SLICE_ARG(ast->call.name.text), scope->clause ? scope->clause : "this expression");
        return NULL;
    }
    int count = ast->call.arguments.count;
    for (int i = 0; i < count; i++)
        if (ast->call.arguments.items[i]->kind == AST_EXPRESSION_LAMBDA)
            return NULL; /* the analysis knows how */
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = expression_analyze(scope, ast->call.arguments.items[i], e);
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, function->name, values, count, ast->span, e);
}
