/* The same of what processors without SSE2 run. */
#define JSON_SCAN_PORTABLE

#include "tests/unit/executor/json_scan_test.c"
