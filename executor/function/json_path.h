/* json_path.h - places in JSON texts, for the functions that look there: $.a.b[0]['c']. The
 * prepared state of a call keeps the memory. Private to the functions. */
#ifndef SLUICE_EXECUTOR_FUNCTION_JSON_PATH_H
#define SLUICE_EXECUTOR_FUNCTION_JSON_PATH_H

#include "base/buffer.h"
#include "executor/function/function.h"

void *json_path_prepare(const function_call *call);
void json_path_release(void *prepared);
/* The JSON of the value at the path, a part of `text`; false when there is none. */
bool json_path_find(void *prepared, slice text, slice path, slice *value);
/* The value as a SQL text: strings without quotes, the rest as JSON. NULL when it is not JSON.
 * Valid until the next call. */
buffer *json_path_plain(void *prepared, slice value);

#define JSON_PATH .prepare = json_path_prepare, .release = json_path_release

#endif
