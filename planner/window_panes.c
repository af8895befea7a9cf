#include "planner/window_panes.h"

static bool order_matters(const plan_node *node, const planner_options *options) {
    for (int i = 0; i < node->aggregate.aggregate_count; i++)
        if (!options->aggregate_can(
                options->context, node->aggregate.aggregates[i].function, AGGREGATE_IN_ANY_ORDER))
            return true;
    return false;
}

/* Old results, and rows that leave, are a matter of one window each. */
static bool has_panes(const plan_node *node, const planner_options *options) {
    const plan_window *w = &node->aggregate.window;
    return w->kind == WINDOW_HOPPING && w->size_ms > w->advance_ms &&
           w->size_ms % w->advance_ms == 0 && node->mode == CHANGELOG_UPSERT &&
           node->inputs[0]->mode == CHANGELOG_APPEND && !order_matters(node, options);
}

void window_panes_place(plan_node *const *nodes, int count, const planner_options *options) {
    if (!options || !options->aggregate_can)
        return;
    for (int i = 0; i < count; i++)
        if (nodes[i]->kind == PLAN_AGGREGATE && has_panes(nodes[i], options))
            nodes[i]->aggregate.pane_ms = nodes[i]->aggregate.window.advance_ms;
}
