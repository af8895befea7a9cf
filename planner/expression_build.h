/* expression_build.h - private to the analysis of expressions: making typed nodes, literals and
 * coercions. See expression_analysis.h for the terms.
 */
#ifndef SLUICE_PLANNER_EXPRESSION_BUILD_H
#define SLUICE_PLANNER_EXPRESSION_BUILD_H

#include "planner/expression_analysis.h"

/* The parameters of a lambda while its body is analyzed. */
typedef struct lambda_scope {
    const struct lambda_scope *outer;
    const ast_name_list *names;
    const sql_type *const *types;
} lambda_scope;

/* ---- expression_build.c ---- */

/* A node whose arguments are copied into the arena; the caller sets what its kind needs. */
expression *build_node(expression_scope *scope, expression_kind kind, const sql_type *type,
    source_span span, const expression *const *arguments, int count);
const expression *build_compare(expression_scope *scope, compare_operator operation,
    const expression *left, const expression *right, source_span span);
const expression *build_negated(expression_scope *scope, const expression *operand);
/* A literal column of one row that is still empty: append it, then build_literal_value. */
column *build_literal_column(expression_scope *scope, const sql_type *type);
const expression *build_literal_value(expression_scope *scope, column *value, source_span span);
const expression *build_null_value(expression_scope *scope, const sql_type *type, source_span span);
bool is_literal(const expression *e);
bool is_null_literal(const expression *e);
bool is_text_literal(const expression *e);
/* The expression's SQL, for messages. */
slice describe_ast(expression_scope *scope, const ast_expression *ast);
slice describe_type(expression_scope *scope, const sql_type *type);

/* ---- expression_coercion.c ---- */

/* Makes all of them one type, deciding by the first that is not NULL: its literals convert freely,
 * the others widen. Replaces them in place; NULL stays out of the decision. `asts[i]` names the
 * culprit. Returns the type, NULL after filling the error; SQL_TYPE_NULL when all are NULL. */
const sql_type *coerce_list(expression_scope *scope, const expression **list,
    const ast_expression *const *asts, int count, error *e);
/* `value` as `type` by the same rules; `ast` names it in the error. */
const expression *coerce_to(expression_scope *scope, const expression *value, const sql_type *type,
    const ast_expression *ast, error *e);
/* A number's text (not NULL) as the literal of the narrowest type that holds it; NULL when it is
 * none. */
const expression *number_from_text(expression_scope *scope, slice text, source_span span);
/* A literal of the DECIMAL, DOUBLE, ... type that `text` reads as; NULL when it does not. */
const expression *literal_from_text(
    expression_scope *scope, slice text, const sql_type *type, source_span span);

/* ---- expression_operator.c ---- */

const expression *analyze_comparison(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_distinct(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_between(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_in(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_like(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_arithmetic(expression_scope *scope, const ast_expression *ast, error *e);
const expression *analyze_negation(expression_scope *scope, const ast_expression *ast, error *e);
compare_operator comparison_of(const ast_expression *ast); /* a comparison's operator */
arithmetic_operator arithmetic_of(const ast_expression *ast);
/* Two analyzed operands, of the type that both widen to. DECIMALs keep their own scales, which the
 * kernel aligns: the result is what `decimal` makes of the digits that hold every result, however
 * many these are. */
typedef const sql_type *decimal_type(arena *a, int precision, int scale);
const expression *build_arithmetic(expression_scope *scope, arithmetic_operator operation,
    const expression *left, const expression *right, decimal_type *decimal, source_span span);
/* Two analyzed operands compared by ksqlDB's rules; the asts are for messages. */
const expression *compare_values(expression_scope *scope, compare_operator operation,
    const expression *left, const ast_expression *left_ast, const expression *right,
    const ast_expression *right_ast, source_span span, error *e);

/* ---- expression_call.c ---- */

const expression *analyze_call(expression_scope *scope, const ast_expression *ast, error *e);
/* left || right */
const expression *analyze_concatenation(
    expression_scope *scope, const ast_expression *ast, error *e);

#endif
