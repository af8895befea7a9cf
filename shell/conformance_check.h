/* conformance_check.h - whether what a case did is what it expects, for people at a terminal.
 *
 * Compares outcome and the records of each topic. A scorer of its own may judge finer.
 */
#ifndef SLUICE_SHELL_CONFORMANCE_CHECK_H
#define SLUICE_SHELL_CONFORMANCE_CHECK_H

#include "shell/json_tree.h"

/* `actual` is the line that conformance_case_run made. On false, `why` says it in a sentence. */
bool conformance_check(const json_node *test, slice actual, buffer *why);
/* Whether a value that came out is the one expected: numbers by value, an object's names in the
 * same or in upper case. */
bool conformance_same(const json_node *actual, const json_node *expected);

#endif
