/* What the relational operators do, in words: "INNER on seller = id". */
#include "planner/plan_format_relational.h"

static const char *const JOINS[] = {[JOIN_INNER] = "INNER",
    [JOIN_LEFT] = "LEFT",
    [JOIN_RIGHT] = "RIGHT",
    [JOIN_FULL] = "FULL",
    [JOIN_SEMI] = "SEMI",
    [JOIN_ANTI] = "ANTI"};

static const char *const WINDOWS[] = {[PLAN_WINDOW_TUMBLE] = "TUMBLE",
    [PLAN_WINDOW_HOP] = "HOP",
    [PLAN_WINDOW_CUMULATE] = "CUMULATE",
    [PLAN_WINDOW_SESSION] = "SESSION",
    [PLAN_WINDOW_ATTACHED] = "windows of"};

static slice name_of(const plan_node *node, int column) {
    return column < 0 ? SLICE_LITERAL("") : node->columns[column].name;
}

static void format_names(
    const plan_node *node, const int *columns, int count, const char *before, buffer *out) {
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s%.*s", i ? ", " : before, SLICE_ARG(name_of(node, columns[i])));
}

/* Input columns of one or two inputs, by the index that expressions use. */
static slice *input_names(const plan *p, const plan_node *node) {
    int count = 0;
    for (int i = 0; i < node->input_count; i++)
        count += node->inputs[i]->column_count;
    slice *names = ARENA_ARRAY(p->arena, slice, count + 1);
    int filled = 0;
    for (int i = 0; i < node->input_count; i++)
        for (int c = 0; c < node->inputs[i]->column_count; c++)
            names[filled++] = node->inputs[i]->columns[c].name;
    return names;
}

static void format_window(const plan_node *input, const plan_time_window *w, buffer *out) {
    buffer_format(out, " %s", WINDOWS[w->function]);
    if (w->function == PLAN_WINDOW_ATTACHED) {
        buffer_format(out, " %.*s", SLICE_ARG(name_of(input, w->end)));
        return;
    }
    if (w->processing_time)
        buffer_append_text(out, " by the wall clock");
    else
        buffer_format(out, " of %.*s", SLICE_ARG(name_of(input, w->time)));
    buffer_format(out, ", %s %lld ms", w->function == PLAN_WINDOW_SESSION ? "gap" : "size",
        (long long)w->size_ms);
    if (w->step_ms)
        buffer_format(out, ", step %lld ms", (long long)w->step_ms);
    if (w->offset_ms)
        buffer_format(out, ", offset %lld ms", (long long)w->offset_ms);
}

static void format_calls(const plan_node *input, const plan_call *calls, int count, buffer *out) {
    for (int i = 0; i < count; i++) {
        buffer_format(out, "%s %s(%s", i ? "," : ":", calls[i].descriptor->name,
            calls[i].distinct ? "DISTINCT " : "");
        format_names(input, calls[i].arguments, calls[i].argument_count, "", out);
        if (calls[i].argument_count == 0)
            buffer_append_text(out, "*");
        buffer_append_text(out, ")");
        if (calls[i].filter >= 0)
            buffer_format(out, " FILTER %.*s", SLICE_ARG(name_of(input, calls[i].filter)));
    }
}

static void format_order(const plan_node *input, const plan_order *order, int count, buffer *out) {
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s%.*s%s", i ? ", " : " order by ",
            SLICE_ARG(name_of(input, order[i].column)), order[i].descending ? " DESC" : "");
}

static void format_ttl(int64_t ttl_ms, buffer *out) {
    if (ttl_ms)
        buffer_format(out, ", state kept for %lld ms", (long long)ttl_ms);
}

static void format_keys(const plan_node *node, const int *left, const int *right, int count,
    const bool *null_safe, buffer *out) {
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s%.*s %s %.*s", i ? " AND " : " on ",
            SLICE_ARG(name_of(node->inputs[0], left[i])),
            null_safe && null_safe[i] ? "IS NOT DISTINCT FROM" : "=",
            SLICE_ARG(name_of(node->inputs[1], right[i])));
}

static void format_condition(
    const plan *p, const plan_node *node, const expression *condition, buffer *out) {
    if (!condition)
        return;
    buffer_append_text(out, " where ");
    expression_format(condition, input_names(p, node), out);
}

static void format_join(const plan *p, const plan_node *node, buffer *out) {
    buffer_format(out, " %s", JOINS[node->relational_join.kind]);
    format_keys(node, node->relational_join.left_keys, node->relational_join.right_keys,
        node->relational_join.key_count, node->relational_join.null_safe, out);
    if (node->kind == PLAN_WINDOW_JOIN)
        buffer_format(out, " in windows that end at %.*s",
            SLICE_ARG(name_of(node->inputs[0], node->relational_join.left_window_end)));
    if (node->kind == PLAN_INTERVAL_JOIN)
        buffer_format(out, ", right %.*s from %lld ms before to %lld ms after left %.*s",
            SLICE_ARG(name_of(node->inputs[1], node->relational_join.right_time)),
            (long long)node->relational_join.before_ms, (long long)node->relational_join.after_ms,
            SLICE_ARG(name_of(node->inputs[0], node->relational_join.left_time)));
    format_condition(p, node, node->relational_join.condition, out);
    for (int side = 0; side < 2; side++)
        if (node->relational_join.leaving_time[side])
            buffer_format(out, ", %s rows leave at %.*s + %lld ms", side ? "right" : "left",
                SLICE_ARG(
                    name_of(node->inputs[side], node->relational_join.leaving_time[side] - 1)),
                (long long)node->relational_join.leaves_after_ms[side]);
    const int64_t *ttl_ms = node->relational_join.ttl_ms;
    if (ttl_ms[0] == ttl_ms[1])
        format_ttl(ttl_ms[0], out);
    for (int side = 0; side < 2 && ttl_ms[0] != ttl_ms[1]; side++)
        if (ttl_ms[side])
            buffer_format(out, ", %s rows kept for %lld ms", side ? "right" : "left",
                (long long)ttl_ms[side]);
}

static void format_temporal_join(const plan *p, const plan_node *node, buffer *out) {
    buffer_format(out, " %s", JOINS[node->temporal_join.kind]);
    format_keys(node, node->temporal_join.left_keys, node->temporal_join.right_keys,
        node->temporal_join.key_count, NULL, out);
    if (node->temporal_join.left_time >= 0)
        buffer_format(
            out, " as of %.*s", SLICE_ARG(name_of(node->inputs[0], node->temporal_join.left_time)));
    format_condition(p, node, node->temporal_join.condition, out);
    format_ttl(node->temporal_join.ttl_ms, out);
}

static void format_top_n(const plan_node *node, buffer *out) {
    const plan_node *input = node->inputs[0];
    buffer_format(out, " %lld to ", (long long)node->top_n.from);
    if (node->top_n.to < 0)
        buffer_append_text(out, "the last");
    else
        buffer_format(out, "%lld", (long long)node->top_n.to);
    format_names(input, node->top_n.partition, node->top_n.partition_count, " by ", out);
    format_order(input, node->top_n.order, node->top_n.order_count, out);
    if (node->top_n.window_end >= 0)
        buffer_append_text(out, ", when the window closes");
    format_ttl(node->top_n.ttl_ms, out);
}

static void format_over(const plan_node *node, buffer *out) {
    const plan_node *input = node->inputs[0];
    const plan_frame *frame = &node->over.frame;
    format_names(input, node->over.partition, node->over.partition_count, " by ", out);
    buffer_format(out, " order by %.*s",
        SLICE_ARG(
            node->over.time < 0 ? SLICE_LITERAL("arrival") : name_of(input, node->over.time)));
    if (!frame->is_unbounded)
        buffer_format(
            out, ", %lld %s before", (long long)frame->preceding, frame->is_range ? "ms" : "rows");
    format_calls(input, node->over.calls, node->over.call_count, out);
    format_ttl(node->over.ttl_ms, out);
}

static void format_pattern(const plan_node *node, const plan_pattern *p, buffer *out) {
    if (p->kind == PLAN_PATTERN_VARIABLE) {
        buffer_append(out, node->match.variables[p->variable]);
        return;
    }
    bool single = p->kind == PLAN_PATTERN_QUANTIFIED && p->items[0]->kind == PLAN_PATTERN_VARIABLE;
    buffer_append_text(out, single ? "" : "(");
    for (int i = 0; i < p->count; i++) {
        buffer_append_text(out, i == 0 ? "" : p->kind == PLAN_PATTERN_ALTERNATION ? " | " : " ");
        format_pattern(node, p->items[i], out);
    }
    buffer_append_text(out, single ? "" : ")");
    if (p->kind != PLAN_PATTERN_QUANTIFIED)
        return;
    if (p->most < 0)
        buffer_format(out, "{%lld,}", (long long)p->least);
    else
        buffer_format(out, "{%lld,%lld}", (long long)p->least, (long long)p->most);
    buffer_append_text(out, p->reluctant ? "?" : "");
}

static void format_match(const plan_node *node, buffer *out) {
    const plan_node *input = node->inputs[0];
    format_names(input, node->match.partition, node->match.partition_count, " by ", out);
    buffer_format(out, " order by %.*s, pattern ", SLICE_ARG(name_of(input, node->match.time)));
    format_pattern(node, node->match.pattern, out);
    if (node->match.within_ms)
        buffer_format(out, " within %lld ms", (long long)node->match.within_ms);
}

void plan_format_relational(const plan *p, const plan_node *node, buffer *out) {
    const plan_node *input = node->input_count > 0 ? node->inputs[0] : NULL;
    switch (node->kind) {
    case PLAN_WATERMARK:
        buffer_format(out, " %.*s: ", SLICE_ARG(name_of(input, node->watermark.time)));
        expression_format(node->watermark.watermark, input_names(p, node), out);
        break;
    case PLAN_WINDOW:
        format_window(input, &node->time_window.window, out);
        break;
    case PLAN_WINDOW_AGGREGATE:
    case PLAN_GROUP_AGGREGATE:
        if (node->kind == PLAN_WINDOW_AGGREGATE)
            format_window(input, &node->group.window, out);
        format_names(input, node->group.groups, node->group.group_count, " by ", out);
        format_calls(input, node->group.calls, node->group.call_count, out);
        format_ttl(node->group.ttl_ms, out);
        break;
    case PLAN_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
        format_join(p, node, out);
        break;
    case PLAN_TEMPORAL_JOIN:
        format_temporal_join(p, node, out);
        break;
    case PLAN_TOP_N:
        format_top_n(node, out);
        break;
    case PLAN_OVER:
        format_over(node, out);
        break;
    case PLAN_TEMPORAL_SORT:
        buffer_format(out, " by %.*s", SLICE_ARG(name_of(input, node->temporal_sort.time)));
        break;
    case PLAN_MATCH:
        format_match(node, out);
        break;
    case PLAN_UPSERT:
        format_names(input, node->upsert.keys, node->upsert.key_count, " by ", out);
        format_ttl(node->upsert.ttl_ms, out);
        break;
    case PLAN_RECORDS:
        buffer_append_text(
            out, node->records.for_late ? " of late rows are sent aside" : " are left out");
        break;
    default:
        break;
    }
}
