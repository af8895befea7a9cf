/* Equal parts of a plan are made once: their rows go to all who read them. So a table that a query
 * reads twice (through two views, say) is read and decoded once, and equal windows are aggregated
 * once. Nodes are compared from the sources up, when their inputs are the same nodes already.
 */
#include "planner/flink/rewrite.h"

static bool equal_expressions(const expression *const *a, const expression *const *b, int count) {
    for (int i = 0; i < count; i++)
        if (!expression_equal(a[i], b[i]) || flink_is_volatile(a[i]))
            return false;
    return true;
}

static bool equal_ints(const int *a, const int *b, int count) {
    return count == 0 || memcmp(a, b, sizeof *a * (size_t)count) == 0;
}

static bool equal_calls(const plan_call *a, const plan_call *b, int count) {
    for (int i = 0; i < count; i++) {
        if (a[i].function != b[i].function || a[i].argument_count != b[i].argument_count ||
            a[i].filter != b[i].filter || a[i].distinct != b[i].distinct || a[i].constant_count ||
            b[i].constant_count || !equal_ints(a[i].arguments, b[i].arguments, a[i].argument_count))
            return false;
    }
    return true;
}

static bool equal_windows(const plan_time_window *a, const plan_time_window *b) {
    return a->function == b->function && a->processing_time == b->processing_time &&
           a->time == b->time && a->size_ms == b->size_ms && a->step_ms == b->step_ms &&
           a->offset_ms == b->offset_ms && a->start == b->start && a->end == b->end;
}

static bool equal_groups(const plan_node *a, const plan_node *b) {
    return a->mode == b->mode && a->group.group_count == b->group.group_count &&
           a->group.call_count == b->group.call_count && a->group.ttl_ms == b->group.ttl_ms &&
           equal_windows(&a->group.window, &b->group.window) &&
           equal_ints(a->group.groups, b->group.groups, a->group.group_count) &&
           equal_calls(a->group.calls, b->group.calls, a->group.call_count);
}

/* A table with hints has other options than the same one without. */
static bool same_source(const source_descriptor *a, const source_descriptor *b) {
    if (!slice_equal(a->name, b->name) || !slice_equal(a->topic, b->topic) ||
        (a->flink == NULL) != (b->flink == NULL))
        return false;
    if (!a->flink)
        return true;
    if (a->flink->option_count != b->flink->option_count)
        return false;
    for (int i = 0; i < a->flink->option_count; i++)
        if (!slice_equal(a->flink->option_names[i], b->flink->option_names[i]) ||
            !slice_equal(a->flink->option_values[i], b->flink->option_values[i]))
            return false;
    return true;
}

/* The columns' names are labels only, but those of a source are what it decodes. */
static bool equal_nodes(const plan_node *a, const plan_node *b) {
    if (a->kind != b->kind || a->column_count != b->column_count || a->mode != b->mode ||
        a->input_count != b->input_count)
        return false;
    for (int i = 0; i < a->input_count; i++)
        if (a->inputs[i] != b->inputs[i])
            return false;
    switch (a->kind) {
    case PLAN_SOURCE:
        return same_source(a->source.source, b->source.source) &&
               equal_ints(a->source.source_columns, b->source.source_columns, a->column_count);
    case PLAN_NORMALIZE:
    case PLAN_EXCHANGE:
        return true;
    case PLAN_FILTER:
        return expression_equal(a->filter.predicate, b->filter.predicate) &&
               !flink_is_volatile(a->filter.predicate);
    case PLAN_PROJECT:
        return equal_expressions(a->project.expressions, b->project.expressions, a->column_count);
    case PLAN_WATERMARK:
        return a->watermark.time == b->watermark.time &&
               a->watermark.idle_ms == b->watermark.idle_ms &&
               expression_equal(a->watermark.watermark, b->watermark.watermark);
    case PLAN_WINDOW:
        return equal_windows(&a->time_window.window, &b->time_window.window);
    case PLAN_WINDOW_AGGREGATE:
    case PLAN_GROUP_AGGREGATE:
        return equal_groups(a, b);
    default:
        return false;
    }
}

typedef struct sharing {
    plan_node **kept;
    int count;
} sharing;

static plan_node *share(sharing *s, plan_node *node) {
    for (int i = 0; i < node->input_count; i++)
        node->inputs[i] = share(s, node->inputs[i]);
    for (int i = 0; i < s->count; i++)
        if (s->kept[i] == node || equal_nodes(s->kept[i], node))
            return s->kept[i];
    s->kept[s->count++] = node;
    return node;
}

void flink_share(lowering *l, plan_node *root) {
    sharing s = {.kept = ARENA_ARRAY(l->b.arena, plan_node *, l->b.node_count + 1)};
    share(&s, root);
}

static int consumers_of(const lowering *l, const plan_node *node) {
    int count = 0;
    for (int i = 0; i < l->b.node_count; i++)
        for (int k = 0; k < l->b.nodes[i]->input_count; k++)
            count += l->b.nodes[i]->inputs[k] == node;
    return count;
}

/* An exchange has one consumer: where its rows go to several, a projection passes them on. */
void flink_split_exchanges(lowering *l) {
    int count = l->b.node_count;
    for (int i = 0; i < count; i++) {
        plan_node *node = l->b.nodes[i];
        if (node->kind != PLAN_EXCHANGE || consumers_of(l, node) < 2)
            continue;
        plan_node *project = planning_project_all(&l->b, node, 0);
        for (int n = 0; n < count; n++)
            for (int k = 0; k < l->b.nodes[n]->input_count; k++)
                if (l->b.nodes[n]->inputs[k] == node)
                    l->b.nodes[n]->inputs[k] = project;
    }
}
