/* file_ledger.h - the files of a directory that is watched, in the order in which they were found.
 * Private to executor/topic.
 *
 * Offsets of a watched directory are bytes of all its files in that order, which therefore has to
 * stay, over restarts and when files are removed. It is kept in a file of its own, to which new
 * entries are added (and written to disk) before anything of them is read. All who watch the same
 * path share it.
 *
 * Any thread: one at a time may hold the ledgers.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_FILE_LEDGER_H
#define SLUICE_EXECUTOR_TOPIC_FILE_LEDGER_H

#include "base/error.h"
#include "base/slice.h"

typedef struct file_ledger file_ledger;

typedef struct ledger_entry {
    slice path, key; /* key: the NULL slice: none */
    int64_t length, time_ms;
} ledger_entry;

/* Of a path, below a directory that is made when it is not there. */
file_ledger *file_ledger_open(slice directory, slice path, error *e);
void file_ledger_close(file_ledger *l);

/* While one is held, its entries stay. */
void file_ledger_hold(void);
void file_ledger_release(void);
/* Visits the entries that have come since the last time. Held. */
bool file_ledger_read(file_ledger *l, void (*visit)(void *context, const ledger_entry *entry),
    void *context, error *e);
/* Adds entries, after everything was read. Held. */
void file_ledger_add(file_ledger *l, const ledger_entry *entry);
bool file_ledger_write(file_ledger *l, error *e);

#endif
