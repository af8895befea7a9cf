/* expression_analysis.h - from the expression someone wrote to the typed expression that runs.
 *
 * Resolves names against a scope, decides every type by ksqlDB's rules, makes implicit casts
 * explicit and checks what can be checked before any row is seen. The result (expression.h) lives
 * in the scope's arena; its literals are columns that the scope's `own` takes over.
 *
 * A scope is a plain struct that the planner fills; it must stay in place during the calls. One
 * thread at a time. All functions return NULL (or false) after filling the error, with the place in
 * the SQL and, where one can be guessed, a hint.
 */
#ifndef SLUICE_PLANNER_EXPRESSION_ANALYSIS_H
#define SLUICE_PLANNER_EXPRESSION_ANALYSIS_H

#include "parser/ast.h"
#include "planner/expression.h"

/* A name that expressions may use. */
typedef struct scope_column {
    slice source; /* name or alias that may qualify it; the NULL slice: none */
    slice name;
    const sql_type *type;
    bool is_pseudo; /* then `pseudo` says which, otherwise `index` is the input column */
    int index;
    pseudo_column pseudo;
} scope_column;

typedef struct expression_scope expression_scope;

struct expression_scope {
    arena *arena;
    const scope_column *columns;
    int column_count;
    void *context; /* handed to the callbacks below; each may be NULL */
    /* Takes over a literal's column and destroys it when the expressions die; returns it. */
    column *(*own)(void *context, column *literal);
    /* A type made by CREATE TYPE, or NULL when there is none of that name. */
    const sql_type *(*named_type)(void *context, slice name);
    /* A type with a name near one that there is none of, or the NULL slice. */
    slice (*nearest_type)(void *context, slice name);
    /* Asked first for every node, from the top down: an expression to use instead (an aggregate's
     * or a GROUP BY expression's column), or NULL to analyze the node as usual, or NULL with the
     * error set. `scope` serves for analyzing the node's parts. Not asked inside the bodies of
     * lambdas for the names of their parameters. */
    const expression *(*replace)(
        void *context, expression_scope *scope, const ast_expression *ast, error *e);
    /* Comparisons with NULL are NULL (expression.h). */
    bool is_three_valued;
    /* How to call the expression in messages: "WHERE", "SELECT"; may be NULL. */
    const char *clause;
    /* Private: the lambda being analyzed. Zero at the start. */
    const struct lambda_scope *lambda;
};

/* The typed expression, NULL on error. Aggregate and table functions that `replace` leaves are
 * errors. */
const expression *expression_analyze(expression_scope *scope, const ast_expression *ast, error *e);
/* The same where a BOOLEAN is needed (WHERE, HAVING). */
const expression *expression_analyze_condition(
    expression_scope *scope, const ast_expression *ast, error *e);
/* The same where a value of `type` is needed (INSERT VALUES, WITH): applies the cast that ksqlDB's
 * assignment allows (literals convert freely, others widen), or says why it cannot. */
const expression *expression_analyze_as(
    expression_scope *scope, const ast_expression *ast, const sql_type *type, error *e);

/* The binding of a call to an aggregate or table function, with its arguments analyzed and cast to
 * the overload's parameters: `arguments` gets an array of `binding->count`. For `replace`. */
const function_binding *expression_analyze_call(expression_scope *scope, const ast_expression *call,
    const expression *const **arguments, error *e);
/* The function an AST call names when it is one of `kind`, else NULL. */
const function_descriptor *expression_call_function(const ast_expression *ast, function_kind kind);

/* What an AST type means. */
const sql_type *expression_resolve_type(expression_scope *scope, const ast_type *type, error *e);
/* `e` with an EXPRESSION_CAST to `type` around it when it has another one. The cast must exist. */
const expression *expression_cast(
    expression_scope *scope, const expression *e, const sql_type *type);
/* Whether CAST(from AS to) exists. */
bool expression_can_cast(const sql_type *from, const sql_type *to);
/* Whether a value of `from` may become `to` without a CAST. */
bool expression_can_widen(const sql_type *from, const sql_type *to);

/* Nodes for the planner's own use. */
const expression *expression_make_column(arena *a, int index, const sql_type *type);
const expression *expression_make_pseudo(arena *a, pseudo_column pseudo);
/* `value` has one row and is owned by whoever owns the scope's literals. */
const expression *expression_make_literal(arena *a, const column *value);

/* The type of a pseudo column, and its name. */
const sql_type *pseudo_column_type(pseudo_column pseudo);
slice pseudo_column_name(pseudo_column pseudo);

#endif
