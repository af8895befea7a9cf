/* rewrite_prune_columns.c - which columns of each source someone reads.
 *
 * From the sink up, each node says which of its input's columns it needs to give the columns needed
 * of itself. What remains at a source is `wanted`: its decoder touches no other column. Only the
 * marks are changed, never the layout, so indexes stay as they are. */
#include "planner/planning.h"

static void mark_all(bool *needed, int count) {
    for (int i = 0; i < count; i++)
        needed[i] = true;
}

static void mark_keys(const plan_node *node, bool *needed) {
    for (int i = 0; i < node->key_count; i++)
        needed[i] = true;
}

/* Columns that pass through by index: those at `offset` of the output are the input's. */
static void pass(const bool *output, int offset, const plan_node *input, bool *needed) {
    for (int i = 0; i < input->column_count; i++)
        if (output[offset + i])
            needed[i] = true;
}

static void mark_project(const plan_node *node, const bool *output, bool *needed) {
    for (int i = 0; i < node->column_count; i++)
        if (output[i] || i < node->key_count)
            expression_columns(node->project.expressions[i], needed);
}

static void mark_table_function(const plan_node *node, const bool *output, bool *needed) {
    pass(output, 0, node->inputs[0], needed);
    for (int c = 0; c < node->table_function.call_count; c++)
        for (int i = 0; i < node->table_function.calls[c]->count; i++)
            expression_columns(node->table_function.arguments[c][i], needed);
}

static void mark_join(const plan_node *node, const bool *output, bool *left, bool *right) {
    pass(output, node->key_count, node->inputs[0], left);
    pass(output, node->key_count + node->inputs[0]->column_count, node->inputs[1], right);
    mark_keys(node->inputs[0], left);
    mark_keys(node->inputs[1], right);
    if (node->join.foreign_key)
        expression_columns(node->join.foreign_key, left);
}

static void mark_inputs(const plan_node *node, bool *const *needed) {
    const bool *output = needed[node->id];
    bool *input = node->input_count > 0 ? needed[node->inputs[0]->id] : NULL;
    switch (node->kind) {
    case PLAN_SOURCE:
    case PLAN_SCAN:
        return;
    case PLAN_FILTER:
        pass(output, 0, node->inputs[0], input);
        expression_columns(node->filter.predicate, input);
        break;
    case PLAN_PROJECT:
        mark_project(node, output, input);
        break;
    case PLAN_TABLE_FUNCTION:
        mark_table_function(node, output, input);
        break;
    case PLAN_STREAM_JOIN:
    case PLAN_STREAM_TABLE_JOIN:
    case PLAN_TABLE_JOIN:
    case PLAN_FOREIGN_KEY_JOIN:
        mark_join(node, output, input, needed[node->inputs[1]->id]);
        return;
    case PLAN_EXCHANGE:
    case PLAN_NORMALIZE:
    case PLAN_FINAL:
    case PLAN_CHANGES:
    case PLAN_LIMIT:
        pass(output, 0, node->inputs[0], input);
        break;
    case PLAN_AGGREGATE: /* its input was made for it: it reads every column */
    case PLAN_SORT:
    case PLAN_SINK:
        mark_all(input, node->inputs[0]->column_count);
        return;
    }
    mark_keys(node->inputs[0], input);
}

void rewrite_prune_columns(planning *b) {
    bool **needed = ARENA_ARRAY(b->arena, bool *, b->node_count);
    for (int i = 0; i < b->node_count; i++)
        needed[i] = ARENA_ARRAY(b->arena, bool, b->nodes[i]->column_count + 1);
    for (int i = b->node_count - 1; i >= 0; i--)
        mark_inputs(b->nodes[i], needed);
    for (int i = 0; i < b->node_count; i++)
        if (b->nodes[i]->kind == PLAN_SOURCE)
            b->nodes[i]->source.wanted = needed[i];
}
