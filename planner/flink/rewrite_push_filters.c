/* Filters go down to where their columns come from: through projections (whose expressions take the
 * columns' place), exchanges, unions, and the sides of joins that they speak of. Filters on the
 * rank of a Top-N become its bounds. A filter stops above a watermark, which has to see all rows;
 * but a watermark that nothing waits for is taken out first.
 */
#include "planner/flink/rewrite.h"

typedef struct conditions {
    const expression **items;
    int count, capacity;
} conditions;

static void add(lowering *l, conditions *c, const expression *e) {
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 4;
        const expression **items = ARENA_ARRAY(l->b.arena, const expression *, c->capacity);
        for (int i = 0; i < c->count; i++)
            items[i] = c->items[i];
        c->items = items;
    }
    c->items[c->count++] = e;
}

static plan_node *push(lowering *l, plan_node *node, const conditions *given, bool timed);

/* A filter above the node for the conditions that stay there. */
static plan_node *stay(lowering *l, plan_node *node, const conditions *c) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    const expression *all = NULL;
    for (int i = 0; i < c->count; i++)
        all = flink_and(&scope, all, c->items[i]);
    return all ? flink_filter(l, node, all) : node;
}

/* Those over columns that pass through the node go on below it, renumbered by `map` (-1: not
 * there). */
static plan_node *pass(
    lowering *l, plan_node *node, int side, const conditions *given, const int *map, bool timed) {
    conditions below = {0}, here = {0};
    for (int i = 0; i < given->count; i++) {
        bool *used = ARENA_ARRAY(l->b.arena, bool, node->column_count + 1);
        expression_columns(given->items[i], used);
        bool fits = true, any = false;
        for (int c = 0; c < node->column_count; c++) {
            fits = fits && (!used[c] || map[c] >= 0);
            any = any || used[c];
        }
        if (fits && any && !flink_is_volatile(given->items[i]))
            add(l, &below, flink_renumber(l->b.arena, given->items[i], map));
        else
            add(l, &here, given->items[i]);
    }
    node->inputs[side] = push(l, node->inputs[side], &below, timed);
    return stay(l, node, &here);
}

static int *no_columns(lowering *l, const plan_node *node) {
    int *map = ARENA_ARRAY(l->b.arena, int, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        map[i] = -1;
    return map;
}

static plan_node *through_project(
    lowering *l, plan_node *node, const conditions *given, bool timed) {
    conditions below = {0}, here = {0};
    for (int i = 0; i < given->count; i++) {
        const expression *moved =
            flink_substitute(l->b.arena, given->items[i], node->project.expressions);
        add(l, flink_is_volatile(moved) ? &here : &below,
            flink_is_volatile(moved) ? given->items[i] : moved);
    }
    node->inputs[0] = push(l, node->inputs[0], &below, timed);
    return stay(l, node, &here);
}

static plan_node *through_join(lowering *l, plan_node *node, const conditions *given, bool timed) {
    bool temporal = node->kind == PLAN_TEMPORAL_JOIN;
    join_kind kind = temporal ? node->temporal_join.kind : node->relational_join.kind;
    int left = node->inputs[0]->column_count;
    bool to_left = kind != JOIN_RIGHT && kind != JOIN_FULL;
    bool to_right = !temporal && (kind == JOIN_INNER || kind == JOIN_RIGHT);
    conditions sides[2] = {{0}, {0}}, here = {0};
    int *map = ARENA_ARRAY(l->b.arena, int, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        map[i] = i - left;
    for (int i = 0; i < given->count; i++) {
        const expression *e = given->items[i];
        if (to_left && flink_reads_only(e, 0, left, 0))
            add(l, &sides[0], e);
        else if (to_right && flink_reads_only(e, left, node->column_count - left, 0))
            add(l, &sides[1], flink_renumber(l->b.arena, e, map));
        else
            add(l, &here, e);
    }
    for (int i = 0; i < 2; i++)
        node->inputs[i] = push(l, node->inputs[i], &sides[i], timed);
    return stay(l, node, &here);
}

/* rank <= 3 and its like: narrows the Top-N. */
static bool take_bound(plan_node *node, const expression *e) {
    if (e->kind != EXPRESSION_COMPARE)
        return false;
    const expression *a = e->arguments[0], *b = e->arguments[1];
    compare_operator operation = e->compare;
    int rank = node->column_count - 1;
    if (b->kind == EXPRESSION_COLUMN) {
        const expression *swap = a;
        a = b;
        b = swap;
        operation = compare_mirrored(operation);
    }
    int64_t n;
    if (a->kind != EXPRESSION_COLUMN || a->index != rank || !flink_constant_int64(b, &n))
        return false;
    bool lower = operation == COMPARE_EQUAL || operation == COMPARE_GREATER ||
                 operation == COMPARE_GREATER_OR_EQUAL;
    bool upper = operation == COMPARE_EQUAL || operation == COMPARE_LESS ||
                 operation == COMPARE_LESS_OR_EQUAL;
    n += (operation == COMPARE_GREATER) - (operation == COMPARE_LESS);
    if (lower && n > node->top_n.from)
        node->top_n.from = n;
    if (upper && (node->top_n.to < 0 || n < node->top_n.to))
        node->top_n.to = n < 0 ? 0 : n;
    return lower || upper;
}

static plan_node *through_top_n(lowering *l, plan_node *node, const conditions *given, bool timed) {
    conditions rest = {0};
    for (int i = 0; i < given->count; i++)
        if (!node->top_n.has_rank || !take_bound(node, given->items[i]))
            add(l, &rest, given->items[i]);
    int *map = no_columns(l, node);
    for (int i = 0; i < node->top_n.partition_count; i++)
        map[node->top_n.partition[i]] = node->top_n.partition[i];
    return pass(l, node, 0, &rest, map, timed || node->top_n.window_end >= 0);
}

static plan_node *through_group(lowering *l, plan_node *node, const conditions *given, bool timed) {
    int *map = no_columns(l, node);
    for (int i = 0; i < node->group.group_count; i++)
        map[i] = node->group.groups[i];
    bool event = node->kind == PLAN_WINDOW_AGGREGATE && !node->group.window.processing_time;
    return pass(l, node, 0, given, map, timed || event);
}

static plan_node *through_over(lowering *l, plan_node *node, const conditions *given, bool timed) {
    int *map = no_columns(l, node);
    for (int i = 0; i < node->over.partition_count; i++)
        map[node->over.partition[i]] = node->over.partition[i];
    return pass(l, node, 0, given, map, timed || node->over.time >= 0);
}

static plan_node *through_same(lowering *l, plan_node *node, const conditions *given, bool timed) {
    int width = node->inputs[0]->column_count, *map = no_columns(l, node);
    for (int i = 0; i < width; i++)
        map[i] = i;
    return pass(l, node, 0, given, map, timed);
}

static plan_node *push(lowering *l, plan_node *node, const conditions *given, bool timed) {
    const conditions none = {0};
    conditions all = {0};
    const expression **parts;
    int count;
    switch (node->kind) {
    case PLAN_FILTER:
        count = flink_conjuncts(l, node->filter.predicate, &parts);
        for (int i = 0; i < count; i++)
            add(l, &all, parts[i]);
        for (int i = 0; i < given->count; i++)
            add(l, &all, given->items[i]);
        return push(l, node->inputs[0], &all, timed);
    case PLAN_PROJECT:
        return through_project(l, node, given, timed);
    case PLAN_WATERMARK:
        if (!timed)
            return push(l, node->inputs[0], given, false);
        node->inputs[0] = push(l, node->inputs[0], &none, true);
        return stay(l, node, given);
    case PLAN_EXCHANGE:
    case PLAN_WINDOW:
    case PLAN_TABLE_FUNCTION:
        return through_same(l, node, given, timed);
    case PLAN_JOIN:
        return through_join(l, node, given, timed);
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
        return through_join(l, node, given, true);
    case PLAN_TEMPORAL_JOIN:
        return through_join(l, node, given, timed || node->temporal_join.left_time >= 0);
    case PLAN_GROUP_AGGREGATE:
    case PLAN_WINDOW_AGGREGATE:
        return through_group(l, node, given, timed);
    case PLAN_TOP_N:
        return through_top_n(l, node, given, timed);
    case PLAN_OVER:
        return through_over(l, node, given, timed);
    case PLAN_UNION:
        for (int i = 0; i < 2; i++)
            node->inputs[i] = push(l, node->inputs[i], given, timed);
        return node;
    default:
        timed = timed || node->kind == PLAN_TEMPORAL_SORT || node->kind == PLAN_MATCH;
        for (int i = 0; i < node->input_count; i++)
            node->inputs[i] = push(l, node->inputs[i], &none, timed);
        return stay(l, node, given);
    }
}

plan_node *flink_push_filters(lowering *l, plan_node *root) {
    const conditions none = {0};
    return push(l, root, &none, false);
}
