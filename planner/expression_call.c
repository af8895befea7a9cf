/* Calls: arguments are analyzed first, then an overload is chosen by their types, then lambdas'
 * bodies are analyzed with the parameter types it gives them, and last the result type is decided.
 */
#include "planner/expression_build.h"

#include "parser/ast_format.h"

/* A call while its parts are put together. */
typedef struct call_parts {
    const ast_expression *ast;
    slice name;
    source_span span;
    int count;
    const ast_expression *const *asts;
    const expression **values;
    function_argument *shapes;
    function_binding *binding;
} call_parts;

const function_descriptor *expression_call_function(const ast_expression *ast, function_kind kind) {
    if (ast->kind != AST_EXPRESSION_CALL)
        return NULL;
    const function_descriptor *function = function_find(ast->call.name.text);
    return function && function->kind == kind ? function : NULL;
}

static const expression *analyze_unit(expression_scope *scope, const ast_expression *ast) {
    expression *unit = build_node(scope, EXPRESSION_UNIT, NULL, ast->span, NULL, 0);
    unit->text = slice_of(ast_unit_name(ast->column.unit));
    return unit;
}

static bool analyze_argument(expression_scope *scope, call_parts *call,
    const function_descriptor *function, int i, error *e) {
    const ast_expression *ast = call->asts[i];
    function_argument *shape = &call->shapes[i];
    if (ast->kind == AST_EXPRESSION_LAMBDA) {
        shape->lambda_parameters = ast->lambda.parameters.count;
        return true;
    }
    if (ast->kind == AST_EXPRESSION_COLUMN && ast->column.unit != AST_UNIT_NONE &&
        function_takes_unit(function, i)) {
        call->values[i] = analyze_unit(scope, ast);
        shape->is_unit = true;
        return true;
    }
    call->values[i] = expression_analyze(scope, ast, e);
    if (!call->values[i])
        return false;
    shape->type = call->values[i]->type;
    shape->is_text_literal = is_text_literal(call->values[i]);
    return true;
}

static bool analyze_lambdas(expression_scope *scope, call_parts *call, error *e) {
    const sql_type **results = ARENA_ARRAY(scope->arena, const sql_type *, call->count + 1);
    const expression **bodies = ARENA_ARRAY(scope->arena, const expression *, call->count + 1);
    bool found = false;
    for (int i = 0; i < call->count; i++) {
        const ast_expression *ast = call->asts[i];
        if (!call->shapes[i].lambda_parameters)
            continue;
        found = true;
        lambda_scope lambda = {
            scope->lambda, &ast->lambda.parameters, call->binding->lambda_types[i]};
        scope->lambda = &lambda;
        bodies[i] = expression_analyze(scope, ast->lambda.body, e);
        scope->lambda = lambda.outer;
        if (!bodies[i])
            return false;
        results[i] = bodies[i]->type;
    }
    if (!found)
        return true;
    if (!function_bind_lambda_results(scope->arena, call->binding, results, e)) {
        e->span = call->span;
        return false;
    }
    for (int i = 0; i < call->count; i++) {
        if (!bodies[i])
            continue;
        const expression *body =
            expression_cast(scope, bodies[i], call->binding->lambda_results[i]);
        expression *lambda =
            build_node(scope, EXPRESSION_LAMBDA, NULL, call->asts[i]->span, &body, 1);
        lambda->parameter_count = call->shapes[i].lambda_parameters;
        call->values[i] = lambda;
    }
    return true;
}

static bool cast_arguments(expression_scope *scope, call_parts *call, error *e) {
    for (int i = 0; i < call->count; i++) {
        const sql_type *type = call->binding->parameters[i];
        if (!type || call->shapes[i].lambda_parameters)
            continue;
        if (call->shapes[i].is_text_literal && type->base != SQL_VARCHAR) {
            call->values[i] = coerce_to(scope, call->values[i], type, call->asts[i], e);
            if (!call->values[i])
                return false;
        } else {
            call->values[i] = expression_cast(scope, call->values[i], type);
        }
    }
    return true;
}

static bool bind_call(expression_scope *scope, call_parts *call, error *e) {
    const function_descriptor *function = function_find(call->name);
    call->values = ARENA_ARRAY(scope->arena, const expression *, call->count + 1);
    call->shapes = ARENA_ARRAY(scope->arena, function_argument, call->count + 1);
    call->binding = ARENA_NEW(scope->arena, function_binding);
    if (function)
        for (int i = 0; i < call->count; i++)
            if (!analyze_argument(scope, call, function, i, e))
                return false;
    bool ok = function_bind(
        scope->arena, call->name, call->shapes, function ? call->count : 0, call->binding, e);
    if (!ok) {
        e->span = call->span;
        return false;
    }
    return analyze_lambdas(scope, call, e) && cast_arguments(scope, call, e);
}

static call_parts parts_of(const ast_expression *ast) {
    return (call_parts){.ast = ast,
        .name = ast->call.name.text,
        .span = ast->span,
        .count = ast->call.arguments.count,
        .asts = (const ast_expression *const *)ast->call.arguments.items};
}

static bool can_be_empty(const function_descriptor *function) {
    for (int i = 0; i < function->overload_count; i++)
        if (strncmp(function->overloads[i].signature, "()", 2) == 0)
            return true;
    return false;
}

/* An aggregate of nothing, or of *, is one of ROWTIME; but COUNT(*) counts rows. */
static void default_to_rowtime(expression_scope *scope, call_parts *call) {
    const function_descriptor *function = expression_call_function(call->ast, FUNCTION_AGGREGATE);
    if (call->count > 0 || !function || can_be_empty(function))
        return;
    ast_expression *rowtime = ARENA_NEW(scope->arena, ast_expression);
    rowtime->kind = AST_EXPRESSION_COLUMN;
    rowtime->span = call->span;
    rowtime->column.name.text = SLICE_LITERAL("ROWTIME");
    const ast_expression **asts = ARENA_ARRAY(scope->arena, const ast_expression *, 1);
    asts[0] = rowtime;
    call->asts = asts;
    call->count = 1;
}

const function_binding *expression_analyze_call(expression_scope *scope, const ast_expression *ast,
    const expression *const **arguments, error *e) {
    call_parts call = parts_of(ast);
    default_to_rowtime(scope, &call);
    if (!bind_call(scope, &call, e))
        return NULL;
    *arguments = call.values;
    return call.binding;
}

static const expression *call_node(expression_scope *scope, const call_parts *call) {
    expression *node = build_node(
        scope, EXPRESSION_CALL, call->binding->result, call->span, call->values, call->count);
    node->call = call->binding;
    return node;
}

static const expression *report_kind(
    expression_scope *scope, const function_descriptor *function, source_span span, error *e) {
    const char *clause = scope->clause ? scope->clause : "this expression";
    if (function->kind == FUNCTION_AGGREGATE)
        error_at(e, ERROR_STATEMENT, span, "The aggregate function %s cannot be used in %s.",
            function->name, clause);
    else
        error_at(e, ERROR_STATEMENT, span,
            "The table function %s can only be used in SELECT, by itself or in an expression.",
            function->name);
    return NULL;
}

const expression *analyze_call(expression_scope *scope, const ast_expression *ast, error *e) {
    const function_descriptor *function = function_find(ast->call.name.text);
    if (function && function->kind != FUNCTION_SCALAR)
        return report_kind(scope, function, ast->span, e);
    if (ast->call.distinct) {
        error_at(e, ERROR_STATEMENT, ast->span, "DISTINCT is for aggregate functions.");
        return NULL;
    }
    call_parts call = parts_of(ast);
    return bind_call(scope, &call, e) ? call_node(scope, &call) : NULL;
}

const expression *analyze_concatenation(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *operands[] = {ast->concatenation.left, ast->concatenation.right};
    call_parts call = {.ast = ast,
        .name = SLICE_LITERAL("CONCAT"),
        .span = ast->span,
        .count = 2,
        .asts = operands};
    return bind_call(scope, &call, e) ? call_node(scope, &call) : NULL;
}
