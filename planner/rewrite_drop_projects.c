/* rewrite_drop_projects.c - a PROJECT that changes nothing is taken out.
 *
 * Its consumer then reads its input. Nodes keep their order and are numbered anew. */
#include "planner/planning.h"

static bool changes_nothing(const plan_node *node) {
    if (node->kind != PLAN_PROJECT)
        return false;
    const plan_node *input = node->inputs[0];
    if (node->column_count != input->column_count || node->key_count != input->key_count ||
        node->window != input->window)
        return false;
    for (int i = 0; i < node->column_count; i++) {
        const expression *e = node->project.expressions[i];
        if (e->kind != EXPRESSION_COLUMN || e->index != i ||
            !slice_equal(node->columns[i].name, input->columns[i].name))
            return false;
    }
    return true;
}

void rewrite_drop_projects(planning *b) {
    int kept = 0;
    for (int i = 0; i < b->node_count; i++) {
        plan_node *node = b->nodes[i];
        for (int k = 0; k < node->input_count; k++)
            while (changes_nothing(node->inputs[k]))
                node->inputs[k] = node->inputs[k]->inputs[0];
        if (changes_nothing(node))
            continue;
        node->id = kept;
        b->nodes[kept++] = node;
    }
    b->node_count = kept;
}
