/* spill.h - large runs stand in files instead of memory. Private to executor/state.
 *
 * The file has no name, so it is gone with the run or with the process: what LMDB does not have yet
 * is in the changelog. It is mapped, so who reads a run sees no difference.
 */
#ifndef SLUICE_EXECUTOR_STATE_SPILL_H
#define SLUICE_EXECUTOR_STATE_SPILL_H

#include "executor/state/run.h"

#define SPILL_FILE "spill.tmp" /* there for a moment while it is made */

/* The run, or, when the process's runs take much memory and this one is large, another one with the
 * same changes, which is in a file of this directory; `r`, which nobody else may hold, is let go
 * then. A file that cannot be written leaves the run where it is. Any thread. */
run *spill_when_much(run *r, const char *directory);
/* Pages of the file that are in the process's memory leave it until they are read again. Any thread
 * that holds the run. */
void spill_trim(const run *r);

#endif
