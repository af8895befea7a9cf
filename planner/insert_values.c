#include "planner/owned.h"
#include "planner/planner.h"
bool planner_insert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e) {
    return error_at(e, ERROR_UNSUPPORTED, statement->span, "INSERT VALUES is not supported yet");
}
bool planner_assert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e) {
    return error_at(e, ERROR_UNSUPPORTED, statement->span, "ASSERT VALUES is not supported yet");
}
void planner_values_free(planner_values *values) {
    owned_free(values->owned);
}
