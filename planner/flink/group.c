/* GROUP BY, HAVING and the SELECT list above them.
 *
 *   PROJECT (grouping expressions, arguments, filters) -> GROUP AGGREGATE -> FILTER -> PROJECT
 *
 * When the start and the end of a window are among the grouping expressions, or a group window
 * (TUMBLE(t, size), HOP, SESSION) is, the windows belong to a WINDOW AGGREGATE. The list and HAVING
 * are typed twice: once to collect the aggregates they call, once more when their columns are
 * known.
 */
#include "planner/flink/lowering.h"

#include <stdio.h>

typedef struct grouping {
    lowering *l;
    const rows *in;
    const typing *outer;
    typing over_input;
    expression_list groups;            /* without those of the windows */
    const ast_expression **group_asts; /* of GROUP BY, the windows' included */
    const expression **group_values;
    int *group_columns; /* place among `groups`; -1 - role: of the window */
    int item_count;
    expression_list needed; /* groups, then arguments */
    plan_call *calls;
    int call_count, call_capacity;
    bool windowed;
    plan_time_window window;
    const row_window *row_window;
    const ast_expression *group_window; /* TUMBLE(...) of GROUP BY; NULL: none */
    /* GROUPING SETS: bit i of sets[s]: item i is in set s. The set's number is a grouping column.
     */
    uint64_t *sets;
    int set_count, set_column;
} grouping;

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

static const expression *group_column(grouping *g, int item) {
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
            return group_column(g, i);
    return NULL;
}

static const expression *replace_grouped(
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

/* ---- GROUP BY ---- */

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

static bool read_groups(grouping *g, const flink_select *select) {
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

/* The input once for each set, with the columns that the set leaves out NULL and the set's number
 * behind them. */
static bool expand_sets(grouping *g, rows *in) {
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

static void place_groups(grouping *g) {
    find_windows(g);
    for (int i = 0; i < g->item_count; i++)
        if (g->group_columns[i] >= 0)
            g->group_columns[i] = flink_list_add(g->l, &g->groups, g->group_values[i]);
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
    typing t = {
        .l = g->l, .outer = g->outer, .clause = "SELECT", .context = g, .replace = replace_grouped};
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

static bool make(grouping *g, const flink_select *select, rows *in, rows *out) {
    lowering *l = g->l;
    output_item *items;
    int count;
    const expression *having;
    if (!refuse_star(l, &select->select) ||
        !flink_expand_select(l, &select->select, in, &items, &count) || !read_groups(g, select))
        return false;
    place_groups(g);
    if (g->set_count > 0 && !expand_sets(g, in))
        return false;
    for (int i = 0; i < g->groups.count; i++)
        flink_list_add(l, &g->needed, g->groups.items[i]);
    if (g->windowed && g->group_window &&
        !flink_needs_append(l, in, select->span, "A group window"))
        return false;
    if (!type_items(g, items, count, select->having, &having)) /* collects the calls */
        return false;
    const expression **values = type_items(g, items, count, select->having, &having);
    if (!values)
        return false;
    rows made = {.node = aggregate_node(g, in)};
    describe(g, &made);
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
    place_groups(&g);
    for (int i = 0; i < g.groups.count; i++)
        flink_list_add(l, &g.needed, g.groups.items[i]);
    bool appends = in->node->mode == CHANGELOG_APPEND;
    rows made = {.node = aggregate_node(&g, &input)};
    if (appends)
        made.node->mode = CHANGELOG_APPEND; /* a group comes once and never changes */
    describe(&g, &made);
    output_item *items = ARENA_ARRAY(l->b.arena, output_item, count + 1);
    for (int i = 0; i < count; i++)
        items[i] = (output_item){.typed = group_column(&g, i), .name = in->columns[i].name};
    return flink_project_items(l, &made, items, count, out);
}
