/* The map starts at 16 MB (or what the file has) and grows to 16 times as much while that is below
 * 4 GB, then twice as much, so that readers are rarely asked to step aside. Named databases are all
 * opened when the environment is, because handles may only be opened by one transaction at a time.
 *
 * LMDB does not tell where its map is, but its data is there: the mapping (/proc/self/maps) that
 * holds some of it is the map.
 */
#include "executor/state/environment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "executor/state/stored_key.h"

enum { FIRST_MAP_BYTES = 16 << 20, FIRST_DATABASES = 64, SPARE_READERS = 256 };
/* Of files, the process's own program and libraries among them (about 12 MB). */
enum { MAPPED_BYTES_KEPT = 16 << 20 };

bool environment_error(error *problem, const environment *e, const char *what, int code) {
    if (code == ENOSPC || code == EIO) {
        error_set(
            problem, ERROR_IO, "cannot %s state in %s: %s", what, e->directory, mdb_strerror(code));
        return error_hint(problem, "Free some disk space; the query goes on from its last commit.");
    }
    return error_set(
        problem, ERROR_IO, "cannot %s state in %s: %s", what, e->directory, mdb_strerror(code));
}

static bool make_directory(const char *path, error *problem) {
    char *partial = memory_copy_text(slice_of(path));
    bool made = true;
    for (char *at = partial + 1; made; at++) {
        char kept = *at;
        if (kept != '/' && kept != 0)
            continue;
        *at = 0;
        if (mkdir(partial, 0755) != 0 && errno != EEXIST)
            made = error_set(
                problem, ERROR_IO, "cannot make directory %s: %s", partial, strerror(errno));
        *at = kept;
        if (!kept)
            break;
    }
    memory_free(partial);
    return made;
}

static size_t first_map_bytes(const environment *e) {
    buffer path = {0};
    buffer_format(&path, "%s/data.mdb%c", e->directory, 0);
    struct stat file;
    size_t bytes = FIRST_MAP_BYTES;
    if (stat(path.data, &file) == 0)
        while (bytes < (size_t)file.st_size + FIRST_MAP_BYTES / 2)
            bytes *= 2;
    buffer_free(&path);
    return bytes;
}

static void add_database(environment *e, slice name, MDB_dbi dbi) {
    size_t bytes = sizeof *e->databases * (size_t)(e->database_count + 1);
    e->databases = memory_resize(e->databases, bytes);
    e->databases[e->database_count++] = (environment_database){memory_copy_text(name), dbi};
}

static void forget_databases(environment *e) {
    for (int i = 0; i < e->database_count; i++)
        memory_free(e->databases[i].name);
    e->database_count = 0;
}

static int open_named(environment *e, MDB_txn *txn) {
    MDB_dbi root;
    MDB_cursor *cursor;
    int code = mdb_dbi_open(txn, NULL, 0, &root);
    if (code == 0)
        code = mdb_cursor_open(txn, root, &cursor);
    if (code != 0)
        return code;
    MDB_val key, value;
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        char *name = memory_copy_text(slice_make(key.mv_data, key.mv_size));
        MDB_dbi dbi;
        code = stored_database_open(txn, name, 0, &dbi);
        if (code == 0)
            add_database(e, slice_of(name), dbi);
        memory_free(name);
        if (code != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* Opens all named databases; asks for more room when there are too many. */
static int open_databases(environment *e) {
    MDB_txn *txn;
    int code = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);
    if (code != 0)
        return code;
    code = open_named(e, txn);
    if (code == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static bool open_environment(environment *e, error *problem) {
    e->map = NULL;
    for (;;) {
        int code = mdb_env_create(&e->env);
        if (code != 0)
            return environment_error(problem, e, "open", code);
        mdb_env_set_mapsize(e->env, first_map_bytes(e));
        mdb_env_set_maxdbs(e->env, e->max_databases);
        mdb_env_set_maxreaders(e->env, e->max_databases + SPARE_READERS);
        code = mdb_env_open(e->env, e->directory, MDB_NOTLS | MDB_NOMETASYNC, 0644);
        if (code == 0)
            code = open_databases(e);
        if (code == 0)
            return true;
        forget_databases(e);
        mdb_env_close(e->env);
        e->env = NULL;
        if (code != MDB_DBS_FULL)
            return environment_error(problem, e, "open", code);
        e->max_databases *= 2;
    }
}

bool environment_open(environment *e, slice directory, error *problem) {
    *e = (environment){.directory = memory_copy_text(directory), .max_databases = FIRST_DATABASES};
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->changed, NULL);
    if (make_directory(e->directory, problem) && open_environment(e, problem))
        return true;
    environment_close(e);
    return false;
}

void environment_close(environment *e) {
    forget_databases(e);
    memory_free(e->databases);
    if (e->env)
        mdb_env_close(e->env);
    memory_free(e->directory);
    pthread_mutex_destroy(&e->mutex);
    pthread_cond_destroy(&e->changed);
}

void environment_enter(environment *e) {
    pthread_mutex_lock(&e->mutex);
    while (e->exclusive)
        pthread_cond_wait(&e->changed, &e->mutex);
    e->readers++;
    pthread_mutex_unlock(&e->mutex);
}

void environment_leave(environment *e) {
    pthread_mutex_lock(&e->mutex);
    if (--e->readers == 0)
        pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->mutex);
}

static void begin_exclusive(environment *e) {
    pthread_mutex_lock(&e->mutex);
    e->exclusive = true;
    while (e->readers)
        pthread_cond_wait(&e->changed, &e->mutex);
    pthread_mutex_unlock(&e->mutex);
}

static void end_exclusive(environment *e) {
    pthread_mutex_lock(&e->mutex);
    e->exclusive = false;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->mutex);
}

bool environment_find(environment *e, const char *name, MDB_dbi *dbi) {
    bool found = false;
    pthread_mutex_lock(&e->mutex);
    for (int i = 0; i < e->database_count && !found; i++)
        if (strcmp(e->databases[i].name, name) == 0) {
            *dbi = e->databases[i].dbi;
            found = true;
        }
    pthread_mutex_unlock(&e->mutex);
    return found;
}

void environment_add(environment *e, const char *name, MDB_dbi dbi) {
    pthread_mutex_lock(&e->mutex);
    add_database(e, slice_of(name), dbi);
    pthread_mutex_unlock(&e->mutex);
}

bool environment_grow(environment *e, error *problem) {
    MDB_envinfo info;
    mdb_env_info(e->env, &info);
    size_t factor = info.me_mapsize < (size_t)4 << 30 ? 16 : 2;
    begin_exclusive(e);
    int code = mdb_env_set_mapsize(e->env, info.me_mapsize * factor);
    e->map = NULL;
    end_exclusive(e);
    return code == 0 || environment_error(problem, e, "grow", code);
}

bool environment_reopen(environment *e, int databases, error *problem) {
    begin_exclusive(e);
    forget_databases(e);
    if (e->env)
        mdb_env_close(e->env);
    e->env = NULL;
    while ((int)e->max_databases < databases)
        e->max_databases *= 2;
    bool opened = open_environment(e, problem);
    end_exclusive(e);
    return opened;
}

/* ---- memory ---- */

/* Some byte of the map: the name of a database. NULL when there is none yet. */
static const char *find_data(environment *e) {
    MDB_txn *txn;
    MDB_dbi root;
    MDB_cursor *cursor;
    MDB_val key = {0, NULL}, value;
    if (mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != 0)
        return NULL;
    if (mdb_dbi_open(txn, NULL, 0, &root) == 0 && mdb_cursor_open(txn, root, &cursor) == 0) {
        if (mdb_cursor_get(cursor, &key, &value, MDB_FIRST) != 0)
            key.mv_data = NULL;
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return key.mv_data;
}

static void find_map(environment *e) {
    uintptr_t data = (uintptr_t)find_data(e), start, end;
    FILE *maps = data ? fopen("/proc/self/maps", "re") : NULL;
    if (!maps)
        return;
    char line[512];
    bool is_start = true; /* of a line; paths may be longer than our room */
    while (!e->map && fgets(line, sizeof line, maps)) {
        if (is_start && sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) == 2 &&
            data >= start && data < end) {
            e->map = (char *)start;
            e->map_bytes = end - start;
        }
        is_start = strchr(line, '\n') != NULL;
    }
    fclose(maps);
}

/* Bytes of files that are mapped and in the process's memory. */
static int64_t mapped_bytes(void) {
    long size, resident, shared = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld %ld", &size, &resident, &shared) != 3)
        shared = 0;
    fclose(file);
    return (int64_t)shared * sysconf(_SC_PAGESIZE);
}

bool environment_trim(environment *e, int64_t wanted_bytes) {
    if (!e->map) {
        find_map(e);
        if (e->map) /* or a page that is read may bring two megabytes along */
            madvise(e->map, e->map_bytes, MADV_NOHUGEPAGE);
    }
    int64_t kept = wanted_bytes > MAPPED_BYTES_KEPT ? wanted_bytes : MAPPED_BYTES_KEPT;
    if (mapped_bytes() <= kept)
        return false;
    if (e->map)
        madvise(e->map, e->map_bytes, MADV_DONTNEED);
    return true;
}
