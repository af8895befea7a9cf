/* three_file_test.h - a test in three files: statements, the records for their topics, and the
 * records that must come out. It is turned into one case of the JSON form (conformance_case.h). */
#ifndef SLUICE_SHELL_THREE_FILE_TEST_H
#define SLUICE_SHELL_THREE_FILE_TEST_H

#include "shell/json_tree.h"

/* The case in `a`; `input` may be NULL. NULL after printing why not. */
const json_node *three_file_test_read(
    arena *a, const char *statements, const char *input, const char *output);

#endif
