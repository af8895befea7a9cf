/* From a statement of the Flink dialect to its plan: lowered from the inside out, then rewritten.
 */
#include "planner/flink/lowering.h"
#include "planner/state_layout.h"

static bool lower_statement(lowering *l, const ast_statement *statement) {
    rows r;
    switch (statement->kind) {
    case AST_STATEMENT_EXPLAIN:
        if (statement->explain.statement)
            return lower_statement(l, statement->explain.statement);
        break;
    case AST_STATEMENT_FLINK_QUERY:
        return flink_query_rows(l, statement->flink_query, NULL, &r) && flink_transient_sink(l, &r);
    case AST_STATEMENT_FLINK_INSERT:
        return flink_query_rows(l, statement->flink_insert->query, NULL, &r) &&
               flink_insert_sink(l, statement->flink_insert, &r);
    case AST_STATEMENT_FLINK_STATEMENT_SET:
        return error_at(l->b.e, ERROR_UNSUPPORTED, statement->span,
            "The INSERTs of a statement set are planned one by one");
    default:
        break;
    }
    return error_at(
        l->b.e, ERROR_STATEMENT, statement->span, "The statement runs no query to plan");
}

static void finish(lowering *l) {
    planning *b = &l->b;
    plan *p = b->plan;
    p->nodes = b->nodes;
    p->node_count = b->node_count;
    plan_node **sources = ARENA_ARRAY(b->arena, plan_node *, b->node_count + 1);
    for (int i = 0; i < b->node_count; i++)
        if (b->nodes[i]->kind == PLAN_SOURCE) {
            b->nodes[i]->source.input_index = p->source_count;
            sources[p->source_count++] = b->nodes[i];
        }
    p->sources = sources;
    buffer text = {0};
    state_layout_append(p, &text);
    p->fingerprint = (int64_t)slice_hash(buffer_slice(&text));
    buffer_free(&text);
}

bool planner_plan_flink(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e) {
    arena *a = arena_create();
    plan *p = ARENA_NEW(a, plan);
    p->arena = a;
    p->query_id = arena_copy(a, query_id);
    p->sql = arena_copy(a, statement->text);
    p->limit = -1;
    lowering l = {.b = {.plan = p, .arena = a, .catalog = catalog, .options = options, .e = e}};
    l.ttl_ms = flink_duration_property(&l, "table.exec.state.ttl");
    if (!lower_statement(&l, statement) || !flink_rewrite(&l)) {
        plan_destroy(p);
        return false;
    }
    finish(&l);
    *out = p;
    return true;
}
