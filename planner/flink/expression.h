/* expression.h - what the files of Flink's expressions share. Private to this folder.
 *
 * Functions give the typed expression, in the planner's arena, or NULL and the error.
 */
#ifndef SLUICE_PLANNER_FLINK_EXPRESSION_H
#define SLUICE_PLANNER_FLINK_EXPRESSION_H

#include "planner/flink/lowering.h"

bool flink_is_interval(const expression *e);
/* An untyped NULL becomes one of the other's type. */
bool flink_give_type_to_null(expression_scope *scope, const expression **a, const expression **b);
/* A text as a TIMESTAMP, for comparisons and casts. */
const expression *flink_read_timestamp(expression_scope *scope, const expression *text, error *e);

const expression *flink_type_comparison(
    expression_scope *scope, const ast_expression *ast, error *e);
const expression *flink_type_distinct(expression_scope *scope, const ast_expression *ast, error *e);
const expression *flink_type_between(expression_scope *scope, const ast_expression *ast, error *e);
/* (a, b) IN ((1, 2), (3, 4)). */
const expression *flink_type_row_in(expression_scope *scope, const ast_expression *ast, error *e);
const expression *flink_type_negation(expression_scope *scope, const ast_expression *ast, error *e);
const expression *flink_type_cast(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e);

#endif
