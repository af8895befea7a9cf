/* A job walks the runs that a store had when it began, newest change of each key first, and puts
 * them into LMDB in the order of keys, the facts last. What LMDB has not written yet it keeps in
 * memory of its own, so a job is several transactions: each ends when it has changed about so many
 * pages. How many pages a put changes is estimated: with few changes for each page of the database
 * nearly every one changes a page of its own.
 *
 * Keys behind the last one of a database are appended, which fills pages to the end.
 *
 * A map that is too small ends the job; the owner grows it and starts the job again. */
#include "executor/state/persist.h"

#include "base/clock.h"
#include "base/memory.h"
#include "executor/state/spill.h"
#include "executor/state/state_private.h"

/* Older changes are written, as is half of the bytes that may wait. */
enum { PERSIST_MS = 10000 };
/* A transaction changes about so many pages; fewer when less may wait. */
enum { PAGE_BYTES = 4096, CHANGED_PAGES = 1024 };
/* While a job writes more runs of a store than that, two more do not fit beside them and cannot
 * become one: the next commit waits. */
enum { WRITTEN_RUNS = RUNS_AT_MOST - 2 };
/* After so many the map is trimmed: each has brought up to fifteen neighbours along. */
enum { TRIMMED_PAGES = 32 };

typedef struct persist_part {
    store *store;
    int run_count; /* its oldest ones */
    MDB_dbi dbi;
    bool has_database; /* committed */
    bool is_searched;  /* the store's, at the beginning */
} persist_part;

struct persist_job {
    state *owner;
    persist_part *parts; /* the facts last */
    int count;
    pthread_t thread;
    bool has_thread;
    bool is_done, is_abandoned; /* atomic */
    bool leaves_no_room;        /* for a store's runs to come */
    int code;                   /* LMDB's */
    MDB_txn *txn;
    double pages;           /* that it may still change */
    double trim_at;         /* with so many left */
    int64_t searched_bytes; /* of databases */
};

/* ---- the job's thread ---- */

typedef struct part_writer {
    persist_part *part;
    MDB_cursor *to;
    double pages_of_put;
    char last[STORED_KEY_LONG]; /* key of the database */
    size_t last_length;
    bool appends;
} part_writer;

static bool is_behind_last(part_writer *w, slice key) {
    char room[STORED_KEY_LONG];
    if (w->appends)
        return true;
    MDB_val stored = stored_key_make(key, room);
    w->appends = slice_compare(slice_make(stored.mv_data, stored.mv_size),
                     slice_make(w->last, w->last_length)) > 0;
    return w->appends;
}

static int put(part_writer *w, slice key, slice value) {
    int code = MDB_KEYEXIST; /* long keys have their own order */
    if (value.data && is_behind_last(w, key))
        code = stored_put(w->to, key, value, MDB_APPEND);
    return code == MDB_KEYEXIST ? stored_put(w->to, key, value, 0) : code;
}

static int open_cursor(persist_job *job, part_writer *w) {
    persist_part *part = w->part;
    int code = 0;
    if (!part->has_database)
        code = stored_database_open(job->txn, part->store->database, MDB_CREATE, &part->dbi);
    return code ? code : mdb_cursor_open(job->txn, part->dbi, &w->to);
}

/* Of what the job has read: LMDB's map, and the files of runs. Half of what is read at random may
 * stay, since each of its pages that leaves is a fault soon; how much that is the last job knows.
 */
static void trim(persist_job *job) {
    if (!environment_trim(&job->owner->environment, job->owner->searched_bytes / 2))
        return;
    for (int i = 0; i < job->count; i++)
        for (int j = 0; j < job->parts[i].run_count; j++)
            spill_trim(job->parts[i].store->runs[j]);
}

static int begin(persist_job *job) {
    double pages = (double)job->owner->waiting_limit / (6 * PAGE_BYTES);
    job->pages = pages < CHANGED_PAGES ? pages : CHANGED_PAGES;
    job->trim_at = job->pages - TRIMMED_PAGES;
    return mdb_txn_begin(job->owner->environment.env, NULL, 0, &job->txn);
}

/* `opened` parts have a database from now on. */
static int commit(persist_job *job, int opened) {
    int code = mdb_txn_commit(job->txn);
    job->txn = NULL;
    for (int i = 0; i < opened && code == 0; i++)
        job->parts[i].has_database = true;
    return code;
}

static int64_t changes_of(const persist_part *part) {
    int64_t changes = 0;
    for (int i = 0; i < part->run_count; i++)
        changes += (int64_t)part->store->runs[i]->changes.count;
    return changes;
}

/* Finds the end of the database, and what a put will cost. */
static int begin_part(persist_job *job, part_writer *w) {
    MDB_stat stat;
    MDB_val key, value;
    int code = open_cursor(job, w);
    if (code == 0)
        code = mdb_stat(job->txn, w->part->dbi, &stat);
    if (code)
        return code;
    double spread = (double)stat.ms_leaf_pages / (double)changes_of(w->part);
    w->pages_of_put = spread < 1 ? spread : 1;
    if (w->part->is_searched)
        job->searched_bytes += (int64_t)stat.ms_leaf_pages * stat.ms_psize;
    code = mdb_cursor_get(w->to, &key, &value, MDB_LAST);
    if (code == 0) {
        memcpy(w->last, key.mv_data, key.mv_size);
        w->last_length = key.mv_size;
    }
    w->appends = code == MDB_NOTFOUND;
    return code == MDB_NOTFOUND ? 0 : code;
}

static int go_on_in_next(persist_job *job, part_writer *w) {
    mdb_cursor_close(w->to);
    w->to = NULL;
    int code = commit(job, (int)(w->part - job->parts) + 1);
    trim(job);
    if (code == 0)
        code = begin(job);
    return code ? code : open_cursor(job, w);
}

static bool is_abandoned(const persist_job *job) {
    return __atomic_load_n(&job->is_abandoned, __ATOMIC_RELAXED);
}

static int write_part(persist_job *job, persist_part *part) {
    part_writer w = {.part = part};
    int code = begin_part(job, &w);
    run_walk walk;
    run_walk_start(&walk, part->store->runs, part->run_count, (slice){"", 0});
    const unread_change *c;
    while (code == 0 && (c = run_walk_next(&walk)) != NULL) {
        slice key = unread_key(c), value = unread_value(c);
        code = put(&w, key, value);
        job->pages -= w.pages_of_put + (double)(key.length + value.length) / PAGE_BYTES;
        if (job->pages < job->trim_at) {
            trim(job);
            job->trim_at -= TRIMMED_PAGES;
        }
        if (code == 0 && job->pages < 0)
            code = is_abandoned(job) ? MDB_PANIC : go_on_in_next(job, &w);
    }
    if (w.to)
        mdb_cursor_close(w.to);
    return code;
}

static int write_parts(persist_job *job) {
    int code = begin(job);
    for (int i = 0; i < job->count && code == 0; i++)
        code = write_part(job, &job->parts[i]);
    if (code == 0)
        return commit(job, job->count);
    if (job->txn)
        mdb_txn_abort(job->txn);
    job->txn = NULL;
    return code;
}

static void do_job(persist_job *job) {
    job->code = write_parts(job);
    trim(job);
    __atomic_store_n(&job->is_done, true, __ATOMIC_RELEASE);
}

static void *run_thread(void *context) {
    pthread_setname_np(pthread_self(), "state");
    do_job(context);
    return NULL;
}

/* ---- the owner's thread ---- */

static persist_job *make_job(state *s) {
    persist_job *job = MEMORY_NEW(persist_job);
    job->owner = s;
    job->parts = memory_allocate_zero(sizeof *job->parts * (size_t)s->store_count);
    for (int i = 1; i <= s->store_count; i++) {
        store *st = s->stores[i % s->store_count];
        int runs = store_committed_runs(st);
        st->written_runs = runs;
        job->leaves_no_room |= runs > WRITTEN_RUNS;
        if (!runs)
            continue;
        job->parts[job->count++] = (persist_part){.store = st,
            .run_count = runs,
            .dbi = st->dbi,
            .has_database = st->persisted,
            .is_searched = st->is_searched};
    }
    s->waiting_bytes = 0;
    return job;
}

/* A map that is hardly too small for what the job may need. */
static bool make_room(state *s, error *e) {
    MDB_envinfo info;
    MDB_stat page;
    for (;;) {
        mdb_env_info(s->environment.env, &info);
        mdb_env_stat(s->environment.env, &page);
        size_t used = (info.me_last_pgno + 1) * page.ms_psize;
        if (info.me_mapsize >= 2 * used + 3 * (size_t)s->run_bytes)
            return true;
        if (!environment_grow(&s->environment, e))
            return false;
    }
}

static bool prepare(state *s, error *e) {
    int needed = s->store_count + s->environment.database_count;
    bool room = needed <= (int)s->environment.max_databases;
    if ((s->must_reopen || !room) && !state_reopen(s, needed, e))
        return false;
    state_reset_readers(s);
    return make_room(s, e);
}

static bool start(state *s, error *e) {
    if (!prepare(s, e))
        return false;
    s->job = make_job(s);
    s->job->has_thread = pthread_create(&s->job->thread, NULL, run_thread, s->job) == 0;
    if (!s->job->has_thread)
        do_job(s->job);
    return true;
}

static void free_job(state *s) {
    s->searched_bytes = s->job->searched_bytes;
    memory_free(s->job->parts);
    memory_free(s->job);
    s->job = NULL;
    for (int i = 0; i < s->store_count; i++)
        s->stores[i]->written_runs = 0;
}

static void note_databases(state *s) {
    for (int i = 0; i < s->job->count; i++) {
        persist_part *part = &s->job->parts[i];
        if (!part->has_database || part->store->persisted)
            continue;
        environment_add(&s->environment, part->store->database, part->dbi);
        part->store->dbi = part->dbi;
        part->store->persisted = true;
    }
}

static void drop_written(state *s) {
    for (int i = 0; i < s->job->count; i++) {
        store *st = s->job->parts[i].store;
        int written = s->job->parts[i].run_count;
        for (int j = 0; j < written; j++)
            run_let_go(st->runs[j]);
        st->run_count -= written;
        st->written_runs = 0;
        memmove(st->runs, st->runs + written, sizeof *st->runs * (size_t)st->run_count);
    }
    state_publish(s);
}

/* Waits for the job and takes it up. */
static bool finish(state *s, error *e) {
    int code;
    if (s->job->has_thread)
        pthread_join(s->job->thread, NULL);
    s->job->has_thread = false;
    state_reset_readers(s);
    note_databases(s);
    code = s->job->code;
    if (code == 0)
        drop_written(s);
    free_job(s);
    state_note_file_bytes(s);
    if (code == 0)
        return true;
    if (code == MDB_MAP_FULL)
        return environment_grow(&s->environment, e) && start(s, e);
    s->must_reopen = true;
    return environment_error(e, &s->environment, "commit", code);
}

/* Whether a job is to be taken up before the next commit. */
static bool is_awaited(const state *s) {
    return __atomic_load_n(&s->job->is_done, __ATOMIC_ACQUIRE) || s->run_bytes > s->waiting_limit ||
           s->job->leaves_no_room;
}

bool persist_collect(state *s, error *e) {
    while (s->job && is_awaited(s))
        if (!finish(s, e))
            return false;
    return true;
}

bool persist_start_when_due(state *s, error *e) {
    if (s->job || !s->run_bytes)
        return true;
    bool is_due = s->run_bytes > s->waiting_limit / 2 ||
                  clock_monotonic_ms() - s->waiting_since_ms > PERSIST_MS;
    return !is_due || start(s, e);
}

bool state_persist(state *s, error *e) {
    if (s->in_memory)
        return true;
    for (;;) {
        while (s->job)
            if (!finish(s, e))
                return false;
        if (!s->run_bytes)
            return true;
        if (!start(s, e))
            return false;
    }
}

bool state_persist_when_due(state *s, error *e) {
    return s->in_memory || (persist_collect(s, e) && persist_start_when_due(s, e));
}

void persist_abandon(state *s) {
    if (!s->job)
        return;
    __atomic_store_n(&s->job->is_abandoned, true, __ATOMIC_RELAXED);
    if (s->job->has_thread)
        pthread_join(s->job->thread, NULL);
    free_job(s);
}
