/* The threads that run handlers.
 *
 * A handler may have to wait for its client to read. A worker that waits so does not count: another
 * one takes its place until it goes on, so slow readers hold up nobody. That has an end: when many
 * wait at once, those that wait for longer than a moment are given up, and there is a number of
 * workers that is never exceeded. */
#include "base/memory.h"
#include "server/http_connection.h"

enum {
    WORKERS_DEFAULT = 8,
    BLOCKED_MANY = 64,
    BLOCKED_MOST = 256,
    PRESSED_MS = 500,
};

static _Thread_local bool is_worker;

void http_worker_queue(http_exchange *x) {
    http_server *s = x->connection->server;
    pthread_mutex_lock(&s->lock);
    if (s->queue_count == s->queue_capacity) {
        int64_t capacity = s->queue_capacity ? s->queue_capacity * 2 : 64;
        http_exchange **queue = memory_allocate(sizeof(http_exchange *) * (size_t)capacity);
        for (int64_t i = 0; i < s->queue_count; i++)
            queue[i] = s->queue[(s->queue_head + i) % s->queue_capacity];
        memory_free(s->queue);
        s->queue = queue;
        s->queue_head = 0;
        s->queue_capacity = capacity;
    }
    s->queue[(s->queue_head + s->queue_count++) % s->queue_capacity] = x;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

/* Takes the next request; NULL when the worker is to end. */
static http_exchange *next_request(http_server *s, bool stands_in) {
    http_exchange *x = NULL;
    pthread_mutex_lock(&s->lock);
    bool wanted = true;
    while ((wanted = !stands_in || s->workers_alive - s->workers_blocked <= s->worker_count) &&
           !s->queue_count && !s->stopping)
        pthread_cond_wait(&s->work, &s->lock);
    if (wanted && s->queue_count) {
        x = s->queue[s->queue_head];
        s->queue_head = (s->queue_head + 1) % s->queue_capacity;
        s->queue_count--;
    } else {
        s->workers_alive--;
        if (s->queue_count)
            pthread_cond_signal(&s->work); /* the signal may have been for the one that ends */
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void work(http_server *s, bool stands_in) {
    is_worker = true;
    pthread_setname_np(pthread_self(), "http-worker");
    for (http_exchange *x; (x = next_request(s, stands_in));)
        s->options.handler(s->options.context, x, &x->request);
}

static void *run_worker(void *context) {
    work(context, false);
    return NULL;
}

static void *run_stand_in(void *context) {
    http_server *s = context;
    work(s, true);
    pthread_mutex_lock(&s->lock);
    s->own_threads--;
    pthread_cond_broadcast(&s->no_exchanges);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void http_worker_blocks(http_server *s) {
    pthread_t thread;
    if (!is_worker)
        return;
    pthread_mutex_lock(&s->lock);
    s->workers_blocked++;
    bool short_of = s->workers_alive - s->workers_blocked < s->worker_count &&
                    s->workers_alive < s->worker_count + BLOCKED_MOST;
    if (short_of && pthread_create(&thread, NULL, run_stand_in, s) == 0) {
        pthread_detach(thread);
        s->workers_alive++;
        s->own_threads++;
    }
    pthread_mutex_unlock(&s->lock);
}

void http_worker_goes_on(http_server *s) {
    if (!is_worker)
        return;
    pthread_mutex_lock(&s->lock);
    s->workers_blocked--;
    bool too_many = s->workers_alive - s->workers_blocked > s->worker_count;
    if (too_many)
        pthread_cond_broadcast(&s->work); /* a stand-in that waits for work goes */
    pthread_mutex_unlock(&s->lock);
}

int64_t http_worker_patience_ms(http_server *s) {
    if (!is_worker)
        return INT64_MAX;
    pthread_mutex_lock(&s->lock);
    bool pressed = s->workers_blocked > BLOCKED_MANY;
    pthread_mutex_unlock(&s->lock);
    return pressed ? PRESSED_MS : INT64_MAX;
}

void http_workers_start(http_server *s) {
    s->worker_count = s->options.workers ? s->options.workers : WORKERS_DEFAULT;
    s->workers_alive = s->worker_count;
    s->workers = memory_allocate(sizeof(pthread_t) * (size_t)s->worker_count);
    for (int i = 0; i < s->worker_count; i++)
        pthread_create(&s->workers[i], NULL, run_worker, s);
}

void http_workers_join(http_server *s) {
    for (int i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
}
