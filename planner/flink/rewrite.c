/* The order of the rewrites, and small ones. */
#include "planner/flink/rewrite.h"

/* ---- projections ---- */

static bool reads_volatile(const plan_node *project) {
    for (int i = 0; i < project->column_count; i++)
        if (flink_is_volatile(project->project.expressions[i]))
            return true;
    return false;
}

static int size_of(const expression *e) {
    int size = 1;
    for (int i = 0; i < e->argument_count; i++)
        size += e->arguments[i] ? size_of(e->arguments[i]) : 0;
    return size;
}

static int project_size(const plan_node *project) {
    int size = 0;
    for (int i = 0; i < project->column_count; i++)
        size += size_of(project->project.expressions[i]);
    return size;
}

enum { SIZE_LIMIT = 5000 };

/* The upper projection over the lower one's input; false when that would make it too large. */
static bool compose(lowering *l, plan_node *upper, const plan_node *lower) {
    const expression **made = ARENA_ARRAY(l->b.arena, const expression *, upper->column_count + 1);
    int size = 0, limit = 4 * (project_size(upper) + project_size(lower)) + 100;
    for (int i = 0; i < upper->column_count; i++) {
        made[i] =
            flink_substitute(l->b.arena, upper->project.expressions[i], lower->project.expressions);
        size += size_of(made[i]);
    }
    if (size > limit || size > SIZE_LIMIT)
        return false;
    upper->project.expressions = made;
    upper->inputs[0] = lower->inputs[0];
    return true;
}

/* EXCHANGE below PROJECT becomes PROJECT below EXCHANGE: fewer columns go through it. */
static plan_node *swap_exchange(plan_node *project) {
    plan_node *exchange = project->inputs[0];
    project->inputs[0] = exchange->inputs[0];
    exchange->inputs[0] = project;
    exchange->columns = project->columns;
    exchange->column_count = project->column_count;
    return exchange;
}

plan_node *flink_merge_projects(lowering *l, plan_node *root) {
    for (int i = 0; i < root->input_count; i++)
        root->inputs[i] = flink_merge_projects(l, root->inputs[i]);
    if (root->kind != PLAN_PROJECT)
        return root;
    plan_node *input = root->inputs[0];
    if (input->kind == PLAN_PROJECT && !reads_volatile(input) && compose(l, root, input))
        return flink_merge_projects(l, root);
    if (input->kind == PLAN_EXCHANGE && !reads_volatile(root)) {
        plan_node *exchange = swap_exchange(root);
        exchange->inputs[0] = flink_merge_projects(l, exchange->inputs[0]);
        return exchange;
    }
    return root;
}

/* ---- windows ---- */

static bool reads_window(const expression *e, int width) {
    if (e->kind == EXPRESSION_COLUMN)
        return e->index >= width;
    for (int i = 0; i < e->argument_count; i++)
        if (e->arguments[i] && reads_window(e->arguments[i], width))
            return true;
    return false;
}

/* The projection between gives the bounds for nothing but the aggregate. */
static bool only_bounds(const plan_node *aggregate, const plan_node *project, int width) {
    for (int i = 0; i < project->column_count; i++)
        if (i != aggregate->group.window.start && i != aggregate->group.window.end &&
            reads_window(project->project.expressions[i], width))
            return false;
    const expression *start = project->project.expressions[aggregate->group.window.start];
    const expression *end = project->project.expressions[aggregate->group.window.end];
    return start->kind == EXPRESSION_COLUMN && start->index == width &&
           end->kind == EXPRESSION_COLUMN && end->index == width + 1;
}

static void merge_window(lowering *l, plan_node *aggregate) {
    plan_node *project = aggregate->inputs[0];
    plan_node *window = project->kind == PLAN_PROJECT ? project->inputs[0] : NULL;
    if (!window || window->kind != PLAN_WINDOW)
        return;
    int width = window->inputs[0]->column_count;
    if (!only_bounds(aggregate, project, width))
        return;
    int start = aggregate->group.window.start, end = aggregate->group.window.end;
    const expression **made =
        ARENA_ARRAY(l->b.arena, const expression *, project->column_count + 1);
    plan_column *columns = ARENA_ARRAY(l->b.arena, plan_column, project->column_count + 1);
    plan_time_window w = window->time_window.window;
    const expression *time = flink_input(l, window->inputs[0], w.time < 0 ? 0 : w.time);
    for (int i = 0; i < project->column_count; i++) {
        bool bound = i == start || i == end;
        made[i] = bound ? time : project->project.expressions[i];
        columns[i] =
            bound ? window->inputs[0]->columns[w.time < 0 ? 0 : w.time] : project->columns[i];
    }
    project->project.expressions = made;
    project->columns = columns;
    project->inputs[0] = window->inputs[0];
    w.time = w.time < 0 ? -1 : start;
    aggregate->group.window = w;
}

bool flink_merge_windows(lowering *l, plan_node *root) {
    if (root->kind == PLAN_WINDOW_AGGREGATE && root->group.window.function == PLAN_WINDOW_ATTACHED)
        merge_window(l, root);
    if (root->kind == PLAN_WINDOW && root->time_window.window.function == PLAN_WINDOW_SESSION) {
        error_at(l->b.e, ERROR_UNSUPPORTED, SPAN_NONE,
            "SESSION windows are known only when they close: they need an aggregate");
        return error_hint(
            l->b.e, "Add GROUP BY window_start, window_end and the partition's columns.");
    }
    for (int i = 0; i < root->input_count; i++)
        if (!flink_merge_windows(l, root->inputs[i]))
            return false;
    return true;
}

/* ---- all of them ---- */

/* Inputs before consumers, each once, numbered so. */
static void collect(lowering *l, plan_node *node) {
    if (node->id >= 0)
        return;
    for (int i = 0; i < node->input_count; i++)
        collect(l, node->inputs[i]);
    node->id = l->b.node_count;
    l->b.nodes[l->b.node_count++] = node;
}

static void renumber(lowering *l, plan_node *root) {
    plan_node **nodes = ARENA_ARRAY(l->b.arena, plan_node *, l->b.node_count + 1);
    for (int i = 0; i < l->b.node_count; i++)
        l->b.nodes[i]->id = -1;
    l->b.nodes = nodes;
    l->b.node_capacity = l->b.node_count;
    l->b.node_count = 0;
    collect(l, root);
}

bool flink_rewrite(lowering *l) {
    plan_node *root = l->b.nodes[l->b.node_count - 1];
    root = flink_push_filters(l, root);
    root = flink_merge_projects(l, root);
    if (!flink_merge_windows(l, root))
        return false;
    root = flink_merge_projects(l, root);
    flink_simplify(l, root);
    flink_share(l, root);
    renumber(l, root);
    rewrite_prune_columns(&l->b);
    rewrite_drop_projects(&l->b);
    root = l->b.nodes[l->b.node_count - 1];
    flink_split_exchanges(l);
    renumber(l, root);
    flink_narrow_rows(l, l->b.nodes[l->b.node_count - 1]);
    flink_bound_joins(l);
    rewrite_mark_system(&l->b);
    root = l->b.nodes[l->b.node_count - 1];
    if (!flink_keep_records(l))
        return false;
    renumber(l, root);
    return true;
}
