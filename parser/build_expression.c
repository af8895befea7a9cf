/* Expressions. What recursion over a tree costs is counted in steps: an operator of a chain is one,
 * which PARSER_CHAIN_LIMIT bounds; a nesting of any other kind is as many as makes the same bound
 * out of PARSER_DEPTH_LIMIT. */
#include "parser/build_flink.h"
#include "parser/parser.h"
#include "parser/unit.h"

enum { LEANING_CHAIN = 64 }; /* terms of AND or OR that are still nested as written, to the left */

static ast_expression *expression_new(parse *p, ast_expression_kind kind, int32_t offset) {
    ast_expression *e = ARENA_NEW(p->arena, ast_expression);
    e->kind = kind;
    e->span = ast_build_span_from(p, offset);
    return e;
}

static int steps_of(ast_expression_kind kind) {
    int nesting = PARSER_CHAIN_LIMIT / PARSER_DEPTH_LIMIT;
    switch (kind) {
    case AST_EXPRESSION_ARITHMETIC:
        return 1;
    case AST_EXPRESSION_CONCATENATION: /* is a call to those who walk over it */
        return nesting / 4;
    default:
        return nesting;
    }
}

/* The error is told once; what is still built around the expression counts from nothing. */
static void too_large(parse *p, ast_expression *e) {
    error_at(p->error, ERROR_LIMIT, ast_build_span_from(p, p->previous_end),
        "The expression has more than %d parts", PARSER_PARTS_LIMIT);
    error_hint(p->error, "Compute parts of it as columns of a query in FROM.");
    e->parts = 0;
}

void ast_build_deepen(parse *p, ast_expression *e, const ast_expression *part) {
    int depth = part->depth + steps_of(e->kind);
    e->parts += part->parts + 1;
    if (e->parts > PARSER_PARTS_LIMIT)
        too_large(p, e);
    if (depth <= e->depth)
        return;
    e->depth = depth;
    if (depth > p->deepest)
        p->deepest = depth;
    if (e->depth > PARSER_CHAIN_LIMIT)
        ast_build_too_deep(p);
}

static void deepen_list(parse *p, ast_expression *e, ast_expression_list parts) {
    for (int i = 0; i < parts.count; i++)
        ast_build_deepen(p, e, parts.items[i]);
}

/* A node that starts with its first part. */
static ast_expression *expression_after(
    parse *p, ast_expression_kind kind, const ast_expression *first) {
    ast_expression *e = expression_new(p, kind, first->span.offset);
    ast_build_deepen(p, e, first);
    return e;
}

static ast_expression *expression_between(
    parse *p, ast_expression_kind kind, const ast_expression *first, const ast_expression *last) {
    ast_expression *e = expression_after(p, kind, first);
    ast_build_deepen(p, e, last);
    return e;
}

ast_expression *ast_build_literal(parse *p, const ast_literal *literal) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_LITERAL, literal->span.offset);
    e->literal = *literal;
    return e;
}

ast_expression *ast_build_column(parse *p, ast_name qualifier, ast_name name) {
    bool qualified = ast_name_given(qualifier);
    ast_expression *call =
        p->dialect == PARSER_FLINK && !qualified ? flink_build_bare_call(p, name) : NULL;
    if (call)
        return call;
    int32_t offset = (qualified ? qualifier : name).span.offset;
    ast_expression *e = expression_new(p, AST_EXPRESSION_COLUMN, offset);
    e->column.qualifier = qualifier;
    e->column.name = name;
    if (!qualified && !name.quoted)
        e->column.unit = unit_from_word(name.text);
    return e;
}

ast_expression *ast_build_dereference(parse *p, ast_expression *base, ast_name field) {
    ast_expression *e = expression_after(p, AST_EXPRESSION_DEREFERENCE, base);
    e->dereference.base = base;
    e->dereference.field = field;
    return e;
}

ast_expression *ast_build_subscript(parse *p, ast_expression *base, ast_expression *index) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_SUBSCRIPT, base, index);
    e->subscript.base = base;
    e->subscript.index = index;
    return e;
}

ast_expression *ast_build_parenthesized(parse *p, const token *first, ast_expression *e) {
    e->parenthesized = true;
    e->span = ast_build_span_here(p, first);
    return e;
}

ast_expression *ast_build_call(
    parse *p, ast_name name, bool distinct, ast_expression_list arguments) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_CALL, name.span.offset);
    e->call.name = name;
    if (p->dialect == PARSER_FLINK && !name.quoted)
        e->call.name.text = arena_upper(p->arena, name.text);
    e->call.arguments = arguments;
    e->call.distinct = distinct;
    deepen_list(p, e, arguments);
    return e;
}

ast_expression *ast_build_call_star(parse *p, ast_name name) {
    ast_expression *e = ast_build_call(p, name, false, (ast_expression_list){0});
    e->call.star = true;
    return e;
}

static ast_expression *lambda_at(
    parse *p, int32_t offset, ast_name_list parameters, ast_expression *body) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_LAMBDA, offset);
    e->lambda.parameters = parameters;
    e->lambda.body = body;
    ast_build_deepen(p, e, body);
    return e;
}

ast_expression *ast_build_lambda(
    parse *p, const token *first, ast_name_list parameters, ast_expression *body) {
    return lambda_at(p, first->offset, parameters, body);
}

ast_expression *ast_build_lambda_single(parse *p, ast_name parameter, ast_expression *body) {
    ast_name_list parameters = {0};
    ast_build_append(p, parameters, parameter);
    return lambda_at(p, parameter.span.offset, parameters, body);
}

ast_expression *ast_build_cast(
    parse *p, const token *first, ast_expression *operand, ast_type *type) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_CAST, first->offset);
    e->cast.operand = operand;
    e->cast.type = type;
    ast_build_deepen(p, e, operand);
    return e;
}

ast_expression *ast_build_case(parse *p, const token *first, ast_expression *operand,
    ast_case_branch_list branches, ast_expression *otherwise) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_CASE, first->offset);
    e->case_.operand = operand;
    e->case_.branches = branches;
    e->case_.otherwise = otherwise;
    if (operand)
        ast_build_deepen(p, e, operand);
    for (int i = 0; i < branches.count; i++) {
        ast_build_deepen(p, e, branches.items[i].when);
        ast_build_deepen(p, e, branches.items[i].then);
    }
    if (otherwise)
        ast_build_deepen(p, e, otherwise);
    return e;
}

ast_expression *ast_build_between(
    parse *p, ast_expression *operand, bool negated, ast_expression *lower, ast_expression *upper) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_BETWEEN, operand, upper);
    e->between.operand = operand;
    e->between.lower = lower;
    e->between.upper = upper;
    e->between.negated = negated;
    ast_build_deepen(p, e, lower);
    return e;
}

ast_expression *ast_build_in(
    parse *p, ast_expression *operand, bool negated, ast_expression_list items) {
    ast_expression *e = expression_after(p, AST_EXPRESSION_IN, operand);
    e->in.operand = operand;
    e->in.items = items;
    e->in.negated = negated;
    deepen_list(p, e, items);
    return e;
}

ast_expression *ast_build_like(
    parse *p, ast_expression *operand, bool negated, ast_expression *pattern, const token *escape) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_LIKE, operand, pattern);
    e->like.operand = operand;
    e->like.pattern = pattern;
    e->like.negated = negated;
    if (escape)
        e->like.escape = ast_build_string(p, escape)->text;
    return e;
}

ast_expression *ast_build_is_null(parse *p, ast_expression *operand, bool negated) {
    ast_expression *e = expression_after(p, AST_EXPRESSION_IS_NULL, operand);
    e->is_null.operand = operand;
    e->is_null.negated = negated;
    return e;
}

ast_expression *ast_build_is_distinct(
    parse *p, ast_expression *left, bool negated, ast_expression *right) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_IS_DISTINCT, left, right);
    e->is_distinct.left = left;
    e->is_distinct.right = right;
    e->is_distinct.negated = negated;
    return e;
}

ast_expression *ast_build_not(parse *p, const token *first, ast_expression *operand) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_NOT, first->offset);
    e->not_.operand = operand;
    ast_build_deepen(p, e, operand);
    return e;
}

static ast_expression *logical_new(
    parse *p, ast_logical_operator operation, ast_expression *left, ast_expression *right) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_LOGICAL, left, right);
    e->span = ast_build_span_between(left->span, right->span);
    e->logical.operation = operation;
    e->logical.left = left;
    e->logical.right = right;
    return e;
}

/* Halves of halves: AND and OR are associative, and what is evaluated first stays so. */
static ast_expression *logical_balanced(
    parse *p, ast_logical_operator operation, ast_expression *const *terms, int count) {
    if (count == 1)
        return terms[0];
    int half = (count + 1) / 2;
    ast_expression *left = logical_balanced(p, operation, terms, half);
    ast_expression *right = logical_balanced(p, operation, terms + half, count - half);
    return logical_new(p, operation, left, right);
}

ast_expression *ast_build_logical_chain(
    parse *p, ast_logical_operator operation, ast_expression_list terms) {
    if (terms.count > LEANING_CHAIN)
        return logical_balanced(p, operation, terms.items, terms.count);
    ast_expression *e = terms.items[0];
    for (int i = 1; i < terms.count; i++)
        e = logical_new(p, operation, e, terms.items[i]);
    return e;
}

ast_expression *ast_build_comparison(
    parse *p, ast_comparison_operator operation, ast_expression *left, ast_expression *right) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_COMPARISON, left, right);
    e->comparison.operation = operation;
    e->comparison.left = left;
    e->comparison.right = right;
    return e;
}

ast_expression *ast_build_arithmetic(
    parse *p, ast_arithmetic_operator operation, ast_expression *left, ast_expression *right) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_ARITHMETIC, left, right);
    e->arithmetic.operation = operation;
    e->arithmetic.left = left;
    e->arithmetic.right = right;
    return e;
}

ast_expression *ast_build_concatenation(parse *p, ast_expression *left, ast_expression *right) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_CONCATENATION, left, right);
    e->concatenation.left = left;
    e->concatenation.right = right;
    return e;
}

/* A number written right behind the minus takes it in: -1 is a literal, -(1) and - -1 are not. */
static bool takes_minus(const ast_expression *e) {
    return e->kind == AST_EXPRESSION_LITERAL && !e->parenthesized &&
           e->literal.kind >= AST_LITERAL_INTEGER && e->literal.kind <= AST_LITERAL_DOUBLE &&
           e->literal.text.data[0] != '-';
}

ast_expression *ast_build_negation(parse *p, const token *minus, ast_expression *operand) {
    if (takes_minus(operand))
        return ast_build_literal(p, ast_build_negative(p, minus, &operand->literal));
    ast_expression *e = expression_new(p, AST_EXPRESSION_NEGATION, minus->offset);
    e->negation.operand = operand;
    ast_build_deepen(p, e, operand);
    return e;
}

/* A plus changes nothing, so it leaves no node. */
ast_expression *ast_build_plus(parse *p, const token *plus, ast_expression *operand) {
    operand->span = ast_build_span_here(p, plus);
    return operand;
}

ast_expression *ast_build_at_time_zone(parse *p, ast_expression *operand, ast_expression *zone) {
    ast_expression *e = expression_between(p, AST_EXPRESSION_AT_TIME_ZONE, operand, zone);
    e->at_time_zone.operand = operand;
    e->at_time_zone.zone = zone;
    return e;
}

ast_expression *ast_build_array(parse *p, const token *first, ast_expression_list items) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_ARRAY, first->offset);
    e->array.items = items;
    deepen_list(p, e, items);
    return e;
}

ast_expression *ast_build_map(parse *p, const token *first, ast_map_entry_list entries) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_MAP, first->offset);
    e->map.entries = entries;
    for (int i = 0; i < entries.count; i++) {
        ast_build_deepen(p, e, entries.items[i].key);
        ast_build_deepen(p, e, entries.items[i].value);
    }
    return e;
}

ast_expression *ast_build_struct(parse *p, const token *first, ast_struct_entry_list entries) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_STRUCT, first->offset);
    e->struct_.entries = entries;
    for (int i = 0; i < entries.count; i++)
        ast_build_deepen(p, e, entries.items[i].value);
    return e;
}
