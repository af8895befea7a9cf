/* Subqueries that name columns of the query around them, as rows that do not.
 *
 * The names may stand in equalities of the subquery's WHERE: inner = outer. Each such part is taken
 * out; its inner side becomes one more column, by which the caller joins. Where the subquery makes
 * something of many rows, it does so for each value of these columns: they are added to GROUP BY,
 * and LIMIT becomes a Top-N for each of them.
 *
 *   (SELECT MAX(x) FROM t WHERE t.k = o.k AND x > 1)
 *   SELECT MAX(x), t.k AS $c0 FROM t WHERE x > 1 GROUP BY t.k,  joined by $c0 = o.k
 */
#include "planner/flink/lowering.h"

typedef struct trial {
    lowering *l;
    int nodes, stores, exchanges;
    error *e, ignored;
    pending_conditions *pending;
} trial;

/* What is lowered until the end of the trial is not part of the plan, nor are its errors. */
static void begin(trial *t, lowering *l) {
    *t = (trial){l, l->b.node_count, l->store_count, l->exchange_count, l->b.e, {0}, l->pending};
    l->b.e = &t->ignored;
    l->pending = NULL;
}

static void end(trial *t) {
    lowering *l = t->l;
    l->b.node_count = t->nodes;
    l->store_count = t->stores;
    l->exchange_count = t->exchanges;
    l->b.e = t->e;
    l->pending = t->pending;
    error_clear(&t->ignored);
}

static bool types_over(lowering *l, const rows *r, const typing *outer, const ast_expression *ast) {
    trial attempt;
    begin(&attempt, l);
    typing t = {.l = l, .rows = r, .outer = outer, .sees_outer = outer != NULL, .clause = "WHERE"};
    bool ok = flink_expression(&t, ast) != NULL;
    end(&attempt);
    return ok;
}

typedef struct split_where {
    const ast_expression **own, **inner, **outer;
    int own_count, count;
} split_where;

static bool is_query(void *context, const ast_expression *part) {
    (void)context;
    return flink_is_subquery(NULL, part) || part->kind == AST_EXPRESSION_OVER;
}

static bool take_equality(lowering *l, const rows *inner, const rows *around, const typing *outer,
    const ast_expression *part, split_where *split) {
    if (part->kind != AST_EXPRESSION_COMPARISON || part->comparison.operation != AST_EQUAL)
        return false;
    const ast_expression *a = part->comparison.left, *b = part->comparison.right;
    if (!types_over(l, inner, NULL, a)) {
        const ast_expression *swap = a;
        a = b;
        b = swap;
    }
    if (!types_over(l, inner, NULL, a) || !types_over(l, around, outer, b))
        return false;
    split->inner[split->count] = a;
    split->outer[split->count++] = b;
    return true;
}

static bool split_conditions(lowering *l, const flink_select *select, const rows *inner,
    const rows *around, const typing *outer, split_where *split) {
    const ast_expression **parts;
    int count = flink_ast_conjuncts(l, select->where, &parts);
    split->own = ARENA_ARRAY(l->b.arena, const ast_expression *, count + 1);
    split->inner = ARENA_ARRAY(l->b.arena, const ast_expression *, count + 1);
    split->outer = ARENA_ARRAY(l->b.arena, const ast_expression *, count + 1);
    for (int i = 0; i < count; i++) {
        if (ast_expression_visit(parts[i], is_query, NULL) ||
            types_over(l, inner, NULL, parts[i])) {
            split->own[split->own_count++] = parts[i];
            continue;
        }
        if (take_equality(l, inner, around, outer, parts[i], split))
            continue;
        trial attempt;
        begin(&attempt, l);
        typing both = {.l = l, .rows = around, .outer = outer, .sees_outer = outer != NULL};
        typing t = {.l = l, .rows = inner, .outer = &both, .sees_outer = true, .clause = "WHERE"};
        bool correlated = flink_condition(&t, parts[i]) != NULL;
        end(&attempt);
        if (!correlated) { /* wrong in itself: told when the subquery is lowered */
            split->own[split->own_count++] = parts[i];
            continue;
        }
        error_at(l->b.e, ERROR_UNSUPPORTED, parts[i]->span,
            "A subquery names columns of the query around it in equalities only, joined by AND");
        return error_hint(l->b.e, "Write it as a join: FROM a JOIN b ON ... GROUP BY ...");
    }
    return true;
}

/* ---- the new tree ---- */

static ast_expression *node(lowering *l, ast_expression_kind kind, source_span span) {
    ast_expression *e = ARENA_NEW(l->b.arena, ast_expression);
    e->kind = kind;
    e->span = span;
    return e;
}

static ast_expression *conjunction(lowering *l, const split_where *split) {
    ast_expression *all = NULL;
    for (int i = 0; i < split->own_count; i++) {
        ast_expression *part = (ast_expression *)split->own[i], *both;
        if (all) {
            both = node(l, AST_EXPRESSION_LOGICAL, part->span);
            both->logical.operation = AST_AND;
            both->logical.left = all;
            both->logical.right = part;
            part = both;
        }
        all = part;
    }
    return all;
}

static slice inner_name(lowering *l, int i) {
    return planning_text(&l->b, "$c%d", i);
}

static void add_columns(lowering *l, const split_where *split, flink_select *select) {
    int count = select->select.count;
    ast_select_item *items = ARENA_ARRAY(l->b.arena, ast_select_item, count + split->count + 1);
    for (int i = 0; i < count; i++)
        items[i] = select->select.items[i];
    for (int i = 0; i < split->count; i++)
        items[count + i] = (ast_select_item){.kind = AST_SELECT_EXPRESSION,
            .span = split->inner[i]->span,
            .expression = (ast_expression *)split->inner[i],
            .alias = {.text = inner_name(l, i), .span = split->inner[i]->span}};
    select->select = (ast_select_list){items, count + split->count};
}

static void add_groups(lowering *l, const split_where *split, flink_select *select) {
    int count = select->group_by.count;
    flink_grouping *groups = ARENA_ARRAY(l->b.arena, flink_grouping, count + split->count + 1);
    for (int i = 0; i < count; i++)
        groups[i] = select->group_by.items[i];
    for (int i = 0; i < split->count; i++) {
        ast_expression **item = ARENA_NEW(l->b.arena, ast_expression *);
        *item = (ast_expression *)split->inner[i];
        groups[count + i] = (flink_grouping){
            .kind = FLINK_GROUP_EXPRESSION, .span = (*item)->span, .items = {item, 1}};
    }
    select->group_by = (flink_grouping_list){groups, count + split->count};
    select->has_group_by = true;
}

/* ROW_NUMBER() OVER (PARTITION BY the columns ORDER BY ...) AS $n */
static void add_rank(
    lowering *l, const split_where *split, const flink_query *query, flink_select *select) {
    flink_over *over = ARENA_NEW(l->b.arena, flink_over);
    ast_expression *call = node(l, AST_EXPRESSION_CALL, query->span),
                   *rank = node(l, AST_EXPRESSION_OVER, query->span);
    call->call.name = (ast_name){.text = SLICE_LITERAL("ROW_NUMBER"), .span = query->span};
    over->span = query->span;
    over->partition_by = (ast_expression_list){(ast_expression **)split->inner, split->count};
    over->order_by = query->order_by;
    rank->over.call = call;
    rank->over.window = over;
    int count = select->select.count;
    ast_select_item *items = ARENA_ARRAY(l->b.arena, ast_select_item, count + 1);
    for (int i = 0; i < count; i++)
        items[i] = select->select.items[i];
    items[count] = (ast_select_item){.kind = AST_SELECT_EXPRESSION,
        .span = query->span,
        .expression = rank,
        .alias = {.text = SLICE_LITERAL("$n"), .span = query->span}};
    select->select = (ast_select_list){items, count + 1};
}

static void hide_added(rows *r) {
    for (int i = 0; i < r->column_count; i++)
        if (slice_starts_with(r->columns[i].name, SLICE_LITERAL("$")))
            r->columns[i].hidden = true;
}

static bool keep_ranks(lowering *l, const flink_query *query, rows *r) {
    typing t = {.l = l, .rows = r};
    expression_scope scope = flink_scope(&t);
    int64_t offset = query->offset < 0 ? 0 : query->offset;
    for (int i = 0; i < r->column_count; i++) {
        if (!slice_is(r->columns[i].name, "$n"))
            continue;
        const expression *rank = flink_input(l, r->node, r->columns[i].index);
        const expression *within = build_compare(&scope, COMPARE_LESS_OR_EQUAL, rank,
            flink_literal_bigint(&scope, offset + query->limit, query->span), query->span);
        const expression *behind = build_compare(&scope, COMPARE_GREATER, rank,
            flink_literal_bigint(&scope, offset, query->span), query->span);
        r->node = flink_filter(l, r->node, offset > 0 ? flink_and(&scope, behind, within) : within);
    }
    return true;
}

static bool lower_select(
    lowering *l, const flink_query *query, const split_where *split, bool aggregates, rows *out) {
    flink_query changed = *query;
    flink_body body = *query->body;
    flink_select select = *body.select;
    bool limited = query->limit >= 0;
    if (limited && (aggregates || select.distinct)) {
        error_at(l->b.e, ERROR_UNSUPPORTED, query->span,
            "LIMIT in a subquery that names outer columns goes without GROUP BY and DISTINCT");
        return error_hint(l->b.e, "Put the grouped rows into a subquery of their own.");
    }
    select.where = conjunction(l, split);
    add_columns(l, split, &select);
    if (aggregates)
        add_groups(l, split, &select);
    if (limited)
        add_rank(l, split, query, &select);
    body.select = ARENA_NEW(l->b.arena, flink_select);
    *body.select = select;
    changed.body = ARENA_NEW(l->b.arena, flink_body);
    *changed.body = body;
    changed.order_by = (ast_order_list){0};
    changed.limit = changed.offset = -1;
    return flink_query_rows(l, &changed, NULL, out) && (!limited || keep_ranks(l, query, out));
}

static bool is_candidate(const flink_query *query) {
    return query->body->kind == FLINK_BODY_SELECT && query->body->select->from &&
           query->body->select->where && query->with.count == 0;
}

bool flink_correlated_rows(lowering *l, const flink_query *query, const rows *around,
    const typing *outer, rows *out, correlation **list, int *count) {
    pending_conditions *pending = l->pending;
    split_where split = {0};
    rows inner;
    *list = NULL;
    *count = 0;
    l->pending = NULL;
    if (is_candidate(query)) {
        const flink_select *select = query->body->select;
        trial attempt;
        begin(&attempt, l);
        bool ok = flink_relation_rows(l, select->from, NULL, &inner);
        end(&attempt);
        if (ok && !split_conditions(l, select, &inner, around, outer, &split))
            return false;
    }
    bool aggregates = split.count > 0 && (query->body->select->has_group_by ||
                                             flink_has_aggregates(query->body->select));
    bool ok = split.count > 0 ? lower_select(l, query, &split, aggregates, out)
                              : flink_query_rows(l, query, NULL, out);
    l->pending = pending;
    if (!ok)
        return false;
    if (split.count == 0)
        return true;
    hide_added(out);
    correlation *made = ARENA_ARRAY(l->b.arena, correlation, split.count + 1);
    for (int i = 0; i < split.count; i++)
        for (int c = 0; c < out->column_count; c++)
            if (slice_equal(out->columns[c].name, inner_name(l, i)))
                made[i] = (correlation){split.outer[i], out->columns[c].index};
    *list = made;
    *count = split.count;
    return true;
}

/* ---- aggregates of no rows ---- */

bool flink_gives_one_row(const flink_query *query) {
    const flink_body *body = query->body;
    return body->kind == FLINK_BODY_SELECT && !body->select->has_group_by &&
           !body->select->having && flink_has_aggregates(body->select);
}

bool flink_is_count(void *context, const ast_expression *part) {
    (void)context;
    return part->kind == AST_EXPRESSION_CALL && slice_is_ignore_case(part->call.name.text, "COUNT");
}

static int zero_for_null(lowering *l, rows *r, int column, source_span span) {
    typing t = {.l = l, .rows = r};
    expression_scope scope = flink_scope(&t);
    const expression *value = flink_input(l, r->node, column);
    const expression *parts[] = {
        build_node(&scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, span, &value, 1),
        expression_cast(&scope, flink_literal_bigint(&scope, 0, span), value->type), value};
    expression *either = build_node(&scope, EXPRESSION_CASE, value->type, span, parts, 3);
    either->has_else = true;
    return flink_add_column(l, r, either, "$count");
}

bool flink_count_nothing(
    lowering *l, const flink_query *query, rows *joined, int first, int count) {
    if (!flink_gives_one_row(query))
        return true;
    const ast_select_list *select = &query->body->select->select;
    for (int i = 0; i < count && i < select->count; i++) {
        const ast_expression *item = select->items[i].expression;
        if (!item || !ast_expression_visit(item, flink_is_count, NULL))
            continue;
        if (!flink_is_count(NULL, item)) {
            error_at(l->b.e, ERROR_UNSUPPORTED, item->span,
                "COUNT in a subquery that names outer columns stands alone");
            return error_hint(l->b.e, "Compute with it outside: (SELECT COUNT(*) ...) + 1.");
        }
        joined->columns[first + i].index =
            zero_for_null(l, joined, joined->columns[first + i].index, item->span);
    }
    return true;
}

bool flink_correlation(lowering *l, const rows *left, const typing *outer, const rows *sub,
    const correlation *list, int count, const expression **out) {
    rows both, around;
    flink_side_by_side(l, left, sub, &both);
    around = both;
    around.column_count = left->column_count;
    typing t = {
        .l = l, .rows = &around, .outer = outer, .sees_outer = outer != NULL, .clause = "WHERE"};
    expression_scope scope = flink_scope(&t);
    *out = NULL;
    for (int i = 0; i < count; i++) {
        const expression *a = flink_expression(&t, list[i].outer);
        const expression *b = flink_input(l, both.node, left->node->column_count + list[i].column);
        const expression *equal = a ? flink_compare(&scope, COMPARE_EQUAL, a, list[i].outer, b,
                                          list[i].outer, list[i].outer->span, l->b.e)
                                    : NULL;
        if (!equal)
            return false;
        *out = flink_and(&scope, *out, equal);
    }
    return true;
}
