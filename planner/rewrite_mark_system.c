/* rewrite_mark_system.c - which nodes must carry the source record's partition, offset or headers:
 * every node between the sources and one whose expressions read them. Headers also go on to the
 * topic that is written: a record's result carries the headers of the record. */
#include "planner/planning.h"

typedef struct uses {
    bool source, headers;
} uses;

static void read_expression(const expression *e, uses *u) {
    if (e->kind == EXPRESSION_PSEUDO) {
        u->source = u->source || e->pseudo == PSEUDO_ROWPARTITION || e->pseudo == PSEUDO_ROWOFFSET;
        u->headers = u->headers || e->pseudo == PSEUDO_HEADERS;
    }
    for (int i = 0; i < e->argument_count; i++)
        read_expression(e->arguments[i], u);
}

static uses read_node(const plan_node *node) {
    uses u = {0};
    switch (node->kind) {
    case PLAN_FILTER:
        read_expression(node->filter.predicate, &u);
        break;
    case PLAN_PROJECT:
        for (int i = 0; i < node->column_count; i++)
            read_expression(node->project.expressions[i], &u);
        break;
    case PLAN_TABLE_FUNCTION:
        for (int c = 0; c < node->table_function.call_count; c++)
            for (int i = 0; i < node->table_function.calls[c]->count; i++)
                if (node->table_function.arguments[c][i])
                    read_expression(node->table_function.arguments[c][i], &u);
        break;
    case PLAN_FOREIGN_KEY_JOIN:
        for (int i = 0; i < node->join.foreign_key_count; i++)
            read_expression(node->join.foreign_keys[i], &u);
        break;
    default:
        break;
    }
    return u;
}

static void mark_inputs(const plan_node *node, uses u) {
    for (int i = 0; i < node->input_count; i++) {
        plan_node *input = node->inputs[i];
        if ((!u.source || input->needs_source) && (!u.headers || input->needs_headers))
            continue;
        input->needs_source = input->needs_source || u.source;
        input->needs_headers = input->needs_headers || u.headers;
        mark_inputs(input, u);
    }
}

void rewrite_mark_system(planning *b) {
    const plan_node *sink = b->nodes[b->node_count - 1];
    if (sink->sink.sink && !sink->sink.sink->is_source)
        mark_inputs(sink, (uses){.headers = true});
    for (int i = 0; i < b->node_count; i++) {
        uses u = read_node(b->nodes[i]);
        if (u.source || u.headers)
            mark_inputs(b->nodes[i], u);
    }
}
