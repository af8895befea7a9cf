/* Column by column through the relational operators: see prune_relational.h. Each operator is a row
 * of two functions, which name the same columns in the same order. */
#include "planner/prune_relational.h"

static void mark(bool *needed, int column) {
    if (column >= 0)
        needed[column] = true;
}

static void mark_list(bool *needed, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        needed[columns[i]] = true;
}

static void mark_order(bool *needed, const plan_order *order, int count) {
    for (int i = 0; i < count; i++)
        needed[order[i].column] = true;
}

static void mark_calls(bool *needed, const plan_call *calls, int count) {
    for (int i = 0; i < count; i++) {
        mark_list(needed, calls[i].arguments, calls[i].argument_count);
        mark(needed, calls[i].filter);
    }
}

static void mark_window(bool *needed, const plan_time_window *w) {
    if (w->function == PLAN_WINDOW_ATTACHED) {
        mark(needed, w->start);
        mark(needed, w->end);
    } else if (!w->processing_time) {
        mark(needed, w->time);
    }
}

static void pass(const bool *output, int offset, const plan_node *input, bool *needed) {
    for (int i = 0; i < input->column_count; i++)
        if (output[offset + i])
            needed[i] = true;
}

static void mark_condition(
    const plan_node *node, const expression *condition, bool *left, bool *right) {
    int width = node->inputs[0]->column_count, other = node->inputs[1]->column_count;
    bool used[width + other + 1];
    memset(used, 0, sizeof used);
    if (condition)
        expression_columns(condition, used);
    for (int i = 0; i < width + other; i++)
        if (used[i])
            (i < width ? left : right)[i < width ? i : i - width] = true;
}

static bool one_sided(join_kind kind) {
    return kind == JOIN_SEMI || kind == JOIN_ANTI;
}

static void mark_join(const plan_node *node, const bool *output, bool *left, bool *right) {
    bool temporal = node->kind == PLAN_TEMPORAL_JOIN;
    int keys = temporal ? node->temporal_join.key_count : node->relational_join.key_count;
    pass(output, 0, node->inputs[0], left);
    if (temporal || !one_sided(node->relational_join.kind))
        pass(output, node->inputs[0]->column_count, node->inputs[1], right);
    mark_list(
        left, temporal ? node->temporal_join.left_keys : node->relational_join.left_keys, keys);
    mark_list(
        right, temporal ? node->temporal_join.right_keys : node->relational_join.right_keys, keys);
    mark_condition(node, temporal ? node->temporal_join.condition : node->relational_join.condition,
        left, right);
    mark(left, temporal ? node->temporal_join.left_time : node->relational_join.left_time);
    mark(right, temporal ? node->temporal_join.right_time : node->relational_join.right_time);
    if (node->kind == PLAN_WINDOW_JOIN) {
        mark(left, node->relational_join.left_window_end);
        mark(right, node->relational_join.right_window_end);
    }
}

/* Both inputs must keep the same columns: projections keep exactly what they are asked for, by
 * whomever: what others want of one of them is asked of the other as well. */
static bool is_projection(const plan_node *node) {
    while (node->kind == PLAN_EXCHANGE)
        node = node->inputs[0];
    return node->kind == PLAN_PROJECT;
}

static void mark_union(const plan_node *node, const bool *output, bool *left, bool *right) {
    bool prunes = is_projection(node->inputs[0]) && is_projection(node->inputs[1]);
    for (int i = 0; i < node->column_count; i++)
        left[i] = right[i] = left[i] || right[i] || output[i] || !prunes;
}

bool prune_relational_mark(const plan_node *node, const bool *output, bool *left, bool *right) {
    switch (node->kind) {
    case PLAN_WATERMARK:
        pass(output, 0, node->inputs[0], left);
        mark(left, node->watermark.time);
        expression_columns(node->watermark.watermark, left);
        return true;
    case PLAN_WINDOW:
        pass(output, 0, node->inputs[0], left);
        mark_window(left, &node->time_window.window);
        return true;
    case PLAN_WINDOW_AGGREGATE:
    case PLAN_GROUP_AGGREGATE:
        mark_list(left, node->group.groups, node->group.group_count);
        mark_calls(left, node->group.calls, node->group.call_count);
        if (node->kind == PLAN_WINDOW_AGGREGATE)
            mark_window(left, &node->group.window);
        return true;
    case PLAN_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_TEMPORAL_JOIN:
        mark_join(node, output, left, right);
        return true;
    case PLAN_TOP_N:
        pass(output, 0, node->inputs[0], left);
        mark_list(left, node->top_n.partition, node->top_n.partition_count);
        mark_order(left, node->top_n.order, node->top_n.order_count);
        mark(left, node->top_n.window_end);
        return true;
    case PLAN_OVER:
        pass(output, 0, node->inputs[0], left);
        mark_list(left, node->over.partition, node->over.partition_count);
        mark_calls(left, node->over.calls, node->over.call_count);
        mark(left, node->over.time);
        return true;
    case PLAN_TEMPORAL_SORT:
        pass(output, 0, node->inputs[0], left);
        mark_order(left, node->temporal_sort.order, node->temporal_sort.order_count);
        mark(left, node->temporal_sort.time);
        return true;
    case PLAN_UNION:
        mark_union(node, output, left, right);
        return true;
    default:
        return false;
    }
}

/* ---- moving ---- */

static int moved_to(const int *moved, int column) {
    if (column < 0)
        return column;
    assert(moved[column] >= 0);
    return moved[column];
}

static const int *move_list(planning *b, const int *moved, const int *columns, int count) {
    int *copy = ARENA_ARRAY(b->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        copy[i] = moved_to(moved, columns[i]);
    return copy;
}

static const plan_order *move_order(
    planning *b, const int *moved, const plan_order *order, int count) {
    plan_order *copy = ARENA_ARRAY(b->arena, plan_order, count + 1);
    for (int i = 0; i < count; i++) {
        copy[i] = order[i];
        copy[i].column = moved_to(moved, order[i].column);
    }
    return copy;
}

static const plan_call *move_calls(
    planning *b, const int *moved, const plan_call *calls, int count) {
    plan_call *copy = ARENA_ARRAY(b->arena, plan_call, count + 1);
    for (int i = 0; i < count; i++) {
        copy[i] = calls[i];
        copy[i].arguments = move_list(b, moved, calls[i].arguments, calls[i].argument_count);
        copy[i].filter = moved_to(moved, calls[i].filter);
    }
    return copy;
}

static void move_window(const int *moved, plan_time_window *w) {
    if (w->function == PLAN_WINDOW_ATTACHED) {
        w->start = moved_to(moved, w->start);
        w->end = moved_to(moved, w->end);
    } else if (!w->processing_time) {
        w->time = moved_to(moved, w->time);
    }
}

static void keep_as(const int *moved, int count, bool *keep) {
    for (int i = 0; i < count; i++)
        keep[i] = moved[i] >= 0;
}

static void keep_all(bool *keep, int from, int to) {
    for (int i = from; i < to; i++)
        keep[i] = true;
}

static const expression *move_condition(planning *b, const expression *condition,
    const int *const moved[2], const int widths[2], int new_left) {
    if (!condition)
        return NULL;
    int *both = ARENA_ARRAY(b->arena, int, widths[0] + widths[1] + 1);
    for (int i = 0; i < widths[0]; i++)
        both[i] = moved[0][i];
    for (int i = 0; i < widths[1]; i++)
        both[widths[0] + i] = moved[1][i] < 0 ? -1 : moved[1][i] + new_left;
    return prune_move_columns(b, condition, both);
}

static void move_join(
    planning *b, plan_node *node, const int *const moved[2], const int widths[2], bool *keep) {
    int left = node->inputs[0]->column_count; /* by now the new number */
    keep_as(moved[0], widths[0], keep);
    if (node->kind == PLAN_TEMPORAL_JOIN) {
        int keys = node->temporal_join.key_count;
        keep_as(moved[1], widths[1], keep + widths[0]);
        node->temporal_join.left_keys = move_list(b, moved[0], node->temporal_join.left_keys, keys);
        node->temporal_join.right_keys =
            move_list(b, moved[1], node->temporal_join.right_keys, keys);
        node->temporal_join.condition =
            move_condition(b, node->temporal_join.condition, moved, widths, left);
        node->temporal_join.left_time = moved_to(moved[0], node->temporal_join.left_time);
        node->temporal_join.right_time = moved_to(moved[1], node->temporal_join.right_time);
        return;
    }
    int keys = node->relational_join.key_count;
    if (!one_sided(node->relational_join.kind))
        keep_as(moved[1], widths[1], keep + widths[0]);
    node->relational_join.left_keys = move_list(b, moved[0], node->relational_join.left_keys, keys);
    node->relational_join.right_keys =
        move_list(b, moved[1], node->relational_join.right_keys, keys);
    node->relational_join.condition =
        move_condition(b, node->relational_join.condition, moved, widths, left);
    node->relational_join.left_time = moved_to(moved[0], node->relational_join.left_time);
    node->relational_join.right_time = moved_to(moved[1], node->relational_join.right_time);
    if (node->kind == PLAN_WINDOW_JOIN) {
        node->relational_join.left_window_end =
            moved_to(moved[0], node->relational_join.left_window_end);
        node->relational_join.right_window_end =
            moved_to(moved[1], node->relational_join.right_window_end);
    }
}

static void move_top_n(
    planning *b, plan_node *node, const int *moved, int width, bool rank_needed, bool *keep) {
    keep_as(moved, width, keep);
    node->top_n.partition = move_list(b, moved, node->top_n.partition, node->top_n.partition_count);
    node->top_n.order = move_order(b, moved, node->top_n.order, node->top_n.order_count);
    node->top_n.window_end = moved_to(moved, node->top_n.window_end);
    if (node->top_n.has_rank)
        keep[width] = rank_needed;
    node->top_n.has_rank = node->top_n.has_rank && rank_needed;
}

bool prune_relational_move(
    planning *b, plan_node *node, const int *const moved[2], const int widths[2], bool *keep) {
    int count = node->column_count;
    switch (node->kind) {
    case PLAN_WATERMARK:
        keep_as(moved[0], widths[0], keep);
        node->watermark.time = moved_to(moved[0], node->watermark.time);
        node->watermark.watermark = prune_move_columns(b, node->watermark.watermark, moved[0]);
        return true;
    case PLAN_WINDOW:
        keep_as(moved[0], widths[0], keep);
        keep_all(keep, widths[0], count);
        move_window(moved[0], &node->time_window.window);
        return true;
    case PLAN_WINDOW_AGGREGATE:
    case PLAN_GROUP_AGGREGATE:
        keep_all(keep, 0, count);
        node->group.groups = move_list(b, moved[0], node->group.groups, node->group.group_count);
        node->group.calls = move_calls(b, moved[0], node->group.calls, node->group.call_count);
        if (node->kind == PLAN_WINDOW_AGGREGATE)
            move_window(moved[0], &node->group.window);
        return true;
    case PLAN_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_TEMPORAL_JOIN:
        move_join(b, node, moved, widths, keep);
        return true;
    case PLAN_TOP_N: /* on entry keep says whether the rank is needed */
        move_top_n(b, node, moved[0], widths[0], keep[count - 1], keep);
        return true;
    case PLAN_OVER:
        keep_as(moved[0], widths[0], keep);
        keep_all(keep, widths[0], count);
        node->over.partition =
            move_list(b, moved[0], node->over.partition, node->over.partition_count);
        node->over.calls = move_calls(b, moved[0], node->over.calls, node->over.call_count);
        node->over.time = moved_to(moved[0], node->over.time);
        return true;
    case PLAN_TEMPORAL_SORT:
        keep_as(moved[0], widths[0], keep);
        node->temporal_sort.order =
            move_order(b, moved[0], node->temporal_sort.order, node->temporal_sort.order_count);
        node->temporal_sort.time = moved_to(moved[0], node->temporal_sort.time);
        return true;
    case PLAN_UNION:
        keep_as(moved[0], widths[0], keep);
        return true;
    default:
        return false;
    }
}
