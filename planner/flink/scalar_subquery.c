/* Subqueries that stand for a value: each is joined as a column.
 *
 * Where nothing says that it has one row at most, its rows are counted, for each row around it that
 * it belongs to; of several the value is an error. No row is NULL, which is not what COUNT of no
 * rows is: where a subquery that belongs to rows around it computes with COUNT, its aggregates
 * become subqueries of their own, and the expression over them stands outside.
 */
#include "planner/flink/lowering.h"

#include "parser/parser.h"

bool flink_is_subquery(void *context, const ast_expression *part) {
    (void)context;
    return part->kind == AST_EXPRESSION_SUBQUERY || part->kind == AST_EXPRESSION_EXISTS ||
           part->kind == AST_EXPRESSION_IN_QUERY || part->kind == AST_EXPRESSION_QUANTIFIED;
}

typedef struct subquery_search {
    const ast_expression *found;
    const computed_columns *known;
} subquery_search;

static bool find_scalar(void *context, const ast_expression *part) {
    subquery_search *s = context;
    if (!flink_is_subquery(NULL, part))
        return false;
    for (int i = 0; i < s->known->count; i++)
        if (s->known->asts[i] == part)
            return false;
    s->found = part;
    return true;
}

static void remember(lowering *l, computed_columns *c, const ast_expression *ast, int column) {
    const ast_expression **asts = ARENA_ARRAY(l->b.arena, const ast_expression *, c->count + 1);
    int *columns = ARENA_ARRAY(l->b.arena, int, c->count + 1);
    for (int i = 0; i < c->count; i++) {
        asts[i] = c->asts[i];
        columns[i] = c->columns[i];
    }
    asts[c->count] = ast;
    columns[c->count] = column;
    *c = (computed_columns){asts, columns, c->count + 1};
}

static bool is_single(
    lowering *l, const ast_expression *ast, const rows *sub, const correlation *list, int count) {
    int *columns = ARENA_ARRAY(l->b.arena, int, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = list[i].column;
    return sub->one_row || ast->query.query->limit == 1 ||
           (count > 0 && flink_has_key(sub, columns, count));
}

static int visible_columns(const rows *r, int *first) {
    int count = 0;
    for (int i = r->column_count - 1; i >= 0; i--)
        if (!r->columns[i].hidden) {
            count++;
            *first = i;
        }
    return count;
}

/* ---- one row ---- */

/* SELECT FLINK_SINGLE_VALUE(SUM(1), FIRST_VALUE(`$v`)) AS `$v`, `$k0`, ... GROUP BY `$k0`, ... over
 * the subquery's value and the columns by which it is joined. */
static bool keep_single(lowering *l, rows *sub, int *value, correlation *list, int count) {
    buffer sql = {0};
    rows in = *sub;
    in.columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    in.column_count = count + 1;
    in.columns[0] = (rows_column){.name = SLICE_LITERAL("$v"), .index = sub->columns[*value].index};
    buffer_append_text(&sql, "SELECT FLINK_SINGLE_VALUE(SUM(1), FIRST_VALUE(`$v`)) AS `$v`");
    for (int i = 0; i < count; i++) {
        in.columns[i + 1] =
            (rows_column){.name = planning_text(&l->b, "$k%d", i), .index = list[i].column};
        buffer_format(&sql, ", `$k%d`", i);
    }
    for (int i = 0; i < count; i++)
        buffer_format(&sql, "%s`$k%d`", i ? ", " : " GROUP BY ", i);
    slice text = arena_copy(l->b.arena, buffer_slice(&sql));
    buffer_free(&sql);
    ast_statement *statement = parser_parse_statement_in(l->b.arena, PARSER_FLINK, text, l->b.e);
    if (!statement || !flink_group_rows(l, statement->flink_query->body->select, NULL, &in, sub))
        return false;
    *value = 0;
    for (int i = 0; i < count; i++)
        list[i].column = sub->columns[i + 1].index;
    return true;
}

bool flink_lower_scalar(lowering *l, const ast_expression *ast, const rows *around,
    const typing *outer, scalar_subquery *out) {
    rows *sub = &out->rows;
    int first = 0;
    out->ast = ast;
    if (!flink_correlated_rows(l, ast->query.query, around, outer, sub, &out->list, &out->count))
        return false;
    int visible = visible_columns(sub, &first);
    if (visible != 1)
        return error_at(l->b.e, ERROR_STATEMENT, ast->span,
            "A subquery that stands for a value has one column, not %d", visible);
    if (!is_single(l, ast, sub, out->list, out->count) &&
        !keep_single(l, sub, &first, out->list, out->count))
        return false;
    for (int i = 0; i < sub->column_count; i++)
        sub->columns[i].hidden = true;
    sub->columns[first].name = SLICE_LITERAL("$scalar");
    out->value = first;
    return true;
}

const sql_type *flink_scalar_type(const scalar_subquery *sub) {
    return sub->rows.node->columns[sub->rows.columns[sub->value].index].type;
}

bool flink_join_scalar(lowering *l, const scalar_subquery *sub, const typing *outer, rows *r,
    computed_columns *computed) {
    rows left = *r, joined;
    const expression *condition;
    int value = left.column_count + sub->value;
    if (!flink_correlation(l, &left, outer, &sub->rows, sub->list, sub->count, &condition) ||
        !flink_join(l, JOIN_LEFT, r, &sub->rows, condition, sub->ast->span, &joined))
        return false;
    if (sub->count > 0 && !flink_count_nothing(l, sub->ast->query.query, &joined, value, 1))
        return false;
    remember(l, computed, sub->ast, joined.columns[value].index);
    joined.keys = r->keys;
    joined.key_count = r->key_count;
    *r = joined;
    return true;
}

static bool join_scalar(lowering *l, const ast_expression *ast, const typing *outer, rows *r,
    computed_columns *computed) {
    scalar_subquery sub;
    return flink_lower_scalar(l, ast, r, outer, &sub) &&
           flink_join_scalar(l, &sub, outer, r, computed);
}

/* ---- computing with COUNT ---- */

/* What a subquery that is an aggregate computes with COUNT; NULL: it does not. */
static const ast_expression *computes_with_count(const flink_query *query) {
    if (!flink_gives_one_row(query) || query->with.count > 0 || !query->body->select->where ||
        query->body->select->select.count != 1)
        return NULL;
    const ast_expression *item = query->body->select->select.items[0].expression;
    bool does =
        item && !flink_is_count(NULL, item) && ast_expression_visit(item, flink_is_count, NULL);
    return does ? item : NULL;
}

/* The same subquery with another value. */
static const ast_expression *with_value(
    lowering *l, const ast_expression *ast, const ast_expression *value) {
    ast_expression *copy = ARENA_NEW(l->b.arena, ast_expression);
    flink_query *query = ARENA_NEW(l->b.arena, flink_query);
    flink_body *body = ARENA_NEW(l->b.arena, flink_body);
    flink_select *select = ARENA_NEW(l->b.arena, flink_select);
    ast_select_item *item = ARENA_NEW(l->b.arena, ast_select_item);
    *copy = *ast;
    *query = *ast->query.query;
    *body = *query->body;
    *select = *body->select;
    *item = (ast_select_item){
        .kind = AST_SELECT_EXPRESSION, .span = value->span, .expression = (ast_expression *)value};
    select->select = (ast_select_list){item, 1};
    body->select = select;
    query->body = body;
    copy->query.query = query;
    return copy;
}

typedef struct aggregate_list {
    lowering *l;
    const ast_expression **items;
    int count, capacity;
} aggregate_list;

static bool collect_aggregate(void *context, const ast_expression *part) {
    aggregate_list *list = context;
    if (part->kind != AST_EXPRESSION_CALL || !flink_aggregate_function(part))
        return false;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 4;
        const ast_expression **items =
            ARENA_ARRAY(list->l->b.arena, const ast_expression *, list->capacity);
        for (int i = 0; i < list->count; i++)
            items[i] = list->items[i];
        list->items = items;
    }
    list->items[list->count++] = part;
    return false;
}

static bool join_parts_of(lowering *l, const ast_expression *ast, const ast_expression *value,
    const typing *outer, rows *r, computed_columns *computed) {
    aggregate_list parts = {.l = l};
    ast_expression_visit(value, collect_aggregate, &parts);
    for (int i = 0; i < parts.count; i++) {
        if (!join_scalar(l, with_value(l, ast, parts.items[i]), outer, r, computed))
            return false;
        computed->asts[computed->count - 1] = parts.items[i];
    }
    typing t = {.l = l,
        .rows = r,
        .outer = outer,
        .clause = "SELECT",
        .context = computed,
        .replace = flink_replace_computed};
    const expression *result = flink_expression(&t, value);
    if (!result)
        return false;
    remember(l, computed, ast, flink_add_column(l, r, result, "$scalar"));
    return true;
}

/* ---- together ---- */

bool flink_scalar_subqueries(lowering *l, const ast_expression *ast, const typing *outer, rows *r,
    computed_columns *computed) {
    for (;;) {
        subquery_search search = {.known = computed};
        if (!ast_expression_visit(ast, find_scalar, &search))
            return true;
        if (search.found->kind == AST_EXPRESSION_SUBQUERY) {
            const ast_expression *value = computes_with_count(search.found->query.query);
            if (value ? !join_parts_of(l, search.found, value, outer, r, computed)
                      : !join_scalar(l, search.found, outer, r, computed))
                return false;
            continue;
        }
        int column = flink_subquery_truth(l, search.found, outer, r, computed);
        if (column < 0)
            return false;
        remember(l, computed, search.found, column);
    }
}
