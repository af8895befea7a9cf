/* From a statement of the Flink dialect to its plan. */
#include "planner/planner.h"

bool planner_plan_flink(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e) {
    (void)catalog;
    (void)options;
    (void)query_id;
    (void)out;
    error_at(
        e, ERROR_UNSUPPORTED, statement->span, "Queries of the Flink dialect are not planned yet.");
    return error_hint(e, "The same query may be written in ksqlDB's dialect.");
}
