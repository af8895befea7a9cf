/* rewrite_prune_columns.c - no node carries a column that nobody reads.
 *
 * First, from the sink up, each node says which of its input's columns it needs to give the columns
 * needed of itself. Then, from the sources down, each node's columns are laid out again without the
 * others, and its expressions follow to where their columns went. So joins and aggregations keep no
 * more than they must, and decoders skip the rest. Key columns stay in the layout even where they
 * are not read; at a source `wanted` is then false for them. */
#include "planner/prune_relational.h"

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
    for (int i = 0; i < node->join.foreign_key_count; i++)
        expression_columns(node->join.foreign_keys[i], left);
    if (node->join.records[0])
        left[node->join.records[0] - 1] = true;
    if (node->join.records[1])
        right[node->join.records[1] - 1] = true;
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
    case PLAN_HASH_JOIN:
        mark_join(node, output, input, needed[node->inputs[1]->id]);
        return;
    case PLAN_EXCHANGE:
    case PLAN_EXPIRE:
    case PLAN_NORMALIZE:
    case PLAN_FINAL:
    case PLAN_CHANGES:
    case PLAN_LIMIT:
        pass(output, 0, node->inputs[0], input);
        break;
    case PLAN_AGGREGATE: /* its input was made for it: it reads every column */
    case PLAN_DISTINCT:
    case PLAN_SORT:
    case PLAN_SINK:
        mark_all(input, node->inputs[0]->column_count);
        return;
    default: /* relational operators */
        if (prune_relational_mark(
                node, output, input, node->input_count > 1 ? needed[node->inputs[1]->id] : NULL))
            return;
        for (int i = 0; i < node->input_count; i++)
            mark_all(needed[node->inputs[i]->id], node->inputs[i]->column_count);
        return;
    }
    /* A stream's key may stay unread where it only passes by. */
    bool passes = node->kind == PLAN_FILTER || node->kind == PLAN_PROJECT;
    if (!passes || node->inputs[0]->mode != CHANGELOG_APPEND)
        mark_keys(node->inputs[0], input);
}

/* ---- the new layout ---- */

/* Where the columns of each node went: moved[node][old index], -1 for those that are gone. */
typedef struct pruning {
    planning *b;
    bool **needed;
    int **moved;
} pruning;

const expression *prune_move_columns(planning *b, const expression *e, const int *moved) {
    expression *copy = ARENA_NEW(b->arena, expression);
    *copy = *e;
    if (e->kind == EXPRESSION_COLUMN) {
        copy->index = moved[e->index];
        assert(copy->index >= 0);
    }
    const expression **arguments = ARENA_ARRAY(b->arena, const expression *, e->argument_count + 1);
    for (int i = 0; i < e->argument_count; i++)
        arguments[i] = e->arguments[i] ? prune_move_columns(b, e->arguments[i], moved) : NULL;
    copy->arguments = arguments;
    return copy;
}

static const int *input_moved(const pruning *p, const plan_node *node, int input) {
    return p->moved[node->inputs[input]->id];
}

/* Drops the node's columns for which keep is false. */
static void lay_out(pruning *p, plan_node *node, const bool *keep) {
    int *moved = ARENA_ARRAY(p->b->arena, int, node->column_count + 1);
    plan_column *columns = ARENA_ARRAY(p->b->arena, plan_column, node->column_count + 1);
    int count = 0;
    for (int i = 0; i < node->column_count; i++) {
        moved[i] = keep[i] ? count : -1;
        if (keep[i])
            columns[count++] = node->columns[i];
    }
    p->moved[node->id] = moved;
    node->columns = columns;
    node->column_count = count;
}

/* Columns of the node's part that mirrors an input: kept when the input kept them. */
static void keep_as_input(const int *moved, int count, bool *keep) {
    for (int i = 0; i < count; i++)
        keep[i] = moved[i] >= 0;
}

static void prune_source(pruning *p, plan_node *node, bool *keep) {
    const bool *needed = p->needed[node->id];
    int *indexes = ARENA_ARRAY(p->b->arena, int, node->column_count + 1);
    bool *wanted = ARENA_ARRAY(p->b->arena, bool, node->column_count + 1);
    int count = 0;
    for (int i = 0; i < node->column_count; i++) {
        keep[i] = needed[i] || i < node->key_count;
        if (!keep[i])
            continue;
        indexes[count] = node->source.source_columns[i];
        wanted[count++] = needed[i];
    }
    node->source.source_columns = indexes;
    node->source.wanted = wanted;
}

static void prune_project(pruning *p, plan_node *node, bool *keep) {
    const expression **expressions =
        ARENA_ARRAY(p->b->arena, const expression *, node->column_count + 1);
    int count = 0;
    for (int i = 0; i < node->column_count; i++) {
        keep[i] = p->needed[node->id][i] || i < node->key_count;
        if (keep[i])
            expressions[count++] =
                prune_move_columns(p->b, node->project.expressions[i], input_moved(p, node, 0));
    }
    node->project.expressions = expressions;
}

static void prune_table_function(pruning *p, plan_node *node, const int *widths, bool *keep) {
    const int *moved = input_moved(p, node, 0);
    keep_as_input(moved, widths[node->inputs[0]->id], keep);
    int calls = node->table_function.call_count;
    const expression *const **arguments =
        ARENA_ARRAY(p->b->arena, const expression *const *, calls);
    for (int c = 0; c < calls; c++) {
        int count = node->table_function.calls[c]->count;
        const expression **moved_arguments =
            ARENA_ARRAY(p->b->arena, const expression *, count + 1);
        for (int i = 0; i < count; i++)
            moved_arguments[i] =
                prune_move_columns(p->b, node->table_function.arguments[c][i], moved);
        arguments[c] = moved_arguments;
        keep[widths[node->inputs[0]->id] + c] = true;
    }
    node->table_function.arguments = arguments;
}

static void prune_join(pruning *p, plan_node *node, const int *widths, bool *keep) {
    int left = widths[node->inputs[0]->id], right = widths[node->inputs[1]->id];
    for (int i = 0; i < node->key_count; i++)
        keep[i] = true;
    keep_as_input(input_moved(p, node, 0), left, keep + node->key_count);
    keep_as_input(input_moved(p, node, 1), right, keep + node->key_count + left);
    const expression **keys =
        ARENA_ARRAY(p->b->arena, const expression *, node->join.foreign_key_count + 1);
    for (int i = 0; i < node->join.foreign_key_count; i++)
        keys[i] = prune_move_columns(p->b, node->join.foreign_keys[i], input_moved(p, node, 0));
    node->join.foreign_keys = keys;
    for (int i = 0; i < 2; i++)
        if (node->join.records[i])
            node->join.records[i] = input_moved(p, node, i)[node->join.records[i] - 1] + 1;
}

static void prune_relational(pruning *p, plan_node *node, const int *widths, bool *keep) {
    const int *moved[2] = {NULL, NULL};
    int before[2] = {0, 0};
    for (int i = 0; i < node->input_count; i++) {
        moved[i] = input_moved(p, node, i);
        before[i] = widths[node->inputs[i]->id];
    }
    for (int i = 0; i < node->column_count; i++)
        keep[i] = p->needed[node->id][i];
    if (!prune_relational_move(p->b, node, moved, before, keep))
        mark_all(keep, node->column_count);
}

static void prune_node(pruning *p, plan_node *node, const int *widths) {
    bool *keep = ARENA_ARRAY(p->b->arena, bool, node->column_count + 1);
    switch (node->kind) {
    case PLAN_SOURCE:
        prune_source(p, node, keep);
        break;
    case PLAN_PROJECT:
        prune_project(p, node, keep);
        break;
    case PLAN_TABLE_FUNCTION:
        prune_table_function(p, node, widths, keep);
        break;
    case PLAN_STREAM_JOIN:
    case PLAN_STREAM_TABLE_JOIN:
    case PLAN_TABLE_JOIN:
    case PLAN_FOREIGN_KEY_JOIN:
    case PLAN_HASH_JOIN:
        prune_join(p, node, widths, keep);
        break;
    case PLAN_FILTER:
        node->filter.predicate =
            prune_move_columns(p->b, node->filter.predicate, input_moved(p, node, 0));
        keep_as_input(input_moved(p, node, 0), node->column_count, keep);
        break;
    case PLAN_EXCHANGE:
    case PLAN_EXPIRE:
    case PLAN_NORMALIZE:
    case PLAN_FINAL:
    case PLAN_CHANGES:
    case PLAN_LIMIT:
        keep_as_input(input_moved(p, node, 0), node->column_count, keep);
        break;
    case PLAN_SCAN:
    case PLAN_AGGREGATE:
    case PLAN_DISTINCT:
    case PLAN_SORT:
    case PLAN_SINK:
        mark_all(keep, node->column_count);
        break;
    default:
        prune_relational(p, node, widths, keep);
        break;
    }
    lay_out(p, node, keep);
}

static int count_marks(const pruning *p) {
    int count = 0;
    for (int i = 0; i < p->b->node_count; i++)
        for (int c = 0; c < p->b->nodes[i]->column_count; c++)
            count += p->needed[i][c];
    return count;
}

void rewrite_prune_columns(planning *b) {
    pruning p = {.b = b,
        .needed = ARENA_ARRAY(b->arena, bool *, b->node_count),
        .moved = ARENA_ARRAY(b->arena, int *, b->node_count)};
    int *widths = ARENA_ARRAY(b->arena, int, b->node_count); /* before */
    for (int i = 0; i < b->node_count; i++) {
        widths[i] = b->nodes[i]->column_count;
        p.needed[i] = ARENA_ARRAY(b->arena, bool, widths[i] + 1);
    }
    int marks = -1, before; /* again, since a union's inputs may have other consumers, too */
    do {
        before = marks;
        for (int i = b->node_count - 1; i >= 0; i--)
            mark_inputs(b->nodes[i], p.needed);
        marks = count_marks(&p);
    } while (marks != before);
    for (int i = 0; i < b->node_count; i++)
        prune_node(&p, b->nodes[i], widths);
}
