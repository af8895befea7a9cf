/* Nodes are built bottom-up in the scope's arena and not changed afterwards. */
#include "planner/expression_build.h"

#include "parser/ast_format.h"

expression *build_node(expression_scope *scope, expression_kind kind, const sql_type *type,
    source_span span, const expression *const *arguments, int count) {
    expression *node = ARENA_NEW(scope->arena, expression);
    node->kind = kind;
    node->type = type;
    node->span = span;
    node->argument_count = count;
    const expression **copy = ARENA_ARRAY(scope->arena, const expression *, count ? count : 1);
    for (int i = 0; i < count; i++)
        copy[i] = arguments[i];
    node->arguments = copy;
    return node;
}

const expression *build_compare(expression_scope *scope, compare_operator operation,
    const expression *left, const expression *right, source_span span) {
    const expression *operands[] = {left, right};
    expression *node = build_node(scope, EXPRESSION_COMPARE, &SQL_TYPE_BOOLEAN, span, operands, 2);
    node->compare = operation;
    node->is_three_valued = scope->is_three_valued;
    return node;
}

const expression *build_negated(expression_scope *scope, const expression *operand) {
    return build_node(scope, EXPRESSION_NOT, &SQL_TYPE_BOOLEAN, operand->span, &operand, 1);
}

column *build_literal_column(expression_scope *scope, const sql_type *type) {
    assert(scope->own);
    return scope->own(scope->context, column_create(type));
}

const expression *build_literal_value(expression_scope *scope, column *value, source_span span) {
    assert(value->length == 1);
    expression *node = build_node(scope, EXPRESSION_LITERAL, value->type, span, NULL, 0);
    node->literal = value;
    return node;
}

const expression *build_null_value(
    expression_scope *scope, const sql_type *type, source_span span) {
    column *value = build_literal_column(scope, type);
    column_append_null(value);
    return build_literal_value(scope, value, span);
}

bool is_literal(const expression *e) {
    return e->kind == EXPRESSION_LITERAL;
}

bool is_null_literal(const expression *e) {
    return is_literal(e) && column_is_null(e->literal, 0);
}

bool is_text_literal(const expression *e) {
    return is_literal(e) && e->type->base == SQL_VARCHAR && !column_is_null(e->literal, 0);
}

slice describe_ast(expression_scope *scope, const ast_expression *ast) {
    slice text = ast_format_expression(scope->arena, ast);
    return text.length > 120 ? arena_format(scope->arena, "%.117s...", text.data) : text;
}

slice describe_type(expression_scope *scope, const sql_type *type) {
    return sql_type_name(scope->arena, type);
}

const expression *expression_make_column(arena *a, int index, const sql_type *type) {
    expression *node = ARENA_NEW(a, expression);
    node->kind = EXPRESSION_COLUMN;
    node->type = type;
    node->span = SPAN_NONE;
    node->index = index;
    return node;
}

const expression *expression_make_pseudo(arena *a, pseudo_column pseudo) {
    expression *node = ARENA_NEW(a, expression);
    node->kind = EXPRESSION_PSEUDO;
    node->type = pseudo_column_type(pseudo);
    node->span = SPAN_NONE;
    node->pseudo = pseudo;
    return node;
}

const expression *expression_make_literal(arena *a, const column *value) {
    assert(value->length == 1);
    expression *node = ARENA_NEW(a, expression);
    node->kind = EXPRESSION_LITERAL;
    node->type = value->type;
    node->span = SPAN_NONE;
    node->literal = value;
    return node;
}

const sql_type *pseudo_column_type(pseudo_column pseudo) {
    switch (pseudo) {
    case PSEUDO_ROWPARTITION:
        return &SQL_TYPE_INTEGER;
    case PSEUDO_HEADERS:
        return &SQL_TYPE_HEADERS;
    default:
        return &SQL_TYPE_BIGINT;
    }
}

slice pseudo_column_name(pseudo_column pseudo) {
    static const char *const names[] = {
        "ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND", "HEADERS"};
    return slice_of(names[pseudo]);
}
