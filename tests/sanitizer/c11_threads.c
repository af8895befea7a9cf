/* C11 threads as POSIX threads, for builds with ThreadSanitizer only.
 *
 * ThreadSanitizer knows pthread_create and its kin but not thrd_create: a thread that librdkafka
 * starts with it has no shadow state, and the process crashes at its first malloc. In glibc the
 * types are the same, so each function here is its POSIX namesake. Linked into every executable,
 * these definitions come before the C library's. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

typedef struct start {
    thrd_start_t function;
    void *argument;
} start;

static void *run(void *context) {
    start s = *(start *)context;
    free(context);
    return (void *)(intptr_t)s.function(s.argument);
}

static int status(int code) {
    return code == 0           ? thrd_success
           : code == ETIMEDOUT ? thrd_timedout
           : code == EBUSY     ? thrd_busy
           : code == ENOMEM    ? thrd_nomem
                               : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    start *s = malloc(sizeof *s);
    if (!s)
        return thrd_nomem;
    *s = (start){function, argument};
    int code = pthread_create(thread, NULL, run, s);
    if (code)
        free(s);
    return status(code);
}

int thrd_join(thrd_t thread, int *result) {
    void *returned = NULL;
    int code = pthread_join(thread, &returned);
    if (result)
        *result = (int)(intptr_t)returned;
    return status(code);
}

int thrd_detach(thrd_t thread) {
    return status(pthread_detach(thread));
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return status(code);
}

void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}
int mtx_lock(mtx_t *mutex) {
    return status(pthread_mutex_lock((pthread_mutex_t *)mutex));
}
int mtx_trylock(mtx_t *mutex) {
    return status(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}
int mtx_unlock(mtx_t *mutex) {
    return status(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

int cnd_init(cnd_t *condition) {
    return status(pthread_cond_init((pthread_cond_t *)condition, NULL));
}
void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy((pthread_cond_t *)condition);
}
int cnd_signal(cnd_t *condition) {
    return status(pthread_cond_signal((pthread_cond_t *)condition));
}
int cnd_broadcast(cnd_t *condition) {
    return status(pthread_cond_broadcast((pthread_cond_t *)condition));
}
int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return status(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}
int cnd_timedwait(
    cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    return status(
        pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}
