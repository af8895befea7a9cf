/* EXISTS, IN and comparisons with ANY or ALL of a query where a value is wanted: under OR, in CASE,
 * in a SELECT list.
 *
 * They are made of counts and of the least and the largest value, which are subqueries that stand
 * for a value (scalar_subquery.c):
 *   EXISTS (q)   (SELECT COUNT(*) of q) > 0
 *   x IN (q)     TRUE where there are rows of q whose value is x. Where there are none it is FALSE;
 *                but NULL where x is NULL and q has rows, or where a value of q is NULL.
 *   x > ANY (q)  the same, with TRUE where x > (SELECT MIN(y) of q)
 *   x > ALL (q)  TRUE where there are no rows of q; FALSE where NOT x > (SELECT MAX(y) of q); NULL
 *                as above.
 *
 * x gets a column of its own, so that its names mean nothing of the subquery's tables.
 */
#include "planner/flink/lowering.h"

static bool is_plain(const flink_query *query) {
    const flink_select *select =
        query->body->kind == FLINK_BODY_SELECT ? query->body->select : NULL;
    return select && select->from && query->with.count == 0 && query->limit < 0 &&
           query->offset < 0 && !select->has_group_by && !flink_has_aggregates(select);
}

static ast_expression *both(lowering *l, ast_expression *a, ast_expression *b, source_span span) {
    ast_expression *arguments[] = {a, b};
    return !a ? b : !b ? a : flink_template(l, "$0 AND $1", arguments, 2, span);
}

/* `y` is the subquery's value: `test` is made of it and of x. */
static ast_expression *test_of(
    lowering *l, const char *test, ast_expression *y, ast_expression *x, source_span span) {
    ast_expression *arguments[] = {y, x};
    return test ? flink_template(l, test, arguments, x ? 2 : 1, span) : NULL;
}

static ast_expression *first_value(const flink_select *select) {
    bool is_one =
        select->select.count == 1 && select->select.items[0].kind == AST_SELECT_EXPRESSION;
    return is_one ? select->select.items[0].expression : NULL;
}

/* (SELECT MIN(y) of the query's rows), or MAX */
static ast_expression *extreme_of(
    lowering *l, const flink_query *query, const char *call, source_span span) {
    ast_expression *tree =
        flink_template(l, "(SELECT 1 FROM (SELECT 1) AS `$t` (`$y`))", NULL, 0, span);
    flink_select *extreme = tree->query.query->body->select;
    ast_expression *y = is_plain(query) ? first_value(query->body->select) : NULL;
    if (y) {
        extreme->from = query->body->select->from;
        extreme->hints = query->body->select->hints;
        extreme->where = query->body->select->where;
    } else {
        extreme->from->query = (flink_query *)query;
        y = ast_make_column(l->b.arena, SLICE_LITERAL("$t"), SLICE_LITERAL("$y"), span);
    }
    extreme->select.items[0].expression = flink_template(l, call, &y, 1, span);
    return tree;
}

/* (SELECT COUNT(*) of the query's rows that pass the test) */
static ast_expression *count_of(
    lowering *l, const flink_query *query, const char *test, ast_expression *x, source_span span) {
    ast_expression *tree = flink_template(l,
        test ? "(SELECT COUNT(*) FROM (SELECT 1) AS `$t` (`$y`))"
             : "(SELECT COUNT(*) FROM (SELECT 1) AS `$t`)",
        NULL, 0, span);
    flink_select *count = tree->query.query->body->select;
    const flink_select *select = is_plain(query) ? query->body->select : NULL;
    ast_expression *y = select && test ? first_value(select) : NULL;
    if (select && (y || !test)) {
        count->from = select->from;
        count->hints = select->hints;
        count->where = both(l, select->where, test_of(l, test, y, x, span), span);
        return tree;
    }
    count->from->query = (flink_query *)query;
    y = ast_make_column(l->b.arena, SLICE_LITERAL("$t"), SLICE_LITERAL("$y"), span);
    count->where = test_of(l, test, y, x, span);
    return tree;
}

static typing typing_over(
    lowering *l, const typing *outer, const rows *r, computed_columns *computed) {
    return (typing){.l = l,
        .rows = r,
        .outer = outer,
        .clause = "SELECT",
        .context = computed,
        .replace = flink_replace_computed};
}

/* Several columns on either side of ANY or ALL, as far as can be read. */
static bool compares_rows(const ast_expression *ast) {
    const flink_body *body = ast->query.query->body;
    return ast->query.operand->kind == AST_EXPRESSION_ROW ||
           (body->kind == FLINK_BODY_SELECT && body->select->select.count > 1);
}

/* x as a column that only its new name means. */
static ast_expression *name_operand(lowering *l, const ast_expression *ast, const typing *outer,
    rows *r, computed_columns *computed) {
    typing t = typing_over(l, outer, r, computed);
    if (ast->query.operand->kind == AST_EXPRESSION_ROW) {
        error_at(l->b.e, ERROR_UNSUPPORTED, ast->span,
            "IN with several columns is a condition of WHERE, joined by AND");
        return NULL;
    }
    const expression *x = flink_expression(&t, ast->query.operand);
    if (!x)
        return NULL;
    slice table = planning_text(&l->b, "$in%d", r->node->column_count);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, r->column_count + 1);
    int index = flink_add_column(l, r, x, "$in");
    for (int i = 0; i < r->column_count; i++)
        columns[i] = r->columns[i];
    columns[r->column_count] =
        (rows_column){.table = table, .name = SLICE_LITERAL("$x"), .index = index, .hidden = true};
    r->columns = columns;
    r->column_count++;
    return ast_make_column(l->b.arena, table, SLICE_LITERAL("$x"), ast->query.operand->span);
}

static ast_expression *membership(lowering *l, const ast_expression *ast, ast_expression *x) {
    const flink_query *query = ast->query.query;
    ast_expression *parts[] = {count_of(l, query, "$0 = $1", x, ast->span),
        count_of(l, query, NULL, NULL, ast->span), x,
        count_of(l, query, "$0 IS NULL", NULL, ast->span)};
    return flink_template(l,
        ast->query.negated
            ? "CASE WHEN $0 > 0 THEN FALSE WHEN COALESCE($1, 0) = 0 THEN TRUE WHEN $2 IS NULL OR "
              "$3 > 0 THEN CAST(NULL AS BOOLEAN) ELSE TRUE END"
            : "CASE WHEN $0 > 0 THEN TRUE WHEN COALESCE($1, 0) = 0 THEN FALSE WHEN $2 IS NULL OR "
              "$3 > 0 THEN CAST(NULL AS BOOLEAN) ELSE FALSE END",
        parts, 4, ast->span);
}

/* What x has to be compared with: `$1` is the least or the largest value of the query; of the two
 * that are told apart from neither, both. */
typedef struct quantified {
    const char *extreme, *test;
    bool both;
} quantified;

static const quantified *quantified_as(const ast_expression *ast) {
    static const quantified ANY[] = {
        [AST_NOT_EQUAL] = {"MIN($0)", "$0 <> $1 OR $0 <> $4", true},
        [AST_LESS] = {"MAX($0)", "$0 < $1", false},
        [AST_LESS_OR_EQUAL] = {"MAX($0)", "$0 <= $1", false},
        [AST_GREATER] = {"MIN($0)", "$0 > $1", false},
        [AST_GREATER_OR_EQUAL] = {"MIN($0)", "$0 >= $1", false},
    };
    static const quantified ALL[] = {
        [AST_EQUAL] = {"MIN($0)", "$0 = $1 AND $0 = $4", true},
        [AST_LESS] = {"MIN($0)", "$0 < $1", false},
        [AST_LESS_OR_EQUAL] = {"MIN($0)", "$0 <= $1", false},
        [AST_GREATER] = {"MAX($0)", "$0 > $1", false},
        [AST_GREATER_OR_EQUAL] = {"MAX($0)", "$0 >= $1", false},
    };
    return ast->query.all ? &ALL[ast->query.operation] : &ANY[ast->query.operation];
}

static ast_expression *comparison_with_all(
    lowering *l, const ast_expression *ast, ast_expression *x) {
    const flink_query *query = ast->query.query;
    const quantified *q = quantified_as(ast);
    ast_expression *parts[] = {x, extreme_of(l, query, q->extreme, ast->span),
        count_of(l, query, NULL, NULL, ast->span),
        count_of(l, query, "$0 IS NULL", NULL, ast->span),
        q->both ? extreme_of(l, query, "MAX($0)", ast->span) : NULL};
    slice sql = planning_text(&l->b,
        ast->query.all ? "CASE WHEN COALESCE($2, 0) = 0 THEN TRUE WHEN NOT (%s) THEN FALSE "
                         "WHEN $0 IS NULL OR $3 > 0 THEN CAST(NULL AS BOOLEAN) ELSE TRUE END"
                       : "CASE WHEN %s THEN TRUE WHEN COALESCE($2, 0) = 0 THEN FALSE "
                         "WHEN $0 IS NULL OR $3 > 0 THEN CAST(NULL AS BOOLEAN) ELSE FALSE END",
        q->test);
    return flink_template(l, sql.data, parts, q->both ? 5 : 4, ast->span);
}

int flink_subquery_truth(lowering *l, const ast_expression *ast, const typing *outer, rows *r,
    computed_columns *computed) {
    ast_expression *tree;
    if (ast->kind == AST_EXPRESSION_QUANTIFIED && compares_rows(ast)) {
        error_at(
            l->b.e, ERROR_STATEMENT, ast->span, "ANY and ALL compare with queries of one column");
        return -1;
    }
    if (ast->kind == AST_EXPRESSION_EXISTS) {
        ast_expression *count = count_of(l, ast->query.query, NULL, NULL, ast->span);
        tree = flink_template(l, "COALESCE($0, 0) > 0", &count, 1, ast->span);
    } else {
        ast_expression *x = name_operand(l, ast, outer, r, computed);
        if (!x)
            return -1;
        tree = ast->kind == AST_EXPRESSION_IN_QUERY ? membership(l, ast, x)
                                                    : comparison_with_all(l, ast, x);
    }
    if (!flink_scalar_subqueries(l, tree, outer, r, computed))
        return -1;
    typing t = typing_over(l, outer, r, computed);
    const expression *value = flink_expression(&t, tree);
    return value ? flink_add_column(l, r, value, "$truth") : -1;
}
