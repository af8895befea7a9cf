/* registry.h - how the files of functions list their rows. Private to the functions. */
#ifndef SLUICE_EXECUTOR_FUNCTION_REGISTRY_H
#define SLUICE_EXECUTOR_FUNCTION_REGISTRY_H

#include "executor/function/function.h"

#define OVERLOADS(list) .overloads = (list), .overload_count = (int)(sizeof(list) / sizeof *(list))

/* Each file of functions has one of these; functions_register_all calls them. */
void string_functions_register(void);
void padding_functions_register(void);
void mask_functions_register(void);
void split_functions_register(void);
void regexp_functions_register(void);
void digest_functions_register(void);
void encoding_functions_register(void);
void url_functions_register(void);
void json_functions_register(void);
void math_functions_register(void);
void rounding_functions_register(void);
void null_functions_register(void);
void array_functions_register(void);
void array_set_functions_register(void);
void map_functions_register(void);
void lambda_functions_register(void);
void date_functions_register(void);
void date_text_functions_register(void);
void table_functions_register(void);
void flink_text_functions_register(void);
void flink_time_functions_register(void);
void flink_bytes_functions_register(void);
void flink_value_functions_register(void);
void flink_cast_functions_register(void);
void flink_json_functions_register(void);

#define REGISTER_ROWS(rows) function_register((rows), (int)(sizeof(rows) / sizeof *(rows)))

#endif
