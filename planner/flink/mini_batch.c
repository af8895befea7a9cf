/* How long results that change are held back, by table.exec.mini-batch.*: operators whose results
 * change (groups, Top-N) give the last one of each key.
 *
 *   enabled        not set: with each commit. 'false': with each row, as without mini-batches in
 *                  Flink. 'true': with each commit, and as the other two say
 *   allow-latency  a commit is no later than this behind the first row
 *   size           results come when that many rows have
 *
 * A job's results are seen with its commit, so the time is one between commits.
 */
#include "planner/flink/lowering.h"

static bool is_held_back(const plan_node *node) {
    return node->kind == PLAN_GROUP_AGGREGATE ||
           (node->kind == PLAN_TOP_N && node->top_n.window_end < 0);
}

static bool read_enabled(lowering *l, slice text, bool *enabled) {
    *enabled = slice_is_ignore_case(text, "true");
    if (*enabled || slice_is_ignore_case(text, "false"))
        return true;
    return error_at(l->b.e, ERROR_STATEMENT, SPAN_NONE,
        "'table.exec.mini-batch.enabled' must be 'true' or 'false', not '%.*s'", SLICE_ARG(text));
}

static bool read_size(lowering *l, int64_t *rows) {
    slice text = flink_property(l, "table.exec.mini-batch.size");
    if (!text.data || (slice_to_int64(text, rows) && *rows > 0))
        return true;
    return error_at(l->b.e, ERROR_STATEMENT, SPAN_NONE,
        "'table.exec.mini-batch.size' must be a number of rows, 1 or more, not '%.*s'",
        SLICE_ARG(text));
}

bool flink_mini_batch(lowering *l) {
    slice text = flink_property(l, "table.exec.mini-batch.enabled");
    bool enabled = false;
    int64_t rows = 0, latency_ms = 0;
    if (!text.data)
        return true;
    if (!read_enabled(l, text, &enabled))
        return false;
    if (!enabled)
        rows = 1;
    else if (!read_size(l, &rows) ||
             !flink_duration_property(l, "table.exec.mini-batch.allow-latency", &latency_ms))
        return false;
    for (int i = 0; i < l->b.node_count; i++) {
        plan_node *node = l->b.nodes[i];
        if (!is_held_back(node))
            continue;
        *(node->kind == PLAN_TOP_N ? &node->top_n.result_rows : &node->group.result_rows) = rows;
        l->b.plan->latency_ms = latency_ms;
    }
    return true;
}
