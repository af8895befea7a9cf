/* conformance_case.h - one case of a JSON test document, on an engine of its own.
 *
 * A case has statements, records for topics and what must come of it. It is run as it says: topics,
 * statements in order, then every query in order of creation takes the records of its sources one
 * at a time, wholly, before the next query does; then the case's SELECTs are asked. What really
 * happened is written down as one JSON object; nothing is judged here.
 */
#ifndef SLUICE_SHELL_CONFORMANCE_CASE_H
#define SLUICE_SHELL_CONFORMANCE_CASE_H

#include "shell/json_tree.h"

/* Appends {"file":...,"name":...,"outcome":...,...}. `test` is one element of "tests". */
void conformance_case_run(const json_node *test, slice file, buffer *out);

#endif
