/* GROUP BY, HAVING and the SELECT list above them.
 *
 *   PROJECT (grouping expressions, arguments, filters) -> GROUP AGGREGATE -> FILTER -> PROJECT
 *
 * When the start and the end of a window are among the grouping expressions, or a group window
 * (TUMBLE(t, size), HOP, SESSION) is, the windows belong to a WINDOW AGGREGATE. The list and HAVING
 * are typed twice: once to collect the aggregates they call, once more when their columns are
 * known.
 *
 * What stands in GROUP BY is read by grouping_sets.c, what may stand above it is found by
 * grouping_columns.c.
 */
#include "planner/flink/grouping.h"

int flink_list_add(lowering *l, expression_list *list, const expression *e) {
    for (int i = 0; i < list->count; i++)
        if (expression_equal(list->items[i], e) && !flink_is_volatile(e))
            return i;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        const expression **items = ARENA_ARRAY(l->b.arena, const expression *, list->capacity);
        for (int i = 0; i < list->count; i++)
            items[i] = list->items[i];
        list->items = items;
    }
    list->items[list->count] = e;
    return list->count++;
}

/* ---- the node ---- */

static plan_node *projected_input(grouping *g, const rows *in) {
    lowering *l = g->l;
    plan_node *node = flink_node(l, PLAN_PROJECT, in->node, NULL);
    const plan_time_window *w = &g->window;
    bool timed = g->windowed && w->function != PLAN_WINDOW_ATTACHED && !w->processing_time;
    bool attached = g->windowed && w->function == PLAN_WINDOW_ATTACHED;
    /* The window's columns come last. */
    if (timed)
        g->window.time = flink_list_add(l, &g->needed, flink_input(l, in->node, w->time));
    if (attached) {
        g->window.start = flink_list_add(l, &g->needed, flink_input(l, in->node, w->start));
        g->window.end = flink_list_add(l, &g->needed, flink_input(l, in->node, w->end));
    }
    plan_column *columns = planning_columns(&l->b, node, g->needed.count);
    for (int i = 0; i < g->needed.count; i++) {
        const expression *e = g->needed.items[i];
        columns[i] = (plan_column){e->kind == EXPRESSION_COLUMN ? in->node->columns[e->index].name
                                                                : planning_text(&l->b, "$f%d", i),
            e->type};
    }
    node->project.expressions = g->needed.items;
    return node;
}

static plan_node *aggregate_node(grouping *g, const rows *in) {
    lowering *l = g->l;
    plan_node *input = projected_input(g, in);
    plan_node *node =
        flink_node(l, g->windowed ? PLAN_WINDOW_AGGREGATE : PLAN_GROUP_AGGREGATE, input, NULL);
    int groups = g->groups.count, count = groups + g->call_count + (g->windowed ? 3 : 0);
    plan_column *columns = planning_columns(&l->b, node, count);
    int *places = ARENA_ARRAY(l->b.arena, int, groups + 1);
    for (int i = 0; i < groups; i++) {
        places[i] = i;
        columns[i] = input->columns[i];
    }
    for (int i = 0; i < g->call_count; i++)
        columns[groups + i] = (plan_column){planning_text(&l->b, "$agg%d", i), g->calls[i].result};
    if (g->windowed)
        flink_window_columns(columns + groups + g->call_count);
    node->mode = g->windowed ? CHANGELOG_APPEND : CHANGELOG_RETRACT;
    node->store = flink_store(l, "Aggregate");
    node->group.window = g->window;
    node->group.group_count = groups;
    node->group.groups = places;
    node->group.call_count = g->call_count;
    node->group.calls = g->calls;
    node->group.ttl_ms = g->windowed ? 0 : flink_state_ttl(l, in);
    return node;
}

/* Traits of the aggregate's columns, and its key: the groups and the window. */
static void describe(grouping *g, rows *out) {
    lowering *l = g->l;
    int groups = g->groups.count, bounds = groups + g->call_count;
    int count = bounds + (g->windowed ? 3 : 0);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = (rows_column){.name = out->node->columns[i].name, .index = i};
    if (g->windowed)
        flink_name_window(columns + bounds, bounds, g->row_window, g->window.processing_time);
    out->columns = columns;
    out->column_count = count;
    int *key = ARENA_ARRAY(l->b.arena, int, groups + 3), size = 0;
    for (int i = 0; i < groups; i++)
        key[size++] = i;
    for (int i = 0; g->windowed && i < 2; i++)
        key[size++] = bounds + i;
    out->one_row = size == 0;
    if (size > 0)
        flink_add_key(l, out, key, size);
}

static const expression **type_items(grouping *g, const output_item *items, int count,
    const ast_expression *having, const expression **condition) {
    typing t = {.l = g->l,
        .outer = g->outer,
        .clause = "SELECT",
        .context = g,
        .replace = grouping_replace};
    const expression **values = ARENA_ARRAY(g->l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = flink_expression(&t, items[i].ast);
        if (!values[i])
            return NULL;
    }
    t.clause = "HAVING";
    *condition = having ? flink_condition(&t, having) : NULL;
    return having && !*condition ? NULL : values;
}

static bool refuse_star(lowering *l, const ast_select_list *list) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i].kind != AST_SELECT_EXPRESSION)
            return error_at(l->b.e, ERROR_STATEMENT, list->items[i].span,
                "SELECT * does not go with GROUP BY: name the grouped columns");
    return true;
}

static bool lower_subqueries(
    grouping *g, const output_item *items, int count, const ast_expression *having, rows *in) {
    for (int i = 0; i < count; i++)
        if (items[i].ast && !grouping_join_arguments(g, items[i].ast, in))
            return false;
    if (having && !grouping_join_arguments(g, having, in))
        return false;
    for (int i = 0; i < count; i++)
        if (items[i].ast && !grouping_lower_subqueries(g, items[i].ast))
            return false;
    return !having || grouping_lower_subqueries(g, having);
}

/* The aggregate, and beside its columns those of the subqueries above it. */
static bool make_node(grouping *g, const rows *in, rows *made) {
    made->node = aggregate_node(g, in);
    describe(g, made);
    grouping_name(g, made);
    for (int i = 0; i < g->subquery_count; i++)
        if (!flink_join_scalar(g->l, &g->subqueries[i], g->outer, made, &g->joined))
            return false;
    return true;
}

static bool make(grouping *g, const flink_select *select, rows *in, rows *out) {
    lowering *l = g->l;
    output_item *items;
    int count;
    const expression *having;
    if (!refuse_star(l, &select->select) ||
        !flink_expand_select(l, &select->select, in, &items, &count) || !grouping_read(g, select))
        return false;
    grouping_place(g);
    if (g->set_count > 0 && !grouping_expand_sets(g, in))
        return false;
    for (int i = 0; i < g->groups.count; i++)
        flink_list_add(l, &g->needed, g->groups.items[i]);
    if (!lower_subqueries(g, items, count, select->having, in))
        return false;
    if (g->windowed && g->group_window &&
        !flink_needs_append(l, in, select->span, "A group window"))
        return false;
    if (!type_items(g, items, count, select->having, &having)) /* collects the calls */
        return false;
    rows made = {0};
    if (g->subquery_count > 0 && !make_node(g, in, &made))
        return false;
    int calls = g->call_count;
    const expression **values = type_items(g, items, count, select->having, &having);
    if (made.node && calls != g->call_count)
        return error_at(l->b.e, ERROR_UNSUPPORTED, select->span,
            "Aggregates of what is another value each time do not go with subqueries beside them");
    if (!values || (!made.node && !make_node(g, in, &made)))
        return false;
    if (having)
        made.node = flink_filter(l, made.node, having);
    for (int i = 0; i < count; i++)
        items[i].typed = values[i];
    return flink_project_items(l, &made, items, count, out);
}

bool flink_group_rows(
    lowering *l, const flink_select *select, const typing *outer, const rows *in, rows *out) {
    rows input = *in;
    grouping g = {.l = l,
        .in = &input,
        .outer = outer,
        .over_input = {.l = l, .rows = &input, .outer = outer, .clause = "GROUP BY"}};
    g.over_input.context = &g.below;
    g.over_input.replace = flink_replace_computed;
    return make(&g, select, &input, out);
}

/* ---- DISTINCT ---- */

bool flink_distinct_rows(lowering *l, const rows *in, rows *out) {
    rows input = *in;
    grouping g = {.l = l, .in = &input};
    int count = in->column_count;
    g.group_values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    g.group_columns = ARENA_ARRAY(l->b.arena, int, count + 1);
    g.item_count = count;
    for (int i = 0; i < count; i++)
        g.group_values[i] = flink_input(l, in->node, in->columns[i].index);
    grouping_place(&g);
    for (int i = 0; i < g.groups.count; i++)
        flink_list_add(l, &g.needed, g.groups.items[i]);
    bool appends = in->node->mode == CHANGELOG_APPEND;
    rows made = {.node = aggregate_node(&g, &input)};
    if (appends)
        made.node->mode = CHANGELOG_APPEND; /* a group comes once and never changes */
    describe(&g, &made);
    output_item *items = ARENA_ARRAY(l->b.arena, output_item, count + 1);
    for (int i = 0; i < count; i++)
        items[i] = (output_item){.typed = grouping_column(&g, i), .name = in->columns[i].name};
    return flink_project_items(l, &made, items, count, out);
}
