/* The elements of GROUP BY: expressions, group windows, GROUPING SETS, ROLLUP and CUBE. Several
 * sets give the input once for each, with the columns that a set leaves out as NULL and the set's
 * number as one more grouping column.
 */
#include "planner/flink/grouping.h"

/* ---- reading ---- */

static bool is_group_window(const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_CALL || ast->call.arguments.count < 2)
        return false;
    slice name = ast->call.name.text;
    return slice_is_ignore_case(name, "TUMBLE") || slice_is_ignore_case(name, "HOP") ||
           slice_is_ignore_case(name, "SESSION");
}

static bool read_group_window(grouping *g, const ast_expression *ast) {
    lowering *l = g->l;
    slice name = ast->call.name.text;
    const ast_expression_list *arguments = &ast->call.arguments;
    bool hop = slice_is_ignore_case(name, "HOP");
    const expression *time = flink_expression(&g->over_input, arguments->items[0]);
    if (!time)
        return false;
    rows_column traits = flink_traits(g->in, time);
    if (traits.time == TIME_NONE) {
        error_at(l->b.e, ERROR_STATEMENT, arguments->items[0]->span,
            "Window aggregate can only be defined over a time attribute column");
        return error_hint(
            l->b.e, "A time attribute has a WATERMARK in CREATE TABLE, or is AS PROCTIME().");
    }
    g->window = (plan_time_window){.time = -1, .start = -1, .end = -1};
    g->window.function = hop                                    ? PLAN_WINDOW_HOP
                         : slice_is_ignore_case(name, "TUMBLE") ? PLAN_WINDOW_TUMBLE
                                                                : PLAN_WINDOW_SESSION;
    if (arguments->count < 2 + hop)
        return error_at(l->b.e, ERROR_STATEMENT, ast->span, "HOP needs a slide and a size");
    if ((hop && !flink_interval(l, arguments->items[1], &g->window.step_ms)) ||
        !flink_interval(l, arguments->items[1 + hop], &g->window.size_ms) ||
        (arguments->count > 2 + hop &&
            !flink_interval(l, arguments->items[2 + hop], &g->window.offset_ms)))
        return false;
    if (g->window.size_ms <= 0 || (hop && g->window.step_ms <= 0))
        return error_at(
            l->b.e, ERROR_STATEMENT, ast->span, "The size of a window must be positive");
    flink_set_window_time(&g->window, &traits);
    g->group_window = ast;
    g->windowed = true;
    g->row_window = flink_row_window(l, &g->window);
    return true;
}

static bool add_item(grouping *g, const ast_expression *ast) {
    int i = g->item_count;
    if (is_group_window(ast)) {
        if (g->group_window)
            return error_at(
                g->l->b.e, ERROR_STATEMENT, ast->span, "Only one window can be grouped by");
        return read_group_window(g, ast);
    }
    const expression *value = flink_expression(&g->over_input, ast);
    if (!value)
        return false;
    for (int k = 0; k < i; k++)
        if (expression_equal(g->group_values[k], value))
            return true;
    g->group_asts[i] = ast;
    g->group_values[i] = value;
    g->item_count++;
    return true;
}

static int item_of(grouping *g, const ast_expression *ast) {
    const expression *value = flink_expression(&g->over_input, ast);
    for (int i = 0; value && i < g->item_count; i++)
        if (expression_equal(g->group_values[i], value))
            return i;
    return -1;
}

static uint64_t items_of(grouping *g, const ast_expression_list *list) {
    uint64_t set = 0;
    for (int i = 0; i < list->count; i++) {
        const ast_expression *ast = list->items[i];
        if (ast->kind == AST_EXPRESSION_ROW) {
            set |= items_of(g, &ast->row.items);
            continue;
        }
        int item = item_of(g, ast);
        set |= item < 0 ? 0 : UINT64_C(1) << item;
    }
    return set;
}

static bool add_items(grouping *g, const ast_expression_list *list) {
    for (int i = 0; i < list->count; i++) {
        const ast_expression *ast = list->items[i];
        if (ast->kind == AST_EXPRESSION_ROW ? !add_items(g, &ast->row.items) : !add_item(g, ast))
            return false;
    }
    return true;
}

enum { SET_LIMIT = 64 };

/* The sets of one element of GROUP BY. */
static int element_sets(grouping *g, const flink_grouping *element, uint64_t *sets) {
    int count = 0, items = element->items.count;
    switch ((int)element->kind) {
    case FLINK_GROUP_ROLLUP:
        for (int i = items; i >= 0 && count < SET_LIMIT; i--) {
            ast_expression_list head = {element->items.items, i};
            sets[count++] = items_of(g, &head);
        }
        return count;
    case FLINK_GROUP_CUBE:
        for (int mask = (1 << (items > 6 ? 6 : items)) - 1; mask >= 0; mask--) {
            uint64_t set = 0;
            for (int i = 0; i < items; i++) {
                ast_expression_list one = {element->items.items + i, 1};
                set |= mask >> (items - 1 - i) & 1 ? items_of(g, &one) : 0;
            }
            sets[count++] = set;
        }
        return count;
    case FLINK_GROUP_SETS:
        for (int s = 0; s < element->set_count && count < SET_LIMIT; s++)
            sets[count++] = items_of(g, &element->sets[s]);
        return count;
    default:
        sets[0] = items_of(g, &element->items);
        return 1;
    }
}

/* Every combination of the elements' sets. */
static bool read_sets(grouping *g, const flink_grouping_list *list) {
    bool several = false;
    for (int i = 0; i < list->count; i++)
        several = several || list->items[i].kind != FLINK_GROUP_EXPRESSION;
    if (!several)
        return true;
    g->sets = ARENA_ARRAY(g->l->b.arena, uint64_t, SET_LIMIT);
    g->set_count = 1;
    for (int i = 0; i < list->count; i++) {
        uint64_t own[SET_LIMIT + 1], product[SET_LIMIT];
        int count = element_sets(g, &list->items[i], own), made = 0;
        if (count * g->set_count > SET_LIMIT || g->item_count > 63)
            return error_at(g->l->b.e, ERROR_LIMIT, list->items[i].span,
                "GROUP BY has more than %d grouping sets", SET_LIMIT);
        for (int a = 0; a < g->set_count; a++)
            for (int b = 0; b < count; b++)
                product[made++] = g->sets[a] | own[b];
        for (int s = 0; s < made; s++)
            g->sets[s] = product[s];
        g->set_count = made;
    }
    return true;
}

bool grouping_read(grouping *g, const flink_select *select) {
    int room = 1;
    const flink_grouping_list *list = &select->group_by;
    for (int i = 0; i < list->count; i++) {
        room += list->items[i].items.count * 8;
        for (int s = 0; s < list->items[i].set_count; s++)
            room += list->items[i].sets[s].count * 8;
    }
    g->group_asts = ARENA_ARRAY(g->l->b.arena, const ast_expression *, room);
    g->group_values = ARENA_ARRAY(g->l->b.arena, const expression *, room);
    g->group_columns = ARENA_ARRAY(g->l->b.arena, int, room);
    for (int i = 0; i < list->count; i++) {
        if (!add_items(g, &list->items[i].items))
            return false;
        for (int s = 0; s < list->items[i].set_count; s++)
            if (!add_items(g, &list->items[i].sets[s]))
                return false;
    }
    return read_sets(g, list);
}

/* ---- windows of the input ---- */

/* Whether every grouping set has this column of the input. */
static bool in_every_set(const grouping *g, const rows_column *c) {
    uint64_t items = 0;
    for (int i = 0; i < g->item_count && g->set_count; i++)
        if (g->group_values[i]->kind == EXPRESSION_COLUMN && g->group_values[i]->index == c->index)
            items |= (uint64_t)1 << i;
    for (int s = 0; s < g->set_count; s++)
        if (!(g->sets[s] & items))
            return false;
    return true;
}

/* Windows of the input count when both bounds of the same ones are grouped by, always. */
static void find_windows(grouping *g) {
    const rows_column *found[WINDOW_ROLE_TIME + 1] = {0};
    for (int i = 0; i < g->item_count && !g->windowed; i++)
        for (int c = 0; c < g->in->column_count; c++)
            if (g->group_values[i]->kind == EXPRESSION_COLUMN &&
                g->in->columns[c].index == g->group_values[i]->index && g->in->columns[c].role)
                found[g->in->columns[c].role] = &g->in->columns[c];
    const rows_column *start = found[WINDOW_ROLE_START], *end = found[WINDOW_ROLE_END];
    if (!start || !end || !flink_same_window(start->window, end->window) ||
        g->in->node->mode != CHANGELOG_APPEND || !in_every_set(g, start) || !in_every_set(g, end))
        return;
    g->windowed = true;
    g->row_window = start->window;
    g->window = (plan_time_window){.function = PLAN_WINDOW_ATTACHED,
        .time = -1,
        .start = start->index,
        .end = end->index,
        .processing_time = start->window->processing_time};
    for (int i = 0; i < g->item_count; i++)
        for (int role = WINDOW_ROLE_START; role <= WINDOW_ROLE_TIME; role++)
            if (found[role] && g->group_values[i]->kind == EXPRESSION_COLUMN &&
                g->group_values[i]->index == found[role]->index)
                g->group_columns[i] = -1 - role;
}

/* ---- sets ---- */

/* The input once for each set, with the columns that the set leaves out NULL and the set's number
 * behind them. */
bool grouping_expand_sets(grouping *g, rows *in) {
    lowering *l = g->l;
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    const expression **numbers = ARENA_ARRAY(l->b.arena, const expression *, g->set_count);
    for (int s = 0; s < g->set_count; s++) {
        column *number = build_literal_column(&scope, &SQL_TYPE_INTEGER);
        column_append_int32(number, s);
        numbers[s] = build_literal_value(&scope, number, SPAN_NONE);
    }
    const expression *list = build_node(&scope, EXPRESSION_ARRAY,
        sql_type_array(l->b.arena, &SQL_TYPE_INTEGER), SPAN_NONE, numbers, g->set_count);
    function_binding *binding = ARENA_NEW(l->b.arena, function_binding);
    function_argument shape = {.type = list->type};
    if (!function_bind(l->b.arena, SLICE_LITERAL("EXPLODE"), &shape, 1, binding, l->b.e))
        return false;
    int width = in->node->column_count;
    plan_node *node = flink_node(l, PLAN_TABLE_FUNCTION, in->node, NULL);
    plan_column *columns = planning_columns(&l->b, node, width + 1);
    for (int i = 0; i < width; i++)
        columns[i] = in->node->columns[i];
    columns[width] = (plan_column){SLICE_LITERAL("$set"), &SQL_TYPE_INTEGER};
    const function_binding **calls = ARENA_ARRAY(l->b.arena, const function_binding *, 1);
    const expression *const **arguments = ARENA_ARRAY(l->b.arena, const expression *const *, 1);
    const expression **argument = ARENA_ARRAY(l->b.arena, const expression *, 1);
    calls[0] = binding;
    argument[0] = list;
    arguments[0] = argument;
    node->table_function.calls = calls;
    node->table_function.arguments = arguments;
    node->table_function.call_count = 1;
    in->node = node;
    const expression *set = flink_input(l, node, width);
    for (int i = 0; i < g->item_count; i++) {
        const expression *parts[2 * SET_LIMIT + 1];
        int count = 0;
        for (int s = 0; s < g->set_count; s++)
            if (g->sets[s] >> i & 1) {
                parts[count++] = build_compare(&scope, COMPARE_EQUAL, set, numbers[s], SPAN_NONE);
                parts[count++] = g->group_values[i];
            }
        parts[count++] = build_null_value(&scope, g->group_values[i]->type, SPAN_NONE);
        expression *value =
            build_node(&scope, EXPRESSION_CASE, g->group_values[i]->type, SPAN_NONE, parts, count);
        value->has_else = true;
        if (g->group_columns[i] >= 0)
            g->groups.items[g->group_columns[i]] = value;
    }
    g->set_column = flink_list_add(l, &g->groups, set);
    return true;
}

void grouping_place(grouping *g) {
    find_windows(g);
    for (int i = 0; i < g->item_count; i++)
        if (g->group_columns[i] >= 0)
            g->group_columns[i] = flink_list_add(g->l, &g->groups, g->group_values[i]);
}
