/* An aggregate in two versions of a library: with CHANGED its state has another type. */
#include <sluice/udf.h>

#ifdef CHANGED
static int64_t count_of(sluice_value state) {
    return sluice_get_bigint(sluice_get_field(state, 0));
}

static void step(sluice_call *call) {
    sluice_begin(call);
    sluice_put_bigint(call, count_of(sluice_state(call)) + 1);
    sluice_end(call);
}

static void result(sluice_call *call) {
    sluice_put_bigint(call, count_of(sluice_state(call)));
}
#define STATE "STRUCT<n BIGINT>"
#define RESULT result
#else
static void step(sluice_call *call) {
    sluice_put_bigint(call, sluice_get_bigint(sluice_state(call)) + 1);
}

#define STATE "BIGINT"
#define RESULT NULL
#endif

static const sluice_function functions[] = {
    {.name = "COUNTED",
        .kind = SLUICE_AGGREGATE,
        .signature = "(BIGINT) -> BIGINT",
        .summary = "How many there are.",
        .state = STATE,
        .step = step,
        .result = RESULT},
};

SLUICE_LIBRARY(.name = "counted", .functions = functions, .function_count = 1);
