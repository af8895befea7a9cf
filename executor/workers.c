/* A job has a number; a sleeping thread looks for a number that it does not know. Parts are handed
 * out by a counter, so a thread that has got a small part takes another. When the caller finds none
 * left it closes the job and waits for the threads that have entered it: one that wakes too late is
 * not waited for. */
#include "executor/workers.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"

struct workers {
    pthread_mutex_t lock; /* guards the job, but for the counter */
    pthread_cond_t begun, done;
    int64_t number;
    bool is_open;
    int count, inside; /* inside: threads, without the caller's, that are at the job */
    void (*part)(void *context, int index);
    void *context;
    bool ends;
    atomic_int next;
    int thread_count;
    pthread_t threads[];
};

static void take_parts(workers *w) {
    for (int i; (i = atomic_fetch_add(&w->next, 1)) < w->count;)
        w->part(w->context, i);
}

static void *worker_thread(void *context) {
    workers *w = context;
    int64_t known = 0;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while ((w->number == known || !w->is_open) && !w->ends)
            pthread_cond_wait(&w->begun, &w->lock);
        if (w->ends)
            break;
        known = w->number;
        w->inside++;
        pthread_mutex_unlock(&w->lock);
        take_parts(w);
        pthread_mutex_lock(&w->lock);
        if (--w->inside == 0)
            pthread_cond_signal(&w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

workers *workers_create(int threads, const char *name, error *e) {
    workers *w = memory_allocate_zero(sizeof *w + sizeof(pthread_t) * (size_t)threads);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->begun, NULL);
    pthread_cond_init(&w->done, NULL);
    for (int i = 1; i < threads; i++) {
        int code = pthread_create(&w->threads[w->thread_count], NULL, worker_thread, w);
        if (code != 0) {
            error_set(e, ERROR_IO, "The system gives no thread: %s.", strerror(code));
            workers_destroy(w);
            return NULL;
        }
        pthread_setname_np(w->threads[w->thread_count++], name);
    }
    return w;
}

void workers_destroy(workers *w) {
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_broadcast(&w->begun);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->begun);
    pthread_cond_destroy(&w->done);
    memory_free(w);
}

void workers_run(workers *w, int count, void (*part)(void *context, int index), void *context) {
    if (count == 1 || w->thread_count == 0) {
        for (int i = 0; i < count; i++)
            part(context, i);
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->part = part;
    w->context = context;
    w->count = count;
    atomic_store(&w->next, 0);
    w->is_open = true;
    w->number++;
    pthread_cond_broadcast(&w->begun);
    pthread_mutex_unlock(&w->lock);
    take_parts(w);
    pthread_mutex_lock(&w->lock);
    w->is_open = false;
    while (w->inside > 0)
        pthread_cond_wait(&w->done, &w->lock);
    pthread_mutex_unlock(&w->lock);
}
