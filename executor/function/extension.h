/* extension.h - functions from shared libraries (include/sluice/udf.h).
 *
 * Loading a library checks all that it declares first and registers its functions only when nothing
 * is wrong, so that a library is there as a whole or not at all. A library stays loaded as long as
 * the process lives. What goes wrong is one line for its operator and never an error of the engine.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_EXTENSION_H
#define SLUICE_EXECUTOR_FUNCTION_EXTENSION_H

#include "base/slice.h"

/* What became of a library: its functions, or why there are none. */
typedef void extension_report(void *context, bool loaded, const char *line);

/* Loads a library, or every "*.so" of a directory, by name. One that is loaded already is passed
 * over. Call it before threads start. Returns how many libraries were loaded. */
int extensions_load(slice path, extension_report *report, void *context);

#endif
