/* environment.h - one LMDB environment: opening, growing, reopening, and who may read meanwhile.
 * Private to executor/state.
 *
 * A map can only grow, and an environment only be reopened, while no transaction of this process
 * uses it. Readers on other threads therefore enter and leave; the owner changes the map alone: it
 * holds new readers back and waits for those inside.
 *
 * The owner's thread calls everything but environment_enter, environment_leave and
 * environment_find.
 */
#ifndef SLUICE_EXECUTOR_STATE_ENVIRONMENT_H
#define SLUICE_EXECUTOR_STATE_ENVIRONMENT_H

#include <lmdb.h>
#include <pthread.h>

#include "base/error.h"

typedef struct environment_database {
    char *name;
    MDB_dbi dbi;
} environment_database;

typedef struct environment {
    MDB_env *env;
    char *directory;
    unsigned max_databases;
    char *map; /* where the map is; NULL: not known yet */
    size_t map_bytes;
    environment_database *databases; /* those that are committed */
    int database_count;
    pthread_mutex_t mutex; /* guards what follows, and `databases` */
    pthread_cond_t changed;
    int readers;
    bool exclusive;
} environment;

bool environment_open(environment *e, slice directory, error *problem);
void environment_close(environment *e);

/* Between these the environment stays as it is. Enter waits while the owner changes it. */
void environment_enter(environment *e);
void environment_leave(environment *e);

/* A committed named database; false when there is none. */
bool environment_find(environment *e, const char *name, MDB_dbi *dbi);
/* Notes a database that a committed transaction made. */
void environment_add(environment *e, const char *name, MDB_dbi dbi);

/* Grows the map; all of the owner's own transactions are reset. */
bool environment_grow(environment *e, error *problem);
/* Closes and opens it again with room for `databases` more named databases; the owner's own
 * transactions are gone before. When this fails, environment.env is NULL and only another reopen
 * can succeed. */
bool environment_reopen(environment *e, int databases, error *problem);

/* Takes the map's pages out of the process's memory when it has many pages of files: they stay in
 * the page cache, and whoever reads them has them back for a page fault. `wanted_bytes`: of the
 * map, so many are read again and again, and may stay. True when they were taken out. Any thread.
 */
bool environment_trim(environment *e, int64_t wanted_bytes);

/* Fills an error from LMDB's code; always false. */
bool environment_error(error *problem, const environment *e, const char *what, int code);

#endif
