/* From a statement of the Flink dialect to its plan: lowered from the inside out, then rewritten.
 */
#include "planner/flink/lowering.h"

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

bool planner_plan_flink(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e) {
    plan *p = planning_new_plan(statement, query_id);
    lowering l = {
        .b = {.plan = p, .arena = p->arena, .catalog = catalog, .options = options, .e = e}};
    if (!flink_duration_property(&l, "table.exec.state.ttl", &l.ttl_ms) ||
        !lower_statement(&l, statement) || !flink_rewrite(&l) || !flink_mini_batch(&l)) {
        plan_destroy(p);
        return false;
    }
    planning_finish(&l.b);
    *out = p;
    return true;
}
