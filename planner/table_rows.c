#include "planner/table_rows.h"

/* Whether it gives the same for the same group, whenever it is computed. */
static bool is_repeatable(const expression *e) {
    if (!e)
        return true;
    if (e->kind == EXPRESSION_PSEUDO && e->pseudo != PSEUDO_ROWTIME)
        return false;
    if (e->kind == EXPRESSION_CALL && e->call->overload->is_volatile)
        return false;
    for (int i = 0; i < e->argument_count; i++)
        if (!is_repeatable(e->arguments[i]))
            return false;
    return true;
}

/* The keys, which find the group, must be the group's own. */
static bool projects_repeatably(const plan_node *project) {
    if (project->key_count != project->inputs[0]->key_count)
        return false;
    for (int i = 0; i < project->column_count; i++) {
        const expression *e = project->project.expressions[i];
        if (i < project->key_count && (e->kind != EXPRESSION_COLUMN || e->index != i))
            return false;
        if (!is_repeatable(e))
            return false;
    }
    return true;
}

static bool has_keys_in_order(const source_descriptor *table, const plan_node *rows) {
    int keys = 0;
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].role != COLUMN_KEY)
            continue;
        if (keys == rows->key_count ||
            !slice_equal(table->columns[i].name, rows->columns[keys].name))
            return false;
        keys++;
    }
    return keys == rows->key_count;
}

/* The aggregate whose groups make the rows; NULL: no groups do. */
static const plan_node *find_groups(const plan_node *node) {
    for (;;) {
        if (node->kind == PLAN_AGGREGATE)
            return node->aggregate.window.kind == WINDOW_NONE && !node->aggregate.ttl_ms ? node
                                                                                         : NULL;
        bool goes_on = (node->kind == PLAN_PROJECT && projects_repeatably(node)) ||
                       (node->kind == PLAN_FILTER && is_repeatable(node->filter.predicate));
        if (!goes_on)
            return NULL;
        node = node->inputs[0];
    }
}

void table_rows_place(plan_node *const *nodes, int count) {
    for (int i = 0; i < count; i++) {
        plan_node *node = nodes[i];
        if (node->kind != PLAN_SINK || !node->sink.table_store.data ||
            !has_keys_in_order(node->sink.sink, node->inputs[0]))
            continue;
        node->sink.groups = find_groups(node->inputs[0]);
        if (node->sink.groups)
            node->sink.table_store = node->store = (slice){NULL, 0};
    }
}
