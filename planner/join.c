#include "planner/planning.h"
bool plan_join(planning *b, relation *left, const ast_join *join, bool last, relation *out) {
    return error_at(b->e, ERROR_UNSUPPORTED, join->span, "Joins are not supported yet");
}
