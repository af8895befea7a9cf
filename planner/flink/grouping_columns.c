/* What may stand above a GROUP BY: aggregate calls, grouping expressions, the bounds of windows and
 * GROUPING() become columns of the aggregate.
 */
#include <stdio.h>

#include "planner/flink/grouping.h"

/* ---- aggregates ---- */

static bool bind_aggregate(typing *t, const ast_expression *ast, const expression **values,
    int count, function_binding *binding) {
    lowering *l = t->l;
    function_argument *shapes = ARENA_ARRAY(l->b.arena, function_argument, count + 1);
    for (int i = 0; i < count; i++)
        shapes[i] = (function_argument){.type = values[i]->type};
    if (function_bind_flink(l->b.arena, ast->call.name.text, shapes, count, binding, l->b.e))
        return true;
    l->b.e->span = ast->span;
    return false;
}

bool flink_aggregate_call(
    typing *t, const ast_expression *ast, expression_list *list, plan_call *out) {
    lowering *l = t->l;
    expression_scope scope = flink_scope(t);
    int count = ast->call.star ? 0 : ast->call.arguments.count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = flink_expression(t, ast->call.arguments.items[i]);
        if (!values[i])
            return false;
    }
    function_binding *binding = ARENA_NEW(l->b.arena, function_binding);
    if (!bind_aggregate(t, ast, values, count, binding))
        return false;
    int initial = binding->overload->initial_arguments;
    int *arguments = ARENA_ARRAY(l->b.arena, int, count + 1);
    const column **constants = ARENA_ARRAY(l->b.arena, const column *, initial + 1);
    for (int i = 0; i < count; i++) {
        if (binding->parameters[i])
            values[i] = expression_cast(&scope, values[i], binding->parameters[i]);
        if (i < count - initial) {
            arguments[i] = flink_list_add(l, list, values[i]);
            continue;
        }
        if (values[i]->kind != EXPRESSION_LITERAL)
            return error_at(l->b.e, ERROR_STATEMENT, values[i]->span,
                "This argument of %s must be a constant", binding->function->name);
        constants[i - count + initial] = values[i]->literal;
    }
    *out = (plan_call){.function = binding->overload,
        .descriptor = binding->function,
        .argument_count = count - initial,
        .arguments = arguments,
        .constants = (const column *const *)constants,
        .constant_count = initial,
        .result = binding->result,
        .filter = -1,
        .distinct = ast->call.distinct};
    if (!ast->call.filter)
        return true;
    const expression *filter = flink_condition(t, ast->call.filter);
    if (!filter)
        return false;
    out->filter = flink_list_add(l, list, filter);
    return true;
}

static bool same_call(const plan_call *a, const plan_call *b) {
    if (a->function != b->function || a->argument_count != b->argument_count ||
        a->filter != b->filter || a->distinct != b->distinct ||
        a->constant_count != b->constant_count)
        return false;
    for (int i = 0; i < a->argument_count; i++)
        if (a->arguments[i] != b->arguments[i])
            return false;
    for (int i = 0; i < a->constant_count; i++)
        if (!column_rows_equal(a->constants[i], 0, b->constants[i], 0))
            return false;
    return true;
}

static int add_call(grouping *g, const plan_call *call) {
    for (int i = 0; i < g->call_count; i++)
        if (same_call(&g->calls[i], call))
            return i;
    if (g->call_count == g->call_capacity) {
        g->call_capacity = g->call_capacity ? 2 * g->call_capacity : 8;
        plan_call *calls = ARENA_ARRAY(g->l->b.arena, plan_call, g->call_capacity);
        for (int i = 0; i < g->call_count; i++)
            calls[i] = g->calls[i];
        g->calls = calls;
    }
    g->calls[g->call_count] = *call;
    return g->call_count++;
}

/* ---- columns of the aggregate ---- */

static const expression *made_column(grouping *g, int index, const sql_type *type) {
    return expression_make_column(g->l->b.arena, index, type);
}

static const expression *window_column(grouping *g, window_role role) {
    return made_column(
        g, g->groups.count + g->call_count + (int)role - WINDOW_ROLE_START, &SQL_TYPE_TIMESTAMP);
}

const expression *grouping_column(grouping *g, int item) {
    int place = g->group_columns[item];
    return place < 0 ? window_column(g, (window_role)(-1 - place))
                     : made_column(g, place, g->groups.items[place]->type);
}

/* TUMBLE_START(t, size): a bound of the group window. */
static const expression *auxiliary(grouping *g, const ast_expression *ast, error *e) {
    static const struct {
        const char *name;
        window_role role;
    } endings[] = {{"_START", WINDOW_ROLE_START}, {"_END", WINDOW_ROLE_END},
        {"_ROWTIME", WINDOW_ROLE_TIME}, {"_PROCTIME", WINDOW_ROLE_TIME}};
    static const char *const windows[] = {"TUMBLE", "HOP", "SESSION"};
    for (size_t w = 0; w < 3; w++)
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
            char name[32];
            snprintf(name, sizeof name, "%s%s", windows[w], endings[i].name);
            if (!slice_is_ignore_case(ast->call.name.text, name))
                continue;
            if (g->group_window &&
                slice_is_ignore_case(g->group_window->call.name.text, windows[w]))
                return window_column(g, endings[i].role);
            error_at(e, ERROR_STATEMENT, ast->span, "%s needs GROUP BY %s with the same arguments",
                name, windows[w]);
            return NULL;
        }
    return NULL;
}

/* GROUPING(a, b): bit by bit, whether the set leaves the column out. */
static const expression *grouping_id(
    grouping *g, expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->call.arguments.count;
    const expression *parts[2 * 64 + 1];
    const expression *set =
        g->set_count > 0 ? made_column(g, g->set_column, &SQL_TYPE_INTEGER) : NULL;
    int64_t values[64] = {0};
    for (int i = 0; i < count; i++) {
        const expression *typed = flink_expression(&g->over_input, ast->call.arguments.items[i]);
        int item = 0;
        while (typed && item < g->item_count && !expression_equal(typed, g->group_values[item]))
            item++;
        if (!typed || item == g->item_count) {
            if (!error_is_set(e))
                error_at(e, ERROR_STATEMENT, ast->call.arguments.items[i]->span,
                    "GROUPING takes expressions of GROUP BY");
            return NULL;
        }
        for (int s = 0; s < g->set_count; s++)
            values[s] = values[s] * 2 + !(g->sets[s] >> item & 1);
    }
    const expression *zero = flink_literal_bigint(scope, 0, ast->span);
    if (!set)
        return zero;
    for (int s = 0; s < g->set_count; s++) {
        column *number = build_literal_column(scope, &SQL_TYPE_INTEGER);
        column_append_int32(number, s);
        parts[2 * s] = build_compare(
            scope, COMPARE_EQUAL, set, build_literal_value(scope, number, ast->span), ast->span);
        parts[2 * s + 1] = flink_literal_bigint(scope, values[s], ast->span);
    }
    parts[2 * g->set_count] = zero;
    expression *node = build_node(
        scope, EXPRESSION_CASE, &SQL_TYPE_BIGINT, ast->span, parts, 2 * g->set_count + 1);
    node->has_else = true;
    return node;
}

static const expression *matching_group(grouping *g, const ast_expression *ast) {
    error *e = g->l->b.e, ignored = {0};
    g->l->b.e = &ignored;
    const expression *typed = flink_expression(&g->over_input, ast);
    g->l->b.e = e;
    error_clear(&ignored);
    for (int i = 0; typed && i < g->item_count; i++)
        if (g->group_values[i] && expression_equal(typed, g->group_values[i]))
            return grouping_column(g, i);
    return NULL;
}

/* ---- subqueries ---- */

typedef struct argument_search {
    grouping *g;
    rows *in;
    bool ok;
} argument_search;

static bool join_arguments(void *context, const ast_expression *part) {
    argument_search *s = context;
    if (part->kind != AST_EXPRESSION_CALL || !flink_aggregate_function(part))
        return false;
    for (int i = 0; s->ok && i < part->call.arguments.count; i++)
        s->ok = flink_scalar_subqueries(
            s->g->l, part->call.arguments.items[i], s->g->outer, s->in, &s->g->below);
    return !s->ok;
}

bool grouping_join_arguments(grouping *g, const ast_expression *above, rows *in) {
    argument_search search = {g, in, true};
    ast_expression_visit(above, join_arguments, &search);
    return search.ok;
}

typedef struct subquery_list {
    const grouping *g;
    const ast_expression **items;
    int count;
} subquery_list;

static bool is_below(const grouping *g, const ast_expression *ast) {
    for (int i = 0; i < g->below.count; i++)
        if (g->below.asts[i] == ast)
            return true;
    return false;
}

static bool add_subquery(void *context, const ast_expression *part) {
    subquery_list *list = context;
    if (part->kind == AST_EXPRESSION_SUBQUERY && !is_below(list->g, part)) {
        if (list->items)
            list->items[list->count] = part;
        list->count++;
    }
    return false;
}

/* The place of a column among the grouping columns; -1: it is none of them. */
static int grouped_as(const grouping *g, const rows_column *column) {
    for (int i = 0; i < g->groups.count; i++)
        if (g->groups.items[i]->kind == EXPRESSION_COLUMN &&
            g->groups.items[i]->index == column->index)
            return i;
    return -1;
}

void grouping_name(const grouping *g, rows *made) {
    for (int i = 0; i < g->in->column_count; i++) {
        int place = grouped_as(g, &g->in->columns[i]);
        if (place < 0)
            continue;
        made->columns[place].table = g->in->columns[i].table;
        made->columns[place].name = g->in->columns[i].name;
    }
}

bool grouping_lower_subqueries(grouping *g, const ast_expression *above) {
    lowering *l = g->l;
    subquery_list list = {.g = g};
    ast_expression_visit(above, add_subquery, &list);
    if (!list.count)
        return true;
    list.items = ARENA_ARRAY(l->b.arena, const ast_expression *, list.count + 1);
    list.count = 0;
    ast_expression_visit(above, add_subquery, &list);
    scalar_subquery *all =
        ARENA_ARRAY(l->b.arena, scalar_subquery, g->subquery_count + list.count + 1);
    for (int i = 0; i < g->subquery_count; i++)
        all[i] = g->subqueries[i];
    g->subqueries = all;
    rows around = *g->in;
    around.columns = ARENA_ARRAY(l->b.arena, rows_column, g->in->column_count + 1);
    around.column_count = 0;
    for (int i = 0; i < g->in->column_count; i++)
        if (grouped_as(g, &g->in->columns[i]) >= 0)
            around.columns[around.column_count++] = g->in->columns[i];
    for (int i = 0; i < list.count; i++)
        if (!flink_lower_scalar(l, list.items[i], &around, g->outer, &all[g->subquery_count++]))
            return false;
    return true;
}

/* Its column; before it is joined, any of its type. */
static const expression *subquery_column(grouping *g, const ast_expression *ast) {
    for (int i = 0; i < g->subquery_count; i++)
        if (g->subqueries[i].ast == ast)
            return made_column(g, i < g->joined.count ? g->joined.columns[i] : 0,
                flink_scalar_type(&g->subqueries[i]));
    return NULL;
}

const expression *grouping_replace(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    grouping *g = t->context;
    (void)scope;
    if (ast->kind == AST_EXPRESSION_LITERAL || ast->kind == AST_EXPRESSION_INTERVAL)
        return NULL;
    if (ast->kind == AST_EXPRESSION_CALL) {
        if (slice_is_ignore_case(ast->call.name.text, "GROUPING") ||
            slice_is_ignore_case(ast->call.name.text, "GROUPING_ID") ||
            (slice_is_ignore_case(ast->call.name.text, "GROUP_ID") && ast->call.arguments.count))
            return grouping_id(g, scope, ast, e);
        const expression *bound = auxiliary(g, ast, e);
        if (bound || error_is_set(e))
            return bound;
    }
    if (ast->kind == AST_EXPRESSION_SUBQUERY)
        return subquery_column(g, ast);
    if (flink_aggregate_function(ast)) {
        plan_call call;
        if (!flink_aggregate_call(&g->over_input, ast, &g->needed, &call))
            return NULL;
        int index = add_call(g, &call);
        return made_column(g, g->groups.count + index, call.result);
    }
    const expression *group = matching_group(g, ast);
    if (group || ast->kind != AST_EXPRESSION_COLUMN)
        return group;
    const expression *typed = flink_expression(&g->over_input, ast);
    if (typed)
        error_at(e, ERROR_STATEMENT, ast->span, "Expression '%.*s%s%.*s' is not being grouped",
            SLICE_ARG(ast->column.qualifier.text), ast->column.qualifier.text.data ? "." : "",
            SLICE_ARG(ast->column.name.text));
    return NULL;
}
