#include "server/active_query.h"

#include <time.h>

#include "base/memory.h"
#include "executor/query_tap.h"
#include "server/final_rows.h"
#include "server/row_gate.h"

active_query *active_query_create(
    instance *i, slice query_id, slice sql, const session_stream *stream) {
    active_query *q = MEMORY_NEW(active_query);
    q->instance = i;
    q->arena = arena_create();
    q->header.query_id = arena_copy(q->arena, query_id);
    q->sql = arena_copy(q->arena, sql);
    q->stream = *stream;
    q->limit = -1;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_lock(&i->active);
    q->next = i->active_queries;
    i->active_queries = q;
    pthread_mutex_unlock(&i->active);
    return q;
}

void active_query_runs(active_query *q, running_query *running, query_tap *tap) {
    pthread_mutex_lock(&q->instance->active);
    q->tap = tap;
    q->running = running;
    if (q->stop) /* asked to end before there was anything to ask */
        query_ask_to_end(running);
    pthread_mutex_unlock(&q->instance->active);
}

void active_query_ended(active_query *q, query_end_kind kind, const error *e) {
    pthread_mutex_lock(&q->lock);
    bool first = !q->ended;
    pthread_mutex_unlock(&q->lock);
    if (!first)
        return;
    q->stream.end(q->stream.context, kind, e);
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

query_end_kind active_query_end_kind(const active_query *q) {
    return q->limit >= 0 && q->given >= q->limit ? QUERY_END_LIMIT : QUERY_END_CLOSED;
}

slice active_query_id(const active_query *q) {
    return q->header.query_id;
}

running_query *active_query_running(active_query *q) {
    return q->running;
}

bool active_query_wait(active_query *q, int64_t timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&q->lock);
    int waited = 0;
    while (!q->ended && waited == 0)
        waited = timeout_ms < 0 ? pthread_cond_wait(&q->changed, &q->lock)
                                : pthread_cond_timedwait(&q->changed, &q->lock, &until);
    bool ended = q->ended;
    pthread_mutex_unlock(&q->lock);
    return ended;
}

bool active_query_catch_up(active_query *q, error *e) {
    if (q->final) /* its input is bounded, and its rows come at the end */
        return active_query_wait(q, -1);
    if (q->running)
        return query_drain(q->running, e);
    pthread_mutex_lock(&q->lock);
    int64_t mine = ++q->asked;
    while (!q->ended && q->answered < mine)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
    return true;
}

/* Stops what runs; the end has been said when it returns. */
static void stop(active_query *q) {
    q->stop = true;
    if (q->tap)
        query_tap_wake(q->tap);
    if (q->has_thread) {
        pthread_join(q->thread, NULL);
        q->has_thread = false;
    }
    if (q->running) {
        error ignored = {0};
        query_stop(q->running, true, &ignored);
        q->running = NULL;
    }
    query_tap_close(q->tap);
    q->tap = NULL;
    active_query_ended(q, active_query_end_kind(q), NULL);
}

void active_query_close(active_query *q) {
    if (!q)
        return;
    instance *i = q->instance;
    pthread_mutex_lock(&i->active);
    active_query **link = &i->active_queries;
    while (*link && *link != q)
        link = &(*link)->next;
    if (*link)
        *link = q->next;
    pthread_mutex_unlock(&i->active);
    stop(q);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    row_gate_free(q->gate);
    final_rows_destroy(q->final);
    arena_destroy(q->arena);
    memory_free(q);
}

bool instance_end_push_query(instance *i, slice query_id) {
    pthread_mutex_lock(&i->active);
    active_query *q = i->active_queries;
    while (q && !slice_equal_ignore_case(q->header.query_id, query_id))
        q = q->next;
    if (q)
        q->stop = true; /* PRINT's thread looks at it */
    if (q && q->tap)
        query_tap_wake(q->tap);
    else if (q && q->running && !query_ask_to_end(q->running))
        stop(q); /* it is stepped by its holder, which is us */
    pthread_mutex_unlock(&i->active);
    return q != NULL;
}

void active_query_stop_all(instance *i) {
    pthread_mutex_lock(&i->active);
    for (active_query *q = i->active_queries; q; q = q->next)
        stop(q);
    pthread_mutex_unlock(&i->active);
}

void active_query_visit(
    instance *i, void (*visit)(void *context, const active_query *q), void *context) {
    pthread_mutex_lock(&i->active);
    for (active_query *q = i->active_queries; q; q = q->next)
        visit(context, q);
    pthread_mutex_unlock(&i->active);
}
