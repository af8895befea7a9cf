/* EXPLAIN: the plan of a statement, or of a query that runs. EXPLAIN ANALYZE: with what each
 * operator has done; a SELECT is run for it, and its rows are dropped. */
#include "server/describe.h"
#include "server/plan_analysis.h"
#include "server/statement.h"

/* ---- the answer ---- */

static void append_plan_columns(buffer *out, const plan *p) {
    const plan_node *node = p->nodes[p->node_count - 1]->inputs[0];
    json_name(out, "fields");
    json_open(out, '[');
    for (int i = 0; i < node->column_count; i++) {
        json_open(out, '{');
        json_text_member(out, "name", node->columns[i].name);
        json_name(out, "schema");
        response_append_type(out, node->columns[i].type);
        if (i < node->key_count)
            json_text_member(out, "type", SLICE_LITERAL("KEY"));
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

/* How many columns tell the rows of a node's table apart. */
static int count_keys(const plan_node *node) {
    while (node->kind == PLAN_PROJECT || node->kind == PLAN_FILTER || node->kind == PLAN_SORT ||
           node->kind == PLAN_LIMIT)
        node = node->inputs[0];
    return node->key_count;
}

/* The columns that tell the rows of a table apart: a stream has none, nor has a table some of whose
 * keys are not selected. */
static void append_key_columns(buffer *out, const plan *p) {
    const plan_node *node = p->nodes[p->node_count - 1]->inputs[0];
    json_name(out, "keyColumns");
    json_open(out, '[');
    int found = 0;
    for (int i = 0; i < node->column_count; i++)
        found += statement_is_key_column(node, i);
    bool is_keyed = node->mode != CHANGELOG_APPEND && found >= count_keys(node);
    for (int i = 0; is_keyed && i < node->column_count; i++)
        if (statement_is_key_column(node, i))
            json_text(out, node->columns[i].name);
    json_shut(out, ']');
    json_boolean_member(out, "isTable", node->mode != CHANGELOG_APPEND);
}

/* `query` is NULL for what does not run, `analysis` for what is not analyzed. */
/* What a persistent query was made with. */
static void append_overrides(statement_call *call, buffer *out, const plan *p, bool is_running) {
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    describe_append_overrides(out, is_running ? catalog_query(c, p->query_id) : NULL);
    catalog_unlock(c);
}

static void answer_plan(statement_call *call, const plan *p, slice sql, running_query *query,
    const plan_analysis *analysis) {
    buffer out = {0}, tree = {0};
    if (analysis)
        plan_analysis_format(p, analysis, &tree);
    else
        plan_format(p, &tree);
    query_status status = {.state = QUERY_RUNNING};
    if (query)
        query_read_status(query, &status);
    const plan_node *last = p->nodes[p->node_count - 1];
    answer_begin(call, &out, "queryDescription");
    json_name(&out, "queryDescription");
    json_open(&out, '{');
    json_text_member(&out, "id", query ? p->query_id : SLICE_LITERAL(""));
    json_text_member(&out, "statementText", sql);
    json_text_member(&out, "windowType", slice_of(window_kind_name(last->inputs[0]->window)));
    append_plan_columns(&out, p);
    json_name(&out, "sources");
    json_open(&out, '[');
    for (int i = 0; i < p->source_count; i++)
        json_text(&out, p->sources[i]->source.source->name);
    json_shut(&out, ']');
    json_name(&out, "sinks");
    json_open(&out, '[');
    if (last->sink.sink)
        json_text(&out, last->sink.sink->name);
    json_shut(&out, ']');
    json_text_member(&out, "topology", buffer_slice(&tree));
    json_text_member(&out, "executionPlan", buffer_slice(&tree));
    append_overrides(call, &out, p, query != NULL);
    json_name(&out, "ksqlHostQueryStatus");
    json_raw(&out, SLICE_LITERAL("{}"));
    json_text_member(&out, "queryType",
        last->sink.sink ? SLICE_LITERAL("PERSISTENT")
        : p->is_pull    ? SLICE_LITERAL("PULL")
                        : SLICE_LITERAL("PUSH"));
    json_name(&out, "queryErrors");
    json_raw(&out, SLICE_LITERAL("[]"));
    json_name(&out, "tasksMetadata");
    json_raw(&out, SLICE_LITERAL("[]"));
    json_text_member(
        &out, "state", query ? slice_of(query_state_name(status.state)) : (slice){NULL, 0});
    append_key_columns(&out, p);
    if (analysis)
        plan_analysis_append(p, analysis, &out);
    json_shut(&out, '}');
    append_overrides(call, &out, p, query != NULL); /* the REST API's manual has it here */
    answer_end(call, &out, "queryDescription", buffer_slice(&tree));
    buffer_free(&tree);
}

/* ---- a query that runs ---- */

static bool explain_running(statement_call *call, error *e) {
    const ast_explain *explain = &call->statement->explain;
    running_query *query = engine_hold_query(call->instance->engine, explain->query_id.text);
    if (!query) {
        error_at(e, ERROR_NOT_FOUND, explain->query_id.span, "There is no query with the id '%.*s'",
            SLICE_ARG(explain->query_id.text));
        return error_hint(e, "SHOW QUERIES lists the queries there are.");
    }
    const plan *p = query_plan(query);
    plan_analysis analysis;
    if (explain->analyze)
        plan_analysis_of(query, call->arena, &analysis);
    answer_plan(call, p, p->sql, query, explain->analyze ? &analysis : NULL);
    query_let_go(query);
    return true;
}

/* ---- a statement ---- */

static bool drop_rows(void *context, const plan_node *node, const batch *rows) {
    (void)context;
    (void)node;
    (void)rows;
    return true;
}

/* A pull query over a table ends by itself. */
static bool analyze_pull(statement_call *call, plan *p, slice sql, error *e) {
    query_output output = {.rows = drop_rows};
    plan_analysis analysis = {
        .lag = -1, .nodes = ARENA_ARRAY(call->arena, node_metrics, p->node_count)};
    bool ok = engine_pull_measured(call->instance->engine, p, &output, analysis.nodes, e);
    if (ok)
        answer_plan(call, p, sql, NULL, &analysis);
    plan_destroy(p);
    return ok;
}

/* Anything else reads what its topics hold at this moment, from their start, or up to LIMIT. */
static bool analyze_reading(
    statement_call *call, plan *p, slice sql, query_options *options, error *e) {
    query_output output = {.rows = drop_rows};
    options->output = &output;
    options->start = QUERY_FROM_EARLIEST;
    options->results_per_row = !p->is_pull; /* as the SELECT itself runs */
    options->only_when_drained = true;
    options->stepped = false;
    running_query *query = query_open(call->instance->engine, p, options, e);
    if (!query)
        return false;
    bool ok = query_drain(query, e);
    if (ok) {
        plan_analysis analysis;
        plan_analysis_of(query, call->arena, &analysis);
        answer_plan(call, query_plan(query), sql, NULL, &analysis);
    }
    error ignored = {0};
    query_stop(query, true, &ignored);
    return ok;
}

static bool refuse_to_analyze(const ast_statement *inner, error *e) {
    error_at(e, ERROR_STATEMENT, inner->span,
        "EXPLAIN ANALYZE is for SELECT, which it runs, and for queries that run");
    return error_hint(e,
        "EXPLAIN shows the plan of %s; once it runs, use EXPLAIN ANALYZE with "
        "its query id.",
        ast_statement_kind_name(inner->kind));
}

static bool explain_statement(statement_call *call, error *e) {
    const ast_statement *explain = call->statement, *inner = explain->explain.statement;
    bool analyze = explain->explain.analyze;
    if (!planner_query_prefix(inner)) {
        error_at(e, ERROR_STATEMENT, inner->span, "EXPLAIN is for statements that run a query");
        return error_hint(e, "%s runs none.", ast_statement_kind_name(inner->kind));
    }
    if (analyze && inner->kind != AST_STATEMENT_QUERY && inner->kind != AST_STATEMENT_FLINK_QUERY)
        return refuse_to_analyze(inner, e);
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    slice id = analyze ? arena_format(call->arena, "transient_%lld",
                             (long long)++call->instance->next_transient)
                       : SLICE_LITERAL("EXPLAINED");
    call->statement = inner;
    catalog_read_lock(call->instance->catalog);
    bool ok = inner->dialect == PARSER_FLINK
                  ? planner_plan_flink(inner, call->instance->catalog, &options, id, &p, e)
                  : planner_plan_query(inner, call->instance->catalog, &options, id, &p, e);
    query_options running = instance_query_options(call->instance, statement_property, call);
    catalog_unlock(call->instance->catalog);
    call->statement = explain;
    if (!ok)
        return false;
    if (analyze)
        return p->source_count ? analyze_reading(call, p, inner->text, &running, e)
                               : analyze_pull(call, p, inner->text, e);
    answer_plan(call, p, inner->text, NULL, NULL);
    plan_destroy(p);
    return true;
}

bool statement_explain(statement_call *call, error *e) {
    return call->statement->explain.statement ? explain_statement(call, e)
                                              : explain_running(call, e);
}
