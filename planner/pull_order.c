/* pull_order.c - ORDER BY: by columns of the result, by position, or by any expression over what
 * SELECT could have named.
 *
 *   PROJECT(select list, what else is ordered by) -> SORT -> PROJECT(select list)
 *
 * A name alone means the result's column of that name, else the source's. Inside an expression it
 * means the source's, else the result's. Expressions that equal an item of SELECT use its column.
 */
#include "planner/pull_order.h"

#include "parser/ast_format.h"

typedef struct ordering {
    planning *b;
    const expression_scope *select;
    select_list *list;
    int visible; /* items of SELECT itself */
} ordering;

/* ---- names of the result inside of expressions ---- */

static int item_named(const ordering *o, const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_COLUMN || ast_name_given(ast->column.qualifier))
        return -1;
    for (int i = 0; i < o->visible; i++)
        if (slice_equal(o->list->items[i].name, ast->column.name.text))
            return i;
    return -1;
}

static const expression *replace(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    ordering *o = context;
    const expression_scope *select = o->select;
    int item = item_named(o, ast);
    error unknown = {0};
    const expression *found =
        select->replace ? select->replace(select->context, scope, ast, item >= 0 ? &unknown : e)
                        : NULL;
    if (found || item < 0 || scope_find(select, ast->column.qualifier.text, ast->column.name.text))
        return found;
    return o->list->items[item].typed;
}

static column *own(void *context, column *literal) {
    const expression_scope *select = ((ordering *)context)->select;
    return select->own(select->context, literal);
}

static const sql_type *named_type(void *context, slice name) {
    const expression_scope *select = ((ordering *)context)->select;
    return select->named_type(select->context, name);
}

static slice nearest_type(void *context, slice name) {
    const expression_scope *select = ((ordering *)context)->select;
    return select->nearest_type ? select->nearest_type(select->context, name) : (slice){NULL, 0};
}

static const expression *analyze(ordering *o, const ast_expression *ast) {
    expression_scope scope = *o->select;
    scope.context = o;
    scope.own = own;
    scope.named_type = named_type;
    scope.nearest_type = nearest_type;
    scope.replace = replace;
    scope.clause = "ORDER BY";
    return expression_analyze(&scope, ast, o->b->e);
}

/* ---- one item ---- */

static bool has_order(const sql_type *type) {
    switch (type->base) {
    case SQL_NULL:
    case SQL_MAP:
        return false;
    case SQL_ARRAY:
        return has_order(type->element);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (!has_order(type->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

static bool check_type(ordering *o, const ast_expression *ast, const sql_type *type) {
    if (has_order(type))
        return true;
    error_at(o->b->e, ERROR_STATEMENT, ast->span, "ORDER BY cannot order values of the type %.*s",
        SLICE_ARG(sql_type_name(o->b->arena, type)));
    return error_hint(o->b->e, "Order by a part of it: an element, a field, or its length.");
}

static bool position(ordering *o, const ast_expression *ast, int *out) {
    int64_t given = ast->literal.integer;
    *out = (int)given - 1;
    if (given >= 1 && given <= o->visible)
        return check_type(o, ast, o->list->items[given - 1].typed->type);
    error_at(o->b->e, ERROR_STATEMENT, ast->span,
        "ORDER BY position %lld is not in the SELECT list", (long long)given);
    return error_hint(o->b->e, "Its columns are numbered from 1 to %d.", o->visible);
}

static slice hidden_name(ordering *o, const ast_expression *ast) {
    slice text = ast_format_expression(o->b->arena, ast), name = text;
    for (int i = 0, n = 1; i < o->list->count; i++)
        if (slice_equal(o->list->items[i].name, name)) {
            name = planning_text(o->b, "%.*s_%d", SLICE_ARG(text), n++);
            i = -1;
        }
    return name;
}

static bool find_column(ordering *o, const ast_expression *ast, int *out) {
    if (ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER)
        return position(o, ast, out);
    *out = item_named(o, ast);
    const expression *typed = *out >= 0 ? o->list->items[*out].typed : analyze(o, ast);
    if (!typed || !check_type(o, ast, typed->type))
        return false;
    for (int i = 0; i < o->list->count && *out < 0; i++)
        if (expression_equal(o->list->items[i].typed, typed))
            *out = i;
    if (*out >= 0)
        return true;
    if (o->b->query->distinct) {
        error_at(o->b->e, ERROR_STATEMENT, ast->span,
            "ORDER BY of a SELECT DISTINCT needs a column of the result");
        return error_hint(o->b->e, "Rows that became one may differ in anything else: add the "
                                   "expression to SELECT.");
    }
    *out = o->list->count;
    o->list->items[o->list->count++] = (select_item){
        .ast = ast, .typed = typed, .name = hidden_name(o, ast), .span = ast->span, .key = -1};
    return true;
}

/* ---- the whole ---- */

bool pull_order_read(planning *b, const expression_scope *select, select_list *list) {
    const ast_order_list *order = &b->query->order_by;
    if (!b->is_pull || order->count == 0)
        return true;
    ordering o = {b, select, list, list->count};
    select_item *items = ARENA_ARRAY(b->arena, select_item, list->count + order->count);
    if (list->count > 0)
        memcpy(items, list->items, sizeof *items * (size_t)list->count);
    list->items = items;
    b->order_columns = ARENA_ARRAY(b->arena, int, order->count);
    for (int i = 0; i < order->count; i++)
        if (!find_column(&o, order->items[i].expression, &b->order_columns[i]))
            return false;
    b->order_hidden = list->count - o.visible;
    return true;
}

static void take_off(planning *b, relation *r) {
    plan_node *input = r->node;
    plan_node *node = planning_node(b, PLAN_PROJECT, input);
    int count = input->column_count - b->order_hidden;
    const expression **expressions = ARENA_ARRAY(b->arena, const expression *, count + 1);
    plan_column *columns = planning_columns(b, node, count);
    for (int i = 0; i < count; i++) {
        columns[i] = input->columns[i];
        expressions[i] = planning_input_column(b, input, i);
    }
    node->project.expressions = expressions;
    r->node = node;
}

void pull_order_plan(planning *b, relation *r) {
    const ast_order_list *order = &b->query->order_by;
    if (order->count == 0)
        return;
    plan_node *node = planning_node(b, PLAN_SORT, r->node);
    bool *descending = ARENA_ARRAY(b->arena, bool, order->count);
    bool *nulls_first = ARENA_ARRAY(b->arena, bool, order->count);
    for (int i = 0; i < order->count; i++) {
        const ast_order_item *item = &order->items[i];
        descending[i] = item->descending;
        nulls_first[i] =
            item->nulls == AST_NULLS_DEFAULT ? !item->descending : item->nulls == AST_NULLS_FIRST;
    }
    node->sort.columns = b->order_columns;
    node->sort.descending = descending;
    node->sort.nulls_first = nulls_first;
    node->sort.count = order->count;
    r->node = node;
    if (b->order_hidden > 0)
        take_off(b, r);
}
