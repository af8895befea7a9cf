/* Calls with OVER. Calls with equal windows are computed by one node:
 *
 *   ROW_NUMBER() OVER (...)  a TOP N without a bound; the filter on it gives the bound (rewrite.c)
 *   SUM(x) OVER (...)        an OVER node, which goes through the rows in order of time
 */
#include "planner/flink/lowering.h"

typedef struct over_window {
    const flink_over *ast;
    bool is_rank;
    expression_list partition; /* over the rows */
    const ast_order_list *order;
    bool has_frame, is_range;
    flink_frame_bound from;
} over_window;

typedef struct over_calls {
    const ast_expression **items;
    int count, capacity;
} over_calls;

static bool is_ranking(const ast_expression *call) {
    slice name = call->call.name.text;
    return slice_is_ignore_case(name, "ROW_NUMBER");
}

static bool collect(void *context, const ast_expression *part) {
    over_calls *calls = context;
    if (part->kind == AST_EXPRESSION_OVER && calls->count < calls->capacity)
        calls->items[calls->count++] = part;
    return false;
}

static bool named_window(
    lowering *l, const flink_select *select, ast_name name, const flink_over **out) {
    for (int i = 0; i < select->windows.count; i++)
        if (slice_equal(select->windows.items[i].name.text, name.text)) {
            *out = &select->windows.items[i].over;
            return true;
        }
    return error_at(
        l->b.e, ERROR_NOT_FOUND, name.span, "There is no window '%.*s'", SLICE_ARG(name.text));
}

static bool read_window(lowering *l, const flink_select *select, const ast_expression *call,
    typing *t, over_window *out) {
    const flink_over *over = call->over.window;
    const flink_over *base = over;
    *out = (over_window){.ast = over, .is_rank = is_ranking(call->over.call)};
    if (ast_name_given(over->base) && !named_window(l, select, over->base, &base))
        return false;
    const ast_expression_list *partition =
        over->partition_by.count ? &over->partition_by : &base->partition_by;
    out->order = over->order_by.count ? &over->order_by : &base->order_by;
    const flink_over *framed = over->has_frame ? over : base;
    out->has_frame = framed->has_frame;
    out->is_range = framed->is_range;
    out->from = framed->from;
    if (framed->has_frame && framed->to.kind != FLINK_CURRENT_ROW)
        return error_at(l->b.e, ERROR_UNSUPPORTED, call->span,
            "OVER RANGE FOLLOWING windows are not supported: the frame must end with CURRENT ROW");
    for (int i = 0; i < partition->count; i++) {
        const expression *e = flink_expression(t, partition->items[i]);
        if (!e)
            return false;
        flink_list_add(l, &out->partition, e);
    }
    if (out->order->count == 0 && !out->is_rank)
        return error_at(l->b.e, ERROR_STATEMENT, call->span,
            "OVER windows' ordering in stream mode must be defined on a time attribute");
    return true;
}

static int column_for(lowering *l, rows *r, const expression *e) {
    return e->kind == EXPRESSION_COLUMN ? e->index : flink_add_column(l, r, e, "$over");
}

static const int *partition_columns(lowering *l, const over_window *w, rows *r) {
    int *columns = ARENA_ARRAY(l->b.arena, int, w->partition.count + 1);
    for (int i = 0; i < w->partition.count; i++)
        columns[i] = column_for(l, r, w->partition.items[i]);
    return columns;
}

/* ---- ranks ---- */

static bool rank(lowering *l, const over_window *w, typing *t, rows *r, int *column) {
    const int *partition = partition_columns(l, w, r);
    plan_order *order = ARENA_ARRAY(l->b.arena, plan_order, w->order->count + 1);
    for (int i = 0; i < w->order->count; i++) {
        const ast_order_item *item = &w->order->items[i];
        const expression *e = flink_expression(t, item->expression);
        if (!e)
            return false;
        order[i] = (plan_order){column_for(l, r, e), item->descending,
            item->nulls == AST_NULLS_DEFAULT ? !item->descending : item->nulls == AST_NULLS_FIRST};
    }
    *column = r->node->column_count;
    if (!flink_top_rows(l, r, order, w->order->count, partition, w->partition.count, 1, -1, true))
        return false;
    int *key = ARENA_ARRAY(l->b.arena, int, w->partition.count + 1);
    for (int i = 0; i < w->partition.count; i++)
        key[i] = partition[i];
    key[w->partition.count] = *column;
    flink_add_key(l, r, key, w->partition.count + 1);
    return true;
}

/* ---- aggregates ---- */

static bool read_frame(lowering *l, const over_window *w, typing *t, plan_frame *out) {
    *out = (plan_frame){.is_range = !w->has_frame || w->is_range, .is_unbounded = true};
    if (!w->has_frame || w->from.kind == FLINK_UNBOUNDED_PRECEDING)
        return true;
    out->is_unbounded = false;
    if (w->from.kind == FLINK_CURRENT_ROW)
        return true;
    if (w->from.kind != FLINK_PRECEDING)
        return error_at(l->b.e, ERROR_UNSUPPORTED, w->ast->span, "A frame starts before the row");
    const expression *e = flink_expression(t, w->from.value);
    if (!e)
        return false;
    if (!flink_constant_int64(e, &out->preceding) || (e->type == &FLINK_INTERVAL_MS) != w->is_range)
        return error_at(l->b.e, ERROR_STATEMENT, w->from.value->span,
            w->is_range ? "RANGE needs an INTERVAL" : "ROWS needs a number of rows");
    return true;
}

static bool aggregates(lowering *l, const over_window *w, typing *t,
    const ast_expression *const *asts, int count, rows *r, int *columns) {
    const expression *time = flink_expression(t, w->order->items[0].expression);
    if (!time)
        return false;
    rows_column traits = flink_traits(r, time);
    if (traits.time == TIME_NONE || w->order->items[0].descending || w->order->count > 1) {
        error_at(l->b.e, ERROR_STATEMENT, w->order->items[0].span,
            "OVER windows' ordering in stream mode must be defined on a time attribute, ascending");
        return error_hint(l->b.e, "A time attribute has a WATERMARK in CREATE TABLE.");
    }
    if (!flink_needs_append(l, r, asts[0]->span, "OVER"))
        return false;
    plan_frame frame;
    if (!read_frame(l, w, t, &frame))
        return false;
    expression_list list = {0};
    int width = r->node->column_count;
    plan_call *calls = ARENA_ARRAY(l->b.arena, plan_call, count + 1);
    for (int i = 0; i < count; i++) {
        if (!flink_aggregate_function(asts[i]->over.call))
            return error_at(l->b.e, ERROR_NOT_FOUND, asts[i]->span,
                "There is no aggregate function %.*s",
                SLICE_ARG(asts[i]->over.call->call.name.text));
        if (!flink_aggregate_call(t, asts[i]->over.call, &list, &calls[i]))
            return false;
    }
    const int *partition = partition_columns(l, w, r);
    int *places = ARENA_ARRAY(l->b.arena, int, list.count + 1);
    for (int i = 0; i < list.count; i++)
        places[i] = column_for(l, r, list.items[i]);
    for (int i = 0; i < count; i++) {
        int *arguments = ARENA_ARRAY(l->b.arena, int, calls[i].argument_count + 1);
        for (int a = 0; a < calls[i].argument_count; a++)
            arguments[a] = places[calls[i].arguments[a]];
        calls[i].arguments = arguments;
        calls[i].filter = calls[i].filter < 0 ? -1 : places[calls[i].filter];
    }
    (void)width;
    plan_node *node = flink_node(l, PLAN_OVER, r->node, NULL);
    int base = r->node->column_count;
    plan_column *made = planning_columns(&l->b, node, base + count);
    for (int i = 0; i < base; i++)
        made[i] = r->node->columns[i];
    for (int i = 0; i < count; i++) {
        columns[i] = base + i;
        made[base + i] = (plan_column){planning_text(&l->b, "$over%d", base + i), calls[i].result};
    }
    node->store = flink_store(l, "Over");
    node->over.partition = partition;
    node->over.partition_count = w->partition.count;
    node->over.time = traits.time == TIME_PROCESSING ? -1 : traits.index;
    node->over.frame = frame;
    node->over.call_count = count;
    node->over.calls = calls;
    node->over.ttl_ms = flink_state_ttl(l, r);
    r->node = node;
    return true;
}

/* ---- all of a list ---- */

static bool same_frame(const over_window *a, const over_window *b) {
    const ast_expression *x = a->from.value, *y = b->from.value;
    if (!a->has_frame || !b->has_frame)
        return a->has_frame == b->has_frame;
    if (a->is_range != b->is_range || a->from.kind != b->from.kind || !x != !y)
        return false;
    if (!x || x->kind != y->kind)
        return !x;
    return x->kind == AST_EXPRESSION_INTERVAL
               ? x->interval.is_months == y->interval.is_months &&
                     x->interval.amount == y->interval.amount
               : x->kind == AST_EXPRESSION_LITERAL && slice_equal(x->literal.text, y->literal.text);
}

static bool same_window(const over_window *a, const over_window *b) {
    if (a->ast == b->ast)
        return true;
    if (a->is_rank || b->is_rank || a->partition.count != b->partition.count || !same_frame(a, b) ||
        a->order->count != 1 || b->order->count != 1)
        return false;
    for (int i = 0; i < a->partition.count; i++)
        if (!expression_equal(a->partition.items[i], b->partition.items[i]))
            return false;
    return true;
}

typedef struct derived_call {
    const ast_expression *call;
    ast_expression *made; /* what it means */
} derived_call;

typedef struct derived_calls {
    derived_call *items;
    int count;
} derived_calls;

/* Calls that mean an expression give way to the calls in it. */
static bool derive_calls(
    lowering *l, const flink_select *select, over_calls *calls, derived_calls *derived) {
    over_calls simple = {
        ARENA_ARRAY(l->b.arena, const ast_expression *, calls->capacity), 0, calls->capacity};
    for (int i = 0; i < calls->count; i++) {
        const ast_expression *call = calls->items[i];
        if (!flink_over_is_derived(call)) {
            collect(&simple, call);
            continue;
        }
        const flink_over *over = call->over.window, *base = over;
        if (ast_name_given(over->base) && !named_window(l, select, over->base, &base))
            return false;
        flink_over window = *base;
        if (over->partition_by.count > 0)
            window.partition_by = over->partition_by;
        if (over->order_by.count > 0)
            window.order_by = over->order_by;
        ast_expression *made = flink_derive_over(l, call, &window);
        if (!made)
            return false;
        derived->items[derived->count++] = (derived_call){call, made};
        ast_expression_visit(made, collect, &simple);
    }
    *calls = simple;
    return true;
}

static bool add_derived(
    lowering *l, typing *t, const derived_calls *derived, rows *r, computed_columns *computed) {
    const ast_expression **asts =
        ARENA_ARRAY(l->b.arena, const ast_expression *, computed->count + derived->count + 1);
    int *columns = ARENA_ARRAY(l->b.arena, int, computed->count + derived->count + 1);
    for (int i = 0; i < computed->count; i++) {
        asts[i] = computed->asts[i];
        columns[i] = computed->columns[i];
    }
    for (int i = 0; i < derived->count; i++) {
        const expression *e = flink_expression(t, derived->items[i].made);
        if (!e)
            return false;
        asts[computed->count + i] = derived->items[i].call;
        columns[computed->count + i] = column_for(l, r, e);
    }
    *computed = (computed_columns){asts, columns, computed->count + derived->count};
    return true;
}

bool flink_over_rows(lowering *l, const flink_select *select, const output_item *items, int count,
    const typing *outer, rows *r, computed_columns *computed) {
    enum { CALL_LIMIT = 1000 };
    over_calls calls = {ARENA_ARRAY(l->b.arena, const ast_expression *, CALL_LIMIT), 0, CALL_LIMIT};
    for (int i = 0; i < count; i++)
        if (items[i].ast)
            ast_expression_visit(items[i].ast, collect, &calls);
    if (calls.count == 0)
        return true;
    derived_calls derived = {ARENA_ARRAY(l->b.arena, derived_call, CALL_LIMIT), 0};
    if (!derive_calls(l, select, &calls, &derived))
        return false;
    typing t = {.l = l,
        .rows = r,
        .outer = outer,
        .clause = "OVER",
        .context = computed,
        .replace = flink_replace_computed};
    over_window *windows = ARENA_ARRAY(l->b.arena, over_window, calls.count);
    bool *done = ARENA_ARRAY(l->b.arena, bool, calls.count);
    int *columns = ARENA_ARRAY(l->b.arena, int, calls.count);
    for (int i = 0; i < calls.count; i++)
        if (!read_window(l, select, calls.items[i], &t, &windows[i]))
            return false;
    for (int i = 0; i < calls.count; i++) {
        if (done[i])
            continue;
        if (windows[i].is_rank) {
            if (!rank(l, &windows[i], &t, r, &columns[i]))
                return false;
            continue;
        }
        const ast_expression **group = ARENA_ARRAY(l->b.arena, const ast_expression *, calls.count);
        int *members = ARENA_ARRAY(l->b.arena, int, calls.count),
            *made = ARENA_ARRAY(l->b.arena, int, calls.count), size = 0;
        for (int k = i; k < calls.count; k++)
            if (!done[k] && (k == i || same_window(&windows[i], &windows[k]))) {
                group[size] = calls.items[k];
                members[size++] = k;
                done[k] = true;
            }
        if (!aggregates(l, &windows[i], &t, group, size, r, made))
            return false;
        for (int k = 0; k < size; k++)
            columns[members[k]] = made[k];
    }
    const ast_expression **asts =
        ARENA_ARRAY(l->b.arena, const ast_expression *, computed->count + calls.count);
    int *all = ARENA_ARRAY(l->b.arena, int, computed->count + calls.count);
    for (int i = 0; i < computed->count; i++) {
        asts[i] = computed->asts[i];
        all[i] = computed->columns[i];
    }
    for (int i = 0; i < calls.count; i++) {
        asts[computed->count + i] = calls.items[i];
        all[computed->count + i] = columns[i];
    }
    *computed = (computed_columns){asts, all, computed->count + calls.count};
    return add_derived(l, &t, &derived, r, computed);
}
