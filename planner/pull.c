#include "planner/planning.h"
bool plan_pull_query(planning *b) {
    return error_at(b->e, ERROR_UNSUPPORTED, b->query->span, "Pull queries are not supported yet");
}
