/* EXPLAIN: the plan of a statement, or of a query that runs. EXPLAIN ANALYZE: with what each
 * operator has done; a SELECT is run for it, and its rows are dropped. */
#include "parser/flink_ast.h"
#include "server/describe.h"
#include "server/plan_analysis.h"
#include "server/statement_flink.h"

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

/* What a persistent query was made with. */
static void append_overrides(statement_call *call, buffer *out, const plan *p, bool is_running) {
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    describe_append_overrides(out, is_running ? catalog_query(c, p->query_id) : NULL);
    catalog_unlock(c);
}

/* A plan, what it is the plan of, and what is known of its running. */
typedef struct explained {
    const plan *plan;
    slice sql;
    running_query *query;          /* NULL for what does not run */
    const plan_analysis *analysis; /* NULL for what is not analyzed */
} explained;

/* The description's members; the plan as a text is appended to `tree`, too. */
static void append_description(
    statement_call *call, buffer *out, const explained *what, buffer *tree) {
    const plan *p = what->plan;
    size_t start = tree->length;
    if (what->analysis)
        plan_analysis_format(p, what->analysis, tree);
    else
        plan_format(p, tree);
    slice text = slice_make(tree->data + start, tree->length - start);
    query_status status = {.state = QUERY_RUNNING};
    if (what->query)
        query_read_status(what->query, &status);
    const plan_node *last = p->nodes[p->node_count - 1];
    json_open(out, '{');
    json_text_member(out, "id", what->query ? p->query_id : SLICE_LITERAL(""));
    json_text_member(out, "statementText", what->sql);
    json_text_member(out, "windowType", slice_of(window_kind_name(last->inputs[0]->window)));
    append_plan_columns(out, p);
    json_name(out, "sources");
    json_open(out, '[');
    for (int i = 0; i < p->source_count; i++)
        json_text(out, p->sources[i]->source.source->name);
    json_shut(out, ']');
    json_name(out, "sinks");
    json_open(out, '[');
    if (last->sink.sink)
        json_text(out, last->sink.sink->name);
    json_shut(out, ']');
    json_text_member(out, "topology", text);
    json_text_member(out, "executionPlan", text);
    append_overrides(call, out, p, what->query != NULL);
    json_name(out, "ksqlHostQueryStatus");
    json_raw(out, SLICE_LITERAL("{}"));
    json_text_member(out, "queryType",
        last->sink.sink ? SLICE_LITERAL("PERSISTENT")
        : p->is_pull    ? SLICE_LITERAL("PULL")
                        : SLICE_LITERAL("PUSH"));
    json_name(out, "queryErrors");
    json_raw(out, SLICE_LITERAL("[]"));
    json_name(out, "tasksMetadata");
    json_raw(out, SLICE_LITERAL("[]"));
    json_text_member(
        out, "state", what->query ? slice_of(query_state_name(status.state)) : (slice){NULL, 0});
    append_key_columns(out, p);
    if (what->analysis)
        plan_analysis_append(p, what->analysis, out);
    json_shut(out, '}');
}

static void answer_plan(statement_call *call, explained what) {
    buffer out = {0}, tree = {0};
    answer_begin(call, &out, "queryDescription");
    json_name(&out, "queryDescription");
    append_description(call, &out, &what, &tree);
    /* The REST API's manual has it here. */
    append_overrides(call, &out, what.plan, what.query != NULL);
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
    answer_plan(call, (explained){p, p->sql, query, explain->analyze ? &analysis : NULL});
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
        answer_plan(call, (explained){p, sql, NULL, &analysis});
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
        answer_plan(call, (explained){query_plan(query), sql, NULL, &analysis});
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

/* NULL: see the error. The catalog is locked. */
static plan *make_plan(statement_call *call, const ast_statement *inner, slice id, error *e) {
    const catalog *c = call->instance->catalog;
    const ast_statement *explain = call->statement;
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    call->statement = inner;
    bool ok = inner->dialect == PARSER_FLINK ? planner_plan_flink(inner, c, &options, id, &p, e)
                                             : planner_plan_query(inner, c, &options, id, &p, e);
    call->statement = explain;
    return ok ? p : NULL;
}

static bool explain_query(statement_call *call, const ast_statement *inner, error *e) {
    bool analyze = call->statement->explain.analyze;
    if (!planner_query_prefix(inner)) {
        error_at(e, ERROR_STATEMENT, inner->span, "EXPLAIN is for statements that run a query");
        return error_hint(e, "%s runs none.", ast_statement_kind_name(inner->kind));
    }
    if (analyze && inner->kind != AST_STATEMENT_QUERY && inner->kind != AST_STATEMENT_FLINK_QUERY)
        return refuse_to_analyze(inner, e);
    slice id = analyze ? arena_format(call->arena, "transient_%lld",
                             (long long)++call->instance->next_transient)
                       : SLICE_LITERAL("EXPLAINED");
    catalog_read_lock(call->instance->catalog);
    plan *p = make_plan(call, inner, id, e);
    query_options running = instance_query_options(call->instance, statement_property, call);
    catalog_unlock(call->instance->catalog);
    if (!p)
        return false;
    if (analyze)
        return p->source_count ? analyze_reading(call, p, inner->text, &running, e)
                               : analyze_pull(call, p, inner->text, e);
    answer_plan(call, (explained){.plan = p, .sql = inner->text});
    plan_destroy(p);
    return true;
}

/* A description for each INSERT of a statement set. */
static bool explain_set(statement_call *call, const ast_statement *set, error *e) {
    if (call->statement->explain.analyze)
        return refuse_to_analyze(set, e);
    int count = set->flink_statement_set->count;
    buffer out = {0}, tree = {0};
    bool ok = true;
    answer_begin(call, &out, "queryDescriptions");
    json_name(&out, "queryDescriptions");
    json_open(&out, '[');
    catalog_read_lock(call->instance->catalog);
    for (int i = 0; ok && i < count; i++) {
        ast_statement insert = statement_flink_of_set(set, i);
        plan *p = make_plan(call, &insert, SLICE_LITERAL("EXPLAINED"), e);
        ok = p != NULL;
        if (p)
            append_description(call, &out, &(explained){.plan = p, .sql = insert.text}, &tree);
        plan_destroy(p);
    }
    catalog_unlock(call->instance->catalog);
    json_shut(&out, ']');
    if (ok)
        answer_end(call, &out, "queryDescriptions", buffer_slice(&tree));
    else
        buffer_free(&out);
    buffer_free(&tree);
    return ok;
}

/* CREATE TABLE ... AS is explained by the query that fills it. */
static bool explain_create_as(statement_call *call, const ast_statement *create, error *e) {
    if (call->statement->explain.analyze)
        return refuse_to_analyze(create, e);
    ast_statement query = statement_flink_query_of(create);
    return explain_query(call, &query, e);
}

bool statement_explain(statement_call *call, error *e) {
    const ast_statement *inner = call->statement->explain.statement;
    if (!inner)
        return explain_running(call, e);
    if (inner->kind == AST_STATEMENT_FLINK_STATEMENT_SET)
        return explain_set(call, inner, e);
    if (inner->kind == AST_STATEMENT_FLINK_CREATE_TABLE && inner->flink_create_table->as)
        return explain_create_as(call, inner, e);
    return explain_query(call, inner, e);
}
