/* Records of late rows: with 'sluice.late.rows.topic' a job's sources give each row's record along,
 * as one more column, as far as the operators that drop late rows. In front of these a RECORDS node
 * takes it out of the rows, and beside them it is handed on when a row is late (executor/late.h).
 *
 * The column is put behind all others, through nodes that make each row of one record. What else
 * reads such a node gets its rows without the record, by a RECORDS node, too. Rows that an operator
 * has made of several are counted when they are late, and no more.
 */
#include "planner/flink/rewrite.h"

/* Whether each row that the node gives is made of one record. */
static bool has_records(const plan_node *node) {
    switch (node->kind) {
    case PLAN_SOURCE:
        return node->source.source->kind == SOURCE_STREAM;
    case PLAN_UNION:
        return has_records(node->inputs[0]) && has_records(node->inputs[1]);
    case PLAN_FILTER:
    case PLAN_EXCHANGE:
    case PLAN_WATERMARK:
    case PLAN_PROJECT:
    case PLAN_WINDOW:
        return has_records(node->inputs[0]);
    default:
        return false;
    }
}

static bool drops_late_rows(const plan_node *node, int input) {
    switch (node->kind) {
    case PLAN_WINDOW_AGGREGATE:
        return !node->group.window.processing_time;
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_TEMPORAL_SORT:
        return true;
    case PLAN_TEMPORAL_JOIN:
        return input == 0 && node->temporal_join.left_time >= 0;
    case PLAN_TOP_N:
        return node->top_n.window_end >= 0;
    case PLAN_OVER:
        return node->over.time >= 0;
    case PLAN_MATCH:
        return node->match.time >= 0;
    default:
        return false;
    }
}

static void mark(const plan_node *node, bool *kept) {
    kept[node->id] = true;
    for (int i = 0; i < node->input_count; i++)
        mark(node->inputs[i], kept);
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

/* A window's bounds come behind the record: a projection puts it behind them. */
static void move_behind_window(lowering *l, plan_node *node) {
    int count = node->column_count, record = count - 3;
    plan_node *window = flink_node(l, PLAN_WINDOW, node->inputs[0], NULL);
    int id = window->id;
    *window = *node;
    window->id = id;
    plan_column *columns = ARENA_ARRAY(l->b.arena, plan_column, count + 1);
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 2);
    for (int i = 0; i < count; i++)
        columns[i < record ? i : i + 1] = node->columns[i];
    columns[record] = window->inputs[0]->columns[record];
    window->columns = columns;
    window->column_count = count + 1;
    for (int i = 0; i < count; i++)
        values[i] = flink_input(l, window, i < record ? i : i + 1);
    values[count] = flink_input(l, window, record);
    node->kind = PLAN_PROJECT;
    node->inputs[0] = window;
    node->project.expressions = values;
}

static void project_record(lowering *l, plan_node *node) {
    int count = node->column_count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++)
        values[i] = node->project.expressions[i];
    values[count] = flink_input(l, node->inputs[0], node->inputs[0]->column_count - 1);
    node->project.expressions = values;
}

/* What it reads has the column already. */
static void keep(lowering *l, plan_node *node) {
    if (node->kind == PLAN_SOURCE)
        read_record(l, node);
    else if (node->kind == PLAN_PROJECT)
        project_record(l, node);
    else if (node->kind == PLAN_WINDOW)
        move_behind_window(l, node);
    add_column(l, node);
}

/* The rows of an input that has the column, for a node that has none. */
static plan_node *without_record(lowering *l, plan_node *input, bool for_late) {
    plan_node *node = flink_node(l, PLAN_RECORDS, input, NULL);
    node->column_count--;
    node->records.for_late = for_late;
    return node;
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
    int count = l->b.node_count; /* those made here come behind */
    bool *kept = ARENA_ARRAY(l->b.arena, bool, count);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < l->b.nodes[i]->input_count; k++)
            if (drops_late_rows(l->b.nodes[i], k) && has_records(l->b.nodes[i]->inputs[k])) {
                mark(l->b.nodes[i]->inputs[k], kept);
                l->b.plan->late_topic = arena_copy(l->b.arena, topic);
            }
    if (!l->b.plan->late_topic.data)
        return true;
    for (int i = 0; i < count; i++) {
        plan_node *node = l->b.nodes[i];
        if (kept[i])
            keep(l, node);
        for (int k = 0; k < node->input_count && !kept[i]; k++)
            if (kept[node->inputs[k]->id])
                node->inputs[k] = without_record(l, node->inputs[k], drops_late_rows(node, k));
    }
    return check_topic(l, topic);
}
