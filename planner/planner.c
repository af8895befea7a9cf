/* planner.c - from a statement to its plan: the clauses in the order in which rows pass them, then
 * the sink, then the rewrites.
 *
 *   FROM and joins, WHERE, PARTITION BY, table functions, GROUP BY with HAVING, SELECT, sink
 */
#include "planner/planner.h"

#include "planner/planning.h"
#include "planner/with_properties.h"

const char *planner_query_prefix(const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
    case AST_STATEMENT_FLINK_QUERY:
        return "transient";
    case AST_STATEMENT_FLINK_INSERT:
        return "INSERT";
    case AST_STATEMENT_CREATE_AS:
        return statement->create_as.source_kind == AST_TABLE ? "CTAS" : "CSAS";
    case AST_STATEMENT_INSERT_SELECT:
        return "INSERTQUERY";
    case AST_STATEMENT_CREATE_SOURCE:
        return statement->create_source.is_source &&
                       statement->create_source.source_kind == AST_TABLE
                   ? "CST"
                   : NULL;
    default:
        return NULL;
    }
}

slice planner_given_query_id(const ast_statement *statement) {
    const ast_property_list *list =
        statement->kind == AST_STATEMENT_INSERT_SELECT ? &statement->insert_select.properties
        : statement->kind == AST_STATEMENT_CREATE_AS   ? &statement->create_as.properties
                                                       : NULL;
    const ast_property *property = list ? ast_property_find(list, "QUERY_ID") : NULL;
    return property && property->value.kind == AST_LITERAL_STRING ? slice_trim(property->value.text)
                                                                  : (slice){0};
}

/* ---- one plan ---- */

static bool check_unsupported(planning *b) {
    const ast_query *query = b->query;
    if (query->distinct && query->has_group_by) {
        error_at(b->e, ERROR_STATEMENT, query->span, "SELECT DISTINCT cannot have a GROUP BY");
        return error_hint(b->e, "Each group is one row already; COUNT_DISTINCT counts values.");
    }
    if (b->is_pull)
        return true;
    if (query->order_by.count > 0)
        return error_at(b->e, ERROR_UNSUPPORTED, query->order_by.items[0].span,
            "ORDER BY needs an end of the rows: it is for pull queries, without EMIT");
    if (query->offset >= 0)
        return error_at(b->e, ERROR_UNSUPPORTED, query->span, "OFFSET is only for pull queries");
    if (b->persistent && query->limit >= 0) {
        error_at(b->e, ERROR_STATEMENT, query->span,
            "LIMIT is not supported in a query that runs for ever");
        return error_hint(b->e, "LIMIT is for push and pull queries.");
    }
    return true;
}

static bool has_windows(const ast_query *query) {
    for (int i = 0; i < query->joins.count; i++)
        if (query->joins.items[i].before.given || query->joins.items[i].after.given)
            return true;
    return query->window.kind != AST_WINDOW_NONE;
}

/* Only what has windows has late rows; the property may be meant for another query. */
static void read_late_topic(planning *b) {
    if (!b->persistent || !has_windows(b->query) || !b->options || !b->options->property)
        return;
    slice topic = slice_trim(
        b->options->property(b->options->context, SLICE_LITERAL("sluice.late.rows.topic")));
    b->keeps_records = topic.length > 0;
    if (b->keeps_records)
        b->plan->late_topic = arena_copy(b->arena, topic);
}

static void read_ttl(planning *b) {
    int64_t ttl_ms;
    if (b->options && b->options->property &&
        slice_to_int64(
            b->options->property(b->options->context, SLICE_LITERAL("sluice.state.ttl.ms")),
            &ttl_ms))
        b->ttl_ms = ttl_ms;
}

/* Late rows of a topic that the query itself reads or writes would never end. */
static bool check_late_topic(planning *b) {
    for (int i = 0; i < b->node_count && b->keeps_records; i++) {
        const plan_node *node = b->nodes[i];
        const source_descriptor *other = node->kind == PLAN_SOURCE ? node->source.source
                                         : node->kind == PLAN_SINK ? node->sink.sink
                                                                   : NULL;
        if (!other || !slice_equal(other->topic, b->plan->late_topic))
            continue;
        error_at(b->e, ERROR_STATEMENT, b->query->span,
            "'sluice.late.rows.topic' is '%.*s', which the query itself %s",
            SLICE_ARG(other->topic), node->kind == PLAN_SOURCE ? "reads" : "writes");
        return error_hint(b->e, "Late rows need a topic of their own.");
    }
    return true;
}

static bool plan_clauses(planning *b, relation *r) {
    read_late_topic(b);
    return plan_from(b, r) && plan_where(b, r) && plan_partition_by(b, r) &&
           plan_table_functions(b, r) &&
           (b->query->has_group_by ? plan_group_by(b, r) : plan_select(b, r));
}

static bool plan_push_query(planning *b) {
    relation r;
    b->plan->limit = b->query->limit;
    return plan_clauses(b, &r) && plan_transient_sink(b, &r);
}

static bool plan_create_as(planning *b, const ast_statement *statement) {
    relation r;
    b->persistent = true;
    read_ttl(b);
    b->sink_name = statement->create_as.name.text;
    return check_unsupported(b) && plan_clauses(b, &r) &&
           plan_create_sink(b, &r, &statement->create_as, statement->text) && check_late_topic(b);
}

static bool plan_insert(planning *b, const ast_insert_select *insert) {
    relation r;
    b->persistent = true;
    read_ttl(b);
    b->sink_name = insert->target.text;
    return check_unsupported(b) && plan_clauses(b, &r) && plan_insert_sink(b, &r, insert) &&
           check_late_topic(b);
}

/* CREATE SOURCE TABLE: the table's rows are kept for pull queries. The sink is the table itself,
 * which is read-only, so its topic is not written. */
static bool plan_source_table(planning *b, const ast_statement *statement) {
    source_descriptor *source;
    read_ttl(b);
    if (!planner_create_source(statement, b->catalog, b->options, b->arena, &source, b->e))
        return false;
    plan_node *node = planning_node(b, PLAN_SOURCE, NULL);
    int count = source->column_count;
    plan_column *columns = planning_columns(b, node, count);
    int *indexes = ARENA_ARRAY(b->arena, int, count + 1);
    int filled = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++)
            if ((source->columns[i].role == COLUMN_KEY) == (pass == 0)) {
                columns[filled] = (plan_column){source->columns[i].name, source->columns[i].type};
                indexes[filled++] = i;
                node->key_count += pass == 0;
            }
    node->mode = CHANGELOG_UPSERT;
    node->window = source->window;
    node->window_size_ms = source->window_size_ms;
    node->source.source = source;
    node->source.source_columns = indexes;
    plan_node *sink = planning_node(b, PLAN_SINK, planning_expire(b, node));
    sink->sink.sink = source;
    sink->sink.table_store = SLICE_LITERAL("table");
    sink->store = sink->sink.table_store;
    return true;
}

static bool plan_statement(planning *b, const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
        b->query = statement->query;
        b->is_pull = statement->query->emit == AST_EMIT_NONE;
        b->plan->is_pull = b->is_pull;
        if (!check_unsupported(b))
            return false;
        return b->is_pull ? plan_pull_query(b) : plan_push_query(b);
    case AST_STATEMENT_CREATE_AS:
        b->query = statement->create_as.query;
        return plan_create_as(b, statement);
    case AST_STATEMENT_INSERT_SELECT:
        b->query = statement->insert_select.query;
        return plan_insert(b, &statement->insert_select);
    case AST_STATEMENT_CREATE_SOURCE:
        return plan_source_table(b, statement);
    default:
        return error_at(
            b->e, ERROR_STATEMENT, statement->span, "The statement runs no query to plan");
    }
}

bool planner_plan_query(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e) {
    plan *p = planning_new_plan(statement, query_id);
    planning b = {.plan = p, .arena = p->arena, .catalog = catalog, .options = options, .e = e};
    if (!plan_statement(&b, statement)) {
        plan_destroy(p);
        return false;
    }
    rewrite_prune_columns(&b);
    rewrite_drop_projects(&b);
    rewrite_mark_system(&b);
    planning_finish(&b);
    *out = p;
    return true;
}
