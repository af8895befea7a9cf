/* WHERE: plain conditions filter; IN and EXISTS are semi and anti joins with the subquery; a scalar
 * subquery is joined as a column (scalar_subquery.c).
 *
 * A subquery may name columns of the query around it in the conditions of its own WHERE: these then
 * belong to the join. NOT IN is true only where nothing in the subquery can equal the operand, NULL
 * included, so behind the anti join on equality stand two more: with the subquery's NULLs, and,
 * for operands that are NULL, with any row of it.
 */
#include "planner/flink/lowering.h"

typedef struct subquery {
    rows rows;
    const expression **values; /* over rows: what IN compares with, one for each of its operands */
    int value_count;
    const ast_expression **correlated;
    int correlated_count;
    correlation *equal; /* the same where the subquery groups its rows */
    int equal_count;
} subquery;

static bool types_over(lowering *l, typing *t, const ast_expression *ast) {
    error *e = l->b.e, ignored = {0};
    l->b.e = &ignored;
    bool ok = flink_condition(t, ast) != NULL;
    l->b.e = e;
    error_clear(&ignored);
    return ok;
}

static bool is_plain(const flink_query *query) {
    const flink_select *select =
        query->body->kind == FLINK_BODY_SELECT ? query->body->select : NULL;
    return select && select->from && query->with.count == 0 && query->limit < 0 &&
           query->offset < 0 && !select->has_group_by && !flink_has_aggregates(select);
}

/* FROM and WHERE of a plain subquery, with the conditions that name outer columns set apart. */
static bool plain_subquery(
    lowering *l, const flink_select *select, bool wants_value, subquery *out) {
    const ast_expression **conditions;
    int count = flink_ast_conjuncts(l, select->where, &conditions), own = 0;
    pending_conditions *pending = l->pending;
    l->pending = NULL;
    bool ok = flink_relation_rows(l, select->from, NULL, &out->rows);
    l->pending = pending;
    if (!ok)
        return false;
    typing t = {.l = l, .rows = &out->rows, .clause = "WHERE"};
    out->correlated = ARENA_ARRAY(l->b.arena, const ast_expression *, count + 1);
    for (int i = 0; i < count; i++)
        if (ast_expression_visit(conditions[i], flink_is_subquery, NULL) ||
            types_over(l, &t, conditions[i]))
            conditions[own++] = conditions[i];
        else
            out->correlated[out->correlated_count++] = conditions[i];
    if (!flink_where(l, conditions, own, NULL, &out->rows))
        return false;
    output_item *items;
    if (!wants_value)
        return true;
    if (!flink_expand_select(l, &select->select, &out->rows, &items, &out->value_count))
        return false;
    out->values = ARENA_ARRAY(l->b.arena, const expression *, out->value_count + 1);
    for (int i = 0; i < out->value_count; i++) {
        out->values[i] = items[i].ast ? flink_expression(&t, items[i].ast) : items[i].typed;
        if (!out->values[i])
            return false;
    }
    return true;
}

static bool plan_subquery(lowering *l, const ast_expression *ast, const rows *around,
    const typing *outer, bool wants_value, subquery *out) {
    const flink_query *query = ast->query.query;
    *out = (subquery){0};
    if (is_plain(query))
        return plain_subquery(l, query->body->select, wants_value, out);
    if (!flink_correlated_rows(l, query, around, outer, &out->rows, &out->equal, &out->equal_count))
        return false;
    if (!wants_value)
        return true;
    out->values = ARENA_ARRAY(l->b.arena, const expression *, out->rows.column_count + 1);
    for (int i = 0; i < out->rows.column_count; i++)
        if (!out->rows.columns[i].hidden)
            out->values[out->value_count++] =
                flink_input(l, out->rows.node, out->rows.columns[i].index);
    return true;
}

/* ---- IN, EXISTS ---- */

/* IN_PERHAPS: equal, or NULL on either side. */
typedef enum in_part { IN_EQUAL, IN_NULL_VALUE, IN_NULL_OPERAND, IN_PERHAPS } in_part;

static const expression *is_null(expression_scope *scope, const expression *e) {
    return build_node(scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, e->span, &e, 1);
}

static const expression *either(
    expression_scope *scope, const expression *a, const expression *b, source_span span) {
    const expression *both[] = {a, b};
    return build_node(scope, EXPRESSION_OR, &SQL_TYPE_BOOLEAN, span, both, 2);
}

/* operand IN (...), over both sides next to each other. */
static const expression *in_condition(lowering *l, typing *left_names, expression_scope *scope,
    const ast_expression *ast, const rows *left, const subquery *sub, in_part part) {
    const ast_expression *operand = ast->query.operand;
    bool is_row = operand->kind == AST_EXPRESSION_ROW;
    int count = is_row ? operand->row.items.count : 1;
    if (count != sub->value_count) {
        error_at(l->b.e, ERROR_STATEMENT, ast->span, "IN needs a subquery of %d column%s, not %d",
            count, count == 1 ? "" : "s", sub->value_count);
        return NULL;
    }
    int width = left->node->column_count, other = sub->rows.node->column_count;
    int *map = ARENA_ARRAY(l->b.arena, int, other + 1);
    for (int i = 0; i < other; i++)
        map[i] = i + width;
    const expression *all = NULL;
    for (int i = 0; i < count; i++) {
        const ast_expression *item = is_row ? operand->row.items.items[i] : operand;
        const expression *a = flink_expression(left_names, item);
        const expression *b = flink_renumber(l->b.arena, sub->values[i], map);
        const expression *equal =
            a ? flink_compare(scope, COMPARE_EQUAL, a, item, b, item, ast->span, l->b.e) : NULL;
        if (!equal)
            return NULL;
        const expression *one = part == IN_NULL_VALUE     ? is_null(scope, b)
                                : part == IN_NULL_OPERAND ? is_null(scope, a)
                                                          : equal;
        if (part == IN_PERHAPS)
            one = either(scope, equal,
                either(scope, is_null(scope, a), is_null(scope, b), ast->span), ast->span);
        all = flink_and(scope, all, one);
    }
    return all;
}

/* What joins the row with the subquery's: over both, side by side. */
static bool join_condition(lowering *l, const ast_expression *ast, const typing *outer,
    const rows *left, const subquery *sub, in_part part, const expression **out) {
    rows both, inner, around;
    flink_side_by_side(l, left, &sub->rows, &both);
    around = inner = both;
    around.column_count = left->column_count;
    inner.columns = both.columns + left->column_count;
    inner.column_count = sub->rows.column_count;
    typing left_names = {.l = l, .rows = &around, .outer = outer, .clause = "WHERE"};
    typing t = {
        .l = l, .rows = &inner, .outer = &left_names, .sees_outer = true, .clause = "WHERE"};
    expression_scope scope = flink_scope(&t);
    const expression *all = NULL;
    if (ast->kind == AST_EXPRESSION_IN_QUERY &&
        !(all = in_condition(l, &left_names, &scope, ast, left, sub, part)))
        return false;
    for (int i = 0; i < sub->correlated_count; i++) {
        const expression *condition = flink_condition(&t, sub->correlated[i]);
        if (!condition)
            return false;
        all = flink_and(&scope, all, condition);
    }
    const expression *equal;
    if (!flink_correlation(l, left, outer, &sub->rows, sub->equal, sub->equal_count, &equal))
        return false;
    *out = flink_and(&scope, all, equal);
    return true;
}

static bool join_once(lowering *l, const ast_expression *ast, const typing *outer, bool negated,
    in_part part, rows *r) {
    subquery sub;
    const expression *condition;
    rows joined;
    if (!plan_subquery(l, ast, r, outer, ast->kind == AST_EXPRESSION_IN_QUERY, &sub) ||
        !join_condition(l, ast, outer, r, &sub, part, &condition) ||
        !flink_join(
            l, negated ? JOIN_ANTI : JOIN_SEMI, r, &sub.rows, condition, ast->span, &joined))
        return false;
    *r = joined;
    return true;
}

static bool join_subquery(
    lowering *l, const ast_expression *ast, const typing *outer, bool negated, rows *r) {
    if (ast->kind == AST_EXPRESSION_IN_QUERY) {
        negated = negated != ast->query.negated;
        if (negated && ast->query.operand->kind == AST_EXPRESSION_ROW)
            return join_once(l, ast, outer, true, IN_PERHAPS, r);
        return join_once(l, ast, outer, negated, IN_EQUAL, r) &&
               (!negated || (join_once(l, ast, outer, true, IN_NULL_VALUE, r) &&
                                join_once(l, ast, outer, true, IN_NULL_OPERAND, r)));
    }
    return join_once(l, ast, outer, negated, IN_EQUAL, r);
}

/* ---- WHERE ---- */

bool flink_where(
    lowering *l, const ast_expression *const *conditions, int count, const typing *outer, rows *r) {
    for (int i = 0; i < count; i++) {
        const ast_expression *ast = conditions[i], *positive = ast;
        bool negated = false;
        while (positive->kind == AST_EXPRESSION_NOT) {
            negated = !negated;
            positive = positive->not_.operand;
        }
        if (positive->kind == AST_EXPRESSION_EXISTS || positive->kind == AST_EXPRESSION_IN_QUERY) {
            if (!join_subquery(l, positive, outer, negated, r))
                return false;
            continue;
        }
        computed_columns computed = {0};
        if (!flink_scalar_subqueries(l, ast, outer, r, &computed))
            return false;
        typing t = {.l = l,
            .rows = r,
            .outer = outer,
            .clause = "WHERE",
            .context = &computed,
            .replace = flink_replace_computed};
        const expression *condition = flink_condition(&t, ast);
        if (!condition)
            return false;
        r->node = flink_filter(l, r->node, condition);
    }
    return true;
}
