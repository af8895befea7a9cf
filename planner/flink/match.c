/* MATCH_RECOGNIZE. */
#include "planner/flink/lowering.h"

bool flink_match_rows(lowering *l, const flink_match *match, const typing *outer, rows *out) {
    (void)outer;
    (void)out;
    return error_at(l->b.e, ERROR_UNSUPPORTED, match->span, "MATCH_RECOGNIZE is not there yet");
}
