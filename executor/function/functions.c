/* The list of the files of functions. */
#include "executor/function/functions.h"

#include <pthread.h>

#include "executor/function/aggregate.h"
#include "executor/function/registry.h"

static void register_all(void) {
    string_functions_register();
    padding_functions_register();
    mask_functions_register();
    split_functions_register();
    null_functions_register();
    math_functions_register();
    rounding_functions_register();
    digest_functions_register();
    encoding_functions_register();
    regexp_functions_register();
    url_functions_register();
    array_functions_register();
    array_set_functions_register();
    map_functions_register();
    lambda_functions_register();
    json_functions_register();
    date_functions_register();
    date_text_functions_register();
    table_functions_register();
    flink_text_functions_register();
    flink_time_functions_register();
    flink_bytes_functions_register();
    flink_value_functions_register();
    flink_cast_functions_register();
    flink_json_functions_register();
    aggregate_functions_register();
}

void functions_register_all(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_all);
}
