/* A query's life: its thread, when it commits, stopping, and what others may see of it. */
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "executor/query_tap.h"
#include "executor/task.h"

enum {
    IDLE_POLL_MS = 100,
    IDLE_PUSH_POLL_MS = 1000, /* of a push query; there may be thousands */
    ENDS_TIMEOUT_MS = 30000,
    PENDING_BYTES_LIMIT = 64 * 1024 * 1024,
    OVERLAY_BYTES_LIMIT = 64 * 1024 * 1024,
    RECOVERY_PAUSE_MS = 200,
    RECOVERY_ATTEMPTS = 10,
    RESUME_WAIT_MS = 1000,
    WORK_BY_COMMIT_WORK = 10,
    FIRST_QUIET_MS = 5,   /* without records, and the first commit comes */
    FIRST_COMMIT_MS = 50, /* or after so long, however many records are still to come */
};

void query_set_state(running_query *q, query_state state, const error *e) {
    pthread_mutex_lock(&q->lock);
    q->state_now = state;
    if (e)
        snprintf(q->error_message, sizeof q->error_message, "%s", e->message);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

/* ---- the thread ---- */

/* What the user has set, or the default; the latter grows where commits are much work, since they
 * give every group that has changed, so that they take a tenth of the thread's time. */
static int64_t commit_interval_ms(const running_query *q) {
    if (q->options.commit_interval_ms)
        return q->options.commit_interval_ms;
    int64_t wanted_ms = q->commit_work_ns * WORK_BY_COMMIT_WORK / 1000000;
    return wanted_ms < QUERY_COMMIT_INTERVAL_DEFAULT_MS ? QUERY_COMMIT_INTERVAL_DEFAULT_MS
           : wanted_ms < QUERY_COMMIT_INTERVAL_MOST_MS  ? wanted_ms
                                                        : QUERY_COMMIT_INTERVAL_MOST_MS;
}

/* The interval bounds how often a query commits; it keeps nobody waiting for the first results, and
 * those that come after a silence are committed at once. It counts from the beginning of a commit;
 * but at least half of it goes by after the end, so that a query whose commits take long gets on.
 *
 * The first commit waits until what is there has been read, or for a moment: its results are not to
 * be split by how reading began. */
static int64_t commit_due_ms(const running_query *q) {
    int64_t interval_ms = commit_interval_ms(q);
    if (!q->has_committed)
        return q->clean_ms + (interval_ms < FIRST_COMMIT_MS ? interval_ms : FIRST_COMMIT_MS);
    int64_t after_begin_ms = q->commit_began_ms + interval_ms;
    int64_t after_end_ms = q->commit_ended_ms + interval_ms / 2;
    return after_begin_ms > after_end_ms ? after_begin_ms : after_end_ms;
}

static bool commit_is_due(running_query *q, int64_t due_ms) {
    return q->dirty &&
           ((!q->is_committing && (q->commit_asked || clock_monotonic_ms() >= due_ms)) ||
               (q->writer && topic_writer_pending_bytes(q->writer) > PENDING_BYTES_LIMIT) ||
               state_overlay_bytes(q->state) > OVERLAY_BYTES_LIMIT);
}

static void run_timer(const work *w) {
    query_time_to(w->at->task, w->at);
    w->at->class->timer(w->at, w->number);
    query_time_to(w->at->task, NULL);
}

static void run_timers(running_query *q) {
    int64_t now_ms = clock_now_ms(&q->engine->options.clock);
    for (int n = 0; n < q->plan->node_count; n++)
        for (int32_t i = 0; i < q->instances[n].count; i++) {
            operator* o = q->instances[n].operators[i];
            if (o->class->timer)
                query_do(q, &(work){.run = run_timer, .at = o, .number = now_ms});
        }
    query_finish(q);
}

/* Whether only records and those who ask for something, who wake it, give it something to do. */
static bool is_told_everything(const running_query *q) {
    for (int n = 0; n < q->plan->node_count; n++)
        for (int32_t i = 0; i < q->instances[n].count; i++)
            if (q->instances[n].operators[i]->class->timer)
                return false;
    return q->output.rows && !q->options.idle_timeout_ms && !q->merge;
}

static int64_t poll_timeout(const running_query *q) {
    if (!q->dirty)
        return is_told_everything(q) ? IDLE_PUSH_POLL_MS : IDLE_POLL_MS;
    if (q->is_committing) /* its end wakes the thread */
        return IDLE_POLL_MS;
    int64_t left = commit_due_ms(q) - clock_monotonic_ms();
    int64_t most = q->has_committed ? IDLE_POLL_MS : FIRST_QUIET_MS;
    return left < 0 ? 0 : left < most ? left : most;
}

static bool drain_targets(running_query *q, error *e) {
    bool ok = idle_ask(q, ENDS_TIMEOUT_MS, e);
    for (int i = 0; ok && i < q->assignment_count; i++)
        q->assignments[i].drain_to = q->assignments[i].end < q->assignments[i].stop_at
                                         ? q->assignments[i].end
                                         : q->assignments[i].stop_at;
    return ok;
}

static bool is_drained(const running_query *q) {
    for (int i = 0; i < q->assignment_count; i++)
        if (q->assignments[i].position < q->assignments[i].drain_to)
            return false;
    return true;
}

static bool commit_all(running_query *q, error *e) {
    return (!q->dirty || query_barrier(q, e)) && query_end_commit(q, true, e);
}

static bool drain(running_query *q, error *e) {
    if (!drain_targets(q, e))
        return false;
    query_end_sources(q);
    int64_t first_ms = clock_monotonic_ms() + commit_interval_ms(q);
    while (!is_drained(q) && !q->output_closed && !q->is_complete) {
        int64_t due_ms = commit_due_ms(q);
        if (!query_read(q, IDLE_POLL_MS, e) || !query_end_commit(q, false, e) ||
            (commit_is_due(q, due_ms > first_ms ? due_ms : first_ms) && !query_barrier(q, e)))
            return false;
    }
    idle_run(q);
    return commit_all(q, e);
}

/* One turn of the thread. False: something failed and the query must recover. */
static bool turn(running_query *q, int64_t drains_wanted, error *e) {
    if (drains_wanted > q->drains_done) {
        if (!drain(q, e))
            return false;
        pthread_mutex_lock(&q->lock);
        q->drains_done = drains_wanted;
        error_clear(&q->drain_error);
        pthread_cond_broadcast(&q->changed);
        pthread_mutex_unlock(&q->lock);
    }
    if (!state_persist_when_due(q->state, e))
        return false;
    if (q->options.only_when_drained)
        return true;
    int64_t rows_in = q->rows_in;
    if (!q->dirty)
        q->clean_ms = clock_monotonic_ms();
    if (!query_read(q, poll_timeout(q), e) || !query_end_commit(q, false, e))
        return false;
    run_timers(q);
    idle_run(q);
    bool has_all = !q->has_committed && q->rows_in == rows_in;
    return !commit_is_due(q, has_all ? 0 : commit_due_ms(q)) || query_barrier(q, e);
}

static void wait_ms(running_query *q, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&q->changed, &q->lock, &until);
}

/* Drops all open work and starts again from the last commit. */
static bool recover_after(running_query *q, const error *cause, int *attempts) {
    log_warn("query %.*s: %s; recovering from its last commit", SLICE_ARG(q->plan->query_id),
        cause->message);
    query_set_state(q, QUERY_ERROR, cause);
    query_release(q);
    q->recoveries++;
    bool hopeless = cause->code == ERROR_FENCED || cause->code == ERROR_DATA;
    if (hopeless || !q->persistent || ++*attempts > RECOVERY_ATTEMPTS)
        return false;
    error e = {0};
    for (;; ++*attempts) {
        pthread_mutex_lock(&q->lock);
        if (!q->stop)
            wait_ms(q, RECOVERY_PAUSE_MS << (*attempts < 6 ? *attempts : 6));
        bool stop = q->stop;
        pthread_mutex_unlock(&q->lock);
        if (stop)
            return false;
        error_clear(&e);
        if (query_recover(q, &e))
            break;
        query_release(q);
        query_set_state(q, QUERY_ERROR, &e);
        if (*attempts > RECOVERY_ATTEMPTS)
            return false;
    }
    pthread_mutex_lock(&q->lock);
    q->state_now = q->paused ? QUERY_PAUSED : QUERY_RUNNING;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return true;
}

/* Ends the thread's work: the last commit, the output's end. */
static void finish(running_query *q, const error *cause) {
    error e = {0};
    if (q->state && !cause && !q->output_closed && !commit_all(q, &e))
        log_warn("query %.*s: last commit failed: %s", SLICE_ARG(q->plan->query_id), e.message);
    if (q->output.ended)
        q->output.ended(q->output.context, cause);
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    q->state_now = cause ? QUERY_ERROR : QUERY_ENDED;
    q->drains_done = q->drains_requested;
    if (cause)
        q->drain_error = *cause;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

/* Commits what has been read, and keeps nobody waiting. */
static bool pause_input(running_query *q, error *e) {
    bool ok = commit_all(q, e) && state_persist(q->state, e);
    query_leave_input(q);
    pthread_mutex_lock(&q->lock);
    q->reads = false;
    pthread_mutex_unlock(&q->lock);
    return ok;
}

static bool resume_input(running_query *q, error *e) {
    bool ok = query_take_input(q, e);
    pthread_mutex_lock(&q->lock);
    q->reads = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return ok;
}

static void *query_thread(void *context) {
    running_query *q = context;
    error e = {0};
    int attempts = 0;
    bool was_paused = false, alive = true;
    pthread_setname_np(pthread_self(), "query");
    while (alive) {
        pthread_mutex_lock(&q->lock);
        bool waits = q->options.only_when_drained && q->drains_requested == q->drains_done;
        if (((q->paused && was_paused) || waits) && !q->stop)
            wait_ms(q, IDLE_POLL_MS);
        bool stop = q->stop, paused = q->paused;
        if (paused != q->pause_seen) {
            q->pause_seen = paused;
            pthread_cond_broadcast(&q->changed);
        }
        int64_t drains_wanted = q->drains_requested;
        pthread_mutex_unlock(&q->lock);
        if (stop || q->output_closed || (q->is_complete && !paused))
            break;
        error_clear(&e);
        if (paused != was_paused) {
            query_set_state(q, paused ? QUERY_PAUSED : QUERY_RUNNING, NULL);
            idle_begin(q); /* nobody listened meanwhile */
        }
        int64_t commits = q->commits;
        bool ok = paused ? (was_paused || pause_input(q, &e))
                         : ((q->reads || resume_input(q, &e)) && turn(q, drains_wanted, &e));
        was_paused = paused;
        if (q->commits > commits)
            attempts = 0;
        if (!ok)
            alive = recover_after(q, &e, &attempts);
    }
    finish(q, alive ? NULL : &e);
    return NULL;
}

/* Makes the thread look at what is asked of it. The lock is held. */
static void wake_thread(running_query *q) {
    pthread_cond_broadcast(&q->changed);
    query_wake_input(q);
}

/* ---- for others ---- */

static void free_query(running_query *q) {
    plan_destroy(q->plan);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
    memory_free(q->past);
    memory_free(q);
}

static void enlist(running_query *q) {
    pthread_mutex_lock(&q->engine->lock);
    q->next = q->engine->queries;
    q->engine->queries = q;
    pthread_mutex_unlock(&q->engine->lock);
}

static void delist(running_query *q) {
    pthread_mutex_lock(&q->engine->lock);
    for (running_query **at = &q->engine->queries; *at; at = &(*at)->next)
        if (*at == q) {
            *at = q->next;
            break;
        }
    pthread_mutex_unlock(&q->engine->lock);
}

static bool start_thread(running_query *q, error *e) {
    int code = pthread_create(&q->thread, NULL, query_thread, q);
    if (code)
        return error_set(e, ERROR_IO, "The query '%.*s' gets no thread: %s.",
            SLICE_ARG(q->plan->query_id), strerror(code));
    q->has_thread = true;
    return true;
}

/* 0: the default. */
static int64_t asked_interval_ms(const query_options *options, const plan *p) {
    int64_t asked_ms = options->commit_interval_ms;
    if (!p->latency_ms)
        return asked_ms;
    return asked_ms && asked_ms < p->latency_ms ? asked_ms : p->latency_ms;
}

static bool aggregates(const plan *p) {
    for (int n = 0; n < p->node_count; n++)
        if (p->nodes[n]->kind == PLAN_AGGREGATE || p->nodes[n]->kind == PLAN_WINDOW_AGGREGATE ||
            p->nodes[n]->kind == PLAN_GROUP_AGGREGATE)
            return true;
    return false;
}

running_query *query_open(engine *g, plan *p, const query_options *options, error *e) {
    running_query *q = MEMORY_NEW(running_query);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    q->engine = g;
    q->plan = p;
    q->options = *options;
    q->options.commit_interval_ms = asked_interval_ms(options, p);
    if (options->output)
        q->output = *options->output;
    q->options.output = NULL;
    q->limit_left = p->limit;
    q->paused = options->paused;
    q->state_now = options->paused ? QUERY_PAUSED : QUERY_RUNNING;
    q->stream_time_ms = INT64_MIN;
    q->started_ms = clock_now_ms(&g->options.clock);
    q->persistent = g->data_directory && !options->output && !options->stepped;
    q->gives_at_once = aggregates(p);
    q->group = arena_format(p->arena, "_sluice-%s-%.*s", g->service_id, SLICE_ARG(p->query_id));
    q->changelog_topic = query_changelog_name(p->arena, g, p->query_id);
    if (q->persistent)
        q->state_directory =
            arena_format(p->arena, "%s/state/%.*s", g->data_directory, SLICE_ARG(p->query_id));
    if (!query_recover(q, e)) {
        query_release(q);
        free_query(q);
        return NULL;
    }
    if (!options->stepped && !start_thread(q, e)) {
        query_release(q);
        free_query(q);
        return NULL;
    }
    enlist(q);
    return q;
}

static bool drop_everything(running_query *q, error *e) {
    bool ok = !q->state_directory.data || state_remove(q->state_directory, e);
    error missing = {0};
    if (q->persistent && !topic_delete(q->engine->options.topics, q->changelog_topic, &missing) &&
        missing.code != ERROR_NOT_FOUND) {
        *e = missing;
        ok = false;
    }
    return ok;
}

bool query_stop(running_query *q, bool drop_state, error *e) {
    delist(q);
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    wake_thread(q);
    pthread_mutex_unlock(&q->lock);
    if (q->has_thread)
        pthread_join(q->thread, NULL);
    pthread_mutex_lock(&q->lock);
    while (q->holders)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
    query_tap_end(q);
    if (drop_state && q->state)
        state_set_dropped(q->state);
    query_release(q);
    bool ok = !drop_state || drop_everything(q, e);
    free_query(q);
    return ok;
}

bool query_ask_to_end(running_query *q) {
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    wake_thread(q);
    pthread_mutex_unlock(&q->lock);
    return q->has_thread;
}

void query_let_go(running_query *q) {
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->holders--;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

static bool begin_reading(query_view *view, error *e) {
    running_query *q = view->query;
    pthread_mutex_lock(&q->lock);
    bool open = q->open;
    q->readers += open;
    view->partitions = q->partitions;
    pthread_mutex_unlock(&q->lock);
    if (open)
        return true;
    error_set(e, ERROR_IO,
        "The state of the query '%.*s' is closed: it is recovering or has ended.",
        SLICE_ARG(q->plan->query_id));
    return error_hint(e, "Try again, or look at the query with EXPLAIN.");
}

static void end_reading(query_view *view) {
    running_query *q = view->query;
    pthread_mutex_lock(&q->lock);
    q->readers--;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

bool query_views_open(query_view *views, int count, error *e) {
    state **states = memory_allocate(sizeof(state *) * (size_t)count);
    state_snapshot **snapshots = memory_allocate(sizeof(state_snapshot *) * (size_t)count);
    int reading = 0;
    while (reading < count && begin_reading(&views[reading], e)) {
        states[reading] = views[reading].query->state;
        reading++;
    }
    bool ok = reading == count && state_snapshots_open(states, count, snapshots, e);
    for (int i = 0; i < reading; i++)
        if (ok)
            views[i].snapshot = snapshots[i];
        else
            end_reading(&views[i]);
    memory_free(states);
    memory_free(snapshots);
    return ok;
}

void query_views_close(query_view *views, int count) {
    for (int i = 0; i < count; i++) {
        state_snapshot_close(views[i].snapshot);
        end_reading(&views[i]);
    }
}

void query_pause(running_query *q, bool paused) {
    pthread_mutex_lock(&q->lock);
    q->paused = paused;
    if (q->state_now == QUERY_RUNNING || q->state_now == QUERY_PAUSED)
        q->state_now = paused ? QUERY_PAUSED : QUERY_RUNNING;
    wake_thread(q);
    while (q->has_thread && paused && !q->pause_seen && !q->ended)
        wait_ms(q, IDLE_POLL_MS);
    int64_t until_ms = clock_monotonic_ms() + RESUME_WAIT_MS;
    while (q->has_thread && !q->paused && !q->reads && !q->ended && clock_monotonic_ms() < until_ms)
        wait_ms(q, IDLE_POLL_MS);
    pthread_mutex_unlock(&q->lock);
}

bool query_drain(running_query *q, error *e) {
    pthread_mutex_lock(&q->lock);
    int64_t mine = ++q->drains_requested;
    wake_thread(q);
    while (q->drains_done < mine && !q->ended && !q->paused)
        wait_ms(q, IDLE_POLL_MS);
    bool ok = !error_is_set(&q->drain_error);
    if (!ok)
        *e = q->drain_error;
    pthread_mutex_unlock(&q->lock);
    return ok;
}

bool query_feed(running_query *q, int source, const topic_record *record, error *e) {
    const plan_node *node = q->plan->sources[source];
    operator* o = q->instances[node->id].operators[0];
    if (q->output_closed)
        return true;
    query_time_to(o->task, o);
    const batch *rows = source_operator_decode(o, record, 1);
    operator_emit(o, rows);
    query_time_to(o->task, NULL);
    q->dirty = true;
    if (q->failed)
        *e = q->failure;
    return !q->failed;
}

bool query_commit(running_query *q, error *e) {
    return query_barrier(q, e) && query_end_commit(q, true, e);
}

const plan *query_plan(const running_query *q) {
    return q->plan;
}

void query_read_status(running_query *q, query_status *status) {
    *status = (query_status){
        .rows_in = q->rows_in,
        .rows_out = q->rows_out,
        .rows_late = q->rows_late,
        .rows_failed = q->rows_failed,
        .commits = q->commits,
        .commit_time_ns = q->commit_time_ns,
        .recoveries = q->recoveries,
        .state_bytes = q->state_bytes,
        .overlay_bytes = q->overlay_bytes,
        .lag_records = q->lag,
        .uncommitted = q->dirty || q->is_committing,
        .stream_time_ms = q->stream_time_ms,
        .started_ms = q->started_ms,
    };
    pthread_mutex_lock(&q->lock);
    status->state = q->state_now;
    memcpy(status->error_message, q->error_message, sizeof status->error_message);
    pthread_mutex_unlock(&q->lock);
}
