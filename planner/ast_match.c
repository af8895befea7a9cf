/* ast_match.c - walking and comparing expressions as they were written.
 *
 * Two expressions are the same when their trees are, except that columns are compared by what they
 * mean: DATA and TEST.DATA are one column when TEST is the source that has it. The cost is the size
 * of the smaller tree. */
#include "planner/planning.h"

const scope_column *scope_find(const expression_scope *scope, slice qualifier, slice name) {
    const scope_column *found = NULL;
    for (int i = 0; i < scope->column_count; i++) {
        const scope_column *column = &scope->columns[i];
        if (!slice_equal(column->name, name) ||
            (qualifier.data && !slice_equal(column->source, qualifier)))
            continue;
        if (found)
            return NULL;
        found = column;
    }
    return found;
}

static bool column_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    if (!slice_equal(a->column.name.text, b->column.name.text))
        return false;
    const scope_column *left = scope_find(scope, a->column.qualifier.text, a->column.name.text);
    const scope_column *right = scope_find(scope, b->column.qualifier.text, b->column.name.text);
    if (left || right)
        return left == right;
    return slice_equal(a->column.qualifier.text, b->column.qualifier.text);
}

static bool literal_match(const ast_literal *a, const ast_literal *b) {
    return a->kind == b->kind && a->boolean == b->boolean && a->integer == b->integer &&
           slice_equal(a->text, b->text);
}

static bool list_match(
    const expression_scope *scope, const ast_expression_list *a, const ast_expression_list *b) {
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (!ast_expression_match(scope, a->items[i], b->items[i]))
            return false;
    return true;
}

static bool optional_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    return a && b ? ast_expression_match(scope, a, b) : a == b;
}

static bool type_match(const ast_type *a, const ast_type *b) {
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale ||
        !type_match(a->key, b->key) || !type_match(a->element, b->element) ||
        a->fields.count != b->fields.count || !slice_equal(a->name.text, b->name.text))
        return false;
    for (int i = 0; i < a->fields.count; i++)
        if (!slice_equal(a->fields.items[i].name.text, b->fields.items[i].name.text) ||
            !type_match(a->fields.items[i].type, b->fields.items[i].type))
            return false;
    return true;
}

static bool case_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    if (a->case_.branches.count != b->case_.branches.count ||
        !optional_match(scope, a->case_.operand, b->case_.operand) ||
        !optional_match(scope, a->case_.otherwise, b->case_.otherwise))
        return false;
    for (int i = 0; i < a->case_.branches.count; i++)
        if (!ast_expression_match(
                scope, a->case_.branches.items[i].when, b->case_.branches.items[i].when) ||
            !ast_expression_match(
                scope, a->case_.branches.items[i].then, b->case_.branches.items[i].then))
            return false;
    return true;
}

static bool map_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    if (a->map.entries.count != b->map.entries.count)
        return false;
    for (int i = 0; i < a->map.entries.count; i++)
        if (!ast_expression_match(
                scope, a->map.entries.items[i].key, b->map.entries.items[i].key) ||
            !ast_expression_match(
                scope, a->map.entries.items[i].value, b->map.entries.items[i].value))
            return false;
    return true;
}

static bool struct_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    if (a->struct_.entries.count != b->struct_.entries.count)
        return false;
    for (int i = 0; i < a->struct_.entries.count; i++)
        if (!slice_equal(
                a->struct_.entries.items[i].name.text, b->struct_.entries.items[i].name.text) ||
            !ast_expression_match(
                scope, a->struct_.entries.items[i].value, b->struct_.entries.items[i].value))
            return false;
    return true;
}

static bool lambda_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    if (a->lambda.parameters.count != b->lambda.parameters.count)
        return false;
    for (int i = 0; i < a->lambda.parameters.count; i++)
        if (!slice_equal(a->lambda.parameters.items[i].text, b->lambda.parameters.items[i].text))
            return false;
    return ast_expression_match(scope, a->lambda.body, b->lambda.body);
}

static bool call_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b) {
    return slice_equal_ignore_case(a->call.name.text, b->call.name.text) &&
           a->call.star == b->call.star && a->call.distinct == b->call.distinct &&
           list_match(scope, &a->call.arguments, &b->call.arguments);
}

bool ast_expression_match(
    const expression_scope *s, const ast_expression *a, const ast_expression *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case AST_EXPRESSION_LITERAL:
        return literal_match(&a->literal, &b->literal);
    case AST_EXPRESSION_COLUMN:
        return column_match(s, a, b);
    case AST_EXPRESSION_DEREFERENCE:
        return slice_equal(a->dereference.field.text, b->dereference.field.text) &&
               ast_expression_match(s, a->dereference.base, b->dereference.base);
    case AST_EXPRESSION_SUBSCRIPT:
        return ast_expression_match(s, a->subscript.base, b->subscript.base) &&
               ast_expression_match(s, a->subscript.index, b->subscript.index);
    case AST_EXPRESSION_CALL:
        return call_match(s, a, b);
    case AST_EXPRESSION_LAMBDA:
        return lambda_match(s, a, b);
    case AST_EXPRESSION_CAST:
        return type_match(a->cast.type, b->cast.type) &&
               ast_expression_match(s, a->cast.operand, b->cast.operand);
    case AST_EXPRESSION_CASE:
        return case_match(s, a, b);
    case AST_EXPRESSION_BETWEEN:
        return a->between.negated == b->between.negated &&
               ast_expression_match(s, a->between.operand, b->between.operand) &&
               ast_expression_match(s, a->between.lower, b->between.lower) &&
               ast_expression_match(s, a->between.upper, b->between.upper);
    case AST_EXPRESSION_IN:
        return a->in.negated == b->in.negated &&
               ast_expression_match(s, a->in.operand, b->in.operand) &&
               list_match(s, &a->in.items, &b->in.items);
    case AST_EXPRESSION_LIKE:
        return a->like.negated == b->like.negated && slice_equal(a->like.escape, b->like.escape) &&
               ast_expression_match(s, a->like.operand, b->like.operand) &&
               ast_expression_match(s, a->like.pattern, b->like.pattern);
    case AST_EXPRESSION_IS_NULL:
        return a->is_null.negated == b->is_null.negated &&
               ast_expression_match(s, a->is_null.operand, b->is_null.operand);
    case AST_EXPRESSION_IS_DISTINCT:
        return a->is_distinct.negated == b->is_distinct.negated &&
               ast_expression_match(s, a->is_distinct.left, b->is_distinct.left) &&
               ast_expression_match(s, a->is_distinct.right, b->is_distinct.right);
    case AST_EXPRESSION_NOT:
        return ast_expression_match(s, a->not_.operand, b->not_.operand);
    case AST_EXPRESSION_LOGICAL:
        return a->logical.operation == b->logical.operation &&
               ast_expression_match(s, a->logical.left, b->logical.left) &&
               ast_expression_match(s, a->logical.right, b->logical.right);
    case AST_EXPRESSION_COMPARISON:
        return a->comparison.operation == b->comparison.operation &&
               ast_expression_match(s, a->comparison.left, b->comparison.left) &&
               ast_expression_match(s, a->comparison.right, b->comparison.right);
    case AST_EXPRESSION_ARITHMETIC:
        return a->arithmetic.operation == b->arithmetic.operation &&
               ast_expression_match(s, a->arithmetic.left, b->arithmetic.left) &&
               ast_expression_match(s, a->arithmetic.right, b->arithmetic.right);
    case AST_EXPRESSION_CONCATENATION:
        return ast_expression_match(s, a->concatenation.left, b->concatenation.left) &&
               ast_expression_match(s, a->concatenation.right, b->concatenation.right);
    case AST_EXPRESSION_NEGATION:
        return ast_expression_match(s, a->negation.operand, b->negation.operand);
    case AST_EXPRESSION_AT_TIME_ZONE:
        return ast_expression_match(s, a->at_time_zone.operand, b->at_time_zone.operand) &&
               ast_expression_match(s, a->at_time_zone.zone, b->at_time_zone.zone);
    case AST_EXPRESSION_ARRAY:
        return list_match(s, &a->array.items, &b->array.items);
    case AST_EXPRESSION_MAP:
        return map_match(s, a, b);
    case AST_EXPRESSION_STRUCT:
        return struct_match(s, a, b);
    default:
        break;
    }
    return false;
}

/* ---- the walk ---- */

typedef bool visitor(void *context, const ast_expression *part);

static bool visit_list(const ast_expression_list *list, visitor *visit, void *context) {
    for (int i = 0; i < list->count; i++)
        if (ast_expression_visit(list->items[i], visit, context))
            return true;
    return false;
}

static bool visit_case(const ast_expression *ast, visitor *visit, void *context) {
    for (int i = 0; i < ast->case_.branches.count; i++)
        if (ast_expression_visit(ast->case_.branches.items[i].when, visit, context) ||
            ast_expression_visit(ast->case_.branches.items[i].then, visit, context))
            return true;
    return ast_expression_visit(ast->case_.operand, visit, context) ||
           ast_expression_visit(ast->case_.otherwise, visit, context);
}

static bool visit_map(const ast_expression *ast, visitor *visit, void *context) {
    for (int i = 0; i < ast->map.entries.count; i++)
        if (ast_expression_visit(ast->map.entries.items[i].key, visit, context) ||
            ast_expression_visit(ast->map.entries.items[i].value, visit, context))
            return true;
    return false;
}

static bool visit_struct(const ast_expression *ast, visitor *visit, void *context) {
    for (int i = 0; i < ast->struct_.entries.count; i++)
        if (ast_expression_visit(ast->struct_.entries.items[i].value, visit, context))
            return true;
    return false;
}

static bool visit_two(
    const ast_expression *left, const ast_expression *right, visitor *visit, void *context) {
    return ast_expression_visit(left, visit, context) ||
           ast_expression_visit(right, visit, context);
}

bool ast_expression_visit(const ast_expression *ast, visitor *visit, void *context) {
    if (!ast)
        return false;
    if (visit(context, ast))
        return true;
    switch (ast->kind) {
    case AST_EXPRESSION_LITERAL:
    case AST_EXPRESSION_COLUMN:
        return false;
    case AST_EXPRESSION_DEREFERENCE:
        return ast_expression_visit(ast->dereference.base, visit, context);
    case AST_EXPRESSION_SUBSCRIPT:
        return visit_two(ast->subscript.base, ast->subscript.index, visit, context);
    case AST_EXPRESSION_CALL:
        return visit_list(&ast->call.arguments, visit, context);
    case AST_EXPRESSION_ROW:
        return visit_list(&ast->row.items, visit, context);
    case AST_EXPRESSION_LAMBDA:
        return ast_expression_visit(ast->lambda.body, visit, context);
    case AST_EXPRESSION_CAST:
        return ast_expression_visit(ast->cast.operand, visit, context);
    case AST_EXPRESSION_CASE:
        return visit_case(ast, visit, context);
    case AST_EXPRESSION_BETWEEN:
        return ast_expression_visit(ast->between.operand, visit, context) ||
               visit_two(ast->between.lower, ast->between.upper, visit, context);
    case AST_EXPRESSION_IN:
        return ast_expression_visit(ast->in.operand, visit, context) ||
               visit_list(&ast->in.items, visit, context);
    case AST_EXPRESSION_LIKE:
        return visit_two(ast->like.operand, ast->like.pattern, visit, context);
    case AST_EXPRESSION_IS_NULL:
        return ast_expression_visit(ast->is_null.operand, visit, context);
    case AST_EXPRESSION_IS_DISTINCT:
        return visit_two(ast->is_distinct.left, ast->is_distinct.right, visit, context);
    case AST_EXPRESSION_NOT:
        return ast_expression_visit(ast->not_.operand, visit, context);
    case AST_EXPRESSION_LOGICAL:
        return visit_two(ast->logical.left, ast->logical.right, visit, context);
    case AST_EXPRESSION_COMPARISON:
        return visit_two(ast->comparison.left, ast->comparison.right, visit, context);
    case AST_EXPRESSION_ARITHMETIC:
        return visit_two(ast->arithmetic.left, ast->arithmetic.right, visit, context);
    case AST_EXPRESSION_CONCATENATION:
        return visit_two(ast->concatenation.left, ast->concatenation.right, visit, context);
    case AST_EXPRESSION_NEGATION:
        return ast_expression_visit(ast->negation.operand, visit, context);
    case AST_EXPRESSION_AT_TIME_ZONE:
        return visit_two(ast->at_time_zone.operand, ast->at_time_zone.zone, visit, context);
    case AST_EXPRESSION_ARRAY:
        return visit_list(&ast->array.items, visit, context);
    case AST_EXPRESSION_MAP:
        return visit_map(ast, visit, context);
    case AST_EXPRESSION_STRUCT:
        return visit_struct(ast, visit, context);
    default:
        break;
    }
    return false;
}

ast_expression *ast_make_column(arena *a, slice qualifier, slice name, source_span span) {
    ast_expression *ast = ARENA_NEW(a, ast_expression);
    ast->kind = AST_EXPRESSION_COLUMN;
    ast->span = span;
    ast->depth = 1;
    ast->column.qualifier = (ast_name){qualifier, span, true};
    ast->column.name = (ast_name){name, span, true};
    return ast;
}
