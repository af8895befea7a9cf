/* Records of late rows: with 'sluice.late.rows.topic' a job's sources give each row's record along,
 * as one more column, as far as an aggregate of windows, which hands it on when the row is late
 * (executor/late.h).
 *
 * The column is put behind all others, through nodes that leave rows as they are. Where one of
 * these has another consumer, or makes one row of several, late rows are counted and no more.
 */
#include "planner/flink/rewrite.h"

static int consumers_of(const lowering *l, const plan_node *node) {
    int count = 0;
    for (int i = 0; i < l->b.node_count; i++)
        for (int k = 0; k < l->b.nodes[i]->input_count; k++)
            count += l->b.nodes[i]->inputs[k] == node;
    return count;
}

static bool passes(const plan_node *node) {
    return node->kind == PLAN_FILTER || node->kind == PLAN_EXCHANGE ||
           node->kind == PLAN_WATERMARK || node->kind == PLAN_PROJECT;
}

static bool can_keep(const lowering *l, const plan_node *node) {
    while (passes(node) && consumers_of(l, node) == 1)
        node = node->inputs[0];
    return node->kind == PLAN_SOURCE && node->source.source->kind == SOURCE_STREAM &&
           consumers_of(l, node) == 1;
}

static void add_column(lowering *l, plan_node *node) {
    int count = node->column_count;
    plan_column *columns = ARENA_ARRAY(l->b.arena, plan_column, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = node->columns[i];
    columns[count] = (plan_column){SLICE_LITERAL("$record"), &SQL_TYPE_BYTES};
    node->columns = columns;
    node->column_count = count + 1;
}

static void read_record(lowering *l, plan_node *source) {
    int count = source->column_count;
    int *indexes = ARENA_ARRAY(l->b.arena, int, count + 1);
    bool *wanted = ARENA_ARRAY(l->b.arena, bool, count + 1);
    for (int i = 0; i < count; i++) {
        indexes[i] = source->source.source_columns[i];
        wanted[i] = source->source.wanted[i];
    }
    indexes[count] = PLAN_RECORD_COLUMN;
    wanted[count] = true;
    source->source.source_columns = indexes;
    source->source.wanted = wanted;
}

static void keep(lowering *l, plan_node *node) {
    int count = node->column_count;
    if (node->kind == PLAN_SOURCE) {
        read_record(l, node);
    } else {
        plan_node *input = node->inputs[0];
        keep(l, input);
        if (node->kind == PLAN_PROJECT) {
            const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
            for (int i = 0; i < count; i++)
                values[i] = node->project.expressions[i];
            values[count] = flink_input(l, input, input->column_count - 1);
            node->project.expressions = values;
        }
    }
    add_column(l, node);
}

static bool check_topic(lowering *l, slice topic) {
    for (int i = 0; i < l->b.node_count; i++) {
        const plan_node *node = l->b.nodes[i];
        const source_descriptor *other = node->kind == PLAN_SOURCE ? node->source.source
                                         : node->kind == PLAN_SINK ? node->sink.sink
                                                                   : NULL;
        if (!other || !slice_equal(other->topic, topic))
            continue;
        error_at(l->b.e, ERROR_STATEMENT, SPAN_NONE,
            "'sluice.late.rows.topic' is '%.*s', which the query itself %s", SLICE_ARG(topic),
            node->kind == PLAN_SOURCE ? "reads" : "writes");
        return error_hint(l->b.e, "Late rows need a topic of their own.");
    }
    return true;
}

bool flink_keep_records(lowering *l) {
    const planner_options *options = l->b.options;
    const plan_node *sink = l->b.nodes[l->b.node_count - 1];
    slice name = SLICE_LITERAL("sluice.late.rows.topic");
    slice topic = options && options->property && sink->sink.sink
                      ? slice_trim(options->property(options->context, name))
                      : (slice){0};
    if (topic.length == 0)
        return true;
    bool any = false;
    for (int i = 0; i < l->b.node_count; i++) {
        plan_node *node = l->b.nodes[i];
        if (node->kind != PLAN_WINDOW_AGGREGATE || !can_keep(l, node->inputs[0]))
            continue;
        keep(l, node->inputs[0]);
        node->group.records[0] = node->inputs[0]->column_count;
        any = true;
    }
    if (any)
        l->b.plan->late_topic = arena_copy(l->b.arena, topic);
    return !any || check_topic(l, topic);
}
