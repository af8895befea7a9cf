/* A join keeps its rows for ever, unless it can be known by when a row has met all it will meet:
 *
 *   SELECT ... FROM bid b JOIN (... GROUP BY window_start, window_end) w
 *     ON b.price = w.highest AND b.time >= w.window_end - INTERVAL '10' SECOND
 *
 * A window that is yet to come ends after the watermark, so a bid that is older than the watermark
 * by 10 seconds meets none any more. Nothing is assumed about the bids: late ones meet the windows
 * that are there. So this changes no result, only how long rows stay.
 */
#include "planner/flink/rewrite.h"

/* Whether the column's values that are yet to come are greater than the watermark - lag. */
static bool follows_watermark(const plan_node *node, int column, int64_t *lag) {
    while (node->kind != PLAN_WINDOW_AGGREGATE) {
        if (node->kind == PLAN_PROJECT) {
            const expression *e = node->project.expressions[column];
            if (e->kind != EXPRESSION_COLUMN)
                return false;
            column = e->index;
        } else if (node->kind != PLAN_FILTER) {
            return false;
        }
        node = node->inputs[0];
    }
    const plan_time_window *w = &node->group.window;
    int bound = column - node->group.group_count - node->group.call_count; /* start, end, time */
    *lag = bound == 0 ? w->size_ms : 0;
    bool known =
        bound > 0 || (w->function != PLAN_WINDOW_ATTACHED && w->function != PLAN_WINDOW_SESSION);
    return bound >= 0 && known && !w->processing_time;
}

/* An expression `column` or `column + constant`. */
static bool shifted_column(const expression *e, int *column, int64_t *plus) {
    *plus = 0;
    if (e->kind == EXPRESSION_CALL && strcmp(e->call->function->name, "FLINK_ADD_MS") == 0) {
        if (!flink_constant_int64(e->arguments[1], plus))
            return false;
        e = e->arguments[0];
    }
    *column = e->index;
    return e->kind == EXPRESSION_COLUMN && e->type->base == SQL_TIMESTAMP;
}

/* time + a >= other + b, where other > watermark - lag: nothing to come matches a row whose
 * time <= watermark - lag + b - a. */
static void bound_side(plan_node *join, const expression *part) {
    bool greater = part->compare == COMPARE_GREATER || part->compare == COMPARE_GREATER_OR_EQUAL;
    bool less = part->compare == COMPARE_LESS || part->compare == COMPARE_LESS_OR_EQUAL;
    int column, other;
    int64_t a, b, lag, width = join->inputs[0]->column_count;
    if (part->kind != EXPRESSION_COMPARE || (!greater && !less) ||
        !shifted_column(part->arguments[less], &column, &a) ||
        !shifted_column(part->arguments[greater], &other, &b) ||
        (column < width) == (other < width))
        return;
    int side = column >= width;
    const plan_node *windows = join->inputs[!side];
    if (!follows_watermark(windows, side ? other : other - (int)width, &lag))
        return;
    int64_t after = a - b + lag;
    if (join->relational_join.leaving_time[side] &&
        join->relational_join.leaves_after_ms[side] <= after)
        return;
    join->relational_join.leaving_time[side] = (side ? column - (int)width : column) + 1;
    join->relational_join.leaves_after_ms[side] = after;
}

static void bound_join(lowering *l, plan_node *join) {
    const expression **parts;
    if (join->relational_join.kind != JOIN_INNER || join->relational_join.ttl_ms[0] ||
        join->relational_join.ttl_ms[1] || !join->relational_join.condition ||
        join->inputs[0]->mode != CHANGELOG_APPEND || join->inputs[1]->mode != CHANGELOG_APPEND)
        return;
    int count = flink_conjuncts(l, join->relational_join.condition, &parts);
    for (int i = 0; i < count; i++)
        bound_side(join, parts[i]);
}

void flink_bound_joins(lowering *l) {
    for (int i = 0; i < l->b.node_count; i++)
        if (l->b.nodes[i]->kind == PLAN_JOIN)
            bound_join(l, l->b.nodes[i]);
}
