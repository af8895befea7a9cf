/* plan_format.c - EXPLAIN: one line a node, what it does and what it gives, inputs indented below.
 *
 *   SINK stream OUTPUT -> topic OUTPUT (JSON)
 *     PROJECT `ID` KEY, `V` + 1 AS `W`
 *       SOURCE INPUT (topic input, KAFKA/JSON): `ID` INTEGER KEY, `V` INTEGER */
#include "planner/plan_format_relational.h"

static const char *const KINDS[] = {
    [PLAN_SOURCE] = "SOURCE",
    [PLAN_SCAN] = "SCAN",
    [PLAN_FILTER] = "FILTER",
    [PLAN_PROJECT] = "PROJECT",
    [PLAN_TABLE_FUNCTION] = "TABLE FUNCTION",
    [PLAN_EXCHANGE] = "EXCHANGE",
    [PLAN_EXPIRE] = "EXPIRE",
    [PLAN_NORMALIZE] = "NORMALIZE",
    [PLAN_AGGREGATE] = "AGGREGATE",
    [PLAN_STREAM_JOIN] = "STREAM JOIN",
    [PLAN_STREAM_TABLE_JOIN] = "STREAM-TABLE JOIN",
    [PLAN_TABLE_JOIN] = "TABLE JOIN",
    [PLAN_FOREIGN_KEY_JOIN] = "FOREIGN KEY JOIN",
    [PLAN_FINAL] = "FINAL",
    [PLAN_CHANGES] = "CHANGES",
    [PLAN_DISTINCT] = "DISTINCT",
    [PLAN_HASH_JOIN] = "HASH JOIN",
    [PLAN_SORT] = "SORT",
    [PLAN_LIMIT] = "LIMIT",
    [PLAN_SINK] = "SINK",
    [PLAN_WATERMARK] = "WATERMARK",
    [PLAN_WINDOW] = "WINDOW",
    [PLAN_WINDOW_AGGREGATE] = "WINDOW AGGREGATE",
    [PLAN_GROUP_AGGREGATE] = "GROUP AGGREGATE",
    [PLAN_JOIN] = "JOIN",
    [PLAN_INTERVAL_JOIN] = "INTERVAL JOIN",
    [PLAN_WINDOW_JOIN] = "WINDOW JOIN",
    [PLAN_TEMPORAL_JOIN] = "TEMPORAL JOIN",
    [PLAN_TOP_N] = "TOP N",
    [PLAN_OVER] = "OVER",
    [PLAN_TEMPORAL_SORT] = "TEMPORAL SORT",
    [PLAN_UNION] = "UNION",
    [PLAN_MATCH] = "MATCH",
    [PLAN_UPSERT] = "UPSERT",
    [PLAN_RECORDS] = "RECORDS",
};

static const char *const WINDOWS[] = {
    [WINDOW_NONE] = "",
    [WINDOW_TUMBLING] = "TUMBLING",
    [WINDOW_HOPPING] = "HOPPING",
    [WINDOW_SESSION] = "SESSION",
};

static const char *const JOINS[] = {
    [JOIN_INNER] = "INNER",
    [JOIN_LEFT] = "LEFT",
    [JOIN_RIGHT] = "RIGHT",
    [JOIN_FULL] = "FULL",
};

static slice *column_names(const plan *p, const plan_node *node) {
    slice *names = ARENA_ARRAY(p->arena, slice, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        names[i] = node->columns[i].name;
    return names;
}

static void format_columns(const plan_node *node, const bool *wanted, buffer *out) {
    bool first = true;
    for (int i = 0; i < node->column_count; i++) {
        if (wanted && !wanted[i])
            continue;
        buffer_format(out, "%s`%.*s` ", first ? "" : ", ", SLICE_ARG(node->columns[i].name));
        sql_type_format(node->columns[i].type, out);
        if (i < node->key_count)
            buffer_append_text(out, " KEY");
        first = false;
    }
}

static void format_source(const plan_node *node, buffer *out) {
    const source_descriptor *source = node->source.source;
    buffer_format(out, " %.*s (topic %.*s, %.*s/%.*s): ", SLICE_ARG(source->name),
        SLICE_ARG(source->topic), SLICE_ARG(source->key_format.name),
        SLICE_ARG(source->value_format.name));
    format_columns(node, node->source.wanted, out);
}

static void format_bound(const char *name, int64_t from, int64_t to, buffer *out) {
    if (from != INT64_MIN)
        buffer_format(out, ", %s >= %lld", name, (long long)from);
    if (to != INT64_MAX)
        buffer_format(out, ", %s <= %lld", name, (long long)to);
}

static void format_scan(const plan_node *node, buffer *out) {
    buffer_format(out, " %.*s (materialized by %.*s)", SLICE_ARG(node->scan.source->name),
        SLICE_ARG(node->scan.query_id));
    if (node->scan.keys)
        buffer_format(out, ", %lld key lookup%s", (long long)node->scan.lookup_count,
            node->scan.lookup_count == 1 ? "" : "s");
    if (node->scan.by_join)
        buffer_append_text(out, ", key lookups by the join");
    format_bound("WINDOWSTART", node->scan.start_from_ms, node->scan.start_to_ms, out);
    format_bound("WINDOWEND", node->scan.end_from_ms, node->scan.end_to_ms, out);
}

static void format_project(const plan *p, const plan_node *node, buffer *out) {
    slice *names = column_names(p, node->inputs[0]);
    for (int i = 0; i < node->column_count; i++) {
        const expression *e = node->project.expressions[i];
        buffer_append_text(out, i ? ", " : " ");
        expression_format(e, names, out);
        bool same =
            e->kind == EXPRESSION_COLUMN && slice_equal(names[e->index], node->columns[i].name);
        if (!same)
            buffer_format(out, " AS `%.*s`", SLICE_ARG(node->columns[i].name));
        if (i < node->key_count)
            buffer_append_text(out, " KEY");
    }
}

static void format_table_function(const plan *p, const plan_node *node, buffer *out) {
    slice *names = column_names(p, node->inputs[0]);
    for (int c = 0; c < node->table_function.call_count; c++) {
        const function_binding *call = node->table_function.calls[c];
        buffer_format(out, "%s%s(", c ? ", " : " ", call->function->name);
        for (int i = 0; i < call->count; i++) {
            if (i)
                buffer_append_text(out, ", ");
            expression_format(node->table_function.arguments[c][i], names, out);
        }
        buffer_append_text(out, ")");
    }
}

static void format_window(const plan_window *window, buffer *out) {
    if (window->kind == WINDOW_NONE)
        return;
    buffer_format(out, " %s %s %lld ms", WINDOWS[window->kind],
        window->kind == WINDOW_SESSION ? "gap" : "size", (long long)window->size_ms);
    if (window->kind == WINDOW_HOPPING)
        buffer_format(out, " advance %lld ms", (long long)window->advance_ms);
    buffer_format(out, " grace %lld ms retention %lld ms;", (long long)window->grace_ms,
        (long long)window->retention_ms);
}

static void format_late(const plan *p, const int *records, buffer *out) {
    if (p->late_topic.data && records[0])
        buffer_format(out, ", late rows -> topic %.*s", SLICE_ARG(p->late_topic));
}

static void format_aggregate(const plan *p, const plan_node *node, buffer *out) {
    const slice *names = column_names(p, node->inputs[0]);
    format_window(&node->aggregate.window, out);
    if (node->aggregate.pane_ms)
        buffer_append_text(out, " in panes;");
    if (node->aggregate.ttl_ms)
        buffer_format(out, " unless untouched for %lld ms", (long long)node->aggregate.ttl_ms);
    buffer_append_text(out, " by");
    for (int i = 0; i < node->key_count; i++)
        buffer_format(out, "%s `%.*s`", i ? "," : "", SLICE_ARG(node->columns[i].name));
    buffer_append_text(out, ":");
    for (int i = 0; i < node->aggregate.aggregate_count; i++) {
        const plan_aggregate *aggregate = &node->aggregate.aggregates[i];
        buffer_format(out, "%s %s(", i ? "," : "", aggregate->descriptor->name);
        for (int a = 0; a < aggregate->argument_count; a++)
            buffer_format(
                out, "%s`%.*s`", a ? ", " : "", SLICE_ARG(names[aggregate->arguments[a]]));
        buffer_append_text(out, ")");
    }
    format_late(p, node->aggregate.records, out);
}

static void format_join(const plan *p, const plan_node *node, buffer *out) {
    buffer_format(out, " %s", JOINS[node->join.kind]);
    if (node->kind == PLAN_STREAM_JOIN)
        buffer_format(out, " within %lld ms before, %lld ms after", (long long)node->join.before_ms,
            (long long)node->join.after_ms);
    if (node->kind == PLAN_STREAM_JOIN && node->join.grace_ms >= 0)
        buffer_format(out, ", grace %lld ms", (long long)node->join.grace_ms);
    for (int i = 0; i < node->join.foreign_key_count; i++) {
        buffer_append_text(out, i ? ", " : " on ");
        expression_format(node->join.foreign_keys[i], column_names(p, node->inputs[0]), out);
    }
    for (int i = 0; i < node->key_count && !node->join.foreign_key_count; i++)
        buffer_format(out, "%s%.*s", i ? ", " : " on key of type ",
            SLICE_ARG(sql_type_name(p->arena, node->columns[i].type)));
    format_late(p, node->join.records, out);
}

static void format_exchange(const plan_node *node, buffer *out) {
    if (node->key_count == 0) {
        buffer_append_text(out, " all partitions into one");
        return;
    }
    buffer_append_text(out, " by");
    for (int i = 0; i < node->key_count; i++)
        buffer_format(out, "%s `%.*s`", i ? "," : "", SLICE_ARG(node->columns[i].name));
    buffer_format(out, " (topic %.*s, %d partitions, %.*s)", SLICE_ARG(node->exchange.topic),
        (int)node->exchange.partitions, SLICE_ARG(node->exchange.key_format));
}

static void format_sink(const plan_node *node, buffer *out) {
    const source_descriptor *sink = node->sink.sink;
    if (sink && sink->is_source)
        buffer_format(out, " materialized %.*s: ", SLICE_ARG(sink->name));
    else if (sink)
        buffer_format(out,
            " %s %.*s (topic %.*s, %.*s/%.*s): ", sink->kind == SOURCE_TABLE ? "table" : "stream",
            SLICE_ARG(sink->name), SLICE_ARG(sink->topic), SLICE_ARG(sink->key_format.name),
            SLICE_ARG(sink->value_format.name));
    else
        buffer_append_text(out, " results: ");
    format_columns(node, NULL, out);
}

static void format_sort(const plan_node *node, buffer *out) {
    for (int i = 0; i < node->sort.count; i++) {
        bool descending = node->sort.descending[i], first = node->sort.nulls_first[i];
        const char *nulls = first == !descending ? "" : first ? " NULLS FIRST" : " NULLS LAST";
        buffer_format(out, "%s `%.*s`%s%s", i ? "," : " by",
            SLICE_ARG(node->columns[node->sort.columns[i]].name), descending ? " DESC" : "", nulls);
    }
}

static void format_details(const plan *p, const plan_node *node, buffer *out) {
    switch (node->kind) {
    case PLAN_SOURCE:
        format_source(node, out);
        break;
    case PLAN_SCAN:
        format_scan(node, out);
        break;
    case PLAN_FILTER:
        buffer_append_text(out, " ");
        expression_format(node->filter.predicate, column_names(p, node->inputs[0]), out);
        break;
    case PLAN_PROJECT:
        format_project(p, node, out);
        break;
    case PLAN_TABLE_FUNCTION:
        format_table_function(p, node, out);
        break;
    case PLAN_EXCHANGE:
        format_exchange(node, out);
        break;
    case PLAN_DISTINCT:
        if (node->expire.ttl_ms)
            buffer_format(out, " within %lld ms", (long long)node->expire.ttl_ms);
        break;
    case PLAN_NORMALIZE:
        if (node->normalize.ttl_ms)
            buffer_format(out, ", state kept for %lld ms", (long long)node->normalize.ttl_ms);
        break;
    case PLAN_EXPIRE:
        buffer_format(out, " what is untouched for %lld ms", (long long)node->expire.ttl_ms);
        break;
    case PLAN_AGGREGATE:
        format_aggregate(p, node, out);
        break;
    case PLAN_STREAM_JOIN:
    case PLAN_STREAM_TABLE_JOIN:
    case PLAN_TABLE_JOIN:
    case PLAN_FOREIGN_KEY_JOIN:
    case PLAN_HASH_JOIN:
        format_join(p, node, out);
        break;
    case PLAN_FINAL:
        buffer_format(out, " grace %lld ms", (long long)node->final.grace_ms);
        break;
    case PLAN_SORT:
        format_sort(node, out);
        break;
    case PLAN_LIMIT:
        if (node->limit.limit >= 0)
            buffer_format(out, " %lld", (long long)node->limit.limit);
        if (node->limit.offset > 0)
            buffer_format(out, " OFFSET %lld", (long long)node->limit.offset);
        break;
    case PLAN_SINK:
        format_sink(node, out);
        break;
    default:
        plan_format_relational(p, node, out);
        break;
    }
    if (node->window != WINDOW_NONE && node->kind != PLAN_AGGREGATE)
        buffer_format(out, " [%s]", WINDOWS[node->window]);
}

void plan_format_node(const plan *p, const plan_node *node, buffer *out) {
    buffer_append_text(out, KINDS[node->kind]);
    format_details(p, node, out);
}

/* A node with several consumers is told once. */
static void format_node(const plan *p, const plan_node *node, int depth, bool *told, buffer *out) {
    buffer_format(out, "%*s", 2 * depth, "");
    if (told[node->id]) {
        buffer_format(out, "%s (the same as above)\n", KINDS[node->kind]);
        return;
    }
    told[node->id] = node->input_count > 0 || node->kind == PLAN_SOURCE;
    plan_format_node(p, node, out);
    buffer_append_text(out, "\n");
    for (int i = 0; i < node->input_count; i++)
        format_node(p, node->inputs[i], depth + 1, told, out);
}

void plan_format(const plan *p, buffer *out) {
    bool *told = ARENA_ARRAY(p->arena, bool, p->node_count);
    format_node(p, p->nodes[p->node_count - 1], 0, told, out);
    if (p->limit >= 0)
        buffer_format(out, "LIMIT %lld\n", (long long)p->limit);
}
