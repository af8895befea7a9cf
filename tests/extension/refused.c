/* Libraries that are refused: each compiled with one of the names below. */
#include <sluice/udf.h>

static void run(sluice_call *call) {
    sluice_put_bigint(call, 1);
}

#define FUNCTION(NAME, SIGNATURE)                                                                  \
    {                                                                                              \
        .name = NAME, .kind = SLUICE_SCALAR, .signature = SIGNATURE, .summary = "A test.",         \
        .run = run                                                                                 \
    }

static const sluice_function functions[] = {
    FUNCTION("good_one", "() -> BIGINT"),
#if defined(BUILT_IN_NAME)
    FUNCTION("ucase", "() -> BIGINT"),
#elif defined(SAME_SIGNATURE)
    FUNCTION("Good_One", "() -> BIGINT"),
#elif defined(BAD_SIGNATURE)
    FUNCTION("bad", "(VARCHR) -> BIGINT"),
#elif defined(OPEN_RESULT)
    FUNCTION("bad", "(BIGINT) -> T"),
#elif defined(OPEN_DECIMAL)
    FUNCTION("bad", "(BIGINT) -> DECIMAL"),
#elif defined(OPEN_STRUCT)
    FUNCTION("bad", "(BIGINT) -> ARRAY<STRUCT>"),
#elif defined(LAMBDA)
    FUNCTION("bad", "(ARRAY<T>, (T) => T) -> T"),
#elif defined(BAD_NAME)
    FUNCTION("two words", "() -> BIGINT"),
#elif defined(NO_RUN)
    {.name = "bad", .kind = SLUICE_SCALAR, .signature = "() -> BIGINT", .summary = "A test."},
#elif defined(NO_STATE)
    {.name = "bad",
        .kind = SLUICE_AGGREGATE,
        .signature = "(BIGINT) -> BIGINT",
        .summary = "A test.",
        .step = run},
#elif defined(OTHER_STATE)
    {.name = "bad",
        .kind = SLUICE_AGGREGATE,
        .signature = "(BIGINT) -> VARCHAR",
        .summary = "A test.",
        .state = "BIGINT",
        .step = run},
#elif defined(NO_SUMMARY)
    {.name = "bad", .kind = SLUICE_SCALAR, .signature = "() -> BIGINT", .run = run},
#endif
};

#if defined(NEWER)
const sluice_library sluice_library_entry = {.abi = SLUICE_UDF_VERSION + 1,
    .library_size = sizeof(sluice_library) + 8,
    .function_size = sizeof(sluice_function) + 8,
    .functions = functions,
    .function_count = 1};
#elif defined(UNVERSIONED)
const sluice_library sluice_library_entry = {.functions = functions, .function_count = 1};
#elif defined(EMPTY)
SLUICE_LIBRARY(.name = "empty");
#elif defined(NO_ENTRY)
const sluice_function *some_functions = functions;
#else
SLUICE_LIBRARY(.name = "refused", .functions = functions,
    .function_count = sizeof functions / sizeof *functions);
#endif
