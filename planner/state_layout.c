#include "planner/state_layout.h"

#include "planner/plan_format_relational.h"

/* Raised when stores are written in another way; the second: those of relational nodes, the third:
 * those of joins of streams, the fourth: those of session windows. */
enum { LAYOUT_VERSION = 1, RELATIONAL_VERSION = 3, STREAM_JOIN_VERSION = 2, SESSION_VERSION = 2 };

static void append_types(const plan_node *node, buffer *out) {
    buffer_format(out, " key %d window %d:", node->key_count, (int)node->window);
    for (int i = 0; i < node->column_count; i++) {
        buffer_append_byte(out, ' ');
        sql_type_format(node->columns[i].type, out);
    }
}

static void append_aggregates(const plan_node *node, buffer *out) {
    const plan_window *w = &node->aggregate.window;
    buffer_format(out, " of %d %lld %lld %lld", (int)w->kind, (long long)w->size_ms,
        (long long)w->advance_ms, (long long)w->grace_ms);
    if (node->aggregate.pane_ms)
        buffer_format(out, " panes %lld", (long long)node->aggregate.pane_ms);
    if (node->aggregate.ttl_ms)
        buffer_format(out, " ttl %lld", (long long)node->aggregate.ttl_ms);
    if (w->kind == WINDOW_SESSION)
        buffer_format(out, " version %d", SESSION_VERSION);
    for (int i = 0; i < node->aggregate.aggregate_count; i++) {
        const plan_aggregate *a = &node->aggregate.aggregates[i];
        buffer_format(out, " %s%s", a->descriptor->name, a->function->signature);
        if (a->function->state)
            buffer_format(out, " %s", a->function->state);
        for (int k = 0; k < a->argument_count; k++) {
            buffer_append_byte(out, ' ');
            sql_type_format(node->inputs[0]->columns[a->arguments[k]].type, out);
        }
    }
}

static bool is_join(const plan_node *node) {
    return node->kind == PLAN_STREAM_JOIN || node->kind == PLAN_STREAM_TABLE_JOIN ||
           node->kind == PLAN_TABLE_JOIN || node->kind == PLAN_FOREIGN_KEY_JOIN;
}

static void append_node(const plan *p, const plan_node *node, buffer *out) {
    buffer_format(out, "%d %.*s", (int)node->kind, SLICE_ARG(node->store));
    if (node->kind == PLAN_EXCHANGE)
        buffer_format(out, " %.*s %d %.*s", SLICE_ARG(node->exchange.topic),
            node->exchange.partitions, SLICE_ARG(node->exchange.key_format));
    if (node->kind == PLAN_AGGREGATE)
        append_aggregates(node, out);
    else if (node->kind >= PLAN_WATERMARK && node->kind <= PLAN_UPSERT) {
        plan_format_relational(p, node, out); /* all that its state depends on */
        buffer_format(out, " version %d", RELATIONAL_VERSION);
        for (int i = 0; i < node->input_count; i++)
            append_types(node->inputs[i], out);
    }
    if (is_join(node))
        buffer_format(out, " %d %lld %lld %lld", (int)node->join.kind,
            (long long)node->join.before_ms, (long long)node->join.after_ms,
            (long long)node->join.grace_ms);
    if (node->kind == PLAN_STREAM_JOIN)
        buffer_format(out, " version %d", STREAM_JOIN_VERSION);
    append_types(node, out);
    for (int i = 0; i < node->input_count && is_join(node); i++)
        append_types(node->inputs[i], out);
    buffer_append_byte(out, '\n');
}

void state_layout_append(const plan *p, buffer *out) {
    buffer_format(out, "layout %d\n", LAYOUT_VERSION);
    for (int i = 0; i < p->node_count; i++) {
        const plan_node *node = p->nodes[i];
        if (node->kind == PLAN_SOURCE)
            buffer_format(out, "source %.*s of %.*s\n", SLICE_ARG(node->source.source->name),
                SLICE_ARG(node->source.source->topic));
        else if (node->kind == PLAN_SINK && node->sink.sink)
            buffer_format(out, "sink %.*s%s\n", SLICE_ARG(node->sink.sink->topic),
                node->sink.groups ? " of groups" : "");
        else if (node->kind == PLAN_NORMALIZE && node->normalize.ttl_ms)
            append_node(p, node, out);
        else if (node->kind != PLAN_SINK && node->kind != PLAN_NORMALIZE &&
                 node->kind != PLAN_EXPIRE &&
                 (node->store.data || node->kind == PLAN_AGGREGATE || node->kind == PLAN_FINAL ||
                     is_join(node)))
            append_node(p, node, out);
    }
}
