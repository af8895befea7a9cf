/* Columns of numbers stand before the tree, because a tree's lines are of any length. */
#include "server/plan_analysis.h"

#include <stdio.h>

#include "server/json_out.h"

void plan_analysis_of(running_query *query, arena *a, plan_analysis *analysis) {
    query_status status;
    query_read_status(query, &status);
    *analysis =
        (plan_analysis){.nodes = ARENA_ARRAY(a, node_metrics, query_plan(query)->node_count),
            .commits = status.commits,
            .commit_time_ns = status.commit_time_ns,
            .rows_late = status.rows_late,
            .rows_failed = status.rows_failed,
            .lag = query_lag(query)};
    query_node_metrics(query, analysis->nodes);
}

/* ---- for a person ---- */

static void format_state(const node_metrics *m, char *text, size_t size) {
    double bytes = (double)m->state_bytes;
    const char *unit = "B";
    if (bytes >= 1048576) {
        bytes /= 1048576;
        unit = "MiB";
    } else if (bytes >= 1024) {
        bytes /= 1024;
        unit = "KiB";
    }
    snprintf(text, size, "%lld, %.4g %s", (long long)m->state_entries, bytes, unit);
}

static void format_tree(
    const plan *p, const plan_analysis *analysis, const plan_node *node, int depth, buffer *out) {
    const node_metrics *m = &analysis->nodes[node->id];
    char state[64] = "";
    if (node->store.data)
        format_state(m, state, sizeof state);
    buffer_format(out, "%12lld %12lld %12.3f %21s  %*s", (long long)m->rows_in,
        (long long)m->rows_out, (double)m->time_ns / 1e6, state, 2 * depth, "");
    plan_format_node(p, node, out);
    buffer_append_byte(out, '\n');
    for (int i = 0; i < node->input_count; i++)
        format_tree(p, analysis, node->inputs[i], depth + 1, out);
}

void plan_analysis_format(const plan *p, const plan_analysis *analysis, buffer *out) {
    buffer_format(out, "%12s %12s %12s %21s  %s\n", "rows in", "rows out", "time ms",
        "state: entries, size", "operator");
    format_tree(p, analysis, p->nodes[p->node_count - 1], 0, out);
    buffer_format(out, "Commits: %lld in %.3f ms. Rows late: %lld, failed: %lld.\n",
        (long long)analysis->commits, (double)analysis->commit_time_ns / 1e6,
        (long long)analysis->rows_late, (long long)analysis->rows_failed);
    if (analysis->lag >= 0)
        buffer_format(out, "Records not yet read: %lld.\n", (long long)analysis->lag);
}

/* ---- for a program ---- */

static void append_operator(
    const plan *p, const plan_analysis *analysis, const plan_node *node, buffer *out) {
    const node_metrics *m = &analysis->nodes[node->id];
    buffer text = {0};
    plan_format_node(p, node, &text);
    json_open(out, '{');
    json_number_member(out, "id", node->id);
    json_text_member(out, "operator", buffer_slice(&text));
    json_name(out, "inputs");
    json_open(out, '[');
    for (int i = 0; i < node->input_count; i++)
        json_number(out, node->inputs[i]->id);
    json_shut(out, ']');
    json_number_member(out, "rowsIn", m->rows_in);
    json_number_member(out, "rowsOut", m->rows_out);
    json_number_member(out, "rowsLate", m->rows_late);
    json_number_member(out, "timeNs", m->time_ns);
    json_number_member(out, "stateEntries", m->state_entries);
    json_number_member(out, "stateBytes", m->state_bytes);
    json_shut(out, '}');
    buffer_free(&text);
}

void plan_analysis_append(const plan *p, const plan_analysis *analysis, buffer *out) {
    json_name(out, "analysis");
    json_open(out, '{');
    json_name(out, "operators");
    json_open(out, '[');
    for (int n = p->node_count - 1; n >= 0; n--)
        append_operator(p, analysis, p->nodes[n], out);
    json_shut(out, ']');
    json_number_member(out, "commits", analysis->commits);
    json_number_member(out, "commitTimeNs", analysis->commit_time_ns);
    json_number_member(out, "rowsLate", analysis->rows_late);
    json_number_member(out, "rowsFailed", analysis->rows_failed);
    json_name(out, "lag");
    if (analysis->lag < 0)
        json_null_value(out);
    else
        json_number(out, analysis->lag);
    json_shut(out, '}');
}
