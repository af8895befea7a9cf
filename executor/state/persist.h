/* persist.h - what is committed goes to LMDB, on a thread of its own. Private to executor/state.
 *
 * The owner's thread calls everything. While runs are being written they stay where they are, so
 * that readers see no difference before, meanwhile and afterwards. A process that dies finds in
 * LMDB some of the changes behind the facts of an older commit; the facts of a commit are never
 * there before its changes.
 */
#ifndef SLUICE_EXECUTOR_STATE_PERSIST_H
#define SLUICE_EXECUTOR_STATE_PERSIST_H

#include "executor/state/state.h"

typedef struct persist_job persist_job;

/* Takes up a job that is done; waits for it when too much has come meanwhile. False: it failed, and
 * nothing has changed but for what it wrote. */
bool persist_collect(state *s, error *e);
/* Starts one when there is none and much, or something old, is waiting. */
bool persist_start_when_due(state *s, error *e);
/* Ends the job that is under way, early and whatever comes of it. */
void persist_abandon(state *s);

#endif
